"""Edges of Python lockfiles: collected once for each kind, with the conditions of all copies, within bounds."""

from __future__ import annotations

import pytest

from depfrag import pygraph
from depfrag.errors import LockfileError
from depfrag.model import Dependency
from depfrag.pygraph import Edges, environments, wanted
from depfrag.pyproject import Need
from depfrag.pyspec import Asked, Offered

NODES = ("pypi:a@1", "pypi:b@1", "root:.")


def edges(**more):
    return Edges(
        "x.lock",
        NODES,
        [Offered("a", "1", "registry", None), Offered("b", "1", "registry", None), Offered("app", None, "link", ".")],
        **more,
    )


def test_edges_are_joined():
    graph = edges()
    assert list(graph.ask("pypi:a@1", Asked("b", condition="os_name == 'nt'"), "runtime")) == ["pypi:b@1"]
    graph.ask("pypi:a@1", Asked("b", condition="os_name == 'java'"), "runtime")
    graph.ask("root:.", Asked("b", condition="os_name == 'nt'"), "runtime")
    graph.ask("root:.", Asked("b"), "runtime")
    graph.ask("root:.", Asked("b"), "dev")
    graph.ask("pypi:b@1", Asked("app"), "runtime")
    graph.ask("pypi:b@1", Asked("b"), "runtime")
    assert graph.dependencies() == (
        Dependency("pypi:a@1", "pypi:b@1", "runtime", "os_name == 'java' or os_name == 'nt'"),
        Dependency("pypi:b@1", "root:.", "runtime"),
        Dependency("root:.", "pypi:b@1", "dev"),
        Dependency("root:.", "pypi:b@1", "runtime"),
    )
    assert graph.problems() == ()


@pytest.mark.parametrize(
    ("runtime", "extra", "kept"),
    [(None, None, False), (None, "x", False), ("x", "x", False), ("x", None, True), ("x", "y", True)],
)
def test_what_an_extra_needs_as_the_release_does_is_no_edge_of_its_own(runtime, extra, kept):
    graph = edges()
    graph.ask("pypi:a@1", Asked("b", condition=runtime), "runtime")
    graph.ask("pypi:a@1", Asked("b", condition=extra), "extra")
    assert [d.kind for d in graph.dependencies()] == (["extra", "runtime"] if kept else ["runtime"])


def test_what_is_not_there():
    graph = edges(unlisted={"out"})
    graph.ask("pypi:a@1", Asked("gone"), "runtime", 7)
    graph.ask("root:.", Asked("gone"), "runtime")
    graph.ask("pypi:a@1", Asked("out"), "runtime", 1)
    graph.ask("pypi:a@1", Asked("elsewhere", condition="os_name == 'nt'"), "runtime", 1)
    graph.ask("pypi:a@1", Asked("may-be"), "runtime", 1, spare=True)
    graph.ask("root:.", Asked("extra"), "optional", 1)
    (problem,) = graph.problems()
    assert (problem.code, problem.line) == ("missing-dependency", 7)
    assert problem.message == "not in the lockfile: gone (for a@1), gone (for the project)"


def test_a_file_for_some_environments_means_releases_of_these():
    offered = [
        Offered("a", "1", "registry", None, "os_name == 'nt'"),
        Offered("a", "2", "registry", None, "os_name == 'posix'"),
    ]
    for where, ids in (("os_name == 'nt'", ["a@1"]), ("os_name == 'posix'", ["a@2"]), (None, ["a@1", "a@2"])):
        graph = Edges("x.lock", ["a@1", "a@2"], offered, where=where)
        assert list(graph.ask("root:.", Asked("a"), "runtime")) == ids
    assert list(graph.ask("root:.", Asked("a"), "runtime", marker="os_name == 'posix'")) == ["a@2"]


def test_bounds(monkeypatch):
    monkeypatch.setattr(pygraph, "_MAX_EDGES", 2)
    graph = edges()
    for _ in range(2):
        graph.ask("root:.", Asked("a"), "runtime")
    with pytest.raises(LockfileError, match=r"^x\.lock:3: more than 2 dependencies"):
        graph.ask("root:.", Asked("a"), "runtime", 3)
    monkeypatch.setattr(pygraph, "_MAX_CONDITIONS", 5)
    with pytest.raises(LockfileError, match="endless conditions"):
        edges().ask("root:.", Asked("a", condition="x" * 6), "runtime")


def test_environments():
    assert environments(["b", "a", "b"]) == "a or b"
    assert environments(["a", None]) is None
    assert environments(["a" * 2001]) is None


def test_a_need_of_a_project():
    need = Need("a", "extra", "x", ("y",), "extra == 'x'", (">=1", "<2"), "git", "https://h.example/a.git")
    assert wanted(need) == Asked("a", ("y",), ">=1,<2", "extra == 'x'", (), "git", "https://h.example/a.git")
