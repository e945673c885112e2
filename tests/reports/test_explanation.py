"""``explain``: everything about one package."""

from __future__ import annotations

import made
import pytest

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
        "  and at least 7 more: depfrag why package-lock.json left-pad@0.0.3 --all",
        "  critical  it is tiny",
        "            Remedy: write it (rule left-pad)",
    ):
        assert line in text.splitlines(), line
    assert "azer" in text
    assert "reported" in text
    assert "…" in text, "long values are cut"
    assert "organization" not in text, "npm has none"


def test_facts_that_few_have_are_told_where_they_are_known():
    value = {"instead": "Array.isArray (Node.js 0.10.0 or later)", "see": "https://x.example"}
    facts = {
        "replacement": Fact(value, "e18e", "2026-01-01", "reported"),
        "malicious": Fact(("MAL-1", "MAL-2"), "OSV", "2026-01-01", "aggregator"),
        "repository": Fact({"project": "h/a/b", "relation": "unverified metadata"}, "d", "2026-01-01", "declared"),
    }
    one, bare = made.scored("a@1", facts=facts), made.scored("b@1")
    text = explained(made.project(one), one, width=200)
    assert "instead: Array.isArray (Node.js 0.10.0 or later), see: https://x.example" in text
    assert "MAL-1, MAL-2" in text
    assert "project: h/a/b, relation: unverified metadata" in text
    without = explained(made.project(bare), bare)
    assert not [name for name in ("replacement", "downloads", "  critical ") if name in without]
    assert "  malicious             unknown" in without.splitlines()


def test_doubt_is_said():
    scored = made.scored("b@1", lower=20, point=80, upper=90, known=0.5)
    text = explained(made.project(scored), scored)
    assert "Fragility 20 – 90 of 100: at least low, critical if what is unknown is as usual (50% of" in text
    assert "nothing in the project needs it" in text
    assert "nothing else leaves the tree with it" in text
    assert text.splitlines()[-1] == "  none"


@pytest.mark.parametrize("width", [60, 80, 100])
def test_what_goes_on_is_indented_and_labels_stay_whole(width):
    broken = tuple(f"npm:dependency-number-{i}@1" for i in range(9))
    facts = {
        "install_script": Fact(
            value=False, source="a long name of a source " * 3, observed="2026-01-01", grade="registry"
        )
    }
    scored = made.scored("b@1", facts=facts, breaks=Bounds(1, 1, 1), broken=broken)
    steps = tuple(Dependency(f"npm:p{i}@1", f"npm:dependency-number-{i}@1") for i in range(9))
    text = explained(made.project(scored), scored, Paths((steps,), 0, exact=True), width=width)
    assert all(len(line) <= width for line in text.splitlines())
    assert any(line.startswith("  install script        no  ") for line in text.splitlines())
    body = text.partition("If it goes\n")[2].partition("\n\nFindings")[0]
    assert all(line.startswith("  ") for line in body.splitlines() if line not in ("", "Needed through"))
    assert "    " in body


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
