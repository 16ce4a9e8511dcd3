"""From an accepted webhook to one delivery on CoopCycle: parse, map, decide, call, record.

The order's record is written before and after each POST and PUT, so that whatever fails in between is
found out (reconciled) by the next attempt instead of guessed; and since CoopCycle can commit minutes after
a client gave up, an order that was ever in doubt is looked at once more, later. Knows no AWS: table,
rechecks and client are passed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bridge import sources
from bridge.connections.model import Connection, Secrets
from bridge.dispatching import done_by_hand, lifecycle
from bridge.dispatching.cancel import retract
from bridge.dispatching.change import change
from bridge.dispatching.create import create
from bridge.dispatching.first_write import FirstWrite
from bridge.dispatching.outcomes import Outcome, Result
from bridge.dispatching.ports import CoopCycle, Deliveries, Rechecks
from bridge.dispatching.reconcile import recheck, resolve
from bridge.dispatching.record import DeliveryRecord, Event, OrderIsKnown, ParkedMessage, State
from bridge.dispatching.scan import Crowd
from bridge.dispatching.work import Environment, Work
from bridge.errors import AlreadyInProgress, CoopCycleFails, PermanentError, RejectedWebhook, RetryableError
from bridge.model import Delivery, Ignored, Order
from bridge.planning.plan import plan
from bridge.planning.read_order import name_of, read_order, time_of_state
from bridge.reasons import Reason
from bridge.receiving.messages import ParkReason, Recheck, WebhookMessage

RECHECK_SETTLE_TIMES = 5  # with a settle time of 60 s an order in doubt is looked at again after 5 minutes
CLOCK_TOLERANCE = timedelta(minutes=5)  # as far as a sender's clock may be ahead of ours
CLOCK_AHEAD = "updated_at lies in the future; the time of receipt counts"
_LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class Dispatcher:
    """Does for one instance environment what each message asks, one order at a time."""

    def __init__(
        self,
        deliveries: Deliveries,
        rechecks: Rechecks,
        coopcycle_for: Callable[[Connection, Secrets], CoopCycle],
        shop_for: Callable[[Secrets], sources.Shop],
        *,
        clock: Callable[[], datetime],
        settle_seconds: float,
    ) -> None:
        settle = timedelta(seconds=settle_seconds)
        self._environment = Environment(
            deliveries, rechecks, Crowd(clock), clock, settle, RECHECK_SETTLE_TIMES * settle
        )
        self._coopcycle_for = coopcycle_for
        self._shop_for = shop_for

    def dispatch(
        self,
        connection: Connection,
        secrets: Secrets,
        message: WebhookMessage,
        *,
        retry_in: Callable[[RetryableError], float] | None = None,
        first_time: bool = True,
    ) -> Result:
        """Bring CoopCycle to what this webhook says of the order.

        ``retry_in`` gives the seconds after which the message comes again when it has to. The first time that
        a webhook of a new order comes, nothing is read: the first write, before any call that changes
        something on CoopCycle, finds out whether there is a record.

        Raises:
            RetryableError: nothing is known to be wrong; the message must come again.
            PermanentError: a person must look; the message is to be parked.

        """
        if not first_time or message.topic != sources.get(connection.source).TOPICS[0]:
            return self._do(connection, secrets, message, retry_in, self._environment, self._load(message))
        first = FirstWrite(self._environment.deliveries)
        environment = replace(self._environment, deliveries=first)
        try:
            result = self._do(connection, secrets, message, retry_in, environment, self._unknown(message))
            if first.done:
                return result
            record = self._environment.deliveries.load(message.connection_id, message.order_id)
            if record is None:
                return result
        except OrderIsKnown as known:
            record = known.record
        except (RetryableError, PermanentError, RejectedWebhook):
            if first.done:
                raise
            record = self._environment.deliveries.load(message.connection_id, message.order_id)
            if record is None:
                raise
        return self._do(connection, secrets, message, retry_in, self._environment, record)

    def _do(
        self,
        connection: Connection,
        secrets: Secrets,
        message: WebhookMessage,
        retry_in: Callable[[RetryableError], float] | None,
        environment: Environment,
        record: DeliveryRecord,
    ) -> Result:
        """Do what the webhook says to an order of which this is the record; it may have waited for this."""
        shop = self._shop_for(secrets)
        if record.state is State.DONE_BY_HAND:
            return self._passed_over(
                message, record, done_by_hand.pass_over(connection, message, record, shop)
            )
        if _is_older(connection, message, record):
            return self._passed_over(message, record, _older(record))
        parsed = read_order(connection, message.payload, shop)
        if parsed.updated_at is not None and parsed.updated_at > message.received_at + CLOCK_TOLERANCE:
            parsed = replace(parsed, updated_at=message.received_at)
            ahead = Event(self._environment.clock(), message.topic, Outcome.SEEN, CLOCK_AHEAD)
            record = record.noting(ahead)
        if isinstance(parsed, Ignored) and not parsed.retracts:
            ignored = Result(Outcome.IGNORED, parsed.reason, record.delivery_iri)
            return self._passed_over(message, record, ignored)
        if parsed.updated_at is not None and record.supersedes(parsed.updated_at):
            return self._passed_over(message, record, _older(record))
        work = Work(environment, connection, self._coopcycle_for(connection, secrets), message, record)
        try:
            return _apply(work, parsed)
        except AlreadyInProgress:
            raise
        except RetryableError as error:
            _note_waiting(work, parsed, error, retry_in)
            raise

    def recheck(self, connection: Connection, secrets: Secrets, message: Recheck) -> Result:
        """Look once more at an order that was in doubt, and mend what has come to light since.

        Raises:
            RetryableError: CoopCycle could not be asked; the message must come again.
            PermanentError: a person must look; the message is to be parked.

        """
        record = self._load(message)
        if record.recheck_at is None:
            return Result(Outcome.IGNORED, Reason.NOTHING_IN_DOUBT)
        coopcycle = self._coopcycle_for(connection, secrets)
        return recheck(Work(self._environment, connection, coopcycle, message, record))

    def park(
        self,
        message: WebhookMessage | Recheck,
        connection: Connection | None,
        reason: ParkReason,
        *,
        message_id: str,
        text: str,
    ) -> bool:
        """Put a message aside in its order's record, for a person; false where it had no room there.

        ``connection`` is ``None`` when it is gone or wrong; then the order's name cannot be read.
        """
        now = self._environment.clock()
        came = message if isinstance(message, WebhookMessage) else None
        parked = ParkedMessage(
            message_id=message_id,
            code=reason.code,
            sentence=reason.message,
            property_paths=reason.property_paths,
            parked_at=now,
            topic=message.topic,
            received_at=came.received_at if came else None,
            updated_at=time_of_state(connection, came.payload) if came and connection else None,
            text=text,
        )
        name = name_of(connection, came.payload) if came and connection else ""
        record = lifecycle.parked(self._load(message).not_waiting(), parked, name, now)
        self._environment.deliveries.save(
            record.noting(Event(now, message.topic, Outcome.PARKED, reason.code))
        )
        return any(each.message_id == message_id and each.text for each in record.parked)

    def _passed_over(self, message: WebhookMessage, record: DeliveryRecord, result: Result) -> Result:
        """Let the order wait no more for a webhook of which nothing is made."""
        if record.waiting_for:
            event = Event(self._environment.clock(), message.topic, result.outcome, result.reason)
            self._environment.deliveries.save(record.not_waiting().noting(event))
        return result

    def _load(self, message: WebhookMessage | Recheck) -> DeliveryRecord:
        record = self._environment.deliveries.load(message.connection_id, message.order_id)
        return record or self._unknown(message)

    def _unknown(self, message: WebhookMessage | Recheck) -> DeliveryRecord:
        now = self._environment.clock()
        came_at = message.received_at.astimezone(UTC) if isinstance(message, WebhookMessage) else now
        return lifecycle.unknown_order(message.connection_id, message.order_id, now, _LONG_AGO, came_at)


def _older(record: DeliveryRecord) -> Result:
    return Result(Outcome.IGNORED, Reason.OLDER_THAN_APPLIED, record.delivery_iri)


def _is_older(connection: Connection, message: WebhookMessage, record: DeliveryRecord) -> bool:
    """Tell whether a newer state was applied, before anything is asked or read that can fail."""
    if record.supersedes(message.received_at + CLOCK_TOLERANCE):  # no state is newer than its webhook
        return True
    told = time_of_state(connection, message.payload) if record.version else None
    return told is not None and record.supersedes(told)


def _apply(work: Work, parsed: Order | Ignored) -> Result:
    """Do what the webhook asks, once it is known what became of the order's last call."""
    finished = _resolve(work, parsed)
    if isinstance(parsed, Ignored):
        return _first_refusal(finished, retract(work, parsed, parsed.updated_at or work.now()))
    delivery = _plan(work, parsed)
    if isinstance(delivery, Delivery):
        there = work.record.exists or work.record.state is State.WITHDRAWN
        act = change if there else create
        return act(work, parsed, delivery)
    if delivery.retracts:
        result = retract(work, delivery, parsed.updated_at, name=parsed.name)
        return _first_refusal(finished, result)
    return _wait_for_more(work, delivery, parsed)


