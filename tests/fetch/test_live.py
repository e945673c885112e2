"""What is asked, what is kept and what is served instead: cache, validators, order and the end of a round."""

from __future__ import annotations

import threading
import time

import pytest
from servers import Reply, silence
from worlds import BRISK

from depfrag.fetch.kept import Kept
from depfrag.protocols import Request

FINE = Reply(200, b"fine", {"ETag": '"1"', "Last-Modified": "Mon, 21 Mar 2016 10:00:00 GMT"})
DAY = 24 * 3600


class Days:
    """A clock that a test moves."""

    def __init__(self):
        self.now = 1_458_554_400.0  # 2016-03-21 10:00 UTC

    def __call__(self):
        return self.now


@pytest.fixture
def days():
    return Days()


@pytest.fixture
def aged(make, days):
    """A World with a clock that a test moves, in which answers are fresh for a day."""
    return make(max_age=DAY, clock=days)


def test_a_fresh_answer_is_not_asked_for_again(web, aged, days):
    url = web.at("/a", FINE)
    first = aged.one(url)
    days.now += DAY - 1
    again = aged.one(url)
    assert again == first._replace(request=again.request)
    assert again.observed == "2016-03-21"
    assert len(web.seen) == 1


def test_an_old_answer_is_confirmed(web, aged, days):
    url = web.at("/a", FINE, Reply(304), Reply(500))
    aged.one(url)
    days.now += DAY
    again = aged.one(url)
    assert (again.document, again.status, again.stale, again.trouble) == (b"fine", 200, False, None)
    assert again.observed == "2016-03-22"
    assert web.seen[1].headers["if-none-match"] == '"1"'
    assert web.seen[1].headers["if-modified-since"] == "Mon, 21 Mar 2016 10:00:00 GMT"
    days.now += DAY - 1
    assert aged.one(url).document == b"fine"
    assert len(web.seen) == 2


def test_an_old_answer_is_replaced(web, aged, days):
    url = web.at("/a", FINE, Reply(200, b"new"))
    aged.one(url)
    days.now += DAY
    assert aged.one(url).document == b"new"
    days.now += DAY
    aged.one(url)
    assert "if-none-match" not in web.seen[2].headers


@pytest.mark.parametrize("etag", ["x" * 5000, '"\xe9"', ""])
def test_a_validator_that_cannot_be_sent_back_is_not_kept(web, aged, days, etag):
    def answer(handler):
        handler.wfile.write(f"HTTP/1.1 200 OK\r\nETag: {etag}\r\nContent-Length: 1\r\n\r\nx".encode("latin-1"))

    url = web.at("/a", Reply(act=answer))
    aged.one(url)
    days.now += DAY
    assert aged.one(url).trouble is None
    assert "if-none-match" not in web.seen[1].headers


@pytest.mark.parametrize("trouble", [Reply(500), Reply(401), Reply(200, b"nonsense"), Reply(act=silence), Reply(302)])
def test_a_stale_answer_stands_in_and_says_so(web, make, days, trouble):
    world = make(max_age=DAY, clock=days, limits=BRISK._replace(read=0.1, attempts=2))
    url = web.at("/a", FINE, trouble)

    def keep(body):
        if body == b"nonsense":
            raise ValueError("not JSON")
        return body

    world.one(url, keep=keep)
    days.now += 10 * DAY
    again = world.one(url, keep=keep)
    assert (again.document, again.status, again.stale, again.observed) == (b"fine", 200, True, "2016-03-21")
    assert again.trouble.endswith("; this is its answer of 2016-03-21")
    assert f"127.0.0.1:{web.port}" in again.trouble


def test_what_is_gone_now_is_gone(web, aged, days):
    url = web.at("/a", FINE, Reply(404))
    aged.one(url)
    days.now += DAY
    assert aged.one(url).status == 404
    assert aged.one(url).document is None
    assert len(web.seen) == 2


def test_what_is_missing_is_asked_for_sooner(web, aged, days):
    url = web.at("/a", Reply(404), FINE)
    assert aged.one(url).status == 404
    days.now += DAY / 24 - 1
    assert aged.one(url).status == 404
    assert len(web.seen) == 1
    days.now += 1
    assert aged.one(url).document == b"fine"
    assert "if-none-match" not in web.seen[1].headers


def test_an_answer_from_the_future_is_not_fresh(web, aged, days):
    url = web.at("/a", FINE)
    aged.one(url)
    days.now -= 1
    aged.one(url)
    assert len(web.seen) == 2


def test_nothing_changed_of_nothing_is_asked_for_again(web, world):
    url = web.at("/a", Reply(304), FINE)
    assert world.one(url).document == b"fine"
    assert web.seen[1].headers["cache-control"] == "no-cache"
    assert "cache-control" not in web.seen[0].headers


def test_nothing_changed_of_nothing_for_ever(web, world):
    response = world.one(web.at("/a", Reply(304)))
    assert (response.document, response.trouble) == (
        None,
        f"127.0.0.1:{web.port} says that nothing changed, of nothing",
    )
    assert len(web.seen) == 2


def test_a_damaged_answer_is_asked_for_again(web, aged, days):
    url = web.at("/a", FINE, Reply(200, b"again"), Reply(304), Reply(200, b"third"))
    aged.one(url)
    ruin = "UPDATE answers SET document = x'00'"
    aged.cache._connection.execute(ruin)
    assert aged.one(url).document == b"again"
    aged.cache._connection.execute(ruin)
    days.now += DAY
    assert aged.one(url).document == b"third"
    assert len(web.seen) == 4


