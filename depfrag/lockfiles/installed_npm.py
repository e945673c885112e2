"""Reads a node_modules folder as it is on disk, whoever made it: npm, yarn, pnpm, bun.

A package is what a folder's package.json says, and needs what Node.js would find for it: from its real place, links
followed, outwards from folder to folder, above the project's own too.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any, NamedTuple

from depfrag import decode, npmspec, packagejson
from depfrag.errors import LockfileError
from depfrag.identity import release_ids, without_credentials
from depfrag.missing import Missing
from depfrag.model import Dependency, Lockfile, Problem, Release, Root
from depfrag.packagejson import section, text
from depfrag.places import MODULES, name_of, outwards

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depfrag.model import EdgeKind, ReleaseKind
    from depfrag.protocols import Files

    Object = Mapping[str, Any]
    Asked = tuple[str, object, EdgeKind]
    """A dependency as a manifest asks for it: name, range or address, kind."""

_STORES = (".pnpm", ".store", ".bun")
"""Folders in which pnpm, npm's and yarn's linked layouts and bun keep each package with links to what it needs."""
_MAX_NAMES = 1_000_000
"""Looked at in all folders together."""
_MAX_BYTES = 512 * 1024 * 1024
"""Of all package.json files together."""
_MAX_PLACE = 4096
"""Characters of a place: no path may be longer where files are."""
_MAX_ABOVE = 12
"""Folders above the project's that are searched for what it does not have itself."""
_MAX_NAMED = 5
_MAX_SHOWN = 160


class _Entry(NamedTuple):
    """A package and the folder that it lies in."""

    place: str
    """Relative to the project, links followed; "" is the project itself."""
    name: str
    version: str | None
    manifest: Mapping[str, Any]


class InstalledNpm:
    """The reader of node_modules folders."""

    def parse(self, path: str, data: bytes, files: Files) -> Lockfile:
        manifest, problems = packagejson.of_project(path, files)
        disk = _Disk(path, files, manifest)
        members = _members(disk, files, manifest)
        top = posixpath.basename(path)
        disk.walk(top)
        tree = _Tree(disk, members, _noted(files, top))
        tree.follow()
        releases = tree.releases()
        if not releases and not members:
            raise LockfileError(path, "no package is installed here")
        return Lockfile(
            path=path,
            format="node_modules",
            roots=tree.roots(),
            releases=releases,
            dependencies=tree.dependencies(),
            problems=(*problems, *disk.problems(), *tree.missing.problems()),
            direct_known=manifest is not None,
        )


PARSER = InstalledNpm()


# -- what lies where -------------------------------------------------------------------------------------------------


