"""What is kept of a Python index's pages, JSON API and Simple API alike: files, accounts, requirements, state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from depfrag.accounts import is_handle, without_mail
from depfrag.identity import python_name, without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

FORM = 1
"""Version of what `keep_json` and `keep_simple` make."""

_SDISTS = (".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz", ".tar.Z", ".tar")
_MAX_SIZE = 2**53


class File(msgspec.Struct, frozen=True, array_like=True):
    """A file of a release; None is unknown."""

    name: str
    version: str | None
    """That its name tells; None where that is neither a wheel's nor a source distribution's."""
    size: int | None
    """Packed bytes."""
    uploaded: str | None
    yanked: bool | str | None
    """Whether it was yanked, or why."""
    url: str | None
    sha256: str | None


class Page(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What is kept of a page; None is unknown."""

    name: str = ""
    version: str | None = None
    """The version that `requires` and `yanked` are about."""
    files: tuple[File, ...] | None = None
    """Sorted by name, of any versions."""
    serial: bool = False
    """The page bears the number of the registry's last change, as only the registry and true copies of it do."""
    publishers: tuple[str, ...] | None = None
    organization: str | None = None
    requires: tuple[str, ...] | None = None
    yanked: bool | str | None = None
    status: str | None = None
    reason: str | None = None
    """Why the project has its status."""


class _SentJson(msgspec.Struct):
    """The JSON API's answer about a release or a project; only what is used."""

    info: dict[str, Any]
    urls: Any = None
    releases: Any = None
    ownership: Any = None
    last_serial: Any = None


class _SentSimple(msgspec.Struct):
    """The Simple API's answer about a project."""

    name: str
    files: list[Any]
    meta: Any = None
    status: Any = msgspec.field(name="project-status", default=None)


def keep_json(body: bytes) -> bytes:
    """What depfrag uses of ``/pypi/<name>/json`` and ``/pypi/<name>/<version>/json``, as JSON.

    Raises ValueError for any other body.
    """
    try:
        sent = _JSON_API.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(f"not a page of the JSON API: {error}") from None
    publishers, organization = _owners(sent.ownership)
    yanked = sent.info.get("yanked")
    return _JSON.encode(
        Page(
            name=python_name(str(sent.info.get("name"))),
            version=_text(sent.info.get("version")),
            files=_files(_listed(sent), python_name(str(sent.info.get("name"))), "upload_time_iso_8601"),
            serial=_serial(sent.last_serial),
            publishers=publishers,
            organization=organization,
            requires=_requirements(sent.info),
            yanked=_text(sent.info.get("yanked_reason")) or True
            if yanked is True
            else False
            if yanked is False
            else None,
        )
    )


def keep_simple(body: bytes) -> bytes:
    """What depfrag uses of ``/simple/<name>/``, as JSON. Raises ValueError for any other body.

    A page of the older form, HTML, has no sizes and no dates: nothing is kept of it.
    """
    if body.lstrip()[:1] == b"<":
        return _JSON.encode(Page())
    try:
        sent = _SIMPLE.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(f"not a page of the Simple API: {error}") from None
    meta = sent.meta if isinstance(sent.meta, dict) else {}
    status = sent.status if isinstance(sent.status, dict) else {}
    return _JSON.encode(
        Page(
            name=python_name(sent.name),
            files=_files(sent.files, python_name(sent.name), "upload-time"),
            serial=_serial(meta.get("_last-serial")),
            status=_text(status.get("status")),
            reason=_text(status.get("reason")),
        )
    )


def read(document: bytes) -> Page:
    """What `keep_json` or `keep_simple` kept."""
    return _KEPT.decode(document)


def is_source(file: str) -> bool:
    """Whether a file is a source distribution."""
    return file.endswith(_SDISTS)


def version_of(file: str, name: str) -> str | None:
    """The version that a wheel or source distribution of the project `name` says it is; None for other files."""
    if file.endswith(".whl"):
        parts = file.split("-")
        return parts[1] if len(parts) in (5, 6) else None
    for suffix in _SDISTS:
        if file.endswith(suffix):
            stem = file.removesuffix(suffix)
            ends = (at for at, letter in enumerate(stem) if letter == "-" and python_name(stem[:at]) == name)
            at = next(ends, None)
            return None if at is None else stem[at + 1 :]
    return None


def _owners(told: object) -> tuple[tuple[str, ...] | None, str | None]:
    """The accounts with a role, and the organisation; no accounts where any of it is not understood."""
    if not isinstance(told, dict) or not isinstance(told.get("roles"), list) or "organization" not in told:
        return None, None
    organization = told["organization"]
    users = [role.get("user") if isinstance(role, dict) else None for role in told["roles"]]
    names = {user for user in users if isinstance(user, str) and is_handle(user)}
    if any(not isinstance(user, str) or user not in names for user in users):
        return None, None
    return (tuple(sorted(names)), _text(organization)) if isinstance(organization, str | None) else (None, None)


def _listed(sent: _SentJson) -> object:
    """The files of the release that a page is about and of all others that it lists."""
    if not isinstance(sent.releases, dict):
        return sent.urls
    lists = [sent.urls, *sent.releases.values()]
    return [file for files in lists for file in files] if all(isinstance(files, list) for files in lists) else None


def _files(told: object, project: str, uploaded: str) -> tuple[File, ...] | None:
    """The files in a list; None unless each has a name: of files that cannot be told apart none can be chosen."""
    if not isinstance(told, list):
        return None
    files: dict[str, File] = {}
    for item in told:
        file = _file(item, project, uploaded) if isinstance(item, dict) else None
        if file is None:
            return None
        files.setdefault(file.name, file)
    return tuple(files[name] for name in sorted(files))


def _file(told: Mapping[str, Any], project: str, uploaded: str) -> File | None:
    name, url = _text(told.get("filename")), told.get("url")
    if name is None:
        return None
    digests = told.get("digests", told.get("hashes"))
    when, yanked = told.get(uploaded), told.get("yanked")
    return File(
        name=name,
        version=version_of(name, project),
        size=_number(told.get("size")),
        uploaded=when[:40] if isinstance(when, str) else None,
        yanked=yanked if isinstance(yanked, bool) else _text(yanked),
        url=without_credentials(url) if isinstance(url, str) else None,
        sha256=_text(digests.get("sha256")) if isinstance(digests, dict) else None,
    )


def _requirements(info: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What a release requires; null is nothing, unless only source distributions could say otherwise."""
    told = info.get("requires_dist", "")
    if told is None:
        return ()
    return tuple(without_mail(text) for text in told if isinstance(text, str)) if isinstance(told, list) else None


def _number(told: object) -> int | None:
    return told if isinstance(told, int) and not isinstance(told, bool) and 0 < told < _MAX_SIZE else None


def _serial(told: object) -> bool:
    return _number(int(told) if isinstance(told, str) and told.isascii() and told.isdecimal() else told) is not None


def _text(told: object) -> str | None:
    return without_mail(told) or None if isinstance(told, str) else None


_JSON_API = msgspec.json.Decoder(_SentJson)
_SIMPLE = msgspec.json.Decoder(_SentSimple)
_KEPT = msgspec.json.Decoder(Page)
_JSON = msgspec.json.Encoder()
