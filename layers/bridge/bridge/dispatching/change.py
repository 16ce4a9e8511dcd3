"""Changing a delivery to what the order says now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from bridge.coopcycle.payload import adds_stops, delivery_body, encode, fingerprint, revised_body
from bridge.dispatching import record as lifecycle
from bridge.dispatching.cancel import delete
from bridge.dispatching.create import create
from bridge.dispatching.outcomes import Outcome, Result
from bridge.dispatching.record import Pending, State
from bridge.dispatching.work import FAILURES_BEFORE_PARKING, Work, status_of
from bridge.errors import (
    AddressNotFound,
    DeliveryOutcomeUnknown,
    PermanentError,
    RetryableError,
    UnmappableOrder,
)
from bridge.model import Delivery, Order
from bridge.schedule.windows import Windows


def change(work: Work, order: Order, delivery: Delivery) -> Result:
    """Put what the order says now; nothing when that is what CoopCycle holds.

    Raises:
        DeliveryOutcomeUnknown: it may have been done.
        AddressNotFound: CoopCycle has answered 500 too often.
        RetryableError: it was not done.
        PermanentError: CoopCycle refuses it.

    """
    before = json.loads(work.record.sent or "{}")
    body = revised_body(before, delivery_body(delivery))
    if adds_stops(before, body):
        return _replace(work, order, delivery)
    unchanged = fingerprint(body) == work.record.fingerprint
    if unchanged and work.record.state is State.CREATED:
        if order.updated_at > work.record.order_updated_at:
            work.save(replace(work.record, order_updated_at=order.updated_at), Outcome.DUPLICATE)
        return work.result(Outcome.DUPLICATE)
    work.save(
        lifecycle.update(
            work.record,
            order_updated_at=order.updated_at,
            windows=Windows(pickup=delivery.pickup.window, dropoff=delivery.dropoff.window),
            sent=encode(body).decode("ascii"),
            now=work.now(),
        )
    )
    _put(work, body)
    work.save(lifecycle.updated(work.record, fingerprint=fingerprint(body), now=work.now()), Outcome.UPDATED)
    return work.result(Outcome.UPDATED)


def put_again(work: Work) -> None:
    """Send once more what CoopCycle should hold, when a change of unknown outcome may have come late."""
    record = work.record
    if record.state is State.CREATED and record.sent and (record.doubtful_put_at or not record.fingerprint):
        body = json.loads(record.sent)
        work.save(replace(record, pending=Pending.PUT))
        _put(work, body)
        work.record = lifecycle.updated(work.record, fingerprint=fingerprint(body), now=work.now())


def _replace(work: Work, order: Order, delivery: Delivery) -> Result:
    """Cancel the delivery and make a new one: CoopCycle can take stops off a delivery, but add none."""
    if not delete(work, work.record.delivery_iri):
        raise UnmappableOrder(
            order.path_of("dropoffs"),
            "has more stops than before, which CoopCycle cannot add to a delivery that a courier has; "
            "add them there by hand",
        )
    return create(work, order, delivery)


def _put(work: Work, body: Mapping[str, object]) -> None:
    try:
        work.coopcycle.update_delivery(work.record.delivery_iri, body)
    except DeliveryOutcomeUnknown as error:
        doubtful = lifecycle.put_unknown(work.record, error.status, work.now())
        if doubtful.failures >= FAILURES_BEFORE_PARKING:
            work.save(doubtful, Outcome.UNKNOWN, status_of(error))
            raise AddressNotFound from error
        work.save(work.schedule_recheck(doubtful), Outcome.UNKNOWN, status_of(error))
        if error.status == 500:
            raise work.settling(str(error), error.status) from error
        raise
    except (RetryableError, PermanentError):
        work.save(lifecycle.put_failed(work.record, work.now()))
        raise
