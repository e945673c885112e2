"""What an SBOM says, whatever its format, and the graph that this makes.

Components of other ecosystems are no releases; they are counted in a problem. No edge is made across them: what the
project needs through them alone is taken as needed by the project itself, and what nothing else needs, too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from depfrag import npmspec
from depfrag.errors import LockfileError
from depfrag.identity import python_name, release_ids, without_credentials
from depfrag.model import Dependency, Lockfile, Problem, Release, Root

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from depfrag.model import Ecosystem, EdgeKind, ReleaseKind
    from depfrag.purls import Purl

    _Copy = tuple["Component", Ecosystem, str | None, ReleaseKind, str | None]
    """A component with its ecosystem, version, kind and source."""

_ECOSYSTEMS: tuple[Ecosystem, ...] = ("npm", "pypi")
_RANGE = re.compile(r"[\^~<>=*|,\s]")
_REVISION = re.compile(r"@(?=[^@/:]+\Z)")
_MAX_STEPS = 1_000_000
"""From roots through components of other ecosystems: about a second."""
_MAX_NAMED = 5


class Component(NamedTuple):
    """A component of an SBOM."""

    ref: str | None
    """What relations call it."""
    name: str
    purl: Purl | None
    version: str | None = None
    """Where the package URL has none."""
    line: int | None = None
    hashes: tuple[str, ...] = ()
    address: str | None = None
    """Where its archive is had from."""
    dev: bool = False
    optional: bool = False
    bundled: bool = False
    application: bool = False
    """A part of the project, like a workspace member: a root."""


class Relation(NamedTuple):
    """That one component needs another."""

    dependent: str
    dependency: str
    kind: EdgeKind = "runtime"


class Bom(NamedTuple):
    """An SBOM."""

    path: str
    format: str
    project: Component | None
    """What it is about."""
    components: Sequence[Component]
    """All others."""
    relations: Sequence[Relation]
    parts: Sequence[tuple[str, str]]
    """What contains what: it is no dependency, but leads from the project to what it is made of."""
    elements: AbstractSet[str]
    """What else relations may speak of: files, services."""
    told: AbstractSet[str]
    """The refs of components whose dependencies the SBOM tells."""


def lockfile(bom: Bom) -> Lockfile:
    """`bom` as a lockfile."""
    nodes = _Nodes(bom)
    edges = _Edges(bom, nodes)
    edges.follow()
    releases = nodes.releases()
    reached = edges.reached()
    closed = {node for ref, node in nodes.by_ref.items() if ref in bom.told}
    direct_known = edges.project_told or all(r.id in reached for r in releases)
    return Lockfile(
        path=bom.path,
        format=bom.format,
        roots=tuple(nodes.roots.values()),
        releases=releases,
        dependencies=tuple(sorted((Dependency(*edge) for edge in edges.found), key=lambda d: d[:3])),
        problems=tuple(_problems(bom, nodes, edges)),
        open=frozenset(r.id for r in releases if r.id not in closed),
        direct_known=direct_known,
        hints={} if direct_known else nodes.hints(),
    )


class _Nodes:
    """Which root or release each component is."""

    def __init__(self, bom: Bom) -> None:
        project = bom.project
        self.roots = {"root:.": Root("root:.", project.name if project and project.name else None, ".")}
        self.by_ref: dict[str, str | None] = {}
        """Root or release; None for a component of another ecosystem."""
        self.others: dict[str, int] = {}
        """How many there are of those, by type."""
        self.doubled: list[str] = []
        self._copies: dict[str, list[_Copy]] = {}
        if project is not None and project.ref is not None:
            self.by_ref[project.ref] = "root:."
        for ecosystem in _ECOSYSTEMS:
            self._add([c for c in bom.components if not c.application and _type(c) == ecosystem], ecosystem)
        for component in bom.components:
            if component.application:
                name = component.name or "application"
                root = self.roots.setdefault(f"root:{name}", Root(f"root:{name}", name, name))
                self._note(component, root.id)
            elif _type(component) not in _ECOSYSTEMS:
                kind = _type(component) or "without a package URL"
                self.others[kind] = self.others.get(kind, 0) + 1
                self._note(component, None)
        self.dev = frozenset(known for known, copies in self._copies.items() if all(c[0].dev for c in copies))
        """Releases that are there for development only."""
        self.optional = frozenset(known for known, copies in self._copies.items() if all(c[0].optional for c in copies))
        """Releases that may be left out."""

    def _add(self, components: Sequence[Component], ecosystem: Ecosystem) -> None:
        found = [(_name(c, ecosystem), *_origin(c, ecosystem)) for c in components]
        for component, (_, version, kind, source), known in zip(
            components, found, release_ids(ecosystem, found), strict=True
        ):
            # What the SBOM is about may be listed once more.
            if component.ref is None or self.by_ref.get(component.ref) != "root:.":
                self._copies.setdefault(known, []).append((component, ecosystem, version, kind, source))
                self._note(component, known)

    def _note(self, component: Component, node: str | None) -> None:
        ref = component.ref
        if ref is not None and self.by_ref.setdefault(ref, node) != node:
            self.doubled.append(ref)

    def releases(self) -> tuple[Release, ...]:
        """The releases, sorted."""
        return tuple(self._release(known) for known in sorted(self._copies))

    def _release(self, known: str) -> Release:
        copies = self._copies[known]
        component, ecosystem, version, kind, source = copies[0]
        line, hashes, bundled = component.line, _hashes(component), component.bundled
        if len(copies) > 1:
            line = min((c.line for c, *_ in copies if c.line is not None), default=None)
            hashes = tuple(sorted({h for c, *_ in copies for h in _hashes(c)}))
            bundled = all(c.bundled for c, *_ in copies)
            source = next((s for *_, s in copies if s is not None), None)
        return Release(known, ecosystem, _name(component, ecosystem), version, kind, line, hashes, source, bundled)

    def hints(self) -> dict[str, EdgeKind]:
        """The kind of edge by which the project would need each release."""
        return {
            known: "dev" if known in self.dev else "optional" if known in self.optional else "runtime"
            for known in self._copies
        }


def _type(component: Component) -> str | None:
    return component.purl.type if component.purl else None


def _name(component: Component, ecosystem: Ecosystem) -> str:
    assert component.purl is not None
    name = component.purl.name
    return python_name(name.rpartition("/")[2]) if ecosystem == "pypi" else name


def _hashes(component: Component) -> tuple[str, ...]:
    """Those of the component, else of its package URL."""
    told = component.purl.qualifiers.get("checksum") if component.purl and not component.hashes else None
    return tuple(sorted(set(told.split(",")))) if told else component.hashes


def _origin(component: Component, ecosystem: Ecosystem) -> tuple[str | None, ReleaseKind, str | None]:
    """Version, kind and source of a component.

    A repository with a commit, or an address that is not one of a registry's own archives, is where it was had from;
    a repository alone is only where it is worked on.
    """
    purl = component.purl
    assert purl is not None
    version = purl.version or component.version or None
    if version is not None and _RANGE.search(version):
        version = None
    told = purl.qualifiers.get("download_url")
    address = without_credentials(told or component.address or "")
    repository = _pinned(purl.qualifiers.get("vcs_url") or (address if address.startswith(npmspec.GIT) else ""))
    if repository:
        return version, "git", repository
    kind = npmspec.address_kind(address)
    if address.startswith("file:"):
        return version, kind or "file", address.removeprefix("file:")
    if ecosystem == "npm" and address.startswith(npmspec.WEB):
        return version, "url" if told and not npmspec.is_listed(purl.name, version, address) else "registry", address
    if told and kind == "url":
        return version, "url", address
    return version, "registry", without_credentials(purl.qualifiers.get("repository_url", "")) or None


def _pinned(repository: str) -> str | None:
    """The address of a repository with its commit after ``#``; None where it has none."""
    address = without_credentials(repository)
    if "#" not in address and address.startswith(npmspec.GIT):
        address = _REVISION.sub("#", address, count=1)
    return address if "#" in address else None


