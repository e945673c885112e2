"""The command as a whole: help, versions, mistakes, streams and exit codes."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys

import pytest

import depfrag as package
from depfrag.cli import main, typed
from depfrag.cli.argv import Call
from depfrag.cli.options import COMMANDS, GROUPS, Command
from depfrag.errors import ConfigError, LockfileError, MissingExtraError, NotFoundError, SourceError

LOCK = {"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "1"}}, "node_modules/a": {"version": "1.0.0"}}}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a lockfile, to work in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "package-lock.json").write_text(json.dumps(LOCK))
    return tmp_path


# -- help ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_names_every_option(cli, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "200")
    said = cli(*command.name.split(), "--help")
    assert (said.code, said.err) == (0, "")
    assert command.help in said.out
    for option in command.options:
        assert f"--{option.name}" in said.out
        assert option.kind == "flag" or option.metavar in said.out


@pytest.mark.parametrize("group", GROUPS)
def test_help_of_a_group(cli, group):
    said = cli(group, "--help")
    assert said.code == 0
    assert GROUPS[group].split(":")[0] in said.out


@pytest.mark.parametrize("words", [(), ("scan",), ("snapshot",), ("snapshot", "show")], ids=" ".join)
def test_help_has_a_short_name_too(cli, words):
    assert cli(*words, "-h") == cli(*words, "--help")
    assert cli(*words, "-h").code == 0


def test_help_of_a_scan_tells_the_exit_codes(cli, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    text = " ".join(cli("scan", "--help").out.split())
    for said in ("0 nothing at or above --fail-on", "1 findings", "3 a lockfile could not be read", "130 interrupted"):
        assert said in text


def test_no_command_has_options_that_it_would_not_heed():
    options = {command.name: {option.name for option in command.options} for command in COMMANDS}
    for name in ("graph", "why"):
        assert not options[name] & {"model", "inspect", "max-unknown", "color", "fail-on"}


def test_help_lists_every_command(cli):
    said = cli("--help")
    assert said.code == 0
    for command in COMMANDS:
        assert command.name.split()[0] in said.out


def test_without_a_command_help_is_shown(cli):
    said = cli()
    assert "Usage: depfrag" in said.out + said.err
    assert said.code == 2


@pytest.mark.parametrize("words", [["--version"], ["-V"], ["--version", "scan"]], ids=" ".join)
def test_version(cli, words):
    assert cli(*words) == (0, f"depfrag {package.__version__}\n", "")


# -- mistakes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["scan", "--nope"], "No such option: --nope"),
        (["scan", "--formt", "json"], "--format"),
        (["scam"], "No such command 'scam'"),
        (["why", "x"], "Missing argument"),
        (["scan", "--format"], "requires an argument"),
        (["snapshot", "shew"], "No such command"),
    ],
)
def test_mistakes_are_explained_on_the_error_stream(cli, words, said):
    found = cli(*words)
    assert (found.code, found.out) == (2, "")
    assert said in found.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["scan", "--max-age", "soon"], 2, "depfrag: --max-age: 'soon' is not a duration such as 30m, 24h or 7d\n"),
        (["scan", "--format", "jsn"], 2, "depfrag: there is no format 'jsn'; did you mean 'json'?\n"),
        (["graph", "--format", "svg"], 2, "depfrag: there is no graph format 'svg'; "),
        (["scan", "--config", "x.toml"], 2, "depfrag: x.toml: there is no such file\n"),
        (["scan", "--format", "json", "--format", "terminal"], 2, "depfrag: --format: only one format can go to the"),
        (["scan", "--format", "json:a", "-o", "b"], 2, "depfrag: --output: the last format goes to a already\n"),
        (["scan", "--top", "many"], 2, "depfrag: --top: 'many' is not a whole number, 0 or more\n"),
        (["scan", "--color", "blue"], 2, "depfrag: --color: 'blue' is not auto, always or never\n"),
        (["graph", "-o", "no/such/folder"], 2, "depfrag: no/such/folder: cannot be written: No such file"),
        (["scan", "nothing"], 3, "depfrag: nothing: there is no such file or folder\n"),
        (["graph", "nothing"], 3, "depfrag: nothing: there is no such file or folder\n"),
        (["scan", "bad/package-lock.json"], 3, "depfrag: bad/package-lock.json:1: not JSON"),
        (["scan", "--snapshot", "bad/package-lock.json"], 3, "depfrag: bad/package-lock.json: not a snapshot"),
    ],
)  # fmt: skip
def test_errors_are_one_line_with_what_and_where(project, cli, words, code, said):
    (project / "bad").mkdir()
    (project / "bad" / "package-lock.json").write_text("{ ")
    found = cli(*words, "--offline")
    assert (found.code, found.out) == (code, "")
    assert found.err.startswith(said)
    assert found.err.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("x"), 2), (NotFoundError("package", "x"), 2), (MissingExtraError("x", "y"), 2),
        (LockfileError("a", "x"), 3), (SourceError("a", "x"), 3), (KeyboardInterrupt(), 130),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_exit_codes_of_errors(monkeypatch, error, code):
    def fail(call):
        raise error

    monkeypatch.setattr("depfrag.cli.plugins.run", fail)
    assert main.run(Call(Command("plugins", "", "depfrag.cli.plugins:run"), {})) == code


def test_hostile_text_in_an_error_is_shown_escaped(project, cli):
    found = cli("scan", "\x1b[31m\u202e.lock")
    assert found.err == "depfrag: \\x1b[31m\\u202e.lock: there is no such file or folder\n"


def test_the_same_errors_by_way_of_typer(project, cli):
    quick, slow = cli("scan", "nothing", "--quiet", "--offline"), cli("scan", "nothing", "-q", "--offline", "--")
    assert quick == slow


# -- processes -------------------------------------------------------------------------------------------------------


def test_the_module_is_the_command(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["depfrag", "--version"])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_module("depfrag", run_name="__main__")
    assert capsys.readouterr().out == f"depfrag {package.__version__}\n"


def test_python_m(depfrag):
    done = depfrag("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"depfrag {package.__version__}\n".encode(), b"")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(depfrag, shell):
    done = depfrag(_DEPFRAG_COMPLETE=f"source_{shell}", PYTHONWARNINGS="default")
    assert done.returncode == 0
    assert b"_DEPFRAG_COMPLETE" in done.stdout


def test_completion_knows_commands_and_options(depfrag):
    def complete(*words):
        line = {"COMP_WORDS": " ".join(("depfrag", *words)), "COMP_CWORD": str(len(words))}
        return depfrag(_DEPFRAG_COMPLETE="complete_bash", PYTHONWARNINGS="default", **line).stdout.decode().split()

    assert "scan" in complete("sc")
    assert "--fail-on" in complete("scan", "--fa")


def test_a_reader_that_leaves_early_is_no_error(project):
    (project / "package-lock.json").write_text(
        json.dumps(
            {"lockfileVersion": 3, "packages": {f"node_modules/p{i}": {"version": "1.0.0"} for i in range(5000)}}
        )
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "depfrag", "graph", "."], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=project
    )
    process.stdout.read(10)
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert (process.wait(60), errors) == (0, b"")


INTERRUPTED = """
import os, signal, sys
from depfrag import api
from depfrag.cli.main import main

