"""Reads Pipfile.lock, of pipenv today and of 2017: all that is installed, and not a word of what needs what.

What the project itself needs is taken from the Pipfile beside it. Nothing in the lockfile tells: the ``index`` of an
entry does not (in five real files and their Pipfiles, the project does not ask for 8 of 77 entries that have one, and
37 of the 106 that it asks for have none).
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from depfrag import decode, pyproject
from depfrag.errors import LockfileError
from depfrag.identity import python_name, release_ids, without_credentials
from depfrag.markers import either, given
from depfrag.missing import Missing
from depfrag.model import Dependency, Lockfile, Problem, Release, Root
from depfrag.shapes import list_of, table_of, text_of, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depfrag.model import EdgeKind, ReleaseKind
    from depfrag.protocols import Files
    from depfrag.pyproject import Need

    Object = Mapping[str, Any]

_SECTIONS = {"default": "packages", "develop": "dev-packages"}
"""Names of categories in the lockfile to those in the Pipfile, where they differ."""
_NO_CATEGORIES = frozenset(("build-system", "pipenv", "requires", "scripts", "source"))
_VCS = ("git", "hg", "svn", "bzr")
_ADDRESSES = (*_VCS, "path", "file")
_MAX_CATEGORIES = 10
"""Whose lines are looked for one by one, which is faster while they are few."""
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar")


class _Entry(NamedTuple):
    """One package of one category."""

    name: str
    category: str
    version: str | None
    kind: ReleaseKind
    source: str | None
    marker: str | None
    extras: tuple[str, ...]
    hashes: tuple[str, ...]
    line: int | None

    def is_project(self) -> bool:
        """Whether it is the folder that the lockfile lies in."""
        return self.kind == "link" and self.source == "."


class PipfileLock:
    """The reader of Pipfile.lock."""

    def parse(self, path: str, data: bytes, files: Files) -> Lockfile:
        content = decode.text(path, data)
        table = decode.json_table(path, content)
        meta = table_of(table.get("_meta"))
        if not meta and not isinstance(table.get("default"), dict):
            raise LockfileError(path, "this JSON file is no Pipfile.lock: it has neither '_meta' nor 'default'")
        sources = [source for source in list_of(meta.get("sources")) if text_of(table_of(source).get("url"))]
        indexes = dict.fromkeys(without_credentials(source["url"]) for source in sources)
        named = {str(source.get("name")): without_credentials(source["url"]) for source in sources}
        entries = list(_entries(path, table, named, _lines(content, table)))
        project = _Project(path, entries)
        problems = project.follow(files)
        return Lockfile(
            path=path,
            format="pipfile-lock",
            roots=(Root("root:.", None, "."),),
            releases=project.releases(),
            dependencies=project.dependencies(),
            problems=(*problems, *project.missing.problems()),
            open=frozenset(project.ids) - {"root:."},
            direct_known=project.known or not entries,
            hints={} if project.known else project.hints(),
            indexes=tuple(indexes) or None,
            activated=project.activated(),
        )


PARSER = PipfileLock()


def _lines(content: str, table: decode.Table) -> Mapping[int, int]:
    """The line of each entry, by its `id`."""
    categories = [name for name, members in table.items() if name != "_meta" and isinstance(members, dict)]
    if len(categories) > _MAX_CATEGORIES:
        return decode.object_lines(content, table)
    lines = {}
    for category in categories:
        members = table[category]
        lines.update({id(members[name]): line for name, line in decode.member_lines(content, table, category).items()})
    return lines


def _entries(path: str, table: Object, sources: Mapping[str, str], lines: Mapping[int, int]) -> Iterator[_Entry]:
    for category, members in table.items():
        if category == "_meta":
            continue
        if not isinstance(members, dict):
            raise LockfileError(path, "not an object", where=category)
        for name, entry in members.items():
            line = lines.get(id(entry))
            if isinstance(entry, str):
                entry = {"version": entry}  # noqa: PLW2901 - as pipenv reads it
            if not isinstance(entry, dict):
                raise LockfileError(path, "not an object", where=f"{category}.{name}")
            yield _entry(name, category, entry, sources, line)


def _entry(name: str, category: str, entry: Object, sources: Mapping[str, str], line: int | None) -> _Entry:
    kind, source = _origin(entry)
    if kind == "registry":
        version, source = text_of(entry.get("version")), sources.get(str(entry.get("index")))
    else:
        version = _version_of(source) if source and kind in ("file", "url") else None
    return _Entry(
        python_name(name.partition("[")[0]),
        category,
        re.sub(r"\A={2,3}\s*", "", version) if version and version != "*" else None,
        kind,
        source,
        text_of(entry.get("markers")) or text_of(entry.get("os_markers")),
        tuple(python_name(extra) for extra in texts_of(entry.get("extras"))),
        tuple(texts_of(entry["hashes"] if "hashes" in entry else [entry.get("hash")])),
        line,
    )


def _version_of(archive: str) -> str | None:
    """The version that the name of an archive tells."""
    from depfrag import pipsyntax

    asked = pipsyntax.requirement(archive if "://" in archive else f"./{archive}")
    return asked.version if asked else None


def _origin(entry: Object) -> tuple[ReleaseKind, str | None]:
    """What kind of release an entry is, and where it comes from, if not from an index."""
    if entry.keys().isdisjoint(_ADDRESSES):
        return "registry", None
    for vcs in _VCS:
        if address := text_of(entry.get(vcs)):
            place = without_credentials(address).partition("#")[0].removeprefix(f"{vcs}+")
            found = re.match(r"(.*/[^/@]+)@([^/@]+)\Z", place)
            place, revision = (found[1], found[2]) if found else (place, None)
            revision = text_of(entry.get("ref")) or revision
            return "git" if vcs == "git" else "url", f"{place}#{revision}" if revision else place
    address = text_of(entry.get("path")) or text_of(entry.get("file"))
    if not address:
        return "registry", None
    if "://" in address and not address.startswith("file:"):
        return "url", without_credentials(address)
    path = posixpath.normpath(address.removeprefix("file://").partition("#")[0] or ".")
    return "file" if path.endswith(_ARCHIVES) else "link", path


class _Project:
    """What the project itself needs."""

    def __init__(self, path: str, entries: Sequence[_Entry]) -> None:
        self._path, self._entries = path, entries
        known = release_ids("pypi", [(e.name, e.version, e.kind, e.source) for e in entries])
        self.ids = ["root:." if e.is_project() else name for e, name in zip(entries, known, strict=True)]
        self._of: dict[str, dict[str, int]] = {}
        """Numbers of entries by category and name."""
        for i, entry in enumerate(entries):
            self._of.setdefault(entry.category, {})[entry.name] = i
        self._conditions: dict[tuple[str, EdgeKind], set[str | None]] = {}
        self.missing = Missing(path)
        self.known = False
        """All that the project needs is known."""

    def follow(self, files: Files) -> tuple[Problem, ...]:
        """Adds what the Pipfile asks for, and what the project does if it is itself one of the entries."""
        try:
            data = files.read("Pipfile")
            table = None if data is None else decode.toml_table("Pipfile", decode.text("Pipfile", data))
        except LockfileError as error:
            return (Problem("manifest", "warning", f"the project's manifest cannot be read: {error}", self._path),)
        if table is None:
            return ()
        self.known = True
        for section in sorted(table.keys() - _NO_CATEGORIES):
            category = next((name for name, other in _SECTIONS.items() if other == section), section)
            for name, wanted in table_of(table[section]).items():
                spare = isinstance(wanted, dict) and bool(wanted.keys() - {"version", "extras", "index"})
                self._add(category, python_name(name.partition("[")[0]), spare=spare)
        installed = [entry for entry in self._entries if entry.is_project()]
        if not installed:
            return ()
        manifest, problems = pyproject.read(self._path, files)
        self.known = manifest is not None and manifest.complete
        for entry in installed:
            for need in manifest.needs if manifest else ():
                if _is_asked(need, entry.extras):
                    self._add(entry.category, need.name, need=need)
        return problems

    def _add(self, category: str, name: str, *, need: Need | None = None, spare: bool = False) -> None:
        """Adds the edge to the entry of `category` called `name`. What is `spare` may be left out for its marker."""
        i = self._of.get(category, {}).get(name)
        kind: EdgeKind = "dev" if category != "default" else need.kind if need else "runtime"
        if i is None:
            if not spare and not (need and need.condition):
                self.missing.add(name, None, kind, None)
        elif self.ids[i] != "root:.":
            self._conditions.setdefault((self.ids[i], kind), set()).add(self._entries[i].marker)

    def dependencies(self) -> tuple[Dependency, ...]:
        found = sorted(self._conditions.items(), key=lambda item: item[0])
        return tuple(Dependency("root:.", name, kind, either(conditions)) for (name, kind), conditions in found)

    def hints(self) -> dict[str, EdgeKind]:
        """Releases that only another category than the default one has."""
        default = {name for entry, name in zip(self._entries, self.ids, strict=True) if entry.category == "default"}
        return {name: "dev" for name in self.ids if name not in default and name != "root:."}

    def activated(self) -> dict[str, tuple[str, ...]]:
        """The extras that the entries ask for."""
        found: dict[str, set[str]] = {}
        for entry, name in zip(self._entries, self.ids, strict=True):
            if entry.extras and name != "root:.":
                found.setdefault(name, set()).update(entry.extras)
        return {name: tuple(sorted(extras)) for name, extras in sorted(found.items())}

    def releases(self) -> tuple[Release, ...]:
        releases: dict[str, Release] = {}
        for e, name in zip(self._entries, self.ids, strict=True):
            if name == "root:.":
                continue
            hashes, line = e.hashes, e.line
            if name in releases:
                hashes += releases[name].hashes
                line = min((n for n in (line, releases[name].line) if n is not None), default=None)
            hashes = tuple(sorted(set(hashes)))
            releases[name] = Release(name, "pypi", e.name, e.version, e.kind, line, hashes, e.source)
        return tuple(releases[name] for name in sorted(releases))


def _is_asked(need: Need, extras: Sequence[str]) -> bool:
    """Whether the project needs it where it is installed with `extras`."""
    if need.kind == "extra":
        return need.condition is not None and given(need.condition, extras)[0]
    return need.kind == "runtime"
