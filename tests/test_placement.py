"""Labels: none touches another, none leaves its region, none covers what it must not, and no two leader lines cross."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfrag.placement import GAP, Box, Disc, Label, leader, place

REGION = Box(0, 0, 700, 300)
COLUMN = 520.0

discs = st.builds(Disc, st.floats(20, COLUMN - 40), st.floats(10, 290), st.floats(2, 10))
labels = st.builds(Label, discs, st.floats(10, 180), st.just(11.0))


def crosses(a, b):
    def side(line, x, y):
        return (line[2] - line[0]) * (y - line[1]) - (line[3] - line[1]) * (x - line[0])

    return side(a, *b[:2]) * side(a, *b[2:]) < -1e-6 and side(b, *a[:2]) * side(b, *a[2:]) < -1e-6


@given(st.lists(labels, max_size=16), st.lists(discs, max_size=40))
def test_labels_keep_their_distance_and_their_region(wanted, others):
    boxes = place(wanted, COLUMN, REGION, [*(label.mark for label in wanted), *others])
    found = [box for box in boxes if box is not None]
    assert len(boxes) == len(wanted)
    assert len(found) == len(wanted), "sixteen labels have room"
    for a, b in combinations(found, 2):
        assert not a.touches(b, GAP - 1e-6)
    for label, box in zip(wanted, boxes, strict=True):
        assert box.within(REGION)
        assert (box.right - box.left, box.top - box.bottom) == pytest.approx((label.width, label.height))


@given(st.lists(labels, max_size=16), st.lists(discs, max_size=40), st.data())
def test_a_label_beside_its_mark_covers_nothing(wanted, others, data):
    across = st.tuples(st.floats(0, 500), st.floats(0, 300), st.floats(0, 500), st.floats(0, 300))
    lines = data.draw(st.lists(across, max_size=5))
    marks = [*(label.mark for label in wanted), *others]
    boxes = place(wanted, COLUMN, REGION, marks, lines)
    lines += [line for label, box in zip(wanted, boxes, strict=True) if (line := leader(label.mark, box))]
    for box in boxes:
        if box.left == COLUMN:
            continue
        assert not any(box.touches(mark.box(), GAP - 1e-6) for mark in marks)
        for x0, y0, x1, y1 in lines:
            steps = [(x0 + (x1 - x0) * t / 200, y0 + (y1 - y0) * t / 200) for t in range(201)]
            assert not any(box.left < x < box.right and box.bottom < y < box.top for x, y in steps)


@given(st.lists(labels, max_size=16, unique_by=lambda label: label.mark[:2]))
def test_leader_lines_to_the_column_do_not_cross(wanted):
    boxes = place(wanted, COLUMN, REGION, [])
    lines = [
        (label.mark.x, label.mark.y, COLUMN, (box.bottom + box.top) / 2)
        for label, box in zip(wanted, boxes, strict=True)
        if box.left == COLUMN
    ]
    assert not any(crosses(a, b) for a, b in combinations(lines, 2))


def test_a_mark_near_the_column_has_its_label_in_it_and_a_far_one_beside_it():
    near, far = Label(Disc(500, 100, 5), 60, 11), Label(Disc(50, 100, 5), 60, 11)
    first, second = place([near, far], COLUMN, REGION, [near.mark, far.mark])
    assert first.left == COLUMN
    assert leader(near.mark, first) is not None
    assert second.left == 50 + 5 + GAP + 3
    assert leader(far.mark, second) is None


def test_beside_means_left_where_the_right_is_taken():
    label = Label(Disc(200, 100, 5), 60, 11)
    (box,) = place([label], COLUMN, REGION, [label.mark, Disc(240, 100, 5)])
    assert box.right == 200 - 5 - GAP - 3
    assert leader(label.mark, box) is None


def test_a_line_that_finds_no_other_way_sends_a_label_back_to_the_column():
    far = Label(Disc(200, 150, 5), 60, 11)
    stuck = Label(Disc(100, 150, 5), 60, 11)  # marks to both sides: its leader runs right through where `far` would be
    marks = [far.mark, stuck.mark, Disc(130, 150, 5), Disc(70, 150, 5), Disc(175, 150, 5)]
    boxes = place([far, stuck], COLUMN, REGION, marks)
    assert [box.left for box in boxes] == [COLUMN, COLUMN]


def test_what_finds_no_room_has_no_box():
    many = [Label(Disc(500, 5, 3), 30, 11)] * 3
    boxes = place(many, COLUMN, Box(0, 0, 700, 27), [many[0].mark])
    assert sum(box is None for box in boxes) == 1
    wide = Label(Disc(500, 50, 3), 400, 11)
    assert place([wide], COLUMN, REGION, [wide.mark])[0].right < 500
    assert place([wide._replace(width=900)], COLUMN, REGION, [wide.mark]) == [None]
    assert place([], COLUMN, REGION, []) == []