def _resolve(work: Work, parsed: Order | Ignored) -> Result | None:
    """Find out about the last call; that an address was not found matters to an order which still has it."""
    try:
        return resolve(work)
    except CoopCycleFails:
        if isinstance(parsed, Order) and parsed.updated_at <= work.record.order_updated_at:
            raise
        return None


def _first_refusal(finished: Result | None, result: Result) -> Result:
    """Return that CoopCycle refused a cancel, also when it was one that an earlier message had begun."""
    if finished is not None and finished.outcome is Outcome.CANCEL_REFUSED:
        return finished
    return result


def _wait_for_more(work: Work, ignored: Ignored, order: Order) -> Result:
    """Keep the webhook's state of an order that is none of ours yet (unpaid, say)."""
    if not work.record.exists and work.record.state is not State.CREATING:
        waiting = lifecycle.retracted(
            work.record,
            order_name=order.name,
            order_updated_at=order.updated_at,
            reason=ignored.reason,
            now=work.now(),
        )
        work.save(replace(waiting, state=State.IGNORED), Outcome.IGNORED, ignored.reason)
    return work.result(Outcome.IGNORED, ignored.reason)


def _plan(work: Work, order: Order) -> Ignored | Delivery:
    """Return the delivery that the order asks for now; windows fixed earlier stay while they can.

    Its reference is made of the record's key: how the order's id is read may have changed since its receipt.
    """
    now = work.now()
    kept = work.record.windows
    if kept is not None and not work.record.exists and kept.pickup.before <= now:
        kept = None  # the outage outlived the window; nothing was booked for it
    planned = plan(order, work.connection, work.coopcycle, now=now, kept=kept)
    if isinstance(planned, Delivery):
        return replace(planned, bridge_ref=work.record.reference)
    return planned


def _note_waiting(
    work: Work,
    parsed: Order | Ignored,
    error: RetryableError,
    retry_in: Callable[[RetryableError], float] | None,
) -> None:
    """Make an order that has to wait findable, with the time of the next try."""
    record = work.record
    if record.version == 0 and isinstance(parsed, Order):
        work.record = replace(
            record, state=State.CREATING, order_name=parsed.name, order_updated_at=parsed.updated_at
        )
    if record.version or isinstance(parsed, Order):
        next_try_at = work.now() + timedelta(seconds=retry_in(error)) if retry_in else None
        work.note_waiting(error, next_try_at)
