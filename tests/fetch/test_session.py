"""Exchanges over real connections: every fault ends in an answer that says what happened, in time."""

from __future__ import annotations

import gzip
import socket
import time
import tracemalloc

import pytest
from servers import Flood, Reply, Web, bomb, certificate, cut, drip, drip_headers, free_port, reset, silence
from worlds import BRISK

from depfrag.fetch.session import Outside
from depfrag.protocols import Request
from depfrag.version import __version__

FINE = Reply(200, b'{"fine": true}')


class Clock:
    """Time that passes in sleep only."""

    def __init__(self):
        self.now = 1_000_000.0
        self.slept = []

    def time(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def outside(self, chance=1.0):
        return Outside(self.time, self.time, self.sleep, lambda: chance)


def test_an_answer(web, world):
    response = world.one(web.at("/a", FINE))
    assert response.document == b'{"fine": true}'
    assert (response.status, response.stale, response.trouble) == (200, False, None)
    (seen,) = web.seen
    assert seen.headers["accept"] == "application/json"
    assert seen.headers["user-agent"] == f"depfrag/{__version__}"
    assert seen.headers["accept-encoding"] == "gzip"
    assert "cookie" not in seen.headers
    assert "authorization" not in seen.headers


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_an_answer(web, world, status):
    response = world.one(web.at("/a", Reply(status, b"{}")))
    assert (response.status, response.document, response.trouble) == (status, None, None)
    assert len(web.seen) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Reply(500), Reply(502), Reply(503), Reply(429), Reply(408), Reply(act=reset), Reply(act=cut),
        Reply(act=lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)),
        Reply(200, b"half" + gzip.compress(b"x"), {"Content-Encoding": "gzip"}),
        Reply(200, gzip.compress(b"x" * 999)[:-9], {"Content-Encoding": "gzip"}),
        Reply(200, b"x", {"Content-Encoding": "br"}),
        Reply(act=lambda handler: handler.wfile.write(b"what?\r\n\r\n")),
    ],
)  # fmt: skip
def test_a_passing_fault_is_tried_again(web, world, fault):
    response = world.one(web.at("/a", fault, fault, FINE))
    assert response.document == b'{"fine": true}'
    assert response.trouble is None
    assert len(web.seen) == 3


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Reply(503), "127.0.0.1:PORT answered 503"),
        (Reply(429), "127.0.0.1:PORT was asked too often (429)"),
        (Reply(act=reset), "the connection to 127.0.0.1:PORT broke"),
        (Reply(act=cut), "127.0.0.1:PORT"),
        (Reply(200, b"", {"Content-Encoding": "gzip"}), "the answer ended too soon (127.0.0.1:PORT)"),
        (Reply(200, b"x", {"Content-Encoding": "zstd"}), "encoded in a way that was not asked for (127.0.0.1:PORT)"),
    ],
)
def test_a_lasting_fault_is_told(web, world, fault, said):
    response = world.one(web.at("/a", fault))
    assert response.document is None
    assert said.replace("PORT", str(web.port)) in response.trouble
    assert len(web.seen) == BRISK.attempts


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "answered 400"), (401, "refuses access with no credentials (401)"), (403, "refuses access"),
        (451, "answered 451"), (204, "answered 204"), (206, "answered 206"), (300, "answered 300"),
        (302, "answered 302"), (407, "the proxy asks for credentials (407)"),
    ],
)  # fmt: skip
def test_a_refusal_is_not_tried_again(web, world, status, said):
    response = world.one(web.at("/a", Reply(status)))
    assert said in response.trouble
    assert (response.status, response.document) == (status, None)
    assert len(web.seen) == 1


def test_attempts_wait_longer_each_time(web, make):
    clock = Clock()
    limits = BRISK._replace(backoff=1, attempts=5, wait=3, patience=100)
    make(limits=limits, outside=clock.outside()).one(web.at("/a", Reply(500)))
    assert clock.slept == [1, 2, 3, 3]


def test_chance_shortens_pauses(web, make):
    clock = Clock()
    limits = BRISK._replace(backoff=1, attempts=3)
    make(limits=limits, outside=clock.outside(chance=0.0)).one(web.at("/a", Reply(500)))
    assert clock.slept == [0.5, 1]


def test_patience_ends_attempts(web, make):
    clock = Clock()
    limits = BRISK._replace(backoff=4, attempts=9, wait=60, patience=10)
    assert make(limits=limits, outside=clock.outside()).one(web.at("/a", Reply(500))).trouble
    assert clock.slept == [4]


