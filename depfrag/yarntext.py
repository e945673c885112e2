"""Reads the text of a yarn.lock as yarn 1 writes it: a format of its own, lines of keys and values in blocks.

    # yarn lockfile v1

    "@scope/a@^1.0.0", b@^2.0.0:
      version "1.2.3"
      dependencies:
        c ">= 1"

As in yarn, values may have a colon before them, several keys may share a value, and of equal keys the last one counts.
Unlike yarn, which reads no further there, empty lines and comments within a block are passed over.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from depfrag.errors import LockfileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Value: TypeAlias = "str | Mapping[str, Value]"
    Block: TypeAlias = "dict[str, Value]"
    Line: TypeAlias = "tuple[int, str, tuple[str, ...], str | None]"
    """Number, indentation, keys and value; without a value it opens a block."""

_MAX_LEVELS = 100
_MAX_KEYS = 500_000
"""Of all lines that have several."""
_MAX_LINES = 500_000
_MAX_ENTRIES = 100_000
"""Twenty and more times those of the largest files known."""

_QUOTED = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_BARE = r'[^\s,:"#{}\[\]][^\s,:"]*+(?::(?=\S)[^\s,:"]*+)*+'
"""Yarn itself quotes what holds a colon; other tools do not."""
_WORD = rf"(?:{_QUOTED}|{_BARE})"
_WORDS = re.compile(_WORD)
_LINE = re.compile(rf"( *+)({_WORD}(?: *+, *+{_WORD})*+) *+(:)? *+({_QUOTED}|(?!#)[^\s,\"]++)? *+(?:#.*)?\r?")
_PLAIN = r'(?:"([^"\\]++)"|([^\s,:"#{}\[\]][^\s,:"]*+))'
_USUAL = re.compile(rf"( *+){_PLAIN}(?::| {_PLAIN})\r?")
"""Nearly every line, read twice as fast."""
_VERSION = re.compile(r"#[ \t]*yarn lockfile v(\d+)\s*\n")
_HEADER = 1000
"""Characters at the start, where yarn writes its version."""
_CONFLICT = "<<<<<<<"


class Entry(NamedTuple):
    """A block that is in no other one."""

    keys: tuple[str, ...]
    value: Value
    """Its content by key; a text where the file gives one instead of a block."""
    line: int
    """Of its keys, counted from 1."""


def entries(path: str, content: str) -> list[Entry]:
    """What `content`, the text of the lockfile at `path`, holds, in its order. Raises LockfileError with the line."""
    _check(path, content)
    found: list[Entry] = []
    blocks: list[Block] = []
    """The open blocks, outermost first."""
    for number, indent, names, text in _lines(path, content):
        level = len(indent) // 2
        if len(indent) % 2 or level > len(blocks):
            raise LockfileError(path, f"indented by {len(indent)} spaces, and no block above it is", where=number)
        del blocks[level:]
        value: Value
        if text is None:
            if level >= _MAX_LEVELS:
                raise LockfileError(path, "nested too deeply to be a lockfile", where=number)
            block: Block = {}
            blocks.append(block)
            value = block
        else:
            value = text
        if level:
            for name in names:
                blocks[level - 1][name] = value
        else:
            found.append(Entry(names, value, number))
    if len(found) > _MAX_ENTRIES:
        raise LockfileError(path, f"more than {_MAX_ENTRIES:,} entries")
    return found


def _lines(path: str, content: str) -> Iterator[Line]:
    """The lines that say something."""
    usual, room = _USUAL.fullmatch, _MAX_KEYS
    for number, line in enumerate(content.split("\n"), 1):
        parts = usual(line)
        if parts is not None:
            indent, quoted, bare, quoted_text, text = parts.groups()
            yield number, indent, (quoted or bare,), text if quoted_text is None else quoted_text
        elif line and not line.isspace() and not line.lstrip(" ").startswith("#"):
            indent, names, text = _line(path, line, number)
            room -= len(names)
            if room < 0:
                raise LockfileError(path, "more keys than any lockfile has", where=number)
            yield number, indent, names, text


def _check(path: str, content: str) -> None:
    if content.count("\n") > _MAX_LINES:
        raise LockfileError(path, f"more than {_MAX_LINES:,} lines")
    at = 0 if content.startswith(_CONFLICT) else content.find("\n" + _CONFLICT) + 1
    if at or content.startswith(_CONFLICT):
        line = content.count("\n", 0, at) + 1
        raise LockfileError(path, "the file has merge conflicts", where=line, hint="resolve them first")
    version = _VERSION.search(content, 0, _HEADER)
    if version and version[1].lstrip("0") != "1":
        line = content.count("\n", 0, version.start()) + 1
        reason = f"the version of this yarn.lock is {version[1][:20]}, not 1"
        raise LockfileError(path, reason, where=line, hint="is there a newer depfrag?")


def _line(path: str, line: str, number: int) -> tuple[str, tuple[str, ...], str | None]:
    """Indentation, keys and value of any line."""
    parts = _LINE.fullmatch(line)
    if parts is None:
        raise LockfileError(path, "not a line of a yarn.lock", where=number)
    indent, first, colon, text = parts.groups()
    keys = _WORDS.findall(first)
    if not colon and text is None:
        # ``key:value``
        keys[-1], colon, text = keys[-1].partition(":")
        if not colon or keys[-1].startswith('"'):
            raise LockfileError(path, "a key without a value", where=number)
    return indent, tuple(_said(path, key, number) for key in keys), None if text is None else _said(path, text, number)


def _said(path: str, word: str, line: int) -> str:
    """What a word says, quoted or not."""
    if not word.startswith('"'):
        return word
    if "\\" not in word:
        return word[1:-1]
    try:
        return str(json.loads(word, strict=False))
    except ValueError:
        raise LockfileError(path, "a quoted text with an escape that means nothing", where=line) from None
