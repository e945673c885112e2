"""Reads poetry.lock of every age: of poetry 0.x without a lock version, and of lock versions 1.x and 2.x."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from depfrag import decode, markers, poetryspec, pyproject
from depfrag.errors import LockfileError
from depfrag.identity import python_name, release_ids, without_credentials
from depfrag.markers import both, either
from depfrag.missing import Missing
from depfrag.model import Dependency, Lockfile, Problem, Release, Root
from depfrag.poetrychoice import Choice, Package
from depfrag.shapes import list_of, table_of, text_of, texts_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from depfrag.model import EdgeKind, ReleaseKind
    from depfrag.protocols import Files
    from depfrag.pyproject import Need

    Object = Mapping[str, Any]

_KINDS: Mapping[str, ReleaseKind] = {
    "git": "git", "url": "url", "file": "file", "directory": "link", "hg": "url", "svn": "url",
}  # fmt: skip
_UNLOCKED = frozenset(("setuptools", "distribute", "pip", "wheel"))
"""What poetry leaves out of a lockfile, or did so once, as it does with the project itself."""
_MAX_EDGES = 100_000
_MAX_PYTHONS = 2**18
"""Characters of the constraints that dependencies have on Python: a second or two."""


class PoetryLock:
    """The reader of poetry.lock."""

    def parse(self, path: str, data: bytes, files: Files) -> Lockfile:
        content = decode.text(path, data)
        table = decode.toml_table(path, content)
        metadata = table_of(table.get("metadata"))
        form = _format(path, table, metadata)
        packages = _packages(path, table, content)
        manifest, problems = pyproject.read(path, files)
        if manifest and _is_outdated(manifest.table, metadata.get("content-hash")):
            text = "pyproject.toml has changed since poetry.lock was made from it; run poetry lock again"
            problems = (*problems, Problem("outdated", "warning", text, path))
        graph = _Graph(path, packages, text_of(metadata.get("python-versions")), manifest.name if manifest else None)
        known = manifest is not None and manifest.complete
        graph.follow(manifest.needs if manifest else _extras_of(table), known=known)
        return Lockfile(
            path=path,
            format=form,
            roots=(Root("root:.", manifest.name if manifest else None, "."),),
            releases=_releases(packages, graph.ids),
            dependencies=graph.dependencies(),
            problems=(*problems, *graph.missing.problems()),
            direct_known=known or not packages,
            hints={} if known else _hints(packages, graph.ids),
        )


PARSER = PoetryLock()


def _format(path: str, table: Object, metadata: Object) -> str:
    if not metadata and not isinstance(table.get("package"), list):
        raise LockfileError(path, "this TOML file is no poetry.lock: it has neither 'package' nor 'metadata'")
    version = metadata.get("lock-version", "1.0")
    major = re.match(r"[12](?=\.|\Z)", version) if isinstance(version, str) else None
    if major is None:
        shown = repr(version)[:40]
        raise LockfileError(path, f"lock-version is {shown}; known are 1 and 2", hint="is there a newer depfrag?")
    return f"poetry-lock-v{major[0]}"


# -- from tables to packages -----------------------------------------------------------------------------------------


def _packages(path: str, table: Object, content: str) -> list[Package]:
    tables = table.get("package", [])
    if not isinstance(tables, list):
        raise LockfileError(path, "not an array of tables", where="package")
    entries = list(zip(tables, decode.array_lines(content, "package", len(tables)), strict=True))
    for i, (entry, line) in enumerate(entries):
        if not isinstance(entry, dict) or not text_of(entry.get("name")):
            raise LockfileError(path, "a package without a name", where=line or f"package[{i}]")
    dependencies = (table_of(entry.get("dependencies")) for entry in tables)
    if sum(len(item) for each in dependencies for item in _pythons(each)) > _MAX_PYTHONS:
        raise LockfileError(path, "more constraints on Python than any project has", where="dependencies")
    listed = _Listed(table_of(table.get("metadata")), [python_name(entry["name"]) for entry in tables])
    return [_package(entry, line, listed) for entry, line in entries]


def _package(entry: Object, line: int | None, listed: _Listed) -> Package:
    name, version = python_name(entry["name"]), text_of(entry.get("version"))
    kind, source, index = _source(table_of(entry.get("source")))
    category, groups = text_of(entry.get("category")), texts_of(entry.get("groups"))
    return Package(
        name,
        version,
        kind,
        source,
        index,
        _marker(entry, groups),
        text_of(entry.get("python-versions")),
        entry.get("optional") is True,
        frozenset(groups or ([category] if category else [])),
        listed.hashes(entry, name, version),
        line,
        tuple(_needs(table_of(entry.get("dependencies")))),
        {python_name(extra): _extra(asked) for extra, asked in table_of(entry.get("extras")).items()},
    )


def _source(table: Object) -> tuple[ReleaseKind, str | None, str]:
    """What kind of release it is, where it comes from, and the name of its index."""
    url, commit = text_of(table.get("url")), text_of(table.get("resolved_reference"))
    reference = text_of(table.get("reference"))
    kind = _KINDS.get(str(table.get("type")), "registry")
    source = without_credentials(url) if url else None
    if kind == "git" and source:
        # Before lock version 1.1 the reference was the commit.
        return kind, f"{source}#{commit or reference}" if commit or reference else source, ""
    return kind, source, (reference or "").lower() or ("pypi" if kind == "registry" else "")


def _marker(entry: Object, groups: Sequence[str]) -> str | None:
    """The environments that any of the package's groups needs it in; poetry 0.x called them otherwise."""
    marker = entry.get("markers", entry.get("marker"))
    if isinstance(marker, dict):
        return either(text_of(marker.get(group)) for group in groups)
    return text_of(marker)


