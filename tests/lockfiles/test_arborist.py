"""npm's own reading of a lockfile, `@npmcli/arborist`'s ``loadVirtual()``, is the same graph as ours.

Compared are releases and edges with their kinds, copies of equal name and version merged on both sides. What differs by
meaning and not by mistake is left out on both sides, each time with its reason.
"""

from __future__ import annotations

import pytest
from lockfiles.npm import ask, prepare, theirs
from lockfiles.reading import CASES, NPM, case_name, corpus, fixtures, lockfile_in, parse


def ours(lockfile):
    """Our nodes and edges, in arborist's terms: what lies outside of node_modules is called by its place."""
    names = {r.id: f"at:{r.path}" if r.path != "." else r.id for r in lockfile.roots}
    for release in lockfile.releases:
        local = release.kind == "link" and "node_modules/" not in release.source
        names[release.id] = f"at:{release.source}" if local else f"{release.name}@{release.version or ''}"
    edges = {(names[d.dependent], names[d.dependency], d.kind) for d in lockfile.dependencies}
    return set(names.values()) - {"root:."}, {e for e in edges if e[0] != e[1]}


def differences(lockfile, answer):
    """What remains different: (missing nodes, extra nodes, missing edges, extra edges)."""
    nodes, edges = theirs(answer)
    own_nodes, own_edges = ours(lockfile)
    members = {f"at:{r.path}" for r in lockfile.roots}
    # Dev dependencies of a linked folder that is no workspace member: dev edges leave only from roots.
    edges = {e for e in edges if e[2] != "dev" or e[0] == "root:." or e[0] in members}
    if lockfile.open:
        # An old shrinkwrap without `requires`: npm waits for manifests; we go by nesting until we have them.
        told = tuple(d for d in lockfile.dependencies if d.origin != "nesting")
        own_edges = ours(lockfile._replace(dependencies=told))[1]
    # npm takes no version from an old entry for git or a URL, nor from one whose name is no name; the file does say it.
    bare = {n: f"{n.rpartition('@')[0]}@" for n in own_nodes - nodes if f"{n.rpartition('@')[0]}@" in nodes}
    own_nodes = {bare.get(node, node) for node in own_nodes}
    own_edges = {(bare.get(a, a), bare.get(b, b), kind) for a, b, kind in own_edges}
    return nodes - own_nodes, own_nodes - nodes, edges - own_edges, own_edges - edges


FILES = [
    *corpus(*NPM),
    *(path for f in fixtures(*NPM) if (path := lockfile_in(f)).stat().st_size),
    *(lockfile_in(f) for f in CASES if f.parent.name in NPM),
]
BROKEN = {"package-lock-v2/syft-corrupt-package-lock"}
"""No JSON: npm says that there is no lockfile, depfrag what is wrong with it."""


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Arborist's answer for each file."""
    top = tmp_path_factory.mktemp("arborist")
    files = [path for path in FILES if case_name(path.parent) not in BROKEN]
    folders = [top / str(i) for i in range(len(files))]
    for path, folder in zip(files, folders, strict=True):
        prepare(path, folder)
    return dict(zip(files, ask(folders), strict=True))


@pytest.mark.parametrize("path", FILES, ids=lambda path: case_name(path.parent))
def test_npm_reads_the_same_graph(path, answers):
    if path not in answers:
        pytest.skip("npm cannot read this file, and neither can we (test_bad_input)")
    assert "error" not in answers[path]
    assert differences(parse(path), answers[path]) == (set(), set(), set(), set())
