"""The life of one order as a record: which states there are, and what each observation makes of it.

Pure: the functions take a record and return the next one; who stores it, and with which condition,
is :mod:`bridge.aws.deliveries`; who calls CoopCycle is :mod:`bridge.dispatch`.

States::

    (none) ──begin_attempt──► creating ──created──► created ──cancelled──► cancelled
       │                         │  ▲                  └──cancel_refused──► cancel_refused
       │                         │  └── begin_attempt (after reconciling)
       │                         └──rejected──► rejected ──begin_attempt──► creating
       └──retracted──► cancelled | ignored ──begin_attempt (a newer order)──► creating

While ``in_flight`` is true a POST may have been processed although we do not know it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bridge.model import Receipt, TimeWindow
from bridge.schedule import Windows


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
    """One POST that may have been processed: when it began, the dropoff window it sent, its HTTP status."""

    posted_at: datetime
    dropoff: TimeWindow
    status: int | None = None


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """What we know of one order; ``version`` counts the writes (0: never stored)."""

    connection_id: str
    order_id: str
    order_name: str
    state: State
    order_updated_at: datetime  # the sender's time of the last state of the order that was applied
    changed_at: datetime  # ours
    version: int = 0
    attempts: tuple[Attempt, ...] = ()
    in_flight: bool = False
    in_doubt: bool = False  # an outcome was unknown at least once
    windows: Windows | None = None
    fingerprint: str = ""  # of the body that CoopCycle holds, or that is being sent
    delivery_iri: str = ""
    tracking_url: str = ""
    reason: str = ""  # of cancelled, ignored, rejected

    @property
    def exists(self) -> bool:
        """Whether CoopCycle holds a delivery of this order as far as we know."""
        return self.state in (State.CREATED, State.CANCEL_REFUSED)

    def supersedes(self, updated_at: datetime) -> bool:
        """Tell whether that state of the order is older than what was applied; a cancel wins a tie."""
        if self.state is State.CANCELLED:
            return updated_at <= self.order_updated_at
        return updated_at < self.order_updated_at


def begin_attempt(
    record: DeliveryRecord | None,
    *,
    connection_id: str,
    order_id: str,
    order_name: str,
    order_updated_at: datetime,
    windows: Windows,
    fingerprint: str,
    now: datetime,
) -> DeliveryRecord:
    """Return the record to store before a POST."""
    attempt = Attempt(posted_at=now, dropoff=windows.dropoff)
    previous = record.attempts if record is not None and record.state is State.CREATING else ()
    return DeliveryRecord(
        connection_id=connection_id,
        order_id=order_id,
        order_name=order_name,
        state=State.CREATING,
        order_updated_at=order_updated_at,
        changed_at=now,
        version=record.version if record else 0,
        attempts=(*previous, attempt),
        in_flight=True,
        in_doubt=record.in_doubt if record else False,
        windows=windows,
        fingerprint=fingerprint,
    )


def not_sent(record: DeliveryRecord, now: datetime) -> DeliveryRecord:
    """Take back the last attempt: CoopCycle certainly did not process it."""
    attempts = record.attempts[:-1]
    return replace(record, attempts=attempts, in_flight=bool(attempts), changed_at=now)


def outcome_unknown(record: DeliveryRecord, status: int | None, now: datetime) -> DeliveryRecord:
    """Keep the last attempt as one that may have been processed."""
    last = replace(record.attempts[-1], status=status)
    return replace(record, attempts=(*record.attempts[:-1], last), in_doubt=True, changed_at=now)


def created(record: DeliveryRecord, receipt: Receipt, now: datetime) -> DeliveryRecord:
    """Record the receipt."""
    return replace(
        record,
        state=State.CREATED,
        in_flight=False,
        delivery_iri=receipt.delivery_iri,
        tracking_url=receipt.tracking_url,
        reason="",
        changed_at=now,
    )


def updated(
    record: DeliveryRecord, *, order_updated_at: datetime, fingerprint: str, now: datetime
) -> DeliveryRecord:
    """Record that CoopCycle holds a newer state of the order."""
    return replace(record, order_updated_at=order_updated_at, fingerprint=fingerprint, changed_at=now)


def rejected(record: DeliveryRecord, reason: str, now: datetime) -> DeliveryRecord:
    """Record that CoopCycle refused the delivery for good."""
    return replace(record, state=State.REJECTED, in_flight=False, reason=reason, changed_at=now)


def cancel_refused(record: DeliveryRecord, *, order_updated_at: datetime, now: datetime) -> DeliveryRecord:
    """Record that a courier already has the delivery that the shop cancelled."""
    return replace(
        record,
        state=State.CANCEL_REFUSED,
        order_updated_at=order_updated_at,
        changed_at=now,
        reason="assigned",
    )


def retracted(
    record: DeliveryRecord | None,
    *,
    connection_id: str,
    order_id: str,
    order_name: str,
    order_updated_at: datetime,
    reason: str,
    now: datetime,
) -> DeliveryRecord:
    """Record that no delivery is wanted: the end of an existing one, or a tombstone before any."""
    state = (
        State.CANCELLED
        if reason in ("cancelled", "refunded") or (record and record.exists)
        else State.IGNORED
    )
    if record is None:
        return DeliveryRecord(
            connection_id=connection_id,
            order_id=order_id,
            order_name=order_name,
            state=state,
            order_updated_at=order_updated_at,
            changed_at=now,
            reason=reason,
        )
    return replace(
        record,
        state=state,
        order_updated_at=order_updated_at,
        in_flight=False,
        reason=reason,
        changed_at=now,
    )
