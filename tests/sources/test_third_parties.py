"""Whole scans with third parties on loopback: who is told what, what comes of it, and that none of them is needed."""

from __future__ import annotations

import hashlib
import json
import shutil
import time

import pytest
from registries import NpmRegistry, PythonIndex, packument, release_page, tgz
from servers import Reply, free_port, silence
from thirds import DepsDev, ThirdParties

from depfrag.fetch import limits
from depfrag.fetch.routes import ProjectRoutes

LISTS = tgz(
    {
        "manifests/native.json": json.dumps(
            {"mappings": {"a": {"replacements": ["x"]}}, "replacements": {"x": {"id": "Array.x", "type": "native"}}}
        )
    }
)
DEPSDEV = DepsDev(
    {"a@1.0.0": {}, "evil@1.0.0": {}, "flat@1.0": {"projectStatus": {"status": "active"}}},
    {"a": "2.0.0"},
    {"a@1.0.0": 3, "a@2.0.0": 500, "flat@1.0": 7},
)
ECOSYSTEMS = {"pkg:npm/a": {"downloads": 9, "downloads_period": "last-month", "critical": True}}
TOLD = ("@corp/secret", "secret", "from-git", "from-file")
"""Names that nobody but their own registry is told."""


def lock(**places):
    packages = {f"node_modules/{name.replace('__', '/')}": told for name, told in places.items()}
    needs = {name.removeprefix("node_modules/"): "*" for name in packages}
    return json.dumps({"lockfileVersion": 3, "packages": {"": {"dependencies": needs}, **packages}})


class Place:
    """A folder with two projects, their registries, which are the public ones, a company's one, and third parties."""

    def __init__(self, folder, npm, pypi, corp, thirds, cli, monkeypatch):
        self.folder, self.npm, self.pypi, self.corp, self.thirds, self._cli = folder, npm, pypi, corp, thirds, cli
        monkeypatch.setattr(ProjectRoutes, "_public_npm", lambda self: f"{npm.url}/")
        monkeypatch.setattr(ProjectRoutes, "_public_python", lambda self: pypi.base)
        for name, value in {**thirds.variables(), "DEPFRAG_CACHE_DIR": str(folder / "cache")}.items():
            monkeypatch.setenv(name, value)

    def scan(self, *words):
        """What a scan says as JSON, and the code that it exits with."""
        said = self._cli("scan", self.folder / "web", self.folder / "app", "--format", "json", *words)
        return said.code, json.loads(said.out)

    def told(self):
        """All that third parties were told, as text."""
        return " ".join(f"{one.path} {one.headers} {one.body}" for one in self.thirds.seen)


@pytest.fixture
def place(tmp_path, cli, monkeypatch):
    """The place, in which one package is reported to be malicious."""
    tarball = {"tarball": "https://registry.npm.example/module-replacements/-/module-replacements-3.0.0.tgz"}
    documents = {
        "a": packument("a", {"1.0.0": {"dist": {"unpackedSize": 900}}}),
        "evil": packument("evil", {"1.0.0": {"dist": {"unpackedSize": 10**7}}}),
        "module-replacements": packument(
            "module-replacements", {"3.0.0": {"dist": {**tarball, "shasum": hashlib.sha1(LISTS).hexdigest()}}}
        ),
    }
    bodies = {name: json.dumps(document).encode() for name, document in documents.items()}
    secret = {"@corp/secret": json.dumps(packument("@corp/secret", {"1.0.0": {}})).encode()}
    pages = {"flat==1.0": release_page("flat", "1.0", {"flat-1.0-py3-none-any.whl": 5000})}
    with (
        NpmRegistry(bodies, {"module-replacements@3.0.0": LISTS}) as npm,
        NpmRegistry(secret) as corp,
        PythonIndex(pages) as pypi,
        ThirdParties(DEPSDEV, {"evil@1.0.0": ["MAL-2024-7"]}, ECOSYSTEMS) as thirds,
    ):
        web, app = tmp_path / "web", tmp_path / "app"
        web.mkdir()
        app.mkdir()
        (web / "package-lock.json").write_text(
            lock(
                a={"version": "1.0.0", "dependencies": {"evil": "1"}},
                evil={"version": "1.0.0"},
                **{"@corp__secret": {"version": "1.0.0", "resolved": f"{npm.url}/@corp/secret/-/secret-1.0.0.tgz"}},
                **{"from-git": {"version": "1.0.0", "resolved": f"git+ssh://git@git.example/x.git#{'0' * 40}"}},
                **{"from-file": {"version": "1.0.0", "resolved": "file:../from-file.tgz"}},
            )
        )
        (web / ".npmrc").write_text(f"registry={npm.url}/\n@corp:registry={corp.url}/\n")
        (app / "uv.lock").write_text(
            'version = 1\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\n'
            'dependencies = [{ name = "flat" }, { name = "secret" }]\n'
            f'[[package]]\nname = "flat"\nversion = "1.0"\nsource = {{ registry = "{pypi.base}" }}\n'
            f'[[package]]\nname = "secret"\nversion = "1.0"\nsource = {{ registry = "{pypi.base}corp/" }}\n'
        )
        yield Place(tmp_path, npm, pypi, corp, thirds, cli, monkeypatch)