@pytest.mark.parametrize(
    ("asked", "slept"),
    [
        ("3", 3.0), ("0", 2.0), ("nonsense", 2.0), ("Mon, 12 Jan 1970 13:46:44 GMT", 4.0),
        ("Mon, 12 Jan 1970 13:46:00 GMT", 2.0), ("99999999999999999999 GMT", 2.0),
    ],
)  # fmt: skip
def test_retry_after_is_honoured(web, make, asked, slept):
    clock = Clock()
    limits = BRISK._replace(throttled=2)
    url = web.at("/a", Reply(429, headers={"Retry-After": asked}), FINE)
    response = make(limits=limits, outside=clock.outside()).one(url)
    assert response.trouble is None
    assert clock.slept[0] == pytest.approx(slept)


def test_all_wait_when_a_host_asks_for_a_pause(web, make):
    clock = Clock()
    world = make(outside=clock.outside())
    world.hosts.pause(f"127.0.0.1:{web.port}", clock.now + 3)
    assert world.one(web.at("/a", FINE)).trouble is None
    assert clock.slept == [3 + BRISK.backoff]


def test_a_pause_that_is_too_long_is_not_waited_for(web, make):
    clock = Clock()
    world = make(outside=clock.outside())
    first = web.at("/a", Reply(503, headers={"Retry-After": "3600"}))
    responses = [world.one(first), world.one(web.at("/b", FINE))]
    assert clock.slept == []
    assert [r.trouble for r in responses] == [f"127.0.0.1:{web.port} answered 503 and asks to wait 3600 s"] * 2
    assert web.paths() == ["/a"]
    assert len(world.notes) == 1


def test_a_host_that_fails_for_ever_is_given_up(web, make):
    limits = BRISK._replace(failures=3, per_host=1, attempts=2)
    world = make(limits=limits)
    web.otherwise = lambda path, headers: Reply(503)
    responses = world.get(*(f"{web.url}/{n}" for n in range(50)))
    assert len(responses) == 50
    assert all(r.trouble == f"127.0.0.1:{web.port} answered 503" for r in responses)
    assert len(web.seen) == 3 * 2
    assert world.notes == [f"127.0.0.1:{web.port} is not asked again: 127.0.0.1:{web.port} answered 503"]


def test_failures_between_answers_give_no_host_up(web, make):
    world = make(limits=BRISK._replace(failures=2, per_host=1, attempts=1))
    web.otherwise = lambda path, headers: FINE if int(path[1:]) % 2 else Reply(500)
    responses = world.get(*(f"{web.url}/{n}" for n in range(10)))
    assert sum(r.document is not None for r in responses) == 5
    assert len(web.seen) == 10


def test_connection_refused(world):
    port = free_port()
    started = time.monotonic()
    responses = world.get(*(f"http://127.0.0.1:{port}/{n}" for n in range(40)))
    assert {r.trouble for r in responses} == {f"no connection to 127.0.0.1:{port}"}
    assert time.monotonic() - started < 2
    assert len(world.notes) == 1


def test_no_connection_in_time(make):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        world = make(limits=BRISK._replace(connect=0.2, attempts=2))
        response = world.one(f"http://127.0.0.1:{port}/")
        for one in waiting:
            one.close()
    assert response.trouble == f"no connection to 127.0.0.1:{port} in 0.2 s"


