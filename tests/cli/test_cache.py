"""``depfrag cache``: where answers are kept, what they are, and how to be rid of them."""

from __future__ import annotations

import json
import time

import pytest

from depfrag.fetch.cache import Cache

DAY = 86_400


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A cache of three answers: of today, of ten days and of forty days ago."""
    folder = tmp_path / "here"
    monkeypatch.setenv("DEPFRAG_CACHE_DIR", str(folder))

    def fill():
        from depfrag.fetch.opening import cache_file

        cache = Cache(cache_file({"DEPFRAG_CACHE_DIR": str(folder)}), pytest.fail)
        for i, (host, days) in enumerate((("a.example", 0), ("a.example", 10), ("b\x1b.example", 40))):
            cache.put(bytes([i]), host, 200, b"{}", (None, None), int(time.time()) - days * DAY)
        cache.close()
        (file,) = folder.glob("*.sqlite*")
        return file

    return fill


def day(ago):
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() - ago * DAY))


def test_dir(kept, cli, tmp_path):
    assert cli("cache", "dir") == (0, f"{tmp_path}/here\n", "")


def test_without_a_cache_nothing_is_made(kept, cli, tmp_path):
    for words, said in (
        (("info",), "nothing is kept yet"), (("prune",), "removed 0 answers"), (("clear",), "there was no cache"),
    ):  # fmt: skip
        found = cli("cache", *words)
        assert found.code == 0
        assert said in found.out
    assert json.loads(cli("cache", "info", "--format", "json").out)["answers"] == 0
    assert not (tmp_path / "here").exists()


def test_info(kept, cli):
    file = kept()
    lines = cli("cache", "info").out.splitlines()
    assert lines[0].startswith(f"{file}: ")
    assert lines[0].endswith("KiB, 3 answers")
    assert lines[1:] == [f"last confirmed from {day(40)} to {day(0)}", "  a.example  2", "  b\\x1b.example  1"]
    found = json.loads(cli("cache", "info", "--format", "json").out)
    assert found == {
        "file": str(file), "bytes": found["bytes"], "answers": 3, "oldest": day(40), "newest": day(0),
        "hosts": [{"host": "a.example", "answers": 2}, {"host": "b\x1b.example", "answers": 1}],
    }  # fmt: skip
    assert found["bytes"] >= file.stat().st_size
    assert cli("cache", "info", "--format", "xml").code == 2


def test_prune(kept, cli):
    kept()
    assert cli("cache", "prune").out == "removed 1 answer\n"
    assert cli("cache", "prune", "--max-age", "9d").out == "removed 1 answer\n"
    assert cli("cache", "prune", "--max-age", "9d").out == "removed 0 answers\n"
    assert json.loads(cli("cache", "info", "--format", "json").out)["answers"] == 1
    said = cli("cache", "prune", "--max-age", "soon")
    assert (said.code, said.err) == (2, "depfrag: --max-age: 'soon' is not a duration such as 30m, 24h or 7d\n")


def test_clear(kept, cli):
    file = kept()
    assert cli("cache", "clear").out.startswith(f"removed {file} (")
    assert not list(file.parent.iterdir())


def test_a_damaged_cache_can_be_cleared(kept, cli):
    file = kept()
    file.write_bytes(b"no database" * 1000)
    said = cli("cache", "info")
    assert said.code == 2
    assert said.err == f"depfrag: {file}: cannot be used: file is not a database; depfrag cache clear removes it\n"
    assert cli("cache", "prune").code == 2
    assert cli("cache", "clear").code == 0
    assert not list(file.parent.iterdir())
