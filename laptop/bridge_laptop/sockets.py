"""A listening socket on loopback: a port that is taken is an ``OSError``, not the end of the process.

Werkzeug, left to bind by itself, prints advice and exits.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Yield a bound and listening socket, for werkzeug to duplicate; port 0 takes a free one.

    Raises:
        OSError: the port is taken.
    """
    with socket.create_server((host, port), backlog=128) as bound:
        yield bound
