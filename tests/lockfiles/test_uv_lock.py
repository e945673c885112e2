"""What the reader of uv.lock tells beside the graph; its cases are in ``cases/uv-lock``."""

from __future__ import annotations

import time

import pytest
from lockfiles.reading import Memory

from depfrag.errors import LockfileError
from depfrag.lockfiles.uv_lock import PARSER


def read(text):
    return PARSER.parse("uv.lock", f"version = 1\n{text}".encode(), Memory())


def package(name, source='registry = "https://index.example/simple"', version="1", **more):
    fields = "".join(f"{key} = {value}\n" for key, value in more.items())
    return f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ {source} }}\n{fields}\n'


def edges(lockfile):
    return {
        (d.dependent.removeprefix("pypi:"), d.dependency.removeprefix("pypi:"), d.kind): d.condition
        for d in lockfile.dependencies
    }


def test_extras_of_a_member_are_certain_when_another_member_asks_for_them():
    members = '[manifest]\nmembers = ["one", "two"]\n'
    one = package("one", 'virtual = "one"', dependencies='[{ name = "two", extra = ["x"] }]')
    two = (
        package("two", 'virtual = "two"')
        + '[package.optional-dependencies]\nx = [{ name = "a" }]\ny = [{ name = "b" }]\n'
    )
    found = edges(read(members + one + two + package("a") + package("b")))
    assert found["root:two", "a@1", "extra"] is None
    assert found["root:two", "b@1", "extra"] == "extra == 'y'"
    assert found["root:one", "root:two", "runtime"] is None


def test_extras_of_the_project_that_name_each_other_stay_conditional():
    app = package("app", 'virtual = "."') + (
        '[package.optional-dependencies]\nall = [{ name = "app", extra = ["x"] }]\nx = [{ name = "a" }]\n'
    )
    assert edges(read(app + package("a"))) == {("root:.", "a@1", "extra"): "extra == 'x'"}


def test_conditions_are_joined():
    dependencies = """[
        { name = "a", marker = "os_name == 'nt' or os_name == 'java'" },
        { name = "a", marker = "python_version < '3'" },
        { name = "b", marker = "os_name == 'nt'" }, { name = "b" },
    ]"""
    x = "[package.optional-dependencies]\nx = [{ name = \"c\", marker = \"os_name == 'nt' or os_name == 'java'\" }]\n"
    app = package("app", 'editable = "."', dependencies=dependencies) + x
    assert edges(read(app + package("a") + package("b") + package("c"))) == {
        ("root:.", "a@1", "runtime"): "os_name == 'nt' or os_name == 'java' or python_version < '3'",
        ("root:.", "b@1", "runtime"): None,
        ("root:.", "c@1", "extra"): "extra == 'x' and (os_name == 'nt' or os_name == 'java')",
    }


def test_members_and_other_folders():
    text = (
        '[manifest]\nmembers = ["One"]\n'
        + package("one", 'editable = "packages/one"')
        + package("two", 'editable = "../two"')
    )
    found = read(text)
    assert [(r.id, r.name) for r in found.roots] == [("root:packages/one", "one")]
    assert [(r.id, r.kind, r.source) for r in found.releases] == [("pypi:two@1", "link", "../two")]


def test_groups_of_a_workspace_without_a_project():
    found = read('[manifest.dependency-groups]\ndev = [{ name = "a" }]\n' + package("a"))
    assert edges(found) == {("root:.", "a@1", "dev"): None}
    assert found.direct_known


def test_many_missing_ones_are_counted():
    wanted = "[" + ", ".join(f'{{ name = "{n}" }}' for n in "gfedcba") + "]"
    (problem,) = read(package("app", 'virtual = "."', dependencies=wanted)).problems
    assert (problem.code, problem.line) == ("missing-dependency", 2)
    assert problem.message == "not in the lockfile: a (for .), b (for .), c (for .), d (for .), e (for .) and 2 more"


def test_lines_are_unknown_where_they_cannot_be_told():
    odd = package("a") + 'text = """\n[[package]]\n"""\n'
    assert [r.line for r in read(odd).releases] == [None]
    assert [r.line for r in read(package("a").replace("[[package]]", "[[ package ]]")).releases] == [2]


def test_more_dependencies_than_any_project_has():
    text = "".join(package("a", version=str(i), dependencies='[{ name = "a" }]') for i in range(1100))
    with pytest.raises(LockfileError, match="more than 1,000,000 dependencies"):
        read(text)


@pytest.mark.parametrize("version", ["", ', version = "x"', ", version = 1"])
def test_many_versions_asked_for_many_times_take_no_long_time(version):
    count = 10_000
    versions = "".join(f'[[package]]\nname = "a"\nversion = "{i}"\n' for i in range(count))
    asked = "[" + f'{{ name = "a"{version} }}, ' * count + "]"
    started = time.process_time()
    try:
        assert not edges(read(versions + package("app", 'virtual = "."', dependencies=asked)))
    except LockfileError as error:
        said = str(error)
    else:
        said = ""
    assert time.process_time() - started < 5
    assert said.endswith("more than 1,000,000 dependencies") == (not version)
