"""Dependency specifiers of Python (PEP 508): what one asks for, and which of a file's releases answer it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from depfrag.identity import python_name
from depfrag.markers import Overlaps, both, given

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from depfrag.model import ReleaseKind

_NAMED = re.compile(
    r"\s*+([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*+(?:\[([^\[\]]*+)\]\s*+)?+"  # a name and extras
    r"(\([^()]*+\)|[<>=!~][^;@()]*+)?+\s*+(?:;(.*))?\Z",  # versions and a marker
    re.DOTALL,
)
_EDITABLE = re.compile(r"(?:-e|--editable)[\s=]+")
_EXTRA = re.compile(r"""extra\s*==\s*(?:"([^"]*)"|'([^']*)')|(?:"([^"]*)"|'([^']*)')\s*==\s*extra\b""")
_MAX_CHARACTERS = 10_000
_MAX_ADDRESSES = 10_000
"""Different ones in one place that are looked into; no project has as many."""
_MAX_ALIKE = 50
"""Releases of one name that are told apart; where a file has more, all of them answer."""
_MAX_COMPARED = 100_000
"""Versions held against specifiers for one file: under a second."""


class Asked(NamedTuple):
    """What one dependency specifier asks for."""

    name: str
    """Normalised."""
    extras: tuple[str, ...] = ()
    """Extras that it asks of the package, normalised and sorted."""
    specifier: str = ""
    """What the version must satisfy; "" is any."""
    condition: str | None = None
    """The marker, without the extras of `under`; None where it always holds."""
    under: tuple[str, ...] = ()
    """Extras of the dependent that it is asked for under, normalised; none where it always is."""
    kind: ReleaseKind = "registry"
    source: str | None = None
    """Where the kind is not ``registry``: repository, address or path, without credentials."""


class Specifiers:
    """Reads the dependency specifiers of one file, or of all that lie in one place."""

    def __init__(self) -> None:
        self._known: dict[str, Asked | None] = {}
        self._addresses = _MAX_ADDRESSES

    def read(self, text: str) -> Asked | None:
        """What `text` asks for: a specifier, or the address or path that stands for one; None when it is neither."""
        if text not in self._known:
            self._known[text] = self._asked(text) if len(text) <= _MAX_CHARACTERS else None
        return self._known[text]

    def _asked(self, text: str) -> Asked | None:
        found = _NAMED.match(text)
        if found is None:
            self._addresses -= 1
            return _addressed(text) if self._addresses >= 0 else None
        name, extras, specifier, marker = found.groups()
        condition, under = without_extras(marker)
        return Asked(python_name(name), _extras(extras), (specifier or "").strip("() \t"), condition, under)


def _addressed(text: str) -> Asked | None:
    from depfrag import pipsyntax

    editable = _EDITABLE.match(text)
    found = pipsyntax.requirement(text[editable.end() :] if editable else text, editable=bool(editable))
    if found is None or not found.name or found.kind == "registry":
        return None
    condition, under = without_extras(found.marker)
    extras = re.match(r"[^@\[]*\[([^\]]*)\]\s*@", text)
    return Asked(found.name, _extras(extras[1] if extras else None), "", condition, under, found.kind, found.source)


def _extras(text: str | None) -> tuple[str, ...]:
    return tuple(sorted({python_name(extra.strip()) for extra in text.split(",") if extra.strip()})) if text else ()


def without_extras(marker: str | None) -> tuple[str | None, tuple[str, ...]]:
    """A marker without its comparisons of ``extra``, and the extras that these name."""
    if not marker or "extra" not in marker:
        return (marker or "").strip() or None, ()
    found = {python_name(next(filter(None, match.groups()), "")) for match in _EXTRA.finditer(marker)}
    return given(marker, None)[1], tuple(sorted(found))


class Offered(NamedTuple):
    """A release that may answer."""

    name: str
    version: str | None
    kind: ReleaseKind
    source: str | None
    marker: str | None = None
    """The environments that the release is there for; None is all."""


class Answers:
    """Finds which of the releases of a file answer what is asked for."""

    def __init__(self, offered: Sequence[Offered]) -> None:
        self._offered = offered
        self._by_name: dict[str, list[int]] = {}
        for i, one in enumerate(offered):
            self._by_name.setdefault(one.name, []).append(i)
        self._overlaps = Overlaps()
        self._fitting: dict[tuple[str, str], list[int]] = {}
        self._left = _MAX_COMPARED

    def __call__(self, wanted: Asked, where: str | None = None) -> Mapping[int, str | None] | None:
        """The numbers of the releases that answer `wanted`, asked for where the marker `where` holds, with the
        condition of each; None where there is nothing of the name.

        Of several, those whose version fits, all where none does; and of these, those that can be there in the same
        environments. One by itself answers anyway: that its condition may never hold, the condition says.
        """
        every = self._by_name.get(wanted.name)
        if every is None:
            return None
        if not 1 < len(every) <= _MAX_ALIKE:
            return dict.fromkeys(every, wanted.condition)
        if not self._overlaps(where, wanted.condition):
            return {}
        asked = both(where, wanted.condition)
        there = [i for i in self._fitting_among(wanted, every) if self._overlaps(asked, self._offered[i].marker)]
        if len(there) < 2:
            return dict.fromkeys(there, wanted.condition)
        return {i: both(wanted.condition, self._offered[i].marker) for i in there}

    def _fitting_among(self, wanted: Asked, every: Sequence[int]) -> Sequence[int]:
        if wanted.kind != "registry":
            same = [i for i in every if self._offered[i].kind == wanted.kind]
            exact = [i for i in same if self._offered[i].source == wanted.source]
            return exact or same or every
        key = wanted.name, wanted.specifier
        if key not in self._fitting:
            self._fitting[key] = self._satisfying(wanted.specifier, every)
        return self._fitting[key] or every

    def _satisfying(self, specifier: str, every: Sequence[int]) -> list[int]:
        from packaging.specifiers import SpecifierSet

        try:
            allowed = SpecifierSet(specifier)
        except ValueError:  # no specifier, or one with endless digits
            return []
        found: list[int] = []
        self._left -= len(every)
        if self._left < 0:
            return found
        for i in every:
            version = self._offered[i].version
            try:
                if version is None or allowed.contains(version, prereleases=True):
                    found.append(i)
            except ValueError:
                continue
        return found
