"""Walks a project's folders: nearest first, past what belongs to others and what git ignores, and never for long."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from depfrag import gitignore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from depfrag.gitignore import Chain

OTHERS = (
    "node_modules", "bower_components", "jspm_packages", "site-packages", "dist-packages", "__pypackages__", "vendor",
    "vendored", "_vendor", "third_party", "third-party", "venv", "virtualenv", "__pycache__",
)  # fmt: skip
"""Folders of what is installed, or kept as a copy, from elsewhere."""
_INSTALLED = ("pyvenv.cfg", "conda-meta")
"""What lies in a virtual environment, whatever its name is."""
_MAX_DEPTH = 40
_MAX_STEPS = 10_000_000
"""Each file, each folder and each rule that may be about it is one; a few seconds' worth."""


class Folder(NamedTuple):
    """A folder of the project, and what was looked for in it."""

    path: str
    files: Sequence[str]
    """Sorted."""
    ignored: Sequence[str]
    """Of what was looked for, what git ignores."""


class Walk(NamedTuple):
    """What a walk found."""

    folders: Sequence[Folder]
    """Those that hold something looked for, each before the folders in it, sorted."""
    whole: bool
    """False where there was too much to look at; what was nearest to the top was."""
    unreadable: Sequence[str]
    """Folders that could not be looked into."""


class _EnoughError(Exception):
    """All steps are spent."""


class _Place(NamedTuple):
    path: str
    names: tuple[str, ...]
    """Of the folders from the top."""
    chain: Chain


def walk(top: str, wanted: Callable[[str], object], steps: int = _MAX_STEPS) -> Walk:
    """The files below `top` whose names are `wanted`. The folder `top` itself is looked into whatever it is.

    Links to folders are not followed.
    """
    return _Walker(wanted, steps).walk(top)


class _Walker:
    """One walk."""

    def __init__(self, wanted: Callable[[str], object], steps: int) -> None:
        self._wanted, self._left = wanted, steps
        self._found: list[tuple[tuple[str, ...], Folder]] = []
        self._unreadable: list[str] = []

    def walk(self, top: str) -> Walk:
        try:
            places = [_Place(top, (), gitignore.above(top, self._spend))]
            for _ in range(_MAX_DEPTH):
                places = [inner for place in places for inner in self._look(place)]
            whole = not places
        except _EnoughError:
            whole = False
        return Walk([folder for _, folder in sorted(self._found)], whole, self._unreadable)

    def _spend(self, steps: int) -> None:
        self._left -= steps
        if self._left < 0:
            raise _EnoughError

    def _look(self, place: _Place) -> Iterator[_Place]:
        """Looks into a folder, and names those in it that are to be looked into next."""
        listed = self._list(place.path)
        if place.names and any(name in listed for name in _INSTALLED):
            return
        chain = gitignore.here(place.chain, place.path, listed, self._spend)
        files: list[str] = []
        hidden: list[str] = []
        for name, is_folder in sorted(listed.items()):
            if is_folder:
                if name.startswith(".") or name in OTHERS or self._ignored(chain, name, folder=True):
                    continue
                yield _Place(os.path.join(place.path, name), (*place.names, name), gitignore.entered(chain, name))
            elif self._wanted(name):
                (hidden if self._ignored(chain, name, folder=False) else files).append(name)
        if files or hidden:
            self._found.append((place.names, Folder(place.path, files, hidden)))

    def _ignored(self, chain: Chain, name: str, *, folder: bool) -> bool:
        return bool(chain) and gitignore.ignored(chain, name, folder=folder, spend=self._spend)

    def _list(self, path: str) -> dict[str, bool]:
        """What is in a folder, and whether it is a folder."""
        listed = {}
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    self._spend(1)
                    listed[entry.name] = entry.is_dir(follow_symlinks=False)
        except OSError:
            self._unreadable.append(path)
            return {}
        return listed
