"""bun.lock beyond the cases: bad files, settings, limits, and what bun itself says of real files."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest
from lockfiles.reading import CASES, Memory, case_name, command, corpus, lockfile_in, parse

from depfrag import jsonc
from depfrag.errors import LockfileError
from depfrag.lockfiles.bun import PARSER


def lock(packages, workspaces=None, **more):
    table = {"lockfileVersion": 1, "workspaces": {"": {}} if workspaces is None else workspaces, "packages": packages}
    return json.dumps({**table, **more}, indent=2)


def read(text, files=None):
    return PARSER.parse("bun.lock", text.encode(), Memory(files))


def edges(lockfile):
    return {d[:3] for d in lockfile.dependencies}


BAD = {
    "empty": ("", "bun.lock: the file is empty"),
    "not JSON": ("lockfileVersion: 1", "bun.lock:1: not JSON"),
    "an array": ("[]", "bun.lock:1: not a JSON object"),
    "without version": ('{"workspaces": {}}', "bun.lock: lockfileVersion is missing; known are 0 to 3"),
    "version 4": (lock({}, lockfileVersion=4), "bun.lock: lockfileVersion is 4; known are 0 to 3"),
    "version true": (lock({}, lockfileVersion=True), "bun.lock: lockfileVersion is true; known"),
    "version as text": (lock({}, lockfileVersion="1"), 'bun.lock: lockfileVersion is "1"; known'),
    "version as a list": (lock({}, lockfileVersion=[1]), "bun.lock: lockfileVersion is missing; known"),
    "without workspaces": ('{"lockfileVersion": 1}', "bun.lock: no object 'workspaces'"),
    "workspaces that are none": (lock({}, []), "bun.lock: no object 'workspaces'"),
    "a member that is none": (lock({}, {"": {}, "a": 1}), "bun.lock: workspaces: 'a': not an object"),
    "packages that are none": (lock([]), "bun.lock: packages: not an object"),
    "a package that is none": (lock({"a": 1}), "bun.lock: 'a': not a list that says first what it is"),
    "an empty package": (lock({"a": [""], "b": []}), "bun.lock:7: 'a': '' is no name with a version"),
    "a package of numbers": (lock({"a": [1]}), "bun.lock:7: 'a': not a list"),
    "a package without version": (lock({"a": ["@s/a"]}), "bun.lock:7: 'a': '@s/a' is no name with a version"),
    "a long path": (lock({"a" * 5000: ["a@1"]}), "nested too deeply to be a lockfile"),
    "a deep path": (lock({"a/" * 300 + "a": ["a@1"]}), "nested too deeply to be a lockfile"),
    "100,000 levels": ('{"lockfileVersion":1,"workspaces":' + '{"":' * 100_000, "nested too deeply"),
    "merge conflicts": ('{\n"a": 1,\n<<<<<<< HEAD\n}', "bun.lock:3: the file has merge conflicts"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_files_are_refused(what):
    text, said = BAD[what]
    with pytest.raises(LockfileError) as found:
        read(text)
    assert said in str(found.value)
    assert str(found.value).startswith("bun.lock:")
    assert len(str(found.value)) < 300


def test_a_file_may_have_no_packages():
    lockfile = read('{"lockfileVersion": 0, "workspaces": {"": {"dependencies": {"a": "1"}}}}')
    assert lockfile.releases == ()
    assert [p.message for p in lockfile.problems] == ["not in the lockfile: a (for the project)"]


def test_members_at_one_folder_are_one():
    lockfile = read(lock({}, {"": {"name": "x"}, "./a": {"name": "a"}, "a/": {"name": "b"}, ".": {"name": "y"}}))
    assert [(r.id, r.name) for r in lockfile.roots] == [("root:.", "y"), ("root:a", "b")]


def test_odd_values_are_passed_by():
    data = {
        "dependencies": 1,
        "optionalDependencies": {"b": 1},
        "peerDependencies": {"b": {}},
        "optionalPeers": [1, {}],
    }
    lockfile = read(lock({"a": ["a@1.0.0", 5, data, 7], "b": ["b@2.0.0"], "c": ["c@v3", "", [], ""]}))
    assert [(r.id, r.hashes, r.source) for r in lockfile.releases] == [
        ("npm:a@1.0.0", (), None), ("npm:b@2.0.0", (), None), ("npm:c@v3", (), None),
    ]  # fmt: skip
    assert edges(lockfile) == {("npm:a@1.0.0", "npm:b@2.0.0", "optional"), ("npm:a@1.0.0", "npm:b@2.0.0", "peer")}


def test_credentials_are_left_out():
    packages = {
        "a": ["a@1.0.0", "https://u:secret@r.example/a/-/a-1.0.0.tgz", {}, ""],
        "b": ["b@git+https://u:secret@git.example/b.git#0ff", {}, "0ff"],
    }
    sources = [r.source for r in read(lock(packages)).releases]
    assert sources == ["https://r.example/a/-/a-1.0.0.tgz", "git+https://git.example/b.git#0ff"]


def case(name):
    return lockfile_in(next(folder for folder in CASES if case_name(folder) == f"bun-lock/{name}"))


@pytest.mark.parametrize(
    ("files", "isolated"),
    [
        ({}, True),
        ({"bunfig.toml": '[install]\nlinker = "hoisted"'}, False),
        ({"bunfig.toml": '[install]\nlinker = "isolated"'}, True),
        ({"bunfig.toml": '[install]\nlinker = "other"'}, True),
        ({"bunfig.toml": "install = 1"}, True),
        ({"bunfig.toml": "not TOML"}, True),
    ],
)
def test_settings_decide_how_releases_are_linked(files, isolated):
    text = case("isolated").read_text("utf-8")
    linked = ("npm:store@1.2.0", "npm:react@18.2.0", "peer") in edges(read(text, files))
    assert linked == isolated
    older = text.replace('"configVersion": 1', '"configVersion": 0')
    linked = ("npm:store@1.2.0", "npm:react@18.2.0", "peer") in edges(read(older, files))
    assert linked == ("isolated" in str(files))


def test_peers_of_what_nothing_needs_are_those_around():
    packages = {"a": ["a@1.0.0", "", {"peerDependencies": {"p": "*"}}, ""], "p": ["p@1.0.0", "", {}, ""],
                "b/p": ["p@2.0.0", "", {}, ""]}  # fmt: skip
    lockfile = read(lock(packages, {"": {}, "m": {"name": "m"}}, configVersion=1))
    assert edges(lockfile) == {("npm:a@1.0.0", "npm:p@1.0.0", "peer")}


def test_too_many_ways_up_are_refused(monkeypatch):
    monkeypatch.setattr("depfrag.lockfiles.bun._MAX_STEPS", 3)
    text = case("isolated").read_text("utf-8")
    with pytest.raises(LockfileError, match="more peers of more releases than any project has"):
        read(text)


# -- bun itself ------------------------------------------------------------------------------------------------------

BUN = "bun@1.4.5"
ENVIRONMENT = dict(os.environ)
"""As the tests were started: installing needs the machine's own settings, which tests do not see."""
SHOWN = re.compile(r"  [├└]─ (.*?)(?: \(requires .*\))?$")
KINDS = {"runtime": "", "dev": "dev ", "peer": "peer ", "optional": "optional "}


