"""The AWS emulator, moto, one request at a time.

moto keeps its queues in plain lists without a lock: a message sent while another one is deleted can be
lost (``Queue.delete_message`` in moto/sqs/models.py builds a new list), and a group can stay blocked for
ever. A store that loses messages would make every test of ours worthless. For the same reason nobody may let
moto wait for messages: its long poll would hold up all others.
"""

from __future__ import annotations

import threading
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from bridge_laptop.local.servers import Server


def server() -> Server:
    """Return a server of the emulator on a free port; its state belongs to the process, not to the server."""
    return Server(_OneAtATime(DomainDispatcherApplication(create_backend_app)))


class _OneAtATime:
    def __init__(self, application: Any) -> None:
        self._application = application
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Answer one request, whole."""
        with self._lock:
            return list(self._application(environ, start_response))
