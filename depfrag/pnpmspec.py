"""What pnpm's lockfiles mean by a dependency path, by a reference to one, and by a resolution.

Dependency paths are the keys of its entries. They come in three styles:

==========  ================  =============================================
`SLASHES`   versions 3 to 5   ``/@s/a/1.0.0_peer@2.0.0``, ``host/a/1.0.0``
`SLASH_AT`  version 6         ``/@s/a@1.0.0(peer@2.0.0)``
`AT`        version 9         ``@s/a@1.0.0(peer@2.0.0)``, ``a@work:1.0.0``
==========  ================  =============================================

What is no registry's has an address instead: ``github.com/user/repo/commit``, ``file:a.tgz``, ``a@https://…``.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from depfrag import npmspec
from depfrag.identity import without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from depfrag.model import ReleaseKind

    Object = Mapping[str, Any]

Style: TypeAlias = Literal["slashes", "slash-at", "at"]
SLASHES: Style = "slashes"
SLASH_AT: Style = "slash-at"
AT: Style = "at"

_VERSION = re.compile(r"v?\d+\.\d+\.\d+(?:[-+][\w.+-]*)?\Z")
_OLD_VERSION = re.compile(r"v?\d+\.\d")
"""Of a path without a host, which only a registry's release has, and a repository on the same machine."""
_REGISTRY = re.compile(r"([A-Za-z][\w.-]*):(v?\d+\.\d+\.\d+(?:[-+][\w.+-]*)?)\Z")
_RESERVED = (
    "bitbucket", "catalog", "custom", "file", "git", "github", "gitlab", "http", "https", "jsr", "link", "npm",
    "runtime", "ssh", "workspace",
)  # fmt: skip
_HOSTED = ("https://codeload.github.com/", "https://bitbucket.org/", "https://gitlab.com/")
_COMMIT = re.compile(r"(?<![0-9a-z])(?:[0-9a-f]{64}|[0-9a-f]{40})(?![0-9a-z])")
_RUNTIME = "runtime:"
"""``node@runtime:24.0.0``: a JavaScript engine that pnpm installs, which no registry has."""


class Named(NamedTuple):
    """What a dependency path names."""

    name: str | None
    version: str | None = None
    registry: str | None = None
    """A host, or what the project's settings call a registry; None where it is the usual one."""
    address: str | None = None
    """Where it comes from when no registry has it; in the older styles without a scheme and a user."""


class Origin(NamedTuple):
    """Where a release comes from."""

    kind: ReleaseKind
    source: str | None


# -- dependency paths ------------------------------------------------------------------------------------------------


def bare(path: str) -> str:
    """A dependency path of the newer styles without its peers and the hash of its patch, all in parentheses at its
    end."""
    if not path.endswith(")"):
        return path
    depth, at = 0, len(path)
    for mark in (path[i] for i in range(len(path) - 1, -1, -1)):
        at -= 1
        depth += (mark == ")") - (mark == "(")
        if depth == 0 and at and path[at - 1] != ")":
            return path[:at]
    return path


def key(style: Style, name: str, reference: str) -> str:
    """The dependency path that `reference` stands for as the dependency called `name`."""
    if reference.startswith("file:") and style != AT:
        return reference
    if style == SLASHES:
        return reference if "/" in reference else f"/{name}/{reference}"
    front = reference.partition("(")[0]
    if style == SLASH_AT:
        return reference if "/" in front else f"/{name}@{reference}"
    front = front.partition(":")[0]
    return reference if "@" in front else f"{name}@{reference}"


def named(style: Style, path: str) -> Named:
    """What a dependency path names; without a name where the path does not tell it."""
    if style == AT:
        return _at(bare(path))
    if path.startswith("file:"):
        return Named(None, address=bare(path))
    found = _slash_at(bare(path)) if style == SLASH_AT else _slashes(path)
    if found.address is None:
        return found
    host, slash, rest = found.address.partition("/")
    return Named(None, address=f"{host.rpartition('@')[2]}{slash}{rest}")


def _at(path: str) -> Named:
    name, _, rest = path[1:].partition("@")
    name = path[:1] + name
    if not rest or ":" in name:
        return Named(None, address=path)
    if rest.startswith(_RUNTIME):
        return Named(name, rest.removeprefix(_RUNTIME), address=rest)
    found = _REGISTRY.match(rest)
    if found and found[1] not in _RESERVED:
        return Named(name, found[2], found[1])
    if rest[:1].isdigit() and not re.search("[:/]", rest):
        return Named(name, rest)
    return Named(name, address=rest)