def facts(report, release):
    (package,) = (p for p in report["packages"] if p["id"] == release)
    return {name: fact["value"] for name, fact in package["facts"].items() if fact is not None}


def problems(report, code):
    return [p["message"] for p in report["problems"] if p["code"] == code]


def test_what_third_parties_add(place):
    code, report = place.scan()
    assert code == 1
    a, evil, flat = (facts(report, r) for r in ("npm:a@1.0.0", "npm:evil@1.0.0", "pypi:flat@1.0"))
    assert (a["ecosystem_dependents"], a["malicious"], a["replacement"]) == (500, False, {"instead": "Array.x"})
    assert evil["malicious"] == ["MAL-2024-7"]
    assert (flat["ecosystem_dependents"], flat["malicious"], flat["deprecated"]) == (7, False, False)
    (finding,) = (f for f in report["findings"] if f["rule"] == "malicious")
    assert (finding["level"], finding["subject"]) == ("critical", "npm:evil@1.0.0")
    assert finding["paths"][0][0] == "root:."
    assert report["verdict"]["sentence"].startswith("1 release reported to be malicious; nothing critical or high of ")
    assert not problems(report, "service")
    text = "2 releases are not from a public registry for certain: third parties are not asked about them"
    assert problems(report, "not-named") == [text]


def test_no_secret_leaves(place):
    place.scan("--source", "ecosystems")
    told = place.told()
    assert not [name for name in TOLD if name in told]
    assert "evil" in told
    assert "flat" in told
    assert place.corp.paths() == ["/@corp%2Fsecret"]
    assert "authorization" not in told


def test_ecosystems_is_asked_where_it_is_named_and_its_licence_is_told(place, cli, monkeypatch):
    place.scan()
    assert not any(path.startswith("/ecosystems") for path in place.thirds.paths())
    _, report = place.scan("--source", "ecosystems")
    assert facts(report, "npm:a@1.0.0")["critical"] is True
    assert facts(report, "npm:a@1.0.0")["ecosystem_dependents"] == 500
    monkeypatch.setenv("DEPFRAG_SOURCES", "ecosystems")
    said = cli("scan", place.folder / "web").out
    assert "ecosyste.ms (CC-BY-SA-4.0)" in " ".join(said.split())
    assert "CC-BY-SA-4.0" in cli("explain", place.folder / "web", "a").out


@pytest.mark.parametrize("more", [(), ("--source", "ecosystems")])
def test_without_third_parties_registries_alone_are_asked(place, more):
    code, report = place.scan("--no-third-party", *more)
    assert code == 0
    assert place.thirds.seen == []
    assert not problems(report, "service")
    assert facts(report, "npm:a@1.0.0")["publishers"] == ["ann"]
    assert facts(report, "npm:a@1.0.0")["replacement"] == {"instead": "Array.x"}
    assert "malicious" not in facts(report, "npm:a@1.0.0")


def test_offline_nobody_is_asked(place):
    _, first = place.scan()
    asked = [len(web.seen) for web in (place.npm, place.pypi, place.corp, place.thirds)]
    _, again = place.scan("--offline")
    assert again == first
    shutil.rmtree(place.folder / "cache")
    _, without = place.scan("--offline")
    assert facts(without, "npm:a@1.0.0") == {}
    assert asked == [len(web.seen) for web in (place.npm, place.pypi, place.corp, place.thirds)]


def test_a_warm_scan_asks_nothing(place):
    words = ("--source", "ecosystems")
    first = place.scan(*words)
    asked = [len(web.seen) for web in (place.npm, place.pypi, place.corp, place.thirds)]
    assert place.scan(*words) == first
    assert asked == [len(web.seen) for web in (place.npm, place.pypi, place.corp, place.thirds)]