class _Disk:
    """Looks into folders, each once, and remembers the packages."""

    def __init__(self, path: str, files: Files, project: Object | None) -> None:
        self.path, self._files, self._left, self._room = path, files, _MAX_NAMES, _MAX_BYTES
        self._listed: dict[str, frozenset[str]] = {}
        self._real: dict[str, str] = {}
        self._entries: dict[str, _Entry | None] = {"": None}
        if project is not None:
            self._entries[""] = _Entry("", text(project, "name") or "", text(project, "version"), project)
        self._unread: list[str] = []

    def names(self, folder: str) -> frozenset[str]:
        """What is in a folder."""
        known = self._listed.get(folder)
        if known is None:
            try:
                known = frozenset(self._files.names(folder))
            except LockfileError as error:
                self._unread.append(str(error))
                known = frozenset()
            self._left -= len(known) + 1
            if self._left < 0:
                raise LockfileError(self.path, f"more than {_MAX_NAMES:,} files and folders to look at")
            self._listed[folder] = known
        return known

    def real(self, place: str) -> str:
        """Where a place leads to, if it is a link; else the place itself."""
        known = self._real.get(place)
        if known is None:
            found = self._files.link(place)
            known = self._real[place] = place if found is None else "" if found == "." else found
        return known

    def entry(self, place: str) -> _Entry | None:
        """The package in a folder, which is no link; None where there is none."""
        if place not in self._entries:
            self._entries[place] = self._read(place) if len(place) <= _MAX_PLACE else None
        return self._entries[place]

    def _read(self, place: str) -> _Entry | None:
        name = f"{place}/package.json"
        manifest: Object = {}
        try:
            data = self._files.read(name)
            if data is None:
                return None
            self._room -= len(data)
            manifest = decode.json_table(name, decode.text(name, data))
        except LockfileError as error:
            if self._files.link(place) is not None:  # links that lead round in a circle
                return None
            self._unread.append(str(error))
        if self._room < 0:
            raise LockfileError(self.path, f"more than {_MAX_BYTES // 2**20} MiB of package.json files")
        return _Entry(place, text(manifest, "name") or name_of(place), text(manifest, "version"), manifest)

    def entries(self) -> list[_Entry]:
        """The packages that were found so far, by their places."""
        return [entry for _, entry in sorted(self._entries.items()) if entry is not None]

    def walk(self, top: str) -> None:
        """Finds the packages in the node_modules folder `top`, in those inside it and in stores of linked layouts."""
        todo = [self.real(top)]
        seen = {"", *todo}
        for modules in todo:
            for place in self._places(modules):
                if place in seen:
                    continue
                seen.add(place)
                if place.endswith("/node_modules"):
                    todo.append(place)
                elif self.entry(place) is not None and (inner := self.real(f"{place}/node_modules")) not in seen:
                    seen.add(inner)
                    todo.append(inner)

    def _places(self, modules: str) -> Iterator[str]:
        """Where the packages in a node_modules folder really are, and the node_modules folders of its stores."""
        for name in sorted(self.names(modules)):
            place = self.real(_join(modules, name)) if name[0] != "." or name in _STORES else ""
            if name[0] == "@":
                yield from (self.real(_join(place, inner)) for inner in sorted(self.names(place)))
            elif name[0] != ".":
                yield place
            elif place:
                yield from (self.real(_join(place, f"{inner}/node_modules")) for inner in sorted(self.names(place)))

    def find(self, folders: Sequence[str], name: str) -> _Entry | None:
        """What Node.js finds under a name that looks into the node_modules of each of `folders`."""
        scope, is_scoped, inner = name.partition("/")
        if is_scoped and not scope.startswith("@"):
            return None
        for folder in folders:
            inside, last = self.real(folder + "node_modules"), scope
            if is_scoped:
                if scope not in self.names(inside):
                    continue
                inside, last = self.real(_join(inside, scope)), inner
            if last in self.names(inside) and (entry := self.entry(self.real(_join(inside, last)))):
                return entry
        return None

    def problems(self) -> Iterator[Problem]:
        """What could not be read, as one problem."""
        if self._unread:
            more = f" and {len(self._unread) - _MAX_NAMED} more" if len(self._unread) > _MAX_NAMED else ""
            shown = "; ".join(text[:_MAX_SHOWN] for text in self._unread[:_MAX_NAMED])
            yield Problem("unreadable", "warning", f"some of it cannot be read: {shown}{more}", self.path)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _members(disk: _Disk, files: Files, manifest: Object | None) -> frozenset[str]:
    """Where the members of the project's workspace are."""
    patterns: object = (manifest or {}).get("workspaces")
    try:
        listed = files.read("pnpm-workspace.yaml")
        if listed is not None:
            from depfrag import yamltext

            name = "pnpm-workspace.yaml"
            (document,) = yamltext.documents(name, decode.text(name, listed)).documents
            patterns = document.get("packages") if isinstance(document, dict) else None
    except (LockfileError, ValueError):
        # It says nothing that can be used; what the project needs is known without it.
        patterns = None
    folders = {disk.real(folder) for folder in npmspec.workspace_folders(patterns, lambda f: sorted(disk.names(f)))}
    return frozenset(folder for folder in folders - {""} if disk.entry(folder) is not None)


def _noted(files: Files, top: str) -> Object:
    """What npm noted of each place when it installed: from where, and with which hash."""
    name = f"{top}/.package-lock.json"
    try:
        data = files.read(name)
        return {} if data is None else section(decode.json_table(name, decode.text(name, data)), "packages")
    except LockfileError:
        return {}


# -- what needs what -------------------------------------------------------------------------------------------------


