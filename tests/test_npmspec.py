"""What npm's manifests mean, and npm's own word on it."""

from __future__ import annotations

import json
import os
import random
import subprocess
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lockfiles.npm import arborist
from lockfiles.reading import Memory

from depfrag import npmspec
from depfrag.npmspec import address_kind, aliased, from_archive, is_listed, workspace_folders, workspaces


@pytest.mark.parametrize(
    ("kind", "specs"),
    [
        (None, ["^1.0.0", "1.x || >=2", "latest", "*", "", "npm:a@1", "npm:@s/a@1", "workspace:*", "catalog:", "@s/a"]),
        (
            "git",
            ["git+ssh://git@h.example/a.git", "git://h.example/a", "git@h.example:a/b.git", "github:a/b", "gist:1"],
        ),
        (
            "git",
            ["a/b", "a/b#semver:^1", "https://h.example/a.git", "https://h.example/a.git#v1", "ssh://h.example/a.git"],
        ),
        ("url", ["https://h.example/a.tgz", "http://h.example/a", "https://h.example/.git/a"]),
        ("file", ["file:a.tgz", "./a.tar.gz", "../a.TAR", "/a/b.tgz", "~/a.tgz"]),
        ("link", ["file:a", "file:", "./a", "../a", "/a", "~/a"]),
    ],
)
def test_kinds_of_addresses(kind, specs):
    assert {spec: address_kind(spec) for spec in specs} == dict.fromkeys(specs, kind)


def test_aliases():
    assert aliased("npm:a@1.0.0") == ("a", "1.0.0")
    assert aliased("npm:@s/a@1.0.0") == ("@s/a", "1.0.0")
    assert aliased("npm:a") == ("a", None)
    assert aliased("npm:@s/a") == ("@s/a", None)
    assert aliased("a@1.0.0") is None


@pytest.mark.parametrize(
    ("name", "address", "found"),
    [
        ("a", "https://r.example/a/-/a-1.2.3.tgz", ("a", "1.2.3")),
        ("a", "https://r.example/x/-/y/@s%2fb/-/b-1.2.3-rc.1.tgz?token=1", ("@s/b", "1.2.3-rc.1")),
        ("@s/a", "file:archives/a-1.2.3+build.tgz", ("@s/a", "1.2.3+build")),
        ("a", "https://h.example/b-1.2.3.tgz", ("a", None)),
        ("a", "https://h.example/a-1.2.tgz", ("a", None)),
        ("a", "https://h.example/a-1.2.3.tar.gz", ("a", None)),
        ("a", "a-.tgz", ("a", None)),
        ("a", "", ("a", None)),
    ],
)
def test_what_an_archive_is_called(name, address, found):
    assert from_archive(name, address) == found


def test_archives_of_a_registry():
    assert is_listed("@s/a", "1.0.0", "https://r.example/@s/a/-/a-1.0.0.tgz")
    assert not is_listed("@s/a", "1.0.1", "https://r.example/@s/a/-/a-1.0.0.tgz")
    assert not is_listed("a", "1.0.0", "https://r.example/@s/a/-/a-1.0.0.tgz")
    assert not is_listed("a", "1.0.0", "https://r.example/a-1.0.0.tgz")
    assert not is_listed("a", None, "https://r.example/a/-/a-x.tgz")


@pytest.mark.parametrize(
    ("patterns", "members", "others"),
    [
        (["packages/*"], ["packages/a", "packages/@s"], ["packages", "packages/a/b", "packages/.a", "a"]),
        (["packages/**"], ["packages/a", "packages/a/b"], ["a", "packages/.a/b", "packages/a/.b"]),
        (["**/a"], ["a", "x/a", "x/y/a"], ["x", ".x/a"]),
        (["./a/", "/b"], ["a", "b"], ["c"]),
        (["{a,b}/{c,d-*}"], ["a/c", "b/d-e"], ["a/e", "a", "{a,b}/c"]),
        (["a/[bc]", "a/[!x-z]y"], ["a/b", "a/c", "a/by"], ["a/d", "a/xy"]),
        (["a/?"], ["a/b"], ["a/", "a/bc", "a/."]),
        ([".a/*", "*/.b"], [".a/x", "x/.b"], [".a/.x"]),
        (["a/!(b)", "@(x|y)z"], ["a/c", "xz"], ["b", "a"]),
        (["a/*", "!a/b"], ["a/c"], ["a/b"]),
        (["!a/b", "a/*"], ["a/c"], ["a/b"]),
        (["a/*", "!a/b*", "a/bc"], ["a/c", "a/bc", "a/bd"], []),
        (["a/**", "!a/b/**", "a/b/c"], ["a/x", "a/b/c", "a/b/d"], []),
        (["!!a"], ["a"], ["b"]),
        ({"packages": ["a"]}, ["a"], ["b"]),
        ([1, None, "a"], ["a"], []),
        ("a", [], ["a"]),
        (None, [], ["a"]),
    ],
)
def test_workspaces(patterns, members, others):
    member = workspaces(patterns)
    assert [folder for folder in members if not member(folder)] == []
    assert [folder for folder in others if member(folder)] == []


