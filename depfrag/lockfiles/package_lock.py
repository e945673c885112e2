"""Reads npm's lockfiles: package-lock.json 1 to 3, npm-shrinkwrap.json of any age, node_modules/.package-lock.json.

Whatever its age, a file becomes a table of places (``node_modules/a/node_modules/b``) and what lies there, as npm's own
arborist holds it. Dependencies are then looked up by name from each place outwards, as Node.js finds modules.
"""

from __future__ import annotations

import json
import posixpath
from itertools import starmap
from typing import TYPE_CHECKING, Any, NamedTuple

from depfrag import decode, npmspec, packagejson
from depfrag.errors import LockfileError
from depfrag.identity import release_id, without_credentials
from depfrag.missing import Missing
from depfrag.model import Dependency, Lockfile, Release, Root
from depfrag.places import MODULES, is_inside, is_installed, name_of, outwards

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depfrag.model import EdgeKind, Problem, ReleaseKind
    from depfrag.protocols import Files

    Object = Mapping[str, Any]
    Asked = tuple[str, object, EdgeKind]
    """A dependency as an entry asks for it: name, range or address, kind."""

_MAX_PLACE = 4096
"""Characters of a place: no path may be longer where files are."""


class _Entry(NamedTuple):
    """What lies at one place of the tree."""

    place: str
    name: str
    version: str | None
    data: Object
    """In the terms of lockfile version 3, whatever the file's own."""
    link: str | None = None
    """The place that it is a link to; "" is the project itself."""
    kind: ReleaseKind | None = None
    """Where the entry itself says so."""


class _Tree(NamedTuple):
    """A lockfile as a table of places."""

    path: str
    form: str
    entries: dict[str, _Entry]
    lines: Mapping[str, int]
    project: Object | None
    """The project's own manifest, from the lockfile or from beside it."""
    name: str | None
    typed: bool
    """The file tells optional dependencies from the others."""
    complete: bool
    """The file says what each release needs."""
    problems: tuple[Problem, ...]


class PackageLock:
    """The reader of npm's lockfiles."""

    def parse(self, path: str, data: bytes, files: Files) -> Lockfile:
        content = decode.text(path, data)
        table = decode.json_table(path, content)
        return _lockfile(_tree(path, content, table, files))


PARSER = PackageLock()


# -- from a file to a tree -------------------------------------------------------------------------------------------


def _tree(path: str, content: str, table: decode.Table, files: Files) -> _Tree:
    form, packages = _format(path, table), table.get("packages")
    if isinstance(packages, dict):
        entries = _listed(path, packages)
        lines: Mapping[str, int] = decode.member_lines(content, table, "packages")
        project, typed, complete = _object(packages.get("")), True, True
    else:
        entries, lines = _nested(path, table, decode.object_lines(content, table), files)
        complete = table.get("requires") is True or any(_object(e.data["dependencies"]) for e in entries.values())
        project, typed = None, False
    problems: tuple[Problem, ...] = ()
    if not project:
        folder = _above(path) if form == "hidden-package-lock" else ""
        project, problems = packagejson.of_project(path, files, folder)
    return _Tree(path, form, entries, lines, project, _text(table.get("name")), typed, complete, problems)


def _format(path: str, table: Object) -> str:
    version = table.get("lockfileVersion", 1)
    if version not in (1, 2, 3) or isinstance(version, bool):
        shown = json.dumps(version)[:40] if isinstance(version, (str, int, float, bool)) else "no number"
        raise LockfileError(path, f"lockfileVersion is {shown}; known are 1, 2 and 3", hint="is there a newer depfrag?")
    if not isinstance(table.get("packages"), dict) and not isinstance(table.get("dependencies"), dict):
        known = {"name", "version", "lockfileVersion", "requires"}
        if not known & table.keys():
            raise LockfileError(path, "this JSON file is no npm lockfile: it has neither 'packages' nor 'dependencies'")
    file = posixpath.basename(path.replace("\\", "/"))
    if file == ".package-lock.json":
        return "hidden-package-lock"
    return "npm-shrinkwrap" if file.endswith("shrinkwrap.json") else f"package-lock-v{int(version)}"


