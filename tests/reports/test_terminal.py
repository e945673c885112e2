"""The terminal report: the verdict first, nothing hidden, nothing that a hostile name could do."""

from __future__ import annotations

import made
import pytest

from depfrag import judge, mirrors, registry
from depfrag.config import Config
from depfrag.model import Analysis, Bounds, Fact, Finding, Host, Problem
from depfrag.protocols import ReportOptions


def fact(value, grade="registry"):
    return Fact(value, "registry.npm.example", "2026-01-01", grade)


def analysis(*projects, problems=(), hosts=(), as_of=None, snapshots=()):
    total = judge.together(projects, Config())
    return Analysis(
        "1.2.3", "2026-01-02", as_of, {}, snapshots, hosts, projects, problems, total, {},
        judge.verdict(projects, total, problems, Config()),
    )  # fmt: skip


def rendered(given, **options):
    return registry.report("terminal").render(given, ReportOptions(**{"width": 100, **options}))


FACTS = {"publishers": fact(("azer",)), "lines": fact(11)}
LEFT_PAD = made.scored(
    "left-pad@0.0.3", lower=87.4, dependents=34, facts=FACTS, breaks=Bounds(0.5, 0.5, 0.5), broken=("npm:a@1",)
)
FOUND = Finding(
    "left-pad", "critical", "npm:left-pad@0.0.3", "left-pad 0.0.3: 34 releases need it", "package-lock.json",
    (("root:.", "npm:left-pad@0.0.3"),), FACTS, "write it yourself", "abc",
)  # fmt: skip


def test_the_verdict_comes_first():
    text = rendered(analysis(made.project(LEFT_PAD)))
    head, _, verdict, *_ = text.splitlines()
    assert head == "depfrag 1.2.3 · package-lock.json · facts up to 2026-01-02"
    assert verdict == "1 critical and 0 high of 1 release."


def test_the_table_shows_interval_parts_people_size_and_consequence():
    text = rendered(analysis(made.project(LEFT_PAD)))
    row = next(line for line in text.splitlines() if line.startswith("left-pad@"))
    assert row.split() == [
        "left-pad@0.0.3",
        "87.4",
        "critical",
        "1.00",
        "1.00",
        "1.00",
        "azer",
        "11",
        "lines",
        "34",
        "1",
        "of",
        "2",
    ]


def test_sources_are_named_once_whatever_of_theirs_was_taken():
    names = ("deps.dev, default version", "deps.dev, locked version", "deps.dev", "ecosyste.ms (CC-BY-SA-4.0)")
    facts = [{"ecosystem_dependents": fact(7)._replace(source=name)} for name in names]
    packages = [made.scored(f"p{n}@1", facts=told) for n, told in enumerate(facts)]
    text = " ".join(rendered(analysis(made.project(*packages))).split())
    assert "Sources: deps.dev, ecosyste.ms (CC-BY-SA-4.0)." in text


def test_what_is_not_known_is_a_question_mark_and_an_interval():
    unknown = made.scored("b@1", lower=20.7, point=76, upper=90.2, known=0.5, dependents=Bounds(1, 2, 3))
    text = rendered(analysis(made.project(unknown)))
    row = next(line for line in text.splitlines() if line.startswith("b@1"))
    assert "20 – 90 critical?" in row
    assert row.split().count("?") == 2
    assert "1 – 3" in row
    assert "1 could be critical" in text


def test_findings_come_with_their_path_and_remedy():
    text = rendered(analysis(made.project(LEFT_PAD, findings=(FOUND,))))
    assert "What to do next" in text
    assert "34 releases need it. Write it yourself." in text
    assert "the project → left-pad" in text
    assert text.endswith(
        "Every fact, and every path, with the options of this scan:\n"
        "  depfrag explain package-lock.json left-pad\n  depfrag why package-lock.json left-pad\n"
    )
    none = made.project(LEFT_PAD, findings=(FOUND._replace(remedy=None),))
    assert "Remedy: none known." in rendered(analysis(none))


def test_commands_can_be_copied_from_any_width_and_folder():
    found = FOUND._replace(lockfile="a b/$(x)/package-lock.json")
    project = made.project(LEFT_PAD, findings=(found,), path=found.lockfile)
    lines = rendered(analysis(project), width=60).splitlines()
    assert "  depfrag explain 'a b/$(x)/package-lock.json' left-pad" in lines


def test_without_findings_it_says_how_to_know_more():
    unknown = Finding("unknown", "low", "package-lock.json", "unknown", "package-lock.json", remedy="ask the registry")
    project = made.project(made.scored("b@1", lower=1, point=50, upper=90, known=0.5), findings=(unknown,))
    assert "To know more, ask the registry." in rendered(analysis(project))
    assert rendered(analysis(project, project)).count("To know more") == 1
    acting = made.project(LEFT_PAD, findings=(FOUND, unknown))
    assert "To know more" not in rendered(analysis(acting))


def test_the_share_flagged_stands_beside_the_usual_one():
    text = " ".join(rendered(analysis(made.project(LEFT_PAD))).split())
    assert "Flagged: 100.0% of the 1 releases that are fully known (usual: 4.0%, at most 16.7%" in text
    assert "under 100 releases such a share means little" in text
    many = [made.scored(f"p{i}@1", lower=1) for i in range(100)]
    assert "means little" not in " ".join(rendered(analysis(made.project(*many)), top=0).split())


