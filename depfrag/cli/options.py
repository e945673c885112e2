"""Commands and their options as data: written once, read by the quick reader of arguments and by Typer alike."""

from __future__ import annotations

from typing import Literal, NamedTuple

from depfrag.registry import GRAPHS


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


_PATHS = Argument("paths", "Lockfiles, or folders to search for them.", many=True, default=(".",))
_PATH = Argument("path", "A lockfile, or the folder that it is in.")
_PACKAGE = Argument("package", "A package: its name, name@version, package URL or id.")

_COLOR = Option("color", "When to colour: auto, always or never.", metavar="WHEN", default="auto")
_QUIET = Option("quiet", "Say nothing on the error stream but errors.", "flag", short="q")
_VERBOSE = Option("verbose", "Say more on the error stream.", "flag", short="v")
_CONFIG = Option("config", "Take the settings from this file.", metavar="FILE")
_ISOLATED = Option("isolated", "Read no configuration file.", "flag")
_OUTPUT = Option("output", "Write to this file.", metavar="FILE", short="o")
_ANALYSIS = (
    Option("offline", "Open no connection; use what was kept from earlier runs.", "flag", setting="offline"),
    Option("snapshot", "Take the facts from this snapshot; may be given again.", "many", "FILE", setting="snapshots"),
    Option("as-of", "Facts as they could be known that day.", metavar="DATE", setting="as-of"),
    Option("prod", "Leave out what only development needs.", "flag", setting="prod"),
    Option("model", "Sort by this model.", metavar="NAME", setting="model", default="left-pad"),
    Option("inspect", "Fetch and count the files of the N highest-reach releases of unknown size.", metavar="N",
           setting="inspect", default="0"),
    Option("max-age", "How long kept answers count as fresh.", metavar="TIME", setting="max-age", default="24h"),
    Option("max-unknown", "Exit with 4 when more than this share is unknown.", metavar="SHARE", setting="max-unknown"),
    Option("no-third-party", "Ask registries alone.", "flag", setting="third-party", value=False),
    _CONFIG, _ISOLATED, _QUIET, _VERBOSE, _COLOR,
)  # fmt: skip
_JSON = Option("format", "terminal or json.", metavar="NAME", default="terminal")

COMMANDS: tuple[Command, ...] = (
    Command(
        "scan", "Find the fragile packages in lockfiles: score, judge and report.", "depfrag.cli.scan:run", (_PATHS,),
        (
            Option("format", "NAME or NAME:FILE; may be given again.", "many", "NAME[:FILE]", default="terminal"),
            Option("output", "Write the last format to this file.", metavar="FILE", short="o"),
            Option("fail-on", "Exit with 1 at this level, rule or score:N, or never: none; may be given again.", "many",
                   "WHAT", setting="fail-on", default="high"),
            Option("top", "How many packages the terminal report lists.", metavar="N", default="10"),
            Option("exit-zero", "Exit with 0 even when there are findings.", "flag"),
            *_ANALYSIS,
        ),
    ),
    Command(
        "graph", "Show the graph of lockfiles: no scores and no network.", "depfrag.cli.graph:run", (_PATHS,),
        (
            Option("format", f"One of {', '.join(GRAPHS)}.", metavar="NAME", default="json"),
            Option("complete", "Add the edges that registry manifests tell.", "flag"),
            _OUTPUT, *_ANALYSIS,
        ),
    ),
    Command(
        "why", "Show the paths from the project to a package.", "depfrag.cli.why:run", (_PATH, _PACKAGE),
        (Option("all", "Every path, up to 1,000; the rest are counted.", "flag"), _JSON, *_ANALYSIS),
    ),
    Command(
        "explain", "Show everything about one package: facts, parts of the score, what breaks.",
        "depfrag.cli.explain:run", (_PATH, _PACKAGE), (_JSON, *_ANALYSIS),
    ),
    Command(
        "plot", "Draw a figure.", "depfrag.cli.plot:run", (_PATH,),
        (
            Option("kind", "The figure; depfrag plugins lists them.", metavar="KIND", default="risk-map"),
            Option("output", "An svg, png or pdf file.", metavar="FILE", short="o"), *_ANALYSIS,
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
    Command("plugins", "List formats, sources, models, rules, reports and figures.", "depfrag.cli.plugins:run"),
)  # fmt: skip

GROUPS = {"snapshot": "Write and show snapshots: the facts of a run in one file."}
