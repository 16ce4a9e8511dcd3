"""A threaded WSGI server on loopback that can be started, stopped and left to serve.

Werkzeug, left to bind by itself, prints advice and exits when a port is taken; here it is an ``OSError``.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import urlsplit

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

OWN_NAMES = ("localhost", "host.docker.internal")  # the second in a container


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Yield a bound and listening socket, for werkzeug to duplicate; port 0 takes a free one.

    Raises:
        OSError: the port is taken.
    """
    with socket.create_server((host, port), backlog=128) as bound:
        yield bound


class Handler(WSGIRequestHandler):
    """Serves one connection: keeps it open, as a real front does, and writes no access log."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout: ClassVar[float | None] = 60  # seconds an idle connection is kept
    server: _Listener

    def setup(self) -> None:
        """Remember the connection, so that it can be ended."""
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        """Forget the connection."""
        self.server.connections.discard(self.connection)
        super().finish()

    def run_wsgi(self) -> None:
        """Answer one request; werkzeug's own would close the connection after it."""
        environ = self.make_environ()
        try:
            content, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        except Exception as error:  # noqa: BLE001  # whatever an application raises is its answer 500
            self.failed(error)
            return
        body = b"".join(content)
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers.items():
            self.send_header(name, value)
        if "content-length" not in headers and int(code) not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:  # the client asked for it, and would otherwise send again on this one
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.write_body(body, environ)

    def failed(self, _error: Exception) -> None:
        """Answer for an application that raised."""
        self.send_error(500)

    def write_body(self, body: bytes, _environ: WSGIEnvironment) -> None:
        """Send the body of the answer to the request of this WSGI environment."""
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write nothing: the handlers log what matters."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  # werkzeug's name
        """Write nothing: a client that hangs up is not news."""


class _Listener(ThreadedWSGIServer):
    """Werkzeug's threaded server, with its connections in hand."""

    daemon_threads = True

    def __init__(self, host: str, port: int, application: WSGIApplication, handler: type[Handler]) -> None:
        self.connections: set[socket.socket] = set()
        with listening(host, port) as bound:
            super().__init__(host, bound.getsockname()[1], application, handler=handler, fd=bound.fileno())


class OwnPagesOnly:
    """An application for programs and for pages of its own; a browser's page of another site gets 403.

    Browsers say from which page a request comes (``Origin``, of all that is no mere reading), and to which
    name it was sent: a page that turned its own name to this machine (DNS rebinding) gives that away.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        host, origin = environ.get("HTTP_HOST", ""), environ.get("HTTP_ORIGIN")
        if _names_this_machine(host) and (origin is None or urlsplit(origin).netloc == host):
            return self._application(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "text/plain")])
        return [b"this is for programs of this machine, and no page of another site\n"]


def _names_this_machine(host: str) -> bool:
    """Tell whether a ``Host`` is an address, which nobody can turn elsewhere, or a name of our own."""
    name = urlsplit(f"//{host}").hostname or ""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name in OWN_NAMES
    return True


class Server:
    """A WSGI application on an address of this machine; port 0 takes a free one.

    Raises:
        OSError: the port is taken.

    """

    def __init__(
        self,
        application: WSGIApplication,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        handler: type[Handler] = Handler,
    ) -> None:
        self.host = host
        self._listener = _Listener(host, port, application, handler)
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port it listens on, also when any was asked for."""
        return int(self._listener.port)

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> Self:
        """Serve from a thread of its own."""
        self._thread = threading.Thread(target=self._serve, daemon=True, name="http")
        self._thread.start()
        return self

    def serve_forever(self) -> None:
        """Serve until interrupted."""
        try:
            self._serve()
        finally:
            self.close()

    def stop(self) -> None:
        """Stop accepting, and close the socket."""
        if self._thread is not None:
            self._listener.shutdown()
            self._thread.join(timeout=10)
            self._thread = None
        self.close()

    def close(self) -> None:
        """Close the socket that listens: the port is free."""
        self._listener.server_close()

    def close_connections(self) -> None:
        """End every connection, also one that is kept alive."""
        for each in list(self._listener.connections):
            shut(each)

    def _serve(self) -> None:
        self._listener.serve_forever(poll_interval=0.02)  # seconds until a stop is seen

    def __enter__(self) -> Self:
        """Serve inside a `with` block."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop at its end."""
        self.stop()


def shut(connection: socket.socket) -> None:
    """End a connection in order; one that the other side has ended already is as good."""
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
