"""``depfrag plot``: the file's name decides, a pipe gets svg, a terminal gets a word of advice."""

from __future__ import annotations

import json
import sys

import pytest

from depfrag.cli.main import main
from depfrag.model import Fact
from depfrag.snapshot import Snapshot, encode


@pytest.fixture
def lockfile(tmp_path):
    """A lockfile of three releases, with a snapshot beside it."""
    packages = {
        "": {"name": "app", "version": "1.0.0", "dependencies": {"a": "1.0.0"}},
        "node_modules/a": {"version": "1.0.0", "dependencies": {"b": "1.0.0"}},
        "node_modules/b": {"version": "1.0.0", "dependencies": {"c": "1.0.0"}},
        "node_modules/c": {"version": "1.0.0"},
    }
    path = tmp_path / "package-lock.json"
    path.write_text(json.dumps({"name": "app", "lockfileVersion": 3, "packages": packages}))
    facts = {
        f"npm:{name}@1.0.0": {
            "publishers": Fact(("x",), "npm", "2016-03-21", "registry"),
            "lines": Fact(11, "npm", "2016-03-21", "registry"),
        }
        for name in "abc"
    }
    (tmp_path / "facts").write_bytes(encode(Snapshot("2016-03-21", "2016-03-21", facts)))
    return path


def call(lockfile, *words):
    return main(
        ["plot", str(lockfile), "--offline", "--isolated", "--snapshot", str(lockfile.parent / "facts"), *words]
    )


@pytest.mark.parametrize(
    ("name", "start"), [("map.svg", b"<?xml"), ("map.PNG", b"\x89PNG"), ("a.b.pdf", b"%PDF"), (".pdf.svg", b"<?xml")]
)
def test_the_name_decides(lockfile, name, start, capsys):
    out = lockfile.parent / name
    assert call(lockfile, "-o", str(out)) == 0
    assert out.read_bytes().startswith(start)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("words", [(), ("-o", "-"), ("--kind", "risk-map")])
def test_a_pipe_gets_svg(lockfile, words, capsysbinary):
    assert call(lockfile, *words) == 0
    out = capsysbinary.readouterr().out
    assert out.startswith(b"<?xml")
    assert (
        b"<title>2 of 3 releases are critical: tiny, one publisher each, under the only direct dependency</title>"
        in out
    )


@pytest.mark.parametrize("words", [(), ("-o", "-")])
def test_a_terminal_gets_advice(lockfile, words, monkeypatch, capsys):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert call(lockfile, *words) == 2
    assert capsys.readouterr().err == "depfrag: --output: a figure is no text for a terminal; name a file: -o map.svg\n"


@pytest.mark.parametrize("name", ["map.gif", "map", "svg", ".svg"])
def test_other_names_are_refused_before_any_work(lockfile, name, capsys):
    assert call(lockfile.parent / "absent.json", "-o", name) == 2
    assert "does not end in .svg, .png or .pdf; name it map.svg" in capsys.readouterr().err


def test_an_unknown_figure(lockfile, capsys):
    assert call(lockfile, "--kind", "risk-mop", "-o", "x.svg") == 2
    assert capsys.readouterr().err == "depfrag: there is no plot 'risk-mop'; did you mean 'risk-map'?\n"


def test_what_cannot_be_read_or_written(lockfile, tmp_path, capsys):
    assert call(lockfile, "-o", str(tmp_path / "absent" / "map.svg")) == 2
    assert "cannot be written" in capsys.readouterr().err
    lockfile.write_text("{")
    assert call(lockfile, "-o", str(tmp_path / "map.svg")) == 3
    assert "package-lock.json" in capsys.readouterr().err
    assert not (tmp_path / "map.svg").exists()


def test_findings_are_no_failure_and_limits_do_not_count(lockfile, tmp_path):
    assert call(lockfile, "-o", str(tmp_path / "map.svg"), "--max-unknown", "0") == 0


def test_a_lockfile_found_by_search_that_cannot_be_read(lockfile, tmp_path, capsys):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "package-lock.json").write_text("{")
    out = tmp_path / "map.svg"
    words = ["--offline", "--isolated", "--snapshot", str(tmp_path / "facts"), "-o", str(out)]
    assert main(["plot", str(tmp_path), *words]) == 3
    assert out.exists()
    assert "sub/package-lock.json:1: not JSON" in capsys.readouterr().err


def test_a_whole_process(lockfile, depfrag):
    done = depfrag("plot", lockfile, "--offline", "--isolated", "-o", "map.svg", cwd=lockfile.parent)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert (lockfile.parent / "map.svg").read_bytes().startswith(b"<?xml")


def test_a_scan_draws_nothing_and_imports_nothing_to_draw_with(lockfile, depfrag):
    done = depfrag("scan", lockfile, "--offline", "--isolated", "--format", "json", python=("-X", "importtime"))
    assert done.returncode in (0, 1)
    assert not [name for name in (b"matplotlib", b"numpy", b"depfrag.drawing") if name in done.stderr]
