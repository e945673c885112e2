"""The left-pad case: its files are the ones described, its numbers those that history left, and it can be rebuilt."""

from __future__ import annotations

import hashlib
import json
import pathlib
import re
import subprocess
import sys

import pytest

from depfrag import api

ROOT = pathlib.Path(__file__).resolve().parents[1]
CASE = ROOT / "data" / "left-pad-2016"


@pytest.fixture
def analysed(cli, monkeypatch):
    monkeypatch.chdir(ROOT)
    said = cli("scan", "data/left-pad-2016", "--offline", "--format", "json")
    assert said.code == 1, "high findings fail the run"
    return json.loads(said.out)


def test_every_file_is_the_one_that_the_readme_describes():
    rows = re.findall(r"^\| `([0-9a-f]{64})` \| `(\S+)` \|$", (ROOT / "data" / "README.md").read_text(), re.MULTILINE)
    assert {name for _, name in rows} >= {f"left-pad-2016/{n}" for n in ("package-lock.json", "facts.snapshot")}
    for digest, name in rows:
        assert hashlib.sha256((ROOT / "data" / name).read_bytes()).hexdigest() == digest, name


def test_the_tree_is_that_of_march_2016(analysed):
    assert analysed["summary"]["releases"] == len(analysed["packages"]) == 105
    assert analysed["summary"]["edges"] == 231
    assert analysed["summary"]["direct"] == 5
    assert analysed["as_of"] == "2016-03-21"
    dates = [p["facts"]["published"]["value"] for p in analysed["packages"] if p["facts"]["published"]]
    assert len(dates) > 50
    assert max(dates) < "2016-03-22"


def test_left_pad_is_among_the_first(analysed):
    names = [p["id"] for p in analysed["packages"]]
    left_pad = analysed["packages"][names.index("npm:left-pad@0.0.3")]
    assert names.index("npm:left-pad@0.0.3") < 5
    assert left_pad["dependents"] == 34
    assert left_pad["breaks"] == 0.8
    assert len(left_pad["broken"]) == 4
    assert left_pad["facts"]["lines"]["value"] == 11
    assert left_pad["facts"]["publishers"] == {
        "value": ["azer"], "source": "github.com/left-pad/left-pad/issues/4", "observed": "2016-03-22",
        "grade": "reported",
    }  # fmt: skip
    score = left_pad["score"]
    assert score["lower"] == score["point"] == score["upper"] == pytest.approx(87.4, abs=0.1)
    assert score["band"] == "critical"
    points = [p["score"]["point"] for p in analysed["packages"]]
    assert points == sorted(points, reverse=True)


def test_why_shows_how_it_got_there(cli, monkeypatch):
    monkeypatch.chdir(ROOT)
    said = cli("why", "data/left-pad-2016", "left-pad")
    assert said.code == 0
    assert "babel-core → babel-code-frame → line-numbers → left-pad" in said.out


def test_nobody_is_known_by_an_address():
    held = api.load_snapshot(str(CASE / "facts.snapshot"))
    assert len(held.facts) == 105
    text = json.dumps([[f.value for f in facts.values()] for facts in held.facts.values()])
    assert "@" not in text


def test_the_case_can_be_rebuilt_byte_for_byte(shared, tmp_path):
    subprocess.run([sys.executable, CASE / "rebuild.py", shared / "recordings", "--into", tmp_path], check=True)
    for name in ("package-lock.json", "facts.snapshot"):
        assert (tmp_path / name).read_bytes() == (CASE / name).read_bytes(), name
