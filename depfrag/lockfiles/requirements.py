"""Reads pip's requirements files, flat or annotated by pip-compile or uv (``# via``), with their includes.

What pip would stop at is a problem here, so that the rest is read; a file of nothing else is refused.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

from depfrag import pipsyntax
from depfrag.errors import LockfileError
from depfrag.identity import python_name, release_ids, without_credentials
from depfrag.model import Dependency, Lockfile, Problem, Release, Root

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from depfrag.pipsyntax import Asked, Line
    from depfrag.protocols import Files

_MAX_BYTES = 8 * 1024 * 1024
"""With all their hashes, 1,000 releases take three MiB."""
_MAX_TEXT = 1024 * 1024
"""Characters of all requirements without hashes and comments; `packaging` reads some 200,000 a second."""
_MAX_DEPTH = 50
_MAX_INCLUDES = 1000
_MAX_INVALID = 1000
_MAX_EDGES = 1_000_000
_MAX_NAMED = 5
_ROOT = Root("root:.", None, ".")


class _Wanted(NamedTuple):
    """One requirement of the file or of its includes."""

    asked: Asked
    hashes: tuple[str, ...]
    line: int
    """In the file itself: that of the include, where it comes from one."""
    file: str
    via: tuple[str, ...] | None
    """Who needs it, as its annotation says; None where there is no annotation."""


class _Place(NamedTuple):
    """Where a line stands."""

    file: str
    """As seen from the folder of the lockfile."""
    number: int
    above: tuple[tuple[str, int], ...]
    """The files that include this one, outermost first, and the lines where they do."""

    @property
    def line(self) -> int:
        """The line of the lockfile itself."""
        return self.above[0][1] if self.above else self.number


class Requirements:
    """The reader of requirements files."""

    def parse(self, path: str, data: bytes, files: Files) -> Lockfile:
        reader = _Reader(path, files)
        reader.read(data, posixpath.basename(path.replace("\\", "/")), (), constraint=False)
        return _lockfile(reader)


PARSER = Requirements()


class _Reader:
    """Collects the requirements of a file and its includes."""

    def __init__(self, path: str, files: Files) -> None:
        self.path, self.files = path, files
        self.wanted: list[_Wanted] = []
        self.constraints: dict[str, str] = {}
        self.problems: list[Problem] = []
        self.project = False
        """Some line installs the project itself (``-e .``)."""
        self._indexes: list[str] | None = None
        self._no_index = False
        self._invalid: list[tuple[_Place, str]] = []
        self._included: set[tuple[str, bool]] = set()
        self._room = _MAX_TEXT

    @property
    def indexes(self) -> tuple[str, ...] | None:
        """As in `Lockfile`."""
        if self._no_index:
            return ()
        return None if self._indexes is None else tuple(self._indexes)

    def read(self, data: bytes, name: str, above: tuple[tuple[str, int], ...], *, constraint: bool) -> None:
        """Reads the file `name`."""
        for line, comments in _annotated(pipsyntax.lines(self._text(data, name, above))):
            place = _Place(name, line.number, above)
            if line.text.startswith("<<<<<<< "):
                raise LockfileError(
                    self.path, f"{name} has merge conflicts", where=place.line, hint="resolve them first"
                )
            if line.text.startswith("-"):
                self._options(line.text, place, _via(comments), constraint=constraint)
            else:
                text, hashes = pipsyntax.split_options(line.text)
                self._add(text, hashes, place, _via(comments), constraint=constraint, editable=False)

    def _text(self, data: bytes, name: str, above: tuple[tuple[str, int], ...]) -> str:
        line = above[0][1] if above else None
        if len(data) > _MAX_BYTES:
            most = _MAX_BYTES // 2**20
            raise LockfileError(self.path, f"{name} is too large for requirements: over {most} MiB", where=line)
        # UTF-16 and UTF-32 have zeros too, but not without a byte order mark.
        if b"\0" in data and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")):
            raise LockfileError(
                self.path, f"{name} is not text", where=line or data.count(b"\n", 0, data.index(b"\0")) + 1
            )
        content, coding = pipsyntax.text(data)
        if coding is not None:
            self._note("encoding", f"{name} is not {coding}; odd characters are lost", line or 1)
        return content

    def _options(self, line: str, place: _Place, via: tuple[str, ...] | None, *, constraint: bool) -> None:
        found = pipsyntax.options(line)
        if found is None:
            self._left_out(place, line)
        for name, value in found or ():
            if name in ("--requirement", "--constraint"):
                self._include(value, place, constraint=name == "--constraint")
            elif name == "--editable":
                self._add(value, (), place, via, constraint=constraint, editable=True)
            elif name == "--index-url":
                self._indexes = [without_credentials(value), *(self._indexes or [])[1:]]
            elif name == "--extra-index-url":
                self._indexes = [*(self._indexes or [""]), without_credentials(value)]
            elif name == "--no-index":
                self._no_index = True

    def _add(
        self,
        text: str,
        hashes: tuple[str, ...],
        place: _Place,
        via: tuple[str, ...] | None,
        *,
        constraint: bool,
        editable: bool,
    ) -> None:
        self._room -= len(text)
        if self._room < 0:
            raise LockfileError(self.path, "more requirements than any project has", where=place.line)
        asked = pipsyntax.requirement(text, editable=editable)
        if asked is None:
            self._left_out(place, text)
        elif constraint:
            if asked.version is not None and asked.kind == "registry":
                self.constraints.setdefault(asked.name, asked.version)
        elif asked != pipsyntax.PROJECT:
            self.wanted.append(_Wanted(asked, hashes, place.line, place.file, via))
        else:
            self.project = True

    def _include(self, target: str, place: _Place, *, constraint: bool) -> None:
        if "://" in target and not target.startswith("file:"):
            shown = _short(without_credentials(target))
            self._note("include", f"the include {shown} is an address and was not fetched", place.line)
            return
        folder = posixpath.dirname(place.file)
        name = posixpath.normpath(posixpath.join(folder, target.removeprefix("file://").removeprefix("file:")))
        above = (*place.above, (place.file, place.number))
        files = [file for file, _ in above]
        if name in files:
            chain = " → ".join((*files[files.index(name) :], name))
            raise LockfileError(self.path, f"the includes go round in a circle: {chain}", where=place.line)
        if (name, constraint) in self._included:
            return
        self._included.add((name, constraint))
        if len(above) > _MAX_DEPTH or len(self._included) > _MAX_INCLUDES:
            raise LockfileError(self.path, "too many includes", where=place.line)
        try:
            data = self.files.read(name)
        except LockfileError as error:
            raise LockfileError(self.path, f"the include {_short(name)}: {error.reason}", where=place.line) from None
        if data is None:
            self._note("include", f"the included file {_short(name)} is not there", place.line)
        else:
            self.read(data, name, above, constraint=constraint)

    def _left_out(self, place: _Place, text: str) -> None:
        self._invalid.append((place, text))
        if len(self._invalid) > _MAX_INVALID:
            self.check()
            reason = f"more than {_MAX_INVALID:,} lines that are no requirements"
            raise LockfileError(self.path, reason, where=self._invalid[0][0].line)

    def _note(self, code: str, message: str, line: int) -> None:
        self.problems.append(Problem(code, "warning", message, self.path, line))

    def check(self) -> None:
        """Turns invalid lines into a problem; a file of nothing else is no requirements file."""
        if not self._invalid:
            return
        place, text = self._invalid[0]
        if not (self.wanted or self._indexes or self.project or self._included):
            raise LockfileError(self.path, f"{_left(place, text)} is not a requirement", where=place.line)
        shown = ", ".join(f"{_left(p, t)} (line {p.line})" for p, t in self._invalid[:_MAX_NAMED])
        more = f" and {len(self._invalid) - _MAX_NAMED} more" if len(self._invalid) > _MAX_NAMED else ""
        self._note("invalid-line", f"not requirements, left out: {shown}{more}", place.line)


def _left(place: _Place, text: str) -> str:
    """An invalid line; that of another file is not quoted, which need not be meant for whoever reads the report."""
    if place.above:
        return f"line {place.number} of {_short(place.file)}"
    return repr(_short(without_credentials(text)))


def _annotated(logical: Iterable[Line]) -> Iterator[tuple[Line, Sequence[str]]]:
    """Each line that says something, with the comments on it and right below it."""
    said: Line | None = None
    comments: list[str] = []
    for line in logical:
        if line.text:
            if said is not None:
                yield said, comments
            said, comments = line, [line.comment] if line.comment else []
        elif said is not None and line.comment:
            comments.append(line.comment)
        elif said is not None:
            yield said, comments
            said = None
    if said is not None:
        yield said, comments


def _via(comments: Sequence[str]) -> tuple[str, ...] | None:
    """Who needs a requirement, as its comments say."""
    names: list[str] | None = None
    for comment in comments:
        text = comment.strip()
        if text == "via" or text.startswith("via "):
            names = (names or []) + [n.strip() for n in text[3:].split(",") if n.strip()]
        elif names is not None:
            if not comment.startswith("  "):
                break
            names.extend(n.strip() for n in text.split(",") if n.strip())
    return None if names is None else tuple(names)


# -- from requirements to a graph ------------------------------------------------------------------------------------


def _lockfile(reader: _Reader) -> Lockfile:
    reader.check()
    wanted = _pinned(reader)
    ids = release_ids("pypi", [w.asked[:4] for w in wanted])
    annotated = {w.file for w in wanted if w.via is not None}
    known = {name for w, name in zip(wanted, ids, strict=True) if w.file in annotated}
    # Hand-written requirements leave versions out: then each line is there because the project needs it.
    every_direct = any(w.asked.version is None and w.asked.kind == "registry" for w in reader.wanted)
    direct_known = bool(annotated) or every_direct or not wanted
    unknown = frozenset(ids).difference(known)
    edges = _Edges(reader, wanted, ids)
    if annotated or every_direct:
        edges.follow(wanted, ids)
    return Lockfile(
        path=reader.path,
        format="requirements-txt",
        roots=(_ROOT,),
        releases=_releases(wanted, ids),
        dependencies=edges.dependencies(),
        problems=(*reader.problems, *edges.problems()),
        open=unknown,
        direct_known=direct_known,
        hints={} if direct_known else dict.fromkeys(ids, "runtime"),
        indexes=reader.indexes,
        activated=_activated(wanted, ids, unknown),
    )


def _activated(wanted: Sequence[_Wanted], ids: Sequence[str], unknown: frozenset[str]) -> dict[str, tuple[str, ...]]:
    """The extras that the file asks of releases whose dependencies it does not say."""
    found: dict[str, set[str]] = {}
    for w, name in zip(wanted, ids, strict=True):
        if w.asked.extras and name in unknown:
            found.setdefault(name, set()).update(w.asked.extras)
    return {name: tuple(sorted(extras)) for name, extras in found.items()}


def _pinned(reader: _Reader) -> list[_Wanted]:
    """The requirements, those without a version with the one that a constraint or another line gives them."""
    pins: dict[str, set[str]] = {}
    elsewhere = set()
    for w in reader.wanted:
        if w.asked.version is not None and w.asked.kind == "registry":
            pins.setdefault(w.asked.name, set()).add(w.asked.version)
        elif w.asked.kind != "registry":
            elsewhere.add(w.asked.name)
    wanted = []
    for w in reader.wanted:
        name = w.asked.name
        if w.asked.version is None and w.asked.kind == "registry":
            if name not in pins and name in elsewhere:
                continue
            version = reader.constraints.get(name) or min(pins.get(name, ()), default=None)
            w = w._replace(asked=w.asked._replace(version=version))  # noqa: PLW2901 - the same requirement, pinned
        wanted.append(w)
    return wanted


class _Edges:
    """Collects the edges that annotations tell."""

    def __init__(self, reader: _Reader, wanted: Sequence[_Wanted], ids: Sequence[str]) -> None:
        self._path, self._project = reader.path, reader.project
        self._by_name: dict[str, set[str]] = {}
        for w, name in zip(wanted, ids, strict=True):
            self._by_name.setdefault(w.asked.name, set()).add(name)
        self._markers: dict[tuple[str, str], set[str | None]] = {}
        self._gone: dict[str, int] = {}
        """Annotated dependents that the file does not list, and the line of the first annotation."""

    def follow(self, wanted: Sequence[_Wanted], ids: Sequence[str]) -> None:
        """Adds the edges to each of `wanted`."""
        for w, name in zip(wanted, ids, strict=True):
            for dependent in self._dependents(w):
                if dependent != name:
                    self._markers.setdefault((dependent, name), set()).add(w.asked.marker)
            if len(self._markers) > _MAX_EDGES:
                raise LockfileError(self._path, f"more than {_MAX_EDGES:,} dependencies", where=w.line)

    def _dependents(self, wanted: _Wanted) -> set[str]:
        """The ids of what needs a requirement, from its annotation; without one, the project does."""
        found: set[str] = set()
        for via in wanted.via or ():
            if via.startswith("-c "):
                continue
            name = python_name(via.partition("[")[0].strip())
            if via.startswith("-r ") or "(" in via:
                found.add(_ROOT.id)
            elif name in self._by_name:
                found.update(self._by_name[name])
            else:
                self._gone.setdefault(via, wanted.line)
                found.add(_ROOT.id)
        return found or {_ROOT.id}

    def dependencies(self) -> tuple[Dependency, ...]:
        return tuple(Dependency(a, b, "runtime", _either(m)) for (a, b), m in sorted(self._markers.items()))

    def problems(self) -> Iterator[Problem]:
        """Names that stand for nothing in the file; one of them is the project's, when the file installs that."""
        if len(self._gone) > self._project:
            shown = ", ".join(sorted(self._gone)[:_MAX_NAMED]) + (", …" if len(self._gone) > _MAX_NAMED else "")
            text = f"annotations name packages that the file does not list, taken for the project: {shown}"
            yield Problem("missing-dependent", "info", text, self._path, min(self._gone.values()))


def _either(markers: set[str | None]) -> str | None:
    return None if None in markers else " or ".join(sorted(m for m in markers if m))


def _releases(wanted: Sequence[_Wanted], ids: Sequence[str]) -> tuple[Release, ...]:
    releases: dict[str, Release] = {}
    for w, name in zip(wanted, ids, strict=True):
        hashes, line = set(w.hashes), w.line
        if name in releases:
            hashes.update(releases[name].hashes)
            line = min(line, releases[name].line or line)
        _, version, kind, source, *_ = w.asked
        releases[name] = Release(name, "pypi", w.asked.name, version, kind, line, tuple(sorted(hashes)), source)
    return tuple(releases[name] for name in sorted(releases))


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
