"""The cache file: what is in it, and that nothing which happens to it stops a run."""

from __future__ import annotations

import contextlib
import os
import pathlib
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

import pytest

from depfrag.fetch import cache
from depfrag.fetch.cache import Cache
from depfrag.protocols import Request

KEY = b"k" * 32


class Kept:
    """A cache in a folder, and what it said."""

    def __init__(self, folder):
        self.notes = []
        self.file = os.path.join(folder, "answers.sqlite3")
        self.cache = Cache(self.file, self.notes.append)

    def put(self, key=KEY, document=b"document", checked=1000):
        self.cache.put(key, "registry.npm.example", 200, document, ('"e"', None), checked)

    def get(self, key=KEY):
        entry = self.cache.get(key)
        return entry and entry.document()


@pytest.fixture
def opened(tmp_path):
    """Opens caches in one folder."""
    made = []

    def build(folder=tmp_path):
        made.append(Kept(folder))
        return made[-1]

    yield build
    for kept in made:
        kept.cache.close()


def test_what_is_put_is_got(opened):
    kept = opened()
    assert kept.cache.get(KEY) is None
    kept.put()
    assert kept.cache.get(KEY)._replace(packed=None) == (200, None, '"e"', None, 1000)
    assert kept.get() == b"document"
    kept.put(document=b"other")
    assert kept.get() == b"other"
    kept.cache.put(KEY, "h", 404, None, (None, None), 5)
    assert kept.cache.get(KEY) == (404, None, None, None, 5)
    kept.cache.touch(KEY, 9)
    assert kept.cache.get(KEY).checked == 9
    assert kept.notes == []


def test_it_stays(opened):
    first = opened()
    first.put()
    assert opened().get() == b"document"
    first.cache.close()
    assert opened().get() == b"document"
    assert first.get() is None
    first.put()


def test_keys_tell_requests_apart():
    request = Request("https://registry.npm.example/a", "application/json", bytes)
    others = [
        request._replace(url="https://registry.npm.example/b"),
        request._replace(accept="*/*"),
        request._replace(form=2),
    ]
    keys = {cache.key(r, who) for r in (request, *others) for who in ("", "x")}
    assert len(keys) == 8
    assert cache.key(request, "") == cache.key(request._replace(most=1, keep=str), "")


def test_another_format_is_emptied(opened):
    opened().put()
    with contextlib.closing(sqlite3.connect(opened().file)) as connection:
        connection.execute(f"PRAGMA user_version={cache.FORMAT + 1}")
        connection.execute("ALTER TABLE answers ADD COLUMN more TEXT")
    kept = opened()
    assert kept.get() is None
    kept.put()
    assert kept.get() == b"document"
    assert kept.notes == []


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_cache_is_moved_aside(tmp_path, opened, content):
    file = tmp_path / "answers.sqlite3"
    file.write_bytes(content)
    kept = opened()
    kept.put()
    assert kept.get() == b"document"
    assert len(kept.notes) == 1
    assert "damaged" in kept.notes[0]
    assert (tmp_path / "answers.sqlite3.damaged").read_bytes() == content