@functools.cache
def bun():
    """Where bun is installed, once for all runs of the tests; why it is not where it cannot be had."""
    if not shutil.which("npm"):
        return None, "npm is not installed"
    place = pathlib.Path(tempfile.gettempdir()) / "depfrag-tests" / BUN
    if not (place / "done").exists():
        place.mkdir(parents=True, exist_ok=True)
        words = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(place), BUN]
        try:
            run = subprocess.run(
                words, cwd=place, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False
            )
        except subprocess.TimeoutExpired:
            return None, "the registry does not answer"
        if run.returncode:
            return None, run.stderr.strip()[-200:]
        (place / "done").touch()
    # The package's own script would choose among the programs for kinds of processors that come with it.
    said = "no program for this machine"
    for program in sorted(place.glob("node_modules/@oven/*/bin/bun*"), reverse=True):
        with contextlib.suppress(OSError):
            asked = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60, check=False)
            if asked.stdout.strip() == BUN.partition("@")[2]:
                return program, ""
            said = asked.stderr.strip()[-200:]
    return None, said


def bun_says(path, folder):
    """What ``bun why '*'`` tells of a lockfile: releases, and edges as (dependency, "kind dependent")."""
    program, why = bun()
    if program is None:
        pytest.skip(f"{BUN} cannot be had: {why}")
    shutil.copyfile(path, folder / "bun.lock")
    project = jsonc.table("", path.read_text("utf-8"))[0]["workspaces"][""]
    (folder / "package.json").write_text(json.dumps({"name": "the root package", **project}))
    run = subprocess.run(
        [program, "why", "*", "--depth", "1"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "NO_COLOR": "1"},
    )
    nodes, found, current = set(), set(), ""
    for line in run.stdout.splitlines():
        shown = SHOWN.match(line)
        if line and line[0] != " ":
            current = line.partition("@workspace:")[0]
            nodes.update([current] if "@workspace:" not in line and not line.endswith("@") else [])
        elif shown and shown[1] != "No dependents found":
            found.add((current, shown[1].replace("optional peer ", "optional ").replace("@workspace", "")))
    return nodes, found


def ours(lockfile):
    """The same of a lockfile of ours."""
    names = {r.id: f"{r.name}@{r.version if r.kind == 'registry' else r.source}" for r in lockfile.releases}
    releases = set(names.values())
    names.update((root.id, root.name or "the root package") for root in lockfile.roots)
    return releases, {(names[d.dependency], KINDS[d.kind] + names[d.dependent]) for d in lockfile.dependencies}


WHOLE = [*corpus("bun-lock"), case("isolated")]


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: case_name(path.parent))
def test_bun_says_the_same(path, tmp_path):
    nodes, expected = bun_says(path, tmp_path)
    releases, found = ours(parse(path))
    assert releases == nodes
    # bun has the project need each member of its workspace, whether it asks for it or not.
    members = {(root.name, lockfile.roots[0].name) for lockfile in [parse(path)] for root in lockfile.roots[1:]}
    assert found == expected - (members - found)
    assert len(found) > 5


def test_the_search_finds_it(tmp_path):
    shutil.copyfile(case("nested"), tmp_path / "bun.lock")
    done = command("graph", tmp_path)
    assert not done.returncode
    assert '"format":"bun-lock"' in done.stdout
