"""Finding lockfiles: in a stable order, each once, nothing that belongs to somebody else, and only real files."""

from __future__ import annotations

import os
import socket

import pytest

from depfrag import discover, registry
from depfrag.errors import LockfileError
from depfrag.protocols import Format

FORMATS = registry.LOCKFILES


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Makes files by their paths and works among them."""
    monkeypatch.chdir(tmp_path)

    def make(*paths):
        for path in paths:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text("{}")
        return tmp_path

    return make


def found(*paths, formats=FORMATS):
    return [(t.path, t.form.name) for t in discover.targets(paths, formats)]


def test_a_search_is_stable_and_skips_what_is_not_the_project(tree):
    tree(
        "uv.lock", "b/package-lock.json", "a/requirements.txt", "a/requirements-dev.txt", "a/dev-requirements.txt",
        "node_modules/x/package-lock.json", ".venv/requirements.txt", "vendor/uv.lock", "site-packages/uv.lock",
        "a/notes.txt", "a/.hidden/uv.lock", "b/README.md",
    )  # fmt: skip
    assert found(".") == [
        ("uv.lock", "uv-lock"),
        ("a/requirements-dev.txt", "requirements-txt"),
        ("a/requirements.txt", "requirements-txt"),
        ("a/dev-requirements.txt", "requirements-txt"),
        ("b/package-lock.json", "package-lock"),
    ]


def test_of_several_names_npm_reads_one(tree):
    tree("package-lock.json", "npm-shrinkwrap.json", "a/.package-lock.json", "a/package-lock.json")
    assert found(".") == [("npm-shrinkwrap.json", "package-lock"), ("a/package-lock.json", "package-lock")]


def test_a_file_is_found_once_however_often_it_is_named(tree):
    tree("a/uv.lock")
    os.symlink("a", "b")
    assert found("a", "a/uv.lock", "b/uv.lock", ".") == [("a/uv.lock", "uv-lock")]
    assert found("b") == [("b/uv.lock", "uv-lock")]


def test_a_file_that_is_found_and_named_counts_as_named(tree):
    tree("a/uv.lock", "b/uv.lock")
    assert [(t.path, t.named) for t in discover.targets([".", "b/uv.lock"], FORMATS)] == [
        ("a/uv.lock", False), ("b/uv.lock", True),
    ]  # fmt: skip


def test_links_to_folders_are_not_walked(tree):
    tree("a/uv.lock")
    os.symlink("..", "a/up")
    assert found(".") == [("a/uv.lock", "uv-lock")]


def test_paths_are_shown_as_given(tree):
    top = tree("a/b/uv.lock")
    assert found("./a/../a/b") == [("a/b/uv.lock", "uv-lock")]
    assert found(str(top)) == [(f"{top}/a/b/uv.lock", "uv-lock")]


def test_a_file_that_is_named_may_go_by_more_names(tree):
    tree("old-package-lock.json", "base.in", "uv.lock")
    (target,) = discover.targets(["old-package-lock.json"], FORMATS)
    assert (target.form.name, target.named) == ("package-lock", True)
    assert found("base.in") == [("base.in", "requirements-txt")]
    assert [t.named for t in discover.targets(["."], FORMATS)] == [False]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("missing", "missing: there is no such file or folder"),
        ("README.md", "README.md: not the name of a lockfile that depfrag reads"),
        ("empty", "empty: no lockfile here or below; depfrag reads npm-shrinkwrap.json, uv.lock"),
    ],
)
def test_what_is_not_there_is_said(tree, path, said):
    tree("README.md", "empty/README.md")
    with pytest.raises(LockfileError, match=f"^{said}"):
        found(path)


def test_a_format_is_a_line_of_the_table(tree):
    tree("x.lock", "y.lock")
    mine = Format("mine", ("x.lock",), "nowhere:X", also=("*.lock",))
    assert found(".", formats=[mine]) == [("x.lock", "mine")]
    assert found("y.lock", formats=[mine]) == [("y.lock", "mine")]


# -- reading ---------------------------------------------------------------------------------------------------------


def test_load(tree):
    tree("uv.lock")
    assert discover.load("uv.lock") == b"{}"
    with pytest.raises(LockfileError, match=r"^nothing\.lock: there is no such file"):
        discover.load("nothing.lock")
    with pytest.raises(LockfileError, match="no such file"):
        discover.load("uv.lock/below")
    with pytest.raises(LockfileError, match="not a regular file"):
        discover.load(".")


def test_files_that_never_end_or_are_too_large_are_refused(tree, monkeypatch):
    tree("uv.lock")
    os.mkfifo("pipe")
    with pytest.raises(LockfileError, match="pipe: not a regular file"):
        discover.load("pipe")
    with open("large", "wb") as file:
        file.truncate(discover.MAX_BYTES + 1)
    with pytest.raises(LockfileError, match=r"^large: 64 MiB is too large to be a lockfile"):
        discover.load("large")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        with pytest.raises(LockfileError, match="not a regular file"):
            discover.load("socket")


def test_a_file_that_cannot_be_read_says_why(tree, monkeypatch):
    tree("uv.lock")

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(LockfileError, match=r"^uv\.lock: cannot be read: Permission denied"):
        discover.load("uv.lock")


def test_a_name_that_no_file_can_have_is_an_error_too(tree):
    with pytest.raises(LockfileError, match="cannot be read"):
        discover.load("a\0b")


def test_files_near_a_lockfile(tree):
    tree("a/uv.lock", "a/pyproject.toml")
    near = discover.Folder("a/uv.lock")
    assert near.read("pyproject.toml") == b"{}"
    assert near.read("nothing") is None
    assert discover.Folder("uv.lock").read("a/uv.lock") == b"{}"
    with pytest.raises(LockfileError, match="not a regular file"):
        near.read("../a")
