"""pnpm's reading of its lockfiles is the same graph as ours: releases, projects, links, edges and their kinds."""

from __future__ import annotations

import pytest
from lockfiles.pnpm import BY_FORMAT, ask
from lockfiles.reading import CASES, case_name, corpus, fixtures, lockfile_in, parse

from depfrag.errors import LockfileError

FILES = [
    *corpus(*BY_FORMAT),
    *(lockfile_in(f) for f in fixtures("pnpm-v5", "pnpm-v6", "pnpm-v9")),
    *(path for f in CASES if f.parent.name in BY_FORMAT and (path := lockfile_in(f)).name != "lock.yaml"),
]
REFUSED = {
    "pnpm-v5/hand-pnpm-fs-3-version-2-only": "pnpm-v5",
    "pnpm-v5/scalibr-invalid-path": "pnpm-v5",
    "pnpm-v5/scalibr-invalid-paths": "pnpm-v5",
    "pnpm-v9/hand-pnpm-broken-yaml": "pnpm-v9",
}
"""Fixtures that neither pnpm nor depfrag reads, and their formats."""
LENIENT = {
    "pnpm-v9/syft-inline-stream-trailing-separator": "an empty document follows",
    "pnpm-v9/syft-pnpm-v9-pnpm-lock": "it has the keys of version 6, and no snapshots",
    "pnpm-v5/unnamed": "pnpm takes the folder of a repository for a name",
}
"""What depfrag reads more of than these packages of pnpm do."""


def ours(lockfile):
    """Our nodes and edges in the terms of the answer."""
    labels = {root.id: root.id for root in lockfile.roots}
    labels.update((r.id, f"{r.name}@{r.version or ''}") for r in lockfile.releases)
    edges = {(labels[d.dependent], labels[d.dependency], d.kind) for d in lockfile.dependencies}
    return {labels[r.id] for r in lockfile.releases}, edges


def theirs(answer, lockfile):
    """Nodes and edges of the answer, less what is no release and no edge to us."""
    nodes, edges = answer["nodes"], map(tuple, answer["edges"])
    labels = {}
    for release in lockfile.releases:
        if release.kind == "link":
            # pnpm gives a linked folder no name, and does not look for a manifest to tell its version.
            label = f"{release.name}@{release.version or ''}"
            labels.update({f"link:{release.source}": label, f"{release.name}@": label})
    edges = {(labels.get(a, a), labels.get(b, b), k) for a, b, k in edges if a != b and not b.startswith("missing:")}
    nodes = {labels.get(node, node) for node in nodes if not node.startswith("root:")}
    return nodes | {b for _, b, _ in edges if b in labels.values()}, edges


def left_to_node(lockfile, edges):
    """Of `edges`, those to peers that the project itself provides. Up to lockfile 5.0 pnpm writes them down only in
    workspaces, since Node.js finds them in the project's own node_modules."""
    own = {d.dependency for d in lockfile.dependencies if d.dependent == "root:."}
    named = {f"{r.name}@{r.version or ''}" for r in lockfile.releases if r.id in own}
    old = lockfile.format in ("pnpm-shrinkwrap-yaml", "pnpm-v5")
    return {(a, b, kind) for a, b, kind in edges if old and kind == "peer" and b in named}


@pytest.fixture(scope="module")
def answers():
    """pnpm's answer for each file."""
    files = [(path, REFUSED.get(case_name(path.parent)) or parse(path).format) for path in FILES]
    return dict(zip(FILES, ask(files), strict=True))


@pytest.mark.parametrize("path", FILES, ids=lambda path: case_name(path.parent))
def test_pnpm_reads_the_same_graph(path, answers):
    answer, name = answers[path], case_name(path.parent)
    if name in REFUSED:
        assert "error" in answer or "undefined@" in answer["nodes"]
        with pytest.raises(LockfileError):
            parse(path)
        return
    if name in LENIENT:
        assert not answer.get("nodes")
        return
    assert "error" not in answer
    lockfile = parse(path)
    nodes, edges = ours(lockfile)
    own_nodes, own_edges = theirs(answer, lockfile)
    assert nodes == own_nodes
    assert own_edges - edges == set()
    assert edges - own_edges == left_to_node(lockfile, edges - own_edges)
