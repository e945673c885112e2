"""The graph of parsed lockfiles as JSON, the contract ``depfrag.graph/1`` (`depfrag/tables/graph.schema.json`)."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from depfrag import jsontext
from depfrag.graph import DependencyGraph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from depfrag.model import Lockfile, Problem

SCHEMA = "depfrag.graph/1"


class GraphJson:
    """Writes one item a line, every list sorted."""

    def render(self, lockfiles: Sequence[Lockfile]) -> str:
        roots: list[tuple[str, str, str]] = []
        packages: list[tuple[str, str, str]] = []
        dependencies: list[tuple[tuple[str, ...], str]] = []
        problems: list[Problem] = []
        for lockfile in lockfiles:
            path, graph = lockfile.path, DependencyGraph(lockfile)
            roots.extend((r.id, path, jsontext.root(r, path)) for r in lockfile.roots)
            for release, m in zip(graph.releases, graph.measures(), strict=True):
                item = jsontext.release(release, path, dev=m.dev, optional=m.optional)
                packages.append((release.id, path, f"{{{item}}}"))
            dependencies.extend(((*d[:3], path), jsontext.dependency(d, path)) for d in lockfile.dependencies)
            problems.extend(lockfile.problems)
        files = [
            jsontext.encode({"path": f.path, "format": f.format}) for f in sorted(lockfiles, key=attrgetter("path"))
        ]
        return jsontext.document(
            {
                "schema": jsontext.quote(SCHEMA),
                "lockfiles": files,
                "roots": [text for *_, text in sorted(roots)],
                "packages": [text for *_, text in sorted(packages)],
                "dependencies": [text for _, text in sorted(dependencies)],
                "problems": jsontext.problems(problems),
            }
        )


REPORT = GraphJson()
