"""Answers from the cache while they are fresh, else from the network, else from the cache after all."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from depfrag.fetch import cache
from depfrag.fetch.addresses import host
from depfrag.fetch.kept import MISSING, day, fresh, response
from depfrag.fetch.workers import Task, in_order
from depfrag.protocols import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from depfrag.fetch.cache import Cache, Entry
    from depfrag.fetch.credentials import Credentials
    from depfrag.fetch.limits import Limits
    from depfrag.fetch.session import Answer, Session
    from depfrag.protocols import Request

_TELL_SECONDS = 5


class Live:
    """Fetch over the network. What the cache has fresh needs no thread, and no session."""

    def __init__(
        self,
        kept: Cache,
        credentials: Credentials,
        connect: Callable[[], Session],
        max_age: float,
        limits: Limits,
        notify: Callable[[str], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._cache, self._credentials, self._connect = kept, credentials, connect
        self._max_age, self._limits, self._notify, self._clock = max_age, limits, notify, clock
        self._session: Session | None = None

    def documents(self, requests: Iterable[Request]) -> Iterator[Response]:
        progress = _Progress(self._notify)
        done = False
        try:
            for answer in in_order(map(self._task, requests), self._limits, progress.tell):
                progress.answers += 1
                progress.tell()
                yield answer
            done = True
        finally:
            if not done and self._session is not None:  # interrupted, or nobody wants the rest
                self._session.stop()
                self._session = None

    def _task(self, request: Request) -> Task[Response]:
        name = cache.key(request, self._credentials.identity(request.url))
        entry = self._cache.get(name)
        if entry is not None and fresh(entry, self._clock(), self._max_age):
            found = response(request, entry)
            if found is not None:
                return Task(None, lambda: found)
        if self._session is None:
            self._session = self._connect()
        session = self._session
        try:
            where = host(request.url)
        except ValueError:
            where = ""
        return Task(where, lambda: self._asked(session, request, name, entry))

    def _asked(self, session: Session, request: Request, name: bytes, entry: Entry | None) -> Response:
        """What the service says, and what is kept of it."""
        answer = session.ask(request, _validators(request, entry))
        if answer.status == 304:
            current = self._confirmed(request, name, entry)
            if current is not None:
                return current
            answer = session.ask(request, {"Cache-Control": "no-cache"})
        now = int(self._clock())
        why = None if answer.trouble is None else answer.trouble.why
        if why is None and answer.status == 200:
            try:
                document = request.keep(answer.body)
            except (ValueError, RecursionError) as error:
                why = f"{answer.host} sent what cannot be used: {self._credentials.redacted(str(error))}"
            else:
                if not self._credentials.repeated(document, answer.etag, answer.modified):
                    self._cache.put(name, answer.host, 200, document, (answer.etag, answer.modified), now)
                    return Response(request, 200, document, day(now), False, None)  # noqa: FBT003 - not stale
                why = f"{answer.host} repeats the credentials that it was sent, which must not be kept"
        if why is None and answer.status in MISSING:
            self._cache.put(name, answer.host, answer.status, None, (None, None), now)
            return Response(request, answer.status, None, day(now), False, None)  # noqa: FBT003 - not stale
        return self._instead(request, answer, entry, why or f"{answer.host} says that nothing changed, of nothing")

    def _confirmed(self, request: Request, name: bytes, entry: Entry | None) -> Response | None:
        """The kept answer, which the service says is still current; None where there is none."""
        if entry is None or entry.packed is None:
            return None
        now = int(self._clock())
        current = response(request, entry._replace(checked=now))
        if current is not None:
            self._cache.touch(name, now)
        return current

    def _instead(self, request: Request, answer: Answer, entry: Entry | None, why: str) -> Response:
        """The kept answer, whatever its age, in place of one that did not come."""
        old = None if entry is None else response(request, entry, why)
        return old or Response(request, answer.status, None, day(self._clock()), False, why)  # noqa: FBT003


class _Progress:
    """Says now and then how far a round is."""

    def __init__(self, notify: Callable[[str], None]) -> None:
        self._notify = notify
        self._told = time.monotonic()
        self.answers = 0

    def tell(self) -> None:
        """Says so, unless it did a moment ago."""
        if time.monotonic() - self._told >= _TELL_SECONDS:
            self._told = time.monotonic()
            self._notify(f"fetching: {self.answers} answers so far")


def _validators(request: Request, entry: Entry | None) -> Mapping[str, str]:
    """Headers that make a request conditional on what is kept; HTTP knows of none for a question by POST."""
    if entry is None or entry.packed is None or request.body is not None:
        return {}
    headers = {"If-None-Match": entry.etag, "If-Modified-Since": entry.modified}
    return {name: value for name, value in headers.items() if value}
