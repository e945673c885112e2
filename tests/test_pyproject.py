"""What a pyproject.toml asks for, in the tables of every tool."""

from __future__ import annotations

import tomllib

import pytest
from lockfiles.reading import Memory

from depfrag import pyproject
from depfrag.errors import LockfileError


def needs(text):
    """The needs of a document: (name, kind, group) to the rest that is not empty."""
    found, unread = pyproject.manifest(tomllib.loads(text))
    assert not unread
    return {
        need[:3]: {k: v for k, v in need._asdict().items() if k not in need._fields[:3] and v} for need in found.needs
    }


PLAIN = {"release": "registry"}


def test_project():
    text = """
    [project]
    name = "My.App"
    dependencies = [
        "A_b[X,y] >=1,<2 ; python_version < '3.9'", "c", "d @ https://user:pass@files.example/d-1.0.zip",
        "e @ git+https://git.example/e.git@main", "my-app[all]", "f @ file:///srv/f-1-py3-none-any.whl",
    ]
    [project.optional-dependencies]
    All_Of = ["g", "h; os_name == 'nt' or os_name == 'x'", "my.app[web]"]
    """
    assert needs(text) == {
        ("a-b", "runtime", None): {
            "extras": ("x", "y"), "condition": 'python_version < "3.9"', "constraints": ("<2,>=1",), **PLAIN
        },
        ("c", "runtime", None): PLAIN,
        ("d", "runtime", None): {"release": "url", "source": "https://files.example/d-1.0.zip"},
        ("e", "runtime", None): {"release": "git", "source": "git+https://git.example/e.git#main"},
        ("f", "runtime", None): {"release": "file", "source": "/srv/f-1-py3-none-any.whl"},
        ("g", "extra", "all-of"): {"condition": "extra == 'all-of'", **PLAIN},
        ("h", "extra", "all-of"): {
            "condition": "extra == 'all-of' and (os_name == \"nt\" or os_name == \"x\")", **PLAIN
        },
    }  # fmt: skip


def test_groups_include_each_other():
    text = """
    [dependency-groups]
    One = ["a", {include-group = "two"}, {set-phasers-to = "stun"}, 7]
    two = ["b", {include-group = "One"}]
    odd = "c"
    """
    assert needs(text) == {("a", "dev", "one"): PLAIN, ("b", "dev", "two"): PLAIN}


def test_pdm_and_uv():
    text = """
    [tool.pdm.dev-dependencies]
    test = ["a>=1", "-e file:///${PROJECT_ROOT}/b#egg=b", "-e git+https://git.example/c.git@v1#egg=c"]
    [tool.uv]
    dev-dependencies = ["d"]
    """
    assert needs(text) == {
        ("a", "dev", "test"): {"constraints": (">=1",), **PLAIN},
        ("b", "dev", "test"): {"release": "link", "source": "/${PROJECT_ROOT}/b"},
        ("c", "dev", "test"): {"release": "git", "source": "git+https://git.example/c.git#v1"},
        ("d", "dev", "dev"): PLAIN,
    }


