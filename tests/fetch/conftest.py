"""What the tests of fetching share: a server, and ways to it."""

from __future__ import annotations

import pytest
from servers import Web
from worlds import BRISK, World

from depfrag.fetch.cache import Cache
from depfrag.fetch.credentials import Credentials
from depfrag.fetch.hosts import Hosts
from depfrag.fetch.live import Live
from depfrag.fetch.session import Outside, Session
from depfrag.fetch.surroundings import Surroundings


@pytest.fixture
def web():
    """A server that answers 404 until told otherwise."""
    with Web() as server:
        yield server


@pytest.fixture
def make(tmp_path):
    """Makes a World; each with the same cache file."""
    made = []

    def build(environment=None, *, limits=BRISK, max_age=3600, outside=None, clock=None, npm=None):
        notes = []
        environment = environment or {}
        outside = outside or Outside()
        cache = Cache(str(tmp_path / "cache" / "answers.sqlite3"), notes.append)
        credentials = Credentials(environment, notes.append)
        hosts = Hosts(limits.failures, notes.append)
        session = Session(credentials, Surroundings(environment, npm or {}), hosts, limits, outside)
        clock = {} if clock is None else {"clock": clock}
        live = Live(cache, credentials, lambda: session, max_age, limits, notes.append, **clock)
        world = World(live, session, cache, credentials, hosts, notes)
        made.append(world)
        return world

    yield build
    for world in made:
        world.session.stop()
        world.cache.close()


@pytest.fixture
def world(make):
    """One World."""
    return make()