def _listed(path: str, packages: Object) -> dict[str, _Entry]:
    """The entries of a file of version 2 or 3."""
    entries = {}
    for place, data in packages.items():
        if not isinstance(data, dict) or len(place) > _MAX_PLACE:
            raise _unusable(path, place)
        if not place or (not data and f"{MODULES}.store/" in place):
            # The project itself, or a folder that npm's linked layout makes for a release to lie in.
            continue
        name = data.get("name")
        if not isinstance(name, str) or not name:
            name = name_of(place)
        version = data.get("version")
        if not isinstance(version, str):
            version = None
        elif "//" in version:
            version = without_credentials(version)
        link = _target(path, place, data) if data.get("link") else None
        entries[place] = _Entry(place, name, version, data, link)
    return entries


def _unusable(path: str, place: str) -> LockfileError:
    reason = "not an object" if len(place) <= _MAX_PLACE else f"a place of more than {_MAX_PLACE} characters"
    return LockfileError(path, reason, where=_short(place))


def _target(path: str, place: str, data: Object) -> str:
    """The place that an entry of version 2 or 3 links to."""
    resolved = data.get("resolved")
    if not isinstance(resolved, str):
        raise LockfileError(path, "a link that does not say where to ('resolved')", where=_short(place))
    return _folder(resolved)


def _folder(address: str) -> str:
    """A folder as a place."""
    place = posixpath.normpath(without_credentials(address))
    return "" if place == "." else place


def _nested(
    path: str, table: Object, where: Mapping[int, int], files: Files
) -> tuple[dict[str, _Entry], dict[str, int]]:
    """The entries of a file of version 1 or older, and their lines; `where` gives the line of each object."""
    entries: dict[str, _Entry] = {}
    lines: dict[str, int] = {}
    stack: list[tuple[str, str, object]] = [("", *item) for item in _last_first(table)]
    room = decode.MAX_BYTES
    while stack:
        folder, name, data = stack.pop()
        place = f"{folder}/{MODULES}{name}" if folder else MODULES + name
        room -= len(place)
        if not isinstance(data, dict) or len(place) > _MAX_PLACE:
            raise _unusable(path, place)
        if room < 0:
            raise LockfileError(path, "nested too deeply to be a lockfile", where=where[id(data)])
        if "/" in name:
            name = name_of(place)
        entry = _old_entry(place, name, data)
        entries[place], lines[place] = entry, where[id(data)]
        if entry.link is not None:
            place = entry.link
            if place and place not in entries:
                entries[place], lines[place] = _old_target(place, entry, files), where[id(data)]
        stack.extend((place, *item) for item in _last_first(data))
    return entries, lines


def _last_first(data: Object) -> list[tuple[str, object]]:
    """The nested dependencies of an entry, from the last to the first."""
    nested = data.get("dependencies")
    return list(nested.items())[::-1] if isinstance(nested, dict) else []


def _old_entry(place: str, name: str, old: Object) -> _Entry:
    """An entry of version 1 or older in terms of version 3; its `version` may be a version, an alias or an address."""
    locked, resolved = _text(old.get("version")), _text(old.get("resolved"))
    if locked and "//" in locked:
        locked = without_credentials(locked)
    data = {
        "integrity": old.get("integrity"), "dev": old.get("dev"), "optional": old.get("optional"),
        "inBundle": old.get("bundled"), "dependencies": old.get("requires"), "resolved": resolved,
    }  # fmt: skip
    if locked and (alias := npmspec.aliased(locked)):
        return _Entry(place, *alias, data)
    version = locked if locked and _is_version(locked) else None
    asked = (_text(old.get("from")) or "").removeprefix(name + "@")
    address = asked if version else locked or asked
    kind = "git" if resolved and resolved.startswith(npmspec.GIT) else npmspec.address_kind(address)
    if kind == "link":
        return _Entry(place, name, version, data, link=_folder(address.removeprefix("file:")))
    if kind is not None:
        data["resolved"] = resolved or address
        if version is None and kind != "git":
            name, version = npmspec.from_archive(name, address)
        # Old shrinkwraps give the address of the registry's archive for what was asked for.
        if kind == "url" and npmspec.is_listed(name, version, address):
            kind = None
    return _Entry(place, name, version, data, kind=kind)


