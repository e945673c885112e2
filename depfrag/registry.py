"""Every plugin by name, one line each; nothing here is imported before it is used.

The order of lockfiles is that in which they count where a folder has several of a kind (`depfrag.protocols.Format`).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from depfrag.errors import NotFoundError
from depfrag.protocols import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from depfrag.protocols import GraphReport, LockfileParser, MetadataSource, Plot, Report, Rule, Scorer


_NPM = ("npm-shrinkwrap.json", "package-lock.json", ".package-lock.json")
_ANY_NPM = ("*package-lock*.json", "*shrinkwrap*.json")
_PYLOCK = ("pylock.toml", "pylock.*.toml")
_PNPM = ("pnpm-lock.yaml", "shrinkwrap.yaml")
_ANY_PNPM = ("*pnpm-lock*.yaml", "*shrinkwrap*.yaml", "lock.yaml")
_PIP = ("requirements*.txt", "*requirements.txt")
_ANY_PIP = ("*.txt", "*.in")

_SBOM = "depfrag.lockfiles.sbom:PARSER"

LOCKFILES: tuple[Format, ...] = (
    Format("bun-lock", ("bun.lock",), "depfrag.lockfiles.bun:PARSER", (), "npm", "bun"),
    Format("pnpm-lock", _PNPM, "depfrag.lockfiles.pnpm:PARSER", _ANY_PNPM, "npm", "pnpm"),
    Format("yarn", ("yarn.lock",), "depfrag.lockfiles.yarn:PARSER", ("*yarn*.lock",), "npm", "yarn"),
    Format("package-lock", _NPM, "depfrag.lockfiles.package_lock:PARSER", _ANY_NPM, "npm", "npm"),
    Format("uv-lock", ("uv.lock",), "depfrag.lockfiles.uv_lock:PARSER", ("*.py.lock",), "pypi"),
    Format("poetry-lock", ("poetry.lock",), "depfrag.lockfiles.poetry:PARSER", ("*poetry*.lock",), "pypi"),
    Format("pdm-lock", ("pdm.lock",), "depfrag.lockfiles.pdm:PARSER", ("*pdm*.lock",), "pypi"),
    Format("pylock-toml", _PYLOCK, "depfrag.lockfiles.pylock:PARSER", ("*pylock*.toml",), "pypi"),
    Format("pipfile-lock", ("Pipfile.lock",), "depfrag.lockfiles.pipfile:PARSER", ("*Pipfile*.lock",), "pypi"),
    Format("requirements-txt", _PIP, "depfrag.lockfiles.requirements:PARSER", _ANY_PIP, "pypi", exports=("pypi",)),
    Format("cyclonedx-json", ("bom.json", "*.cdx.json"), _SBOM, ("*.json",), kind="sbom", exports=("npm", "pypi")),
    Format("spdx-json", ("*.spdx.json",), _SBOM, kind="sbom", exports=("npm", "pypi")),
    Format("node_modules", ("node_modules",), "depfrag.lockfiles.installed_npm:PARSER", folder=True),
    Format(
        "site-packages",
        ("site-packages", "dist-packages"),
        "depfrag.lockfiles.installed_python:PARSER",
        ("pyvenv.cfg", "conda-meta"),
        folder=True,
    ),
)


class SourceOf(NamedTuple):
    """A source of facts."""

    target: str
    turn: Literal["first", "main", "last"] = "main"
    """first: what it covers is asked about nowhere else; last: only about releases whose files are to be counted."""
    online: bool = True
    """It has nothing to say without the network or what was kept of it."""
    third_party: bool = False
    """It names releases to somebody who is no registry of the project; the setting ``third-party`` forbids that."""
    usual: bool = True
    """Asked in every run; another one only where the setting ``sources`` names it."""
    about: str = ""
    """Who is asked for what, as ``depfrag plugins`` shows it."""


SOURCES: Mapping[str, SourceOf] = {
    "snapshot": SourceOf("depfrag.sources.snapshot:SOURCE", turn="first", online=False, about="the files named"),
    "installed": SourceOf("depfrag.sources.installed:SOURCE", online=False, about="what lies beside the lockfile"),
    "npm": SourceOf("depfrag.sources.npm:SOURCE", about="the project's npm registry, about each package"),
    "pypi": SourceOf("depfrag.sources.pypi:SOURCE", about="the project's Python index, about each package"),
    "depsdev": SourceOf(
        "depfrag.sources.depsdev:SOURCE",
        third_party=True,
        about="deps.dev, about releases of the public registries: dependents, dates, repositories",
    ),
    "osv": SourceOf(
        "depfrag.sources.osv:SOURCE",
        third_party=True,
        about="OSV, about releases of the public registries: reports of malicious ones",
    ),
    "ecosystems": SourceOf(
        "depfrag.sources.ecosystems:SOURCE",
        third_party=True,
        usual=False,
        about="ecosyste.ms, about packages of the public registries: publishers, dependents, downloads",
    ),
    "replacements": SourceOf(
        "depfrag.sources.replacements:SOURCE", about="the project's npm registry, for e18e's list; no name is told"
    ),
    "archive": SourceOf(
        "depfrag.sources.archive:SOURCE", turn="last", about="the registry, for archives to count (--inspect)"
    ),
}

MODELS: Mapping[str, str] = {
    "left-pad": "depfrag.scoring.left_pad:LeftPad",
}

RULES: Mapping[str, str] = {
    "malicious": "depfrag.rules.malicious:RULE",
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


def sources(turn: str, *, online: bool, third_party: bool = True, also: Collection[str] = ()) -> list[MetadataSource]:
    """The sources whose turn it is: without the network those that need none, without third parties those that name
    nothing to any. Those that are not usual have to be named in `also`."""
    wanted = [
        source.target
        for name, source in SOURCES.items()
        if source.turn == turn
        and (online or not source.online)
        and (third_party or not source.third_party)
        and (source.usual or name in also)
    ]
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
