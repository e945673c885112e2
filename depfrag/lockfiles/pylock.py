"""Reads pylock.toml and its named siblings (PEP 751): flat as most tools write it, with edges where they are said.

`packaging` judges what is valid. A header that is not makes the file unreadable; an entry that is not is a problem, and
what it does say is read: tools are known to leave out what the specification demands.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from depfrag import decode, npmspec, pyproject
from depfrag.errors import LockfileError
from depfrag.identity import python_name, release_ids, without_credentials
from depfrag.markers import either, given
from depfrag.model import Lockfile, Problem, Release, Root
from depfrag.pygraph import Edges, environments, wanted
from depfrag.pyspec import Offered, Specifiers
from depfrag.shapes import list_of, table_of, tables_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from depfrag.model import EdgeKind, ReleaseKind
    from depfrag.protocols import Files
    from depfrag.pyproject import Manifest
    from depfrag.pyspec import Asked

    Object = Mapping[str, Any]

_HEADER = {"lock-version": "1.0", "created-by": "", "packages": []}
_MEMBERSHIP = re.compile(r"""(?:"([^"]*)"|'([^']*)')\s+(not\s+)?in\s+(extras|dependency_groups)\b""")
_MAX_ENTRIES = 50_000
_MAX_JUDGED = 20_000
"""Entries and files in them that are held against the specification."""
_MAX_COMPARED = 1_000_000
"""Entries that are held against what others depend on."""
_MAX_ALIKE = 50
"""Entries of one name that are told apart; where a file has more, all of them answer."""
_MAX_NAMED = 5


class _Entry(NamedTuple):
    """One ``[[packages]]``."""

    name: str
    version: str | None = None
    kind: ReleaseKind = "registry"
    source: str | None = None
    marker: str | None = None
    hashes: frozenset[str] = frozenset()
    line: int | None = None
    table: Mapping[str, Any] = {}
    needs: tuple[Asked, ...] | None = None
    """What pdm notes for itself; None where it notes nothing."""


class PylockToml:
    """The reader of pylock files."""

    def parse(self, path: str, data: bytes, files: Files) -> Lockfile:
        content = decode.text(path, data)
        table = decode.toml_table(path, content)
        problems = list(_check_header(path, table, content))
        entries, invalid = _entries(path, table["packages"], content)
        manifest, unread = pyproject.read(path, files)
        nodes, roots = _nodes(entries, manifest)
        manifests = {
            name: pyproject.read(path, files, f"{root.path}/")[0] if root.path != "." else manifest
            for name, root in roots.items()
        }
        graph = _graph(path, table, nodes)
        unsaid = _follow(path, graph, nodes)
        asked = [_ask_directly(graph, name, found) for name, found in manifests.items() if found]
        known = all(asked) if manifest else "root:." in nodes and "root:." not in unsaid
        return Lockfile(
            path=path,
            format="pylock-toml",
            roots=tuple(sorted(roots.values(), key=lambda r: r.path)),
            releases=tuple(_release(name, nodes[name]) for name in sorted(nodes.keys() - roots.keys())),
            dependencies=graph.dependencies(),
            problems=(*problems, *invalid, *unread, *graph.problems()),
            open=frozenset(unsaid - roots.keys()),
            direct_known=known,
            hints={} if known else _hints(table, nodes),
        )


PARSER = PylockToml()


# -- what is valid ---------------------------------------------------------------------------------------------------


def _check_header(path: str, table: Object, content: str) -> Iterator[Problem]:
    """Raises LockfileError where what stands above the packages is not as the specification has it."""
    from packaging.pylock import Pylock, PylockUnsupportedVersionError, PylockValidationError

    header = {**table, "packages": [] if isinstance(table.get("packages"), list) else table.get("packages")}
    version = table.get("lock-version")
    if isinstance(version, str) and re.fullmatch(r"1\.0*[1-9]\d{0,8}", version):
        text = f"lock-version is {version}; what is newer than 1.0 in it is not read"
        yield Problem("newer-format", "info", text, path, _line_of(content, "lock-version"))
        header["lock-version"] = "1.0"
    try:
        Pylock.from_dict(header)
    except PylockUnsupportedVersionError as error:
        line = _line_of(content, "lock-version")
        raise LockfileError(path, _short(error.message), where=line, hint="is there a newer depfrag?") from None
    except (PylockValidationError, RecursionError) as error:
        context = getattr(error, "context", None) or "packages"
        line = _line_of(content, context.partition("[")[0])
        raise LockfileError(path, f"{_short(str(error))}, so this is no pylock file", where=line) from None


def _line_of(content: str, key: str) -> int | None:
    found = re.search(rf"^[ \t]*{re.escape(key)}[ \t]*=", content, re.MULTILINE)
    return content.count("\n", 0, found.start()) + 1 if found else None


def _invalid(entry: object) -> str | None:
    """What is not as the specification has it in an entry of ``packages``."""
    from packaging.pylock import Pylock, PylockValidationError

    try:
        Pylock.from_dict({**_HEADER, "packages": [entry]})
    except (PylockValidationError, RecursionError) as error:
        return str(error).replace("packages[0].", "").replace(" in 'packages[0]'", "")
    return None


