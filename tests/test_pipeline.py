"""The way through: what is read, who is asked, what is counted, and that equal input gives equal output."""

from __future__ import annotations

import json

import pytest
from examples import ExampleSource
from strategies import fact

from depfrag import pipeline, registry
from depfrag.config import Config
from depfrag.errors import LockfileError, NotFoundError
from depfrag.model import Problem, Score
from depfrag.protocols import Archive, Context, Known
from depfrag.snapshot import Snapshot

CONTEXT = Context(today="2026-01-02", as_of=None, fetch=None, routes=None)
LOCK = {
    "name": "app",
    "lockfileVersion": 3,
    "packages": {
        "": {"dependencies": {"a": "1"}, "devDependencies": {"d": "1"}, "optionalDependencies": {"o": "1"}},
        "node_modules/a": {"version": "1.0.0", "dependencies": {"b": "1"}},
        "node_modules/b": {"version": "1.0.0"},
        "node_modules/d": {"version": "1.0.0", "dev": True, "dependencies": {"b": "1"}},
        "node_modules/o": {"version": "1.0.0", "optional": True},
        "node_modules/lost": {"version": "1.0.0"},
    },
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a small lockfile, and more files by path."""
    monkeypatch.chdir(tmp_path)

    def make(**files):
        for path, content in {"package-lock.json": LOCK, **files}.items():
            file = tmp_path / path.replace("__", "/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content if isinstance(content, str) else json.dumps(content))
        return tmp_path

    return make


class Asked:
    """A source that remembers what it was asked about and gives these answers by id."""

    def __init__(self, answers=None):
        self.answers = answers or {}
        self.asked = []

    def lookup(self, wanted, context):
        self.asked.append(([w.release.id for w in wanted], context))
        for one in wanted:
            answer = self.answers.get(one.release.id)
            if isinstance(answer, Problem):
                yield answer._replace(lockfile=one.lockfile)
            elif answer is not None:
                yield Known(one, *answer)


@pytest.fixture
def sources(monkeypatch):
    """Puts sources in the place of the real ones: ``sources(first=…, main=…, last=…)``."""

    def put(**given):
        monkeypatch.setattr(registry, "sources", lambda turn, **_: [given[turn]] if turn in given else [])

    return put


def analyse(*paths, context=CONTEXT, **settings):
    return pipeline.analyse(paths or (".",), Config(**settings), context, "0").analysis


# -- reading ---------------------------------------------------------------------------------------------------------


def test_lockfiles_under_several_paths(project):
    project(**{"x__package-lock.json": LOCK, "y__package-lock.json": LOCK})
    lockfiles, problems = pipeline.read(["x", "y/package-lock.json"])
    assert [lockfile.path for lockfile in lockfiles] == ["x/package-lock.json", "y/package-lock.json"]
    assert not problems


def test_one_that_is_found_and_cannot_be_read_is_a_problem(project):
    project(**{"x__package-lock.json": "{"})
    lockfiles, (problem,) = pipeline.read(["."])
    assert [lockfile.path for lockfile in lockfiles] == ["package-lock.json"]
    assert problem[:2] == ("lockfile", "error")
    assert problem.lockfile == "x/package-lock.json"
    assert problem.message.startswith("x/package-lock.json:1: not JSON")
    assert analyse().verdict.exit_code == 3


def test_one_that_is_named_and_cannot_be_read_stops_the_run(project):
    project(**{"x__package-lock.json": "{"})
    with pytest.raises(LockfileError, match="not JSON"):
        pipeline.read([".", "x/package-lock.json"])


def test_nothing_that_can_be_read_stops_the_run(project):
    project(**{"package-lock.json": "[]", "x__package-lock.json": "{"})
    with pytest.raises(LockfileError, match=r"^x/package-lock\.json:1"):
        pipeline.read(["."])


UV = """version = 1
[[package]]
name = "app"
version = "1"
source = { virtual = "." }
"""


def test_what_was_left_out_is_a_problem_of_what_counts_instead(project):
    project(**{"x__uv.lock": UV, "x__requirements.txt": "six==1.16.0\n"})
    lockfiles, problems = pipeline.read(["."])
    assert [lockfile.path for lockfile in lockfiles] == ["package-lock.json", "x/uv.lock"]
    assert [p.code for p in lockfiles[1].problems] == ["left-out"]
    assert "x/requirements.txt" in lockfiles[1].problems[0].message
    assert not problems
    assert not pipeline.read(["x/requirements.txt"])[0][0].problems
    assert [p.code for p in analyse().projects[1].problems] == ["left-out"]
    assert analyse().verdict.exit_code == 0


def test_what_was_left_out_for_one_that_cannot_be_read_is_a_problem_of_the_run(project):
    project(**{"x__uv.lock": "version = 2", "x__requirements.txt": "six==1.16.0\n"})
    _, problems = pipeline.read(["."])
    assert [(p.code, p.lockfile) for p in problems] == [("left-out", "x/uv.lock"), ("lockfile", "x/uv.lock")]


def test_what_git_ignores_is_a_problem_of_the_run(project):
    project(**{"x__package-lock.json": LOCK, ".gitignore": "/x/*.json"})
    analysis = analyse()
    assert [p.lockfile.path for p in analysis.projects] == ["package-lock.json"]
    assert [(p.code, p.level) for p in analysis.problems] == [("ignored", "info")]
    assert analysis.verdict.exit_code == 0


# -- asking ----------------------------------------------------------------------------------------------------------


def test_what_a_snapshot_covers_is_asked_about_nowhere_else(project, sources):
    project()
    first, main = Asked({"npm:a@1.0.0": ({},), "npm:b@1.0.0": ({"lines": fact(3)},)}), Asked()
    sources(first=first, main=main)
    analysis = analyse(context=CONTEXT._replace(snapshots=(Snapshot("2026-01-01", None, {}),)))
    assert main.asked[0][0] == ["npm:d@1.0.0", "npm:lost@1.0.0", "npm:o@1.0.0"]
    facts = {s.release.name: s.facts for s in analysis.projects[0].packages}
    assert facts["b"]["lines"].value == 3
    assert facts["a"] == {}


def test_nobody_is_asked_when_snapshots_cover_all(project, sources):
    project()
    main = Asked()
    sources(first=Asked({f"npm:{name}@1.0.0": ({},) for name in ("a", "b", "d", "o", "lost")}), main=main)
    analyse(context=CONTEXT._replace(snapshots=(Snapshot("2026-01-01", None, {}),)))
    assert not main.asked


def test_snapshots_are_only_asked_where_there_are_some(project, sources):
    project()
    first = Asked()
    sources(first=first, main=Asked())
    analyse()
    assert not first.asked


def test_the_day_of_an_analysis_is_that_of_its_newest_fact(project, sources):
    project()
    assert analyse()[1:3] == (None, None), "without facts there is no day"
    sources(
        main=Asked(
            {"npm:a@1.0.0": ({"lines": fact(1)},), "npm:b@1.0.0": ({"bytes": fact(2)._replace(observed="2025-01-01")},)}
        )
    )
    assert analyse()[1:3] == (fact(1).observed, None)
    snapshots = (Snapshot("2026-01-01", "2016-03-21", {}), Snapshot("2025-05-05", None, {}))
    sources(first=Asked({}), main=Asked({}))
    assert analyse(context=CONTEXT._replace(snapshots=snapshots)).as_of == "2016-03-21"
    assert analyse(context=CONTEXT._replace(as_of="2020-02-02")).as_of == "2020-02-02"


def test_what_a_snapshot_of_a_day_leaves_open_is_asked_as_of_that_day(project, sources):
    project()
    first, main = Asked({"npm:a@1.0.0": ({"lines": fact(1)},)}), Asked()
    sources(first=first, main=main)
    snapshots = (Snapshot("2026-01-01", "2016-03-21", {}), Snapshot("2025-05-05", "2015-01-01", {}))
    assert analyse(context=CONTEXT._replace(snapshots=snapshots)).as_of == "2016-03-21"
    assert [asked.as_of for _, asked in (*first.asked, *main.asked)] == ["2016-03-21"] * 2
    analyse(context=CONTEXT._replace(snapshots=snapshots, as_of="2020-02-02"))
    assert main.asked[-1][1].as_of == "2020-02-02"


def test_problems_go_to_their_lockfile_or_to_the_run(project, sources):
    project()
    sources(main=Asked({"npm:a@1.0.0": Problem("absent", "warning", "gone", None, None, "npm:a@1.0.0")}))
    analysis = analyse()
    assert [p.code for p in analysis.projects[0].problems] == ["absent", "unreached"]
    assert not analysis.problems


# -- counting archives -----------------------------------------------------------------------------------------------


def archives(**known):
    archive = Archive("https://registry.npm.example/x.tgz", None)
    return Asked({f"npm:{name}@1.0.0": (facts, archive) for name, facts in known.items()})


def test_the_busiest_releases_of_unknown_size_are_counted(project, sources):
    project()
    known = archives(a={}, b={}, d={"bytes": fact(5)}, o={"lines": fact(1, "declared")}, lost={})
    counted = Asked({"npm:b@1.0.0": ({"lines": fact(11)},)})
    sources(main=known, last=counted)
    analysis = analyse(inspect=2)
    ((asked, context),) = counted.asked
    assert asked == ["npm:b@1.0.0", "npm:a@1.0.0"]
    assert {w.release.id for w in context.archives} == set(asked)
    assert next(s for s in analysis.projects[0].packages if s.release.name == "b").facts["lines"].value == 11


def test_nothing_is_counted_unless_asked(project, sources):
    project()
    counted = Asked()
    sources(main=archives(a={}), last=counted)
    analyse()
    assert not counted.asked


def test_equal_releases_of_two_lockfiles_can_both_be_counted(project, sources):
    """One says where it comes from and the other does not, which no comparison may stumble over."""
    for folder, entry in (("x", {"version": "1.0.0"}), ("y", {"version": "1.0.0", "resolved": "https://h.example/b"})):
        lock = {"lockfileVersion": 3, "packages": {"node_modules/b": entry}}
        project(**{f"{folder}__package-lock.json": lock})
    counted = Asked()
    sources(main=archives(b={}), last=counted)
    analyse("x", "y", inspect=5)
    assert counted.asked[0][0] == ["npm:b@1.0.0"] * 2


# -- what comes out --------------------------------------------------------------------------------------------------


def test_the_order_of_a_project_is_point_lower_id(project, monkeypatch):
    project()
    monkeypatch.setattr(registry, "sources", lambda turn, **_: [ExampleSource()] if turn == "main" else [])
    packages = analyse().projects[0].packages
    keys = [(-s.score.point, -s.score.lower, s.release.id) for s in packages]
    assert keys == sorted(keys)
    assert packages[0].release.name == "b"


class ByLines:
    """A model that takes a release's lower end from its lines and finds all of them equally bad else."""

    def score(self, ecosystem, measures, facts, releases, settings):
        return Score(facts["lines"].value, 50, 60, "medium", "low", 1, {})


def test_of_equal_points_the_higher_lower_end_comes_first(project, sources, monkeypatch):
    project()
    lines = {"a": 10, "b": 30, "d": 20, "lost": 30, "o": 10}
    sources(main=Asked({f"npm:{name}@1.0.0": ({"lines": fact(count)},) for name, count in lines.items()}))
    monkeypatch.setattr(registry, "model", lambda name: ByLines())
    assert [s.release.name for s in analyse().projects[0].packages] == ["b", "lost", "d", "a", "o"]


def test_numbers_of_a_project(project):
    project()
    analysis = analyse()
    found = analysis.projects[0]
    assert (found.summary.releases, found.summary.edges, found.summary.direct) == (5, 2, 2)
    assert analysis.summary == found.summary
    assert [p.code for p in found.problems] == ["unreached"]
    assert found.problems[0].message.endswith("needs: npm:lost@1.0.0")
    assert [f.rule for f in found.findings] == ["unknown"]
    assert found.coverage["publishers"] == analysis.coverage["size"] == 0
    assert set(analysis.config) == {"model", "prod", "score"}


def test_several_lockfiles_each_by_itself_and_together(project):
    more = {**LOCK, "packages": {**LOCK["packages"], "node_modules/b": {"version": "2.0.0"}}}
    project(**{"x__package-lock.json": LOCK, "y__package-lock.json": more, "z__uv.lock": UV.replace("virtual", "git")})
    analysis = analyse()
    assert [p.summary.releases for p in analysis.projects] == [5, 5, 5, 1]
    assert analysis.summary.releases == 7, "a, b twice, d, o, lost and app"
    assert (analysis.summary.edges, analysis.summary.direct) == (4, 3)
    assert analysis.verdict.sentence.startswith("nothing critical or high of 7 releases in 4 lockfiles")
    assert analyse("x/package-lock.json").summary == analysis.projects[1].summary


def test_prod_leaves_out_what_only_development_needs(project):
    project()
    found = analyse(prod=True).projects[0]
    assert {s.release.name for s in found.packages} == {"a", "b", "o"}
    assert found.summary.direct == 1
    assert not found.problems


def test_coverage_counts_registry_releases_and_known_facts_alone(project, sources):
    project()
    strange = {"npm:a@1.0.0": ({"lines": fact(1), "a-newer-fact": fact(1)},), "npm:b@1.0.0": ({"bytes": fact(1)},)}
    sources(main=Asked(strange))
    coverage = analyse().coverage
    assert (coverage["lines"], coverage["size"], coverage["publishers"]) == (0.2, 0.4, 0)
    sources(main=Asked({"npm:a@1.0.0": ({"publishers": fact(("x",))._replace(grade="declared")},)}))
    assert analyse().coverage["publishers"] == 0, "what a release declares of itself is not known"
    assert "a-newer-fact" not in coverage
    assert list(coverage) == sorted(coverage)


def test_releases_without_a_version_are_counted(project):
    project(**{"requirements.txt": "a\nb>=1\nc==1.0\n"})
    found = analyse("requirements.txt").projects[0].problems
    assert [p.message for p in found if p.code == "unpinned"] == [
        "the file pins no version of 2 of its 3 releases: nothing can be known of them until it does"
    ]
    project(**{"requirements.txt": "c==1.0\nd @ https://files.pypi.example/d.zip\n"})
    assert "unpinned" not in [p.code for p in analyse("requirements.txt").projects[0].problems]


def test_many_unreached_releases_are_named_in_part(project):
    places = {f"node_modules/p{i}": {"version": "1.0.0"} for i in range(7)}
    project(**{"package-lock.json": {"lockfileVersion": 3, "packages": {"": {"name": "app"}, **places}}})
    (problem,) = analyse().projects[0].problems
    assert problem.message.startswith("7 releases that nothing in the project needs: npm:p0@1.0.0, ")
    assert problem.message.endswith("npm:p4@1.0.0, …")


OLD = {"name": "old", "dependencies": {"a": {"version": "1.0.0"}, "b": {"version": "1.0.0"}}}


def test_edges_that_manifests_tell(project, sources):
    project(**{"package-lock.json": "{}", "x__npm-shrinkwrap.json": OLD})
    flat = analyse("x").projects[0]
    assert [p.code for p in flat.problems] == ["flat", "supposed-direct"]
    assert flat.packages[0].measures.dependents.upper == 1
    manifests = {"a": {"dependencies": ("b",)}, "b": {}}
    sources(main=Asked({f"npm:{name}@1.0.0": ({"manifest": fact(m)},) for name, m in manifests.items()}))
    known = analyse("x").projects[0]
    assert known.lockfile.dependencies[0].origin == "metadata"
    assert [p.code for p in known.problems] == ["supposed-direct"]


def test_no_lockfile_no_releases(project):
    project(**{"package-lock.json": {"lockfileVersion": 3, "packages": {"": {}}}})
    analysis = analyse()
    assert analysis.summary.releases == 0
    assert analysis.coverage == {}
    assert analysis.verdict == (0, "no releases to look at")


def test_a_model_that_is_not_there(project):
    project()
    with pytest.raises(NotFoundError):
        analyse(model="nobody")


def test_a_lockfile_with_more_releases_than_any_project_has(tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "_MAX_RELEASES", 2)
    packages = {f"node_modules/{name}": {"version": "1.0.0"} for name in "abc"}
    file = tmp_path / "package-lock.json"
    file.write_text(json.dumps({"lockfileVersion": 3, "packages": packages}))
    with pytest.raises(LockfileError, match="3 releases are more than any project has; the limit is 2"):
        pipeline.read([str(file)])
    monkeypatch.setattr(pipeline, "_MAX_RELEASES", 3)
    assert len(pipeline.read([str(file)])[0][0].releases) == 3