class _Edges:
    """Collects the edges between roots and releases."""

    def __init__(self, bom: Bom, nodes: _Nodes) -> None:
        self._bom, self._nodes = bom, nodes
        self.found: set[tuple[str, str, EdgeKind]] = set()
        self.missing: set[str] = set()
        """What relations speak of and is not there."""
        self.across: set[str] = set()
        """Releases that the project needs through other components only."""
        self.project_told = False
        """The SBOM tells of something that the project needs."""
        self._onward: dict[str, list[Relation]] = {}
        """What other components need, by their refs."""
        self._entries: list[tuple[str, str]] = []
        """Roots and the other components that they need or contain."""

    def follow(self) -> None:
        """Adds all edges."""
        by_ref = self._nodes.by_ref
        for relation in self._bom.relations:
            a, b = relation.dependent, relation.dependency
            if not (self._is_known(a) and self._is_known(b)):
                self.missing.add(f"{_short(b)} (for {_short(a)})")
                continue
            dependent, dependency = by_ref.get(a), by_ref.get(b)
            if dependent is None:
                self._onward.setdefault(a, []).append(relation)
            elif dependency is not None:
                self._add(dependent, dependency, relation.kind)
            elif dependent in self._nodes.roots:
                self._entries.append((dependent, b))
        self.project_told = any(a == "root:." and b not in self._nodes.roots for a, b, _ in self.found)
        self._through_others()

    def _is_known(self, ref: str) -> bool:
        return ref in self._nodes.by_ref or ref in self._bom.elements

    def _add(self, dependent: str, dependency: str, kind: EdgeKind) -> None:
        nodes = self._nodes
        if kind == "runtime" and dependency not in nodes.roots:
            if dependent in nodes.roots and dependency in nodes.dev:
                kind = "dev"
            elif dependency in nodes.optional and dependent not in nodes.optional:
                kind = "optional"
        # Dev dependencies of releases are not installed.
        if dependent != dependency and (kind != "dev" or dependent in nodes.roots):
            self.found.add((dependent, dependency, kind))

    def _through_others(self) -> None:
        """Adds the edges from roots to what they need, or are made of, through components of other ecosystems."""
        by_ref = self._nodes.by_ref
        inside: dict[str, list[str]] = {}
        for whole, part in self._bom.parts:
            if by_ref.get(part) is None or by_ref[part] in self._nodes.roots:
                inside.setdefault(whole, []).append(part)
        seen, room = set(), _MAX_STEPS
        todo = [*self._entries, *((root, ref) for ref, root in by_ref.items() if root in self._nodes.roots)]
        while todo:
            root, ref = todo.pop()
            if (root, ref) in seen:
                continue
            seen.add((root, ref))
            room -= 1 + len(inside.get(ref, ())) + len(self._onward.get(ref, ()))
            if room < 0:
                raise LockfileError(self._bom.path, "more ways through other components than any project has")
            inner = by_ref.get(ref)
            if inner is not None and inner != root:
                self._add(root, inner, "runtime")
                continue
            todo.extend((root, part) for part in inside.get(ref, ()))
            for relation in self._onward.get(ref, ()):
                target = by_ref.get(relation.dependency)
                if target is None:
                    todo.append((root, relation.dependency))
                else:
                    self._add(root, target, relation.kind)
        self._only_across()

    def _only_across(self) -> None:
        """Adds edges from the project to what only unreached components of other ecosystems need."""
        reached = self.reached() if self._onward else ()
        needed = {b for _, b, _ in self.found}
        for relations in self._onward.values():
            for relation in relations:
                target = self._nodes.by_ref.get(relation.dependency)
                if target is not None and target not in reached and target not in needed:
                    self.across.add(target)
        for target in self.across:
            self._add("root:.", target, "runtime")

    def reached(self) -> set[str]:
        """Roots and what they reach."""
        onward: dict[str, list[str]] = {}
        for a, b, _ in self.found:
            onward.setdefault(a, []).append(b)
        reached = set(self._nodes.roots)
        todo = list(reached)
        while todo:
            fresh = [b for b in onward.get(todo.pop(), ()) if b not in reached]
            reached.update(fresh)
            todo.extend(fresh)
        return reached


def _problems(bom: Bom, nodes: _Nodes, edges: _Edges) -> Iterator[Problem]:
    if nodes.others:
        counts = _named(f"{count} {kind}" for kind, count in nodes.others.items())
        text = f"components that are neither npm's nor PyPI's are left out: {counts}"
        if edges.across:
            text += f"; what only they need is taken as needed by the project: {_named(map(_short, edges.across))}"
        yield Problem("other-ecosystems", "warning", text, bom.path)
    if nodes.doubled:
        text = f"names for several components, of which relations mean the first: {_named(map(_short, nodes.doubled))}"
        yield Problem("duplicate-ref", "warning", text, bom.path)
    if edges.missing:
        yield Problem("missing-dependency", "warning", f"not in the file: {_named(edges.missing)}", bom.path)


def _named(names: Iterable[str]) -> str:
    every = sorted(set(names))
    more = f" and {len(every) - _MAX_NAMED} more" if len(every) > _MAX_NAMED else ""
    return ", ".join(every[:_MAX_NAMED]) + more


def _short(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:60]}…{text[-39:]}"
