"""How long fetching may take and how much it may bring, and how a body is read within these bounds."""

from __future__ import annotations

import zlib
from math import inf
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Limits(NamedTuple):
    """Bounds of one run; times in seconds."""

    connect: float = 10
    """Until a connection to one of a host's addresses stands."""
    reach: float = inf
    """Until any connection to a host stands, with looking up its name and trying all of its addresses."""
    read: float = 20
    """Between two pieces of an answer."""
    total: float = 90
    """For one answer, from the connection to its last byte."""
    attempts: int = 4
    backoff: float = 0.5
    """The first pause before another attempt; each later one is twice as long, and chance shortens them all."""
    throttled: float = 2
    """The first pause when the service was asked too often and does not say how long to wait."""
    wait: float = 60
    """The longest pause; a service that asks for a longer one is not asked again in this run."""
    patience: float = 180
    """For one request, with all attempts and pauses."""
    redirects: int = 5
    per_host: int = 8
    """Requests at once."""
    threads: int = 32
    """Requests at once to all hosts."""
    ahead: int = 256
    """Requests taken up before the first of them is answered."""
    failures: int = 16
    """Requests that fail in a row before their host is not asked again."""


def spare(limits: Limits) -> Limits:
    """What `limits` become for an answer that a run can do without."""
    bounds = {"connect": 2, "reach": 4, "read": 15, "total": 30, "wait": 5, "patience": 15}
    return limits._replace(**{name: min(most, getattr(limits, name)) for name, most in bounds.items()})


class TooLargeError(Exception):
    """A body is longer than it may be."""


class CutError(Exception):
    """A body ends too soon, or is not what its headers say."""


def body(pieces: Iterable[bytes], coding: str, length: str | None, most: int) -> bytes:
    """The whole decoded body of an answer, of at most `most` bytes as sent and as decoded.

    `pieces` are its bytes as they were sent, `coding` and `length` its headers Content-Encoding and Content-Length.
    Raises TooLargeError and CutError.
    """
    sent = _counted(pieces, int(length) if length is not None and length.isdecimal() else None, most)
    if coding.strip().lower() in ("", "identity"):
        return b"".join(sent)
    if coding.strip().lower() in ("gzip", "x-gzip"):
        return b"".join(_inflated(sent, most))
    raise CutError("the answer is encoded in a way that was not asked for")


def _counted(pieces: Iterable[bytes], length: int | None, most: int) -> Iterator[bytes]:
    if length is not None and length > most:
        raise TooLargeError
    sent = 0
    for piece in pieces:
        sent += len(piece)
        if sent > most:
            raise TooLargeError
        yield piece
    if length is not None and sent != length:
        raise CutError("the answer ended too soon")


def _inflated(pieces: Iterable[bytes], most: int) -> Iterator[bytes]:
    """Undoes gzip without ever holding more than may be made: a few kilobytes can hold gigabytes."""
    stream = zlib.decompressobj(wbits=31)
    left = most
    for piece in pieces:
        rest = piece
        while rest:
            if stream.eof:  # a gzip file may have several members
                stream = zlib.decompressobj(wbits=31)
            try:
                made = stream.decompress(rest, left + 1)
            except zlib.error:
                raise CutError("the answer is not compressed as it says") from None
            left -= len(made)
            if left < 0:
                raise TooLargeError
            yield made
            rest = stream.unused_data if stream.eof else stream.unconsumed_tail
    if not stream.eof:
        raise CutError("the answer ended too soon")
