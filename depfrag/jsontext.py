"""JSON text for people and programs: one item of a list a line, ASCII only, numbers rounded alike everywhere.

Also the items that both contracts, the graph's and the analysis's, show in the same way. Items are joined from pieces
of JSON text and not encoded from dictionaries: a scan writes thousands of them, and most pieces recur.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from depfrag.identity import purl

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from depfrag.model import Dependency, Problem, Release, Root

quote = json.encoder.encode_basestring_ascii
"""A string as JSON text."""

encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
"""Any plain value as JSON text."""

_WORDS = {True: "true", False: "false", None: "null"}


def document(table: Mapping[str, str | list[str]]) -> str:
    """`table`, whose values are JSON texts or lists of them, with a line for each key and each item of a list."""
    lines = []
    for key, value in table.items():
        if isinstance(value, str):
            lines.append(f" {quote(key)}: {value}")
        elif value:
            lines.append(f" {quote(key)}: [\n  " + ",\n  ".join(value) + "\n ]")
        else:
            lines.append(f" {quote(key)}: []")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def rounded(number: float) -> float | int:
    """A number without its last digits, which differ between machines; a whole one as an integer."""
    near = round(number, 6)
    return int(near) if near == int(near) else near


def array(texts: Iterable[str]) -> str:
    """Strings as a JSON array."""
    return "[" + ",".join(map(quote, texts)) + "]"


def maybe(text: str | None) -> str:
    """A string or null."""
    return "null" if text is None else quote(text)


def release(item: Release, lockfile: str, *, dev: bool, optional: bool) -> str:
    """A release's fields, without the braces round them."""
    return (
        f'"id":{quote(item.id)},"ecosystem":{quote(item.ecosystem)},"name":{quote(item.name)},'
        f'"version":{maybe(item.version)},"purl":{quote(purl(item))},"kind":{quote(item.kind)},'
        f'"dev":{_WORDS[dev]},"optional":{_WORDS[optional]},"hashes":{array(item.hashes)},'
        f'"lockfile":{quote(lockfile)},"line":{"null" if item.line is None else item.line}'
    )


def root(item: Root, lockfile: str) -> str:
    """A root as an object."""
    return encode({"id": item.id, "name": item.name, "path": item.path, "lockfile": lockfile})


def dependency(item: Dependency, lockfile: str) -> str:
    """An edge as an object."""
    return (
        f'{{"from":{quote(item.dependent)},"to":{quote(item.dependency)},"kind":{quote(item.kind)},'
        f'"condition":{maybe(item.condition)},"origin":{quote(item.origin)},"lockfile":{quote(lockfile)}}}'
    )


def problems(items: Iterable[Problem]) -> list[str]:
    """Problems as JSON texts, sorted by code, package, line, lockfile and message."""
    return [problem(item) for item in sorted(items, key=_order)]


def _order(item: Problem) -> tuple[str, str, int, str, str]:
    return item.code, item.package or "", item.line or 0, item.lockfile or "", item.message


def problem(item: Problem) -> str:
    """A problem as an object."""
    return encode(item._asdict())
