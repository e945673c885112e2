"""Names, ids and addresses of releases: normalised names, graph ids, package URLs, addresses without credentials."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from depfrag.model import Ecosystem, Release, ReleaseKind

_RUNS = re.compile(r"[-_.]+")
_USER = re.compile(r"(//)[^/?#]*@")
_PARAMETER = re.compile(r"([?&][^=&#?]*+)=[^&#]*+")
_SECRET = re.compile(r"token|secret|pass|pwd|signature|credential|key\b|auth|\bsig\b", re.IGNORECASE)
_ARCHIVED = re.compile(r"[/=]([0-9a-f]{40})(?:\.tar\.gz|\.zip)?\Z")
"""Of a commit, as forges have it: ``/tar.gz/<commit>``, ``/get/<commit>.tar.gz``, ``/archive.tar.gz?ref=<commit>``."""
_PLAIN = re.compile(r"[A-Za-z0-9._~:-]+\Z")
_PLAIN_NAME = re.compile(r"(@?)([A-Za-z0-9._~-]+(?:/[A-Za-z0-9._~-]+)?)\Z")


def python_name(name: str) -> str:
    """A Python project's name as PyPA's "Names and normalization" has it."""
    return _RUNS.sub("-", name).lower()


def without_credentials(address: str) -> str:
    """`address` without user and password, and without what its query gives as a token, signature or the like."""
    if "?" in address:
        address = _PARAMETER.sub(lambda m: f"{m[1]}=" if _SECRET.search(m[1]) else m[0], address)
    if "@" not in address or "@" not in address.partition("//")[2].partition("/")[0]:
        return address
    return _USER.sub(r"\1", address)


def release_id(ecosystem: Ecosystem, name: str, version: str | None, kind: ReleaseKind, source: str | None) -> str:
    """The id of a release: by version, by commit for git, by a digest of `source` for a URL, ``*`` without a pin."""
    if kind == "git" and source:
        return f"{ecosystem}:{name}@git+{_commit(source)}"
    if kind == "url" and source:
        return f"{ecosystem}:{name}@url+{_digest(source)}"
    return f"{ecosystem}:{name}@{version or '*'}"


def release_ids(ecosystem: Ecosystem, releases: Iterable[tuple[str, str | None, ReleaseKind, str | None]]) -> list[str]:
    """The id of each of `releases` (name, version, kind, source); copies of one share it, other kinds do not, nor do
    other versions that are said to be of one commit, nor files and folders in other places without a version."""
    kinds: dict[str, tuple[str | None, ...]] = {}
    ids = []
    for name, version, kind, source in releases:
        known = release_id(ecosystem, name, version, kind, source)
        what = (kind, version, source if version is None and kind in ("link", "file") else None)
        if kinds.setdefault(known, what) != what:
            known = f"{ecosystem}:{name}@{kind}+{source or '*'}"
        ids.append(known)
    return ids


def purl(release: Release) -> str:
    """The package URL of a release, as packageurl-python writes it (a test compares; its import takes 30 ms), but in
    the case that npm has it: JSONStream and jsonstream are two packages (package-url/purl-spec#872)."""
    plain = _PLAIN_NAME.match(release.name)
    name = f"{'%40' if plain[1] else ''}{plain[2]}" if plain else "/".join(map(_quote, release.name.rsplit("/", 1)))
    version = release.version
    if version and not _PLAIN.match(version):
        version = _quote(version)
    return f"pkg:{release.ecosystem}/{name}@{version}" if version else f"pkg:{release.ecosystem}/{name}"


def _quote(text: str) -> str:
    from urllib.parse import quote

    return "/".join(quote(part, safe="-._~:", errors="surrogatepass") for part in text.split("/"))


def _commit(source: str) -> str:
    """The commit that a git address or that of its archive ends in, or what else follows ``#``; else a digest."""
    fragment = source.rpartition("#")[2] if "#" in source else ""
    archived = None if fragment else _ARCHIVED.search(source)
    return archived[1] if archived else fragment.removeprefix("commit=") or _digest(source)


def _digest(text: str) -> str:
    from hashlib import sha256

    return sha256(without_credentials(text).encode("utf-8", "surrogatepass")).hexdigest()[:16]
