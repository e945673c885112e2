"""Everything about one package as text: its score part by part, every fact with its source, what breaks, what to do."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from depfrag import wording
from depfrag.facts import FACTS, PYTHON_ONLY
from depfrag.identity import purl
from depfrag.visible import visible

if TYPE_CHECKING:
    from depfrag.graph import Paths
    from depfrag.model import Measures, Project, Scored
    from depfrag.protocols import ReportOptions

_LIST = 12
_LONG = 160


def explanation(project: Project, scored: Scored, paths: Paths, options: ReportOptions) -> str:
    """The text about one release of a project; `paths` are the shortest ones to it."""
    console = Console(
        file=io.StringIO(), width=max(60, options.width), force_terminal=options.color, no_color=not options.color,
        color_system="standard" if options.color else None, highlight=False, emoji=False, markup=False,
        height=25,  # given, so that rich looks at no variable and no terminal
    )  # fmt: skip
    release, measures, _, score = scored
    line = f":{release.line}" if release.line else ""
    console.print(Text(visible(f"{release.name}@{release.version or '*'}"), style="bold"))
    console.print(Text(f"{visible(purl(release))} · {visible(project.lockfile.path)}{line}", style="dim"))
    console.print()
    doubt = "" if score.band == score.lower_band else f", at least {score.lower_band}"
    known = "everything measured" if score.known > 1 - 1e-9 else f"{score.known:.0%} of the score's weight measured"
    console.print(Text(f"Fragility {wording.score(score)} of 100: {score.band}{doubt} ({known})"))
    parts = _grid()
    for name, part in score.parts.items():
        value = f"{part.point:.2f}" if part.lower == part.upper else f"{part.lower:.2f} – {part.upper:.2f}"
        parts.add_row(f"  {name}", value, Text(visible(part.because)))
    console.print(parts)
    for heading, body in (
        ("Facts", _facts(scored)),
        ("If it goes", _consequence(project, measures)),
        ("Needed through", _paths(project, paths)),
        ("Findings", _findings(project, release.id)),
    ):
        console.print()
        console.print(Text(heading, style="bold"))
        console.print(body)
    stream = console.file
    assert isinstance(stream, io.StringIO)
    return "\n".join(text.rstrip() for text in stream.getvalue().split("\n"))


def _grid() -> Table:
    return Table.grid(padding=(0, 2, 0, 0))


def _facts(scored: Scored) -> Table:
    table = _grid()
    for name in FACTS:
        fact = scored.facts.get(name)
        if fact is None and name in PYTHON_ONLY and scored.release.ecosystem != "pypi":
            continue
        if fact is None:
            table.add_row(f"  {name}", Text("unknown", style="dim"), "", "", "")
            continue
        value = wording.fact(fact.value)
        value = value if len(value) <= _LONG else value[: _LONG - 1] + "…"
        table.add_row(f"  {name}", Text(value), fact.grade, fact.observed, Text(visible(fact.source), style="dim"))
    return table


def _consequence(project: Project, measures: Measures) -> Text:
    names = wording.Names(project.lockfile.releases)
    lines = [
        f"  {wording.bounds(measures.dependents)} releases need it, directly or through others",
        f"  {wording.breaks(measures.breaks, measures.broken, project.summary.direct)} direct dependencies break",
    ]
    if measures.broken:
        shown = ", ".join(names.of(b) for b in measures.broken[:_LIST])
        lines[-1] += f": {shown}{', …' if len(measures.broken) > _LIST else ''}"
    if measures.optionally_exposed.upper:
        lines.append(f"  {wording.bounds(measures.optionally_exposed)} more need it through optional dependencies only")
    leaves = "nothing else leaves" if measures.dominates <= 1 else f"{measures.dominates - 1:,} more releases leave"
    lines.append(f"  {leaves} the tree with it")
    return Text("\n".join(lines))


def _paths(project: Project, paths: Paths) -> Text:
    names = wording.Names(project.lockfile.releases)
    lines = [f"  {names.path(steps)}" for steps in paths.paths] or ["  nothing in the project needs it"]
    if paths.more:
        lines.append(f"  and {'' if paths.exact else 'at least '}{paths.more:,} more; depfrag why --all lists them")
    return Text("\n".join(lines))


def _findings(project: Project, release: str) -> Text:
    lines = [
        f"  {f.level}  {f.rule}: {visible(f.message)}\n  {' ' * len(f.level)}  "
        f"{f'Remedy: {visible(f.remedy)}' if f.remedy else 'Remedy: none known'}"
        for f in project.findings
        if f.subject == release
    ]
    return Text("\n".join(lines) or "  none")
