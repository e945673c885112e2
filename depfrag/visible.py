"""Makes foreign text safe to show: what could move a cursor, turn writing round or hide is spelled out."""

from __future__ import annotations

import re

_HIDDEN = re.compile(
    # Controls, line and paragraph separators, surrogates, and what Unicode calls default ignorable.
    "[\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    r"""`text` with control, bidirectional, zero-width and unpaired characters as escapes such as ``\x1b``."""
    return _HIDDEN.sub(_escape, text)


def unambiguous(text: str) -> str:
    """As `visible`, with backslashes spelled out too: different texts stay different."""
    return visible(text.replace("\\", "\\x5c"))


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
