"""Reads bun.lock, versions 0 to 3.

Its packages stand under the paths of a node_modules tree, whose folders have the names that were asked for:
``chalk/ansi-styles`` lies in chalk's own. What a package needs is looked up from its path outwards, as bun does it, and
Node.js after it.
"""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from depfrag import decode, jsonc, npmspec
from depfrag.errors import LockfileError
from depfrag.identity import release_ids, without_credentials
from depfrag.missing import Missing
from depfrag.model import Dependency, Lockfile, Release, Root

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from depfrag.model import EdgeKind, ReleaseKind
    from depfrag.protocols import Files

    Object = Mapping[str, Any]
    Asked = tuple[str, EdgeKind, bool]
    """A dependency as a manifest asks for it: name, kind, whether it is a peer."""

_VERSIONS = (0, 1, 2, 3)
_GROUPS: Mapping[str, EdgeKind] = {
    "dependencies": "runtime", "optionalDependencies": "optional", "peerDependencies": "peer", "devDependencies": "dev",
}  # fmt: skip
_ARCHIVES = (".tgz", ".tar.gz")
_INTEGRITY = re.compile(r"(?:sha1|sha256|sha384|sha512|md5)-[A-Za-z0-9+/]+=*")
_MAX_PATH = 4096
"""Characters: bun itself takes no more."""
_MAX_LEVELS = 200
"""Folders in a path."""
_MAX_STEPS = 10_000_000
"""On the ways up from releases that ask for peers: a few seconds. Large projects take a hundredth."""


class _Entry(NamedTuple):
    """What stands at one path."""

    name: str
    version: str | None
    kind: ReleaseKind
    source: str | None
    member: str | None
    """The folder of the project or workspace member that it is."""
    data: Object
    hashes: tuple[str, ...]
    line: int | None


class _Peer(NamedTuple):
    """A peer that a node asks for: the first path it is asked from and that one's line, and what lies around."""

    path: str
    line: int | None
    found: set[str]


class BunLock:
    """The reader of bun.lock."""

    def parse(self, path: str, data: bytes, files: Files) -> Lockfile:
        table, plain = jsonc.table(path, decode.text(path, data))
        _check(path, table)
        lines = decode.member_lines(plain, table, "packages")
        entries = {key: _entry(path, key, value, lines.get(key)) for key, value in table["packages"].items()}
        members = _members(path, table, entries)
        return _lockfile(path, members, entries, isolated=_isolated(table, members, files))


PARSER = BunLock()


# -- what the file holds ---------------------------------------------------------------------------------------------


def _check(path: str, table: decode.Table) -> None:
    version = table.get("lockfileVersion")
    if version not in _VERSIONS or isinstance(version, bool):
        shown = json.dumps(version)[:40] if isinstance(version, (str, int, float)) else "missing"
        raise LockfileError(path, f"lockfileVersion is {shown}; known are 0 to 3", hint="is there a newer depfrag?")
    if not isinstance(table.get("workspaces"), dict):
        raise LockfileError(path, "no object 'workspaces': this is no bun.lock")
    if not isinstance(table.setdefault("packages", {}), dict):
        raise LockfileError(path, "not an object", where="packages")


def _members(path: str, table: decode.Table, entries: Mapping[str, _Entry]) -> dict[str, Object]:
    """The manifests of the project and the members of its workspace, by folder, the project's ("") first.

    Version 0 has those of members at their packages too.
    """
    members: dict[str, Object] = {"": {}}
    for folder, manifest in table["workspaces"].items():
        if not isinstance(manifest, dict):
            raise LockfileError(path, "not an object", where=f"workspaces: {_short(folder)}")
        members[_folder(folder)] = manifest
    for entry in entries.values():
        if entry.member is not None:
            members.setdefault(entry.member, {"name": entry.name, **entry.data})
    return members


def _isolated(table: decode.Table, members: Mapping[str, Object], files: Files) -> bool:
    """Whether bun links each release to just what it needs (``linker = "isolated"``): as its settings beside the file
    say, else in workspaces since configVersion 1."""
    found = None
    try:
        settings = files.read("bunfig.toml")
        if settings is not None:
            install = decode.toml_table("bunfig.toml", decode.text("bunfig.toml", settings)).get("install")
            found = install.get("linker") if isinstance(install, dict) else None
    except LockfileError:
        pass
    if found in ("isolated", "hoisted"):
        return bool(found == "isolated")
    version = table.get("configVersion")
    return isinstance(version, int) and version >= 1 and len(members) > 1


