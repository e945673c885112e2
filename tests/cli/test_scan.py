"""``depfrag scan``: reports to streams and files, exit codes, and nothing but the report on the standard output."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from contracts import valid

from depfrag import snapshot
from depfrag.model import Fact
from depfrag.snapshot import Snapshot

CHAIN = {
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "app", "dependencies": {"a": "1"}},
        **{
            f"node_modules/{name}": {"version": "1.0.0", "dependencies": {after: "1"}}
            for name, after in zip("abcde", "bcdef", strict=True)
        },
        "node_modules/f": {"version": "1.0.0"},
    },
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A chain of six releases, the last of which everything needs, and a snapshot that knows all of them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "package-lock.json").write_text(json.dumps(CHAIN))
    known = {
        "publishers": Fact(("someone",), "test", "2026-01-01", "registry"),
        "lines": Fact(11, "test", "2026-01-01", "registry"),
    }
    facts = {f"npm:{name}@1.0.0": known for name in "abcdef"}
    (tmp_path / "facts.snapshot").write_bytes(snapshot.encode(Snapshot("2026-01-01", None, facts)))
    return tmp_path


def scan(cli, *words):
    return cli("scan", "--offline", "--snapshot", "facts.snapshot", *words)


def test_json(project, cli):
    said = scan(cli, "--format", "json")
    assert (said.code, said.err) == (1, "")
    document = valid("analysis", said.out)
    assert document["packages"][0]["id"] == "npm:f@1.0.0"
    assert document["verdict"]["exit_code"] == 1
    assert "snapshots" not in document, "a scan from a snapshot equals the scan that wrote it"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], 1), (["--exit-zero"], 0), (["--fail-on", "none"], 0), (["--fail-on", "critical"], 1),
        (["--fail-on", "unknown"], 0), (["--fail-on", "left-pad"], 1), (["--fail-on", "score:101"], 0),
        (["--fail-on", "none", "--fail-on", "score:90"], 1), (["--max-unknown", "0"], 1),
    ],
)  # fmt: skip
def test_exit_codes(project, cli, words, code):
    assert scan(cli, "--format", "json", *words).code == code


def test_offline_without_facts_nothing_is_found(project, cli):
    assert cli("scan", "--offline", "--fail-on", "low", "--format", "json").code == 0
    said = cli("scan", "--offline", "--max-unknown", "0.5", "--format", "json")
    assert (said.code, said.err) == (4, "depfrag: more is unknown than the share of 0.5 that max-unknown allows\n")
    assert cli("scan", "--offline", "--max-unknown", "0.5", "--exit-zero", "--format", "json").code == 4


def test_a_lockfile_that_is_found_and_unreadable_is_3_and_the_rest_is_reported(project, cli):
    (project / "b").mkdir()
    (project / "b" / "package-lock.json").write_text("{")
    for more in ([], ["--exit-zero"], ["--max-unknown", "0"]):
        said = scan(cli, "--format", "json", *more)
        assert said.code == 3
        document = valid("analysis", said.out)
        assert [p["id"] for p in document["packages"]]
        assert document["problems"][0]["lockfile"] == "b/package-lock.json"
        assert said.err.startswith("depfrag: b/package-lock.json:1: not JSON")


@pytest.mark.parametrize("words", [("--format", "terminal"), ("--format", "json:a.json", "--format", "terminal")])
def test_a_lockfile_that_the_report_shows_as_unreadable_is_not_told_twice(project, cli, words):
    (project / "b").mkdir()
    (project / "b" / "package-lock.json").write_text("{")
    said = scan(cli, *words)
    assert (said.code, said.err) == (3, "")
    assert said.out.count("b/package-lock.json:1: not JSON") == 1


@pytest.mark.parametrize("words", [("--top", "x"), ("--color", "blue"), ("--color", "blue", "-o", "a.txt")])
def test_mistakes_in_looks_are_told_before_any_work(project, cli, words):
    (project / "package-lock.json").unlink()
    assert scan(cli, *words).code == 2


def test_reports_go_where_they_are_sent(project, cli):
    said = scan(cli, "--format", "json:a.json", "--format", "terminal")
    assert valid("analysis", (project / "a.json").read_text())
    assert "f" in said.out
    assert scan(cli, "--format", "json", "-o", "b.json").out == ""
    assert (project / "b.json").read_bytes() == (project / "a.json").read_bytes()
    assert valid("analysis", scan(cli, "--format", "json:-").out)


def test_the_terminal_report_is_the_default(project, cli):
    said = scan(cli)
    assert said.out == scan(cli, "--format", "terminal").out
    assert "\x1b" not in said.out


@pytest.mark.parametrize(
    ("variables", "words", "colored"),
    [
        ({}, [], False), ({"FORCE_COLOR": "1"}, [], True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, [], False),
        ({"NO_COLOR": "1"}, ["--color", "always"], True), ({"FORCE_COLOR": "1"}, ["--color", "never"], False),
    ],
)  # fmt: skip
def test_colour(project, cli, monkeypatch, variables, words, colored):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[" in scan(cli, *words).out) == colored
    scan(cli, *words, "-o", "report.txt")
    assert b"\x1b" not in (project / "report.txt").read_bytes()


@pytest.mark.parametrize(("columns", "width"), [("70", "70"), ("²", "100"), ("0", "100"), ("-5", "100")])
def test_nothing_around_a_report_changes_its_looks_but_columns(project, cli, monkeypatch, columns, width):
    monkeypatch.setenv("COLUMNS", width)
    expected = scan(cli).out
    for name, value in {"COLUMNS": columns, "LINES": "²", "TERM": "dumb", "JUPYTER_COLUMNS": "30"}.items():
        monkeypatch.setenv(name, value)
    assert scan(cli).out == expected


def test_settings_of_the_project_count(project, cli):
    (project / "depfrag.toml").write_text('fail-on = ["none"]\nsnapshots = ["facts.snapshot"]\n')
    assert cli("scan", "--offline", "--format", "json").code == 0
    assert cli("scan", "--offline", "--format", "json", "--fail-on", "high").code == 1
    assert cli("scan", "--offline", "--format", "json", "--isolated").code == 0
    (project / "other.toml").write_text('fail-on = ["low"]\nsnapshots = ["facts.snapshot"]\n')
    assert cli("scan", "--offline", "--format", "json", "--config", "other.toml").code == 1


def test_progress_is_said_on_the_error_stream_and_only_to_people(project, cli, monkeypatch):
    from depfrag.cli import edges
    from depfrag.cli.argv import read
    from depfrag.cli.options import COMMANDS

    def notifies(*words):
        return edges.notifier(read(["scan", *words], COMMANDS)) is not None

    assert not notifies()
    assert notifies("--verbose")
    assert not notifies("--verbose", "--quiet")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert notifies()
    assert not notifies("--quiet")
    monkeypatch.setenv("CI", "true")
    assert not notifies()
    assert notifies("--verbose")
    edges.notifier(read(["scan", "--verbose"], COMMANDS))("asking \x1b[2J")


# -- the same bytes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", [("scan", "--format", "json"), ("scan",), ("graph",), ("graph", "--format", "graphml")]
)
def test_equal_input_gives_equal_bytes(project, depfrag, words):
    more = ("--snapshot", "facts.snapshot") if words[0] == "scan" else ()
    run = [
        depfrag(*words, "--offline", *more, cwd=project, **variables)
        for variables in (
            {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"},
            {"PYTHONHASHSEED": "2", "TZ": "Pacific/Kiritimati", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"},
            {"PYTHONHASHSEED": "3", "TZ": "America/Adak", "LC_ALL": "tr_TR.UTF-8", "PYTHONUTF8": "0"},
        )
    ]
    assert run[0].stdout
    assert not run[0].stderr
    assert len({(done.stdout, done.stderr, done.returncode) for done in run}) == 1


REAL = ("uv-lock/pydantic-202412", "npm-shrinkwrap/angular.js-201603", "package-lock-v2/axios-202201")


@pytest.mark.parametrize("name", REAL)
def test_real_lockfiles_give_equal_bytes_that_keep_the_contracts(shared, depfrag, name):
    folder = shared / "corpus" / name
    for command, contract in (("scan", "analysis"), ("graph", "graph")):
        words = (command, ".", "--offline", "--format", "json")
        first, second = (depfrag(*words, cwd=folder, PYTHONHASHSEED=seed, SOURCE_DATE_EPOCH="0") for seed in ("1", "2"))
        assert first.stdout == second.stdout
        assert valid(contract, first.stdout)["packages"]


# -- light -----------------------------------------------------------------------------------------------------------

HEAVY = ("networkx", "numpy", "matplotlib", "requests", "rich", "typer", "dataclasses", "inspect", "pathlib", "ast")
NETWORK = ("socket", "ssl", "http.client", "sqlite3", "urllib.request")
RUN = """
import sys
before = set(sys.modules)
from depfrag.cli.main import main
main(sys.argv[1:])
print(*sorted(set(sys.modules) - before), file=sys.stderr)
"""


def loaded(project, *words):
    """Modules that a process of its own has loaded at the end of a run."""
    done = subprocess.run([sys.executable, "-c", RUN, *words], capture_output=True, cwd=project, timeout=60, check=True)
    return set(done.stderr.decode().split())


@pytest.mark.parametrize("facts", [(), ("--snapshot", "facts.snapshot")], ids=["no facts", "snapshot"])
def test_a_scan_loads_little(project, facts):
    modules = loaded(project, "scan", "--offline", "--format", "json", *facts)
    assert {"depfrag.pipeline", "depfrag.reports.analysis_json"} <= modules
    assert not modules & {*HEAVY, *NETWORK}


def test_a_graph_loads_little(project):
    modules = loaded(project, "graph", ".")
    assert "depfrag.reports.graph_json" in modules
    assert not modules & {*HEAVY, *NETWORK}


def test_a_scan_for_people_loads_what_draws_tables_and_nothing_heavier(project):
    modules = loaded(project, "scan", "--offline")
    assert "rich" in modules
    assert not modules & {"networkx", "numpy", "matplotlib", "requests", "typer", *NETWORK}


def test_the_interpreter_itself_says_so_too(project, depfrag):
    done = depfrag("scan", "--offline", "--format", "json", cwd=project, python=("-X", "importtime"))
    lines = done.stderr.decode().splitlines()
    modules = {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
    assert "depfrag.pipeline" in modules
    assert not modules & {"networkx", "numpy", "matplotlib", "requests", "rich", "typer"}


def test_streams_without_bytes_can_be_written_to(project, monkeypatch):
    from io import StringIO

    from depfrag.cli.main import main

    out = StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["scan", "--offline", "--format", "json"]) == 0
    assert valid("analysis", out.getvalue())
    assert os.path.exists("package-lock.json")
