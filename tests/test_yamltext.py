"""YAML as lockfiles use it: what it says, on which lines, and what is refused."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from depfrag.errors import LockfileError
from depfrag.yamltext import documents


def one(content, **options):
    (document,) = documents("x.yaml", content, **options).documents
    return document


def refused(content, **options):
    with pytest.raises(LockfileError) as caught:
        documents("x.yaml", content, **options)
    return str(caught.value)


def test_scalars_stay_as_they_are_written():
    assert one("{a: 1.10, b: 2016-03-22, c: 010, d: yes, e: 'true', f: \"null\", g: 1e3, h: !!int 5}") == {
        "a": "1.10", "b": "2016-03-22", "c": "010", "d": "yes", "e": "true", "f": "null", "g": "1e3", "h": "5",
    }  # fmt: skip
    assert one("{a: true, b: false, c: null, d: ~, e: }") == {"a": True, "b": False, "c": None, "d": None, "e": None}
    assert one("a: |\n  null\nb: >-\n  x\n  y\n") == {"a": "null\n", "b": "x y"}
    assert one("true: 1\nnull: 2\n'': 3\n") == {"true": "1", "null": "2", "": "3"}


def test_lines_are_those_of_the_keys():
    found = documents("x.yaml", "a:\n\n  b: {}\n  ? " + "c" * 2000 + "\n  :\n    d: 1\ne:\n- f: 1\n- {}\n---\n{}\n")
    first, second = found.documents
    lines = found.lines
    assert [lines[id(t)] for t in (first, first["a"], first["a"]["b"], first["a"]["c" * 2000])] == [1, 1, 3, 4]
    assert [lines[id(t)] for t in (*first["e"], second)] == [8, 9, 11]
    assert len(lines) == 7


def test_no_document_and_several():
    assert documents("x.yaml", "# nothing\n").documents == []
    assert documents("x.yaml", "---\na: 1\n---\n---\nb\n...\n").documents == [{"a": "1"}, None, "b"]


def test_a_key_that_is_there_twice():
    assert refused("a: 1\nb: 1\na: 2\n") == "x.yaml:3: the key 'a' is there twice"
    assert one("a: 1\nb: 1\na: 2\n", last_wins=True) == {"a": "2", "b": "1"}
    assert refused("? [a]\n: 1\n") == "x.yaml:1: a key that is no text"


def test_aliases_and_merge_keys():
    found = one("a: &x {b: 1, c: &y [2]}\nd: *x\ne: {<<: *x, b: 3}\nf: {<<: [*x, {g: *y}]}\n'<<': 4\nh: {<<: 5}\ni: *y")
    assert found["d"] is found["a"]
    assert found["e"] == {"b": "3", "c": ["2"]}
    assert found["f"] == {"b": "1", "c": ["2"], "g": ["2"]}
    assert found["<<"] == "4"
    assert found["h"] == {}
    assert found["i"] == ["2"]
    assert refused("a: *b\n") == "x.yaml:1: an alias of nothing before it"
    assert "alias of nothing" in refused("a: &b [*b]\n"), "a value that holds itself has no end"
    assert "alias of nothing" in refused("--- &a b\n--- *a\n"), "names end with their document"


def test_bombs_are_refused():
    laughs = "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(12))
    assert "aliases make more than 4,000,000 nodes" in refused("a: &a [1]\n" + laughs)
    merges = "".join(f"{i}: &m{i} {{<<: [{', '.join([f'*m{i - 1}'] * 9)}]}}\n" for i in range(1, 12))
    assert "aliases make more than" in refused("0: &m0 {a: 1}\n" + merges)
    for text in ("[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000):
        assert "x.yaml:1: " in refused(text)
    assert "nested too deeply" in refused("[" * 101 + "]" * 101)
    assert one("[" * 100 + "]" * 100)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: [1\nb: 2\n", "x.yaml:2: not YAML: did not find expected ',' or ']'"),
        ("a: 1\n b: 2\n", "x.yaml:2: not YAML: mapping values are not allowed in this context"),
        ("\ta: 1\n", "x.yaml:1: not YAML: found character that cannot start any token"),
        ("a: \x00\n", "x.yaml: not YAML: "),
        ("a: 1\n<<<<<<< HEAD\nb: 2\n=======\nb: 3\n>>>>>>> other\n", "x.yaml:2: the file has merge conflicts"),
    ],
)
def test_what_is_no_yaml(content, said):
    assert said in refused(content)


def test_the_parser_in_python_says_the_same(monkeypatch):
    content = "a: &x {b: 1.10, c: [~, 'x']}\nd: *x\n"
    fast = documents("x.yaml", content)
    monkeypatch.delattr(yaml, "CBaseLoader")
    slow = documents("x.yaml", content)
    assert slow.documents == fast.documents
    assert sorted(slow.lines.values()) == sorted(fast.lines.values())


def values(text):
    return st.recursive(
        st.none() | st.booleans() | text,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
        max_leaves=12,
    )


@given(values(st.text(max_size=5)), st.booleans())
def test_what_is_written_is_read(value, flow):
    written = yaml.safe_dump(value, allow_unicode=False, default_flow_style=flow, sort_keys=False)
    assert one(written) == value


@given(values(st.text(st.characters(max_codepoint=0xD7FF), max_size=5)))
def test_json_is_yaml(value):
    assert one(json.dumps(value, indent=2)) == value
