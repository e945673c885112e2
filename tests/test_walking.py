"""Walking a project: what is passed by, what comes first, and that it ends."""

from __future__ import annotations

import os
import time

import pytest

from depfrag import walking
from depfrag.walking import walk


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Makes empty files by their paths and works among them."""
    monkeypatch.chdir(tmp_path)

    def make(*paths):
        for path in paths:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).touch()
        return tmp_path

    return make


def wanted(name):
    return name.endswith(".lock")


def found(top=".", **more):
    walked = walk(top, wanted, **more)
    return [os.path.normpath(os.path.join(folder.path, name)) for folder in walked.folders for name in folder.files]


def test_folders_come_before_what_is_in_them_sorted(tree):
    tree("b.lock", "a.lock", "b/x.lock", "a/x.lock", "a/c/x.lock", "a-b/x.lock", "a/x.txt", "empty/x.txt")
    assert found() == ["a.lock", "b.lock", "a/x.lock", "a/c/x.lock", "a-b/x.lock", "b/x.lock"]
    assert walk(".", wanted).whole


@pytest.mark.parametrize("name", [*walking.OTHERS, ".venv", ".hidden"])
def test_what_belongs_to_others_is_passed_by_unless_named(tree, name):
    tree(f"{name}/x.lock", f"a/{name}/in/x.lock")
    assert found() == found("a") == []
    assert found(name) == [f"{name}/x.lock"]
    assert found(f"a/{name}") == [f"a/{name}/in/x.lock"]


@pytest.mark.parametrize("sign", ["pyvenv.cfg", "conda-meta/history"])
def test_virtual_environments_are_known_by_what_is_in_them(tree, sign):
    tree("env/x.lock", f"env/{sign}", "env/lib/x.lock")
    assert found() == []
    assert found("env") == ["env/x.lock", "env/lib/x.lock"]


def test_what_git_ignores_is_told_apart(tree):
    top = tree("a.lock", "b.lock", "build/c.lock")
    (top / ".gitignore").write_text("build/\nb.*")
    (folder,) = walk(".", wanted).folders
    assert folder == (".", ["a.lock"], ["b.lock"])


def test_links_to_folders_are_not_followed(tree):
    tree("a/x.lock")
    os.symlink("..", "a/up")
    os.symlink("a", "b")
    os.symlink("a/x.lock", "y.lock")
    os.symlink("nowhere", "z.lock")
    assert found() == ["y.lock", "z.lock", "a/x.lock"]
    assert found("b") == ["b/x.lock"]


def test_a_walk_that_would_be_too_long_ends_and_has_what_is_nearest(tree):
    tree("a.lock", "x/b.lock", "y/c.lock", "z/d.lock", "x/deep/e.lock", *(f"y/{i}" for i in range(50)))
    walked = walk(".", wanted, steps=10)
    assert not walked.whole
    assert [folder.path for folder in walked.folders] == [".", "./x"]
    assert walked == walk(".", wanted, steps=10)
    assert walk(".", wanted, steps=59).whole
    assert not walk(".", wanted, steps=58).whole


def test_rules_count_as_steps(tree):
    top = tree(*(f"{i}/x.lock" for i in range(20)))
    (top / ".gitignore").write_text("*a\n" * 50)
    assert walk(".", wanted, steps=13_000).whole
    assert not walk(".", wanted, steps=11_000).whole
    assert not walk(".", wanted, steps=100).folders


def test_rules_above_count_as_steps(tree):
    top = tree("a/x.lock", ".git/HEAD")
    (top / ".gitignore").write_text("*a\n" * 50)
    assert walk("a", wanted, steps=100) == ([], False, [])


def test_very_deep_folders_are_not_looked_into(tree):
    deep = "/".join("d" * walking._MAX_DEPTH)
    tree(f"{deep[:-2]}/x.lock", f"{deep}/x.lock")
    walked = walk(".", wanted)
    assert not walked.whole
    assert [folder.path for folder in walked.folders] == [f"./{deep[:-2]}"]


def test_folders_that_cannot_be_read_are_named(tree, monkeypatch):
    tree("a/x.lock", "b/x.lock")
    scan = os.scandir

    def refuse(path):
        if path.endswith("a"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr("os.scandir", refuse)
    walked = walk(".", wanted)
    assert [folder.path for folder in walked.folders] == ["./b"]
    assert walked.unreadable == ["./a"]
    assert walked.whole


@pytest.mark.parametrize("count", [300, 50_000])
def test_a_hostile_tree_takes_seconds_at_most(tree, count):
    top = tree(*(f"{'a' * 240}{i}a/x.lock" for i in range(1500)))
    (top / ".gitignore").write_text("".join(f"*a*a{i}*a\n" for i in range(count)))
    started = time.process_time()
    assert not walk(".", wanted).whole
    assert time.process_time() - started < 10
