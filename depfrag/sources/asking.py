"""What all registry sources do alike: find out whom to ask about a release, and say why one got no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depfrag.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depfrag.model import Ecosystem
    from depfrag.protocols import Response, Routes, Wanted

GONE = (404, 410)


def routed(ecosystem: Ecosystem, wanted: Sequence[Wanted], routes: Routes) -> Iterator[tuple[Wanted, str | None]]:
    """The pinned registry releases of an ecosystem with the address of their registry, None where nobody may be asked.

    An address ends in a slash.
    """
    for one in wanted:
        release = one.release
        if release.ecosystem == ecosystem and release.kind == "registry" and release.version is not None:
            base = routes.base(one) if release.name.strip("./") else None
            yield one, base if base is None or base.endswith("/") else base + "/"


def problem(one: Wanted, code: str, message: str) -> Problem:
    """A problem with one release."""
    return Problem(code, "warning", message, one.lockfile, one.release.line, one.release.id)


def not_asked(one: Wanted) -> Problem:
    """No registry may be asked."""
    return problem(one, "not-asked", "the configuration names no registry that may be asked about it")


def unanswered(one: Wanted, host: str, response: Response) -> Problem:
    """The registry did not answer, or says that it has no such package."""
    if response.document is not None:
        return problem(one, "unanswered", f"{host} answered for another package")
    if response.status in GONE:
        return problem(one, "not-in-registry", f"{host} knows no package of that name: it is private, or was removed")
    return problem(one, "unanswered", response.trouble or f"{host} answered with status {response.status}")


def stale(one: Wanted, response: Response) -> Problem:
    """An older answer had to do."""
    return problem(one, "stale", f"an answer of {response.observed} is used: {response.trouble or 'no newer one came'}")


def untimely(published: str | None, as_of: str | None) -> tuple[str, str] | None:
    """Code and message where nothing may be said of a release as of a day: it came later, or who knows when."""
    if as_of is None:
        return None
    if published is None:
        return "undated", f"nothing says whether it was published by {as_of}: its facts are unknown"
    return (
        ("too-new", f"it was published on {published}, after {as_of}: its facts are unknown")
        if published > as_of
        else None
    )
