"""poetry.lock: what its cases do not tell, bad files, and the same releases and edges as poetry itself finds."""

from __future__ import annotations

import hashlib
import json
import pathlib
import subprocess
import time

import pytest
from lockfiles import pytools
from lockfiles.reading import HERE, SHARED, Memory, case_name, corpus, parse
from packaging.version import InvalidVersion, Version

from depfrag.errors import LockfileError
from depfrag.lockfiles.poetry import PARSER

TOOLS = ("poetry==2.5.1", "poetry-plugin-export==1.10.1")


def read(packages, manifest=None, version="2.1", more=""):
    """A lockfile of `packages` with a manifest beside it."""
    text = f'{packages}\n[metadata]\nlock-version = "{version}"\npython-versions = ">=3.8"\n{more}'
    files = {"pyproject.toml": f'[tool.poetry]\nname = "app"\n{manifest}'} if manifest is not None else {}
    return PARSER.parse("poetry.lock", text.encode(), Memory(files))


def package(name, version="1.0", rest="", fields=""):
    return f'[[package]]\nname = "{name}"\nversion = "{version}"\n{fields}\n{rest}\n'


def edges(lockfile):
    return {
        (d.dependent.removeprefix("pypi:"), d.dependency.removeprefix("pypi:"), d.kind): d.condition
        for d in lockfile.dependencies
    }


OPTIONAL = '[package.dependencies]\nb = {version = "*", optional = true}\n'


def needs(*names):
    return "[tool.poetry.dependencies]\n" + "".join(f'{name} = "*"\n' for name in names)


@pytest.mark.parametrize(
    ("more", "form"),
    [
        ('lock-version = "2.1"', "poetry-lock-v2"),
        ('lock-version = "2.0"', "poetry-lock-v2"),
        ('lock-version = "1.1"', "poetry-lock-v1"),
        ('lock-version = "1"', "poetry-lock-v1"),
        ('python-versions = "*"', "poetry-lock-v1"),
    ],
)
def test_formats(more, form):
    assert PARSER.parse("poetry.lock", f"package = []\n[metadata]\n{more}\n".encode(), Memory()).format == form


def test_a_file_without_metadata():
    found = PARSER.parse("poetry.lock", package("A_b").encode(), Memory())
    assert (found.format, [r.id for r in found.releases]) == ("poetry-lock-v1", ["pypi:a-b@1.0"])


