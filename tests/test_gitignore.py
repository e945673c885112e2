"""What git ignores, as git itself says it: nested rules, rules that take others back, repositories in repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from depfrag import gitignore
from depfrag.gitignore import Rules
from depfrag.walking import walk


def free(steps):
    """Steps cost nothing."""


def verdict(rules, path, *, folder=False):
    return Rules(rules, free).verdict(tuple(path.split("/")), folder=folder, spend=free)


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        ("", "a", None),
        ("# a\n\n  \n", "a", None),
        ("a", "a", True),
        ("a", "x/a", True),
        ("a\r\nb\r\n", "b", True),
        ("/a", "x/a", None),
        ("x/a", "x/a", True),
        ("x/a", "y/x/a", None),
        ("a/", "a", None),
        ("*.lock", "x/uv.lock", True),
        ("*.lock\n!uv.lock", "x/uv.lock", False),
        ("!uv.lock\n*.lock", "uv.lock", True),
        ("u?.lock", "uv.lock", True),
        ("u?.lock", "u/.lock", None),
        ("[tu]v.lock", "uv.lock", True),
        ("[!u]v.lock", "uv.lock", None),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("**/b", "x/y/b", True),
        ("a/**", "a/x", True),
        ("a/*", "a/x/y", None),
        ("a", "a/x", None),
        ("a/", "a/x", None),
        ("\\!a", "!a", True),
        ("\\#a", "#a", True),
        ("a\\ ", "a ", True),
        ("a   ", "a", True),
        ("a\\*b", "a*b", True),
        ("a\\*b", "axb", None),
        ("(a|b)+{c}.lock", "(a|b)+{c}.lock", True),
        ("\udcff", "\udcff", True),
    ],
)
def test_rules(rules, path, expected):
    assert verdict(rules, path) is expected


def test_rules_about_folders():
    assert verdict("a/", "a", folder=True)
    assert verdict("a/\n!a/", "a", folder=True) is False
    assert verdict("x/a/", "x/a", folder=True)
    assert verdict("x/a/", "a", folder=True) is None


@pytest.mark.parametrize(
    "rule", ["\\", "!", "/", "//", "[", "[z-a]", "[[:alpha:]x", "a\\", "***", "!!", "\0", "[]", "[!]"]
)
def test_what_is_no_rule_hides_nothing_else(rule):
    assert verdict(f"{rule}\na\n", "a")
    assert verdict(f"a\n{rule}\n", "x") in (None, True, False)


def test_rules_take_no_long_time():
    started = time.process_time()
    assert verdict("*a" * 100 + "b/x", "a" * 255 + "/x") is None
    assert verdict("**/a/" * 100 + "b", "a/" * 500 + "c") is None
    assert verdict("**/*a/" * 100 + "b", ("a" * 30 + "/") * 100 + "c/b") is None
    assert time.process_time() - started < 1


def test_rules_cost_steps():
    spent = []
    rules = Rules("a\n*.b\n", spent.append)
    assert rules.verdict(("x",), folder=False, spend=spent.append) is None
    assert rules.verdict(("x" * 38, "x.b"), folder=False, spend=spent.append)
    assert spent == [3 + gitignore._COMPILING, 2, 2, 2 * 6]


# -- which rules hold ------------------------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Makes files by their paths and works among them."""
    monkeypatch.chdir(tmp_path)

    def make(files):
        for path, content in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(content, newline="")
        return tmp_path

    return make


def found(top):
    """The files below `top` that git does not ignore, those for git left out."""
    folders = walk(str(top), lambda name: not name.startswith(".git")).folders
    return {os.path.normpath(os.path.join(folder.path, name)) for folder in folders for name in folder.files}


def test_rules_nearer_to_a_file_count_more(tree):
    tree({".gitignore": "*.lock\nx", "a/.gitignore": "!uv.lock", "a/uv.lock": "", "a/x": "", "uv.lock": "", "y": ""})
    assert found(".") == {"a/uv.lock", "y"}


def test_what_lies_in_an_ignored_folder_is_not_taken_back(tree):
    tree({".gitignore": "a/\n!a/uv.lock\n!b/uv.lock\nb/*\nb", "a/uv.lock": "", "b/uv.lock": "", "b/x": ""})
    assert found(".") == set()
    tree({".gitignore": "a/*\n!a/uv.lock"})
    assert found(".") == {"a/uv.lock", "b/uv.lock", "b/x"}