def _pythons(table: Object) -> Iterator[str]:
    """The constraints on Python of dependencies; poetry 0.x and 1.0 wrote them by themselves and not as markers."""
    for value in table.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict) and (python := text_of(item.get("python"))):
                yield python


def _needs(table: Object) -> Iterator[Need]:
    for name, value in table.items():
        for item in value if isinstance(value, list) else [value]:
            optional = table_of(item).get("optional") is True
            for need in pyproject.poetry_needs(name, item, "extra" if optional else "runtime"):
                is_extra = optional or (need.condition and not markers.given(need.condition, ())[0])
                yield need._replace(kind="extra") if is_extra else need


def _extra(asked: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Names and extras of what an extra needs; its requirements may be as poetry once wrote them: ``a[b] (>=1)``."""
    found = []
    for text in texts_of(asked):
        match = re.match(r"\s*+([A-Za-z0-9._-]++)\s*+(?:\[([^\]]*+)\])?", text)
        if match:
            extras = tuple(python_name(e.strip()) for e in (match[2] or "").split(",") if e.strip())
            found.append((python_name(match[1]), extras))
    return tuple(found)


class _Listed:
    """Hashes of files, which lockfiles before 1.5 of poetry list for all packages in one place."""

    def __init__(self, metadata: Object, names: Sequence[str]) -> None:
        self._files = {python_name(name): files for name, files in table_of(metadata.get("files")).items()}
        self._hashes = {python_name(name): hashes for name, hashes in table_of(metadata.get("hashes")).items()}
        self._several = {name for name, count in Counter(names).items() if count > 1}

    def hashes(self, entry: Object, name: str, version: str | None) -> frozenset[str]:
        files = entry.get("files", self._files.get(name))
        held = [file for file in list_of(files) if text_of(table_of(file).get("hash"))]
        if "files" not in entry and name in self._several:
            # The files of all versions stand together, with nothing but their names to tell them apart.
            held = [file for file in held if _is_of(text_of(file.get("file")) or "", version)]
        old = (text if ":" in text else f"sha256:{text}" for text in texts_of(self._hashes.get(name)))
        return frozenset(file["hash"] for file in held).union(old)


def _is_of(file: str, version: str | None) -> bool:
    from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
    from packaging.version import InvalidVersion, Version

    try:
        found = parse_wheel_filename(file)[1] if file.endswith(".whl") else parse_sdist_filename(file)[1]
        return version is not None and found == Version(version)
    except (InvalidSdistFilename, InvalidWheelFilename, InvalidVersion, ValueError):
        return version is not None and version in file


# -- from packages to a graph ----------------------------------------------------------------------------------------


class _Graph:
    """Collects edges; an extra counts once something asks for it, and every extra of the project does."""

    def __init__(self, path: str, packages: Sequence[Package], python: str | None, project: str | None) -> None:
        self._path, self._packages = path, packages
        self._left_out = {*_UNLOCKED, *([python_name(project)] if project else [])}
        self.ids = release_ids("pypi", [(p.name, p.version, p.kind, p.source) for p in packages])
        self._copies: dict[str, list[int]] = {}
        """Numbers of the entries of each release; of some, poetry once wrote one entry with extras and one without."""
        for i, known in enumerate(self.ids):
            self._copies.setdefault(known, []).append(i)
        self._choice = Choice(packages, [copies[0] for copies in self._copies.values()])
        self._python = poetryspec.python_marker(python) if python else None
        self._overlaps = self._choice.overlaps
        self._conditions: dict[tuple[str, str, EdgeKind], set[str | None]] = {}
        self._asked: set[tuple[int, str]] = set()
        self._todo: list[tuple[int, str]] = []
        self.missing = Missing(path)
        self._steps = 0

    def follow(self, needs: Sequence[Need], *, known: bool) -> None:
        """Adds what the project needs and what its packages need.

        Where what the project needs is not `known`, nor are the extras that it asks for: any that are locked count.
        """
        self._add(None, needs)
        self._decide()
        for i, package in enumerate(self._packages):
            self._add(i, [need for need in package.needs if need.kind != "extra"])
            if not known:
                self._add(i, _stripped(package.needs, None), spare=True)
        by_name: dict[int, dict[str, list[Need]]] = {}
        while self._todo:
            i, extra = self._todo.pop()
            package = self._packages[i]
            optional = by_name.get(i)
            if optional is None:
                optional = by_name[i] = {}
                for need in package.needs:
                    if need.kind == "extra":
                        optional.setdefault(need.name, []).append(need)
            for name, extras in package.extras.get(extra, ()):
                if name == package.name:
                    self._ask(i, extras)
                    continue
                self._add(i, _stripped(optional.get(name, ()), (extra,)), spare=True)

    def _decide(self) -> None:
        conditions: dict[str, set[str | None]] = {}
        for (_, known, _), held in self._conditions.items():
            conditions.setdefault(known, set()).update(held)
        self._choice.decided = {
            self._copies[known][0]: either(held)
            for known, held in conditions.items()
            if self._packages[self._copies[known][0]].marker is None
        }

    def _add(self, number: int | None, needs: Sequence[Need], *, spare: bool = False) -> None:
        """Adds the edges to what a package, or the project where `number` is None, asks for.

        No edge is what no environment of the project asks for. Of what is `spare`, nothing is missing.
        """
        package = None if number is None else self._packages[number]
        dependent = "root:." if number is None else self.ids[number]
        line, where, there = None, self._python, self._python
        if package:
            line, where = package.line, both(package.marker, where)
            there = both(self._choice.environments(package), there)
        sources = {need.name for need in needs if need.release != "registry"}
        for need in needs:
            may_hold = self._overlaps(need.condition, where)
            found = self._choice(need, there, elsewhere=need.name in sources) if may_hold else ()
            self._steps += max(1, len(found))
            if self._steps > _MAX_EDGES:
                raise LockfileError(self._path, f"more than {_MAX_EDGES:,} dependencies", where=line)
            if may_hold and not found and not spare and need.name not in self._left_out:
                self.missing.add(need.name, dependent.removeprefix("pypi:") if package else None, need.kind, line)
            for i, condition in found:
                if self.ids[i] != dependent:
                    self._conditions.setdefault((dependent, self.ids[i], need.kind), set()).add(condition)
                for copy in self._copies[self.ids[i]]:
                    self._ask(copy, need.extras)

    def _ask(self, package: int, extras: Sequence[str]) -> None:
        for extra in extras:
            if (package, extra) not in self._asked:
                self._asked.add((package, extra))
                self._todo.append((package, extra))

    def dependencies(self) -> tuple[Dependency, ...]:
        edges = (Dependency(*edge, either(conditions)) for edge, conditions in self._conditions.items())
        return tuple(sorted(edges, key=lambda d: d[:3]))


def _stripped(needs: Sequence[Need], extras: Collection[str] | None) -> list[Need]:
    """Those of `needs` that `extras`, or any where that is None, ask for, without the extras in their markers."""
    found = []
    for need in needs:
        if need.kind == "extra":
            possible, condition = markers.given(need.condition, extras) if need.condition else (True, None)
            if possible:
                found.append(need._replace(condition=condition))
    return found


def _releases(packages: Sequence[Package], ids: Sequence[str]) -> tuple[Release, ...]:
    releases: dict[str, Release] = {}
    for package, known in zip(packages, ids, strict=True):
        hashes = package.hashes.union(releases[known].hashes if known in releases else ())
        line = releases[known].line if known in releases else package.line
        releases[known] = Release(
            known, "pypi", package.name, package.version, package.kind, line, tuple(sorted(hashes)), package.source
        )
    return tuple(releases[name] for name in sorted(releases))


# -- the project -----------------------------------------------------------------------------------------------------


def _extras_of(table: Object) -> list[Need]:
    """What the project's extras need, as the lockfile lists it."""
    return [
        pyproject.Need(python_name(name), "extra", python_name(extra), condition=f"extra == '{python_name(extra)}'")
        for extra, names in table_of(table.get("extras")).items()
        for name in texts_of(names)
    ]


def _hints(packages: Sequence[Package], ids: Sequence[str]) -> dict[str, EdgeKind]:
    hints: dict[str, EdgeKind] = {}
    for package, known in zip(packages, ids, strict=True):
        if package.groups and "main" not in package.groups:
            hints[known] = "dev"
        elif package.optional:
            hints[known] = "optional"
    return hints


def _is_outdated(table: Object, known: object) -> bool:
    """Whether the manifest is not the one that the lockfile with the content hash `known` was made from."""
    if not isinstance(known, str):
        return False
    from hashlib import sha256

    try:
        contents = [json.dumps(content, sort_keys=True).encode() for content in _relevant(table)]
    except (TypeError, ValueError, RecursionError):
        return False
    return all(sha256(content).hexdigest() != known for content in contents)


def _relevant(table: Object) -> Iterator[Object]:
    """The parts of a manifest that the content hash is made of: as in poetry 0.x and 1.x, 2.0, and since 2.3."""
    poetry, project = table_of(table_of(table.get("tool")).get("poetry")), table_of(table.get("project"))
    legacy: dict[str, object] = {
        key: poetry.get(key) for key in ("dependencies", "source", "extras", "dev-dependencies")
    }
    if "group" in poetry:
        legacy["group"] = poetry["group"]
    yield legacy
    held = {key: project[key] for key in ("requires-python", "dependencies", "optional-dependencies") if key in project}
    own = {key: value for key, value in legacy.items() if value is not None}
    content: dict[str, object] = {"project": held} if held else {}
    if held:
        yield {**content, "tool": {"poetry": own}}
    if groups := table.get("dependency-groups"):
        yield {**content, "dependency-groups": groups, "tool": {"poetry": own}}
