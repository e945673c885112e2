"""A web server on loopback that does what a test tells it: answers, faults and delays by path, and notes what came."""

from __future__ import annotations

import contextlib
import gzip
import json
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable, Mapping


class Reply(NamedTuple):
    """What to answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}
    delay: float = 0
    """Seconds before it."""
    act: Callable[[BaseHTTPRequestHandler], None] | None = None
    """Does it all instead, down to the bytes; the connection is closed afterwards."""


class Seen(NamedTuple):
    """A request that came."""

    path: str
    headers: Mapping[str, str]
    body: bytes | None = None
    """What was sent along, by POST."""


class Web:
    """The server, as a context: ``with Web() as web: web.at("/a", Reply(500), Reply(200, b"{}"))``.

    Each path has its replies in turn, the last one for ever; `otherwise` makes the reply for all other paths, `posted`
    that to what is sent to them by POST.
    """

    def __init__(self, *, address: str = "127.0.0.1", certificate: str | None = None) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.otherwise: Callable[[str, Mapping[str, str]], Reply] = lambda path, headers: Reply(404, b"not found")
        self.posted: Callable[[str, bytes], Reply] = lambda path, body: Reply(404, b"not found")
        self.seen: list[Seen] = []
        self.connections = self.busiest = 0
        self._busy = 0
        self._lock = threading.Lock()
        self._server = _Server((address, 0), _handler(self))
        self._server.web = self
        scheme = "http"
        if certificate is not None:
            scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = self._server.server_address[1]
        self.url = f"{scheme}://{address}:{self.port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def at(self, path: str, *replies: Reply) -> str:
        """Sets the replies of a path and gives its address."""
        self.replies[path] = list(replies)
        return self.url + path

    def json(self, path: str, value: object, **headers: str) -> str:
        """Serves a JSON document."""
        return self.at(path, Reply(200, json.dumps(value).encode(), {"Content-Type": "application/json", **headers}))

    def paths(self) -> list[str]:
        """The paths asked for, in the order they came."""
        return [seen.path for seen in self.seen]

    def take(self, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """The next reply of a path."""
        with self._lock:
            self.seen.append(Seen(path, headers, body))
            queue = self.replies.get(path)
            if queue is None:
                return self.otherwise(path, headers) if body is None else self.posted(path, body)
            return queue.pop(0) if len(queue) > 1 else queue[0]

    @contextlib.contextmanager
    def busy(self):
        """While a request is worked on."""
        with self._lock:
            self._busy += 1
            self.busiest = max(self.busiest, self._busy)
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def process_request(self, request, client_address):
        self.web.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request, client_address):
        """Clients that hang up are what many tests are about."""


def _handler(web: Web) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self.do_GET(self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self, sent: bytes | None = None) -> None:
            with web.busy():
                reply = web.take(self.path, {name.lower(): value for name, value in self.headers.items()}, sent)
                if reply.delay:
                    time.sleep(reply.delay)
                if reply.act is not None:
                    self.close_connection = True
                    reply.act(self)
                    return
                self.send_response(reply.status)
                headers = {"Content-Length": str(len(reply.body)), **reply.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

        def log_message(self, *_: object) -> None:
            """Tests say what they need to."""

    return Handler


# -- faults ----------------------------------------------------------------------------------------------------------


def head(handler: BaseHTTPRequestHandler, length: int | None = None, **headers: str) -> None:
    """Begins a 200."""
    handler.send_response(200)
    if length is not None:
        handler.send_header("Content-Length", str(length))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Sends the half of an answer, then breaks the connection."""
    head(handler, 1000)
    handler.wfile.write(b"x" * 500)
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def cut(handler: BaseHTTPRequestHandler) -> None:
    """Sends the half of an answer, then ends it as if all were well."""
    head(handler, 1000)
    handler.wfile.write(b"x" * 500)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """Sends one byte now and then, for ever."""
    head(handler, 10**6)
    _for_ever(handler, lambda: b"x")


def drip_headers(handler: BaseHTTPRequestHandler) -> None:
    """The same with the headers."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    _for_ever(handler, lambda: b"x")


def _for_ever(handler: BaseHTTPRequestHandler, piece: Callable[[], bytes]) -> None:
    with contextlib.suppress(OSError):
        while True:
            handler.wfile.write(piece())
            handler.wfile.flush()
            time.sleep(0.02)


def silence(handler: BaseHTTPRequestHandler) -> None:
    """Sends nothing and waits until the client has had enough."""
    with contextlib.suppress(OSError):
        handler.connection.settimeout(10)
        handler.connection.recv(1)


class Flood:
    """Sends a body of so many bytes, in pieces, and counts what went out."""

    def __init__(self, size: int, *, chunked: bool = False) -> None:
        self.size, self.chunked, self.sent = size, chunked, 0

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        if self.chunked:
            head(handler, Transfer_Encoding="chunked")
        else:
            head(handler)
        piece = b" " * 65536
        frame = b"%x\r\n%s\r\n" % (len(piece), piece) if self.chunked else piece
        with contextlib.suppress(OSError):
            while self.sent < self.size:
                handler.wfile.write(frame)
                self.sent += len(piece)


def bomb(size: int) -> bytes:
    """A gzip file of a thousandth of the size that it unfolds to."""
    return gzip.compress(bytes(size), 6)


def certificate(folder: pathlib.Path, name: str = "IP:127.0.0.1") -> str | None:
    """A file with a new key and a certificate that nobody else has signed; None where openssl is not installed."""
    openssl = shutil.which("openssl")
    if openssl is None:
        return None
    key, made = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=depfrag test", "-addext", f"subjectAltName={name}", "-keyout", key, "-out", made],
        check=True, capture_output=True,
    )  # fmt: skip
    both = folder / "both.pem"
    both.write_bytes(key.read_bytes() + made.read_bytes())
    return str(both)


def free_port() -> int:
    """A port of loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
