"""The first write of an order that is taken to be new: it finds out, so that nothing is read before it."""

from __future__ import annotations

from bridge.dispatching.ports import Deliveries
from bridge.dispatching.record import DeliveryRecord


class FirstWrite:
    """The table for the length of one message; ``done`` tells whether anything was written."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        self.done = False

    def load(self, connection_id: str, order_id: str) -> DeliveryRecord | None:
        """Return the order's record."""
        return self._deliveries.load(connection_id, order_id)

    def save(self, record: DeliveryRecord) -> DeliveryRecord:
        """Store the record.

        Raises:
            OrderIsKnown: there is a record of the order; nothing was written.
            AlreadyInProgress: another invocation has written it since.

        """
        saved = self._deliveries.save(record)
        self.done = True
        return saved
