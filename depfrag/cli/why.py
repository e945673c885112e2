"""``depfrag why``: the paths from the project to a package."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from depfrag import api, jsontext
from depfrag.cli import edges, streams
from depfrag.errors import ConfigError, NotFoundError
from depfrag.graph import DependencyGraph
from depfrag.visible import visible
from depfrag.wording import Names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depfrag.cli.argv import Call
    from depfrag.graph import Paths
    from depfrag.model import Lockfile, Release

_FEW, _MANY = 5, 1000
SCHEMA = "depfrag.why/1"


def run(call: Call) -> int:
    """Runs the command and returns its exit code."""
    form = call.text("format", "terminal")
    if form not in ("terminal", "json"):
        raise ConfigError(f"{form!r} is not terminal or json", where="--format")
    path, package = call.text("path"), call.text("package")
    config = edges.configured(call, [path])
    lockfiles, problems = api.lockfiles([path], config, os.environ, edges.notifier(call), complete=True)
    limit = _MANY if call.flag("all") else _FEW
    found = list(_found(lockfiles, package, limit, prod=config.prod))
    if form == "json":
        streams.write(_json(found))
    else:
        streams.write("\n".join(_text(*one, many=len(lockfiles) > 1) for one in found))
    return edges.unread(problems)


def _found(
    lockfiles: tuple[Lockfile, ...], package: str, limit: int, *, prod: bool
) -> Iterator[tuple[Lockfile, Release, Paths]]:
    """The releases that `package` names, in each lockfile that has one, and the paths to them."""
    missing: NotFoundError | None = None
    count = 0
    for lockfile in lockfiles:
        graph = DependencyGraph(lockfile, prod=prod)
        try:
            releases = api.matching(graph.releases, package)
        except NotFoundError as error:
            missing = missing or error
            continue
        for release in releases:
            count += 1
            yield lockfile, release, graph.paths(release.id, limit=limit)
    if not count and missing is not None:
        raise missing


def _text(lockfile: Lockfile, release: Release, found: Paths, *, many: bool) -> str:
    names = Names(lockfile.releases)
    line = f":{release.line}" if release.line else ""
    head = visible(f"{release.name}@{release.version or '*'}")
    lines = [f"{head} ({visible(lockfile.path)}{line})" if many or line else head]
    if not found.paths:
        lines.append("  nothing in the project needs it")
    lines.extend(f"  {names.path(steps)}" for steps in found.paths)
    if found.more:
        least = "" if found.exact else "at least "
        lines.append(f"  and {least}{found.more:,} more{'; --all lists them' * (len(found.paths) < _MANY)}")
    return "\n".join(lines) + "\n"


def _json(found: list[tuple[Lockfile, Release, Paths]]) -> str:
    items = [
        jsontext.encode(
            {
                "id": release.id,
                "lockfile": lockfile.path,
                "line": release.line,
                "paths": [[{"from": d.dependent, "to": d.dependency, "kind": d.kind} for d in p] for p in paths.paths],
                "more": paths.more,
                "exact": paths.exact,
            }
        )
        for lockfile, release, paths in found
    ]
    return jsontext.document({"schema": jsontext.quote(SCHEMA), "packages": items})
