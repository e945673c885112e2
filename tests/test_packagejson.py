"""Manifests of JavaScript projects, there or not, and not as they should be."""

from __future__ import annotations

import pytest
from lockfiles.reading import Memory

from depfrag import packagejson
from depfrag.errors import LockfileError


def test_manifests():
    files = Memory({"package.json": '\ufeff{"name": "a"}', "b/package.json": '{"name": "b"}', "c/package.json": "[]"})
    assert packagejson.load(files, "") == {"name": "a"}
    assert packagejson.load(files, "b/") == {"name": "b"}
    assert packagejson.load(files, "d/") is None
    with pytest.raises(LockfileError, match="not a JSON object"):
        packagejson.load(files, "c/")


def test_the_project():
    files = Memory({"package.json": '{"name": "a"}', "c/package.json": "{"})
    assert packagejson.of_project("c/x.lock", files) == ({"name": "a"}, ())
    assert packagejson.of_project("c/x.lock", Memory()) == (None, ())
    manifest, (problem,) = packagejson.of_project("x.lock", files, "c/")
    assert manifest is None
    assert (problem.code, problem.level, problem.lockfile) == ("manifest", "warning", "x.lock")
    assert problem.message.startswith("the project's manifest cannot be read: c/package.json:1: not JSON")


def test_parts():
    manifest = {"dependencies": {"a": "1"}, "devDependencies": ["a"], "name": "x", "version": "", "license": {}}
    assert packagejson.section(manifest, "dependencies") == {"a": "1"}
    assert not packagejson.section(manifest, "devDependencies")
    assert not packagejson.section(manifest, "other")
    assert packagejson.text(manifest, "name") == "x"
    assert [packagejson.text(manifest, name) for name in ("version", "license", "other")] == [None] * 3
