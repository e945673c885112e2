"""The text of yarn 1: keys, values, blocks, lines, and what is no such text. Real files stand in
lockfiles/test_yarn_itself.py, where yarn's own parser reads them too."""

from __future__ import annotations

import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfrag import yarntext
from depfrag.errors import LockfileError
from depfrag.yarntext import Entry


def read(text):
    return yarntext.entries("yarn.lock", text)


def test_blocks_in_blocks():
    text = "a@1:\n  version 1\n  dependencies:\n    b 2\n    c 3\n  optional:\n    d 4\ne@1:\n  version 5\n"
    first = {"version": "1", "dependencies": {"b": "2", "c": "3"}, "optional": {"d": "4"}}
    assert read(text) == [Entry(("a@1",), first, 1), Entry(("e@1",), {"version": "5"}, 8)]


@pytest.mark.parametrize(
    ("line", "keys", "value"),
    [
        ("a b", ("a",), "b"),
        ("a: b", ("a",), "b"),
        ("a:b", ("a",), "b"),
        ("a   :   b", ("a",), "b"),
        ('"a" "b"', ("a",), "b"),
        ('"a b": "c d"', ("a b",), "c d"),
        ("a, b,c , d e", ("a", "b", "c", "d"), "e"),
        ('"a, b", c "d, e"', ("a, b", "c"), "d, e"),
        ("a true", ("a",), "true"),
        ("a 12", ("a",), "12"),
        ("a ^1.0.0", ("a",), "^1.0.0"),
        ('a ""', ("a",), ""),
        ('a "b"   # c', ("a",), "b"),
        ("a b#c", ("a",), "b#c"),
        (r'"a\"b\\" "c\td\u00e9"', ('a"b\\',), "c\tdé"),
        ("a https://host.example/b", ("a",), "https://host.example/b"),
        ('a@git+ssh://git@host.example/b "c"', ("a@git+ssh://git@host.example/b",), "c"),
        ('a "b"\r', ("a",), "b"),
        ('__proto__ "b"', ("__proto__",), "b"),
    ],
)
def test_a_line(line, keys, value):
    assert read(line) == [Entry(keys, value, 1)]
    assert read(f"x:\n  {line}\n") == [Entry(("x",), dict.fromkeys(keys, value), 1)]


def test_what_says_nothing():
    assert read("\n# a\n  # b\n \t\n\r\na:\n\n# c\n  # d\n  b 1\n") == [Entry(("a",), {"b": "1"}, 6)]


def test_of_equal_keys_the_last_counts_in_a_block():
    assert read("a:\n  b 1\n  c:\n    d 2\n  b 3\n  c:\n    e 4\n")[0].value == {"b": "3", "c": {"e": "4"}}


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a:\n b 1", 2, "indented by 1 spaces"),
        ("a:\n    b 1", 2, "indented by 4 spaces"),
        ("  a 1", 1, "indented by 2 spaces"),
        ("a 1\n  b 2", 2, "indented by 2 spaces"),
        ("a:\n\tb 1", 2, "not a line of a yarn.lock"),
        ("\na", 2, "a key without a value"),
        ('"a:b"', 1, "a key without a value"),
        ("a:\n  b", 2, "a key without a value"),
        ("a 1 b 2", 1, "not a line"),
        ('a "b', 1, "not a line"),
        ("a:\n  b 1, 2", 2, "not a line"),
        ("{", 1, "not a line"),
        ('{"a": 1}', 1, "not a line"),
        (r'a "\x"', 1, "an escape that means nothing"),
        ("<<<<<<< HEAD\na:\n", 1, "the file has merge conflicts; resolve them first"),
        ("a:\n  b 1\n<<<<<<< HEAD\n  c 2\n=======\n", 3, "the file has merge conflicts"),
        ("# x\n# yarn lockfile v2\n", 2, "the version of this yarn.lock is 2, not 1; is there a newer depfrag?"),
        ("#yarn lockfile v999999999999999999999999\n", 1, "is 99999999999999999999, not 1"),
    ],
)
def test_what_is_no_such_text(text, line, reason):
    with pytest.raises(LockfileError) as error:
        read(text)
    assert error.value.where == line
    assert str(error.value).startswith(f"yarn.lock:{line}: ")
    assert reason in str(error.value)


def test_bounds(monkeypatch):
    with pytest.raises(LockfileError, match="101: nested too deeply"):
        read("\n".join("  " * level + "a:" for level in range(101)))
    read("\n".join("  " * level + "a:" for level in range(100)))
    monkeypatch.setattr(yarntext, "_MAX_ENTRIES", 2)
    monkeypatch.setattr(yarntext, "_MAX_LINES", 4)
    monkeypatch.setattr(yarntext, "_MAX_KEYS", 3)
    with pytest.raises(LockfileError, match="more than 2 entries"):
        read("a 1\nb 1\nc 1")
    with pytest.raises(LockfileError, match="more than 4 lines"):
        read("\n" * 5)
    with pytest.raises(LockfileError, match="2: more keys"):
        read("a, b 1\nc, d 1\n")


@pytest.mark.parametrize("piece", ['"', '"a', "a,", "a:", '\\"', " ", "#", '"a",', "a ,", ":", "\r"])
def test_lines_without_end_take_no_time(piece):
    started = time.process_time()
    for text in (piece * 100_000, "a" + piece * 100_000, f"a {piece * 100_000}", piece * 100_000 + "!"):
        with contextlib.suppress(LockfileError):
            read(text)
    assert time.process_time() - started < 2


WORDS = st.text(min_size=1, max_size=6)
VALUES = st.recursive(WORDS, lambda inner: st.dictionaries(WORDS, inner, min_size=1, max_size=4), max_leaves=12)


def written(table, level=0):
    """A table as yarn writes it, with every word in quotes."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield "  " * level + json.dumps(key) + ":"
            yield from written(value, level + 1)
        else:
            yield "  " * level + f"{json.dumps(key)} {json.dumps(value)}"


@given(st.dictionaries(WORDS, VALUES, max_size=5))
def test_any_table_written_and_read_is_the_same(table):
    assert {e.keys[0]: e.value for e in read("\n".join(written(table)))} == table
