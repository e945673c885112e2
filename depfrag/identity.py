"""Names, ids and addresses of releases: normalised names, graph ids, package URLs, addresses without credentials."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from depfrag.model import Ecosystem, Release, ReleaseKind

_RUNS = re.compile(r"[-_.]+")
_USER = re.compile(r"(//)[^/?#@]*@")
_PLAIN = re.compile(r"[A-Za-z0-9._~:-]*\Z")


def python_name(name: str) -> str:
    """A Python project's name as PyPA's "Names and normalization" has it."""
    return _RUNS.sub("-", name).lower()


def without_credentials(address: str) -> str:
    """`address` without user and password."""
    return _USER.sub(r"\1", address) if "@" in address else address


def release_id(ecosystem: Ecosystem, name: str, version: str | None, kind: ReleaseKind, source: str | None) -> str:
    """The id of a release: by version, by commit for git, by a digest of `source` for a URL, ``*`` without a pin."""
    if kind == "git" and source:
        return f"{ecosystem}:{name}@git+{_commit(source)}"
    if kind == "url" and source:
        return f"{ecosystem}:{name}@url+{_digest(source)}"
    return f"{ecosystem}:{name}@{version or '*'}"


def purl(release: Release) -> str:
    """The package URL of a release, as packageurl-python writes it (a test compares; its import takes 30 ms)."""
    scope, _, name = release.name.rpartition("/")
    path = f"{_quote(scope)}/{_quote(name)}" if scope else _quote(name)
    version = f"@{_quote(release.version)}" if release.version else ""
    return f"pkg:{release.ecosystem}/{path}{version}"


def _quote(text: str) -> str:
    if _PLAIN.match(text):
        return text
    from urllib.parse import quote

    return "/".join(quote(part, safe="-._~:") for part in text.split("/"))


def _commit(source: str) -> str:
    """The commit that a git address ends in, or what else follows ``#``; a digest where nothing does."""
    fragment = source.rpartition("#")[2] if "#" in source else ""
    return fragment.removeprefix("commit=") or _digest(source)


def _digest(text: str) -> str:
    from hashlib import sha256

    return sha256(without_credentials(text).encode("utf-8", "surrogatepass")).hexdigest()[:16]
