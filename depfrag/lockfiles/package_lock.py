"""Reads npm's lockfiles: package-lock.json 1 to 3, npm-shrinkwrap.json of any age, node_modules/.package-lock.json.

Whatever its age, a file becomes a table of places (``node_modules/a/node_modules/b``) and what lies there, as npm's own
arborist holds it. Dependencies are then looked up by name from each place outwards, as Node.js finds modules.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from depfrag import decode
from depfrag.errors import LockfileError
from depfrag.identity import release_id, without_credentials
from depfrag.model import Dependency, Lockfile, Problem, Release, Root
from depfrag.places import MODULES, name_of, outwards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from depfrag.model import EdgeKind, ReleaseKind
    from depfrag.protocols import Files

    Object = Mapping[str, Any]
    Asked = tuple[str, object, EdgeKind]
    """A dependency as an entry asks for it: name, range or address, kind."""

_GIT = ("git+", "git:", "git@", "github:", "gitlab:", "bitbucket:", "gist:")
_WEB = ("http://", "https://")
_ARCHIVES = (".tgz", ".tar.gz", ".tar")
_MAX_DEPTH = 500
_MAX_NAMED = 5


class _Entry(NamedTuple):
    """What lies at one place of the tree."""

    place: str
    name: str
    version: str | None
    data: Object
    """In the terms of lockfile version 3, whatever the file's own."""
    link: str | None = None
    """The place that it is a link to."""
    kind: ReleaseKind | None = None
    """Where the entry itself says so."""


class _Tree(NamedTuple):
    """A lockfile as a table of places."""

    path: str
    form: str
    entries: dict[str, _Entry]
    lines: Mapping[str, int | None]
    project: Object | None
    """The project's own manifest, from the lockfile or from beside it."""
    name: str | None
    typed: bool
    """The file tells optional dependencies from the others."""
    complete: bool
    """The file says what each release needs."""


class PackageLock:
    """The reader of npm's lockfiles."""

    def parse(self, path: str, data: bytes, files: Files) -> Lockfile:
        content = decode.text(path, data)
        table = decode.json_table(path, content)
        return _lockfile(_tree(path, content, table, files))


PARSER = PackageLock()


# -- from a file to a tree -------------------------------------------------------------------------------------------


def _tree(path: str, content: str, table: Object, files: Files) -> _Tree:
    form, name = _format(path, table), _text(table.get("name"))
    packages = table.get("packages")
    if isinstance(packages, dict):
        entries = _listed(path, packages)
        places = [place for place in packages if place]
        lines = decode.key_lines(content, [("packages", place) for place in places])
        project = _object(packages.get("")) or _manifest(files, _above(path) if form == "hidden-package-lock" else "")
        return _Tree(
            path, form, entries, dict(zip(places, lines, strict=True)), project, name, typed=True, complete=True
        )
    entries, keys = _nested(path, table, files)
    lines = decode.key_lines(content, list(keys.values()))
    complete = table.get("requires") is True or any(
        isinstance(e.data.get("dependencies"), dict) for e in entries.values()
    )
    project = _manifest(files)
    return _Tree(
        path, form, entries, dict(zip(keys, lines, strict=True)), project, name, typed=False, complete=complete
    )


def _format(path: str, table: Object) -> str:
    version = table.get("lockfileVersion", 1)
    if version not in (1, 2, 3) or isinstance(version, bool):
        raise LockfileError(
            path, f"lockfileVersion {version!r} is not one of 1, 2, 3", hint="is there a newer depfrag?"
        )
    if not isinstance(table.get("packages"), dict) and not isinstance(table.get("dependencies"), dict):
        known = {"name", "version", "lockfileVersion", "requires"}
        if not known & table.keys():
            raise LockfileError(path, "this JSON file is no npm lockfile: it has neither 'packages' nor 'dependencies'")
    file = posixpath.basename(path.replace("\\", "/"))
    if file == ".package-lock.json":
        return "hidden-package-lock"
    return "npm-shrinkwrap" if file.endswith("shrinkwrap.json") else f"package-lock-v{version}"


def _listed(path: str, packages: Object) -> dict[str, _Entry]:
    """The entries of a file of version 2 or 3."""
    entries = {}
    for place, data in packages.items():
        if not isinstance(data, dict):
            raise LockfileError(path, "not an object", where=f"packages → {place!r}")
        if place:
            name = data.get("name")
            if not isinstance(name, str) or not name:
                name = name_of(place)
            version = data.get("version")
            link = posixpath.normpath(str(data.get("resolved"))) if data.get("link") is True else None
            entries[place] = _Entry(place, name, version if isinstance(version, str) else None, data, link)
    return entries