class _Tree:
    """The packages of a tree, and the edges between them."""

    def __init__(self, disk: _Disk, members: frozenset[str], noted: Object) -> None:
        self._disk, self._members, self._noted = disk, members, noted
        self.missing = Missing(disk.path)
        self._edges: set[tuple[str, str, EdgeKind]] = set()
        """From place to place."""
        self._remote: dict[str, ReleaseKind] = {}
        """Places that somebody asks for by address and not by range."""
        self._ids: dict[str, str] = {}
        """Of releases and roots, by place."""

    def follow(self) -> None:
        """Looks up what every package asks for, and what those need that are only found so."""
        todo = self._disk.entries()
        seen = {entry.place for entry in todo}
        for entry in todo:
            folders = _folders(entry.place)
            is_root = not entry.place or entry.place in self._members
            for name, spec, kind in _asked(entry.manifest, root=is_root):
                target = self._disk.find(folders, name)
                if target is None:
                    self.missing.add(name, entry.name if entry.place else None, kind, None)
                    continue
                self._edges.add((entry.place, target.place, kind))
                self._note_address(target, spec)
                if target.place not in seen:
                    seen.add(target.place)
                    todo.append(target)
        self._name()

    def _note_address(self, target: _Entry, spec: object) -> None:
        kind = npmspec.address_kind(spec) if isinstance(spec, str) and (":" in spec or "/" in spec) else None
        if kind == "git" or (kind == "url" and not npmspec.is_listed(target.name, target.version, str(spec))):
            self._remote[target.place] = kind

    def _name(self) -> None:
        held = [e for e in self._disk.entries() if e.place and e.place not in self._members]
        origins = [self._origin(e) for e in held]
        ids = release_ids("npm", [(e.name, e.version, *origin) for e, origin in zip(held, origins, strict=True)])
        self._ids = {e.place: known for e, known in zip(held, ids, strict=True)}
        self._ids.update((root.path, root.id) for root in self.roots())
        self._ids[""] = "root:."

    def _origin(self, entry: _Entry) -> tuple[ReleaseKind, str | None]:
        """What kind of release a package is, and where it comes from."""
        if MODULES not in entry.place:
            return "link", entry.place
        source = self._said(entry, "resolved")
        kind = npmspec.address_kind(source) if source and not source.startswith(npmspec.WEB) else None
        if kind is not None:
            return "file" if kind == "link" else kind, (source or "").removeprefix("file:")
        return self._remote.get(entry.place, "registry"), source

    def _said(self, entry: _Entry, key: str) -> str | None:
        """What npm noted when it installed a package; up to npm 6 it did so in the package's own manifest."""
        noted = section(self._noted, entry.place)
        said = text(noted, key) if noted.get("version") == entry.version else None
        said = said or text(entry.manifest, f"_{key}")
        return without_credentials(said) if said else None

    def roots(self) -> tuple[Root, ...]:
        project = self._disk.entry("")
        members = [entry for place in sorted(self._members) if (entry := self._disk.entry(place))]
        top = Root("root:.", project.name or None if project else None, ".")
        return (top, *(Root(f"root:{entry.place}", entry.name, entry.place) for entry in members))

    def releases(self) -> tuple[Release, ...]:
        """The releases, copies of one merged."""
        releases: dict[str, Release] = {}
        for entry in self._disk.entries():
            name = self._ids[entry.place]
            if name.startswith("root:"):
                continue
            kind, source = self._origin(entry)
            hashes = frozenset((self._said(entry, "integrity") or "").split())
            bundled = self._is_bundled(entry.place)
            if name in releases:
                known = releases[name]
                hashes, source, bundled = hashes.union(known.hashes), known.source or source, bundled and known.bundled
            version = entry.version
            releases[name] = Release(
                name, "npm", entry.name, version, kind, None, tuple(sorted(hashes)), source, bundled
            )
        return tuple(releases[name] for name in sorted(releases))

    def _is_bundled(self, place: str) -> bool:
        """Whether a package came in the archive of one that it lies in."""
        above, found, name = place.rpartition(f"/{MODULES}")
        while found:
            outer = self._disk.entry(above)
            listed = (
                outer.manifest.get("bundleDependencies", outer.manifest.get("bundledDependencies")) if outer else ()
            )
            if listed is True or (isinstance(listed, list) and name in listed):
                return True
            above, found, name = above.rpartition(f"/{MODULES}")
        return False

    def dependencies(self) -> tuple[Dependency, ...]:
        edges = {(self._ids[a], self._ids[b], kind) for a, b, kind in self._edges}
        return tuple(Dependency(*edge) for edge in sorted(edges) if edge[0] != edge[1])


def _folders(place: str) -> list[str]:
    """The folders whose node_modules Node.js searches from a place, innermost first, each with a slash at its end."""
    steps = place.split("/")
    outside = next((i for i, step in enumerate(steps) if step != ".."), len(steps))
    return [*outwards(place), *("../" * i for i in range(outside + 1, _MAX_ABOVE + 1))]


def _asked(manifest: Object, *, root: bool) -> list[Asked]:
    """What a manifest asks for, each name once: as in npm, dev outdoes optional, then runtime, then peer."""
    meta = section(manifest, "peerDependenciesMeta")
    kinds: dict[str, Asked] = {}
    for name, spec in section(manifest, "peerDependencies").items():
        kinds[name] = (name, spec, "optional" if section(meta, name).get("optional") else "peer")
    kinds.update((n, (n, s, "runtime")) for n, s in section(manifest, "dependencies").items())
    kinds.update((n, (n, s, "optional")) for n, s in section(manifest, "optionalDependencies").items())
    if root:
        kinds.update((n, (n, s, "dev")) for n, s in section(manifest, "devDependencies").items())
    return list(kinds.values())
