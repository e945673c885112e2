"""Connections that can be watched: cut off when their time is up, refused when they lead where they must not."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from contextvars import ContextVar
from math import inf
from typing import TYPE_CHECKING, Any, Self

import requests.adapters
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

_ATTEMPT: ContextVar[Attempt] = ContextVar("attempt")


class RefusedError(Exception):
    """A connection leads where it must not."""


class Attempt:
    """One exchange over a connection, from start to end: a context in which the connections made are its own.

    Time-outs of sockets bound the time between two bytes only, so that a service which sends one byte now and then
    could hold a thread for days. `expired` says that the exchange was cut off, whatever error it then ended in.
    """

    def __init__(self, seconds: float, allowed: Callable[[str], bool], reach: float = inf) -> None:
        """`seconds` for all of it, `reach` of them until a connection stands."""
        self.expired = False
        self.reach = reach
        self._allowed = allowed
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self.cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._token = _ATTEMPT.set(self)
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._socket = None  # it may serve the next request already
        _ATTEMPT.reset(self._token)

    def cut(self) -> None:
        """Ends the exchange at once; may be called from another thread."""
        self.expired = True
        line = self._socket
        if line is not None:
            with suppress(OSError):
                # Not SSLSocket.shutdown, which would turn a reading thread's socket into one without encryption.
                socket.socket.shutdown(line, socket.SHUT_RDWR)

    def connected(self, connection: HTTPConnection) -> None:
        """Takes note of the connection that the request is about to be sent over."""
        if connection.sock is None:
            connection.connect()
        assert connection.sock is not None
        if connection.proxy is None and not self._allowed(connection.sock.getpeername()[0]):
            connection.close()
            raise RefusedError
        self._socket = connection.sock
        if self.expired:
            raise TimeoutError


class _Reaching:
    """Connects in a thread of its own: the look-up of a name cannot be cut off, and may take far longer than is worth
    waiting for."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._left = False
        self._line: socket.socket | None = None
        self._error: BaseException | None = None
        threading.Thread(target=self._run, name="depfrag-reach", daemon=True).start()

    def line(self, seconds: float) -> socket.socket | None:
        """The connection; None where it takes longer. Raises what connecting raises."""
        self._done.wait(seconds)
        with self._lock:
            self._left = True
        if self._error is not None:
            raise self._error
        return self._line

    def _run(self) -> None:
        try:
            line = self._connect()
        except BaseException as error:  # noqa: BLE001 - raised again where the connection is taken
            self._error = error
        else:
            with self._lock:
                if self._left:  # nobody waits for it any more
                    line.close()
                else:
                    self._line = line
        self._done.set()


class _Plain(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        reach = _ATTEMPT.get().reach
        if reach == inf:
            return super()._new_conn()
        line = _Reaching(super()._new_conn).line(reach)
        if line is None:
            raise NewConnectionError(self, f"not reached in {reach:g} s")
        return line

    def request(self, *args: Any, **more: Any) -> None:  # noqa: ANN401 - passed on as they are
        _ATTEMPT.get().connected(self)
        super().request(*args, **more)


class _Secure(_Plain, HTTPSConnection):
    """The same with TLS."""


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class Adapter(requests.adapters.HTTPAdapter):
    """Gives requests its watched connections, at most `per_host` to one host, all with one TLS context.

    requests would read the file of certificates anew for each connection.
    """

    def __init__(self, per_host: int, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(pool_connections=64, pool_maxsize=per_host, pool_block=True)

    def init_poolmanager(self, *args: Any, **more: Any) -> None:  # noqa: ANN401 - passed on as they are
        super().init_poolmanager(*args, ssl_context=self._context, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:  # noqa: ANN401 - as in requests
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, **more)
        if not proxy.lower().startswith("socks"):  # those have connections of their own
            manager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
        return manager

    def cert_verify(self, *_: object) -> None:
        """Nothing to add: the context verifies."""
