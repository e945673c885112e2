"""The algorithms against networkx on random graphs, and against published numbers on a whole registry."""

from __future__ import annotations

import bz2

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depfrag import digraph


@st.composite
def digraphs(draw, most=25):
    """Neighbours by number, without repeats."""
    count = draw(st.integers(1, most))
    node = st.integers(0, count - 1)
    size = draw(st.integers(0, 3 * count))
    edges = draw(st.lists(st.tuples(node, node), min_size=size, max_size=size))
    return [sorted({b for a, b in edges if a == node}) for node in range(count)]


def plain(neighbours):
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(neighbours)))
    graph.add_edges_from((a, b) for a, out in enumerate(neighbours) for b in out)
    return graph


@given(digraphs(), st.data())
def test_reached_and_distances(neighbours, data):
    starts = data.draw(st.sets(st.sampled_from(range(len(neighbours)))))
    graph = plain(neighbours)
    expected = set().union(*({s} | nx.descendants(graph, s) for s in starts))
    assert [node for node, seen in enumerate(digraph.reached(neighbours, starts)) if seen] == sorted(expected)
    for start in starts:
        assert digraph.distances(neighbours, start) == nx.single_source_shortest_path_length(graph, start)


@given(digraphs())
def test_backwards_is_its_own_inverse(neighbours):
    assert plain(digraph.backwards(neighbours)).edges == plain(neighbours).reverse().edges
    assert digraph.backwards(digraph.backwards(neighbours)) == neighbours


@given(digraphs())
def test_components_come_after_all_they_point_to(neighbours):
    found = digraph.components(neighbours)
    graph = plain(neighbours)
    assert {frozenset(c) for c in found} == {frozenset(c) for c in nx.strongly_connected_components(graph)}
    place = {node: i for i, members in enumerate(found) for node in members}
    assert all(place[a] >= place[b] for a, b in graph.edges)


@given(digraphs(), st.integers(1, 9), st.data())
def test_sources_tell_who_gets_there(neighbours, block, data):
    marked = data.draw(st.lists(st.sampled_from(range(len(neighbours))), unique=True))
    graph = plain(neighbours)
    found = [set() for _ in neighbours]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digraph, "BLOCK", block)
        ends = 0
        for start, length, bits in digraph.sources(neighbours, digraph.components(neighbours), marked):
            assert start == ends
            assert length <= block
            ends += length
            for node, mask in enumerate(bits):
                found[node].update(marked[start + i] for i in range(length) if mask >> i & 1)
    assert ends == len(marked)
    assert found == [(nx.ancestors(graph, n) | {n}) & set(marked) for n in range(len(neighbours))]


@settings(max_examples=300)
@given(digraphs())
def test_dominators_are_those_of_networkx(neighbours):
    idom, order = digraph.dominators(neighbours, 0)
    expected = dict(nx.immediate_dominators(plain(neighbours), 0))
    expected.pop(0, None)  # networkx gives the root itself or None, by version
    assert {node: above for node, above in enumerate(idom) if above >= 0} == expected
    assert order[0] == 0
    assert sorted(order) == sorted({0, *expected})
    place = {node: i for i, node in enumerate(order)}
    assert all(place[idom[node]] < place[node] for node in order[1:])


@settings(max_examples=200)
@given(digraphs(7), st.data())
def test_paths_are_enumerated_and_counted(neighbours, data):
    nodes = st.sampled_from(range(len(neighbours)))
    starts, target = sorted(data.draw(st.sets(nodes))), data.draw(nodes)
    graph = plain(neighbours)
    expected = [p for s in starts if s != target for p in map(tuple, nx.all_simple_paths(graph, s, target))]
    expected += [(target,)] if target in starts else []
    expected.sort(key=lambda path: (len(path), path))
    assert digraph.shortest_paths(neighbours, starts, target, 10_000) == (expected, True)
    for limit in range(len(expected)):
        assert digraph.shortest_paths(neighbours, starts, target, limit) == (expected[:limit], False)
    count = digraph.count_paths(neighbours, starts, target)
    assert count in (None, len(expected))
    assert count is not None or not nx.is_directed_acyclic_graph(graph)


def test_a_search_for_paths_gives_up_after_so_many_steps():
    every = [[b for b in range(9) if b != a] for a in range(9)]
    found, complete = digraph.shortest_paths(every, [0], 8, 10_000, steps=50)
    assert 0 < len(found) < 51
    assert not complete


def test_a_long_chain_needs_no_recursion():
    chain = [[i + 1] for i in range(50_000)] + [[0]]
    assert len(digraph.components(chain)) == 1
    idom, order = digraph.dominators(chain, 0)
    assert idom[1:] == list(range(50_000))
    assert len(order) == 50_001


# -- a whole registry ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pypi(shared):
    """The graph of PyPI on 2020-01-12: names, neighbours (package to what it needs), components."""
    number: dict[str, int] = {}
    edges = set()
    with bz2.open(shared / "recordings" / "graphs" / "pypi-2020-01-12.bz2", "rt", encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("#"):
                name, *dependents = [number.setdefault(word, len(number)) for word in line.split()]
                edges.update((dependent, name) for dependent in dependents)
    neighbours: list[list[int]] = [[] for _ in number]
    for dependent, name in sorted(edges):
        neighbours[dependent].append(name)
    return number, neighbours, digraph.components(neighbours)


@pytest.fixture(scope="module")
def reach(pypi):
    """For each package of that graph, how many get to it, itself included; four blocks of `digraph.sources`."""
    number, neighbours, parts = pypi
    counts = [0] * len(number)
    for _, _, bits in digraph.sources(neighbours, parts, range(len(number))):
        counts = [count + mask.bit_count() for count, mask in zip(counts, bits, strict=True)]
    return counts


def test_reach_of_published_packages(pypi, reach):
    number, neighbours, _ = pypi
    found = {name: reach[number[name]] for name in ("six", "idna", "certifi", "urllib3", "networkx")}
    assert found == {"six": 22_315, "idna": 17_223, "certifi": 16_760, "urllib3": 16_438, "networkx": 590}
    assert len(reach) > 3 * digraph.BLOCK
    assert sum(reach) / len(reach) == 15.730114643659142
    assert len(digraph.backwards(neighbours)[number["networkx"]]) == 372


def test_dependencies_of_published_packages(pypi):
    number, neighbours, _ = pypi
    spacy = number["spacy"]
    assert len(neighbours[spacy]) == 25
    assert sum(digraph.reached(neighbours, [spacy])) - 1 == 73


def test_every_dependent_is_somebodys_dependency(pypi, reach):
    """The sum of dependents is the sum of transitive dependencies: the same graph walked the other way."""
    number, neighbours, _ = pypi
    back = digraph.backwards(neighbours)
    needed = sum(
        mask.bit_count()
        for _, _, bits in digraph.sources(back, digraph.components(back), range(len(number)))
        for mask in bits
    )
    assert sum(reach) == needed
