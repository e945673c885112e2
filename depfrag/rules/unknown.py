"""Rule `unknown`: how much of the lockfile nobody can judge, because publishers or size are not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depfrag import wording
from depfrag.model import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from depfrag.model import Project


class UnknownRule:
    """Fires when publishers or size are unknown for any registry release; one finding a lockfile."""

    def check(self, project: Project, paths: Callable[[str], tuple[tuple[str, ...], ...]]) -> Iterator[Finding]:
        summary = project.summary
        if not summary.unknown_share:
            return
        missing = round(summary.unknown_share * summary.registry)
        could = summary.could_be["critical"]
        share = f"{missing:,} of {summary.registry:,} registry releases ({wording.share(summary.unknown_share)})"
        text = f"publishers or size are unknown for {share}"
        yield Finding(
            rule="",
            level="low",
            subject=project.lockfile.path,
            message=f"{text}; {could:,} could be critical" if could else text,
            lockfile=project.lockfile.path,
            remedy="ask the registry itself (online, no mirror), count archives with --inspect, or use a --snapshot",
        )


RULE = UnknownRule()
