"""Reads pnpm's lockfiles: pnpm-lock.yaml of versions 5, 6 and 9, and shrinkwrap.yaml of versions 3 and 4.

All of them list releases by dependency path, one entry for each set of peers that a release was given; the entries of
one release become one.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any, NamedTuple

from depfrag import decode, npmspec, packagejson, pnpmspec, pnpmtext
from depfrag.errors import LockfileError
from depfrag.identity import release_ids, without_credentials
from depfrag.missing import Missing
from depfrag.model import Dependency, Lockfile, Release, Root
from depfrag.pnpmspec import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from depfrag.model import EdgeKind
    from depfrag.pnpmtext import Document, Entry
    from depfrag.protocols import Files

    Object = Mapping[str, Any]
    Goal = int | str
    """What an edge leads to: the number of a node, or the id of a root."""

_MAX_EDGES = 500_000
_MAX_MANIFESTS = 2_000
"""Manifests of projects and linked folders that are looked into."""


class _Node(NamedTuple):
    """A release as one entry has it."""

    name: str
    version: str | None
    origin: pnpmspec.Origin
    hashes: tuple[str, ...]
    line: int | None
    hint: EdgeKind | None = None


class _Asker(NamedTuple):
    """Who depends on something."""

    goal: Goal
    name: str | None
    """None for the project itself."""
    folder: str
    """Where its links start."""
    line: int | None


class Pnpm:
    """The reader of pnpm's lockfiles."""

    def parse(self, path: str, data: bytes, files: Files) -> Lockfile:
        content = decode.text(path, data)
        documents, lines = pnpmtext.documents(path, content)
        graph = _Graph(path, content, lines, _Projects(path, files, documents))
        for document in documents:
            graph.read(document)
        return graph.lockfile(documents)


PARSER = Pnpm()


# -- projects --------------------------------------------------------------------------------------------------------


class _Projects:
    """The project and the members of its workspace, in their folders."""

    def __init__(self, path: str, files: Files, documents: Sequence[Document]) -> None:
        self._files, self._above, self._read = files, _above(path), 0
        self.roots: dict[str, Root] = {}
        self._published: dict[str, str] = {}
        for folder, importer in (item for document in documents for item in document.importers.items()):
            if folder not in self.roots:
                name, _ = self.manifest(folder)
                self.roots[folder] = Root(f"root:{folder}", name, folder)
            if importer.published:
                self._published[posixpath.normpath(posixpath.join(folder, importer.published))] = folder
        if not self.roots:
            self.roots["."] = Root("root:.", None, ".")

    def at(self, folder: str, alias: str) -> str | None:
        """The id of the project in a folder; `alias` is its name where no manifest beside the lockfile tells it."""
        folder = self._published.get(folder, folder)
        root = self.roots.get(folder)
        if root is None:
            return None
        if root.name is None:
            self.roots[folder] = root._replace(name=alias)
        return root.id

    def manifest(self, folder: str) -> tuple[str | None, str | None]:
        """Name and version that the package.json in a folder gives."""
        self._read += 1
        if self._read > _MAX_MANIFESTS:
            return None, None
        try:
            found = packagejson.load(self._files, f"{posixpath.normpath(posixpath.join(self._above, folder))}/") or {}
        except LockfileError:
            return None, None
        return text(found, "name"), text(found, "version")


def _above(path: str) -> str:
    """The folder of the project, as seen from a lockfile that pnpm keeps of what it installed."""
    folder = posixpath.basename(posixpath.dirname(path.replace("\\", "/")))
    return {"node_modules": "..", ".pnpm": "../.."}.get(folder, ".")


# -- the graph -------------------------------------------------------------------------------------------------------


