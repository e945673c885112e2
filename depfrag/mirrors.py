"""Judges what a registry host's answers are worth: mirrors drop who can publish and put their own dates on releases.

A host is judged once, over everything that it answered in a run. Who can publish is the registry's own word where most
packages list accounts, or any does on a Python index, which has no text of packages to repeat there; lists that only
releases carry can be text of their manifests. Dates are those of publishing where releases whose dates are known
(`tables/anchors.json`) are dated right, else where dates look like a registry's and follow the order of versions: of
16,823 neighbours in one minor line of 1,231 npm packages 6 do not, on a mirror that dates releases by its own first
download 3 of 10 or more.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from depfrag import tables
from depfrag.identity import without_credentials
from depfrag.model import Host, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from depfrag.model import Ecosystem

Dates: TypeAlias = Literal["publish", "ingest", "absent", "unknown"]
Publishers: TypeAlias = Literal["registry", "declared", "absent", "unknown"]
Accounts: TypeAlias = Literal["named", "nobody", "text", "absent"]
Form: TypeAlias = Literal["registry", "foreign", "unproven", "absent"]

_UTC = re.compile(r"(?:199|20\d)\d-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-6]\d(?:\.\d{1,6})?Z\Z")
_PLAIN = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})\Z")
_MANY = 5
"""Versions from which on it says something that all were dated within two days."""
_FEW = 3


class Dated(NamedTuple):
    """How a package's releases are dated."""

    form: Form
    """As a registry writes dates, otherwise, in a form that tells nothing, or not at all."""
    pairs: int = 0
    """Neighbouring versions of one minor line …"""
    disordered: int = 0
    """… and those of them whose dates contradict the order of versions."""
    together: bool | None = None
    """All of at least five versions are dated within two days; None for fewer versions."""


class Shown(NamedTuple):
    """What one document shows of the host that sent it."""

    accounts: Accounts
    """The package's own list of who can publish: accounts, empty, names that no account can have, not there."""
    publisher: bool
    """A release says which account published it."""
    lists: bool
    """A release carries a list of maintainers."""
    dated: Dated
    right: int = 0
    """Releases whose date is known from elsewhere and agrees …"""
    wrong: tuple[tuple[str, str, str], ...] = ()
    """… and those where it does not: release, day told, day known."""


