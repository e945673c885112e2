"""Decodes pnpm's lockfiles: which version each YAML document has, what its projects need, and what its entries say.

A file may hold several documents. Since pnpm 11 the first can tell what pnpm itself needs, and the last what the
project does; each is complete in itself.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from depfrag import pnpmspec, yamltext
from depfrag.errors import LockfileError
from depfrag.pnpmspec import table_in, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from depfrag.model import EdgeKind
    from depfrag.pnpmspec import Style

    Object = Mapping[str, Any]

_STYLES: Mapping[str, Style] = {
    "5": pnpmspec.SLASHES, "6": pnpmspec.SLASH_AT, "9": pnpmspec.AT, "12": pnpmspec.AT
}  # fmt: skip
_NUMBER = re.compile(r"(\d{1,4})(?:\.(\d{1,4}))?(?:-inlineSpecifiers)?\Z")
_GROUPS: Mapping[str, EdgeKind] = {
    "dependencies": "runtime", "optionalDependencies": "optional", "devDependencies": "dev",
    "configDependencies": "dev", "packageManagerDependencies": "dev",
}  # fmt: skip


class Importer(NamedTuple):
    """A project: the one that the lockfile is for, or a member of its workspace."""

    needs: tuple[tuple[EdgeKind, Object], ...]
    """By kind, what it depends on: references, or tables with one as ``version``, by alias."""
    published: str | None
    """The folder in it that stands for it where others link to it."""
    line: int | None


class Entry(NamedTuple):
    """What stands at one dependency path: a release with certain peers."""

    info: Object
    """Of the release: name, version and resolution where they are needed."""
    needs: Object
    """References to what it depends on, by alias, the peers that it was given among them."""
    spare: Object
    """The same of what it depends on optionally."""
    peers: Mapping[str, EdgeKind]
    """The peers that it asks for, and the kind of edge to each."""
    hint: EdgeKind | None
    """The kind of edge by which a project would need it, where the entry tells."""
    line: int | None


class Document(NamedTuple):
    """One YAML document."""

    format: str
    style: Style
    importers: Mapping[str, Importer]
    """By folder."""
    entries: Mapping[str, Entry]
    """By dependency path."""
    registry: str | None
    """The registry that it names for all it lists."""
    own_peers: bool
    """It leaves out peers that the project itself provides: pnpm let Node.js find those."""
    direct_known: bool
    """It says what its projects need."""


def documents(path: str, content: str) -> tuple[list[Document], Mapping[int, int]]:
    """The documents of a lockfile, the project's own last, and the line of each table in them by its `id`.

    Raises LockfileError.
    """
    yaml = yamltext.documents(path, content)
    found = [_document(path, table, yaml.lines) for table in yaml.documents if table is not None]
    if not found:
        raise LockfileError(path, "the file holds no lockfile", hint="run pnpm install again")
    return found, yaml.lines


def _document(path: str, value: object, lines: Mapping[int, int]) -> Document:
    if not isinstance(value, dict):
        raise LockfileError(path, "no pnpm lockfile: not a mapping of lockfileVersion, packages and the like")
    form, style, minor = _version(path, value)
    packages = _section(path, value, "packages")
    if style == pnpmspec.AT and next(iter(packages), "").startswith("/"):
        # Tools other than pnpm write the new version over the old keys.
        style = pnpmspec.SLASH_AT
    snapshots = _section(path, value, "snapshots") if style == pnpmspec.AT else {}
    old = form == "pnpm-shrinkwrap-yaml" or (form == "pnpm-v5" and minor in (None, "0"))
    single = "importers" not in value
    return Document(
        format=form,
        style=style,
        importers=_importers(path, {".": value} if single else _section(path, value, "importers"), lines),
        entries=_entries(path, packages, snapshots, lines),
        registry=text(value, "registry"),
        own_peers=old and single,
        direct_known=not (single and packages and not value.keys() & {"specifiers", *_GROUPS}),
    )


def _version(path: str, table: Object) -> tuple[str, Style, str | None]:
    """The format of a document, the style of its dependency paths, and the minor version."""
    field = "lockfileVersion"
    version = table.get(field)
    if field not in table and table.keys() & {"shrinkwrapVersion", "version"}:
        field = "shrinkwrapVersion"
        version = table.get(field, table.get("version"))
    found = _NUMBER.match(version) if isinstance(version, str) else None
    major, minor = found.groups() if found else ("", None)
    if field == "lockfileVersion" and major in _STYLES:
        return f"pnpm-v{major}", _STYLES[major], minor
    if field == "shrinkwrapVersion" and major in ("3", "4"):
        return "pnpm-shrinkwrap-yaml", pnpmspec.SLASHES, minor
    hint = "is there a newer depfrag?"
    if major == "13":
        hint = "set lockfile.format to v9 in pnpm-workspace.yaml and run pnpm install --lockfile-only"
    elif major and int(major) < 9:
        hint = "run pnpm install with a newer pnpm"
    shown = "missing" if version is None else repr(version)[:40]
    known = "5, 6 and 9 of pnpm-lock.yaml, 3 and 4 of shrinkwrap.yaml"
    raise LockfileError(path, f"{field} is {shown}; known are {known}", hint=hint)


def _importers(path: str, tables: Object, lines: Mapping[int, int]) -> dict[str, Importer]:
    importers = {}
    for folder, value in tables.items():
        table = _object(path, folder, value)
        needs = tuple((kind, table[group]) for group, kind in _GROUPS.items() if isinstance(table.get(group), dict))
        importers[posixpath.normpath(folder)] = Importer(needs, text(table, "publishDirectory"), lines.get(id(table)))
    return importers


def _entries(path: str, packages: Object, snapshots: Object, lines: Mapping[int, int]) -> dict[str, Entry]:
    """The entries of a document. Since version 9 a release is one of `packages`, with its peers one of `snapshots`."""
    entries: dict[str, Entry] = {}
    told = set()
    for key, value in snapshots.items():
        release = pnpmspec.bare(key)
        told.add(release)
        info = packages.get(release)
        line = lines.get(id(value if info is None else info))
        entries[key] = _entry(_object(path, release, info), _object(path, key, value), line)
    for key, value in packages.items():
        if key not in told:
            table = _object(path, key, value)
            entries[key] = _entry(table, table, lines.get(id(value)))
    return entries


def _entry(info: Object, snapshot: Object, line: int | None) -> Entry:
    asked, meta = table_in(info, "peerDependencies"), table_in(info, "peerDependenciesMeta")
    peers: dict[str, EdgeKind] = {n: "optional" if table_in(meta, n).get("optional") else "peer" for n in asked}
    hint: EdgeKind | None = "dev" if info.get("dev") else "optional" if snapshot.get("optional") else None
    needs, spare = table_in(snapshot, "dependencies"), table_in(snapshot, "optionalDependencies")
    return Entry(info, needs, spare, peers, hint, line)


def _section(path: str, table: Object, name: str) -> Object:
    """A part of a document; empty where it has none."""
    return _object(path, name, table.get(name))


def _object(path: str, name: str, value: object) -> Object:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise LockfileError(path, "not a mapping", where=repr(name[:100]))
    return value
