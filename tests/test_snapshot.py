"""Snapshots: the same facts give the same bytes, any change is noticed, and nonsense is one clear error."""

from __future__ import annotations

import contextlib
import gzip
import json
import zlib
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import texts

from depfrag import snapshot
from depfrag.errors import SourceError
from depfrag.facts import FACTS
from depfrag.model import Fact, Host, Problem
from depfrag.snapshot import Snapshot, decode, encode, merge

VALUES = st.recursive(
    st.booleans() | st.integers(-(2**40), 2**40) | st.floats(-1e9, 1e9) | texts(),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(texts(), inner, max_size=3),
    max_leaves=5,
)
SAID = texts().filter(bool)
FACT = st.builds(
    Fact, VALUES, SAID, st.just("2026-01-02"), st.sampled_from(("registry", "aggregator", "reported", "declared"))
)
KNOWN = st.dictionaries(SAID, st.dictionaries(st.sampled_from(sorted(FACTS)), FACT, max_size=4), max_size=5)


def written(*lines, **changes):
    """A snapshot file with these lines and a right checksum, whatever they say."""
    body = "".join(line + "\n" for line in lines)
    head = {"schema": snapshot.SCHEMA, "made_at": "2026-01-02", "as_of": None}
    head |= {"sha256": sha256(body.encode()).hexdigest(), **changes}
    return gzip.compress((json.dumps(head) + "\n" + body).encode(), mtime=0)


HOSTS = st.builds(
    Host, texts(), st.sampled_from(("npm", "pypi")), st.integers(0, 9), st.integers(0, 9),
    st.sampled_from(("publish", "ingest", "absent", "unknown")),
    st.sampled_from(("registry", "declared", "absent", "unknown")), texts(),
)  # fmt: skip
PROBLEMS = st.builds(
    Problem, st.from_regex("[a-z][a-z-]*", fullmatch=True), st.sampled_from(("error", "warning", "info")), SAID,
    lockfile=st.none(), line=st.none(), package=st.none() | st.sampled_from(("npm:a@1", "pypi:b@2")),
)  # fmt: skip


@given(
    KNOWN,
    st.none() | st.just("2016-03-21"),
    st.none() | st.just("2026-01-02"),
    st.lists(HOSTS, unique=True, max_size=3),
    st.lists(PROBLEMS, unique=True, max_size=3),
)
def test_what_is_written_is_read(facts, as_of, made_at, hosts, problems):
    data = encode(Snapshot(made_at, as_of, facts, "", tuple(hosts), tuple(problems)))
    read = decode("x", data)
    assert read[:4] == (made_at, as_of, facts, "x")
    assert read.hosts == tuple(sorted(hosts))
    assert set(read.problems) == set(problems)
    assert encode(read) == data


@given(KNOWN, st.randoms(use_true_random=False))
def test_the_same_facts_give_the_same_bytes(facts, random):
    names = list(facts)
    random.shuffle(names)
    shuffled = {name: dict(reversed(facts[name].items())) for name in names}
    assert encode(Snapshot("2026-01-02", None, facts)) == encode(Snapshot("2026-01-02", None, shuffled))


def test_the_order_inside_a_fact_means_nothing():
    needs = {"dependencies": {"b": "1", "a": "1"}, "requires": ("x",)}
    turned = {"requires": ("x",), "dependencies": {"a": "1", "b": "1"}}
    one, other = (
        encode(Snapshot(None, None, {"npm:a@1": {"manifest": Fact(value, "s", "2026-01-02", "registry")}}))
        for value in (needs, turned)
    )
    assert one == other


def test_the_file_is_plain_gzip_with_a_release_a_line():
    facts = {"npm:b@1": {}, "npm:a@1": {"lines": Fact(11, "counted", "2026-01-02", "registry")}}
    data = encode(Snapshot("2026-01-02", None, facts))
    assert data[4:8] == b"\0\0\0\0"
    head, *lines = gzip.decompress(data).decode().splitlines()
    assert lines == [
        '["release","npm:a@1",{"lines":[11,"counted","2026-01-02","registry"]}]',
        '["release","npm:b@1",{}]',
    ]
    assert json.loads(head)["made_at"] == "2026-01-02"