def moment(stamp: object) -> str | None:
    """An ISO 8601 time as ``YYYY-MM-DDTHH:MM:SS.ffffff`` in UTC, so that text sorts as time; None for anything else."""
    if not isinstance(stamp, str) or not 16 <= len(stamp) <= 40:
        return None
    if _UTC.match(stamp):
        return stamp[:-1].ljust(20, ".").ljust(26, "0")
    from datetime import UTC, datetime

    try:
        time = datetime.fromisoformat(stamp)
        time = (time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return time.isoformat(timespec="microseconds") if time.year >= 1990 else None


def is_utc(stamp: str) -> bool:
    """Whether a time is written as npm and PyPI write it."""
    return _UTC.match(stamp) is not None


def dated(moments: Mapping[str, str], form: Form) -> Dated:
    """How a package is dated whose versions have these moments, written in `form`."""
    numbered = sorted(
        ((int(m[1]), int(m[2]), int(m[3])), when) for version, when in moments.items() if (m := _PLAIN.match(version))
    )
    pairs = [(a, b) for (x, a), (y, b) in pairwise(numbered) if x[:2] == y[:2]]
    together = None
    if len(numbered) >= _MANY:
        together = len({when[:10] for _, when in numbered}) <= 2
    return Dated(form if moments else "absent", len(pairs), sum(a > b for a, b in pairs), together)


class Anchors:
    """Releases whose day of publishing is known."""

    def __init__(self, ecosystem: Ecosystem) -> None:
        self._days: dict[str, dict[str, str]] = {}
        for release, day in tables.load("anchors.json")[ecosystem].items():
            name, _, version = release.rpartition("@")
            self._days.setdefault(name, {})[version] = day

    def compare(self, name: str, stamps: Mapping[str, str]) -> tuple[int, tuple[tuple[str, str, str], ...]]:
        """`Shown.right` and `Shown.wrong` of a package whose versions are dated so."""
        days = self._days.get(name, {}).items()
        told = [(v, when[:10], day) for v, day in days if (when := moment(stamps.get(v)))]
        wrong = tuple((f"{name}@{version}", here, day) for version, here, day in told if here != day)
        return len(told) - len(wrong), wrong


def host_name(address: str) -> str:
    """What a registry is called in reports: its address without scheme and credentials."""
    return without_credentials(address).partition("://")[2].rstrip("/") or address


def judge(address: str, ecosystem: Ecosystem, asked: int, answered: int, shown: Sequence[Shown]) -> Host:
    """What the registry at `address` is worth by what its documents have `shown`.

    It was asked `asked` times and answered `answered` times; not all answers have a release to show anything.
    """
    dates: Dates = "unknown"
    publishers: Publishers = "unknown"
    because = f"it answered {answered:,} of {asked:,} questions and listed no release"
    if shown:
        publishers, who = _publishers(shown, ecosystem)
        dates, when = _dates(shown)
        because = f"{who}; {when}"
    return Host(host_name(address), ecosystem, asked, answered, dates, publishers, because)


def _publishers(shown: Sequence[Shown], ecosystem: Ecosystem) -> tuple[Publishers, str]:
    said = [s.accounts for s in shown]
    listed, named = len(said) - said.count("absent"), said.count("named")
    text = f"{listed:,} of {len(said):,} answers list who can publish"
    meant = 2 * named >= listed or (listed <= _FEW and any(s.publisher for s in shown))
    if listed and not meant:
        text += f", but {listed - named:,} of these lists name no account"
    elif (2 * listed >= len(said) or (listed and ecosystem == "pypi")) and 10 * said.count("text") <= listed:
        return "registry", text
    if any(s.lists or s.publisher for s in shown) or listed > said.count("nobody"):
        return "declared", text + "; lists in releases can be their own text"
    return "absent", text


def _dates(shown: Sequence[Shown]) -> tuple[Dates, str]:
    right, wrong = sum(s.right for s in shown), [w for s in shown for w in s.wrong]
    if 10 * len(wrong) > right + len(wrong):
        release, here, day = min(wrong)
        return "ingest", f"{release} is dated {here} and was published on {day}"
    if right:
        return "publish", f"{right:,} of {right + len(wrong):,} releases of known date are dated right"
    return _by_shape([s.dated for s in shown if s.dated.form != "absent"])


def _by_shape(dated: Sequence[Dated]) -> tuple[Dates, str]:
    """What dates can be by their form and order alone."""
    pairs, disordered = sum(d.pairs for d in dated), sum(d.disordered for d in dated)
    many = [d.together for d in dated if d.together is not None]
    forms = [d.form for d in dated]
    if not dated:
        return "absent", "no release has a date"
    if 10 * disordered > pairs:
        return "ingest", f"{disordered:,} of {pairs:,} neighbouring versions are dated in the wrong order"
    if 2 * sum(many) > len(many):
        return "ingest", f"all versions of {sum(many):,} of {len(many):,} packages are dated within two days"
    if 2 * forms.count("foreign") > len(forms):
        return "ingest", "its dates are not written as a registry writes the dates of publishing"
    if 2 * forms.count("unproven") > len(forms) and pairs < _MANY:
        return "unknown", "nothing shows that its dates are those of publishing"
    return "publish", "its dates are written and ordered as those of a registry"


def problems(hosts: Iterable[Host]) -> Iterator[Problem]:
    """A problem for each host that withholds or rewrites what depfrag needs, with what to do about it."""
    for host in hosts:
        left = []
        if host.publishers != "registry":
            left.append("who can publish")
        if host.dates != "publish":
            left.append("when releases were published")
        if left and (host.publishers, host.dates) != ("unknown", "unknown"):
            text = f"{host.host} does not pass on {' and '.join(left)}, so that stays unknown: {host.because}"
            hint = "ask the registry that it mirrors, or use a --snapshot made there"
            yield Problem("mirror", "warning", f"{text}; {hint}")
