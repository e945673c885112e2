"""Finding lockfiles: in a stable order, each once, the one that counts of several, and only real files."""

from __future__ import annotations

import json
import os
import socket
import time

import pytest

from depfrag import discover, registry
from depfrag.errors import LockfileError
from depfrag.protocols import Format

FORMATS = registry.LOCKFILES


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Makes files by their paths and works among them."""
    monkeypatch.chdir(tmp_path)

    def make(*paths, **contents):
        for path in (*paths, *contents):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(contents.get(path, "{}"))
        return tmp_path

    return make


def found(*paths, formats=FORMATS):
    return [(t.path, t.form.name) for t in discover.find(paths, formats).targets]


def names(*paths, formats=FORMATS):
    return [t.path for t in discover.find(paths, formats).targets]


def left_out(*paths, formats=FORMATS):
    return [p.message for p in discover.find(paths, formats).problems]


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


def test_a_file_is_found_once_however_often_it_is_named(tree):
    tree("a/uv.lock")
    os.symlink("a", "b")
    assert found("a", "a/uv.lock", "b/uv.lock", ".") == [("a/uv.lock", "uv-lock")]
    assert found("b") == [("b/uv.lock", "uv-lock")]


def test_a_file_that_is_found_and_named_counts_as_named(tree):
    tree("a/uv.lock", "b/uv.lock")
    targets = discover.find([".", "b/uv.lock"], FORMATS).targets
    assert [(t.path, t.named) for t in targets] == [("a/uv.lock", False), ("b/uv.lock", True)]


def test_paths_are_shown_as_given(tree):
    top = tree("a/b/uv.lock")
    assert found("./a/../a/b") == [("a/b/uv.lock", "uv-lock")]
    assert found(str(top)) == [(f"{top}/a/b/uv.lock", "uv-lock")]


def test_a_file_that_is_named_may_go_by_more_names(tree):
    tree("old-package-lock.json", "base.in", "uv.lock")
    (target,) = discover.find(["old-package-lock.json"], FORMATS).targets
    assert (target.form.name, target.named) == ("package-lock", True)
    assert found("base.in") == [("base.in", "requirements-txt")]
    assert [t.named for t in discover.find(["."], FORMATS).targets] == [False]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("missing", "missing: there is no such file or folder"),
        ("README.md", "README.md: not the name of a lockfile that depfrag reads"),
        (
            "empty",
            f"empty: no lockfile here or below; depfrag reads {FORMATS[0].patterns[0]}, {FORMATS[1].patterns[0]}",
        ),
        ("hidden", "hidden: no lockfile here or below; git ignores hidden/a/uv.lock; name it to scan it"),
    ],
)
def test_what_is_not_there_is_said(tree, path, said):
    tree("README.md", "empty/README.md", "hidden/a/uv.lock", "hidden/b/uv.lock", **{"hidden/.gitignore": "*.lock"})
    with pytest.raises(LockfileError, match=f"^{said}"):
        found(path)


def test_a_format_is_a_line_of_the_table(tree):
    tree("x.lock", "y.lock")
    mine = Format("mine", ("x.lock",), "nowhere:X", also=("*.lock",))
    assert found(".", formats=[mine]) == [("x.lock", "mine")]
    assert found("y.lock", formats=[mine]) == [("y.lock", "mine")]


# -- what a search leaves out ----------------------------------------------------------------------------------------


def test_what_git_ignores_is_left_out_and_said_unless_named(tree):
    tree("uv.lock", "a/uv.lock", "b/uv.lock", ".git/HEAD", **{".gitignore": "/a/uv.lock\nb/"})
    assert names(".") == ["uv.lock"]
    (problem,) = discover.find(["."], FORMATS).problems
    assert problem == ("ignored", "info", "left out a/uv.lock, which git ignores; name it to scan it", None, None, None)
    assert names(".", "a/uv.lock") == ["uv.lock", "a/uv.lock"]
    assert left_out(".", "a/uv.lock") == []
    assert names("b") == ["b/uv.lock"], "a folder that is named is searched"
    with pytest.raises(LockfileError, match=r"git ignores a/uv\.lock"):
        names("a")


def test_folders_that_cannot_be_read_are_a_problem(tree, monkeypatch):
    tree("uv.lock", "a/uv.lock", "b/uv.lock")
    scan = os.scandir

    def refuse(path):
        if path.endswith("a"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr("os.scandir", refuse)
    search = discover.find(["."], FORMATS)
    assert [t.path for t in search.targets] == ["uv.lock", "b/uv.lock"]
    assert [p[:3] for p in search.problems] == [
        ("search", "warning", "a: the folder cannot be read, nor what is in it")
    ]
    with pytest.raises(LockfileError, match=r"^a: the folder cannot be read"):
        names("a")


def test_a_search_that_was_cut_says_so(tree, monkeypatch):
    tree("uv.lock", "/".join(["d"] * 50) + "/uv.lock")
    search = discover.find(["."], FORMATS)
    assert [t.path for t in search.targets] == ["uv.lock"]
    ((code, level, message, *_),) = search.problems
    assert (code, level) == ("search", "warning")
    assert message.startswith(".: too many or too deep folders")


# -- which of several counts -----------------------------------------------------------------------------------------

MADE = (
    Format("one", ("one.lock", "uno.lock"), "x:X", kind="npm", tool="one"),
    Format("two", ("two.lock",), "x:X", kind="npm", tool="two"),
    Format("snake", ("snake.lock",), "x:X", kind="pypi"),
    Format("set", ("set.toml", "set.*.toml"), "x:X", kind="pypi"),
    Format("list", ("list*.txt",), "x:X", kind="pypi", exports=("pypi",)),
    Format("bill", ("bill.json", "*.bill.json"), "x:X", kind="sbom", exports=("npm", "pypi")),
    Format("note", ("note.json", "*.note.json"), "x:X", kind="sbom", exports=("npm", "pypi")),
    Format("free", ("free.lock", "open.lock"), "x:X"),
)


@pytest.mark.parametrize(
    ("there", "counts"),
    [
        ("one.lock uno.lock", "one.lock"),
        ("uno.lock two.lock", "uno.lock"),
        ("two.lock one.lock", "one.lock"),
        ("one.lock snake.lock", "one.lock snake.lock"),
        ("snake.lock set.toml", "snake.lock"),
        ("snake.lock set.a.toml set.b.toml", "snake.lock set.a.toml set.b.toml"),
        ("set.toml set.a.toml set.b.toml", "set.toml set.a.toml set.b.toml"),
        ("list.txt list-dev.txt", "list.txt list-dev.txt"),
        ("one.lock list.txt list-dev.txt", "one.lock list.txt list-dev.txt"),
        ("snake.lock list.txt list-dev.txt", "snake.lock"),
        ("set.a.toml list.txt", "set.a.toml"),
        ("bill.json note.json", "bill.json"),
        ("a.bill.json b.bill.json c.note.json", "a.bill.json b.bill.json c.note.json"),
        ("a.bill.json a.1.bill.json a.note.json b.note.json", "a.bill.json a.1.bill.json b.note.json"),
        ("bill.json bom.bill.json sbom.note.json a.note.json", "bill.json a.note.json"),
        ("sbom.note.json bom.bill.json", "bom.bill.json"),
        ("one.lock bill.json b.note.json", "one.lock"),
        ("list.txt bill.json", "list.txt"),
        ("free.lock open.lock one.lock bill.json", "free.lock open.lock one.lock"),
    ],
)
def test_one_of_a_kind_counts(tree, there, counts):
    tree(*there.split())
    assert sorted(names(".", formats=MADE)) == sorted(counts.split())
    problems = discover.find(["."], MADE).problems
    assert {p.message.split()[2].rstrip(":") for p in problems} == set(there.split()) - set(counts.split())
    assert {p.lockfile for p in problems} <= set(counts.split())


def test_what_is_left_out_is_said_with_what_counts_instead(tree):
    tree("a/one.lock", "a/two.lock")
    (problem,) = discover.find(["a"], MADE).problems
    text = "left out a/two.lock: a/one.lock counts instead; name the file to scan it"
    assert problem == ("left-out", "info", text, "a/one.lock", None, None)
    assert left_out("a", "a/two.lock", formats=MADE) == []
    assert names("a", "a/two.lock", formats=MADE) == ["a/one.lock", "a/two.lock"]


def test_very_many_lockfiles_take_no_long_time(tree):
    tree(*(f"list{i}.txt" for i in range(2_000)), "one.lock", "snake.lock")
    started = time.process_time()
    assert len(discover.find(["."], MADE).problems) == 2_000
    os.remove("snake.lock")
    assert len(names(".", formats=MADE)) == 2_001
    assert time.process_time() - started < 5


def test_folders_are_apart(tree):
    tree("one.lock", "members/a/two.lock", "members/b/list.txt", "snake.lock")
    assert names(".", formats=MADE) == ["one.lock", "snake.lock", "members/a/two.lock", "members/b/list.txt"]


@pytest.mark.parametrize(
    ("manifest", "counts"),
    [
        ({"packageManager": "two@9.1.0+sha512.abc"}, "two.lock"),
        ({"packageManager": "two"}, "two.lock"),
        ({"packageManager": "one@1", "devEngines": {"packageManager": {"name": "two"}}}, "one.lock"),
        ({"devEngines": {"packageManager": {"name": "two", "version": "^9"}}}, "two.lock"),
        ({"packageManager": "three@1"}, "one.lock"),
        ({"packageManager": ["two"]}, "one.lock"),
        ({"packageManager": ""}, "one.lock"),
        ({"devEngines": {"packageManager": {"name": 2}}}, "one.lock"),
        ({"devEngines": {"packageManager": "two"}}, "one.lock"),
        ({"devEngines": ["two"]}, "one.lock"),
        ({}, "one.lock"),
        ([], "one.lock"),
        ("{", "one.lock"),
        ("[" * 100_000, "one.lock"),
        ("\x80", "one.lock"),
        ("", "one.lock"),
    ],
)
def test_package_json_decides_between_package_managers(tree, manifest, counts):
    tree("one.lock", "two.lock", "snake.lock", **{"package.json": "x"})
    text = manifest if isinstance(manifest, str) else json.dumps(manifest)
    with open("package.json", "w", encoding="latin-1") as file:
        file.write(text)
    assert sorted(names(".", formats=MADE)) == sorted([counts, "snake.lock"])
    (message,) = left_out(".", formats=MADE)
    assert ("package.json asks for" in message) == (counts == "two.lock" or "one@1" in text)


def test_package_json_decides_only_between_what_is_there(tree):
    tree("one.lock", "uno.lock", **{"package.json": '{"packageManager": "two@1"}'})
    assert names(".", formats=MADE) == ["one.lock"]


def test_a_manifest_that_is_no_file_decides_nothing(tree):
    tree("one.lock", "two.lock")
    os.mkfifo("package.json")
    assert names(".", formats=MADE) == ["one.lock"]


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
