"""JSON text: what `json` reads back is what went in, one item a line, in ASCII."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import texts

from depfrag import jsontext
from depfrag.model import Dependency, Problem, Release, Root


@pytest.mark.parametrize(
    ("number", "text"), [(0.1 + 0.2, "0.3"), (1.0, "1"), (0.0, "0"), (87.4320001, "87.432"), (3, "3"), (-0.0, "0")]
)
def test_numbers_are_short_and_equal_everywhere(number, text):
    assert str(jsontext.rounded(number)) == text


@given(st.floats(0, 1e6))
def test_rounding_moves_little_and_once(number):
    once = jsontext.rounded(number)
    assert abs(once - number) <= 5.1e-7
    assert jsontext.rounded(once) == once


@given(st.lists(texts() | st.text(st.characters())), st.none() | texts())
def test_strings_come_back(several, maybe):
    text = jsontext.document({"a": [jsontext.array(several)], "b": jsontext.maybe(maybe), "c": [], "d": []})
    assert text.isascii()
    assert json.loads(text) == {"a": [several], "b": maybe, "c": [], "d": []}


def test_an_item_a_line():
    text = jsontext.document({"a": "1", "b": ["2", "3"], "c": []})
    assert text == '{\n "a": 1,\n "b": [\n  2,\n  3\n ],\n "c": []\n}\n'


def test_items():
    release = Release("npm:@a/b@1", "npm", "@a/b", "1", line=3, hashes=("sha1-x",))
    assert json.loads("{" + jsontext.release(release, "f", dev=True, optional=False) + "}") == {
        "id": "npm:@a/b@1", "ecosystem": "npm", "name": "@a/b", "version": "1", "purl": "pkg:npm/%40a/b@1",
        "kind": "registry", "dev": True, "optional": False, "hashes": ["sha1-x"], "lockfile": "f", "line": 3,
    }  # fmt: skip
    assert json.loads(jsontext.root(Root("root:.", None, "."), "f")) == {
        "id": "root:.", "name": None, "path": ".", "lockfile": "f",
    }  # fmt: skip
    assert json.loads(jsontext.dependency(Dependency("a", "b", "peer", "x", "metadata"), "f")) == {
        "from": "a", "to": "b", "kind": "peer", "condition": "x", "origin": "metadata", "lockfile": "f",
    }  # fmt: skip
    problem = Problem("flat", "info", "text", "f", 2, "npm:a@1")
    assert json.loads(jsontext.problem(problem)) == problem._asdict()
