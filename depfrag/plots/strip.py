"""The strip below a map: releases that have no place on the plane, by reach; which could be critical, and which not."""

from __future__ import annotations

from collections import defaultdict
from math import floor, inf
from typing import TYPE_CHECKING, NamedTuple

from depfrag.drawing import INK, LINE, LOOKS, PAPER, SOFT, dots, panel, width, write
from depfrag.placement import Box, Disc
from depfrag.plots.captions import named

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from depfrag.config import ScoreSettings
    from depfrag.model import Scored
    from depfrag.plots.plane import Plane

_BIN = 25.0
LANE = 29.0
"""How high a lane is, in points."""


class Lane(NamedTuple):
    """Releases whose solitude or smallness may be anything."""

    packages: Sequence[Scored]
    could: bool
    """They could be critical."""


def lanes(packages: Sequence[Scored], settings: ScoreSettings) -> list[Lane]:
    """The lanes that are not empty."""
    could = [scored for scored in packages if scored.score.upper >= settings.critical]
    never = [scored for scored in packages if scored.score.upper < settings.critical]
    return [lane for lane in (Lane(could, could=True), Lane(never, could=False)) if lane.packages]


def draw(sheet: Axes, plane: Plane, lane: Lane, middle: float) -> None:
    """A lane of the strip: marks that tell how many releases they stand for, and the names of the worst."""
    box, look = plane.box, LOOKS["critical"]
    panel(sheet, Box(box.left, middle - LANE / 2 + 1.5, box.right, middle + LANE / 2 - 1.5))
    text = f"{len(lane.packages):,} {'could' if lane.could else 'cannot'} be critical"
    ink = look.ink if lane.could else INK
    write(sheet, (box.left - 10, middle + 1), text, bold=lane.could, color=ink, anchor="right bottom")
    write(sheet, (box.left - 10, middle - 1), "publishers or size unknown", 9, color=SOFT, anchor="right top")
    left = box.right
    for x, group in _bins(plane, lane.packages):
        disc = Disc(x, middle, _size(len(group)))
        direct = all(scored.measures.direct for scored in group)
        rim, line = (look.rim, 1.4) if lane.could else (LINE, 0.8)
        dots(sheet, [disc], fill=PAPER, rim=rim, diamond=direct, line=line)
        if len(group) > 1:
            write(sheet, (x, middle - 3.2), str(len(group)), 9, color=SOFT, anchor="center baseline")
        left = min(left, x - disc.radius)
    if lane.could:
        write(sheet, (plane.x(0) - 3, middle - 3.5), _worst(lane.packages, left - plane.x(0) - 16))


def _bins(plane: Plane, packages: Sequence[Scored]) -> Iterator[tuple[float, list[Scored]]]:
    """Releases of about the same reach, and where to draw them: no two so close that they meet."""
    bins: dict[int, list[Scored]] = defaultdict(list)
    for scored in packages:
        bins[floor((plane.x(scored.score.parts["reach"].point) - plane.box.left) / _BIN)].append(scored)
    for number, group in sorted(bins.items()):
        middle = sum(plane.x(scored.score.parts["reach"].point) for scored in group) / len(group)
        left, free = plane.box.left + number * _BIN, _size(len(group)) + 0.5
        yield min(max(middle, left + free), left + _BIN - free), group


def _size(count: int) -> float:
    """Of a mark that has the number of its releases written in it, or stands for one."""
    return next(size for most, size in ((1, 3.8), (99, 7.5), (999, 10.0), (inf, 12.0)) if count <= most)


def _worst(packages: Sequence[Scored], room: float) -> str:
    """As many names as fit, those first that could be worst."""
    ranked = sorted(packages, key=lambda s: (-s.score.upper, -s.score.point, s.release.id))
    text = said = ""
    for i, scored in enumerate(ranked[:6], 1):
        said += f"{'  ·  ' if said else ''}{named(scored)}"
        longer = said + (f"  and {len(ranked) - i:,} more" if i < len(ranked) else "")
        if width(longer) > room:
            break
        text = longer
    return text