def _entry(path: str, key: str, value: object, line: int | None) -> _Entry:
    """The entry at one path: a list of what it is and, each where it has one, registry, manifest, git tag, hash."""
    if len(key) > _MAX_PATH or key.count("/") > _MAX_LEVELS:
        raise LockfileError(path, f"{_short(key)}: nested too deeply to be a lockfile", where=line)
    if not isinstance(value, list) or not value or not isinstance(value[0], str):
        raise LockfileError(path, f"{_short(key)}: not a list that says first what it is", where=line)
    what = value[0]
    at = 0 if what.startswith("@root:") else what.find("@", 1)
    if at < 0:
        raise LockfileError(path, f"{_short(key)}: {_short(what)} is no name with a version", where=line)
    name, locked = what[:at], what[at + 1 :]
    if locked[:1].isdigit() and not locked.endswith(_ARCHIVES):
        registry, data, integrity = [*value[1:4], None, None, None][:3]
        source = without_credentials(registry) if registry and isinstance(registry, str) else None
        hashes: tuple[str, ...] = (integrity,) if integrity and isinstance(integrity, str) else ()
        return _Entry(name, locked, "registry", source, None, data if isinstance(data, dict) else {}, hashes, line)
    data = next((item for item in value if isinstance(item, dict)), {})
    if locked.startswith(("root:", "workspace:")):
        member = "" if locked.startswith("root:") else _folder(locked.removeprefix("workspace:"))
        return _Entry(name, None, "link", None, member, data, (), line)
    kind, version, source = _origin(name, locked)
    hashes = tuple(item for item in value[2:] if isinstance(item, str) and _INTEGRITY.fullmatch(item))
    return _Entry(name, version, kind, source, None, data, hashes, line)


def _origin(name: str, locked: str) -> tuple[ReleaseKind, str | None, str | None]:
    """Kind, version and source of what is locked: a version, or an address."""
    for prefix in ("file:", "link:"):
        if locked.startswith(prefix):
            return "link", None, locked.removeprefix(prefix)
    if not locked.startswith((*npmspec.GIT, *npmspec.WEB)):
        if not locked.endswith(_ARCHIVES):
            return "registry", locked, None
        return "file", _archived(name, locked), locked
    source = without_credentials(locked)
    kind = npmspec.address_kind(source) or "url"
    if kind == "git":
        return kind, None, source
    version = _archived(name, source)
    return "registry" if npmspec.is_listed(name, version, source) else "url", version, source


def _archived(name: str, address: str) -> str | None:
    """The version that an archive's file name tells."""
    found, version = npmspec.from_archive(name, address)
    return version if found == name else None


def _folder(path: str) -> str:
    """A member's folder; "" is the project's."""
    folder = posixpath.normpath(path)
    return "" if folder == "." else folder


# -- from packages to a graph ----------------------------------------------------------------------------------------


def _lockfile(path: str, members: Mapping[str, Object], entries: Mapping[str, _Entry], *, isolated: bool) -> Lockfile:
    roots = {folder: _root(folder, manifest) for folder, manifest in members.items()}
    held = {key: entry for key, entry in entries.items() if entry.member is None}
    ids = release_ids("npm", [(e.name, e.version, e.kind, e.source) for e in held.values()])
    nodes = dict(zip(held, ids, strict=True))
    nodes.update((key, roots[e.member].id) for key, e in entries.items() if e.member is not None)
    # A member's own node_modules stand under its name, wherever its folder is.
    nodes.update((r.name, r.id) for folder, r in roots.items() if folder and r.name and r.name not in nodes)
    missing = Missing(path)
    lookup = _Lookup(nodes, {root.id for root in roots.values()}, missing)
    for folder, root in roots.items():
        lookup.follow(root.id, (root.name or "") if folder else "", _asked(members[folder], root=True), None)
    for key, entry in held.items():
        if entry.data and (asked := _asked(entry.data, root=False)):
            lookup.follow(nodes[key], key, asked, entry.line)
    lookup.follow_peers(path, isolated=isolated)
    return Lockfile(
        path=path,
        format="bun-lock",
        roots=tuple(roots.values()),
        releases=_releases(nodes, held),
        dependencies=tuple(sorted((Dependency(*edge) for edge in lookup.edges), key=lambda d: d[:3])),
        problems=tuple(missing.problems()),
    )


def _root(folder: str, manifest: Object) -> Root:
    name = manifest.get("name")
    return Root(f"root:{folder or '.'}", name if isinstance(name, str) and name else None, folder or ".")


def _asked(data: Object, *, root: bool) -> list[Asked]:
    """What a manifest asks for. A name may be in several groups, and bun installs it for the sake of each.

    Dev dependencies of a folder that is no member are left out: they are neither the project's nor the release's.
    """
    asked: list[Asked] = []
    for group, kind in _GROUPS.items():
        if group in data and isinstance(data[group], dict) and (root or kind != "dev"):
            if kind == "peer":
                listed = data.get("optionalPeers")
                spare = {name for name in listed if isinstance(name, str)} if isinstance(listed, list) else ()
                asked.extend((name, "optional" if name in spare else kind, True) for name in data[group])
            else:
                asked.extend([(name, kind, False) for name in data[group]])
    return asked


