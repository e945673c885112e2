"""The edges of parsed lockfiles as CSV (RFC 4180), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from depfrag.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from depfrag.model import Lockfile

HEADER = ("from", "to", "kind", "condition", "origin", "lockfile")

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class GraphCsv:
    """Writes one edge a line, sorted; a cell that a spreadsheet would take for a formula starts with an apostrophe."""

    def render(self, lockfiles: Sequence[Lockfile]) -> str:
        rows = [(*d[:3], d.condition or "", d.origin, f.path) for f in lockfiles for d in f.dependencies]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(HEADER)
        writer.writerows([_cell(value) for value in row] for row in sorted(rows))
        return text.getvalue()


REPORT = GraphCsv()


def _cell(value: str) -> str:
    return ("'" if value.startswith(_FORMULA) else "") + visible(value)
