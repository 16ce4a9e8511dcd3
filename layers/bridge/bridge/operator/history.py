"""What a person did with an order, written into its history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from bridge.dispatching.outcomes import Outcome
from bridge.dispatching.record import DeliveryRecord, Event
from bridge.errors import AlreadyInProgress

if TYPE_CHECKING:
    from bridge.aws.deliveries import DeliveriesTable
    from bridge.aws.order_index import Key

TOPIC = "operator"  # stands in the history where a webhook's topic does
_TRIES = 5  # should the worker write at the same moment


def noting(record: DeliveryRecord, outcome: Outcome, by: str, at: datetime) -> DeliveryRecord:
    """Return the record with what a person did; ``by`` names him, where he is known."""
    return record.noting(Event(at, TOPIC, outcome, by))


def change_record(
    table: DeliveriesTable, key: Key, change: Callable[[DeliveryRecord], DeliveryRecord]
) -> DeliveryRecord | None:
    """Store the change of an order's record, made anew if the worker was quicker; ``None`` without a record.

    Raises:
        AlreadyInProgress: the worker writes all the time.
    """
    for last in (*[False] * (_TRIES - 1), True):
        record = table.load(*key)
        if record is None:
            return None
        try:
            return table.save(change(record))
        except AlreadyInProgress:
            if last:
                raise
    return None
