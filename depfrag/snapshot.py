"""Snapshots: the facts of a run in one dated, checksummed, sorted file, to scan again anywhere with the same result."""

from __future__ import annotations

import json
import re
import zlib
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from depfrag.errors import SourceError
from depfrag.facts import best
from depfrag.model import Ecosystem, Fact, Grade, Host, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from depfrag.model import Facts, FactValue

SCHEMA = "depfrag.snapshot/1"
MAX_BYTES = 64 * 1024 * 1024
"""A snapshot that unpacks to more is refused: of 100,000 releases it has about as much."""
_MAX_RATIO = 100
"""Unpacked to packed bytes, counted once the unpacked ones exceed `_FREE`; real snapshots stay under 20."""
_FREE = 1024 * 1024
_MAX_LINES = 500_000

_LEVELS = ("error", "warning", "info")
_DATES = ("publish", "ingest", "absent", "unknown")
_PUBLISHERS = ("registry", "declared", "absent", "unknown")
_HUGE = 2**63
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CODE = re.compile(r"[a-z][a-z-]*")


class Snapshot(NamedTuple):
    """What a run learned: enough to scan again with the same result."""

    made_at: str | None
    """The newest day that one of the facts was observed."""
    as_of: str | None
    facts: Mapping[str, Facts]
    """By release id. A release that is listed without facts is one that nobody knew anything about."""
    name: str = ""
    """The file it came from."""
    hosts: tuple[Host, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Those that sources had, with single releases or as a whole; they name a lockfile where it alone had them."""
    own: Mapping[tuple[str, str], Facts] = {}
    """By lockfile and release id: what was known of a release in one lockfile, where that is not what `facts` has:
    others may have asked another registry, or had it installed."""


def encode(snapshot: Snapshot) -> bytes:
    """`snapshot` as gzip-compressed lines of JSON, sorted, with a checksum; the same content gives the same bytes."""
    items: list[list[object]] = [["host", *host] for host in sorted(snapshot.hosts)]
    items += [["problem", *entry] for entry in sorted({_entry(p) for p in snapshot.problems})]
    items += [["release", release, _written(known)] for release, known in sorted(snapshot.facts.items())]
    items += [
        ["release", release, _written(known), lockfile] for (lockfile, release), known in sorted(snapshot.own.items())
    ]
    body = "".join(json.dumps(item, separators=(",", ":"), sort_keys=True) + "\n" for item in items)
    head = {
        "schema": SCHEMA, "made_at": snapshot.made_at, "as_of": snapshot.as_of,
        "sha256": sha256(body.encode()).hexdigest(),
    }  # fmt: skip
    return _gzip((json.dumps(head, separators=(",", ":")) + "\n" + body).encode())


def _entry(problem: Problem) -> tuple[str, ...]:
    entry = problem.package or "", problem.code, problem.level, problem.message
    return entry if problem.lockfile is None else (*entry, problem.lockfile)


def _written(known: Facts) -> dict[str, list[object]]:
    return {name: list(_plain(fact)) for name, fact in sorted(known.items())}


def _plain(fact: Fact) -> Fact:
    return fact._replace(value=_listed(fact.value))


def _listed(value: FactValue) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, tuple):
        return [_listed(v) for v in value]
    if isinstance(value, dict):
        return {k: _listed(v) for k, v in value.items()}
    return value


def _gzip(data: bytes) -> bytes:
    """Gzip without time stamp or name; zlib's stored level differs between builds, so the level is fixed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(data) + packer.flush()
    tail = zlib.crc32(data).to_bytes(4, "little") + (len(data) & 0xFFFFFFFF).to_bytes(4, "little")
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff" + body + tail


def decode(name: str, data: bytes) -> Snapshot:
    """The snapshot that a file called `name` holds. Raises SourceError when it is none, or was changed or cut."""
    try:
        unpacker = zlib.decompressobj(31)
        text = unpacker.decompress(data, min(MAX_BYTES, max(_FREE, len(data) * _MAX_RATIO)))
        if not unpacker.eof or unpacker.unused_data:
            raise SourceError(name, "the snapshot is cut off or too large", hint="write it again")
        first, _, body = text.decode("utf-8").partition("\n")
        head = json.loads(first)
        if not isinstance(head, dict) or head.get("schema") != SCHEMA:
            raise SourceError(name, f"not a snapshot of the kind {SCHEMA}", hint="is there a newer depfrag?")
        if head.get("sha256") != sha256(body.encode()).hexdigest():
            raise SourceError(name, "the snapshot was changed: its checksum is wrong", hint="write it again")
        if body.count("\n") > _MAX_LINES:
            raise SourceError(name, f"more than {_MAX_LINES:,} lines are more than any snapshot has")
        return _read(name, head, body)
    except (zlib.error, ArithmeticError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise SourceError(name, f"not a snapshot: {error}") from None


def _read(name: str, head: Mapping[str, Any], body: str) -> Snapshot:
    made_at, as_of = (None if head[key] is None else _day(head[key]) for key in ("made_at", "as_of"))
    facts: dict[str, Facts] = {}
    own: dict[tuple[str, str], Facts] = {}
    hosts: list[Host] = []
    problems: list[Problem] = []
    for line in body.removesuffix("\n").split("\n") if body else ():
        kind, *rest = json.loads(line)
        if kind == "release":
            release, known, *lockfile = rest
            read = {str(key): _fact(*fact) for key, fact in dict(known).items()}
            if lockfile:
                own[_text(*lockfile), _text(release)] = read
            else:
                facts[_text(release)] = read
        elif kind == "host":
            hosts.append(_host(*rest))
        elif kind == "problem":
            package, code, level, message, *lockfile = map(str, rest)
            code = _fitting(_CODE, code, "a problem's code")
            path = _text(*lockfile) if lockfile else None
            problems.append(Problem(code, _one_of(_LEVELS, level), _text(message), path, None, package or None))
    return Snapshot(made_at, as_of, facts, name, tuple(hosts), tuple(problems), own)


def _host(name: str, ecosystem: str, asked: object, answered: object, *judged: str) -> Host:
    dates, publishers, because = map(str, judged)
    return Host(
        str(name), _one_of(get_args(Ecosystem), ecosystem), _count(asked), _count(answered),
        _one_of(_DATES, dates), _one_of(_PUBLISHERS, publishers), because,
    )  # fmt: skip


def _day(value: object) -> str:
    return _fitting(_DAY, str(value), "a day")


def _fitting(pattern: re.Pattern[str], text: str, what: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"{text!r} is not {what}")
    return text


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _HUGE:
        raise ValueError(f"{value!r} is no count")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is no text")
    return value


def _one_of(known: Sequence[Any], value: str) -> Any:  # noqa: ANN401 - one of a Literal's values
    if value not in known:
        raise ValueError(f"{value!r} is not one of {', '.join(known)}")
    return value


def _fact(value: Any, source: object, observed: object, grade: Any) -> Fact:  # noqa: ANN401 - JSON
    if value is None:
        raise ValueError("a fact without a value")
    return Fact(_frozen(value), _text(source), _day(observed), _one_of(get_args(Grade), grade))


def _frozen(value: Any) -> FactValue:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return tuple(_frozen(v) for v in value)
    if isinstance(value, dict):
        return {str(k): _frozen(v) for k, v in value.items()}
    if isinstance(value, (int, float)) and not abs(value) < _HUGE:
        raise ValueError(f"{value!r} is no number that can be measured")
    result: FactValue = value
    return result


def merge(snapshots: Iterable[Snapshot]) -> Snapshot:
    """One snapshot of several; of a fact that two have the one of better grade counts, among equals the later one's."""
    ordered = sorted(snapshots, key=lambda s: (s.as_of or s.made_at or "", s.made_at or ""))
    facts: dict[str, Facts] = {}
    hosts: dict[tuple[str, str], Host] = {}
    problems: dict[str | None, tuple[Problem, ...]] = {}
    own: dict[tuple[str, str], Facts] = {}
    for one in ordered:
        own = {place: known for place, known in own.items() if place[1] not in one.facts}
        own.update(one.own)
        told: dict[str | None, list[Problem]] = {}
        for problem in one.problems:
            told.setdefault(problem.package, []).append(problem)
        for release, known in one.facts.items():
            facts[release] = best((known, facts.get(release, {})))
            problems[release] = tuple(told.get(release, ()))
        hosts.update(((host.host, host.ecosystem), host) for host in one.hosts)
        problems[None] = (*problems.get(None, ()), *told.get(None, ()))
    last = ordered[-1]
    every = dict.fromkeys(problem for some in problems.values() for problem in some)
    return Snapshot(last.made_at, last.as_of, facts, "", tuple(hosts.values()), tuple(every), own)
