"""What becomes of an event of a partner event bus: which connections it is for, and then as a webhook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bridge.connections.model import Connection
from bridge.receiving.http import Acknowledgement, Queue, enqueue
from bridge.sources.shared.eventbridge import read_shopify_event

SHOPIFY = "shopify"


class Shops(Protocol):
    """Where a shop's connections are found: :class:`bridge.aws.connection_index.ConnectionIndex`."""

    def of_shop(self, source: str, domain: str) -> tuple[Connection, ...]:
        """Return the shop's connections, or raise ``UnknownConnection`` or ``InvalidConnection``."""


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """What became of an event for one connection."""

    connection_id: str
    receipt: Acknowledgement


class EventReceiver:
    """Queues the webhooks of one Shopify event source."""

    def __init__(
        self, shops: Shops, queue: Queue, *, source_name: str, clock: Callable[[], datetime]
    ) -> None:
        self._shops = shops
        self._queue = queue
        self._source_name = source_name
        self._clock = clock

    def receive(self, text: str) -> list[ReceivedEvent]:
        """Queue an event's webhook for every connection of its shop.

        When one cannot be queued the whole event must come again: the queue knows what it already has.

        Raises:
            RejectedWebhook: it is not an event of our source, cannot be read, or no connection wants it.
            InvalidConnection: it may be for a connection whose settings are broken.

        """
        domain, push = read_shopify_event(text, source_name=self._source_name, received_at=self._clock())
        return [
            ReceivedEvent(connection.connection_id, enqueue(connection, push, self._queue))
            for connection in self._shops.of_shop(SHOPIFY, domain)
        ]
