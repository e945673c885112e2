"""Which Python index a release is asked about at, by pip's and uv's settings and what the lockfile names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from depfrag.fetch.addresses import host
from depfrag.fetch.credentials import Login

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from depfrag.fetch.credentials import Credentials
    from depfrag.fetch.pip_config import PipIndexes
    from depfrag.fetch.uv_config import UvIndexes
    from depfrag.protocols import Wanted

_NO_WORD = re.compile(r"[^A-Za-z0-9]")


class PythonIndexes:
    """The indexes of one project.

    Package managers look into several indexes and do not record where a package was found. So where more than one could
    have it, and neither the lockfile nor ``tool.uv.sources`` says which, none is asked: the name may be a private one.
    Folders on this machine hold nothing that could be told to anyone and do not count.
    """

    def __init__(
        self,
        pip: PipIndexes,
        uv: UvIndexes,
        environment: Mapping[str, str],
        credentials: Credentials,
        public: Callable[[], str],
    ) -> None:
        self._pip, self._uv = pip, uv
        self._credentials, self._public = credentials, public
        # All are learned now: a later one may be how a lockfile's own address gets its credentials.
        urls: list[tuple[str | None, Login | None]] = [(url, None) for url in (pip.first, *pip.extra)]
        urls.extend((index.url, _login(index.name, environment)) for index in uv.indexes)
        self._known = {url: self._address(url, login, configured=True) for url, login in urls if url is not None}

    def base(self, wanted: Wanted) -> str | None:
        """The Simple API of the index of a release; None where it is not known for certain."""
        release = wanted.release
        if self._uv.none or (self._pip.none and release.source is None):
            return None
        source = None if release.source is None else self._in_lockfile(release.source)
        mapped = self._uv.mapped.get(release.name)
        if mapped:
            found = {self._known.get(self._uv.named(name) or "") for name in mapped}
            return next(iter(found)) if len(found) == 1 else source if source in found else None
        if release.source is not None:
            return source
        every = set(self._configured() if wanted.indexes is None else self._in_file(wanted.indexes))
        return next(iter(every)) if len(every) == 1 else None

    def _configured(self) -> list[str | None]:
        first = [url for url in (self._pip.first, self._uv.default) if url is not None]
        extra = [url for url in (*self._pip.extra, *self._uv.extra) if not _local(url)]
        found = [self._known[url] for url in (*first, *extra)]
        return found if first else [self._public(), *found]

    def _in_file(self, indexes: tuple[str, ...]) -> list[str | None]:
        """What a requirements file names; an empty first one stands for those that are configured."""
        named = [self._address(url, None, configured=False) for url in indexes if url and not _local(url)]
        return [*self._configured(), *named] if indexes and not indexes[0] else named

    def _in_lockfile(self, url: str) -> str | None:
        """Where a lockfile says that a release is from; uv's default index stands in for the public one."""
        address = self._address(url, None, configured=False)
        if self._uv.default is not None and address is not None and host(address) == host(self._public()):
            return self._known[self._uv.default]
        return address

    def _address(self, url: str, login: Login | None, *, configured: bool) -> str | None:
        """An index's address; None where it lies on this machine or cannot be understood."""
        try:
            return None if _local(url) else self._credentials.index(url, login, configured=configured)
        except ValueError:
            return None


def _local(url: str) -> bool:
    """A folder on this machine. An address in which a variable still stands may be anywhere."""
    return url.lower().startswith("file:") or ("://" not in url and "$" not in url)


def _login(name: str | None, environment: Mapping[str, str]) -> Login | None:
    """The credentials that variables give to an index that has a name."""
    if name is None:
        return None
    prefix = "UV_INDEX_" + _NO_WORD.sub("_", name).upper()
    user, secret = environment.get(f"{prefix}_USERNAME"), environment.get(f"{prefix}_PASSWORD")
    return None if user is None and secret is None else Login(user or "", secret)
