"""Exchanges with services over the network: attempts, pauses, redirects and bounds of one request."""

from __future__ import annotations

import random
import re
import threading
import time
from contextlib import closing, suppress
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple

import requests

from depfrag.fetch import addresses, limits, troubles
from depfrag.fetch.connections import Adapter, Attempt
from depfrag.fetch.kept import MISSING
from depfrag.fetch.troubles import Trouble
from depfrag.identity import without_credentials
from depfrag.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from depfrag.fetch.addresses import Resolve
    from depfrag.fetch.credentials import Credentials
    from depfrag.fetch.hosts import Hosts
    from depfrag.fetch.limits import Limits
    from depfrag.fetch.surroundings import Surroundings
    from depfrag.protocols import Request

_PRINTED = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,255}\Z")
_MOVED = (301, 302, 303, 307, 308)
_AGENT = f"depfrag/{__version__}"
_REST = 64 * 1024
"""Bytes of a body nobody needs that are read, so that the connection can serve again."""


class Outside(NamedTuple):
    """What a session takes from the world: time, chance and names; tests give their own."""

    clock: Callable[[], float] = time.time
    timer: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] | None = None
    """None: sleeps until the session is stopped at most."""
    chance: Callable[[], float] = random.random
    resolve: Resolve = addresses.resolve


class Answer(NamedTuple):
    """What came of a request."""

    status: int = 0
    """0 when none came."""
    body: bytes = b""
    etag: str | None = None
    modified: str | None = None
    trouble: Trouble | None = None
    """None where the status is 200, 304, 404 or 410."""
    host: str = ""
    """The last one that was asked."""
    after: float | None = None
    """Seconds that it asks to wait."""
    location: str | None = None
    """Where it says to look instead."""


