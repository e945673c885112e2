"""How large a release is: bytes of all its files, and lines of its source that are neither blank nor comments.

Lines are those that lizard counts in the files of `tables/suffixes.json`, tests left out, and never fewer than the
bytes of these files / 100, so that a minified bundle is not tiny. Nothing a file contains makes this slow: what lizard
could not read in reasonable time is counted by a plain rule, lines that neither are blank nor start with a comment
mark.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, NamedTuple

from depfrag import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

READ_BYTES = 8 * 1024 * 1024
"""Of a longer source file only the size counts."""
_PARSED_FILE = 1024 * 1024
_PARSED_ALL = 2 * 1024 * 1024
_PARSED_SECONDS = 5.0
"""What lizard gets: bytes of one file and of a release, processor seconds for a release (it needs one for 1.3 MB)."""
_TANGLED = 2_000_000
"""Steps that lizard's pattern for type arguments may take from one ``<`` on."""
_BYTES_A_LINE = 100


class File(NamedTuple):
    """A file of a release: its path below the release's folder, with slashes, its size, and a way to its content."""

    path: str
    size: int
    read: Callable[[], bytes]
    """Called at most once, before the next file is asked for."""


class Count(NamedTuple):
    """The size of a release."""

    lines: int | None
    """None where no file is source, or where some is compiled: data and binaries are not tiny for having few lines."""
    bytes: int
    files: int


def count(files: Iterable[File], kinds: Kinds | None = None) -> Count:
    """The size of the release that consists of `files`; those below a ``node_modules`` are other releases' own."""
    kinds = kinds or Kinds()
    parser = _Parser()
    total = number = sources = size = lines = 0
    compiled = False
    for file in files:
        if "node_modules/" in file.path:
            continue
        total += file.size
        number += 1
        compiled = compiled or kinds.compiled(file.path)
        kind = None if compiled else kinds.of(file.path)
        if kind is not None:
            sources += 1
            size += file.size
            lines += parser.lines(file.read(), kind) if file.size <= READ_BYTES else 0
    least = -(-size // _BYTES_A_LINE)
    return Count(max(lines, least) if sources and not compiled else None, total, number)


class Kind(NamedTuple):
    """A kind of source file."""

    reader: str | None
    """The suffix by which lizard knows it."""
    comment: tuple[str, ...]
    """What a line of comment starts with."""


class Kinds:
    """Tells which files are source."""

    def __init__(self) -> None:
        table = tables.load("suffixes.json")
        self._kinds: Mapping[str, Kind] = {
            suffix: Kind(reader, tuple(group["comment"]))
            for group in table["source"]
            for suffix, reader in group["suffixes"].items()
        }
        self._compiled = tuple(table["compiled"])
        self._stubs = tuple(table["stubs"])
        self._folders = frozenset(table["tests"]["folders"])
        self._tests = re.compile(table["tests"]["files"])

    def compiled(self, path: str) -> bool:
        """Whether the file is code without lines; a shared library's name can end in its version."""
        *folders, name = path.lower().split("/")
        return name.rstrip("0123456789.").endswith(self._compiled) and self._folders.isdisjoint(folders)

    def of(self, path: str) -> Kind | None:
        """What kind of source the file is; None for tests, type stubs and what is no source."""
        *folders, name = path.lower().split("/")
        stem, _, suffix = name.rpartition(".")
        kind = self._kinds.get(suffix)
        if kind is None or not stem or name.endswith(self._stubs):
            return None
        return None if self._tests.fullmatch(stem) or not self._folders.isdisjoint(folders) else kind


class _Parser:
    """Counts the lines of one release's files: with lizard within its limits, plainly beyond."""

    def __init__(self) -> None:
        self._bytes = _PARSED_ALL
        self._seconds = _PARSED_SECONDS

    def lines(self, content: bytes, kind: Kind) -> int:
        text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
        parsed = None
        if kind.reader and len(content) <= min(_PARSED_FILE, self._bytes) and self._seconds > 0 and not _tangled(text):
            self._bytes -= len(content)
            start = time.thread_time()
            parsed = _parsed(text, kind.reader, start + self._seconds)
            self._seconds -= time.thread_time() - start
        return _plain(text, kind.comment) if parsed is None else parsed


def _plain(text: str, comment: tuple[str, ...]) -> int:
    return sum(1 for line in text.split("\n") if (bare := line.strip()) and not bare.startswith(comment))


def _tangled(text: str) -> bool:
    """Whether a ``<`` is followed by so many question marks before the next angle bracket that lizard would not end."""
    return any(
        piece.count("?") * len(piece) > _TANGLED
        for piece in re.split("[<>]", text)
        if len(piece) * len(piece) > _TANGLED
    )


def _parsed(text: str, reader: str, deadline: float) -> int | None:
    """The lines that lizard counts; None when it fails or needs too long."""
    import lizard

    steps = (_until(deadline), lizard.preprocessing, lizard.comment_counter, lizard.line_counter, _swallow)
    try:
        result: int = lizard.FileAnalyzer(steps).analyze_source_code(f"file.{reader}", text).nloc
    except Exception:  # noqa: BLE001 - lizard promises nothing about texts that are not what they seem
        return None
    return result


class _TooLongError(Exception):
    """The deadline passed."""


def _until(deadline: float) -> Callable[[Iterable[str], object], Iterator[str]]:
    def passed(tokens: Iterable[str], _reader: object) -> Iterator[str]:
        for token in tokens:
            if time.thread_time() > deadline:
                raise _TooLongError
            yield token

    return passed


def _swallow(tokens: Iterable[str], _reader: object) -> Iterator[str]:
    """Ends the way of the tokens: what lizard does with them next, finding functions, takes twice as long."""
    for _ in tokens:
        pass
    return iter(())
