"""Rule `left-pad`: a release that is tiny, few-handed and deep under the project, by what is known for sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depfrag.model import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from depfrag.model import Project, Scored

_DEPENDENTS = 3
_USED = ("publishers", "organization", "lines", "bytes", "bytes_at_least", "replacement")


class LeftPadRule:
    """Fires when the band of the lower end is medium or above and at least three releases need the release."""

    def check(self, project: Project, paths: Callable[[str], tuple[tuple[str, ...], ...]]) -> Iterator[Finding]:
        for scored in project.packages:
            release, measures, facts, score = scored
            if score.lower_band == "low" or measures.dependents.lower < _DEPENDENTS:
                continue
            yield Finding(
                rule="",
                level=score.lower_band,
                subject=release.id,
                message=_message(scored),
                lockfile=project.lockfile.path,
                paths=paths(release.id),
                facts={name: facts[name] for name in _USED if name in facts},
                remedy=_remedy(scored),
            )


RULE = LeftPadRule()


def _message(scored: Scored) -> str:
    release, measures, _, score = scored
    broken = ""
    if measures.breaks is not None and measures.broken:
        count = len(measures.broken)
        broken = f", {count} direct {'dependency breaks' if count == 1 else 'dependencies break'} without it"
    parts = [score.parts[name].because.partition(";")[0] for name in ("solitude", "smallness")]
    needed = f"{measures.dependents.lower:,} release{'s need' if measures.dependents.lower != 1 else ' needs'} it"
    return f"{release.name} {release.version or ''}".strip() + f": {needed}{broken}; {'; '.join(parts)}"


def _remedy(scored: Scored) -> str:
    """What can be done about a fragile release, by what is known to replace it, else by its size and place alone."""
    instead = _instead(scored)
    if instead is not None:
        if scored.measures.direct:
            return f"e18e suggests doing without it: {instead}"
        return f"ask its dependents to do without it, as e18e suggests: {instead}; until then pin its hash"
    lines = scored.facts.get("lines")
    small = lines is not None and isinstance(lines.value, (int, float)) and lines.value <= 100
    if scored.measures.direct:
        return "write its few lines yourself and drop it" if small else "replace it, or keep a copy and pin its hash"
    return (
        "ask its dependents to inline it, or keep a copy and pin its hash" if small else "keep a copy and pin its hash"
    )


def _instead(scored: Scored) -> str | None:
    """What could stand in its place."""
    fact = scored.facts.get("replacement")
    told = fact.value.get("instead") if fact is not None and isinstance(fact.value, dict) else None
    return told if isinstance(told, str) else None