def _split(path: str) -> tuple[str, str]:
    """What a path lies in, "" at the top, and the name of its own folder."""
    above, _, name = path.rpartition("/")
    outer, _, scope = above.rpartition("/")
    return (outer, f"{scope}/{name}") if scope.startswith("@") else (above, name)


class _Lookup:
    """Finds what each path needs, and remembers what it did not find."""

    def __init__(self, nodes: Mapping[str, str], roots: set[str], missing: Missing) -> None:
        self._roots = roots
        self._held: dict[str, dict[str, str]] = {}
        """Nodes by name and by the path that they lie in."""
        for path, node in nodes.items():
            above, name = _split(path) if "/" in path else ("", path)
            self._held.setdefault(name, {})[above] = node
        self._own: dict[str, dict[str, str]] = {}
        """What each node needs as anything but a peer, by the name that it asks for."""
        self._peers: dict[tuple[str, str, EdgeKind], _Peer] = {}
        """By node, name and kind."""
        self.edges: set[tuple[str, str, EdgeKind]] = set()
        self._missing = missing

    def follow(self, node: str, path: str, asked: Sequence[Asked], line: int | None) -> None:
        """Adds the edges to what `node` at `path` asks for, and notes its peers; the project's own path is ""."""
        paths = [path]
        while paths[-1]:
            paths.append(_split(paths[-1])[0])
        for name, kind, peer in asked:
            held = self._held.get(name, {})
            target = None
            for inside in paths:
                if inside in held:
                    target = held[inside]
                    break
            if peer:
                known = self._peers.setdefault((node, name, kind), _Peer(path, line, set()))
                known.found.update([target] if target else [])
            elif target is not None:
                self._own.setdefault(node, {})[name] = target
                self._add(node, target, kind)
            else:
                self._missing.add(name, path or None, kind, line)

    def _add(self, node: str, target: str, kind: EdgeKind) -> None:
        if target != node:
            self.edges.add((node, target, kind))

    def follow_peers(self, path: str, *, isolated: bool) -> None:
        """Adds the edges to peers: those that lie around who asks, or in isolated stores those that its dependents
        have."""
        above: dict[str, list[str]] = {}
        for a, b, _ in sorted(self.edges) if isolated else ():
            above.setdefault(b, []).append(a)
        several = {n for n, held in self._held.items() if len(set(held.values())) > 1} if isolated else set()
        room = _MAX_STEPS
        for (node, name, kind), peer in self._peers.items():
            found = peer.found
            if name in several or (isolated and not found):
                found, steps = self._from_dependents(node, name, above, found)
                room -= steps
                if room < 0:
                    raise LockfileError(path, "more peers of more releases than any project has", where=peer.line)
            for target in found:
                self._add(node, target, kind)
            if not found:
                self._missing.add(name, peer.path or None, kind, peer.line)

    def _from_dependents(
        self, node: str, name: str, above: Mapping[str, Sequence[str]], around: set[str]
    ) -> tuple[set[str], int]:
        """What the nearest on each way up from `node` needs under a name, `around` where none up to the project does;
        and the steps taken. A member has one folder, so only the project is above it."""
        found: set[str] = set()
        seen, todo = {node}, [node]
        for inner in todo:
            target = self._own.get(inner, {}).get(name)
            if target is not None:
                found.add(target)
                continue
            outer = above.get(inner, ()) if inner not in self._roots else ["root:."]
            if inner == "root:." or not outer:
                found |= around
            fresh = [n for n in outer if n not in seen]
            seen.update(fresh)
            todo.extend(fresh)
        return found, len(todo)


def _releases(nodes: Mapping[str, str], held: Mapping[str, _Entry]) -> tuple[Release, ...]:
    """The releases, copies of one merged."""
    releases: dict[str, Release] = {}
    for key, (name, version, kind, source, _, data, hashes, line) in held.items():
        node, bundled = nodes[key], data.get("bundled") is True
        known = releases.get(node)
        if known is None:
            releases[node] = Release(node, "npm", name, version, kind, line, hashes, source, bundled)
        else:
            releases[node] = known._replace(
                line=min((at for at in (known.line, line) if at is not None), default=None),
                hashes=tuple(sorted({*known.hashes, *hashes})),
                source=known.source or source,
                bundled=known.bundled and bundled,
            )
    return tuple(releases[name] for name in sorted(releases))


def _short(text: str) -> str:
    return repr(text if len(text) <= 100 else f"{text[:60]}…{text[-39:]}")
