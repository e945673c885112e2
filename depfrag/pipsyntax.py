"""The syntax of pip's requirements files: text, lines, options and requirements, each read as pip reads it."""

from __future__ import annotations

import codecs
import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from depfrag.identity import python_name, without_credentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from depfrag.model import ReleaseKind

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_CODING = re.compile(rb"coding[:=]\s*([-\w.]+)")
_NO_TEXT = frozenset(("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"))
"""Python's codecs that no editor writes, some of them slow beyond bounds."""
_LEGACY = re.compile(
    r"([A-Za-z0-9][\w.-]*+)\s*+(?:\[[^\]]*+\])?+\s*+={2,3}\s*+([^\s,;()*$]++)\s*+(?:;\s*+(.+)|@\s*+\S++)?+\Z"
)
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*+(?<=[A-Za-z0-9]))?"
_PINNED = re.compile(
    rf"({_NAME})(?:\[({_NAME}(?:,{_NAME})*+)\])?"
    r"==([0-9]+(?:\.[0-9]+)*+(?:(?:a|b|rc|\.post|\.dev)[0-9]+)?)\Z"
)
"""The plainest requirement, and the most frequent: reading it takes no library, whose import takes 25 ms."""
_VCS = re.compile(r"(git|hg|svn|bzr)\+")
_ARCHIVES = (".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar", ".egg")

_MAX_OPTIONS = 10_000
"""Characters of a line with options in quotes: the standard library takes time in the square of them."""

_SHORT = {
    "-r": "--requirement", "-c": "--constraint", "-e": "--editable", "-i": "--index-url", "-f": "--find-links",
    "-C": "--config-settings", "-Z": "--always-unzip", "--pypi-url": "--index-url",
}  # fmt: skip
_VALUED = frozenset(
    ("--requirement", "--constraint", "--editable", "--index-url", "--extra-index-url", "--find-links", "--no-binary",
     "--only-binary", "--trusted-host", "--use-feature", "--config-settings", "--config-setting", "--global-option",
     "--install-option", "--hash", "--only-final", "--all-releases", "--allow-external", "--allow-unverified",
     "--allow-insecure"),
)  # fmt: skip
_FLAGS = frozenset(
    ("--no-index", "--prefer-binary", "--require-hashes", "--pre", "--process-dependency-links", "--use-wheel",
     "--no-use-wheel", "--always-unzip", "--allow-all-external"),
)  # fmt: skip


class Line(NamedTuple):
    """A logical line: the lines that backslashes join, without comment."""

    number: int
    """Of the first, counted from 1."""
    text: str
    comment: str
    """Without the ``#`` before it."""


class Asked(NamedTuple):
    """What one requirement asks for."""

    name: str
    """Normalised."""
    version: str | None
    """Where it is pinned."""
    kind: ReleaseKind
    source: str | None
    marker: str | None
    extras: tuple[str, ...] = ()
    """Normalised and sorted; those of a requirement that is told by name."""


PROJECT = Asked("", None, "link", ".", None)
"""What asks for the project itself, as ``-e .`` does."""


