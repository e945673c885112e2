"""npm registries: one packument a package, from which everything about its releases is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from depfrag import mirrors
from depfrag.accounts import is_handle
from depfrag.model import Fact
from depfrag.protocols import Archive, Known
from depfrag.sources import asking, packument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from depfrag.model import Facts, FactValue, Grade, Host
    from depfrag.protocols import Answer, Context, Response, Wanted
    from depfrag.sources.packument import Package, Version

_SECURITY = re.compile(r"0\.0\.\d+-security")
_STAGED = "0.0.0-stage"


class Told(NamedTuple):
    """What a packument says of one release."""

    facts: Facts
    problem: tuple[str, str] | None = None
    """A code and a message, where the release is not as it should be."""
    archive: Archive | None = None


class _Answered(NamedTuple):
    """What came of asking about one package."""

    base: str
    name: str
    response: Response
    package: Package | None


class NpmSource:
    """Asks the registry of each package once, and judges each registry before it believes it."""

    def lookup(self, wanted: Sequence[Wanted], context: Context) -> Iterator[Answer]:
        if context.fetch is None:
            return
        packages: dict[tuple[str, str], list[Wanted]] = {}
        for one, base in asking.routed("npm", wanted, context.routes):
            if base is None:
                yield asking.not_asked(one)
            else:
                packages.setdefault((base, one.release.name), []).append(one)
        requests = [packument.request(*package) for package in packages]
        responses = zip(packages, context.fetch.documents(requests), strict=True)
        answers = [_Answered(*where, response, packument.said(where[1], response)) for where, response in responses]
        hosts = _hosts(answers)
        yield from hosts.values()
        yield from mirrors.problems(hosts.values())
        for answer in answers:
            for one in packages[answer.base, answer.name]:
                yield from _known(one, answer, hosts[answer.base], context.as_of)


SOURCE = NpmSource()


def _known(one: Wanted, answer: _Answered, host: Host, as_of: str | None) -> Iterator[Answer]:
    response, version = answer.response, one.release.version
    if answer.package is None or version is None:
        yield asking.unanswered(one, host.host, response)
        return
    if response.stale:
        yield asking.stale(one, response)
    if as_of is not None and response.observed < as_of:
        text = f"{host.host} answered on {response.observed}: who can publish on {as_of} is unknown"
        yield asking.problem(one, "too-early", text)
    told = to_facts(answer.package, version, host, response.observed, as_of)
    if told.problem is not None:
        yield asking.problem(one, *told.problem)
    archive = None if told.archive is None else packument.near(told.archive, answer.base, answer.name)
    yield Known(one, told.facts, archive)


# -- what a registry is worth ----------------------------------------------------------------------------------------


def _hosts(answers: Iterable[_Answered]) -> dict[str, Host]:
    """What each registry is worth, by its address."""
    found: dict[str, list[Package | None]] = {}
    for answer in answers:
        found.setdefault(answer.base, []).append(answer.package)
    return {base: fingerprint(base, [p for p in found[base] if p is not None], len(found[base])) for base in found}


def fingerprint(address: str, packages: Sequence[Package], asked: int | None = None) -> Host:
    """What the registry at `address` is worth by the `packages` it answered with, of `asked` that it was asked for."""
    anchors = mirrors.Anchors("npm")
    shown = [_shown(package, anchors) for package in packages if package.versions]
    return mirrors.judge(address, "npm", len(packages) if asked is None else asked, len(packages), shown)


def _shown(package: Package, anchors: mirrors.Anchors) -> mirrors.Shown:
    names = package.maintainers
    accounts: mirrors.Accounts = "absent"
    if names is not None:
        accounts = "nobody" if not names else "named" if all(map(is_handle, names)) else "text"
    latest = package.tags.get("latest", "")
    told = packument.version(package, latest if latest in package.versions else next(reversed(package.versions)))
    right, wrong = anchors.compare(package.name, package.time)
    return mirrors.Shown(
        accounts=accounts,
        publisher=told is not None and told.publisher is not None,
        lists=told is not None and told.maintainers is not None,
        dated=package.dated,
        right=right,
        wrong=wrong,
    )


# -- what it says of a release ---------------------------------------------------------------------------------------


def to_facts(package: Package, version: str, host: Host, observed: str, as_of: str | None = None) -> Told:
    """What `package`, sent by `host` on the day `observed`, says of one of its versions, as of a day if one is given.

    A packument keeps who could publish at the time of each version, and not since when a notice of deprecation stands.
    """
    told = packument.version(package, version)
    published = None
    if host.dates == "publish" and package.dated.form != "absent":
        published = (mirrors.moment(package.time.get(version)) or "")[:10] or None
    problem = _amiss(package, version, host) or asking.untimely(published, as_of)
    if as_of is not None and (published is None or published > as_of):
        return Told({}, problem)
    publishers = _publishers(package, told, host) if as_of is None else _publishers_of(package, host, observed, as_of)
    facts = {} if publishers is None else {"publishers": Fact(publishers[0], host.host, observed, publishers[1])}
    if told is None or package.holder or version == _STAGED or _SECURITY.match(version):
        return Told(facts, problem)
    known = {**_of_version(told, host, now=as_of is None), "published": published}
    facts.update((k, Fact(v, host.host, observed, "registry")) for k, v in known.items() if v is not None)
    return Told(facts, problem, Archive(told.tarball, told.integrity) if told.tarball else None)


def _of_version(told: Version, host: Host, *, now: bool) -> Mapping[str, FactValue]:
    """Facts that a version carries itself; what a registry leaves out is not so, what a mirror does is unknown."""
    whole = host.publishers == "registry"
    notice = "" if told.deprecated is None and whole else told.deprecated
    script = False if told.install_script is None and whole else told.install_script
    return {
        "bytes": told.bytes,
        "install_script": script,
        "manifest": told.manifest,
        "deprecated": None if notice is None or not now else notice or False,
    }


def _publishers(package: Package, told: Version | None, host: Host) -> tuple[tuple[str, ...], Grade] | None:
    """Who can publish the package now."""
    names = package.maintainers
    if host.publishers == "registry":
        return None if names is None else (names, _grade(names))
    if names is None and told is not None:
        names = told.maintainers
    return None if not names else (names, "declared")


def _publishers_of(package: Package, host: Host, observed: str, day: str) -> tuple[tuple[str, ...], Grade] | None:
    """Who could publish it on a day: the list of the version that was published last until then."""
    if host.dates != "publish" or package.dated.form == "absent" or observed < day:
        return None
    moments = [(mirrors.moment(package.time.get(version)) or "", version) for version in package.versions]
    before = [(when, version) for when, version in moments if when[:10] <= day]
    if not before:
        return None
    told = packument.version(package, max(before)[1])
    if told is None or told.maintainers is None:
        return None
    return told.maintainers, _grade(told.maintainers) if host.publishers == "registry" else "declared"


def _grade(names: Sequence[str]) -> Grade:
    """Names that no account can have come from a manifest, whoever passes them on."""
    return "registry" if all(map(is_handle, names)) else "declared"


def _amiss(package: Package, version: str, host: Host) -> tuple[str, str] | None:
    """What is wrong with a release as the registry has it."""
    if package.unpublished is not None:
        when = f" on {package.unpublished}" if package.unpublished else ""
        return "unpublished", f"the whole package was unpublished from {host.host}{when}"
    if package.holder or _SECURITY.match(package.tags.get("latest", "")):
        return "security-holder", f"{host.host} holds the name in place of a package that was removed"
    if version == _STAGED:
        return "staged", f"{version} only reserves the name: nothing was released yet"
    return None if version in package.versions else _missing(package, version, host)


def _missing(package: Package, version: str, host: Host) -> tuple[str, str]:
    if not package.versions:
        return "not-in-registry", f"{host.host} lists no version of the package any more"
    if version in package.time and host.publishers == "registry":
        return "unpublished", f"{host.host} once had {version} and does not list it any more"
    return "not-in-registry", f"{version} is none of the {len(package.versions):,} versions that {host.host} lists"
