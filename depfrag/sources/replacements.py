"""e18e's module-replacements: what the platform or a line of code can do in place of a small npm package.

The lists come in an npm package, from the project's own registry, so nobody learns what it is asked for. Used are those
of native replacements and of micro utilities; the third one, of packages in place of others, is a matter of taste.
"""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from depfrag import unpacking
from depfrag.accounts import without_mail
from depfrag.model import Fact, Problem, Release
from depfrag.protocols import Archive, Known, Request, Wanted
from depfrag.sources import packument

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depfrag.model import Facts, FactValue
    from depfrag.protocols import Answer, Context, Fetch

PACKAGE = "module-replacements"
FORM = 1
"""Version of what `keep` makes."""

_MANIFESTS = ("manifests/native.json", "manifests/micro-utilities.json")
_MAJOR = re.compile(r"3\.(\d+)\.(\d+)\Z")
"""The versions whose manifests have the form that is read here."""
_ENGINES = {
    "nodejs": "Node.js", "deno": "Deno", "bun": "Bun", "chrome": "Chrome", "edge": "Edge", "firefox": "Firefox",
    "safari": "Safari",
}  # fmt: skip
"""Those that are told, and how they are called; most others are builds of these for other devices."""
_PLACES = {
    "mdn": "https://developer.mozilla.org/en-US/docs/",
    "node": "https://nodejs.org/",
    "e18e": "https://e18e.dev/docs/replacements/",
}
_MOST = 8 * 1024 * 1024
"""Bytes of the archive, and of a list in it; ten times what they have."""


class ReplacementsSource:
    """Fetches the lists from each registry that the project's npm packages come from, and looks the packages up."""

    def lookup(self, wanted: Sequence[Wanted], context: Context) -> Iterator[Answer]:
        if context.fetch is None or (context.as_of is not None and context.as_of < context.today):
            return  # a suggestion of another day
        registries: dict[str, list[Wanted]] = {}
        bases: dict[str, str | None] = {}
        for one in wanted:
            if one.release.ecosystem == "npm" and one.release.kind == "registry":
                if one.lockfile not in bases:
                    bases[one.lockfile] = context.routes.base(Wanted(_RELEASE, one.lockfile, one.indexes))
                base = bases[one.lockfile]
                if base is not None:
                    registries.setdefault(base, []).append(one)
        for base, ones in registries.items():
            yield from _suggested(base if base.endswith("/") else base + "/", ones, context.fetch)


SOURCE = ReplacementsSource()

_RELEASE = Release(f"npm:{PACKAGE}@*", "npm", PACKAGE, None)


def _suggested(base: str, ones: Sequence[Wanted], fetch: Fetch) -> Iterator[Answer]:
    """What the lists at a registry say of releases."""
    (response,) = fetch.documents([packument.request(base, PACKAGE)])
    package = packument.said(PACKAGE, response)
    version = None if package is None else _newest(package.versions)
    told = None if package is None or version is None else packument.version(package, version)
    if told is None or told.tarball is None or told.integrity is None:
        yield _without(response.trouble or "the registry has no version of it that can be read")
        return
    archive = packument.near(Archive(told.tarball, told.integrity), base, PACKAGE)
    (response,) = fetch.documents([_request(archive, told.integrity)])
    kept = None if response.document is None else _KEPT.decode(response.document)
    if kept is None or kept.integrity != told.integrity:
        yield _without(response.trouble or "the registry's archive of it is not the one that it names")
        return
    for one in ones:
        if facts := to_facts(kept.modules.get(one.release.name), version or "", response.observed):
            yield Known(one, facts)


def _request(archive: Archive, integrity: str) -> Request:
    return Request(archive.url, "*/*", partial(keep, integrity), _MOST, FORM)


def _newest(versions: Mapping[str, object]) -> str | None:
    """The newest version of the form that is known; no pre-release."""
    known = [(int(found[1]), int(found[2]), version) for version in versions if (found := _MAJOR.match(version))]
    return max(known)[2] if known else None


def _without(why: str) -> Problem:
    return Problem("no-replacements", "info", f"what could replace npm packages is unknown: no {PACKAGE}; {why}")


# -- what is kept ----------------------------------------------------------------------------------------------------


class Kept(msgspec.Struct, frozen=True):
    """What is kept of the archive."""

    integrity: str
    modules: dict[str, tuple[str, str]]
    """By package: what is suggested in its place, and where to read about it."""


def keep(integrity: str, body: bytes) -> bytes:
    """The suggestions in an archive. Raises ValueError when it is broken or not the one meant."""
    unpacking.verify(body, integrity)
    modules: dict[str, tuple[str, str]] = {}
    for file in unpacking.files(body):
        if file.path in _MANIFESTS and file.size <= _MOST:
            for name, found in _modules(json.loads(file.read())):
                modules.setdefault(name, found)
    return _JSON.encode(Kept(integrity, modules))


def _modules(manifest: object) -> Iterator[tuple[str, tuple[str, str]]]:
    tables = [manifest.get(key) if isinstance(manifest, dict) else None for key in ("mappings", "replacements")]
    mappings, replacements = (table if isinstance(table, dict) else {} for table in tables)
    for name, mapping in mappings.items():
        ids = mapping.get("replacements") if isinstance(mapping, dict) else None
        told = [replacements.get(i) for i in ids if isinstance(i, str)] if isinstance(ids, list) else []
        known = [(text, one) for one in told if isinstance(one, dict) and (text := _text(one))]
        if known and name == without_mail(name):
            urls = [_url(one.get("url")) for one in (mapping, *(one for _, one in known))]
            yield name, (" or ".join(text for text, _ in known), next(filter(None, urls), ""))


def _text(one: Mapping[str, Any]) -> str:
    """A suggestion in words, with the engines that it needs; nothing for a package in place of another."""
    kind, name, told = one.get("type"), one.get("id"), one.get("description")
    if kind == "native" and isinstance(name, str) and not (isinstance(told, str) and name in told):
        told = name
    if kind not in ("native", "simple", "removal") or not isinstance(told, str):
        return ""
    named = [f"{name} {version}" for name, version in _least(one.get("engines"))]
    text = without_mail(" ".join(told.split()).removesuffix("."))
    return text + (f" ({', '.join(named)} or later)" if named else "")


def _least(engines: object) -> Iterator[tuple[str, str]]:
    """The engines that are told, in their order here, and from which version on each has it."""
    told = [one for one in engines if isinstance(one, dict)] if isinstance(engines, list) else []
    for key, name in _ENGINES.items():
        versions = [one.get("minVersion") for one in told if one.get("engine") == key]
        yield from ((name, without_mail(version)) for version in versions[:1] if isinstance(version, str))


def _url(told: object) -> str:
    if isinstance(told, dict):
        top, rest = _PLACES.get(str(told.get("type"))), told.get("id")
        told = f"{top}{rest}" if top and isinstance(rest, str) else None
    return without_mail(told) if isinstance(told, str) and told.startswith("https://") else ""


_KEPT = msgspec.json.Decoder(Kept)
_JSON = msgspec.json.Encoder(order="deterministic")


# -- what it says ----------------------------------------------------------------------------------------------------


def to_facts(found: tuple[str, str] | None, version: str, observed: str) -> Facts:
    """What the lists in a version of the package say of a package's releases."""
    if found is None:
        return {}
    instead, see = found
    value: FactValue = {"instead": instead, **({"see": see} if see else {})}
    return {"replacement": Fact(value, f"e18e's {PACKAGE} {version}", observed, "reported")}
