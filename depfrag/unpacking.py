"""Reads archives of releases in memory, within bounds: nothing is unpacked to disk, followed or run."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import tarfile
import zipfile
import zlib
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Protocol

from depfrag.counting import File

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FILES = 50_000
MAX_BYTES = 512 * 1024 * 1024
"""Unpacked bytes of all entries together."""
MAX_RATIO = 200
"""Unpacked to packed bytes, counted once the unpacked ones exceed `_FREE`; real archives stay under 20."""
_FREE = 4 * 1024 * 1024
_MAX_PATH = 4096
_MAX_DIRECTORY = 4 * 1024 * 1024
"""Bytes of a zip file's central directory, which is read into memory as a whole."""
_STRENGTH = ("sha512", "sha384", "sha256", "sha1")


def verify(archive: bytes, integrity: str) -> None:
    """Compares `archive` with the strongest of its hashes, which are ``sha512-<base64>`` as npm has it or hexadecimal.

    Raises ValueError when it differs or when no hash is of a known kind.
    """
    from base64 import b64encode

    found: dict[str, list[str]] = {}
    for text in integrity.split():
        kind, dash, value = text.partition("-")
        if not dash:
            kind, value = {40: "sha1", 64: "sha256", 96: "sha384", 128: "sha512"}.get(len(text), ""), text.lower()
        found.setdefault(kind, []).append(value.partition("?")[0])
    for kind in _STRENGTH:
        if kind in found:
            digest = hashlib.new(kind, archive, usedforsecurity=False)
            if not {digest.hexdigest(), b64encode(digest.digest()).decode()}.isdisjoint(found[kind]):
                return
            raise ValueError(f"its {kind} is not the one that the registry gave: it was changed or cut off")
    raise ValueError(f"the registry gave no hash of a known kind: {integrity[:40]!r}")


def files(archive: bytes) -> Iterator[File]:
    """The files in a ``.tgz``, ``.tar.gz``, ``.zip`` or ``.whl``, without links, devices and paths that lead outside.

    The content of one must be asked for before the next file. Raises ValueError when it is no such archive, is broken,
    or is larger than any honest one.
    """
    with _honest():
        if archive.startswith(b"\x1f\x8b"):
            yield from _tar(archive)
        elif archive.startswith(b"PK"):
            yield from _zip(archive)
        else:
            raise ValueError("neither a gzipped tar nor a zip file")


@contextmanager
def _honest() -> Iterator[None]:
    """Whatever a broken archive can raise becomes a ValueError."""
    try:
        yield
    except (
        tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, OverflowError, RuntimeError, struct.error,
        NotImplementedError,
    ) as error:  # fmt: skip
        raise ValueError(f"the archive is broken: {error}") from None


class _Stream(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class _Bounded:
    """A stream that ends in ValueError where it gives out more than an honest archive would."""

    def __init__(self, stream: _Stream, packed: int) -> None:
        self._stream = stream
        self._left = min(MAX_BYTES, max(_FREE, packed * MAX_RATIO))

    def read(self, size: int) -> bytes:
        piece = self._stream.read(min(size, self._left + 1))
        self._left -= len(piece)
        if self._left < 0:
            raise ValueError("the archive unpacks to far more than its size lets expect")
        return piece


def _tar(archive: bytes) -> Iterator[File]:
    with gzip.GzipFile(fileobj=io.BytesIO(archive)) as stream, _opened(_Bounded(stream, len(archive))) as tar:
        for number, entry in enumerate(tar):
            if number >= MAX_FILES:
                raise ValueError(f"the archive has more than {MAX_FILES:,} entries")
            path = _inside(entry.name, strip=1)
            if entry.size < 0:
                raise ValueError("the archive is broken: a file of negative size")
            if entry.isreg() and not entry.issparse() and path is not None:
                yield File(path, entry.size, partial(_content, tar, entry))


def _opened(stream: _Bounded) -> tarfile.TarFile:
    return tarfile.open(fileobj=stream, mode="r|")  # type: ignore[call-overload,no-any-return]  # it calls read alone


def _content(tar: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    with _honest():
        content = tar.extractfile(entry)
        return content.read() if content is not None else b""


def _zip(archive: bytes) -> Iterator[File]:
    _check_directory(archive)
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        entries = packed.infolist()
        if len(entries) > MAX_FILES:
            raise ValueError(f"the archive has more than {MAX_FILES:,} entries")
        if sum(entry.file_size for entry in entries) > min(MAX_BYTES, max(_FREE, len(archive) * MAX_RATIO)):
            raise ValueError("the archive unpacks to far more than its size lets expect")
        for entry in entries:
            path = _inside(entry.filename, strip=0)
            kind = entry.external_attr >> 28
            if path is not None and not entry.is_dir() and kind in (0, 8):
                yield File(path, entry.file_size, partial(_unzipped, packed, entry))


def _unzipped(packed: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with _honest():
        return packed.read(entry)


def _check_directory(archive: bytes) -> None:
    end = archive.rfind(b"PK\x05\x06", -65_557)
    if end < 0 or len(archive) < end + 22:
        raise ValueError("the archive is broken: a zip file without its directory")
    (size,) = struct.unpack_from("<L", archive, end + 12)
    if size > _MAX_DIRECTORY or archive[max(0, end - 20) : end].startswith(b"PK\x06\x07"):
        raise ValueError("the archive has a directory larger than any honest one")


def _inside(name: str, *, strip: int) -> str | None:
    """The path of an entry below the release's folder; None where it leads out of it or is no path."""
    parts = [part for part in name.split("/") if part not in ("", ".")][strip:]
    if not parts or ".." in parts or name.startswith("/") or "\\" in name or len(name) > _MAX_PATH:
        return None
    return "/".join(parts)
