"""Ctrl-C and SIGTERM as something to wait for."""

from __future__ import annotations

import select
import signal
import socket


class Stopping:
    """Whether this process was asked to stop; made by the main thread, and waited for there.

    The interpreter itself writes the signal into a socket (``signal.set_wakeup_fd``) as it comes. An event
    or a queue that a Python handler fills would not do: a signal in the moment before the thread falls asleep
    wakes nothing, as handlers run between bytecodes and the thread is at none.
    """

    def __init__(self) -> None:
        """Take the signals, also where a shell that started us in the background has them ignored."""
        self._asked, self._asks = socket.socketpair()
        self._asks.setblocking(False)
        signal.set_wakeup_fd(self._asks.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)

    @property
    def is_asked(self) -> bool:
        """Whether a signal has come."""
        return bool(select.select([self._asked], [], [], 0)[0])

    def wait(self) -> None:
        """Wait for one."""
        select.select([self._asked], [], [])
