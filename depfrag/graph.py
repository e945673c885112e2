"""The dependency graph of one lockfile: who needs whom, what breaks, what leaves the tree, and by which paths.

Definitions follow README's "What is measured". Edges of the kinds runtime, peer and extra transmit breakage; optional
ones expose; dev ones count only where a root needs something by name.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from depfrag import digraph
from depfrag.model import Bounds, Measures

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import networkx as nx

    from depfrag.model import Dependency, EdgeKind, Lockfile, Release, Root

_Count: TypeAlias = tuple[int, int, int, int]

_STRENGTH: dict[EdgeKind, int] = {"runtime": 0, "peer": 1, "extra": 2, "optional": 3, "dev": 4}


class Paths(NamedTuple):
    """Paths from the roots to a release, shortest first, and how many more there are."""

    paths: tuple[tuple[Dependency, ...], ...]
    more: int
    """How many beyond those listed."""
    exact: bool
    """False where cycles leave only a lower bound for `more`."""


class DependencyGraph:
    """The graph of one lockfile; with `prod`, of what its roots reach without dev edges."""

    def __init__(self, lockfile: Lockfile, *, prod: bool = False) -> None:
        self.roots: tuple[Root, ...] = lockfile.roots
        self.releases: tuple[Release, ...] = lockfile.releases
        self.dependencies: tuple[Dependency, ...] = lockfile.dependencies
        self._arrange()
        if prod:
            kept = {r.id for r, production in zip(self.releases, self._prod, strict=False) if production}
            self.releases = tuple(r for r in self.releases if r.id in kept)
            kept.update(root.id for root in self.roots)
            self.dependencies = tuple(
                d for d in self.dependencies if d.kind != "dev" and d.dependent in kept and d.dependency in kept
            )
            self._arrange()
        self._open = [i for i, r in enumerate(self.releases) if r.id in lockfile.open]

    def _arrange(self) -> None:
        """Numbers the nodes, releases before roots, and sorts the edges by what they do."""
        ids = [r.id for r in self.releases]
        self._count = count = len(ids)
        ids.extend(root.id for root in self.roots)
        self._ids = ids
        self._number = number = {name: i for i, name in enumerate(ids)}
        self._any: list[list[int]] = [[] for _ in ids]
        self._needs: list[list[int]] = [[] for _ in ids]
        self._required: list[list[int]] = [[] for _ in ids]
        undev: list[list[int]] = [[] for _ in ids]
        named: set[int] = set()
        direct: set[int] = set()
        self._optional: set[int] = set()
        for d in self.dependencies:
            a, b, kind = number[d.dependent], number[d.dependency], d.kind
            self._any[a].append(b)
            if kind == "optional":
                self._optional.add(b)
                undev[a].append(b)
            else:
                self._required[a].append(b)
                if kind != "dev":
                    self._needs[a].append(b)
                    undev[a].append(b)
            if a >= count > b:
                named.add(b)
                if kind != "optional":
                    direct.add(b)
        self._undev = undev
        self._named = named
        self._direct = sorted(direct)
        self._prod = digraph.reached(undev, self._root_numbers())

    def _root_numbers(self) -> range:
        return range(self._count, len(self._ids))

    # -- who needs whom ------------------------------------------------------------------------------------------

    @property
    def direct(self) -> tuple[str, ...]:
        """Ids of the direct dependencies: releases that some root needs, optional ones excluded."""
        return tuple(self._ids[i] for i in self._direct)

    def edge_count(self) -> int:
        """Distinct pairs of releases, one needing the other."""
        n = self._count
        return sum(len({b for b in self._any[a] if b < n}) for a in range(n))

    def ancestors(self, release: str) -> frozenset[str]:
        """Ids of the releases that need `release`, directly or through others, without itself."""
        back: list[list[int]] = [[] for _ in self._ids]
        for a, out in enumerate(self._needs):
            for b in out:
                back[b].append(a)
        return self._closure(back, release)

    def descendants(self, release: str) -> frozenset[str]:
        """Ids of the releases that `release` needs, directly or through others, without itself."""
        return self._closure(self._needs, release)

    def _closure(self, neighbours: digraph.Neighbours, release: str) -> frozenset[str]:
        start = self._number[release]
        seen = digraph.reached(neighbours, [start])
        return frozenset(self._ids[i] for i in range(self._count) if seen[i] and i != start)

    def components(self) -> tuple[tuple[str, ...], ...]:
        """Strongly connected components over the edges that transmit breakage, as sorted ids of releases and roots;
        dependents before what they need."""
        parts = digraph.components(self._needs)
        return tuple(tuple(sorted(self._ids[i] for i in members)) for members in reversed(parts))

    # -- measures ------------------------------------------------------------------------------------------------

    def measures(self) -> tuple[Measures, ...]:
        """The measures of each release, in the order of `releases`."""
        needs = self._counts(self._needs, self._count, self._direct)
        exposed = self._exposed(needs)
        dominates = self._dominated()
        reached = digraph.reached(self._any, self._root_numbers())
        required = digraph.reached(self._required, self._root_numbers()) if self._optional else reached
        direct, named, prod = self.direct, self._named, self._prod
        total = len(direct)
        same = _Same(total)
        result = []
        for i in range(self._count):
            low, high, broken, broken_upper = needs[i]
            result.append(
                Measures(
                    same.bounds(low, high),
                    same.share(broken.bit_count(), broken_upper) if total else None,
                    same.broken(broken, direct) if broken else (),
                    dominates[i],
                    same.bounds(*exposed.get(i, (0, 0))),
                    i in named,
                    not prod[i],
                    reached[i] and not required[i],
                    reached[i],
                )
            )
        return tuple(result)

    def _counts(self, neighbours: digraph.Neighbours, count: int, direct: Sequence[int]) -> list[_Count]:
        """For each of the first `count` nodes: how many others of these need it at least and at most, which of `direct`
        break without it as a bit set, and how many of them at most."""
        # The direct dependencies take the lowest bits, so that one mask cuts out the broken ones.
        first = set(direct)
        order = [*direct, *(i for i in range(count) if i not in first)]
        counts: list[_Count] = [(-1, -1, 0, 0)] * count
        for start, length, bits in digraph.sources(neighbours, digraph.components(neighbours), order):
            unknown = 0
            for i in self._open:
                unknown |= bits[i]
            mask = (1 << max(0, min(len(first) - start, length))) - 1
            for i, (low, high, broken, broken_upper) in enumerate(counts):
                mine = bits[i]
                most = mine | unknown
                found = mine.bit_count()
                counts[i] = (
                    low + found,
                    high + (most.bit_count() if unknown else found),
                    broken | (mine & mask) << start,
                    broken_upper + (most & mask).bit_count(),
                )
        return counts

    def _exposed(self, needs: Sequence[_Count]) -> dict[int, tuple[int, int]]:
        """How many more releases need a release through some optional edge, at least and at most; none for those left
        out. Where all edges are known, only what lies above the ends of optional edges has to be looked at."""
        nodes = list(range(len(self._ids)))
        below = [True] * len(nodes)
        if not self._open:
            if not self._optional:
                return {}
            below = digraph.reached(self._undev, self._optional)
            above = digraph.reached(digraph.backwards(self._undev), (i for i in nodes if below[i]))
            nodes = [i for i in nodes if above[i]]
        number = {node: i for i, node in enumerate(nodes)}
        part = [[number[b] for b in self._undev[a] if b in number] for a in nodes]
        counts = self._counts(part, sum(i < self._count for i in nodes), ())
        result = {}
        for node, (low, high, _, _) in zip(nodes, counts, strict=False):
            if below[node]:
                result[node] = (max(0, low - needs[node][1]), high - needs[node][0])
        return result

    def _dominated(self) -> list[int]:
        """Releases in the dominator subtree of each release, itself included; 0 where no root reaches it."""
        top = len(self._ids)
        idom, order = digraph.dominators([*self._any, self._root_numbers()], top)
        weight = [0] * (top + 1)
        for node in reversed(order[1:]):
            weight[node] += node < self._count
            weight[idom[node]] += weight[node]
        return weight[: self._count]

    # -- paths ---------------------------------------------------------------------------------------------------

    def paths(self, release: str, *, limit: int = 1) -> Paths:
        """The `limit` shortest paths from the roots to `release` by edges of any kind, ties in the order of the nodes.

        Raises KeyError for an id that is not in the graph.
        """
        target = self._number[release]
        edges = self._strongest_edges()
        neighbours = [sorted({*out}) for out in self._any]
        found, complete = digraph.shortest_paths(neighbours, self._root_numbers(), target, limit)
        named = tuple(tuple(edges[step] for step in pairwise(path)) for path in found)
        if complete:
            return Paths(named, 0, exact=True)
        total = digraph.count_paths(neighbours, self._root_numbers(), target)
        if total is not None:
            return Paths(named, total - len(found), exact=True)
        beyond, complete = digraph.shortest_paths(neighbours, self._root_numbers(), target, 10 * limit)
        return Paths(named, len(beyond) - len(found), exact=complete)

    def _strongest_edges(self) -> dict[tuple[int, int], Dependency]:
        edges: dict[tuple[int, int], Dependency] = {}
        for d in self.dependencies:
            key = (self._number[d.dependent], self._number[d.dependency])
            if key not in edges or _STRENGTH[d.kind] < _STRENGTH[edges[key].kind]:
                edges[key] = d
        return edges

    # -- exchange ------------------------------------------------------------------------------------------------

    def to_networkx(self) -> nx.DiGraph[str]:
        """A DiGraph of roots and releases by id, dependent to dependency. Nodes carry ``root``, ``name``, ``version``
        and ``ecosystem``; edges ``kind`` (the strongest where there are several), ``condition`` and ``origin``."""
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph()
        for root in self.roots:
            graph.add_node(root.id, root=True, name=root.name or root.path, version=None, ecosystem=None)
        for r in self.releases:
            graph.add_node(r.id, root=False, name=r.name, version=r.version, ecosystem=r.ecosystem)
        for d in self._strongest_edges().values():
            graph.add_edge(d.dependent, d.dependency, kind=d.kind, condition=d.condition, origin=d.origin)
        return graph


def production(lockfile: Lockfile) -> Lockfile:
    """`lockfile` without what only development needs."""
    graph = DependencyGraph(lockfile, prod=True)
    kept = {r.id for r in graph.releases}
    return lockfile._replace(releases=graph.releases, dependencies=graph.dependencies, open=lockfile.open & kept)


class _Same:
    """Makes equal values one object: a lockfile has thousands of releases and few different numbers."""

    def __init__(self, direct: int) -> None:
        self._direct = direct
        self._bounds: dict[tuple[int, int], Bounds] = {}
        self._shares: dict[tuple[int, int], Bounds] = {}
        self._broken: dict[int, tuple[str, ...]] = {}

    def bounds(self, lower: int, upper: int) -> Bounds:
        found = self._bounds.get((lower, upper))
        if found is None:
            found = self._bounds[lower, upper] = _bounds(lower, upper)
        return found

    def share(self, lower: int, upper: int) -> Bounds:
        found = self._shares.get((lower, upper))
        if found is None:
            found = self._shares[lower, upper] = _bounds(lower / self._direct, upper / self._direct)
        return found

    def broken(self, bits: int, direct: Sequence[str]) -> tuple[str, ...]:
        found = self._broken.get(bits)
        if found is None:
            found = self._broken[bits] = tuple(direct[b] for b in _ones(bits))
        return found


def _bounds(lower: float, upper: float) -> Bounds:
    return Bounds(lower, lower if lower == upper else (lower + upper) / 2, upper)


def _ones(bits: int) -> Iterator[int]:
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low
