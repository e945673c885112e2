"""Exact algorithms on directed graphs whose nodes are numbers: components, reachability counts, dominators, paths.

A graph is a list: for each node the nodes it points to. Pure Python on purpose: at the size of a lockfile these cost
milliseconds, less than importing any graph library (``tests/benchmarks/README.md``); the tests hold them against
networkx and against removing each node and walking.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Neighbours: TypeAlias = "Sequence[Sequence[int]]"

BLOCK = 16_384
"""Nodes whose followers are traced in one pass: bounds the memory of a pass to 2 kB a node."""


def reached(neighbours: Neighbours, starts: Iterable[int]) -> list[bool]:
    """For each node, whether a walk from `starts` gets there."""
    seen = [False] * len(neighbours)
    stack = list(starts)
    for node in stack:
        seen[node] = True
    while stack:
        for node in neighbours[stack.pop()]:
            if not seen[node]:
                seen[node] = True
                stack.append(node)
    return seen


def components(neighbours: Neighbours) -> list[list[int]]:
    """Strongly connected components, each after all it points to (Tarjan 1972, without recursion)."""
    order = [0] * len(neighbours)
    low = [0] * len(neighbours)
    done = [False] * len(neighbours)
    position = [0] * len(neighbours)
    result: list[list[int]] = []
    open_: list[int] = []
    count = 0
    for start in range(len(neighbours)):
        if order[start]:
            continue
        count += 1
        order[start] = low[start] = count
        position[start] = len(open_)
        open_.append(start)
        work = [(start, iter(neighbours[start]))]
        while work:
            node, rest = work[-1]
            for other in rest:
                if not order[other]:
                    count += 1
                    order[other] = low[other] = count
                    position[other] = len(open_)
                    open_.append(other)
                    work.append((other, iter(neighbours[other])))
                    break
                if not done[other] and order[other] < low[node]:
                    low[node] = order[other]
            else:
                work.pop()
                if work and low[node] < low[work[-1][0]]:
                    low[work[-1][0]] = low[node]
                if low[node] == order[node]:
                    members = open_[position[node] :]
                    del open_[position[node] :]
                    for member in members:
                        done[member] = True
                    result.append(members)
    return result


def sources(
    neighbours: Neighbours, parts: Sequence[Sequence[int]], marked: Sequence[int]
) -> Iterator[tuple[int, int, list[int]]]:
    """Which of the `marked` nodes get to each node, themselves included.

    Yields (start, length, bits) for one block of `marked` after another: bit i of ``bits[node]`` says that
    ``marked[start + i]`` gets to the node. `parts` are the components of the graph.
    """
    of = [0] * len(neighbours)
    for c, members in enumerate(parts):
        for node in members:
            of[node] = c
    after = [[of[other] for node in members for other in neighbours[node]] for members in parts]
    for start in range(0, len(marked), BLOCK):
        block = marked[start : start + BLOCK]
        bits = [0] * len(parts)
        for position, node in enumerate(block):
            bits[of[node]] |= 1 << position
        for c in range(len(parts) - 1, -1, -1):
            mine = bits[c]
            if mine:
                for other in after[c]:
                    bits[other] |= mine
        yield start, len(block), [bits[c] for c in of]


def dominators(neighbours: Neighbours, root: int) -> tuple[list[int], list[int]]:
    """The immediate dominator of each node that `root` gets to (-1 for the others), and those nodes in preorder.

    Semi-NCA: Georgiadis, Linear-Time Algorithms for Dominators and Related Problems (2005), section 2.2.
    """
    size = len(neighbours)
    number = [-1] * size
    parent: list[int] = []
    order: list[int] = []
    stack = [(root, -1)]
    while stack:
        node, above = stack.pop()
        if number[node] >= 0:
            continue
        number[node] = len(order)
        order.append(node)
        parent.append(above)
        here = number[node]
        stack.extend((other, here) for other in neighbours[node] if number[other] < 0)
    before: list[list[int]] = [[] for _ in order]
    for here, node in enumerate(order):
        for other in neighbours[node]:
            before[number[other]].append(here)
    semi = list(range(len(order)))
    label = list(range(len(order)))
    ancestor = parent.copy()
    for v in range(len(order) - 1, 0, -1):
        least = parent[v]
        for u in before[v]:
            other = u if u <= v else semi[_evaluate(u, v, ancestor, label, semi)]
            least = min(least, other)
        semi[v] = least
    idom = parent.copy()
    for v in range(1, len(order)):
        at = idom[v]
        while at > semi[v]:
            at = idom[at]
        idom[v] = at
    result = [-1] * size
    for v in range(1, len(order)):
        result[order[v]] = order[idom[v]]
    return result, order


def _evaluate(node: int, last: int, ancestor: list[int], label: list[int], semi: list[int]) -> int:
    """The node with the least semidominator on the path above `node` up to `last`; compresses that path."""
    path = []
    top = node
    while ancestor[top] > last:
        path.append(top)
        top = ancestor[top]
    for at in reversed(path):
        if semi[label[top]] < semi[label[at]]:
            label[at] = label[top]
        ancestor[at] = ancestor[top]
        top = at
    return label[node]


def distances(neighbours: Neighbours, start: int) -> dict[int, int]:
    """Edges on a shortest path from `start` to each node that it gets to."""
    far = {start: 0}
    queue = [start]
    for node in queue:
        for other in neighbours[node]:
            if other not in far:
                far[other] = far[node] + 1
                queue.append(other)
    return far


def shortest_paths(
    neighbours: Neighbours, starts: Iterable[int], target: int, limit: int, steps: int = 500_000
) -> tuple[list[tuple[int, ...]], bool]:
    """Up to `limit` simple paths from `starts` to `target`, shortest first, and whether these are all there are.

    Paths of equal length come in the order of their nodes' numbers; no node may name a neighbour twice. Gives up after
    `steps` extensions, which only a graph dense with cycles can need.
    """
    left = distances(backwards(neighbours), target)
    heap: list[tuple[int, tuple[int, ...]]] = [(left[s], (s,)) for s in starts if s in left]
    heapq.heapify(heap)
    found: list[tuple[int, ...]] = []
    while heap and steps > 0:
        _, path = heapq.heappop(heap)
        if path[-1] == target:
            if len(found) == limit:
                return found, False
            found.append(path)
            continue
        for other in neighbours[path[-1]]:
            if other in left and other not in path:
                heapq.heappush(heap, (len(path) + left[other], (*path, other)))
                steps -= 1
    return found, not heap


def count_paths(neighbours: Neighbours, starts: Iterable[int], target: int) -> int | None:
    """How many simple paths lead from `starts` to `target`; None where cycles on the way allow no count."""
    begin = list(starts)
    near, ahead = distances(backwards(neighbours), target), reached(neighbours, begin)
    inner = [
        [other for other in out if other in near] if ahead[node] and node != target else []
        for node, out in enumerate(neighbours)
    ]
    ways = [0] * len(neighbours)
    ways[target] = 1
    for members in components(inner):
        node = members[0]
        if len(members) > 1 or node in inner[node]:
            return None
        if node != target:
            ways[node] = sum(ways[other] for other in inner[node])
    return sum(ways[s] for s in begin)


def backwards(neighbours: Neighbours) -> list[list[int]]:
    """The graph with every edge turned round."""
    back: list[list[int]] = [[] for _ in neighbours]
    for node, out in enumerate(neighbours):
        for other in out:
            back[other].append(node)
    return back
