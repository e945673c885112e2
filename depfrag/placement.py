"""Puts labels beside the marks they name, so that no two labels touch and none leaves its region.

Labels stand on even rows in one column to the right of all marks, joined to them by leader lines that do not cross; a
mark that is far from the column has its label at its side, if there is room. All lengths are in points, x to the right
and y upward; equal input gives equal output.
"""

from __future__ import annotations

from itertools import combinations
from math import hypot
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Line: TypeAlias = tuple[float, float, float, float]
"""From (x, y) to (x, y)."""

GAP = 4.0
"""Least distance between two labels, and between a label at the side of its mark and any other mark."""
_SIDE = 3.0
"""More between a label and its own mark."""
_FAR = 170.0
"""Leader lines are longer only where a label finds no room at the side of its mark."""


class Box(NamedTuple):
    """A rectangle."""

    left: float
    bottom: float
    right: float
    top: float

    def touches(self, other: Box, gap: float = 0.0) -> bool:
        """Whether the two overlap or come closer than `gap`."""
        return (
            self.left < other.right + gap
            and other.left < self.right + gap
            and self.bottom < other.top + gap
            and other.bottom < self.top + gap
        )

    def within(self, other: Box) -> bool:
        """Whether it lies wholly in `other`."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.bottom >= other.bottom
            and self.top <= other.top
        )


class Disc(NamedTuple):
    """A mark: a circle around (x, y)."""

    x: float
    y: float
    radius: float

    def box(self) -> Box:
        """The square around it."""
        return Box(self.x - self.radius, self.y - self.radius, self.x + self.radius, self.y + self.radius)


class Label(NamedTuple):
    """A text of a given size that names a mark."""

    mark: Disc
    width: float
    height: float


def place(
    labels: Sequence[Label], column: float, region: Box, marks: Iterable[Disc], lines: Iterable[Line] = ()
) -> list[Box | None]:
    """A box for each of `labels`, the most important first; None for one that finds no room in `region`.

    `column` is the left edge of the column; all `marks`, those of the labels among them, and `lines` end to its left.
    Where a label stands at the side of its mark it covers none of them.
    """
    middles = _rows(labels, column, region)
    rows = [None if y is None else _at(label, column, y) for label, y in zip(labels, middles, strict=True)]
    rows = [row if row is not None and row.within(region) else None for row in rows]
    far = [i for i, row in enumerate(rows) if row is None or column - labels[i].mark.x > _FAR]
    squares = [mark.box() for mark in marks]
    drawn = [*lines, *(_line(labels[i], row) for i, row in enumerate(rows) if i not in far)]
    sides: dict[int, Box] = {}
    for i in far:
        taken = [*squares, *sides.values(), *(row for j, row in enumerate(rows) if row is not None and j != i)]
        for box in _sides(labels[i]):
            if box.within(region) and not any(box.touches(t, GAP) for t in taken) and not _cut(box, drawn):
                sides[i] = box
                break
    # A label goes back to its row where the leader line of another that has found no room would run through it.
    while cut := {i for i, box in sides.items()
                  if _cut(box, [_line(labels[j], row) for j, row in enumerate(rows) if j not in sides])}:  # fmt: skip
        sides = {i: box for i, box in sides.items() if i not in cut}
    return [sides.get(i, row) for i, row in enumerate(rows)]


def leader(mark: Disc, box: Box) -> Line | None:
    """The line from the edge of `mark` to the side of `box`; None where they stand side by side."""
    x, y = box.left - GAP / 2 if box.left > mark.x else box.right + GAP / 2, (box.bottom + box.top) / 2
    length = hypot(x - mark.x, y - mark.y)
    if length <= mark.radius + GAP + _SIDE:
        return None
    start = mark.radius / length
    return mark.x + start * (x - mark.x), mark.y + start * (y - mark.y), x, y


def _at(label: Label, left: float, middle: float) -> Box:
    return Box(left, middle - label.height / 2, left + label.width, middle + label.height / 2)


def _sides(label: Label) -> tuple[Box, Box]:
    """Right of the mark, and left of it."""
    away = label.mark.radius + GAP + _SIDE
    return _at(label, label.mark.x + away, label.mark.y), _at(label, label.mark.x - away - label.width, label.mark.y)


def _rows(labels: Sequence[Label], column: float, region: Box) -> list[float | None]:
    """The middle of a row for each label, nearest first; then labels move and change places while that makes leader
    lines shorter. Two lines that cross are longer than those that change their ends, so in the end none cross."""
    high = max((label.height for label in labels), default=1.0)
    pitch = high + GAP
    count = int((region.top - region.bottom + GAP) / pitch)
    free = {region.top - high / 2 - i * pitch for i in range(count)}
    rows: list[float | None] = []

    def length(i: int, row: float) -> float:
        return hypot(column - labels[i].mark.x, row - labels[i].mark.y)

    def nearest(i: int) -> float | None:
        return min(free, key=lambda row: (length(i, row), row), default=None)

    for i in range(len(labels)):
        row = nearest(i)
        free.discard(row)
        rows.append(row)
    better = True
    while better:
        better = False
        for i, here in enumerate(rows):
            there = nearest(i)
            if here is not None and there is not None and length(i, there) < length(i, here) - 1e-6:
                free.remove(there)
                free.add(here)
                rows[i], better = there, True
        for i, j in combinations(range(len(labels)), 2):
            a, b = rows[i], rows[j]
            if a is not None and b is not None and length(i, b) + length(j, a) < length(i, a) + length(j, b) - 1e-6:
                rows[i], rows[j], better = b, a, True
    return rows


def _line(label: Label, box: Box | None) -> Line | None:
    return None if box is None else leader(label.mark, box)


def _cut(box: Box, lines: Iterable[Line | None]) -> bool:
    return any(line is not None and _cuts(line, box) for line in lines)


def _cuts(line: Line, box: Box) -> bool:
    """Whether a line runs through a box (Liang and Barsky's clipping)."""
    x0, y0, x1, y1 = line
    enter, leave = 0.0, 1.0
    for step, low, high in ((x1 - x0, box.left - x0, box.right - x0), (y1 - y0, box.bottom - y0, box.top - y0)):
        if step == 0:
            if low > 0 or high < 0:
                return False
            continue
        first, last = sorted((low / step, high / step))
        enter, leave = max(enter, first), min(leave, last)
    return enter < leave
