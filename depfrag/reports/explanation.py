"""Everything about one package as text: its score part by part, every fact with its source, what breaks, what to do."""

from __future__ import annotations

import io
from textwrap import TextWrapper
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from depfrag import wording
from depfrag.facts import FACTS, PYTHON_ONLY, UNUSUAL
from depfrag.identity import purl
from depfrag.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from depfrag.graph import Paths
    from depfrag.model import Measures, Project, Release, Scored
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
    band: str = score.band
    if band != score.lower_band:
        band = f"at least {score.lower_band}, {band} if what is unknown is as usual"
    known = "everything measured" if score.known > 1 - 1e-9 else f"{score.known:.0%} of the score's weight measured"
    console.print(Text(f"Fragility {wording.score(score)} of 100: {band} ({known})"))
    parts = _grid()
    for name, part in score.parts.items():
        value = f"{part.point:.2f}" if part.lower == part.upper else f"{part.lower:.2f} – {part.upper:.2f}"
        parts.add_row(f"  {name}", value, Text(visible(part.because)))
    console.print(parts)
    for heading, body in (
        ("Facts", _facts(scored)),
        ("If it goes", _lines(_consequence(project, measures), console.width)),
        ("Needed through", _lines(_paths(project, release, paths), console.width)),
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


def _lines(lines: Iterable[str], width: int) -> Text:
    """Lines on their own, indented, and more so where they go on."""
    wrap = TextWrapper(
        width, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False, break_long_words=False
    )
    return Text("\n".join(wrap.fill(line) for line in lines))


def _facts(scored: Scored) -> Table:
    table = _grid()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold", min_width=10)
    table.add_column(overflow="fold")
    for name in FACTS:
        fact, label = scored.facts.get(name), f"  {name.replace('_', ' ')}"
        if fact is None and (name in UNUSUAL or (name in PYTHON_ONLY and scored.release.ecosystem != "pypi")):
            continue
        if fact is None:
            table.add_row(label, Text("unknown", style="dim"))
            continue
        value = wording.fact(fact.value)
        value = value if len(value) <= _LONG else value[: _LONG - 1] + "…"
        said = Text(f"{fact.grade:8}  {fact.observed}  ").append(visible(fact.source), style="dim")
        table.add_row(label, Text(value), said)
    return table


def _consequence(project: Project, measures: Measures) -> Iterator[str]:
    names = wording.Names(project.lockfile.releases)
    yield f"{wording.bounds(measures.dependents)} releases need it, directly or through others"
    broken = f"{wording.breaks(measures.breaks, measures.broken, project.summary.direct)} direct dependencies break"
    if measures.broken:
        shown = ", ".join(names.of(b) for b in measures.broken[:_LIST])
        broken += f": {shown}{', …' if len(measures.broken) > _LIST else ''}"
    yield broken
    if measures.optionally_exposed.upper:
        yield f"{wording.bounds(measures.optionally_exposed)} more need it through optional dependencies only"
    leaves = "nothing else leaves" if measures.dominates <= 1 else f"{measures.dominates - 1:,} more releases leave"
    yield f"{leaves} the tree with it"


def _paths(project: Project, release: Release, paths: Paths) -> Iterator[str]:
    names = wording.Names(project.lockfile.releases)
    if not paths.paths:
        yield "nothing in the project needs it"
    for steps in paths.paths:
        yield names.path(steps)
    if paths.more:
        command = wording.command("why", project.lockfile.path, f"{release.name}@{release.version or '*'}", "--all")
        yield f"and {'' if paths.exact else 'at least '}{paths.more:,} more: {command}"


def _findings(project: Project, release: str) -> Table:
    table = _grid()
    for finding in project.findings:
        if finding.subject == release:
            remedy = f"Remedy: {visible(finding.remedy or 'none known')} (rule {finding.rule})"
            table.add_row(f"  {finding.level}", Text(f"{visible(finding.message)}\n{remedy}"))
    if not table.rows:
        table.add_row("  none")
    return table
