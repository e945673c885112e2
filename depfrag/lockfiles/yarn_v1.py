"""Reads the yarn.lock of yarn 1.

The file maps patterns, a name and what is asked for of it (``debug@^4.0.0``), to releases, and says what each release
asks for, but for linked folders. What those, the project and the members of its workspace ask for stands in their
manifests only. Peers are in no lockfile of yarn 1: it does not resolve them.
"""

from __future__ import annotations

import binascii
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from depfrag import npmspec, packagejson, yarntext
from depfrag.errors import LockfileError
from depfrag.identity import release_ids, without_credentials
from depfrag.missing import Missing
from depfrag.model import Dependency, Lockfile, Problem, Release, Root
from depfrag.packagejson import section, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depfrag.model import EdgeKind, ReleaseKind
    from depfrag.packagejson import Object
    from depfrag.protocols import Files

    Asked = tuple[str, str, EdgeKind]
    """A dependency: name, range or address, kind."""

_SECTIONS: tuple[tuple[str, EdgeKind], ...] = (
    ("devDependencies", "dev"), ("dependencies", "runtime"), ("optionalDependencies", "optional"),
)  # fmt: skip
"""Of a name that is in several the last one counts."""
_MAX_STEPS = 10
"""From pattern to pattern, as no yarn of today writes it."""
_SHA1 = re.compile(r"[0-9a-f]{40}\Z")
_ARCHIVES = (".tgz", ".tar.gz", ".tar")
_REPOSITORY = re.compile(r"https?://[^/]+/[^/]+/[^/#?]+(?<!\.tgz)(?<!\.tar\.gz)(?<!\.tar)/?(?:#.*)?\Z")
"""A page of a forge, which yarn clones."""


class _Entry(NamedTuple):
    """One release as the file has it."""

    name: str
    version: str | None
    kind: ReleaseKind
    source: str | None
    hashes: tuple[str, ...]
    asked: Sequence[Asked]
    line: int


class _Member(NamedTuple):
    """The project or a member of its workspace."""

    root: Root
    asked: Sequence[Asked]


class _Projects(NamedTuple):
    """What the manifests beside the file say."""

    members: Sequence[_Member]
    """The project itself first."""
    resolutions: Mapping[str, Sequence[tuple[str, str]]]
    """For each name: the packages that it must be asked for by, as a pattern, and what is asked for instead."""
    complete: bool
    problems: tuple[Problem, ...]


def read(path: str, content: str, files: Files) -> Lockfile:
    """The lockfile at `path`, whose text is `content`. Raises LockfileError with the line."""
    by_pattern: dict[str, yarntext.Entry] = {}
    for block in yarntext.entries(path, content):
        by_pattern.update(dict.fromkeys(block.keys, block))
    entries: dict[int, _Entry] = {}
    places: dict[str, int] = {}
    for pattern, named in by_pattern.items():
        block = _meant(by_pattern, named)
        places[pattern] = block.line
        if block.line not in entries:
            entries[block.line] = _entry(path, block, files)
    return _lockfile(path, entries, places, _projects(path, files))


def _meant(by_pattern: Mapping[str, yarntext.Entry], block: yarntext.Entry) -> yarntext.Entry:
    """The entry that a pattern stands for: its own, or that of another pattern which it names."""
    for _ in range(_MAX_STEPS):
        if not isinstance(block.value, str) or block.value not in by_pattern:
            break
        block = by_pattern[block.value]
    return block


# -- releases --------------------------------------------------------------------------------------------------------


