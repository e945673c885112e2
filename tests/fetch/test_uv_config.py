"""uv's settings: variables, files and their precedence."""

from __future__ import annotations

import sys

import pytest

from depfrag.fetch import uv_config
from depfrag.fetch.files import NotUnderstoodError
from depfrag.fetch.uv_config import Index, UvIndexes

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the places are POSIX's")
A, B, C = (f"https://{name}.example/simple" for name in "abc")


@pytest.fixture
def told(tmp_path):
    """Settings of a project whose files a test gives by place and content."""
    places = {
        "project": tmp_path / "above" / "project" / "pyproject.toml",
        "own": tmp_path / "above" / "project" / "uv.toml",
        "above": tmp_path / "above" / "pyproject.toml",
        "user": tmp_path / "config" / "uv" / "uv.toml",
        "machine": tmp_path / "xdg" / "uv" / "uv.toml",
        "named": tmp_path / "named.toml",
    }
    for place in places.values():
        place.parent.mkdir(parents=True, exist_ok=True)
    environment = {
        "HOME": str(tmp_path / "home"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_CONFIG_DIRS": str(tmp_path / "xdg"),
    }

    def read(files=None, named=False, **variables):
        for name, content in (files or {}).items():
            places[name].write_text(content)
        if named:
            variables["UV_CONFIG_FILE"] = str(places["named"])
        return uv_config.indexes(str(places["project"].parent), {**environment, **variables})

    return read


def test_nothing(told):
    assert told() == UvIndexes()
    assert told().default is None
    assert told().extra == ()


@pytest.mark.parametrize(
    ("variables", "default", "extra"),
    [
        ({"UV_DEFAULT_INDEX": A}, A, ()),
        ({"UV_INDEX_URL": A}, A, ()),
        ({"UV_INDEX_URL": A, "UV_DEFAULT_INDEX": B}, B, ()),
        ({"UV_INDEX": f"{A} own={B}"}, None, (A, B)),
        ({"UV_INDEX": f"own={A}?x=1"}, None, (f"{A}?x=1",)),
        ({"UV_INDEX": f"{A}?x=1"}, None, (f"{A}?x=1",)),
        ({"UV_EXTRA_INDEX_URL": f"{A}\n{B}", "UV_DEFAULT_INDEX": f"main={C}"}, C, (A, B)),
        ({"UV_INDEX": ""}, None, ()),
    ],
)
def test_variables(told, variables, default, extra):
    found = told(**variables)
    assert (found.default, found.extra) == (default, extra)


def test_names_in_variables(told):
    assert told(UV_INDEX=f"own={A}").named("own") == A
    assert told(UV_INDEX=A).named("own") is None


TABLE = f"""
[[tool.uv.index]]
name = "own"
url = "{A}"
explicit = true

[[tool.uv.index]]
url = "{B}"
default = true

[[tool.uv.index]]
url = "{C}"

[tool.uv.sources]
Inner_Name = {{ index = "own" }}
two = [{{ index = "own", marker = "sys_platform == 'win32'" }}, {{ index = "other" }}]
local = {{ path = "../x" }}
"""


def test_a_project(told):
    found = told({"project": TABLE})
    assert found.indexes == (Index(A, "own", explicit=True), Index(B, None, default=True), Index(C))
    assert (found.default, found.extra, found.named("own"), found.none) == (B, (C,), A, False)
    assert found.mapped == {"inner-name": {"own"}, "two": {"own", "other"}}


@pytest.mark.parametrize(
    ("files", "default", "extra"),
    [
        ({"above": f'[tool.uv]\nindex-url = "{A}"'}, A, ()),
        ({"above": f'[tool.uv]\nindex-url = "{A}"', "project": "[project]\nname = 'x'"}, A, ()),
        ({"above": f'[tool.uv]\nindex-url = "{A}"', "project": f'[tool.uv]\nindex-url = "{B}"'}, B, ()),
        ({"project": f'[tool.uv]\nindex-url = "{A}"', "own": f'index-url = "{B}"'}, B, ()),
        ({"user": f'index-url = "{A}"', "machine": f'index-url = "{B}"'}, A, ()),
        ({"machine": f'index-url = "{B}"'}, B, ()),
        ({"user": f'extra-index-url = ["{A}"]', "machine": f'[[index]]\nurl = "{B}"'}, None, (A, B)),
        ({"own": f'[pip]\nindex-url = "{A}"\nextra-index-url = ["{B}"]'}, A, (B,)),
        ({"own": f'index = {{ url = "{A}" }}'}, None, (A,)),
        ({"own": "index-url = ''"}, "", ()),
    ],
)
def test_files(told, files, default, extra):
    found = told(files)
    assert (found.default, found.extra) == (default, extra)


def test_one_file_may_be_named_instead(told):
    files = {"named": f'index-url = "{A}"', "own": f'index-url = "{B}"', "user": "no-index = true"}
    found = told(files, named=True)
    assert (found.default, found.none) == (A, False)


def test_files_may_be_left_out(told):
    assert told({"own": f'index-url = "{B}"'}, UV_NO_CONFIG="1") == UvIndexes()
    assert told(UV_NO_CONFIG="0").default == B


def test_variables_come_first(told):
    assert told({"own": f'index-url = "{B}"'}, UV_INDEX_URL=A).default == A


@pytest.mark.parametrize("content", ["no-index = true", "[pip]\nno-index = true"])
def test_no_index(told, content):
    assert told({"own": content}).none
    assert told({"own": ""}, UV_NO_INDEX="true").none


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("index-url = ", "not TOML"), ("a = " + "[" * 5000, "not TOML"), ("index = ['x']", "an index without a url"),
        ("[[index]]\nname = 'x'", "an index without a url"), ("index-url = 3", "index-url is no text"),
        ("extra-index-url = [3]", "extra-index-url is no text"),
    ],
)  # fmt: skip
def test_files_that_uv_could_not_read(told, content, said):
    with pytest.raises(NotUnderstoodError, match=rf"uv\.toml: {said}"):
        told({"own": content})


@pytest.mark.parametrize(
    "content", ["tool = 3", "[tool]\nuv = 3", "[tool.uv]\nsources = 3", "[tool.uv.sources]\na = 3"]
)
def test_tables_that_are_none(told, content):
    assert told({"project": content}) == UvIndexes()


def test_folders_on_windows(monkeypatch):
    monkeypatch.setattr(uv_config.os, "name", "nt")
    assert uv_config._folders({"APPDATA": "A", "PROGRAMDATA": "P"}) == ["A", "P"]
