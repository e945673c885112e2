"""Facts from snapshots, the later one's first, with what the runs that wrote them could not find out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depfrag.protocols import Known
from depfrag.snapshot import merge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depfrag.model import Problem
    from depfrag.protocols import Answer, Context, Wanted


class SnapshotSource:
    """Answers for every release that a snapshot lists, also where it lists no facts."""

    def lookup(self, wanted: Sequence[Wanted], context: Context) -> Iterator[Answer]:
        held = merge(context.snapshots)
        problems: dict[str | None, list[Problem]] = {}
        for problem in held.problems:
            problems.setdefault(problem.package, []).append(problem)
        yield from held.hosts
        yield from problems.get(None, ())
        for one in wanted:
            if one.release.id in held.facts:
                yield Known(one, held.facts[one.release.id])
                for problem in problems.get(one.release.id, ()):
                    yield problem._replace(lockfile=one.lockfile)


SOURCE = SnapshotSource()