def _entry(path: str, block: yarntext.Entry, files: Files) -> _Entry:
    table = block.value
    if isinstance(table, str):
        raise LockfileError(path, "an entry that is no block", where=block.line)
    patterns = [_split(key) for key in block.keys]
    name, version = text(table, "name") or patterns[0][0], text(table, "version")
    source, _, fragment = (text(table, "resolved") or "").partition("#")
    hashes = set((text(table, "integrity") or "").split())
    kind = _kind(patterns, source)
    if kind == "git" and (_is_git(source) or _REPOSITORY.match(source)):
        source = f"{source}#{fragment}"
    elif _SHA1.match(fragment):
        hashes.add("sha1-" + binascii.b2a_base64(bytes.fromhex(fragment), newline=False).decode("ascii"))
    if kind == "registry":
        name = next((npmspec.aliased(spec) or (name,) for _, spec in patterns if spec.startswith("npm:")), (name,))[0]
    elif kind == "url":
        listed = npmspec.from_archive(name, source)
        if listed[1] == version and npmspec.is_listed(*listed, source):
            kind, name = "registry", listed[0]
    elif not source:
        source = next((spec for _, spec in patterns if _asked_kind(spec) == kind), "")
    asked = _asked(table, _SECTIONS[1:])
    if source.startswith("link:"):
        manifest = _linked(files, source[5:])
        version, asked = text(manifest, "version") or version, asked or _asked(manifest, _SECTIONS[1:])
    source = without_credentials(source.removeprefix("file:").removeprefix("link:"))
    if version and "//" in version:
        version = without_credentials(version)
    return _Entry(name, version, kind, source or None, tuple(sorted(hashes)), asked, block.line)


def _split(pattern: str) -> tuple[str, str]:
    """Name and range or address of a pattern; one that is but an address is called by it."""
    name, found, spec = pattern[1:].partition("@")
    if ":" in name or ("/" in name and not (found and pattern.startswith("@"))):
        return without_credentials(pattern), pattern
    return pattern[:1] + name, spec


def _kind(patterns: Sequence[tuple[str, str]], url: str) -> ReleaseKind:
    """What kind of release is asked for by `patterns` and found at `url`."""
    if _is_git(url):
        return "git"
    if url.startswith("file:"):
        return "file"
    kinds = [_asked_kind(spec) or "registry" for _, spec in patterns]
    return "registry" if "registry" in kinds else kinds[0]


def _asked_kind(spec: str) -> ReleaseKind | None:
    """What kind of release is asked for, if it is by address; None for a range, tag or alias."""
    if ":" not in spec and "/" not in spec:
        return None
    if spec.startswith("link:"):
        return "link"
    return "git" if _REPOSITORY.match(spec) else npmspec.address_kind(spec)


def _is_git(url: str) -> bool:
    """Whether something was found in a repository."""
    return not url.endswith(_ARCHIVES) and npmspec.address_kind(url) == "git"


def _linked(files: Files, folder: str) -> Object:
    """The manifest of a linked folder: yarn locks what it asks for, and does not say so in the file."""
    try:
        return packagejson.load(files, f"{folder}/") or {}
    except LockfileError:
        return {}


def _asked(manifest: Object, sections: Sequence[tuple[str, EdgeKind]]) -> list[Asked]:
    """What a manifest or entry asks for, each name once. A range that says nothing is that of another section."""
    found: dict[str, Asked] = {}
    for name, kind in sections:
        asked = manifest.get(name)
        for wanted, spec in asked.items() if isinstance(asked, dict) else ():
            if isinstance(spec, str):
                known = found.get(wanted)
                found[wanted] = (wanted, known[1] if known and spec in ("", "*") else spec, kind)
    return list(found.values())


# -- projects --------------------------------------------------------------------------------------------------------


def _projects(path: str, files: Files) -> _Projects:
    manifest, problems = packagejson.of_project(path, files)
    if manifest is None:
        return _Projects([_Member(Root("root:.", None, "."), [])], {}, complete=False, problems=problems)
    members = [_Member(Root("root:.", text(manifest, "name"), "."), _asked(manifest, _SECTIONS))]
    listed = manifest.get("workspaces")
    patterns = listed.get("packages") if isinstance(listed, dict) else listed
    # Unlike npm, yarn 1 knows no patterns that take folders away.
    wanted = [p for p in patterns if isinstance(p, str) and not p.startswith("!")] if isinstance(patterns, list) else []
    if wanted:
        try:
            members.extend(_members(files, wanted))
        except LockfileError as error:
            problems = (Problem("manifest", "warning", f"a workspace member cannot be read: {error}", path),)
        else:
            if len(members) == 1:
                reason = "the manifests of the workspace members are not there, so nothing says what they need"
                problems = (Problem("manifest", "warning", reason, path),)
    return _Projects(members, _resolutions(manifest), complete=not problems, problems=problems)


