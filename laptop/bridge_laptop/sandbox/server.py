"""The sandbox on a socket: a small threaded HTTP/1.1 server that can also break a connection on purpose.

Werkzeug's own handler closes after every answer; this one keeps connections alive as a real front does, so
that clients meet what they meet in production: reuse, and a connection that dies between two requests.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from types import TracebackType
from typing import Any, Self

from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

from bridge_laptop.sandbox.app import create_app
from bridge_laptop.sandbox.faults.modes import DRIP, Broken, Drip
from bridge_laptop.sandbox.seed import SeedSource
from bridge_laptop.sockets import listening

_LINGER_AND_RESET = struct.pack("ii", 1, 0)


class _Handler(WSGIRequestHandler):
    """Serves one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        """Remember the connection, so that stopping the server ends it."""
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        """Forget the connection."""
        self.server.connections.discard(self.connection)
        super().finish()

    def run_wsgi(self) -> None:
        """Serve one request."""
        environ = self.make_environ()
        try:
            content, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        except Broken as broken:
            self._break(broken.how)
            return
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:  # the client asked for it, and would otherwise send again on this one
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self._write(b"".join(content), environ.get(DRIP))

    def _write(self, body: bytes, drip: Drip | None) -> None:
        """Write the body, at once or byte by byte."""
        if drip is None:
            self.wfile.write(body)
            return
        for byte in body:
            if drip.halt.wait(drip.seconds / len(body)):
                self._break("close")
                return
            self.wfile.write(bytes([byte]))

    def _break(self, how: str) -> None:
        """End the connection without an answer: with a reset, or with an orderly close."""
        self.close_connection = True
        if how == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_AND_RESET)
            os.close(self.connection.detach())
        else:
            _shut(self.connection)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep quiet: the counts are in `/_sandbox/stats`."""


class _Server(ThreadedWSGIServer):
    """Werkzeug's threaded server, with its connections in hand."""

    def __init__(self, host: str, port: int, app: Any) -> None:
        self.connections: set[socket.socket] = set()
        with listening(host, port) as bound:
            super().__init__(host, bound.getsockname()[1], app, handler=_Handler, fd=bound.fileno())

    def close_connections(self) -> None:
        """End every connection that is kept alive."""
        for each in list(self.connections):
            _shut(each)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was faster


class SandboxServer:
    """A CoopCycle instance to develop and test against."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, seed: SeedSource = None) -> None:
        self.app = create_app(seed)
        self._server: BaseWSGIServer = _Server(host, port, self.app)
        self._thread: threading.Thread | None = None
        self.host = host

    @property
    def port(self) -> int:
        """The port it listens on, also when any was asked for."""
        return int(self._server.port)

    @property
    def url(self) -> str:
        """The address of the instance, without a slash at its end."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> Self:
        """Serve from a thread of its own."""
        self._thread = threading.Thread(target=self._serve, name="coopcycle-sandbox", daemon=True)
        self._thread.start()
        return self

    def _serve(self) -> None:
        self._server.serve_forever(poll_interval=0.02)

    def serve_forever(self) -> None:
        """Serve until interrupted."""
        try:
            self._serve()
        finally:
            self._end()

    def stop(self) -> None:
        """Stop serving: waits end, connections close, the port is free."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._end()

    def _end(self) -> None:
        self.app.extensions["faults"].halt()
        self.app.extensions["outbox"].halt()
        if isinstance(self._server, _Server):
            self._server.close_connections()
        self._server.server_close()

    def __enter__(self) -> Self:
        """Serve inside a `with` block."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop at its end."""
        self.stop()
