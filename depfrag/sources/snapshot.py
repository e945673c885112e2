"""Facts from snapshots, the later one's first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depfrag.protocols import Known
from depfrag.snapshot import merge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depfrag.protocols import Answer, Context, Wanted


class SnapshotSource:
    """Answers for every release that a snapshot lists, also where it lists no facts."""

    def lookup(self, wanted: Sequence[Wanted], context: Context) -> Iterator[Answer]:
        facts = merge(context.snapshots).facts
        for one in wanted:
            if one.release.id in facts:
                yield Known(one, facts[one.release.id])


SOURCE = SnapshotSource()
