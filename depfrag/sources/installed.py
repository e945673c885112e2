"""Releases that lie installed beside their lockfile: their files are counted where they are.

This is asked in every scan, so that where nothing is installed it costs a look for a few names.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from depfrag.model import Fact
from depfrag.protocols import Known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from depfrag.counting import File, Kinds
    from depfrag.protocols import Answer, Context, Wanted

_VENVS = (".venv", "venv")
_MAX_FILES = 20_000
"""In one release; a larger one is left out."""
_MAX_MANIFEST = 4 * 1024 * 1024
_PARSED = 2 * 1024 * 1024
"""Bytes of source whose lines are counted in one run, the smallest releases first: under two seconds."""


class InstalledSource:
    """Counts what lies in ``node_modules``, ``.venv`` and ``venv``."""

    def lookup(self, wanted: Sequence[Wanted], context: Context) -> Iterator[Answer]:
        folders = {_home(lockfile) for lockfile in {one.lockfile for one in wanted}}
        modules = {folder: path for folder in folders if (path := _node_modules(folder))}
        venvs = {folder: sites for folder in folders if (sites := _site_packages(folder))}
        if modules or venvs:
            from depfrag.counting import Kinds

            kinds = Kinds()
            yield from _counted(_found(wanted, modules, venvs, kinds), kinds, context.today)


SOURCE = InstalledSource()


class _Installed(NamedTuple):
    """A release's copy."""

    one: Wanted
    files: Sequence[File]
    source: int
    """Bytes of source."""


def _home(lockfile: str) -> str:
    """Where to look: beside a lockfile; in it, where it is itself a folder of what is installed."""
    return lockfile if os.path.isdir(lockfile) else os.path.dirname(lockfile)


def _node_modules(folder: str) -> str | None:
    path = folder if os.path.basename(folder) == "node_modules" else os.path.join(folder, "node_modules")
    return path if os.path.isdir(path) else None


def _site_packages(folder: str) -> list[str]:
    if folder.endswith("-packages"):
        return [folder]
    found: list[str] = []
    own = any(os.path.exists(os.path.join(folder, name)) for name in ("pyvenv.cfg", "conda-meta"))
    for name in ("", *_VENVS) if own else _VENVS:
        venv = os.path.join(folder, name)
        if os.path.isdir(venv):
            lib = os.path.join(venv, "lib")
            pythons = [os.path.join(lib, e) for e in _names(lib) if e.startswith("python")]
            places = [os.path.join(p, "site-packages") for p in (*pythons, os.path.join(venv, "Lib"))]
            found.extend(place for place in places if os.path.isdir(place))
    return found


def _found(
    wanted: Sequence[Wanted], modules: Mapping[str, str], venvs: Mapping[str, list[str]], kinds: Kinds
) -> Iterator[_Installed]:
    """The releases that lie there in the version wanted."""
    copies = {folder: _npm_copies(path) for folder, path in modules.items()}
    distributions = {folder: _distributions(sites) for folder, sites in venvs.items()}
    homes = {lockfile: _home(lockfile) for lockfile in {one.lockfile for one in wanted}}
    for one in wanted:
        release, folder = one.release, homes[one.lockfile]
        if release.kind != "registry" or release.version is None:
            continue
        if release.ecosystem == "npm":
            files = _npm_files(copies.get(folder, {}).get(release.name, ()), release.version)
        else:
            files = _python_files(distributions.get(folder, {}).get((release.name, release.version)))
        if files is not None and len(files) <= _MAX_FILES:
            yield _Installed(one, files, _source(files, kinds))


def _source(files: Iterable[File], kinds: Kinds) -> int:
    return sum(file.size for file in files if kinds.of(file.path) is not None)


def _counted(found: Iterable[_Installed], kinds: Kinds, today: str) -> Iterator[Known]:
    from depfrag.counting import count

    left = _PARSED
    for installed in sorted(found, key=lambda f: (f.source, f.one.release.id, f.one.lockfile)):
        left -= installed.source
        sizes = {"bytes": sum(file.size for file in installed.files)}
        if left >= 0 and (lines := count(installed.files, kinds).lines) is not None:
            sizes["lines"] = lines
        yield Known(installed.one, {n: Fact(s, "installed files", today, "registry") for n, s in sizes.items()})


