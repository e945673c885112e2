"""``depfrag explain``: everything about one package."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from depfrag import api, jsontext
from depfrag.cli import edges, streams
from depfrag.errors import ConfigError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depfrag.cli.argv import Call
    from depfrag.model import Scored
    from depfrag.pipeline import Traced
    from depfrag.protocols import ReportOptions

_PATHS = 3
SCHEMA = "depfrag.explanation/1"


def run(call: Call) -> int:
    """Runs the command and returns its exit code."""
    form = call.text("format", "terminal")
    if form not in ("terminal", "json"):
        raise ConfigError(f"{form!r} is not terminal or json", where="--format")
    path, options = call.text("path"), edges.look(call)
    config = edges.configured(call, [path])
    done = api.run([path], config, os.environ, edges.notifier(call))
    found = list(_found(done.traced, call.text("package")))
    streams.write(_json(found) if form == "json" else _text(found, options))
    return edges.unread(done.analysis.problems)


def _json(found: Sequence[tuple[Traced, Scored]]) -> str:
    from depfrag.reports.analysis_json import package_text

    texts = [package_text(scored, one.project.lockfile.path) for one, scored in found]
    return jsontext.document({"schema": jsontext.quote(SCHEMA), "packages": texts})


def _text(found: Sequence[tuple[Traced, Scored]], options: ReportOptions) -> str:
    from depfrag.reports.explanation import explanation

    return "\n".join(
        explanation(one.project, scored, one.graph.paths(scored.release.id, limit=_PATHS), options)
        for one, scored in found
    )


def _found(traced: Sequence[Traced], package: str) -> Iterator[tuple[Traced, Scored]]:
    """The releases that `package` names, in each lockfile that has one."""
    missing: NotFoundError | None = None
    count = 0
    for one in traced:
        by_id = {scored.release.id: scored for scored in one.project.packages}
        try:
            releases = api.matching((s.release for s in by_id.values()), package)
        except NotFoundError as error:
            missing = missing or error
            continue
        for release in sorted(releases):
            count += 1
            yield one, by_id[release.id]
    if not count and missing is not None:
        raise missing
