"""OSV: reports that a release is malicious (``MAL-…``). Its other reports, of vulnerabilities, are others' trade."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from depfrag.mirrors import moment
from depfrag.model import Fact
from depfrag.protocols import Known
from depfrag.sources import services

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from depfrag.model import Ecosystem, Facts
    from depfrag.protocols import Answer, Context, Wanted
    from depfrag.sources.services import Course, Named

ADDRESS = "https://api.osv.dev/v1/"
FORM = 1
"""Version of what the functions called `keep…` make."""

_SERVICE = "OSV"
_MOST = 1000
"""Questions in a batch."""
_PAGES = 20
"""Of what it has about one release."""
_ECOSYSTEMS: Mapping[Ecosystem, str] = {"npm": "npm", "pypi": "PyPI"}
_MALICIOUS = re.compile(r"MAL-[\w-]{1,59}\Z", re.ASCII)
_LOST = "whether releases are reported to be malicious is unknown"


class Listed(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept of the answer about one release."""

    ids: tuple[str, ...] = ()
    """Of reports that it is malicious."""
    more: str = ""
    """The next page's token."""


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept of a report."""

    withdrawn: bool = False
    published: str | None = None
    """The day."""


class OsvSource:
    """Asks about all releases in batches, then for each report found, which may have been withdrawn."""

    def lookup(self, wanted: Sequence[Wanted], context: Context) -> Iterator[Answer]:
        if context.fetch is None:
            return
        named, problems = services.named(wanted, context)
        yield from problems
        course = services.Course(_SERVICE)
        top = services.address(context, "osv", ADDRESS)
        found = _found(top, list(named), context, course)
        reports = _reports(top, {identifier for ids, _ in found.values() for identifier in ids}, context, course)
        for one, (ids, observed) in found.items():
            facts = to_facts({i: reports.get(i) for i in ids}, observed, context.as_of)
            yield from (Known(each, facts) for each in named[one])
        yield from course.problems(_LOST)


SOURCE = OsvSource()


# -- asking ----------------------------------------------------------------------------------------------------------


def _found(
    top: str, releases: Sequence[Named], context: Context, course: Course
) -> Mapping[Named, tuple[frozenset[str], str]]:
    """The ids of reports about each release and the day of the answer. A release is left out where the answer broke off
    before there was any."""
    found: dict[Named, tuple[frozenset[str], str]] = {}
    whole: set[Named] = set()
    ask = [(one, "") for one in releases]
    for _ in range(_PAGES):
        again: list[tuple[Named, str]] = []
        for one, listed, observed in _round(top, ask, context, course):
            before = found[one][0] if one in found else frozenset()
            found[one] = (before | set(listed.ids), observed)
            if listed.more:
                again.append((one, listed.more))
            else:
                whole.add(one)
        ask = again
    return {one: told for one, told in found.items() if one in whole or told[0]}


def _round(
    top: str, ask: Sequence[tuple[Named, str]], context: Context, course: Course
) -> Iterator[tuple[Named, Listed, str]]:
    """One page of the answer about each release."""
    assert context.fetch is not None
    parts = [ask[start : start + _MOST] for start in range(0, len(ask), _MOST)]
    url = f"{top}querybatch"
    requests = [services.question(url, {"queries": [_query(*q) for q in part]}, keep_batch, FORM) for part in parts]
    for part, response in zip(parts, context.fetch.documents(requests), strict=True):
        answers = [] if response.document is None else _BATCH.decode(response.document)
        unfit = None if len(answers) == len(part) else "it did not give as many answers as it was asked for"
        course.note(response, services.trouble(response) or unfit)
        if unfit is None:
            yield from ((one, listed, response.observed) for (one, _), listed in zip(part, answers, strict=True))


def _query(one: Named, token: str) -> Mapping[str, Any]:
    package = {"name": one.name, "ecosystem": _ECOSYSTEMS[one.ecosystem]}
    return {"package": package, "version": one.version, **({"page_token": token} if token else {})}


def _reports(top: str, ids: Iterable[str], context: Context, course: Course) -> Mapping[str, Report]:
    """The reports themselves; without those that could not be had."""
    assert context.fetch is not None
    known = sorted(ids)
    requests = [services.look(f"{top}vulns/{quote(i, safe='')}", keep_report, FORM) for i in known]
    found: dict[str, Report] = {}
    for identifier, response in zip(known, context.fetch.documents(requests), strict=True):
        course.note(response, services.trouble(response))
        if response.document is not None:
            found[identifier] = _REPORT.decode(response.document)
    return found


# -- what is kept ----------------------------------------------------------------------------------------------------


class _SentVulnerability(msgspec.Struct):
    id: str


class _SentResult(msgspec.Struct):
    vulns: list[_SentVulnerability] | None = None
    next_page_token: str = ""


class _SentBatch(msgspec.Struct):
    """The answer to a batch as OSV sends it; only what is used."""

    results: list[_SentResult]


class _SentReport(msgspec.Struct):
    """A report in the same way."""

    id: str
    withdrawn: Any = None
    published: Any = None


def keep_batch(body: bytes) -> bytes:
    """What depfrag uses of the answer to a batch. Raises ValueError when it is none."""
    try:
        results = _SENT_BATCH.decode(body).results
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(f"not the answer to a batch: {error}") from None
    return _JSON.encode([Listed(_malicious(one.vulns or ()), one.next_page_token) for one in results])


def _malicious(vulnerabilities: Iterable[_SentVulnerability]) -> tuple[str, ...]:
    return tuple(sorted({v.id for v in vulnerabilities if _MALICIOUS.match(v.id)}))


def keep_report(body: bytes) -> bytes:
    """What depfrag uses of a report. Raises ValueError when it is none."""
    try:
        sent = _SENT_REPORT.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(f"not a report: {error}") from None
    when = moment(sent.published)
    return _JSON.encode(Report(bool(sent.withdrawn), None if when is None else when[:10]))


_SENT_BATCH = msgspec.json.Decoder(_SentBatch)
_SENT_REPORT = msgspec.json.Decoder(_SentReport)
_BATCH = msgspec.json.Decoder(list[Listed])
_REPORT = msgspec.json.Decoder(Report)
_JSON = msgspec.json.Encoder()


# -- what it says ----------------------------------------------------------------------------------------------------


def to_facts(reports: Mapping[str, Report | None], observed: str, as_of: str | None = None) -> Facts:
    """What reports, found on the day `observed`, say of a release, as of a day if one is given; None is a report that
    could not be had.

    A report counts unless it says that it is withdrawn. Of another day it is known by when it was published.
    """
    valid = {i: report for i, report in reports.items() if report is None or not report.withdrawn}
    if as_of is not None and as_of != observed:
        if any(report is None or report.published is None for report in valid.values()):
            return {}
        valid = {i: report for i, report in valid.items() if report is not None and (report.published or "") <= as_of}
    return {"malicious": Fact(tuple(sorted(valid)) or False, _SERVICE, observed, "aggregator")}
