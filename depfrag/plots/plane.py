"""The plane on which releases lie by their score: reach to the right, frailty upward.

Frailty is the weighted geometric mean of solitude and smallness with the weights that the score gives them, so that

    fragility = 100 · reach^a · frailty^(1 - a)        a = weight of reach
"""

from __future__ import annotations

from collections import defaultdict
from math import cos, exp, inf, log, pi, sin, sqrt
from typing import TYPE_CHECKING, NamedTuple

from depfrag.placement import Box, Disc

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from depfrag.config import ScoreSettings
    from depfrag.model import Band, Part, Scored

PAD, HEADROOM = 18.0, 18.0
"""Between the left edge and reach 0, and between frailty 1 and the top, in points: marks have an extent."""
_GOLDEN = pi * (3 - sqrt(5))
_BEYOND = 2.0
"""A reach of e to this is on no page."""


class Plane(NamedTuple):
    """Where the plane lies on a sheet, in points."""

    settings: ScoreSettings
    box: Box
    step: float
    """From reach 0 to reach 1."""

    @property
    def rise(self) -> float:
        """From frailty 0 to frailty 1."""
        return self.box.top - HEADROOM - self.box.bottom

    def x(self, reach: float) -> float:
        """Where a reach lies."""
        return self.box.left + PAD + reach * self.step

    def y(self, frailty: float) -> float:
        """Where a frailty lies."""
        return self.box.bottom + frailty * self.rise

    def limit(self, score: float, y: float) -> float:
        """The x at which a release at height `y` has this score; infinite where none has."""
        weight, frailty = self.settings.reach, (y - self.box.bottom) / self.rise
        rest = 1 - weight
        if weight == 0:
            return self.box.left if 100 * frailty >= score else inf
        if score == 0:
            return self.x(0)
        if rest > 0 >= frailty:
            return inf
        power = (log(score / 100) - (rest * log(frailty) if rest > 0 else 0)) / weight
        return self.x(exp(power)) if power < _BEYOND else inf

    def band(self, x: float, y: float) -> Band:
        """The band of a release that lies there."""
        return next((band for band, least in limits(self.settings) if x >= self.limit(least, y) - 1e-6), "low")


class Mark(NamedTuple):
    """A release on the plane, where it is drawn."""

    scored: Scored
    disc: Disc
    span: Box
    """All places where it may lie as far as its facts tell."""

    @property
    def sure(self) -> bool:
        """Its least and its usual score lie in one band."""
        return self.scored.score.band == self.scored.score.lower_band


def limits(settings: ScoreSettings) -> tuple[tuple[Band, float], ...]:
    """The bands that begin at a score, highest first."""
    return ("critical", settings.critical), ("high", settings.high), ("medium", settings.medium)


def mean(solitude: float, smallness: float, settings: ScoreSettings) -> float:
    """Frailty."""
    both = settings.solitude + settings.smallness
    share = settings.solitude / both if both else 0.5
    return float(solitude**share * smallness ** (1 - share))


def located(scored: Scored, settings: ScoreSettings) -> bool:
    """Whether anything is known of both its solitude and its smallness."""
    parts = scored.score.parts
    return not (
        _open(parts["solitude"], settings.solitude_floor) or _open(parts["smallness"], settings.smallness_floor)
    )


def _open(part: Part, least: float) -> bool:
    return not part.known and part.lower <= least and part.upper >= 1


def radius(share: float) -> float:
    """Of a mark whose area stands for a share; one that stands for nothing is still seen."""
    return sqrt(2.8**2 + 90 * share)


def marks(packages: Iterable[Scored], plane: Plane) -> list[Mark]:
    """Where to draw releases that are `located`.

    Those that share a place stand around it as the seeds of a sunflower do, unless that would carry one over the line
    between two bands.
    """
    groups: dict[tuple[int, int], list[Mark]] = defaultdict(list)
    for scored in packages:
        mark = _mark(scored, plane)
        groups[round(2 * mark.disc.x), round(2 * mark.disc.y)].append(mark)
    return [mark for group in groups.values() for mark in _apart(group, plane)]


def _mark(scored: Scored, plane: Plane) -> Mark:
    reach, solitude, smallness = (scored.score.parts[name] for name in ("reach", "solitude", "smallness"))
    left, x, right = (plane.x(value) for value in reach[:3])
    bottom, y, top = (
        plane.y(mean(a, b, plane.settings)) for a, b in zip(solitude[:3], smallness[:3], strict=True)
    )  # fmt: skip
    breaks = scored.measures.breaks
    return Mark(scored, Disc(x, y, radius(breaks.point if breaks else 0.0)), Box(left, bottom, right, top))


def _apart(group: Sequence[Mark], plane: Plane) -> Iterable[Mark]:
    spread = min(2.8, 13 / sqrt(len(group)))
    for k, mark in enumerate(group):
        x, y, size = mark.disc
        dx, dy = spread * sqrt(k) * cos(k * _GOLDEN), spread * sqrt(k) * sin(k * _GOLDEN)
        here = plane.band(x, y)
        turn = next((t for t in (1, -1) if plane.band(x + t * dx, y + t * dy) == here), 0)
        yield mark._replace(disc=Disc(x + turn * dx, y + turn * dy, size))
