"""The left-pad score: tiny, few-handed, deep under everything, as a weighted geometric mean with honest ends.

    fragility = 100 · reach^0.50 · solitude^0.25 · smallness^0.25

README's "What is measured" defines the parts. An unknown part ranges over its whole span; its point is the mean of that
part over the base-rate table of the ecosystem, clamped into the span, or the middle of the span where there is none.
"""

from __future__ import annotations

from math import log, log10
from typing import TYPE_CHECKING, Any

from depfrag import tables
from depfrag.facts import measured
from depfrag.model import Part, Score

if TYPE_CHECKING:
    from collections.abc import Mapping

    from depfrag.config import ScoreSettings
    from depfrag.model import Band, Ecosystem, Facts, Measures


_CAN_PUBLISH = {0: "nobody can publish it", 1: "one account can publish it"}
_DECIMALS = 6
"""Of a score, as reports write it. What lies beyond differs between machines, and would decide order and bands."""


class LeftPad:
    """The model behind bands, findings and gates."""

    def __init__(self) -> None:
        self._rates: Mapping[str, Mapping[str, Mapping[str, Any]]] = tables.load("base_rates.json")
        # A lockfile has thousands of releases and a few hundred different scores: equal ones are one object.
        self._reaches: dict[tuple[float, float, bool, int], Part] = {}
        self._parts: dict[tuple[object, ...], Part] = {}
        self._scores: dict[tuple[int, int, int], Score] = {}
        self._nothing: dict[str, tuple[Part, Part]] = {}

    def score(
        self, ecosystem: Ecosystem, measures: Measures, facts: Facts, releases: int, settings: ScoreSettings
    ) -> Score:
        lower, _, upper = measures.dependents
        key = (lower, upper, measures.direct, releases)
        reach = self._reaches.get(key)
        if reach is None:
            reach = self._reaches[key] = _reach(measures, releases)
        if facts:
            solitude = self._solitude(ecosystem, facts, settings)
            smallness = self._smallness(ecosystem, facts, settings)
        else:
            solitude, smallness = self._nothing_known(ecosystem, settings)
        parts = (id(reach), id(solitude), id(smallness))
        score = self._scores.get(parts)
        if score is None:
            score = self._scores[parts] = _combined(reach, solitude, smallness, settings)
        return score

    def _nothing_known(self, ecosystem: Ecosystem, settings: ScoreSettings) -> tuple[Part, Part]:
        """Solitude and smallness of a release without facts: the same for all."""
        if ecosystem not in self._nothing:
            self._nothing[ecosystem] = (
                self._solitude(ecosystem, {}, settings),
                self._smallness(ecosystem, {}, settings),
            )
        return self._nothing[ecosystem]

    def _solitude(self, ecosystem: Ecosystem, facts: Facts, settings: ScoreSettings) -> Part:
        floor = settings.solitude_floor
        fact = measured(facts, "publishers")
        if fact is None or not isinstance(fact.value, tuple):
            return self._open(ecosystem, "solitude", floor, 1.0, "nobody says who can publish it")
        count = len(fact.value)
        alone = max(floor, 1 / max(1, count))
        team = measured(facts, "organization")
        if team is not None and team.value:
            because = (
                f"at least {count or 1} can publish it: the organisation {team.value} has a team that is not visible"
            )
            return self._open(ecosystem, "solitude", floor, alone, because)
        return self._exact(alone, _CAN_PUBLISH.get(count) or f"{count} accounts can publish it")

    def _smallness(self, ecosystem: Ecosystem, facts: Facts, settings: ScoreSettings) -> Part:
        floor = settings.smallness_floor
        lines, size = measured(facts, "lines"), measured(facts, "bytes")
        if lines is not None and isinstance(lines.value, (int, float)):
            return self._exact(_small(lines.value, settings.lines, floor), f"{lines.value:,} lines of code")
        if size is not None and isinstance(size.value, (int, float)):
            return self._exact(_small(size.value, settings.bytes, floor), f"{size.value:,} bytes unpacked")
        least = measured(facts, "bytes_at_least")
        if least is not None and isinstance(least.value, (int, float)):
            most = _small(least.value, settings.bytes, floor)
            return self._open(ecosystem, "smallness", floor, most, f"at least {least.value:,} bytes (packed)")
        return self._open(ecosystem, "smallness", floor, 1.0, "nobody says how large it is")

    def _open(self, ecosystem: str, name: str, lower: float, upper: float, because: str) -> Part:
        """A part that may lie anywhere from `lower` to `upper`."""
        key = (ecosystem, name, lower, upper, because)
        part = self._parts.get(key)
        if part is None:
            rate = self._rates.get(ecosystem, {}).get(name)
            if rate is None:
                point, how = (lower + upper) / 2, f"no base rate for {ecosystem}, taken in the middle"
            else:
                point, how = (
                    min(max(rate["mean"], lower), upper),
                    f"taken as usual: {rate['mean']:.2f} of {rate['n']:,} packages",
                )
            part = self._parts[key] = Part(lower, point, upper, lower == upper, f"{because}; {how}")
        return part

    def _exact(self, value: float, because: str) -> Part:
        part = self._parts.get((value, because))
        if part is None:
            part = self._parts[value, because] = Part(value, value, value, known=True, because=because)
        return part


def _combined(reach: Part, solitude: Part, smallness: Part, settings: ScoreSettings) -> Score:
    a, b, c = settings.reach, settings.solitude, settings.smallness
    point = round(100 * reach.point**a * solitude.point**b * smallness.point**c, _DECIMALS)
    known = a * reach.known + b * solitude.known + c * smallness.known
    lower = upper = point
    if not (reach.known and solitude.known and smallness.known):
        lower = round(100 * reach.lower**a * solitude.lower**b * smallness.lower**c, _DECIMALS)
        upper = round(100 * reach.upper**a * solitude.upper**b * smallness.upper**c, _DECIMALS)
    parts = {"reach": reach, "solitude": solitude, "smallness": smallness}
    return Score(lower, point, upper, band(point, settings), band(lower, settings), known, parts)


def _reach(measures: Measures, releases: int) -> Part:
    count = measures.dependents
    lower, upper = _share(count.lower, releases), _share(count.upper, releases)
    if lower == upper:
        because = f"{count.point:,} of {releases - 1:,} other releases need it"
        if not count.point and measures.direct:
            because = "direct only: no other release needs it"
        return Part(lower, lower, upper, known=True, because=because)
    span = f"between {count.lower:,} and {count.upper:,} of {releases - 1:,} other releases"
    because = f"{span} need it: not all edges are known"
    return Part(lower, (lower + upper) / 2, upper, known=False, because=because)


def _share(dependents: float, releases: int) -> float:
    return 0.0 if releases < 2 else min(1.0, log(1 + dependents) / log(releases))


def _small(value: float, free: float, floor: float) -> float:
    return max(floor, 1 - log10(max(value, free) / free) / 2)


def band(value: float, settings: ScoreSettings) -> Band:
    """The band that a score falls into."""
    if value >= settings.critical:
        return "critical"
    if value >= settings.high:
        return "high"
    return "medium" if value >= settings.medium else "low"
