"""Reads the yarn.lock of yarn 2 and later (berry), of any metadata version.

The file maps descriptors to what they were resolved to, and says what each of these asks for; the members of the
workspace are among them. Three things stand outside of it: the project's ``resolutions``, the catalogs of
``.yarnrc.yml``, and in the manifests of the members which of their dependencies are for development.

What provides a peer is not said either: as in yarn it is what the dependent has under that name, the dependent itself
if it is called so, or what the dependent was provided with. A release has the peers of all its dependents together.

Left out are what yarn adds by lists of its own and by ``packageExtensions``, and the types of peers (``@types/x`` of
``x``) where nobody asks for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from depfrag import decode, packagejson, peers, yamltext, yarnspec
from depfrag.errors import LockfileError
from depfrag.identity import release_ids, without_credentials
from depfrag.missing import Missing
from depfrag.model import Dependency, Lockfile, Problem, Release, Root
from depfrag.packagejson import section, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depfrag.model import EdgeKind
    from depfrag.packagejson import Object
    from depfrag.protocols import Files

    Asked = tuple[str, str, EdgeKind]
    """A dependency: name, range, kind."""

_LOCAL = "0.0.0-use.local"
"""Written as the version of what has none in the file."""
_SETTINGS = ".yarnrc.yml"
_MAX_ENTRIES = 100_000
"""Forty times those of the largest files known."""
_MAX_ASKED = 500_000


class _Package(NamedTuple):
    """One entry: what was resolved, and what it asks for."""

    locator: str
    origin: yarnspec.Origin
    version: str | None
    table: Object
    line: int | None


class _Beside(NamedTuple):
    """What the files beside a lockfile say."""

    manifests: Mapping[str, Object]
    """Of the project (``.``) and of the members, by folder; those that are there."""
    resolutions: Mapping[str, Sequence[yarnspec.Resolution]]
    """By the name that is asked for."""
    catalogs: Mapping[str, Object]
    """By name; the one that has none is ""."""
    problems: tuple[Problem, ...]


def read(path: str, content: str, files: Files) -> Lockfile:
    """The lockfile at `path`, whose text is `content`. Raises LockfileError with file and place."""
    yaml = yamltext.documents(path, content, last_wins=True)
    table = yaml.documents[0] if yaml.documents else {}
    if table is None:
        table = {}
    if not isinstance(table, dict) or len(yaml.documents) > 1:
        raise LockfileError(path, "not one table of entries", where=1)
    if len(table) > _MAX_ENTRIES or sum(key.count(",") for key in table) > _MAX_ENTRIES:
        raise LockfileError(path, f"more than {_MAX_ENTRIES:,} entries or descriptors")
    packages: list[_Package] = []
    descriptors = _Descriptors()
    for key, entry in table.items():
        if key == "__metadata":
            continue
        locator = text(entry, "resolution") if isinstance(entry, dict) else None
        if locator is None:
            where = yaml.lines.get(id(entry)) or f"entry {len(packages) + 1}"
            raise LockfileError(path, "an entry without a resolution", where=where)
        for descriptor in key.split(","):
            descriptors.add(descriptor.strip(" "), len(packages))
        packages.append(_package(locator, entry, yaml.lines[id(entry)]))
    if sum(len(section(package.table, "dependencies")) for package in packages) > _MAX_ASKED:
        raise LockfileError(path, f"more than {_MAX_ASKED:,} dependencies")
    beside = _beside(path, packages, files)
    if "." in beside.manifests and all(p.origin.member != "." for p in packages):
        packages.append(_project(beside.manifests["."]))
    return _Graph(path, packages, descriptors, beside).lockfile()


def _package(locator: str, table: Object, line: int | None) -> _Package:
    version = text(table, "version")
    if version == _LOCAL:
        version = None
    elif version and "//" in version:
        version = without_credentials(version)
    return _Package(locator, yarnspec.origin(locator, version), version, table, line)


def _project(manifest: Object) -> _Package:
    """The project by its manifest, where the file has no entry for it."""
    parts = [section(manifest, name) for name in ("dependencies", "devDependencies", "optionalDependencies")]
    table = {
        "dependencies": {name: spec for part in parts for name, spec in part.items()},
        "dependenciesMeta": {name: {"optional": True} for name in parts[2]},
    }
    return _Package("project@workspace:.", yarnspec.Origin("project", "link", None, "."), None, table, None)


def _beside(path: str, packages: Sequence[_Package], files: Files) -> _Beside:
    project, problems = packagejson.of_project(path, files)
    manifests = {} if project is None else {".": project}
    unknown = 0
    for package in packages:
        folder = package.origin.member
        if folder is not None and folder not in manifests:
            manifest = _member(files, folder) if folder != "." else None
            if manifest is not None:
                manifests[folder] = manifest
            elif section(package.table, "dependencies"):
                unknown += 1
    if unknown:
        count = f"{unknown} of {sum(package.origin.member is not None for package in packages)} workspaces"
        reason = f"the package.json of {count} is not there: what they need for development counts as runtime"
        problems = (*problems, Problem("manifest", "info", reason, path))
    resolutions: dict[str, list[yarnspec.Resolution]] = {}
    for pattern, instead in section(project or {}, "resolutions").items():
        if isinstance(instead, str) and (found := yarnspec.resolution(pattern, instead)):
            resolutions.setdefault(found.name, []).append(found)
    try:
        catalogs = _catalogs(files)
    except LockfileError as error:
        catalogs = {}
        problems = (*problems, Problem("settings", "warning", f"yarn's settings cannot be read: {error}", path))
    return _Beside(manifests, resolutions, catalogs, problems)


def _member(files: Files, folder: str) -> Object | None:
    try:
        return packagejson.load(files, f"{folder}/")
    except LockfileError:
        return None


def _catalogs(files: Files) -> dict[str, Object]:
    data = files.read(_SETTINGS)
    if not data or not data.strip():
        return {}
    found = yamltext.documents(_SETTINGS, decode.text(_SETTINGS, data), last_wins=True).documents
    settings = found[0] if found and isinstance(found[0], dict) else {}
    named = section(settings, "catalogs")
    return {"": section(settings, "catalog"), **{name: section(named, name) for name in named}}


class _Descriptors:
    """Finds the package that a descriptor was resolved to."""

    def __init__(self) -> None:
        self._packages: dict[tuple[str, str], dict[str, int]] = {}
        """By name and range: the packages by the locator that the descriptor is bound to, "" where it is to none."""
        self._by_name: dict[str, set[int]] = {}

    def add(self, descriptor: str, package: int) -> None:
        name, spec = yarnspec.split(descriptor)
        spec, owner = yarnspec.bare(spec)
        self._packages.setdefault((name, spec), {})[owner] = package
        self._by_name.setdefault(name, set()).add(package)

    def find(self, name: str, spec: str, owner: str) -> int | None:
        """The package for what `owner`, a locator, asks for."""
        bound = self._packages.get((name, yarnspec.bare(spec)[0]))
        if bound is None:
            return None
        return bound.get(owner, bound.get("", next(iter(bound.values()))))

    def only(self, name: str) -> int | None:
        """The package under a name where there is but one."""
        packages = self._by_name.get(name, ())
        return next(iter(packages)) if len(packages) == 1 else None


class _Graph:
    """Puts a lockfile together."""

    def __init__(self, path: str, packages: Sequence[_Package], descriptors: _Descriptors, beside: _Beside) -> None:
        self._path, self._packages, self._descriptors, self._beside = path, packages, descriptors, beside
        ids = release_ids("npm", [(p.origin.name, p.version, p.origin.kind, p.origin.source) for p in packages])
        members = [p.origin.member for p in packages]
        self._nodes = [i if m is None else f"root:{m}" for m, i in zip(members, ids, strict=True)]
        self._missing = Missing(path)
        self._edges: dict[tuple[str, str, EdgeKind], set[str | None]] = {}
        """To the conditions under which each holds."""

    def lockfile(self) -> Lockfile:
        roots = {p.origin.member: self._root(p) for p in self._packages if p.origin.member is not None}
        self._follow()
        edges = sorted((edge, _condition(conditions)) for edge, conditions in self._edges.items())
        return Lockfile(
            path=self._path,
            format="yarn-berry",
            roots=tuple(sorted(roots.values(), key=lambda r: (r.path != ".", r.path))) or (Root("root:.", None, "."),),
            releases=self._releases(),
            dependencies=tuple(Dependency(*edge, condition) for edge, condition in edges),
            problems=(*self._beside.problems, *self._missing.problems()),
            direct_known=bool(roots),
        )

    def _root(self, package: _Package) -> Root:
        folder = package.origin.member or "."
        manifest = self._beside.manifests.get(folder)
        return Root(f"root:{folder}", package.origin.name if manifest is None else text(manifest, "name"), folder)

    def _follow(self) -> None:
        """Adds the edges to what each package asks for."""
        given: list[dict[str, int]] = []
        for number, package in enumerate(self._packages):
            manifest = self._beside.manifests.get(package.origin.member or "")
            found: dict[str, int] = {}
            for name, spec, kind in _asked(package.table, manifest):
                target = self._find(name, spec, package.locator)
                if target is None:
                    self._missing.add(name, self._who(package), kind, package.line)
                else:
                    found[name] = target
                    self._add(number, target, kind)
            given.append(found)
        self._follow_peers(given)

    def _find(self, name: str, spec: str, owner: str) -> int | None:
        """The package for what `owner` asks for, which the project may have given another meaning."""
        for resolution in self._beside.resolutions.get(name, ()):
            if resolution.holds(owner, spec):
                spec = resolution.instead
                break
        if spec.startswith("catalog:"):
            meant = self._beside.catalogs.get(spec[8:], {}).get(name)
            spec = meant if isinstance(meant, str) else spec
        target = self._descriptors.find(name, spec, owner)
        if target is None and ("." not in self._beside.manifests or spec.startswith("catalog:")):
            # Nothing says what else it may have been resolved to.
            target = self._descriptors.only(name)
        return target

    def _follow_peers(self, given: Sequence[Mapping[str, int]]) -> None:
        """Adds the edges to peers; `given` says what each package has of what it asks for, by name."""
        asked = [_peers(package.table) for package in self._packages]
        passed = [_with_types(wanted) for wanted in asked]
        providers = peers.Providers(self._path)
        for number, has in enumerate(given):
            providers.add(number, self._packages[number].origin.name, has, passed)
        providers.hand_on()
        for number, wanted in enumerate(asked):
            package = self._packages[number]
            for name, kind in wanted.items():
                targets = providers.found.get((number, name), ())
                for target in targets:
                    self._add(number, target, kind)
                if not targets and name not in given[number] and package.origin.member is None:
                    self._missing.add(name, package.origin.name, kind, package.line)

    def _add(self, dependent: int, dependency: int, kind: EdgeKind) -> None:
        a, b = self._nodes[dependent], self._nodes[dependency]
        if a != b:
            condition = text(self._packages[dependency].table, "conditions")
            self._edges.setdefault((a, b, kind), set()).add(condition)

    def _who(self, package: _Package) -> str | None:
        return None if package.origin.member == "." else package.origin.name

    def _releases(self) -> tuple[Release, ...]:
        """The releases, copies of one merged: what is patched and what is not, and what aliases stand for."""
        releases: dict[str, Release] = {}
        for node, package in zip(self._nodes, self._packages, strict=True):
            name, kind, source, member = package.origin
            if member is not None:
                continue
            checksum = text(package.table, "checksum")
            new = Release(
                node, "npm", name, package.version, kind, package.line, (checksum,) if checksum else (), source
            )
            known = releases.setdefault(node, new)
            if known is not new:
                hashes = tuple(sorted({*known.hashes, *new.hashes}))
                releases[node] = known._replace(hashes=hashes, source=known.source or source)
        return tuple(releases[name] for name in sorted(releases))


def _asked(table: Object, manifest: Object | None) -> Iterator[Asked]:
    """What an entry asks for; `manifest` is that of the member that it is and tells what is for development."""
    meta = section(table, "dependenciesMeta")
    dev = set(section(manifest or {}, "devDependencies"))
    dev.difference_update(*(section(manifest or {}, name) for name in ("dependencies", "optionalDependencies")))
    for name, spec in section(table, "dependencies").items():
        kind: EdgeKind = "optional" if _is_optional(meta, name) else "dev" if name in dev else "runtime"
        yield name, spec if isinstance(spec, str) else "", kind


def _peers(table: Object) -> dict[str, EdgeKind]:
    """The peers that an entry asks for; for one that is but said to be optional any version will do."""
    meta = section(table, "peerDependenciesMeta")
    names = dict.fromkeys((*section(table, "peerDependencies"), *meta))
    return {name: "optional" if _is_optional(meta, name) else "peer" for name in names}


def _with_types(asked: Mapping[str, EdgeKind]) -> list[str]:
    """The names of peers, and of their types: yarn passes those on whether or not a package asks for them."""
    names = dict.fromkeys(asked)
    for name in asked:
        if not name.startswith("@types/"):
            names["@types/" + name.removeprefix("@").replace("/", "__")] = None
    return list(names)


def _is_optional(meta: Object, name: str) -> bool:
    return section(meta, name).get("optional") in (True, "true")


def _condition(conditions: set[str | None]) -> str | None:
    """One condition for several, as yarn writes them."""
    if None in conditions:
        return None
    known = sorted(c for c in conditions if c)
    return known[0] if len(known) == 1 else " | ".join(f"({c})" for c in known)
