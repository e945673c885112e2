"""What is installed for Python: as importlib.metadata and pipdeptree see it, as pip and others leave it, and broken."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import os
import subprocess
import sys
import sysconfig
import zipfile

import pytest
from lockfiles.pytools import ENVIRONMENT, SECONDS, program
from lockfiles.reading import document
from lockfiles.trees import edges, ids, lay, read_python
from packaging.requirements import Requirement

from depfrag.discover import Folder
from depfrag.errors import LockfileError
from depfrag.identity import python_name
from depfrag.lockfiles import installed_python
from depfrag.model import Root

SITE = ".venv/lib/python3.11/site-packages"
OWN = sysconfig.get_paths()["purelib"]
"""Where the tests' own environment keeps what is installed."""


def dist(name, version="1.0", *requires, site=SITE, installer="pip", requested=False, direct=None, **more):
    """The files of a distribution's metadata."""
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    info = f"{site}/{name.replace('-', '_')}-{version}.dist-info"
    files = {
        f"{info}/METADATA": head + "".join(f"Requires-Dist: {text}\n" for text in requires) + "\nName: not this\n",
        f"{info}/INSTALLER": f"{installer}\n",
        f"{info}/RECORD": "",
        **({f"{info}/REQUESTED": ""} if requested else {}),
        **({f"{info}/direct_url.json": direct} if direct is not None else {}),
    }
    return {**files, **{f"{info}/{file}": content for file, content in more.items()}}


def venv(top, *dists, **files):
    """An environment in `top` that has these distributions."""
    lay(top, {".venv/pyvenv.cfg": "home = /usr/bin\n", **{k: v for d in dists for k, v in d.items()}, **files})
    return top / ".venv"


# -- real environments -----------------------------------------------------------------------------------------------


@functools.cache
def own():
    return read_python(OWN)


def projects():
    """What lies in the environment as a project that the environment is for, which makes it a root and no release."""
    return {python_name(root.name) for root in own().roots if root.name}


def test_importlib_sees_the_same_distributions():
    found = {(python_name(d.metadata["Name"]), d.version) for d in importlib.metadata.distributions(path=[OWN])}
    assert len(found) > 20
    assert {(r.name, r.version) for r in own().releases} == {f for f in found if f[0] not in projects()}


