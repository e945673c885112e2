"""Edges that lockfiles leave out: from manifests, resolved as npm and pip would, and from the lockfile's own shape."""

from __future__ import annotations

import gzip
import json
import time

import pytest
from hypothesis import given
from strategies import fact, lockfiles

from depfrag import complete
from depfrag.discover import Folder
from depfrag.graph import DependencyGraph
from depfrag.lockfiles import package_lock
from depfrag.model import Dependency, Lockfile, Release, Root


def shrinkwrap(places, *dependencies, unknown=None):
    """An old npm lockfile: place to ``name@version``."""
    nodes = {place: f"npm:{what}" for place, what in places.items()}
    ids = sorted({*nodes.values()})
    releases = tuple(Release(i, "npm", *i.removeprefix("npm:").rsplit("@", 1)) for i in ids)
    return Lockfile(
        path="npm-shrinkwrap.json",
        format="npm-shrinkwrap",
        roots=(Root("root:.", "app", "."),),
        releases=releases,
        dependencies=tuple(sorted(dependencies, key=lambda d: d[:3])),
        open=frozenset(ids if unknown is None else unknown),
        places={"": "root:.", **nodes},
    )


def manifest(**fields):
    return {"manifest": fact(fields)}


def edges(lockfile):
    return [(d.dependent, d.dependency, d.kind, d.origin) for d in lockfile.dependencies]


# -- npm -------------------------------------------------------------------------------------------------------------


def test_names_are_looked_up_as_nodejs_does():
    locked = shrinkwrap(
        {
            "node_modules/a": "a@1",
            "node_modules/a/node_modules/c": "c@1",
            "node_modules/b": "b@1",
            "node_modules/c": "c@2",
            "node_modules/@s/d": "@s/d@1",
        },
    )
    facts = {
        "npm:a@1": manifest(dependencies=("c", "b")),
        "npm:b@1": manifest(dependencies=("c", "@s/d", "missing")),
        "npm:c@1": manifest(dependencies=("b",)),
        "npm:c@2": manifest(),
        "npm:@s/d@1": manifest(dependencies=("c",)),
    }
    found = complete.from_manifests(locked, facts)
    assert edges(found) == [
        ("npm:@s/d@1", "npm:c@2", "runtime", "metadata"),
        ("npm:a@1", "npm:b@1", "runtime", "metadata"),
        ("npm:a@1", "npm:c@1", "runtime", "metadata"),
        ("npm:b@1", "npm:@s/d@1", "runtime", "metadata"),
        ("npm:b@1", "npm:c@2", "runtime", "metadata"),
        ("npm:c@1", "npm:b@1", "runtime", "metadata"),
    ]
    assert not found.open


def test_kinds_optional_outdoes_runtime_outdoes_peer():
    places = {f"node_modules/{name}": f"{name}@1" for name in "abcdef"}
    asked = manifest(
        dependencies=("b", "c"),
        optionalDependencies=("c",),
        peerDependencies=("b", "d", "e"),
        peerOptional=("e",),
        devDependencies=("f",),
    )
    found = complete.from_manifests(shrinkwrap(places), {"npm:a@1": asked})
    assert {d.dependency: d.kind for d in found.dependencies} == {
        "npm:b@1": "runtime", "npm:c@1": "optional", "npm:d@1": "peer", "npm:e@1": "optional",
    }  # fmt: skip
    assert found.open == {f"npm:{name}@1" for name in "bcdef"}


def test_a_copy_in_each_place_adds_the_edges_of_that_place():
    locked = shrinkwrap(
        {"node_modules/a": "a@1", "node_modules/b/node_modules/a": "a@1", "node_modules/b/node_modules/c": "c@1",
         "node_modules/c": "c@2", "node_modules/b": "b@1"},
    )  # fmt: skip
    found = complete.from_manifests(locked, {"npm:a@1": manifest(dependencies=("c",))})
    assert [e[:2] for e in edges(found)] == [("npm:a@1", "npm:c@1"), ("npm:a@1", "npm:c@2")]


