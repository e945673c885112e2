"""JSON with comments and trailing commas is read as it is meant, with each character left where it was."""

from __future__ import annotations

import json
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfrag import jsonc
from depfrag.errors import LockfileError

STRINGS = st.text('ab"\\/*,[]{} \n', max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | STRINGS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(STRINGS, inner, max_size=3),
    max_leaves=12,
)
FILLERS = ("", " ", "\n", "\r\n", "\t", '// a ", [ }\n', '/* , ] " */', "/**/", "/***/", "/* \n */")


def loosely(value, chance):
    """A value as JSON with comments and trailing commas strewn in."""
    fill = lambda: "".join(chance.choices(FILLERS, k=chance.randint(0, 2)))  # noqa: E731 - of this one value
    if isinstance(value, (dict, list)):
        items = [loosely(v, chance) for v in value] if isinstance(value, list) else [
            f"{json.dumps(k)}{fill()}:{fill()}{loosely(v, chance)}" for k, v in value.items()
        ]  # fmt: skip
        last = chance.choice([",", ""]) if items else ""
        inner = f",{fill()}".join(f"{fill()}{item}{fill()}" for item in items)
        opening, closing = "[]" if isinstance(value, list) else "{}"
        return f"{opening}{fill()}{inner}{last}{fill()}{closing}"
    return json.dumps(value)


@given(st.dictionaries(STRINGS, VALUES, max_size=4), st.integers(0, 2**32))
def test_whatever_is_strewn_in(value, seed):
    text = loosely(value, random.Random(seed))
    found, plain = jsonc.table("x", text)
    assert found == value
    assert json.loads(plain) == value
    assert len(plain) == len(text)
    assert [i for i, c in enumerate(plain) if c == "\n"] == [i for i, c in enumerate(text) if c == "\n"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": [1,,\n]}', "x:1: not JSON"),
        ('{"a": [,\n]}', "x:1: not JSON"),
        ("{,}", "x:1: not JSON"),
        ('{"a":,\n}', "x:1: not JSON"),
        ('{\n"a" // b', "x:2: not JSON"),
        ('{"a": 1} /* no end', None),
        ('{"a": "no end', "x:1: not JSON"),
        ("// nothing", "x:1: not JSON"),
        ("[1,\n]", "x:1: not a JSON object"),
        ('{"a": 1,\n<<<<<<< HEAD\n}', "x:2: the file has merge conflicts"),
        ('{"a": ' * 100_000, "x: nested too deeply to be a lockfile"),
    ],
)  # fmt: skip
def test_what_is_none(text, said):
    if said is None:
        assert jsonc.table("x", text)[0] == {"a": 1}
        return
    with pytest.raises(LockfileError) as found:
        jsonc.table("x", text)
    assert str(found.value).startswith(said)


@pytest.mark.parametrize("piece", ["/*", "/* ", '"', '\\"', "//", ",", ", ", ",\n", "[,", "*/", "/", '"\\', ",\n \n"])
def test_hostile_repetition_takes_little_time(piece):
    before = time.perf_counter()
    with pytest.raises(LockfileError):
        jsonc.table("x", '{"a": ' + piece * 300_000)
    assert time.perf_counter() - before < 2
