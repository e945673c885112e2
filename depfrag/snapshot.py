"""Snapshots: the facts of a run in one dated, checksummed, sorted file, to scan again anywhere with the same result."""

from __future__ import annotations

import json
import zlib
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from depfrag.errors import SourceError
from depfrag.model import Fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from depfrag.model import Facts, FactValue

SCHEMA = "depfrag.snapshot/1"
MAX_BYTES = 256 * 1024 * 1024
"""A snapshot that unpacks to more is refused."""


class Snapshot(NamedTuple):
    """Facts by release id. A release that is listed without facts is one that nobody knew anything about."""

    made_at: str
    as_of: str | None
    facts: Mapping[str, Facts]
    name: str = ""
    """The file it came from."""


def encode(snapshot: Snapshot) -> bytes:
    """`snapshot` as gzip-compressed JSON, one release a line, sorted, with a checksum; the same facts give the same
    bytes."""
    lines = []
    for release in sorted(snapshot.facts):
        facts = {name: list(_plain(fact)) for name, fact in sorted(snapshot.facts[release].items())}
        lines.append(json.dumps([release, facts], separators=(",", ":"), sort_keys=True))
    body = "".join(line + "\n" for line in lines)
    head = {
        "schema": SCHEMA, "made_at": snapshot.made_at, "as_of": snapshot.as_of, "releases": len(lines),
        "sha256": sha256(body.encode()).hexdigest(),
    }  # fmt: skip
    return _gzip((json.dumps(head, separators=(",", ":")) + "\n" + body).encode())


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
        facts = dict(_release(json.loads(line)) for line in body.splitlines())
        return Snapshot(str(head["made_at"]), head.get("as_of"), facts, name)
    except (zlib.error, ValueError, TypeError, KeyError, RecursionError) as error:
        raise SourceError(name, f"not a snapshot: {error}") from None


def _release(entry: Any) -> tuple[str, Facts]:  # noqa: ANN401 - JSON
    release, facts = entry
    return str(release), {str(k): Fact(_frozen(v), str(s), str(o), g) for k, (v, s, o, g) in facts.items()}


def _frozen(value: Any) -> FactValue:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return tuple(_frozen(v) for v in value)
    if isinstance(value, dict):
        return {str(k): _frozen(v) for k, v in value.items()}
    result: FactValue = value
    return result


def merge(snapshots: Iterable[Snapshot]) -> Snapshot:
    """One snapshot of several; of the facts that two have about a release, the later snapshot's count."""
    ordered = sorted(snapshots, key=lambda s: (s.as_of or s.made_at, s.made_at))
    facts: dict[str, Facts] = {}
    for one in ordered:
        for release, known in one.facts.items():
            facts[release] = {**facts.get(release, {}), **known}
    return Snapshot(ordered[-1].made_at, ordered[-1].as_of, facts, "")
