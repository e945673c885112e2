"""Decodes what files contain and finds the lines that things stand on; hostile input gives LockfileError at worst."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from depfrag.errors import LockfileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Table: TypeAlias = "dict[str, Any]"

MAX_BYTES = 64 * 1024 * 1024
"""Larger files are refused: the largest real lockfiles have a tenth of it."""

_MAX_TOML = 8 * 1024 * 1024
"""TOML is read a hundred times slower than JSON."""
_MANY_DOTS = 4
_MAX_STEPS = 20_000_000
"""Of reading dotted keys, which takes time in the square of their parts; seconds at most."""

_CONFLICT = "<<<<<<<"
_WIDE = (b"\xff\xfe", b"\xfe\xff")


def text(path: str, data: bytes) -> str:
    """`data` as UTF-8, with or without a byte order mark."""
    if not data.strip():
        raise LockfileError(path, "the file is empty", hint="run your package manager's lock command again")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if data.startswith(_WIDE):
            raise LockfileError(path, "the text is UTF-16", where=1, hint="save it as UTF-8") from None
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
    import tomli

    _check_toml(path, content)
    try:
        return tomli.loads(content)
    except tomli.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else content.count("\n") + 1
        if content.startswith(_CONFLICT, _line_start(content, line)):
            raise LockfileError(path, "the file has merge conflicts", where=line, hint="resolve them first") from None
        raise LockfileError(path, f"not TOML: {error}", where=line) from None
    except RecursionError:
        raise LockfileError(path, "nested too deeply to be a lockfile") from None
    except ValueError as error:
        raise LockfileError(path, f"not TOML that can be read: {error}") from None


def _check_toml(path: str, content: str) -> None:
    """Refuses what would take minutes to read."""
    if len(content) > _MAX_TOML:
        most = _MAX_TOML // 2**20
        raise LockfileError(path, f"{len(content) // 2**20} MiB is too large for TOML; the limit is {most} MiB")
    steps = 0
    for number, line in enumerate(content.split("\n"), 1):
        if line.count(".") > _MANY_DOTS:
            steps += re.sub(r'"[^"]*"|\'[^\']*\'', "", line).count(".") ** 2
            if steps > _MAX_STEPS:
                raise LockfileError(path, "keys of more parts than a lockfile has", where=number)


def _line_start(content: str, line: int) -> int:
    at = 0
    for _ in range(line - 1):
        at = content.find("\n", at) + 1
    return at


def array_lines(content: str, name: str, count: int) -> list[int] | list[None]:
    """The line of each of the `count` tables of the array `name` in a TOML text; unknown where they are not written as
    tables of their own (``[[name]]``)."""
    header = re.compile(rf"^[ \t]*\[\[[ \t]*{re.escape(name)}[ \t]*\]\]", re.MULTILINE)
    lines: list[int] = []
    at, line = 0, 1
    for match in header.finditer(content):
        line += content.count("\n", at, match.start())
        at = match.start()
        lines.append(line)
    return lines if len(lines) == count else [None] * count


# -- lines of JSON objects -------------------------------------------------------------------------------------------

_INDENT = re.compile(r'\{\r?\n([ \t]{1,8})"')
_OPENINGS = ("{", "{},", "{}", "{\r", "{},\r", "{}\r")
_MAX_BEFORE = 65536
"""Characters of an object that may stand before its name."""
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_PIECE = re.compile(rf"({_STRING})(?:\s*+:\s*+(?:([{{\[])|{_STRING})?+)?+|[{{}}\[\]]")


def member_lines(content: str, table: Table, key: str) -> Mapping[str, int]:
    """The line of each object or array in the object `table[key]`, by its name; `table` is what the JSON text `content`
    says.

    Of a name that is there several times the last one counts, as in `table`.
    """
    members = table[key]
    lines = _printed_members(content, key, len(members))
    if lines is None:
        where = _scanned(content, table)
        lines = {name: where[id(member)] for name, member in members.items() if isinstance(member, (dict, list))}
    return lines


def object_lines(content: str, table: Table) -> Mapping[int, int]:
    """The line of each object in `table`, by the object's `id`: of its key, or where it starts if it is in an array.

    `table` is what the JSON text `content` says. Of a key that is there several times the last one counts, as there.
    """
    return _printed_objects(content, table) or _scanned(content, table)


class Lines:
    """The line of each object in an array of a JSON text, looked for when it is asked for."""

    def __init__(self, content: str, table: Table, key: str) -> None:
        self._content, self._table, self._key = content, table, key
        self._named = _printed_items(content, key)
        self._all: Mapping[int, int] | None = None

    def of(self, item: object) -> int | None:
        """Where an object starts. It is found sooner if it has a name under the key that all were said to have."""
        name = item.get(self._key) if isinstance(item, dict) else None
        if isinstance(name, str) and name in self._named:
            return self._named[name]
        if self._all is None:
            self._all = object_lines(self._content, self._table)
        return self._all.get(id(item))


def _printed_items(content: str, key: str) -> Mapping[str, int]:
    """The line where each object in an array starts, by the text that it has under `key`, if the text is as npm prints
    it; of equal ones the first."""
    found = _INDENT.match(content)
    if not found:
        return {}
    step, room = len(found[1]), 20 * len(content)
    lines: dict[str, int] = {}
    at, line = 0, 1
    for named in re.compile(rf'\n([ \t]++)"{re.escape(key)}": "([^"\\\n]*+)"').finditer(content):
        here = named.start() + 1
        start = content.rfind(f"\n{named[1][step:]}{{", max(0, here - _MAX_BEFORE), here) + 1
        room -= _MAX_BEFORE if not start else here - start
        if room < 0:
            break
        if start:
            line += content.count("\n", at, start) if start >= at else -content.count("\n", start, at)
            at = start
            lines.setdefault(named[2], line)
    return lines


def _printed_members(content: str, key: str, count: int) -> Mapping[str, int] | None:
    """`member_lines` of a text as npm prints it, a line for each thing and indented by depth; None for another text."""
    found = _INDENT.match(content)
    if not found:
        return None
    indent = found[1]
    opening = f'\n{indent}"{key}": {{'
    at = content.find(opening)
    end = content.find(f"\n{indent}}}", at)
    if at < 0 or end < 0 or content.find(opening, end) >= 0:
        return None
    lines: dict[str, int] = {}
    line = content.count("\n", 0, at) + 2
    for member in re.compile(rf'\n{indent * 2}"([^"\\]*)": [{{\[]').finditer(content, at, end):
        here = member.start()
        line += content.count("\n", at, here)
        at = here
        lines[member[1]] = line
    return lines if len(lines) == count else None


def _printed_objects(content: str, table: Table) -> Mapping[int, int] | None:
    """`object_lines` of a text as npm prints it; None for another text."""
    found = _INDENT.match(content)
    if not found:
        return None
    step = len(found[1])
    path, lines, number = [table], {id(table): 1}, 1
    for line, text in enumerate(content.split("\n"), 1):
        if line == 1 or not text.endswith(_OPENINGS):
            continue
        bare = text.lstrip()
        depth = (len(text) - len(bare)) // step
        if bare[0] != '"' or not 0 < depth <= len(path):
            return None
        child = path[depth - 1].get(bare[1 : bare.rindex('"')])
        if not isinstance(child, dict):
            return None
        path[depth:] = [child]
        lines[id(child)] = line
        number += 1
    return lines if number == content.count("{") else None


def _scanned(content: str, table: Table) -> Mapping[int, int]:
    """`object_lines` of any text, and the lines of arrays."""
    lines: dict[int, int] = {}
    above: list[Table | Iterator[object] | None] = []
    inside: Table | Iterator[object] | None = iter((table,))
    at, line = 0, 1
    for piece in _PIECE.finditer(content):
        key, opening = piece.groups()
        if opening is None:
            if key is not None:
                continue
            opening = piece[0]
            if opening in "}]":
                inside = above.pop()
                continue
        child = _child(inside, key)
        above.append(inside)
        inside = None
        if opening == "[" and isinstance(child, list):
            inside = iter([item for item in child if isinstance(item, (dict, list))])
        elif opening == "{" and isinstance(child, dict):
            inside = child
        if inside is not None:
            line += content.count("\n", at, piece.start())
            at = piece.start()
            lines[id(child)] = line
    return lines


def _child(inside: Table | Iterator[object] | None, key: str | None) -> object:
    """What opens next: the member `key`, given as JSON text, of an object, or the next of an array."""
    if isinstance(inside, dict):
        return inside.get(json.loads(key) if "\\" in key else key[1:-1]) if key else None
    return None if inside is None else next(inside, None)
