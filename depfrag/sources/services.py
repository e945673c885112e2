"""What all services beside the registries do alike: who may be named to them, how they are asked, what is said of
one that does not answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from depfrag.model import Problem
from depfrag.protocols import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from depfrag.model import Ecosystem
    from depfrag.protocols import Context, Response, Wanted

_JSON = "application/json"


class Named(NamedTuple):
    """A release that may be named to anybody."""

    ecosystem: Ecosystem
    name: str
    version: str


def named(wanted: Sequence[Wanted], context: Context) -> tuple[Mapping[Named, Sequence[Wanted]], list[Problem]]:
    """The releases of the public registries, sorted, and a problem that says of how many others nobody is asked.

    Those whose registry is another one, or not known for certain, may have names that are secrets.
    """
    found: dict[Named, list[Wanted]] = {}
    others = 0
    for one in wanted:
        release = one.release
        if release.kind != "registry" or release.version is None or not release.name.strip("./"):
            continue
        if context.routes.public(one):
            found.setdefault(Named(release.ecosystem, release.name, release.version), []).append(one)
        else:
            others += 1
    return {key: found[key] for key in sorted(found)}, _unnamed(others)


def _unnamed(count: int) -> list[Problem]:
    if not count:
        return []
    which, it = ("1 release is", "it") if count == 1 else (f"{count:,} releases are", "them")
    text = f"{which} not from a public registry for certain: third parties are not asked about {it}"
    return [Problem("not-named", "info", text)]


def address(context: Context, source: str, usual: str) -> str:
    """Where a service is asked: its usual address, or that which was given in its place; it ends in a slash."""
    given = context.services.get(source, usual)
    return given if given.endswith("/") else given + "/"


def question(url: str, body: object, keep: Callable[[bytes], bytes], form: int) -> Request:
    """A request that sends `body` along; equal ones are the same bytes."""
    data = json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
    return Request(url, _JSON, keep, form=form, body=data, spare=True)


def look(url: str, keep: Callable[[bytes], bytes], form: int) -> Request:
    """A request for what is at an address."""
    return Request(url, _JSON, keep, form=form, spare=True)


class Course:
    """How asking a service has gone; one problem at the end tells all that did not go well."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._asked = self._failed = 0
        self._why = ""
        self._old: list[str] = []

    def note(self, response: Response, trouble: str | None) -> None:
        """Takes note of a response and of what is wrong with it."""
        self._asked += 1
        if response.stale:
            self._old.append(response.observed)
        if trouble is not None:
            self._failed += 1
            self._why = self._why or trouble

    def problems(self, lost: str) -> Iterable[Problem]:
        """What there is to say; `lost` is what is unknown without the service."""
        if self._failed:
            often = "" if self._failed == self._asked else f" {self._failed:,} of {self._asked:,} questions"
            yield Problem("service", "warning", f"{self._service} did not answer{often}: {self._why}; {lost}")
        if self._old:
            text = f"{self._service} did not answer anew: its answers of {min(self._old)} and later are used"
            yield Problem("stale", "warning", text)


def trouble(response: Response) -> str | None:
    """Why there is no document; None where there is one."""
    if response.document is not None:
        return None
    return response.trouble or f"it answered with status {response.status}"
