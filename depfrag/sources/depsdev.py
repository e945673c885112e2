"""deps.dev: how many packages need a release, when it was published, the repository that it claims to be made from.

Its batches answer in the order of the questions. The keys in its answers are not those that were asked for: it writes
versions in a form of its own (``3.0`` comes back as ``3.0.0``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar
from urllib.parse import quote

import msgspec

from depfrag import mirrors
from depfrag.accounts import without_mail
from depfrag.model import Fact
from depfrag.protocols import Known
from depfrag.sources import asking, services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from depfrag.model import Ecosystem, Facts, FactValue
    from depfrag.protocols import Answer, Context, Request, Wanted
    from depfrag.sources.services import Course, Named

ADDRESS = "https://api.deps.dev/v3alpha/"
FORM = 1
"""Version of what the functions called `keep…` make."""

_SERVICE = "deps.dev"
_MOST = 5000
"""Questions in a batch."""
_SYSTEMS: Mapping[Ecosystem, str] = {"npm": "NPM", "pypi": "PYPI"}
_ENDED = ("archived", "deprecated")
_CLAIMED = "UNVERIFIED_METADATA"
T = TypeVar("T")

_LOST = "how many packages of the registry need a release is unknown, and what deps.dev else could tell"


class Version(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What is kept of one version; None is unknown."""

    published: str | None = None
    default: bool = False
    """It is the version that is installed when none is named."""
    deprecated: str | None = None
    """The notice; empty where there is none."""
    repository: tuple[str, str] | None = None
    """The repository, and what says so."""


class Page(msgspec.Struct, Generic[T], frozen=True, omit_defaults=True):
    """What is kept of a page of a batch: answers in the order of the questions, null where there is none."""

    answers: list[T | None]
    more: str = ""
    """The next page's token."""


class Count(NamedTuple):
    """How many packages need a release."""

    packages: int
    of: str
    """Which version was counted."""
    observed: str


class DepsDevSource:
    """Asks about versions and default versions in batches, then about the dependents of each."""

    def lookup(self, wanted: Sequence[Wanted], context: Context) -> Iterator[Answer]:
        if context.fetch is None:
            return
        named, problems = services.named(wanted, context)
        yield from problems
        if not named:
            return
        course = services.Course(_SERVICE)
        top = services.address(context, "depsdev", ADDRESS)
        past = context.as_of is not None and context.as_of < context.today
        keys = [_version_key(one) for one in named]
        versions = _asked(_Batch(f"{top}versionbatch", keep_versions, _VERSIONS), keys, context, course)
        told = dict(zip(named, versions, strict=False))
        counts = {} if past else _counts(top, told, context, course)
        for one, (version, observed) in told.items():
            facts = to_facts(version, counts.get(one, ()), observed, context.as_of)
            if facts:
                yield from (Known(each, facts) for each in named[one])
        yield from course.problems(_LOST)


SOURCE = DepsDevSource()


# -- asking ----------------------------------------------------------------------------------------------------------


def _version_key(one: Named) -> Mapping[str, Any]:
    return {"versionKey": {"system": _SYSTEMS[one.ecosystem], "name": one.name, "version": one.version}}


class _Batch(NamedTuple, Generic[T]):
    """A kind of batch."""

    url: str
    keep: Callable[[bytes], bytes]
    decoder: msgspec.json.Decoder[Page[T]]


def _asked(
    batch: _Batch[T], questions: Sequence[object], context: Context, course: Course
) -> list[tuple[T | None, str]]:
    """What is answered to each question, and on which day; shorter where the service broke off."""
    assert context.fetch is not None
    found: list[tuple[T | None, str]] = []
    for start in range(0, len(questions), _MOST):
        part = questions[start : start + _MOST]
        token = ""
        while len(found) < start + len(part):
            body = {"requests": part, **({"pageToken": token} if token else {})}
            (response,) = context.fetch.documents([services.question(batch.url, body, batch.keep, FORM)])
            page: Page[T] = Page([]) if response.document is None else batch.decoder.decode(response.document)
            left = start + len(part) - len(found) - len(page.answers)
            fits = left > 0 if page.more else left == 0
            unfit = None if fits and page.answers else "it did not give as many answers as it was asked for"
            course.note(response, services.trouble(response) or unfit)
            if unfit is not None:
                return found
            found.extend((answer, response.observed) for answer in page.answers)
            token = page.more
    return found


def _counts(
    top: str, told: Mapping[Named, tuple[Version | None, str]], context: Context, course: Course
) -> Mapping[Named, Sequence[Count]]:
    """The dependents of each release's own version and of its package's default version."""
    assert context.fetch is not None
    known = {one: version for one, (version, _) in told.items() if version is not None}
    packages = sorted({(one.ecosystem, one.name) for one in known})
    keys = [{"packageKey": {"system": _SYSTEMS[ecosystem], "name": name}} for ecosystem, name in packages]
    found = _asked(_Batch(f"{top}findingsbatch", keep_defaults, _DEFAULTS), keys, context, course)
    defaults = dict(zip(packages, found, strict=False))
    asked: dict[Named, dict[str, Request]] = {}
    for one, version in known.items():
        default = one.version if version.default else defaults.get((one.ecosystem, one.name), (None, ""))[0]
        asked[one] = {"locked version": _dependents(top, one)}
        if default is not None and default != one.version:
            asked[one]["default version"] = _dependents(top, one._replace(version=default))
    unique = {request.url: request for requests in asked.values() for request in requests.values()}
    responses = dict(zip(unique, context.fetch.documents(unique.values()), strict=True))
    for response in responses.values():
        course.note(response, None if response.status in asking.GONE else services.trouble(response))
    return {
        one: [
            Count(_COUNT.decode(document), of, responses[request.url].observed)
            for of, request in requests.items()
            if (document := responses[request.url].document) is not None
        ]
        for one, requests in asked.items()
    }