def _members(files: Files, patterns: Sequence[str]) -> Iterator[_Member]:
    for folder in npmspec.workspace_folders(patterns, files.names):
        manifest = packagejson.load(files, f"{folder}/")
        name = manifest and text(manifest, "name")
        # yarn leaves out members that lack one of them.
        if manifest and name and text(manifest, "version"):
            yield _Member(Root(f"root:{folder}", name, folder), _asked(manifest, _SECTIONS))


def _resolutions(manifest: Object) -> dict[str, list[tuple[str, str]]]:
    """``{"a/**/b": "1.0.0"}`` as b: (``**``, ``b@1.0.0``)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for glob, spec in section(manifest, "resolutions").items():
        steps = re.findall(r"(?:@[^/]+/)?[^/]+", glob)
        if steps and isinstance(spec, str):
            found.setdefault(steps[-1], []).append((steps[-2] if len(steps) > 1 else "**", f"{steps[-1]}@{spec}"))
    return found


# -- the graph -------------------------------------------------------------------------------------------------------


def _lockfile(path: str, entries: Mapping[int, _Entry], places: Mapping[str, int], projects: _Projects) -> Lockfile:
    ids = release_ids("npm", [(e.name, e.version, e.kind, e.source) for e in entries.values()])
    nodes = dict(zip(entries, ids, strict=True))
    targets = {pattern: nodes[place] for pattern, place in places.items()}
    local = {member.root.name: member.root.id for member in projects.members if member.root.path != "."}
    missing = Missing(path)
    edges: set[tuple[str, str, EdgeKind]] = set()

    def follow(node: str, who: str | None, asked: Sequence[Asked], line: int | None) -> None:
        # The project's own dependencies may stand under their names alone.
        for name, spec, kind in asked:
            target = (node == "root:." and targets.get(name)) or targets.get(f"{name}@{spec}")
            if not target:
                target = local.get(name) or _resolved(projects.resolutions.get(name, ()), who, targets)
            if target is None:
                missing.add(name, who, kind, line)
            elif target != node:
                edges.add((node, target, kind))

    for root, asked in projects.members:
        follow(root.id, root.name if root.path != "." else None, asked, None)
    for place, entry in entries.items():
        follow(nodes[place], entry.name, entry.asked, entry.line)
    return Lockfile(
        path=path,
        format="yarn-v1",
        roots=tuple(sorted((member.root for member in projects.members), key=lambda r: (r.path != ".", r.path))),
        releases=_releases(entries, nodes),
        dependencies=tuple(sorted((Dependency(*edge) for edge in edges), key=lambda d: d[:3])),
        problems=(*projects.problems, *missing.problems()),
        direct_known=projects.complete,
    )


def _resolved(resolutions: Sequence[tuple[str, str]], who: str | None, targets: Mapping[str, str]) -> str | None:
    """What the project's ``resolutions`` lead to; yarn 1 keeps what was asked for in the file as well, mostly."""
    for parent, pattern in resolutions:
        if parent in ("*", "**") or (who is not None and fnmatchcase(who, parent)):
            return targets.get(pattern)
    return None


def _releases(entries: Mapping[int, _Entry], nodes: Mapping[int, str]) -> tuple[Release, ...]:
    """The releases, copies of one merged."""
    releases: dict[str, Release] = {}
    for place, e in sorted(entries.items()):
        known = releases.get(nodes[place])
        if known is None:
            releases[nodes[place]] = Release(nodes[place], "npm", e.name, e.version, e.kind, e.line, e.hashes, e.source)
        else:
            hashes = tuple(sorted({*known.hashes, *e.hashes}))
            releases[nodes[place]] = known._replace(hashes=hashes, source=known.source or e.source)
    return tuple(releases[name] for name in sorted(releases))
