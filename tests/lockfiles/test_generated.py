"""Generated graphs, written as lockfiles and read back, are the same graphs."""

from __future__ import annotations

import json
from collections import deque
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from lockfiles.reading import Memory

from depfrag.lockfiles import package_lock, requirements, sbom, uv_lock

NAMES = ("a", "b", "c", "@s/d", "@s/a")
VERSIONS = ("1.0.0", "2.0.0-rc.1")


class Node:
    """A release in a tree of node_modules folders."""

    def __init__(self, name, version, parent):
        self.name, self.version, self.parent = name, version, parent
        self.children = {}
        self.asked = {}
        """Name to kind."""

    def find(self, name):
        """What Node.js finds from here: among the own children, else from the parent."""
        return self.children.get(name) or (self.parent.find(name) if self.parent else None)

    def walk(self):
        yield self
        for child in self.children.values():
            yield from child.walk()


@st.composite
def trees(draw, kinds=("runtime",)):
    """A project with a few levels of node_modules, in which each release asks for names that may be there."""
    root = Node("app", "0", None)
    inside = [root]
    for _ in range(draw(st.integers(0, 12))):
        parent = draw(st.sampled_from(inside))
        name = draw(st.sampled_from(NAMES))
        if name not in parent.children:
            parent.children[name] = Node(name, draw(st.sampled_from(VERSIONS)), parent)
            inside.append(parent.children[name])
    for node in inside:
        node.asked = draw(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(kinds), max_size=4))
    return root


def edges_of(root):
    """The edges of a tree, as ids and kinds."""
    found = set()
    for node in root.walk():
        for name, kind in node.asked.items():
            target = node.find(name)
            if target is not None and (target.name, target.version) != (node.name, node.version):
                found.add((_id(node), _id(target), kind))
    return found


def _id(node):
    return f"npm:{node.name}@{node.version}" if node.parent else "root:."


KEYS = {"runtime": "dependencies", "optional": "optionalDependencies", "peer": "peerDependencies"}


def manifest(node):
    return {
        key: {name: "*" for name, k in sorted(node.asked.items()) if k == kind}
        for kind, key in KEYS.items()
        if kind in node.asked.values()
    }


def version_3(root):
    """The tree as a package-lock of version 3."""
    packages = {}

    def add(node, place):
        packages[place] = {"version": node.version, **manifest(node)}
        for name, child in sorted(node.children.items()):
            add(child, f"{place}/node_modules/{name}".lstrip("/"))

    add(root, "")
    return json.dumps({"lockfileVersion": 3, "packages": packages}, indent=2)


def version_1(root):
    """The tree as a package-lock of version 1."""

    def nested(node):
        return {name: entry(child) for name, child in sorted(node.children.items())}

    def entry(node):
        found = {"version": node.version, "requires": dict.fromkeys(node.asked, "*")}
        return {**found, "dependencies": nested(node)} if node.children else found

    return json.dumps({"lockfileVersion": 1, "requires": True, "dependencies": nested(root)})


def read_npm(text, files=None):
    lockfile = package_lock.PARSER.parse("package-lock.json", text.encode(), Memory(files))
    return {r.id for r in lockfile.releases}, {d[:3] for d in lockfile.dependencies}


@given(trees(tuple(KEYS)))
def test_npm_trees(root):
    releases = {_id(node) for node in root.walk() if node.parent}
    assert read_npm(version_3(root)) == (releases, edges_of(root))


@given(trees())
def test_versions_of_a_package_lock_say_the_same(root):
    beside = {"package.json": json.dumps(manifest(root))}
    assert read_npm(version_1(root), beside) == read_npm(version_3(root))


class Package(NamedTuple):
    """A package of a uv.lock: what it needs always and with each extra, as names and the extras wanted of them."""

    name: str
    always: list
    extras: dict


PYTHON = ("a", "b", "c", "d")
EXTRAS = ("x", "y")
WANTED = st.lists(st.tuples(st.sampled_from(PYTHON), st.sets(st.sampled_from(EXTRAS))), max_size=3)
PACKAGES = st.fixed_dictionaries(
    {
        name: st.builds(Package, st.just(name), WANTED, st.dictionaries(st.sampled_from(EXTRAS), WANTED))
        for name in ("app", *PYTHON)
    }
)


def uv(packages):
    """The packages as a uv.lock."""

    def wanted(items):
        return "[" + ", ".join(f'{{ name = "{n}", extra = {json.dumps(sorted(x))} }}' for n, x in items) + "]"

    text = "version = 1\n"
    for p in packages.values():
        source = '{ virtual = "." }' if p.name == "app" else '{ registry = "https://index.example/simple" }'
        text += f'\n[[package]]\nname = "{p.name}"\nversion = "1"\nsource = {source}\n'
        text += f"dependencies = {wanted(p.always)}\n\n[package.optional-dependencies]\n"
        text += "".join(f"{extra} = {wanted(items)}\n" for extra, items in p.extras.items())
    return text


