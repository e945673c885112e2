"""pylock files: what uv, pip and pdm write, a round trip, what the reader tells beside the graph, what it refuses."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lockfiles.pytools import ENVIRONMENT, SECONDS, program
from lockfiles.reading import Memory, case_name, corpus, fixtures, lockfile_in, parse
from packaging.pylock import Pylock, PylockValidationError

from depfrag.errors import LockfileError
from depfrag.lockfiles.pylock import PARSER

HEADER = 'lock-version = "1.0"\ncreated-by = "test"\n'


def read(text, **files):
    return PARSER.parse(
        "pylock.toml", text.encode(), Memory({f"{name}.toml": content for name, content in files.items()})
    )


def package(name, version="1", **more):
    fields = {"name": name, "version": version, "sdist": sdist(name, version), **more}
    return "[[packages]]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in fields.items() if value is not None)


def sdist(name, version):
    return {"url": f"https://files.example/{name}-{version}.tar.gz", "hashes": {"sha256": "aa"}}


def toml(value):
    """A value in line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(inner)}" for key, inner in value.items()) + "}"
    return f"[{', '.join(map(toml, value))}]" if isinstance(value, list) else json.dumps(value)


def edges(lockfile):
    return {
        (d.dependent.removeprefix("pypi:"), d.dependency.removeprefix("pypi:"), d.kind): d.condition
        for d in lockfile.dependencies
    }


def listed(lockfile):
    """Names and versions of what a lockfile has from an index."""
    return {(r.name, r.version) for r in lockfile.releases if r.kind == "registry"}


def hashes(lockfile):
    return {r.id: r.hashes for r in lockfile.releases if r.kind == "registry"}


# -- what tools write ------------------------------------------------------------------------------------------------


