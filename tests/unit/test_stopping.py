"""Waiting for Ctrl-C: a signal that comes in the moment in which one begins to wait is not lost."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import os, signal, sys, threading
from bridge_laptop.cli.stopping import Stopping

sys.setswitchinterval(1e-6)
begin = threading.Semaphore(0)

def interrupt():
    while True:
        begin.acquire()
        os.kill(os.getpid(), signal.SIGINT)

threading.Thread(target=interrupt, daemon=True).start()
for _ in range(3000):
    stopping = Stopping()
    assert not stopping.is_asked
    begin.release()
    stopping.wait()
    assert stopping.is_asked
print("all came")
"""


def test_no_signal_is_lost() -> None:
    """It is sent 3000 times while the main thread falls asleep; an Event loses one of some hundreds."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120, check=False
    )

    assert (0, "all came\n") == (done.returncode, done.stdout), done.stderr
