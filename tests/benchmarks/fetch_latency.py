"""How long fetching takes when each answer comes 50 ms late: cold, warm and confirmed, against the ideal.

Usage: python tests/benchmarks/fetch_latency.py [REQUESTS] [KILOBYTES]   (100 requests of 20 kB unless told otherwise)
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import pathlib
import resource
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from servers import Reply, Web

from depfrag.fetch.opening import open_world
from depfrag.protocols import Request

DELAY, AT_ONCE = 0.05, 8


def serve(pipe, size):
    """A registry in a process of its own, which would else compete with the client for Python's lock."""
    body = json.dumps({"name": "x", "readme": "x" * size}).encode()

    def answer(path, headers):
        if "if-none-match" in headers:
            return Reply(304, delay=DELAY)
        return Reply(200, body, {"ETag": '"1"', "Content-Type": "application/json"}, delay=DELAY)

    with Web() as web:
        web.otherwise = answer
        pipe.send(web.url)
        pipe.recv()


def keep(body):
    """Decodes, and keeps a little."""
    return json.dumps({"name": json.loads(body)["name"]}).encode()


def round_of(url, count, max_age, environment):
    """Seconds that one run takes, imports included where they are first needed."""
    started = time.perf_counter()
    fetch, _ = open_world(max_age, environment, None, offline=False)
    requests = (Request(f"{url}/{n}", "application/json", keep) for n in range(count))
    assert all(response.document for response in fetch.documents(requests))
    return time.perf_counter() - started


def main(count=100, kilobytes=20):
    """Prints the figures."""
    gc.disable()  # as a run of the command line does
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there, kilobytes * 1000), daemon=True)
    server.start()
    url = here.recv()
    ideal = count * DELAY / AT_ONCE
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DEPFRAG_CACHE_DIR": folder, "no_proxy": "*"}
        rounds = [("cold", 3600), ("warm", 3600), ("confirmed", 0), ("warm again", 3600)]
        for name, max_age in rounds:
            seconds = round_of(url, count, max_age, environment)
            print(f"{name:12} {seconds:7.3f} s   {seconds / ideal:5.2f} x ideal ({ideal:.3f} s)")
    print(f"peak memory  {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:7.0f} MiB")
    here.send("stop")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
