"""Finds the edges that a lockfile leaves out: from the manifests of its releases, and from its own shape."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from depfrag import digraph
from depfrag.identity import python_name
from depfrag.model import Dependency, Problem
from depfrag.places import MODULES, outwards

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.requirements import Requirement

    from depfrag.model import EdgeKind, Facts, FactValue, Lockfile


def from_manifests(lockfile: Lockfile, facts: Mapping[str, Facts]) -> Lockfile:
    """`lockfile` with the edges that the manifests of its open releases ask for, resolved against what it locks.

    They replace what nesting implied. A release whose manifest nobody knows stays open.
    """
    manifests = {
        release: fact.value
        for release in lockfile.open
        if (fact := facts.get(release, {}).get("manifest")) is not None and isinstance(fact.value, dict)
    }
    if not manifests:
        return lockfile
    kept = [d for d in lockfile.dependencies if d.dependent not in manifests or d.origin != "nesting"]
    found = _npm_edges(lockfile, manifests) if lockfile.places else _python_edges(lockfile, manifests)
    known = {d[:3] for d in kept}
    kept.extend(d for d in _joined(found) if d[:3] not in known)
    return lockfile._replace(dependencies=tuple(sorted(kept, key=_order)), open=lockfile.open.difference(manifests))


def _joined(found: Iterable[Dependency]) -> Iterator[Dependency]:
    """Each edge once: under any of its conditions, or always where one of them is none."""
    conditions: dict[tuple[str, str, EdgeKind], set[str | None]] = {}
    for dependency in found:
        conditions.setdefault(dependency[:3], set()).add(dependency.condition)
    for edge, known in conditions.items():
        condition = None if None in known else " or ".join(sorted(c for c in known if c))
        yield Dependency(*edge, condition, "metadata")


def _order(dependency: Dependency) -> tuple[str, str, str]:
    return dependency[:3]


def _npm_edges(lockfile: Lockfile, manifests: Mapping[str, Mapping[str, FactValue]]) -> Iterator[Dependency]:
    """Looks each name up from every place of the release, as Node.js does."""
    for place, release in lockfile.places.items():
        manifest = manifests.get(release)
        if manifest is None:
            continue
        folders = list(outwards(place))
        for name, kind in _npm_asked(manifest):
            for folder in folders:
                target = lockfile.places.get(f"{folder}{MODULES}{name}")
                if target is not None:
                    if target != release:
                        yield Dependency(release, target, kind, None, "metadata")
                    break


def _npm_asked(manifest: Mapping[str, FactValue]) -> Iterator[tuple[str, EdgeKind]]:
    kinds: dict[str, EdgeKind] = {}
    spare = _names(manifest.get("peerOptional"))
    kinds.update((name, "optional" if name in spare else "peer") for name in _names(manifest.get("peerDependencies")))
    kinds.update((name, "runtime") for name in _names(manifest.get("dependencies")))
    kinds.update((name, "optional") for name in _names(manifest.get("optionalDependencies")))
    yield from kinds.items()


def _names(value: FactValue | None) -> Iterable[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, (dict, tuple)) else ()


def _python_edges(lockfile: Lockfile, manifests: Mapping[str, Mapping[str, FactValue]]) -> Iterator[Dependency]:
    """Looks each requirement up by name; an extra counts once some requirement asks for it."""
    by_name: dict[str, list[str]] = {}
    for release in lockfile.releases:
        by_name.setdefault(release.name, []).append(release.id)
    requirements = {name: list(_requirements(manifest)) for name, manifest in manifests.items()}
    extras: dict[str, set[str]] = {name: set() for name in manifests}
    todo = sorted(manifests)
    while todo:
        dependent = todo.pop()
        for wanted, extra in requirements[dependent]:
            if extra is not None and extra not in extras[dependent]:
                continue
            marker = str(wanted.marker) if wanted.marker else None
            for target in by_name.get(python_name(wanted.name), ()):
                if target != dependent:
                    yield Dependency(dependent, target, "extra" if extra else "runtime", marker, "metadata")
                fresh = {python_name(e) for e in wanted.extras} - extras.get(target, set())
                if fresh and target in extras:
                    extras[target] |= fresh
                    todo.append(target)


def _requirements(manifest: Mapping[str, FactValue]) -> Iterator[tuple[Requirement, str | None]]:
    """What a manifest requires, and the extra that each requirement belongs to."""
    from packaging.requirements import InvalidRequirement, Requirement

    for text in _names(manifest.get("requires")):
        try:
            wanted = Requirement(text)
        except InvalidRequirement:
            continue
        found = re.search(r"extra\s*==\s*['\"]([^'\"]+)['\"]", str(wanted.marker or ""))
        yield wanted, python_name(found[1]) if found else None


def direct(lockfile: Lockfile) -> Lockfile:
    """`lockfile` with direct dependencies supposed where nothing says them: one release of each component that nothing
    depends on."""
    if lockfile.direct_known or not lockfile.releases:
        return lockfile
    number = {r.id: i for i, r in enumerate(lockfile.releases)}
    neighbours: list[list[int]] = [[] for _ in number]
    asked: list[int] = []
    for d in lockfile.dependencies:
        if d.dependency in number:
            (neighbours[number[d.dependent]] if d.dependent in number else asked).append(number[d.dependency])
    parts = digraph.components(neighbours)
    of = {node: c for c, members in enumerate(parts) for node in members}
    needed = {of[b] for a, out in enumerate(neighbours) for b in out if of[a] != of[b]}
    needed.update(of[node] for node in asked)
    root = lockfile.roots[0].id
    ids = sorted(lockfile.releases[min(members)].id for c, members in enumerate(parts) if c not in needed)
    edges = [Dependency(root, release, lockfile.hints.get(release, "runtime")) for release in ids]
    text = "nothing says what the project itself needs: taken are the releases that nothing in the lockfile depends on"
    problem = Problem("supposed-direct", "info", f"{text} ({len(ids)})", lockfile.path)
    return lockfile._replace(
        dependencies=tuple(sorted((*lockfile.dependencies, *edges), key=_order)),
        problems=(*lockfile.problems, problem),
        direct_known=True,
    )
