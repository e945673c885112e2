"""Figure `risk-map`: which releases are small, in few hands and under much of the tree, and which nobody knows.

To the right lies reach, upward frailty: the weighted geometric mean of solitude and smallness, by default the root of
their product. Fragility is then the weighted geometric mean of the two axes (`depfrag.plots.plane`), so that the lines
between bands are exact and, by default, the axes count alike: a step to the right is worth a step up. The plain product
would press all but the smallest releases of single publishers to the floor. Both axes are linear in their parts of the
score, hence logarithmic in what was counted; ticks name the counts.

What breaks is another question than how fragile a release is, so it is the area of a mark and not its place. A release
whose solitude or smallness may be anything has no place on the plane: it stands in a strip below it, by its reach.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from math import floor, log, log10
from typing import TYPE_CHECKING, NamedTuple

from depfrag import drawing
from depfrag.drawing import EDGE, FAINT, GREY, HEIGHT, LINE, LOOKS, PAPER, SOFT, WIDTH, dots, stroke, width, write
from depfrag.placement import Box, Disc, Label, leader, place
from depfrag.plots import strip
from depfrag.plots.captions import CAPTION, caption, headline, named, remark, settings_of
from depfrag.plots.plane import PAD, Plane, limits, located, marks, mean, radius

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from depfrag.config import ScoreSettings
    from depfrag.model import Analysis, Band, Scored
    from depfrag.placement import Line
    from depfrag.plots.plane import Mark

_LEAST, _MOST = 5, 12
"""How many releases are named."""
_HIGH, _GUTTER = 11.0, 22.0
"""Of a name, and between the map and the column of names, in points."""
_LEFT, _BOTTOM = 178.0, 104.0
"""Where the map begins on the page."""
_COUNTS = (0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000)
_KINDS = ((1, 1), (1, 10), (2, 10), (5, 10), (20, 100))
"""Releases that mark heights: publishers, and size in multiples of what counts as trivial."""


class _Name(NamedTuple):
    """A release to be named: its score in bold figures, then its name."""

    scored: Scored
    score: str
    text: str
    indent: float = 0.0
    """From the start of the score to that of the name, the same for all."""

    @property
    def wide(self) -> float:
        """The width of both."""
        return self.indent + width(self.text)


class RiskMap:
    """Draws the map of an analysis; several lockfiles share one."""

    def draw(self, analysis: Analysis, file_format: str) -> bytes:
        with drawing.page() as sheet:
            told = compose(sheet, analysis)
            return drawing.save(sheet, file_format, headline(analysis), told)


PLOT = RiskMap()


def compose(sheet: Axes, analysis: Analysis) -> str:
    """Draws the whole page; returns in words what is on it."""
    settings = settings_of(analysis)
    packages = sorted(
        (scored for project in analysis.projects for scored in project.packages),
        key=lambda s: (-s.score.point, -s.score.lower, s.release.id),
    )
    known = [s for s in packages if located(s, settings)]
    lanes = strip.lanes([s for s in packages if not located(s, settings)], settings)
    names = _names(known)
    top = _head(sheet, analysis, hollow=bool(lanes) or any(s.score.band != s.score.lower_band for s in known))
    plane = _plane(packages, names, settings, Box(_LEFT, _BOTTOM + strip.LANE * len(lanes), WIDTH - EDGE, top))
    _regions(sheet, plane)
    _across(sheet, plane, [len(project.packages) for project in analysis.projects])
    _upward(sheet, plane)
    drawn = marks(known, plane)
    _dots(sheet, drawn)
    _labels(sheet, plane, drawn, names)
    for i, lane in enumerate(lanes):
        strip.draw(sheet, plane, lane, _BOTTOM + (len(lanes) - i - 0.5) * strip.LANE)
    if packages and not known:
        none = "No release has both known publishers and a known size: there is nothing to place."
        write(sheet, (plane.x(0) - 3, plane.y(0.18)), none, 10.5, color=SOFT)
    for i, line in enumerate(reversed(caption(analysis))):
        write(sheet, (EDGE, 30 + 13.5 * i), line, CAPTION, color=SOFT)
    worst = "; ".join(f"{name.text} {name.score}" for name in names)
    return " ".join(filter(None, [remark(analysis), worst and f"Most fragile: {worst}.", *caption(analysis)]))


# -- what is shown ---------------------------------------------------------------------------------------------------


def _names(known: Sequence[Scored]) -> list[_Name]:
    """The most fragile releases: those that are critical or high, and some in any case. One that several lockfiles have
    is named once."""
    counts = Counter((s.release.name, s.release.version) for s in known)
    names: list[_Name] = []
    for scored in known:
        if len(names) >= _LEAST and scored.score.band in ("medium", "low"):
            break
        times = counts.pop((scored.release.name, scored.release.version), 0)
        if times and len(names) < _MOST:
            more = f" ×{times}" if times > 1 else ""
            sure = "" if scored.score.band == scored.score.lower_band else "?"
            # Rounded down: a score never seems to reach a band that it does not reach.
            score = f"{floor(scored.score.point * 10) / 10:.1f}{sure}"
            names.append(_Name(scored, score, named(scored) + more))
    indent = max((width(name.score, bold=True) for name in names), default=0.0) + 5
    return [name._replace(indent=indent) for name in names]


def _plane(packages: Sequence[Scored], names: Sequence[_Name], settings: ScoreSettings, room: Box) -> Plane:
    """As wide as the names to its right allow, from reach 0 to the greatest there is or, if that is more, to well into
    the critical region."""
    right = room.right - max((name.wide + _GUTTER for name in names), default=0.0)
    bottom = room.bottom + (8 if room.bottom > _BOTTOM else 0)
    far = (min(settings.critical, 100) / 100) ** (1 / settings.reach) + 0.1 if settings.reach else 1.0
    far = min(1.0, max([far, *(s.score.parts["reach"].upper for s in packages)]))
    return Plane(settings, Box(room.left, bottom, right, room.top), (right - room.left - 2 * PAD) / far)


# -- what is drawn ---------------------------------------------------------------------------------------------------


def _head(sheet: Axes, analysis: Analysis, *, hollow: bool) -> float:
    """The headline, the remark and the key; returns the top of what is left of the page."""
    y = HEIGHT - 52
    for line in drawing.wrapped(headline(analysis), 20, WIDTH - 2 * EDGE, bold=True):
        write(sheet, (EDGE, y), line, 20, bold=True)
        y -= 26
    if remark(analysis):
        write(sheet, (EDGE, y + 1), remark(analysis), 12, color=SOFT)
        y -= 22
    _key(sheet, y - 8, hollow=hollow)
    return y - 48


def _key(sheet: Axes, y: float, *, hollow: bool) -> None:
    """What marks mean, in one line."""
    x, middle = _LEFT + PAD, y + 3.5
    kinds = [("transitive", GREY, False), ("direct", GREY, True)] + [("not certain", PAPER, False)] * hollow
    for text, fill, diamond in kinds:
        dots(sheet, [Disc(x, middle, 4.2)], fill=fill, rim=LINE, diamond=diamond)
        x += 9 + write(sheet, (x + 9, y), text, 9.5, color=SOFT) + 18
    for share in (0.0, 0.5, 1.0):
        dots(sheet, [Disc(x + radius(share) - 3, middle, radius(share))], fill=GREY, rim=LINE)
        x += 2 * radius(share) + 3
    write(sheet, (x + 2, y), "none, half, all of the direct dependencies break without it", 9.5, color=SOFT)


def _regions(sheet: Axes, plane: Plane) -> None:
    """The bands: tints, the lines where they begin, and their names above."""
    box = plane.box
    heights = [*range(int(box.bottom), int(box.top)), box.top]
    for band, least in reversed(limits(plane.settings)):
        edge = [(min(plane.limit(least, y), WIDTH), y) for y in heights]
        drawing.area(sheet, [*edge, (WIDTH, box.top), (WIDTH, box.bottom)], LOOKS[band].tint, box)
        weight = 1.3 if band == "critical" else 1.0
        stroke(sheet, edge, LOOKS[band].rim, line=weight, style=LOOKS[band].line, within=box, above=1)
    right = box.right
    for band, least in limits(plane.settings):
        x = max(plane.limit(least, box.top), box.left)
        wide, tail = width(band, 10.5, bold=True), f"≥ {least:g}"
        if x + wide > right:
            continue
        write(sheet, (x, box.top + 7), band, 10.5, bold=True, color=LOOKS[band].ink)
        if x + wide + 5 + width(tail, 9.5) <= right:
            write(sheet, (x + wide + 5, box.top + 7), tail, 9.5, color=SOFT)
        right = x - 8


def _across(sheet: Axes, plane: Plane, sizes: Sequence[int]) -> None:
    """Ticks and the name of the axis to the right: counts of releases, as far as one count means one reach."""
    total = max(sizes, default=1)
    if len(set(sizes)) <= 1:
        ticks = [(log(1 + d) / log(total) if d else 0.0, f"{d:,}") for d in _COUNTS if d < max(total, 1)]
        text = f"releases that need it, of {max(total - 1, 0):,} others"
    else:
        ticks = [(share / 4, f"{share / 4:g}") for share in range(5)]
        text = "reach: from 0, no other release of its lockfile needs it, to 1, every other one does (logarithmic)"
    for reach, tick in ticks:
        if (x := plane.x(reach)) <= plane.box.right:
            stroke(sheet, [(x, _BOTTOM), (x, plane.box.top)], FAINT)
            write(sheet, (x, _BOTTOM - 16), tick, anchor="center baseline")
    write(sheet, (plane.x(0) - 3, _BOTTOM - 34), f"{text}  →", 10.5)


def _upward(sheet: Axes, plane: Plane) -> None:
    """Heights, each told by a release that would lie there, and the name of the axis upward."""
    settings, box = plane.settings, plane.box
    write(sheet, (_LEFT - 10, box.top + 7), "↑  fewer hands, less code", anchor="right baseline")
    last = box.top
    for people, times in _KINDS:
        solitude = max(settings.solitude_floor, 1 / people)
        smallness = max(settings.smallness_floor, 1 - log10(times) / 2)
        y = plane.y(mean(solitude, smallness, settings))
        if last - y < 13:
            continue
        last = y - 13
        stroke(sheet, [(box.left, y), (box.right, y)], FAINT)
        write(sheet, (_LEFT - 10, y + 1), f"{people} publisher{'s' * (people > 1)}", anchor="right bottom")
        most = "up to " if times == 1 else ""
        size = f"{most}{settings.lines * times:,.0f} lines or {settings.bytes * times / 1000:,.0f} kB"
        write(sheet, (_LEFT - 10, y - 1), size, 9, color=SOFT, anchor="right top")


def _dots(sheet: Axes, drawn: Sequence[Mark]) -> None:
    groups: dict[tuple[Band, bool, bool], list[Disc]] = defaultdict(list)
    for mark in drawn:
        groups[mark.scored.score.band, mark.scored.measures.direct, mark.sure].append(mark.disc)
    for band, look in LOOKS.items():
        faint = {"line": 0.5, "alpha": 0.5} if band == "low" else {"line": 0.8, "alpha": 0.92}
        for direct in (False, True):
            for sure in (False, True):
                if discs := groups.get((band, direct, sure)):
                    dots(sheet, discs, fill=look.fill if sure else PAPER, rim=look.rim, diamond=direct, **faint)


def _labels(sheet: Axes, plane: Plane, drawn: Sequence[Mark], names: Sequence[_Name]) -> None:
    """Names, their leader lines, and how far those may lie elsewhere whose facts leave that open."""
    by_release = {id(mark.scored): mark for mark in drawn}
    chosen = [by_release[id(name.scored)] for name in names]
    spans = [(mark, line) for mark in chosen for line in _spans(mark)]
    for mark, (x0, y0, x1, y1) in spans:
        stroke(sheet, [(x0, y0), (x1, y1)], LOOKS[mark.scored.score.band].rim, line=1.0, above=2.2)
    column = plane.box.right + _GUTTER
    labels = [Label(mark.disc, name.wide, _HIGH) for mark, name in zip(chosen, names, strict=True)]
    lines = [*(line for _, line in spans), *_edges(plane)]
    region = plane.box._replace(right=WIDTH - EDGE)
    boxes = place(labels, column, region, [mark.disc for mark in drawn], lines)
    if any(box is not None and box.left == column for box in boxes):
        write(sheet, (column, plane.box.top + 7), "fragility, 0 to 100", 9.5, color=SOFT)
    for name, label, box in zip(names, labels, boxes, strict=True):
        if box is None:
            continue
        if line := leader(label.mark, box):
            stroke(sheet, [line[:2], line[2:]], LINE, line=0.7, above=2.5)
        write(sheet, (box.left, box.bottom + 2), name.score, bold=True, color=LOOKS[name.scored.score.band].ink)
        write(sheet, (box.left + name.indent, box.bottom + 2), name.text)


def _spans(mark: Mark) -> list[Line]:
    """Lines through a mark from the least to the greatest that its reach, and its frailty, may be."""
    (x, y, _), (left, bottom, right, top) = mark.disc, mark.span
    return [(left, y, right, y)] * (left < right) + [(x, bottom, x, top)] * (bottom < top)


def _edges(plane: Plane) -> list[Line]:
    """The lines where bands begin, in pieces."""
    heights = [plane.box.bottom + 8 * i for i in range(1, int((plane.box.top - plane.box.bottom) / 8) + 1)]
    return [
        (plane.limit(least, low), low, plane.limit(least, high), high)
        for _, least in limits(plane.settings)
        for low, high in pairwise(heights)
        if plane.limit(least, low) < WIDTH
    ]
