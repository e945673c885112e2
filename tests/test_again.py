"""A scan from a snapshot equals the scan that wrote it, byte for byte, whatever registries had to say."""

from __future__ import annotations

import json
import shutil

import pytest
from registries import NpmRegistry, PythonIndex, packument, release_page

ARCHIVES = {"a": "1.0.0", "b": "1.0.0", "gone": "1.0.0", "other": "9.9.9", "young": "1.0.0"}
INDEX = {
    "flat==1.0": release_page(
        "flat", "1.0", {"flat-1.0-py3-none-any.whl": 5000}, info={"requires_dist": ["dep[x]>1", "team"]}
    ),
    "dep==2.0": release_page("dep", "2.0", {"dep-2.0.tar.gz": 3000}, info={"requires_dist": ["team; extra == 'x'"]}),
    "team==3.0": release_page("team", "3.0", {"team-3.0.zip": 9}, ownership={"roles": [], "organization": "team"}),
}


@pytest.fixture
def project(tmp_path):
    """A folder with lockfiles of both ecosystems, and loopback registries that lack some of what they list."""
    packuments = {
        "a": packument("a", {"1.0.0": {"dist": {"unpackedSize": 900}}}),
        "b": packument("b", {"1.0.0": {"deprecated": "use a"}, "1.1.0": {}}),
        "other": packument("other", {"1.0.0": {}}),
        "young": packument("young", {"1.0.0": {}}),
    }
    packuments["young"]["time"]["1.0.0"] = "2020-01-01T10:00:00.000Z"
    bodies = {name: json.dumps(document).encode() for name, document in packuments.items()}
    with NpmRegistry(bodies) as npm, PythonIndex(INDEX) as pypi:
        web = tmp_path / "web"
        web.mkdir()
        places = {
            f"node_modules/{name}": {"version": version, "dependencies": {"a": "1"} if name != "a" else {}}
            for name, version in ARCHIVES.items()
        }
        packages = {"": {"dependencies": ARCHIVES, "devDependencies": {"b": "1"}}, **places}
        (web / "package-lock.json").write_text(json.dumps({"lockfileVersion": 3, "packages": packages}, indent=2))
        (web / ".npmrc").write_text(f"registry={npm.url}/\n")
        for folder, registry in (("one", npm.url), ("two", f"{npm.url}/no-such-place")):
            # The same release: known and installed in one place, neither in the other.
            (tmp_path / folder).mkdir()
            lock = {
                "lockfileVersion": 3,
                "packages": {"": {"dependencies": {"a": "1"}}, "node_modules/a": places["node_modules/a"]},
            }
            (tmp_path / folder / "package-lock.json").write_text(json.dumps(lock))
            (tmp_path / folder / ".npmrc").write_text(f"registry={registry}/\n")
        installed = tmp_path / "one" / "node_modules" / "a"
        installed.mkdir(parents=True)
        (installed / "package.json").write_text('{"name": "a", "version": "1.0.0"}')
        (installed / "index.js").write_text("a();\nb();\n")
        lines = [f"--index-url {pypi.base}", "", "flat==1.0", "dep==2.0", "team==3.0", "lost==1.0"]
        (tmp_path / "requirements.txt").write_text("\n".join(lines))
        yield tmp_path


@pytest.mark.parametrize("words", [(), ("--as-of", "2016-03-21"), ("--prod",)])
def test_the_same_bytes_from_a_snapshot(project, depfrag, words):
    cache = {"DEPFRAG_CACHE_DIR": str(project / "cache")}
    scan = ("scan", ".", "--format", "json", *words)
    live = depfrag(*scan, **cache)
    assert live.returncode in (0, 1), live.stderr.decode()
    assert depfrag("snapshot", "write", ".", "-o", "facts.snapshot", *words, **cache).returncode == 0
    shutil.rmtree(project / "cache")
    for more in (("--offline",), ()):
        again = depfrag(*scan, *more, "--snapshot", "facts.snapshot", PYTHONHASHSEED="7", LC_ALL="C", TZ="UTC-9")
        assert again.stdout.decode() == live.stdout.decode()
    codes = {problem["code"] for problem in json.loads(live.stdout)["problems"]}
    assert {"not-in-registry", "supposed-direct"} <= codes
    assert ("too-new" in codes) == ("--as-of" in words)
    assert all(p["line"] for p in json.loads(live.stdout)["problems"] if p["code"] in ("not-in-registry", "too-new"))
