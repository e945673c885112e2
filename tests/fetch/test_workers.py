"""Tasks on threads: order, how many at once, errors and the end."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfrag.fetch.limits import Limits
from depfrag.fetch.workers import Task, in_order

LIMITS = Limits(per_host=3, threads=5, ahead=50)


class Load:
    """Counts what runs at once."""

    def __init__(self):
        self.now, self.most = Counter(), Counter()
        self.lock = threading.Lock()

    def task(self, host, result, seconds=0.005):
        def work():
            with self.lock:
                for key in (host, None):
                    self.now[key] += 1
                    self.most[key] = max(self.most[key], self.now[key])
            time.sleep(seconds)
            with self.lock:
                for key in (host, None):
                    self.now[key] -= 1
            return result

        return Task(host, work)


def run(tasks, limits=LIMITS):
    return list(in_order(tasks, limits, lambda: None))


def test_so_many_at_once():
    load = Load()
    tasks = [load.task("abc"[n % 3], n) for n in range(60)]
    assert run(tasks) == list(range(60))
    assert load.most["a"] == 3
    assert load.most[None] == 5


def test_one_host_takes_no_more_than_its_share():
    load = Load()
    assert run([load.task("a", n) for n in range(20)]) == list(range(20))
    assert load.most[None] == 3


def test_a_slow_host_holds_no_other_up():
    load = Load()
    tasks = [load.task("slow", n, 0.2) for n in range(3)] + [load.task("fast", n, 0) for n in range(20)]
    started = time.monotonic()
    assert len(run(tasks)) == 23
    assert time.monotonic() - started < 0.4


def test_no_host_is_done_at_once():
    here = threading.current_thread()
    assert run([Task(None, lambda: threading.current_thread() is here)]) == [True]


@given(st.lists(st.sampled_from(["a", "b", None])), st.integers(1, 9))
def test_results_are_in_order(hosts, ahead):
    tasks = [Task(host, lambda n=n: n) for n, host in enumerate(hosts)]
    assert run(tasks, LIMITS._replace(ahead=ahead)) == list(range(len(hosts)))


@pytest.mark.parametrize("host", ["a", None])
def test_errors_are_raised_where_results_are_taken(host):
    def fail():
        raise KeyError(1)

    results = in_order([Task(host, lambda: 1), Task(host, fail), Task(host, lambda: 2)], LIMITS, lambda: None)
    assert next(results) == 1
    with pytest.raises(KeyError):
        next(results)


def test_it_ticks_while_it_waits(monkeypatch):
    ticks = []
    assert list(in_order([Task("a", lambda: time.sleep(1.1))], LIMITS, lambda: ticks.append(1))) == [None]
    assert len(ticks) == 2


def test_nothing_new_is_begun_when_nobody_listens():
    done = []

    def work(n):
        time.sleep(0.02)
        done.append(n)

    results = in_order([Task("a", lambda n=n: work(n)) for n in range(50)], LIMITS, lambda: None)
    next(results)
    results.close()
    time.sleep(0.1)
    assert len(done) <= 7