def _old_target(place: str, link: _Entry, files: Files) -> _Entry:
    """What a link of version 1 leads to: a folder, named by its own manifest or else as the folder is."""
    try:
        manifest = packagejson.load(files, f"{place}/") or {}
    except LockfileError:
        manifest = {}
    name = _text(manifest.get("name")) or name_of(place) or link.name
    return _Entry(place, name, _text(manifest.get("version")), link.data, kind="link")


def _above(path: str) -> str:
    """The folder of the project that a hidden lockfile belongs to, as seen from the lockfile."""
    return "../" if posixpath.basename(posixpath.dirname(path.replace("\\", "/"))) == "node_modules" else ""


# -- from a tree to a graph ------------------------------------------------------------------------------------------


def _lockfile(tree: _Tree) -> Lockfile:
    _check_links(tree)
    members = _members(tree)
    wanted = _Lookup(tree)
    if tree.project is not None:
        wanted.follow("", _asked(tree.project, root=True))
    for place, entry in tree.entries.items():
        if entry.link is None and (asked := _asked(entry.data, root=place in members)):
            wanted.follow(place, asked)
    nodes, releases = _releases(tree, members, wanted.remote)
    roots = {"": Root("root:.", _text((tree.project or {}).get("name")) or tree.name, ".")}
    roots.update((place, Root(f"root:{place}", tree.entries[place].name, place)) for place in sorted(members))
    nodes.update((place, root.id) for place, root in roots.items())
    edges = {(nodes[a], nodes[b], kind) for a, b, kind in wanted.edges}
    dependencies = [d for d in starmap(Dependency, sorted(edges)) if d[0] != d[1]]
    if not tree.complete:
        dependencies = sorted({*dependencies, *_implied(nodes)}, key=lambda d: d[:3])
    return Lockfile(
        path=tree.path,
        format=tree.form,
        roots=tuple(roots.values()),
        releases=releases,
        dependencies=tuple(dependencies),
        problems=(*tree.problems, *wanted.problems()),
        open=frozenset() if tree.complete else frozenset(r.id for r in releases),
        places={} if tree.complete else nodes,
        direct_known=tree.project is not None,
        hints={} if tree.project is not None else _hints(tree, nodes),
    )


def _check_links(tree: _Tree) -> None:
    for place, entry in tree.entries.items():
        if entry.link:
            target = tree.entries.get(entry.link)
            if target is None or target.link is not None:
                what = "is a link itself" if target else "is not in the file"
                reason = f"{_short(place)} is a link to {_short(entry.link)}, which {what}"
                raise LockfileError(tree.path, reason, where=tree.lines.get(place), hint="run npm install again")


def _members(tree: _Tree) -> frozenset[str]:
    """Places of the workspace members: folders inside the project that its `workspaces` name."""
    inside = [p for p, e in tree.entries.items() if MODULES not in p and e.link is None and is_inside(p)]
    if tree.project is None:
        # node_modules/.package-lock.json leaves the project out; the folders that it links to are the project's own.
        return frozenset(inside if tree.form == "hidden-package-lock" else ())
    return frozenset(filter(npmspec.workspaces(tree.project.get("workspaces")), inside) if inside else ())


