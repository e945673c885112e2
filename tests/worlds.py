"""All that fetching consists of, put together for a test: short times, and what was said on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from depfrag.fetch.limits import Limits
from depfrag.protocols import Request

if TYPE_CHECKING:
    from depfrag.fetch.cache import Cache
    from depfrag.fetch.credentials import Credentials
    from depfrag.fetch.hosts import Hosts
    from depfrag.fetch.live import Live
    from depfrag.fetch.session import Session

BRISK = Limits(connect=2, read=1, total=4, backoff=0.01, throttled=0.02, wait=5, patience=10)


class World(NamedTuple):
    """All that fetching consists of, and what it said."""

    fetch: Live
    session: Session
    cache: Cache
    credentials: Credentials
    hosts: Hosts
    notes: list[str]

    def get(self, *urls, keep=bytes, most=1 << 20):
        """The responses to some addresses."""
        return list(self.fetch.documents(Request(url, "application/json", keep, most) for url in urls))

    def one(self, url, **more):
        """The response to one."""
        (response,) = self.get(url, **more)
        return response
