"""Sources are asked in turn; what they know is put together, and one that is gone takes nobody down with it."""

from __future__ import annotations

from strategies import fact

from depfrag.enrich import Knowledge, enrich
from depfrag.errors import SourceError
from depfrag.model import Host, Problem, Release
from depfrag.protocols import Archive, Context, Known, Wanted

A, B = (Wanted(Release(f"npm:{name}@1", "npm", name, "1"), "package-lock.json") for name in "ab")
CONTEXT = Context(today="2026-01-02", as_of=None, fetch=None, routes=None)
HOST = Host("registry.npm.example", "npm", 1, 1, "publish", "registry", "so")


class Says:
    """A source that gives these answers; an error among them ends it."""

    def __init__(self, *answers):
        self._answers = answers

    def lookup(self, wanted, context):
        for answer in self._answers:
            if isinstance(answer, Exception):
                raise answer
            yield answer


def test_answers_are_sorted_into_what_they_are():
    problem = Problem("absent", "info", "not there", "package-lock.json", None, A.release.id)
    archive = Archive("https://registry.npm.example/a.tgz", None)
    found = enrich([A, B], [Says(Known(A, {"lines": fact(1)}, archive), problem, HOST)], CONTEXT)
    assert found == Knowledge({A: {"lines": fact(1)}}, {A: archive}, (HOST,), (problem,))


def test_sources_add_to_what_is_known():
    archive = Archive("https://registry.npm.example/a.tgz", None)
    problem = Problem("absent", "info", "not there")
    known = enrich([A], [Says(Known(A, {"lines": fact(1, "reported")}, archive), HOST, problem)], CONTEXT)
    more = [Known(A, {"lines": fact(2), "bytes": fact(3)}), Known(B, {})]
    found = enrich([A, B], [Says(*more)], CONTEXT, known)
    assert found == Knowledge({A: {"lines": fact(2), "bytes": fact(3)}, B: {}}, {A: archive}, (HOST,), (problem,))
    worse = enrich([A], [Says(Known(A, {"lines": fact(9, "declared")}))], CONTEXT, found)
    assert worse.facts[A]["lines"] == fact(2)


def test_a_source_that_is_gone_is_a_problem_and_its_answers_stay():
    gone = Says(Known(A, {"lines": fact(1)}), SourceError("npm", "no answer", hint="try later"))
    found = enrich([A, B], [gone, Says(Known(B, {}))], CONTEXT)
    assert set(found.facts) == {A, B}
    assert found.problems == (Problem("source", "error", "npm: no answer; try later"),)


def test_nobody_asked_nobody_knows():
    assert enrich([A], [], CONTEXT) == Knowledge({}, {}, (), ())
