"""Pipfile.lock: what its cases do not tell, bad files, and the same releases as pipenv itself finds."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
from lockfiles import pytools
from lockfiles.reading import HERE, Memory, case_name, corpus, fixtures, lockfile_in, parse

from depfrag import complete
from depfrag.errors import LockfileError
from depfrag.identity import python_name
from depfrag.lockfiles.pipfile import PARSER
from depfrag.model import Fact

TOOLS = ("pipenv==2026.10.3",)


def read(categories, pipfile=None, **files):
    content = json.dumps({"_meta": {"pipfile-spec": 6}, **categories})
    beside = {name.replace("_", "."): text for name, text in files.items()}
    return PARSER.parse(
        "Pipfile.lock", content.encode(), Memory({**beside, **({"Pipfile": pipfile} if pipfile else {})})
    )


BAD = {
    "empty": ("", "the file is empty"),
    "not JSON": ("_meta: 1", "1: not JSON"),
    "an array": ("[]", "1: not a JSON object"),
    "another file": ('{"name": "x"}', "no Pipfile.lock: it has neither '_meta' nor 'default'"),
    "cut off": ('{"_meta": {},\n"default": {"a"', "2: not JSON"),
    "merge conflicts": ('{\n<<<<<<< HEAD\n"default": {}}', "2: the file has merge conflicts; resolve them first"),
    "a category that is none": ('{"default": {}, "develop": []}', "develop: not an object"),
    "a package that is none": ('{"default": {"a": 1}}', "default.a: not an object"),
    "10,000 levels": ('{"a":' * 10_000, "nested too deeply to be a lockfile"),
    "binary": (bytes(range(256)), "byte 128 is not UTF-8 text"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_files(what):
    content, said = BAD[what]
    with pytest.raises(LockfileError) as found:
        PARSER.parse("Pipfile.lock", content.encode() if isinstance(content, str) else content, Memory())
    assert said in str(found.value)


@pytest.mark.parametrize(
    "entry",
    [
        {"version": 7}, {"version": None, "hashes": "x", "extras": "y", "markers": 8, "index": ["z"]}, {"hashes": [1]},
        {"git": 7}, {"path": 8, "file": []}, {"version": "*"}, "*", "",
    ],
)  # fmt: skip
def test_what_is_not_as_it_should_be_is_passed_over(entry):
    found = read({"default": {"a": entry}}, "[packages]\na = 7\n[dev-packages]\n[requires]\npython_version = '3'\n")
    assert [(r.id, r.kind, r.hashes) for r in found.releases] == [("pypi:a@*", "registry", ())]
    assert [d[:4] for d in found.dependencies] == [("root:.", "pypi:a@*", "runtime", None)]


def test_addresses_are_without_credentials():
    found = parse(HERE / "cases" / "pipfile-lock" / "sources" / "Pipfile.lock")
    assert {r.name: r.source for r in found.releases if r.source} == {
        "archive": "dist/archive-1.0.tar.gz",
        "folder": "libs/folder",
        "from-file-url": "/srv/from_file_url-1.0-py3-none-any.whl",
        "remote": "https://files.example/remote.zip",
        "repository": "https://git.example/repository.git#0123456789abcdef0123456789abcdef01234567",
        "tagged": "https://git.example/tagged.git#v1",
    }
    plain = parse(HERE / "cases" / "pipfile-lock" / "plain" / "Pipfile.lock")
    assert {r.name: r.source for r in plain.releases if r.source} == {"async-app": "https://second.example/simple"}


def test_sources_that_are_none():
    sources = [7, {}, {"url": 8}, {"url": "https://u:p@index.example/x"}, {"url": "https://other.example/"}]
    found = read({"_meta": {"sources": sources}, "default": {}})
    assert found.indexes == ("https://index.example/x", "https://other.example/")
    assert read({"default": {}}).indexes is None


@pytest.mark.parametrize(
    ("pipfile", "said"),
    [("[packages", "Pipfile:1: not TOML"), (LockfileError("Pipfile", "not a regular file"), "not a regular file")],
)
def test_a_pipfile_that_cannot_be_read(pipfile, said):
    found = read({"default": {"a": {"version": "==1"}}}, pipfile)
    (problem,) = found.problems
    assert (problem.code, problem.level) == ("manifest", "warning")
    assert said in problem.message
    assert not found.direct_known


def test_the_project_itself_without_a_manifest():
    entries = {"default": {"a": {"version": "==1"}, "x": {"path": "./"}}, "develop": {"b": {"version": "==1"}}}
    pipfile = '[packages]\nx = {path = "."}\n[dev-packages]\nb = "*"\n'
    found = read(entries, pipfile)
    assert [d[:3] for d in found.dependencies] == [("root:.", "pypi:b@1", "dev")]
    assert (found.direct_known, dict(found.hints)) == (False, {"pypi:b@1": "dev"})
    assert complete.direct(found).dependencies[0][:3] == ("root:.", "pypi:a@1", "runtime")
    broken = read(entries, pipfile, pyproject_toml="[")
    assert ([p.code for p in broken.problems], broken.direct_known) == (["manifest"], False)


def test_the_project_itself_for_development():
    entries = {"default": {}, "develop": {"a": {"version": "==1"}, "x": {"path": ".", "editable": True}}}
    manifest = '[project]\nname = "x"\ndependencies = ["A", "gone"]\n'
    found = read(entries, '[dev-packages]\nx = {path = "."}\n', pyproject_toml=manifest)
    assert [d[:3] for d in found.dependencies] == [("root:.", "pypi:a@1", "dev")]
    (problem,) = found.problems
    assert problem.message == "not in the lockfile: gone (for the project)"


def test_extras_that_the_file_asks_for_count_when_edges_are_completed():
    entries = {
        "default": {
            "a": {"version": "==1", "extras": ["Fast_Mode", "x"]},
            "b": {"version": "==1"},
            "c": {"version": "==1"},
        }
    }
    found = read(entries, '[packages]\na = {version = "*", extras = ["fast_mode"]}\n')
    assert found.activated == {"pypi:a@1": ("fast-mode", "x")}
    requires = ("b; extra == 'fast-mode'", "c; extra == 'other'")
    facts = {"pypi:a@1": {"manifest": Fact({"requires": requires}, "test", "2024-01-01", "registry")}}
    whole = complete.from_manifests(found, facts)
    assert [d[:3] for d in whole.dependencies] == [
        ("pypi:a@1", "pypi:b@1", "extra"),
        ("root:.", "pypi:a@1", "runtime"),
    ]


def test_an_index_tells_not_what_the_project_needs(shared):
    """As the docstring of the reader says: of five real files, counted from the files themselves."""
    indexed = direct = indexed_only = direct_only = 0
    for path in corpus("pipfile-lock"):
        lock, pipfile = json.loads(path.read_text("utf-8")), path.with_name("Pipfile").read_text("utf-8")
        for category, section in (("default", "packages"), ("develop", "dev-packages")):
            held = {python_name(name) for name, entry in lock[category].items() if "index" in entry}
            body = re.search(rf"^\[{section}\]\n(.*?)(?=^\[|\Z)", pipfile, re.MULTILINE | re.DOTALL)
            names = re.findall(r'^"?([\w.-]+)[^=\n]*=', body[1] if body else "", re.MULTILINE)
            asked = {python_name(name) for name in names}
            indexed, direct = indexed + len(held), direct + len(asked)
            indexed_only, direct_only = indexed_only + len(held - asked), direct_only + len(asked - held)
    assert (indexed_only, indexed, direct_only, direct) == (8, 77, 37, 106)


# -- as pipenv does --------------------------------------------------------------------------------------------------


def pipenv_says(path, folder):
    """Names and versions, or the rest of the line, of what pipenv would install."""
    pipenv = pytools.program("pipenv", *TOOLS)
    shutil.copy(path, folder / "Pipfile.lock")
    beside = path.with_name("Pipfile")
    (folder / "Pipfile").write_text(beside.read_text("utf-8") if beside.exists() else "[packages]\n")
    environment = {**pytools.ENVIRONMENT, "PIPENV_PIPFILE": str(folder / "Pipfile"), "PIPENV_VIRTUALENV": "", "CI": "1"}
    found = set()
    for words in (["--categories", "packages"], ["--categories", "dev-packages"]):
        run = subprocess.run(
            [pipenv, "requirements", *words],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert not run.returncode, run.stderr
        found.update(line for line in run.stdout.splitlines() if line and not line.startswith("-i "))
    return found


def line_of(release, source):
    """A release as pipenv writes it, without extras and markers."""
    if release.kind == "registry":
        return f"{release.name}=={release.version}"
    return f"{release.name} {release.kind} {source}"


def parsed(line):
    """The same of a line of pipenv's; None for the project itself."""
    line = re.sub(r"\s*;.*", "", line)
    if line == "-e .":
        return None
    if found := re.fullmatch(r"([\w.-]+)(?:\[[^\]]*\])?==(\S+)", line):
        return f"{python_name(found[1])}=={found[2]}"
    if found := re.search(r"git\+\S+@([0-9a-f]{40})(?:#egg=([\w.-]+))?", line):
        return f"{python_name(found[2] or line.split(' ')[0].split('[')[0])} git {found[1]}"
    return f"- {line.removeprefix('-e ').removeprefix('./')}"


@pytest.mark.parametrize(
    "path",
    [
        *(path for path in corpus("pipfile-lock") if case_name(path.parent) != "pipfile-lock/requests-201701"),
        *(lockfile_in(f) for f in fixtures("pipfile-lock") if f.name.startswith("cdxpy")),
    ],
    ids=lambda path: case_name(path.parent),
)
def test_pipenv_installs_the_same(path, tmp_path):
    theirs = {item for line in pipenv_says(path, tmp_path) if (item := parsed(line))}
    ours = set()
    for release in parse(path).releases:
        source = (release.source or "").rpartition("#")[2]
        ours.add(f"- {source}" if release.kind in ("link", "file", "url") else line_of(release, source))
    assert ours == theirs
