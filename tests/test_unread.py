"""Whoever points at a file that is not read hears what it is and what to do, whatever is in it."""

from __future__ import annotations

import pytest
from lockfiles.reading import command

from depfrag import registry, unread


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("bun.lockb", "bun install --save-text-lockfile"),
        ("deno.lock", "deno install --node-modules-dir=auto"),
        ("package.json", "npm install --package-lock-only"),
        ("pyproject.toml", "uv lock"),
        ("setup.py", "uv pip compile setup.py --output-file requirements.txt"),
        ("Pipfile", "pipenv lock"),
        ("environment.yml", "cyclonedx-py environment"),
        ("linux.conda-lock.yml", "cyclonedx-py environment"),
        ("bom.xml", "cyclonedx convert --input-file bom.xml"),
        ("app.spdx", "pyspdxtools --infile app.spdx --outfile sbom.spdx.json"),
        ("app.spdx.yaml", "pyspdxtools --infile app.spdx.yaml"),
        ("Gemfile.lock", "Ruby's"),
        ("composer.lock", "PHP's"),
        ("Cargo.lock", "Rust's"),
        ("go.sum", "Go's"),
        ("composer.json", "PHP's"),
    ],
)
def test_files_that_are_not_read(name, said, tmp_path):
    (tmp_path / name).write_bytes(b"\0{}\xff")
    done = command("graph", tmp_path / name)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"depfrag: {tmp_path / name}: not read, being ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_folder_without_lockfiles_names_what_could_make_one(tmp_path):
    for name in ("Cargo.toml", "package.json", "README.md"):
        (tmp_path / name).write_text("{}")
    done = command("scan", tmp_path, "--offline")
    assert done.returncode == 3
    assert "no lockfile here or below; package.json is not read, being a manifest" in done.stderr
    assert "run: npm install --package-lock-only" in done.stderr


def test_no_name_of_a_format_is_in_the_table():
    names = [pattern.replace("*", "a") for form in registry.LOCKFILES for pattern in form.patterns]
    assert not [name for name in names if unread.said(name)]


def test_nothing_is_said_against_others():
    assert unread.said("README.md") is None
    assert unread.among(["README.md", "x.json"]) is None
