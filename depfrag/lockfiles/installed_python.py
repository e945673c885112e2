"""Reads what is installed for Python: a virtual environment, or a site-packages folder by itself.

Each distribution's own metadata says what it needs. That says nothing of the environment at hand, so that whatever any
environment needs and is there is an edge; an extra counts once something asks for it.
"""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from depfrag import pyproject
from depfrag.errors import LockfileError
from depfrag.identity import python_name, release_ids, without_credentials
from depfrag.markers import both
from depfrag.model import Lockfile, Problem, Release, Root
from depfrag.pygraph import Edges, wanted
from depfrag.pyspec import Offered, Specifiers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from depfrag.model import EdgeKind, ReleaseKind
    from depfrag.protocols import Files
    from depfrag.pyproject import Manifest
    from depfrag.pyspec import Asked

_INFO = re.compile(r"(.+?)(?:-(.+?))?\.(dist-info|egg-info|egg-link|egg)\Z", re.IGNORECASE)
_HEADER = re.compile(r"(name|version|requires-dist)[ \t]*:[ \t]*(.*)", re.IGNORECASE)
_PYTHONS = re.compile(r"(?:python|pypy)[\d.]+t?\Z")
_MAX_BYTES = 256 * 1024 * 1024
"""Of all metadata together."""
_MAX_REQUIRED = 200_000
"""Specifiers of all distributions together."""
_MAX_NAMED = 5


class _Distribution(NamedTuple):
    """What is installed under one name."""

    name: str
    version: str | None
    requires: Sequence[str] | None
    """Specifiers; None where the metadata cannot be read."""
    kind: ReleaseKind = "registry"
    source: str | None = None
    hashes: tuple[str, ...] = ()
    requested: bool = False
    """The user asked pip for it by name."""
    installer: str = ""


class InstalledPython:
    """The reader of virtual environments and site-packages folders."""

    def parse(self, path: str, data: bytes, files: Files) -> Lockfile:
        top = posixpath.basename(path)
        shelf = _Shelf(path, files)
        found = [dist for site in _sites(files, top) for dist in shelf.distributions(site)]
        if not found:
            raise LockfileError(path, "nothing is installed here: no folder with site-packages has any .dist-info")
        manifest, problems = pyproject.read(path, files, _project(files, top))
        return _lockfile(path, found, manifest, (*problems, *shelf.problems()))


PARSER = InstalledPython()


# -- what lies where -------------------------------------------------------------------------------------------------


def _sites(files: Files, top: str) -> list[str]:
    """The site-packages folders of an environment; the folder itself where it is none."""
    places = [f"{top}/{lib}/{name}" for lib in ("lib", "lib64") for name in files.names(f"{top}/{lib}")]
    found = [f"{place}/site-packages" for place in places if _PYTHONS.match(posixpath.basename(place))]
    found = [place for place in dict.fromkeys(files.link(place) or place for place in found) if files.names(place)]
    windows = f"{top}/Lib/site-packages"
    return found or ([windows] if files.names(windows) else [top])


def _project(files: Files, top: str) -> str:
    """The folder that a project would have its environment in, as seen from that of `top`."""
    return "../../../" if top.endswith("-packages") and files.read("../../pyvenv.cfg") is not None else ""


