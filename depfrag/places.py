"""Places in an npm tree (``node_modules/a/node_modules/b``): what they are called and where Node.js looks from them."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = "node_modules/"


def name_of(place: str) -> str:
    """The name that a place gives to what lies there."""
    _, found, inside = place.rpartition(MODULES)
    return inside if found else posixpath.basename(place)


def outwards(place: str) -> Iterator[str]:
    """The folders whose node_modules are searched from `place`, innermost first, each with a slash at its end; the last
    is the project's own, "", which a place outside the project never gets to."""
    while place:
        yield place + "/"
        inside, found, name = place.rpartition(MODULES)
        if found and name.count("/") <= name.startswith("@"):
            place = inside.removesuffix("/")
        else:
            place = posixpath.dirname(place)
            if place.endswith("..") or place == "/":
                return
    yield ""
