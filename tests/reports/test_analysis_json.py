"""The analysis as JSON keeps its contract and says what the analysis holds."""

from __future__ import annotations

import json

import pytest
from contracts import valid
from hypothesis import given, settings
from hypothesis import strategies as st
from made import scored
from strategies import fact, hostile_lockfiles, lockfiles, publishers, sizes, texts

from depfrag import judge, pipeline, registry
from depfrag.config import Config
from depfrag.facts import FACTS
from depfrag.model import Bounds, Host, Problem
from depfrag.protocols import Context, Known, ReportOptions
from depfrag.reports.analysis_json import REPORT, _Pieces, package_text

CONTEXT = Context(today="2026-01-02", as_of=None, fetch=None, routes=None)
KNOWN = st.fixed_dictionaries(
    {},
    optional={
        "publishers": publishers(3), "lines": sizes(), "bytes": sizes(), "deprecated": texts().map(fact),
        "manifest": st.just(fact({"dependencies": ("a",), "odd": None})), "yanked": st.booleans().map(fact),
    },
)  # fmt: skip


class Knows:
    """A source that knows these facts, one set after another."""

    def __init__(self, facts):
        self._facts = facts

    def lookup(self, wanted, context):
        for i, one in enumerate(wanted):
            yield Known(one, self._facts[i % len(self._facts)])


def analysed(several, facts=({},), **changes):
    """The analysis of parsed lockfiles, with these facts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "read", lambda paths: (tuple(several), ()))
        patch.setattr(registry, "sources", lambda turn, **_: [Knows(facts)] if turn == "main" else [])
        return pipeline.analyse((), Config(), CONTEXT, "0.1.0").analysis._replace(**changes)


def render(analysis):
    return REPORT.render(analysis, ReportOptions())


@settings(max_examples=60)
@given(st.lists(lockfiles(8) | hostile_lockfiles(), max_size=2), st.lists(KNOWN, min_size=1, max_size=4))
def test_every_analysis_keeps_the_contract(several, facts):
    several = [f._replace(path=f"{i}{f.path}") for i, f in enumerate(several)]
    analysis = analysed(several, facts)
    text = render(analysis)
    assert text.isascii()
    document = valid("analysis", text)
    assert [item["path"] for item in document["lockfiles"]] == [f.path for f in several]
    packages = [(p.lockfile.path, s) for p in analysis.projects for s in p.packages]
    assert [(p["lockfile"], p["id"], p["dominates"]) for p in document["packages"]] == [
        (path, s.release.id, s.measures.dominates) for path, s in packages
    ]
    for found, (_, s) in zip(document["packages"], packages, strict=True):
        assert found["score"]["point"] == pytest.approx(s.score.point, abs=1e-6)
        assert {name for name, value in found["facts"].items() if value is not None} == set(s.facts)
    assert [f["fingerprint"] for f in document["findings"]] == [
        f.fingerprint for p in analysis.projects for f in p.findings
    ]


def test_numbers_are_numbers_where_all_edges_are_known_and_bounds_where_not():
    known, unknown = scored(dependents=3), scored(dependents=Bounds(1, 2.5, 4), breaks=Bounds(0, 0.25, 0.5))
    first, second = (json.loads(package_text(s, "x")) for s in (known, unknown))
    assert first["dependents"] == 3
    assert second["dependents"] == {"lower": 1, "point": 2.5, "upper": 4}
    assert second["breaks"] == {"lower": 0, "point": 0.25, "upper": 0.5}
    assert json.loads(package_text(scored(breaks=None), "x"))["breaks"] is None


def test_every_fact_is_listed_and_null_where_nobody_knows():
    package = json.loads(package_text(scored(facts={"publishers": fact(("a", "b"))}), "x"))
    assert list(package["facts"]) == list(FACTS)
    assert package["facts"]["publishers"] == {
        "value": ["a", "b"], "source": "test", "observed": "2026-01-02", "grade": "registry",
    }  # fmt: skip
    assert package["facts"]["lines"] is None


def test_what_recurs_is_written_from_one_text_and_stays_right():
    pieces = _Pieces()
    packages = [scored(f"p{i}@1", lower=i % 3 * 30, broken=("npm:a@1",) * (i % 2)) for i in range(9)]
    assert [pieces.package(s, "x") for s in packages] == [package_text(s, "x") for s in packages]


def test_what_the_run_as_a_whole_met():
    host = Host("registry.npm.example", "npm", 5, 4, "ingest", "absent", "all dates are of one day")
    problem = Problem("source", "error", "npm: no answer")
    analysis = analysed([], hosts=(host,), problems=(problem,), as_of="2016-03-21")
    document = valid("analysis", render(analysis))
    assert document["hosts"] == [host._asdict()]
    assert document["problems"] == [problem._asdict()]
    assert document["as_of"] == "2016-03-21"
    assert document["summary"]["releases"] == 0
    assert document["config"]["score"]["reach"] == 0.5


def test_the_verdict_is_the_judges():
    analysis = analysed([])
    assert (
        valid("analysis", render(analysis))["verdict"]
        == judge.verdict([], judge.together([], Config()), [], Config())._asdict()
    )
