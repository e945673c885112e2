"""The seams: what a lockfile reader, a source, a rule, a report, a plot and the fetcher offer, one method each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from depfrag.config import ScoreSettings
    from depfrag.model import (
        Analysis,
        Ecosystem,
        Facts,
        Finding,
        Host,
        Lockfile,
        Measures,
        Problem,
        Project,
        Release,
        Score,
    )
    from depfrag.snapshot import Snapshot


class Files(Protocol):
    """Reads files near a lockfile, its manifest or includes: the only way for a reader to see more than its input."""

    def read(self, path: str) -> bytes | None:
        """The content of `path`, relative to the lockfile's folder; None where there is no such file.

        Raises LockfileError when the file is there but too large or unreadable.
        """

    def names(self, folder: str) -> Sequence[str]:
        """What lies in `folder`, relative to the lockfile's folder, sorted; nothing where there is no such folder.

        Raises LockfileError when the folder is there but unreadable, or holds more than a project's folder can.
        """

    def link(self, path: str) -> str | None:
        """Where the symbolic link `path` leads to in the end, relative to the lockfile's folder; None if it is none."""


class Format(NamedTuple):
    """A kind of lockfile: the names it goes by and its reader. Names are shell patterns on the last part of a path."""

    name: str
    patterns: tuple[str, ...]
    """Names that a search of a folder stops at."""
    target: str
    also: tuple[str, ...] = ()
    """Names that count when the user points at the file."""
    kind: Literal["npm", "pypi", "sbom", ""] = ""
    """What it tells of. Of the files of one kind in a folder one counts: that of the first format in the registry, and
    of the first of its patterns. Those that only a pattern with wildcards fits have names of their own and all count,
    but for what another format has under the same name up to the first dot. "": all count."""
    tool: str = ""
    """Who writes it, as ``packageManager`` in package.json has it; that decides between several."""
    exports: tuple[str, ...] = ()
    """Kinds of lockfiles that such files are exported from: beside one of them they do not count."""
    folder: bool = False
    """It is a folder, which only counts when the user points at it: by one of the names, or by holding one of `also`.
    Its reader is given no data, and reads what is in the folder as files near a lockfile."""


class LockfileParser(Protocol):
    """Reads one format."""

    def parse(self, path: str, data: bytes, files: Files) -> Lockfile:
        """The lockfile called `path`, whose content is `data`. Raises LockfileError with file and place."""


class Request(NamedTuple):
    """One document to fetch."""

    url: str
    accept: str
    keep: Callable[[bytes], bytes]
    """Reduces the answer to what depfrag uses, and to nothing personal, before it is kept anywhere. Raises ValueError
    when the answer is not what was asked for."""
    most: int = 64 * 1024 * 1024
    """Bytes of a decoded body; a longer one is refused."""
    form: int = 1
    """Version of what `keep` makes: raise it when that changes, and what was kept in another form is not used."""
    body: bytes | None = None
    """JSON to send along, by POST: a question too long for an address, which changes nothing and may be repeated."""
    spare: bool = False
    """The run can do without the answer: it is not waited for long, and a host out of reach is tried once."""


class Response(NamedTuple):
    """What came of a Request."""

    request: Request
    status: int
    """HTTP status; 0 when no answer came."""
    document: bytes | None
    """What `keep` made of the body; None unless the answer could be used."""
    observed: str
    """The day the answer was current, ``YYYY-MM-DD``."""
    stale: bool
    """Served from the cache because the service did not answer."""
    trouble: str | None
    """Why there is no document, or why it is stale."""


class Archive(NamedTuple):
    """A release's archive: where it is and what its content must hash to."""

    url: str
    integrity: str | None


class Fetch(Protocol):
    """Gets documents, many at once; the way to the network, injected so that tests and offline runs need none."""

    def documents(self, requests: Iterable[Request]) -> Iterator[Response]:
        """A response for each request, in the order of the requests."""


class Wanted(NamedTuple):
    """A release to find facts about, and the lockfile that has it."""

    release: Release
    lockfile: str
    indexes: tuple[str, ...] | None = None
    """As in its Lockfile."""


class Routes(Protocol):
    """Which registry to ask about a package: what the project's own configuration and its lockfile say."""

    def base(self, wanted: Wanted) -> str | None:
        """The base address of the registry of a release, without credentials and ending in a slash; None when nobody
        may be asked about it.

        npm: what the package's name is appended to. PyPI: that of the Simple API (``https://pypi.example/simple/``);
        where its last part is ``simple``, the JSON API lies beside it (``https://pypi.example/pypi/``).
        """

    def public(self, wanted: Wanted) -> bool:
        """Whether that registry is the public one of its ecosystem, so that the name of a release is no secret."""


class Context(NamedTuple):
    """What a source may use to answer."""

    today: str
    as_of: str | None
    fetch: Fetch | None
    """None: nothing can be had from the network, nor from what was kept of it."""
    routes: Routes
    snapshots: Sequence[Snapshot] = ()
    archives: Mapping[Wanted, Archive] = {}
    """Where the archives are of those releases whose files are to be counted."""
    services: Mapping[str, str] = {}
    """Addresses to ask third parties at in place of their own, by the name of the source."""


class Known(NamedTuple):
    """What a source knows of one release."""

    wanted: Wanted
    facts: Facts
    archive: Archive | None = None


Answer: TypeAlias = "Known | Problem | Host"


class MetadataSource(Protocol):
    """Knows facts about releases."""

    def lookup(self, wanted: Sequence[Wanted], context: Context) -> Iterator[Answer]:
        """What it knows of `wanted`, and a problem for each release it should know and cannot answer for.

        Raises SourceError when nothing at all can be had from it.
        """


class Scorer(Protocol):
    """A model: turns what is known of one release into a score."""

    def score(
        self, ecosystem: Ecosystem, measures: Measures, facts: Facts, releases: int, settings: ScoreSettings
    ) -> Score:
        """`releases` is N, the number of releases of the lockfile in scope."""


class Rule(Protocol):
    """Finds what a project should act on."""

    def check(self, project: Project, paths: Callable[[str], tuple[tuple[str, ...], ...]]) -> Iterator[Finding]:
        """Findings without fingerprints; `paths` gives a few shortest paths from the roots to a release."""


class ReportOptions(NamedTuple):
    """How a report is to look; none of it changes what is said."""

    top: int = 10
    width: int = 100
    color: bool = False
    verbose: int = 0


class Report(Protocol):
    """Makes text of an analysis; neither prints nor decides."""

    def render(self, analysis: Analysis, options: ReportOptions) -> str:
        """The whole report, ending in a newline."""


class GraphReport(Protocol):
    """Makes text of parsed lockfiles, before any facts or scores."""

    def render(self, lockfiles: Sequence[Lockfile]) -> str:
        """The whole document, ending in a newline."""


class Plot(Protocol):
    """Draws one figure."""

    def draw(self, analysis: Analysis, file_format: str) -> bytes:
        """The figure as svg, png or pdf; the same analysis gives the same bytes."""