PROJECT = Memory(
    dict.fromkeys(
        (
            "a/x",
            "b/x",
            "packages/a/x",
            "packages/b/c/x",
            "packages/b/.c/d/x",
            "packages/node_modules/d/x",
            ".h/a/x",
            "f",
        ),
        "",
    )
)


@pytest.mark.parametrize(
    ("patterns", "folders"),
    [
        (["packages/*"], ["packages/a", "packages/b"]),
        (["packages/**"], ["packages", *(f"packages/{f}" for f in ("a", "a/x", "b", "b/c", "b/c/x"))]),
        (["**/c"], ["packages/b/c"]),
        (["*/a", "./a/"], ["a", "packages/a"]),
        (["packages/*", "!packages/b"], ["packages/a"]),
        (["{a,gone}", "packages/[ab]"], ["a", "gone", "packages/a", "packages/b"]),
        ([".h/*"], [".h/a"]),
        (["../a", "/a", ".", "", "a/../b", "./../*"], ["a"]),
        ({"packages": ["b"]}, ["b"]),
        ("a", []),
    ],
)
def test_workspace_folders(patterns, folders):
    assert workspace_folders(patterns, PROJECT.names) == folders


def test_folders_without_end(monkeypatch):
    monkeypatch.setattr(npmspec, "_MAX_FOLDERS", 2000)
    seen = []

    def names(folder):
        seen.append(folder)
        return ["a", "b", "loop"]

    assert "a/loop/b" in workspace_folders(["**"], names)
    assert len(seen) == 2000
    assert workspace_folders(["a/" * 100 + "*", "**/" * 50], names) is not None


ASK = """
const map = require(process.argv[1]);
const cases = JSON.parse(require('fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify(cases.map(([workspaces, folders]) => {
  const packages = { '': { workspaces } };
  for (const folder of folders) packages[folder] = { name: `n${folder}` };
  return [...map.virtual({ cwd: '/x', lockfile: { packages } }).values()].map(path => path.slice(3)).filter(Boolean);
})));
"""


def test_npm_sees_the_same_workspaces():
    if arborist() is None:
        pytest.skip("npm is not installed: it cannot be asked")
    chance = random.Random(20160322)
    steps = ["a", "b", "packages", "*", "**", "b*", "{a,b}", "[ab]", "?", "a.b", ".h", "*.b", "@s", "a*b*"]
    folders = ["a", "b", "packages", "a.b", ".h", "@s", "bb", "axbx", "c"]

    def pattern():
        text = "/".join(chance.choice(steps) for _ in range(chance.randint(1, 3)))
        # On disk `a/**` is a as well, in npm's look at a lockfile it is not.
        while text.endswith("/**"):
            text = text.removesuffix("/**")
        return chance.choice(["", "", "", "!", "!!", "./", "/", "!./"]) + text

    def folder():
        return "/".join(chance.choice(folders) for _ in range(chance.randint(1, 4)))

    cases = [
        [[pattern() for _ in range(chance.randint(1, 3))], sorted({folder() for _ in range(12)})] for _ in range(1000)
    ]
    module = os.path.join(os.path.dirname(arborist()), "map-workspaces")
    run = subprocess.run(
        ["node", "-e", ASK, module], input=json.dumps(cases), capture_output=True, text=True, timeout=60, check=True
    )
    for (patterns, named), theirs in zip(cases, json.loads(run.stdout), strict=True):
        assert (patterns, set(filter(workspaces(patterns), named))) == (patterns, set(theirs))


@given(st.lists(st.text("ab*?[]{},!/.@()\\")), st.text("ab/."))
def test_any_pattern_can_be_asked(patterns, folder):
    assert workspaces(patterns)(folder) in (True, False)


LONG = ("*a" * 120, "{a,b}" * 50, "**/" * 80 + "x", "[" * 250, "{" + "," * 250, "!(" * 120, "*" * 10**6)


@pytest.mark.parametrize("pattern", LONG)
def test_patterns_take_no_time(pattern):
    started = time.process_time()
    member = workspaces([pattern] * 100)
    assert not member("/".join(["a" * 50] * 70))
    assert not member("b" * 4000)
    assert time.process_time() - started < 5
