"""Connections that can be watched: cut off when their time is up, refused when they lead where they must not."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Self

import requests.adapters
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

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

    def __init__(self, seconds: float, allowed: Callable[[str], bool]) -> None:
        self.expired = False
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


class _Plain(HTTPConnection):
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
