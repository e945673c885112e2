"""Decodes what files contain and finds the lines that things stand on; hostile input gives LockfileError at worst."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from depfrag.errors import LockfileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Table: TypeAlias = "dict[str, Any]"

MAX_BYTES = 64 * 1024 * 1024
"""Larger files are refused: the largest real lockfiles have a tenth of it."""

_CONFLICT = "<<<<<<<"


def text(path: str, data: bytes) -> str:
    """`data` as UTF-8, with or without a byte order mark."""
    if not data.strip():
        raise LockfileError(path, "the file is empty", hint="run your package manager's lock command again")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LockfileError(path, f"byte {error.start} is not UTF-8 text", where=line) from None


def json_table(path: str, content: str) -> Table:
    """The JSON object that `content` is."""
    try:
        value = json.loads(content)
    except json.JSONDecodeError as error:
        if content.startswith(_CONFLICT, content.rfind("\n", 0, error.pos) + 1):
            reason, hint = "the file has merge conflicts", "resolve them first"
        else:
            reason, hint = f"not JSON: {error.msg} at column {error.colno}", ""
        raise LockfileError(path, reason, where=error.lineno, hint=hint) from None
    except RecursionError:
        raise LockfileError(path, "nested too deeply to be a lockfile") from None
    except ValueError as error:
        raise LockfileError(path, f"not JSON that can be read: {error}") from None
    if not isinstance(value, dict):
        raise LockfileError(path, "not a JSON object", where=1)
    return value


def toml_table(path: str, content: str) -> Table:
    """The TOML document that `content` is."""
    import tomllib

    try:
        return tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else None
        start = _line_start(content, line or 1)
        if content.startswith(_CONFLICT, start):
            raise LockfileError(path, "the file has merge conflicts", where=line, hint="resolve them first") from None
        raise LockfileError(path, f"not TOML: {error}", where=line) from None
    except RecursionError:
        raise LockfileError(path, "nested too deeply to be a lockfile") from None
    except ValueError as error:
        raise LockfileError(path, f"not TOML that can be read: {error}") from None


def _line_start(content: str, line: int) -> int:
    at = 0
    for _ in range(line - 1):
        at = content.find("\n", at) + 1
    return at


def key_lines(content: str, keys: Sequence[Sequence[str]]) -> list[int | None]:
    """The line of each of `keys`, which are paths of object-valued keys in a JSON text, in the order of the text.

    Looks for them as npm prints them, one a line and indented by depth; a text in another style is scanned whole.
    """
    found = re.match(r"\s*\{\r?\n([ \t]+)", content)
    if found:
        lines = _printed_lines(content, keys, found[1])
        if lines is not None:
            return lines
    where = _scanned_lines(content)
    return [where.get(tuple(key)) for key in keys]


def _printed_lines(content: str, keys: Iterable[Sequence[str]], indent: str) -> list[int | None] | None:
    lines: list[int | None] = []
    at, line = 0, 1
    for key in keys:
        here = content.find(f'\n{indent * len(key)}"{key[-1]}": {{', at)
        if here < 0:
            return None
        line += content.count("\n", at, here + 1)
        at = here + 1
        lines.append(line)
    return lines


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:\n]')


def _scanned_lines(content: str) -> Mapping[tuple[str, ...], int]:
    """The line of every object-valued key, by its path; keys in arrays are left out."""
    where: dict[tuple[str, ...], int] = {}
    path: list[str | None] = []
    line = 1
    name: str | None = None
    name_line = 0
    after_colon = False
    for match in _TOKEN.finditer(content):
        piece = match[0]
        if piece == "\n":
            line += 1
        elif piece in "{[":
            if piece == "{" and after_colon and name is not None and None not in path[1:]:
                key = (*(step for step in path[1:] if step is not None), name)
                where.setdefault(key, name_line)
            path.append(name if after_colon else None)
            name, after_colon = None, False
        elif piece in "}]":
            if path:
                path.pop()
            name, after_colon = None, False
        elif piece == ",":
            name, after_colon = None, False
        elif piece == ":":
            after_colon = True
        elif not after_colon:
            name, name_line = _string(piece), line
    return where


def _string(piece: str) -> str:
    try:
        value: str = json.loads(piece)
    except ValueError:
        return piece
    return value
