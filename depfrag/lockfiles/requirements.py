"""Reads pip's requirements files, flat or annotated by pip-compile or uv (``# via``), with their includes.

Lines are joined, split and decoded as pip does it; what pip would stop at is a problem here, so that the rest is read.
"""

from __future__ import annotations

import codecs
import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

from depfrag.errors import LockfileError
from depfrag.identity import python_name, release_id, without_credentials
from depfrag.model import Dependency, Lockfile, Problem, Release, Root

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depfrag.model import ReleaseKind
    from depfrag.protocols import Files

_MAX_INCLUDES = 200
_MAX_NAMED = 5
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_COMMENT = re.compile(r"(^|\s+)#.*$")
_OPTION = re.compile(r"(--?[A-Za-z][\w-]*)(?:[=\s]+(.*))?\Z", re.DOTALL)
_LEGACY = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*={2,3}\s*([^\s,;()*]+)\s*(?:;\s*(.+)|@\s*\S+)?\Z")
_VCS = re.compile(r"(git|hg|svn|bzr)\+")
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar", ".egg")
_INERT = frozenset(
    ("--no-binary", "--only-binary", "--prefer-binary", "--require-hashes", "--pre", "--trusted-host", "--use-feature",
     "--find-links", "-f", "--config-settings", "-C", "--global-option", "--process-dependency-links",
     "--use-wheel", "--no-use-wheel", "--always-unzip", "-Z", "--allow-external", "--allow-all-external",
     "--allow-unverified", "--allow-insecure", "--only-final", "--all-releases"),
)  # fmt: skip


class _Wanted(NamedTuple):
    """One requirement of the file."""

    name: str
    version: str | None
    kind: ReleaseKind
    source: str | None
    marker: str | None
    hashes: tuple[str, ...]
    line: int
    via: tuple[str, ...] | None
    """Who needs it, as its annotation says; None where there is no annotation."""


class _Line(NamedTuple):
    """A logical line: the lines that a backslash joins, without comment."""

    number: int
    text: str
    comment: str


class Requirements:
    """The reader of requirements files."""

    def parse(self, path: str, data: bytes, files: Files) -> Lockfile:
        reader = _Reader(path, files)
        reader.read(data, posixpath.basename(path.replace("\\", "/")), (), None, constraint=False)
        return _lockfile(reader)


PARSER = Requirements()


