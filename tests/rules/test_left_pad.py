"""Rule `left-pad`: what is tiny, few-handed and deep for sure, and nothing that merely could be."""

from __future__ import annotations

import pytest
from made import paths, project, scored
from strategies import fact

from depfrag.model import Bounds
from depfrag.rules.left_pad import RULE


def found(*packages):
    return list(RULE.check(project(*packages), paths))


@pytest.mark.parametrize(
    ("lower", "level"), [(87.4, "critical"), (75, "critical"), (70, "high"), (50, "medium"), (49.9, None), (0, None)]
)
def test_the_level_is_the_band_of_the_lower_end(lower, level):
    assert [f.level for f in found(scored(lower=lower, point=100))] == ([level] if level else [])


def test_what_only_could_be_is_not_found():
    assert not found(scored(lower=40, point=80, upper=90))


@pytest.mark.parametrize(("dependents", "fires"), [(2, False), (3, True), (Bounds(2, 50, 98), False)])
def test_at_least_three_releases_need_it(dependents, fires):
    assert bool(found(scored(lower=80, dependents=dependents))) == fires


def test_a_finding_says_what_it_stands_on():
    facts = {"publishers": fact(("someone",)), "lines": fact(11), "published": fact("2016-01-01")}
    broken = {"broken": ("npm:b@1", "npm:c@1"), "breaks": Bounds(0.5, 0.5, 0.5)}
    (finding,) = found(scored("left-pad@0.0.3", lower=87.4, dependents=34, facts=facts, **broken))
    assert finding.subject == "npm:left-pad@0.0.3"
    assert finding.message == (
        "left-pad 0.0.3: 34 releases need it, 2 direct dependencies break without it; "
        "one account can publish it; 11 lines of code"
    )
    assert finding.paths == (("root:.", "npm:left-pad@0.0.3"),)
    assert set(finding.facts) == {"publishers", "lines"}
    assert not finding.suppressed


def test_one_direct_dependency_breaks():
    (finding,) = found(scored(lower=80, broken=("npm:b@1",), breaks=Bounds(1, 1, 1)))
    assert ", 1 direct dependency breaks without it" in finding.message


@pytest.mark.parametrize(
    ("direct", "lines", "said"),
    [
        (True, 11, "write its few lines yourself and drop it"),
        (True, 500, "replace it"),
        (False, 11, "ask its dependents to inline it"),
        (False, None, "keep a copy and pin its hash"),
    ],
)
def test_the_remedy_fits_size_and_place(direct, lines, said):
    facts = {"lines": fact(lines)} if lines is not None else {}
    (finding,) = found(scored(lower=80, direct=direct, facts=facts))
    assert finding.remedy.startswith(said)


@pytest.mark.parametrize(
    ("direct", "said"),
    [
        (True, "e18e suggests doing without it: Array.isArray"),
        (False, "ask its dependents to do without it, as e18e suggests: Array.isArray; until then pin its hash"),
    ],
)
def test_a_known_replacement_is_suggested(direct, said):
    facts = {"lines": fact(11), "replacement": fact({"instead": "Array.isArray", "see": "https://x.example"})}
    (finding,) = found(scored(lower=80, direct=direct, facts=facts))
    assert finding.remedy == said
    assert set(finding.facts) == {"lines", "replacement"}


@pytest.mark.parametrize("value", ["Array.isArray", {"see": "x"}, {"instead": 7}, False])
def test_a_replacement_in_another_form_is_none(value):
    (finding,) = found(scored(lower=80, facts={"lines": fact(11), "replacement": fact(value)}))
    assert "e18e" not in finding.remedy
