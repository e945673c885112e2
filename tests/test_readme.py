"""README and the notebooks say what is so: their commands run, their tables are the code's own."""

from __future__ import annotations

import pathlib
import re
import shlex

import nbformat
import pytest
from nbclient import NotebookClient

from depfrag import registry
from depfrag.cli.options import COMMANDS
from depfrag.config import ScoreSettings, table

ROOT = pathlib.Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def command(section: str) -> str:
    """The one command line of a section."""
    body = README.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```$", body, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 1
    (line,) = blocks[0].splitlines()
    return line


def test_the_run_command_ends_with_the_left_pad_report(cli, monkeypatch):
    setting_up, _, last = command("Run").rpartition(" && ")
    assert setting_up.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    program, *words = shlex.split(last)
    assert program == ".venv/bin/depfrag"
    monkeypatch.chdir(ROOT)
    said = cli(*words)
    assert said.code == 0
    assert "left-pad@0.0.3" in said.out


def test_the_test_command_runs_these_tests():
    assert command("Test").endswith("-m pytest -q")


def test_the_table_of_formats_is_the_registry():
    table = README.partition("<!-- formats:")[2].partition("-->\n")[2].partition("<!-- /formats -->")[0]
    rows = ["| format | files |", "| --- | --- |"]
    rows += [f"| {form.name} | {', '.join(f'`{p}`' for p in form.patterns)} |" for form in registry.LOCKFILES]
    assert table == "\n".join(rows) + "\n"


def test_the_table_of_commands_names_every_command():
    for one in COMMANDS:
        assert f"`depfrag {one.name}" in README or f"`{one.name}" in README, one.name


def test_the_constants_are_those_of_the_score():
    c = ScoreSettings()
    assert f"reach^{c.reach:.2f} · solitude^{c.solitude:.2f} · smallness^{c.smallness:.2f}" in README
    assert f"max(lines, {c.lines}) / {c.lines}) / 2" in README
    assert f"max(bytes, {c.bytes}) / {c.bytes}) / 2" in README
    assert f"critical from {c.critical}, high from {c.high}, medium from {c.medium}" in README
    assert f"| 1 / number of accounts that can publish the package | {c.solitude_floor:.2f} |" in README
    assert f"in bytes 1 − log10(max(bytes, 4000) / 4000) / 2 | {c.smallness_floor:.2f} |" in README


def test_the_settings_shown_exist():
    shown = README.partition("```toml\n")[2].partition("```")[0]
    keys = re.findall(r"^([\w-]+) =", shown.partition("[score]")[0], re.MULTILINE)
    assert keys
    names = set(table(registry.RULES, registry.MODELS, registry.SOURCES))
    assert set(keys) <= names
    assert set(re.findall(r"DEPFRAG_(\w+)=", README)) <= {n.upper().replace("-", "_") for n in names}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_still_says_what_it_said(path, tmp_path, monkeypatch):
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    written = nbformat.read(path, as_version=4)
    fresh = nbformat.read(path, as_version=4)
    NotebookClient(fresh, timeout=120, resources={"metadata": {"path": str(path.parent)}}).execute()
    for before, now in zip(written.cells, fresh.cells, strict=True):
        assert texts(before) == texts(now), before.source


def texts(cell) -> list[str]:
    """What a cell printed or gave, pictures left out."""
    outputs = cell.get("outputs", [])
    return [o.get("text") or o.get("data", {}).get("text/plain", "") for o in outputs]


def test_there_is_a_notebook():
    assert [path.name for path in NOTEBOOKS] == ["01-left-pad.ipynb"]
