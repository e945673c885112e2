"""The report for people at a terminal: the verdict, the most fragile packages, what is known, what to do next."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from depfrag import tables, wording
from depfrag.reports import ranking
from depfrag.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depfrag.model import Analysis, Problem, Project
    from depfrag.protocols import ReportOptions

_REMEDIES = 3
_NAMED = 3
_TOLD = frozenset(("left-out", "supposed-direct"))
"""Problems that are for information and told all the same: they say what the numbers are of."""


class Terminal:
    """Writes plain text, or text with colours."""

    def render(self, analysis: Analysis, options: ReportOptions) -> str:
        console = Console(
            file=io.StringIO(), width=max(60, options.width), force_terminal=options.color, no_color=not options.color,
            color_system="standard" if options.color else None, highlight=False, emoji=False, markup=False,
            height=25,  # given, so that rich looks at no variable and no terminal
            legacy_windows=False, soft_wrap=False,
        )  # fmt: skip
        for line in _head(analysis):
            console.print(line)
        told: set[str] = set()
        for project in analysis.projects:
            _project(console, project, options, told, many=len(analysis.projects) > 1)
        _to_know_more(console, analysis.projects)
        for host in analysis.hosts if options.verbose else ():
            if (host.publishers, host.dates) == ("registry", "publish"):  # of others a problem tells
                console.print(Text(wording.host(host), style="dim"))
        _problems(console, analysis.problems, options)
        stream = console.file
        assert isinstance(stream, io.StringIO)
        return "\n".join(line.rstrip() for line in stream.getvalue().split("\n"))


REPORT = Terminal()


def _head(analysis: Analysis) -> Iterator[Text]:
    when = f"facts as of {analysis.as_of}" if analysis.as_of else f"facts up to {analysis.made_at}"
    if analysis.made_at is None:
        when = "no facts"
    names = [p.lockfile.path for p in analysis.projects]
    where = names[0] if len(names) == 1 else f"{len(names)} lockfiles"
    yield Text(f"depfrag {analysis.version} · {visible(where)} · {when}", style="dim")
    if analysis.snapshots:
        yield Text(f"facts from {', '.join(visible(s) for s in analysis.snapshots)}", style="dim")
    yield Text()
    sentence = visible(analysis.verdict.sentence)
    yield Text(sentence[:1].upper() + sentence[1:] + ".", style="bold")


def _project(console: Console, project: Project, options: ReportOptions, told: set[str], *, many: bool) -> None:
    console.print()
    if many:
        console.print(Text(f"{visible(project.lockfile.path)} ({project.lockfile.format})", style="bold underline"))
    if options.top and project.packages:
        packages = project.packages[: options.top]
        table = ranking.table(project, packages, console.width)
        console.print(table)
        for text in ranking.legend(table, packages):
            if text not in told:
                console.print(Text(text, style="dim"))
                told.add(text)
        console.print()
    for line in (*_coverage(project), *_budget(project)):
        console.print(line)
    _problems(console, project.problems, options)
    _next(console, project)


# -- below the table -------------------------------------------------------------------------------------------------


def _coverage(project: Project) -> Iterator[Text]:
    total = project.summary.registry
    if not total:
        return
    known = [
        f"{label} {round(project.coverage.get(name, 0) * total):,} of {total:,}"
        for name, label in (("publishers", "publishers"), ("size", "size"), ("published", "publish date"))
    ]
    least = sum(wording.size(s.facts).startswith("≥") for s in project.packages if s.release.kind == "registry")
    if least:
        known[1] += f" (for {least:,} a lower bound)"
    # Behind a comma a source says which of its numbers was taken.
    sources = sorted({fact.source.partition(",")[0] for s in project.packages for fact in s.facts.values()})
    line = Text(f"Known: {', '.join(known)}.", style="dim")
    if sources:
        line.append(f" Sources: {', '.join(visible(s) for s in sources)}.")
    yield line


def _budget(project: Project) -> Iterator[Text]:
    """The share of packages flagged beside the usual one: a gate that flags more than that is not believed."""
    summary = project.summary
    if not summary.known:
        return
    usual = tables.load("alert_budget.json")
    share = summary.flagged["high"] / summary.known
    text = f"Flagged: {share:.1%} of the {summary.known:,} releases that are fully known"
    text += f" (usual: {usual['high']['median']:.1%}, at most {usual['high']['worst']:.1%}, "
    text += f"in {usual['trees']} {usual['what']})"
    if summary.known < usual["enough"]:
        text += f"; under {usual['enough']} releases such a share means little"
    yield Text(text + ".", style="dim")


def _problems(console: Console, problems: Sequence[Problem], options: ReportOptions) -> None:
    """One line for each kind of problem; all of them when asked for more."""
    kinds: dict[str, list[Problem]] = {}
    for problem in problems:
        if problem.level != "info" or problem.code in _TOLD or options.verbose:
            kinds.setdefault(problem.code, []).append(problem)
    for cases in kinds.values():
        if options.verbose:
            for problem in cases:
                console.print(Text(f"! {_said([problem])}", style="yellow"))
            continue
        alike = [p for p in cases if p.message == cases[0].message]
        console.print(Text(f"! {_said(alike)}", style="yellow"))
        if len(cases) > len(alike):
            console.print(Text(f"  and {len(cases) - len(alike):,} more of this kind; -v lists them", style="dim"))


def _said(alike: Sequence[Problem]) -> str:
    """One line for problems with the same message, about one release each or about none."""
    first, message = alike[0], visible(alike[0].message)
    place = f" (line {first.line})" if first.line and len(alike) == 1 else ""
    if place and message.endswith(place):
        place = ""
    releases = list(dict.fromkeys(visible(p.package.partition(":")[2]) for p in alike if p.package))
    if not releases:
        return message + place
    if len(releases) > _NAMED:
        return f"{len(releases):,} releases: {message}; -v lists them"
    return f"{', '.join(releases)}: {message}{place}"


def _next(console: Console, project: Project) -> None:
    """What to do, for the worst findings."""
    acting = [f for f in project.findings if f.paths][:_REMEDIES]
    if not acting:
        return
    names = wording.Names(project.lockfile.releases)
    advice = Table.grid(padding=(0, 2, 0, 0))
    for finding in acting:
        text = Text(f"{visible(finding.message)}. {_sentence(finding.remedy)}\n")
        text.append(" → ".join(names.of(step) for step in finding.paths[0]), style="dim")
        advice.add_row(Text(finding.level, style=ranking.STYLES.get(finding.level, "")), text)
    console.print()
    console.print(Text("What to do next", style="bold"))
    console.print(advice)
    console.print(Text("Every fact, and every path, with the options of this scan:", style="dim"))
    for command in ("explain", "why"):
        line = wording.command(command, project.lockfile.path, wording.name(acting[0].subject))
        console.print(Text(f"  {line}", style="dim"), soft_wrap=True)  # one line, to be copied


def _to_know_more(console: Console, projects: Sequence[Project]) -> None:
    """How what is unknown can be known, where that is what is left to do."""
    for project in projects:
        unknown = [f.remedy for f in project.findings if f.rule == "unknown" and f.remedy]
        if unknown and not any(f.paths for f in project.findings):
            console.print(Text(f"To know more, {visible(unknown[0])}.", style="dim"))
            return


def _sentence(remedy: str | None) -> str:
    return f"{visible(remedy[:1].upper() + remedy[1:])}." if remedy else "Remedy: none known."