def run(*words, cwd):
    done = subprocess.run(words, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert not done.returncode, done.stderr
    return done.stdout


EXPORT = (
    "export", "--frozen", "--offline", "--no-config", "--all-packages", "--all-groups", "--all-extras",
    "--format", "pylock.toml", "--quiet",
)  # fmt: skip


@pytest.mark.parametrize("path", corpus("uv-lock"), ids=lambda path: case_name(path.parent))
def test_what_uv_exports_of_a_uv_lock(path, tmp_path):
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not installed")
    folder = shutil.copytree(path.parent, tmp_path / "project")
    run(uv, *EXPORT, "--python", sys.executable, "-o", "pylock.toml", cwd=folder)
    exported, locked = parse(folder / "pylock.toml"), parse(folder / "uv.lock")
    assert listed(exported) == listed(locked)
    assert hashes(exported) == hashes(locked)
    assert {r.path for r in exported.roots} <= {r.path for r in locked.roots}
    # Manifests of members are not in the corpus.
    direct = {d.dependency for d in exported.dependencies if d.dependent == "root:."}
    assert direct == {d.dependency for d in locked.dependencies if d.dependent == "root:."}


def wheel(folder, name, version, *requires):
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        info = f"{name}-{version}.dist-info"
        head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        archive.writestr(f"{info}/METADATA", head + "".join(f"Requires-Dist: {text}\n" for text in requires))
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")


def test_what_pip_locks(tmp_path):
    wheel(tmp_path, "a", "1.0", "b", "c; sys_platform == 'nowhere'")
    wheel(tmp_path, "b", "2.0")
    python = program("python", "pip==25.3")
    pip = (
        python,
        "-m",
        "pip",
        "lock",
        "--no-index",
        "--no-cache-dir",
        "--disable-pip-version-check",
        "--find-links",
        ".",
    )
    run(*pip, "a", "-o", "pylock.toml", cwd=tmp_path)
    found = parse(tmp_path / "pylock.toml")
    assert [(r.id, r.kind, r.source) for r in found.releases] == [
        ("pypi:a@1.0", "file", f"{tmp_path}/a-1.0-py3-none-any.whl"),
        ("pypi:b@2.0", "file", f"{tmp_path}/b-2.0-py3-none-any.whl"),
    ]
    assert found.open == {"pypi:a@1.0", "pypi:b@2.0"}
    assert not found.direct_known
    assert not found.problems


def test_what_pdm_exports_of_a_pdm_lock(shared):
    found = {form: shared / "fixtures" / form for form in ("pdm-lock", "pylock-toml")}
    locked = parse(found["pdm-lock"] / "hand-pdm-demo" / "pdm.lock")
    exported = parse(found["pylock-toml"] / "hand-pdm-demo-pylock" / "pylock.toml")
    assert exported.releases == tuple(
        r._replace(line=e.line) for r, e in zip(locked.releases, exported.releases, strict=True)
    )
    assert exported.dependencies == locked.dependencies
    assert exported.open == frozenset()
    assert {name for name, kind in exported.hints.items() if kind == "extra"} == {
        name for name, kind in locked.hints.items() if kind != "runtime"
    }


@pytest.mark.parametrize("path", corpus("pylock-toml"), ids=lambda path: case_name(path.parent))
def test_packaging_reads_the_same_releases(path):
    table = tomllib.loads(path.read_text("utf-8"))
    found = parse(path)
    if table["created-by"] == "pipenv":
        # It does not write names as they are to be.
        with pytest.raises(PylockValidationError, match="is not normalized"):
            Pylock.from_dict(table)
        assert [p.code for p in found.problems] == ["invalid-entry"]
    else:
        packages = Pylock.from_dict(table).packages
        assert {(p.name, str(p.version)) for p in packages} == {(r.name, r.version) for r in found.releases}
        assert not found.problems


def test_packaging_refuses_an_empty_file(shared):
    (folder,) = (f for f in fixtures("pylock-toml") if f.name == "scalibr-empty")
    with pytest.raises(PylockValidationError, match="lock-version"):
        Pylock.from_dict(tomllib.loads(lockfile_in(folder).read_text("utf-8")))


def test_one_of_two_entries_of_a_release_says_what_the_other_does_not(shared):
    (folder,) = (f for f in fixtures("pylock-toml") if f.name == "trivy-pylock")
    path = lockfile_in(folder)
    ham = [p for p in tomllib.loads(path.read_text("utf-8"))["packages"] if p["name"] == "ham"]
    assert [p["dependencies"][0]["version"] for p in ham] == ["1.0.0", "1.1.0"]
    assert edges(parse(path)) == {
        ("ham@3.0.0", "spam@1.0.0", "runtime"): "sys_platform == 'linux'",
        ("ham@3.0.0", "spam@1.1.0", "runtime"): "sys_platform == 'win32'",
    }


# -- a round trip ----------------------------------------------------------------------------------------------------

NAMES = st.sampled_from("abcd")
VERSIONS = st.sampled_from(["1", "2", "3"])
RELEASES = st.tuples(NAMES, VERSIONS)
GRAPHS = st.dictionaries(RELEASES, st.sets(RELEASES, max_size=4), min_size=1, max_size=9)


def written(graph):
    """A pylock file that says of each release what it needs, by name alone where that is enough."""
    versions = {name: [v for n, v in graph if n == name] for name, _ in graph}
    text = HEADER
    for (name, version), needed in graph.items():
        asked = [
            {"name": n, "version": v} if len(versions[n]) > 1 else {"name": n}
            for n, v in sorted(needed)
            if (n, v) in graph
        ]
        text += package(name, version, marker=f"os_name == '{version}'" if version == "3" else None, dependencies=asked)
    return text


@given(GRAPHS)
def test_a_graph_that_is_written_reads_the_same(graph):
    text = written(graph)
    Pylock.from_dict(tomllib.loads(text))
    found = read(text)
    assert {(r.name, r.version) for r in found.releases} == graph.keys()
    assert edges(found) == {
        (f"{a}@{v}", f"{b}@{w}", "runtime"): f"os_name == '{w}'" if w == "3" else None
        for (a, v), needed in graph.items()
        for b, w in needed
        if (b, w) in graph and (a, v) != (b, w)
    }
    assert not found.open
    assert not found.problems


# -- what is not in a graph ------------------------------------------------------------------------------------------


def test_what_is_not_there_is_a_problem():
    asked = [{"name": "b", "version": "2"}, {"name": "Gone"}, {"version": "1"}]
    found = read(HEADER + package("a", dependencies=asked) + package("b"))
    (problem,) = found.problems
    assert (problem.code, problem.line) == ("missing-dependency", 3)
    assert problem.message == "not in the lockfile: b (for a@1), gone (for a@1)"
    assert edges(found) == {}


def test_many_invalid_entries_are_counted():
    found = read(HEADER + "".join(package(f"a{i}", sdist=None) for i in range(7)) + package("b"))
    (problem,) = found.problems
    assert (problem.code, problem.line) == ("invalid-entry", 3)
    assert problem.message.count("Exactly one of vcs, directory, archive") == 5
    assert problem.message.endswith("and 2 more")
    assert len(found.releases) == 8


def test_one_entry_that_says_what_it_needs_says_that_others_need_nothing():
    assert read(HEADER + package("a", dependencies=[]) + package("b")).open == frozenset()
    assert read(HEADER + package("a") + package("b")).open == {"pypi:a@1", "pypi:b@1"}


def test_a_marker_of_groups_alone_is_no_condition():
    marker = "'x' in extras or 'dev' in dependency_groups"
    found = read(HEADER + package("a", dependencies=[{"name": "b"}]) + package("b", marker=marker))
    assert edges(found) == {("a@1", "b@1", "runtime"): None}
    assert found.hints == {"pypi:b@1": "extra"}


def test_a_member_s_own_manifest_that_cannot_be_read_tells_nothing():
    app = '[project]\nname = "app"\ndependencies = ["b"]\n[tool.pdm.workspace]\nmembers = ["b"]\n'
    text = HEADER + package("b", sdist=None, directory={"path": "b"}) + package("c")
    found = read(text, pyproject=app, **{"b/pyproject": "not TOML"})
    assert edges(found) == {("root:.", "root:b", "runtime"): None}
    assert found.direct_known


BAD = {
    "white space": (" \n", "pylock.toml: the file is empty"),
    "not TOML": ("{}", "pylock.toml:1: not TOML"),
    "merge conflicts": (HEADER + "<<<<<<< HEAD\n", "pylock.toml:3: the file has merge conflicts"),
    "something else": ("[tool]\na = 1\n", "Missing required value in 'lock-version', so this is no pylock file"),
    "no tool": ('lock-version = "1.0"\npackages = []\n', "Missing required value in 'created-by'"),
    "no packages": (HEADER, "Missing required value in 'packages'"),
    "packages that are none": (f"{HEADER}packages = 1\n", "pylock.toml:3: Unexpected type int (expected Sequence)"),
    "a newer version": (
        'created-by = "x"\nlock-version = "2.0"\npackages = []',
        "pylock.toml:2: pylock version 2.0 is not",
    ),
    "no version": ('lock-version = "new"\npackages = []', "pylock.toml:1: Invalid version: 'new' in 'lock-version'"),
    "a number": ("lock-version = 1.0\npackages = []", "pylock.toml:1: Unexpected type float (expected str)"),
    "a long version": (f'lock-version = "{"9" * 10_000}"\npackages = []', "pylock.toml:1: "),
    "environments that are none": (f'{HEADER}packages = []\nenvironments = ["a b"]\n', "pylock.toml:4: "),
    "a package that is none": (f"{HEADER}packages = [1]\n", "pylock.toml: packages[0]: a package without a name"),
    "a package without a name": (f"{HEADER}[[packages]]\nversion = '1'\n", "pylock.toml:3: a package without a name"),
    "too many packages": (HEADER + "[[packages]]\n" * 50_001, "pylock.toml: more than 50,000 packages"),
    "too many dependencies": (
        HEADER + package("a", dependencies=[{"name": "a"}] * 300) + "".join(package("a", str(i)) for i in range(1100)),
        "pylock.toml:3: more than 300,000 dependencies",
    ),
    "too much to compare": (
        HEADER + package("a", dependencies=[{"name": "b", "version": "?"}] * 25_000) + "".join(map(package, "b" * 45)),
        "pylock.toml:3: more than 1,000,000 dependencies",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_files_are_refused(what):
    text, said = BAD[what]
    with pytest.raises(LockfileError, match=re.escape(said)) as caught:
        read(text)
    assert str(caught.value).startswith("pylock.toml")
    assert len(str(caught.value)) < 400
