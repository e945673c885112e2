"""``depfrag explain``: everything about one package, in text and JSON."""

from __future__ import annotations

import json
import pathlib

import pytest

from depfrag.snapshot import decode

CASE = pathlib.Path(__file__).resolve().parents[2] / "data" / "left-pad-2016"


def test_it_explains_a_package_by_any_of_its_names(cli):
    texts = {
        cli("explain", CASE, name, "--offline").out
        for name in ("left-pad", "left-pad@0.0.3", "npm:left-pad@0.0.3", "pkg:npm/left-pad@0.0.3")
    }
    assert len(texts) == 1
    assert "Fragility 87.4 of 100: critical (everything measured)" in texts.pop()


def test_several_versions_are_all_explained(cli):
    said = cli("explain", CASE, "babel-runtime", "--offline")
    assert said.code == 0
    assert said.out.index("babel-runtime@5.8.35") < said.out.index("babel-runtime@6.6.1")


def test_json_shows_what_the_analysis_shows(cli):
    scan = json.loads(cli("scan", CASE, "--offline", "--format", "json").out)
    said = json.loads(cli("explain", CASE, "left-pad", "--offline", "--format", "json").out)
    assert said["schema"] == "depfrag.explanation/1"
    assert said["packages"] == [p for p in scan["packages"] if p["name"] == "left-pad"]


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("leftpad",), 2, "there is no package 'leftpad'; did you mean 'left-pad'?"),
        (("left-pad", "--format", "xml"), 2, "--format: 'xml' is not terminal or json"),
    ],
)
def test_mistakes_are_one_line(cli, words, code, text):
    said = cli("explain", CASE, *words, "--offline")
    assert (said.code, said.out) == (code, "")
    assert text in said.err
    assert said.err.count("\n") == 1


def test_a_snapshot_of_the_case_is_the_case(cli, tmp_path):
    """What `snapshot write` keeps is enough to scan again with the same bytes out."""
    file = tmp_path / "again.snapshot"
    assert cli("snapshot", "write", CASE, "--offline", "-o", file).code == 0
    assert decode("x", file.read_bytes()).facts == decode("x", (CASE / "facts.snapshot").read_bytes()).facts
    first = cli("scan", CASE, "--offline", "--format", "json").out.splitlines()
    again = cli("scan", CASE, "--offline", "--format", "json", "--snapshot", file).out.splitlines()
    assert [line for line in first if '"snapshots"' not in line] == [
        line for line in again if '"snapshots"' not in line
    ]


def test_a_lockfile_found_by_search_that_cannot_be_read(cli, tmp_path):
    packages = {"": {"dependencies": {"a": "1"}}, "node_modules/a": {"version": "1.0.0"}}
    (tmp_path / "package-lock.json").write_text(json.dumps({"lockfileVersion": 3, "packages": packages}))
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "package-lock.json").write_text("{")
    said = cli("explain", tmp_path, "a", "--offline")
    assert said.code == 3
    assert said.out.startswith("a@1.0.0\n")
    assert "bad/package-lock.json:1: not JSON" in said.err
