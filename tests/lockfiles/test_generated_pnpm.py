"""Generated workspaces, written as pnpm's lockfiles of three versions and read back, are the same graphs."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import yaml
from hypothesis import given
from hypothesis import strategies as st
from lockfiles.reading import Memory

from depfrag.lockfiles.pnpm import PARSER

NAMES = ("a", "b", "@s/c", "@s/a", "d.e_f")
VERSIONS = ("1.0.0", "2.0.0-rc.1", "0.0.3+build")
FOLDERS = (".", "packages/x", "y")
GROUPS = {"runtime": "dependencies", "optional": "optionalDependencies", "dev": "devDependencies"}


class Variant(NamedTuple):
    """A release with certain peers: one entry of a lockfile."""

    release: int
    peers: dict
    """Name to the variant given, by number."""
    needs: dict
    """Alias to (kind, number of a variant)."""


class Workspace(NamedTuple):
    releases: list
    """(name, version, {peer: whether it is optional})."""
    variants: list
    """The peers of each stand before it."""
    projects: dict
    """Folder to {alias: (kind, number of a variant or folder)}."""


@st.composite
def workspaces(draw):
    names = draw(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VERSIONS)), unique=True, max_size=7))
    releases = [(*name, draw(st.dictionaries(st.sampled_from(NAMES), st.booleans(), max_size=2))) for name in names]
    variants = []
    for number in reversed(range(len(releases))):
        own = set()
        for _ in range(draw(st.integers(1, 2))):
            given_peers = {}
            for peer in releases[number][2]:
                fitting = [i for i, v in enumerate(variants) if releases[v.release][0] == peer]
                if fitting and draw(st.booleans()):
                    given_peers[peer] = draw(st.sampled_from(fitting))
            if tuple(given_peers.items()) not in own:
                own.add(tuple(given_peers.items()))
                variants.append(Variant(number, given_peers, {}))
    numbers = range(len(variants))
    aliases = st.sampled_from([*NAMES, "alias", "@s/alias"])
    for variant in variants:
        wanted = st.tuples(st.sampled_from(["runtime", "optional"]), st.sampled_from(numbers))
        asked = draw(st.dictionaries(aliases, wanted, max_size=3))
        variant.needs.update({a: w for a, w in asked.items() if a not in releases[variant.release][2]})
    folders = draw(st.lists(st.sampled_from(FOLDERS), unique=True, min_size=1))
    targets = st.sampled_from([*numbers, *folders])
    asked = st.dictionaries(aliases, st.tuples(st.sampled_from(list(GROUPS)), targets), max_size=4)
    return Workspace(releases, variants, {folder: draw(asked) for folder in folders})


def edges_of(space):
    """The edges of a workspace, as ids and kinds."""

    def known(target):
        if isinstance(target, str):
            return f"root:{target}"
        return "npm:{}@{}".format(*space.releases[space.variants[target].release][:2])

    found = set()
    for folder, asked in space.projects.items():
        found |= {(f"root:{folder}", known(target), kind) for kind, target in asked.values()}
    for number, variant in enumerate(space.variants):
        optional = space.releases[variant.release][2]
        found |= {(known(number), known(target), kind) for kind, target in variant.needs.values()}
        found |= {(known(number), known(t), "optional" if optional[p] else "peer") for p, t in variant.peers.items()}
    return {edge for edge in found if edge[0] != edge[1]}


class Writer:
    """How one version of lockfiles is written."""

    def __init__(self, space, version):
        self.space, self.version = space, version
        self.paths = []
        for variant in space.variants:
            name, number, _ = space.releases[variant.release]
            peers = sorted(self.paths[target] for target in variant.peers.values())
            self.paths.append(self.path(name, number, peers))

    def path(self, name, number, peers):
        if self.version == 5:
            digest = hashlib.md5("".join(peers).encode(), usedforsecurity=False).hexdigest()
            return f"/{name}/{number}" + (f"_{digest}" if peers else "")
        front = "/" if self.version == 6 else ""
        return f"{front}{name}@{number}" + "".join(f"({peer.removeprefix('/')})" for peer in peers)

    def reference(self, alias, target, folder="."):
        """What stands in the lockfile for a dependency."""
        if isinstance(target, str):
            up = "" if folder == "." else "../" * (folder.count("/") + 1)
            return f"link:{up}{target}"
        own = self.path(alias, "", [])
        return self.paths[target].removeprefix(own) if self.paths[target].startswith(own) else self.paths[target]

    def importer(self, folder, asked):
        table = {"specifiers": dict.fromkeys(asked, "*")} if self.version == 5 else {}
        for alias, (kind, target) in asked.items():
            reference = self.reference(alias, target, folder)
            inline = {"specifier": "*", "version": reference}
            table.setdefault(GROUPS[kind], {})[alias] = reference if self.version == 5 else inline
        return table

    def text(self):
        packages, snapshots = {}, {}
        for variant, path in zip(self.space.variants, self.paths, strict=True):
            name, number, peers = self.space.releases[variant.release]
            info, needs = {"resolution": {"integrity": f"sha512-{name}{number}"}}, {}
            if peers:
                info["peerDependencies"] = dict.fromkeys(peers, "*")
                info["peerDependenciesMeta"] = {peer: {"optional": True} for peer, spare in peers.items() if spare}
            for alias, (kind, target) in variant.needs.items():
                needs.setdefault(GROUPS[kind], {})[alias] = self.reference(alias, target)
            for peer, target in variant.peers.items():
                group = "optionalDependencies" if peers[peer] and self.version == 9 else "dependencies"
                needs.setdefault(group, {})[peer] = self.reference(peer, target)
            if self.version == 9:
                packages[f"{name}@{number}"], snapshots[path] = info, needs
            else:
                packages[path] = {**info, **needs}
        importers = {folder: self.importer(folder, asked) for folder, asked in self.space.projects.items()}
        table = {"lockfileVersion": {5: 5.4, 6: "6.0", 9: "9.0"}[self.version], "importers": importers}
        return yaml.safe_dump({**table, "packages": packages, "snapshots": snapshots}, sort_keys=False)


@given(workspaces(), st.sampled_from([5, 6, 9]))
def test_workspaces(space, version):
    lockfile = PARSER.parse("pnpm-lock.yaml", Writer(space, version).text().encode(), Memory())
    assert lockfile.format == f"pnpm-v{version}"
    assert {r.path for r in lockfile.roots} == set(space.projects)
    assert [r.id for r in lockfile.releases] == sorted(f"npm:{n}@{v}" for n, v, _ in space.releases)
    assert {r.hashes for r in lockfile.releases} == {(f"sha512-{n}{v}",) for n, v, _ in space.releases}
    assert {d[:3] for d in lockfile.dependencies} == edges_of(space)
    assert not [p for p in lockfile.problems if p.code != "unmet-peer"]
