"""The graph's JSON keeps its contract and says exactly what the lockfiles say."""

from __future__ import annotations

import json

from contracts import valid
from hypothesis import given
from hypothesis import strategies as st
from strategies import hostile_lockfiles, lockfiles

from depfrag.identity import purl
from depfrag.model import Lockfile, Problem, Release, Root
from depfrag.reports.graph_json import REPORT


@given(lockfiles(20, conditions=True) | hostile_lockfiles())
def test_it_holds_exactly_the_graph(locked):
    text = REPORT.render([locked])
    document = valid("graph", text)
    assert text.isascii()
    assert document["lockfiles"] == [{"path": locked.path, "format": locked.format}]
    assert [(r["id"], r["name"], r["path"]) for r in document["roots"]] == sorted(locked.roots)
    assert [(d["from"], d["to"], d["kind"], d["condition"], d["origin"]) for d in document["dependencies"]] == [
        tuple(d) for d in locked.dependencies
    ]
    assert [(p["id"], p["name"], p["version"], p["purl"], p["line"]) for p in document["packages"]] == [
        (r.id, r.name, r.version, purl(r), r.line) for r in locked.releases
    ]


@given(st.lists(lockfiles(5), max_size=3))
def test_lists_of_several_lockfiles_are_joined_and_sorted(several):
    several = [f._replace(path=f"{i}/package-lock.json") for i, f in enumerate(several)]
    document = valid("graph", REPORT.render(several))
    for key, of in (("roots", "roots"), ("packages", "releases"), ("dependencies", "dependencies")):
        found = document[key]
        assert len(found) == sum(len(getattr(f, of)) for f in several)
        names = [(*(item[k] for k in ("from", "to", "kind") if k in item), item.get("id", "")) for item in found]
        assert names == sorted(names)
    assert {item["lockfile"] for item in document["packages"]} == {f.path for f in several if f.releases}


def test_problems_and_releases_without_a_version():
    git = Release("npm:a@git+0f", "npm", "a", None, "git", None, ("sha1-x",), "git+ssh://host/a#0f")
    problem = Problem("flat", "warning", "no edges", "package-lock.json", 3, git.id)
    locked = Lockfile("package-lock.json", "package-lock-v1", (Root("root:.", None, "."),), (git,), (), (problem,))
    document = valid("graph", REPORT.render([locked]))
    assert document["problems"] == [problem._asdict()]
    package = document["packages"][0]
    assert (package["version"], package["kind"], package["line"], package["dev"]) == (None, "git", None, True)


def test_one_item_a_line():
    locked = Lockfile("a", "b", (Root("root:.", "x", "."),), (Release("npm:a@1", "npm", "a", "1"),), ())
    lines = REPORT.render([locked]).splitlines()
    items = [json.loads(line.rstrip(",")) for line in lines if line.startswith("  ")]
    assert [item.get("id") or item["path"] for item in items] == ["a", "root:.", "npm:a@1"]