def _slash_at(path: str) -> Named:
    front, found, version = path.rpartition("@")
    version = version.partition("_")[0]
    host, slash, name = front.partition("/")
    if not found or not slash or not name or not _VERSION.match(version):
        return _slashes(path)
    return Named(_plain(name), version, host.rpartition("@")[2] or None)


def _slashes(path: str) -> Named:
    host, *parts = path.split("/", 5)
    scoped = parts[:1] != [] and parts[0].startswith("@") and "%2" not in parts[0]
    name, rest = "/".join(parts[: 1 + scoped]), parts[1 + scoped :]
    version = rest[0].partition("_")[0] if rest else ""
    if name and (_VERSION if host else _OLD_VERSION).match(version):
        return Named(_plain(name), version, host.rpartition("@")[2] or None)
    return Named(None, address=path)


def _plain(name: str) -> str:
    return name.replace("%2f", "/").replace("%2F", "/") if name.startswith("@") else name


# -- resolutions -----------------------------------------------------------------------------------------------------


def origin(name: str, version: str | None, path: Named, resolution: Object, registry: str | None) -> Origin:
    """Where a release comes from by its dependency path and its resolution; `registry` is what the lockfile names as
    that of all."""
    kind, source = _origin(name, version, path, resolution, registry)
    if kind == "url" and source and (resolution.get("gitHosted") or source.startswith(_HOSTED)):
        # A host of repositories makes such archives; what is not of a commit can change.
        kind = "git" if _COMMIT.search(source) else kind
    source = without_credentials(source) if source else None
    return Origin(kind, posixpath.normpath(source) if source and kind in ("file", "link") else source)


def _origin(
    name: str, version: str | None, path: Named, resolution: Object, registry: str | None
) -> tuple[ReleaseKind, str | None]:
    form, address = resolution.get("type"), path.address or ""
    if form == "directory":
        return "link", text(resolution, "directory") or address.removeprefix("file:")
    if form == "git":
        return "git", f"{text(resolution, 'repo') or address}#{text(resolution, 'commit') or ''}"
    if form is not None:
        return "url", next((url for r in _resolutions(resolution) if (url := text(r, "url"))), None)
    if path.address is None:
        return "registry", _archive(name, version, path, resolution, registry)
    address = text(resolution, "tarball") or address
    if npmspec.is_listed(name, version, address):
        return "registry", address
    return npmspec.address_kind(address) or "url", address.removeprefix("file:")


def _archive(name: str, version: str | None, path: Named, resolution: Object, registry: str | None) -> str | None:
    """The address of a registry's archive, where the lockfile tells it or names the registry."""
    tarball = text(resolution, "tarball")
    base = text(resolution, "registry") or (registry if path.registry is None else None)
    if tarball and ("://" in tarball or base is None):
        return tarball
    if base is None:
        # What a project's settings call a registry is no address, and no other registry may be asked instead.
        return f"{path.registry}:{name}" if path.registry else None
    plain = (version or "").partition("+")[0]
    file = tarball or f"{name}/-/{posixpath.basename(name)}-{plain}.tgz"
    return f"{base.rstrip('/')}/{file.lstrip('/')}"


def hashes(resolution: Object) -> tuple[str, ...]:
    """The hashes that a resolution gives, of all its archives."""
    found = [h for r in _resolutions(resolution) for h in (text(r, "integrity") or "").split()]
    return tuple(found) if len(found) < 2 else tuple(sorted(set(found)))


def _resolutions(resolution: Object) -> Iterator[Object]:
    """A resolution, and those of its variants for different platforms."""
    yield resolution
    variants = resolution.get("variants")
    for variant in variants if isinstance(variants, list) else ():
        if isinstance(variant, dict):
            yield table_in(variant, "resolution")


# -- small things ----------------------------------------------------------------------------------------------------


def table_in(table: Object, name: str) -> Object:
    """A table in a table; an empty one where it has none."""
    value = table.get(name)
    return value if isinstance(value, dict) else {}


def text(table: Object, name: str) -> str | None:
    """A text in a table; None where it has none or an empty one."""
    value = table.get(name)
    return value if isinstance(value, str) and value else None
