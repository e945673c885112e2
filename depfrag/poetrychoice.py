"""Which of several releases that poetry locked of one name a dependency means."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from depfrag import markers, poetryspec
from depfrag.markers import both

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.version import Version

    from depfrag.model import ReleaseKind
    from depfrag.poetryspec import Constraint
    from depfrag.pyproject import Need

_MAX_ALIKE = 50
"""Releases of one name that are told apart; where a file has more, a dependency means all of them."""
_MAX_COMPARED = 100_000
"""Versions held against constraints, of which long ones count more, and what is read of them: a second or two."""


class Package(NamedTuple):
    """One ``[[package]]`` of a poetry.lock."""

    name: str
    version: str | None
    kind: ReleaseKind
    source: str | None
    listed_by: str
    """The name of the index that it comes from."""
    marker: str | None
    """The environments that the project needs it in, where the file says so."""
    python: str | None
    """The versions of Python that it can be installed for, as a constraint."""
    optional: bool
    groups: frozenset[str]
    """Groups of the project that need it; empty where the file does not say."""
    hashes: frozenset[str]
    line: int | None
    needs: tuple[Need, ...]
    """Of kind ``extra`` what only an extra needs."""
    extras: Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]
    """Names, with their extras, of what each extra needs; the package itself stands for others of its extras."""


class Choice:
    """Tells which of several releases of one name a dependency means."""

    def __init__(self, packages: Sequence[Package], numbers: Sequence[int]) -> None:
        """`numbers` are those of `packages` that a dependency may mean."""
        self._packages = packages
        self._by_name: dict[str, list[int]] = {}
        for i in numbers:
            self._by_name.setdefault(packages[i].name, []).append(i)
        self._versions: dict[int, Version | None] = {}
        """Of packages of which there are several."""
        for several in self._by_name.values():
            if len(several) > 1:
                self._versions.update((i, _version(packages[i].version)) for i in several)
                several.sort(key=self._order, reverse=True)
        self._constraints: dict[str, Constraint | None] = {}
        self._left = _MAX_COMPARED
        self.decided: dict[int, str | None] = {}
        """The packages that the project itself needs, to the environments that it needs them in, where nothing else
        tells these."""
        self._pythons: dict[str, str | None] = {}
        self.overlaps = markers.Overlaps()

    def __call__(self, need: Need, where: str | None, *, elsewhere: bool) -> Sequence[tuple[int, str | None]]:
        """The numbers of the packages that `need` means where `where` holds, and the condition of each.

        As in poetry: in each environment the one that the project needs itself, else the newest, of those that can be
        there and that the constraint and the source of `need` allow. What the dependent itself asks for from
        `elsewhere` than an index is not meant by what it asks for from one.
        """
        every = self._by_name.get(need.name, ())
        if not 1 < len(every) <= _MAX_ALIKE:
            return [(i, need.condition) for i in every]
        fitting = [i for i in every if self._fits(need, i, elsewhere=elsewhere)]
        fitting.sort(key=lambda i: i not in self.decided)
        choices = tuple(both(self.decided.get(i), self.environments(self._packages[i])) for i in fitting)
        taken = self.overlaps.taken(both(where, need.condition), choices)
        if len(taken) < 2:
            return [(fitting[i], need.condition) for i in taken]
        conditions = [self._packages[i].marker or self.decided.get(i) for i in fitting]
        return [(fitting[i], both(need.condition, conditions[i])) for i in taken]

    def environments(self, package: Package) -> str | None:
        """The environments that a package can be in."""
        python = package.python
        if python and python not in self._pythons:
            self._left -= len(python) // 4
            self._pythons[python] = poetryspec.python_marker(python) if self._left > 0 else None
        return both(package.marker, self._pythons[python] if python else None)

    def _order(self, number: int) -> tuple[bool, Version | None]:
        """What puts packages in the order of their versions, those that are none first."""
        return self._versions[number] is not None, self._versions[number]

    def _fits(self, need: Need, number: int, *, elsewhere: bool) -> bool:
        package = self._packages[number]
        if need.release != "registry":
            address = (package.source or "").partition("#")[0]
            return need.release == package.kind and (need.release in ("file", "link") or need.source == address)
        if elsewhere and package.kind != "registry":
            return False
        if need.from_index and need.from_index.lower() != package.listed_by:
            return False
        version = self._versions[number]
        return version is None or all(self._allows(text, version) for text in need.constraints)

    def _allows(self, constraint: str, version: Version) -> bool:
        """Whether a constraint allows a version; one that cannot be read, or is too much to read, allows any."""
        if constraint not in self._constraints:
            self._left -= len(constraint) // 4
            self._constraints[constraint] = poetryspec.constraint(constraint) if self._left > 0 else None
        wanted = self._constraints[constraint]
        self._left -= 1 + len(constraint) // 8
        return wanted is None or self._left < 0 or poetryspec.allows(wanted, version)


def _version(text: str | None) -> Version | None:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(text or "")
    except (InvalidVersion, ValueError):
        return None
