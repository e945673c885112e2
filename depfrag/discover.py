"""Finds lockfiles, and reads files near them, within bounds."""

from __future__ import annotations

import os
import stat
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from depfrag.decode import MAX_BYTES
from depfrag.errors import LockfileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depfrag.protocols import Format

_SKIPPED = frozenset(
    ("node_modules", "bower_components", "site-packages", "vendor", "third_party", "__pycache__", "venv")
)  # fmt: skip

_MAX_NAMES = 100_000
"""In one folder."""


class Target(NamedTuple):
    """A lockfile to read."""

    path: str
    """As reports show it: as the user gave it, with forward slashes."""
    form: Format
    named: bool
    """The user pointed at the file itself."""


def targets(paths: Sequence[str], formats: Sequence[Format]) -> Iterator[Target]:
    """The lockfiles that `paths`, files and folders, hold, in a stable order.

    Raises LockfileError for a path that is not there, and for a file that is no lockfile by its name.
    """
    found: dict[str, Target] = {}
    for path in paths:
        for target in _under(path, formats):
            real = os.path.realpath(target.path)
            known = found.get(real, target)
            found[real] = known._replace(named=known.named or target.named)
    yield from found.values()


def _under(path: str, formats: Sequence[Format]) -> Iterator[Target]:
    if os.path.isdir(path):
        found = list(_search(path, formats))
        if not found:
            names = ", ".join(form.patterns[0] for form in formats)
            raise LockfileError(_shown(path), "no lockfile here or below", hint=f"depfrag reads {names}")
        yield from found
    elif not os.path.lexists(path):
        raise LockfileError(_shown(path), "there is no such file or folder")
    else:
        form = _format(os.path.basename(path), formats, named=True)
        if form is None:
            raise LockfileError(
                _shown(path), "not the name of a lockfile that depfrag reads", hint="see: depfrag plugins"
            )
        yield Target(_shown(path), form, named=True)


def _search(top: str, formats: Sequence[Format]) -> Iterator[Target]:
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(f for f in folders if f not in _SKIPPED and not f.startswith("."))
        for form in formats:
            names = [f for pattern in form.patterns for f in sorted(files) if fnmatchcase(f, pattern)]
            # Where one tool would read only one of several names, the formats list that one first.
            for name in dict.fromkeys(names[:1] if form.one else names):
                yield Target(_shown(os.path.join(folder, name)), form, named=False)


def _format(name: str, formats: Sequence[Format], *, named: bool) -> Format | None:
    for form in formats:
        if any(fnmatchcase(name, pattern) for pattern in form.patterns):
            return form
    for form in formats if named else ():
        if any(fnmatchcase(name, pattern) for pattern in form.also):
            return form
    return None


def _shown(path: str) -> str:
    return os.path.normpath(path).replace(os.sep, "/")


def load(path: str) -> bytes:
    """The content of a lockfile. Raises LockfileError when it cannot be read or is too large."""
    data = _read(path, path)
    if data is None:
        raise LockfileError(path, "there is no such file")
    return data


def _read(path: str, shown: str) -> bytes | None:
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise LockfileError(shown, "not a regular file")
        if found.st_size > MAX_BYTES:
            size, most = found.st_size // 2**20, MAX_BYTES // 2**20
            raise LockfileError(shown, f"{size} MiB is too large to be a lockfile; the limit is {most} MiB")
        with open(path, "rb") as file:
            return file.read(MAX_BYTES + 1)[:MAX_BYTES]
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise LockfileError(shown, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None


class Folder:
    """Reads files near a lockfile (`depfrag.protocols.Files`)."""

    def __init__(self, lockfile: str) -> None:
        self.path = os.path.dirname(lockfile) or "."

    def read(self, path: str) -> bytes | None:
        return _read(os.path.join(self.path, path), path)

    def names(self, folder: str) -> Sequence[str]:
        try:
            with os.scandir(os.path.join(self.path, folder)) as entries:
                found = [entry.name for entry, _ in zip(entries, range(_MAX_NAMES + 1), strict=False)]
        except (FileNotFoundError, NotADirectoryError):
            return ()
        except (OSError, ValueError) as error:
            raise LockfileError(folder, f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
        if len(found) > _MAX_NAMES:
            raise LockfileError(folder, f"more than {_MAX_NAMES:,} files and folders")
        return sorted(found)
