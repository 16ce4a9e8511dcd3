"""AWS emulator and CoopCycle sandbox, each in a process of its own that ends when its parent does.

``python -m bridge_laptop.chaos.servants aws|coopcycle`` prints its address and serves until its standard
input is closed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def serving(kind: str) -> Iterator[str]:
    """Start ``aws`` or ``coopcycle`` and yield its address."""
    process = subprocess.Popen(  # noqa: S603  # this very module
        [sys.executable, "-m", __name__, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        if process.stdout is None or not (address := process.stdout.readline().strip()):
            raise RuntimeError(f"{kind} did not start")
        yield address
    finally:
        process.kill()
        process.communicate()


def _serve(kind: str) -> None:
    if kind == "aws":
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        from bridge_laptop.local.servers import Server

        server = Server(DomainDispatcherApplication(create_backend_app))
        server.start()
        url = server.url
    else:
        from bridge_laptop.sandbox.server import SandboxServer

        url = SandboxServer().start().url
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    _serve(sys.argv[1])
