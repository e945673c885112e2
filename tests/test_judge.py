"""The judge: what is found, how much is unknown, and the exit code, decided once."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import config, paths, project, scored
from strategies import fact

from depfrag import judge
from depfrag.facts import best
from depfrag.model import Dependency, Finding, Problem

LEVELS = ("critical", "high", "medium", "low", "info")


def finding(level="high", rule="left-pad", subject="npm:a@1", lockfile="package-lock.json", **more):
    return Finding(rule, level, subject, "text", lockfile, **more)


UNREADABLE = Problem("lockfile", "error", "not JSON", "b/package-lock.json")


def code(found=(), problems=(), unknown=0, **settings):
    """The exit code of a run that found this, with this many of ten releases unknown."""
    facts = {"publishers": fact(("x",)), "lines": fact(1)}
    packages = [scored(f"p{i}@1", facts={} if i < unknown else facts) for i in range(10)]
    return decided([project(*packages, findings=tuple(found))], problems, **settings).exit_code


def decided(projects, problems=(), **settings):
    """The verdict on these projects."""
    total = judge.together(projects, config(**settings))
    return judge.verdict(projects, total, problems, config(**settings))


# -- exit codes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unreadable", "too_unknown", "found"), [*itertools.product((False, True), (False, True), (False, True))]
)
def test_which_exit_code_comes_first(unreadable, too_unknown, found):
    expected = 3 if unreadable else 4 if too_unknown else 1 if found else 0
    assert expected == code(
        [finding()] if found else [],
        [UNREADABLE] if unreadable else [],
        unknown=5 if too_unknown else 0,
        max_unknown=0.2,
    )


@pytest.mark.parametrize(
    ("unknown", "limit", "expected"), [(5, None, 0), (5, 0.5, 0), (5, 0.4, 4), (1, 0.0, 4), (0, 0.0, 0)]
)
def test_how_much_may_be_unknown(unknown, limit, expected):
    assert code(unknown=unknown, max_unknown=limit) == expected


def test_one_lockfile_that_is_too_unknown_is_enough():
    known = project(*(scored(f"p{i}@1", facts={"publishers": fact(("x",)), "lines": fact(1)}) for i in range(99)))
    verdict = decided([known, project(scored("q@1"), path="b")], max_unknown=0.5)
    assert verdict.exit_code == 4


@pytest.mark.parametrize(
    "problem", [Problem("lockfile", "warning", "x"), Problem("source", "error", "x"), Problem("flat", "info", "x")]
)
def test_other_problems_change_no_exit_code(problem):
    assert code(problems=[problem]) == 0


@pytest.mark.parametrize(("gate", "level"), [*itertools.product(("critical", "high", "medium", "low"), LEVELS)])
def test_a_level_fails_at_and_above_it(gate, level):
    assert code([finding(level)], fail_on=(gate,)) == int(LEVELS.index(level) <= LEVELS.index(gate))


@pytest.mark.parametrize(
    ("gates", "expected"),
    [
        ((), 0), (("none",), 0), (("none", "low"), 1), (("left-pad",), 1), (("deprecated",), 0), (("unknown",), 0),
        (("critical", "left-pad"), 1), (("critical",), 0), (("low",), 1),
    ],
)  # fmt: skip
def test_gates(gates, expected):
    assert code([finding("medium")], fail_on=gates) == expected


@pytest.mark.parametrize("gate", ["critical", "high", "medium", "low", "unknown", "score:0.1"])
def test_what_is_unknown_is_never_1(gate):
    assert code([finding("critical", rule="unknown")], unknown=10, fail_on=(gate,)) == 0


def test_suppressed_findings_fail_nothing():
    assert code([finding(suppressed=True)], fail_on=("low", "left-pad")) == 0


@pytest.mark.parametrize(("gate", "expected"), [("score:70", 1), ("score:70.5", 1), ("score:70.6", 0), ("score:0", 1)])
def test_a_score_gate_acts_on_the_lower_end(gate, expected):
    packages = [scored("a@1", lower=70.5, point=90, upper=100), scored("b@1", lower=3)]
    assert decided([project(*packages)], fail_on=(gate,)).exit_code == expected


KNOWN = {"publishers": fact(()), "lines": fact(1)}
UNKNOWN = "publishers or size are unknown for 100% of them"


@pytest.mark.parametrize(
    ("packages", "sentence"),
    [
        ([], "no releases to look at"),
        ([scored(facts=KNOWN)], "nothing critical or high of 1 release"),
        ([scored("a@1", lower=80), scored("b@1", lower=66)], f"1 critical and 1 high of 2 releases; {UNKNOWN}"),
        ([scored(lower=1, upper=80, facts=KNOWN)], "nothing critical or high of 1 release; 1 could be critical"),
        ([scored(lower=1, upper=80)], f"nothing critical or high of 1 release; 1 could be critical; {UNKNOWN}"),
    ],
)
def test_the_sentence(packages, sentence):
    assert decided([project(*packages)]).sentence == sentence


def test_what_is_reported_to_be_malicious_is_said_first():
    found = (finding("critical", rule="malicious"), finding("critical", rule="malicious", suppressed=True, subject="x"))
    packages = [scored("a@1", facts=KNOWN), scored("b@1", lower=80, facts=KNOWN)]
    first, second = project(*packages, findings=found), project(packages[0], path="b", findings=found[:1])
    said = "1 release reported to be malicious; 1 critical and 0 high of 2 releases"
    assert decided([first]) == (1, said)
    assert decided([first, second]).sentence.startswith(said)
    other = project(packages[0], findings=(found[0], found[0]._replace(subject="npm:c@1")))
    assert decided([other]).sentence.startswith("2 releases reported to be malicious; nothing critical or high")


def test_nothing_at_all():
    assert decided([]) == (0, "no releases to look at")


def test_several_lockfiles_have_one_sentence():
    packages = [scored("a@1", lower=80, facts=KNOWN), scored("b@1", facts=KNOWN)]
    verdict = decided([project(*packages), project(packages[0], path="b"), project(path="c")])
    assert verdict == (0, "1 critical and 0 high of 2 releases in 3 lockfiles")


# -- findings --------------------------------------------------------------------------------------------------------


class Always:
    """A rule that finds what it is told."""

    def __init__(self, *found):
        self._found = found

    def check(self, project, paths):
        yield from self._found


def findings(**rules):
    return judge.findings(project(scored()), {name.replace("_", "-"): rule for name, rule in rules.items()}, paths)


def test_findings_come_worst_first_then_in_the_order_of_rules_then_as_the_rule_orders_them():
    found = findings(
        b=Always(finding("low", rule=""), finding("critical", rule="", subject="npm:z@1")),
        a_rule=Always(finding("critical", rule="", subject="npm:y@1"), finding("critical", rule="", subject="npm:b@1")),
    )
    assert [(f.level, f.rule, f.subject) for f in found] == [
        ("critical", "b", "npm:z@1"), ("critical", "a-rule", "npm:y@1"), ("critical", "a-rule", "npm:b@1"),
        ("low", "b", "npm:a@1"),
    ]  # fmt: skip


def fingerprint(rule="x", **more):
    (found,) = findings(**{rule: Always(finding(rule="", **more))})
    return found.fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("npm:a@1.0.0", "npm:a@2.0.0-rc.1+build"),
        ("npm:@s/a@1", "npm:@s/a@2"),
        ("pypi:a@1", "pypi:a@*"),
        ("npm:a@git+0f", "npm:a@url+1e"),
        ("npm:@s/a@file+../@s/a.tgz", "npm:@s/a@1"),
    ],
)
def test_fingerprints_outlive_versions_levels_and_words(one, other):
    assert fingerprint(subject=one) == fingerprint(subject=other, level="low", facts={"lines": fact(1)})
    assert len(fingerprint(subject=one)) == 16


@pytest.mark.parametrize(
    "change",
    [{"subject": "npm:b@1"}, {"subject": "npm:@s/a@1"}, {"subject": "pypi:a@1"}, {"lockfile": "b"}, {"rule": "y"},
     {"subject": "package-lock.json"}],
)  # fmt: skip
def test_fingerprints_differ_where_the_finding_does(change):
    assert fingerprint(**change) != fingerprint()


def test_a_lockfile_as_subject_keeps_its_whole_path():
    assert fingerprint(subject="packages/a") != fingerprint(subject="packages/b")
    assert fingerprint(subject="\ud800") != fingerprint(subject="\ud801")


def test_packages_of_one_scope_are_told_apart():
    assert fingerprint(subject="npm:@s/a@1") != fingerprint(subject="npm:@s/b@1")


# -- counts ----------------------------------------------------------------------------------------------------------

KINDS = st.sampled_from(("registry", "git", "file", "link", "url"))
GRADES = st.sampled_from(("registry", "declared"))


@st.composite
def packages(draw):
    """Releases with any score, some of whose facts are known."""
    result = []
    for i in range(draw(st.integers(0, 12))):
        lower, point, upper = sorted(
            draw(st.lists(st.sampled_from((0, 49, 50, 64.9, 65, 74.9, 75, 100)), min_size=3, max_size=3))
        )
        known = draw(st.sampled_from((0.5, 0.75, 1.0)))
        if known == 1:
            lower = upper = point
        names = draw(st.sets(st.sampled_from(("publishers", "lines", "bytes", "bytes_at_least", "published"))))
        facts = {name: fact(1, draw(GRADES)) for name in sorted(names)}
        result.append(
            scored(f"p{i}@1", lower=lower, point=point, upper=upper, known=known, kind=draw(KINDS), facts=facts)
        )
    return result


@given(packages())
def test_the_summary_counts_what_there_is(every):
    found = judge.summary(every, 7, 3, config().score)
    assert (found.releases, found.edges, found.direct) == (len(every), 7, 3)
    lowers = [s.score.lower for s in every]
    assert found.bands == {
        "critical": sum(x >= 75 for x in lowers), "high": sum(65 <= x < 75 for x in lowers),
        "medium": sum(50 <= x < 65 for x in lowers), "low": sum(x < 50 for x in lowers),
    }  # fmt: skip
    for name, limit in (("critical", 75), ("high", 65)):
        assert found.could_be[name] == sum(s.score.lower < limit <= s.score.upper for s in every)
        assert found.flagged[name] == sum(s.score.lower >= limit for s in every if s.score.known == 1)
    assert found.known == sum(s.score.known == 1 for s in every)
    registry = [s for s in every if s.release.kind == "registry"]
    assert found.registry == len(registry)
    facts = [{name for name, value in s.facts.items() if value.grade != "declared"} for s in registry]
    missing = max(
        sum("publishers" not in names for names in facts),
        sum(not names & {"lines", "bytes", "bytes_at_least"} for names in facts),
    )
    assert found.unknown_share == (missing / len(registry) if registry else 0)
    assert found.fragility == sum(s.score.point for s in every)


def worst(every):
    """Equal releases as one, the long way."""
    lower, point, upper = (max(getattr(s.score, end) for s in every) for end in ("lower", "point", "upper"))
    first = next(s for s in every if s.score.lower == lower)
    score = first.score._replace(point=point, upper=upper)
    return first._replace(facts=best(s.facts for s in every), score=score)


@given(st.lists(packages(), min_size=2, max_size=4))
def test_a_release_of_several_lockfiles_counts_once(several):
    projects = [project(*every, path=str(i)) for i, every in enumerate(several)]
    ids = sorted({s.release.id for every in several for s in every})
    merged = [worst([s for every in several for s in every if s.release.id == name]) for name in ids]
    found = judge.distinct(projects)
    assert {s.release.id: (s.score, dict(s.facts)) for s in found} == {
        s.release.id: (s.score, dict(s.facts)) for s in merged
    }
    assert judge.together(projects, config()) == judge.summary(found, 0, 0, config().score)


def test_the_summary_of_one_lockfile_is_that_of_all():
    one = project(scored("a@1"), scored("b@1"))
    assert judge.together([one], config()) is one.summary
    assert judge.distinct([one]) is one.packages


def edges(*pairs, path="x"):
    """A project of three releases with these edges."""
    made = project(scored("a@1"), scored("b@1"), scored("c@1"), path=path)
    ids = {"root": "root:.", "out": "npm:out@1"}
    dependencies = tuple(Dependency(ids.get(a, f"npm:{a}@1"), f"npm:{b}@1", kind) for a, b, kind in pairs)
    return made._replace(lockfile=made.lockfile._replace(dependencies=dependencies))


def test_edges_and_direct_dependencies_of_several_lockfiles_count_once():
    projects = [
        edges(("root", "a", "runtime"), ("root", "b", "dev"), ("a", "b", "runtime"), ("a", "b", "peer")),
        edges(("root", "a", "dev"), ("root", "c", "optional"), ("a", "b", "runtime"), ("b", "c", "optional"), path="y"),
        edges(("root", "gone", "runtime"), ("out", "a", "runtime"), path="z"),
    ]
    total = judge.together(projects, config())
    assert (total.releases, total.edges, total.direct) == (3, 2, 2)
    assert judge.together(projects, config(prod=True)).direct == 1