def test_rules_above_hold_within_their_repository(tree):
    tree({".gitignore": "x", "r/.git/HEAD": "", "r/.gitignore": "*.lock", "r/a/uv.lock": "", "r/a/x": "", "r/a/y": ""})
    assert found("r/a") == {"r/a/x", "r/a/y"}
    assert found("r") == {"r/a/x", "r/a/y"}
    assert found(".") == {"r/a/x", "r/a/y"}, "the repository inside knows nothing of the rules around it"


def test_outside_of_repositories_rules_hold_from_the_top_down(tree):
    tree({".gitignore": "x", "a/.gitignore": "y", "a/x": "", "a/y": "", "a/z": ""})
    assert found(".") == {"a/z"}
    assert found("a") == {"a/x", "a/z"}


def test_rules_of_the_repository_alone(tree):
    tree({".git/info/exclude": "x\ny", ".gitignore": "!y", "x": "", "y": "", "a/x": ""})
    assert found(".") == {"y"}
    assert found("a") == set()


def test_an_ignored_folder_that_is_named_is_searched(tree):
    tree(
        {".git/HEAD": "", ".gitignore": "build/\n*.log", "build/uv.lock": "", "build/in/x": "", "build/.gitignore": "x"}
    )
    assert found(".") == set()
    assert found("build") == {"build/uv.lock"}
    assert found("build/in") == {"build/in/x"}


def test_files_of_rules_that_are_no_files(tree):
    top = tree({"rules": "a", "a": "", "b/.gitignore/x": "", "b/a": "", "c/a": "", "d/a": ""})
    os.symlink(top / "rules", top / ".gitignore")
    os.mkfifo(top / "c" / ".gitignore")
    with (top / "d" / ".gitignore").open("wb") as file:
        file.truncate(gitignore._MAX_BYTES + 1)
    assert found(".") == {"rules", "a", "b/a", "c/a", "d/a"}


def test_a_byte_order_mark_is_no_part_of_a_rule(tree):
    tree({".gitignore": "\ufeffa\n", "a": "", "b": ""})
    assert found(".") == {"b"}


# -- as git ----------------------------------------------------------------------------------------------------------

NAMES = ("a", "b", "ab", "a.lock", "b.lock", "a b", "a-b", "x")
PIECE = st.sampled_from(
    (*NAMES, "*", "?", "a*", "*b", "*.lock", "a?b", "[ab]", "[!a]", "**", "a.*", "*a*", "\\a", "?*")
)
RULE = st.builds(
    lambda taken_back, anchored, pieces, folder, end: (
        "!" * taken_back + "/" * anchored + "/".join(pieces) + "/" * folder + end
    ),
    st.booleans(), st.booleans(), st.lists(PIECE, min_size=1, max_size=3), st.booleans(),
    st.sampled_from(("", "", "", "\r", " ")),
)  # fmt: skip
RULES = st.lists(RULE | st.sampled_from(("", "# a", "#", " ")), max_size=4).map("\n".join)
PATH = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)
FOLDER = st.lists(st.sampled_from(NAMES), max_size=2).map("/".join)


def git(*words, cwd):
    environment = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    done = subprocess.run(["git", *words], cwd=cwd, env=environment, capture_output=True, check=True)
    return done.stdout.decode()


@pytest.fixture(scope="module")
def has_git():
    if not shutil.which("git"):
        pytest.skip("git is not installed")


@settings(max_examples=80)
@given(st.sets(PATH, max_size=8), st.dictionaries(FOLDER, RULES, max_size=3), RULES)
@example({"a/b", "a/x"}, {"": "/**/b\n!a/b"}, "a/")
@example({"a/a/b"}, {"": "a/*/b", "a": "!b"}, "")
def test_what_git_lists_is_found(has_git, paths, rules, exclude):
    with tempfile.TemporaryDirectory() as top:
        os.makedirs(os.path.join(top, ".git", "info"))
        files = {**dict.fromkeys(paths, ""), ".git/info/exclude": exclude}
        files |= {os.path.join(folder, ".gitignore"): text for folder, text in rules.items()}
        made = set()
        for path, content in files.items():
            try:
                os.makedirs(os.path.join(top, os.path.dirname(path)), exist_ok=True)
                with open(os.path.join(top, path), "w", newline="") as file:
                    file.write(content)
                made.add(path)
            except (FileExistsError, NotADirectoryError, IsADirectoryError):
                continue  # one path is a folder of another
        git("init", "-q", cwd=top)
        listed = {p for p in git("ls-files", "-oz", "--exclude-standard", cwd=top).split("\0") if p}
        listed = {p for p in listed if not p.endswith(".gitignore")}
        assert {os.path.relpath(p, top) for p in found(top)} == listed
        assert listed <= made