def test_poetry():
    text = """
    [tool.poetry]
    name = "app"
    [tool.poetry.dependencies]
    Python = "^3.8"
    a_b = "^1.2"
    c = {version = "~1", extras = ["X"], markers = "os_name == 'nt' or os_name == 'x'", python = "<3.9", source = "own"}
    d = {git = "https://token@git.example/d.git", tag = "v1"}
    e = {path = "../e", develop = true}
    f = {path = "dist/f-1.0.tar.gz"}
    g = {url = "https://files.example/g.whl"}
    h = {file = "dist/h.whl"}
    i = {version = "*", optional = true, python = "^3"}
    j = {version = "1", optional = true}
    k = [{version = "<2", python = "<3.8"}, {version = ">=2", python = ">=3.8"}, 7]
    l = {platform = "win32 || !=linux,darwin"}
    m = {platform = "no platform"}
    app = "*"
    [tool.poetry.extras]
    One = ["i", "nothing"]
    two = ["I"]
    [tool.poetry.dev-dependencies]
    n = "*"
    [tool.poetry.group.Docs]
    optional = true
    include-groups = ["test"]
    [tool.poetry.group.Docs.dependencies]
    o = "^1"
    """
    found = needs(text)
    assert found.pop(("k", "runtime", None)) == {
        "condition": 'python_version >= "3.8"', "constraints": (">=2",), **PLAIN
    }  # fmt: skip
    assert found == {
        ("a-b", "runtime", None): {"constraints": ("^1.2",), **PLAIN},
        ("c", "runtime", None): {
            "extras": ("x",), "condition": "(os_name == 'nt' or os_name == 'x') and python_version < \"3.9\"",
            "constraints": ("~1",), "from_index": "own", **PLAIN,
        },
        ("d", "runtime", None): {"release": "git", "source": "https://git.example/d.git"},
        ("e", "runtime", None): {"release": "link", "source": "../e"},
        ("f", "runtime", None): {"release": "file", "source": "dist/f-1.0.tar.gz"},
        ("g", "runtime", None): {"release": "url", "source": "https://files.example/g.whl"},
        ("h", "runtime", None): {"release": "file", "source": "dist/h.whl"},
        ("i", "extra", "one"): {
            "condition": "extra == 'one' and python_version >= \"3\" and python_version < \"4\"", "constraints": ("*",),
            **PLAIN,
        },
        ("i", "extra", "two"): {
            "condition": "extra == 'two' and python_version >= \"3\" and python_version < \"4\"", "constraints": ("*",),
            **PLAIN,
        },
        ("j", "optional", None): {"constraints": ("1",), **PLAIN},
        ("l", "runtime", None): {
            "condition": 'sys_platform == "win32" or sys_platform != "linux" and sys_platform == "darwin"', **PLAIN
        },
        ("m", "runtime", None): PLAIN,
        ("n", "dev", "dev"): {"constraints": ("*",), **PLAIN},
        ("o", "dev", "docs"): {"constraints": ("^1",), **PLAIN},
    }  # fmt: skip


def test_both_of_several_constraints_are_kept():
    text = '[tool.poetry.dependencies]\na = [{version = "<2", python = "<3.8"}, {version = ">=2", python = ">=3.8"}]\n'
    found, _ = pyproject.manifest(tomllib.loads(text))
    assert [(need.constraints, need.condition) for need in found.needs] == [
        (("<2",), 'python_version < "3.8"'),
        ((">=2",), 'python_version >= "3.8"'),
    ]


def test_poetry_adds_to_what_the_project_says():
    text = """
    [project]
    dependencies = ["a>=1", "b"]
    optional-dependencies = {x = ["c; os_name == 'nt'"]}
    [dependency-groups]
    test = ["d>=1"]
    [tool.poetry.dependencies]
    a = {git = "https://git.example/a.git"}
    c = {version = "<3", source = "own", optional = true, markers = "python_version < '4'"}
    other = "*"
    [tool.poetry.extras]
    y = ["c"]
    [tool.poetry.group.test.dependencies]
    d = {version = "<2", markers = "os_name == 'nt'"}
    [tool.poetry.group.more.dependencies]
    e = "*"
    """
    assert needs(text) == {
        ("a", "runtime", None): {"constraints": (">=1",), "release": "git", "source": "https://git.example/a.git"},
        ("b", "runtime", None): PLAIN,
        ("c", "extra", "x"): {
            "condition": "extra == 'x' and os_name == \"nt\" and python_version < '4'", "constraints": ("<3",),
            "from_index": "own", **PLAIN,
        },
        ("d", "dev", "test"): {"condition": "os_name == 'nt'", "constraints": (">=1", "<2"), **PLAIN},
        ("e", "dev", "more"): {"constraints": ("*",), **PLAIN},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("project", "names"),
    [
        ('dependencies = ["a"]', {"a"}),
        ('dependencies = ["a"]\ndynamic = ["optional-dependencies"]', {"a", "d"}),
        ('optional-dependencies = {x = ["b"]}\ndynamic = ["dependencies"]', {"b", "c"}),
        ('dynamic = ["dependencies"]', {"c", "d"}),
        ('name = "x"', {"c", "d"}),
    ],
)
def test_what_is_left_to_poetry(project, names):
    text = f'[project]\n{project}\n[tool.poetry.dependencies]\nc = "*"\nd = {{version = "*", optional = true}}\n'
    found, _ = pyproject.manifest(tomllib.loads(text))
    assert {need.name for need in found.needs} == names
    assert found.complete


