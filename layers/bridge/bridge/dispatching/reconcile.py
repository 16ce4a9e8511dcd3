"""Finding out what became of a call, and mending what comes to light: CoopCycle's deliveries of one order.

CoopCycle has no idempotency key and can commit minutes after a client gave up. So the outcome of a call is
looked up before the next one is made (:func:`resolve`), and an order that was ever in doubt is looked at once
more, later (:func:`recheck`).
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from bridge.dispatching import cancel, lifecycle
from bridge.dispatching.change import put_again
from bridge.dispatching.observe import observe
from bridge.dispatching.outcomes import Outcome, Result
from bridge.dispatching.record import DeliveryRecord, Pending, State
from bridge.dispatching.refusals import fails
from bridge.dispatching.scan import delivery_number
from bridge.dispatching.work import FAILURES_BEFORE_PARKING, Work
from bridge.errors import CoopCycleFails, CoopCycleRejected, CoopCycleUnavailable
from bridge.model import Receipt, TimeWindow


def resolve(work: Work) -> Result | None:
    """Find out what became of a pending call, before anything else is done; tell of a cancel that it ended.

    Raises:
        DeliveryOutcomeUnknown: the request may still be at work; come again after the settle time.
        CoopCycleFails: CoopCycle answered 500 to every attempt, and holds nothing.
        RetryableError: the listing failed; nothing is posted.

    """
    if work.record.pending is Pending.DELETE:
        return cancel.finish(work)
    if work.record.pending is Pending.PUT:  # the function died before it could say what became of it
        work.save(work.schedule_recheck(lifecycle.put_unknown(work.record, None, work.now())))
    elif work.record.pending is Pending.POST:
        _resolve_post(work)
    return None


def _resolve_post(work: Work) -> None:
    record = work.record
    if not record.in_doubt or record.recheck_at is None:  # the function died before it could say so
        record = work.save(work.schedule_recheck(record))
    now = work.now()
    settled_at = record.attempts[-1].posted_at + work.settle
    if now < settled_at:
        raise work.settling("an earlier attempt may still be at work", wait=settled_at - now)
    live = _find_deliveries(work)
    if live:
        work.save(lifecycle.adopted(record, live[0], now), Outcome.ADOPTED)
        _remove(work, live[1:])
    elif record.failures >= FAILURES_BEFORE_PARKING:
        failure = fails(record.body)
        work.save(lifecycle.rejected(record, failure.code, now))
        raise failure
    else:
        work.save(lifecycle.nothing_found(record, now), Outcome.NOT_FOUND)


def recheck(work: Work) -> Result:
    """Compare what CoopCycle holds with what the record says, and mend it."""
    refused = None
    with suppress(CoopCycleFails):  # which is in the record then
        refused = _if_refused(resolve(work))
    if work.record.exists or work.record.state is State.WITHDRAWN:
        others = [] if _has_made_one_at_most(work.record) else _find_deliveries(work, moved_too=True)
        live = _with_expected(work, others)
    else:
        live = _find_deliveries(work, moved_too=True)
    record = work.record
    wanted = record.exists or record.state in (State.CREATING, State.REJECTED)
    if wanted and live and live[0].delivery_iri != record.delivery_iri:
        work.record = lifecycle.adopted(record, live[0], work.now())
    if record.state is State.DONE_BY_HAND:  # whether the person knows of it is the person's to say
        work.twins_left += len(live)
        live = []
    young = _remove(work, live[1:] if wanted else live)
    if work.twins_left and not wanted and live:  # cancelled, and yet a courier has what came to light
        with_it = replace(work.record, delivery_iri=live[0].delivery_iri)
        work.record = lifecycle.cancel_refused(with_it, work.now())
        refused = cancel.refused(work)
    with suppress(CoopCycleFails):  # its message was parked, or will be
        put_again(work)
    seen_until = None if young else work.began_at - work.environment.recheck_delay
    seen = lifecycle.rechecked(work.record, seen_until=seen_until, now=work.now())
    if seen.attempts or any(each.late for each in seen.in_question) or young:
        seen = work.schedule_recheck(seen)
    work.save(seen, Outcome.RECHECKED)
    return work.result(refused.outcome, refused.reason) if refused else work.result(Outcome.RECHECKED)


def _has_made_one_at_most(record: DeliveryRecord) -> bool:
    """Tell whether no delivery can come to light beside the one that is known: no more was ever posted.

    Then the delivery itself is read, which costs an instance a tenth of a listing. No proxy between us may
    repeat a POST by itself (RFC 9110, 9.2.2).
    """
    return bool(record.delivery_iri) and len(record.attempts) <= 1


def _if_refused(result: Result | None) -> Result | None:
    return result if result is not None and result.outcome is Outcome.CANCEL_REFUSED else None


def _find_deliveries(work: Work, *, moved_too: bool = False) -> list[Receipt]:
    """Return the order's live deliveries on CoopCycle: those a courier has first, then the oldest.

    They are looked for in the windows that were sent; where that shows none, or not all, among what was
    made since: a dispatcher may have moved it already. A listing costs the instance ten times a POST.
    ``moved_too`` asks for what was made since in any case: one twin may be where it was sent, and the other
    moved.
    """
    store_iri = work.coopcycle.me().store
    if store_iri is None:
        raise CoopCycleUnavailable("GET /api/me names no store: these credentials belong to none")
    timezone = work.coopcycle.settings().timezone
    pages = [
        work.coopcycle.list_deliveries(
            store_iri, before_from=window.before, before_to=window.before, timezone=timezone
        )
        for window in _windows_of(work.record)
    ]
    found = _ours(work, (receipt for page in pages for receipt in page.members))
    if moved_too or not found or not all(page.is_whole for page in pages):
        found |= _ours(work, _made_since(work, store_iri))
    return sorted(found.values(), key=lambda each: (not each.assigned, delivery_number(each.delivery_iri)))


def _ours(work: Work, receipts: Iterable[Receipt]) -> dict[str, Receipt]:
    return {
        receipt.delivery_iri: receipt
        for receipt in receipts
        if receipt.bridge_ref == work.record.reference and receipt.is_live
    }


def _windows_of(record: DeliveryRecord) -> set[TimeWindow]:
    windows = {attempt.dropoff for attempt in record.attempts}
    if record.windows is not None:
        windows.add(record.windows.dropoff)
    return windows


def _since(work: Work) -> datetime:
    """Return when the oldest delivery that may come to light can have been made.

    Their clock may be behind ours, and they write whole seconds.
    """
    posted = (attempt.posted_at for attempt in work.record.attempts)
    return (min(posted, default=work.record.changed_at) - work.settle).replace(microsecond=0)


def _made_since(work: Work, store_iri: str) -> list[Receipt]:
    """Return what the store got since the order's first attempt, and the page's rest."""
    since = _since(work)
    recent = work.coopcycle.list_recent_deliveries(store_iri)
    oldest = min((each.created_at for each in recent.members if each.created_at), default=None)
    if recent.is_whole or (oldest is not None and oldest < since):
        return list(recent.members)
    older = work.environment.crowd.older_than_listed(
        work.coopcycle,
        f"{work.connection.coopcycle_url}{store_iri}",
        recent.members,
        reference=work.record.reference,
        since=since,
    )
    return [*recent.members, *older]


def _with_expected(work: Work, live: list[Receipt]) -> list[Receipt]:
    """Put the delivery of the record first, also when somebody has moved it; say when he has cancelled it."""
    iri = work.record.delivery_iri
    others = [receipt for receipt in live if receipt.delivery_iri != iri]
    expected = next((receipt for receipt in live if receipt.delivery_iri == iri), None) or _read(work, iri)
    if expected is None:
        return others
    if expected.is_live or not others:  # with others, one took its place, and its cancel was ours
        observe(work, expected)
    return [expected, *others] if expected.is_live else others


def _read(work: Work, iri: str) -> Receipt | None:
    try:
        return work.coopcycle.get_delivery(iri)
    except CoopCycleRejected as error:
        if error.status != 404:
            raise
        return None


def _remove(work: Work, surplus: list[Receipt]) -> bool:
    """Delete surplus deliveries while no courier has them; tell whether one was too young to judge.

    What was made since this work began may be another invocation's: it is left to the next look.
    """
    young = [each for each in surplus if each.created_at and each.created_at >= work.began_at]
    for twin in surplus:
        if twin in young:
            continue
        if not twin.assigned and cancel.delete(work, twin.delivery_iri):
            work.twins_removed += 1
        else:
            work.twins_left += 1
    return bool(young)
