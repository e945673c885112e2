"""The line of every entry is the first line of its first place, however the file is written."""

from __future__ import annotations

import bisect
import json
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lockfiles.reading import CASES, NPM, Memory, case_name, corpus, lockfile_in, parse

from depfrag import decode
from depfrag.lockfiles.package_lock import PARSER

PIECE = re.compile(r'\s+|"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


class Located(dict):
    """A JSON object with the lines of its keys."""

    lines: dict


def located(text):
    """JSON read piece by piece, with the line of each key: slow, and without anything of our decoder."""
    pieces = [(m[0], m.start()) for m in PIECE.finditer(text) if not m[0].isspace()]
    breaks = [m.start() for m in re.finditer("\n", text)]

    def value(i):
        piece, _ = pieces[i]
        if piece == "{":
            return members(i + 1)
        if piece == "[":
            items, i = [], i + 1
            while pieces[i][0] != "]":
                item, i = value(i)
                items.append(item)
                i += pieces[i][0] == ","
            return items, i + 1
        return json.loads(piece), i + 1

    def members(i):
        table = Located()
        table.lines = {}
        while pieces[i][0] != "}":
            key, at = pieces[i]
            table.lines[json.loads(key)] = 1 + bisect.bisect(breaks, at)
            table[json.loads(key)], i = value(i + 2)
            i += pieces[i][0] == ","
        return table, i + 1

    return value(0)[0]


def first_lines(table):
    """Place of each entry to its line."""
    if "packages" in table:
        packages = table["packages"]
        return {place: packages.lines[place] for place in packages if place}
    found = {}

    def walk(entry, folder):
        nested = entry.get("dependencies", {})
        for name in nested:
            place = f"{folder}node_modules/{name}"
            found[place] = nested.lines[name]
            walk(nested[name], f"{place}/")

    walk(table, "")
    return found


def read_lines(text):
    """Release id to line, as we read it, and as the slow reader has it for the places of the release."""
    lockfile = PARSER.parse("package-lock.json", text.encode(), Memory())
    return {r.id: r.line for r in lockfile.releases}


def expected_lines(text):
    """Name and version of each entry to the first of its lines."""
    table, found = located(text), {}
    for place, line in first_lines(table).items():
        keys = re.findall(r"node_modules/((?:@[^/]+/)?[^/]+)", place)
        if "packages" in table:
            entry, name = table["packages"][place], table["packages"][place].get("name") or (keys or [place])[-1]
        else:
            entry = table
            for key in keys:
                entry = entry["dependencies"][key]
            name = keys[-1]
        known = (name, entry.get("version"))
        found[known] = min(line, found.get(known, line))
    return found


OWN = ("package-lock-v3/plain", "package-lock-v1/nested", "npm-shrinkwrap/of-2013")
SMALL = [
    *(lockfile_in(folder) for folder in CASES if case_name(folder) in OWN),
    *(path for path in corpus(*NPM) if path.stat().st_size < 120_000),
]


def styles(table):
    """The same table as npm and others would print it."""
    text = json.dumps(table, indent=2)
    yield "two spaces", text
    yield "tabs", json.dumps(table, indent="\t")
    yield "CRLF", text.replace("\n", "\r\n")
    yield "four spaces and a mark", "\ufeff" + json.dumps(table, indent=4) + "\n"
    yield "minified", json.dumps(table, separators=(",", ":"))
    yield "a line", json.dumps(table)
    yield "spaces before colons", json.dumps(table, indent=2, separators=(",", " : "))
    yield "braces on lines of their own", re.sub(r"( *)(\".*\": )\{\n", r"\1\2\n\1{\n", text)
    yield "deep", json.dumps({"name": "x", "lockfileVersion": 3, **table}, indent=1)
    yield "empty lines", re.sub(r"\n", "\n\n", text)
    yield "escapes", re.sub(r'"node', r'"\\u006eode', text)
    yield "one entry in a line", re.sub(r"\{\s+\"version\": (\S+)\s+\}", r'{ "version": \1 }', text)


@pytest.mark.parametrize("path", SMALL, ids=lambda path: case_name(path.parent))
def test_lines_in_any_style(path):
    for style, text in styles(json.loads(path.read_text("utf-8"))):
        expected = expected_lines(text.removeprefix("\ufeff"))
        found = read_lines(text)
        for (name, version), line in expected.items():
            known = f"npm:{name}@{version}"
            if known in found:
                assert (style, known, found[known]) == (style, known, line)
        assert sum(f"npm:{n}@{v}" in found for n, v in expected) >= 0.9 * len(found)


@pytest.mark.parametrize("path", corpus(*NPM), ids=lambda path: case_name(path.parent))
def test_lines_of_real_files(path):
    """Each line is one that opens an entry of that name."""
    text = path.read_text("utf-8").split("\n")
    for release in parse(path).releases:
        key = re.fullmatch(r'\s*"(.+)": \{\r?', text[release.line - 1])[1]
        assert (
            key.split("node_modules/")[-1] == release.name
            or release.kind == "link"
            or '"name":' in "".join(text[release.line : release.line + 3])
        )


@pytest.mark.parametrize("path", corpus("uv-lock"), ids=lambda path: case_name(path.parent))
def test_lines_of_uv_locks(path):
    text = path.read_text("utf-8").split("\n")
    for release in parse(path).releases:
        assert text[release.line - 1] == "[[package]]"
        assert text[release.line] == f'name = "{release.name}"'
        assert release.version is None or text[release.line + 1] == f'version = "{release.version}"'


@pytest.mark.parametrize("path", corpus("poetry-lock-v1", "poetry-lock-v2"), ids=lambda path: case_name(path.parent))
def test_lines_of_poetry_locks(path):
    text = path.read_text("utf-8").split("\n")
    for release in parse(path).releases:
        assert text[release.line - 1] == "[[package]]"
        fields = text[release.line : text.index("", release.line)]
        names = [re.sub(r"[-_.]+", "-", line).lower() for line in fields if line.startswith("name = ")]
        assert names == [f'name = "{release.name}"']
        assert f'version = "{release.version}"' in fields


@pytest.mark.parametrize("path", corpus("pipfile-lock"), ids=lambda path: case_name(path.parent))
def test_lines_of_pipfile_locks(path):
    text = path.read_text("utf-8").split("\n")
    for release in parse(path).releases:
        key = re.fullmatch(r'\s+"(.+)": \{', text[release.line - 1])[1]
        assert re.sub(r"[-_.]+", "-", key).lower() == release.name


@pytest.mark.parametrize("path", corpus("requirements-txt"), ids=lambda path: f"{case_name(path.parent)}/{path.name}")
def test_lines_of_requirements(path):
    text = path.read_text("utf-8").splitlines()
    for release in parse(path).releases:
        line = text[release.line - 1]
        assert line.startswith("-r") or release.name in re.sub(r"[-_.]+", "-", line).lower()


def test_of_equal_keys_the_last_counts():
    text = """{
  "lockfileVersion": 3,
  "packages": {
    "node_modules/a": {
      "version": "1.0.0"
    },
    "node_modules/b": {
      "version": "1.0.0"
    },
    "node_modules/a": {
      "version": "2.0.0"
    }
  }
}"""
    assert read_lines(text) == {"npm:a@2.0.0": 10, "npm:b@1.0.0": 7}


def test_of_equal_tables_the_last_counts():
    first = '"packages": {\n "node_modules/a": {"version": "1"},\n "node_modules/b": {"version": "1"}}'
    text = f'{{"lockfileVersion": 3,\n{first},\n"packages": {{\n\n"node_modules/a": {{"version": "2"}}}}}}'
    assert read_lines(text) == {"npm:a@2": 7}


def test_equal_keys_of_version_1():
    text = json.dumps({"lockfileVersion": 1, "requires": True, "dependencies": {"a": {"version": "1"}}}, indent=2)
    before = '"a": {\n      "version": "0", "dependencies": {"b": {"version": "3"}}\n    },\n    "a": {'
    twice = text.replace('"a": {', before)
    assert read_lines(twice) == {"npm:a@1": 8}


def test_names_that_need_escapes():
    name = 'a"\\\n\t\u202e\U0001f600'
    for indent in (None, 2):
        text = json.dumps(
            {"lockfileVersion": 3, "packages": {"x": {"link": False}, f"node_modules/{name}": {}}}, indent=indent
        )
        assert read_lines(text)[f"npm:{name}@*"] == (1 if indent is None else 7)


KEYS = st.text('ab"\\{}[]:,\n', max_size=3)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(
    st.dictionaries(st.text(max_size=3), JSON, max_size=4),
    st.sampled_from([None, 1, 2, "\t"]),
    st.booleans(),
    st.none() | st.integers(0, 2**16),
)
def test_object_lines_of_any_json(table, indent, ascii_only, seed):
    text = json.dumps(table, indent=indent, ensure_ascii=ascii_only)
    if seed is not None:
        spaces = random.Random(seed)
        pieces = [piece for piece in PIECE.findall(text) if not piece.isspace()]
        text = "".join(piece + "".join(spaces.choices(["", " ", "\n", "\r\n", "\t"], k=2)) for piece in pieces)
    parsed = json.loads(text)
    lines = decode.object_lines(text, parsed)

    def check(known, own):
        if isinstance(own, dict):
            for key, value in own.items():
                if isinstance(value, dict):
                    assert lines[id(value)] == known.lines[key]
                check(known[key], value)
        elif isinstance(own, list):
            for item, value in zip(known, own, strict=True):
                check(item, value)

    check(located(text), parsed)
