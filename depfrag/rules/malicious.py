"""Rule `malicious`: a release that is reported to be malicious, however fragile it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depfrag.model import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from depfrag.model import Project

_REMEDY = "remove it, and treat what the machines that installed it can reach, secrets first, as known to others"


class MaliciousRule:
    """Fires on every release that a report names."""

    def check(self, project: Project, paths: Callable[[str], tuple[tuple[str, ...], ...]]) -> Iterator[Finding]:
        for release, _, facts, _ in project.packages:
            fact = facts.get("malicious")
            if fact is None or not isinstance(fact.value, tuple) or not fact.value:
                continue
            ids = ", ".join(map(str, fact.value))
            yield Finding(
                rule="",
                level="critical",
                subject=release.id,
                message=f"{release.name} {release.version or ''}".strip() + f": reported to be malicious ({ids})",
                lockfile=project.lockfile.path,
                paths=paths(release.id),
                facts={"malicious": fact},
                remedy=_REMEDY,
            )


RULE = MaliciousRule()
