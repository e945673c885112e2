"""Decoding what files contain; lines are tested with real files in lockfiles/test_lines.py."""

from __future__ import annotations

import json
import time

import pytest

from depfrag import decode
from depfrag.errors import LockfileError


def test_a_byte_order_mark_is_no_content():
    assert decode.text("x", b"\xef\xbb\xbf{}") == "{}"
    assert decode.json_table("x", decode.text("x", b"\xef\xbb\xbf{}")) == {}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "x: the file is empty; run your package manager's lock command again"),
        (b" \r\n", "x: the file is empty; run your package manager's lock command again"),
        ("{}".encode("utf-16"), "x:1: the text is UTF-16; save it as UTF-8"),
        (b"{\n\n\xff", "x:3: byte 3 is not UTF-8 text"),
    ],
)
def test_what_is_no_text(data, said):
    with pytest.raises(LockfileError) as found:
        decode.text("x", data)
    assert str(found.value) == said


@pytest.mark.parametrize(
    ("read", "content", "said"),
    [
        (decode.json_table, '{\n"a": }', "x:2: not JSON: Expecting value at column 6"),
        (decode.json_table, '{"a": 1\n<<<<<<< HEAD\n', "x:2: the file has merge conflicts; resolve them first"),
        (decode.json_table, "[]", "x:1: not a JSON object"),
        (decode.json_table, "[" * 10**6, "x: nested too deeply to be a lockfile"),
        (decode.toml_table, "a = 1\na = 2\n", "x:2: not TOML: Cannot overwrite a value (at line 2, column 6)"),
        (decode.toml_table, "a = 1\n<<<<<<< HEAD\n", "x:2: the file has merge conflicts; resolve them first"),
        (decode.toml_table, "a = " + "[" * 10**5, "x: nested too deeply to be a lockfile"),
        (decode.toml_table, "\n" + "a." * 5000 + "a = 1", "x:2: keys of more parts than a lockfile has"),
        (
            decode.toml_table,
            "\n[" + '"a".' * 900 + "a]" + "\n[a.b.c.d.e]" * 10**5 + ("\n[" + "a." * 900 + "b]") * 25,
            "x:100026: keys of more parts than a lockfile has",
        ),
    ],
)
def test_what_cannot_be_decoded(read, content, said):
    with pytest.raises(LockfileError) as found:
        read("x", content)
    assert str(found.value) == said


@pytest.mark.parametrize("read", [decode.json_table, decode.toml_table])
def test_huge_numbers(read):
    content = f'{{"a": {"9" * 5000}}}' if read is decode.json_table else f"a = {'9' * 5000}"
    with pytest.raises(LockfileError, match="that can be read"):
        read("x", content)


def test_dots_in_texts_are_no_keys():
    line = "a = '" + "x." * 100 + "' # " + "\n" + 'b = "' + "x." * 100 + '"'
    assert decode.toml_table("x", line) == {"a": "x." * 100, "b": "x." * 100}


def test_lines_of_the_members_of_an_object():
    printed = json.dumps({"a": {"x": {}, "y": {"b": 1}, "": {"": {}}}, "b": {"x": {}}}, indent=2)
    assert decode.member_lines(printed, json.loads(printed), "a") == {"x": 3, "y": 4, "": 7}
    assert decode.member_lines(printed, json.loads(printed), "b") == {"x": 12}
    packed = json.dumps(json.loads(printed)).replace("{", "\n{")
    assert decode.member_lines(packed, json.loads(packed), "a") == {"x": 3, "y": 4, "": 5}


@pytest.mark.parametrize(
    "content",
    [
        '{\n  "a": {\n    "x": {},\n    "x": {}\n  }\n}',
        '{\n  "a": {\n    "y": {}\n  },\n  "a": {\n    "x": {}\n  }\n}',
        '{\n  "a": {\n    "x": 1\n  },\n  "b": {\n    "y": {}\n  },\n  "a": {"x": {}}\n}',
    ],
)
def test_the_last_of_equal_keys_counts(content):
    assert decode.member_lines(content, json.loads(content), "a") == {
        "x": content.count("\n", 0, content.rindex('"x"')) + 1
    }


