"""Commands and their options as data: written once, read by the quick reader of arguments and by Typer alike."""

from __future__ import annotations

from typing import Literal, NamedTuple

from depfrag.registry import GRAPHS, PLOTS, REPORTS, SOURCES


class Argument(NamedTuple):
    """A word of a command line that is no option."""

    name: str
    help: str
    many: bool = False
    default: tuple[str, ...] | None = None
    """None: it must be given."""


class Option(NamedTuple):
    """An option; one with `setting` sets what `depfrag.config.table` calls so."""

    name: str
    help: str
    kind: Literal["flag", "value", "many"] = "value"
    metavar: str = "TEXT"
    short: str = ""
    setting: str = ""
    value: object = True
    """What a flag sets its setting to."""
    default: str = ""
    """As help shows it."""


class Command(NamedTuple):
    """A command and where it is written."""

    name: str
    """Of a command in a group: both words."""
    help: str
    target: str
    arguments: tuple[Argument, ...] = ()
    options: tuple[Option, ...] = ()
    after: str = ""
    """What its help says at the end."""


_PATHS = Argument("paths", "Lockfiles, or folders to search for them [default: .]", many=True, default=(".",))
_PATH = Argument("path", "A lockfile, or the folder that it is in.")
_PACKAGE = Argument("package", "A package: its name, name@version, package URL or id.")

_COLOR = Option("color", "When to colour: auto, always or never.", metavar="WHEN", default="auto")
_QUIET = Option("quiet", "Say nothing on the error stream but errors.", "flag", short="q")
_VERBOSE = Option("verbose", "Say more on the error stream.", "flag", short="v")
_CONFIG = Option("config", "Take the settings from this file.", metavar="FILE")
_ISOLATED = Option("isolated", "Read no configuration file.", "flag")
_OUTPUT = Option("output", "Write to this file.", metavar="FILE", short="o")
_COMMON = (_CONFIG, _ISOLATED, _QUIET, _VERBOSE)
_FACTS = (
    Option("offline", "Open no connection; use what was kept from earlier runs.", "flag", setting="offline"),
    Option("snapshot", "Take the facts from this snapshot; may be given again.", "many", "FILE", setting="snapshots"),
    Option("as-of", "Facts as they could be known that day, YYYY-MM-DD.", metavar="DATE", setting="as-of"),
    Option("prod", "Leave out what only development needs.", "flag", setting="prod"),
    Option("max-age", "How long kept answers count as fresh: 30m, 24h, 7d …", metavar="TIME", setting="max-age",
           default="24h"),
    Option("no-third-party", "Ask registries alone.", "flag", setting="third-party", value=False),
)  # fmt: skip
_SCORES = (
    Option("model", "Sort by this model.", metavar="NAME", setting="model", default="left-pad"),
    Option("inspect", "Fetch and count the files of the N highest-reach releases of unknown size.", metavar="N",
           setting="inspect", default="0"),
    Option("source", f"Ask this source too: {', '.join(n for n, s in SOURCES.items() if not s.usual)}; may be given"
           " again.", "many", "NAME", setting="sources"),
    Option("max-unknown", "Let scan exit with 4 when more than this share, 0 to 1, is unknown.", metavar="SHARE",
           setting="max-unknown"),
)  # fmt: skip
_GRAPH = (*_FACTS, *_COMMON)
_ANALYSIS = (*_FACTS, *_SCORES, *_COMMON, _COLOR)
_JSON = Option("format", "terminal or json.", metavar="NAME", default="terminal")

COMMANDS: tuple[Command, ...] = (
    Command(
        "scan", "Find the fragile packages in lockfiles: score, judge and report.", "depfrag.cli.scan:run", (_PATHS,),
        (
            Option("format", f"{' or '.join(REPORTS)}, to FILE if one is named; may be given again.", "many",
                   "NAME[:FILE]", default="terminal"),
            Option("output", "Write the last format to this file.", metavar="FILE", short="o"),
            Option("fail-on", "Exit with 1 at critical, high, medium, low, a rule or score:N, or never: none; may be"
                   " given again.", "many", "WHAT", setting="fail-on", default="high"),
            Option("top", "How many packages the terminal report lists.", metavar="N", default="10"),
            Option("exit-zero", "Exit with 0 even when there are findings.", "flag"),
            *_ANALYSIS,
        ),
        "Exit codes: 0 nothing at or above --fail-on; 1 findings; 2 a mistake in options or configuration; 3 a lockfile"
        " could not be read; 4 more unknown than --max-unknown; 130 interrupted.",
    ),
    Command(
        "graph", "Show the graph of lockfiles: no scores, and no network but for --complete.",
        "depfrag.cli.graph:run", (_PATHS,),
        (
            Option("format", f"One of {', '.join(GRAPHS)}.", metavar="NAME", default="json"),
            Option("complete", "Add the edges that registry manifests tell.", "flag"),
            _OUTPUT, *_GRAPH,
        ),
    ),
    Command(
        "why", "Show the paths from the project to a package.", "depfrag.cli.why:run", (_PATH, _PACKAGE),
        (Option("all", "Every path, up to 1,000; the rest are counted.", "flag"), _JSON, *_GRAPH),
    ),
    Command(
        "explain", "Show everything about one package: facts, parts of the score, what breaks.",
        "depfrag.cli.explain:run", (_PATH, _PACKAGE), (_JSON, *_ANALYSIS),
    ),
    Command(
        "plot", "Draw a figure.", "depfrag.cli.plot:run", (_PATH,),
        (
            Option("kind", f"The figure: {', '.join(PLOTS)}.", metavar="KIND", default="risk-map"),
            Option("output", "An svg, png or pdf file; without, svg goes to the pipe.", metavar="FILE", short="o"),
            *_ANALYSIS,
        ),
    ),
    Command(
        "snapshot write", "Write the facts of lockfiles to one file.", "depfrag.cli.snapshot:write", (_PATHS,),
        (_OUTPUT, *_ANALYSIS),
    ),
    Command(
        "snapshot show", "Show what a snapshot holds.", "depfrag.cli.snapshot:show",
        (Argument("file", "The snapshot."),), (_JSON, _COLOR),
    ),
    Command(
        "snapshot merge", "Make one snapshot of several.",
        "depfrag.cli.snapshot:merge", (Argument("files", "The snapshots.", many=True),), (_OUTPUT, _QUIET),
    ),
    Command("cache dir", "Show the folder of the cache.", "depfrag.cli.cache:folder"),
    Command("cache info", "Show what the cache holds.", "depfrag.cli.cache:info", (), (_JSON,)),
    Command(
        "cache prune", "Remove the answers that have not been current for a while.", "depfrag.cli.cache:prune", (),
        (Option("max-age", "How long: 90m, 24h or 30d.", metavar="TIME", default="30d"),),
    ),
    Command("cache clear", "Remove the cache.", "depfrag.cli.cache:clear"),
    Command("plugins", "List formats, sources, models, rules, reports and figures.", "depfrag.cli.plugins:run"),
)  # fmt: skip

GROUPS = {
    "snapshot": "Write, show and merge snapshots: the facts of a run in one file.",
    "cache": "What is kept of answers between runs.",
}