def test_damage_that_is_found_later(opened):
    kept = opened()
    for n in range(200):
        kept.put(bytes([n]) * 32, random.Random(n).randbytes(3000))
    kept.cache.close()
    with open(kept.file, "r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 200_000)
    again = opened()
    for n in range(200):
        again.get(bytes([n]) * 32)
    again.put()
    assert again.get() == b"document"
    assert len(again.notes) == 1


def test_a_full_disk_is_said_once(opened):
    kept = opened()
    kept.put()
    kept.cache._connection.execute("PRAGMA max_page_count=1")
    for n in range(3):
        kept.put(bytes([n]) * 32, random.Random(n).randbytes(100_000))
    assert len(kept.notes) == 1
    assert "full" in kept.notes[0]
    assert kept.get() == b"document"


FULL = """
import random, resource, signal, sys
from depfrag.fetch.cache import Cache
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
notes = []
cache = Cache(sys.argv[1], notes.append)
for n in range(20):
    cache.put(bytes([n]) * 32, "h", 200, random.Random(n).randbytes(20_000), (None, None), n)
assert len(notes) == 1, notes
assert cache.get(bytes(32)).document()
cache.close()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits on files are POSIX's")
def test_a_file_that_cannot_grow_is_said_once(tmp_path):
    subprocess.run([sys.executable, "-c", FULL, tmp_path / "answers.sqlite3"], check=True, timeout=60)


@contextlib.contextmanager
def nobody():
    """Not root, whom no permission stops."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def sealed():
    """Makes a cache in a folder that nobody can write to; not among pytest's folders, which only their owner enters."""
    if not hasattr(os, "geteuid"):
        pytest.skip("permissions are POSIX's")
    with tempfile.TemporaryDirectory() as top:
        os.chmod(top, 0o755)
        folder = pathlib.Path(top) / "sealed"

        def seal(change="", content=None):
            kept = Kept(folder)
            kept.put()
            kept.cache.close()
            with contextlib.closing(sqlite3.connect(kept.file)) as connection:
                connection.execute(change)
            if content is not None:
                pathlib.Path(kept.file).write_bytes(content)
            os.chmod(kept.file, 0o444)
            os.chmod(folder, 0o555)
            return folder

        yield seal
        os.chmod(folder, 0o755)


def test_a_cache_that_cannot_be_written_is_read(sealed, opened):
    folder = sealed()
    with nobody():
        kept = opened(folder)
        assert kept.get() == b"document"
        kept.put(document=b"new")
        kept.cache.touch(KEY, 3)
        assert kept.get() == b"document"
    assert len(kept.notes) == 1
    assert "cannot be used to keep answers" in kept.notes[0]


def test_a_damaged_cache_that_cannot_be_moved(sealed, opened):
    folder = sealed(content=b"not a database" * 1000)
    with nobody():
        kept = opened(folder)
        kept.put()
        assert kept.get() is None
    assert len(kept.notes) == 1


def test_a_cache_that_cannot_be_read(sealed, opened):
    folder = sealed()
    os.chmod(folder / "answers.sqlite3", 0)
    with nobody():
        kept = opened(folder)
        kept.put()
        assert kept.get() is None
    assert len(kept.notes) == 1
    assert "cannot be used to keep answers" in kept.notes[0]


def test_a_cache_of_another_format_that_cannot_be_written(sealed, opened):
    folder = sealed("PRAGMA user_version=99")
    with nobody():
        kept = opened(folder)
        assert kept.get() is None
    assert len(kept.notes) == 1


def test_a_file_in_a_folder_that_cannot_be_made(tmp_path, opened):
    (tmp_path / "taken").write_text("no folder")
    kept = opened(tmp_path / "taken")
    kept.put()
    assert kept.get() is None
    assert len(kept.notes) == 1


def test_a_lock_that_is_held_costs_an_answer_and_no_more(opened, monkeypatch):
    monkeypatch.setattr(cache, "_BUSY_SECONDS", 0.05)
    kept = opened()
    kept.put()
    with contextlib.closing(sqlite3.connect(kept.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        kept.put(b"x" * 32)
        assert kept.get() == b"document"
    kept.put(b"x" * 32)
    assert kept.get(b"x" * 32) == b"document"
    assert kept.notes == []


def test_a_new_cache_that_another_holds(tmp_path, opened, monkeypatch):
    monkeypatch.setattr(cache, "_BUSY_SECONDS", 0.05)
    with contextlib.closing(sqlite3.connect(tmp_path / "answers.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        kept = opened()
        kept.put()
        assert kept.get() is None
    assert len(kept.notes) == 1


WRITER = """
import random, sys
from depfrag.fetch.cache import Cache
cache = Cache(sys.argv[1], lambda text: sys.exit(text))
chance = random.Random(int(sys.argv[2]))
print("on", flush=True)
while True:
    n = chance.randrange(50)
    kept = cache.get(bytes([n]) * 32)
    if kept is not None:
        document = kept.document()
        assert document == document[:1] * len(document), n
    cache.put(bytes([n]) * 32, "h", 200, bytes([chance.randrange(256)]) * chance.randrange(1, 90_000), (None, None), 1)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kill -9 is POSIX's")
def test_two_processes_and_kill_9(tmp_path, opened):
    file = tmp_path / "answers.sqlite3"

    def start(seed):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, file, str(seed)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout.readline() == b"on\n"
        return process

    survivor = start(0)
    for n in range(20):
        victim = start(n + 1)
        time.sleep(random.Random(n).random() / 20)
        victim.kill()
        assert victim.communicate()[1] == b""
        assert survivor.poll() is None
    survivor.kill()
    assert survivor.communicate()[1] == b""
    kept = opened()
    assert kept.cache._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert sum(kept.get(bytes([n]) * 32) is not None for n in range(50)) > 25
    assert kept.notes == []


# -- housekeeping ----------------------------------------------------------------------------------------------------


def test_info_prune_and_clear(tmp_path, opened):
    kept = opened()
    assert cache.info(str(tmp_path / "none")) is None
    assert cache.prune(str(tmp_path / "none"), 5) == 0
    assert cache.info(kept.file)[1:] == (0, None, None, ())
    for n in range(3):
        kept.put(bytes([n]) * 32, checked=100 + n)
    kept.cache.put(b"x" * 32, "pypi.example", 404, None, (None, None), 103)
    found = cache.info(kept.file)
    assert found[1:] == (4, 100, 103, (("registry.npm.example", 3), ("pypi.example", 1)))
    assert found.bytes >= os.path.getsize(kept.file)
    assert cache.prune(kept.file, 102) == 2
    assert kept.get(bytes(32)) is None
    assert kept.get(b"\2" * 32) == b"document"
    kept.cache.close()
    cache.clear(kept.file)
    assert list(tmp_path.iterdir()) == []
    cache.clear(kept.file)
