"""Reads pdm.lock of every layout: lock versions 2 (2020) to 4.5, and older ones as far as they are alike."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from depfrag import decode, npmspec, poetryspec, pyproject, pyspec
from depfrag.errors import LockfileError
from depfrag.identity import python_name, release_ids, without_credentials
from depfrag.markers import either
from depfrag.model import Lockfile, Problem, Release, Root
from depfrag.pygraph import Edges, environments, wanted
from depfrag.pyspec import Asked, Offered, Specifiers
from depfrag.shapes import list_of, table_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depfrag.model import EdgeKind, ReleaseKind
    from depfrag.protocols import Files
    from depfrag.pyproject import Manifest

    Object = Mapping[str, Any]

_NEWEST = 4
_VCS = ("git", "hg", "svn", "bzr")
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_MAX_ENTRIES = 50_000
_MAX_NEEDS = 200_000
_MAX_NAMED = 5


class _Entry(NamedTuple):
    """One ``[[package]]``: a release, or a release with some of its extras."""

    name: str
    version: str | None
    kind: ReleaseKind
    source: str | None
    extras: bool = False
    """Its dependencies are those of extras, beside the release itself."""
    marker: str | None = None
    groups: frozenset[str] = frozenset()
    """Groups of the project that need it; empty where the file does not say."""
    hashes: frozenset[str] = frozenset()
    line: int | None = None
    needs: tuple[Asked, ...] = ()


class PdmLock:
    """The reader of pdm.lock."""

    def parse(self, path: str, data: bytes, files: Files) -> Lockfile:
        content = decode.text(path, data)
        table = decode.toml_table(path, content)
        metadata = table_of(table.get("metadata"))
        _check_version(path, table, metadata)
        entries, unread = _entries(path, table, content)
        manifest, problems = pyproject.read(path, files)
        return _lockfile(path, metadata, entries, manifest, (*problems, *unread))


PARSER = PdmLock()


def _check_version(path: str, table: Object, metadata: Object) -> None:
    version = metadata.get("lock_version")
    if version is None and (metadata or isinstance(table.get("package"), list)):
        return
    if version is None:
        raise LockfileError(path, "this TOML file is no pdm.lock: it has neither 'package' nor 'metadata'")
    major = re.match(r"\d{1,9}(?=\.|\Z)", version) if isinstance(version, str) else None
    if major is None or int(major[0]) > _NEWEST:
        shown = repr(version)[:40]
        raise LockfileError(
            path, f"lock_version is {shown}; known are 1 to {_NEWEST}", hint="is there a newer depfrag?"
        )


# -- from tables to entries ------------------------------------------------------------------------------------------


def _entries(path: str, table: Object, content: str) -> tuple[list[_Entry], tuple[Problem, ...]]:
    tables = table.get("package", [])
    if not isinstance(tables, list):
        raise LockfileError(path, "not an array of tables", where="package")
    if len(tables) > _MAX_ENTRIES:
        raise LockfileError(path, f"more than {_MAX_ENTRIES:,} packages")
    files = table_of(table_of(table.get("metadata")).get("files"))
    entries, needs = [], _Needs(path)
    for i, (entry, line) in enumerate(zip(tables, decode.array_lines(content, "package", len(tables)), strict=True)):
        if not isinstance(entry, dict) or not text_of(entry.get("name")):
            raise LockfileError(path, "a package without a name", where=line or f"package[{i}]")
        entries.append(_entry(entry, files, line, needs))
    return entries, needs.problems()


class _Needs:
    """Reads what entries need, and notes what is not understood."""

    def __init__(self, path: str) -> None:
        self._path, self._specifiers, self._left = path, Specifiers(), _MAX_NEEDS
        self._unread: list[tuple[int | None, str]] = []

    def of(self, value: object, line: int | None) -> Iterator[Asked]:
        """The dependencies of the entry on `line`: specifiers, or in lock version 2 a table of names."""
        if isinstance(value, dict):
            for name, items in value.items():
                for item in items if isinstance(items, list) else [items]:
                    yield _old_need(name, item)
            return
        texts = list_of(value)
        self._left -= len(texts)
        if self._left < 0:
            raise LockfileError(self._path, f"more than {_MAX_NEEDS:,} dependencies", where=line)
        for text in texts:
            found = self._specifiers.read(text) if isinstance(text, str) else None
            if found is None:
                self._unread.append((line, str(text)))
            else:
                yield found

    def problems(self) -> tuple[Problem, ...]:
        """All that is not understood as one problem, at the line of the first."""
        if not self._unread:
            return ()
        shown = ", ".join(repr(text[:60]) for _, text in self._unread[:_MAX_NAMED])
        more = f" and {len(self._unread) - _MAX_NAMED} more" if len(self._unread) > _MAX_NAMED else ""
        text = f"not requirements, left out: {shown}{more}"
        return (Problem("invalid-requirement", "warning", text, self._path, self._unread[0][0]),)


def _entry(entry: Object, files: Object, line: int | None, needs: _Needs) -> _Entry:
    kind, source = _origin(entry)
    name, version = entry["name"], text_of(entry.get("version"))
    extras = [extra for extra in list_of(entry.get("extras")) if isinstance(extra, str)]
    listed = entry.get("files")
    if listed is None:
        listed = files.get(f"{name}[{','.join(sorted(extras))}] {version}", files.get(f"{name} {version}"))
    return _Entry(
        python_name(name),
        version,
        kind,
        source,
        bool(extras),
        text_of(entry.get("marker")),
        frozenset(g for g in list_of(entry.get("groups", entry.get("sections"))) if isinstance(g, str)),
        frozenset(file["hash"] for file in list_of(listed) if text_of(table_of(file).get("hash"))),
        line,
        tuple(needs.of(entry.get("dependencies"), line)),
    )


def _origin(entry: Object) -> tuple[ReleaseKind, str | None]:
    """What kind of release an entry or an old dependency table is, and where it comes from."""
    for vcs in _VCS:
        if repository := text_of(entry.get(vcs)):
            revision = text_of(entry.get("revision")) or text_of(entry.get("ref"))
            source = without_credentials(repository)
            return "git" if vcs == "git" else "url", f"{source}#{revision}" if revision else source
    if path := text_of(entry.get("path")):
        return "file" if path.endswith(_ARCHIVES) else "link", posixpath.normpath(path)
    if url := text_of(entry.get("url")):
        return _at(without_credentials(url))
    return "registry", None


def _at(url: str) -> tuple[ReleaseKind, str | None]:
    if not url.startswith("file:"):
        return "url", url
    path = url.removeprefix("file://").partition("#")[0]
    path = posixpath.normpath(re.sub(r"\A/*\$\{PROJECT_ROOT\}/?", "./", path))
    return "file" if path.endswith(_ARCHIVES) else "link", path


def _old_need(name: str, item: object) -> Asked:
    table = table_of(item)
    kind, source = _origin(table)
    specifier = text_of(item) or text_of(table.get("version")) or ""
    condition, under = pyspec.without_extras(text_of(table.get("marker")))
    extras = tuple(python_name(e) for e in list_of(table.get("extras")) if isinstance(e, str))
    return Asked(python_name(name), extras, specifier.strip("*"), condition, under, kind, source)


# -- from entries to a graph -----------------------------------------------------------------------------------------


def _lockfile(
    path: str, metadata: Object, entries: Sequence[_Entry], manifest: Manifest | None, problems: Sequence[Problem]
) -> Lockfile:
    nodes, roots = _nodes(entries, manifest)
    offered = [Offered(*held[0][:4], environments(entry.marker for entry in held)) for held in nodes.values()]
    graph = Edges(path, list(nodes), offered, _excluded(manifest), _environments(metadata, manifest))
    for need, kind in _direct(metadata, manifest, roots):
        graph.ask("root:.", need, kind)
    for name, held in nodes.items():
        for entry in held:
            for need in entry.needs:
                graph.ask(name, need, "extra" if entry.extras else "runtime", entry.line, entry.marker)
    known = manifest is not None and manifest.complete
    return Lockfile(
        path=path,
        format="pdm-lock",
        roots=tuple(sorted(roots.values(), key=lambda r: r.path)),
        releases=tuple(_release(name, nodes[name]) for name in sorted(nodes.keys() - roots.keys())),
        dependencies=graph.dependencies(),
        problems=(*problems, *graph.problems()),
        direct_known=known,
        hints={} if known else _hints(nodes),
    )


def _nodes(entries: Sequence[_Entry], manifest: Manifest | None) -> tuple[dict[str, list[_Entry]], dict[str, Root]]:
    """Entries by the release or root that they are of, and the roots: the project and the members of its workspace."""
    tool = table_of(manifest.table.get("tool")) if manifest else {}
    member = npmspec.workspaces(table_of(table_of(tool.get("pdm")).get("workspace")).get("members"))
    roots = {"root:.": Root("root:.", manifest.name if manifest else None, ".")}
    nodes: dict[str, list[_Entry]] = {}
    if manifest and manifest.name:
        # The project itself is not in the file, but releases may need it.
        nodes["root:."] = [_Entry(python_name(manifest.name), None, "link", ".")]
    ids = release_ids("pypi", [(e.name, e.version, e.kind, e.source) for e in entries])
    for name, entry in zip(ids, entries, strict=True):
        folder = entry.source or ""
        if entry.kind == "link" and (folder == "." or member(folder)):
            name = f"root:{folder}"  # noqa: PLW2901 - a member of the workspace is a root and no release
            roots.setdefault(name, Root(name, entry.name, folder))
        nodes.setdefault(name, []).append(entry)
    return nodes, roots


def _direct(metadata: Object, manifest: Manifest | None, roots: Mapping[str, Root]) -> Iterator[tuple[Asked, EdgeKind]]:
    """What the project itself asks for, in the groups that are locked; and the members that no group names."""
    if manifest is None:
        return
    locked = {python_name(g) for g in list_of(metadata.get("groups")) if isinstance(g, str)}
    for need in manifest.needs:
        if not locked or (need.group or "default") in locked:
            yield wanted(need), need.kind
    specifiers = Specifiers()
    for text in list_of(table_of(manifest.table.get("project")).get("dev-dependencies")):
        # pdm 1.0 to 1.4 had them there.
        if isinstance(text, str) and (found := specifiers.read(text)):
            yield found, "dev"
    named = {need.name for need in manifest.needs}
    for root in roots.values():
        if root.path != "." and root.name and root.name not in named:
            yield Asked(root.name, kind="link", source=root.path), "runtime"


def _release(name: str, copies: Sequence[_Entry]) -> Release:
    """One release from its entries: its own, and one for each set of extras."""
    hashes = {text for entry in copies for text in entry.hashes}
    line = min((entry.line for entry in copies if entry.line is not None), default=None)
    first = copies[0]
    return Release(name, "pypi", first.name, first.version, first.kind, line, tuple(sorted(hashes)), first.source)


def _hints(nodes: Mapping[str, Sequence[_Entry]]) -> dict[str, EdgeKind]:
    """By the groups that need a release; ``dev`` is what pdm calls that of development dependencies, others may be
    extras of the project."""
    hints: dict[str, EdgeKind] = {}
    for name, copies in nodes.items():
        groups = {group for entry in copies for group in entry.groups}
        if groups and name.startswith("pypi:"):
            hints[name] = "runtime" if "default" in groups else "dev" if "dev" in groups else "extra"
    return hints


def _environments(metadata: Object, manifest: Manifest | None) -> str | None:
    """The marker of the versions of Python that the file is for."""
    project = table_of(manifest.table.get("project")) if manifest else {}
    targets = list_of(metadata.get("targets")) or [{"requires_python": project.get("requires-python")}]
    pythons = [text_of(table_of(target).get("requires_python")) for target in targets]
    return either(poetryspec.python_marker(text) if text else None for text in pythons)


def _excluded(manifest: Manifest | None) -> set[str]:
    """What the project keeps out of its lockfile."""
    pdm = table_of(table_of(manifest.table.get("tool")).get("pdm")) if manifest else {}
    return {python_name(n) for n in list_of(table_of(pdm.get("resolution")).get("excludes")) if isinstance(n, str)}
