"""Python indexes: the JSON API tells most, the Simple API the rest, and what became of a project that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin

from depfrag import mirrors
from depfrag.model import Fact, Problem
from depfrag.protocols import Archive, Known
from depfrag.sources import asking, indexes, pages
from depfrag.sources.indexes import Asked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from depfrag.model import Facts, FactValue, Host
    from depfrag.protocols import Answer, Context, Wanted
    from depfrag.sources.indexes import Answered, Said
    from depfrag.sources.pages import File, Page

_ENDED = ("archived", "deprecated")


class Told(NamedTuple):
    """What an index says of one release, judged."""

    facts: Facts
    problem: tuple[str, str] | None = None
    """A code and a message, where the release is not as it should be."""
    file: File | None = None
    """The file that its size was read from, and that could be counted."""


class PypiSource:
    """Asks the JSON API first, and the Simple API where that leaves something open."""

    def lookup(self, wanted: Sequence[Wanted], context: Context) -> Iterator[Answer]:
        if context.fetch is None:
            return
        asked: dict[Asked, list[Wanted]] = {}
        for one, base in asking.routed("pypi", wanted, context.routes):
            if base is None:
                yield asking.not_asked(one)
            else:
                asked.setdefault(Asked(base, one.release.name, one.release.version or ""), []).append(one)
        answered = indexes.ask(asked, context.fetch)
        said = {question: indexes.said(question, answered[question]) for question in asked}
        hosts = _hosts(said)
        yield from hosts.values()
        yield from mirrors.problems(hosts.values())
        yield from _no_history(hosts.values(), context)
        for question, ones in asked.items():
            for one in ones:
                yield from _known(one, answered[question], said[question], hosts[question.base], context.as_of)


SOURCE = PypiSource()


# -- what it is worth ------------------------------------------------------------------------------------------------


def _hosts(said: Mapping[Asked, Said]) -> dict[str, Host]:
    """What each index is worth, by its address."""
    found: dict[str, dict[Asked, Said]] = {}
    for question, one in said.items():
        found.setdefault(question.base, {})[question] = one
    return {base: fingerprint(base, here) for base, here in found.items()}


def fingerprint(address: str, said: Mapping[Asked, Said]) -> Host:
    """What the index at `address` is worth by what it said."""
    anchors = mirrors.Anchors("pypi")
    answered = {question: one for question, one in said.items() if any(one[:3])}
    shown = [_shown(question, one, anchors) for question, one in answered.items()]
    return mirrors.judge(address.removesuffix("simple/"), "pypi", len(said), len(answered), shown)


def _shown(asked: Asked, said: Said, anchors: mirrors.Anchors) -> mirrors.Shown:
    owned = _owned(said)
    accounts: mirrors.Accounts = "absent"
    if owned is not None:
        accounts = "named" if owned.publishers or owned.organization else "nobody"
    stamps = {asked.version: stamp} if (stamp := _uploaded(said.files)) else {}
    listed = next((page.files for page in (said.simple, said.project) if page is not None and page.files), ())
    dates: dict[str, str] = {}
    for file in listed:
        when = mirrors.moment(file.uploaded)
        if file.version is not None and when is not None:
            dates[file.version] = min(when, dates.get(file.version, when))
    serial = any(page is not None and page.serial for page in said[:3])
    right, wrong = anchors.compare(asked.name, stamps)
    return mirrors.Shown(
        accounts=accounts,
        publisher=False,
        lists=False,
        dated=mirrors.dated(dates or stamps, "registry" if serial else "unproven"),
        right=right,
        wrong=wrong,
    )


def _owned(said: Said) -> Page | None:
    """The page that says who can publish."""
    told = (page for page in (said.release, said.project) if page is not None and page.publishers is not None)
    return next(told, None)


def _uploaded(files: Sequence[File] | None) -> str | None:
    """When the first file of a release came, in UTC; None unless it is known of all."""
    moments = [mirrors.moment(file.uploaded) for file in files or ()]
    known = [when for when in moments if when is not None]
    return min(known) + "Z" if known and len(known) == len(moments) else None


def _no_history(hosts: Iterable[Host], context: Context) -> Iterator[Problem]:
    for host in hosts:
        if context.as_of is not None and context.as_of < context.today and host.publishers == "registry":
            text = f"{host.host} keeps no history of who could publish: for {context.as_of} that is unknown"
            yield Problem("no-history", "info", text)


# -- what it says of a release ---------------------------------------------------------------------------------------


def _known(one: Wanted, answered: Answered, said: Said, host: Host, as_of: str | None) -> Iterator[Answer]:
    used = [r for r, page in zip(answered, said[:3], strict=True) if r is not None and page is not None]
    if not used:
        asked = [response for response in answered if response is not None]
        yield asking.unanswered(one, host.host, min(asked, key=lambda response: response.status in asking.GONE))
        return
    if stale := [response for response in used if response.stale]:
        yield asking.stale(one, stale[0])
    told = to_facts(said, one.release.version or "", host, min(response.observed for response in used), as_of)
    if told.problem is not None:
        yield asking.problem(one, *told.problem)
    archive = None
    if told.file is not None and told.file.url is not None:
        archive = Archive(urljoin(used[-1].request.url, told.file.url), told.file.sha256)
    yield Known(one, told.facts, archive)


def to_facts(said: Said, version: str, host: Host, observed: str, as_of: str | None = None) -> Told:
    """What an index, asked on the day `observed`, says of a release, as of a day if one is given.

    An index keeps no history of who could publish and of what was yanked.
    """
    published = None
    if host.dates == "publish" and (when := _uploaded(said.files)) is not None:
        published = when[:10]
    problem = _amiss(said, version, host) or asking.untimely(published, as_of)
    if as_of is not None and (published is None or published > as_of):
        return Told({}, problem)
    chosen = _chosen(said.files)
    values: dict[str, FactValue] = {
        "bytes_at_least": None if chosen is None else chosen.size,
        "published": published,
        "manifest": _manifest(said, version),
    }
    if as_of is None or as_of == observed:
        values |= _state(said, version, host)
    facts = {k: Fact(v, host.host, observed, "registry") for k, v in values.items() if v is not None}
    return Told(facts, problem, chosen)


def _state(said: Said, version: str, host: Host) -> Mapping[str, FactValue]:
    """What can change from day to day."""
    owned, simple = _owned(said), said.simple
    values: dict[str, FactValue] = {"yanked": _yanked(said, version)}
    if owned is not None and host.publishers == "registry":
        values |= {"publishers": owned.publishers, "organization": owned.organization}
    if simple is not None and simple.status in _ENDED:
        values["deprecated"] = f"the project is {simple.status}" + (f": {simple.reason}" if simple.reason else "")
    elif simple is not None and simple.status == "active":
        values["deprecated"] = False
    return values


def _about(said: Said, version: str) -> Page | None:
    """The page that is about this version."""
    told = (
        page for page in (said.release, said.project) if page is not None and indexes.same(page.version or "", version)
    )
    return next(told, None)


def _yanked(said: Said, version: str) -> bool | str | None:
    about = _about(said, version)
    if about is not None and about.yanked is not None:
        return about.yanked
    told = [file.yanked for file in said.files or ()]
    if not told or None in told:
        return None
    return told[0] if all(told) else False


def _chosen(files: Sequence[File] | None) -> File | None:
    """The file that says most of a release's size: the wheel for every machine, else the source, else any wheel."""
    wheels = [file for file in files or () if file.name.endswith(".whl")]
    everywhere = [file for file in wheels if file.name.endswith("py3-none-any.whl")]
    sources = [file for file in files or () if pages.is_source(file.name)]
    return next(iter(everywhere or sources or wheels), None)


def _manifest(said: Said, version: str) -> FactValue:
    about = _about(said, version)
    requires = None if about is None else about.requires
    if not requires and not any(file.name.endswith(".whl") for file in said.files or ()):
        return None  # a source distribution can ask for more when it is built
    return None if requires is None else {"requires": requires}


def _amiss(said: Said, version: str, host: Host) -> tuple[str, str] | None:
    """What is wrong with a release as the index has it."""
    if said.simple is not None and said.simple.status == "quarantined":
        return "quarantined", f"{host.host} holds the project back: it is suspected to be malicious"
    if said.release is None and said.files == ():
        return "not-in-registry", f"{host.host} lists no file of version {version}"
    return None
