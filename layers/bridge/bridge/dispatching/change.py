"""Changing a delivery to what the order says now, without undoing what was done to it on CoopCycle."""

from __future__ import annotations

from dataclasses import replace

from bridge.coopcycle.changes import cannot_clear, change_body, differs
from bridge.coopcycle.payload import delivery_body, encode
from bridge.dispatching import lifecycle
from bridge.dispatching.create import create
from bridge.dispatching.observe import observe
from bridge.dispatching.outcomes import Finding, Outcome, Result
from bridge.dispatching.record import DeliveryRecord, State
from bridge.dispatching.refusals import fails, refused_by, spared
from bridge.dispatching.work import FAILURES_BEFORE_PARKING, Work, status_of
from bridge.errors import CoopCycleRejected, DeliveryOutcomeUnknown, PermanentError, RetryableError
from bridge.model import Delivery, Order, Receipt
from bridge.schedule.windows import Windows


def change(work: Work, order: Order, delivery: Delivery) -> Result:
    """Put what differs between the order now and what CoopCycle may hold; nothing when nothing does.

    Raises:
        DeliveryOutcomeUnknown: it may have been done.
        CoopCycleFails: CoopCycle has answered 500 too often.
        RetryableError: it was not done.
        PermanentError: CoopCycle refuses it.

    """
    try:
        return _change(work, order, delivery)
    except CoopCycleRejected as error:
        refused = refused_by(error, spared(delivery_body(delivery), work.record.refused_phones))
        if not refused:
            raise
        work.record = lifecycle.without_phones(work.record, refused)
        work.save(work.record, Outcome.SEEN, Finding.PHONE_REFUSED)
        return _change(work, order, delivery)


def _change(work: Work, order: Order, delivery: Delivery) -> Result:
    record = work.record
    wanted = spared(delivery_body(delivery), record.refused_phones)
    if record.state is State.CREATED and not differs(record.possible, wanted):
        if order.updated_at > record.order_updated_at:
            kept = ", ".join(cannot_clear(record.possible, wanted))
            later = replace(record, order_updated_at=order.updated_at)
            work.save(later, Outcome.DUPLICATE, f"CoopCycle keeps {kept}" if kept else "")
        return work.result(Outcome.DUPLICATE)
    receipt = work.coopcycle.get_delivery(record.delivery_iri)
    observe(work, receipt)
    state: State = work.record.state  # as the look at it left it
    if state is State.CANCELLED:
        return create(work, order, delivery)
    if state is State.WITHDRAWN:
        return _left_alone(work, order, Finding.WITHDRAWN)
    if Finding.FINISHED in work.record.seen:
        return _left_alone(work, order, Finding.TOO_LATE)
    windows = Windows(pickup=delivery.pickup.window, dropoff=delivery.dropoff.window)
    if Finding.MOVED in work.record.seen and windows != record.windows:
        work.found(Finding.OVERRULED)
    wanted_record = lifecycle.update(
        work.record,
        order_updated_at=order.updated_at,
        windows=windows,
        sent=encode(wanted).decode("ascii"),
        now=work.now(),
    )
    _put(work, wanted_record, receipt, Outcome.UPDATED)
    state = work.record.state
    if state is State.WITHDRAWN:
        return work.result(Outcome.IGNORED, Finding.WITHDRAWN)
    return work.result(Outcome.UPDATED)


def put_again(work: Work) -> None:
    """Send once more what CoopCycle should hold, when a change of unknown outcome may have come late."""
    record = work.record
    if record.state is State.CREATED and record.sent and record.unsettled:
        receipt = work.coopcycle.get_delivery(record.delivery_iri)
        observe(work, receipt)
        if work.record.state is State.CREATED and Finding.FINISHED not in work.record.seen:
            _put(work, lifecycle.putting(work.record, work.now()), receipt, None)


def _left_alone(work: Work, order: Order, finding: Finding) -> Result:
    """Keep the webhook's state of an order whose delivery is not ours to change any more, and say so."""
    work.found(finding)
    later = max(order.updated_at, work.record.order_updated_at)
    work.save(replace(work.record, order_updated_at=later), Outcome.IGNORED, finding)
    return work.result(Outcome.IGNORED, finding)


def _put(work: Work, putting: DeliveryRecord, receipt: Receipt, outcome: Outcome | None) -> None:
    """Store the record of a PUT that begins, do it, and look at what the answer shows."""
    before = work.record
    body = change_body(before.possible, putting.body, receipt)
    work.save(putting)
    try:
        answer = work.coopcycle.update_delivery(putting.delivery_iri, body) if body else receipt
    except DeliveryOutcomeUnknown as error:
        doubtful = lifecycle.put_unknown(work.record, error.status, work.now())
        if doubtful.failures >= FAILURES_BEFORE_PARKING:
            if outcome is not None:  # a look parks nothing: the webhook comes once more, and is parked then
                doubtful = work.schedule_recheck(lifecycle.given_up(doubtful))
            work.save(doubtful, Outcome.UNKNOWN, status_of(error))
            raise fails(putting.body) from error
        work.save(work.schedule_recheck(doubtful), Outcome.UNKNOWN, status_of(error))
        if error.status == 500:
            raise work.settling(str(error), error.status) from error
        raise
    except (RetryableError, PermanentError):
        work.save(lifecycle.put_failed(work.record, before, work.now()))
        raise
    done = lifecycle.updated(work.record, work.now())
    if not answer.is_live:
        work.record = done
        observe(work, answer)
        work.save(work.record)
    elif outcome is not None:
        work.save(done, outcome)
    else:
        work.record = done
