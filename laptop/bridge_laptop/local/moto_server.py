"""The AWS emulator, moto, one request at a time.

moto keeps its queues in plain lists without a lock: a message sent while another one is deleted can be
lost (``Queue.delete_message`` in moto/sqs/models.py builds a new list), and a group can stay blocked for
ever. A store that loses messages would make every test of ours worthless. For the same reason nobody may let
moto wait for messages: its long poll would hold up all others.
"""

from __future__ import annotations

import math
import threading
from collections import defaultdict
from functools import cache
from typing import Any

from moto.backends import get_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.sqs.models import Queue

from bridge_laptop.http_server import OwnPagesOnly, Server

DEDUPLICATION_SECONDS = 300  # "within the 5-minute deduplication interval": SQS API reference, SendMessage

_one_at_a_time = threading.Lock()  # moto's state belongs to the process, and so does this


def server() -> Server:
    """Return a server of the emulator on a free port; its state belongs to the process, not to the server.

    moto by itself lets every origin read every answer, and asks for no signature.
    """
    return Server(OwnPagesOnly(application()))


def application() -> Any:
    """Return the emulator as a WSGI application that answers one request at a time."""
    dispatcher = DomainDispatcherApplication(create_backend_app)
    # Twice a request moto lists its own folders to find out whose a host is.
    dispatcher.get_backend_for_host = cache(dispatcher.get_backend_for_host)  # type: ignore[method-assign]
    return _OneAtATime(dispatcher)


class _OneAtATime:
    def __init__(self, application: Any) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Answer one request, whole."""
        with _one_at_a_time:
            return list(self._application(environ, start_response))


def _remember_ids() -> None:
    """Let the emulator's queues remember deduplication ids for five minutes, as SQS does.

    moto compares with the messages that are on the queue; SQS also with those that were deleted, and within
    the message group where the queue says so (DeduplicationScope: messageGroup).
    """
    add = Queue.add_message

    def add_message(queue: Any, message: Any) -> None:
        if queue.fifo_queue and message.deduplication_id:
            seen: dict[Any, float] = vars(queue).setdefault(SEEN_IDS, {})
            key = (message.group_id, message.deduplication_id)
            if message.sent_timestamp - seen.get(key, -math.inf) < DEDUPLICATION_SECONDS * 1000:
                return
            seen[key] = message.sent_timestamp
        add(queue, message)

    Queue.add_message = add_message  # type: ignore[method-assign,assignment]  # untyped, as moto is


SEEN_IDS = "_seen_deduplication_ids"
_remember_ids()


def empty() -> None:
    """Forget every message, row, parameter and log; queues and tables stay as they were made.

    For tests: to make the queues and tables anew takes three times as long as to empty them. The attributes
    are private ones of moto's.
    """
    with _one_at_a_time:
        for sqs in _regions("sqs"):
            for queue in sqs.queues.values():
                queue._messages = []
                queue._pending_messages = set()
                queue.deleted_messages = set()
                vars(queue).pop(SEEN_IDS, None)
        for dynamodb in _regions("dynamodb"):
            for table in dynamodb.tables.values():
                table.items = defaultdict(dict) if table.has_range_key else defaultdict()
        for logs in _regions("logs"):
            for group in logs.groups.values():
                group.streams = {}
        for account in get_backend("ssm").values():
            account.reset()


def _regions(service: Any) -> list[Any]:
    return [region for account in get_backend(service).values() for region in account.values()]
