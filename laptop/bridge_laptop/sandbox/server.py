"""The sandbox on a socket: the shared threaded server, and a handler that can break a connection on purpose.

Connections are kept alive as a real front does, so that clients meet what they meet in production: reuse, and
a connection that dies between two requests.
"""

from __future__ import annotations

import os
import socket
import struct
from typing import TYPE_CHECKING, ClassVar

from bridge_laptop.http_server import Handler, OwnPagesOnly, Server, shut
from bridge_laptop.sandbox.app import create_app
from bridge_laptop.sandbox.faults.modes import DRIP, Broken, Drip
from bridge_laptop.sandbox.seed import SeedSource

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_LINGER_AND_RESET = struct.pack("ii", 1, 0)


class _Handler(Handler):
    """Serves one connection, as a fault says."""

    timeout: ClassVar[float | None] = (
        None  # an idle connection is kept for ever: when it ends is a fault's to say
    )

    def failed(self, _error: Exception) -> None:
        """Break the connection where a fault says so."""
        if isinstance(_error, Broken):
            self._break(_error.how)
        else:
            super().failed(_error)

    def write_body(self, body: bytes, _environ: WSGIEnvironment) -> None:
        """Write the body, at once or byte by byte."""
        drip: Drip | None = _environ.get(DRIP)
        if drip is None:
            super().write_body(body, _environ)
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
            shut(self.connection)


class SandboxServer(Server):
    """A CoopCycle instance to develop and test against."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, seed: SeedSource = None) -> None:
        self.app = create_app(seed)
        super().__init__(OwnPagesOnly(self.app), port, host=host, handler=_Handler)

    def close(self) -> None:
        """End what waits and every connection; the port is free."""
        self.app.extensions["faults"].halt()
        self.app.extensions["outbox"].halt()
        self.close_connections()
        super().close()