class _Shelf:
    """Reads the metadata of distributions, and notes what cannot be read."""

    def __init__(self, path: str, files: Files) -> None:
        self._path, self._files, self._left, self._required = path, files, _MAX_BYTES, _MAX_REQUIRED
        self._unread: list[str] = []

    def distributions(self, site: str) -> Iterator[_Distribution]:
        for entry in self._files.names(site):
            found = _INFO.match(entry)
            if found is None or entry.startswith("~"):  # pip's leftovers of what it could not remove
                continue
            name, version, suffix = found[1], found[2], found[3].lower()
            place = f"{site}/{entry}"
            if suffix == "egg-link":
                yield from self._linked(place)
            elif suffix == "egg":
                yield self._distribution(f"{place}/EGG-INFO", name, version)
            else:
                yield self._distribution(place, name, version)

    def _linked(self, place: str) -> Iterator[_Distribution]:
        """What ``setup.py develop`` links to."""
        folder = (self._text(place) or "").partition("\n")[0].strip()
        for entry in self._names(folder) if folder else ():
            found = _INFO.match(entry)
            if found and found[3].lower() == "egg-info":
                distribution = self._distribution(f"{folder}/{entry}", found[1], found[2])
                yield distribution._replace(kind="link", source=folder, requested=True)

    def _distribution(self, info: str, name: str, version: str | None) -> _Distribution:
        """What a folder with metadata, or an old file of it, says; `name` and `version` where it does not."""
        held = set(self._names(info))
        metadata = next((self._text(f"{info}/{file}") for file in ("METADATA", "PKG-INFO") if file in held), None)
        if metadata is None and not held:
            metadata = self._text(info)
        fields = _fields(metadata or "")
        requires = fields.get("requires-dist")
        if not requires and "requires.txt" in held:
            requires = list(_old_requires(self._text(f"{info}/requires.txt") or ""))
        self._required -= len(requires or ())
        if self._required < 0:
            raise LockfileError(self._path, f"more than {_MAX_REQUIRED:,} requirements", where=info)
        if metadata is None:
            self._unread.append(info)
        said = self._text(f"{info}/direct_url.json") if "direct_url.json" in held else None
        kind, source, hashes = _origin(said)
        return _Distribution(
            python_name(next(iter(fields.get("name", ())), name)),
            next(iter(fields.get("version", ())), version),
            None if metadata is None else requires or (),
            kind,
            source,
            hashes,
            "REQUESTED" in held,
            (self._text(f"{info}/INSTALLER") or "").strip() if "INSTALLER" in held else "",
        )

    def _names(self, folder: str) -> Sequence[str]:
        try:
            return self._files.names(folder)
        except LockfileError:
            return ()

    def _text(self, path: str) -> str | None:
        try:
            data = self._files.read(path)
        except LockfileError:
            return None
        self._left -= len(data or b"")
        if self._left < 0:
            raise LockfileError(self._path, f"more than {_MAX_BYTES // 2**20} MiB of metadata")
        return None if data is None else data.decode("utf-8", "replace")

    def problems(self) -> tuple[Problem, ...]:
        """What has no metadata that can be read, as one problem."""
        if not self._unread:
            return ()
        more = f" and {len(self._unread) - _MAX_NAMED} more" if len(self._unread) > _MAX_NAMED else ""
        text = f"no metadata that can be read: {', '.join(self._unread[:_MAX_NAMED])}{more}"
        return (Problem("unreadable", "warning", text, self._path),)


# -- what metadata says ----------------------------------------------------------------------------------------------


def _fields(text: str) -> Mapping[str, list[str]]:
    """Name, version and requirements, by their names in lower case, from the head of core metadata."""
    head = text.replace("\r\n", "\n").partition("\n\n")[0]
    fields: dict[str, list[str]] = {}
    for line in re.sub(r"\n[ \t]+", " ", head).split("\n"):
        if found := _HEADER.match(line):
            fields.setdefault(found[1].lower(), []).append(found[2].strip())
    return fields


def _old_requires(text: str) -> Iterator[str]:
    """The specifiers of a requires.txt, in which a section ``[extra:marker]`` holds for those below it."""
    condition = ""
    for line in text.splitlines():
        bare = line.strip()
        if bare.startswith("[") and bare.endswith("]"):
            extra, _, marker = bare[1:-1].partition(":")
            condition = both(marker.strip() or None, f'extra == "{extra}"' if extra else None) or ""
        elif bare and not bare.startswith("#"):
            yield f"{bare} ; {condition}" if condition else bare


def _origin(said: str | None) -> tuple[ReleaseKind, str | None, tuple[str, ...]]:
    """Kind, source and hashes by direct_url.json, which is there for what comes from no index."""
    try:
        direct = json.loads(said or "{}")
    except (ValueError, RecursionError):
        return "url", None, ()
    url = direct.get("url") if isinstance(direct, dict) else None
    if not isinstance(url, str) or not url:
        return ("registry" if said is None else "url"), None, ()
    url = without_credentials(url)
    vcs, archive = direct.get("vcs_info"), direct.get("archive_info")
    if isinstance(vcs, dict):
        commit = vcs.get("commit_id")
        return "git" if vcs.get("vcs") == "git" else "url", f"{url}#{commit}" if isinstance(commit, str) else url, ()
    path = _path(url)
    if isinstance(archive, dict):
        return "url" if path is None else "file", path or url, _hashes(archive)
    return "link" if path is not None else "url", path or url, ()


def _path(url: str) -> str | None:
    from urllib.parse import unquote

    return unquote(url.removeprefix("file://")) if url.startswith("file:") else None


