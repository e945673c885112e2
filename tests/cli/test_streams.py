"""The standard streams: closed, full or left early, they change no exit code and show no traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from depfrag import snapshot
from depfrag.cli import streams
from depfrag.errors import ConfigError
from depfrag.model import Fact
from depfrag.snapshot import Snapshot

COUNT = 200
"""Releases: their report is larger than a pipe holds."""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A chain of releases, of which one account and few lines make many a finding."""
    folder = tmp_path_factory.mktemp("project")
    places = {
        f"node_modules/p{i}": {"version": "1.0.0", "dependencies": {f"p{i + 1}": "1"} if i + 1 < COUNT else {}}
        for i in range(COUNT)
    }
    root = {"name": "app", "dependencies": {"p0": "1"}}
    (folder / "package-lock.json").write_text(json.dumps({"lockfileVersion": 3, "packages": {"": root, **places}}))
    known = {
        name: Fact(value, "test", "2026-01-01", "registry") for name, value in ((("publishers"), ("x",)), ("lines", 1))
    }
    facts = {f"npm:p{i}@1.0.0": known for i in range(COUNT)}
    (folder / "facts.snapshot").write_bytes(snapshot.encode(Snapshot("2026-01-01", None, facts)))
    return folder


SCAN = ("scan", ".", "--offline", "--isolated", "--snapshot", "facts.snapshot", "--format", "json")


def test_a_gate_holds_where_the_reader_of_its_report_leaves_early(project):
    command = [sys.executable, "-m", "depfrag", *SCAN]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=project)
    assert process.stdout.read(1) == b"{"
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert (process.wait(60), errors) == (1, b"")


posix = pytest.mark.skipif(os.name == "nt", reason="the shell is another there")


def shell(project, *words, streams):
    """Runs depfrag with redirections that only a shell makes."""
    line = 'exec "$0" -m depfrag "$@" ' + streams
    command = ["/bin/sh", "-c", line, sys.executable, *words]
    return subprocess.run(command, capture_output=True, cwd=project, timeout=60, check=False)


@posix
@pytest.mark.parametrize("words", [SCAN, ("graph", "."), ("plugins",), ("--version",)], ids=lambda words: words[0])
@pytest.mark.parametrize(("streams", "why"), [(">&-", "is closed"), (">/dev/full", "cannot be written: No space")])
def test_a_standard_output_that_takes_nothing_is_one_line(project, words, streams, why):
    if "full" in streams and not os.path.exists("/dev/full"):
        pytest.skip("this system has no device that is always full")
    done = shell(project, *words, streams=streams)
    assert done.returncode == 2
    assert done.stderr.decode().startswith(f"depfrag: the standard output: {why}")
    assert done.stderr.count(b"\n") == 1


@posix
def test_what_goes_to_a_file_needs_no_standard_output(project, tmp_path):
    for file, words in (("a.json", SCAN), ("a.dot", ("graph", ".", "--format", "dot"))):
        done = shell(project, *words, "-o", str(tmp_path / file), streams=">&-")
        assert (done.returncode, done.stderr) == (words[0] == "scan", b"")
        assert (tmp_path / file).stat().st_size > 1000


@posix
@pytest.mark.parametrize(("words", "code"), [(SCAN, 1), (("scan", "nothing"), 3), (("scan", "--top", "x"), 2)])
def test_a_closed_error_stream_changes_no_exit_code(project, words, code):
    assert shell(project, *words, streams="2>&- >/dev/null").returncode == code


def test_files(tmp_path, capsysbinary):
    streams.write("tëxt\udcff", str(tmp_path / "a"))
    assert (tmp_path / "a").read_bytes() == b"t\xc3\xabxt\\udcff"
    streams.write(b"\x89PNG", "-")
    streams.write("text")
    assert capsysbinary.readouterr().out == b"\x89PNGtext"
    with pytest.raises(ConfigError, match="cannot be written: Is a directory"):
        streams.write("text", str(tmp_path))


def test_a_pipe_that_nobody_reads_swallows_what_is_left(monkeypatch):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as out:
        monkeypatch.setattr(sys, "stdout", out)
        streams.write("a report")
        streams.write("and more")
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(ConfigError, match="the standard output: is closed; name a file with --output"):
        streams.write("a report")


@posix
def test_a_full_disk_is_an_error_once(monkeypatch):
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no device that is always full")
    with open("/dev/full", "w", encoding="utf-8") as out:
        monkeypatch.setattr(sys, "stdout", out)
        with pytest.raises(ConfigError, match="the standard output: cannot be written: No space left"):
            streams.write("a report")


def test_messages_are_visible_and_never_fail(capsys, monkeypatch):
    streams.say("a\x1b[2Jb")
    assert capsys.readouterr().err == "depfrag: a\\x1b[2Jb\n"

    class Full:
        def write(self, text):
            raise BrokenPipeError

    for stream in (None, Full()):
        monkeypatch.setattr(sys, "stderr", stream)
        streams.say("nobody hears it")