class _Reader:
    """Collects the requirements of a file and its includes."""

    def __init__(self, path: str, files: Files) -> None:
        self.path, self.files = path, files
        self.wanted: list[_Wanted] = []
        self.constraints: dict[str, str] = {}
        self.indexes: list[str] | None = None
        self.problems: list[Problem] = []
        self.project: int | None = None
        """The line that installs the project itself (``-e .``)."""
        self._invalid: list[tuple[int, str]] = []
        self._included = 0

    def read(self, data: bytes, name: str, above: tuple[str, ...], line: int | None, *, constraint: bool) -> None:
        """Reads the file `name`, included from the files `above`; `line` is where the outermost one includes it."""
        self._folder = posixpath.dirname(name)
        logical = list(_logical_lines(self._decode(data, name, line)))
        for i, entry in enumerate(logical):
            if entry.text:
                number = entry.number if line is None else line
                via = None if constraint else _via(entry, logical[i + 1 :])
                folder = self._folder
                self._line(entry._replace(number=number), via, (*above, name), constraint=constraint)
                self._folder = folder

    def _decode(self, data: bytes, name: str, line: int | None) -> str:
        for bom, encoding in _BOMS:
            if data.startswith(bom):
                return data[len(bom) :].decode(encoding, "replace")
        if b"\0" in data:
            raise LockfileError(self.path, f"{name} is not text", where=line)
        coding = next((m[1] for first in data.splitlines()[:2] if (m := _CODING.match(first))), b"utf-8").decode()
        try:
            return data.decode(coding)
        except (UnicodeDecodeError, LookupError):
            self.problems.append(
                Problem("encoding", "info", f"{name} is not {coding}; odd characters are lost", self.path, line)
            )
            return data.decode("utf-8", "replace")

    def _line(self, line: _Line, via: tuple[str, ...] | None, above: tuple[str, ...], *, constraint: bool) -> None:
        option = _OPTION.match(line.text) if line.text.startswith("-") else None
        if option:
            self._option(line, option[1], (option[2] or "").strip(), via, above, constraint=constraint)
            return
        if line.text.startswith("-"):
            self._invalid.append((line.number, line.text))
            return
        text, hashes = _split_options(line.text)
        wanted = _requirement(text, line.number, hashes, via)
        if wanted is None:
            self._invalid.append((line.number, text))
        elif constraint:
            if wanted.version is not None and wanted.kind == "registry":
                self.constraints.setdefault(wanted.name, wanted.version)
        else:
            self.wanted.append(wanted)

    def _option(
        self,
        line: _Line,
        option: str,
        value: str,
        via: tuple[str, ...] | None,
        above: tuple[str, ...],
        *,
        constraint: bool,
    ) -> None:
        if option in ("-r", "--requirement", "-c", "--constraint"):
            self._include(value, line.number, above, constraint=constraint or option in ("-c", "--constraint"))
        elif option in ("-e", "--editable"):
            text, hashes = _split_options(value)
            if text.rstrip("/") in (".", "file:.", "file://.") or re.match(r"\.\[[^\]]*\]\Z", text):
                self.project = line.number
                return
            wanted = _requirement(text, line.number, hashes, via, editable=True)
            if wanted is None:
                self._invalid.append((line.number, line.text))
            elif not constraint:
                self.wanted.append(wanted)
        elif option in ("-i", "--index-url", "--pypi-url"):
            self.indexes = [without_credentials(value), *(self.indexes or [])[1:]]
        elif option == "--extra-index-url":
            self.indexes = [*(self.indexes or [""]), without_credentials(value)]
        elif option == "--no-index":
            self.indexes = []
        elif option not in _INERT:
            self._invalid.append((line.number, line.text))

    def _include(self, target: str, line: int, above: tuple[str, ...], *, constraint: bool) -> None:
        target = target.strip("\"'")
        if "://" in target and not target.startswith("file:"):
            self._note("include", f"the include {target} is an address and was not fetched", line)
            return
        name = posixpath.normpath(posixpath.join(self._folder, target.removeprefix("file://").removeprefix("file:")))
        if name in above:
            chain = " → ".join((*above[above.index(name) :], name))
            raise LockfileError(self.path, f"the includes go round in a circle: {chain}", where=line)
        self._included += 1
        if self._included > _MAX_INCLUDES:
            raise LockfileError(self.path, f"more than {_MAX_INCLUDES} includes", where=line)
        data = self.files.read(name)
        if data is None:
            self._note("include", f"the included file {name} is not there", line)
            return
        folder = self._folder
        self.read(data, name, above, line, constraint=constraint)
        self._folder = folder

    def _note(self, code: str, message: str, line: int) -> None:
        self.problems.append(Problem(code, "warning", message, self.path, line))

    def check(self) -> None:
        """Turns invalid lines into a problem; a file of nothing else is no requirements file."""
        if not self._invalid:
            return
        number, text = self._invalid[0]
        if not self.wanted and self.indexes is None and self.project is None and not self._included:
            raise LockfileError(self.path, f"{_short(text)!r} is not a requirement", where=number)
        shown = ", ".join(f"{_short(t)!r} (line {n})" for n, t in self._invalid[:_MAX_NAMED])
        more = f" and {len(self._invalid) - _MAX_NAMED} more" if len(self._invalid) > _MAX_NAMED else ""
        self._note("invalid-line", f"not requirements, left out: {shown}{more}", number)


def _logical_lines(content: str) -> Iterator[_Line]:
    """Lines joined as pip joins them: a backslash continues, a comment line ends."""
    joined: list[str] = []
    start = 0
    for number, line in enumerate([*content.splitlines(), ""], 1):
        comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not comment:
            start = start if joined else number
            joined.append(line.rstrip("\\"))
            continue
        if joined and comment:
            yield _line(start, "".join(joined))
            joined = []
        whole = "".join((*joined, line))
        yield _line(start if joined else number, whole)
        joined = []


