"""A threaded WSGI server on loopback that can be started, stopped and left to serve.

Werkzeug, left to bind by itself, prints advice and exits when a port is taken; here it is an ``OSError``.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import run_wsgi_app


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Yield a bound and listening socket, for werkzeug to duplicate; port 0 takes a free one.

    Raises:
        OSError: the port is taken.
    """
    with socket.create_server((host, port), backlog=128) as bound:
        yield bound


class QuietHandler(WSGIRequestHandler):
    """Keeps connections open and writes no access log."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60  # seconds an idle connection is kept

    def run_wsgi(self) -> None:
        """Answer one request; werkzeug's own would close the connection after it."""
        try:
            content, status, headers = run_wsgi_app(self.server.app, self.make_environ(), buffered=True)
        except Exception:  # noqa: BLE001  # whatever an application raises is its answer 500
            self.send_error(500)
            return
        body = b"".join(content)
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers.items():
            self.send_header(name, value)
        if "content-length" not in headers and int(code) not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing: the handlers log what matters."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # werkzeug's name
        """Write nothing: a client that hangs up is not news."""


class Server:
    """A WSGI application on 127.0.0.1; port 0 takes a free one, a taken one is an ``OSError``."""

    def __init__(self, application: Any, port: int = 0) -> None:
        with listening("127.0.0.1", port) as bound:
            self._server = make_server(
                "127.0.0.1",
                bound.getsockname()[1],
                application,
                threaded=True,
                request_handler=QuietHandler,
                fd=bound.fileno(),
            )
        self._server.daemon_threads = True  # type: ignore[attr-defined]  # of socketserver.ThreadingMixIn
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True, name="http")

    @property
    def url(self) -> str:
        """Return the address."""
        return f"http://127.0.0.1:{self._server.port}"

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop accepting, and close the socket."""
        self._server.shutdown()
        self._thread.join(timeout=10)
        self._server.server_close()
