"""Reads uv.lock: projects, workspaces and scripts; markers and extras stay as conditions."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from depfrag import decode
from depfrag.errors import LockfileError
from depfrag.identity import python_name, release_ids, without_credentials
from depfrag.model import Dependency, Lockfile, Problem, Release, Root
from depfrag.shapes import list_of, table_of, tables_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from depfrag.model import EdgeKind, ReleaseKind
    from depfrag.protocols import Files

_SOURCES: Mapping[str, ReleaseKind] = {
    "registry": "registry", "git": "git", "url": "url", "path": "file",
    "directory": "link", "editable": "link", "virtual": "link",
}  # fmt: skip
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*(?:package|distribution)[ \t]*\]\]", re.MULTILINE)
_MAX_EDGES = 1_000_000
_MAX_NAMED = 5


class _Package(NamedTuple):
    """One ``[[package]]``."""

    name: str
    version: str | None
    kind: ReleaseKind
    source: str | None
    table: Mapping[str, Any]
    line: int | None


class UvLock:
    """The reader of uv.lock."""

    def parse(self, path: str, data: bytes, files: Files) -> Lockfile:
        content = decode.text(path, data)
        table = decode.toml_table(path, content)
        version = table.get("version", "missing")
        if type(version) is not int or version != 1:
            shown = repr(version)[:40]
            raise LockfileError(
                path, f"the version of this uv.lock is {shown}, not 1", hint="is there a newer depfrag?"
            )
        return _lockfile(path, table, _packages(path, table, content))


PARSER = UvLock()


def _packages(path: str, table: Mapping[str, Any], content: str) -> list[_Package]:
    tables = table.get("package", table.get("distribution", []))
    if not isinstance(tables, list):
        raise LockfileError(path, "not an array of tables", where="package")
    packages = []
    for i, (entry, line) in enumerate(zip(tables, _lines(content, len(tables)), strict=True)):
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise LockfileError(path, "a package without a name", where=line or f"package[{i}]")
        kind, source = _source(entry.get("source"))
        version = entry.get("version")
        name = python_name(entry["name"])
        packages.append(_Package(name, version if isinstance(version, str) else None, kind, source, entry, line))
    return packages


def _lines(content: str, count: int) -> list[int] | list[None]:
    """The lines of the packages; unknown where they are not written as tables of their own."""
    lines: list[int] = []
    at, line = 0, 1
    for match in _HEADER.finditer(content):
        line += content.count("\n", at, match.start())
        at = match.start()
        lines.append(line)
    return lines if len(lines) == count else [None] * count


def _source(value: object) -> tuple[ReleaseKind, str | None]:
    if isinstance(value, dict):
        for key, kind in _SOURCES.items():
            if isinstance(value.get(key), str):
                return kind, without_credentials(value[key])
    return "registry", None


def _lockfile(path: str, table: Mapping[str, Any], packages: Sequence[_Package]) -> Lockfile:
    manifest = table_of(table.get("manifest"))
    roots = _roots(manifest, packages)
    ids = _ids(packages, roots)
    graph = _Edges(path, packages, ids, set(roots))
    asked = [table_of(d) for d in list_of(manifest.get("requirements"))]
    groups = table_of(manifest.get("dependency-groups"))
    top = next((r for r in roots.values() if r.path == "."), None)
    named = list(roots.values())
    if top is None and (asked or groups or not roots):
        top = Root("root:.", None, ".")
        named.insert(0, top)
    if top is not None:
        graph.add(top.id, asked, "runtime", None)
        for group in groups.values():
            graph.add(top.id, [table_of(d) for d in list_of(group)], "dev", None)
    graph.follow()
    return Lockfile(
        path=path,
        format="uv-lock",
        roots=tuple(sorted({r.id: r for r in named}.values(), key=lambda r: r.path)),
        releases=_releases(packages, ids, set(roots)),
        dependencies=graph.dependencies(),
        problems=graph.problems(),
        direct_known=bool(roots or asked or groups or not packages),
    )


def _roots(manifest: Mapping[str, Any], packages: Sequence[_Package]) -> dict[int, Root]:
    """The packages that are the project itself or a member of its workspace."""
    members = {python_name(m) for m in list_of(manifest.get("members")) if isinstance(m, str)}
    roots = {}
    for i, p in enumerate(packages):
        folder = posixpath.normpath(p.source or ".")
        if p.kind == "link" and (p.name in members or folder == "."):
            roots[i] = Root("root:" + folder, p.name, folder)
    return roots


def _ids(packages: Sequence[_Package], roots: Mapping[int, Root]) -> list[str]:
    ids = release_ids("pypi", [(p.name, p.version, p.kind, p.source) for p in packages])
    return [roots[i].id if i in roots else name for i, name in enumerate(ids)]


class _Edges:
    """Collects edges; an extra counts once something asks for it, and every extra of a root does."""

    def __init__(self, path: str, packages: Sequence[_Package], ids: Sequence[str], roots: set[int]) -> None:
        self._path, self._packages, self._ids, self._roots = path, packages, ids, roots
        self._by_version: dict[tuple[str, str | None], list[int]] = {}
        """By name and version, and by name with any version as None."""
        for i, p in enumerate(packages):
            for version in {p.version, None}:
                self._by_version.setdefault((p.name, version), []).append(i)
        self._looked_at = 0
        self._conditions: dict[tuple[str, str, EdgeKind], set[str | None]] = {}
        self._asked: set[tuple[int, str]] = set()
        self._todo: list[tuple[int, str]] = []
        self._missing: dict[tuple[str, str], int | None] = {}
        """What is asked for and not there, and by whom, to the line of that one."""

    def add(
        self,
        dependent: str,
        asked: Sequence[Mapping[str, Any]],
        kind: EdgeKind,
        condition: str | None,
        line: int | None = None,
    ) -> None:
        """Adds the edges to what `dependent`, on `line`, asks for."""
        for wanted in asked:
            found = self._matches(wanted)
            if self._looked_at > _MAX_EDGES:
                raise LockfileError(self._path, f"more than {_MAX_EDGES:,} dependencies", where=line)
            if not found:
                self._missing.setdefault((str(wanted.get("name")), dependent.partition(":")[2]), line)
            marker = wanted.get("marker")
            terms = [t for t in (condition, marker) if isinstance(t, str) and t]
            joined = " and ".join(f"({t})" if " or " in t else t for t in terms) if len(terms) > 1 else "".join(terms)
            extras = [e for e in list_of(wanted.get("extra", wanted.get("extras"))) if isinstance(e, str)]
            for i in found:
                if self._ids[i] != dependent:
                    self._conditions.setdefault((dependent, self._ids[i], kind), set()).add(joined or None)
                if i not in self._roots or self._ids[i] != dependent:
                    self._ask(i, extras)

    def _ask(self, package: int, extras: Sequence[str]) -> None:
        for extra in extras:
            if (package, extra) not in self._asked:
                self._asked.add((package, extra))
                self._todo.append((package, extra))

    def _matches(self, wanted: Mapping[str, Any]) -> list[int]:
        name, version = wanted.get("name"), wanted.get("version")
        if not isinstance(name, str) or not isinstance(version, (str, type(None))):
            return []
        source = _source(wanted["source"]) if "source" in wanted else None
        alike = self._by_version.get((python_name(name), version), [])
        self._looked_at += len(alike) + 1
        if source is None:
            return alike
        return [i for i in alike if source == (self._packages[i].kind, self._packages[i].source)]

    def follow(self) -> None:
        """Adds what the packages themselves ask for."""
        for i, p in enumerate(self._packages):
            self.add(self._ids[i], tables_of(p.table.get("dependencies")), "runtime", None, p.line)
            if i in self._roots:
                for extra, asked in table_of(p.table.get("optional-dependencies")).items():
                    self.add(self._ids[i], tables_of(asked), "extra", f"extra == '{extra}'", p.line)
                for asked in table_of(p.table.get("dev-dependencies")).values():
                    self.add(self._ids[i], tables_of(asked), "dev", None, p.line)
        while self._todo:
            i, extra = self._todo.pop()
            p = self._packages[i]
            asked = tables_of(table_of(p.table.get("optional-dependencies")).get(extra))
            self.add(self._ids[i], asked, "extra", None, p.line)

    def problems(self) -> tuple[Problem, ...]:
        """What is asked for and not there, as one problem at the line of the first who asks."""
        if not self._missing:
            return ()
        named = ", ".join(f"{name} (for {who})" for name, who in sorted(self._missing)[:_MAX_NAMED])
        more = f" and {len(self._missing) - _MAX_NAMED} more" if len(self._missing) > _MAX_NAMED else ""
        line = min((line for line in self._missing.values() if line is not None), default=None)
        return (Problem("missing-dependency", "warning", f"not in the lockfile: {named}{more}", self._path, line),)

    def dependencies(self) -> tuple[Dependency, ...]:
        edges = []
        for (a, b, kind), conditions in self._conditions.items():
            always = None in conditions
            condition = None if always else " or ".join(sorted(c for c in conditions if c))
            edges.append(Dependency(a, b, kind, condition))
        return tuple(sorted(edges, key=lambda d: d[:3]))


def _releases(packages: Sequence[_Package], ids: Sequence[str], roots: set[int]) -> tuple[Release, ...]:
    releases: dict[str, Release] = {}
    for i, p in enumerate(packages):
        if i in roots:
            continue
        files = [table_of(p.table.get("sdist")), *tables_of(p.table.get("wheels"))]
        hashes = {f["hash"] for f in files if isinstance(f.get("hash"), str)}
        known = releases.get(ids[i])
        if known is not None:
            releases[ids[i]] = known._replace(hashes=tuple(sorted(hashes.union(known.hashes))))
            continue
        releases[ids[i]] = Release(ids[i], "pypi", p.name, p.version, p.kind, p.line, tuple(sorted(hashes)), p.source)
    return tuple(releases[name] for name in sorted(releases))
