"""What npm's manifests mean by an address, an archive's name or a workspace pattern."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from depfrag.places import is_inside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from depfrag.model import ReleaseKind

WEB = ("http://", "https://")
GIT = ("git+", "git:", "git@", "github:", "gitlab:", "bitbucket:", "gist:")
_VERSION = re.compile(r"\d+\.\d+\.\d+([-+][\w.+-]*)?\Z")
_ARCHIVES = (".tgz", ".tar.gz", ".tar")
_MAX_PATTERNS = 2000
"""Of one project; each negated one is held against each other. More are not looked at."""
_MAX_PATTERN = 256
_MAX_ALTERNATIVES = 1000
_MAX_FOLDERS = 50_000
"""Looked into for one project's members, files among them that turn out to be none."""
_MAX_LEVELS = 8
"""Of folders that ``**`` stands for; links may lead round in a circle."""


def address_kind(spec: str) -> ReleaseKind | None:
    """What kind of release a dependency's spec asks for, if it is an address; None for a range, tag or alias."""
    if spec.startswith(GIT) or (spec.startswith(("ssh://", *WEB)) and spec.partition("#")[0].endswith(".git")):
        return "git"
    if spec.startswith(WEB):
        return "url"
    if spec.startswith(("file:", "./", "../", "/", "~/")):
        return "file" if spec.lower().endswith(_ARCHIVES) else "link"
    if re.match(r"[\w.-]+/[\w.-]+(#.*)?\Z", spec):
        return "git"
    return None


def aliased(spec: str) -> tuple[str, str | None] | None:
    """Name and version or range of the package that an alias (``npm:name@1.2.3``) stands for; None for other specs."""
    if not spec.startswith("npm:"):
        return None
    name, found, version = spec[4:].rpartition("@")
    return (name, version) if found and name else (spec[4:], None)


def from_archive(name: str, address: str) -> tuple[str, str | None]:
    """Name and version that an archive's file name tells, as npm reads them: ``/@scope/name/-/name-1.2.3.tgz``."""
    path = address.partition("?")[0]
    folder, listed, file = path.rpartition("/-/")
    if listed:
        scope, _, project = folder.replace("%2f", "/").replace("%2F", "/").rpartition("/")
        scope = scope.rpartition("/")[2]
    else:
        scope, _, project = name.rpartition("/")
        file = posixpath.basename(path.removeprefix("file:"))
    version = file.removeprefix(f"{project}-").removesuffix(".tgz")
    if len(version) != len(file) - len(project) - 5 or not _VERSION.match(version):
        return name, None
    return (f"{scope}/{project}" if scope.startswith("@") else project), version


def is_listed(name: str, version: str | None, address: str) -> bool:
    """Whether an address is that of a registry's own archive of a release."""
    return version is not None and "/-/" in address and from_archive(name, address) == (name, version)


# -- workspaces ------------------------------------------------------------------------------------------------------


def workspaces(value: object) -> Callable[[str], bool]:
    """Whether a folder is a workspace member by `workspaces` of a package.json, as npm decides it.

    A negated pattern (``!packages/b``) takes folders away wherever it stands, unless a later pattern is itself matched
    by it: that one gives them back.
    """
    wanted, unwanted = _patterns(value)
    plain = {folder for pattern in wanted for folder in pattern.plain}
    globs = [pattern for pattern in wanted if pattern.globs]

    def member(folder: str) -> bool:
        return (folder in plain or any(p.matches(folder) for p in globs)) and not any(
            p.matches(folder) for p in unwanted
        )

    return member


def workspace_folders(value: object, names: Callable[[str], Sequence[str]]) -> list[str]:
    """The folders that `workspaces` of a package.json may name, of those there are, sorted; `names` says what lies in
    a folder, relative to that of the package.json. Whether one holds a package.json remains to be seen."""
    room = iter(range(_MAX_FOLDERS))
    found: set[str] = set()
    for pattern in _patterns(value)[0]:
        found.update(pattern.plain)
        for glob in pattern.globs:
            reached = [""]
            for step in glob:
                inside = _below(reached, names, room) if step is None else _inside(reached, names, room)
                reached = [f for f in inside if step is None or step.match(f.rpartition("/")[2])]
            found.update(reached)
    return sorted(filter(workspaces(value), filter(is_inside, found - {""})))


