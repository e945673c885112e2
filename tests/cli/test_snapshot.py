"""``depfrag snapshot``: the facts of a run in a file, from which the same run can be had again."""

from __future__ import annotations

import json

import pytest
from strategies import fact

from depfrag import registry, snapshot
from depfrag.model import Fact
from depfrag.protocols import Known

LOCK = {"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "1"}}, "node_modules/a": {"version": "1.0.0"}}}


class BesideTheFirst:
    """A source that knows something of what the lockfile in the top folder has, and nothing of the others."""

    def lookup(self, wanted, context):
        for one in wanted:
            yield Known(one, {"lines": fact(11)} if one.lockfile == "package-lock.json" else {})


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Two lockfiles that have the same release, of which a source knows the size in one place alone."""
    monkeypatch.chdir(tmp_path)
    for folder in (tmp_path, tmp_path / "b"):
        folder.mkdir(exist_ok=True)
        (folder / "package-lock.json").write_text(json.dumps(LOCK))
    monkeypatch.setattr(registry, "sources", lambda turn, **_: [BesideTheFirst()] if turn == "main" else [])
    return tmp_path


def test_what_is_written_holds_what_any_lockfile_knows(project, cli):
    said = cli("snapshot", "write", ".", "-o", "facts.snapshot", "--offline")
    assert (said.code, said.out) == (0, "")
    assert said.err == "depfrag: facts.snapshot: facts about 1 of 1 releases\n"
    held = snapshot.decode("x", (project / "facts.snapshot").read_bytes())
    assert held.facts == {"npm:a@1.0.0": {"lines": fact(11)}}
    assert cli("snapshot", "write", ".", "-o", "b.snapshot", "--offline", "--quiet").err == ""


def test_the_same_analysis_can_be_had_again(project, cli, monkeypatch):
    cli("snapshot", "write", ".", "-o", "facts.snapshot", "--offline", "-q")
    first = json.loads(cli("scan", "package-lock.json", "--offline", "--format", "json").out)
    monkeypatch.undo()
    monkeypatch.chdir(project)
    words = ("scan", "package-lock.json", "--offline", "--snapshot", "facts.snapshot", "--format", "json")
    again = json.loads(cli(*words).out)
    assert again["packages"] == first["packages"]
    assert cli(*words) == cli(*words)


@pytest.fixture
def held(tmp_path, monkeypatch):
    """A snapshot that holds hostile facts."""
    monkeypatch.chdir(tmp_path)
    facts = {
        "npm:a@1": {"publishers": Fact(("x\x1b[2J", "y"), "test", "2026-01-01", "reported")},
        "npm:b@1": {},
    }
    (tmp_path / "facts.snapshot").write_bytes(snapshot.encode(snapshot.Snapshot("2026-01-02", "2016-03-21", facts)))
    return facts


def test_show(held, cli):
    said = cli("snapshot", "show", "facts.snapshot")
    assert said.code == 0
    assert said.out.splitlines() == [
        "facts.snapshot: facts about 1 of 2 releases, up to 2026-01-02, as of 2016-03-21",
        "npm:a@1",
        "  publishers: x\\x1b[2J, y  (reported, 2026-01-01, test)",
        "npm:b@1  nothing known",
    ]


def test_show_json(held, cli):
    document = json.loads(cli("snapshot", "show", "facts.snapshot", "--format", "json").out)
    assert (document["schema"], document["made_at"], document["as_of"]) == (
        "depfrag.snapshot/1",
        "2026-01-02",
        "2016-03-21",
    )
    assert [r["id"] for r in document["releases"]] == ["npm:a@1", "npm:b@1"]
    assert document["releases"][0]["facts"]["publishers"]["value"] == ["x\x1b[2J", "y"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["write", "."], 2, "--output: name the file to write; depfrag snapshot write PATH -o FILE"),
        (["show", "nothing"], 2, "nothing: cannot be read: No such file"),
        (["show", "facts.snapshot", "--format", "xml"], 2, "--format: 'xml' is not terminal or json"),
        (["show", "text"], 3, "text: not a snapshot"),
    ],
)
def test_mistakes(held, cli, tmp_path, words, code, said):
    (tmp_path / "text").write_text("no snapshot")
    found = cli("snapshot", *words)
    assert (found.code, found.out) == (code, "")
    assert found.err.startswith(f"depfrag: {said}")


def test_a_lockfile_found_by_search_that_cannot_be_read(project, cli):
    (project / "bad").mkdir()
    (project / "bad" / "package-lock.json").write_text("{")
    said = cli("snapshot", "write", ".", "-o", "facts.snapshot", "--offline", "-q")
    assert said.code == 3
    assert said.err.startswith("depfrag: bad/package-lock.json:1: not JSON")


def written(path, observed, as_of=None, **facts):
    held = {f"npm:{name}@1": {"lines": fact(lines)._replace(observed=observed)} for name, lines in facts.items()}
    path.write_bytes(snapshot.encode(snapshot.Snapshot(observed, as_of, held)))
    return str(path)


def test_merge(tmp_path, cli):
    older = written(tmp_path / "a", "2025-01-01", x=1, y=2)
    newer = written(tmp_path / "b", "2026-01-01", y=3, z=4)
    out = str(tmp_path / "c")
    said = cli("snapshot", "merge", newer, older, "-o", out)
    assert said == (0, "", f"depfrag: {out}: facts about 3 of 3 releases\n")
    held = json.loads(cli("snapshot", "show", out, "--format", "json").out)
    assert held["made_at"] == "2026-01-01"
    assert {r["id"][4]: r["facts"]["lines"]["value"] for r in held["releases"]} == {"x": 1, "y": 3, "z": 4}
    again = str(tmp_path / "d")
    assert cli("snapshot", "merge", older, newer, "-o", again, "-q") == (0, "", "")
    assert (tmp_path / "c").read_bytes() == (tmp_path / "d").read_bytes(), "the order of the files does not count"


def test_what_cannot_be_merged(tmp_path, cli):
    of_a_day = written(tmp_path / "a", "2025-01-01", "2016-03-21", x=1)
    of_none = written(tmp_path / "b", "2025-01-01", x=1)
    for words, reason in (
        ((of_a_day,), "name the file to write"),
        (("-o", str(tmp_path / "c")), "Missing argument 'files'"),
        ((of_a_day, of_none, "-o", str(tmp_path / "c")), "it tells the facts of no day in particular"),
        ((of_a_day, str(tmp_path / "gone"), "-o", str(tmp_path / "c")), "cannot be read"),
    ):
        said = cli("snapshot", "merge", *words)
        assert said.code == 2
        assert reason in said.err
    assert not (tmp_path / "c").exists()
