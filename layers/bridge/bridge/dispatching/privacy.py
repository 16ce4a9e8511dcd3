"""What people want of their data: forgotten where we hold it, or handed over by a person. Knows no AWS.

What is on its way is not held back: an order that is still on WebhooksQueue is finished, and a later webhook
of a redacted order is new data. Both are redacted by the next request, or when their time is over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bridge.connections.model import Connection
from bridge.dispatching import lifecycle
from bridge.dispatching.outcomes import Outcome, Result
from bridge.dispatching.record import DeliveryRecord, Event, ParkedMessage, State
from bridge.errors import (
    AlreadyInProgress,
    DataRequested,
    PrivacyUndecided,
    RedactionUnfinished,
    RejectedWebhook,
)
from bridge.receiving.http import accept
from bridge.receiving.messages import (
    ParkReason,
    PrivacyMessage,
    QueueMessage,
    UnreadableMessage,
    read_message,
)
from bridge.sources.shared.eventbridge import read_shopify_event

LONGEST = timedelta(seconds=20)  # of one invocation's minute; then the message comes again and goes on
RETENTION_TOPIC = "retention"  # stands in the history where a webhook's topic does
PARTS = 7 * 24  # of the table; each hour one is gone through, so that every order's turn comes once a week
REQUEST_NAME = "privacy request"  # stands where an order has its name
_NAMED = 50  # order ids in a sentence; the message itself has them all


class Held(Protocol):
    """The table of orders, as :class:`bridge.aws.deliveries.DeliveriesTable` implements it."""

    def load(self, connection_id: str, order_id: str) -> DeliveryRecord | None:
        """Return the order's record."""

    def save(self, record: DeliveryRecord) -> DeliveryRecord:
        """Store it if nobody else has in between, and return it with its new version."""

    def of_connection(self, connection_id: str) -> Iterator[DeliveryRecord]:
        """Yield every record of a connection."""


class Swept(Protocol):
    """The table of orders as it is gone through, part by part."""

    def not_changed_since(self, moment: datetime, part: int, parts: int) -> Iterator[DeliveryRecord]:
        """Yield the records of one part that nothing happened to since."""

    def save(self, record: DeliveryRecord) -> DeliveryRecord:
        """Store it if nobody else has in between, and return it with its new version."""


class Queued(Protocol):
    """A queue that may hold orders for long, as :class:`bridge.aws.queues.ParkedQueue` has it."""

    def remove(self, is_meant: Callable[[str], bool]) -> int:
        """Delete the messages whose text is meant."""