class _Lookup:
    """Finds what a place needs, and remembers what it did not find."""

    def __init__(self, tree: _Tree) -> None:
        self._tree = tree
        self._held: dict[str, dict[str, _Entry]] = {}
        """Entries by name and by the node_modules folder that they are in."""
        self._folders: set[str] = set()
        self._outer: dict[str, list[str]] = {}
        self.edges: list[tuple[str, str, EdgeKind]] = []
        """From place to place."""
        self.remote: dict[str, ReleaseKind] = {}
        """Places that somebody asks for by address and not by range."""
        self._missing = Missing(tree.path)
        for place, entry in tree.entries.items():
            above, found, name = place.rpartition(MODULES)
            if found:
                folder = above + MODULES
                self._folders.add(folder)
                self._held.setdefault(name, {})[folder] = entry

    def follow(self, place: str, asked: Sequence[Asked]) -> None:
        """Adds the edges to what `place` asks for."""
        edges, by_name, typed = self.edges, self._held, self._tree.typed
        folders = self._from(place)
        for name, spec, kind in asked:
            held = by_name.get(name, {})
            for folder in folders if held else ():
                target = held.get(folder)
                if target is not None:
                    break
            else:
                self._not_found(place, name, kind)
                continue
            goal = target.place if target.link is None else target.link
            if isinstance(spec, str) and (":" in spec or "/" in spec):
                self._note_address(goal, spec)
            if not typed and kind == "runtime" and self._only_optional(place, target):
                edges.append((place, goal, "optional"))
            else:
                edges.append((place, goal, kind))

    def _from(self, place: str) -> list[str]:
        """The node_modules folders to search from `place`, innermost first."""
        above, found, _ = place.rpartition(MODULES)
        if not found:
            return self._existing(place)
        outer = self._outer.get(above)
        if outer is None:
            outer = self._outer[above] = self._existing(above.removesuffix("/"))
        own = f"{place}/{MODULES}"
        return [own, *outer] if own in self._folders else outer

    def _existing(self, place: str) -> list[str]:
        return [folder + MODULES for folder in outwards(place) if folder + MODULES in self._folders]

    def _only_optional(self, place: str, target: _Entry) -> bool:
        """Version 1 marks what only optional dependencies reach; where the dependent is not so marked, the edge is."""
        return bool(target.data.get("optional")) and place != "" and not self._tree.entries[place].data.get("optional")

    def _note_address(self, place: str, spec: str) -> None:
        kind, target = npmspec.address_kind(spec), self._tree.entries.get(place)
        if kind == "git" or (kind == "url" and target and not npmspec.is_listed(target.name, target.version, spec)):
            self.remote[place] = kind

    def _not_found(self, place: str, name: str, kind: EdgeKind) -> None:
        who = self._tree.entries[place].name if place else None
        self._missing.add(name, who, kind, self._tree.lines.get(place))

    def problems(self) -> Iterator[Problem]:
        return self._missing.problems()


def _asked(data: Object, *, root: bool) -> list[Asked]:
    """What a manifest or entry asks for, each name once: as in npm, dev outdoes optional, then runtime, then peer."""
    runtime, optional, peer = data.get("dependencies"), data.get("optionalDependencies"), data.get("peerDependencies")
    if not optional and not peer and not root:
        return [(name, spec, "runtime") for name, spec in runtime.items()] if isinstance(runtime, dict) else []
    kinds: dict[str, Asked] = {}
    meta = _object(data.get("peerDependenciesMeta")) or {}
    for name, spec in (_object(peer) or {}).items():
        spare = (_object(meta.get(name)) or {}).get("optional")
        kinds[name] = (name, spec, "optional" if spare else "peer")
    kinds.update((n, (n, s, "runtime")) for n, s in (_object(runtime) or {}).items())
    kinds.update((n, (n, s, "optional")) for n, s in (_object(optional) or {}).items())
    if root:
        kinds.update((n, (n, s, "dev")) for n, s in (_object(data.get("devDependencies")) or {}).items())
    return list(kinds.values())


