"""Collects the edges of a Python lockfile or environment whose releases say by specifiers what they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depfrag.errors import LockfileError
from depfrag.markers import both, either
from depfrag.missing import Missing
from depfrag.model import Dependency
from depfrag.pyspec import Answers, Asked

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from depfrag.model import EdgeKind, Problem
    from depfrag.pyproject import Need
    from depfrag.pyspec import Offered

_MAX_EDGES = 300_000
"""Found, equal ones among them."""
_MAX_CONDITIONS = 32 * 1024 * 1024
"""Characters of all conditions."""
_MAX_MARKER = 2_000
"""Characters of a marker that environments are told apart by."""


def wanted(need: Need) -> Asked:
    """What a project asks for, as a specifier would."""
    return Asked(need.name, need.extras, ",".join(need.constraints), need.condition, (), need.release, need.source)


def environments(markers: Iterable[str | None]) -> str | None:
    """The environments in which one of `markers` holds; None, which is all, where telling them would take too long."""
    joined = either(markers)
    return None if joined is None or len(joined) > _MAX_MARKER else joined


class Edges:
    """Collects edges, and remembers what is asked for and not there."""

    def __init__(
        self,
        path: str,
        nodes: Sequence[str],
        offered: Sequence[Offered],
        unlisted: Collection[str] = (),
        where: str | None = None,
    ) -> None:
        """`nodes` are ids of releases and roots, `offered` what each of them is, `unlisted` names that are left out on
        purpose, and `where` the marker of all environments that it is for."""
        self._path, self._nodes, self._unlisted, self._where = path, nodes, unlisted, environments((where,))
        self._answers = Answers(offered)
        self._conditions: dict[tuple[str, str, EdgeKind], set[str | None]] = {}
        self._missing = Missing(path)
        self._steps, self._room = _MAX_EDGES, _MAX_CONDITIONS

    def ask(
        self,
        dependent: str,
        asked: Asked,
        kind: EdgeKind,
        line: int | None = None,
        marker: str | None = None,
        *,
        spare: bool = False,
    ) -> Collection[str]:
        """Adds the edges to what `dependent`, which stands on `line` and is there where `marker` holds, asks for; gives
        the ids of all that answers.

        What only holds under a condition may be left out of a file that is for other environments, and what is `spare`
        may always be.
        """
        found = self._answers(asked, both(environments((marker,)), self._where))
        if found is None:
            if asked.condition is None and not spare and asked.name not in self._unlisted:
                self.miss(dependent, asked.name, kind, line)
            return ()
        for i, condition in found.items():
            self.add(dependent, self._nodes[i], kind, condition, line)
        return [self._nodes[i] for i in found]

    def miss(self, dependent: str, name: str, kind: EdgeKind, line: int | None) -> None:
        """Notes that what `dependent` needs is not there."""
        who = dependent.partition(":")[2]
        self._missing.add(name, None if who == "." else who, kind, line)

    def add(self, dependent: str, dependency: str, kind: EdgeKind, condition: str | None, line: int | None) -> None:
        """Adds an edge, which is none where both ends are one."""
        self._steps -= 1
        self._room -= len(condition or "")
        if self._steps < 0 or self._room < 0:
            raise LockfileError(self._path, f"more than {_MAX_EDGES:,} dependencies or endless conditions", where=line)
        if dependent != dependency:
            self._conditions.setdefault((dependent, dependency, kind), set()).add(condition)

    def dependencies(self) -> tuple[Dependency, ...]:
        """Each edge once for each kind; what an extra needs and the release needs anyway is no edge of the extra."""
        found = {edge: either(conditions) for edge, conditions in self._conditions.items()}
        edges = [
            Dependency(a, b, kind, condition)
            for (a, b, kind), condition in found.items()
            if kind != "extra" or found.get((a, b, "runtime"), "") not in (None, condition)
        ]
        return tuple(sorted(edges, key=lambda d: d[:3]))

    def problems(self) -> tuple[Problem, ...]:
        """What is asked for and not there, as one problem at the line of the first who asks."""
        return tuple(self._missing.problems())
