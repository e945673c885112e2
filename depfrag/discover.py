"""Finds lockfiles, decides which of several counts, and reads files near them, within bounds."""

from __future__ import annotations

import json
import os
import re
import stat
from fnmatch import fnmatchcase, translate
from typing import TYPE_CHECKING, NamedTuple

from depfrag import unread, walking
from depfrag.decode import MAX_BYTES
from depfrag.errors import LockfileError
from depfrag.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from depfrag.protocols import Format

_MAX_NAMES = 100_000
"""In one folder."""


class Target(NamedTuple):
    """A lockfile to read."""

    path: str
    """As reports show it: as the user gave it, with forward slashes."""
    form: Format
    named: bool
    """The user pointed at the file itself."""


class Found(NamedTuple):
    """What there is to read."""

    targets: Sequence[Target]
    """Each file once, in a stable order."""
    problems: Sequence[Problem]
    """What was left out: for another lockfile, which it then names, or by git, or because there was too much."""


def find(paths: Sequence[str], formats: Sequence[Format]) -> Found:
    """The lockfiles that `paths`, files and folders, hold.

    Raises LockfileError for a path that is not there, for a file that is no lockfile by its name, and for a folder
    without any.
    """
    found: dict[str, Target] = {}
    left: dict[str, Problem] = {}
    for path in paths:
        for item, about in _under(path, formats):
            real = os.path.realpath(about)
            if isinstance(item, Problem):
                left.setdefault(real, item)
            else:
                known = found.get(real, item)
                found[real] = known._replace(named=known.named or item.named)
    return Found(list(found.values()), [problem for real, problem in left.items() if real not in found])


def _under(path: str, formats: Sequence[Format]) -> Iterator[tuple[Target | Problem, str]]:
    """Targets and problems with the path that each is about."""
    files = [form for form in formats if not form.folder]
    if os.path.isdir(path):
        tree = _tree(path, formats)
        yield from [(tree, path)] if tree else _search(path, files)
    elif not os.path.lexists(path):
        raise LockfileError(_shown(path), "there is no such file or folder")
    else:
        name = os.path.basename(path)
        form = _format(name, files)
        known = None if form and any(fnmatchcase(name, p) for p in form.patterns) else unread.said(name)
        if known is not None:
            raise LockfileError(_shown(path), known[0], hint=known[1])
        if form is None:
            raise LockfileError(
                _shown(path), "not the name of a lockfile that depfrag reads", hint="see: depfrag plugins"
            )
        yield Target(_shown(path), form, named=True), path


def _tree(path: str, formats: Sequence[Format]) -> Target | None:
    """A folder that the user points at as what is installed: by its name, or by what it holds beside no lockfile."""
    name = os.path.basename(os.path.abspath(path))
    held = set(os.listdir(path)) if os.access(path, os.R_OK) else set()
    for form in formats:
        if form.folder and (name in form.patterns or not (held.isdisjoint(form.also) or _is_project(held, formats))):
            # A folder that is called "." or ".." is shown by its name: what lies beside it is found so.
            nameless = os.path.basename(os.path.normpath(path)) in (os.curdir, os.pardir)
            return Target(_shown(os.path.join(path, os.pardir, name) if nameless else path), form, named=True)
    return None


def _is_project(names: set[str], formats: Sequence[Format]) -> bool:
    patterns = [pattern for form in formats if not form.folder for pattern in form.patterns]
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _search(top: str, formats: Sequence[Format]) -> Iterator[tuple[Target | Problem, str]]:
    names = re.compile("|".join(translate(pattern) for form in formats for pattern in form.patterns))
    found = walking.walk(top, names.match)
    if top in found.unreadable:
        raise LockfileError(_shown(top), "the folder cannot be read")
    for path in found.unreadable:
        yield Problem("search", "warning", f"{_shown(path)}: the folder cannot be read, nor what is in it"), path
    if not found.whole:
        text = "too many or too deep folders: only what is nearest was searched; name the folders to search"
        yield Problem("search", "warning", f"{_shown(top)}: {text}"), top
    ignored = [os.path.join(folder.path, name) for folder in found.folders for name in folder.ignored]
    if not any(folder.files for folder in found.folders):
        reads = ", ".join(name for form in formats for name in form.patterns if name[0] not in "*.")
        hint = f"git ignores {_shown(ignored[0])}; name it to scan it" if ignored else f"depfrag reads {reads}"
        if not ignored and (known := unread.among(sorted(os.listdir(top)))):
            hint = f"{known[0]} is {known[1]}; {known[2]}"
        raise LockfileError(_shown(top), "no lockfile here or below", hint=hint)
    for folder in found.folders:
        yield from _counting(folder, formats)
    for path in ignored:
        yield Problem("ignored", "info", f"left out {_shown(path)}, which git ignores; name it to scan it"), path


def _format(name: str, formats: Sequence[Format]) -> Format | None:
    """The format of a file that the user points at."""
    for form in formats:
        if any(fnmatchcase(name, pattern) for pattern in form.patterns):
            return form
    for form in formats:
        if any(fnmatchcase(name, pattern) for pattern in form.also):
            return form
    return None