def test_manifests_replace_what_nesting_implied_and_nothing_else():
    nesting = [
        Dependency("npm:a@1", "npm:b@1", origin="nesting"),
        Dependency("npm:c@1", "npm:b@1", origin="nesting"),
        Dependency("root:.", "npm:a@1"),
    ]
    locked = shrinkwrap({f"node_modules/{name}": f"{name}@1" for name in "abc"}, *nesting)
    found = complete.from_manifests(locked, {"npm:a@1": manifest(dependencies=("c",))})
    assert edges(found) == [
        ("npm:a@1", "npm:c@1", "runtime", "metadata"),
        ("npm:c@1", "npm:b@1", "runtime", "nesting"),
        ("root:.", "npm:a@1", "runtime", "lockfile"),
    ]


def test_a_known_edge_is_not_doubled_and_nobody_needs_itself():
    locked = shrinkwrap({"node_modules/a": "a@1", "node_modules/b": "b@1"}, Dependency("npm:a@1", "npm:b@1"))
    found = complete.from_manifests(locked, {"npm:a@1": manifest(dependencies=("a", "b"))})
    assert edges(found) == [("npm:a@1", "npm:b@1", "runtime", "lockfile")]


def test_what_is_not_open_or_not_known_stays():
    locked = shrinkwrap({"node_modules/a": "a@1", "node_modules/b": "b@1"}, unknown=["npm:b@1"])
    assert complete.from_manifests(locked, {"npm:a@1": manifest(dependencies=("b",))}) is locked
    assert complete.from_manifests(locked, {"npm:b@1": {"manifest": fact("text")}}) is locked
    assert complete.from_manifests(locked, {}) is locked


def test_odd_manifests_ask_for_nothing():
    locked = shrinkwrap({"node_modules/a": "a@1", "node_modules/b": "b@1"})
    odd = manifest(dependencies="b", optionalDependencies=(1, None, "b\n"), peerDependencies={"b": "*"})
    assert [e[:3] for e in edges(complete.from_manifests(locked, {"npm:a@1": odd}))] == [("npm:a@1", "npm:b@1", "peer")]


# -- Python ----------------------------------------------------------------------------------------------------------


def flat(*pins, unknown=None):
    releases = tuple(sorted(Release(f"pypi:{p}", "pypi", *p.split("==")) for p in pins))
    return Lockfile(
        path="requirements.txt",
        format="requirements-txt",
        roots=(Root("root:.", None, "."),),
        releases=releases,
        dependencies=(),
        open=frozenset(r.id for r in releases) if unknown is None else frozenset(unknown),
        direct_known=False,
    )


def test_requirements_are_looked_up_by_normalised_name():
    asked = manifest(requires=("My_Dep>=1", "six; python_version < '3'", "not a requirement!", "absent", 5))
    found = complete.from_manifests(flat("a==1", "my-dep==2", "six==1"), {"pypi:a==1": asked})
    assert [(d.dependency, d.kind, d.condition) for d in found.dependencies] == [
        ("pypi:my-dep==2", "runtime", None),
        ("pypi:six==1", "runtime", 'python_version < "3"'),
    ]


def test_an_extra_counts_once_something_asks_for_it():
    facts = {
        "pypi:a==1": manifest(requires=("b[fast]",)),
        "pypi:b==1": manifest(requires=("c; extra == 'fast'", "d; extra == 'slow'", "b[more]; extra == 'fast'",
                                        "e; extra == 'more'")),
        "pypi:c==1": manifest(),
    }  # fmt: skip
    found = complete.from_manifests(flat("a==1", "b==1", "c==1", "d==1", "e==1"), facts)
    assert [(*d[:3],) for d in found.dependencies] == [
        ("pypi:a==1", "pypi:b==1", "runtime"),
        ("pypi:b==1", "pypi:c==1", "extra"),
        ("pypi:b==1", "pypi:e==1", "extra"),
    ]
    assert found.open == {"pypi:d==1", "pypi:e==1"}


