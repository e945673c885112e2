"""Packuments, npm's documents about packages: what is kept of one is what depfrag uses, and nothing personal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin, urlsplit

import msgspec

from depfrag.accounts import account_name, without_mail
from depfrag.identity import without_credentials
from depfrag.mirrors import Dated, dated, is_utc, moment
from depfrag.protocols import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from depfrag.protocols import Archive, Response

FORM = 1
"""Version of what `keep` makes."""

_SCRIPTS = frozenset(("preinstall", "install", "postinstall"))
_NEEDS = ("dependencies", "optionalDependencies", "peerDependencies")
_HOLDERS = ("npm/security-holder", "npm/deprecate-holder")
_MAX_SIZE = 2**53


class _Sent(msgspec.Struct):
    """A packument as registries send it; only what is used. Nothing in it can be relied on to have the right type."""

    name: str
    versions: dict[str, msgspec.Raw] | None = None
    time: Any = None
    maintainers: Any = None
    tags: Any = msgspec.field(name="dist-tags", default=None)
    repository: Any = None


class _SentVersion(msgspec.Struct):
    """One version in it."""

    maintainers: Any = None
    publisher: Any = msgspec.field(name="_npmUser", default=None)
    dist: Any = None
    deprecated: Any = None
    scripts: Any = None
    gypfile: Any = None
    has_script: Any = msgspec.field(name="hasInstallScript", default=None)
    version: Any = None
    dependencies: Any = None
    optional: Any = msgspec.field(name="optionalDependencies", default=None)
    peer: Any = msgspec.field(name="peerDependencies", default=None)
    peer_meta: Any = msgspec.field(name="peerDependenciesMeta", default=None)


class Version(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What is kept of one version; None is unknown."""

    maintainers: tuple[str, ...] | None = None
    """Sorted; those at the time of publishing, or text of the manifest."""
    publisher: str | None = None
    """The account that published it."""
    bytes: int | None = None
    files: int | None = None
    tarball: str | None = None
    integrity: str | None = None
    deprecated: str | None = None
    """The notice; empty where the registry says that there is none."""
    install_script: bool | None = None
    manifest: dict[str, dict[str, str] | tuple[str, ...]] | None = None


