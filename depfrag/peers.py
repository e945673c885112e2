"""Finds what provides each peer, by the dependents alone, as yarn 2 and later does.

A peer of a package is what its dependent has under that name; or the dependent itself, if it is called so; or what the
dependent, where it asks for the same peer, was provided with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from depfrag.errors import LockfileError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    Peer = tuple[int, str]
    """A package, by its number, and the name of a peer that it asks for."""

_MAX_STEPS = 3_000_000
"""A few seconds. Large projects take a hundredth."""


class Providers:
    """Finds the packages that provide each peer."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._room = _MAX_STEPS
        self.found: dict[Peer, set[int]] = {}
        self._onward: dict[Peer, list[Peer]] = {}
        """Peers that are provided with whatever provides another one."""

    def add(self, dependent: int, name: str, has: Mapping[str, int], peers: Sequence[Collection[str]]) -> None:
        """Notes what `dependent`, called `name`, provides to what it `has`; `peers` are those of each package."""
        for package in has.values():
            self._spend(len(peers[package]))
            for peer in peers[package]:
                if peer in has or peer == name:
                    self.found.setdefault((package, peer), set()).add(has.get(peer, dependent))
                if peer in peers[dependent]:
                    self._onward.setdefault((dependent, peer), []).append((package, peer))

    def hand_on(self) -> None:
        """Provides what the dependents of dependents provide."""
        todo = list(self.found)
        while todo:
            peer = todo.pop()
            for further in self._onward.get(peer, ()):
                known = self.found.setdefault(further, set())
                self._spend(len(self.found[peer]))
                if not self.found[peer] <= known:
                    known |= self.found[peer]
                    todo.append(further)

    def _spend(self, steps: int) -> None:
        self._room -= steps
        if self._room < 0:
            raise LockfileError(self._path, "more peers of more releases than any project has")