# -- from tables to entries ------------------------------------------------------------------------------------------


def _entries(path: str, tables: Sequence[object], content: str) -> tuple[list[_Entry], tuple[Problem, ...]]:
    entries: list[_Entry] = []
    specifiers, left = Specifiers(), _MAX_JUDGED
    if len(tables) > _MAX_ENTRIES:
        raise LockfileError(path, f"more than {_MAX_ENTRIES:,} packages")
    invalid: list[tuple[str, str, int | None]] = []
    for i, (table, line) in enumerate(zip(tables, decode.array_lines(content, "packages", len(tables)), strict=True)):
        if not isinstance(table, dict) or not text_of(table.get("name")):
            raise LockfileError(path, "a package without a name", where=line or f"packages[{i}]")
        entries.append(_entry(table, line, specifiers))
        left -= 1 + len(list_of(table.get("wheels"))) + len(entries[-1].marker or "") // 10
        if left >= 0 and (reason := _invalid(table)):
            invalid.append((entries[-1].name, reason, line))
    if not invalid:
        return entries, ()
    named = "; ".join(f"{_short(name)}: {_short(reason)}" for name, reason, _ in invalid[:_MAX_NAMED])
    more = f" and {len(invalid) - _MAX_NAMED} more" if len(invalid) > _MAX_NAMED else ""
    text = f"entries that are not as the specification has them, read as far as they go: {named}{more}"
    return entries, (Problem("invalid-entry", "warning", text, path, invalid[0][2]),)


def _entry(table: Object, line: int | None, specifiers: Specifiers) -> _Entry:
    kind, source = _origin(table)
    files = [table_of(table.get("archive")), table_of(table.get("sdist")), *tables_of(table.get("wheels"))]
    hashes = {f"{name}:{value}" for f in files for name, value in table_of(f.get("hashes")).items() if text_of(value)}
    noted = table_of(table_of(table.get("tool")).get("pdm")).get("dependencies")
    needs = [specifiers.read(text) for text in noted if isinstance(text, str)] if isinstance(noted, list) else None
    return _Entry(
        python_name(table["name"]),
        text_of(table.get("version")),
        kind,
        source,
        text_of(table.get("marker")),
        frozenset(hashes),
        line,
        table,
        None if needs is None else tuple(need for need in needs if need),
    )


def _origin(table: Object) -> tuple[ReleaseKind, str | None]:
    """What kind of release an entry is, and where it comes from."""
    if vcs := table_of(table.get("vcs")):
        commit = text_of(vcs.get("commit-id"))
        address = _address(vcs) or ""
        return "git" if vcs.get("type") == "git" else "url", f"{address}#{commit}" if commit else address
    if directory := table_of(table.get("directory")):
        below = text_of(directory.get("subdirectory")) or ""
        return "link", posixpath.normpath(posixpath.join(text_of(directory.get("path")) or ".", below))
    if archive := table_of(table.get("archive")):
        return "file" if _is_local(archive) else "url", _address(archive)
    files = [f for f in [table.get("sdist"), *list_of(table.get("wheels"))] if isinstance(f, dict)]
    index = text_of(table.get("index"))
    if files and not index and all(_is_local(f) for f in files):
        return "file", _address(files[0])
    return "registry", without_credentials(index) if index else None


def _is_local(file: Object) -> bool:
    url = text_of(file.get("url"))
    return url.startswith("file:") if url else text_of(file.get("path")) is not None


def _address(table: Object) -> str | None:
    address = text_of(table.get("url")) or text_of(table.get("path"))
    return without_credentials(address).removeprefix("file://") if address else None


# -- from entries to a graph -----------------------------------------------------------------------------------------


def _graph(path: str, table: Object, nodes: Mapping[str, Sequence[_Entry]]) -> Edges:
    offered = [
        Offered(*held[0][:4], environments(map(_environments, {e.marker for e in held}))) for held in nodes.values()
    ]
    listed = [text_of(marker) for marker in list_of(table.get("environments"))]
    return Edges(path, list(nodes), offered, where=either(listed) if listed else None)


def _nodes(entries: Sequence[_Entry], manifest: Manifest | None) -> tuple[dict[str, list[_Entry]], dict[str, Root]]:
    """Entries by the release or root that they are of, and the roots: the project and the members of its workspace."""
    member = _members(manifest)
    roots = {"root:.": Root("root:.", manifest.name if manifest else None, ".")}
    nodes: dict[str, list[_Entry]] = {}
    if manifest and manifest.name:
        # Releases may need the project itself, which is not always in the file.
        nodes["root:."] = [_Entry(python_name(manifest.name), kind="link", source=".")]
    ids = release_ids("pypi", [(e.name, e.version, e.kind, e.source) for e in entries])
    for name, entry in zip(ids, entries, strict=True):
        folder = entry.source or ""
        if entry.kind == "link" and (folder == "." or member(folder)):
            name = f"root:{folder}"  # noqa: PLW2901 - a member of the workspace is a root and no release
            if folder != "." or manifest is None:
                roots[name] = Root(name, entry.name, folder)
        nodes.setdefault(name, []).append(entry)
    return nodes, roots


