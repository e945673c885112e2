"""Collects what releases ask for and a lockfile does not have, and says it as problems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from depfrag.model import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from depfrag.model import EdgeKind

_MAX_NAMED = 5


class Missing:
    """What was asked for in one lockfile and not found."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._missing: dict[tuple[str, str], int | None] = {}
        """Name and the name of who asks for it, to the line of the first who does."""
        self._unmet: dict[tuple[str, str], int | None] = {}

    def add(self, name: str, who: str | None, kind: EdgeKind, line: int | None) -> None:
        """Notes that `who` (None is the project), whose entry is on `line`, asks for `name` in vain.

        What is optional may be left out of a lockfile on purpose.
        """
        if kind == "peer":
            self._unmet.setdefault((name, who or "the project"), line)
        elif kind != "optional":
            self._missing.setdefault((name, who or "the project"), line)

    def problems(self) -> Iterator[Problem]:
        """One problem for all dependencies and one for all peers, each at the line of the first who asks."""
        if self._missing:
            yield self._problem("missing-dependency", "warning", "not in the lockfile", self._missing)
        if self._unmet:
            yield self._problem("unmet-peer", "info", "peer dependencies that nothing provides", self._unmet)

    def _problem(
        self, code: str, level: Literal["warning", "info"], text: str, cases: Mapping[tuple[str, str], int | None]
    ) -> Problem:
        named = ", ".join(f"{name} (for {who})" for name, who in sorted(cases)[:_MAX_NAMED])
        more = f" and {len(cases) - _MAX_NAMED} more" if len(cases) > _MAX_NAMED else ""
        line = min((line for line in cases.values() if line is not None), default=None)
        return Problem(code, level, f"{text}: {named}{more}", self._path, line)