def _line(number: int, whole: str) -> _Line:
    found = _COMMENT.search(whole)
    text, comment = (whole[: found.start()], found[0].strip()) if found else (whole, "")
    return _Line(number, text.strip(), comment.lstrip("#"))


def _via(line: _Line, following: Sequence[_Line]) -> tuple[str, ...] | None:
    """Who needs a requirement, from the comment on its line or the comment lines below it."""
    comments = [line.comment] if line.comment else []
    for other in following:
        if other.text or not other.comment:
            break
        comments.append(other.comment)
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


def _split_options(text: str) -> tuple[str, tuple[str, ...]]:
    """A requirement without its own options, and its hashes."""
    head, *rest = re.split(r"\s(?=--?[A-Za-z])", text)
    hashes = []
    for option in rest:
        found = re.match(r"--hash[=\s]+(\S+)", option)
        if found:
            hashes.append(found[1])
    return head.strip(), tuple(sorted(hashes))


def _requirement(
    text: str, line: int, hashes: tuple[str, ...], via: tuple[str, ...] | None, *, editable: bool = False
) -> _Wanted | None:
    try:
        parsed = Requirement(text)
    except InvalidRequirement:
        return _unnamed(text, line, hashes, via, editable=editable)
    name, marker = python_name(parsed.name), str(parsed.marker) if parsed.marker else None
    if parsed.url:
        kind, source, _, version = _address(parsed.url)
        return _Wanted(name, version, kind, source, marker, hashes, line, via)
    pins = [s.version for s in parsed.specifier if s.operator in ("==", "===") and not s.version.endswith(".*")]
    return _Wanted(name, min(pins, default=None), "registry", None, marker, hashes, line, via)


def _unnamed(
    text: str, line: int, hashes: tuple[str, ...], via: tuple[str, ...] | None, *, editable: bool
) -> _Wanted | None:
    """A requirement in a form of its own: an old version, an address or a path."""
    legacy = _LEGACY.match(text)
    if legacy:
        return _Wanted(python_name(legacy[1]), legacy[2], "registry", None, legacy[3], hashes, line, via)
    address, _, marker = text.partition(" ;") if " ;" in text else text.partition("; ")
    address = address.strip()
    is_path = (
        address.startswith((".", "/", "~", "file:")) or address.endswith(_ARCHIVES) or (editable and "/" in address)
    )
    if not is_path and "://" not in address and not re.match(r"[A-Za-z][\w.+-]*:", address):
        return None
    if re.search(r"\s", address):
        return None
    kind, source, name, version = _address(address)
    return _Wanted(name, version, kind, source, marker.strip() or None, hashes, line, via) if name else None


def _address(address: str) -> tuple[ReleaseKind, str, str, str | None]:
    """Kind, source, name and version of what lies at an address or path."""
    body, _, fragment = without_credentials(address).partition("#")
    egg = re.search(r"(?:^|&)egg=([^&\[=]+)", fragment)
    name = python_name(egg[1].strip()) if egg else ""
    if _VCS.match(body) or body.startswith("git://") or body.endswith(".git"):
        scheme, _, rest = body.rpartition("://")
        place, at, revision = rest.rpartition("@")
        place = place if at else rest
        name = name or python_name(posixpath.basename(place.rstrip("/")).removesuffix(".git"))
        kind: ReleaseKind = "git" if "git" in scheme or not scheme else "url"
        source = f"{scheme}://{place}" if scheme else place
        return kind, f"{source}#{revision}" if at else source, name, None
    file = posixpath.basename(body.partition("?")[0].rstrip("/"))
    found, version = _archive_name(file)
    name = name or found
    if body.startswith(("http:", "https:", "ftp:", "s3:", "gs:")):
        return "url", body, name or python_name(re.sub(r"\.(zip|tar\.\w+|tgz)\Z", "", file)), version
    path = body.removeprefix("file://").removeprefix("file:")
    if file.endswith(_ARCHIVES):
        return "file", path, name or python_name(file), version
    return "link", posixpath.normpath(path), name or python_name(re.sub(r"\[.*\]\Z", "", file)), None