def _members(manifest: Manifest | None) -> Callable[[str], bool]:
    """Whether a folder is a member of the workspace, as uv and pdm let a project name them."""
    tool = table_of(manifest.table.get("tool")) if manifest else {}
    listed = [list_of(table_of(table_of(tool.get(name)).get("workspace")).get("members")) for name in ("uv", "pdm")]
    return npmspec.workspaces([*listed[0], *listed[1]])


def _follow(path: str, graph: Edges, nodes: Mapping[str, Sequence[_Entry]]) -> set[str]:
    """Adds what the entries say that they need; gives the ids of those that do not say all of it.

    A tool that writes no ``dependencies`` at all says nothing, one that writes some has said it all. What pdm notes for
    itself leaves out what extras need.
    """
    held = [(name, entry) for name, copies in nodes.items() for entry in copies if entry.line or entry.table]
    said = any("dependencies" in entry.table for _, entry in held)
    others = _Others(path, held)
    unsaid: set[str] = set()
    for name, entry in held:
        if said:
            others.follow(graph, name, entry)
        elif entry.needs is None:
            unsaid.add(name)
        for need in entry.needs or () if not said else ():
            answers = graph.ask(name, need, "runtime", entry.line, _environments(entry.marker))
            if need.extras:
                unsaid.update(answers)
    return unsaid


class _Others:
    """Finds the entries that ``dependencies`` mean: those whose keys are equal to all that are given."""

    def __init__(self, path: str, held: Sequence[tuple[str, _Entry]]) -> None:
        self._path, self._left = path, _MAX_COMPARED
        self._by_name: dict[str, list[tuple[str, _Entry]]] = {}
        for name, entry in held:
            self._by_name.setdefault(entry.name, []).append((name, entry))

    def follow(self, graph: Edges, dependent: str, entry: _Entry) -> None:
        """Adds the edges to what an entry needs. That holds in the environments that the other is there for."""
        for asked in list_of(entry.table.get("dependencies")):
            name = python_name(text_of(table_of(asked).get("name")) or "")
            alike = self._by_name.get(name, [])
            self._left -= 1 + len(alike)
            if self._left < 0:
                raise LockfileError(self._path, f"more than {_MAX_COMPARED:,} dependencies", where=entry.line)
            meant = [one for one in alike if len(alike) > _MAX_ALIKE or _fits(asked, one[1].table)]
            for other, its in meant:
                graph.add(dependent, other, "runtime", _environments(its.marker), entry.line)
            if name and not meant:
                graph.miss(dependent, name, "runtime", entry.line)


def _fits(asked: Object, table: Object) -> bool:
    """Whether `table` has all that `asked` has, tables in it likewise; the name is known to be that."""
    todo = [({key: value for key, value in asked.items() if key != "name"}, table)]
    while todo:
        wanted_part, part = todo.pop()
        for key, value in wanted_part.items():
            if isinstance(value, dict):
                todo.append((value, table_of(part.get(key))))
            elif value != part.get(key):
                return False
    return True


def _ask_directly(graph: Edges, root: str, manifest: Manifest) -> bool:
    """Adds what a root asks for as far as the file has it; whether that is all that it cannot do without.

    A pylock file may be made of some groups of a project only, or of something else than the project.
    """
    whole = manifest.complete
    for need in manifest.needs:
        answers = graph.ask(root, wanted(need), need.kind, spare=True)
        whole = whole and (bool(answers) or need.kind != "runtime" or need.condition is not None)
    return whole


def _release(name: str, copies: Sequence[_Entry]) -> Release:
    hashes = {text for entry in copies for text in entry.hashes}
    line = min((entry.line for entry in copies if entry.line is not None), default=None)
    first = copies[0]
    return Release(name, "pypi", first.name, first.version, first.kind, line, tuple(sorted(hashes)), first.source)


def _hints(table: Object, nodes: Mapping[str, Sequence[_Entry]]) -> dict[str, EdgeKind]:
    """By the extras and groups that the markers name: what is not installed without being asked for."""
    default = {"default", *(g for g in list_of(table.get("default-groups")) if isinstance(g, str))}
    hints: dict[str, EdgeKind] = {}
    for name, copies in nodes.items():
        named = [_MEMBERSHIP.findall(entry.marker or "") for entry in copies]
        extras = {a or b for found in named for a, b, _, where in found if where == "extras"}
        groups = {a or b for found in named for a, b, _, where in found if where == "dependency_groups"}
        if all(named) and name.startswith("pypi:") and not groups & default:
            hints[name] = "extra" if extras else "dev"
    return hints


def _environments(marker: str | None) -> str | None:
    """What a marker says of environments, where every extra and group is asked for; None where it says nothing."""
    if marker is None or not _MEMBERSHIP.search(marker):
        return marker
    return given(_MEMBERSHIP.sub("extra == ''", marker), {""})[1]


def _short(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:60]}…{text[-39:]}"