def text(data: bytes) -> tuple[str, str | None]:
    """`data` as text, and the name of the encoding that it turned out not to have, if so."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace"), None
    coding = "utf-8"
    for line in data.split(b"\n", 2)[:2]:
        if line.startswith(b"#") and (found := _CODING.search(line)):
            coding = found[1].decode("ascii")
            break
    try:
        if codecs.lookup(coding).name not in _NO_TEXT:
            return data.decode(coding), None
    except (LookupError, ValueError):
        pass
    return data.decode("utf-8", "replace"), coding


def lines(content: str) -> Iterator[Line]:
    """Logical lines: a backslash at the end continues a line, a comment line ends it."""
    joined: list[str] = []
    start = 0
    for number, line in enumerate([*content.splitlines(), ""], 1):
        comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not comment:
            start = start if joined else number
            joined.append(line.strip("\\"))
            continue
        if joined and comment:
            yield _line(start, "".join(joined))
            joined = []
        yield _line(start if joined else number, "".join((*joined, line)))
        joined = []


def _line(number: int, whole: str) -> Line:
    at = whole.find("#")
    while at > 0 and not whole[at - 1].isspace():
        at = whole.find("#", at + 1)
    if at < 0:
        return Line(number, whole.strip(), "")
    return Line(number, whole[:at].strip(), whole[at:].strip().lstrip("#"))


def options(line: str) -> list[tuple[str, str]] | None:
    """The options of a line that starts with one, by their long names, with their values; None where pip knows none."""
    words = _words(line)
    found: list[tuple[str, str]] = []
    for word in words or ():
        if found and found[-1][1] == "" and found[-1][0] in _VALUED:
            found[-1] = (found[-1][0], word)
            continue
        name, _, value = word.partition("=")
        if not word.startswith("--") and word[:2] in _SHORT:
            name, value = word[:2], word[2:]
        name = _SHORT.get(name, name)
        if name in _VALUED or name in _FLAGS:
            found.append((name, value))
        elif word.startswith("-"):
            return None
    return found or None


def _words(line: str) -> list[str] | None:
    if not any(mark in line for mark in "'\"\\"):
        return line.split()
    if len(line) > _MAX_OPTIONS:
        return None
    import shlex

    try:
        return shlex.split(line)
    except ValueError:
        return None


def split_options(line: str) -> tuple[str, tuple[str, ...]]:
    """A requirement without its own options, and its hashes."""
    head, *rest = re.split(r"\s(?=--?[A-Za-z])", line)
    hashes = [found[1] for option in rest if (found := re.match(r"--hash[=\s]+(\S+)", option))]
    return head.strip(), tuple(sorted(hashes))


def requirement(line: str, *, editable: bool = False) -> Asked | None:
    """What a requirement without options asks for; None when it is none."""
    plain = _PINNED.match(line)
    if plain:
        wanted = {python_name(extra) for extra in (plain[2] or "").split(",") if extra}
        return Asked(python_name(plain[1]), plain[3], "registry", None, None, tuple(sorted(wanted)))
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        parsed = Requirement(line)
    except (InvalidRequirement, RecursionError, ValueError):
        asked = _unnamed(line, editable=editable)
        return asked if asked is None or asked.name or asked == PROJECT else None
    name, marker = python_name(parsed.name), str(parsed.marker) if parsed.marker else None
    extras = tuple(sorted({python_name(extra) for extra in parsed.extras}))
    if parsed.url:
        return _address(parsed.url)._replace(name=name, marker=marker, extras=extras)
    if parsed.name.endswith(_ARCHIVES) and not parsed.specifier:
        return _address(parsed.name)._replace(marker=marker)
    pins = [s.version for s in parsed.specifier if s.operator in ("==", "===") and not s.version.endswith(".*")]
    return Asked(name, min(pins, default=None), "registry", None, marker, extras)


def _unnamed(line: str, *, editable: bool) -> Asked | None:
    """A requirement in a form of its own: an old version, an address or a path."""
    legacy = _LEGACY.match(line)
    if legacy:
        return Asked(python_name(legacy[1]), legacy[2], "registry", None, legacy[3])
    address, _, marker = line.partition(" ;") if " ;" in line else line.partition("; ")
    address = address.strip()
    is_path = (
        address.startswith((".", "/", "~", "file:")) or address.endswith(_ARCHIVES) or (editable and "/" in address)
    )
    if not is_path and "://" not in address and not re.match(r"[A-Za-z][\w.+-]*+:", address):
        return None
    if re.search(r"\s", address):
        return None
    found = _address(address)
    return found if found == PROJECT else found._replace(marker=marker.strip() or None)


def _address(address: str) -> Asked:
    """What lies at an address or path."""
    body, _, fragment = without_credentials(address).partition("#")
    egg = re.search(r"(?:^|&)egg=([^&\[=]+)", fragment)
    name = python_name(egg[1].strip()) if egg else ""
    if _VCS.match(body) or body.startswith("git://") or body.endswith(".git"):
        return _repository(name, body)
    file = posixpath.basename(body.partition("?")[0].rstrip("/"))
    found, version = _archive_name(file)
    name = name or found
    if body.startswith(("http:", "https:", "ftp:", "s3:", "gs:")):
        return Asked(name or python_name(re.sub(r"\.(zip|tar\.\w+|tgz)\Z", "", file)), version, "url", body, None)
    path = body.removeprefix("file://").removeprefix("file:")
    if file.endswith(_ARCHIVES):
        return Asked(name or python_name(file), version, "file", path, None)
    return _folder(name, path)


def _repository(name: str, body: str) -> Asked:
    """What ``git+https://host/owner/name.git@revision`` asks for; `body` is without fragment."""
    scheme, _, rest = body.rpartition("://")
    place, at, revision = rest.rpartition("@")
    place = place if at else rest
    name = name or python_name(posixpath.basename(place.rstrip("/")).removesuffix(".git"))
    source = f"{scheme}://{place}" if scheme else place
    kind: ReleaseKind = "git" if "git" in scheme or not scheme else "url"
    return Asked(name, None, kind, f"{source}#{revision}" if at else source, None)


def _folder(name: str, path: str) -> Asked:
    """What a folder asks for: the project itself, or another one that is called as its folder."""
    if path.endswith("]"):
        path = path.partition("[")[0]
    path = posixpath.normpath(path)
    if path == "." and not name:
        return PROJECT
    folder = posixpath.basename(path)
    return Asked(name or (path if folder == ".." else python_name(folder)), None, "link", path, None)


def _archive_name(file: str) -> tuple[str, str | None]:
    from urllib.parse import unquote

    from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

    try:
        if file.endswith(".whl"):
            name, version, _, _ = parse_wheel_filename(unquote(file))
        else:
            name, version = parse_sdist_filename(re.sub(r"\.(tgz|tar(\.\w+)?)\Z", ".tar.gz", unquote(file)))
    except (InvalidWheelFilename, InvalidSdistFilename, ValueError):
        return "", None
    return name, str(version)