def _nested(path: str, table: Object, files: Files) -> tuple[dict[str, _Entry], dict[str, tuple[str, ...]]]:
    """The entries of a file of version 1 or older, and the JSON keys that lead to them, in the order of the file."""
    entries: dict[str, _Entry] = {}
    keys: dict[str, tuple[str, ...]] = {}
    stack: list[tuple[str, tuple[str, ...], str, object]] = [("", (), *item) for item in _last_first(table)]
    while stack:
        folder, above, name, data = stack.pop()
        key = (*above, "dependencies", name)
        if not isinstance(data, dict):
            raise LockfileError(path, "not an object", where=" → ".join(key))
        if len(key) > 2 * _MAX_DEPTH:
            raise LockfileError(path, f"dependencies are nested more than {_MAX_DEPTH} deep")
        place = f"{folder}/{MODULES}{name}" if folder else MODULES + name
        entry = _old_entry(place, name, data)
        keys[place] = key
        entries[place] = entry
        if entry.link is not None:
            place = entry.link
            if place not in entries:
                keys[place] = key
                entries[place] = _old_target(place, entry, _manifest(files, f"{place}/") or {})
        stack.extend((place, key, *item) for item in _last_first(data))
    return entries, keys


def _last_first(data: Object) -> list[tuple[str, object]]:
    """The nested dependencies of an entry, from the last to the first."""
    return list(reversed(list((_object(data.get("dependencies")) or {}).items())))


def _old_entry(place: str, name: str, old: Object) -> _Entry:
    """An entry of version 1 or older in terms of version 3; its `version` may be a version, an alias or an address."""
    locked, resolved = _text(old.get("version")), _text(old.get("resolved"))
    data = {
        "integrity": old.get("integrity"), "dev": old.get("dev"), "optional": old.get("optional"),
        "inBundle": bool(old.get("bundled")), "dependencies": old.get("requires"), "resolved": resolved,
    }  # fmt: skip
    if locked and locked.startswith("npm:"):
        name, _, locked = locked[4:].rpartition("@")
        return _Entry(place, name, locked, data)
    version = locked if locked and _is_version(locked) else None
    asked = (_text(old.get("from")) or "").removeprefix(name + "@")
    address = asked if version else locked or asked
    kind = "git" if resolved and resolved.startswith(_GIT) else _address_kind(address)
    if kind == "link":
        return _Entry(place, name, version, data, link=posixpath.normpath(address.removeprefix("file:")))
    if kind is not None:
        data["resolved"] = resolved or address
        if version is None and kind != "git":
            name, version = _from_archive(name, address)
    return _Entry(place, name, version, data, kind=kind)


def _old_target(place: str, link: _Entry, manifest: Object) -> _Entry:
    """What a link of version 1 leads to: a folder, named by its own manifest or else as the folder is."""
    name = _text(manifest.get("name")) or posixpath.basename(place) or link.name
    return _Entry(place, name, _text(manifest.get("version")), link.data, kind="link")


def _from_archive(name: str, address: str) -> tuple[str, str | None]:
    """Name and version that an archive's file name tells, as npm reads them: ``/@scope/name/-/name-1.2.3.tgz``."""
    path = address.partition("?")[0]
    folder, listed, file = path.rpartition("/-/")
    if listed:
        scope, _, project = folder.replace("%2f", "/").replace("%2F", "/").rpartition("/")
        scope = scope.rpartition("/")[2]
    else:
        scope, _, project = name.rpartition("/")
        file = posixpath.basename(path.removeprefix("file:"))
    found = re.fullmatch(re.escape(project) + r"-(\d+\.\d+\.\d+(?:[-+][\w.+-]*)?)\.tgz", file)
    if not found:
        return name, None
    return (f"{scope}/{project}" if scope.startswith("@") else project), found[1]


def _above(path: str) -> str:
    """The folder of the project that a hidden lockfile belongs to, as seen from the lockfile."""
    return "../" if posixpath.basename(posixpath.dirname(path.replace("\\", "/"))) == "node_modules" else ""


def _manifest(files: Files, folder: str = "") -> Object | None:
    """The package.json in `folder`, when it is there and can be read."""
    name = f"{folder}package.json"
    data = files.read(name)
    if data is None:
        return None
    try:
        return decode.json_table(name, decode.text(name, data))
    except LockfileError:
        return None


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
    dependencies = [Dependency(*edge) for edge in sorted(edges) if edge[0] != edge[1]]
    if not tree.complete:
        dependencies = sorted({*dependencies, *_implied(nodes)}, key=lambda d: d[:3])
    return Lockfile(
        path=tree.path,
        format=tree.form,
        roots=tuple(roots.values()),
        releases=releases,
        dependencies=tuple(dependencies),
        problems=tuple(wanted.problems()),
        open=frozenset() if tree.complete else frozenset(r.id for r in releases),
        places={} if tree.complete else nodes,
        direct_known=tree.project is not None,
        hints={} if tree.project is not None else _hints(tree, nodes),
    )


