"""What was fetched before, in one SQLite file: safe for several processes, and for a process that dies at any moment.

Holds what `Request.keep` made of answers, and validators; of addresses only a digest and the host, of who asked only
a digest. Anything that goes wrong with the file is said once, and the run goes on without it.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
import weakref
import zlib
from contextlib import closing, suppress
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from depfrag.protocols import Request

FORMAT = 1
"""Of the file; one of another format is emptied."""

_FILES = ("-wal", "-shm", "", ".damaged")
"""Ends of the names of files that belong to a cache."""
_BUSY_SECONDS = 5
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_TABLE = """CREATE TABLE IF NOT EXISTS answers (
    key BLOB PRIMARY KEY, host TEXT NOT NULL, status INTEGER NOT NULL, document BLOB, etag TEXT, modified TEXT,
    checked INTEGER NOT NULL)"""


class Entry(NamedTuple):
    """An answer that was kept."""

    status: int
    packed: bytes | None
    etag: str | None
    modified: str | None
    """The header Last-Modified."""
    checked: int
    """When the service last said so, in seconds since 1970."""

    def document(self) -> bytes | None:
        """What was kept of the body; None where there was none. Raises ValueError when it is damaged."""
        try:
            return None if self.packed is None else zlib.decompress(self.packed)
        except zlib.error:
            raise ValueError("damaged") from None


class Info(NamedTuple):
    """What a cache holds."""

    bytes: int
    answers: int
    oldest: int | None
    """In seconds since 1970."""
    newest: int | None
    hosts: tuple[tuple[str, int], ...]
    """Hosts and their answers, most first."""


def key(request: Request, identity: str) -> bytes:
    """What an answer is kept under: who asked for what in which form."""
    text = "\n".join((request.url, request.accept, str(request.form), identity))
    sent = b"" if request.body is None else b"\n" + request.body
    return hashlib.sha256(text.encode("utf-8", "surrogatepass") + sent).digest()


class Cache:
    """One open cache, for all threads of a run."""

    def __init__(self, file: str, notify: Callable[[str], None]) -> None:
        self._file, self._notify = file, notify
        self._lock = threading.Lock()
        self._writable = True
        self._warned = False
        self._connection = self._closing(self._opened())

    def get(self, wanted: bytes) -> Entry | None:
        """The answer kept under a key, if any."""
        with self._lock:
            if self._connection is None:
                return None
            try:
                rows = self._connection.execute(
                    "SELECT status, document, etag, modified, checked FROM answers WHERE key = ?", (wanted,)
                )
                row = rows.fetchone()
            except sqlite3.Error as error:
                self._failed(error)
                return None
        return None if row is None else Entry(*row)

    def put(
        self, name: bytes, host: str, status: int, document: bytes | None, validators: tuple[str | None, str | None],
        checked: int,
    ) -> None:  # fmt: skip
        """Keeps an answer in place of the one before it."""
        packed = None if document is None else zlib.compress(document)
        self._write(
            "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)",
            (name, host, status, packed, *validators, checked),
        )

    def touch(self, name: bytes, checked: int) -> None:
        """Notes that an answer is still current."""
        self._write("UPDATE answers SET checked = ? WHERE key = ?", (checked, name))

    def close(self) -> None:
        """Lets go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        with self._lock:
            if self._connection is None or not self._writable:
                return
            try:
                self._connection.execute(statement, values)
            except sqlite3.Error as error:
                self._failed(error)

    def _opened(self) -> sqlite3.Connection | None:
        try:
            return connect(self._file)
        except (sqlite3.Error, OSError) as error:
            code = _code(error)
            if code in _DAMAGED:
                return self._renewed()
            self._writable = False
            self._warn(f"cannot be used to keep answers: {_reason(error)}")
            return None if code in _BUSY else _read_only(self._file)

    def _renewed(self) -> sqlite3.Connection | None:
        """A new cache in place of a damaged one, which is moved aside."""
        self._warn("was damaged and is begun anew")
        try:
            _move_aside(self._file)
            return connect(self._file)
        except (sqlite3.Error, OSError):
            return None

    def _failed(self, error: sqlite3.Error) -> None:
        """Goes on after an error: with a new file where this one is damaged, without writing where it cannot be."""
        assert self._connection is not None
        code = _code(error)
        if code in _DAMAGED:
            self._connection.close()
            self._connection = self._closing(self._renewed()) if self._writable else None
        elif code not in _BUSY:
            self._writable = False
            self._warn(f"cannot be used to keep answers: {_reason(error)}")

    def _closing(self, connection: sqlite3.Connection | None) -> sqlite3.Connection | None:
        """`connection`, closed with this cache at the latest."""
        if connection is not None:
            weakref.finalize(self, connection.close)
        return connection

    def _warn(self, text: str) -> None:
        if not self._warned:
            self._warned = True
            self._notify(f"the cache {self._file} {text}")


def connect(file: str) -> sqlite3.Connection:
    """Opens a cache, which is made where there is none. Raises sqlite3.Error or OSError."""
    folder = os.path.dirname(file)
    if folder:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    connection = sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        with suppress(sqlite3.OperationalError):  # another process is doing the same
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        if connection.execute("PRAGMA user_version").fetchone()[0] != FORMAT:
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("PRAGMA user_version").fetchone()[0] != FORMAT:
                connection.execute("DROP TABLE IF EXISTS answers")
                connection.execute(_TABLE)
                connection.execute(f"PRAGMA user_version={FORMAT}")
            connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def _code(error: Exception) -> int:
    """SQLite's primary code for an error; 0 for others."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def _read_only(file: str) -> sqlite3.Connection | None:
    """Opens a cache in a place that nothing can be written to, not even the locks that SQLite shares."""
    from urllib.parse import quote

    path = quote(os.path.abspath(file).replace(os.sep, "/"))
    address = f"file:{path if path.startswith('/') else '/' + path}?mode=ro&immutable=1"
    with suppress(sqlite3.Error):
        connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        with suppress(sqlite3.Error):
            if connection.execute("PRAGMA user_version").fetchone()[0] == FORMAT:
                return connection
        connection.close()
    return None


def _move_aside(file: str) -> None:
    for end in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            os.unlink(file + end)
    with suppress(FileNotFoundError):
        os.replace(file, file + ".damaged")


# -- housekeeping ----------------------------------------------------------------------------------------------------


def info(file: str) -> Info | None:
    """What a cache holds; None where there is none. Raises sqlite3.Error for one that cannot be read."""
    if not os.path.exists(file):
        return None
    with closing(connect(file)) as connection:
        count, oldest, newest = connection.execute(
            "SELECT count(*), min(checked), max(checked) FROM answers"
        ).fetchone()
        hosts = connection.execute("SELECT host, count(*) FROM answers GROUP BY host ORDER BY 2 DESC, 1").fetchall()
    return Info(size(file), count, oldest, newest, tuple(hosts))


def size(file: str) -> int:
    """How many bytes a cache takes; 0 where there is none."""
    return sum(os.path.getsize(file + end) for end in _FILES if os.path.exists(file + end))


def prune(file: str, before: int) -> int:
    """Removes the answers that were last current before a time (seconds since 1970), and says how many they were.

    Raises sqlite3.Error for a cache that cannot be written.
    """
    if not os.path.exists(file):
        return 0
    with closing(connect(file)) as connection:
        removed = connection.execute("DELETE FROM answers WHERE checked < ?", (before,)).rowcount
        connection.execute("VACUUM")
    return removed


def clear(file: str) -> None:
    """Removes the cache. Raises OSError."""
    for end in _FILES:
        with suppress(FileNotFoundError):
            os.unlink(file + end)
