"""ecosyste.ms: publishers, dependents and downloads of packages, several registries alike; asked where that is wished.

Its data are under CC-BY-SA-4.0, which every fact from it names in its source. It finds packages by their package URLs,
in any order, and leaves out those that it does not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from depfrag.accounts import is_handle
from depfrag.identity import purl
from depfrag.model import Fact
from depfrag.protocols import Known
from depfrag.sources import services

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depfrag.model import Facts, FactValue
    from depfrag.protocols import Answer, Context, Wanted

ADDRESS = "https://packages.ecosyste.ms/api/v1/"
FORM = 1
"""Version of what `keep` makes."""

_SERVICE = "ecosyste.ms (CC-BY-SA-4.0)"
_MOST = 100
"""Packages in a question."""
_PERIOD = "last-month"
_LOST = "what it could tell of publishers, dependents and downloads is unknown"


class Package(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept of a package; None is unknown."""

    publishers: tuple[str, ...] | None = None
    dependents: int | None = None
    """Packages that need it themselves, not through others."""
    downloads: int | None = None
    """In the last month."""
    critical: bool | None = None


class EcosystemsSource:
    """Asks about all packages, a hundred at a time."""

    def lookup(self, wanted: Sequence[Wanted], context: Context) -> Iterator[Answer]:
        if context.fetch is None or (context.as_of is not None and context.as_of < context.today):
            return  # it keeps no history
        named, problems = services.named(wanted, context)
        yield from problems
        packages: dict[str, list[Wanted]] = {}
        for ones in named.values():
            packages.setdefault(purl(ones[0].release._replace(version=None)), []).extend(ones)
        course = services.Course("ecosyste.ms")
        url = f"{services.address(context, 'ecosystems', ADDRESS)}packages/bulk_lookup"
        known = list(packages)
        parts = [known[start : start + _MOST] for start in range(0, len(known), _MOST)]
        requests = [services.question(url, {"purls": part}, keep, FORM) for part in parts]
        for part, response in zip(parts, context.fetch.documents(requests), strict=True):
            course.note(response, services.trouble(response))
            told = {} if response.document is None else _KEPT.decode(response.document)
            for one in part:
                if facts := to_facts(told.get(one), response.observed):
                    yield from (Known(each, facts) for each in packages[one])
        yield from course.problems(_LOST)


SOURCE = EcosystemsSource()


# -- what is kept ----------------------------------------------------------------------------------------------------


class _Sent(msgspec.Struct):
    """A package as ecosyste.ms sends it; only what is used. Nothing in it can be relied on to have the right type."""

    purl: str
    maintainers: Any = None
    dependents: Any = msgspec.field(name="dependent_packages_count", default=None)
    downloads: Any = None
    period: Any = msgspec.field(name="downloads_period", default=None)
    critical: Any = None


def keep(body: bytes) -> bytes:
    """What depfrag uses of an answer, by package URL: no e-mail address, no name. Raises ValueError when it is none."""
    try:
        sent = _SENT.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(f"not a list of packages: {error}") from None
    return _JSON.encode({one.purl: _package(one) for one in sent})


def _package(sent: _Sent) -> Package:
    return Package(
        publishers=_publishers(sent),
        dependents=_count(sent.dependents),
        downloads=_count(sent.downloads) if sent.period == _PERIOD else None,
        critical=sent.critical if isinstance(sent.critical, bool) else None,
    )


def _publishers(sent: _Sent) -> tuple[str, ...] | None:
    """Who can publish an npm package. An empty list may be one that was never filled; of a Python project it is not
    told whether an organisation can publish it too."""
    if not sent.purl.startswith("pkg:npm/") or not isinstance(sent.maintainers, list):
        return None
    names = [one.get("login") if isinstance(one, dict) else None for one in sent.maintainers]
    known = {name for name in names if isinstance(name, str) and is_handle(name)}
    return tuple(sorted(known)) if known and len(known) == len(names) else None


def _count(told: object) -> int | None:
    return told if isinstance(told, int) and not isinstance(told, bool) and 0 <= told < 2**53 else None


_SENT = msgspec.json.Decoder(list[_Sent])
_KEPT = msgspec.json.Decoder(dict[str, Package])
_JSON = msgspec.json.Encoder(order="deterministic")


# -- what it says ----------------------------------------------------------------------------------------------------


def to_facts(package: Package | None, observed: str) -> Facts:
    """What ecosyste.ms, asked on the day `observed`, says of a package's releases; nothing of one it does not know."""
    if package is None:
        return {}
    values: Mapping[str, FactValue] = {
        "publishers": package.publishers, "downloads": package.downloads, "critical": package.critical,
    }  # fmt: skip
    facts = {name: Fact(value, _SERVICE, observed, "aggregator") for name, value in values.items() if value is not None}
    if package.dependents is not None:
        source = f"{_SERVICE}, direct ones of any version"
        facts["ecosystem_dependents"] = Fact(package.dependents, source, observed, "aggregator")
    return facts
