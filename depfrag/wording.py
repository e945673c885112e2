"""Values in words, the same in every report: scores, sizes, publishers, bounds, paths; foreign text made visible."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

from depfrag.facts import measured
from depfrag.visible import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from depfrag.model import Bounds, Dependency, Facts, FactValue, Host, Release, Score

_WORTH = {
    "registry": "the registry's own",
    "declared": "only declared, so unknown",
    "publish": "those of publishing",
    "ingest": "not those of publishing, so unknown",
    "absent": "not told",
    "unknown": "unknown",
}


def score(value: Score) -> str:
    """A score as a point, or as an interval where it is none."""
    if value.lower == value.upper:
        return tenth(value.point)
    return f"{floor(value.lower)} – {floor(value.upper)}"


def tenth(value: float) -> str:
    """A score to one digit, cut and not rounded: 74.96 is no 75, which is another band."""
    return f"{floor(value * 10 + 1e-9) / 10:.1f}"


def bounds(value: Bounds) -> str:
    """A count, or what it lies between."""
    return f"{value.point:,}" if value.lower == value.upper else f"{value.lower:,} – {value.upper:,}"


def breaks(share: Bounds | None, broken: Collection[str], direct: int) -> str:
    """How many of the direct dependencies break."""
    if share is None:
        return "–"
    if share.lower != share.upper:
        return f"{share.lower:.0%} – {share.upper:.0%}"
    return f"{len(broken)} of {direct}" if broken else "0"


def share(part: float) -> str:
    """A share in whole per cent that is never rounded to none or all: one of a thousand is not 0%."""
    if 0 < part < 0.01:
        return "under 1%"
    return "over 99%" if 0.99 < part < 1 else f"{part:.0%}"


def publishers(facts: Facts) -> str:
    """Who can publish: the one account, or how many; a question mark where nobody knows."""
    fact = measured(facts, "publishers")
    if fact is None or not isinstance(fact.value, tuple):
        return "?"
    team = measured(facts, "organization")
    if team is not None and team.value:
        return f"≥ {max(1, len(fact.value))}"
    if len(fact.value) == 1:
        return visible(str(fact.value[0]))
    return str(len(fact.value)) if fact.value else "nobody"


def size(facts: Facts) -> str:
    """How large, in the best unit known; a question mark where nobody knows."""
    for name, form in (("lines", "{:,} lines"), ("bytes", "{}"), ("bytes_at_least", "≥ {}")):
        fact = measured(facts, name)
        if fact is not None and isinstance(fact.value, (int, float)):
            return form.format(fact.value if name == "lines" else octets(fact.value))
    return "?"


def octets(count: float) -> str:
    """A number of bytes."""
    if count < 1000:
        return f"{count:.0f} B"
    return f"{count / 1000:.1f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"


def fact(value: FactValue) -> str:
    """A fact's value on one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(visible(str(v)) for v in value) or "nobody"
    if isinstance(value, dict):
        said = (f"{visible(str(k))}: {'nothing' if v == () else fact(v)}" for k, v in value.items())
        return ", ".join(said) or "nothing"
    return f"{value:,}" if isinstance(value, (int, float)) else visible(str(value))


def host(value: Host) -> str:
    """What a registry host's answers are worth, and why."""
    worth = f"publishers: {_WORTH[value.publishers]}; dates: {_WORTH[value.dates]}"
    return f"{visible(value.host)}: {worth} ({visible(value.because)})"


def name(identifier: str) -> str:
    """The name in a release's or root's id."""
    kind, _, rest = identifier.partition(":")
    if kind == "root":
        return "the project" if rest == "." else visible(rest)
    at = rest.find("@", 1)
    return visible(rest[:at] if at > 0 else rest)


def command(*words: str) -> str:
    """A call of depfrag as one types it."""
    from shlex import quote

    return " ".join(("depfrag", *(quote(visible(word)) for word in words)))


class Names:
    """Names of releases: with the version where the lockfile has several."""

    def __init__(self, releases: Iterable[Release]) -> None:
        count: dict[str, int] = {}
        known = list(releases)
        for release in known:
            count[release.name] = count.get(release.name, 0) + 1
        self._names = {r.id: visible(r.name if count[r.name] == 1 else f"{r.name}@{r.version or '*'}") for r in known}

    def of(self, identifier: str) -> str:
        """The name of a release or root."""
        return self._names.get(identifier) or name(identifier)

    def path(self, steps: Iterable[Dependency]) -> str:
        """A path with the kind of each step that is not plain runtime."""
        text = ""
        for step in steps:
            text = text or self.of(step.dependent)
            text += f" → {'' if step.kind == 'runtime' else f'({step.kind}) '}{self.of(step.dependency)}"
        return text
