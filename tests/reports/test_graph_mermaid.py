"""Mermaid: nothing foreign can leave its quotes, and what Mermaid would refuse to draw says so."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from strategies import hostile_lockfiles, lockfiles

from depfrag.model import Dependency, Lockfile, Release, Root
from depfrag.reports.graph_mermaid import MOST_CHARACTERS, MOST_EDGES, REPORT
from depfrag.visible import visible

TEXT = r'"((?:[A-Za-z0-9 ./@_+:~-]|#\d+;)+)"'
NODE = re.compile(rf"  (n\d+)(?:\[\[{TEXT}\]\]|\[{TEXT}\])")
EDGE = re.compile(rf"  (n\d+) (-->|-\.->)(?:\|{TEXT}\|)? (n\d+)")


def plain(text):
    return re.sub(r"#(\d+);", lambda match: chr(int(match[1])), text)


def parse(text):
    """Node names to labels, and edges as (from, arrow, label, to)."""
    lines = [line for line in text.splitlines() if not line.startswith("%%")]
    assert lines[0] == "flowchart LR"
    nodes, edges = {}, []
    for line in lines[1:]:
        if match := NODE.fullmatch(line):
            assert match[1] not in nodes
            nodes[match[1]] = plain(match[2] or match[3])
        else:
            match = EDGE.fullmatch(line)
            assert match, line
            edges.append((match[1], match[2], plain(match[3] or ""), match[4]))
    return nodes, edges


@given(lockfiles(20, conditions=True) | hostile_lockfiles())
def test_it_holds_exactly_the_graph(locked):
    nodes, edges = parse(REPORT.render([locked]))
    everything = [*locked.roots, *locked.releases]
    assert list(nodes.values()) == [
        *(visible(r.name or r.path) for r in locked.roots),
        *(visible(f"{r.name} {r.version}") for r in locked.releases),
    ]
    ids = dict(zip(nodes, (node.id for node in everything), strict=True))
    assert [(ids[a], ids[b]) for a, _, _, b in edges] == [d[:2] for d in locked.dependencies]
    for (_, arrow, label, _), d in zip(edges, locked.dependencies, strict=True):
        assert arrow == ("-->" if d.kind in ("runtime", "extra") else "-.->")
        assert label == visible(": ".join(t for t in (d.kind if d.kind != "runtime" else "", d.condition) if t))


def test_several_lockfiles_are_subgraphs_with_nodes_of_their_own():
    locked = Lockfile("a", "b", (Root("root:.", "x", "."),), (Release("npm:a@1", "npm", "a", "1"),), ())
    text = REPORT.render([locked, locked._replace(path="c]")])
    assert text.splitlines() == [
        "flowchart LR",
        '  subgraph s0["a"]',
        '    n0[["x"]]',
        '    n1["a 1"]',
        "  end",
        '  subgraph s1["c#93;"]',
        '    n2[["x"]]',
        '    n3["a 1"]',
        "  end",
    ]


@pytest.mark.parametrize(("edges", "warned"), [(MOST_EDGES, False), (MOST_EDGES + 1, True)])
def test_more_edges_than_mermaid_draws_are_announced(edges, warned):
    releases = tuple(Release(f"npm:{i}@1", "npm", f"{i}", "1") for i in range(edges))
    locked = Lockfile(
        "a", "b", (Root("root:.", "x", "."),), releases, tuple(Dependency("root:.", r.id) for r in releases)
    )
    text = REPORT.render([locked])
    assert text.startswith("%% 501 edges" if warned else "flowchart")
    assert len(parse(text)[1]) == edges


def test_more_text_than_mermaid_reads_is_announced():
    locked = Lockfile("a", "b", (Root("root:.", "x" * MOST_CHARACTERS, "."),), (), ())
    assert REPORT.render([locked]).startswith("%% 0 edges, 50,")
    assert REPORT.render([locked]).splitlines()[1].startswith("%% raise maxEdges and maxTextSize")


def test_a_release_that_has_no_name_goes_by_its_id():
    locked = Lockfile("a", "b", (), (Release("npm:@*", "npm", "", None),), ())
    assert '  n0["npm:@#42;"]' in REPORT.render([locked]).splitlines()
