"""The front of fetching: what is imported when, where the cache is, and that offline means no socket."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import platformdirs
import pytest
from servers import Reply, silence

from depfrag.errors import ConfigError
from depfrag.fetch.opening import cache_file, open_world
from depfrag.model import Release
from depfrag.protocols import Request, Wanted

LEFT_PAD = Release("npm:left-pad@1.3.0", "npm", "left-pad", "1.3.0")


@pytest.fixture
def environment(tmp_path):
    return {"HOME": str(tmp_path), "DEPFRAG_CACHE_DIR": str(tmp_path / "cache"), "PATH": os.environ["PATH"]}


def documents(fetch, *urls):
    return list(fetch.documents([Request(url, "application/json", bytes) for url in urls]))


def close(fetch):
    """Lets go of what a run would keep until it ends."""
    if getattr(fetch, "_session", None) is not None:
        fetch._session.stop()
    fetch._cache.close()


def test_online_then_offline(web, environment):
    notes = []
    url = web.at("/left-pad", Reply(200, b"{}"))
    fetch, _ = open_world(3600, environment, notes.append, offline=False)
    assert documents(fetch, url)[0].document == b"{}"
    close(fetch)
    fetch, routes = open_world(3600, environment, None, offline=True)
    kept, missing = documents(fetch, url, web.url + "/other")
    assert (kept.document, kept.stale) == (b"{}", False)
    assert missing.trouble == "offline, and no answer was kept"
    npmrc = pathlib.Path(environment["HOME"]) / ".npmrc"
    npmrc.write_text(f"registry={web.url}")
    assert routes.base(Wanted(LEFT_PAD, "package-lock.json")) == f"{web.url}/"
    close(fetch)
    assert len(web.seen) == 1
    assert notes == []


def test_offline_without_a_cache(environment, tmp_path):
    fetch, routes = open_world(3600, environment, None, offline=True)
    assert fetch is None
    assert routes.base(Wanted(LEFT_PAD, "package-lock.json")) is None
    assert routes.public(Wanted(LEFT_PAD, "package-lock.json")) is False
    assert not (tmp_path / "cache").exists()


HEAVY = (
    "requests",
    "urllib3",
    "socket",
    "ssl",
    "sqlite3",
    "platformdirs",
    "packageurl",
    "urllib.request",
    "http.client",
)


def run(code, environment):
    """Runs a program and gives the JSON it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


IMPORTED = f"""
import json, os, sys
from depfrag.fetch.opening import open_world
from depfrag.protocols import Request
fetch, routes = open_world(3600, os.environ, None, offline=OFFLINE)
answers = fetch and list(fetch.documents([Request(os.environ["URL"], "application/json", bytes)]))
print(json.dumps([answers and answers[0].status, [name for name in {HEAVY} if name in sys.modules]]))
"""


def imported(environment, offline=True):
    status, names = run(IMPORTED.replace("OFFLINE", str(offline)), environment)
    return status, set(names)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere platformdirs decides")
@pytest.mark.parametrize("variable", ["DEPFRAG_CACHE_DIR", "XDG_CACHE_HOME", None])
def test_what_offline_imports(environment, tmp_path, variable):
    folder = environment.pop("DEPFRAG_CACHE_DIR")
    if variable:
        environment[variable] = folder
    assert imported({**environment, "URL": "https://registry.npm.example/a"}) == (None, set())


def test_what_answers_from_the_cache_import(web, environment):
    environment["URL"] = web.at("/left-pad", Reply(200, b"{}"))
    assert imported(environment, offline=False)[0] == 200
    connecting = {"requests", "urllib3", "socket", "ssl", "urllib.request", "http.client"}
    for offline in (True, False):
        status, names = imported(environment, offline)
        assert status == 200
        assert not names & connecting
    environment["URL"] += "/other"
    assert imported(environment, offline=True) == (0, {"sqlite3"})
    assert len(web.seen) == 1


def test_offline_opens_no_socket(web, environment):
    environment["URL"] = web.at("/left-pad", Reply(200, b"{}"))
    imported(environment, offline=False)
    web.at("/left-pad", Reply(500))
    guard = """
import sys
def refuse(event, arguments):
    if event.startswith("socket."):
        sys.exit(f"{event} {arguments}")
sys.addaudithook(refuse)
"""
    environment["URL"] += "/other"
    assert run(guard + IMPORTED.replace("OFFLINE", "True"), environment)[0] == 0
    with pytest.raises(AssertionError, match=r"socket\."):
        run(guard + IMPORTED.replace("OFFLINE", "False"), environment)


def test_where_the_cache_is(monkeypatch, tmp_path):
    assert cache_file({"DEPFRAG_CACHE_DIR": "/a/b"}) == os.path.join("/a/b", "answers.sqlite3")
    for variables in ({}, {"XDG_CACHE_HOME": str(tmp_path)}, {"XDG_CACHE_HOME": " "}):
        for name in ("XDG_CACHE_HOME", "DEPFRAG_CACHE_DIR"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        expected = platformdirs.user_cache_path("depfrag", appauthor=False) / "answers.sqlite3"
        assert cache_file(os.environ) == str(expected)


def test_elsewhere_platformdirs_says_where_the_cache_is(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name, appauthor: f"/Caches/{name}/{appauthor}")
    assert cache_file({}) == "/Caches/depfrag/False/answers.sqlite3"


def test_certificates_that_are_not_there_are_an_error_of_configuration(web, environment, tmp_path):
    environment["SSL_CERT_FILE"] = str(tmp_path / "none.pem")
    fetch, _ = open_world(3600, environment, None, offline=False)
    with pytest.raises(ConfigError, match=r"SSL_CERT_FILE names .*none.pem.* name a file of certificates"):
        documents(fetch, f"{web.url}/a")
    close(fetch)


def test_certificates_of_the_user_s_npm_but_not_of_a_project_s(web, environment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / ".npmrc").write_text("cafile=/project/none.pem\nproxy=http://127.0.0.1:9")
    web.at("/a", Reply(200, b"{}"))
    fetch, routes = open_world(3600, environment, None, offline=False)
    assert routes.base(Wanted(LEFT_PAD, "project/package-lock.json"))
    assert documents(fetch, f"{web.url}/a")[0].status == 200
    close(fetch)
    (tmp_path / ".npmrc").write_text("cafile=/user/none.pem")
    fetch, _ = open_world(0, environment, None, offline=False)
    with pytest.raises(ConfigError, match="npm's cafile names"):
        documents(fetch, f"{web.url}/a")
    close(fetch)


def test_settings_of_npm_that_cannot_be_read_change_nothing(web, environment, tmp_path):
    (tmp_path / ".npmrc").write_bytes(b"\xff")
    fetch, _ = open_world(3600, environment, None, offline=False)
    assert documents(fetch, web.at("/a", Reply(200, b"{}")))[0].status == 200
    close(fetch)


INTERRUPTED = """
import os, sys
from depfrag.fetch.opening import open_world
from depfrag.protocols import Request
fetch, _ = open_world(3600, os.environ, None, offline=False)
try:
    list(fetch.documents(Request(f"{os.environ['URL']}/{n}", "*/*", bytes) for n in range(50)))
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
def test_an_interrupt_ends_a_run_at_once(web, environment):
    web.otherwise = lambda path, headers: Reply(act=silence)
    environment = {**environment, "URL": web.url, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, "-c", INTERRUPTED], env=environment, stderr=subprocess.PIPE)
    while len(web.seen) < 8 and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    assert process.communicate(timeout=20) == (None, b"")
    assert process.returncode == 130
    assert time.monotonic() - started < 3
    assert len(web.seen) == 8
