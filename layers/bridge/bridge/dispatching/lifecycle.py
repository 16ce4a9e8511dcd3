"""The life of one order as a record: which states there are, and what each observation makes of it.

Pure: the functions take a record and return the next one; who stores it, and with which condition,
is :mod:`bridge.aws.deliveries`; who calls CoopCycle is :mod:`bridge.dispatching.dispatcher`.

States::

    (none) ──attempt──► creating ──created──► created ──retracted──► cancelled
       │                   │  ▲                 │ ▲ └──cancel_refused──► cancel_refused
       │                   │  │                 │ └──restored── withdrawn ──retracted──► cancelled
       │                   │  │                 └──withdrawn──► (by the dispatcher, on CoopCycle)
       │                   │  └── attempt (after reconciling)
       │                   └──rejected──► rejected ──attempt──► creating
       └──retracted──► cancelled | ignored ──attempt (a newer order)──► creating
    creating, rejected, ignored ──done_by_hand──► done_by_hand (a person's word, and the end)

``pending`` is the one call whose end is not known: a POST while the state is creating, a PUT or a DELETE
while there is a delivery; what became of it is found out before anything else. ``parked`` are messages that
wait for a person, in any state. ``attempts`` are all POSTs
whose delivery may still come to light, also when the state has moved on: they are forgotten only when the
order was looked at again (:func:`rechecked`). ``sent`` is what CoopCycle is to hold, ``held`` what it was
seen to take, ``in_question`` what else it may hold; where they differ, so does what the next change names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from bridge.dispatching.outcomes import Finding, Outcome
from bridge.dispatching.record import (
    PARKED_LENGTH,
    PARKED_TEXTS_BYTES,
    Attempt,
    DeliveryRecord,
    Event,
    ParkedMessage,
    Pending,
    Sent,
    State,
)
from bridge.model import Receipt
from bridge.reasons import Reason
from bridge.receiving.messages import is_privacy_request
from bridge.schedule.windows import Windows

QUESTIONABLE = 20  # bodies of unknown end within five minutes; the oldest is forgotten


def unknown_order(
    connection_id: str, order_id: str, now: datetime, updated_at: datetime, came_at: datetime
) -> DeliveryRecord:
    """Return the record of an order that no record was stored of yet."""
    return DeliveryRecord(
        connection_id=connection_id,
        order_id=order_id,
        state=State.IGNORED,
        order_updated_at=updated_at,
        changed_at=now,
        came_at=came_at,
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
        pending=Pending.POST,
        failures=record.failures if record.state is State.CREATING else 0,
        windows=windows,
        sent=sent,
        held="",
        in_question=_questioned(record, now)
        if record.attempts and record.sent != sent
        else record.in_question,
        seen=(),
        delivery_iri="",
        tracking_url="",
        reason="",
    )


def _questioned(record: DeliveryRecord, now: datetime, *, late: bool = False) -> tuple[Sent, ...]:
    """Add what was sent last to what CoopCycle may hold; of the same body only the latest sending counts."""
    others = (e for e in record.in_question if e.body != record.sent or e.late > late)
    return (*others, Sent(now, record.sent, late))[-QUESTIONABLE:]


def not_sent(record: DeliveryRecord, now: datetime) -> DeliveryRecord:
    """Take back the last attempt: CoopCycle certainly did not process it."""
    return replace(record, attempts=record.attempts[:-1], pending=None, changed_at=now)


def outcome_unknown(record: DeliveryRecord, status: int | None, now: datetime) -> DeliveryRecord:
    """Keep the last attempt as one that may have been processed."""
    failures = record.failures + 1 if status == 500 else 0
    return replace(record, in_doubt=True, failures=failures, changed_at=now)


def nothing_found(record: DeliveryRecord, now: datetime) -> DeliveryRecord:
    """Record that reconciling found no delivery; the attempts stay, they may still come to light."""
    return replace(record, pending=None, changed_at=now)


def without_phones(record: DeliveryRecord, refused: tuple[str, ...]) -> DeliveryRecord:
    """Remember numbers that CoopCycle holds invalid, by their digests; they are told in words."""
    return replace(record, refused_phones=tuple(dict.fromkeys((*record.refused_phones, *refused))))


def created(record: DeliveryRecord, receipt: Receipt, now: datetime) -> DeliveryRecord:
    """Record the receipt of the POST that was just answered."""
    return replace(
        record,
        state=State.CREATED,
        pending=None,
        failures=0,
        attempts=record.attempts if record.recheck_at else (),
        held=record.sent,
        in_question=(),
        delivery_iri=receipt.delivery_iri,
        tracking_url=receipt.tracking_url,
        reason="",
        changed_at=now,
    )


def adopted(record: DeliveryRecord, receipt: Receipt, now: datetime) -> DeliveryRecord:
    """Record a delivery that was found; which attempt made it is known only if all sent the same."""
    found = replace(created(record, receipt, now), in_doubt=True)
    if {attempt.fingerprint for attempt in record.attempts} <= {_fingerprint(record.sent)}:
        return found
    return replace(found, held="", in_question=_questioned(record, now))


def update(
    record: DeliveryRecord,
    *,
    order_updated_at: datetime,
    windows: Windows,
    sent: str,
    now: datetime,
) -> DeliveryRecord:
    """Return the record to store before a PUT; what CoopCycle holds is not known until :func:`updated`."""
    changed = replace(
        record,
        state=State.CREATED,  # also after a cancel that was refused: the shop has changed its mind
        order_updated_at=order_updated_at,
        failures=record.failures if sent == record.sent else 0,
        windows=windows,
        sent=sent,
        reason="",
    )
    return putting(changed, now)


def putting(record: DeliveryRecord, now: datetime) -> DeliveryRecord:
    """Return the record to store before a PUT; what it sends stands last in what is in question."""
    in_question = (*record.in_question, Sent(now, record.sent, late=True))
    return replace(record, pending=Pending.PUT, in_question=in_question, changed_at=now)


def updated(record: DeliveryRecord, now: datetime) -> DeliveryRecord:
    """Record that the PUT was answered; an earlier one may still come over it."""
    late = tuple(each for each in record.in_question[:-1] if each.late)
    return replace(
        record, held=record.sent, in_question=late, pending=None, failures=0, reason="", changed_at=now
    )


def put_failed(record: DeliveryRecord, before: DeliveryRecord, now: datetime) -> DeliveryRecord:
    """Go back to the record ``before`` a PUT that CoopCycle certainly did not do."""
    return replace(before, version=record.version, message=record.message, changed_at=now)


def put_unknown(record: DeliveryRecord, status: int | None, now: datetime) -> DeliveryRecord:
    """Record that a PUT may have been done, or may be done yet; after an answer 500 the latter is over."""
    answered = status == 500
    return replace(
        record,
        in_doubt=True,
        pending=None,
        failures=record.failures + 1 if answered else 0,
        in_question=_questioned(
            replace(record, in_question=record.in_question[:-1]),
            record.in_question[-1].sent_at,
            late=not answered,
        ),
        changed_at=now,
    )


def given_up(record: DeliveryRecord) -> DeliveryRecord:
    """Record that a change is parked: CoopCycle is to hold again what it took, whose refusals begin anew.

    Where that is not known, the same body stays the one that was refused so often.
    """
    return replace(record, sent=record.held, failures=0) if record.held else record


def withdrawn(record: DeliveryRecord, now: datetime) -> DeliveryRecord:
    """Record that the dispatcher has cancelled the delivery on CoopCycle."""
    return replace(record, state=State.WITHDRAWN, pending=None, reason=Finding.WITHDRAWN, changed_at=now)


def cancelled_in_the_end(record: DeliveryRecord, now: datetime) -> DeliveryRecord:
    """Record that the dispatcher has cancelled what CoopCycle refused to cancel for the shop."""
    return replace(record, state=State.CANCELLED, reason="cancelled", changed_at=now)


def restored(record: DeliveryRecord, now: datetime) -> DeliveryRecord:
    """Record that the dispatcher has taken back his cancel."""
    return replace(record, state=State.CREATED, reason="", changed_at=now)


def parked(record: DeliveryRecord, message: ParkedMessage, name: str, now: datetime) -> DeliveryRecord:
    """Record a message that was parked; what says that no delivery is wanted is never weakened by one.

    A message that is parked once more (the function died before it could take it off the queue) is one. Its
    text is left out where there is no room; behind the last place it is not recorded at all.
    """
    open_question = record.state in (State.CREATING, State.REJECTED) and record.pending is None
    never_planned = record.state is State.IGNORED and not record.attempts
    if open_question or never_planned:
        record = rejected(record, message.code, now)
    others = tuple(each for each in record.parked if each.message_id != message.message_id)
    room = PARKED_TEXTS_BYTES - sum(len(each.text.encode()) for each in others)
    if len(message.text.encode()) > room:
        message = replace(message, text="")
    kept = (*others, message) if len(others) < PARKED_LENGTH else others
    return replace(record, parked=kept, order_name=record.order_name or name)


def without_parked(record: DeliveryRecord, message_ids: Collection[str]) -> DeliveryRecord:
    """Record that parked messages are parked no more."""
    kept = tuple(each for each in record.parked if each.message_id not in message_ids)
    return replace(record, parked=kept)


def without_overtaken(
    record: DeliveryRecord, topic: str, received_at: datetime, now: datetime
) -> DeliveryRecord:
    """Let go the parked webhooks that have nothing left to say, each with a line in the history.

    They are the one that is being handled (a person has redriven it), and those that hold an older state of
    the order than the one that is applied: redriven, they would be passed over.
    """
    for each in record.parked:
        handled = (each.topic, each.received_at) == (topic, received_at)
        older = each.updated_at is not None and record.supersedes(each.updated_at)
        if handled or older:
            record = without_parked(record, {each.message_id})
        if older and not handled:
            record = record.noting(Event(now, each.topic, Outcome.IGNORED, Reason.OLDER_THAN_APPLIED))
    return record


def done_by_hand(record: DeliveryRecord, now: datetime) -> DeliveryRecord:
    """Record that a person has settled on CoopCycle what was parked; a delivery that we made stays ours."""
    settled = replace(record.not_waiting(), parked=(), changed_at=now)
    open_question = record.state in (State.CREATING, State.REJECTED, State.IGNORED) and not record.pending
    return replace(settled, state=State.DONE_BY_HAND, reason="", failures=0) if open_question else settled


def rejected(record: DeliveryRecord, reason: str, now: datetime) -> DeliveryRecord:
    """Record that no delivery can be made until a person helps."""
    return replace(record, state=State.REJECTED, pending=None, failures=0, reason=reason, changed_at=now)


def cancelling(
    record: DeliveryRecord, *, order_updated_at: datetime, reason: str, now: datetime
) -> DeliveryRecord:
    """Return the record to store before a DELETE."""
    return replace(
        record, order_updated_at=order_updated_at, pending=Pending.DELETE, reason=reason, changed_at=now
    )


def cancel_refused(record: DeliveryRecord, now: datetime) -> DeliveryRecord:
    """Record that a courier already has the delivery that the shop cancelled."""
    return replace(record, state=State.CANCEL_REFUSED, pending=None, reason="assigned", changed_at=now)


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
        pending=None,
        failures=0,
        reason=reason,
        changed_at=now,
    )


def holds_personal_data(record: DeliveryRecord) -> bool:
    """Tell whether the record holds more of a person than the order's ids, name and times."""
    held = (record.sent, record.held, record.message, record.tracking_url, record.in_question)
    parked = len(_requests(record)) < len(record.parked)
    return any(held) or parked or any(attempt.fingerprint for attempt in record.attempts)


