"""``explain``: everything about one package."""

from __future__ import annotations

import made

from depfrag.graph import Paths
from depfrag.model import Bounds, Dependency, Fact, Finding
from depfrag.protocols import ReportOptions
from depfrag.reports.explanation import explanation

NO_PATHS = Paths((), 0, exact=True)


def explained(project, scored, paths=NO_PATHS, **options):
    return explanation(project, scored, paths, ReportOptions(**options))


def test_every_fact_part_and_consequence_is_there():
    facts = {
        "publishers": Fact(("azer",), "an issue", "2016-03-22", "reported"),
        "manifest": Fact({"dependencies": {f"p{i}": "1" for i in range(60)}}, "registry", "2020-01-01", "registry"),
    }
    scored = made.scored(
        "left-pad@0.0.3", lower=87.4, dependents=34, facts=facts, breaks=Bounds(0.5, 0.5, 0.5),
        broken=("npm:left-pad@0.0.3",), dominates=3, optionally_exposed=Bounds(2, 2, 2),
    )  # fmt: skip
    finding = Finding("left-pad", "critical", "npm:left-pad@0.0.3", "it is tiny", "x", remedy="write it")
    project = made.project(scored, findings=(finding,))
    step = Dependency("root:.", "npm:left-pad@0.0.3", "dev")
    text = explained(project, scored, Paths(((step,),), 7, exact=False))
    for line in (
        "left-pad@0.0.3",
        "pkg:npm/left-pad@0.0.3 · package-lock.json",
        "Fragility 87.4 of 100: critical (everything measured)",
        "  solitude   1.00  one account can publish it",
        "  bytes                 unknown",
        "  34 releases need it, directly or through others",
        "  1 of 2 direct dependencies break: left-pad",
        "  2 more need it through optional dependencies only",
        "  2 more releases leave the tree with it",
        "  the project → (dev) left-pad",
        "  and at least 7 more; depfrag why --all lists them",
        "  critical  left-pad: it is tiny",
        "            Remedy: write it",
    ):
        assert line in text.splitlines(), line
    assert "azer" in text
    assert "reported" in text
    assert "…" in text, "long values are cut"
    assert "organization" not in text, "npm has none"


def test_doubt_is_said():
    scored = made.scored("b@1", lower=20, point=80, upper=90, known=0.5)
    text = explained(made.project(scored), scored)
    assert "Fragility 20 – 90 of 100: critical, at least low (50% of the score's weight measured)" in text
    assert "nothing in the project needs it" in text
    assert "nothing else leaves the tree with it" in text
    assert text.splitlines()[-1] == "  none"


def test_hostile_names_cannot_act():
    scored = made.scored("\x1b[2Jx@1", facts={"deprecated": Fact("\x1b[0m\u202e", "s\x07", "2026-01-01", "registry")})
    text = explained(made.project(scored), scored)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\x07" not in text


def test_colour_only_when_asked():
    scored = made.scored("b@1")
    assert "\x1b" not in explained(made.project(scored), scored)
    assert "\x1b[1m" in explained(made.project(scored), scored, color=True)
