"""Finds the edges that a lockfile leaves out: from the manifests of its releases, and from its own shape."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from depfrag import digraph, npmspec
from depfrag.identity import python_name
from depfrag.model import Dependency, Problem
from depfrag.places import MODULES, outwards

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from packaging.requirements import Requirement

    from depfrag.model import EdgeKind, Facts, FactValue, Lockfile, Release


_NPM_KINDS: Mapping[str, EdgeKind] = {
    "peerDependencies": "peer", "dependencies": "runtime", "optionalDependencies": "optional",
}  # fmt: skip
"""Those that a manifest says last count."""
_MAX_COPIES = 200
"""Versions of one package that are looked at."""
_MAX_SPEC = 256


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
    found = _placed_edges(lockfile, manifests) if lockfile.places else _npm_edges(lockfile, manifests)
    known = {d[:3] for d in kept}
    kept.extend(d for d in _joined((*found, *_python_edges(lockfile, manifests))) if d[:3] not in known)
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


def _placed_edges(lockfile: Lockfile, manifests: Mapping[str, Mapping[str, FactValue]]) -> Iterator[Dependency]:
    """Looks each name up from every place of the release, as Node.js does."""
    for place, release in lockfile.places.items():
        manifest = manifests.get(release)
        if manifest is None:
            continue
        folders = list(outwards(place))
        for name, kind, _ in _npm_asked(manifest):
            for folder in folders:
                target = lockfile.places.get(f"{folder}{MODULES}{name}")
                if target is not None:
                    if target != release:
                        yield Dependency(release, target, kind, None, "metadata")
                    break


def _npm_edges(lockfile: Lockfile, manifests: Mapping[str, Mapping[str, FactValue]]) -> Iterator[Dependency]:
    """Looks each name up among all releases, where nothing says where they lie; of several versions the highest that
    will do, as npm would take one that is there."""
    locked: dict[str, list[Release]] = {}
    for release in lockfile.releases:
        if release.ecosystem == "npm":
            locked.setdefault(release.name, []).append(release)
    chosen: dict[tuple[str, str | None, EdgeKind], str | None] = {}
    for dependent, manifest in manifests.items():
        for asked, kind, spec in _npm_asked(manifest) if dependent.startswith("npm:") else ():
            name, wanted = npmspec.aliased(spec or "") or (asked, spec)
            key = name, wanted, kind
            if key not in chosen:
                chosen[key] = _best(locked.get(name, ())[:_MAX_COPIES], wanted, kind)
            target = chosen[key]
            if target is not None and target != dependent:
                yield Dependency(dependent, target, kind, None, "metadata")


def _best(copies: Sequence[Release], spec: str | None, kind: EdgeKind) -> str | None:
    """Which of the releases of one package something with this spec gets.

    What is locked once is meant, and the highest of several where none will do: overrides allow any. But what is
    optional may well be absent.
    """
    if len(copies) < 2:
        return copies[0].id if copies else None
    import nodesemver

    asked = npmspec.address_kind(spec) if spec else None
    if asked is not None:
        return next((release.id for release in copies if release.kind == asked), None)
    ids = {r.version: r.id for r in copies if r.version and nodesemver.valid(r.version, loose=True)}
    if spec is not None and len(spec) <= _MAX_SPEC:
        fitting = nodesemver.max_satisfying(list(ids), spec, loose=True)
        if fitting is not None or kind == "optional":
            return ids.get(fitting)
    return ids[nodesemver.sort(list(ids), loose=True)[-1]] if ids else None


def _npm_asked(manifest: Mapping[str, FactValue]) -> Iterator[tuple[str, EdgeKind, str | None]]:
    """Name, kind and range or address of each dependency."""
    found: dict[str, tuple[str, EdgeKind, str | None]] = {}
    spare = set(_names(manifest.get("peerOptional")))
    for key, kind in _NPM_KINDS.items():
        specs = manifest.get(key)
        for name in _names(specs):
            spec = specs.get(name) if isinstance(specs, dict) else None
            as_kind = "optional" if kind == "peer" and name in spare else kind
            found[name] = name, as_kind, spec if isinstance(spec, str) else None
    yield from found.values()


def _names(value: FactValue | None) -> Iterable[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, (dict, tuple)) else ()


def _python_edges(lockfile: Lockfile, manifests: Mapping[str, Mapping[str, FactValue]]) -> Iterator[Dependency]:
    """Looks each requirement up by name; an extra counts once some requirement asks for it."""
    by_name: dict[str, list[str]] = {}
    for release in lockfile.releases:
        if release.ecosystem == "pypi":
            by_name.setdefault(release.name, []).append(release.id)
    requirements = {name: _requirements(manifest) for name, manifest in manifests.items()}
    todo: list[tuple[str, str | None]] = [(name, None) for name in sorted(manifests)]
    todo += [(name, extra) for name in sorted(manifests) for extra in lockfile.activated.get(name, ())]
    asked = set(todo)
    while todo:
        dependent, extra = todo.pop()
        for wanted in requirements[dependent].get(extra, ()):
            marker = str(wanted.marker) if wanted.marker else None
            for target in by_name.get(python_name(wanted.name), ()):
                if target != dependent:
                    yield Dependency(dependent, target, "extra" if extra else "runtime", marker, "metadata")
                fresh = {(target, python_name(e)) for e in wanted.extras if target in manifests}.difference(asked)
                asked |= fresh
                todo.extend(fresh)


def _requirements(manifest: Mapping[str, FactValue]) -> Mapping[str | None, Sequence[Requirement]]:
    """What a manifest requires by the extra that asks for it; under None what it requires in any case."""
    from packaging.requirements import InvalidRequirement, Requirement

    found: dict[str | None, list[Requirement]] = {}
    for text in _names(manifest.get("requires")):
        try:
            wanted = Requirement(text)
        except (InvalidRequirement, RecursionError):
            continue
        for extra in _extras(str(wanted.marker)) if wanted.marker else (None,):
            found.setdefault(extra, []).append(wanted)
    return found


def _extras(marker: str) -> Iterable[str | None]:
    """The extras of which each lets `marker` hold; None where it needs none of them."""
    from depfrag.markers import given

    if given(marker, ())[0]:
        return (None,)
    named = {python_name(text) for text in re.findall(r"""["']([^"']*)["']""", marker)}
    return sorted(name for name in named if given(marker, (name,))[0])


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
