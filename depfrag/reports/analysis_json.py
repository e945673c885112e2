"""The analysis as JSON, the contract ``depfrag.analysis/1`` (`depfrag/tables/analysis.schema.json`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depfrag import jsontext, tables
from depfrag.facts import FACTS
from depfrag.jsontext import encode, quote, rounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from depfrag.model import Analysis, Bounds, Facts, Finding, Part, Project, Score, Scored, Summary
    from depfrag.protocols import ReportOptions

SCHEMA = "depfrag.analysis/1"


class AnalysisJson:
    """Writes the whole analysis; packages most fragile first, one a line."""

    def render(self, analysis: Analysis, options: ReportOptions) -> str:
        projects = analysis.projects
        problems = [*analysis.problems, *(q for p in projects for q in p.problems)]
        pieces = _Pieces()
        return jsontext.document(
            {
                "schema": quote(SCHEMA),
                "version": quote(analysis.version),
                "made_at": jsontext.maybe(analysis.made_at),
                "as_of": jsontext.maybe(analysis.as_of),
                "config": encode(analysis.config),
                "verdict": encode(analysis.verdict._asdict()),
                "summary": _summary(analysis.summary),
                "coverage": _coverage(analysis.coverage),
                "hosts": [encode(host._asdict()) for host in analysis.hosts],
                "lockfiles": [_lockfile(p) for p in projects],
                "packages": [pieces.package(scored, p.lockfile.path) for p in projects for scored in p.packages],
                "findings": [_finding(finding) for p in projects for finding in p.findings],
                "problems": jsontext.problems(problems),
            }
        )


REPORT = AnalysisJson()


def package_text(scored: Scored, lockfile: str) -> str:
    """One package as the analysis shows it."""
    return _Pieces().package(scored, lockfile)


class _Pieces:
    """Texts of what recurs: equal scores are one object, and so are the ids of direct dependencies."""

    def __init__(self) -> None:
        self._scores: dict[int, str] = {}
        self._broken: dict[tuple[str, ...], str] = {}
        self._no_facts = _facts({})

    def package(self, scored: Scored, lockfile: str) -> str:
        release, measures, facts, score = scored
        item = jsontext.release(release, lockfile, dev=measures.dev, optional=measures.optional)
        score_text = self._scores.get(id(score))
        if score_text is None:
            score_text = self._scores[id(score)] = _score(score)
        broken = self._broken.get(measures.broken)
        if broken is None:
            broken = self._broken[measures.broken] = jsontext.array(measures.broken)
        breaks = "null" if measures.breaks is None else _bounds(measures.breaks)
        return (
            f'{{{item},"direct":{"true" if measures.direct else "false"},"score":{score_text},'
            f'"dependents":{_bounds(measures.dependents)},"breaks":{breaks},"broken":{broken},'
            f'"dominates":{measures.dominates},"optionally_exposed":{_bounds(measures.optionally_exposed)},'
            f'"facts":{_facts(facts) if facts else self._no_facts}}}'
        )


def _score(score: Score) -> str:
    parts = ",".join(f"{quote(name)}:{_part(part)}" for name, part in score.parts.items())
    return (
        f'{{"lower":{rounded(score.lower)},"point":{rounded(score.point)},"upper":{rounded(score.upper)},'
        f'"band":{quote(score.band)},"known":{rounded(score.known)},"parts":{{{parts}}}}}'
    )


def _part(part: Part) -> str:
    return (
        f'{{"lower":{rounded(part.lower)},"point":{rounded(part.point)},"upper":{rounded(part.upper)},'
        f'"because":{quote(part.because)}}}'
    )


def _bounds(bounds: Bounds) -> str:
    lower, point, upper = bounds
    if lower == upper:
        return str(rounded(point))
    return f'{{"lower":{rounded(lower)},"point":{rounded(point)},"upper":{rounded(upper)}}}'


def _facts(facts: Facts) -> str:
    """Every fact by name; null where nobody knows it."""
    return encode({name: facts[name]._asdict() if name in facts else None for name in FACTS})


def _summary(summary: Summary) -> str:
    table = summary._asdict()
    table.update(
        unknown_share=rounded(summary.unknown_share),
        fragility=rounded(summary.fragility),
        share_flagged={name: rounded(found / summary.known) for name, found in summary.flagged.items()}
        if summary.known
        else None,
        base_rate=tables.load("alert_budget.json"),
    )
    return encode(table)


def _coverage(coverage: Mapping[str, float]) -> str:
    return encode({name: rounded(known) for name, known in coverage.items()})


def _lockfile(project: Project) -> str:
    path, form = quote(project.lockfile.path), quote(project.lockfile.format)
    summary, coverage = _summary(project.summary), _coverage(project.coverage)
    return f'{{"path":{path},"format":{form},"summary":{summary},"coverage":{coverage}}}'


def _finding(finding: Finding) -> str:
    return encode({**finding._asdict(), "facts": {name: fact._asdict() for name, fact in finding.facts.items()}})
