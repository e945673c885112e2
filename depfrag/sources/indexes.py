"""Asks Python indexes for pages: the JSON API's first, then those that can tell what these leave open."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from depfrag.protocols import Request
from depfrag.sources import pages

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from depfrag.protocols import Fetch, Response
    from depfrag.sources.pages import File, Page

_SIMPLE = "application/vnd.pypi.simple.v1+json, text/html;q=0.1"
_JSON = "application/json"
_FIRST = 8
"""Releases by which it is found out which pages an index has: as many as are asked for at once."""


class Asked(NamedTuple):
    """A release, and the index asked about it."""

    base: str
    """Of the Simple API; ends in a slash."""
    name: str
    version: str


class Answered(NamedTuple):
    """What came of asking for pages, of those that were asked for: each is asked for where the ones before it lack
    something."""

    release: Response | None = None
    """The release's page of the JSON API."""
    project: Response | None = None
    """The project's page of the JSON API: some mirrors have this one alone."""
    simple: Response | None = None
    """The project's page of the Simple API."""


class Said(NamedTuple):
    """What these pages say of a release."""

    release: Page | None
    project: Page | None
    simple: Page | None
    files: tuple[File, ...] | None
    """The release's own; none where the index lists none, None where nobody says."""


def ask(asked: Iterable[Asked], fetch: Fetch) -> dict[Asked, Answered]:
    """Asks for what is needed and no more: pages that an index turns out not to have are not asked for again."""
    counts: dict[str, int] = {}
    first: list[Asked] = []
    rest: list[Asked] = []
    for question in asked:
        counts[question.base] = counts.get(question.base, 0) + 1
        (first if counts[question.base] <= _FIRST else rest).append(question)
    answered = _round(first, fetch, frozenset())
    return answered | _round(rest, fetch, _lacking(answered))


def _lacking(answered: Mapping[Asked, Answered]) -> frozenset[tuple[str, str]]:
    """The kinds of pages that an index never has, not even of what it has other pages of."""
    had: set[tuple[str, str]] = set()
    missed: set[tuple[str, str]] = set()
    for question, found in answered.items():
        came = {
            kind: response.document is not None for kind, response in found._asdict().items() if response is not None
        }
        had.update((question.base, kind) for kind, good in came.items() if good)
        missed.update((question.base, kind) for kind, good in came.items() if not good and any(came.values()))
    return frozenset(missed - had)


def _round(asked: Sequence[Asked], fetch: Fetch, lacking: frozenset[tuple[str, str]]) -> dict[Asked, Answered]:
    """One kind of page after the other, each for the releases that need it and from the indexes that may have it."""
    answered = dict.fromkeys(asked, Answered())
    for kind, page in zip(Answered._fields, (_release_page, _project_page, _simple_page), strict=True):
        open_ones = [q for q in asked if (q.base, kind) not in lacking and _open(q, answered[q])]
        requests = {q: request for q in open_ones if (request := page(q)) is not None}
        unique = {request.url: request for request in requests.values()}
        responses = dict(zip(unique, fetch.documents(unique.values()), strict=True))
        for question, request in requests.items():
            answered[question] = answered[question]._replace(**{kind: responses[request.url]})
    return answered


def _release_page(asked: Asked) -> Request | None:
    return _json_page(asked, f"{quote(asked.name, safe='')}/{quote(asked.version, safe='')}/json")


def _project_page(asked: Asked) -> Request | None:
    return _json_page(asked, f"{quote(asked.name, safe='')}/json")


def _json_page(asked: Asked, path: str) -> Request | None:
    root = asked.base.removesuffix("simple/")
    if not asked.base.endswith("/simple/"):
        return None
    return Request(f"{root}pypi/{path}", _JSON, pages.keep_json, form=pages.FORM)


def _simple_page(asked: Asked) -> Request:
    return Request(f"{asked.base}{quote(asked.name, safe='')}/", _SIMPLE, pages.keep_simple, form=pages.FORM)


def _open(asked: Asked, answered: Answered) -> bool:
    """Whether the next page can tell more: not where all is said, nor where the index is out of reach."""
    last = next((response for response in reversed(answered) if response is not None), None)
    if last is None:
        return True
    if last.document is None:
        return 200 <= last.status < 500 and last.status != 429
    files = said(asked, answered).files
    return not files or any(file.size is None or file.uploaded is None for file in files)


def said(asked: Asked, answered: Answered) -> Said:
    """What the pages that came say of a release."""
    release, project, simple = (_page(response, asked.name) for response in answered)
    files: tuple[File, ...] | None = None
    for page in (release, project, simple):
        if page is not None and page.files is not None:
            files = _of(asked.version, page.files) or files or ()
    return Said(release, project, simple, files)


def _of(version: str, files: Sequence[File]) -> tuple[File, ...]:
    """The files of one version, which their names may spell otherwise."""
    exact = tuple(file for file in files if file.version == version)
    return exact or tuple(file for file in files if file.version is not None and same(file.version, version))


def _page(response: Response | None, name: str) -> Page | None:
    """What a page says, if it is about the project called `name` (one in HTML says nothing at all)."""
    page = None if response is None or response.document is None else pages.read(response.document)
    return page if page is not None and page.name in (name, "") else None


def same(told: str, version: str) -> bool:
    """Whether two spellings are one version."""
    from packaging.version import InvalidVersion, Version

    try:
        return told == version or Version(told) == Version(version)
    except InvalidVersion:
        return False
