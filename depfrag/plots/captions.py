"""What figures say in words: above, what was found; below, the day and sources of the facts and how much is known."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from depfrag.config import ScoreSettings
from depfrag.drawing import EDGE, WIDTH, drawable, width
from depfrag.facts import SIZES, measured

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depfrag.model import Analysis, Band, Fact, Scored

_NAMED = 3
_ROOM = 190.0
CAPTION = 9.0
"""The size of captions, in points."""


def settings_of(analysis: Analysis) -> ScoreSettings:
    """The constants of the score that an analysis was made with."""
    given = analysis.config.get("score")
    return ScoreSettings(**given) if isinstance(given, dict) else ScoreSettings()


def named(scored: Scored) -> str:
    """A release's name and version as they are drawn."""
    return drawable(f"{scored.release.name} {scored.release.version or ''}".strip(), _ROOM)


# -- above -----------------------------------------------------------------------------------------------------------


def headline(analysis: Analysis) -> str:
    """The finding in one sentence, without its full stop. Only what is known for sure counts as critical or high."""
    total = analysis.summary
    of = f"of {total.releases:,} release{_s(total.releases)}"
    if not total.releases:
        return "There are no releases to map"
    worst: tuple[Band, ...] = ("critical", "high")
    for band in worst:
        if count := total.bands.get(band, 0):
            none = "" if band == "critical" else f"None is {'' if _sure(analysis) else 'known to be '}critical, "
            return f"{none}{count:,} {of} {'is' if count == 1 else 'are'} {band}: {_why(analysis, band)}"
    if total.unknown_share == 1 and not total.known:
        every = f"all {total.releases:,} releases" if total.releases > 1 else "the one release"
        return f"Nobody knows yet: publishers or size are unknown for {every}"
    if total.releases == 1:
        return f"The one release is {'neither critical nor' if _sure(analysis) else 'not known to be critical or'} high"
    return f"None {of} is {'' if _sure(analysis) else 'known to be '}critical or high"


def remark(analysis: Analysis) -> str:
    """What to know besides the headline."""
    total = analysis.summary
    high = total.bands.get("high", 0) if total.bands.get("critical") else 0
    could = total.could_be.get("critical", 0)
    said = [f"{high:,} more {'is' if high == 1 else 'are'} high."] if high else []
    if could:
        more = "more " if total.bands.get("critical") else ""
        said.append(f"{could:,} {more}could be critical: too little is known of {'it' if could == 1 else 'them'}.")
    return " ".join(said)


def _sure(analysis: Analysis) -> bool:
    return not analysis.summary.could_be.get("critical") and not analysis.summary.could_be.get("high")


def _why(analysis: Analysis, band: Band) -> str:
    """What the releases of a band have in common, and what leans on them."""
    found = [s for project in analysis.projects for s in project.packages if s.score.lower_band == band]
    every = list({scored.release.id: scored for scored in found}.values())
    broken = len({name for scored in found for name in scored.measures.broken})
    return ", ".join(word for word in (_size(every), _hands(every), _under(broken, analysis.summary.direct)) if word)


def _size(scored: Sequence[Scored]) -> str:
    least = min(s.score.parts["smallness"].lower for s in scored)
    return "tiny" if least >= 0.8 else "small" if least >= 0.5 else ""


def _hands(scored: Sequence[Scored]) -> str:
    if any(s.score.parts["solitude"].lower < 1 for s in scored):
        return "in few hands"
    return "one publisher each" if len(scored) > 1 else "one publisher"


def _under(broken: int, direct: int) -> str:
    if not broken:
        return ""
    who = f"{broken:,} of {direct:,}" if broken < direct else f"all {direct:,}" if direct > 1 else "the only"
    return f"under {who} direct {'dependency' if direct == 1 else 'dependencies'}"


# -- below -----------------------------------------------------------------------------------------------------------


def caption(analysis: Analysis) -> list[str]:
    """Where the facts come from, and what was analysed: a line of text of `CAPTION` points each."""
    return [_facts(analysis), _extent(analysis)]


def _facts(analysis: Analysis) -> str:
    when = f"as of {analysis.as_of}" if analysis.as_of else f"up to {analysis.made_at}"
    total = analysis.summary.registry
    if not total:
        return f"Facts {when}; no registry can know of these releases."
    people = size = 0
    for scored in _packages(analysis):
        if scored.release.kind == "registry":
            people += measured(scored.facts, "publishers") is not None
            size += any(measured(scored.facts, name) for name in SIZES)
    known = f"publishers known for {people / total:.0%}, size for {size / total:.0%} of {total:,} registry releases"
    ranked = _sources(analysis)
    if not ranked:
        return f"Facts {when}; {known}."
    more = [f"{len(ranked) - _NAMED} more"] if len(ranked) > _NAMED else []
    return _fitted(f"Facts {when} from ", [*ranked[:_NAMED], *more], f"; {known}.")


def _fitted(before: str, names: Sequence[str], after: str) -> str:
    """Foreign names within a line, no longer than it has room for."""
    room = WIDTH - 2 * EDGE - width(f"{before}{_listed([''] * len(names))}{after}", CAPTION)
    shown: dict[str, str] = {}
    for name in sorted(names, key=len):
        shown[name] = drawable(name, room / (len(names) - len(shown)), CAPTION)
        room -= width(shown[name], CAPTION)
    return f"{before}{_listed([shown[name] for name in names])}{after}"


def _listed(items: Sequence[str]) -> str:
    return f"{', '.join(items[:-1])} and {items[-1]}" if len(items) > 1 else items[0]


def _packages(analysis: Analysis) -> Iterator[Scored]:
    for project in analysis.projects:
        yield from project.packages


def _sources(analysis: Analysis) -> list[str]:
    """The sources, those that know most first."""
    counts = Counter(fact.source for scored in _packages(analysis) for fact in _used(scored))
    return sorted(counts, key=lambda name: (-counts[name], name))


def _used(scored: Scored) -> Iterator[Fact]:
    for name in ("publishers", *SIZES):
        fact = measured(scored.facts, name)
        if fact is not None:
            yield fact


def _extent(analysis: Analysis) -> str:
    projects, total = analysis.projects, analysis.summary
    edges = f"{total.edges:,} {'dependency' if total.edges == 1 else 'dependencies'} between them"
    prod = ", without what only development needs" if analysis.config.get("prod") else ""
    own = "" if settings_of(analysis) == ScoreSettings() else " Weights, floors or bands are not the defaults."
    extent = f": {total.releases:,} release{_s(total.releases)}, {edges}{prod}.{own}"
    return (
        _fitted("", [projects[0].lockfile.path], extent) if len(projects) == 1 else f"{len(projects)} lockfiles{extent}"
    )


def _s(count: int) -> str:
    return "" if count == 1 else "s"