BAD = {
    "empty": ("", "the file is empty"),
    "not TOML": ("{}", "1: not TOML"),
    "cut off": ("[[package]]\nname = 'a", "2: not TOML"),
    "merge conflicts": ("[[package]]\nname = 'a'\n<<<<<<< HEAD\n", "3: the file has merge conflicts"),
    "another file": ("[tool.poetry]\nname = 'a'\n", "no poetry.lock: it has neither 'package' nor 'metadata'"),
    "version 3": ("[metadata]\nlock-version = '3.0'\n", "lock-version is '3.0'; known are 1 and 2; is there a newer"),
    "version 10": ("[metadata]\nlock-version = '10'\n", "lock-version is '10'; known"),
    "a version that is a number": ("[metadata]\nlock-version = 2.1\n", "lock-version is 2.1; known"),
    "a version without an end": (f"[metadata]\nlock-version = '{'9' * 10**6}'\n", "lock-version is '999"),
    "packages that are none": ("package = 1\n[metadata]\nlock-version = '2.1'\n", "package: not an array of tables"),
    "a package that is none": ("package = [1]\n", "package[0]: a package without a name"),
    "a package without a name": ("\n[[package]]\nversion = '1'\n", "2: a package without a name"),
    "a name that is none": ("[[package]]\nname = 7\n", "1: a package without a name"),
    "10,000 levels": ("a = " + "[" * 10_000, "nested too deeply to be a lockfile"),
    "binary": (bytes(range(1, 256)), "byte 127 is not UTF-8 text"),
    "more constraints on Python than any project has": (
        "[[package]]\nname = 'a'\n[package.dependencies]\n"
        + "".join(f"a{i} = {{python = '{'^1,' * 300}^{i}'}}\n" for i in range(500)),
        "dependencies: more constraints on Python than any project has",
    ),
    "more edges than any project has": (
        "".join(
            f"[[package]]\nname = 'a{i}'\nversion = '1'\n[package.dependencies]\n"
            + "".join(f"a{j} = '*'\n" for j in range(300))
            for i in range(350)
        ),
        "more than 100,000 dependencies",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_files(what):
    content, said = BAD[what]
    start = time.process_time()
    with pytest.raises(LockfileError) as found:
        PARSER.parse("poetry.lock", content.encode() if isinstance(content, str) else content, Memory())
    assert said in str(found.value)
    assert len(str(found.value)) < 200
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    "fields",
    [
        "dependencies = 1", "dependencies = {b = 7, c = [[], 8], d = {version = 9, markers = [], extras = 'x'}}",
        "extras = ['a']", "extras = {x = 'b', y = [7, '', '[x]', 'b[']}", "source = 'x'",
        "source = {type = 7, url = 8}",
        "source = {type = 'git'}", "files = 7", "files = [7, {}, {hash = 8}]", "groups = 'main'", "markers = 7",
        "markers = {main = 7}", "groups = [7]", "python-versions = 7", "python-versions = 'x'", "optional = 'yes'",
        "category = 8",
    ],
)  # fmt: skip
def test_what_is_not_as_it_should_be_is_passed_over(fields):
    found = read(package("a", fields=fields) + package("b") + package("b", "2"), needs("a"))
    assert [r.id for r in found.releases] == ["pypi:a@1.0", "pypi:b@1.0", "pypi:b@2"]
    assert ("root:.", "a@1.0", "runtime") in edges(found)


def test_names_are_data():
    names = ["__proto__", "../../x", "new\\nline", "\\u001b[31mred", 'quo\\"te', "a" * 300, "\\U0001F600"]
    found = read(
        "".join(package(name, rest=f'[package.dependencies]\n"{name}" = "*"\n"no {name}" = "*"') for name in names)
    )
    assert len(found.releases) == len(names)
    assert edges(found) == {}
    (problem,) = found.problems
    assert problem.code == "missing-dependency"


def test_hostile_constraints_and_markers_end():
    hostile = "".join(
        package(
            "a", f"1.{i}", fields=f"markers = \"python_version != '3.{i}' and (os_name == 'x{i}' or os_name == 'y')\""
        )
        for i in range(49)
    )
    text = '">=1,!=1.3 || ^1.%d", ' * 1
    wanted = "".join(
        package(f"p{i}", rest=f"[package.dependencies]\na = {{version = {text % i}markers = \"os_name != 'z{i}'\"}}")
        for i in range(500)
    )
    start = time.process_time()
    found = read(hostile + wanted)
    assert time.process_time() - start < 10
    assert len(found.dependencies) <= 100_000


def test_more_constraints_than_are_read():
    many = "".join(
        package("a", f"1.{i}", fields=f"python-versions = '{'!=3.1.*,' * 100}<{i}'") + package("b", f"1.{i}")
        for i in range(40)
    )
    constraints = "".join(f'{{version = "{"!=1.1.*," * 120}<{i}"}},' for i in range(500))
    start = time.process_time()
    found = read(many, f'[tool.poetry.dependencies]\na = "*"\nb = [{constraints}]\n')
    assert time.process_time() - start < 10
    assert len(found.dependencies) > 1


def test_an_extra_that_extras_ask_for_in_a_circle():
    both = package(
        "a",
        rest=f'{OPTIONAL}[package.extras]\nx = ["a[y]"]\ny = ["A[x]", "b"]',
    )
    found = read(both + package("b"), '[tool.poetry.dependencies]\na = {version = "*", extras = ["X"]}\n')
    assert edges(found) == {("a@1.0", "b@1.0", "extra"): None, ("root:.", "a@1.0", "runtime"): None}


def test_extras_of_two_entries_of_one_release():
    """Poetry 1.0 wrote a package twice where one of its extras was asked for."""
    plain = package("a", rest='[package.dependencies]\nc = "*"')
    more = package("A", rest=f'{OPTIONAL}[package.extras]\nx = ["b (>=1)"]')
    manifest = '[tool.poetry.dependencies]\na = {version = "*", extras = ["x"]}\n'
    for text in (plain + more, more + plain):
        found = edges(read(text + package("b") + package("c"), manifest))
        assert found.keys() == {
            ("a@1.0", "b@1.0", "extra"),
            ("a@1.0", "c@1.0", "runtime"),
            ("root:.", "a@1.0", "runtime"),
        }


def test_what_only_extras_need_and_nobody_asks_for():
    a = package(
        "a",
        rest=OPTIONAL.replace("b", "c") + 'b = {version = "*", markers = "extra == \'x\'"}',
    )
    rest = package("b") + package("c")
    assert edges(read(a + rest, needs("a"))) == {("root:.", "a@1.0", "runtime"): None}
    # Without a manifest nobody knows who asks; poetry locks no extra in vain.
    assert edges(read(a + rest)) == {("a@1.0", "b@1.0", "extra"): None, ("a@1.0", "c@1.0", "extra"): None}


def test_a_release_that_needs_the_project():
    a = package("a", rest='[package.dependencies]\nApp = "*"\nsetuptools = "*"\nother = "*"')
    (problem,) = read(a, needs("a")).problems
    assert problem.message == "not in the lockfile: other (for a@1.0)"


def test_a_group_that_the_project_does_not_name_makes_no_edge_of_the_project():
    found = read(package("a", fields='groups = ["main"]'), needs())
    assert (edges(found), found.direct_known, found.hints) == ({}, True, {})


def test_dependencies_that_the_build_backend_finds_out():
    files = Memory(
        {"pyproject.toml": '[project]\nname = "app"\ndynamic = ["dependencies"]\n[dependency-groups]\nx = ["a"]\n'}
    )
    text = package("a") + package("b", fields='groups = ["dev"]') + '[metadata]\nlock-version = "2.1"\n'
    found = PARSER.parse("poetry.lock", text.encode(), files)
    assert edges(found) == {("root:.", "a@1.0", "dev"): None}
    assert (found.direct_known, dict(found.hints)) == (False, {"pypi:b@1.0": "dev"})


def test_more_alike_than_are_told_apart():
    many = "".join(package("a", f"1.{i}") for i in range(60))
    found = read(many, '[tool.poetry.dependencies]\na = "^1.50"\n')
    assert len(edges(found)) == 60


def test_versions_that_are_none():
    found = read(package("a", "nonsense") + package("a", "1.0"), '[tool.poetry.dependencies]\na = ">=2"\n')
    assert edges(found) == {("root:.", "a@nonsense", "runtime"): None}
    found = read(package("a", "nonsense") + package("a", "1.0"), '[tool.poetry.dependencies]\na = "latest"\n')
    assert edges(found) == {("root:.", "a@1.0", "runtime"): None}


def test_addresses_are_without_credentials():
    found = parse(HERE / "cases" / "poetry-lock-v1" / "sources" / "poetry.lock")
    assert {r.name: r.source for r in found.releases if r.source} == {
        "archive": "dist/archive-1.0.tar.gz",
        "folder": "../folder",
        "remote": "https://files.example/remote-2.0.zip",
        "repository": "https://git.example/owner/repository.git#0123456789abcdef0123456789abcdef01234567",
        "repository-of-old": "https://git.example/owner/old.git#89abcdef0123456789abcdef0123456789abcdef",
        "torch": "https://wheels.example/cpu",
    }


def test_a_folder_and_a_file_are_meant_by_name():
    source = '[package.source]\ntype = "{}"\nurl = "{}"'
    text = package("a", rest=source.format("directory", "libs/a")) + package("a", "2.0")
    assert edges(read(text, '[tool.poetry.dependencies]\na = {path = "./libs/a"}\n')) == {
        ("root:.", "a@1.0", "runtime"): None
    }


def manifest_of(table, **more):
    """A content hash of a manifest, and the manifest."""
    return hashlib.sha256(json.dumps({**table, **more}, sort_keys=True).encode()).hexdigest()


@pytest.mark.parametrize(
    ("text", "table"),
    [
        (
            '[tool.poetry]\nname = "a"\n[tool.poetry.dependencies]\nb = "*"\n',
            {"dependencies": {"b": "*"}, "source": None, "extras": None, "dev-dependencies": None},
        ),
        (
            '[tool.poetry.group.x.dependencies]\nb = "*"\n',
            {
                "group": {"x": {"dependencies": {"b": "*"}}},
                **dict.fromkeys(["dependencies", "source", "extras", "dev-dependencies"]),
            },
        ),
        (
            '[project]\nname = "a"\nrequires-python = ">=3"\n[tool.poetry]\npackage-mode = false\n',
            {"project": {"requires-python": ">=3"}, "tool": {"poetry": {}}},
        ),
        (
            '[project]\nname = "a"\ndependencies = ["b"]\n[dependency-groups]\nx = ["c"]\n',
            {"project": {"dependencies": ["b"]}, "dependency-groups": {"x": ["c"]}, "tool": {"poetry": {}}},
        ),
        (
            '[dependency-groups]\nx = ["c"]\n[tool.poetry.dependencies]\nb = "*"\n',
            {"dependency-groups": {"x": ["c"]}, "tool": {"poetry": {"dependencies": {"b": "*"}}}},
        ),
    ],
)
def test_content_hashes(text, table):
    known = hashlib.sha256(json.dumps(table, sort_keys=True).encode()).hexdigest()
    for content, codes in ((text, []), (text + "\n[tool.black]\nx = 1\n", []), (text.replace("b", "bb"), ["outdated"])):
        lock = f'[metadata]\nlock-version = "2.1"\ncontent-hash = "{known}"\n'
        found = PARSER.parse("poetry.lock", lock.encode(), Memory({"pyproject.toml": content}))
        assert [p.code for p in found.problems if p.code == "outdated"] == (codes if "b" in text else [])


def test_a_manifest_whose_hash_cannot_be_made():
    found = read("package = []", "[tool.poetry.dependencies]\nb = 2020-01-01\n", more='content-hash = "00"')
    assert found.problems == ()


# -- as poetry does --------------------------------------------------------------------------------------------------


def poetry_says(folders):
    """What poetry says of each folder: fresh or not, releases, edges."""
    python = pytools.program("python", *TOOLS)
    script = pathlib.Path(__file__).with_name("poetry_says.py")
    run = subprocess.run(
        [python, "-W", "ignore", script],
        input=json.dumps([str(folder) for folder in folders]),
        env=pytools.ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert not run.returncode, run.stderr
    return json.loads(run.stdout)


def normal(text):
    """``a@1.0-2`` as ``a@1.0.post2``."""
    name, _, version = text.partition("@")
    try:
        return f"{name}@{Version(version)}"
    except InvalidVersion:
        return text


def depfrag_says(lockfile):
    names = {
        r.id: normal(f"{r.name}@{r.source.rpartition('#')[2] if r.kind == 'git' else r.version}")
        for r in lockfile.releases
    }
    names["root:."] = "root:."
    found = {
        (names[d.dependent], names[d.dependency], d.kind if d.dependent == "root:." else "any")
        for d in lockfile.dependencies
    }
    return {names[r.id] for r in lockfile.releases}, found


REASONS = {
    # Poetry's exporter does not look for which Python the dependent itself is (not 3.4), nor at the marker with which
    # poetry 0.x locked secretstorage 2.3.1 (below 3.5).
    "poetry-lock-v1/poetry-201912": {
        ("pymdown-extensions@6.2", "markdown@3.0.1", "any"),
        ("keyring@19.3.0", "secretstorage@2.3.1", "any"),
    },
}
UNREADABLE = ("poetry-lock-v1/poetry-202207", "poetry-lock-v1/poetry-202208")
"""Poetry of today cannot read their manifests, for a constraint in parentheses."""
AS_LOCKED = [
    path for path in corpus("poetry-lock-v1", "poetry-lock-v2") if case_name(path.parent) not in UNREADABLE
] + [
    SHARED / "fixtures" / name / "poetry.lock"
    for name in (
        "poetry-lock-v1/cdxpy-main-and-dev-lock11", "poetry-lock-v1/cdxpy-with-extras-lock10",
        "poetry-lock-v2/cdxpy-multi-constraint-deps-lock20", "poetry-lock-v2/cdxpy-regression-issue702-lock21",
        "poetry-lock-v2/cdxpy-private-packges_v2-lock21", "poetry-lock-v2/cdxpy-group-deps-lock21",
    )
]  # fmt: skip


def test_poetry_finds_the_same_releases_and_edges(shared):
    assert len(AS_LOCKED) > 10
    answers = poetry_says([path.parent for path in AS_LOCKED])
    for path, answer in zip(AS_LOCKED, answers, strict=True):
        lockfile, name = parse(path), case_name(path.parent)
        releases, ours = depfrag_says(lockfile)
        theirs = {(normal(a), normal(b), kind) for a, b, kind in answer["edges"]}
        assert (name, releases) == (name, set(map(normal, answer["releases"])))
        assert (name, ours - theirs) == (name, set())
        assert (name, theirs - ours) == (name, REASONS.get(name, set()))
        assert (name, answer["fresh"]) == (name, all(p.code != "outdated" for p in lockfile.problems))


def test_poetry_never_has_both_ends_of_the_edges_that_we_lack(shared):
    """In no environment are both installed that the edges of the peer join: the markers that poetry locked for them
    exclude each other, as poetry itself reads them."""
    script = (
        "import sys, json, tomllib; from poetry.core.version.markers import parse_marker\n"
        "lock = tomllib.load(open(sys.argv[1], 'rb'))\n"
        "by = {(p['name'], p['version']): parse_marker(p['markers']) for p in lock['package'] if 'markers' in p}\n"
        "pairs = json.load(sys.stdin)\n"
        "json.dump([by[tuple(a)].intersect(by[tuple(b)]).is_empty() for a, b in pairs], sys.stdout)\n"
    )
    folder = shared / "fixtures" / "poetry-lock-v2" / "cdxpy-private-packges_v2-lock21"
    expected = {tuple(map(tuple, pair)) for pair in json.loads((folder / "expected.json").read_text("utf-8"))["edges"]}
    lockfile = parse(folder / "poetry.lock")
    by_id = {r.id: (r.name, r.version or "") for r in lockfile.releases}
    ours = {(by_id[d.dependent], by_id[d.dependency]) for d in lockfile.dependencies if d.dependent in by_id}
    lacking = sorted(expected - ours)
    assert len(lacking) == 2
    run = subprocess.run(
        [pytools.program("python", *TOOLS), "-c", script, str(folder / "poetry.lock")],
        input=json.dumps(lacking),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(run.stdout) == [True, True]


def test_poetry_refuses_an_empty_file(tmp_path):
    (tmp_path / "poetry.lock").write_text("")
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "a"\nversion = "1"\n[tool.poetry]\npackage-mode = false\n'
    )
    poetry = pytools.program("poetry", *TOOLS)
    run = subprocess.run(
        [poetry, "show", "--no-interaction", "--no-ansi"],
        cwd=tmp_path,
        env={**pytools.ENVIRONMENT, "POETRY_VIRTUALENVS_CREATE": "false"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode
    assert "The lock file does not have a metadata entry" in run.stderr