def _check_links(tree: _Tree) -> None:
    for place, entry in tree.entries.items():
        if entry.link is not None:
            target = tree.entries.get(entry.link)
            if target is None or target.link is not None:
                what = "is a link itself" if target else "is not in the file"
                reason = f"{place!r} is a link to {entry.link!r}, which {what}"
                raise LockfileError(tree.path, reason, where=tree.lines.get(place), hint="run npm install again")


def _members(tree: _Tree) -> frozenset[str]:
    """Places of the workspace members: folders inside the project that its `workspaces` name."""
    inside = [
        p for p, e in tree.entries.items() if MODULES not in p and e.link is None and not p.startswith(("..", "/"))
    ]
    if tree.project is None:
        # node_modules/.package-lock.json leaves the project out; the folders that it links to are the project's own.
        return frozenset(inside if tree.form == "hidden-package-lock" else ())
    return frozenset(filter(_workspaces(tree.project.get("workspaces")), inside))


def _workspaces(value: object) -> Callable[[str], bool]:
    """Whether a folder is a workspace member by `workspaces` of a package.json; later patterns outdo earlier ones."""
    patterns = value.get("packages") if isinstance(value, dict) else value
    rules: list[tuple[bool, re.Pattern[str]]] = []
    for pattern in patterns if isinstance(patterns, list) else ():
        if isinstance(pattern, str):
            wanted, glob = not pattern.startswith("!"), posixpath.normpath(pattern.lstrip("!").removeprefix("./"))
            rules.append((wanted, re.compile(_glob(glob))))

    def matches(folder: str) -> bool:
        found = [wanted for wanted, rule in rules if rule.fullmatch(folder)]
        return bool(found) and found[-1]

    return matches


def _glob(pattern: str) -> str:
    steps = []
    for step in pattern.split("/"):
        if step == "**":
            steps.append(r"(?:[^/]+/)*")
            continue
        text = re.escape(step).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
        text = re.sub(r"\\\{([^{}]*)\\\}", lambda m: "(?:" + m[1].replace(",", "|") + ")", text)
        steps.append(text + "/")
    whole = "".join(steps)
    return whole.removesuffix("/") if whole.endswith("/") else whole + "[^/]+"


class _Lookup:
    """Finds what a place needs, and remembers what it did not find."""

    def __init__(self, tree: _Tree) -> None:
        self._tree = tree
        self._hosts = {place.rpartition(MODULES)[0] for place in tree.entries if MODULES in place}
        self._outer: dict[str, list[str]] = {}
        self.edges: list[tuple[str, str, EdgeKind]] = []
        """From place to place."""
        self.remote: dict[str, ReleaseKind] = {}
        """Places that somebody asks for by address and not by range."""
        self._missing: set[str] = set()
        self._unmet: set[str] = set()

    def follow(self, place: str, asked: Sequence[Asked]) -> None:
        """Adds the edges to what `place` asks for."""
        entries, edges, typed = self._tree.entries, self.edges, self._tree.typed
        folders = self._folders(place)
        for name, spec, kind in asked:
            for folder in folders:
                target = entries.get(folder + name)
                if target is not None:
                    break
            else:
                self._not_found(place, name, kind)
                continue
            if target.link is not None:
                target = entries[target.link]
            if isinstance(spec, str) and (":" in spec or "/" in spec):
                self._note_address(target.place, spec)
            if not typed and kind == "runtime" and self._only_optional(place, target):
                edges.append((place, target.place, "optional"))
            else:
                edges.append((place, target.place, kind))

    def _folders(self, place: str) -> list[str]:
        """The node_modules folders to search from `place`, innermost first."""
        above, found, _ = place.rpartition(MODULES)
        if not found:
            return [folder + MODULES for folder in outwards(place) if folder in self._hosts]
        outer = self._outer.get(above)
        if outer is None:
            outer = [folder + MODULES for folder in outwards(above.removesuffix("/")) if folder in self._hosts]
            self._outer[above] = outer
        own = place + "/"
        return [own + MODULES, *outer] if own in self._hosts else outer

    def _only_optional(self, place: str, target: _Entry) -> bool:
        """Version 1 marks what only optional dependencies reach; where the dependent is not so marked, the edge is."""
        return bool(target.data.get("optional")) and place != "" and not self._tree.entries[place].data.get("optional")

    def _note_address(self, place: str, spec: str) -> None:
        kind = _address_kind(spec)
        if kind in ("git", "url"):
            self.remote[place] = kind

    def _not_found(self, place: str, name: str, kind: EdgeKind) -> None:
        who = self._tree.entries[place].name if place else "the project"
        if kind == "peer":
            self._unmet.add(f"{name} (for {who})")
        elif kind != "optional":
            self._missing.add(f"{name} (for {who})")

    def problems(self) -> Iterator[Problem]:
        path = self._tree.path
        if self._missing:
            yield Problem("missing-dependency", "warning", f"not in the lockfile: {_some(self._missing)}", path)
        if self._unmet:
            yield Problem("unmet-peer", "info", f"peer dependencies that nothing provides: {_some(self._unmet)}", path)