def _hashes(archive: Mapping[str, Any]) -> tuple[str, ...]:
    hashes, old = archive.get("hashes"), archive.get("hash")
    named = hashes if isinstance(hashes, dict) else {}
    found = {f"{name}:{value}" for name, value in named.items() if isinstance(value, str)}
    return tuple(sorted(found or ({old.replace("=", ":", 1)} if isinstance(old, str) else ())))


# -- from distributions to a graph -----------------------------------------------------------------------------------


def _lockfile(
    path: str, found: Sequence[_Distribution], manifest: Manifest | None, problems: Sequence[Problem]
) -> Lockfile:
    own = python_name(manifest.name) if manifest and manifest.name else None
    ids = release_ids("pypi", [(d.name, d.version, d.kind, d.source) for d in found])
    nodes: dict[str, list[_Distribution]] = {}
    for name, dist in zip(ids, found, strict=True):
        # The project installed into its own environment is what needs, not what is needed.
        nodes.setdefault("root:." if dist.kind == "link" and dist.name == own else name, []).append(dist)
    graph = Edges(path, list(nodes), [Offered(*held[0][:2], *held[0][3:5]) for held in nodes.values()])
    direct = _follow(graph, nodes, manifest)
    for name, held in nodes.items():
        # Other installers mark all that they install as requested.
        if name not in direct and any(dist.requested and dist.installer == "pip" for dist in held):
            graph.add("root:.", name, "runtime", None, None)
    marked = all(dist.installer == "pip" for dist in found) and any(dist.requested for dist in found)
    return Lockfile(
        path=path,
        format="site-packages",
        roots=(Root("root:.", manifest.name if manifest else None, "."),),
        releases=tuple(_release(name, nodes[name][0]) for name in sorted(nodes) if name != "root:."),
        dependencies=graph.dependencies(),
        problems=(*problems, *graph.problems()),
        open=frozenset(n for n, held in nodes.items() if n != "root:." and held[0].requires is None),
        direct_known=marked or "root:." in nodes or bool(manifest and manifest.complete),
    )


def _follow(graph: Edges, nodes: Mapping[str, Sequence[_Distribution]], manifest: Manifest | None) -> set[str]:
    """Adds what the project's manifest and all distributions ask for; gives the ids of what the manifest asks for."""
    specifiers = Specifiers()
    needs = {name: _asked(held, specifiers) for name, held in nodes.items()}
    extras = _Extras(graph)
    direct: set[str] = set()
    for need in manifest.needs if manifest else ():
        direct.update(extras.ask("root:.", wanted(need), need.kind, spare=True))
    for asked in needs.pop("root:.", ()):
        # Each extra of the project may be what it was installed with.
        extras.ask("root:.", asked, "runtime" if not asked.under else "extra", spare=bool(asked.under))
    for name, every in needs.items():
        for asked in every:
            if not asked.under:
                extras.ask(name, asked, "runtime")
    for name, extra in extras.asked():
        for asked in needs.get(name, ()):
            if extra in asked.under:
                extras.ask(name, asked, "extra")
    return direct


class _Extras:
    """Passes on what is asked for, and remembers the extras among it."""

    def __init__(self, graph: Edges) -> None:
        self._graph = graph
        self._todo: list[tuple[str, str]] = []

    def ask(self, dependent: str, asked: Asked, kind: EdgeKind, *, spare: bool = False) -> Collection[str]:
        """As `Edges.ask`; a condition of the project's own extras names them."""
        if dependent == "root:." and asked.under:
            extras = " or ".join(f"extra == '{extra}'" for extra in asked.under)
            asked = asked._replace(condition=both(extras, asked.condition))
        answers = self._graph.ask(dependent, asked, kind, spare=spare)
        self._todo.extend((answer, extra) for answer in answers for extra in asked.extras)
        return answers

    def asked(self) -> Iterator[tuple[str, str]]:
        """Ids and their extras, each once, those among them that come up on the way."""
        seen = set()
        for one in self._todo:
            if one not in seen:
                seen.add(one)
                yield one


def _asked(held: Iterable[_Distribution], specifiers: Specifiers) -> list[Asked]:
    read = (specifiers.read(text) for dist in held for text in dist.requires or ())
    return [asked for asked in read if asked is not None]


def _release(name: str, dist: _Distribution) -> Release:
    return Release(name, "pypi", dist.name, dist.version, dist.kind, None, dist.hashes, dist.source)
