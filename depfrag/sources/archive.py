"""Archives of releases, fetched to count what is in them (``--inspect``); nothing is unpacked to disk or run."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from depfrag import counting, unpacking
from depfrag.model import Fact
from depfrag.protocols import Known, Request
from depfrag.sources import asking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depfrag.model import Facts
    from depfrag.protocols import Answer, Archive, Context, Wanted

FORM = 1
"""Version of what `keep` makes; raise it with every change of how lines are counted."""


class ArchiveSource:
    """Counts the archives that `Context.archives` names."""

    def lookup(self, wanted: Sequence[Wanted], context: Context) -> Iterator[Answer]:
        if context.fetch is None:
            return
        asked = [(one, context.archives[one]) for one in wanted if one in context.archives]
        responses = context.fetch.documents([_request(archive) for _, archive in asked])
        for (one, archive), response in zip(asked, responses, strict=True):
            counted = None if response.document is None else json.loads(response.document)
            if counted is None:
                why = response.trouble or f"the registry answered with status {response.status}"
                yield asking.problem(one, "not-counted", f"its archive cannot be counted: {why}")
            elif counted["integrity"] != archive.integrity:
                yield asking.problem(one, "not-counted", "its archive was counted when the registry gave another hash")
            else:
                yield Known(one, to_facts(counted, response.observed))


SOURCE = ArchiveSource()


def _request(archive: Archive) -> Request:
    return Request(archive.url, "*/*", partial(keep, archive.integrity), form=FORM)


def keep(integrity: str | None, body: bytes) -> bytes:
    """The size of what an archive holds, as JSON. Raises ValueError when it is broken or not the one meant."""
    if integrity is not None:
        unpacking.verify(body, integrity)
    counted = counting.count(unpacking.files(body))
    return json.dumps({**counted._asdict(), "integrity": integrity}, separators=(",", ":")).encode()


def to_facts(counted: Mapping[str, object], observed: str) -> Facts:
    """The facts that a count gives."""
    sizes = {name: counted[name] for name in ("lines", "bytes")}
    return {
        name: Fact(size, "its archive", observed, "registry") for name, size in sizes.items() if isinstance(size, int)
    }