def _asked(data: Object, *, root: bool) -> list[Asked]:
    """What a manifest or entry asks for, each name once: optional outdoes runtime, which outdoes peer and dev."""
    runtime, optional, peer = data.get("dependencies"), data.get("optionalDependencies"), data.get("peerDependencies")
    if not optional and not peer and not root:
        return [(name, spec, "runtime") for name, spec in runtime.items()] if isinstance(runtime, dict) else []
    kinds: dict[str, Asked] = {}
    if root:
        kinds.update((n, (n, s, "dev")) for n, s in (_object(data.get("devDependencies")) or {}).items())
    meta = _object(data.get("peerDependenciesMeta")) or {}
    for name, spec in (_object(peer) or {}).items():
        if not root or name not in kinds:
            spare = (_object(meta.get(name)) or {}).get("optional") is True
            kinds[name] = (name, spec, "optional" if spare else "peer")
    kinds.update((n, (n, s, "runtime")) for n, s in (_object(runtime) or {}).items())
    kinds.update((n, (n, s, "optional")) for n, s in (_object(optional) or {}).items())
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


def _release(
    name: str, copies: Sequence[tuple[_Entry, ReleaseKind, str | None]], lines: Mapping[str, int | None]
) -> Release:
    """One release from all its copies in the tree."""
    entry, kind, source = copies[0]
    data = entry.data
    integrity, line, bundled = data.get("integrity"), lines.get(entry.place), bool(data.get("inBundle"))
    hashes = tuple(integrity.split()) if isinstance(integrity, str) else ()
    if len(copies) > 1:
        every = [str(e.data["integrity"]) for e, _, _ in copies if isinstance(e.data.get("integrity"), str)]
        hashes = tuple({h: None for text in every for h in text.split()})
        line = min((at for e, _, _ in copies if (at := lines.get(e.place))), default=None)
        bundled = all(e.data.get("inBundle") for e, _, _ in copies)
        source = next((s for _, _, s in copies if s), None)
    if len(hashes) > 1:
        hashes = tuple(sorted(hashes))
    return Release(name, "npm", entry.name, entry.version, kind, line, hashes, source, bundled)


def _origin(entry: _Entry, asked: ReleaseKind | None, *, linked: bool) -> tuple[ReleaseKind, str | None]:
    """What kind of release an entry is, and where it comes from."""
    resolved = entry.data.get("resolved")
    source = without_credentials(resolved) if isinstance(resolved, str) and resolved else None
    if linked or entry.kind == "link" or MODULES not in entry.place:
        return "link", entry.place
    if entry.kind is not None:
        return entry.kind, source
    if source is None:
        return asked or "registry", None
    if source.startswith(_WEB):
        return asked or "registry", source
    return _address_kind(source) or "registry", source.removeprefix("file:")


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
            hints[name] = "dev" if data.get("dev") else "optional" if data.get("optional") else "runtime"
    return hints


# -- small things ----------------------------------------------------------------------------------------------------


def _address_kind(spec: str) -> ReleaseKind | None:
    """What kind of release a dependency's spec asks for, if it is an address; None for a range, tag or alias."""
    if spec.startswith(_GIT) or (spec.startswith(("ssh://", *_WEB)) and spec.partition("#")[0].endswith(".git")):
        return "git"
    if spec.startswith(_WEB):
        return "url"
    if spec.startswith(("file:", "./", "../", "/", "~/")):
        return "file" if spec.endswith(_ARCHIVES) else "link"
    if re.match(r"[\w.-]+/[\w.-]+(#.*)?\Z", spec):
        return "git"
    return None


def _is_version(text: str) -> bool:
    return text[:1].isdigit() or (text[:1] in ("v", "=") and text[1:2].isdigit())


def _object(value: object) -> Object | None:
    return value if isinstance(value, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _some(cases: Iterable[str]) -> str:
    every = sorted(cases)
    more = f" and {len(every) - _MAX_NAMED} more" if len(every) > _MAX_NAMED else ""
    return ", ".join(every[:_MAX_NAMED]) + more