def test_a_name_that_is_not_known(world, monkeypatch):
    def fail(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert world.one("http://registry.npm.example/a").trouble == "the name registry.npm.example is not known"


@pytest.mark.parametrize("fault", [drip, drip_headers])
def test_a_slow_drip_ends(web, make, fault):
    world = make(limits=BRISK._replace(total=0.4))
    started = time.monotonic()
    response = world.one(web.at("/a", Reply(act=fault)))
    assert response.trouble == f"127.0.0.1:{web.port} took longer than 0.4 s"
    assert time.monotonic() - started < 1.5
    assert len(web.seen) == 1


def test_silence_ends(web, make):
    world = make(limits=BRISK._replace(read=0.1, attempts=2))
    response = world.one(web.at("/a", Reply(act=silence)))
    assert response.trouble == f"127.0.0.1:{web.port} sent nothing for 0.1 s"
    assert len(web.seen) == 2


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_100_mb_is_not_read_to_its_end(web, world, chunked):
    flood = Flood(100 << 20, chunked=chunked)
    tracemalloc.start()
    response = world.one(web.at("/a", Reply(act=flood)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert response.trouble == f"the answer of 127.0.0.1:{web.port} is larger than it may be"
    assert flood.sent < 20 << 20
    assert peak < 10 << 20
    assert len(web.seen) == 1


def test_a_length_that_is_too_large_is_believed(web, world):
    response = world.one(web.at("/a", Reply(act=drip)), most=1000)
    assert "larger than it may be" in response.trouble


def test_a_gzip_bomb_is_not_unfolded(web, world):
    body = bomb(200 << 20)
    assert len(body) < 1 << 20
    tracemalloc.start()
    response = world.one(web.at("/a", Reply(200, body, {"Content-Encoding": "gzip"})))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "larger than it may be" in response.trouble
    assert peak < 20 << 20


def test_compressed_answers(web, world):
    two = gzip.compress(b"[1,") + gzip.compress(b"2]")
    assert world.one(web.at("/a", Reply(200, two, {"Content-Encoding": "gzip"}))).document == b"[1,2]"


def test_chunked_answers(web, world):
    flood = Flood(200_000, chunked=True)

    def whole(handler):
        flood(handler)
        handler.wfile.write(b"0\r\n\r\n")

    assert len(world.one(web.at("/a", Reply(act=whole))).document) >= 200_000


def test_faults_use_no_connection_up(web, make):
    world = make(limits=BRISK._replace(attempts=1, failures=999, per_host=2))
    faults = [
        Reply(act=Flood(4 << 20)), Reply(act=cut), Reply(act=reset), Reply(500, b"x" * (1 << 20)),
        Reply(404, b"x" * (1 << 20)), Reply(302, b"x" * (1 << 20), {"Location": "/fine"}),
        Reply(200, b"x", {"Content-Encoding": "br"}),
    ]  # fmt: skip
    web.otherwise = lambda path, headers: FINE if path == "/fine" else faults[int(path[1:]) % len(faults)]
    world.get(*(f"{web.url}/{n}" for n in range(6 * len(faults))))
    assert world.one(web.url + "/fine").document == FINE.body


def test_connections_are_used_again_and_never_more_than_8(web, world):
    web.otherwise = lambda path, headers: Reply(200 if path != "/7" else 404, b"{}", delay=0.005)
    responses = world.get(*(f"{web.url}/{n}" for n in range(100)))
    assert [r.request.url for r in responses] == [f"{web.url}/{n}" for n in range(100)]
    assert 1 < web.busiest <= 8
    assert web.connections <= 8


# -- redirects -------------------------------------------------------------------------------------------------------


def moved(to, status=302):
    return Reply(status, b"moved", {"Location": to})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(web, world, status):
    web.at("/c/d", FINE)
    assert world.one(web.at("/a", moved("/c/d", status))).document == FINE.body
    assert len(web.seen) == 2


def test_a_redirect_loop_ends(web, world):
    web.at("/b", moved("/a"))
    response = world.one(web.at("/a", moved("/b")))
    assert response.trouble == f"127.0.0.1:{web.port} redirects more than {BRISK.redirects} times"
    assert len(web.seen) == BRISK.redirects + 1


@pytest.mark.parametrize("to", ["ftp://files.example/a", "javascript:alert(1)", "http://[", "file:///etc/passwd"])
def test_redirects_that_are_no_addresses(web, world, to):
    response = world.one(web.at("/a", moved(to)))
    assert response.trouble == f"127.0.0.1:{web.port} redirects to what is no address of the web"
    assert response.document is None


def test_no_redirect_from_the_internet_leads_inside(web, make):
    with Web() as inside:
        inside.otherwise = lambda path, headers: FINE
        names = {"localhost": "93.184.216.34", "localhost.": "127.0.0.1", "2130706433": "127.0.0.1"}
        world = make(outside=Outside(resolve=lambda name: [names.get(name, name)]))
        for to in (f"{inside.url}/", f"http://localhost.:{inside.port}/", f"http://2130706433:{inside.port}/"):
            web.at("/a", moved(to))
            response = world.one(f"http://localhost:{web.port}/a")
            assert response.trouble == f"localhost:{web.port} redirects to a private address: refused"
        assert inside.seen == []


def test_a_name_that_turns_private_when_it_is_connected_to_is_refused(web, make):
    with Web() as inside:
        inside.otherwise = lambda path, headers: FINE
        web.at("/a", moved(f"http://127.0.0.1:{inside.port}/b"))
        lies = Outside(resolve=lambda name: ["93.184.216.34"])
        response = make(outside=lies).one(f"http://localhost:{web.port}/a")
        assert response.trouble == f"127.0.0.1:{inside.port} redirects to a private address: refused"
        assert inside.seen == []


def test_inside_one_may_lead_to_another(web, world):
    with Web() as other:
        other.at("/b", FINE)
        assert world.one(web.at("/a", moved(f"{other.url}/b"))).document == FINE.body


def test_no_credentials_follow_to_another_host(web, make):
    with Web() as other:
        other.at("/b", FINE)
        world = make()
        for place in (web.url, other.url):
            world.credentials.registry(place.replace("//", "//user:planted-secret@"))
        world.one(web.at("/a", moved("/here")))
        world.one(web.at("/c", moved(f"{other.url}/b")))
        assert ["authorization" in seen.headers for seen in web.seen] == [True, True, True]
        assert ["authorization" in seen.headers for seen in other.seen] == [False]


# -- TLS and proxies -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    """A file with a key and a certificate for 127.0.0.1."""
    made = certificate(tmp_path_factory.mktemp("tls"))
    if made is None:
        pytest.skip("openssl is not installed")
    return made


def test_certificates(signed, make):
    with Web(certificate=signed) as web:
        url = web.at("/a", FINE)
        strange = make().get(url, web.at("/b", FINE))
        for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "PIP_CERT"):
            trusted = make({variable: signed}, max_age=0)
            assert trusted.one(url).document == FINE.body, variable
        assert make(npm={"cafile": signed}, max_age=0).one(url).document == FINE.body
        assert web.paths().count("/a") == 5
    for response in strange:
        assert response.document is None
        assert response.trouble.startswith(f"the certificate of 127.0.0.1:{web.port} is not accepted (")
        assert response.trouble.endswith("; SSL_CERT_FILE names others to trust")


def test_an_encrypted_connection_can_be_cut(signed, make):
    with Web(certificate=signed) as web:
        world = make({"SSL_CERT_FILE": signed}, limits=BRISK._replace(total=0.4))
        response = world.one(web.at("/a", Reply(act=drip)))
    assert response.trouble == f"127.0.0.1:{web.port} took longer than 0.4 s"


def test_no_redirect_leads_out_of_encryption(signed, web, make):
    with Web(certificate=signed) as safe:
        world = make({"SSL_CERT_FILE": signed})
        response = world.one(safe.at("/a", moved(web.at("/b", FINE))))
    assert response.trouble == f"127.0.0.1:{safe.port} redirects from an encrypted connection to one that is not"
    assert web.seen == []


def test_a_certificate_for_another_name(tmp_path, make):
    made = certificate(tmp_path, "DNS:registry.npm.example")
    if made is None:
        pytest.skip("openssl is not installed")
    with Web(certificate=made) as web:
        response = make({"SSL_CERT_FILE": made}).one(web.at("/a", FINE))
    assert "certificate" in response.trouble
    assert web.seen == []


def test_a_proxy_is_asked(web, make):
    web.otherwise = lambda path, headers: Reply(200, path.encode())
    world = make({"http_proxy": web.url.replace("//", "//me:planted-secret@")})
    assert world.one("http://registry.npm.example/a").document == b"http://registry.npm.example/a"
    assert web.seen[0].headers["proxy-authorization"].startswith("Basic ")
    assert "authorization" not in web.seen[0].headers


def test_a_proxy_that_is_not_there(make):
    world = make({"https_proxy": f"http://me:planted-secret@127.0.0.1:{free_port()}"})
    response = world.one("https://registry.npm.example/a")
    assert response.trouble == "the proxy does not lead to registry.npm.example"


def test_a_proxy_of_a_kind_that_is_not_there(make):
    response = make({"all_proxy": "socks5h://127.0.0.1:9"}).one("https://registry.npm.example/a")
    assert response.trouble == "registry.npm.example cannot be asked in this way"


@pytest.mark.parametrize(
    "url", ["", "nowhere", "ftp://a.example/x", "http://", "http://[/", "http://a:b/", "file:///etc/passwd"]
)
def test_what_is_no_address(world, url):
    assert world.one(url).trouble == "not an address of the web"


@pytest.mark.parametrize("url", ["http://a..b/x", f"http://{'a' * 70}.example/"])
def test_addresses_that_libraries_cannot_take(world, url, monkeypatch):
    assert "cannot be asked in this way" in world.one(url).trouble


def test_stopping_ends_what_is_under_way(web, make):
    import threading

    world = make(limits=BRISK._replace(read=30, total=60, patience=60))
    request = Request(web.at("/a", Reply(act=silence)), "*/*", bytes)
    thread = threading.Thread(target=lambda: answers.append(world.session.ask(request, {})))
    answers = []
    thread.start()
    while not web.seen:
        time.sleep(0.01)
    world.session.stop()
    thread.join(2)
    assert not thread.is_alive()
    assert answers[0].trouble is not None