class _Graph:
    """Collects the nodes and edges of all documents."""

    def __init__(self, path: str, content: str, lines: Mapping[int, int], projects: _Projects) -> None:
        self._path, self._content, self._lines, self._projects = path, content, lines, projects
        self._rows: list[str] = []
        self._key_lines: dict[int, dict[str, int]] = {}
        self._nodes: list[_Node] = []
        self._folders: dict[str, Goal] = {}
        """Folders that are no projects of the workspace, to their nodes."""
        self._edges: set[tuple[Goal, Goal, EdgeKind]] = set()
        self._missing = Missing(path)
        self._style: pnpmspec.Style = pnpmspec.AT
        self._goals: dict[str, Goal] = {}
        """Of the document that is being read: dependency path to what it leads to."""

    def read(self, document: Document) -> None:
        """Adds one document."""
        names = _aliases(document)
        nodes = [_node(self._path, document, key, names.get(key)) for key in document.entries]
        self._style, self._goals = document.style, dict(zip(document.entries, map(self._add, nodes), strict=True))
        for folder, importer in document.importers.items():
            asker = _Asker(f"root:{folder}", None if folder == "." else folder, folder, importer.line)
            for kind, wanted in importer.needs:
                self._follow(asker, wanted, kind, {})
        provided = dict(_wanted(document)) if document.own_peers else {}
        for key, entry in document.entries.items():
            self._follow_entry(self._goals[key], entry, provided)

    def _add(self, node: _Node) -> Goal:
        """The number of a new node, or the project that it is a copy of: pnpm can copy members into what needs them."""
        kind, folder = node.origin
        if kind == "link" and folder is not None:
            member = self._projects.at(folder, node.name)
            if member is not None:
                return member
            node = node._replace(version=node.version or self._projects.manifest(folder)[1])
            self._folders.setdefault(folder, len(self._nodes))
        self._nodes.append(node)
        return len(self._nodes) - 1

    def _follow_entry(self, goal: Goal, entry: Entry, provided: Object) -> None:
        """Adds what one entry needs; `provided` are dependencies of the project that its peers are found among."""
        asker = _Asker(goal, goal[5:] if isinstance(goal, str) else self._nodes[goal].name, ".", entry.line)
        self._follow(asker, entry.needs, "runtime", entry.peers)
        self._follow(asker, entry.spare, "optional", {})
        for name, kind in entry.peers.items():
            if name in entry.needs or name in entry.spare:
                continue
            if name in provided:
                self._follow(asker, {name: provided[name]}, kind, {})
            elif self._style != pnpmspec.SLASHES:
                # Older files list the peers of dependencies here, too.
                self._missing.add(name, asker.name, kind, asker.line)

    def _follow(self, asker: _Asker, wanted: Object, kind: EdgeKind, peers: Mapping[str, EdgeKind]) -> None:
        """Adds the edges to what is `wanted`, by alias: all of one kind but for the `peers`."""
        for alias, value in wanted.items():
            reference = _reference(value)
            if reference is None:
                continue
            goal, own = self._goal(asker, alias, reference, wanted), peers.get(alias, kind)
            if goal is not None:
                self._edges.add((asker.goal, goal, own))
            elif own != "optional":
                self._missing.add(alias, asker.name, "runtime", asker.line)
        if len(self._edges) > _MAX_EDGES:
            raise LockfileError(self._path, f"more than {_MAX_EDGES:,} dependencies", where=asker.line)

    def _goal(self, asker: _Asker, alias: str, reference: str, wanted: Object) -> Goal | None:
        """What a reference leads to."""
        if reference.startswith("link:"):
            return self._linked(asker, alias, reference[5:], wanted)
        key = pnpmspec.key(self._style, alias, reference)
        goal = self._goals.get(key)
        if goal is None and key.endswith(")"):
            goal = self._goals.get(pnpmspec.bare(key))
        if goal is None and self._style == pnpmspec.SLASHES and npmspec.address_kind(reference) == "link":
            # pnpm 1 has no entries for folders.
            return self._linked(asker._replace(folder="."), alias, reference.removeprefix("file:"), wanted)
        return goal

    def _linked(self, asker: _Asker, alias: str, target: str, wanted: Object) -> Goal:
        """The project in a folder, or a node for what else is there."""
        if target.startswith("<root>/"):
            # A folder inside of the release itself.
            return asker.goal
        folder = posixpath.normpath(posixpath.join(asker.folder, without_credentials(target)))
        known = self._projects.at(folder, alias)
        if known is not None:
            return known
        if folder not in self._folders:
            name, version = self._projects.manifest(folder)
            line = self._lines.get(id(wanted[alias])) or self._line(wanted, alias)
            self._folders[folder] = len(self._nodes)
            self._nodes.append(_Node(name or alias, version, pnpmspec.Origin("link", folder), (), line))
        return self._folders[folder]

    def _line(self, table: Object, key: str) -> int | None:
        """The line of a key whose value is a text, where each has a line of its own; else that of the table."""
        start = self._lines.get(id(table))
        if start is None:
            return None
        if id(table) not in self._key_lines:
            self._rows = self._rows or self._content.split("\n")
            rows = enumerate(self._rows[start : start + 2 * len(table)], start + 1)
            self._key_lines[id(table)] = {row.partition(": ")[0].strip(" '\""): i for i, row in reversed([*rows])}
        return self._key_lines[id(table)].get(key, start)

    def lockfile(self, documents: Sequence[Document]) -> Lockfile:
        """All that was read."""
        ids = release_ids("npm", [(n.name, n.version, n.origin.kind, n.origin.source) for n in self._nodes])
        copies: dict[str, list[_Node]] = {}
        for name, node in zip(ids, self._nodes, strict=True):
            copies.setdefault(name, []).append(node)

        def known(goal: Goal) -> str:
            return goal if isinstance(goal, str) else ids[goal]

        edges = sorted({(known(a), known(b), kind) for a, b, kind in self._edges})
        direct_known, registry = all(d.direct_known for d in documents), documents[-1].registry
        return Lockfile(
            path=self._path,
            format=documents[-1].format,
            roots=tuple(root for _, root in sorted(self._projects.roots.items())),
            releases=tuple(_release(name, copies[name]) for name in sorted(copies)),
            dependencies=tuple(Dependency(*edge) for edge in edges if edge[0] != edge[1]),
            problems=tuple(self._missing.problems()),
            direct_known=direct_known,
            hints={} if direct_known else {ids[i]: n.hint for i, n in enumerate(self._nodes) if n.hint},
            indexes=(without_credentials(registry),) if registry else None,
        )


