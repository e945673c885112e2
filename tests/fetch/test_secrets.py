"""A secret planted in every place where configuration may have one comes to light nowhere but in its own header."""

from __future__ import annotations

import base64
import logging
import os
import pathlib

import pytest
from servers import Reply, Web, free_port

from depfrag.fetch.opening import open_world
from depfrag.model import Release
from depfrag.protocols import Request, Wanted

SECRET = "planted-5ecret-5ecret"


def forms():
    """The secret as it may show: plain, or in base64 at any offset."""
    yield SECRET.encode()
    for before in range(3):
        yield base64.b64encode(b"x" * before + SECRET.encode())[4:-4]


def shows(data):
    return [form for form in forms() if form in data]


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """A project and a home full of secrets for one host."""

    def plant(web):
        address = web.url.partition("//")[2]
        project, home = tmp_path / "project", tmp_path / "home"
        password = base64.b64encode(SECRET.encode()).decode()
        files = {
            project / ".npmrc": (
                f"registry={web.url}/npm/\n@a:registry=http://user:{SECRET}@{address}/a/\n"
                f"@b:registry={web.url}/b/\n//{address}/b/:username=user\n//{address}/b/:_password={password}\n"
                f"@c:registry={web.url}/c/\n//{address}/c/:_auth={base64.b64encode(f'user:{SECRET}'.encode()).decode()}\n"
                f"//{address}/npm/:_authToken=${{NPM_TOKEN}}\n_authToken={SECRET}\n"
            ),
            home / ".npmrc": f"//{address}/:_authToken={SECRET}\nproxy=http://user:{SECRET}@127.0.0.1:9/\n",
            home
            / ".config"
            / "pip"
            / "pip.conf": f"[global]\nextra-index-url = http://user:{SECRET}@{address}/pip/simple\n",
            project / "pyproject.toml": (
                f"[[tool.uv.index]]\nname = 'own'\nurl = 'http://user:{SECRET}@{address}/uv/simple'\nexplicit = true\n"
                f"[[tool.uv.index]]\nname = 'named'\nurl = 'http://{address}/named/simple'\nexplicit = true\n"
                "[tool.uv.sources]\nown = { index = 'own' }\nnamed = { index = 'named' }\n"
            ),
            home / ".netrc": f"machine 127.0.0.1 login user password {SECRET}\nmachine x.example password {SECRET}\n",
        }
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return {
            "HOME": str(home), "DEPFRAG_CACHE_DIR": str(tmp_path / "cache"), "PATH": os.environ["PATH"],
            "no_proxy": "127.0.0.1", "NPM_TOKEN": SECRET, "PIP_INDEX_URL": f"http://user:{SECRET}@{address}/index/simple",
            "UV_INDEX_NAMED_USERNAME": "user", "UV_INDEX_NAMED_PASSWORD": SECRET,
        }  # fmt: skip

    return plant


def requests(routes, project):
    """Requests for packages of every kind of configuration."""
    wanted = [("npm", name, "package-lock.json", None) for name in ("left-pad", "@a/x", "@b/x", "@c/x")]
    wanted += [("pypi", "own", "uv.lock", None), ("pypi", "named", "uv.lock", None)]
    for ecosystem, name, lockfile, source in wanted:
        release = Release("x", ecosystem, name, "1", source=source)
        base = routes.base(Wanted(release, str(project / lockfile)))
        assert base is not None, name
        assert SECRET not in base
        yield Request(base + name, "application/json", echo)


def echo(body):
    if b"bad" in body:
        raise ValueError(body.decode())
    return body


REPLIES = [
    lambda path, headers: Reply(200, b"good", {"ETag": '"x"'}),
    lambda path, headers: Reply(200, f"good {headers['authorization']}".encode()),
    lambda path, headers: Reply(200, f"good {SECRET}".encode()),
    lambda path, headers: Reply(200, b"good", {"ETag": f'"{headers["authorization"]}"'}),
    lambda path, headers: Reply(200, b"good", {"Last-Modified": headers["authorization"]}),
    lambda path, headers: Reply(200, f"bad {headers['authorization']} {SECRET}".encode()),
    lambda path, headers: Reply(401, headers["authorization"].encode()),
    lambda path, headers: Reply(500, headers["authorization"].encode(), {"Retry-After": "3600"}),
    lambda path, headers: Reply(302, b"", {"Location": f"http://user:{SECRET}@127.0.0.1:{web_elsewhere}/x"}),
    lambda path, headers: Reply(302, b"", {"Location": f"ftp://user:{SECRET}@x.example/"}),
    lambda path, headers: Reply(404, headers["authorization"].encode()),
]
web_elsewhere = free_port()


@pytest.mark.parametrize("number", range(len(REPLIES)))
def test_no_secret_comes_to_light(planted, tmp_path, caplog, capfd, number):
    caplog.set_level(logging.DEBUG)
    notes, said = [], []
    with Web() as web:
        web.otherwise = REPLIES[number]
        fetch, routes = open_world(0, planted(web), notes.append, offline=False)
        for _ in range(2):
            responses = list(fetch.documents(requests(routes, tmp_path / "project")))
            said.extend(repr(r._replace(request=r.request._replace(keep=None))) for r in responses)
        if fetch._session is not None:
            fetch._session.stop()
        fetch._cache.close()
        sent = [seen.headers.get("authorization", "") for seen in web.seen]
        assert sent
        assert all(SECRET in s or shows(s.encode()) for s in sent)
    kept = b"".join(path.read_bytes() for path in pathlib.Path(tmp_path / "cache").rglob("*") if path.is_file())
    out, err = capfd.readouterr()
    logged = "\n".join(record.getMessage() + str(record.exc_info) for record in caplog.records)
    assert kept
    for place, text in {
        "cache": kept,
        "notes": notes,
        "responses": said,
        "log": logged,
        "out": out,
        "err": err,
    }.items():
        data = (
            text if isinstance(text, bytes) else "\n".join(text).encode() if isinstance(text, list) else text.encode()
        )
        assert not shows(data), place


def test_the_test_sees():
    assert shows(f"a{SECRET}b".encode())
    for user in ("", "u", "us", "use", "user"):
        assert shows(base64.b64encode(f"{user}:{SECRET}".encode()))
    assert not shows(b"nothing")
