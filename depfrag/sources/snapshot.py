"""Facts from snapshots, the later one's first, with what the runs that wrote them could not find out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depfrag.facts import CHANGING
from depfrag.model import Problem
from depfrag.protocols import Known
from depfrag.snapshot import merge
from depfrag.sources import asking

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depfrag.model import Facts
    from depfrag.protocols import Answer, Context, Wanted
    from depfrag.snapshot import Snapshot


class SnapshotSource:
    """Answers for every release that a snapshot lists, also where it lists no facts."""

    def lookup(self, wanted: Sequence[Wanted], context: Context) -> Iterator[Answer]:
        held = merge([one if context.as_of is None else _as_of(one, context.as_of) for one in context.snapshots])
        problems: dict[str | None, list[Problem]] = {}
        for problem in held.problems:
            problems.setdefault(problem.package, []).append(problem)
        yield from held.hosts
        yield from problems.get(None, ())
        for one in wanted:
            release = one.release.id
            if release in held.facts:
                yield Known(one, held.own.get((one.lockfile, release), held.facts[release]))
                for problem in problems.get(release, ()):
                    if problem.lockfile in (None, one.lockfile):
                        yield problem._replace(lockfile=one.lockfile, line=one.release.line)


SOURCE = SnapshotSource()


def _as_of(held: Snapshot, day: str) -> Snapshot:
    """What a snapshot says as of a day; one that tells of another day says only what does not change."""
    if held.as_of == day:
        return held
    kept = None if held.as_of else day
    facts = {release: _lasting(known, kept) for release, known in held.facts.items()}
    own = {place: _lasting(known, kept) for place, known in held.own.items()}
    problems = list(held.problems)
    if any(len(facts[release]) < len(known) for release, known in held.facts.items()):
        told = f"of {held.as_of}" if held.as_of else "of the days when it was made"
        text = f"the snapshot {held.name} tells {told}, not of {day}: who could publish then is unknown"
        problems.append(Problem("other-day", "warning", f"{text}; write one with --as-of {day}"))
    for release, known in facts.items():
        if known and (amiss := asking.untimely(_published(known), day)) is not None:
            facts[release] = {}
            problems.append(Problem(amiss[0], "warning", amiss[1], package=release))
    own = {place: known if facts[place[1]] else {} for place, known in own.items()}
    return held._replace(facts=facts, problems=tuple(problems), own=own)


def _lasting(known: Facts, day: str | None) -> Facts:
    """The facts that do not change, and those that were observed on `day`."""
    return {name: fact for name, fact in known.items() if name not in CHANGING or fact.observed == day}


def _published(known: Facts) -> str | None:
    value = known["published"].value if "published" in known else None
    return value if isinstance(value, str) else None