@pytest.mark.parametrize(
    ("marker", "kind"),
    [
        ("extra == 'fast' or extra == 'all'", "extra"),
        ("(extra == 'all' or extra == 'FAST') and os_name == 'nt'", "extra"),
        ("'fast' == extra", "extra"),
        ("extra == 'slow' or os_name == 'nt'", "runtime"),
        ("extra == 'fast' and extra == 'slow'", None),
        ("extra != 'slow'", "runtime"),
        ("extra == 'slow'", None),
        ("os_name == 'fast'", "runtime"),
    ],
)
def test_a_marker_can_name_extras_in_any_way(marker, kind):
    facts = {"pypi:a==1": manifest(requires=("b[fast]",)), "pypi:b==1": manifest(requires=(f"c; {marker}",))}
    found = complete.from_manifests(flat("a==1", "b==1", "c==1"), facts)
    assert [d.kind for d in found.dependencies if d.dependent == "pypi:b==1"] == ([kind] if kind else [])


def test_extras_that_the_file_itself_asks_for():
    locked = flat("a==1", "b==1", "c==1")._replace(activated={"pypi:a==1": ("fast",), "pypi:c==1": ("x",)})
    found = complete.from_manifests(locked, {"pypi:a==1": manifest(requires=("b; extra == 'fast'",))})
    assert [d[:3] for d in found.dependencies] == [("pypi:a==1", "pypi:b==1", "extra")]


def test_a_chain_of_extras_takes_no_longer_than_it_is():
    """Each of them would else have all the others looked at again."""
    chain = (f"a[x{i + 1}]; extra == 'x{i}'" for i in range(3000))
    start = time.process_time()
    found = complete.from_manifests(
        flat("a==1", "b==1"), {"pypi:a==1": manifest(requires=("a[x0]", *chain, "b; extra == 'x3000'"))}
    )
    assert [d[:2] for d in found.dependencies] == [("pypi:a==1", "pypi:b==1")]
    assert time.process_time() - start < 10


def test_extras_of_a_release_whose_manifest_nobody_knows_change_nothing():
    found = complete.from_manifests(flat("a==1", "b==1"), {"pypi:a==1": manifest(requires=("b[x]",))})
    assert [d[:2] for d in found.dependencies] == [("pypi:a==1", "pypi:b==1")]


def test_conditions_of_one_edge_are_joined():
    asked = manifest(requires=("b; os_name == 'nt'", "c", "b; python_version < '3'", "c; os_name == 'nt'"))
    found = complete.from_manifests(flat("a==1", "b==1", "c==1"), {"pypi:a==1": asked})
    assert found.dependencies == (
        Dependency("pypi:a==1", "pypi:b==1", "runtime", 'os_name == "nt" or python_version < "3"', "metadata"),
        Dependency("pypi:a==1", "pypi:c==1", "runtime", None, "metadata"),
    )


def test_a_cycle_of_extras_ends():
    facts = {
        "pypi:a==1": manifest(requires=("b[y]", "b[x]; extra == 'x'")),
        "pypi:b==1": manifest(requires=("a[x]; extra == 'y'", "a[x]; extra == 'x'")),
    }
    found = complete.from_manifests(flat("a==1", "b==1"), facts)
    assert {d[:3] for d in found.dependencies} == {
        ("pypi:a==1", "pypi:b==1", "runtime"), ("pypi:a==1", "pypi:b==1", "extra"),
        ("pypi:b==1", "pypi:a==1", "extra"),
    }  # fmt: skip


# -- direct dependencies ---------------------------------------------------------------------------------------------


