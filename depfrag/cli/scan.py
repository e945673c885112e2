"""``depfrag scan``: the main job."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from depfrag import api, registry
from depfrag.cli import edges, streams
from depfrag.errors import ConfigError

if TYPE_CHECKING:
    from depfrag.cli.argv import Call

_UNKNOWN = 4


def run(call: Call) -> int:
    """Runs the command and returns its exit code."""
    paths = call.texts("paths")
    reports = _reports(call)
    looks = [edges.look(call, file) for _, file in reports]  # mistakes in options are told before anything is asked
    config = edges.configured(call, paths)
    analysis = api.run(paths, config, os.environ, edges.notifier(call)).analysis
    for (name, file), options in zip(reports, looks, strict=True):
        streams.write(registry.report(name).render(analysis, options), file)
    code = analysis.verdict.exit_code
    if ("terminal", None) not in reports:
        edges.unread(analysis.problems)
    if code == _UNKNOWN:
        streams.say(f"more is unknown than the share of {config.max_unknown:g} that max-unknown allows")
    return 0 if code == 1 and call.flag("exit-zero") else code


def _reports(call: Call) -> list[tuple[str, str | None]]:
    """The reports asked for, by name, and the files they go to; at most one to the standard output."""
    reports: list[tuple[str, str | None]] = []
    for text in call.texts("format") or ("terminal",):
        name, _, file = text.partition(":")
        registry.report(name)
        reports.append((name, file or None))
    output = call.text("output")
    if output:
        if reports[-1][1]:
            raise ConfigError(f"the last format goes to {reports[-1][1]} already", where="--output")
        reports[-1] = (reports[-1][0], output)
    if sum(file is None for _, file in reports) > 1:
        raise ConfigError(
            "only one format can go to the standard output", where="--format", hint="name a file: json:out.json"
        )
    return reports
