"""Snapshots as a source: what they hold is answered as it was found out, and as of no other day than they tell of."""

from __future__ import annotations

import pytest
from answers import context, split, wanted

from depfrag.model import Fact, Host, Problem
from depfrag.snapshot import Snapshot
from depfrag.sources.snapshot import SOURCE

DAY = "2020-06-01"
HOST = Host("registry.npm.example", "npm", 1, 1, "publish", "registry", "it answered")
FACTS = {"publishers": ("ann",), "deprecated": False, "lines": 11, "published": "2016-03-01"}


def snapshot(as_of=None, name="facts.snapshot", **more):
    facts = {key: Fact(value, "s", DAY, "registry") for key, value in {**FACTS, **more}.items() if value is not None}
    return Snapshot(DAY, as_of, {"npm:a@1": facts, "npm:b@1": {}}, name, (HOST,))


def look_up(*snapshots, as_of=None, line=7):
    asked = context(as_of=as_of, snapshots=snapshots)
    return split(SOURCE.lookup(wanted("npm", "a@1", "b@1", "c@1", line=line), asked))


def test_a_release_without_facts_is_answered_for_and_another_is_not():
    facts, problems, hosts = look_up(snapshot())
    assert facts == {"npm:a@1": FACTS, "npm:b@1": {}}
    assert (problems, hosts) == ([], [HOST])


def test_problems_come_back_as_they_were():
    """Line and lockfile are those of the lockfile that is read; a scan of it live gives the same."""
    mirror = Problem("mirror", "warning", "dates are not trusted")
    gone = Problem("not-in-registry", "warning", "gone", None, None, "npm:b@1")
    elsewhere = gone._replace(package="npm:x@1")
    _, problems, _ = look_up(snapshot()._replace(problems=(mirror, gone, elsewhere)))
    assert problems == [mirror, gone._replace(lockfile="lock", line=7)]


def test_the_day_that_it_tells_of():
    facts, problems, _ = look_up(snapshot("2016-03-21"), as_of="2016-03-21")
    assert (facts["npm:a@1"], problems) == (FACTS, [])


@pytest.mark.parametrize("held", ["2016-03-21", None])
def test_another_day_leaves_what_does_not_change(held):
    facts, (problem,), _ = look_up(snapshot(held), as_of="2018-01-01")
    assert facts["npm:a@1"] == {"lines": 11, "published": "2016-03-01"}
    told = "of 2016-03-21" if held else "of the days when it was made"
    assert problem.code == "other-day"
    assert problem.message == (
        f"the snapshot facts.snapshot tells {told}, not of 2018-01-01: who could publish then is unknown; "
        "write one with --as-of 2018-01-01"
    )


def test_the_day_when_it_was_made():
    facts, problems, _ = look_up(snapshot(), as_of=DAY)
    assert (facts["npm:a@1"], problems) == (FACTS, [])
    facts, (problem,), _ = look_up(snapshot("2016-03-21"), as_of=DAY)
    assert "publishers" not in facts["npm:a@1"], "it tells of another day, whenever it was made"
    assert problem.code == "other-day"


@pytest.mark.parametrize(
    ("published", "code", "said"),
    [
        ("2016-03-01", "too-new", "it was published on 2016-03-01, after 2015-01-01"),
        (None, "undated", "by 2015-01-01"),
        (5, "undated", "by 2015-01-01"),
    ],
)
def test_a_release_that_came_later_or_nobody_knows_when(published, code, said):
    facts, problems, _ = look_up(snapshot("2016-03-21", published=published), as_of="2015-01-01")
    assert facts["npm:a@1"] == {}
    problem = next(p for p in problems if p.package)
    assert (problem.code, problem.package, problem.lockfile, problem.line) == (code, "npm:a@1", "lock", 7)
    assert said in problem.message


def test_of_two_days_one_is_asked_for():
    now = snapshot(None, "now.snapshot", publishers=("ann", "bob"), bytes=100)
    facts, (problem,), _ = look_up(now, snapshot("2016-03-21"), as_of="2016-03-21")
    assert facts["npm:a@1"] == {**FACTS, "bytes": 100}
    assert "now.snapshot" in problem.message


def test_what_one_lockfile_alone_knows():
    mine, theirs = ({"lines": Fact(count, "s", DAY, "registry")} for count in (1, 2))
    held = snapshot()._replace(own={("lock", "npm:b@1"): mine, ("other", "npm:a@1"): theirs})
    held = held._replace(problems=(Problem("stale", "warning", "old", "other", None, "npm:a@1"),
                                   Problem("stale", "warning", "old", "lock", None, "npm:b@1")))  # fmt: skip
    facts, problems, _ = look_up(held)
    assert facts == {"npm:a@1": FACTS, "npm:b@1": {"lines": 1}}
    assert [(p.lockfile, p.package, p.line) for p in problems] == [("lock", "npm:b@1", 7)]