def test_problems_of_one_kind_take_one_line():
    problems = tuple(Problem("unanswered", "warning", f"no answer for p{i}", line=i or None) for i in range(3))
    text = rendered(analysis(made.project(LEFT_PAD), problems=problems))
    assert "! no answer for p0" in text
    assert "and 2 more of this kind; -v lists them" in text
    verbose = rendered(analysis(made.project(LEFT_PAD), problems=problems), verbose=1)
    assert "no answer for p2 (line 2)" in verbose
    hint = (Problem("ignored", "info", "only a hint"),)
    assert "only a hint" not in rendered(analysis(made.project(LEFT_PAD), problems=hint))
    for code in ("left-out", "supposed-direct"):
        said = (Problem(code, "info", "what the numbers are of"),)
        assert "! what the numbers are of" in rendered(analysis(made.project(LEFT_PAD), problems=said))
    assert "only a hint" in rendered(analysis(made.project(LEFT_PAD), problems=hint), verbose=1)


def problem(message, package=None, line=None, code="unanswered"):
    return Problem(code, "warning", message, "package-lock.json", line, package)


def test_problems_name_the_releases_that_they_are_about():
    three = tuple(problem("no answer", f"npm:p{i}@1", i) for i in range(1, 4))
    other = problem("another", "npm:@s/q@2", 9, code="stale")
    text = rendered(analysis(made.project(LEFT_PAD), problems=(*three, other)))
    assert "! p1@1, p2@1, p3@1: no answer\n! @s/q@2: another (line 9)\n" in text
    four = (*three, problem("no answer", "npm:p4@1"), problem("status 500", "npm:p5@1"))
    text = rendered(analysis(made.project(LEFT_PAD), problems=four))
    assert "! 4 releases: no answer; -v lists them\n  and 1 more of this kind; -v lists them\n" in text
    verbose = rendered(analysis(made.project(LEFT_PAD), problems=four), verbose=1)
    assert "! p3@1: no answer (line 3)\n! p4@1: no answer\n! p5@1: status 500\n" in verbose


@pytest.mark.parametrize("verbose", [0, 1])
def test_a_mirror_is_named_once(verbose):
    """By the problem that is told of it, with what to do; its host line would say the same again."""
    mirror = Host("mirror.example", "npm", 3, 3, "ingest", "absent", "it sends no publishers")
    told = tuple(mirrors.problems([mirror]))
    text = rendered(analysis(made.project(LEFT_PAD), hosts=(mirror,), problems=told), verbose=verbose)
    assert text.count("mirror.example") == text.count("it sends no publishers") == 1


def test_what_a_registry_is_worth_is_told_when_asked():
    honest = Host("registry.example", "npm", 3, 3, "publish", "registry", "3 of 3 answers list who can publish")
    silent = Host("silent.example", "npm", 3, 0, "unknown", "unknown", "it answered 0 of 3 questions")
    given = analysis(made.project(LEFT_PAD), hosts=(honest, silent))
    assert "registry.example" not in rendered(given)
    assert "registry.example: publishers: the registry's own; dates: those of publishing" in rendered(given, verbose=1)


def test_sizes_that_are_lower_bounds_are_told_apart():
    sizes = ({"lines": fact(1)}, {"bytes_at_least": fact(1)}, {"bytes_at_least": fact(1), "bytes": fact(1)})
    packages = [made.scored(f"p{i}@1", facts=facts) for i, facts in enumerate(sizes)]
    project = made.project(*packages)._replace(coverage={"size": 1})
    assert "size 3 of 3 (for 1 a lower bound)" in rendered(analysis(project))
    assert "lower bound" not in rendered(analysis(made.project(LEFT_PAD)))


def test_several_lockfiles_are_told_apart():
    text = rendered(analysis(made.project(LEFT_PAD, path="a/package-lock.json"), made.project(path="b/uv.lock")))
    assert "2 lockfiles" in text
    assert "a/package-lock.json (package-lock-v3)" in text
    assert "b/uv.lock (package-lock-v3)" in text


def test_the_past_and_snapshots_are_named():
    text = rendered(analysis(made.project(LEFT_PAD), as_of="2016-03-21", snapshots=("facts.snapshot",)))
    assert "facts as of 2016-03-21" in text
    assert "facts from facts.snapshot" in text


def test_nothing_to_look_at():
    assert "No releases to look at." in rendered(analysis(made.project()))


@pytest.mark.parametrize("kind", ["git", "link"])
def test_what_no_registry_knows_has_no_publishers(kind):
    text = rendered(analysis(made.project(made.scored("g@1", kind=kind))))
    row = next(line for line in text.splitlines() if line.startswith("g@1"))
    assert " – " in row


def test_hostile_names_cannot_act():
    name = "\x1b[2Jevil\u202e[bold]\n"
    scored = made.scored(f"{name}@1", lower=90, facts={"publishers": fact((name,))})
    finding = FOUND._replace(
        subject=scored.release.id, message=name, remedy=name, paths=(("root:.", scored.release.id),)
    )
    problems = (Problem(name, "warning", name),)
    host = Host(name, "npm", 1, 1, "absent", "absent", name)
    given = analysis(made.project(scored, findings=(finding,), path=f"{name}.json"), problems=problems, hosts=(host,))
    text = rendered(given)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\\x1b[2J" in text
    assert "[bold]" in text


def test_colour_only_when_asked():
    given = analysis(made.project(LEFT_PAD, findings=(FOUND,)))
    assert "\x1b[" not in rendered(given)
    assert "\x1b[1;31m" in rendered(given, color=True)
