"""The left-pad score: exact values, honest ends, and no fact that ever narrows more than it may."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import fact, publishers, sizes

from depfrag import tables
from depfrag.config import ScoreSettings
from depfrag.model import Bounds, Measures
from depfrag.scoring.left_pad import LeftPad, band

DEFAULTS = ScoreSettings()
GRADES = ("registry", "aggregator", "reported", "declared")


def measures(lower, upper=None, *, direct=False):
    upper = lower if upper is None else upper
    dependents = Bounds(lower, lower if lower == upper else (lower + upper) / 2, upper)
    nobody = Bounds(0, 0, 0)
    return Measures(dependents, nobody, (), 1, nobody, direct, dev=False, optional=False, reached=True)


def score(dependents, releases, facts, *, ecosystem="npm", settings=DEFAULTS):
    found = dependents if isinstance(dependents, Measures) else measures(dependents)
    return LeftPad().score(ecosystem, found, facts, releases, settings)


def accounts(count, grade="registry"):
    return fact(tuple(f"account{i}" for i in range(count)), grade)


# -- the formula, written again --------------------------------------------------------------------------------------


def reach(dependents, releases):
    return min(1.0, math.log(1 + dependents) / math.log(releases)) if releases > 1 else 0.0


def solitude(count):
    return max(0.05, 1 / max(count, 1))


def smallness(value, free):
    return max(0.10, 1 - math.log10(max(value, free) / free) / 2)


def formula(a, b, c):
    return 100 * a**0.50 * b**0.25 * c**0.25


# -- exact values ----------------------------------------------------------------------------------------------------


def test_left_pad_on_the_day_it_went():
    found = score(34, 105, {"publishers": accounts(1), "lines": fact(11)})
    assert found.lower == found.point == found.upper
    assert abs(found.point - 87.4) < 0.05
    assert (found.band, found.lower_band, found.known) == ("critical", "critical", 1)
    assert [part.because for part in found.parts.values()] == [
        "34 of 104 other releases need it", "one account can publish it", "11 lines of code",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("dependents", "releases", "expected"),
    [(0, 100, 0), (99, 100, 1), (9, 100, 0.5), (0, 1, 0), (0, 0, 0), (5, 1, 0), (1, 2, 1), (500, 100, 1)],
)
def test_reach(dependents, releases, expected):
    part = score(dependents, releases, {}).parts["reach"]
    assert part.lower == part.point == part.upper == pytest.approx(expected)
    assert part.known


@pytest.mark.parametrize(
    ("count", "expected"), [(0, 1), (1, 1), (2, 0.5), (3, 1 / 3), (10, 0.1), (20, 0.05), (21, 0.05), (500, 0.05)]
)
def test_solitude(count, expected):
    part = score(5, 10, {"publishers": accounts(count)}).parts["solitude"]
    assert part[:4] == (expected, expected, expected, True)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("lines", 0, 1), ("lines", 35, 1), ("lines", 350, 0.5), ("lines", 3500, 0.1), ("lines", 10**9, 0.1),
        ("lines", 36, 1 - math.log10(36 / 35) / 2),
        ("bytes", 0, 1), ("bytes", 4000, 1), ("bytes", 40_000, 0.5), ("bytes", 400_000, 0.1), ("bytes", 10**12, 0.1),
    ],
)  # fmt: skip
def test_smallness(name, value, expected):
    part = score(5, 10, {name: fact(value)}).parts["smallness"]
    assert part.lower == part.point == part.upper == pytest.approx(expected)
    assert part.known


@given(st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 60), st.integers(0, 10**7), st.booleans())
def test_all_known_is_the_formula(dependents, releases, count, size, by_lines):
    facts = {"publishers": accounts(count), "lines" if by_lines else "bytes": fact(size)}
    found = score(dependents, releases, facts)
    free = 35 if by_lines else 4000
    expected = formula(reach(dependents, releases), solitude(count), smallness(size, free))
    assert found.lower == found.point == found.upper == pytest.approx(expected)
    assert found.band == found.lower_band
    assert found.known == 1


def test_lines_are_better_than_bytes():
    small = score(5, 10, {"lines": fact(10), "bytes": fact(10**6)})
    assert small.parts["smallness"].point == 1


def test_an_empty_list_is_nobody_and_an_absent_one_unknown():
    nobody, unknown = score(5, 10, {"publishers": accounts(0)}), score(5, 10, {})
    assert nobody.parts["solitude"].known
    assert nobody.parts["solitude"].because == "nobody can publish it"
    assert not unknown.parts["solitude"].known
    assert (unknown.parts["solitude"].lower, unknown.parts["solitude"].upper) == (0.05, 1)


@pytest.mark.parametrize(("visible", "most"), [(0, 1), (1, 1), (2, 0.5), (4, 0.25), (30, 0.05)])
def test_an_organisation_is_at_least_those_in_sight(visible, most):
    facts = {"publishers": accounts(visible), "organization": fact("psf"), "lines": fact(1)}
    part = score(5, 10, facts, ecosystem="pypi").parts["solitude"]
    assert (part.lower, part.upper) == (0.05, most)
    assert part.known == (most == 0.05)
    assert f"at least {visible or 1} can publish it: the organisation psf" in part.because


@pytest.mark.parametrize("value", ["", False])
def test_no_organisation_is_none(value):
    part = score(5, 10, {"publishers": accounts(2), "organization": fact(value)}, ecosystem="pypi").parts["solitude"]
    assert part[:4] == (0.5, 0.5, 0.5, True)


def test_packed_bytes_bound_the_size_from_below():
    part = score(5, 10, {"bytes_at_least": fact(40_000)}).parts["smallness"]
    assert (part.lower, part.upper, part.known) == (0.10, 0.5, False)
    assert score(5, 10, {"bytes_at_least": fact(10**9)}).parts["smallness"].known  # it cannot be any larger a share


def test_what_differs_between_machines_alone_decides_nothing():
    for dependents in range(1, 99):
        few = score(dependents, 100, {"publishers": accounts(2), "lines": fact(350)})
        small = score(dependents, 100, {"publishers": accounts(4), "lines": fact(35)})
        assert few[:3] == small[:3], "both have a quarter, made in another way"
        assert few.point == round(few.point, 6)


# -- not knowing -----------------------------------------------------------------------------------------------------


def test_an_unknown_part_is_taken_as_usual():
    rates = tables.load("base_rates.json")["npm"]
    parts = score(5, 10, {}).parts
    for name in ("solitude", "smallness"):
        assert parts[name].point == rates[name]["mean"]
        assert f"{rates[name]['n']:,} packages" in parts[name].because
    team = {"publishers": accounts(4), "organization": fact("x")}
    assert score(5, 10, team).parts["solitude"].point == 0.25  # the usual, clamped into the span


def test_without_a_base_rate_an_unknown_part_is_taken_in_the_middle():
    part = score(5, 10, {}, ecosystem="pypi").parts["solitude"]
    assert part.point == (0.05 + 1) / 2
    assert "no base rate for pypi" in part.because


def test_unknown_edges_make_reach_a_span():
    part = score(measures(3, 9), 100, {}).parts["reach"]
    assert (part.lower, part.upper) == (reach(3, 100), reach(9, 100))
    assert part.point == (part.lower + part.upper) / 2
    assert "between 3 and 9 of 99 other releases" in part.because


def test_reach_that_cannot_be_higher_is_known():
    assert score(measures(100, 200), 50, {}).parts["reach"].known


def test_direct_only_is_said():
    alone = score(measures(0, direct=True), 10, {"publishers": accounts(1)})
    assert (alone.point, alone.parts["reach"].because) == (0, "direct only: no other release needs it")
    lost = score(measures(0), 10, {"publishers": accounts(1)})
    assert (lost.point, lost.parts["reach"].because) == (0, "0 of 9 other releases need it")


FACTS = st.fixed_dictionaries(
    {},
    optional={
        "publishers": publishers(),
        "organization": st.just(fact("team")),
        "lines": sizes(),
        "bytes": sizes(),
        "bytes_at_least": sizes(),
    },
)
REACH = st.tuples(st.integers(0, 300), st.integers(0, 300)).map(sorted)
PART_OF = {"publishers": "solitude", "organization": "solitude", "lines": "smallness", "bytes": "smallness",
           "bytes_at_least": "smallness"}  # fmt: skip


@settings(max_examples=300)
@given(FACTS, REACH, st.integers(0, 400), st.sampled_from(("npm", "pypi")))
def test_the_ends_are_those_of_enumeration(facts, span, releases, ecosystem):
    found = score(measures(*span), releases, facts, ecosystem=ecosystem)
    grid = []
    for part in found.parts.values():
        assert 0 <= part.lower <= part.point <= part.upper <= 1
        assert part.known == (part.lower == part.upper)
        inner = [part.lower + (part.upper - part.lower) * i / 4 for i in range(1, 4)]
        grid.append([part.lower, part.upper, part.point, *inner])
    ends = [formula(*point) for point in itertools.product(*(sorted(axis) for axis in grid))]
    assert found.lower == pytest.approx(min(ends))
    assert found.upper == pytest.approx(max(ends))
    assert 0 <= found.lower <= found.point <= found.upper <= 100
    weights = dict(zip(("reach", "solitude", "smallness"), (0.50, 0.25, 0.25), strict=True))
    assert found.known == sum(weights[name] for name, part in found.parts.items() if part.known)
    assert found.band == band(found.point, DEFAULTS)
    assert found.lower_band == band(found.lower, DEFAULTS)


@settings(max_examples=300)
@given(FACTS, REACH, st.integers(2, 400), st.sets(st.sampled_from(("solitude", "smallness")), min_size=1))
def test_not_knowing_only_widens(facts, span, releases, lost):
    left = {name: value for name, value in facts.items() if PART_OF[name] not in lost}
    known, unknown = score(measures(*span), releases, facts), score(measures(*span), releases, left)
    assert unknown.lower <= known.lower + 1e-9
    assert unknown.upper >= known.upper - 1e-9
    assert unknown.known <= known.known
    for name in lost:
        assert unknown.parts[name].lower <= known.parts[name].lower
        assert unknown.parts[name].upper >= known.parts[name].upper


@given(REACH, REACH, st.integers(2, 400))
def test_fewer_known_edges_only_widen(inner, outer, releases):
    low, high = min(inner[0], outer[0]), max(inner[1], outer[1])
    known, unknown = score(measures(*inner), releases, {}), score(measures(low, high), releases, {})
    assert unknown.lower <= known.lower + 1e-9
    assert unknown.upper >= known.upper - 1e-9


@given(FACTS, FACTS, st.integers(0, 300), st.integers(2, 400))
def test_declared_facts_never_narrow(facts, declared, dependents, releases):
    shown = {name: value._replace(grade="declared") for name, value in declared.items() if name not in facts}
    assert score(dependents, releases, {**facts, **shown}) == score(dependents, releases, facts)


@pytest.mark.parametrize("grade", GRADES[:3])
def test_other_grades_measure(grade):
    assert score(5, 10, {"publishers": accounts(1, grade), "lines": fact(1, grade)}).known == 1


@pytest.mark.parametrize("value", ["one", None, True, 5, {"a": 1}])
def test_publishers_that_are_no_list_are_unknown(value):
    assert not score(5, 10, {"publishers": fact(value)}).parts["solitude"].known


@pytest.mark.parametrize("value", ["many", None, ("x",), {"a": 1}])
def test_sizes_that_are_no_number_are_unknown(value):
    facts = {name: fact(value) for name in ("lines", "bytes", "bytes_at_least")}
    assert not score(5, 10, facts).parts["smallness"].known


# -- settings and bands ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "name"),
    [(100, "critical"), (75, "critical"), (74.999, "high"), (65, "high"), (64.999, "medium"), (50, "medium"),
     (49.999, "low"), (0, "low")],
)  # fmt: skip
def test_bands(value, name):
    assert band(value, DEFAULTS) == name


def test_settings_change_weights_floors_sizes_and_bands():
    mine = ScoreSettings(
        reach=1, solitude=0, smallness=0, solitude_floor=0.2, smallness_floor=0.5, lines=100, critical=50, high=40
    )
    found = score(9, 100, {"publishers": accounts(10), "lines": fact(100)}, settings=mine)
    assert found.point == pytest.approx(50)
    assert found.band == "critical"
    assert (found.parts["solitude"].point, found.parts["smallness"].point) == (0.2, 1)
    assert score(9, 100, {"lines": fact(10**6)}, settings=mine).parts["smallness"].point == 0.5
    weights = ScoreSettings(reach=0.2, solitude=0.3, smallness=0.5)
    assert score(9, 100, {"lines": fact(1)}, settings=weights).known == pytest.approx(0.7)


ECOSYSTEMS = st.sampled_from(("npm", "pypi"))


@given(st.lists(st.tuples(ECOSYSTEMS, REACH, st.booleans(), FACTS, st.integers(0, 9)), min_size=1, max_size=6))
def test_one_model_for_several_lockfiles_scores_as_many_would(releases):
    model = LeftPad()
    for ecosystem, span, direct, facts, count in releases:
        found = measures(*span, direct=direct)
        alone = score(found, count, facts, ecosystem=ecosystem)
        assert model.score(ecosystem, found, facts, count, DEFAULTS) == alone


@pytest.mark.parametrize("other", [measures(0, direct=True), measures(0, 3), measures(2)])
def test_reach_is_that_of_its_own_lockfile(other):
    model = LeftPad()
    for releases in (9, 10):
        for found in (measures(0), other):
            part = model.score("npm", found, {}, releases, DEFAULTS).parts["reach"]
            assert part == score(found, releases, {}).parts["reach"]


@given(FACTS, st.integers(0, 50), st.integers(0, 50))
def test_more_of_the_same_is_more_fragile(facts, few, many):
    assume(few < many)
    worst = score(few, 51, {"publishers": accounts(1), "lines": fact(1)})
    assert score(few, 51, facts).point <= score(many, 51, facts).point
    assert score(few, 51, facts).upper <= worst.point + 1e-9