# -- npm -------------------------------------------------------------------------------------------------------------


def _npm_copies(top: str) -> dict[str, list[str]]:
    """The folders of each package below a ``node_modules``, those of pnpm's store included; links are not followed."""
    found: dict[str, list[str]] = {}
    todo = [top]
    while todo:
        modules = todo.pop()
        for name in _names(modules):
            path = os.path.join(modules, name)
            if name == ".pnpm":
                todo.extend(os.path.join(path, inner, "node_modules") for inner in _names(path))
            elif name.startswith("@"):
                for inner in _names(path):
                    found.setdefault(f"{name}/{inner}", []).append(os.path.join(path, inner))
                    todo.append(os.path.join(path, inner, "node_modules"))
            elif not name.startswith("."):
                found.setdefault(name, []).append(path)
                todo.append(os.path.join(path, "node_modules"))
    return found


def _npm_files(copies: Iterable[str], version: str) -> list[File] | None:
    import json

    for path in copies:
        try:
            manifest = json.loads(_content(os.path.join(path, "package.json"), _MAX_MANIFEST))
            if isinstance(manifest, dict) and manifest.get("version") == version:
                return _below(path)
        except (OSError, ValueError, RecursionError):
            continue
    return None


def _below(top: str) -> list[File]:
    """The files of a package, without those of the packages inside it."""
    from depfrag.counting import File

    files: list[File] = []
    todo = [""]
    while todo and len(files) <= _MAX_FILES:
        inside = todo.pop()
        with os.scandir(os.path.join(top, inside)) as entries:
            for entry in entries:
                path = inside + entry.name
                if entry.is_dir(follow_symlinks=False):
                    todo.extend([path + "/"] if entry.name != "node_modules" else [])
                elif entry.is_file(follow_symlinks=False):
                    files.append(File(path, entry.stat(follow_symlinks=False).st_size, _reader(entry.path)))
    return sorted(files)


# -- Python ----------------------------------------------------------------------------------------------------------


def _distributions(sites: Iterable[str]) -> dict[tuple[str, str], str]:
    """The ``.dist-info`` folders of the installed distributions, by normalised name and version."""
    from depfrag.identity import python_name

    found: dict[tuple[str, str], str] = {}
    for site in sites:
        for name in _names(site):
            if name.endswith(".dist-info"):
                project, _, version = name.removesuffix(".dist-info").rpartition("-")
                found.setdefault((python_name(project), version), os.path.join(site, name))
    return found


def _python_files(info: str | None) -> list[File] | None:
    """The files that a distribution's RECORD lists; None where it was not installed from an index."""
    if info is None or os.path.exists(os.path.join(info, "direct_url.json")):
        return None
    import csv

    try:
        record = _content(os.path.join(info, "RECORD"), _MAX_MANIFEST).decode("utf-8")
        paths = sorted({row[0] for row in csv.reader(record.splitlines()) if row})
        return list(_recorded(os.path.dirname(info), paths[: _MAX_FILES + 1]))
    except (OSError, ValueError, csv.Error):
        return None


def _recorded(site: str, paths: Iterable[str]) -> Iterator[File]:
    from depfrag.counting import File

    for path in paths:
        place = os.path.join(site, path)
        if (
            {"..", "__pycache__", ""}.isdisjoint(path.split("/"))
            and os.path.isfile(place)
            and not os.path.islink(place)
        ):
            yield File(path, os.path.getsize(place), _reader(place))


# -- the disk --------------------------------------------------------------------------------------------------------


def _names(folder: str) -> list[str]:
    """The folders in a folder, sorted; none where there is no such folder."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def _content(path: str, most: int) -> bytes:
    with open(path, "rb") as file:
        return file.read(most)


def _reader(path: str) -> Callable[[], bytes]:
    from depfrag.counting import READ_BYTES

    def read() -> bytes:
        try:
            return _content(path, READ_BYTES)
        except OSError:
            return b""

    return read