DATA = encode(Snapshot("2026-01-02", None, {"npm:a@1": {"lines": Fact(1, "s", "2026-01-02", "registry")}}))


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_changed_byte_never_changes_a_fact(at, by):
    changed = bytearray(DATA)
    changed[at] ^= by
    with contextlib.suppress(SourceError):  # most are refused; some of gzip's own header say nothing
        assert decode("x", bytes(changed)).facts == decode("x", DATA).facts


@given(st.integers(0, len(DATA) - 1))
def test_a_cut_file_is_refused(length):
    with pytest.raises(SourceError, match="x: "):
        decode("x", DATA[:length])


@given(st.binary())
def test_anything_else_is_refused(data):
    with pytest.raises(SourceError, match=r"x: not a snapshot|cut off"):
        decode("x", data)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (written('["release","npm:a@1",{}]', sha256="0"), "checksum is wrong"),
        (written('["release","npm:a@1",{}]', schema="depfrag.snapshot/2"), "newer depfrag"),
        (gzip.compress(b"[]\n", mtime=0), "not a snapshot"),
        (gzip.compress(b"\xff", mtime=0), "not a snapshot"),
        (written("{}"), "not a snapshot"),
        (written('["release","npm:a@1"]'), "not a snapshot"),
        (written('["release","npm:a@1",[1]]'), "not a snapshot"),
        (written('["release","npm:a@1",{"lines":[1,"s","2026-01-02"]}]'), "not a snapshot"),
        (written('["release","npm:a@1",{"lines":[1,"s","2026-01-02","guessed"]}]'), "'guessed' is not one of registry"),
        (written('["release","npm:a@1",{"lines":[1,"s","2026-01-02",["registry"]]}]'), "is not one of"),
        (written('["release","npm:a@1",{"lines":[NaN,"s","2026-01-02","registry"]}]'), "no number"),
        (written('["release","npm:a@1",{"bytes":[1e999,"s","2026-01-02","registry"]}]'), "no number"),
        (written(f'["release","npm:a@1",{{"bytes":[{10**400},"s","2026-01-02","registry"]}}]'), "no number"),
        (written('["host","h","npm",1,1,"never","registry","x"]'), "'never' is not one of publish"),
        (written('["host","h","cargo",1,1,"publish","registry","x"]'), "'cargo' is not one of npm"),
        (written('["host","h"]'), "not a snapshot"),
        (written('["host","h","npm",1e999,1,"publish","registry","x"]'), "inf is no count"),
        (written('["host","h","npm",1,-1,"publish","registry","x"]'), "-1 is no count"),
        (written('["host","h","npm",true,1,"publish","registry","x"]'), "True is no count"),
        (written('["release","",{}]'), "'' is no text"),
        (written('["release",["a"],{}]'), "is no text"),
        (written('["release","npm:a@1",{"lines":[null,"s","2026-01-02","registry"]}]'), "a fact without a value"),
        (written('["release","npm:a@1",{"lines":[1,"","2026-01-02","registry"]}]'), "'' is no text"),
        (written('["release","npm:a@1",{"lines":[1,"s","\\u001b[2J","registry"]}]'), "is not a day"),
        (written('["release","npm:a@1",{}]', made_at="soon"), "'soon' is not a day"),
        (written('["release","npm:a@1",{}]', as_of="2016-03-21\n"), "is not a day"),
        (written('["release","npm:a@1",{}]') + b"more", "cut off or too large"),
        (written('["release","npm:a@1",{}]') * 2, "cut off or too large"),
        (written('["problem","","a code","info","x"]'), "'a code' is not a problem's code"),
        (written('["problem","","code","info",""]'), "'' is no text"),
        (written("5"), "not a snapshot"),
        (written('["problem","","code","fatal","x"]'), "'fatal' is not one of error"),
        (written("[" * 100_000), "not a snapshot"),
        (zlib.compress(b"{}"), "not a snapshot"),
    ],
)
def test_nonsense_is_one_clear_error(data, said):
    with pytest.raises(SourceError, match=said):
        decode("facts.snapshot", data)


