"""Whole scans against registries on loopback, through the real fetcher: what is asked, and what the report says."""

from __future__ import annotations

import hashlib
import json

import pytest
from registries import NpmRegistry, PythonIndex, packument, project_page, release_page, tgz

ARCHIVE = tgz({"index.js": "a();\nb();\nc();\n", "package.json": "{}"})
SHA1 = hashlib.sha1(ARCHIVE).hexdigest()


@pytest.fixture
def scan(depfrag, tmp_path):
    """Scans the test's folder and gives the report."""

    def run(*words, **variables):
        cache = str(tmp_path / "cache")
        done = depfrag("scan", ".", "--format", "json", "--exit-zero", *words, DEPFRAG_CACHE_DIR=cache, **variables)
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    return run


def lock(folder, **versions):
    packages = {f"node_modules/{name}": {"version": version} for name, version in versions.items()}
    root = {"name": "app", "version": "1.0.0", "dependencies": versions}
    text = json.dumps({"name": "app", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": root, **packages}})
    (folder / "package-lock.json").write_text(text)


def known(report, release):
    (package,) = (p for p in report["packages"] if p["id"] == release)
    return {name: fact["value"] for name, fact in package["facts"].items() if fact is not None}


def test_npm(scan, tmp_path):
    lock(tmp_path, a="1.0.0", b="1.0.0", c="1.0.0", d="1.0.0")
    dist = {"tarball": "https://registry.npm.example/a/-/a-1.0.0.tgz", "shasum": SHA1}
    packuments = {
        "a": packument("a", {"1.0.0": {"dist": dist}}),
        "b": packument("b", {"1.0.0": {"dist": {"unpackedSize": 900}, "deprecated": "use a"}}),
        "c": packument("c", {"1.0.0": {"dist": {**dist, "shasum": "0" * 40}}}),
    }
    packuments["c"]["versions"]["1.0.0"]["dist"]["tarball"] = "https://registry.npm.example/c/-/c-1.0.0.tgz"
    bodies = {name: json.dumps(document).encode() for name, document in packuments.items()}
    with NpmRegistry(bodies, {"a@1.0.0": ARCHIVE, "c@1.0.0": ARCHIVE}) as web:
        (tmp_path / ".npmrc").write_text(f"registry={web.url}/\n")
        report = scan("--inspect", "9")
        packages = ["/a", "/a/-/a-1.0.0.tgz", "/b", "/c", "/c/-/c-1.0.0.tgz", "/d"]
        assert sorted(web.paths()) == [*packages, "/module-replacements"]
    assert known(report, "npm:a@1.0.0") == {
        "publishers": ["ann"], "lines": 3, "bytes": 17, "published": "2015-01-01", "deprecated": False,
        "install_script": False, "manifest": {},
    }  # fmt: skip
    assert known(report, "npm:b@1.0.0")["bytes"] == 900
    assert known(report, "npm:b@1.0.0")["deprecated"] == "use a"
    assert "bytes" not in known(report, "npm:c@1.0.0")
    assert known(report, "npm:d@1.0.0") == {}
    problems = {(p["code"], p["package"]): p["message"] for p in report["problems"]}
    assert "sha1 is not the one" in problems["not-counted", "npm:c@1.0.0"]
    assert "knows no package of that name" in problems["not-in-registry", "npm:d@1.0.0"]
    (host,) = report["hosts"]
    assert (host["dates"], host["publishers"], host["asked"], host["answered"]) == ("publish", "registry", 4, 3)


def test_an_npm_registry_that_passes_on_little(scan, tmp_path):
    lock(tmp_path, a="1.0.0")
    bare = packument("a", {"1.0.0": {"maintainers": None, "_npmUser": None}}, maintainers=None)
    del bare["time"]
    with NpmRegistry({"a": json.dumps(bare).encode()}) as web:
        (tmp_path / ".npmrc").write_text(f"registry={web.url}/\n")
        report = scan()
    assert known(report, "npm:a@1.0.0") == {"manifest": {}}
    (problem,) = (p for p in report["problems"] if p["code"] == "mirror")
    assert problem["message"].startswith("127.0.0.1:")
    score = report["packages"][0]["score"]
    assert (score["parts"]["solitude"]["lower"], score["parts"]["solitude"]["upper"]) == (0.05, 1)


@pytest.mark.parametrize("api", [True, False])
def test_python(scan, tmp_path, api):
    (tmp_path / "requirements.txt").write_text("a==1.0\nb==2.0\n")
    files = {"a-1.0-py3-none-any.whl": 4000}
    with PythonIndex({"a==1.0": release_page("a", "1.0", files)}, {"a": project_page("a", files)}, api=api) as web:
        report = scan(PIP_INDEX_URL=web.base)
    facts = known(report, "pypi:a@1.0")
    assert facts["bytes_at_least"] == 4000
    assert facts.get("publishers") == (["ann"] if api else None)
    assert facts.get("deprecated") == (None if api else False)
    codes = {p["code"] for p in report["problems"]}
    assert "not-in-registry" in codes
    assert ("mirror" in codes) is not api
