"""Questions that are sent by POST, and those that a run can do without: a host out of reach is tried once, not long."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from servers import Reply, free_port, reset, silence
from worlds import BRISK

from depfrag.fetch import connections, limits
from depfrag.fetch.cache import key
from depfrag.fetch.kept import Kept
from depfrag.fetch.limits import Limits
from depfrag.protocols import Request

DAY = 24 * 3600


def ask(world, url, body=b"{}", **more):
    (response,) = world.fetch.documents([Request(url, "application/json", bytes, body=body, **more)])
    return response


@pytest.fixture
def echo(web):
    """A server that sends back what it is sent."""
    web.posted = lambda path, body: Reply(200, body, {"ETag": '"1"'})
    return web


def test_a_question_is_posted(echo, world):
    assert ask(world, f"{echo.url}/q", b'{"a":1}').document == b'{"a":1}'
    (seen,) = echo.seen
    assert (seen.body, seen.headers["content-type"], seen.headers["content-length"]) == (
        b'{"a":1}',
        "application/json",
        "7",
    )


def test_answers_are_kept_by_what_was_asked(echo, world):
    url = f"{echo.url}/q"
    for body in (b'{"a":1}', b'{"a":2}', b'{"a":1}'):
        assert ask(world, url, body).document == body
    assert len(echo.seen) == 2
    offline = Kept(world.cache, world.credentials, DAY)
    requests = [Request(url, "application/json", bytes, body=body) for body in (b'{"a":2}', b'{"a":3}')]
    assert [response.document for response in offline.documents(requests)] == [b'{"a":2}', None]
    assert key(requests[0], "") != key(requests[0]._replace(body=None), "")


def test_questions_are_not_conditional(echo, make):
    url = f"{echo.url}/q"
    for days in (0, 10):
        world = make(max_age=DAY, clock=lambda days=days: 1_458_554_400.0 + days * DAY)
        assert ask(world, url).document == b"{}"
    assert len(echo.seen) == 2
    assert not any("if-none-match" in seen.headers for seen in echo.seen)


@pytest.mark.parametrize("fault", [Reply(503), Reply(429), Reply(act=reset)])
def test_a_question_may_be_repeated(web, world, fault):
    url = web.at("/q", fault, Reply(200, b"fine"))
    assert ask(world, url, spare=True).document == b"fine"
    assert [seen.body for seen in web.seen] == [b"{}", b"{}"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_question_goes_nowhere_else(web, world, status):
    elsewhere = web.at("/b", Reply(200, b"fine"))
    response = ask(world, web.at("/a", Reply(status, headers={"Location": elsewhere})))
    assert response.trouble == f"127.0.0.1:{web.port} redirects a question that is meant for it alone"
    assert web.paths() == ["/a"]


# -- what a run can do without ---------------------------------------------------------------------------------------


def test_a_host_out_of_reach_is_tried_once(make, monkeypatch):
    tried = []
    connect = connections.HTTPConnection._new_conn
    monkeypatch.setattr(connections.HTTPConnection, "_new_conn", lambda line: (tried.append(line), connect(line))[1])
    port = free_port()
    world = make()
    response = ask(world, f"http://127.0.0.1:{port}/q", spare=True)
    assert (response.document, response.trouble) == (None, f"no connection to 127.0.0.1:{port}")
    assert len(tried) == 1
    assert ask(world, f"http://127.0.0.1:{port}/other", spare=True).trouble == response.trouble
    assert len(tried) == 1
    ask(make(), f"http://127.0.0.1:{port}/q")
    assert len(tried) == 1 + BRISK.attempts


def test_a_silent_host_is_waited_for_once(web, make, monkeypatch):
    monkeypatch.setattr(limits, "spare", lambda bounds: bounds._replace(read=0.2, patience=0.2))
    response = ask(make(), web.at("/q", Reply(act=silence)), spare=True)
    assert response.trouble == f"127.0.0.1:{web.port} sent nothing for 0.2 s"
    assert len(web.seen) == 1


def test_what_is_spare_has_tighter_bounds():
    usual, tight = Limits(), limits.spare(Limits())
    for name in ("connect", "reach", "read", "total", "wait", "patience"):
        assert getattr(tight, name) < getattr(usual, name)
    assert (tight.attempts, tight.per_host) == (usual.attempts, usual.per_host)
    assert limits.spare(BRISK).read == BRISK.read


@pytest.fixture
def slow_names(monkeypatch):
    """Names that take as long to look up as the test says, and the connections that came of them late."""
    late, go_on = [], threading.Event()
    create = connections.HTTPConnection._new_conn

    def look_up(line):
        go_on.wait(20)
        late.append(create(line))
        return late[-1]

    monkeypatch.setattr(connections.HTTPConnection, "_new_conn", look_up)
    yield late, go_on
    go_on.set()


def test_a_name_that_is_looked_up_for_ever(web, make, monkeypatch, slow_names):
    late, go_on = slow_names
    monkeypatch.setattr(limits, "spare", lambda bounds: bounds._replace(reach=0.1))
    started = time.monotonic()
    response = ask(make(), f"{web.url}/q", spare=True)
    assert time.monotonic() - started < 2
    assert response.trouble == f"no connection to 127.0.0.1:{web.port}"
    go_on.set()
    deadline = time.monotonic() + 5
    while not (late and late[0].fileno() == -1) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert late[0].fileno() == -1, "a connection that nobody waits for is closed"
    assert web.seen == []


def test_a_connection_in_time_is_used(echo, make, monkeypatch):
    monkeypatch.setattr(limits, "spare", lambda bounds: bounds._replace(reach=5))
    assert ask(make(), f"{echo.url}/q", spare=True).document == b"{}"


def test_what_connecting_raises_is_raised_where_the_connection_is_wanted():
    def fail():
        raise socket.gaierror(-2, "not known")

    with pytest.raises(socket.gaierror):
        connections._Reaching(fail).line(5)