class Session:
    """Shared by all threads of a run: connections, what hosts have shown of themselves, what to stop."""

    def __init__(
        self, credentials: Credentials, surroundings: Surroundings, hosts: Hosts, bounds: Limits, outside: Outside
    ) -> None:
        """Raises OSError, with all there is to say, where the certificates named cannot be used."""
        self._credentials, self._surroundings, self._hosts = credentials, surroundings, hosts
        self._limits, self._outside = bounds, outside
        self._adapter = Adapter(bounds.per_host, surroundings.context())
        self._stopped = threading.Event()
        self._sleep = outside.sleep or self._stopped.wait
        self._attempts: set[Attempt] = set()

    def ask(self, request: Request, more: Mapping[str, str]) -> Answer:
        """The answer to a request, sent with `more` headers; what goes wrong is told in it and not raised."""
        try:
            host = addresses.host(request.url)
        except ValueError:
            return Answer(trouble=Trouble("not an address of the web"))
        bounds = limits.spare(self._limits) if request.spare else self._limits
        end = self._outside.timer() + bounds.patience
        attempt = 0
        while True:
            attempt += 1
            self._wait_for(host)
            answer = self._followed(request, more, bounds)
            out_of_reach = answer.trouble is not None and not answer.trouble.reached
            pause = None if request.spare and out_of_reach else self._pause(answer, attempt, end, bounds)
            if pause is None:
                self._note(answer)
                return answer
            self._sleep(pause)

    def stop(self) -> None:
        """Ends all that is under way."""
        self._stopped.set()
        for attempt in tuple(self._attempts):
            attempt.cut()
        self._adapter.close()

    def _note(self, answer: Answer) -> None:
        """Remembers what the answer shows of its host."""
        trouble = answer.trouble
        if trouble is None or (trouble.reached and not trouble.again and not trouble.hopeless):
            self._hosts.answered(answer.host)
        elif trouble.hopeless:
            self._hosts.give_up(answer.host, trouble.why)
        elif not self._stopped.is_set():
            self._hosts.failed(answer.host, trouble.why, reached=trouble.reached)

    def _wait_for(self, host: str) -> None:
        """Lets the time pass that a host has asked for."""
        left = self._hosts.until(host) - self._outside.timer()
        if left > 0:
            self._sleep(left + self._outside.chance() * self._limits.backoff)

    def _pause(self, answer: Answer, attempt: int, end: float, bounds: Limits) -> float | None:
        """Seconds until another attempt makes sense; None where none does."""
        trouble = answer.trouble
        if trouble is None or not trouble.again or attempt >= bounds.attempts or self._stopped.is_set():
            return None
        first = bounds.throttled if answer.status == 429 else bounds.backoff
        own = float(first * 2 ** (attempt - 1) * (1 + self._outside.chance()) / 2)
        # A service may ask for no pause at all in the same breath as it refuses for want of one.
        pause = max(min(own, bounds.wait), answer.after or 0)
        if pause > bounds.wait:
            self._hosts.give_up(answer.host, trouble.why)
            return None
        now = self._outside.timer()
        if answer.after is not None:
            self._hosts.pause(answer.host, now + pause)
        return None if now + pause > end else pause

    def _followed(self, request: Request, more: Mapping[str, str], bounds: Limits) -> Answer:
        """One attempt, with the redirects that it may follow."""
        url = request.url
        answer = self._exchange(request, url, more, bounds)
        hops = 0
        while answer.location is not None:
            hops += 1
            try:
                url = self._next(request, url, answer.location, hops)
            except ValueError as error:
                return Answer(answer.status, trouble=Trouble(f"{answer.host} {error}"), host=answer.host)
            answer = self._exchange(request, url, more, bounds)
        return answer

    def _next(self, request: Request, url: str, location: str, hops: int) -> str:
        """Where a redirect leads. Raises ValueError where it must not be followed."""
        if hops > self._limits.redirects:
            raise ValueError(f"redirects more than {self._limits.redirects} times")
        if request.body is not None:
            raise ValueError("redirects a question that is meant for it alone")
        url = addresses.target(url, location)
        if not self._free(request, url) and addresses.internal(url, self._outside.resolve):
            raise ValueError("redirects to a private address: refused")
        return url

    def _free(self, request: Request, url: str) -> bool:
        """Whether a request may lead to a private address: its own host, or another where its own is private."""
        own = addresses.host(url) == addresses.host(request.url)
        return own or addresses.internal(request.url, self._outside.resolve)

    def _exchange(self, request: Request, url: str, more: Mapping[str, str], bounds: Limits) -> Answer:
        """One request over one connection, and its answer; `url` is where a redirect has led."""
        host = addresses.host(url)
        gone = self._hosts.gone(host)
        if gone is not None:
            return Answer(trouble=Trouble(gone, hopeless=True), host=host)
        headers = {"Accept": request.accept, "Accept-Encoding": "gzip", "User-Agent": _AGENT, **more}
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        secret = self._credentials.header(url) if addresses.origin(url) == addresses.origin(request.url) else None
        if secret is not None:
            headers["Authorization"] = secret
        allowed = _anywhere if self._free(request, url) else addresses.public
        with Attempt(bounds.total, allowed, bounds.reach) as attempt:
            self._attempts.add(attempt)
            if self._stopped.is_set():
                attempt.cut()
            try:
                response = self._adapter.send(
                    _prepared(request, without_credentials(url), headers),
                    stream=True,
                    timeout=(bounds.connect, bounds.read),
                    proxies=self._surroundings.proxies(url),
                )
                with closing(response):
                    answer = self._read(response, host, request.most, known=secret is not None)
            except troubles.ERRORS as error:
                answer = Answer(trouble=troubles.of_error(error, host, bounds), host=host)
            finally:
                self._attempts.discard(attempt)
        if attempt.expired:  # even what looks whole may have been cut off, in the middle of its headers too
            return Answer(trouble=Trouble(f"{host} took longer than {bounds.total:g} s"), host=host)
        return answer

    def _read(self, response: requests.Response, host: str, most: int, *, known: bool) -> Answer:
        status, headers = response.status_code, response.headers
        if status == 200:
            length = None if getattr(response.raw, "chunked", False) else headers.get("Content-Length")
            body = limits.body(_pieces(response), headers.get("Content-Encoding", ""), length, most)
            etag, modified = (_sendable(headers.get(name)) for name in ("ETag", "Last-Modified"))
            return Answer(status, body, etag, modified, host=host)
        with suppress(*troubles.ERRORS):
            limits.body(_pieces(response), "", None, _REST)
        if status in _MOVED and headers.get("Location"):
            return Answer(status, host=host, location=headers["Location"])
        if status in (304, *MISSING):
            return Answer(status, host=host)
        after = self._seconds(headers.get("Retry-After"))
        return Answer(status, trouble=troubles.of_status(status, host, after, known=known), host=host, after=after)

    def _seconds(self, text: str | None) -> float | None:
        """What a header Retry-After asks for: a number of seconds or a date."""
        if text is None:
            return None
        if text.strip().isdecimal():
            return float(text)
        try:
            return max(0.0, parsedate_to_datetime(text).timestamp() - self._outside.clock())
        except (ValueError, OverflowError):
            return None


def _prepared(request: Request, url: str, headers: Mapping[str, str]) -> requests.PreparedRequest:
    method = "GET" if request.body is None else "POST"
    return requests.Request(method, url, headers, data=request.body).prepare()


def _anywhere(_: str) -> bool:
    return True


def _sendable(text: str | None) -> str | None:
    """A validator that can be sent back; nothing instead of one that cannot."""
    return text if text is not None and _PRINTED.match(text) else None


def _pieces(response: requests.Response) -> Iterator[bytes]:
    """The body as it was sent."""
    pieces: Iterator[bytes] = response.raw.stream(64 * 1024, decode_content=False)
    return pieces