def _reference(value: object) -> str | None:
    """The reference that stands for an alias, by itself or in a table with what was asked for."""
    reference = value.get("version") if isinstance(value, dict) else value
    return reference if isinstance(reference, str) else None


def _wanted(document: Document) -> list[tuple[str, object]]:
    """What the projects of a document depend on, by alias."""
    return [item for i in document.importers.values() for _, wanted in i.needs for item in wanted.items()]


def _aliases(document: Document) -> dict[str, str]:
    """What entries that do not tell their names are called by those who depend on them, by dependency path."""
    style, entries = document.style, document.entries
    if style == pnpmspec.AT or all(text(e.info, "name") or pnpmspec.named(style, k).name for k, e in entries.items()):
        return {}
    asked = _wanted(document)
    for entry in entries.values():
        asked += [*entry.needs.items(), *entry.spare.items()]
    names: dict[str, str] = {}
    for alias, value in asked:
        reference = _reference(value)
        if reference is not None:
            names.setdefault(pnpmspec.key(style, alias, reference), alias)
    return names


# -- releases --------------------------------------------------------------------------------------------------------


def _node(path: str, document: Document, key: str, alias: str | None) -> _Node:
    """The release at one dependency path; `alias` is what others call it."""
    entry, named = document.entries[key], pnpmspec.named(document.style, key)
    told = None if document.style == pnpmspec.AT else text(entry.info, "name")
    name = told or named.name or alias
    if name is None:
        shown = without_credentials(key).rpartition("@")[2][-100:]
        raise LockfileError(path, f"{shown!r} is no dependency path", where=entry.line)
    version, resolution = text(entry.info, "version") or named.version, pnpmspec.table_in(entry.info, "resolution")
    if version and "//" in version:
        version = without_credentials(version)
    origin = pnpmspec.origin(name, version, named, resolution, document.registry)
    return _Node(name, version, origin, pnpmspec.hashes(resolution), entry.line, entry.hint)


def _release(name: str, copies: Sequence[_Node]) -> Release:
    """One release from all its entries."""
    first = copies[0]
    hashes, line, source = first.hashes, first.line, first.origin.source
    if len(copies) > 1:
        hashes = tuple(sorted({h for n in copies for h in n.hashes}))
        line = min((n.line for n in copies if n.line is not None), default=None)
        source = next((n.origin.source for n in copies if n.origin.source), None)
    return Release(name, "npm", first.name, first.version, first.origin.kind, line, hashes, source)
