"""The report for people at a terminal: the verdict, the most fragile packages, what is known, what to do next."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from depfrag import tables, wording
from depfrag.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depfrag.model import Analysis, Part, Problem, Project, Score, Scored
    from depfrag.protocols import ReportOptions

_STYLES = {"critical": "bold red", "high": "bold yellow", "medium": "cyan", "low": "dim"}
_NARROW = 96
_REMEDIES = 3
_ACCOUNT = 20


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
        for project in analysis.projects:
            _project(console, project, options, many=len(analysis.projects) > 1)
        for host in analysis.hosts:
            if host.dates != "publish" or host.publishers != "registry":
                console.print(Text(f"! {visible(host.host)}: {visible(host.because)}", style="yellow"))
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


def _project(console: Console, project: Project, options: ReportOptions, *, many: bool) -> None:
    console.print()
    if many:
        console.print(Text(f"{visible(project.lockfile.path)} ({project.lockfile.format})", style="bold underline"))
    if options.top and project.packages:
        console.print(_table(project, options))
        console.print()
    for line in (*_coverage(project), *_budget(project)):
        console.print(line)
    _problems(console, project.problems, options)
    _next(console, project)


# -- the table -------------------------------------------------------------------------------------------------------


def _table(project: Project, options: ReportOptions) -> Table:
    wide = options.width >= _NARROW
    table = Table(box=None, padding=(0, 1), collapse_padding=True, header_style="dim", pad_edge=False)
    table.add_column("package", overflow="fold")
    for name in ("score", "band", *(("reach", "alone", "tiny") if wide else ()), "publishers", "size"):
        table.add_column(name, justify="left" if name in ("band", "publishers") else "right", no_wrap=True)
    table.add_column("needed by", justify="right", no_wrap=True)
    table.add_column("breaks", justify="right", no_wrap=True)
    for scored in project.packages[: options.top]:
        release, measures, _, score = scored
        parts = [_part(score.parts[name]) for name in ("reach", "solitude", "smallness")] if wide else []
        name = visible(f"{release.name}@{release.version or '*'}")
        broken = wording.breaks(measures.breaks, measures.broken, project.summary.direct)
        table.add_row(
            Text(name), Text(wording.score(score)), Text(*_band(score)), *parts, _publishers(scored),
            _dim_unknown(wording.size(scored.facts)), Text(wording.bounds(measures.dependents)), Text(broken),
        )  # fmt: skip
    return table


def _band(score: Score) -> tuple[str, str]:
    return score.band + ("?" if score.band != score.lower_band else ""), _STYLES[score.band]


def _part(part: Part) -> Text:
    return Text(f"{part.point:.2f}") if part.known else Text(f"~{part.point:.2f}", style="dim")


def _publishers(scored: Scored) -> Text:
    if scored.release.kind != "registry":
        return Text("–", style="dim")
    text = wording.publishers(scored.facts)
    return _dim_unknown(text if len(text) <= _ACCOUNT else text[: _ACCOUNT - 1] + "…")


def _dim_unknown(text: str) -> Text:
    return Text(text, style="dim" if text == "?" else "")


# -- below the table -------------------------------------------------------------------------------------------------


def _coverage(project: Project) -> Iterator[Text]:
    total = project.summary.registry
    if not total:
        return
    known = [
        f"{label} {round(project.coverage.get(name, 0) * total):,} of {total:,}"
        for name, label in (("publishers", "publishers"), ("size", "size"), ("published", "publish date"))
    ]
    sources = sorted({fact.source for scored in project.packages for fact in scored.facts.values()})
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
        if problem.level != "info" or options.verbose:
            kinds.setdefault(problem.code, []).append(problem)
    for cases in kinds.values():
        shown = cases if options.verbose else cases[:1]
        for problem in shown:
            place = f" (line {problem.line})" if problem.line else ""
            console.print(Text(f"! {visible(problem.message)}{place}", style="yellow"))
        if len(cases) > len(shown):
            console.print(Text(f"  and {len(cases) - len(shown):,} more of this kind; -v lists them", style="dim"))


def _next(console: Console, project: Project) -> None:
    """What to do, for the worst findings."""
    acting = [f for f in project.findings if f.paths][:_REMEDIES]
    if not acting:
        unknown = next((f.remedy for f in project.findings if f.rule == "unknown" and f.remedy), None)
        if unknown:
            console.print(Text(f"To know more, {visible(unknown)}.", style="dim"))
        return
    names = wording.Names(project.lockfile.releases)
    advice = Table.grid(padding=(0, 2, 0, 0))
    for finding in acting:
        text = Text(f"{visible(finding.message)}. {_sentence(finding.remedy)}\n")
        text.append(" → ".join(names.of(step) for step in finding.paths[0]), style="dim")
        advice.add_row(Text(finding.level, style=_STYLES.get(finding.level, "")), text)
    name, path = wording.name(acting[0].subject), visible(project.lockfile.path)
    console.print()
    console.print(Text("What to do next", style="bold"))
    console.print(advice)
    hint = f"depfrag explain {path} {name} shows every fact, depfrag why {path} {name} every path."
    console.print(Text(hint, style="dim"))


def _sentence(remedy: str | None) -> str:
    return f"{visible(remedy[:1].upper() + remedy[1:])}." if remedy else "Remedy: none known."
