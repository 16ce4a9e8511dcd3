"""AWS emulator and CoopCycle sandbox, each in a process of its own that ends when its parent does.

``python -m tests.storm.processes aws|coopcycle`` prints its address and serves until its standard
input is closed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def serving(kind: str, log: Path) -> Iterator[str]:
    """Start ``aws`` or ``coopcycle`` and yield its address."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # this very module
            [sys.executable, "-m", __name__, kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
            start_new_session=True,  # Ctrl-C is for its parent, which needs it until the end
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
        from bridge_laptop.local import moto_server

        server = moto_server.server()
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