@pytest.mark.parametrize("command", [("why", "a"), ("graph", "--complete")])
def test_only_what_is_scored_is_told_to_third_parties(place, cli, command):
    requirements = place.folder / "flat"
    requirements.mkdir()
    (requirements / "requirements.txt").write_text("flat==1.0\n")
    name, *rest = command
    cli(name, requirements, *(["flat"] if name == "why" else rest))
    assert place.pypi.seen
    assert place.thirds.seen == []


# -- snapshots -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("broken", [None, "/osv/querybatch", "/depsdev/findingsbatch"])
@pytest.mark.parametrize("words", [("--source", "ecosystems"), ("--as-of", "2016-01-01")])
def test_the_same_bytes_from_a_snapshot(place, cli, broken, words):
    if broken:
        place.thirds.at(broken, Reply(500))
    paths = (place.folder / "web", place.folder / "app")
    live = cli("scan", *paths, "--format", "json", *words).out
    assert cli("snapshot", "write", *paths, "-o", place.folder / "x.snapshot", *words).code == 0
    shutil.rmtree(place.folder / "cache")
    asked = len(place.thirds.seen)
    for more in (("--offline",), ()):
        again = cli("scan", *paths, "--format", "json", *words, "--snapshot", place.folder / "x.snapshot", *more)
        assert again.out == live
    assert len(place.thirds.seen) == asked
    assert bool(problems(json.loads(live), "service")) is (broken == "/osv/querybatch" or (
        broken is not None and "--as-of" not in words
    ))  # fmt: skip


# -- services that are not there -------------------------------------------------------------------------------------


def test_services_that_are_not_there_are_one_line_each_and_change_no_exit_code(place, monkeypatch):
    port = free_port()
    for name in ("DEPSDEV", "OSV", "ECOSYSTEMS"):
        monkeypatch.setenv(f"DEPFRAG_{name}_URL", f"http://127.0.0.1:{port}/{name.lower()}")
    started = time.monotonic()
    code, report = place.scan("--source", "ecosystems")
    assert time.monotonic() - started < 10
    assert code == 0
    why = f"did not answer: no connection to 127.0.0.1:{port}; "
    assert sorted(problems(report, "service")) == [
        f"OSV {why}whether releases are reported to be malicious is unknown",
        f"deps.dev {why}how many packages of the registry need a release is unknown, and what deps.dev else could tell",
        f"ecosyste.ms {why}what it could tell of publishers, dependents and downloads is unknown",
    ]
    assert facts(report, "npm:a@1.0.0")["publishers"] == ["ann"]


@pytest.mark.parametrize("reply", [Reply(500), Reply(429, headers={"Retry-After": "600"}), Reply(200, b"<html>")])
def test_services_that_do_not_serve(place, monkeypatch, reply):
    monkeypatch.setattr(limits, "spare", lambda bounds: bounds._replace(backoff=0.01, throttled=0.01, wait=1))
    place.thirds.posted = lambda path, body: reply
    code, report = place.scan()
    assert code == 0
    assert len(problems(report, "service")) == 2
    assert facts(report, "npm:a@1.0.0")["publishers"] == ["ann"]


def test_services_that_say_nothing_are_waited_for_once(place, monkeypatch):
    monkeypatch.setattr(limits, "spare", lambda bounds: bounds._replace(read=0.3, patience=0.3))
    place.thirds.posted = lambda path, body: Reply(act=silence)
    started = time.monotonic()
    _, report = place.scan()
    assert time.monotonic() - started < 8
    assert len(problems(report, "service")) == 2
    assert sorted(set(place.thirds.paths())) == ["/depsdev/versionbatch", "/osv/querybatch"]
    assert len(place.thirds.seen) == 2


def test_an_address_that_is_none_is_said(place, monkeypatch):
    monkeypatch.setenv("DEPFRAG_OSV_URL", "nowhere")
    assert problems(place.scan()[1], "service") == [
        "OSV did not answer: not an address of the web; whether releases are reported to be malicious is unknown"
    ]


def test_old_answers_are_used_and_said_to_be_old(place, monkeypatch):
    place.scan()
    place.thirds.posted = lambda path, body: Reply(503)
    monkeypatch.setattr(limits, "spare", lambda bounds: bounds._replace(attempts=1))
    _, report = place.scan("--max-age", "0")
    assert facts(report, "npm:evil@1.0.0")["malicious"] == ["MAL-2024-7"]
    stale = problems(report, "stale")
    assert [text.partition(" did")[0] for text in stale] == ["OSV", "deps.dev"]
    assert all("did not answer anew: its answers of " in text for text in stale)
