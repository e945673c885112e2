"""Reads YAML as lockfiles use it, with the line of each mapping; aliases, merge keys and depth are bounded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
    StreamEndEvent,
)

from depfrag.errors import LockfileError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from yaml.events import Event

_MAX_LEVELS = 100
_MAX_NODES = 4_000_000
"""Of all documents, with each alias and merge key written out."""
_PLAIN: Mapping[str, object] = {"": None, "~": None, "null": None, "true": True, "false": False}


class Yaml(NamedTuple):
    """A YAML file."""

    documents: list[object]
    """Dicts, lists and texts; a plain ``true``, ``false`` or null is what it says, any other scalar its text, so that
    a version 1.10 is no 1.1."""
    lines: Mapping[int, int]
    """Of each mapping, by its `id`: the line of its key, or where it starts if it has none."""


def documents(path: str, content: str, *, last_wins: bool = False) -> Yaml:
    """The documents in `content`. Of a key that is there twice the last one counts if `last_wins`, else it is an error.

    Raises LockfileError.
    """
    # The events of the C parser, put together here, are five times faster than the library's own values and have lines.
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    composer = _Composer(path, loader(content).get_event, last_wins=last_wins)
    try:
        return Yaml(composer.documents(), composer.lines)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        conflict = re.search(r"^<{7} ", content, re.MULTILINE)
        if conflict:
            line = content.count("\n", 0, conflict.start()) + 1
            raise LockfileError(path, "the file has merge conflicts", where=line, hint="resolve them first") from None
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
        raise LockfileError(path, f"not YAML: {reason}", where=line) from None


class _Composer:
    """Builds values from events."""

    def __init__(self, path: str, events: Callable[[], Event], *, last_wins: bool) -> None:
        self.lines: dict[int, int] = {}
        self._path, self._next, self._last_wins = path, events, last_wins
        self._anchors: dict[str, tuple[object, int]] = {}
        """The values with a name, and how many nodes each is."""
        self._nodes = 0

    def documents(self) -> list[object]:
        """The value of each document."""
        found = []
        while not isinstance(event := self._next(), StreamEndEvent):
            if isinstance(event, DocumentStartEvent):
                self._anchors = {}
                found.append(self._value(self._next(), 0, None))
        return found

    def _value(self, event: Event, level: int, line: int | None) -> object:
        """The value that starts with `event`; `line` is that of its key."""
        self._nodes += 1
        before = self._nodes
        if isinstance(event, ScalarEvent):
            value = event.value if event.style else _PLAIN.get(event.value, event.value)
        elif isinstance(event, AliasEvent):
            return self._named(event)
        else:
            line = line or event.start_mark.line + 1
            if level >= _MAX_LEVELS:
                raise LockfileError(self._path, "nested too deeply to be a lockfile", where=line)
            value = self._table(level, line) if isinstance(event, MappingStartEvent) else self._list(level)
        if event.anchor is not None:
            self._anchors[event.anchor] = value, self._nodes - before + 1
        return value

    def _named(self, alias: AliasEvent) -> object:
        line = alias.start_mark.line + 1
        if alias.anchor not in self._anchors:
            raise LockfileError(self._path, "an alias of nothing before it", where=line)
        value, nodes = self._anchors[alias.anchor]
        self._nodes += nodes
        if self._nodes > _MAX_NODES:
            raise LockfileError(self._path, f"aliases make more than {_MAX_NODES:,} nodes of it", where=line)
        return value

    def _list(self, level: int) -> list[object]:
        values = []
        while not isinstance(event := self._next(), CollectionEndEvent):
            values.append(self._value(event, level + 1, None))
        return values

    def _table(self, level: int, line: int) -> dict[str, object]:
        table: dict[str, object] = {}
        merged: list[object] = []
        self.lines[id(table)] = line
        while not isinstance(event := self._next(), CollectionEndEvent):
            line = event.start_mark.line + 1
            if not isinstance(event, ScalarEvent):
                raise LockfileError(self._path, "a key that is no text", where=line)
            key = event.value
            if key in table and not self._last_wins:
                raise LockfileError(self._path, f"the key {key[:60]!r} is there twice", where=line)
            value = self._value(self._next(), level + 1, line)
            if key == "<<" and not event.style:
                merged.extend(value if isinstance(value, list) else [value])
            else:
                table[key] = value
        for more in merged:
            for key, value in more.items() if isinstance(more, dict) else ():
                table.setdefault(key, value)
        return table