def uv_edges(packages):
    """The edges: an extra counts when somebody asks for it, and every extra of the project does."""
    found, asked = set(), {("app", extra) for extra in packages["app"].extras}
    todo = deque([*((name, None) for name in packages), *asked])
    while todo:
        name, extra = todo.popleft()
        items = packages[name].always if extra is None else packages[name].extras.get(extra, [])
        for target, extras in items:
            if target != name:
                found.add((name, target, "runtime" if extra is None else "extra"))
            fresh = {(target, x) for x in extras} - asked
            asked |= fresh
            todo.extend(fresh)
    return found


@given(PACKAGES)
def test_uv_locks(packages):
    lockfile = uv_lock.PARSER.parse("uv.lock", uv(packages).encode(), Memory())
    names = {f"pypi:{name}@1": name for name in PYTHON} | {"root:.": "app"}
    assert {r.id for r in lockfile.releases} == set(names) - {"root:."}
    assert {(names[a], names[b], kind) for a, b, kind, *_ in lockfile.dependencies} == uv_edges(packages)


GRAPHS = st.dictionaries(
    st.sampled_from("abcdef"), st.sets(st.sampled_from(["a", "b", "c", "d", "e", "f", "-r in.txt"]))
)


def split(name, needed_by):
    """As pip-compile annotates today."""
    if len(needed_by) == 1:
        return f"{name}==1\n    # via {needed_by[0]}\n"
    return f"{name}==1 \\\n    --hash=sha256:aa\n    # via\n" + "".join(f"    #   {n}\n" for n in needed_by)


def in_line(name, needed_by):
    """As pip-compile annotated before version 6."""
    return f"{name}==1    # via {', '.join(needed_by)}\n"


@given(GRAPHS)
def test_annotated_requirements(graph):
    graph = {name: sorted({n for n in needed if n in graph or n[0] == "-"} - {name}) for name, needed in graph.items()}
    expected = {
        ("root:." if by[0] == "-" else f"pypi:{by}@1", f"pypi:{name}@1")
        for name, needed in graph.items()
        for by in needed or ["-r"]
    }
    for style in (split, in_line):
        text = "".join(style(name, needed) if needed else f"{name}==1\n" for name, needed in sorted(graph.items()))
        lockfile = requirements.PARSER.parse("requirements.txt", text.encode(), Memory())
        assert {r.id for r in lockfile.releases} == {f"pypi:{name}@1" for name in graph}
        if any(graph.values()):
            assert {d[:2] for d in lockfile.dependencies} == expected
            assert not lockfile.open


BOM_NAMES = ("pkg:npm/a@1.0.0", "pkg:npm/%40s/b@1.0.0", "pkg:npm/a@2.0.0", "pkg:pypi/c-d@1.0", "pkg:pypi/e@1.0rc1")
BOM_IDS = {"root": "root:.", **{p: p.removeprefix("pkg:").replace("%40", "@").replace("/", ":", 1) for p in BOM_NAMES}}
BOM_GRAPHS = st.dictionaries(st.sampled_from(BOM_NAMES), st.sets(st.sampled_from(BOM_NAMES)))
FLAGS = st.fixed_dictionaries({p: st.sampled_from(["", "optional", "excluded"]) for p in BOM_NAMES})


def cyclonedx(graph, direct, flags, parts):
    """A graph as CycloneDX, each component a part of another one where `parts` says so."""
    components = {
        p: {
            "type": "library",
            "bom-ref": f"ref of {p}",
            "name": "x",
            "purl": p,
            **({"scope": flags[p]} if flags[p] else {}),
        }
        for p in graph
    }
    top = []
    for p, within in zip(graph, parts, strict=False):
        outer = [q for q in graph if q < p]
        if outer and within:
            components[outer[-1]].setdefault("components", []).append(components[p])
        else:
            top.append(components[p])
    entries = [("root", direct), *graph.items()]
    table = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "metadata": {"component": {"type": "application", "bom-ref": "ref of root", "name": "app"}},
        "components": top,
        "dependencies": [{"ref": f"ref of {a}", "dependsOn": [f"ref of {b}" for b in sorted(n)]} for a, n in entries],
    }
    return json.dumps(table, indent=2)


@given(BOM_GRAPHS, st.sets(st.sampled_from(BOM_NAMES)), FLAGS, st.lists(st.booleans(), min_size=5, max_size=5))
def test_cyclonedx(graph, direct, flags, parts):
    graph = {p: {q for q in needed if q in graph} for p, needed in graph.items()}
    direct = {p for p in direct if p in graph}
    expected = set()
    for a, needed in (("root", direct), *graph.items()):
        for b in needed - {a}:
            spare = flags[b] == "optional" and flags.get(a) != "optional"
            kind = "dev" if a == "root" and flags[b] == "excluded" else "optional" if spare else "runtime"
            expected.add((BOM_IDS[a], BOM_IDS[b], kind))
    lockfile = sbom.PARSER.parse("bom.json", cyclonedx(graph, direct, flags, parts).encode(), Memory())
    assert {r.id for r in lockfile.releases} == {BOM_IDS[p] for p in graph}
    assert {d[:3] for d in lockfile.dependencies} == expected
    related = direct or any(graph.values())
    assert lockfile.open == (frozenset() if related else {r.id for r in lockfile.releases})
    assert lockfile.problems == ()