def test_direct_dependencies_are_supposed_where_nothing_says_them():
    chain = (Dependency("pypi:a==1", "pypi:b==1"), Dependency("pypi:b==1", "pypi:c==1"))
    cycle = (Dependency("pypi:x==1", "pypi:y==1"), Dependency("pypi:y==1", "pypi:x==1"))
    locked = flat("a==1", "b==1", "c==1", "x==1", "y==1")._replace(
        dependencies=(*chain, *cycle), hints={"pypi:x==1": "dev"}
    )
    found = complete.direct(locked)
    assert [d for d in found.dependencies if d.dependent == "root:."] == [
        Dependency("root:.", "pypi:a==1"),
        Dependency("root:.", "pypi:x==1", "dev"),
    ]
    (problem,) = found.problems
    assert (problem.code, problem.level, problem.lockfile) == ("supposed-direct", "info", "requirements.txt")
    assert "(2)" in problem.message
    assert complete.direct(found) is found


def test_what_a_root_needs_already_is_not_supposed_again():
    member = Dependency("root:lib", "pypi:b==1")
    locked = flat("a==1", "b==1")._replace(
        roots=(Root("root:.", None, "."), Root("root:lib", "lib", "lib")), dependencies=(member,)
    )
    assert [d[:2] for d in complete.direct(locked).dependencies] == [("root:.", "pypi:a==1"), member[:2]]


def test_a_lockfile_that_says_them_or_is_empty_is_left_alone():
    known = flat("a==1")._replace(direct_known=True)
    assert complete.direct(known) is known
    empty = flat()
    assert complete.direct(empty) is empty


@given(lockfiles(15))
def test_every_release_is_reached_from_supposed_roots(locked):
    bare = locked._replace(
        roots=(Root("root:.", None, "."),),
        dependencies=tuple(d for d in locked.dependencies if not {d[0][:4], d[1][:4]} & {"root"}),
        direct_known=False,
    )
    graph = DependencyGraph(complete.direct(bare))
    assert all(m.reached for m in graph.measures())
    for release in graph.direct:
        others = [d for d in graph.direct if d != release]
        assert release not in {i for o in others for i in _everything_under(bare, o)}


def _everything_under(locked, release):
    found = {release}
    while more := {d.dependency for d in locked.dependencies if d.dependent in found} - found:
        found |= more
    return found


# -- npm without places ----------------------------------------------------------------------------------------------


def listed(*names, **more):
    """A flat SBOM: releases as ``name@version``."""
    releases = tuple(sorted(Release(f"npm:{n}", "npm", *n.rsplit("@", 1)) for n in names))
    return Lockfile(
        path="bom.json",
        format="cyclonedx-json",
        roots=(Root("root:.", None, "."),),
        releases=releases,
        dependencies=(),
        open=frozenset(r.id for r in releases),
        **more,
    )


def needs(dependencies, kind="dependencies", names=("b@1.0.0", "b@1.5.0", "b@2.0.0-rc.1", "b@2.1.0", "c@3.0.0")):
    """What `a` gets that asks for `dependencies`."""
    asked = manifest(**{kind: dependencies})
    found = complete.from_manifests(listed("a@1.0.0", *names), {"npm:a@1.0.0": asked})
    assert all(d.origin == "metadata" and d.dependent == "npm:a@1.0.0" for d in found.dependencies)
    return [(d.dependency.removeprefix("npm:"), d.kind) for d in found.dependencies]


@pytest.mark.parametrize(
    ("spec", "version"),
    [
        ("^1.0.0", "1.5.0"), ("~1.0.0", "1.0.0"), ("1", "1.5.0"), ("*", "2.1.0"), ("", "2.1.0"), ("1.0.0", "1.0.0"),
        ("^2.0.0-rc.0", "2.1.0"), ("2.0.0-rc.1", "2.0.0-rc.1"), (">=1 <2 || 9", "1.5.0"), ("v1.0", "1.0.0"),
        ("npm:b@^1", "1.5.0"), ("latest", "2.1.0"), ("^7.0.0", "2.1.0"), ("x" * 300, "2.1.0"),
    ],
)  # fmt: skip
def test_of_several_versions_the_highest_that_will_do(spec, version):
    assert needs({"b": spec}) == [(f"b@{version}", "runtime")]


