"""Answers from what was kept of earlier runs, and from nowhere else: no module that opens connections is needed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from depfrag.fetch import cache
from depfrag.protocols import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from depfrag.fetch.cache import Cache, Entry
    from depfrag.fetch.credentials import Credentials
    from depfrag.protocols import Request

MISSING = (404, 410)
"""Statuses that say that there is no such thing: answers, if for a shorter time."""
_MISSING_SHARE = 24


def fresh(entry: Entry, now: float, max_age: float) -> bool:
    """Whether an answer need not be asked for again. What was missing may appear sooner than what is there changes."""
    life = max_age / _MISSING_SHARE if entry.status in MISSING else max_age
    return 0 <= now - entry.checked < life


def day(moment: float) -> str:
    """The day of a moment, in UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime(moment))


def response(request: Request, entry: Entry, stale: str | None = None) -> Response | None:
    """An answer from the cache, with why it is `stale` if it is; None when it is damaged."""
    try:
        document = entry.document()
    except ValueError:
        return None
    seen = day(entry.checked)
    trouble = None if stale is None else f"{stale}; this is its answer of {seen}"
    return Response(request, entry.status, document, seen, stale is not None, trouble)


class Kept:
    """Fetch without a network: answers of any age, those older than `max_age` seconds labelled so."""

    def __init__(
        self, kept: Cache, credentials: Credentials, max_age: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._cache, self._credentials, self._max_age, self._clock = kept, credentials, max_age, clock

    def documents(self, requests: Iterable[Request]) -> Iterator[Response]:
        now = self._clock()
        for request in requests:
            entry = self._cache.get(cache.key(request, self._credentials.identity(request.url)))
            stale = None if entry is None or fresh(entry, now, self._max_age) else "the registry is not asked offline"
            found = None if entry is None else response(request, entry, stale)
            yield found or Response(request, 0, None, day(now), False, "offline, and no answer was kept")  # noqa: FBT003
