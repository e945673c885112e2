"""yarn's own reading of its lockfiles is the same as ours: its parser, ``yarn list`` of yarn 1, ``yarn info`` of yarn 2
to 4. Compared are releases, versions and edges, copies of equal name and version merged on both sides."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from lockfiles.reading import CASES, case_name, corpus, document, fixtures, lockfile_in, parse
from lockfiles.yarn import Told, complete, copied, extended, listed, parsed

from depfrag import npmspec, yarntext

V1, BERRY = "yarn-v1", "yarn-berry"


def named(path):
    return case_name(path.parent)


ALIKE = {"vue-cli-201810", "vue-cli-202004", "vue-cli-202203", "jest-202110", "cdxyarn-juice-shop"}
"""Large files like others that are compared; they have been, too, and take yarn seconds each."""


def of_project(*formats):
    """Corpus, fixtures and cases that have a manifest, without which yarn says nothing."""
    found = [*corpus(*formats), *map(lockfile_in, fixtures(*formats))]
    found += [lockfile_in(folder) for folder in CASES if folder.parent.name in formats]
    return [path for path in found if (path.parent / "package.json").exists() and path.parent.name not in ALIKE]


# -- yarn 1 ----------------------------------------------------------------------------------------------------------

REFUSED = {
    "yarn-v1/trivy-yarn_with_bad_protocol": "a key with a colon that is not in quotes",
    "yarn-v1/text": "an empty line in the midst of an entry: yarn reads no further",
}
"""Texts that yarn 1 itself cannot read, or reads in part, and we read as they are meant."""
OUT_OF_STEP = re.compile(r"out-of-|simple-out|kinds")
"""Manifests that ask for what the lockfile has not: yarn would look for it."""


@pytest.fixture(scope="module")
def texts():
    paths = [*corpus(V1), *map(lockfile_in, fixtures(V1)), *(lockfile_in(f) for f in CASES if f.parent.name == V1)]
    return dict(zip(paths, parsed(paths), strict=True))


def test_yarn_parses_the_same(texts):
    for path, theirs in texts.items():
        ours = {key: e.value for e in yarntext.entries(named(path), path.read_text("utf-8-sig")) for key in e.keys}
        if named(path) in REFUSED:
            assert ours != theirs, named(path)
        else:
            assert ours == _as_text(theirs), named(path)


def _as_text(value):
    """Numbers and truth values as the text that they stand as."""
    if isinstance(value, dict):
        return {key: _as_text(inner) for key, inner in value.items()}
    return value if isinstance(value, str) else str(value).lower()


LISTED = [path for path in of_project(V1) if named(path) not in REFUSED and not OUT_OF_STEP.search(named(path))]


@pytest.mark.parametrize("path", LISTED, ids=named)
def test_yarn_1_lists_the_same(path, tmp_path, texts):
    folder = copied(path, tmp_path / "project")
    for pattern in texts[path]:
        name, spec = _split(pattern)
        manifest = folder / spec.removeprefix("file:") / "package.json"
        if spec.startswith("file:") and not spec.endswith(".tgz") and not manifest.exists():
            manifest.parent.mkdir(parents=True, exist_ok=True)
            manifest.write_text(f'{{"name": "{name}", "version": "0.0.0"}}')
    theirs = listed(folder)
    lockfile = parse(path)
    members = {root.name: (root.id, "") for root in lockfile.roots if root.path != "."}
    aliases = {_split(p)[0]: _real(*_split(p)) for p in texts[path]}
    targets = {p: (_real(*_split(p)), entry["version"]) for p, entry in texts[path].items()}
    only = {target[0]: target for target in targets.values()}
    told = {}
    for (name, version), patterns in theirs.items():
        one = members.get(name) or (aliases[name], version)
        # What is not in the file is a member, or by a resolution what else is there under the name.
        known = {targets.get(p) or members.get(_split(p)[0]) or only[_split(p)[0]] for p in patterns}
        told.setdefault(one, set()).update(known - {one})
    assert _reached(lockfile) == told


def _reached(lockfile):
    """(name, version) of what the roots reach, to those of what it asks for; roots are (id, "")."""
    names = {r.id: (r.name, r.version) for r in lockfile.releases} | {r.id: (r.id, "") for r in lockfile.roots}
    edges = {name: set() for name in names}
    for d in lockfile.dependencies:
        edges[d.dependent].add(d.dependency)
    todo = [root.id for root in lockfile.roots]
    seen = set(todo)
    for one in todo:
        fresh = edges[one] - seen
        seen |= fresh
        todo.extend(fresh)
    return {names[one]: {names[other] for other in edges[one]} for one in seen - {"root:."}}


def _split(pattern):
    name, _, spec = pattern[1:].partition("@")
    return pattern[:1] + name, spec


def _real(name, spec):
    if spec.startswith("npm:"):
        return npmspec.aliased(spec)[0]
    return re.fullmatch(r"https://registry[^/]*/(.+)/-/.*", spec)[1] if spec.startswith("https://registry") else name


# -- yarn 2 and later ------------------------------------------------------------------------------------------------

UNREADABLE = re.compile(r"hand-rolled|git-remote-url|v4-real-resolutions-scoped|syft|without-project")
"""Fixtures made by hand or by early versions, which no yarn reads as they are; and a case of such a file."""
TOLD = [path for path in of_project(BERRY) if not UNREADABLE.search(named(path))]


def test_enough_is_compared(shared):
    assert len(LISTED) > 12
    assert len(TOLD) > 20


@pytest.mark.parametrize("path", TOLD, ids=named)
def test_berry_tells_the_same(path, tmp_path):
    folder = copied(path, tmp_path / "project")
    metadata, entries = complete(folder)
    told = Told(folder, metadata)
    lockfile = parse(folder / "yarn.lock")
    names = {r.id: f"{r.name}@{r.version or ''}" for r in lockfile.releases} | {r.id: r.id for r in lockfile.roots}
    assert set(names.values()) == told.nodes
    ours = {(names[d.dependent], names[d.dependency]) for d in lockfile.dependencies}
    # yarn looks for the types of every peer (@types/x for x), asked for or not.
    sections = ("peerDependencies", "peerDependenciesMeta")
    declared = {e.get("resolution"): {name for part in sections for name in e.get(part, ())} for e in entries.values()}
    peers = {peer[:2] for peer in told.peers if not peer[3].startswith("@types/") or peer[3] in declared[peer[2]]}
    theirs = {edge for edge in told.edges | peers if edge[0] != edge[1]}
    assert ours - theirs == set()
    # yarn knows of some packages that they forgot to ask for others. The file does not say so.
    added = extended()
    forgotten = {edge for edge in theirs - ours if _name(edge[1]) in added.get(_name(edge[0]), ())}
    assert theirs - ours == forgotten
    assert len(forgotten) <= 10


def _name(label):
    return label.rpartition("@")[0]


def test_what_nobody_asks_for(shared):
    """Edges that a peer expects: yarn's own additions, which are in no lockfile."""
    path = shared / "fixtures" / "yarn-berry" / "cdxyarn-juice-shop" / "yarn.lock"
    found = document(path)
    names = {p["id"]: (p["name"], p["version"]) for p in found["packages"]}
    ours = {(names.get(d["from"]), names.get(d["to"])) for d in found["dependencies"]}
    expected = json.loads(path.with_name("expected.json").read_text("utf-8"))["edges"]
    lacking = {(tuple(a), tuple(b)) for a, b in expected} - ours
    assert len(lacking) == 4
    entries = yaml.load(path.read_text("utf-8"), Loader=yaml.CBaseLoader)
    for (name, version), (wanted, _) in lacking:
        (entry,) = [e for e in entries.values() if e.get("resolution") == f"{name}@npm:{version}"]
        peers = entry.get("peerDependencies", {})
        assert wanted not in {**entry.get("dependencies", {}), **peers, **entry.get("peerDependenciesMeta", {})}
        assert wanted in extended().get(name, ()) or wanted in {f"@types/{peer}" for peer in peers}