def interrupted(*_):
    os.kill(os.getpid(), signal.SIGINT)
    signal.pause()

api.run = interrupted
sys.exit(main(["scan", "."]))
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are other there")
def test_an_interrupt_is_130(project):
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, cwd=project, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"depfrag: interrupted\n")


def test_an_interrupt_before_the_command_runs_is_130_too(monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("depfrag.cli.argv.read", interrupted)
    assert main.main(["scan"]) == 130
    assert capsys.readouterr().err == "depfrag: interrupted\n"


def test_importing_the_entry_loads_little():
    """What is not loaded yet, an interrupt cannot hit before it is caught."""
    code = "import sys, depfrag.cli.main; print(*(m for m in sys.modules if m.startswith('depfrag')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=True)
    assert set(done.stdout.decode().split()) == {"depfrag", "depfrag.cli", "depfrag.cli.main", "depfrag.errors"}


@pytest.mark.parametrize(("stop", "code"), [(SystemExit(3), 3), (SystemExit("text"), 1), (SystemExit(), 0), (None, 0)])
def test_however_typer_stops_there_is_an_exit_code(monkeypatch, stop, code):
    def app(**_):
        if stop is not None:
            raise stop

    monkeypatch.setattr(typed, "app", lambda: app)
    assert typed.run([]) == code


def test_typer_is_asked_with_the_name_of_the_command(capsys):
    assert typed.run(["--help"]) == 0
    assert "Usage: depfrag " in capsys.readouterr().out


def test_a_bug_is_no_finding(cli, monkeypatch, tmp_path):
    from depfrag import discover

    def broken(*_):
        raise ZeroDivisionError("no\x1b way")

    (tmp_path / "package-lock.json").write_text('{"lockfileVersion": 3, "packages": {}}')
    monkeypatch.setattr(discover, "load", broken)
    said = cli("scan", tmp_path, "--offline")
    assert (said.code, said.out) == (3, "")
    assert said.err == (
        "depfrag: this is a bug in depfrag: ZeroDivisionError: no\\x1b way; DEPFRAG_DEBUG=1 shows where, for a report\n"
    )
    monkeypatch.setenv("DEPFRAG_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        cli("scan", tmp_path, "--offline")
