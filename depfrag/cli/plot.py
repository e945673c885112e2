"""``depfrag plot``: one figure, to a file or a pipe."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from depfrag import api, registry
from depfrag.cli import edges, streams
from depfrag.drawing import FORMATS
from depfrag.errors import ConfigError

if TYPE_CHECKING:
    from depfrag.cli.argv import Call


def run(call: Call) -> int:
    """Runs the command and returns its exit code: that of a search which met an unreadable lockfile, else 0."""
    output = call.text("output")
    file_format = _format(output, terminal=edges.is_terminal(sys.stdout))
    plot = registry.plot(call.text("kind", "risk-map"))
    paths = (call.text("path"),)
    analysis = api.run(paths, edges.configured(call, paths), os.environ, edges.notifier(call)).analysis
    streams.write(plot.draw(analysis, file_format), output or None)
    return edges.unread(analysis.problems)


def _format(output: str, *, terminal: bool) -> str:
    """The format that a file's name asks for; svg for a pipe."""
    if output in ("", "-"):
        if terminal:
            raise ConfigError("a figure is no text for a terminal", where="--output", hint="name a file: -o map.svg")
        return "svg"
    suffix = os.path.splitext(output)[1].lower().removeprefix(".")
    if suffix not in FORMATS:
        raise ConfigError(f"{output!r} does not end in .svg, .png or .pdf", where="--output", hint="name it map.svg")
    return suffix