def _dependents(top: str, one: Named) -> Request:
    system, name, version = (quote(part, safe="") for part in (_SYSTEMS[one.ecosystem].lower(), one.name, one.version))
    url = f"{top}systems/{system}/packages/{name}/versions/{version}:dependents"
    return services.look(url, keep_dependents, FORM)


# -- what is kept ----------------------------------------------------------------------------------------------------


class _SentPage(msgspec.Struct):
    """A page of a batch as deps.dev sends it; only what is used."""

    responses: list[dict[str, Any]]
    more: str = msgspec.field(name="nextPageToken", default="")


def keep_versions(body: bytes) -> bytes:
    """What depfrag uses of a page of versions. Raises ValueError when it is none."""
    sent = _decoded(body)
    return _JSON.encode(Page([_version(one.get("version")) for one in sent.responses], sent.more))


def keep_defaults(body: bytes) -> bytes:
    """The default versions in a page of findings about packages. Raises ValueError when it is none."""
    sent = _decoded(body)
    return _JSON.encode(Page([_default(one.get("findings")) for one in sent.responses], sent.more))


def keep_dependents(body: bytes) -> bytes:
    """How many packages need a version. Raises ValueError when that is not said."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(f"not an answer about dependents: {error}") from None
    count = told.get("dependentCount", 0) if isinstance(told, dict) else None  # a zero may be left out
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count < 2**53:
        raise ValueError("not an answer about dependents")
    return b"%d" % count


def _decoded(body: bytes) -> _SentPage:
    try:
        return _SENT.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(f"not a page of a batch: {error}") from None


def _version(told: object) -> Version | None:
    if not isinstance(told, dict) or not told.get("versionKey"):
        return None
    return Version(
        published=mirrors.moment(told.get("publishedAt")),
        default=told.get("isDefault") is True,
        deprecated=_notice(told),
        repository=_repository(told.get("relatedProjects")),
    )


def _notice(told: Mapping[str, Any]) -> str | None:
    """Of a Python release the status of its project counts: an index has no other notice of deprecation."""
    key = told["versionKey"]
    if isinstance(key, dict) and key.get("system") == "PYPI":
        status = told.get("projectStatus")
        named = status.get("status") if isinstance(status, dict) else None
        if not isinstance(status, dict) or named not in (*_ENDED, "active"):
            return None
        reason = status.get("reason")
        why = f": {reason}" if isinstance(reason, str) and reason else ""
        return without_mail(f"the project is {named}{why}") if named in _ENDED else ""
    if told.get("isDeprecated", False) is False:
        return ""
    reason = told.get("deprecatedReason")
    return without_mail(reason.strip()) or "deprecated" if isinstance(reason, str) else "deprecated"


def _repository(told: object) -> tuple[str, str] | None:
    """The source repository that rests on most: an attestation before what a manifest claims."""
    found: list[tuple[bool, str, str]] = []
    for one in told if isinstance(told, list) else ():
        if not isinstance(one, dict) or one.get("relationType") != "SOURCE_REPO":
            continue
        key, why = one.get("projectKey"), one.get("relationProvenance")
        project = key.get("id") if isinstance(key, dict) else None
        if isinstance(project, str) and isinstance(why, str) and project:
            found.append((why == _CLAIMED, without_mail(project), without_mail(why)))
    return min(found)[1:] if found else None


def _default(told: object) -> str | None:
    version = told.get("defaultVersion") if isinstance(told, dict) else None
    key = version.get("versionKey") if isinstance(version, dict) else None
    name = key.get("version") if isinstance(key, dict) else None
    return name if isinstance(name, str) and 0 < len(name) < 256 else None


_SENT = msgspec.json.Decoder(_SentPage)
_VERSIONS = msgspec.json.Decoder(Page[Version])
_DEFAULTS = msgspec.json.Decoder(Page[str])
_COUNT = msgspec.json.Decoder(int)
_JSON = msgspec.json.Encoder()


# -- what it says ----------------------------------------------------------------------------------------------------


def to_facts(version: Version | None, counts: Sequence[Count], observed: str, as_of: str | None = None) -> Facts:
    """What deps.dev, asked on the day `observed`, says of a release, as of a day if one is given.

    It keeps no history: what can change is not known of another day.
    """
    if version is None:
        return {}
    day = None if version.published is None else version.published[:10]
    if asking.untimely(day, as_of) is not None:
        return {}
    values: dict[str, FactValue] = {"published": day}
    if as_of is None or as_of == observed:
        values["deprecated"] = None if version.deprecated is None else version.deprecated or False
    facts = {name: Fact(value, _SERVICE, observed, "aggregator") for name, value in values.items() if value is not None}
    if version.repository is not None:
        project, why = version.repository
        value = {"project": project, "relation": why.lower().replace("_", " ")}
        facts["repository"] = Fact(value, _SERVICE, observed, "declared" if why == _CLAIMED else "aggregator")
    if counts and (as_of is None or as_of == observed):
        most = max(counts, key=lambda count: count.packages)
        source = f"{_SERVICE}, {most.of}"
        facts["ecosystem_dependents"] = Fact(most.packages, source, most.observed, "aggregator")
    return facts
