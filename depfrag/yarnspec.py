"""What yarn 2 and later (berry) mean by locators, descriptors and resolutions.

A descriptor is a name and what is asked for of it (``debug@npm:^4.0.0``), a locator a name and what that was resolved
to (``debug@npm:4.4.3``). Behind ``::`` both may be bound to more, as a relative path is to the locator of who gives it.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from depfrag import npmspec
from depfrag.identity import without_credentials

if TYPE_CHECKING:
    from depfrag.model import ReleaseKind

_MAX_LAYERS = 20
"""Patches of patches, folders linked from linked folders."""
_FOLDERS = ("link:", "portal:", "file:", "exec:")
_OWNER = re.compile(r"(?:^|&)locator=([^&]*)")
_COMMIT = re.compile(r"(?:^|&)commit=([^&]*)")
_ARCHIVE = re.compile(r"(?:^|&)__archiveUrl=([^&]*)")
_RESOLUTION = re.compile(
    r"(?:(?P<by>(?:@[^/@]+/)?[^/@]+)(?:@(?P<of>[^/]+))?/)?(?P<name>(?:@[^/@]+/)?[^/@]+)(?:@(?P<asked>[^/]+))?"
)


class Origin(NamedTuple):
    """What a locator stands for."""

    name: str
    """The real package."""
    kind: ReleaseKind
    source: str | None
    """Without credentials; the path of a folder is relative to the project's."""
    member: str | None = None
    """The folder of the project (``.``) or workspace member that it is."""


class Resolution(NamedTuple):
    """One of a project's ``resolutions``: what is asked for in the place of something else."""

    name: str
    """What must be asked for."""
    asked: str | None
    """Which range of it; None is any."""
    by: str | None
    """Name of who must ask; None is anybody."""
    of: str | None
    """What that one must be resolved to; None is anything."""
    instead: str

    def holds(self, locator: str, spec: str) -> bool:
        """Whether it holds when `locator` asks for `spec` of the name."""
        name, reference = split(locator)
        return (
            self.by in (None, name)
            and (self.of is None or bare(self.of)[0] == bare(reference)[0])
            and (self.asked is None or bare(self.asked)[0] == bare(spec)[0])
        )


def resolution(pattern: str, instead: str) -> Resolution | None:
    """A resolution as package.json has it (``"a@npm:1.0.0/b@^2.0.0": "2.1.0"``); None for one that yarn refuses too."""
    found = _RESOLUTION.fullmatch(pattern)
    return Resolution(found["name"], found["asked"], found["by"], found["of"], instead) if found else None


def split(text: str) -> tuple[str, str]:
    """The name and the rest of a locator or descriptor; one without a name is called as it is."""
    name, _, rest = text[1:].partition("@")
    return (without_credentials(text), text) if "//" in name else (text[:1] + name, rest)


def bare(spec: str) -> tuple[str, str]:
    """A range or reference without default protocol, bindings and escapes; and the locator it is bound to, or ""."""
    owner = None
    if "::" in spec:
        spec, _, bindings = spec.partition("::")
        owner = _OWNER.search(bindings)
    if spec.startswith("npm:"):
        spec = spec[4:]
    elif spec.startswith("patch:"):
        # Until version 6 a patched range was without its protocol.
        spec = unquote(spec).replace("@npm:", "@")
    return spec, unquote(owner[1]) if owner else ""


def origin(locator: str, version: str | None) -> Origin:
    """What a locator of a release with `version` stands for; a patched release is that release."""
    name, reference = split(locator)
    for _ in range(_MAX_LAYERS):
        if reference.startswith("patch:"):
            name, reference = split(unquote(reference[6:].partition("#")[0]))
        elif reference.startswith("virtual:"):
            reference = reference.partition("#")[2]
    reference, _, bindings = reference.partition("::")
    if reference.startswith("npm:"):
        archive = _ARCHIVE.search(bindings)
        return Origin(name, "registry", without_credentials(unquote(archive[1])) if archive else None)
    if reference.startswith("workspace:"):
        return Origin(name, "link", None, posixpath.normpath(reference[10:]))
    if reference.startswith(_FOLDERS):
        path = _place(reference, bindings)
        archived = reference.startswith("exec:") or npmspec.address_kind("file:" + path) == "file"
        return Origin(name, "file" if archived else "link", path)
    source = without_credentials(reference)
    commit = _COMMIT.search(source.partition("#")[2])
    if commit:
        return Origin(name, "git", f"{source.partition('#')[0]}#commit={commit[1]}")
    listed = npmspec.from_archive(name, source)
    if listed[1] == version and npmspec.is_listed(*listed, source):
        return Origin(listed[0], "registry", source)
    return Origin(name, npmspec.address_kind(source) or "url", source)


def _place(reference: str, bindings: str) -> str:
    """Where a folder is, seen from the project's; who asks for it may be a linked folder itself."""
    steps: list[str] = []
    for _ in range(_MAX_LAYERS):
        protocol, _, path = reference.partition("#")[0].partition(":")
        steps.append(path)
        owner = _OWNER.search(bindings)
        if protocol == "workspace" or owner is None:
            break
        reference, _, bindings = split(unquote(owner[1]))[1].partition("::")
        if not reference.startswith(("workspace:", *_FOLDERS)):
            break
    return posixpath.normpath(posixpath.join(*steps[::-1]))
