"""What git ignores: the rules of ``.gitignore`` files and of ``.git/info/exclude``, and which of them is about a path.

Matching takes time in the length of rule times path, whatever they are. Libraries for it make a regular expression of
each rule, in which a line such as ``*a*a*a*a*a*b`` takes minutes, and judge a folder that a later rule takes back, and
what is in it, not as git does.
"""

from __future__ import annotations

import os
import re
import stat
from fnmatch import translate
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    Spend = Callable[[int], None]
    """Takes the steps that something may cost from what is left of them; raises where too little is."""

_GIT, _IGNORE = ".git", ".gitignore"
_MAX_BYTES = 1024 * 1024
_COMPILING = 200
"""Steps that a rule with wildcards costs once."""
_SPECIAL = re.compile(r"[*?\[\]\\]")
_ESCAPED = re.compile(r"\\(.)|\[\^", re.DOTALL)


class _Name:
    """A part of a rule: which names fit it. It is compiled when one first may."""

    __slots__ = ("_end", "_match", "_start", "_text")

    def __init__(self, text: str) -> None:
        special = [found.start() for found in _SPECIAL.finditer(text)]
        self._text = text
        self._start = text[: special[0]] if special else text
        self._end = text[special[-1] + 1 :] if special and "\\" not in text else ""
        self._match: Callable[[str], object] | None = None if special else text.__eq__

    def may_fit(self, name: str) -> bool:
        return name.startswith(self._start) and name.endswith(self._end)

    def fits(self, name: str) -> bool:
        match = self._match
        if match is None:
            plain = _ESCAPED.sub(lambda found: _literal(found[1]) if found[1] else "[!", self._text)
            match = self._match = re.compile(translate(plain)).match
        return bool(match(name))


def _literal(character: str) -> str:
    return f"[{character}]" if character in "*?[" else character


class _Rule(NamedTuple):
    ignores: bool
    """False: it takes back what a rule before it ignored."""
    folders: bool
    """It is about folders alone."""
    parts: tuple[_Name | None, ...]
    """What the names on the way to a path must fit, one each; None for any number of folders."""

    def may_fit(self, name: str) -> bool:
        """Whether it may be about something of this name; quick to say."""
        last = self.parts[-1]
        return last is None or last.may_fit(name)

    def fits(self, path: tuple[str, ...]) -> bool:
        last = self.parts[-1]
        if last is not None and not last.fits(path[-1]):
            return False
        starts = {0}
        for part in self.parts[:-1]:
            if part is None:
                starts = set(range(min(starts), len(path)))
            else:
                starts = {start + 1 for start in starts if start < len(path) - 1 and part.fits(path[start])}
            if not starts:
                return False
        return last is None or len(path) - 1 in starts


def _rule(line: str) -> _Rule | None:
    """The rule in a line; None where it has none."""
    line = line.removesuffix("\r")
    text = line.rstrip(" ")
    if text.endswith("\\") and text != line:
        text += " "
    takes_back = text.startswith("!")
    text = text[takes_back:]
    folders = text.endswith("/")
    text = text[: len(text) - folders]
    if not text or text.startswith("#") or (text.endswith("\\") and not text.endswith("\\\\")):
        return None
    parts = [None if set(part) == {"*"} and part != "*" else _Name(part) for part in text.removeprefix("/").split("/")]
    return _Rule(not takes_back, folders, tuple(parts) if "/" in text else (None, *parts))


class Rules:
    """The rules of one file."""

    def __init__(self, text: str, spend: Spend) -> None:
        lines = text.split("\n")
        spend(len(lines) + _COMPILING * sum(1 for line in lines if _SPECIAL.search(line)))
        self._rules = [rule for line in reversed(lines) if (rule := _rule(line)) is not None]

    def verdict(self, path: tuple[str, ...], *, folder: bool, spend: Spend) -> bool | None:
        """Whether `path`, the names from the folder of the rules, is ignored; None where no rule is about it."""
        spend(len(self._rules))
        name = path[-1]
        for rule in self._rules:
            if (folder or not rule.folders) and rule.may_fit(name):
                spend(len(rule.parts) * (1 + sum(map(len, path)) // 8))
                if rule.fits(path):
                    return rule.ignores
        return None


Chain: TypeAlias = "tuple[tuple[Rules, tuple[str, ...]], ...]"
"""The rules that hold in a folder, nearest first, each with the names of the folders from theirs to it."""


def ignored(chain: Chain, name: str, *, folder: bool, spend: Spend) -> bool:
    """Whether git ignores what is called `name` in the folder that `chain` holds in."""
    for rules, inside in chain:
        said = rules.verdict((*inside, name), folder=folder, spend=spend)
        if said is not None:
            return said
    return False


def entered(chain: Chain, name: str) -> Chain:
    """What holds in the folder `name` of the folder that `chain` holds in, but for its own rules."""
    return tuple((rules, (*inside, name)) for rules, inside in chain)


def here(chain: Chain, folder: str, names: Container[str], spend: Spend) -> Chain:
    """`chain` with the rules of `folder` itself, in which are `names`. A repository knows of no rules around it."""
    if _GIT in names:
        chain = _read(os.path.join(folder, _GIT, "info", "exclude"), spend)
    return (*_read(os.path.join(folder, _IGNORE), spend), *chain) if _IGNORE in names else chain


def above(top: str, spend: Spend) -> Chain:
    """What holds in the folder `top` because of the repository that it is a part of.

    Nothing does if the rules ignore `top` itself: who asks for such a folder wants to know what is in it.
    """
    folder, names = os.path.realpath(top), []
    while not os.path.lexists(os.path.join(folder, _GIT)):
        folder, name = os.path.split(folder)
        if not name:
            return ()
        names.append(name)
    chain: Chain = ()
    for name in reversed(names):
        there = {n for n in (_GIT, _IGNORE) if os.path.lexists(os.path.join(folder, n))}
        chain = here(chain, folder, there, spend)
        if ignored(chain, name, folder=True, spend=spend):
            return ()
        chain = entered(chain, name)
        folder = os.path.join(folder, name)
    return chain


def _read(path: str, spend: Spend) -> Chain:
    """The rules in a file; none where there is no such file, or where it is a link, which git does not follow."""
    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MAX_BYTES:
            return ()
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            text = file.read(_MAX_BYTES)
    except OSError:
        return ()
    return ((Rules(text, spend), ()),)
