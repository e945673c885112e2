"""The graph of parsed lockfiles as GraphML, for yEd, Gephi and ``networkx.read_graphml``."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from depfrag.graph import DependencyGraph
from depfrag.visible import unambiguous, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depfrag.model import Dependency, Lockfile, Measures, Release, Root

_NODE = {
    "label": "string", "root": "boolean", "ecosystem": "string", "name": "string", "version": "string",
    "kind": "string", "dev": "boolean", "optional": "boolean", "path": "string", "lockfile": "string", "line": "int",
}  # fmt: skip
_EDGE = {"kind": "string", "condition": "string", "origin": "string", "lockfile": "string"}
_OPENING = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns"
         xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
         xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
"""


class GraphMl:
    """Writes roots and releases as nodes, one edge for each kind, and leaves out what nothing says.

    Nodes are named by their ids; of several lockfiles, by the lockfile's path, a space and the id.
    """

    def render(self, lockfiles: Sequence[Lockfile]) -> str:
        lines = [_OPENING.rstrip("\n")]
        for element, keys in (("node", _NODE), ("edge", _EDGE)):
            for key, kind in keys.items():
                start = f'  <key id="{element}_{key}" for="{element}"'
                lines.append(f'{start} attr.name="{key}" attr.type="{kind}"/>')
        lines.append('  <graph id="dependencies" edgedefault="directed">')
        for lockfile in lockfiles:
            lines.extend(_nodes(lockfile, _prefix(lockfile, lockfiles)))
        for lockfile in lockfiles:
            lines.extend(_edges(lockfile, _prefix(lockfile, lockfiles)))
        return "\n".join([*lines, "  </graph>", "</graphml>", ""])


REPORT = GraphMl()


def _prefix(lockfile: Lockfile, lockfiles: Sequence[Lockfile]) -> str:
    return f"{lockfile.path} " if len(lockfiles) > 1 else ""


def _nodes(lockfile: Lockfile, prefix: str) -> Iterator[str]:
    graph = DependencyGraph(lockfile)
    for root in graph.roots:
        yield f"    <node id={_name(prefix + root.id)}>{_data('node', _of_root(root, lockfile.path))}</node>"
    for release, measures in zip(graph.releases, graph.measures(), strict=True):
        data = _data("node", _of_release(release, measures, lockfile.path))
        yield f"    <node id={_name(prefix + release.id)}>{data}</node>"


def _edges(lockfile: Lockfile, prefix: str) -> Iterator[str]:
    for d in sorted(lockfile.dependencies, key=lambda d: d[:3]):
        ends = f"source={_name(prefix + d.dependent)} target={_name(prefix + d.dependency)}"
        yield f"    <edge {ends}>{_data('edge', _of_edge(d, lockfile.path))}</edge>"


def _of_root(root: Root, lockfile: str) -> dict[str, str | None]:
    return {
        "label": root.name or root.path, "root": "true", "name": root.name, "path": root.path, "lockfile": lockfile,
    }  # fmt: skip


def _of_release(release: Release, measures: Measures, lockfile: str) -> dict[str, str | None]:
    return {
        "label": f"{release.name} {release.version}" if release.version else release.name,
        "root": "false",
        "ecosystem": release.ecosystem,
        "name": release.name,
        "version": release.version,
        "kind": release.kind,
        "dev": str(measures.dev).lower(),
        "optional": str(measures.optional).lower(),
        "lockfile": lockfile,
        "line": None if release.line is None else str(release.line),
    }


def _of_edge(dependency: Dependency, lockfile: str) -> dict[str, str | None]:
    _, _, kind, condition, origin = dependency
    return {"kind": kind, "condition": condition, "origin": origin, "lockfile": lockfile}


def _data(element: str, values: Mapping[str, str | None]) -> str:
    said = {key: value for key, value in values.items() if value is not None}
    return "".join(f'<data key="{element}_{key}">{escape(visible(value))}</data>' for key, value in said.items())


def _name(text: str) -> str:
    return quoteattr(unambiguous(text))