def test_objects_in_arrays_have_the_line_they_start_on():
    content = '{"a": [1, [\n{"b":\n{}}, []], "{",\n{}]}'
    table = json.loads(content)
    lines = decode.object_lines(content, table)
    first, second = table["a"][1][0], table["a"][3]
    assert [lines[id(found)] for found in (table, first, first["b"], second)] == [1, 2, 2, 4]


@pytest.mark.parametrize(
    "content",
    [
        '{"a": "' + "\\n" * 10**6 + '", "b": {}}',
        '{"a": [' + "[]," * 200_000 + '[]], "b": {}}',
        "{\n" + " " * 10**6 + '"b": {}}',
        '{"b": {' + ",".join(f'"{i}": {{}}' for i in range(50_000)) + "}}",
        '{"b": ' + '{"b":' * 300 + "{}" + "}" * 301,
    ],
)
def test_lines_take_no_time(content):
    table = json.loads(content)
    started = time.process_time()
    assert decode.object_lines(content, table)[id(table["b"])] == content.count("\n") + 1
    assert time.process_time() - started < 3


# -- lines of members and items --------------------------------------------------------------------------------------


@pytest.mark.parametrize("indent", [2, "\t", None])
def test_lines_of_arrays_among_members(indent):
    table = {"packages": {"a": ["a@1", {}], "b": {}, "c": [[1]], 'd"': []}, "x": [["a"], {"b": []}]}
    text = json.dumps(table, indent=indent)
    parsed = json.loads(text)
    lines = decode.member_lines(text, parsed, "packages")
    for name in table["packages"]:
        known = text[: text.index(json.dumps(name) + ":")].count("\n") + 1
        assert lines[name] == known


def items(value):
    """All objects in arrays."""
    if isinstance(value, dict):
        value = list(value.values())
    elif isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))
    for inner in value if isinstance(value, list) else ():
        yield from items(inner)


ITEMS = {
    "a": [{"ref": "1", "inner": [{"ref": "2"}, {"ref": "3", "x": {"ref": "4"}}]}, {"x": [{"y": {"z": 1}}], "ref": "5"}],
    "b": {"c": [{"ref": "6"}, {"ref": "1"}, {"none": 1}, {"ref": 'q"'}, {"ref": 7}]},
}


@pytest.mark.parametrize(
    "style", [{"indent": 2}, {"indent": 4}, {"indent": "\t"}, {}, {"indent": 1, "separators": (",", ":")}]
)
def test_lines_of_items(style):
    text = json.dumps(ITEMS, **style)
    for broken in (text, text.replace("[{", "[ {"), text.replace("\n", "\r\n"), text.replace("},\n", "}\n,\n")):
        table = json.loads(broken)
        lines, slowly = decode.Lines(broken, table, "ref"), decode.object_lines(broken, table)
        for item in items(table):
            expected = slowly[id(item)]
            if item.get("ref") == "1" and "inner" not in item and lines.of(item) != expected:
                expected = slowly[id(table["a"][0])]  # of equal names the first counts
            assert lines.of(item) == expected
    assert decode.Lines(text, json.loads(text), "ref").of("no object") is None


def test_lines_of_items_far_from_their_names():
    names = "".join(f'\n    "ref": "{i}",' for i in range(20_000))
    text = '{\n  "a": [\n  {' + names + '\n    "z": 1\n  }\n  ]\n}'
    before = time.perf_counter()
    decode.Lines(text, json.loads(text), "ref")
    assert time.perf_counter() - before < 2


def test_lines_of_tables_in_a_toml_array():
    text = "a = 1\n[[package]]\n\n[[ package ]]  # two\r\n[package.x]\n\t[[package]]\n[[packages]]\nb = '[[package]]'\n"
    assert decode.array_lines(text, "package", 3) == [2, 4, 6]
    assert decode.array_lines(text, "packages", 1) == [7]
    # A table that is not written as one of its own, or a text that looks like one.
    assert decode.array_lines(text, "package", 2) == [None, None]
