"""What all tests share: the data beside the project, a clean environment, and no network but loopback."""

from __future__ import annotations

import ipaddress
import os
import pathlib
import socket
import sys
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings

SHARED = pathlib.Path(__file__).resolve().parents[1] / ".." / "shared"
_FOREIGN = ("DEPFRAG_", "NPM_CONFIG_", "PIP_", "UV_", "_DEPFRAG")
_ALSO = (
    "NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "SOURCE_DATE_EPOCH", "CI", "GITHUB_ACTIONS", "GITLAB_CI",
    "JENKINS_URL", "TF_BUILD", "BUILDKITE", "CIRCLECI", "TEAMCITY_VERSION", "NODE_ENV", "NETRC", "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
)  # fmt: skip

# A gate must not fall by chance; what chance finds, it finds where people work.
settings.register_profile(
    "depfrag", deadline=None, derandomize="CI" in os.environ, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("depfrag")


@pytest.fixture(scope="session")
def shared() -> pathlib.Path:
    """The folder of recordings, fixtures and corpora beside the project; tests that need it are skipped without it."""
    if not SHARED.is_dir():
        pytest.skip("the data folder beside the project is not there")
    return SHARED


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path_factory, request):
    """No setting of the machine reaches a test, nor anything that another test kept: each has a home of its own."""
    for name in list(os.environ):
        if name.upper().startswith(_FOREIGN) or name.upper() in _ALSO:
            monkeypatch.delenv(name)
    top = tmp_path_factory.getbasetemp()
    home = top / f"home-{hash(request.node.nodeid) & (1 << 64) - 1:x}"  # made by the test that wants it
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home / name.lower()))
    monkeypatch.setenv("MPLCONFIGDIR", str(top / "matplotlib"))  # a list of fonts that takes seconds to make


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch):
    """Sockets reach this machine alone; anything else fails the test that tries it."""
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def check(address):
        if isinstance(address, tuple) and not _is_loopback(address[0]):
            pytest.fail(f"a test tried to reach {address[0]!r}", pytrace=True)

    def checked(method):
        def call(self, address):
            check(address)
            return method(self, address)

        return call

    def checked_look_up(host, *rest, **more):
        if host is not None:
            check((host,))
        return look_up(host, *rest, **more)

    monkeypatch.setattr(socket.socket, "connect", checked(connect))
    monkeypatch.setattr(socket.socket, "connect_ex", checked(connect_ex))
    monkeypatch.setattr(socket, "getaddrinfo", checked_look_up)


def _is_loopback(host: str | bytes) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


class Said(NamedTuple):
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


@pytest.fixture
def cli(capsys):
    """Runs depfrag in this process: ``cli("scan", path, "--offline")``."""
    from depfrag.cli.main import main

    def call(*words):
        capsys.readouterr()
        code = main([str(word) for word in words])
        return Said(code, *capsys.readouterr())

    return call


@pytest.fixture
def depfrag(tmp_path):
    """Runs depfrag in a process of its own: ``depfrag("scan", path, hash_seed="1")`` gives the completed process."""
    import subprocess

    def call(*words, python=(), cwd=tmp_path, **variables):
        environment = {**os.environ, "PYTHONHASHSEED": "0", "PYTHONWARNINGS": "error", **variables}
        command = [sys.executable, *python, "-m", "depfrag", *map(str, words)]
        return subprocess.run(command, capture_output=True, cwd=cwd, env=environment, timeout=120, check=False)

    return call
