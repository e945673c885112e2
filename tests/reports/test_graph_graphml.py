"""GraphML: what networkx reads is exactly the graph, whatever the names."""

from __future__ import annotations

import io
import warnings
from xml.etree import ElementTree as ET

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st
from strategies import hostile_lockfiles, lockfiles

from depfrag.graph import DependencyGraph
from depfrag.model import Lockfile
from depfrag.reports.graph_graphml import REPORT
from depfrag.visible import unambiguous, visible

NAMESPACE = "{http://graphml.graphdrawing.org/xmlns}"


def read(text):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # networkx warns that edges between equal nodes make a multigraph
        return nx.read_graphml(io.BytesIO(text.encode()), force_multigraph=True)


def said(**values):
    return {
        key: visible(value) if isinstance(value, str) else value for key, value in values.items() if value is not None
    }


@given(lockfiles(20, conditions=True) | hostile_lockfiles())
def test_networkx_reads_exactly_the_graph(locked):
    graph = read(REPORT.render([locked]))
    assert graph.is_directed()
    expected = {}
    for root in locked.roots:
        expected[unambiguous(root.id)] = said(
            label=root.name or root.path, root=True, name=root.name, path=root.path, lockfile=locked.path
        )
    for r, m in zip(locked.releases, DependencyGraph(locked).measures(), strict=True):
        expected[unambiguous(r.id)] = said(
            label=f"{r.name} {r.version}", root=False, ecosystem=r.ecosystem, name=r.name, version=r.version,
            kind=r.kind, dev=m.dev, optional=m.optional, lockfile=locked.path, line=r.line,
        )  # fmt: skip
    assert dict(graph.nodes(data=True)) == expected
    assert sorted((a, b, sorted(data.items())) for a, b, data in graph.edges(data=True)) == sorted(
        (
            unambiguous(d.dependent),
            unambiguous(d.dependency),
            sorted(said(kind=d.kind, condition=d.condition, origin=d.origin, lockfile=locked.path).items()),
        )
        for d in locked.dependencies
    )


@given(st.lists(lockfiles(4), min_size=2, max_size=3))
def test_several_lockfiles_stand_side_by_side(several):
    several = [f._replace(path=f"{i} x/package-lock.json") for i, f in enumerate(several)]
    graph = read(REPORT.render(several))
    assert set(graph) == {f"{f.path} {node.id}" for f in several for node in (*f.roots, *f.releases)}
    assert graph.number_of_edges() == sum(len(f.dependencies) for f in several)


@given(hostile_lockfiles())
def test_every_key_is_declared_and_every_end_is_a_node(locked):
    tree = ET.fromstring(REPORT.render([locked]))
    declared = {(key.get("for"), key.get("id")) for key in tree.iter(f"{NAMESPACE}key")}
    nodes = [node.get("id") for node in tree.iter(f"{NAMESPACE}node")]
    assert len(nodes) == len(set(nodes)) == len(locked.roots) + len(locked.releases)
    for element in ("node", "edge"):
        for item in tree.iter(NAMESPACE + element):
            assert {(element, data.get("key")) for data in item} <= declared
    for edge in tree.iter(f"{NAMESPACE}edge"):
        assert {edge.get("source"), edge.get("target")} <= set(nodes)


def test_nothing_is_a_graph_too():
    assert len(read(REPORT.render([]))) == 0
    assert len(read(REPORT.render([Lockfile("a", "b", (), (), ())]))) == 0