def _archive_name(file: str) -> tuple[str, str | None]:
    from urllib.parse import unquote

    try:
        if file.endswith(".whl"):
            name, version, _, _ = parse_wheel_filename(unquote(file))
        else:
            name, version = parse_sdist_filename(unquote(file))
    except (InvalidWheelFilename, InvalidSdistFilename):
        return "", None
    return name, str(version)


# -- from requirements to a graph ------------------------------------------------------------------------------------


def _lockfile(reader: _Reader) -> Lockfile:
    reader.check()
    root = Root("root:.", None, ".")
    annotated = any(w.via is not None for w in reader.wanted)
    pinned = {w.name for w in reader.wanted if w.version is not None or w.kind != "registry"}
    wanted = [_constrained(w, reader) for w in reader.wanted]
    wanted = [w for w in wanted if w.version is not None or w.kind != "registry" or w.name not in pinned]
    ids = [release_id("pypi", w.name, w.version, w.kind, w.source) for w in wanted]
    by_name: dict[str, set[str]] = {}
    for w, name in zip(wanted, ids, strict=True):
        by_name.setdefault(w.name, set()).add(name)
    edges: dict[tuple[str, str], set[str | None]] = {}
    gone: set[str] = set()
    every_direct = not annotated and any(w.version is None and w.kind == "registry" for w in wanted)
    for w, name in zip(wanted, ids, strict=True):
        for dependent in _dependents(w, by_name, root.id, gone) if annotated else [root.id] if every_direct else []:
            if dependent != name:
                edges.setdefault((dependent, name), set()).add(w.marker)
    problems = list(reader.problems)
    if gone:
        shown = ", ".join(sorted(gone)[:_MAX_NAMED]) + (", …" if len(gone) > _MAX_NAMED else "")
        text = f"annotations name packages that the file does not list, taken for the project: {shown}"
        problems.append(Problem("missing-dependent", "info", text, reader.path))
    releases = _releases(wanted, ids)
    return Lockfile(
        path=reader.path,
        format="requirements-txt",
        roots=(root,),
        releases=releases,
        dependencies=tuple(
            Dependency(a, b, "runtime", None if None in markers else " or ".join(sorted(m for m in markers if m)))
            for (a, b), markers in sorted(edges.items())
        ),
        problems=tuple(problems),
        open=frozenset() if annotated else frozenset(r.id for r in releases),
        direct_known=annotated or every_direct or not releases,
        hints={} if annotated else dict.fromkeys(ids, "runtime"),
        indexes=None if reader.indexes is None else tuple(reader.indexes),
    )


def _constrained(wanted: _Wanted, reader: _Reader) -> _Wanted:
    if wanted.version is None and wanted.kind == "registry":
        return wanted._replace(version=reader.constraints.get(wanted.name))
    return wanted


def _dependents(wanted: _Wanted, by_name: dict[str, set[str]], root: str, gone: set[str]) -> list[str]:
    """The ids of what needs a requirement, from its annotation."""
    found: set[str] = set()
    for via in wanted.via or ():
        if via.startswith("-c "):
            continue
        name = python_name(via.partition("[")[0].strip())
        if via.startswith("-r ") or "(" in via:
            found.add(root)
        elif name in by_name:
            found.update(by_name[name])
        else:
            gone.add(via)
            found.add(root)
    return sorted(found) or [root]


def _releases(wanted: Sequence[_Wanted], ids: Sequence[str]) -> tuple[Release, ...]:
    releases: dict[str, Release] = {}
    for w, name in zip(wanted, ids, strict=True):
        hashes = set(w.hashes)
        line = w.line
        if name in releases:
            hashes.update(releases[name].hashes)
            line = min(line, releases[name].line or line)
        releases[name] = Release(name, "pypi", w.name, w.version, w.kind, line, tuple(sorted(hashes)), w.source)
    return tuple(releases[name] for name in sorted(releases))


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
