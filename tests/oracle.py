"""Measures of a lockfile's graph by brute force, from the definitions and from nothing else: remove a release, and look
what falls. Shares no code with depfrag; slow, and short enough to be checked by eye."""

from __future__ import annotations

BREAKING = {"runtime", "peer", "extra"}


class Oracle:
    """The graph of a lockfile; with `prod`, of the releases that a root reaches without dev edges."""

    def __init__(self, lockfile, *, prod=False):
        self.roots = {r.id for r in lockfile.roots}
        self.releases = {r.id for r in lockfile.releases}
        self.edges = [(d.dependent, d.dependency, d.kind) for d in lockfile.dependencies]
        self.prod = self.walk({"runtime", "peer", "extra", "optional"})
        if prod:
            kept = self.prod | self.roots
            self.edges = [(a, b, k) for a, b, k in self.edges if k != "dev" and a in kept and b in kept]
            self.releases &= kept
        self.open = lockfile.open & self.releases

    def walk(self, kinds, without=None):
        """The releases that some root gets to by edges of `kinds`, with `without` taken out."""
        reached = set(self.roots)
        while more := {b for a, b, k in self.edges if a in reached and k in kinds and b != without} - reached:
            reached |= more
        return reached - self.roots

    def fallen(self, release, kinds, removed=()):
        """The releases that fall, one after another, when `release` goes and edges of `kinds` pull; without it."""
        gone = {release, *removed}
        while more := {a for a, b, k in self.edges if b in gone and k in kinds} - gone:
            gone |= more
        return (gone & self.releases) - {release}

    def direct(self):
        """The releases that some root needs, optional edges left out."""
        return {b for a, b, k in self.edges if a in self.roots and b in self.releases and k != "optional"}

    def dependents(self, release):
        """Who needs it at least and at most: at most, every release whose edges are unknown needs it too."""
        return self.fallen(release, BREAKING), self.fallen(release, BREAKING, self.open)

    def breaks(self, release):
        """The direct dependencies that are it or need it, at least and at most."""
        low, high = self.dependents(release)
        return self.direct() & (low | {release}), self.direct() & (high | {release})

    def dominates(self, release):
        """The releases that no root gets to any more without it, itself included."""
        every = BREAKING | {"optional", "dev"}
        return self.walk(every) - self.walk(every, without=release)

    def exposed(self, release):
        """Who needs it through at least one optional edge and not otherwise, at least and at most."""
        low, high = self.dependents(release)
        kinds = BREAKING | {"optional"}
        return self.fallen(release, kinds) - high, self.fallen(release, kinds, self.open) - low