class Retention:
    """Forgets the people of orders that nothing happened to for ``kept_for``, and keeps the orders' guard."""

    def __init__(self, deliveries: Swept, *, kept_for: timedelta, parts: int = PARTS) -> None:
        self._deliveries = deliveries
        self._kept_for = kept_for
        self._parts = parts

    def sweep(self, now: datetime) -> int:
        """Go through the part of the table whose turn it is in this hour; return how many were redacted.

        An order that changes at this moment is young again; so is one of which something was parked since.
        """
        over = now - self._kept_for
        part = int(now.timestamp() // 3600) % self._parts
        redacted = 0
        for record in self._deliveries.not_changed_since(over, part, self._parts):
            if any(each.parked_at > over for each in record.parked):
                continue
            if lifecycle.holds_personal_data(record):
                with suppress(AlreadyInProgress):
                    self._deliveries.save(lifecycle.redacted(record, RETENTION_TOPIC, now))
                    redacted += 1
        return redacted


class Compliance:
    """Does what a privacy request asks.

    ``queues`` are those that may hold orders for long: parked messages, events that found no connection.
    """

    def __init__(self, deliveries: Held, queues: Sequence[Queued], *, clock: Callable[[], datetime]) -> None:
        self._deliveries = deliveries
        self._queues = queues
        self._clock = clock

    def handle(self, connection: Connection, message: PrivacyMessage) -> Result:
        """Redact the orders that are meant.

        An app has one secret for all its shops, so the signature does not tell which shop is meant. Order
        ids are the sender's own and name no other shop's order; a whole shop must be named by the connection.

        Raises:
            DataRequested: the request is to be answered by a person.
            PrivacyUndecided: it names a shop that the connection does not; a person must look.
            RedactionUnfinished: there are more orders; the message must come again.
            AlreadyInProgress: an order is being worked on; likewise.

        """
        ours = connection.shop_domain
        if ours != message.shop and (ours or message.order_ids is None):
            raise PrivacyUndecided(message.shop)
        if message.wish != "erase":
            raise DataRequested(_orders(message))
        began_at = self._clock()
        for record in self._meant(message):
            if not lifecycle.holds_personal_data(record):
                continue
            if self._clock() - began_at > LONGEST:
                raise RedactionUnfinished("there are more orders to redact")
            self._deliveries.save(lifecycle.redacted(record, message.topic, self._clock()))
        for queue in self._queues:
            queue.remove(lambda text: _concerns(message, connection, text))
        self._settle(message)
        return Result(Outcome.REDACTED)

    def park(self, message: PrivacyMessage, reason: ParkReason, *, message_id: str, text: str) -> None:
        """Put a request aside in a record of its own: it has 30 days to be answered, and a queue keeps 14."""
        now = self._clock()
        order_id = request_id(message)
        record = self._deliveries.load(message.connection_id, order_id) or lifecycle.unknown_order(
            message.connection_id, order_id, now, datetime.fromtimestamp(0, UTC), now
        )
        entry = ParkedMessage(
            message_id=message_id,
            code=reason.code,
            sentence=reason.message,
            property_paths=(),
            parked_at=now,
            topic=message.topic,
            received_at=None,
            updated_at=None,
            text=text,
        )
        parked = lifecycle.parked(record.not_waiting(), entry, REQUEST_NAME, now)
        self._deliveries.save(parked.noting(Event(now, message.topic, Outcome.PARKED, reason.code)))

    def _settle(self, message: PrivacyMessage) -> None:
        """Close the record of a request that was parked, redriven, and is done now."""
        record = self._deliveries.load(message.connection_id, request_id(message))
        if record is not None:
            done = replace(record.not_waiting(), state=State.IGNORED, reason="", changed_at=self._clock())
            self._deliveries.save(done.noting(Event(self._clock(), message.topic, Outcome.REDACTED)))

    def _meant(self, message: PrivacyMessage) -> Iterable[DeliveryRecord]:
        if message.order_ids is None:
            return self._deliveries.of_connection(message.connection_id)
        found = (self._deliveries.load(message.connection_id, order_id) for order_id in message.order_ids)
        return (record for record in found if record is not None)


def request_id(message: PrivacyMessage) -> str:
    """Return what stands as order id in the record of a request; the same for a repeat of it."""
    return "privacy-" + hashlib.sha256(message.webhook_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _concerns(message: PrivacyMessage, connection: Connection, text: str) -> bool:
    found = message_in(text, connection)
    return found is not None and message.concerns(found)


def message_in(text: str, connection: Connection) -> QueueMessage | None:
    """Return the message that stands on a queue, or that an event for this connection would become.

    ``None`` where it is neither.
    """
    try:
        return read_message(text)
    except UnreadableMessage:
        pass
    try:
        domain, push = read_shopify_event(text, received_at=datetime.fromtimestamp(0, UTC))
        accepted = accept(connection, push) if domain == connection.shop_domain else None
    except RejectedWebhook:
        return None
    return accepted if isinstance(accepted, QueueMessage) else None


def _orders(message: PrivacyMessage) -> str:
    if message.order_ids is None:
        return "all orders of the shop"
    if not message.order_ids:
        return "no order"
    more = len(message.order_ids) - _NAMED
    return "orders " + ", ".join(message.order_ids[:_NAMED]) + (f" and {more} more" if more > 0 else "")
