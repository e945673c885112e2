"""pdm.lock: what the reader tells beside the graph, what it refuses, and pdm's own reading of the same files."""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess

import pytest
from lockfiles.pytools import ENVIRONMENT, SECONDS, program
from lockfiles.reading import CASES, HERE, Memory, case_name, corpus, fixtures, lockfile_in, parse

from depfrag.errors import LockfileError
from depfrag.lockfiles.pdm import PARSER

PDM = ("pdm==2.29.3", "hishel[httpx]==1.1.10", "httpx==0.28.1", "unearth==0.17.5")
QUIET = {"PDM_USE_VENV": "0", "PDM_CHECK_UPDATE": "0", "PDM_IGNORE_SAVED_PYTHON": "1"}


def read(text, **files):
    """What the reader makes of `text`, beside a pyproject.toml and the like."""
    return PARSER.parse("pdm.lock", text.encode(), Memory({f"{name}.toml": content for name, content in files.items()}))


def package(name, version="1", *dependencies, **more):
    fields = "".join(f"{key} = {json.dumps(value)}\n" for key, value in more.items())
    return f'[[package]]\nname = "{name}"\nversion = "{version}"\ndependencies = {json.dumps(dependencies)}\n{fields}\n'


def lock(*packages, version="4.5.0", **metadata):
    fields = "".join(f"{key} = {json.dumps(value)}\n" for key, value in metadata.items())
    return f'[metadata]\nlock_version = "{version}"\n{fields}\n' + "".join(packages)


def edges(lockfile):
    return {
        (d.dependent.removeprefix("pypi:"), d.dependency.removeprefix("pypi:"), d.kind): d.condition
        for d in lockfile.dependencies
    }


# -- what pdm says ---------------------------------------------------------------------------------------------------


