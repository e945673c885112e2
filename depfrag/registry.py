"""Every plugin by name, one line each; nothing here is imported before it is used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from depfrag.errors import NotFoundError
from depfrag.protocols import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from depfrag.protocols import GraphReport, LockfileParser, MetadataSource, Plot, Report, Rule, Scorer


_NPM = ("npm-shrinkwrap.json", "package-lock.json", ".package-lock.json")
_PIP = ("requirements*.txt", "*requirements.txt")

LOCKFILES: tuple[Format, ...] = (
    Format(
        "package-lock",
        _NPM,
        "depfrag.lockfiles.package_lock:PARSER",
        ("*package-lock*.json", "*shrinkwrap*.json"),
        one=True,
    ),
    Format("uv-lock", ("uv.lock",), "depfrag.lockfiles.uv_lock:PARSER", ("*.py.lock",)),
    Format("requirements-txt", _PIP, "depfrag.lockfiles.requirements:PARSER", ("*.txt", "*.in")),
)


class SourceOf(NamedTuple):
    """A source of facts."""

    target: str
    turn: Literal["first", "main", "last"] = "main"
    """first: what it covers is asked about nowhere else; last: only about releases whose files are to be counted."""
    online: bool = True
    """It has nothing to say without the network or what was kept of it."""


SOURCES: Mapping[str, SourceOf] = {
    "snapshot": SourceOf("depfrag.sources.snapshot:SOURCE", turn="first", online=False),
    "installed": SourceOf("depfrag.sources.installed:SOURCE", online=False),
    "npm": SourceOf("depfrag.sources.npm:SOURCE"),
    "pypi": SourceOf("depfrag.sources.pypi:SOURCE"),
    "archive": SourceOf("depfrag.sources.archive:SOURCE", turn="last"),
}

MODELS: Mapping[str, str] = {
    "left-pad": "depfrag.scoring.left_pad:LeftPad",
}

RULES: Mapping[str, str] = {
    "left-pad": "depfrag.rules.left_pad:RULE",
    "unknown": "depfrag.rules.unknown:RULE",
}

REPORTS: Mapping[str, str] = {
    "terminal": "depfrag.reports.terminal:REPORT",
    "json": "depfrag.reports.analysis_json:REPORT",
}

GRAPHS: Mapping[str, str] = {
    "json": "depfrag.reports.graph_json:REPORT",
    "graphml": "depfrag.reports.graph_graphml:REPORT",
    "dot": "depfrag.reports.graph_dot:REPORT",
    "mermaid": "depfrag.reports.graph_mermaid:REPORT",
    "csv": "depfrag.reports.graph_csv:REPORT",
}

PLOTS: Mapping[str, str] = {
    "risk-map": "depfrag.plots.risk_map:PLOT",
}


def parser(form: Format) -> LockfileParser:
    """The reader of a format."""
    return cast("LockfileParser", _load(form.target))


def sources(turn: str, *, online: bool) -> list[MetadataSource]:
    """The sources whose turn it is; without the network those that need none."""
    wanted = [s.target for s in SOURCES.values() if s.turn == turn and (online or not s.online)]
    return [cast("MetadataSource", _load(target)) for target in wanted]


def model(name: str) -> Scorer:
    """A model, made for one run."""
    make = cast("Callable[[], Scorer]", _plugin("model", MODELS, name))
    return make()


def rule(name: str) -> Rule:
    """A rule by name."""
    return cast("Rule", _plugin("rule", RULES, name))


def report(name: str) -> Report:
    """A report by name."""
    return cast("Report", _plugin("format", REPORTS, name))


def graph_report(name: str) -> GraphReport:
    """A form of the graph by name."""
    return cast("GraphReport", _plugin("graph format", GRAPHS, name))


def plot(name: str) -> Plot:
    """A figure by name."""
    return cast("Plot", _plugin("plot", PLOTS, name))


def _plugin(what: str, table: Mapping[str, str], name: str) -> object:
    if name not in table:
        from difflib import get_close_matches

        raise NotFoundError(what, name, nearest=tuple(get_close_matches(name, table, 2)) or tuple(table))
    return _load(table[name])


def _load(target: str) -> object:
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)
