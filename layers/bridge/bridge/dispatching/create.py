"""Creating a delivery: the record says so before and after the POST."""

from __future__ import annotations

from bridge.coopcycle.payload import delivery_body, encode, fingerprint
from bridge.dispatching import lifecycle
from bridge.dispatching.outcomes import Finding, Outcome, Result
from bridge.dispatching.refusals import refused_by, spared
from bridge.dispatching.work import Work, status_of
from bridge.errors import CoopCycleRejected, DeliveryOutcomeUnknown, PermanentError, RetryableError
from bridge.model import Delivery, Order
from bridge.schedule.windows import Windows


def create(work: Work, order: Order, delivery: Delivery) -> Result:
    """Post the delivery; no call of the order may be pending.

    Raises:
        DeliveryOutcomeUnknown: it may have been made; the next attempt finds out.
        RetryableError: it was not made.
        PermanentError: CoopCycle refuses it.

    """
    try:
        return _post(work, order, delivery)
    except CoopCycleRejected as error:
        refused = refused_by(error, work.record.body)
        if not refused:
            raise
        work.record = lifecycle.without_phones(work.record, refused)
        work.save(work.record, Outcome.SEEN, Finding.PHONE_REFUSED)
        return _post(work, order, delivery)


def _post(work: Work, order: Order, delivery: Delivery) -> Result:
    body = spared(delivery_body(delivery), work.record.refused_phones)
    work.save(
        lifecycle.attempt(
            work.record,
            order_name=order.name,
            order_updated_at=order.updated_at,
            windows=Windows(pickup=delivery.pickup.window, dropoff=delivery.dropoff.window),
            fingerprint=fingerprint(body),
            sent=encode(body).decode("ascii"),
            now=work.now(),
        )
    )
    try:
        receipt = work.coopcycle.create_delivery(body)
    except DeliveryOutcomeUnknown as error:
        doubtful = lifecycle.outcome_unknown(work.record, error.status, work.now())
        work.save(work.schedule_recheck(doubtful), Outcome.UNKNOWN, status_of(error))
        raise work.settling(str(error), error.status) from error
    except RetryableError:
        work.save(lifecycle.not_sent(work.record, work.now()))
        raise
    except PermanentError as error:
        work.save(lifecycle.rejected(work.record, error.code, work.now()))
        raise
    work.save(lifecycle.created(work.record, receipt, work.now()), Outcome.CREATED)
    return work.result(Outcome.CREATED)