def test_importlib_sees_the_same_requirements():
    """Those that hold in this environment, extras aside, and are installed."""
    found = list(importlib.metadata.distributions(path=[OWN]))
    versions = {python_name(d.metadata["Name"]): d.version for d in found}
    expected = set()
    for one in found:
        for wanted in map(Requirement, one.requires or ()):
            name = python_name(wanted.name)
            if name in versions and (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
                expected.add((f"{python_name(one.metadata['Name'])}@{one.version}", f"{name}@{versions[name]}"))
    assert holding(own()) == between_releases(expected)


def between_releases(expected):
    return {(a, b) for a, b in expected if a != b and a.partition("@")[0] not in projects()}


def holding(lockfile):
    """Edges between releases, without extras, whose conditions hold here."""
    return {
        (a, b)
        for (a, b, kind), condition in edges(lockfile).items()
        if a != "." and kind == "runtime" and (condition is None or Requirement(f"x; {condition}").marker.evaluate())
    }


def test_pipdeptree_sees_the_same_edges():
    run = subprocess.run(
        [program("pipdeptree", "pipdeptree==2.28.0"), "--python", sys.executable, "--json", "--local-only"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert not run.returncode, run.stderr
    told = json.loads(run.stdout)
    names = {entry["package"]["key"]: entry["package"]["installed_version"] for entry in told}
    expected = {
        (
            f"{python_name(entry['package']['key'])}@{entry['package']['installed_version']}",
            f"{python_name(d['key'])}@{names[d['key']]}",
        )
        for entry in told
        for d in entry["dependencies"]
        if d["key"] in names
    }
    assert holding(own()) == between_releases(expected)


def wheel(folder, name, version, *requires):
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        info = f"{name}-{version}.dist-info"
        head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        archive.writestr(f"{name}.py", "a = 1\n")
        archive.writestr(f"{info}/METADATA", head + "".join(f"Requires-Dist: {text}\n" for text in requires))
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return path


def test_what_pip_installs(tmp_path):
    wheel(tmp_path, "a", "1.0", "b[x]>=2", "e; sys_platform == 'nowhere'")
    wheel(tmp_path, "b", "2.0", "c; extra == 'x'", "d; extra == 'y'")
    wheel(tmp_path, "c", "3.0")
    direct = wheel(tmp_path, "f", "4.0", "c")
    python = program("python", "pip==25.3")
    subprocess.run([python, "-m", "venv", "--without-pip", ".venv"], cwd=tmp_path, check=True, timeout=SECONDS)
    pip = (python, "-m", "pip", "--python", ".venv", "install", "--no-index", "--no-cache-dir", "--find-links", ".")
    subprocess.run(
        [*pip, "--disable-pip-version-check", "a", f"f @ {direct.as_uri()}"],
        cwd=tmp_path, env=ENVIRONMENT, check=True, capture_output=True, timeout=SECONDS,
    )  # fmt: skip
    found = read_python(tmp_path / ".venv")
    assert edges(found) == {
        (".", "a@1.0", "runtime"): None,
        (".", "f@4.0", "runtime"): None,
        ("a@1.0", "b@2.0", "runtime"): None,
        ("b@2.0", "c@3.0", "extra"): None,
        ("f@4.0", "c@3.0", "runtime"): None,
    }
    kinds = {r.name: (r.kind, r.source, len(r.hashes)) for r in found.releases}
    assert kinds == {
        **dict.fromkeys("abc", ("registry", None, 0)), "f": ("file", str(direct), 1),
    }  # fmt: skip
    assert found.direct_known
    assert not found.problems


# -- who needs what --------------------------------------------------------------------------------------------------


def test_an_extra_counts_once_something_asks_for_it(tmp_path):
    top = venv(
        tmp_path,
        dist("a", "1", "b[X_y]", requested=True),
        dist(
            "b",
            "1",
            "c; extra == 'x-y'",
            "d; extra == 'z'",
            "b[w]; extra == 'x-y'",
            "e; extra == 'w' and os_name != 'nt'",
        ),
        *map(dist, "cde"),
    )
    assert edges(read_python(top)) == {
        (".", "a@1", "runtime"): None,
        ("a@1", "b@1", "runtime"): None,
        ("b@1", "c@1.0", "extra"): None,
        ("b@1", "e@1.0", "extra"): "os_name != 'nt'",
    }


def test_what_environments_need_that_are_not_this_one(tmp_path):
    top = venv(tmp_path, dist("a", "1", "b; python_version < '3'", "gone; python_version < '3'", "gone-too"), dist("b"))
    found = read_python(top)
    assert edges(found) == {("a@1", "b@1.0", "runtime"): "python_version < '3'"}
    assert [(p.code, p.message) for p in found.problems] == [
        ("missing-dependency", "not in the lockfile: gone-too (for a@1)")
    ]


def test_only_pip_s_word_counts_for_what_was_asked_for(tmp_path):
    top = venv(
        tmp_path,
        dist("a", "1", "b", requested=True),
        dist("b", requested=True, installer="uv"),
        dist("c", installer="uv"),
    )
    found = read_python(top)
    assert not found.direct_known
    assert edges(found) == {(".", "a@1", "runtime"): None, ("a@1", "b@1.0", "runtime"): None}


def test_old_pips_left_no_word(tmp_path):
    assert not read_python(venv(tmp_path, dist("a"), dist("b"))).direct_known


PROJECT = """
[project]
name = "My.App"
dependencies = ["a"]
[project.optional-dependencies]
net = ["b", "my-app[more]"]
more = ["c"]
[dependency-groups]
dev = ["d", "not-installed"]
"""


def test_a_project_in_its_own_environment_is_the_root(tmp_path):
    direct = json.dumps({"url": tmp_path.as_uri(), "dir_info": {"editable": True}})
    requires = ("a", "b[x]; extra == 'net'", "my-app[more]; extra == 'net'", "c ; extra == 'more'")
    top = venv(
        tmp_path,
        dist("my-app", "1", *requires, direct=direct, requested=True, installer="uv"),
        *(dist(name, installer="uv") for name in "acd"),
        dist("b", "1.0", "d; extra == 'x'", installer="uv"),
        **{"pyproject.toml": PROJECT},
    )
    found = read_python(top)
    assert found.roots == (Root("root:.", "My.App", "."),)
    assert ids(found) == [f"{name}@1.0" for name in "abcd"]
    assert edges(found) == {
        (".", "a@1.0", "runtime"): None,
        (".", "b@1.0", "extra"): "extra == 'net'",
        (".", "c@1.0", "extra"): "extra == 'more'",
        (".", "d@1.0", "dev"): None,
        ("b@1.0", "d@1.0", "extra"): None,
    }
    assert found.direct_known
    assert not found.problems
    # The same where its site-packages is named.
    assert edges(read_python(tmp_path / SITE)) == edges(found)
    assert read_python(tmp_path / SITE).roots == found.roots


def test_a_project_that_is_not_installed_needs_what_its_manifest_says(tmp_path):
    top = venv(tmp_path, *map(dist, "abcd"), **{"pyproject.toml": PROJECT})
    found = read_python(top)
    assert edges(found) == {
        (".", "a@1.0", "runtime"): None,
        (".", "b@1.0", "extra"): "extra == 'net'",
        (".", "c@1.0", "extra"): "extra == 'more'",
        (".", "d@1.0", "dev"): None,
    }
    assert found.direct_known


def test_a_manifest_elsewhere_is_not_of_the_environment(tmp_path):
    lay(tmp_path, {**dist("a", site="lib/python3/dist-packages"), "pyproject.toml": PROJECT})
    found = read_python(tmp_path / "lib/python3/dist-packages")
    assert (found.roots[0].name, found.direct_known) == (None, False)


# -- where it lies, and where it comes from --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "site", ["lib/python3.13t/site-packages", "lib/pypy3.10/site-packages", "Lib/site-packages", "."]
)
def test_places_of_site_packages(tmp_path, site):
    lay(tmp_path, {**dist("a", site=f"env/{site}"), "env/lib/other/site-packages/b-1.dist-info/METADATA": ""})
    assert ids(read_python(tmp_path / "env")) == ["a@1.0"]


def test_a_folder_that_two_names_lead_to_counts_once(tmp_path):
    lay(tmp_path, {**dist("a", site="env/lib/python3.11/site-packages"), "env/lib64@": "lib"})
    assert ids(read_python(tmp_path / "env")) == ["a@1.0"]
    os.unlink(tmp_path / "env/lib64")
    lay(tmp_path, {"env/lib64/python3.11/site-packages@": "../../lib/python3.11/site-packages"})
    assert ids(read_python(tmp_path / "env")) == ["a@1.0"]
    lay(tmp_path, dist("b", site="env/lib64/python3.12/site-packages"))
    assert ids(read_python(tmp_path / "env")) == ["a@1.0", "b@1.0"]


ZIP = "https://files.example/a.zip"
GIT = "https://git.example/a.git"
HG = "https://hg.example/a"
DIRECT = {
    "editable": ({"url": "file:///src/my%20a", "dir_info": {"editable": True}}, "link", "/src/my a", ()),
    "folder": ({"url": "file:///src/a", "dir_info": {}}, "link", "/src/a", ()),
    "file": ({"url": "file:///a.tgz", "archive_info": {"hash": "md5=aa"}}, "file", "/a.tgz", ("md5:aa",)),
    "address": (
        {"url": ZIP.replace("//", "//a:b@"), "archive_info": {"hashes": {"sha256": "aa", "odd": 1}, "hash": "x=y"}},
        "url", ZIP, ("sha256:aa",),
    ),
    "no hash": ({"url": ZIP, "archive_info": {}}, "url", ZIP, ()),
    "git": ({"url": GIT, "vcs_info": {"vcs": "git", "commit_id": "c0ffee"}}, "git", f"{GIT}#c0ffee", ()),
    "no commit": ({"url": GIT, "vcs_info": {"vcs": "git"}}, "git", GIT, ()),
    "hg": ({"url": HG, "vcs_info": {"vcs": "hg", "commit_id": "1f"}}, "url", f"{HG}#1f", ()),
    "nothing": ({}, "url", None, ()),
    "an array": ([], "url", None, ()),
    "a number": ({"url": 3}, "url", None, ()),
    "something else": ({"url": ZIP}, "url", ZIP, ()),
    "not JSON": ("{", "url", None, ()),
}  # fmt: skip


@pytest.mark.parametrize("what", DIRECT)
def test_where_it_comes_from(tmp_path, what):
    said, *expected = DIRECT[what]
    direct = said if isinstance(said, str) else json.dumps(said)
    (release,) = read_python(venv(tmp_path, dist("a", direct=direct))).releases
    assert [release.kind, release.source, release.hashes] == expected


EGG = "Metadata-Version: 1.0\r\nName: Old.Egg\r\nVersion: 0.1\r\nSummary: one\r\n  two\r\n\r\nRequires-Dist: none\r\n"
REQUIRES = "a\nb>=1\n\n[:os_name == 'nt']\nc\n\n# no\n[x]\nd\n\n[x:os_name == 'nt']\ne\n"


def test_old_forms_of_metadata(tmp_path):
    lay(tmp_path, {
        "site-packages/old_egg-0.1-py3.8.egg-info/PKG-INFO": EGG,
        "site-packages/old_egg-0.1-py3.8.egg-info/requires.txt": REQUIRES,
        "site-packages/plain-0.2.egg-info": EGG.replace("Old.Egg", "plain").replace("0.1", "0.2"),
        "site-packages/zipped-0.3-py3.8.egg/EGG-INFO/PKG-INFO": EGG.replace("Old.Egg", "zipped").replace("0.1", "0.3"),
        "site-packages/linked.egg-link": f"{tmp_path}/src\n.\n",
        "src/linked.egg-info/PKG-INFO": EGG.replace("Old.Egg", "linked").replace("0.1", "0.4"),
        "src/linked.egg-info/requires.txt": "old.egg[x]\n",
        "src/setup.py": "",
        "site-packages/empty.egg-link": "",
        "site-packages/~eftover-1.0.dist-info/METADATA": "Name: leftover\n",
        "site-packages/module.py": "",
        **{k: v for name in "abcde" for k, v in dist(name, site="site-packages").items()},
    })  # fmt: skip
    found = read_python(tmp_path / "site-packages")
    assert ids(found) == [
        "a@1.0", "b@1.0", "c@1.0", "d@1.0", "e@1.0", "linked@0.4", "old-egg@0.1", "plain@0.2", "zipped@0.3",
    ]  # fmt: skip
    assert edges(found) == {
        ("linked@0.4", "old-egg@0.1", "runtime"): None,
        ("old-egg@0.1", "a@1.0", "runtime"): None,
        ("old-egg@0.1", "b@1.0", "runtime"): None,
        ("old-egg@0.1", "c@1.0", "runtime"): "os_name == 'nt'",
        ("old-egg@0.1", "d@1.0", "extra"): None,
        ("old-egg@0.1", "e@1.0", "extra"): "os_name == 'nt'",
    }
    assert [(r.kind, r.source) for r in found.releases if r.name == "linked"] == [("link", f"{tmp_path}/src")]


# -- what is broken --------------------------------------------------------------------------------------------------


def test_what_has_no_metadata_is_open(tmp_path):
    info = {f"{SITE}/lost_{i}-1.0.dist-info/RECORD": "" for i in range(6)}
    found = read_python(venv(tmp_path, dist("a", "1", "lost-0"), info, {f"{SITE}/odd-2.dist-info/METADATA/x": ""}))
    assert ids(found) == ["a@1", *(f"lost-{i}@1.0" for i in range(6)), "odd@2"]
    assert len(found.open) == 7
    (problem,) = found.problems
    assert problem.code == "unreadable"
    assert problem.message.endswith("and 2 more")
    assert edges(found) == {("a@1", "lost-0@1.0", "runtime"): None}


def test_metadata_that_cannot_be_looked_into_is_open(tmp_path, monkeypatch):
    top = venv(tmp_path, dist("a"), dist("b"))
    names = Folder.names

    def refuse(self, folder):
        if folder.endswith("a-1.0.dist-info"):
            raise LockfileError(folder, "cannot be read: Permission denied")
        return names(self, folder)

    monkeypatch.setattr(Folder, "names", refuse)
    found = read_python(top)
    assert found.open == {"pypi:a@1.0"}
    assert [p.code for p in found.problems] == ["unreadable"]


def test_two_versions_of_one_name(tmp_path):
    top = venv(tmp_path, dist("a", "1.0"), dist("a", "2.0"), dist("b", "1", "a>=2"), dist("c", "1", "a"))
    assert edges(read_python(top)) == {
        ("b@1", "a@2.0", "runtime"): None,
        ("c@1", "a@1.0", "runtime"): None,
        ("c@1", "a@2.0", "runtime"): None,
    }


HOSTILE = ("__proto__", "../../x", "\x1b[31mred", "\u202egnp", "a" * 300, "<b>&", "")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(tmp_path, name):
    head = f"Name: {name}\nVersion: {name}\nRequires-Dist: {name}\nRequires-Dist: {name}[{name}] ; {name}\n"
    top = venv(
        tmp_path, {f"{SITE}/x-1.dist-info/METADATA": head, f"{SITE}/x-1.dist-info/direct_url.json": '{"url": "' + name}
    )
    found = read_python(top)
    assert [r.name for r in found.releases] == [python_name(name)]
    assert document(top)["packages"][0]["name"] == python_name(name)


def test_bounds(tmp_path, monkeypatch):
    top = venv(tmp_path, dist("a", "1", "b", "c", "d"))
    monkeypatch.setattr(installed_python, "_MAX_REQUIRED", 2)
    with pytest.raises(LockfileError, match=r"\.venv: \.venv/lib/.*/a-1\.dist-info: more than 2 requirements"):
        read_python(top)
    monkeypatch.undo()
    monkeypatch.setattr(installed_python, "_MAX_BYTES", 20)
    with pytest.raises(LockfileError, match=r"\.venv: more than 0 MiB of metadata"):
        read_python(top)


@pytest.mark.parametrize("files", [{}, {SITE + "/a.py": ""}, {"x": ""}])
def test_a_folder_without_distributions_is_refused(tmp_path, files):
    with pytest.raises(LockfileError, match="nothing is installed here"):
        read_python(venv(tmp_path, files))


# -- from the command line -------------------------------------------------------------------------------------------


def test_the_folder_is_named(cli, tmp_path, monkeypatch):
    record = {"RECORD": "a.py,,\n"}
    venv(tmp_path, dist("a", requested=True, **record), {f"{SITE}/a.py": "a = 1\n"})
    monkeypatch.chdir(tmp_path)
    for path in (".venv", SITE):
        said = json.loads(cli("graph", path).out)
        assert said["lockfiles"] == [{"path": path, "format": "site-packages"}]
        assert [d["to"] for d in said["dependencies"]] == ["pypi:a@1.0"]
        scanned = json.loads(cli("scan", path, "--offline", "--format", "json").out)
        assert scanned["packages"][0]["facts"]["lines"]["value"] == 1
    monkeypatch.chdir(tmp_path / ".venv")
    assert json.loads(cli("graph", ".").out)["lockfiles"] == [{"path": "../.venv", "format": "site-packages"}]


def test_an_environment_may_have_any_name_but_that_of_a_project(cli, tmp_path, monkeypatch):
    lay(tmp_path, {"env/pyvenv.cfg": "", **dist("a", site="env/lib/python3.11/site-packages")})
    monkeypatch.chdir(tmp_path)
    assert json.loads(cli("graph", "env").out)["lockfiles"] == [{"path": "env", "format": "site-packages"}]
    lay(tmp_path, {"env/requirements.txt": "b==1\n"})
    assert json.loads(cli("graph", "env").out)["lockfiles"] == [
        {"path": "env/requirements.txt", "format": "requirements-txt"}
    ]
