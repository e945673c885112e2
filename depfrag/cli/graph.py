"""``depfrag graph``: the parsed graph, without scores."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from depfrag import api, registry
from depfrag.cli import edges, streams
from depfrag.graph import production

if TYPE_CHECKING:
    from depfrag.cli.argv import Call


def run(call: Call) -> int:
    """Runs the command and returns its exit code."""
    paths = call.texts("paths")
    report = registry.graph_report(call.text("format", "json"))
    config = edges.configured(call, paths)
    lockfiles, problems = api.lockfiles(paths, config, os.environ, edges.notifier(call), complete=call.flag("complete"))
    if config.prod:
        lockfiles = tuple(production(lockfile) for lockfile in lockfiles)
    streams.write(report.render(lockfiles), call.text("output") or None)
    for problem in problems:
        streams.say(problem.message)
    return 3 if any(p.code == "lockfile" for p in problems) else 0