def _releases(
    tree: _Tree, members: frozenset[str], remote: Mapping[str, ReleaseKind]
) -> tuple[dict[str, str], tuple[Release, ...]]:
    """Place to release id, and the releases, copies of one release merged."""
    targets = {e.link for e in tree.entries.values() if e.link is not None}
    copies: dict[str, list[tuple[_Entry, ReleaseKind, str | None]]] = {}
    nodes: dict[str, str] = {}
    for place, entry in tree.entries.items():
        if entry.link is not None or place in members:
            continue
        kind, source = _origin(entry, remote.get(place), linked=place in targets)
        name = release_id("npm", entry.name, entry.version, kind, source)
        if name in copies and copies[name][0][1] != kind:
            name = f"npm:{entry.name}@{kind}+{source or place}"
        nodes[place] = name
        copies.setdefault(name, []).append((entry, kind, source))
    return nodes, tuple(_release(name, copies[name], tree.lines) for name in sorted(copies))


def _release(name: str, copies: Sequence[tuple[_Entry, ReleaseKind, str | None]], lines: Mapping[str, int]) -> Release:
    """One release from all its copies in the tree."""
    entry, kind, source = copies[0]
    data = entry.data
    integrity, line, bundled = data.get("integrity"), lines.get(entry.place), bool(data.get("inBundle"))
    if len(copies) > 1:
        every = [str(e.data["integrity"]) for e, _, _ in copies if isinstance(e.data.get("integrity"), str)]
        integrity = " ".join(every)
        line = min((at for e, _, _ in copies if (at := lines.get(e.place))), default=None)
        bundled = all(e.data.get("inBundle") for e, _, _ in copies)
        source = next((s for _, _, s in copies if s), None)
    hashes = integrity.split() if isinstance(integrity, str) else []
    if len(hashes) > 1:
        hashes = sorted(set(hashes))
    return Release(name, "npm", entry.name, entry.version, kind, line, tuple(hashes), source, bundled)


def _origin(entry: _Entry, asked: ReleaseKind | None, *, linked: bool) -> tuple[ReleaseKind, str | None]:
    """What kind of release an entry is, and where it comes from."""
    resolved = entry.data.get("resolved")
    source = without_credentials(resolved) if isinstance(resolved, str) and resolved else None
    if entry.kind == "link" or MODULES not in entry.place or (linked and not is_installed(entry.place)):
        return "link", entry.place
    if entry.kind is not None:
        return entry.kind, source
    if source is None:
        return asked or "registry", None
    if source.startswith(npmspec.WEB):
        return asked or "registry", source
    kind = npmspec.address_kind(source) or "registry"
    return "file" if kind == "link" else kind, source.removeprefix("file:")


def _implied(nodes: Mapping[str, str]) -> Iterator[Dependency]:
    """Edges that an old shrinkwrap implies: what lies in a release's own node_modules is there for its sake."""
    for place, release in nodes.items():
        above = place.rpartition("/" + MODULES)[0]
        if above and nodes.get(above, release) != release:
            yield Dependency(nodes[above], release, "runtime", None, "nesting")


def _hints(tree: _Tree, nodes: Mapping[str, str]) -> dict[str, EdgeKind]:
    hints: dict[str, EdgeKind] = {}
    for place, name in nodes.items():
        if place in tree.entries and place.startswith(MODULES) and place.count(MODULES) == 1:
            data = tree.entries[place].data
            spare = data.get("optional") or data.get("devOptional")
            hints[name] = "dev" if data.get("dev") else "optional" if spare else "runtime"
    return hints


# -- small things ----------------------------------------------------------------------------------------------------


def _is_version(text: str) -> bool:
    return text[:1].isdigit() or (text[:1] in ("v", "=") and text[1:2].isdigit())


def _object(value: object) -> Object | None:
    return value if isinstance(value, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _short(text: str) -> str:
    return repr(text if len(text) <= 100 else f"{text[:60]}…{text[-39:]}")
