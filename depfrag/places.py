"""Places in an npm tree (``node_modules/a/node_modules/b``): what they are called and where Node.js looks from them."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = "node_modules/"


def name_of(place: str) -> str:
    """The name that a place gives to what lies there: its last folder, with the scope that this one is in."""
    inside = place.rpartition(MODULES)[2]
    if "/" not in inside or (inside[0] == "@" and inside.count("/") == 1):
        return inside
    above, _, name = inside.rpartition("/")
    scope = above.rpartition("/")[2]
    return f"{scope}/{name}" if scope.startswith("@") else name


def is_installed(place: str) -> bool:
    """Whether a place is where a package is installed: in a node_modules folder, under its name or scope and name."""
    _, found, inside = place.rpartition(MODULES)
    return bool(found) and not inside.startswith(".") and inside.count("/") <= inside.startswith("@")


def outwards(place: str) -> Iterator[str]:
    """The folders whose node_modules are searched from `place`, innermost first, each with a slash at its end; the last
    is the project's own, "", which a place outside the project never gets to."""
    inside = is_inside(place)
    while place.strip("/"):
        yield place + "/"
        above, found, name = place.rpartition(MODULES)
        if found and name.count("/") <= name.startswith("@"):
            place = above.removesuffix("/")
        elif posixpath.basename(place) == "..":
            return
        else:
            place = posixpath.dirname(place)
    if inside:
        yield ""


def is_inside(place: str) -> bool:
    """Whether a place is a folder within the project's folder, or "", which is that folder itself."""
    if not place:
        return True
    return posixpath.normpath(place) == place and place not in (".", "..") and not place.startswith(("../", "/"))
