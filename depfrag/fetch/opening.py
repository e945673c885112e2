"""Opens the way to the network, or to what was kept of it; the light front of this room."""

from __future__ import annotations

import os.path
import sys
from typing import TYPE_CHECKING

from depfrag.fetch import files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from depfrag.fetch.credentials import Credentials
    from depfrag.fetch.limits import Limits
    from depfrag.fetch.session import Session
    from depfrag.protocols import Fetch, Routes, Wanted

    Notify = Callable[[str], None]

_FILE = "answers.sqlite3"


class Nowhere:
    """Routes that lead nowhere: for runs that have nothing but snapshots."""

    def base(self, wanted: Wanted) -> str | None:
        return None

    def public(self, wanted: Wanted) -> bool:
        return False


def open_world(
    max_age: int, environment: Mapping[str, str], notify: Notify | None, *, offline: bool
) -> tuple[Fetch | None, Routes]:
    """The way to documents, none where nothing can be had, and to the registries that are to be asked.

    `max_age` is how many seconds kept answers count as fresh. Offline, no module that opens connections is imported.
    """
    say = notify or _silent
    file = cache_file(environment)
    if offline and not os.path.exists(file):
        return None, Nowhere()
    from depfrag.fetch.cache import Cache
    from depfrag.fetch.credentials import Credentials
    from depfrag.fetch.routes import ProjectRoutes

    kept = Cache(file, say)
    credentials = Credentials(environment, say)
    routes = ProjectRoutes(environment, credentials, say)
    if offline:
        from depfrag.fetch.kept import Kept

        return Kept(kept, credentials, max_age), routes
    from depfrag.fetch.limits import Limits
    from depfrag.fetch.live import Live

    limits = Limits()

    def connect() -> Session:
        return _session(environment, credentials, limits, say)

    return Live(kept, credentials, connect, max_age, limits, say), routes


def cache_file(environment: Mapping[str, str]) -> str:
    """Where the cache is: in DEPFRAG_CACHE_DIR, else where platformdirs says.

    On Linux that is told here, in platformdirs' own words (a test compares): its import costs a fifth of a run.
    """
    folder = environment.get("DEPFRAG_CACHE_DIR")
    if not folder and sys.platform == "linux" and "ANDROID_DATA" not in environment:
        above = environment.get("XDG_CACHE_HOME", "").strip() or files.home(environment, ".cache")
        folder = os.path.join(above, "depfrag")
    if not folder:
        from platformdirs import user_cache_dir

        folder = user_cache_dir("depfrag", appauthor=False)
    return os.path.join(folder, _FILE)


def _session(environment: Mapping[str, str], credentials: Credentials, limits: Limits, notify: Notify) -> Session:
    from depfrag.errors import ConfigError
    from depfrag.fetch import npmrc
    from depfrag.fetch.hosts import Hosts
    from depfrag.fetch.session import Outside, Session
    from depfrag.fetch.surroundings import Surroundings

    try:
        npm = npmrc.settings(None, environment)
    except files.NotUnderstoodError:
        npm = {}
    try:
        return Session(credentials, Surroundings(environment, npm), Hosts(limits.failures, notify), limits, Outside())
    except OSError as error:
        raise ConfigError(str(error), hint="name a file of certificates in PEM form, or none") from None


def _silent(_: str) -> None:
    """Nobody listens."""
