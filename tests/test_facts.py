"""Facts from several sources become one set, and declared ones measure nothing."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfrag.facts import FACTS, PYTHON_ONLY, SIZES, best, measured
from depfrag.model import Fact

GRADES = ("registry", "aggregator", "reported", "declared")


def fact(value, grade):
    return Fact(value, f"source {value}", "2026-01-02", grade)


@pytest.mark.parametrize(("first", "second"), [*itertools.product(GRADES, repeat=2)])
def test_the_best_grade_wins_and_among_equals_the_first(first, second):
    found = best([{"lines": fact(1, first)}, {"lines": fact(2, second)}])
    assert found["lines"].value == (1 if GRADES.index(first) <= GRADES.index(second) else 2)


def test_facts_are_joined():
    assert set(best([{"lines": fact(1, "registry")}, {"bytes": fact(2, "declared")}])) == {"lines", "bytes"}
    assert best([]) == {}


@given(
    st.lists(st.dictionaries(st.sampled_from(sorted(FACTS)), st.builds(fact, st.integers(), st.sampled_from(GRADES))))
)
def test_nothing_better_is_ever_passed_over(found):
    result = best(found)
    assert set(result) == {name for facts in found for name in facts}
    for name, chosen in result.items():
        assert all(GRADES.index(chosen.grade) <= GRADES.index(f[name].grade) for f in found if name in f)


@pytest.mark.parametrize("grade", GRADES)
def test_declared_facts_measure_nothing(grade):
    facts = {"lines": fact(1, grade)}
    assert measured(facts, "lines") == (None if grade == "declared" else facts["lines"])
    assert measured(facts, "bytes") is None


def test_tables_name_facts_that_there_are():
    assert set(SIZES) | PYTHON_ONLY <= set(FACTS)