def test_dependencies_left_to_the_build_backend():
    found, _ = pyproject.manifest(tomllib.loads('[project]\nname = "a"\ndynamic = ["dependencies", "version"]\n'))
    assert (found.name, found.needs, found.complete) == ("a", (), False)


@pytest.mark.parametrize(
    "text", ["", "[tool.black]\nline-length = 7\n", "[build-system]\nrequires = ['x']\n", "[project]\n"]
)
def test_a_manifest_that_says_nothing_is_none(text):
    assert pyproject.manifest(tomllib.loads(text)) == (None, ())


@pytest.mark.parametrize(
    "text",
    [
        "project = 1\ntool = 2", "[project]\ndependencies = 3\noptional-dependencies = [1]\nname = 4\ndynamic = 5",
        "[tool]\npoetry = []\npdm = 1\nuv = 'x'", "[tool.poetry]\ndependencies = []\ngroup = [1]\nextras = 3",
        "[tool.poetry.group]\na = 1\nb.dependencies = 'x'", "[tool.poetry.dependencies]\na = 7\nb = [[]]",
        "[tool.pdm]\ndev-dependencies = ['a']", "[tool.uv]\ndev-dependencies = {a = 1}", "dependency-groups = 'a'",
        "[tool.poetry.extras]\na = 'x'\nb = [7]",
    ],
)  # fmt: skip
def test_what_is_not_as_it_should_be_asks_for_nothing(text):
    found, unread = pyproject.manifest(tomllib.loads(text))
    assert unread == ()
    assert found is None or found.needs == ()


def test_beside_a_lockfile():
    assert pyproject.read("x.lock", Memory()) == (None, ())
    found, problems = pyproject.read("x.lock", Memory({"pyproject.toml": '[project]\nname = "a"\n'}))
    assert (found.name, problems) == ("a", ())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[project", "pyproject.toml:1: not TOML"),
        (b"\xff\xfe", "pyproject.toml:1: the text is UTF-16"),
        (LockfileError("pyproject.toml", "not a regular file"), "pyproject.toml: not a regular file"),
        ("[project]\ndependencies = [" + "'a'," * 20_001 + "]", "more than 20,000 dependencies"),
        (
            "[project]\ndependencies = [" + "'a b'," * 1_001 + "]",
            "more than 1,000 dependencies that are no requirements",
        ),
        ("#" * 2**21, "2 MiB is too large for a manifest; the limit is 1 MiB"),
        (
            "[tool.poetry.dependencies]\na = ["
            + "{optional = true}," * 500
            + "]\n[tool.poetry.extras]\n"
            + "".join(f"x{i} = ['a']\n" for i in range(500)),
            "more than 20,000 dependencies",
        ),
    ],
)
def test_a_manifest_that_cannot_be_read(content, said):
    found, (problem,) = pyproject.read("x.lock", Memory({"pyproject.toml": content}))
    assert found is None
    assert (problem.code, problem.level, problem.lockfile) == ("manifest", "warning", "x.lock")
    assert said in problem.message


def test_requirements_that_are_none():
    wrong = ["a b", "-e .", "c;;", "x" * 100 + " y", "d"]
    text = f"[project]\ndependencies = {wrong}\n"
    found, (problem,) = pyproject.read("x.lock", Memory({"pyproject.toml": text}))
    assert [need.name for need in found.needs] == ["d"]
    assert problem.message == "pyproject.toml: not requirements: 'a b', '-e .', 'c;;' and 1 more"
