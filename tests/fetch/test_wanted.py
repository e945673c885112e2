"""What a lockfile names for all it lists gets to the routes, all the way from the file."""

from __future__ import annotations

import pytest

from depfrag import pipeline
from depfrag.config import Config
from depfrag.protocols import Context


class Routes:
    """Notes what is looked for, and leads nowhere."""

    def __init__(self):
        self.wanted = []

    def base(self, wanted):
        self.wanted.append(wanted)

    def public(self, wanted):
        return False


class Fetch:
    """Has nothing."""

    def documents(self, requests):
        assert not list(requests)
        yield from ()


@pytest.mark.parametrize(
    ("lines", "indexes"),
    [("", None), ("--no-index\n", ()), ("--index-url https://a.example/simple\n", ("https://a.example/simple",))],
)
def test_indexes_of_a_requirements_file(tmp_path, lines, indexes):
    (tmp_path / "requirements.txt").write_text(f"{lines}requests==2.32.0\n")
    lockfiles, _ = pipeline.read([str(tmp_path)])
    routes = Routes()
    pipeline.look_up(lockfiles, Config(), Context("2026-01-01", None, Fetch(), routes))
    assert [(w.release.name, w.indexes) for w in routes.wanted] == [("requests", indexes)]
