"""The graph's measures against brute force, its paths and components against networkx."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import BREAKING, Oracle
from strategies import lockfiles

from depfrag import digraph
from depfrag.graph import DependencyGraph, production
from depfrag.model import Bounds, Dependency, Lockfile, Release, Root

ANY = ("runtime", "peer", "extra", "optional", "dev")


def lockfile(*edges, roots=(".",), unknown=()):
    """A lockfile of edges such as ``(".", "a")`` or ``("a", "b", "optional")``; what is no root is a release."""

    def node(name):
        return f"root:{name}" if name in roots else f"npm:{name}@1"

    names = sorted({name for edge in edges for name in edge[:2]} - set(roots))
    dependencies = [Dependency(node(a), node(b), *kind) for a, b, *kind in edges]
    return Lockfile(
        path="package-lock.json",
        format="package-lock-v3",
        roots=tuple(Root(f"root:{r}", r, r) for r in roots),
        releases=tuple(Release(node(n), "npm", n, "1") for n in names),
        dependencies=tuple(sorted(dependencies, key=lambda d: d[:3])),
        open=frozenset(node(n) for n in unknown),
    )


def measured(*edges, prod=False, **more):
    """Measures by name."""
    graph = DependencyGraph(lockfile(*edges, **more), prod=prod)
    return {r.name: m for r, m in zip(graph.releases, graph.measures(), strict=True)}


def middle(low, high):
    return Bounds(low, low if low == high else (low + high) / 2, high)


# -- by hand ---------------------------------------------------------------------------------------------------------


def test_a_chain():
    found = measured((".", "a"), ("a", "b"), ("b", "c"))
    assert [found[n].dependents.point for n in "abc"] == [0, 1, 2]
    assert [found[n].dominates for n in "abc"] == [3, 2, 1]
    assert [found[n].breaks.point for n in "abc"] == [1, 1, 1]
    assert found["c"].broken == ("npm:a@1",)
    assert [found[n].direct for n in "abc"] == [True, False, False]


def test_members_of_a_cycle_need_one_another_and_never_themselves():
    found = measured((".", "a"), ("a", "b"), ("b", "c"), ("c", "a"))
    assert [found[n].dependents.point for n in "abc"] == [2, 2, 2]


def test_optional_edges_expose_and_do_not_break():
    found = measured((".", "a"), ("a", "b", "optional"), ("b", "c"))
    assert (found["b"].dependents.point, found["b"].optionally_exposed.point) == (0, 1)
    assert (found["c"].dependents.point, found["c"].optionally_exposed.point) == (1, 1)
    assert found["c"].broken == ()
    assert found["b"].optional
    assert not found["b"].dev


def test_an_optional_edge_beside_a_runtime_one_exposes_nobody():
    found = measured((".", "a"), ("a", "b"), ("a", "b", "optional"))
    assert (found["b"].dependents.point, found["b"].optionally_exposed.point) == (1, 0)
    assert not found["b"].optional


def test_dev_edges_count_as_direct_unless_prod():
    edges = (".", "a"), (".", "b", "dev"), ("b", "c"), ("a", "c")
    assert measured(*edges)["c"].broken == ("npm:a@1", "npm:b@1")
    assert measured(*edges)["b"].dev
    prod = measured(*edges, prod=True)
    assert set(prod) == {"a", "c"}
    assert prod["c"].breaks.point == 1
    assert prod["c"].dependents.point == 1


def test_nothing_direct_breaks_nothing():
    assert measured((".", "a", "optional"), ("a", "b"))["b"].breaks is None


def test_edges_between_roots_transmit_and_count_nowhere():
    found = measured((".", "x"), ("x", "a"), ("a", "y"), ("y", "b"), roots=(".", "x", "y"))
    assert found["b"].dependents.point == 1
    assert found["b"].broken == ("npm:a@1", "npm:b@1")
    assert found["b"].breaks.point == 1


def test_a_release_that_nothing_reaches_dominates_nothing():
    found = measured((".", "a"), ("lost", "also-lost"))
    assert (found["lost"].dominates, found["also-lost"].dominates) == (0, 0)
    assert not found["lost"].reached
    assert found["also-lost"].dependents.point == 1


def test_unknown_edges_leave_bounds_open():
    found = measured((".", "a"), ("a", "b"), (".", "flat"), unknown=("flat",))
    assert found["b"].dependents == Bounds(1, 1.5, 2)
    assert found["b"].breaks == Bounds(0.5, 0.75, 1)
    assert found["flat"].dependents == Bounds(0, 0, 0)


def test_paths_come_shortest_first():
    graph = DependencyGraph(lockfile((".", "babel-core"), ("babel-core", "left-pad"), (".", "left-pad")))
    assert [[d.dependent for d in path] for path in graph.paths("npm:left-pad@1", limit=5).paths] == [
        ["root:."], ["root:.", "npm:babel-core@1"],
    ]  # fmt: skip


def test_paths_show_edges_between_roots():
    graph = DependencyGraph(lockfile((".", "member"), ("member", "a"), roots=(".", "member")))
    assert [[d.dependent for d in path] for path in graph.paths("npm:a@1", limit=5).paths] == [
        ["root:member"], ["root:.", "root:member"],
    ]  # fmt: skip


# -- against brute force ---------------------------------------------------------------------------------------------


@settings(max_examples=500)
@given(lockfiles(), st.booleans())
def test_measures_are_what_brute_force_finds(locked, prod):
    graph, oracle = DependencyGraph(locked, prod=prod), Oracle(locked, prod=prod)
    assert {r.id for r in graph.releases} == oracle.releases
    assert set(graph.direct) == oracle.direct()
    every, required = oracle.walk(set(ANY)), oracle.walk(BREAKING | {"dev"})
    named = {b for a, b, _ in oracle.edges if a in oracle.roots}
    for release, m in zip(graph.releases, graph.measures(), strict=True):
        v = release.id
        low, high = oracle.dependents(v)
        assert m.dependents == middle(len(low), len(high))
        assert oracle.open or graph.ancestors(v) == low
        least, most = oracle.breaks(v)
        total = len(oracle.direct())
        assert m.breaks == (middle(len(least) / total, len(most) / total) if total else None)
        assert m.broken == tuple(i for i in graph.direct if i in least)
        assert m.dominates == len(oracle.dominates(v))
        _check_exposed(m.optionally_exposed, *oracle.exposed(v), known=not oracle.open)
        assert (m.direct, m.dev) == (v in named, v not in oracle.prod)
        assert (m.reached, m.optional) == (v in every, v in every and v not in required)


def _check_exposed(found, least, most, *, known):
    assert found.upper == len(most)
    if known:
        assert found == middle(len(least), len(least))
    else:  # counted from counts: never over the least that sets allow, and the middle lies between
        assert 0 <= found.lower <= len(least)
        assert found.point == (found.lower if found.lower == found.upper else (found.lower + found.upper) / 2)


@given(lockfiles(20))
def test_a_lockfile_can_be_limited_to_production_beforehand(locked):
    limited = production(locked)
    assert DependencyGraph(limited).measures() == DependencyGraph(locked, prod=True).measures()
    assert limited.open <= {r.id for r in limited.releases}
    assert production(limited) == limited


@settings(max_examples=150)
@given(lockfiles(partly_known=False))
def test_as_many_dependents_as_dependencies(locked):
    graph = DependencyGraph(locked)
    needed = sum(len(graph.descendants(r.id)) for r in graph.releases)
    assert sum(m.dependents.point for m in graph.measures()) == needed


@given(lockfiles(20), st.booleans())
def test_blocks_meet_without_a_seam(locked, prod):
    graph = DependencyGraph(locked, prod=prod)
    whole = graph.measures()
    with pytest.MonkeyPatch.context() as patch:
        for block in (1, 3, 8):
            patch.setattr(digraph, "BLOCK", block)
            assert graph.measures() == whole


@given(lockfiles(12))
def test_edges_between_releases_are_counted_once(locked):
    graph = DependencyGraph(locked)
    ids = {r.id for r in locked.releases}
    assert graph.edge_count() == len({d[:2] for d in locked.dependencies if set(d[:2]) <= ids})


# -- against networkx ------------------------------------------------------------------------------------------------


@given(lockfiles(25))
def test_components_are_those_of_networkx_dependents_first(locked):
    graph = DependencyGraph(locked)
    plain = nx.DiGraph()
    plain.add_nodes_from([*(r.id for r in locked.releases), *(r.id for r in locked.roots)])
    plain.add_edges_from(d[:2] for d in locked.dependencies if d.kind in BREAKING)
    found = graph.components()
    assert {frozenset(c) for c in found} == {frozenset(c) for c in nx.strongly_connected_components(plain)}
    place = {node: i for i, component in enumerate(found) for node in component}
    assert all(place[a] <= place[b] for a, b in plain.edges)
    assert all(list(c) == sorted(c) for c in found)


@settings(max_examples=200)
@given(lockfiles(6), st.integers(1, 30))
def test_paths_are_all_simple_paths_shortest_first(locked, limit):
    graph = DependencyGraph(locked)
    plain = graph.to_networkx()
    order = {r.id: i for i, r in enumerate([*locked.releases, *locked.roots])}
    kinds = {}
    for d in locked.dependencies:
        kinds.setdefault(d[:2], set()).add(d.kind)
    for release in locked.releases:
        expected = sorted(
            (path for root in locked.roots for path in nx.all_simple_paths(plain, root.id, release.id)),
            key=lambda path: (len(path), [order[node] for node in path]),
        )
        found = graph.paths(release.id, limit=limit)
        steps = [[p[0].dependent, *(d.dependency for d in p)] for p in found.paths]
        assert steps == expected[:limit]
        assert all(d.kind == min(kinds[d[:2]], key=ANY.index) for p in found.paths for d in p)
        rest = len(expected) - len(steps)
        assert found.more == rest if found.exact else 0 < found.more < rest


def test_paths_that_cycles_leave_uncounted_are_a_lower_bound():
    names = "abcdefgh"
    every = [(a, b) for a in names for b in names if a != b]
    graph = DependencyGraph(lockfile((".", "a"), *every))
    found = graph.paths("npm:h@1", limit=2)
    assert (len(found.paths), found.more, found.exact) == (2, 18, False)
    assert graph.paths("npm:h@1", limit=10_000).exact
    with pytest.raises(KeyError):
        graph.paths("npm:nobody@1")


def test_a_cycle_elsewhere_does_not_spoil_the_count():
    diamonds = [(f"a{i}", f"{side}{i}") for i in range(12) for side in "bc"]
    diamonds += [(f"{side}{i}", f"a{i + 1}") for i in range(12) for side in "bc"]
    graph = DependencyGraph(lockfile((".", "a0"), *diamonds, ("x", "y"), ("y", "x"), ("x", "a12")))
    assert graph.paths("npm:a12@1", limit=4)[1:] == (2**12 - 4, True)


@given(lockfiles(25, conditions=True))
def test_networkx_graph_holds_what_the_lockfile_says(locked):
    plain = DependencyGraph(locked).to_networkx()
    strongest = {}
    for d in sorted(locked.dependencies, key=lambda d: -ANY.index(d.kind)):
        strongest[d[:2]] = {"kind": d.kind, "condition": d.condition, "origin": d.origin}
    assert {(a, b): data for a, b, data in plain.edges(data=True)} == strongest
    assert {n for n, data in plain.nodes(data=True) if data["root"]} == {r.id for r in locked.roots}
    for r in locked.releases:
        expected = {"root": False, "name": r.name, "version": r.version, "ecosystem": r.ecosystem}
        assert plain.nodes[r.id] == expected