def test_what_is_locked_once_is_meant_whatever_is_asked_for():
    assert needs({"c": "^1.0.0", "gone": "1", "a": "1"}) == [("c@3.0.0", "runtime")]
    assert needs({"alias": "npm:c@^1"}) == [("c@3.0.0", "runtime")]


def test_optional_ones_are_there_only_in_a_version_that_will_do():
    assert needs({"b": "^7.0.0"}, "optionalDependencies") == []
    assert needs({"b": "^1.0.0"}, "optionalDependencies") == [("b@1.5.0", "optional")]
    assert needs({"b": "^7.0.0"}, "peerDependencies") == [("b@2.1.0", "peer")]


def test_manifests_without_ranges_get_the_highest():
    assert needs(("b",)) == [("b@2.1.0", "runtime")]


def test_versions_that_are_none_are_passed_by():
    assert needs({"b": "^1"}, names=("b@nonsense", "b@1.0.0", "b@none")) == [("b@1.0.0", "runtime")]
    assert needs({"b": "^1"}, names=("b@nonsense", "b@none")) == []


def test_an_address_is_what_has_one():
    git = Release("npm:b@git+0ff", "npm", "b", "1.0.0", "git")
    locked = listed("a@1.0.0", "b@1.0.0", "b@2.0.0")
    locked = locked._replace(releases=tuple(sorted((*locked.releases, git))))
    for spec, found in (("github:o/b", ["npm:b@git+0ff"]), ("https://h.example/b.tgz", []), ("^2", ["npm:b@2.0.0"])):
        facts = {"npm:a@1.0.0": manifest(dependencies={"b": spec})}
        assert [d.dependency for d in complete.from_manifests(locked, facts).dependencies] == found


def test_ecosystems_are_kept_apart():
    python = (Release("pypi:b@1", "pypi", "b", "1"), Release("pypi:p@1", "pypi", "p", "1"))
    locked = listed("a@1.0.0", "b@1.0.0")
    locked = locked._replace(releases=(*locked.releases, *python), open=frozenset(["npm:a@1.0.0", "pypi:p@1"]))
    facts = {"npm:a@1.0.0": manifest(dependencies={"b": "*", "p": "*"}), "pypi:p@1": manifest(requires=("b", "a"))}
    found = complete.from_manifests(locked, facts)
    assert [d[:2] for d in found.dependencies] == [("npm:a@1.0.0", "npm:b@1.0.0"), ("pypi:p@1", "pypi:b@1")]
    assert not found.open


def test_a_real_project_without_relations_gets_the_edges_that_npm_gave_it(shared):
    folder = shared / "recordings" / "registry-slice"
    path = folder / "project" / "package-lock.json"
    lockfile = package_lock.PARSER.parse("package-lock.json", path.read_bytes(), Folder(str(path)))
    wanted = {(r.name, r.version): r.id for r in lockfile.releases}
    facts = {}
    with gzip.open(folder / "packuments.jsonl.gz", "rt", encoding="utf-8") as file:
        for table in map(json.loads, file):
            for version, told in table["versions"].items():
                if (table["name"], version) in wanted:
                    fields = {k: v for k in told if k.endswith("ependencies") and (v := told[k])}
                    meta = told.get("peerDependenciesMeta") or {}
                    fields["peerOptional"] = tuple(name for name, about in meta.items() if about.get("optional"))
                    facts[wanted[table["name"], version]] = manifest(**fields)
    assert len(facts) == len(lockfile.releases) > 400
    flat = lockfile._replace(dependencies=(), places={}, open=frozenset(wanted.values()))
    found = complete.from_manifests(flat, facts)
    assert not found.open
    assert {d[:3] for d in found.dependencies} == {d[:3] for d in lockfile.dependencies if d[0] in facts}