def _requests(record: DeliveryRecord) -> tuple[ParkedMessage, ...]:
    """Return what is parked about the data of people: it holds ids alone, and waits to be answered."""
    return tuple(each for each in record.parked if is_privacy_request(each.text))


def redacted(record: DeliveryRecord, topic: str, now: datetime) -> DeliveryRecord:
    """Forget the person, and keep what guards the order: its ids, state, times and delivery.

    A fingerprint is one of names and addresses; without it the order's next change is sent in any case.
    ``changed_at`` stays, for the record's life is counted from it. What was parked is given up.
    """
    blank = replace(
        record,
        sent="",
        held="",
        in_question=(),
        refused_phones=(),
        message="",
        parked=_requests(record),
        tracking_url="",
        attempts=tuple(replace(attempt, fingerprint="") for attempt in record.attempts),
    )
    return blank.noting(Event(now, topic, Outcome.REDACTED))


def awaiting_recheck(record: DeliveryRecord, recheck_at: datetime) -> DeliveryRecord:
    """Record that the order will be looked at once more."""
    return replace(record, in_doubt=True, recheck_at=recheck_at)


def rechecked(record: DeliveryRecord, *, seen_until: datetime | None, now: datetime) -> DeliveryRecord:
    """Forget the calls made until ``seen_until``: nothing can come of them any more.

    ``None`` forgets none: what came of one could not be judged yet.
    """
    if seen_until is None:
        return replace(record, recheck_at=None, changed_at=now)
    return replace(
        record,
        attempts=tuple(attempt for attempt in record.attempts if attempt.posted_at > seen_until),
        in_question=tuple(each for each in record.in_question if each.sent_at > seen_until or not each.late),
        recheck_at=None,
        changed_at=now,
    )


def _fingerprint(sent: str) -> str:
    return hashlib.sha256(sent.encode("ascii")).hexdigest()
