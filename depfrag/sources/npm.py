"""Placeholder."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depfrag.protocols import Answer, Context, Wanted


class Source:
    def lookup(self, wanted: Sequence[Wanted], context: Context) -> Iterator[Answer]:
        yield from ()


SOURCE = Source()
