"""The strip: marks that count their releases, in their places, none over another."""

from __future__ import annotations

from itertools import combinations
from math import sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plots.analyses import project, release

from depfrag import drawing
from depfrag.config import ScoreSettings
from depfrag.placement import Box
from depfrag.plots import strip
from depfrag.plots.plane import Plane

PLANE = Plane(ScoreSettings(), Box(178, 162, 740, 360), 520)


def lane_of(releases, *, could):
    packages = project(releases).packages
    return next((lane for lane in strip.lanes(packages, PLANE.settings) if lane.could == could), None)


def drawn(lane, plane=PLANE):
    """Marks as (x, radius, marker's corners), and texts."""
    with drawing.page() as sheet:
        strip.draw(sheet, plane, lane, 140)
        marks = []
        for dots in sheet.collections:
            ((x, y),) = dots.get_offsets()
            assert y == 140
            marks.append((x, sqrt(dots.get_sizes()[0]) / 2, len(dots.get_paths()[0].vertices)))
        return marks, [text.get_text() for text in sheet.texts]


@settings(max_examples=30)
@given(st.lists(st.integers(0, 120), min_size=1, max_size=300), st.booleans())
def test_marks_do_not_meet_and_count_every_release(dependents, could):
    lane = lane_of([release(f"p{i}", dependents=d) for i, d in enumerate([*dependents, 120, 0])], could=could)
    marks, words = drawn(lane)
    for (x, r, _), (other, s, _) in combinations(marks, 2):
        assert abs(x - other) >= r + s
    for x, r, _ in marks:
        assert PLANE.box.left <= x - r
        assert x + r <= PLANE.box.right
    counted = [int(word) for word in words if word.isdigit()]
    assert sum(counted) + len(marks) - len(counted) == len(lane.packages)


def test_marks_of_neighbouring_reaches_do_not_meet():
    lane = lane_of([release(f"p{i}", dependents=5 + i % 2) for i in range(300)], could=False)
    counts = set()
    for step in range(460, 541, 8):
        marks, _ = drawn(lane, PLANE._replace(step=step))
        counts.add(len(marks))
        assert all(abs(x - other) >= r + s for (x, r, _), (other, s, _) in combinations(marks, 2))
    assert counts == {1, 2}


@pytest.mark.parametrize("count", [1, 2, 99, 100, 999, 1000, 9999])
def test_a_number_fits_its_mark(count):
    lane = lane_of([release(f"p{i}") for i in range(count)], could=False)
    ((_, radius, _),), words = drawn(lane)
    if count == 1:
        assert not any(word.isdigit() for word in words)
    else:
        assert str(count) in words
        assert drawing.width(str(count), 9) < 2 * radius


def test_a_mark_is_a_diamond_where_all_its_releases_are_direct():
    (direct, *_), _ = drawn(lane_of([release("a", direct=True), release("b", direct=True)], could=False))
    (mixed, *_), _ = drawn(lane_of([release("a", direct=True), release("b")], could=False))
    assert direct[2] < mixed[2]


def test_the_worst_come_first_and_the_rest_is_counted():
    many = [release(f"p{i:02}", dependents=40 + i) for i in range(40)]
    calm = [release(f"q{i}", publishers=tuple("abcdef"), lines=9000) for i in range(40)]
    _, words = drawn(lane_of([*many, *calm], could=True))
    assert words[:2] == ["40 could be critical", "publishers or size unknown"]
    assert words[-1].startswith("p39 1.0.0  ·  p38 1.0.0  ·  p37")
    assert words[-1].endswith(" more")
    names, _, more = words[-1].partition("  and ")
    assert len(names.split("  ·  ")) + int(more.split()[0]) == 40


def test_names_that_do_not_fit_are_left_out():
    names = [release("m" * 214, dependents=d) for d in (3, 3, 3)]
    plane = PLANE._replace(settings=ScoreSettings(critical=10), box=Box(178, 162, 300, 360), step=80)
    (lane,) = strip.lanes(project(names).packages, plane.settings)
    with drawing.page() as sheet:
        strip.draw(sheet, plane, lane, 140)
        assert not any("m" in text.get_text().replace("unknown", "") for text in sheet.texts[2:])


def test_lanes():
    assert strip.lanes([], PLANE.settings) == []
    packages = project([release("a", dependents=1), release("b")]).packages
    assert [(len(lane.packages), lane.could) for lane in strip.lanes(packages, PLANE.settings)] == [
        (1, True),
        (1, False),
    ]
