"""Reads package URLs (the purl specification), also those that tools write without encoding what they should."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLAIN = re.compile(r"pkg:(npm|pypi)/((?:%40[\w.-]++/)?[\w.-]++)(?:@([\w.-]++))?\Z", re.ASCII)
_TYPE = re.compile(r"[a-z0-9.+-]+\Z")
_MAX = 8192
"""Characters."""


class Purl(NamedTuple):
    """A package URL, decoded."""

    type: str
    """In lower case."""
    name: str
    """With its namespace, if it has one: ``@scope/name``. As written: no case is folded."""
    version: str | None
    qualifiers: Mapping[str, str]


def read(text: str) -> Purl | None:
    """The package URL `text`; None where it is none."""
    plain = _PLAIN.match(text)
    if plain:
        # Almost all are so; the way below, and the library, take ten times as long.
        return Purl(plain[1], plain[2].replace("%40", "@", 1), plain[3], {})
    rest, _, subpath = text.partition("#")
    rest, _, query = rest.partition("?")
    scheme, _, rest = rest.partition(":")
    kind, _, path = rest.lstrip("/").partition("/")
    kind, path = kind.lower(), path.strip("/")
    if scheme.lower() != "pkg" or not _TYPE.match(kind) or not path or len(text) > _MAX:
        return None
    # A version follows the first @ that does not begin a segment: a scope may stand there unencoded.
    at = re.search(r"(?<=[^/])@", path)
    path, version = (path[: at.start()], path[at.end() :]) if at else (path, "")
    name = "/".join(_decoded(segment) for segment in path.split("/") if segment)
    return Purl(kind, name, _decoded(version) or None, _qualifiers(query, subpath)) if name else None


def _qualifiers(query: str, subpath: str) -> dict[str, str]:
    found = {}
    for pair in query.split("&"):
        key, equals, value = pair.partition("=")
        if equals and value:
            found[key.lower()] = _decoded(value)
    # npm itself appends a repository with its commit as it is, so that this reads as a subpath.
    if subpath and "#" not in found.get("vcs_url", "#"):
        found["vcs_url"] += f"#{subpath}"
    return found


def _decoded(text: str) -> str:
    if "%" not in text:
        return text
    from urllib.parse import unquote

    return unquote(text)