@pytest.mark.parametrize(
    "change", [{"accept": "text/html"}, {"form": 2}, {"url": "?x"}],
)  # fmt: skip
def test_other_requests_have_other_answers(web, world, change):
    web.otherwise = lambda path, headers: Reply(200, (path + headers["accept"]).encode())
    request = Request(web.url + "/a", "application/json", bytes)
    other = request._replace(**{k: request.url + v if k == "url" else v for k, v in change.items()})
    list(world.fetch.documents([request]))
    list(world.fetch.documents([other]))
    list(world.fetch.documents([other]))
    assert len(web.seen) == 2


def test_accounts_have_their_own_answers(web, make):
    url = web.at("/a", FINE)
    for name in ("ann", "ann", "ben", None):
        world = make()
        if name:
            world.credentials.registry(web.url.replace("//", f"//{name}:planted-secret@"))
        assert world.one(url).document == b"fine"
    assert ["authorization" in seen.headers for seen in web.seen] == [True, True, False]


def test_only_what_keep_returns_is_kept(web, make, tmp_path):
    url = web.at("/a", Reply(200, b"whole document with mail@planted.example"))
    world = make()
    assert world.one(url, keep=lambda body: body[:5]).document == b"whole"
    world.cache.close()
    for file in (tmp_path / "cache").iterdir():
        assert b"planted" not in file.read_bytes()
    assert make().one(url).document == b"whole"


@pytest.mark.parametrize("error", [ValueError("no packument"), RecursionError("too deep")])
def test_what_keep_refuses_is_told_and_not_kept(web, world, error):
    def refuse(body):
        raise error

    url = web.at("/a", Reply(200, b"<html>", {"Content-Type": "text/html"}))
    response = world.one(url, keep=refuse)
    assert response.trouble == f"127.0.0.1:{web.port} sent what cannot be used: {error}"
    assert response.document is None
    assert world.one(url).document == b"<html>"


def test_a_mistake_in_keep_is_not_hidden(web, world):
    def wrong(body):
        raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        world.one(web.at("/a", FINE), keep=wrong)


def test_answers_come_in_the_order_of_requests(web, world):
    web.otherwise = lambda path, headers: Reply(200, path.encode(), delay=0.05 if path == "/0" else 0)
    urls = [f"{web.url}/{n}" for n in range(30)]
    assert [r.document for r in world.get(*urls)] == [f"/{n}".encode() for n in range(30)]
    assert web.paths() != sorted(web.paths(), key=lambda path: int(path[1:]))[:1]


def test_requests_are_taken_up_only_so_far_ahead(web, make):
    world = make(limits=BRISK._replace(ahead=5))
    web.otherwise = lambda path, headers: FINE
    taken = []

    def requests():
        for n in range(100):
            taken.append(n)
            yield Request(f"{web.url}/{n}", "*/*", bytes)

    answers = world.fetch.documents(requests())
    next(answers)
    assert len(taken) <= 6
    assert len(list(answers)) == 99


def test_a_round_that_nobody_wants_to_its_end_is_ended(web, make):
    world = make(limits=BRISK._replace(read=30, total=60))
    web.otherwise = lambda path, headers: FINE if path == "/0" else Reply(act=silence)
    answers = world.fetch.documents(Request(f"{web.url}/{n}", "*/*", bytes) for n in range(20))
    next(answers)
    started = time.monotonic()
    answers.close()
    deadline = started + 2
    while any(t.name == "depfrag-fetch" for t in threading.enumerate()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not [t for t in threading.enumerate() if t.name == "depfrag-fetch"]


def test_no_requests(world):
    assert world.get() == []


def test_progress_is_told_now_and_then(web, world, monkeypatch):
    monkeypatch.setattr("depfrag.fetch.live._TELL_SECONDS", 0.05)
    web.otherwise = lambda path, headers: Reply(200, b"", delay=0.03)
    world.get(*(f"{web.url}/{n}" for n in range(30)))
    assert 1 <= len(world.notes) <= 6
    assert world.notes[0].startswith("fetching: ")


# -- offline ---------------------------------------------------------------------------------------------------------


def test_kept_answers_are_served_at_any_age(web, aged, days):
    web.at("/gone", Reply(410))
    aged.get(web.at("/a", FINE), web.url + "/gone")
    offline = Kept(aged.cache, aged.credentials, DAY, days)
    requests = [Request(web.url + path, "application/json", bytes) for path in ("/a", "/gone", "/never")]
    fresh = list(offline.documents(requests))
    assert [(r.status, r.document, r.stale) for r in fresh] == [
        (200, b"fine", False),
        (410, None, False),
        (0, None, False),
    ]
    assert [r.trouble for r in fresh] == [None, None, "offline, and no answer was kept"]
    days.now += 100 * DAY
    old = list(offline.documents(requests))
    assert [(r.status, r.document, r.stale) for r in old] == [(200, b"fine", True), (410, None, True), (0, None, False)]
    assert old[0].trouble == "the registry is not asked offline; this is its answer of 2016-03-21"
    assert old[0].observed == "2016-03-21"
    assert len(web.seen) == 2