def _shown(path: str) -> str:
    return os.path.normpath(path).replace(os.sep, "/")


# -- which of several counts -----------------------------------------------------------------------------------------


_UNNAMED = ("bom", "sbom")
"""What stands for a name where there is none."""


class _Candidate(NamedTuple):
    name: str
    form: Format
    own: str
    """The name up to the first dot, where the format leaves it to the user; else ""."""


def _counting(folder: walking.Folder, formats: Sequence[Format]) -> Iterator[tuple[Target | Problem, str]]:
    """The lockfiles in a folder that count, and a problem for each that does not (`depfrag.protocols.Format`)."""
    candidates = list(_candidates(folder.files, formats))
    tool = None
    if sum(c.form.kind == "npm" and not c.own for c in candidates) > 1:
        tool = _package_manager(folder.path)
        candidates.sort(key=lambda c: tool is None or c.form.tool != tool)
    chosen: dict[tuple[str, str], _Candidate] = {}
    first: dict[str, _Candidate] = {}
    for candidate in candidates:
        path = os.path.join(folder.path, candidate.name)
        winner = _winner(candidate, chosen, first.values())
        if winner is None:
            chosen.setdefault((candidate.form.kind, candidate.own), candidate)
            first.setdefault(candidate.form.name, candidate)
            yield Target(_shown(path), candidate.form, named=False), path
        else:
            instead = _shown(os.path.join(folder.path, winner.name))
            because = ", which package.json asks for," if winner.form.tool == tool else ""
            text = f"left out {_shown(path)}: {instead}{because} counts instead; name the file to scan it"
            yield Problem("left-out", "info", text, instead), path


def _winner(
    candidate: _Candidate, chosen: Mapping[tuple[str, str], _Candidate], first: Iterable[_Candidate]
) -> _Candidate | None:
    """Which of those `chosen` so far, by kind and name, or of the `first` of each format, counts instead of
    `candidate`."""
    _, form, own = candidate
    for other in first:
        if other.form.kind in form.exports and other.form is not form:
            return other
    same = chosen.get((form.kind, own)) if form.kind else None
    return None if same is not None and own and same.form is form else same


def _candidates(files: Sequence[str], formats: Sequence[Format]) -> Iterator[_Candidate]:
    """The lockfiles among `files`, in the order of formats, their patterns and names."""
    seen = set()
    for form in formats:
        for pattern in form.patterns:
            for name in files:
                if name not in seen and fnmatchcase(name, pattern):
                    seen.add(name)
                    first = name.partition(".")[0]
                    yield _Candidate(name, form, "" if pattern == name or first in _UNNAMED else first)


def _package_manager(folder: str) -> str | None:
    """Who package.json says is to be used; None where it says nothing."""
    try:
        manifest = json.loads(_read(os.path.join(folder, "package.json"), "package.json") or b"{}")
    except (LockfileError, ValueError, RecursionError):
        return None
    manifest = manifest if isinstance(manifest, dict) else {}
    said, engines = manifest.get("packageManager"), manifest.get("devEngines")
    if said is None and isinstance(engines, dict) and isinstance(engines.get("packageManager"), dict):
        said = engines["packageManager"].get("name")
    return said.partition("@")[0] if isinstance(said, str) else None


# -- reading ---------------------------------------------------------------------------------------------------------


def load(path: str) -> bytes:
    """The content of a lockfile. Raises LockfileError when it cannot be read or is too large."""
    data = _read(path, path)
    if data is None:
        raise LockfileError(path, "there is no such file")
    return data


def _read(path: str, shown: str) -> bytes | None:
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise LockfileError(shown, "not a regular file")
        if found.st_size > MAX_BYTES:
            size, most = found.st_size // 2**20, MAX_BYTES // 2**20
            raise LockfileError(shown, f"{size} MiB is too large to be a lockfile; the limit is {most} MiB")
        with open(path, "rb") as file:
            return file.read(MAX_BYTES + 1)[:MAX_BYTES]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise LockfileError(shown, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None


class Folder:
    """Reads files near a lockfile (`depfrag.protocols.Files`)."""

    def __init__(self, lockfile: str) -> None:
        self.path = os.path.dirname(lockfile) or "."

    def read(self, path: str) -> bytes | None:
        return _read(os.path.join(self.path, path), path)

    def names(self, folder: str) -> Sequence[str]:
        try:
            with os.scandir(os.path.join(self.path, folder)) as entries:
                found = [entry.name for entry, _ in zip(entries, range(_MAX_NAMES + 1), strict=False)]
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except (OSError, ValueError) as error:
            raise LockfileError(folder, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
        if len(found) > _MAX_NAMES:
            raise LockfileError(folder, f"more than {_MAX_NAMES:,} files and folders")
        return sorted(found)

    def link(self, path: str) -> str | None:
        place = os.path.join(self.path, path)
        try:
            if not os.path.islink(place):
                return None
            return os.path.relpath(os.path.realpath(place), os.path.realpath(self.path)).replace(os.sep, "/")
        except (OSError, ValueError):
            return None
