"""The values that walk through depfrag: immutable, without behaviour that reaches up, without I/O.

They are named tuples and not dataclasses because importing ``dataclasses`` costs 25 ms (it pulls in ``inspect`` and
``ast``), a fifth of a whole scan; see ``tests/benchmarks/README.md``. For the same reason their annotations are not
postponed: ``NamedTuple`` would compile each of them again when the module is imported.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

Ecosystem: TypeAlias = Literal["npm", "pypi"]
ReleaseKind: TypeAlias = Literal["registry", "git", "file", "link", "url"]
EdgeKind: TypeAlias = Literal["runtime", "peer", "optional", "dev", "extra"]
Origin: TypeAlias = Literal["lockfile", "nesting", "metadata"]
Grade: TypeAlias = Literal["registry", "aggregator", "reported", "declared"]
Level: TypeAlias = Literal["critical", "high", "medium", "low", "info"]
Band: TypeAlias = Literal["critical", "high", "medium", "low"]

FactValue: TypeAlias = "str | int | float | bool | tuple[FactValue, ...] | Mapping[str, FactValue] | None"
"""A fact's value as JSON can carry it, with tuples for arrays."""

LEVELS: tuple[Level, ...] = ("critical", "high", "medium", "low", "info")
"""Levels and bands, worst first."""


class Release(NamedTuple):
    """One version of a package as a lockfile pins it; a node of the graph."""

    id: str
    """``ecosystem:name@version``, unique within its lockfile."""
    ecosystem: Ecosystem
    name: str
    """The real package (never an alias), normalised as its ecosystem does."""
    version: str | None
    """As locked; None where the file pins none."""
    kind: ReleaseKind = "registry"
    line: int | None = None
    """First line of the first place of the entry, counted from 1."""
    hashes: tuple[str, ...] = ()
    source: str | None = None
    """Where the lockfile says it comes from: an archive, index, repository or path, without credentials."""
    bundled: bool = False
    """Shipped inside another release's archive (npm)."""


class Root(NamedTuple):
    """A project or workspace member: it needs releases and is none itself."""

    id: str
    """``root:`` and the folder, relative to the lockfile."""
    name: str | None
    path: str


class Dependency(NamedTuple):
    """An edge: `dependent` (a release's or root's id) needs `dependency`."""

    dependent: str
    dependency: str
    kind: EdgeKind = "runtime"
    condition: str | None = None
    """A marker under which the edge holds; None when it always does."""
    origin: Origin = "lockfile"


class Problem(NamedTuple):
    """What a run went on without."""

    code: str
    level: Literal["error", "warning", "info"]
    message: str
    lockfile: str | None = None
    line: int | None = None
    package: str | None = None
    """A release's id."""


class Lockfile(NamedTuple):
    """What one lockfile says, before any fact from outside."""

    path: str
    format: str
    """Named as in `depfrag.registry.LOCKFILES` and README's table, with the version: ``package-lock-v3``."""
    roots: tuple[Root, ...]
    releases: tuple[Release, ...]
    """Sorted by id."""
    dependencies: tuple[Dependency, ...]
    """Sorted; each pair of dependent and dependency at most once for each kind."""
    problems: tuple[Problem, ...] = ()
    open: frozenset[str] = frozenset()
    """Ids of releases whose dependencies the file does not say."""
    places: Mapping[str, str] = {}
    """npm: place in the tree (``node_modules/a/node_modules/b``) to release id, where edges are still to be found."""
    direct_known: bool = True
    """False where neither the lockfile nor a manifest beside it says what the project itself needs."""
    hints: Mapping[str, EdgeKind] = {}
    """Where that is so: release id to the kind of edge by which a root would need it."""
    indexes: tuple[str, ...] | None = None
    """Registries that the file names for all it lists, first choice first; None where it names none."""
    activated: Mapping[str, tuple[str, ...]] = {}
    """Id of an open release to the extras that the file asks of it."""


class Fact(NamedTuple):
    """Something a source knows of a release; what no source knows has no Fact."""

    value: FactValue
    source: str
    observed: str
    """The day it was observed, ``YYYY-MM-DD``."""
    grade: Grade


Facts: TypeAlias = Mapping[str, Fact]
"""Facts of one release by name; the names are described in `depfrag.tables.facts`."""


