"""Cancelling: the delivery there is, or a tombstone, so that a create which comes late does nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bridge.dispatching import lifecycle
from bridge.dispatching.outcomes import Outcome, Result
from bridge.dispatching.record import State
from bridge.dispatching.work import Work
from bridge.errors import CoopCycleRejected
from bridge.model import Ignored


def retract(work: Work, ignored: Ignored, updated_at: datetime, *, name: str = "") -> Result:
    """Cancel the delivery there is, or leave a tombstone; no call of the order may be pending."""
    record = work.record
    if record.state is State.CANCEL_REFUSED:
        if updated_at > record.order_updated_at:  # an older state that comes late must not undo it
            work.save(replace(record, order_updated_at=updated_at), Outcome.IGNORED, "refused_before")
        return work.result(Outcome.IGNORED, "refused_before")
    if record.state in (State.CREATED, State.WITHDRAWN):
        work.save(
            lifecycle.cancelling(record, order_updated_at=updated_at, reason=ignored.reason, now=work.now())
        )
        return finish(work)
    work.save(
        lifecycle.retracted(
            record,
            order_name=name or ignored.order_name,
            order_updated_at=updated_at,
            reason=ignored.reason,
            now=work.now(),
        ),
        Outcome.IGNORED,
        ignored.reason,
    )
    return work.result(Outcome.IGNORED, ignored.reason)


def finish(work: Work) -> Result:
    """Delete the delivery whose cancel was begun, also when it was begun by a function that died."""
    record = work.record
    if not delete(work, record.delivery_iri):
        work.save(lifecycle.cancel_refused(record, work.now()), Outcome.CANCEL_REFUSED, "assigned")
        return refused(work)
    work.save(
        lifecycle.retracted(
            record,
            order_name=record.order_name,
            order_updated_at=record.order_updated_at,
            reason=record.reason,
            now=work.now(),
        ),
        Outcome.CANCELLED,
        record.reason,
    )
    return work.result(Outcome.CANCELLED, record.reason)


def refused(work: Work) -> Result:
    """Return that a courier has what the shop cancelled."""
    return work.result(Outcome.CANCEL_REFUSED, "assigned")


def delete(work: Work, iri: str) -> bool:
    """Cancel a delivery; false when CoopCycle refuses because a courier has it."""
    try:
        work.coopcycle.cancel_delivery(iri)
    except CoopCycleRejected as error:
        if error.status == 400:
            return False
        if error.status != 404:
            raise
    return True
