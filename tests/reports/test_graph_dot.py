"""DOT: a reader of the grammar finds exactly the graph, whatever the names; so does Graphviz, where it is installed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import HOSTILE, hostile_lockfiles, lockfiles

from depfrag.model import Dependency, Lockfile, Release, Root
from depfrag.reports.graph_dot import REPORT
from depfrag.visible import unambiguous, visible

TOKEN = re.compile(
    r"""\s*(?: "((?:[^"\\]|\\.)*)" | ([A-Za-z_][A-Za-z0-9_]*) | (->|[{}\[\];=]) )""", re.VERBOSE | re.DOTALL
)


def tokens(text):
    """Strings as ("string", text), words and signs as themselves; nothing in between may be anything else."""
    at, text = 0, text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        assert match, f"not DOT: {text[at : at + 40]!r}"
        at = match.end()
        yield ("string", re.sub(r"\\(.)", r"\1", match[1])) if match[1] is not None else match[2] or match[3]


def parse(text):
    """The nodes and edges of a DOT graph: (name, attributes), (from, to, attributes); clusters are looked into."""
    stream = list(tokens(text))
    assert stream[:3] == ["digraph", "dependencies", "{"]
    assert stream[-1] == "}"
    assert stream.count("{") == stream.count("}")
    nodes, edges, statement = [], [], []
    for token in stream[3:-1]:
        if token == "{":
            assert statement[0] == "subgraph"
            statement = []
        elif token == "}":
            assert not statement
        elif token == ";":
            _statement(statement, nodes, edges)
            statement = []
        else:
            statement.append(token)
    return nodes, edges


def _statement(statement, nodes, edges):
    if statement[0] in ("rankdir", "node", "label"):
        return
    attributes = {}
    if "[" in statement:
        assert statement[-1] == "]"
        start = statement.index("[")
        words = statement[start + 1 : -1]
        assert words[1::3] == ["="] * (len(words) // 3)
        attributes = dict(zip(words[::3], [w[1] if isinstance(w, tuple) else w for w in words[2::3]], strict=True))
        statement = statement[:start]
    names = [token[1] for token in statement if isinstance(token, tuple)]
    if len(statement) == 1:
        nodes.append((names[0], attributes))
    else:
        assert statement[1] == "->"
        edges.append((*names, attributes))


@given(lockfiles(20, conditions=True) | hostile_lockfiles())
def test_it_holds_exactly_the_graph(locked):
    nodes, edges = parse(REPORT.render([locked]))
    expected = [(unambiguous(r.id), visible(r.name or r.path)) for r in locked.roots]
    expected += [(unambiguous(r.id), visible(f"{r.name} {r.version}")) for r in locked.releases]
    assert [(name, attributes["label"]) for name, attributes in nodes] == expected
    assert len({name for name, _ in nodes}) == len(nodes)
    assert [
        (a, b, attributes.get("label", "runtime"), attributes.get("edgetooltip")) for a, b, attributes in edges
    ] == [
        (unambiguous(d[0]), unambiguous(d[1]), d.kind, None if d.condition is None else visible(d.condition))
        for d in locked.dependencies
    ]


@given(st.lists(hostile_lockfiles(3), min_size=2, max_size=3))
def test_several_lockfiles_are_clusters(several):
    several = [f._replace(path=f"{i}{f.path}") for i, f in enumerate(several)]
    nodes, edges = parse(REPORT.render(several))
    assert {name for name, _ in nodes} == {
        unambiguous(f"{f.path} {node.id}") for f in several for node in (*f.roots, *f.releases)
    }
    assert len(edges) == sum(len(f.dependencies) for f in several)


def test_each_kind_of_edge_looks_different():
    kinds = ("runtime", "peer", "extra", "optional", "dev")
    edges = tuple(Dependency("root:.", "npm:a@1", kind) for kind in kinds)
    text = REPORT.render(
        [Lockfile("a", "b", (Root("root:.", None, "."),), (Release("npm:a@1", "npm", "a", None),), edges)]
    )
    _, found = parse(text)
    assert len({json.dumps(attributes, sort_keys=True) for *_, attributes in found}) == len(kinds)


@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")
@settings(max_examples=20)
@given(hostile_lockfiles(len(HOSTILE)))
def test_graphviz_reads_it(locked):
    text = REPORT.render([locked])
    done = subprocess.run(["dot", "-Tdot_json"], input=text.encode(), capture_output=True, timeout=60, check=True)
    assert not done.stderr
    document = json.loads(done.stdout)
    assert len(document.get("objects", ())) == len(locked.roots) + len(locked.releases)
    assert len(document.get("edges", ())) == len(locked.dependencies)
