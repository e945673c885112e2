"""The facts that depfrag knows of: their names, what they mean, and how facts from several sources become one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from depfrag.model import Fact, Facts, Grade

FACTS: Mapping[str, str] = {
    "publishers": "accounts that can release the package, as handles, sorted; an empty list is nobody",
    "organization": "the PyPI organisation whose team can release it too, its members not visible",
    "lines": "non-blank, non-comment lines of source, at least bytes of source / 100",
    "bytes": "unpacked bytes",
    "bytes_at_least": "packed bytes of one of its files, a lower bound of the unpacked bytes",
    "published": "the day the release was published, YYYY-MM-DD",
    "deprecated": "the deprecation notice; false where there is none",
    "yanked": "the reason for the yank, or true; false where it is not yanked",
    "install_script": "whether installing it runs a script of its own",
    "manifest": "what the release's own manifest asks for",
    "ecosystem_dependents": "how many packages of the registry need it; the source says which version was counted",
    "repository": "the source repository that it claims to be made from, and what that claim rests on",
    "malicious": "ids of reports that it is malicious, sorted; false where there is none",
    "replacement": "what e18e suggests in place of the package, and where to read about it",
    "downloads": "how often the package was downloaded in the last month",
    "critical": "whether the package is among those that make up 80 % of its registry's downloads",
}
"""Name to meaning. Where a fact is missing, nobody knows; null is never used for it."""

PYTHON_ONLY = frozenset(("organization", "bytes_at_least", "yanked"))
"""Facts that npm has nothing like."""

UNUSUAL = frozenset(("replacement", "downloads", "critical"))
"""Facts that say nothing by being absent: few packages have them, or nobody is asked by default."""

CHANGING = frozenset(
    (
        "publishers", "organization", "deprecated", "yanked", "ecosystem_dependents", "malicious", "replacement",
        "downloads", "critical",
    )
)  # fmt: skip
"""Facts of a release that can be others on another day."""

SIZES = ("lines", "bytes", "bytes_at_least")
"""Facts that say something of a release's size."""

_RANK: Mapping[Grade, int] = {"registry": 0, "aggregator": 1, "reported": 2, "declared": 3}


def best(found: Iterable[Facts]) -> Facts:
    """Facts from several sources as one set: the best grade wins, among equals the source that comes first."""
    result: dict[str, Fact] = {}
    for facts in found:
        for name, fact in facts.items():
            if name not in result or _RANK[fact.grade] < _RANK[result[name].grade]:
                result[name] = fact
    return result


def measured(facts: Facts, name: str) -> Fact | None:
    """A fact that may narrow a score: not what a release merely declares of itself."""
    fact = facts.get(name)
    return None if fact is None or fact.grade == "declared" else fact