@functools.cache
def said(*folders):
    """What pdm says of some projects, by their folders."""
    run = subprocess.run(
        [program("python", *PDM), str(HERE / "pdm_says.py")],
        input=json.dumps([str(folder) for folder in folders]),
        env={**ENVIRONMENT, **QUIET},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert not run.returncode, run.stderr
    return dict(zip(folders, json.loads(run.stdout.splitlines()[-1]), strict=True))


def readable(path):
    """Whether pdm of today reads the file: of lock version 4, with a project beside it."""
    text = path.read_text("utf-8")
    return (path.parent / "pyproject.toml").exists() and bool(re.search(r'^lock_version = "4', text, re.MULTILINE))


FILES = [*corpus("pdm-lock"), *(lockfile_in(f) for f in CASES if f.parent.name == "pdm-lock")]
FILES = [path for path in FILES if readable(path)]


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """pdm's answer for each file; it works in a copy."""
    top = tmp_path_factory.mktemp("pdm")
    folders = {path: shutil.copytree(path.parent, top / str(i)) for i, path in enumerate(FILES)}
    found = said(*folders.values())
    return {path: found[folder] for path, folder in folders.items()}


def ours(lockfile):
    """Our nodes and edges, in the terms of `pdm_says`."""
    names = {r.id: f"{r.name}@./{r.path}" for r in lockfile.roots if r.id != "root:."} | {"root:.": "root:."}
    for r in lockfile.releases:
        source = r.source or r.version
        if r.kind in ("link", "file"):
            source = f"./{source}"
        names[r.id] = f"{r.name}@{source.rpartition('#')[2]}"
    edges = {(names[d.dependent], names[d.dependency], d) for d in lockfile.dependencies}
    return set(names.values()) - {"root:."}, {(a, b, d.kind if a == "root:." else "") for a, b, d in edges}


@pytest.mark.parametrize("path", FILES, ids=lambda path: case_name(path.parent))
def test_pdm_reads_the_same_graph(path, answers):
    nodes, found = ours(parse(path))
    theirs = {tuple(edge) for edge in answers[path]["edges"]}
    assert nodes == set(answers[path]["nodes"])
    # The project is in no lockfile of its own, though releases may need it.
    assert {edge for edge in found if edge[1] != "root:."} == theirs


def test_pdm_is_asked_about_real_files():
    if not corpus("pdm-lock"):
        pytest.skip("the data folder beside the project is not there")
    assert len([path for path in FILES if path in corpus("pdm-lock")]) == 4


def test_pdm_calls_an_empty_file_not_compatible(shared, tmp_path):
    (name,) = (f for f in fixtures("pdm-lock") if f.name == "scalibr-empty-file")
    shutil.copy(lockfile_in(name), tmp_path)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.9"\n')
    run = subprocess.run(
        [program("pdm", *PDM), "lock", "--check"],
        cwd=tmp_path,
        env={**ENVIRONMENT, **QUIET},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert run.returncode
    assert "not compatible" in run.stderr


# -- what is not in a graph ------------------------------------------------------------------------------------------


def test_hints_without_a_manifest():
    found = read(
        lock(
            package("a", groups=["default", "dev"]),
            package("b", groups=["dev", "test"]),
            package("c", groups=["test"]),
            package("d"),
        )
    )
    assert not found.direct_known
    assert found.hints == {"pypi:a@1": "runtime", "pypi:b@1": "dev", "pypi:c@1": "extra"}


def test_a_manifest_that_leaves_dependencies_to_the_build_is_not_all():
    text = lock(package("a", groups=["default"]), package("b", groups=["dev"]))
    project = '[project]\nname = "app"\ndynamic = ["dependencies"]\n[dependency-groups]\ndev = ["b"]\n'
    found = read(text, pyproject=project)
    assert not found.direct_known
    assert edges(found) == {("root:.", "b@1", "dev"): None}
    assert found.hints == {"pypi:a@1": "runtime", "pypi:b@1": "dev"}


def test_the_conditions_of_copies_are_joined():
    found = read(lock(package("a", "1", "b; os_name == 'nt'", "b; sys_platform == 'linux'"), package("b")))
    assert edges(found) == {("a@1", "b@1", "runtime"): "os_name == 'nt' or sys_platform == 'linux'"}


def test_an_extra_needs_what_the_release_needs_under_a_condition():
    found = read(
        lock(
            package("a", "1", "b; os_name == 'nt'", "c"),
            package("a", "1", "a==1", "b", "c", "d", extras=["x"]),
            *map(package, "bcd"),
        )
    )
    assert edges(found) == {
        ("a@1", "b@1", "runtime"): "os_name == 'nt'",
        ("a@1", "b@1", "extra"): None,
        ("a@1", "c@1", "runtime"): None,
        ("a@1", "d@1", "extra"): None,
    }


def test_an_extra_without_an_entry_of_the_release_itself():
    found = read(lock(package("a", "1", "a==1", "b", extras=["x"]), package("b")))
    assert [r.id for r in found.releases] == ["pypi:a@1", "pypi:b@1"]
    assert edges(found) == {("a@1", "b@1", "extra"): None}


def test_what_is_not_there_is_a_problem():
    found = read(lock(package("a", "1", *(f"gone-{i}" for i in range(7))), package("b", "1", "gone-0")))
    (problem,) = found.problems
    assert (problem.code, problem.line) == ("missing-dependency", 4)
    assert "gone-0 (for a@1), gone-0 (for b@1), gone-1 (for a@1)" in problem.message
    assert problem.message.endswith("and 3 more")


def test_dependencies_that_are_none_are_a_problem():
    found = read(lock(package("a", "1", "b", "two words", *(f"-- {i}" for i in range(6))), package("b")))
    (problem,) = found.problems
    assert (problem.code, problem.line) == ("invalid-requirement", 4)
    assert "'two words'" in problem.message
    assert problem.message.endswith("and 2 more")
    assert edges(found) == {("a@1", "b@1", "runtime"): None}


def test_entries_as_inline_tables_have_no_lines():
    found = read('package = [{ name = "a", version = "1" }]\n[metadata]\nlock_version = "4.5.0"\n')
    assert [(r.id, r.line) for r in found.releases] == [("pypi:a@1", None)]


def test_addresses_of_files_are_paths():
    found = read(
        lock(
            package("a", url="file:///${PROJECT_ROOT}/libs/a"),
            package("b", url="file:///src/b-1.0.tar.gz"),
            package("c", url="https://files.example/c.zip"),
        )
    )
    assert [(r.kind, r.source) for r in found.releases] == [
        ("link", "libs/a"), ("file", "/src/b-1.0.tar.gz"), ("url", "https://files.example/c.zip"),
    ]  # fmt: skip


def test_old_manifests_may_hold_what_is_no_requirement():
    project = '[project]\nname = "app"\ndev-dependencies = ["a", 3, "two words"]\n'
    assert edges(read(lock(package("a")), pyproject=project)) == {("root:.", "a@1", "dev"): None}


def test_a_member_that_the_project_names_needs_nobody_else_to():
    project = '[project]\nname = "app"\ndependencies = ["b"]\n[tool.pdm.workspace]\nmembers = ["*"]\n'
    found = read(lock(package("a", path="./a"), package("b", path="./b")), pyproject=project)
    assert edges(found) == {("root:.", "root:a", "runtime"): None, ("root:.", "root:b", "runtime"): None}


def test_a_file_without_metadata_is_read():
    assert [r.id for r in read(package("a")).releases] == ["pypi:a@1"]


BAD = {
    "white space": (" \n", "pdm.lock: the file is empty"),
    "not TOML": ("{}", "pdm.lock:1: not TOML"),
    "something else": (
        "[tool]\na = 1\n",
        "pdm.lock: this TOML file is no pdm.lock: it has neither 'package' nor 'metadata'",
    ),
    "a newer version": (
        lock(version="5.0"),
        "pdm.lock: lock_version is '5.0'; known are 1 to 4; is there a newer depfrag?",
    ),
    "no version": (lock(version="new"), "lock_version is 'new'"),
    "a number": ("[metadata]\nlock_version = 4\n", "lock_version is 4; known"),
    "a long version": (lock(version="9" * 10_000), "lock_version is '99999"),
    "packages that are none": ("package = 1\n[metadata]\n", "pdm.lock: this TOML file is no pdm.lock"),
    "packages that are no tables": (f"package = 1\n{lock()}", "pdm.lock: package: not an array of tables"),
    "a package that is none": (f"package = [1]\n{lock()}", "pdm.lock: package[0]: a package without a name"),
    "a package without a name": (lock("[[package]]\nversion = '1'\n"), "pdm.lock:4: a package without a name"),
    "merge conflicts": (lock() + "<<<<<<< HEAD\n", "pdm.lock:4: the file has merge conflicts"),
    "too many packages": (lock("[[package]]\n" * 50_001), "pdm.lock: more than 50,000 packages"),
    "too many needs": (lock(package("a", "1", *"b" * 200_001)), "pdm.lock:4: more than 200,000 dependencies"),
    "too many dependencies": (
        lock(*(package("a", str(i), "a") for i in range(1100))),
        "more than 300,000 dependencies",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_files_are_refused(what):
    text, said = BAD[what]
    with pytest.raises(LockfileError, match=re.escape(said)) as caught:
        read(text)
    assert str(caught.value).startswith("pdm.lock")
    assert len(str(caught.value)) < 400