def _inside(folders: Iterable[str], names: Callable[[str], Sequence[str]], room: Iterator[int]) -> list[str]:
    """What lies in `folders`; nothing in those for which there is no room any more."""
    return [
        f"{folder}/{name}" if folder else name
        for folder, _ in zip(folders, room, strict=False)
        for name in names(folder or ".")
        if name != "node_modules"
    ]


def _below(folders: Sequence[str], names: Callable[[str], Sequence[str]], room: Iterator[int]) -> list[str]:
    """`folders` and all that lies below them, but what is hidden."""
    found = list(folders)
    level: Sequence[str] = folders
    for _ in range(_MAX_LEVELS):
        level = [f for f in _inside(level, names, room) if not f.rpartition("/")[2].startswith(".")]
        found.extend(level)
    return found


def _patterns(value: object) -> tuple[list[_Pattern], list[_Pattern]]:
    """The patterns of `workspaces`: those that name folders, and those that take folders away."""
    listed = value.get("packages") if isinstance(value, dict) else value
    wanted: list[_Pattern] = []
    unwanted: list[_Pattern] = []
    for text in listed[:_MAX_PATTERNS] if isinstance(listed, list) else ():
        if not isinstance(text, str) or len(text) > _MAX_PATTERN:
            continue
        bare = text.lstrip("!")
        folder = re.sub(r"\A\.?/+", "", bare).rstrip("/")
        if (len(text) - len(bare)) % 2:
            unwanted.append(_Pattern(folder))
        else:
            unwanted = [pattern for pattern in unwanted if not pattern.matches(folder)]
            wanted.append(_Pattern(folder))
    return wanted, unwanted


class _Pattern:
    """One workspace pattern."""

    def __init__(self, text: str) -> None:
        alternatives = _alternatives(text)
        self.plain = {a for a in alternatives if not re.search(r"[*?\[(]", a)}
        self.globs = [[_step(step) for step in a.split("/")] for a in alternatives if a not in self.plain]

    def matches(self, folder: str) -> bool:
        return folder in self.plain or any(_fits(glob, folder.split("/")) for glob in self.globs)


def _alternatives(pattern: str) -> list[str]:
    """`pattern` with its braces written out: ``{a,b}/c`` is ``a/c`` and ``b/c``."""
    done: list[str] = []
    todo = [pattern]
    while todo and len(done) + len(todo) < _MAX_ALTERNATIVES:
        text = todo.pop()
        found = next((m for m in re.finditer(r"\{([^{}]*+)\}", text) if "," in m[1]), None)
        if found is None:
            done.append(text)
        else:
            todo.extend(text[: found.start()] + choice + text[found.end() :] for choice in found[1].split(","))
    return done


def _step(step: str) -> re.Pattern[str] | None:
    """What one folder of a pattern matches; None is any number of folders. ``@(a|b)`` and the like match all."""
    from fnmatch import translate

    if step == "**":
        return None
    plain = re.sub(r"[@?*+!]\([^()]*\)", "*", step).replace("[^", "[!")
    return re.compile(translate(plain) if plain.startswith(".") else r"(?!\.)" + translate(plain))


def _fits(glob: Sequence[re.Pattern[str] | None], folders: Sequence[str]) -> bool:
    """Whether all `folders` of a path match all of `glob`."""
    ends = {0}
    for step in glob:
        if step is None:
            reached, further = False, set()
            for i in range(len(folders) + 1):
                reached = i in ends or (reached and not folders[i - 1].startswith("."))
                if reached:
                    further.add(i)
            ends = further
        else:
            ends = {i + 1 for i in ends if i < len(folders) and step.match(folders[i])}
    return len(folders) in ends
