"""Edges that lockfiles leave out: from manifests, resolved as npm and pip would, and from the lockfile's own shape."""

from __future__ import annotations

from hypothesis import given
from strategies import fact, lockfiles

from depfrag import complete
from depfrag.graph import DependencyGraph
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