class Package(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What is kept of a packument; None is unknown."""

    name: str
    maintainers: tuple[str, ...] | None = None
    time: dict[str, str] = {}
    dated: Dated = Dated("absent")
    """As mirrors are judged by; absent where any listed version has no date, as then none can be relied on."""
    unpublished: str | None = None
    tags: dict[str, str] = {}
    holder: bool = False
    """npm itself keeps the name, in place of what was removed."""
    versions: dict[str, msgspec.Raw] = {}
    """Each a `Version`, or null where it cannot be read; `version` decodes one."""


def keep(body: bytes) -> bytes:
    """What depfrag uses of a packument, as JSON: no e-mail address, no readme. Raises ValueError when it is none."""
    try:
        sent = _PACKUMENT.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(f"not a packument: {error}") from None
    if sent.versions is None and not isinstance(sent.time, dict):
        raise ValueError("not a packument: it has neither versions nor times")
    told = sent.time if isinstance(sent.time, dict) else {}
    time = {v: t[:40] for v, t in told.items() if isinstance(t, str) and "@" not in v}
    versions = {v: raw for v, raw in (sent.versions or {}).items() if "@" not in v}
    return _JSON.encode(
        Package(
            name=sent.name,
            maintainers=_names(sent.maintainers),
            time=time,
            dated=_dated(time, versions),
            unpublished=_unpublished(told.get("unpublished")),
            tags=_texts(sent.tags),
            holder=any(name in str(sent.repository) for name in _HOLDERS),
            versions={v: msgspec.Raw(_JSON.encode(_version(raw))) for v, raw in versions.items()},
        )
    )


def _dated(time: Mapping[str, str], versions: Iterable[str]) -> Dated:
    moments = {version: moment(time.get(version)) for version in versions}
    known = {version: when for version, when in moments.items() if when is not None}
    whole = "created" in time and "modified" in time and all(map(is_utc, time.values()))
    return dated(known if len(known) == len(moments) else {}, "registry" if whole else "foreign")


def _version(raw: msgspec.Raw) -> Version | None:
    try:
        sent = _VERSION.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None
    dist = sent.dist if isinstance(sent.dist, dict) else {}
    publisher = sent.publisher.get("name") if isinstance(sent.publisher, dict) else None
    return Version(
        maintainers=_names(sent.maintainers),
        publisher=account_name(publisher),
        bytes=_size(dist.get("unpackedSize")),
        files=_size(dist.get("fileCount")),
        tarball=_address(dist.get("tarball")),
        integrity=_hash(dist),
        deprecated=_notice(sent.deprecated),
        install_script=_install_script(sent),
        manifest=_manifest(sent) if isinstance(sent.version, str) else None,
    )


def _names(people: object) -> tuple[str, ...] | None:
    """The names in a list of people; None unless each has one: a list that cannot be counted is no list."""
    if not isinstance(people, list):
        return None
    names = [account_name(p.get("name") if isinstance(p, dict) else p) for p in people]
    known = {name for name in names if name is not None}
    return tuple(sorted(known)) if None not in names else None


def _unpublished(told: object) -> str | None:
    if told is None:
        return None
    when = moment(told.get("time") if isinstance(told, dict) else told)
    return when[:10] if when else ""


def _texts(told: object) -> dict[str, str]:
    if not isinstance(told, dict):
        return {}
    return {without_mail(k): without_mail(v) for k, v in told.items() if isinstance(v, str)}


def _size(told: object) -> int | None:
    return told if isinstance(told, int) and not isinstance(told, bool) and 0 < told < _MAX_SIZE else None


def _address(told: object) -> str | None:
    return without_credentials(told) if isinstance(told, str) and len(told) < 2048 else None


def _hash(dist: Mapping[str, Any]) -> str | None:
    for name in ("integrity", "shasum"):
        told = dist.get(name)
        if isinstance(told, str) and 0 < len(told) < 1024:
            return told
    return None


def _notice(told: object) -> str | None:
    if isinstance(told, str):
        return without_mail(told.strip())
    return {True: "deprecated", False: ""}.get(told) if isinstance(told, bool) else None


def _install_script(sent: _SentVersion) -> bool | None:
    scripts = sent.scripts if isinstance(sent.scripts, dict) else None
    if sent.has_script is True or sent.gypfile is True or not _SCRIPTS.isdisjoint(scripts or ()):
        return True
    return None if scripts is None and sent.has_script is None else False


def _manifest(sent: _SentVersion) -> dict[str, dict[str, str] | tuple[str, ...]]:
    told = dict(zip(_NEEDS, (sent.dependencies, sent.optional, sent.peer), strict=True))
    manifest: dict[str, dict[str, str] | tuple[str, ...]] = {k: t for k, v in told.items() if (t := _texts(v))}
    if isinstance(sent.peer_meta, dict):
        spare = (n for n, m in sent.peer_meta.items() if isinstance(m, dict) and m.get("optional") is True)
        if names := tuple(sorted(without_mail(n) for n in spare)):
            manifest["peerOptional"] = names
    return manifest


def request(base: str, name: str) -> Request:
    """Asks the registry at `base` for a packument."""
    return Request(base + quote(name, safe="@!*'()"), "application/json", keep, form=FORM)


def said(name: str, response: Response) -> Package | None:
    """What came of asking for the packument of `name`; None where it is another one's, or nothing came."""
    package = None if response.document is None else read(response.document)
    return package if package is not None and package.name == name else None


def near(archive: Archive, base: str, name: str) -> Archive:
    """`archive` at the registry that was asked: mirrors leave the addresses of the registry that they mirror."""
    url = urljoin(base, archive.url)
    usual = f"/{name}/-/"
    path = urlsplit(url).path.replace("%2f", "/").replace("%2F", "/")
    if urlsplit(url).hostname != urlsplit(base).hostname and usual in path:
        url = base + quote(usual[1:] + path.partition(usual)[2], safe="/@!*'()+")
    return archive._replace(url=url)


def read(document: bytes) -> Package:
    """What `keep` kept."""
    return _KEPT.decode(document)


def version(package: Package, name: str) -> Version | None:
    """What was kept of one version; None where there is nothing."""
    raw = package.versions.get(name)
    return None if raw is None else _KEPT_VERSION.decode(raw)


_PACKUMENT = msgspec.json.Decoder(_Sent)
_VERSION = msgspec.json.Decoder(_SentVersion)
_KEPT = msgspec.json.Decoder(Package)
_KEPT_VERSION = msgspec.json.Decoder(Version | None)
_JSON = msgspec.json.Encoder(order="deterministic")