class Bounds(NamedTuple):
    """A number that unknown edges leave open: never under `lower`, never over `upper`; `point` is the middle."""

    lower: float
    point: float
    upper: float


class Measures(NamedTuple):
    """What the graph says of one release (docs: README, "What is measured")."""

    dependents: Bounds
    """How many releases of the lockfile need it, directly or through others."""
    breaks: Bounds | None
    """Share of the direct dependencies that are it or need it; None where there are none."""
    broken: tuple[str, ...]
    """Ids of those direct dependencies, by known edges."""
    dominates: int
    """How many releases leave the tree without it, itself included; 0 when no root reaches it."""
    optionally_exposed: Bounds
    """How many more releases need it through at least one optional edge."""
    direct: bool
    """A root needs it by name, optionally or not."""
    dev: bool
    """No root reaches it without a dev edge."""
    optional: bool
    """No root reaches it without an optional edge."""
    reached: bool
    """Some root reaches it."""


class Part(NamedTuple):
    """One factor of a score, from 0 to 1, and why it is what it is."""

    lower: float
    point: float
    upper: float
    known: bool
    because: str


class Score(NamedTuple):
    """Fragility from 0 to 100: an interval, a point between its ends, and the parts it is made of."""

    lower: float
    point: float
    upper: float
    band: Band
    """Of the point."""
    lower_band: Band
    """Of the lower end: what findings and gates act on."""
    known: float
    """Share of the score's weight that was measured, 0 to 1."""
    parts: Mapping[str, Part]


class Scored(NamedTuple):
    """One release with all that is known and computed about it."""

    release: Release
    measures: Measures
    facts: Facts
    score: Score


class Finding(NamedTuple):
    """What a project should act on."""

    rule: str
    level: Level
    subject: str
    """A release's id, or the lockfile's path."""
    message: str
    lockfile: str
    paths: tuple[tuple[str, ...], ...] = ()
    """From a root to the subject, shortest first; empty where the subject is no release."""
    facts: Facts = {}
    remedy: str | None = None
    """What to do; None when nothing is known to help."""
    fingerprint: str = ""
    suppressed: bool = False


class Host(NamedTuple):
    """What one registry host turned out to answer, judged once a run over everything it sent."""

    host: str
    ecosystem: Ecosystem
    asked: int
    answered: int
    dates: Literal["publish", "ingest", "absent", "unknown"]
    publishers: Literal["registry", "declared", "absent", "unknown"]
    because: str


class Summary(NamedTuple):
    """Counts over the releases of one lockfile, or of all together."""

    releases: int
    registry: int
    """Releases that a registry can know of."""
    edges: int
    """Distinct pairs of releases, one needing the other."""
    direct: int
    bands: Mapping[str, int]
    """Releases by the band of the lower end: what is known to be so."""
    could_be: Mapping[str, int]
    """Releases that only the upper end puts at critical, and at high or above."""
    known: int
    """Releases whose parts are all measured."""
    flagged: Mapping[str, int]
    """Of those, at critical, and at high or above."""
    unknown_share: float
    """max(releases without publishers, without size) / registry releases."""
    fragility: float
    """Sum of the points."""


class Project(NamedTuple):
    """The analysis of one lockfile."""

    lockfile: Lockfile
    packages: tuple[Scored, ...]
    """Most fragile first: by point, lower, id."""
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    coverage: Mapping[str, float]
    """Fact name to the share of registry releases it is known for."""
    summary: Summary


class Verdict(NamedTuple):
    """What the gate says; decided once, by `depfrag.judge`."""

    exit_code: int
    sentence: str
    """One line for people."""


class Analysis(NamedTuple):
    """The whole answer: a pure function of lockfiles, facts, configuration and date."""

    version: str
    made_at: str | None
    """The newest day that one of its facts was observed; None where it has none."""
    as_of: str | None
    """The day whose state of knowledge it gives, where one was asked for."""
    config: Mapping[str, FactValue]
    """The settings that change numbers."""
    snapshots: tuple[str, ...]
    """Files that the facts come from."""
    hosts: tuple[Host, ...]
    projects: tuple[Project, ...]
    problems: tuple[Problem, ...]
    """Those of the run as a whole; each project carries its own."""
    summary: Summary
    """Of all projects together: a release that several lockfiles have counts once, with the worst of its scores."""
    coverage: Mapping[str, float]
    verdict: Verdict
