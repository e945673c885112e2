"""``depfrag cache``: where answers are kept between runs, what they are, and how to be rid of them."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from depfrag import jsontext
from depfrag.cli import streams
from depfrag.config import duration
from depfrag.errors import ConfigError
from depfrag.fetch import cache
from depfrag.fetch.opening import cache_file
from depfrag.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depfrag.cli.argv import Call
    from depfrag.fetch.cache import Info

_UNUSED = "30d"
_UNITS = ("bytes", "KiB", "MiB", "GiB")


def folder(call: Call) -> int:  # noqa: ARG001 - every command takes its call
    """Shows the folder of the cache."""
    streams.write(os.path.dirname(cache_file(os.environ)) + "\n")
    return 0


def info(call: Call) -> int:
    """Shows what the cache holds."""
    form = call.text("format", "terminal")
    if form not in ("terminal", "json"):
        raise ConfigError(f"{form!r} is not terminal or json", where="--format")
    file = cache_file(os.environ)
    with _readable(file):
        held = cache.info(file)
    streams.write(_json(file, held) if form == "json" else _text(file, held))
    return 0


def prune(call: Call) -> int:
    """Removes the answers that have not been current for a while."""
    try:
        age = duration(call.text("max-age", _UNUSED))
    except ValueError as error:
        raise ConfigError(f"{call.text('max-age')!r} is not {error}", where="--max-age") from None
    file = cache_file(os.environ)
    with _readable(file):
        removed = cache.prune(file, int(time.time()) - age)
    streams.write(f"removed {removed:,} {'answer' if removed == 1 else 'answers'}\n")
    return 0


def clear(call: Call) -> int:  # noqa: ARG001 - every command takes its call
    """Removes the cache."""
    file = cache_file(os.environ)
    with _readable(file):
        size = cache.size(file)
        cache.clear(file)
    streams.write(f"removed {visible(file)} ({_size(size)})\n" if size else "there was no cache\n")
    return 0


@contextmanager
def _readable(file: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"cannot be used: {reason}", where=file, hint="depfrag cache clear removes it") from None


def _text(file: str, held: Info | None) -> str:
    if held is None:
        return f"{visible(file)}: nothing is kept yet\n"
    lines = [f"{visible(file)}: {_size(held.bytes)}, {held.answers:,} answers"]
    if held.oldest is not None and held.newest is not None:
        lines.append(f"last confirmed from {_day(held.oldest)} to {_day(held.newest)}")
    lines.extend(f"  {visible(host)}  {count:,}" for host, count in held.hosts)
    return "\n".join(lines) + "\n"


def _json(file: str, held: Info | None) -> str:
    known = held or cache.Info(0, 0, None, None, ())
    hosts = [jsontext.encode({"host": host, "answers": count}) for host, count in known.hosts]
    return jsontext.document(
        {
            "file": jsontext.quote(file),
            "bytes": str(known.bytes),
            "answers": str(known.answers),
            "oldest": jsontext.maybe(None if known.oldest is None else _day(known.oldest)),
            "newest": jsontext.maybe(None if known.newest is None else _day(known.newest)),
            "hosts": hosts,
        }
    )


def _day(seconds: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))


def _size(count: int) -> str:
    amount, unit = float(count), 0
    while amount >= 1024 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{count} bytes" if unit == 0 else f"{amount:.1f} {_UNITS[unit]}"
