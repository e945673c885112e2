"""What counts as source, how its lines are counted, and that nothing in a file makes counting slow."""

from __future__ import annotations

import time

import lizard
import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfrag import counting
from depfrag.counting import File, Kinds, count

LINES = "// a comment\nvar a = 1;\n\n/* more\n   of it */\nmodule.exports = a;\n"


def file(path, content):
    data = content.encode() if isinstance(content, str) else content
    return File(path, len(data), lambda: data)


def counted(**files):
    return count(file(path.replace("__", "/").replace("_", "."), content) for path, content in files.items())


def test_lines_and_bytes():
    assert count([file("index.js", LINES), file("README.md", "# Read me\n" * 9)]) == (2, len(LINES) + 90, 2)


def test_a_python_file():
    assert counted(a_py='"""A."""\n\n# b\nimport os\n').lines == 2


def test_files_below_node_modules_belong_to_others():
    assert count([file("a.js", "a();\n"), file("node_modules/b/b.js", "b();\nb();\n")]) == (1, 5, 1)


@pytest.mark.parametrize(
    "path",
    ["index.js", "lib/a.mjs", "src/A.TSX", "a.py", "a/b.hpp", "latest.js", "contest/a.py", "testing.ts", "inspect.js"],
)
def test_source(path):
    assert Kinds().of(path) is not None


@pytest.mark.parametrize(
    "path",
    [
        "package.json", "README.md", "index.d.ts", "a.d.mts", "a.pyi", "yarn.lock", ".js", "js", "a.js.map", "LICENSE",
        "a.coffee", "a.pyx",
        "test.js", "tests/a.js", "lib/__tests__/a.ts", "a.test.js", "a.spec.tsx", "test_a.py", "a_test.py",
        "conftest.py", "test-utils.js", "spec/a.rb", "a-test.cjs",
    ],
)  # fmt: skip
def test_no_source(path):
    assert Kinds().of(path) is None


def test_a_release_without_source_has_no_lines():
    assert count([file("package.json", "{}"), file("data.bin", b"\0" * 5000)]) == (None, 5002, 2)
    assert count([]) == (None, 0, 0)


@pytest.mark.parametrize(
    "name", ["orjson.cpython-311-x86_64-linux-gnu.so", "libx.so.1.2", "prebuilds/a.NODE", "a.wasm"]
)
def test_a_release_with_compiled_code_has_no_lines(name):
    binary, source = file(name, b"\0" * 5000), file("a.py", "import b\n")
    assert count([binary, source]) == count([source, binary]) == (None, 5009, 2)


@pytest.mark.parametrize("name", ["a.json", "lib.so/a.txt", "so", "README", "a.node-version", "1.2.3", "test/a.wasm"])
def test_what_is_not_compiled(name):
    assert not Kinds().compiled(name)


def test_a_bundle_is_not_tiny():
    assert counted(a_js="var a=1;" * 10_000).lines == 800
    assert counted(a_js="var a=1;" * 10_000, b_js="b();\n").lines == 801


def test_the_floor_is_of_all_source_together():
    assert counted(a_js="x" * 1001, b_js="b();\n" * 20).lines == 21


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_ends_of_lines(end):
    assert counted(a_js=LINES.replace("\n", end)).lines == 2


def test_a_byte_order_mark_is_no_line():
    assert counted(a_js=b"\xef\xbb\xbf// a\n").lines == 1  # of 8 bytes; no line is counted, and no file has none
    assert counted(a_js=b"\xef\xbb\xbf// a\n\xff\xfe();\n").lines == 1


def test_some_languages_are_counted_plainly():
    assert counted(a_rb="# a\n\n  # b\nc = 1\nd = 2\n").lines == 2


def test_what_lizard_fails_at_is_counted_plainly(monkeypatch):
    def fail(*_):
        raise IndexError

    monkeypatch.setattr(lizard, "FileAnalyzer", fail)
    assert counted(a_js=LINES).lines == 3  # "of it */" starts with no mark


def test_large_files_are_not_parsed(monkeypatch):
    monkeypatch.setattr(counting, "_PARSED_FILE", 10)
    assert counted(a_js=LINES).lines == 3


def test_beyond_the_limit_of_a_release_files_are_not_parsed(monkeypatch):
    monkeypatch.setattr(counting, "_PARSED_ALL", len(LINES) + 1)
    assert counted(a_js=LINES, b_js=LINES).lines == 2 + 3


def test_files_too_large_to_read_count_by_their_bytes():
    def never():
        raise AssertionError("read")

    assert count([File("a.js", counting.READ_BYTES + 1, never)]).lines == 83_887


@pytest.mark.parametrize("name", ["a.js", "a.py", "a.c", "a.tsx"])
@pytest.mark.parametrize("piece", ["/*\n", '\\"', "<" + "?\n" * 60_000, "/[", "`${", "{", "\0"])
def test_hostile_files_are_counted_in_time(monkeypatch, name, piece):
    monkeypatch.setattr(counting, "_PARSED_SECONDS", 0.2)
    data = (piece * (200_000 // len(piece) + 1)).encode()
    start = time.process_time()
    assert count([File(name, len(data), lambda: data)] * 9).lines >= 9 * len(data) // 100
    assert time.process_time() - start < 4


@given(st.binary(max_size=400), st.sampled_from(["a.js", "a.py", "a.ts", "a.h", "a.java", "a.rb", "a.lua"]))
def test_any_bytes_can_be_counted(data, name):
    result = count([File(name, len(data), lambda: data)])
    assert result.lines >= len(data) / 100
    assert result.bytes == len(data)


def test_the_table_names_readers_that_lizard_has():
    from lizard_languages import get_reader_for

    kinds = Kinds()
    for suffix, kind in kinds._kinds.items():
        assert get_reader_for(f"a.{kind.reader or suffix}") is not None, suffix


@pytest.mark.parametrize("code", [LINES, "a = `\n// no comment\n`;\n", "function f() {\n  return /[/*]/;\n}\n"])
def test_lines_are_those_of_lizard(code):
    """Finding functions is left out; it changes no line."""
    assert counted(a_js=code).lines == lizard.analyze_file.analyze_source_code("a.js", code).nloc