def test_a_snapshot_that_unpacks_to_too_much_is_refused(monkeypatch):
    monkeypatch.setattr(snapshot, "MAX_BYTES", 1000)
    with pytest.raises(SourceError, match="too large"):
        decode("x", gzip.compress(b" " * 1001))


def test_a_small_file_that_unpacks_to_much_is_refused():
    with pytest.raises(SourceError, match="too large"):
        decode("x", written("[0]\n" * 10**6))


def test_a_snapshot_of_too_many_lines_is_refused(monkeypatch):
    monkeypatch.setattr(snapshot, "_MAX_LINES", 3)
    release = '["release","npm:a@1",{}]'
    assert decode("x", written(*[release] * 3)).facts == {"npm:a@1": {}}
    with pytest.raises(SourceError, match="more than 3 lines"):
        decode("x", written(*[release] * 4))


def test_what_one_lockfile_alone_knows_is_kept():
    known, other = ({"lines": Fact(count, "s", "2026-01-02", "registry")} for count in (1, 2))
    problem = Problem("stale", "warning", "old", "b.lock", None, "npm:a@1")
    one = Snapshot("2026-01-02", None, {"npm:a@1": known}, "x", (), (problem,), {("b.lock", "npm:a@1"): other})
    assert decode("x", encode(one)) == one
    assert merge([one]).own == one.own
    later = Snapshot("2026-01-03", None, {"npm:a@1": known})
    assert merge([one, later]).own == {}
    assert merge([later._replace(made_at="2026-01-01"), one]).own == one.own


def test_only_line_feeds_end_a_line():
    """JSON may hold other separators of lines as they are."""
    assert list(decode("x", written('["release","npm:a\u2028b@1",{}]')).facts) == ["npm:a\u2028b@1"]


def test_of_two_snapshots_the_later_one_counts():
    def one(made_at, as_of, **values):
        return Snapshot(made_at, as_of, {"npm:a@1": {n: Fact(v, "s", made_at, "registry") for n, v in values.items()}})

    old = one("2026-05-01", "2016-03-21", lines=1, bytes=1)
    new = one("2026-01-01", None, lines=2)
    for order in ((old, new), (new, old)):
        merged = merge(order)
        assert {name: fact.value for name, fact in merged.facts["npm:a@1"].items()} == {"lines": 2, "bytes": 1}
        assert (merged.made_at, merged.as_of) == ("2026-01-01", None)


def test_of_two_snapshots_the_better_grade_counts():
    def one(made_at, grade):
        return Snapshot(made_at, None, {"npm:a@1": {"lines": Fact(made_at, "s", made_at, grade)}})

    for order in ((old := one("2026-01-01", "registry"), new := one("2026-01-02", "declared")), (new, old)):
        assert merge(order).facts["npm:a@1"]["lines"].grade == "registry"


def test_of_two_snapshots_of_one_day_the_one_made_later_counts():
    first, second = (
        Snapshot(made_at, "2016-03-21", {"npm:a@1": {"lines": Fact(made_at, "s", made_at, "registry")}})
        for made_at in ("2026-01-01", "2026-01-02")
    )
    for order in ((first, second), (second, first)):
        assert merge(order).facts["npm:a@1"]["lines"].value == "2026-01-02"


def test_of_two_snapshots_the_later_ones_troubles_count():
    def one(day, releases, package):
        host = Host("registry.npm.example", "npm", 1, 1, "publish", "registry", day)
        problems = (Problem("unanswered", "warning", day, package=package), Problem("mirror", "info", day))
        return Snapshot(day, None, {key: {} for key in releases}, "", (host,), problems)

    merged = merge([one("2026-01-02", ["npm:a@1"], "npm:a@1"), one("2026-01-01", ["npm:a@1", "npm:b@1"], "npm:b@1")])
    assert [host.because for host in merged.hosts] == ["2026-01-02"]
    told = {(p.package, p.message) for p in merged.problems}
    assert told == {(None, "2026-01-01"), (None, "2026-01-02"), ("npm:a@1", "2026-01-02"), ("npm:b@1", "2026-01-01")}
