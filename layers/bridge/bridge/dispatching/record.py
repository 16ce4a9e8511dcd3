"""The life of one order as a record: which states there are, and what each observation makes of it.

Pure: the functions take a record and return the next one; who stores it, and with which condition,
is :mod:`bridge.aws.deliveries`; who calls CoopCycle is :mod:`bridge.dispatching.dispatcher`.

States::

    (none) ──attempt──► creating ──created──► created ──retracted──► cancelled
       │                   │  ▲                  └──cancel_refused──► cancel_refused
       │                   │  └── attempt (after reconciling)
       │                   └──rejected──► rejected ──attempt──► creating
       └──retracted──► cancelled | ignored ──attempt (a newer order)──► creating

While ``in_flight`` is true a POST may have been processed without our knowing, while ``updating`` a PUT,
while ``cancelling`` a DELETE, which is finished before anything else. ``attempts`` are all POSTs whose
delivery may still come to light, also when the state has moved on: they are forgotten only when the order was
looked at again (:func:`rechecked`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bridge.model import Receipt, TimeWindow
from bridge.schedule.windows import Windows

HISTORY_LENGTH = 20


class State(StrEnum):
    """Where an order stands."""

    CREATING = "creating"
    CREATED = "created"
    CANCELLED = "cancelled"
    CANCEL_REFUSED = "cancel_refused"
    IGNORED = "ignored"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST that may have been processed: when it began, the dropoff window and the body it sent."""

    posted_at: datetime
    dropoff: TimeWindow
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to an order, for the dispatcher who asks; nothing personal."""

    at: datetime
    topic: str  # the sender's, or "recheck"
    outcome: str  # as in the log: created, updated, retried, parked …
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """What we know of one order; ``version`` counts the writes (0: never stored)."""

    connection_id: str
    order_id: str
    state: State
    order_updated_at: datetime  # the sender's time of the last state of the order that was applied
    changed_at: datetime  # ours
    order_name: str = ""
    version: int = 0
    attempts: tuple[Attempt, ...] = ()
    in_flight: bool = False
    updating: bool = False
    cancelling: bool = False
    doubtful_put_at: datetime | None = None  # a PUT that may yet take effect, over a later one
    in_doubt: bool = False  # an outcome was unknown at least once
    failures: int = 0  # answers 500 in a row: to the POSTs of the present creation, or to the present change
    recheck_at: datetime | None = None  # when it will be looked at once more
    windows: Windows | None = None
    fingerprint: str = ""  # of the body that CoopCycle holds; empty when we cannot be sure
    sent: str = field(default="", repr=False)  # that body, as JSON; personal
    message: str = field(default="", repr=False)  # the webhook it was made from, as queued; personal
    delivery_iri: str = ""
    tracking_url: str = ""
    reason: str = ""  # of cancelled, ignored, rejected
    history: tuple[Event, ...] = ()

    @property
    def exists(self) -> bool:
        """Whether CoopCycle holds a delivery of this order as far as we know."""
        return self.state in (State.CREATED, State.CANCEL_REFUSED)

    def supersedes(self, updated_at: datetime) -> bool:
        """Tell whether that state of the order is older than what was applied; a cancel wins a tie."""
        if self.state in (State.CANCELLED, State.CANCEL_REFUSED):
            return updated_at <= self.order_updated_at
        return updated_at < self.order_updated_at

    def noting(self, event: Event) -> DeliveryRecord:
        """Return the record with one more thing that happened."""
        return replace(self, history=(*self.history, event)[-HISTORY_LENGTH:])


def unknown_order(connection_id: str, order_id: str, now: datetime, updated_at: datetime) -> DeliveryRecord:
    """Return the record of an order that no record was stored of yet."""
    return DeliveryRecord(
        connection_id=connection_id,
        order_id=order_id,
        state=State.IGNORED,
        order_updated_at=updated_at,
        changed_at=now,
    )


def attempt(
    record: DeliveryRecord,
    *,
    order_name: str,
    order_updated_at: datetime,
    windows: Windows,
    fingerprint: str,
    sent: str,
    now: datetime,
) -> DeliveryRecord:
    """Return the record to store before a POST."""
    return replace(
        record,
        order_name=order_name,
        state=State.CREATING,
        order_updated_at=order_updated_at,
        changed_at=now,
        attempts=(*record.attempts, Attempt(now, windows.dropoff, fingerprint)),
        in_flight=True,
        updating=False,
        failures=record.failures if record.state is State.CREATING else 0,
        windows=windows,
        fingerprint=fingerprint,
        sent=sent,
        delivery_iri="",
        tracking_url="",
        reason="",
    )


def not_sent(record: DeliveryRecord, now: datetime) -> DeliveryRecord:
    """Take back the last attempt: CoopCycle certainly did not process it."""
    return replace(record, attempts=record.attempts[:-1], in_flight=False, changed_at=now)


def outcome_unknown(record: DeliveryRecord, status: int | None, now: datetime) -> DeliveryRecord:
    """Keep the last attempt as one that may have been processed."""
    failures = record.failures + 1 if status == 500 else 0
    return replace(record, in_doubt=True, failures=failures, changed_at=now)


def nothing_found(record: DeliveryRecord, now: datetime) -> DeliveryRecord:
    """Record that reconciling found no delivery; the attempts stay, they may still come to light."""
    return replace(record, in_flight=False, changed_at=now)


def created(record: DeliveryRecord, receipt: Receipt, now: datetime) -> DeliveryRecord:
    """Record the receipt of the POST that was just answered."""
    return replace(
        record,
        state=State.CREATED,
        in_flight=False,
        failures=0,
        attempts=record.attempts if record.recheck_at else (),
        delivery_iri=receipt.delivery_iri,
        tracking_url=receipt.tracking_url,
        reason="",
        changed_at=now,
    )


def adopted(record: DeliveryRecord, receipt: Receipt, now: datetime) -> DeliveryRecord:
    """Record a delivery that was found; which attempt made it is known only if all sent the same."""
    bodies = {attempt.fingerprint for attempt in record.attempts}
    fingerprint = record.fingerprint if bodies == {record.fingerprint} else ""
    return replace(created(record, receipt, now), in_doubt=True, fingerprint=fingerprint)


def update(
    record: DeliveryRecord,
    *,
    order_updated_at: datetime,
    windows: Windows,
    sent: str,
    now: datetime,
) -> DeliveryRecord:
    """Return the record to store before a PUT; what CoopCycle holds is not known until :func:`updated`."""
    return replace(
        record,
        state=State.CREATED,  # also after a cancel that was refused: the shop has changed its mind
        order_updated_at=order_updated_at,
        failures=record.failures if sent == record.sent else 0,
        windows=windows,
        sent=sent,
        fingerprint="",
        updating=True,
        reason="",
        changed_at=now,
    )


def updated(record: DeliveryRecord, *, fingerprint: str, now: datetime) -> DeliveryRecord:
    """Record that the PUT was answered."""
    return replace(record, fingerprint=fingerprint, updating=False, failures=0, changed_at=now)


def put_failed(record: DeliveryRecord, now: datetime) -> DeliveryRecord:
    """Record that CoopCycle certainly did not do the PUT."""
    return replace(record, updating=False, changed_at=now)


def put_unknown(record: DeliveryRecord, status: int | None, now: datetime) -> DeliveryRecord:
    """Record that a PUT may have been done, or may be done yet; after an answer 500 the latter is over."""
    answered = status == 500
    return replace(
        record,
        in_doubt=True,
        updating=False,
        failures=record.failures + 1 if answered else 0,
        doubtful_put_at=record.doubtful_put_at if answered else now,
        changed_at=now,
    )


def rejected(record: DeliveryRecord, reason: str, now: datetime) -> DeliveryRecord:
    """Record that no delivery can be made until a person helps."""
    return replace(record, state=State.REJECTED, in_flight=False, failures=0, reason=reason, changed_at=now)


def cancelling(
    record: DeliveryRecord, *, order_updated_at: datetime, reason: str, now: datetime
) -> DeliveryRecord:
    """Return the record to store before a DELETE."""
    return replace(record, order_updated_at=order_updated_at, cancelling=True, reason=reason, changed_at=now)


def cancel_refused(record: DeliveryRecord, now: datetime) -> DeliveryRecord:
    """Record that a courier already has the delivery that the shop cancelled."""
    return replace(record, state=State.CANCEL_REFUSED, cancelling=False, reason="assigned", changed_at=now)


def retracted(
    record: DeliveryRecord, *, order_name: str, order_updated_at: datetime, reason: str, now: datetime
) -> DeliveryRecord:
    """Record that no delivery is wanted: the end of an existing one, or a tombstone before any."""
    ended = reason in ("cancelled", "refunded") or record.exists
    return replace(
        record,
        order_name=order_name or record.order_name,
        state=State.CANCELLED if ended else State.IGNORED,
        order_updated_at=order_updated_at,
        in_flight=False,
        updating=False,
        cancelling=False,
        failures=0,
        reason=reason,
        changed_at=now,
    )


def holds_personal_data(record: DeliveryRecord) -> bool:
    """Tell whether the record holds more of a person than the order's ids, name and times."""
    held = (record.sent, record.message, record.tracking_url, record.fingerprint)
    return any(held) or any(attempt.fingerprint for attempt in record.attempts)


def redacted(record: DeliveryRecord, topic: str, now: datetime) -> DeliveryRecord:
    """Forget the person, and keep what guards the order: its ids, state, times and delivery.

    A fingerprint is one of names and addresses; without it the order's next change is sent in any case.
    ``changed_at`` stays, for the record's life is counted from it.
    """
    blank = replace(
        record,
        sent="",
        message="",
        tracking_url="",
        fingerprint="",
        attempts=tuple(replace(attempt, fingerprint="") for attempt in record.attempts),
    )
    return blank.noting(Event(now, topic, "redacted"))


def awaiting_recheck(record: DeliveryRecord, recheck_at: datetime) -> DeliveryRecord:
    """Record that the order will be looked at once more."""
    return replace(record, in_doubt=True, recheck_at=recheck_at)


def rechecked(record: DeliveryRecord, *, seen_until: datetime, now: datetime) -> DeliveryRecord:
    """Forget the calls made until ``seen_until``: nothing can come of them any more."""
    put_at = record.doubtful_put_at
    return replace(
        record,
        attempts=tuple(attempt for attempt in record.attempts if attempt.posted_at > seen_until),
        doubtful_put_at=put_at if put_at and put_at > seen_until else None,
        recheck_at=None,
        changed_at=now,
    )
