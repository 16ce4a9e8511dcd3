"""What people want of their data: forgotten where we hold it, or handed over by a person. Knows no AWS.

What is on its way is not held back: an order that is still on the queue is finished, and a later webhook of
a redacted order is new data. Both are gone with the queue's retention, or redacted by the next request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Protocol

from bridge.connections.model import Connection
from bridge.dispatching import lifecycle
from bridge.dispatching.outcomes import Outcome, Result
from bridge.dispatching.record import DeliveryRecord
from bridge.errors import DataRequested, PrivacyUndecided, RedactionUnfinished
from bridge.receiving.messages import PrivacyMessage, UnreadableMessage, read_message

LONGEST = timedelta(seconds=20)  # of one invocation's minute; then the message comes again and goes on
_NAMED = 50  # order ids in a sentence; the message itself has them all


class Held(Protocol):
    """The table of orders, as :class:`bridge.aws.deliveries.DeliveriesTable` implements it."""

    def load(self, connection_id: str, order_id: str) -> DeliveryRecord | None:
        """Return the order's record."""

    def save(self, record: DeliveryRecord) -> DeliveryRecord:
        """Store it if nobody else has in between, and return it with its new version."""

    def of_connection(self, connection_id: str) -> Iterator[DeliveryRecord]:
        """Yield every record of a connection."""


class ParkedMessages(Protocol):
    """The parked messages, as :class:`bridge.aws.queues.ParkedQueue` has them."""

    def remove(self, is_meant: Callable[[str], bool]) -> int:
        """Delete those whose text is meant."""


class Compliance:
    """Does what a privacy request asks."""

    def __init__(self, deliveries: Held, parked: ParkedMessages, *, clock: Callable[[], datetime]) -> None:
        self._deliveries = deliveries
        self._parked = parked
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
        self._parked.remove(lambda text: _concerns(message, text))
        return Result(Outcome.REDACTED)

    def _meant(self, message: PrivacyMessage) -> Iterable[DeliveryRecord]:
        if message.order_ids is None:
            return self._deliveries.of_connection(message.connection_id)
        found = (self._deliveries.load(message.connection_id, order_id) for order_id in message.order_ids)
        return (record for record in found if record is not None)


def _concerns(message: PrivacyMessage, text: str) -> bool:
    try:
        return message.concerns(read_message(text))
    except UnreadableMessage:
        return False


def _orders(message: PrivacyMessage) -> str:
    if message.order_ids is None:
        return "all orders of the shop"
    if not message.order_ids:
        return "no order"
    more = len(message.order_ids) - _NAMED
    return "orders " + ", ".join(message.order_ids[:_NAMED]) + (f" and {more} more" if more > 0 else "")
