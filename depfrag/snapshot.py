"""Snapshots: the facts of a run in one dated, checksummed, sorted file, to scan again anywhere with the same result."""

from __future__ import annotations

import json
import zlib
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from depfrag.errors import SourceError
from depfrag.model import Ecosystem, Fact, Grade, Host, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from depfrag.model import Facts, FactValue

SCHEMA = "depfrag.snapshot/1"
MAX_BYTES = 256 * 1024 * 1024
"""A snapshot that unpacks to more is refused."""

_LEVELS = ("error", "warning", "info")
_DATES = ("publish", "ingest", "absent", "unknown")
_PUBLISHERS = ("registry", "declared", "absent", "unknown")
_HUGE = 2**63


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
    """Those that sources had, with single releases or as a whole; they name no lockfile."""


def encode(snapshot: Snapshot) -> bytes:
    """`snapshot` as gzip-compressed lines of JSON, sorted, with a checksum; the same content gives the same bytes."""
    items: list[list[object]] = [["host", *host] for host in sorted(snapshot.hosts)]
    items += [["problem", *entry] for entry in sorted({_entry(p) for p in snapshot.problems})]
    for release in sorted(snapshot.facts):
        facts = {name: list(_plain(fact)) for name, fact in sorted(snapshot.facts[release].items())}
        items.append(["release", release, facts])
    body = "".join(json.dumps(item, separators=(",", ":"), sort_keys=True) + "\n" for item in items)
    head = {
        "schema": SCHEMA, "made_at": snapshot.made_at, "as_of": snapshot.as_of,
        "sha256": sha256(body.encode()).hexdigest(),
    }  # fmt: skip
    return _gzip((json.dumps(head, separators=(",", ":")) + "\n" + body).encode())


def _entry(problem: Problem) -> tuple[str, str, str, str]:
    return problem.package or "", problem.code, problem.level, problem.message


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
        text = unpacker.decompress(data, MAX_BYTES)
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise SourceError(name, "the snapshot is cut off or too large", hint="write it again")
        first, _, body = text.decode("utf-8").partition("\n")
        head = json.loads(first)
        if not isinstance(head, dict) or head.get("schema") != SCHEMA:
            raise SourceError(name, f"not a snapshot of the kind {SCHEMA}", hint="is there a newer depfrag?")
        if head.get("sha256") != sha256(body.encode()).hexdigest():
            raise SourceError(name, "the snapshot was changed: its checksum is wrong", hint="write it again")
        return _read(name, head, [json.loads(line) for line in body.splitlines()])
    except (zlib.error, ValueError, TypeError, KeyError, RecursionError) as error:
        raise SourceError(name, f"not a snapshot: {error}") from None


def _read(name: str, head: Mapping[str, Any], items: Iterable[Any]) -> Snapshot:
    made_at, as_of = (None if head[key] is None else str(head[key]) for key in ("made_at", "as_of"))
    facts: dict[str, Facts] = {}
    hosts: list[Host] = []
    problems: list[Problem] = []
    for kind, *rest in items:
        if kind == "release":
            release, known = rest
            facts[str(release)] = {str(key): _fact(*fact) for key, fact in dict(known).items()}
        elif kind == "host":
            hosts.append(_host(*rest))
        elif kind == "problem":
            package, code, level, message = map(str, rest)
            problems.append(Problem(code, _one_of(_LEVELS, level), message, None, None, package or None))
    return Snapshot(made_at, as_of, facts, name, tuple(hosts), tuple(problems))


def _host(name: str, ecosystem: str, asked: int, answered: int, *judged: str) -> Host:
    dates, publishers, because = map(str, judged)
    return Host(
        str(name), _one_of(get_args(Ecosystem), ecosystem), int(asked), int(answered),
        _one_of(_DATES, dates), _one_of(_PUBLISHERS, publishers), because,
    )  # fmt: skip


def _one_of(known: Sequence[Any], value: str) -> Any:  # noqa: ANN401 - one of a Literal's values
    if value not in known:
        raise ValueError(f"{value!r} is not one of {', '.join(known)}")
    return value


def _fact(value: Any, source: object, observed: object, grade: Any) -> Fact:  # noqa: ANN401 - JSON
    return Fact(_frozen(value), str(source), str(observed), _one_of(get_args(Grade), grade))


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
    """One snapshot of several; of the facts that two have about a release, the later snapshot's count."""
    ordered = sorted(snapshots, key=lambda s: (s.as_of or s.made_at or "", s.made_at or ""))
    facts: dict[str, Facts] = {}
    hosts: dict[tuple[str, str], Host] = {}
    problems: dict[str | None, tuple[Problem, ...]] = {}
    for one in ordered:
        for release, known in one.facts.items():
            facts[release] = {**facts.get(release, {}), **known}
            problems[release] = tuple(p for p in one.problems if p.package == release)
        hosts.update(((host.host, host.ecosystem), host) for host in one.hosts)
        problems[None] = (*problems.get(None, ()), *(p for p in one.problems if p.package is None))
    last = ordered[-1]
    every = dict.fromkeys(problem for some in problems.values() for problem in some)
    return Snapshot(last.made_at, last.as_of, facts, "", tuple(hosts.values()), tuple(every))
