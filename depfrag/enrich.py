"""Asks the sources and puts together what they know."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from depfrag.errors import SourceError
from depfrag.facts import best
from depfrag.model import Host, Problem
from depfrag.protocols import Known

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from depfrag.model import Facts
    from depfrag.protocols import Archive, Context, MetadataSource, Wanted


class Knowledge(NamedTuple):
    """What the sources know; a release that none of them answered for is not in `facts`."""

    facts: Mapping[Wanted, Facts]
    archives: Mapping[Wanted, Archive]
    hosts: tuple[Host, ...]
    problems: tuple[Problem, ...]


def enrich(
    wanted: Sequence[Wanted], sources: Sequence[MetadataSource], context: Context, known: Knowledge | None = None
) -> Knowledge:
    """What `sources`, asked in turn, know of `wanted`, on top of what is `known` already."""
    found: dict[Wanted, list[Facts]] = {}
    archives: dict[Wanted, Archive] = {}
    hosts: list[Host] = []
    problems: list[Problem] = []
    if known is not None:
        found.update((w, [facts]) for w, facts in known.facts.items())
        archives.update(known.archives)
        hosts.extend(known.hosts)
        problems.extend(known.problems)
    for source in sources:
        try:
            for answer in source.lookup(wanted, context):
                if isinstance(answer, Known):
                    found.setdefault(answer.wanted, []).append(answer.facts)
                    if answer.archive is not None:
                        archives[answer.wanted] = answer.archive
                elif isinstance(answer, Host):
                    hosts.append(answer)
                else:
                    problems.append(answer)
        except SourceError as error:
            problems.append(Problem("source", "error", str(error)))
    facts = {w: best(parts) for w, parts in found.items()}
    return Knowledge(facts, archives, tuple(hosts), tuple(problems))
