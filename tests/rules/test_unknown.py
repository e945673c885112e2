"""Rule `unknown`: one finding a lockfile says how much nobody can judge."""

from __future__ import annotations

from made import paths, project, scored
from strategies import fact

from depfrag.rules.unknown import RULE

KNOWN = {"publishers": fact(("a",)), "lines": fact(1)}


def found(*packages):
    return list(RULE.check(project(*packages), paths))


def test_nothing_unknown_nothing_found():
    assert not found(scored(facts=KNOWN))
    assert not found()
    assert not found(scored(kind="git"))


def test_the_larger_share_is_said():
    packages = [scored("a@1", facts=KNOWN), scored("b@1", facts={"publishers": fact(())}), scored("c@1"), scored("d@1")]
    (finding,) = found(*packages)
    assert (finding.level, finding.subject) == ("low", "package-lock.json")
    assert finding.message == "publishers or size are unknown for 3 of 4 registry releases (75%)"


def test_what_could_be_critical_is_counted():
    (finding,) = found(scored("a@1", lower=10, upper=90), scored("b@1", lower=10, upper=70))
    assert finding.message.endswith("; 1 could be critical")


def test_declared_facts_leave_it_unknown():
    declared = {name: value._replace(grade="declared") for name, value in KNOWN.items()}
    (finding,) = found(scored(facts=declared))
    assert "1 of 1" in finding.message
