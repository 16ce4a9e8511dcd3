"""From an accepted webhook to one delivery on CoopCycle: parse, map, decide, call, record.

The order's record is written before and after each POST and PUT, so that whatever fails in between is
found out (reconciled) by the next attempt instead of guessed; and since CoopCycle can commit minutes after
a client gave up, an order that was ever in doubt is looked at once more, later. Knows no AWS: table,
rechecks and client are passed in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from bridge import sources
from bridge.connections.model import Connection, Secrets
from bridge.coopcycle.client import Identity
from bridge.coopcycle.payload import adds_stops, delivery_body, encode, fingerprint, revised_body
from bridge.dispatching import record as lifecycle
from bridge.dispatching.record import DeliveryRecord, Event, State
from bridge.dispatching.scan import Crowd, delivery_number
from bridge.errors import (
    AddressNotFound,
    AlreadyInProgress,
    CoopCycleRejected,
    CoopCycleUnavailable,
    DeliveryOutcomeUnknown,
    PermanentError,
    RetryableError,
    UnmappableOrder,
)
from bridge.fields.fields import read_order
from bridge.model import Delivery, Ignored, Order, Receipt, TimeWindow
from bridge.planning.plan import Instance, plan
from bridge.receiving.messages import Recheck, WebhookMessage
from bridge.schedule.windows import Windows

FAILURES_BEFORE_PARKING = 3  # a 500 that repeats: the first POST or PUT and two more
LISTING_PAGE = 30  # members of one page of GET /api/stores/{id}/deliveries
RECHECK_SETTLE_TIMES = 5  # with a settle time of 60 s an order in doubt is looked at again after 5 minutes


class Deliveries(Protocol):
    """The table of orders, as :class:`bridge.aws.deliveries.DeliveriesTable` implements it."""

    def load(self, connection_id: str, order_id: str) -> DeliveryRecord | None:
        """Return the order's record."""

    def save(self, record: DeliveryRecord) -> DeliveryRecord:
        """Store it if nobody else has in between, and return it with its new version."""


class Rechecks(Protocol):
    """Where orders wait to be looked at again, as :class:`bridge.aws.queues.RechecksQueue` does it."""

    def send(self, recheck: Recheck, *, delay_seconds: float) -> None:
        """Have the order looked at after the delay."""


class CoopCycle(Instance, Protocol):
    """What is asked of one instance, as :class:`bridge.coopcycle.client.CoopCycleClient` does it."""

    def create_delivery(self, body: Mapping[str, object]) -> Receipt:
        """POST /api/deliveries."""

    def get_delivery(self, iri: str) -> Receipt:
        """GET the delivery."""

    def update_delivery(self, iri: str, body: Mapping[str, object]) -> Receipt:
        """PUT the delivery."""

    def cancel_delivery(self, iri: str) -> None:
        """DELETE the delivery."""

    def me(self) -> Identity:
        """Tell whose credentials these are."""

    def list_deliveries(
        self, store_iri: str, *, before_from: datetime, before_to: datetime, timezone: str
    ) -> list[Receipt]:
        """List the deliveries whose dropoff window ends within the range."""

    def list_recent_deliveries(self, store_iri: str) -> list[Receipt]:
        """List the newest deliveries."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a message; ``outcome`` and ``reason`` are from closed sets.

    ``twins_removed`` and ``twins_left`` count surplus deliveries of the order that were found: deleted, or
    left because a courier already has them, which a person must sort out.
    """

    outcome: (
        str  # created | updated | cancelled | cancel_refused | duplicate | ignored | rechecked | redacted
    )
    reason: str = ""
    delivery_iri: str = ""
    twins_removed: int = 0
    twins_left: int = 0


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
        self._deliveries = deliveries
        self._rechecks = rechecks
        self._coopcycle_for = coopcycle_for
        self._shop_for = shop_for
        self.clock = clock
        self.settle = timedelta(seconds=settle_seconds)  # a request may be at work after we gave it up
        self.recheck_delay = RECHECK_SETTLE_TIMES * self.settle
        self.crowd = Crowd(clock)

    def dispatch(self, connection: Connection, secrets: Secrets, message: WebhookMessage) -> Result:
        """Bring CoopCycle to what this webhook says of the order.

        Raises:
            RetryableError: nothing is known to be wrong; the message must come again.
            PermanentError: a person must look; the message is to be parked.

        """
        source = sources.get(connection.source)
        payload = source.fetch(message.payload, connection.options, self._shop_for(secrets))
        parsed = read_order(source, payload, connection.options)
        record = self._deliveries.load(connection.connection_id, message.order_id)
        if isinstance(parsed, Ignored) and not parsed.retracts:
            return Result("ignored", parsed.reason, record.delivery_iri if record else "")
        if record is not None and parsed.updated_at is not None and record.supersedes(parsed.updated_at):
            return Result("ignored", "older_than_applied", record.delivery_iri)
        work = self._work(connection, secrets, message, record)
        return work.apply(parsed)

    def recheck(self, connection: Connection, secrets: Secrets, message: Recheck) -> Result:
        """Look once more at an order that was in doubt, and mend what has come to light since.

        Raises:
            RetryableError: CoopCycle could not be asked; the message must come again.
            PermanentError: a person must look; the message is to be parked.

        """
        record = self._deliveries.load(connection.connection_id, message.order_id)
        if record is None or record.recheck_at is None:
            return Result("ignored", "nothing_in_doubt")
        return self._work(connection, secrets, message, record).recheck()

    def note_parked(self, message: WebhookMessage | Recheck, error_code: str) -> None:
        """Write into the order's record that its message was parked, for the dispatcher who asks."""
        now = self.clock()
        record = self._deliveries.load(message.connection_id, message.order_id)
        record = record or lifecycle.unknown_order(message.connection_id, message.order_id, now, _LONG_AGO)
        if not record.exists and not record.in_flight:
            record = lifecycle.rejected(record, error_code, now)
        self._deliveries.save(record.noting(Event(now, message.topic, "parked", error_code)))

    def _work(
        self,
        connection: Connection,
        secrets: Secrets,
        message: WebhookMessage | Recheck,
        record: DeliveryRecord | None,
    ) -> _OrderWork:
        if record is None:
            record = lifecycle.unknown_order(
                connection.connection_id, message.order_id, self.clock(), _LONG_AGO
            )
        return _OrderWork(self, connection, self._coopcycle_for(connection, secrets), message, record)

    # What the work on one order uses:

    def save(self, record: DeliveryRecord) -> DeliveryRecord:
        """Store a record conditionally."""
        return self._deliveries.save(record)

    def schedule_recheck(self, record: DeliveryRecord) -> DeliveryRecord:
        """Have the order looked at again, unless that is under way; return the record that says so."""
        now = self.clock()
        if record.recheck_at is not None and record.recheck_at > now:
            return lifecycle.awaiting_recheck(record, record.recheck_at)
        self._rechecks.send(
            Recheck(record.connection_id, record.order_id),
            delay_seconds=self.recheck_delay.total_seconds(),
        )
        return lifecycle.awaiting_recheck(record, now + self.recheck_delay)


_LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class _OrderWork:
    """One order on one instance, for the length of one message."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        connection: Connection,
        coopcycle: CoopCycle,
        message: WebhookMessage | Recheck,
        record: DeliveryRecord,
    ) -> None:
        self._dispatcher = dispatcher
        self._connection = connection
        self._coopcycle = coopcycle
        self._message = message
        self._record = record
        self._began_at = dispatcher.clock()
        self._twins_removed = 0
        self._twins_left = 0
        self._cancel_refused = False

    def apply(self, parsed: Order | Ignored) -> Result:
        """Do what the webhook asks, and note why when it has to wait."""
        try:
            if isinstance(parsed, Ignored):
                return self._retract(parsed, parsed.updated_at or self._now())
            return self._deliver(parsed)
        except AlreadyInProgress:
            raise
        except RetryableError as error:
            self._note_waiting(parsed, error.code)
            raise

    def recheck(self) -> Result:
        """Compare what CoopCycle holds with what the record says, and mend it."""
        with suppress(AddressNotFound):  # which is in the record then
            self._resolve_in_flight()
        record = self._record
        live = self._find_deliveries(record)
        if record.exists:
            live = self._with_expected(record, live)
        if record.exists or record.state in (State.CREATING, State.REJECTED):
            if live and live[0].delivery_iri != record.delivery_iri:
                self._record = lifecycle.adopted(record, live[0], self._now())
            surplus = live[1:]
        else:
            surplus = live
        young = self._remove(surplus)
        if self._twins_left and surplus is live:  # cancelled, and yet a courier has what came to light
            self._record = lifecycle.cancel_refused(
                replace(self._record, delivery_iri=live[0].delivery_iri), self._now()
            )
            self._cancel_refused = True
        with suppress(AddressNotFound):  # its message was parked, or will be
            self._put_again()
        seen = lifecycle.rechecked(
            self._record, seen_until=self._began_at - self._dispatcher.recheck_delay, now=self._now()
        )
        if seen.attempts or seen.doubtful_put_at or young:
            seen = self._dispatcher.schedule_recheck(seen)
        self._save(seen, "rechecked")
        return self._refused() if self._cancel_refused else self._result("rechecked")

    # --- what a webhook asks --------------------------------------------------------------------

    def _deliver(self, order: Order) -> Result:
        """Create the delivery, or change the one there is."""
        try:
            self._resolve_in_flight()
        except AddressNotFound:
            if order.updated_at <= self._record.order_updated_at:
                raise
            # it was an older state's address; this one's may be right
        delivery = self._plan(order)
        if isinstance(delivery, Ignored):
            if delivery.retracts:
                return self._retract(delivery, order.updated_at, name=order.name)
            return self._wait_for_more(delivery, order)
        windows = Windows(pickup=delivery.pickup.window, dropoff=delivery.dropoff.window)
        if self._record.exists:
            return self._update(order, delivery, windows)
        return self._create(order, delivery, windows)

    def _wait_for_more(self, ignored: Ignored, order: Order) -> Result:
        """Keep the webhook's state of an order that is none of ours yet (unpaid, say)."""
        if not self._record.exists and self._record.state is not State.CREATING:
            now = self._now()
            waiting = lifecycle.retracted(
                self._record,
                order_name=order.name,
                order_updated_at=order.updated_at,
                reason=ignored.reason,
                now=now,
            )
            self._save(replace(waiting, state=State.IGNORED), "ignored", ignored.reason)
        return self._result("ignored", ignored.reason)

    def _retract(self, ignored: Ignored, updated_at: datetime, *, name: str = "") -> Result:
        """Cancel the delivery there is, or leave a tombstone so that a late create does nothing."""
        with suppress(AddressNotFound):  # no address is needed any more
            self._resolve_in_flight()
        record = self._record
        if record.state is State.CANCEL_REFUSED:
            if updated_at > record.order_updated_at:  # an older state that comes late must not undo it
                self._save(replace(record, order_updated_at=updated_at), "ignored", "refused_before")
            return self._refused() if self._cancel_refused else self._result("ignored", "refused_before")
        if record.state is State.CREATED:
            self._save(
                lifecycle.cancelling(
                    record, order_updated_at=updated_at, reason=ignored.reason, now=self._now()
                )
            )
            self._finish_cancel()
            return self._refused() if self._cancel_refused else self._result("cancelled", ignored.reason)
        self._save(
            lifecycle.retracted(
                record,
                order_name=name or ignored.order_name,
                order_updated_at=updated_at,
                reason=ignored.reason,
                now=self._now(),
            ),
            "ignored",
            ignored.reason,
        )
        return self._result("ignored", ignored.reason)

    def _finish_cancel(self) -> None:
        """Delete the delivery whose cancel was begun, also when it was begun by a function that died."""
        record = self._record
        if not self._delete(record.delivery_iri):
            self._cancel_refused = True
            self._save(lifecycle.cancel_refused(record, self._now()), "cancel_refused", "assigned")
            return
        self._save(
            lifecycle.retracted(
                record,
                order_name=record.order_name,
                order_updated_at=record.order_updated_at,
                reason=record.reason,
                now=self._now(),
            ),
            "cancelled",
            record.reason,
        )

    def _refused(self) -> Result:
        return self._result("cancel_refused", "assigned")

    def _create(self, order: Order, delivery: Delivery, windows: Windows) -> Result:
        body = delivery_body(delivery)
        self._save(
            lifecycle.attempt(
                self._record,
                order_name=order.name,
                order_updated_at=order.updated_at,
                windows=windows,
                fingerprint=fingerprint(body),
                sent=encode(body).decode("ascii"),
                now=self._now(),
            )
        )
        try:
            receipt = self._coopcycle.create_delivery(body)
        except DeliveryOutcomeUnknown as error:
            doubtful = lifecycle.outcome_unknown(self._record, error.status, self._now())
            self._save(self._dispatcher.schedule_recheck(doubtful), "unknown", _status(error))
            raise self._settling(str(error), error.status) from error
        except RetryableError:
            self._save(lifecycle.not_sent(self._record, self._now()))
            raise
        except PermanentError as error:
            self._save(lifecycle.rejected(self._record, error.code, self._now()))
            raise
        self._save(lifecycle.created(self._record, receipt, self._now()), "created")
        return self._result("created")

    def _update(self, order: Order, delivery: Delivery, windows: Windows) -> Result:
        before = json.loads(self._record.sent or "{}")
        body = revised_body(before, delivery_body(delivery))
        if adds_stops(before, body):
            return self._replace(order, delivery, windows)
        unchanged = fingerprint(body) == self._record.fingerprint
        if unchanged and self._record.state is State.CREATED:
            if order.updated_at > self._record.order_updated_at:
                self._save(replace(self._record, order_updated_at=order.updated_at), "duplicate")
            return self._result("duplicate")
        self._save(
            lifecycle.update(
                self._record,
                order_updated_at=order.updated_at,
                windows=windows,
                sent=encode(body).decode("ascii"),
                now=self._now(),
            )
        )
        self._put(body)
        self._save(lifecycle.updated(self._record, fingerprint=fingerprint(body), now=self._now()), "updated")
        return self._result("updated")

    def _replace(self, order: Order, delivery: Delivery, windows: Windows) -> Result:
        """Cancel the delivery and make a new one: CoopCycle can take stops off a delivery, but add none."""
        if not self._delete(self._record.delivery_iri):
            raise UnmappableOrder(
                order.path_of("dropoffs"),
                "has more stops than before, which CoopCycle cannot add to a delivery that a courier has; "
                "add them there by hand",
            )
        return self._create(order, delivery, windows)

    # --- finding out ----------------------------------------------------------------------------

    def _resolve_in_flight(self) -> None:
        """Find out what became of a call whose outcome is unknown, before anything else is done.

        Raises:
            DeliveryOutcomeUnknown: the request may still be at work; come again after the settle time.
            AddressNotFound: CoopCycle answered 500 to every attempt, and holds nothing.
            RetryableError: the listing failed; nothing is posted.

        """
        if self._record.cancelling:
            self._finish_cancel()
        record = self._record
        if record.updating:  # the function died before it could say what became of the PUT
            doubtful = lifecycle.put_unknown(record, None, self._now())
            record = self._save(self._dispatcher.schedule_recheck(doubtful))
        if not record.in_flight:
            return
        if not record.in_doubt or record.recheck_at is None:  # the function died before it could say so
            record = self._save(self._dispatcher.schedule_recheck(record))
        now = self._now()
        settled_at = record.attempts[-1].posted_at + self._dispatcher.settle
        if now < settled_at:
            raise self._settling("an earlier attempt may still be at work", seconds=settled_at - now)
        live = self._find_deliveries(record)
        if live:
            self._save(lifecycle.adopted(record, live[0], now), "adopted")
            self._remove(live[1:])
        elif record.failures >= FAILURES_BEFORE_PARKING:
            self._save(lifecycle.rejected(record, AddressNotFound.code, now))
            raise AddressNotFound
        else:
            self._save(lifecycle.nothing_found(record, now), "not_found")

    def _find_deliveries(self, record: DeliveryRecord) -> list[Receipt]:
        """Return the order's live deliveries on CoopCycle: those a courier has first, then the oldest."""
        store_iri = self._coopcycle.me().store
        if store_iri is None:
            raise CoopCycleUnavailable("GET /api/me names no store: these credentials belong to none")
        reference = f"{record.connection_id}/{record.order_id}"
        timezone = self._coopcycle.settings().timezone
        windows = {attempt.dropoff for attempt in record.attempts}
        if record.windows is not None:
            windows.add(record.windows.dropoff)
        since = min((attempt.posted_at for attempt in record.attempts), default=record.changed_at)
        found: dict[str, Receipt] = {}
        for window in windows:
            for receipt in self._list_window(store_iri, window, timezone, reference, since):
                if receipt.bridge_ref == reference and receipt.is_live:
                    found[receipt.delivery_iri] = receipt
        return sorted(
            found.values(), key=lambda each: (not each.assigned, delivery_number(each.delivery_iri))
        )

    def _list_window(
        self, store_iri: str, window: TimeWindow, timezone: str, reference: str, since: datetime
    ) -> list[Receipt]:
        """List one window of the store; where a page is not enough, what was made since as well."""
        listed = self._coopcycle.list_deliveries(
            store_iri, before_from=window.before, before_to=window.before, timezone=timezone
        )
        if len(listed) < LISTING_PAGE:
            return listed
        # their clock may be behind ours, and they write whole seconds
        since = (since - self._dispatcher.settle).replace(microsecond=0)
        recent = self._coopcycle.list_recent_deliveries(store_iri)
        oldest = min((r.created_at for r in recent if r.created_at), default=None)
        if len(recent) < LISTING_PAGE or (oldest is not None and oldest < since):
            return [*listed, *recent]
        older = self._dispatcher.crowd.older_than_listed(
            self._coopcycle,
            f"{self._connection.coopcycle_url}{store_iri}",
            recent,
            reference=reference,
            since=since,
        )
        return [*listed, *recent, *older]

    def _with_expected(self, record: DeliveryRecord, live: list[Receipt]) -> list[Receipt]:
        """Put the delivery of the record first, also when somebody has moved it to another window."""
        others = [receipt for receipt in live if receipt.delivery_iri != record.delivery_iri]
        if len(others) == len(live):
            try:
                expected = self._coopcycle.get_delivery(record.delivery_iri)
            except CoopCycleRejected as error:
                if error.status != 404:
                    raise
                return others
            return [expected, *others] if expected.is_live else others
        return [receipt for receipt in live if receipt not in others] + others

    # --- mending --------------------------------------------------------------------------------

    def _remove(self, surplus: list[Receipt]) -> bool:
        """Delete surplus deliveries while no courier has them; tell whether one was too young to judge.

        What was made since this work began may be another invocation's: it is left to the next look.
        """
        young = [each for each in surplus if each.created_at and each.created_at >= self._began_at]
        for twin in surplus:
            if twin in young:
                continue
            if not twin.assigned and self._delete(twin.delivery_iri):
                self._twins_removed += 1
            else:
                self._twins_left += 1
        return bool(young)

    def _delete(self, iri: str) -> bool:
        """Cancel a delivery; false when CoopCycle refuses because a courier has it."""
        try:
            self._coopcycle.cancel_delivery(iri)
        except CoopCycleRejected as error:
            if error.status == 400:
                return False
            if error.status != 404:
                raise
        return True

    def _put(self, body: Mapping[str, object]) -> None:
        try:
            self._coopcycle.update_delivery(self._record.delivery_iri, body)
        except DeliveryOutcomeUnknown as error:
            doubtful = lifecycle.put_unknown(self._record, error.status, self._now())
            if doubtful.failures >= FAILURES_BEFORE_PARKING:
                self._save(doubtful, "unknown", _status(error))
                raise AddressNotFound from error
            self._save(self._dispatcher.schedule_recheck(doubtful), "unknown", _status(error))
            if error.status == 500:
                raise self._settling(str(error), error.status) from error
            raise
        except (RetryableError, PermanentError):
            self._save(lifecycle.put_failed(self._record, self._now()))
            raise

    def _put_again(self) -> None:
        """Send once more what CoopCycle should hold, when a change of unknown outcome may have come late."""
        record = self._record
        if (
            record.state is State.CREATED
            and record.sent
            and (record.doubtful_put_at or not record.fingerprint)
        ):
            body = json.loads(record.sent)
            self._save(replace(record, updating=True))
            self._put(body)
            self._record = lifecycle.updated(self._record, fingerprint=fingerprint(body), now=self._now())

    # --- the pieces -----------------------------------------------------------------------------

    def _now(self) -> datetime:
        return self._dispatcher.clock()

    def _save(self, record: DeliveryRecord, outcome: str = "", reason: str = "") -> DeliveryRecord:
        """Store the record with the message it stands for and, if given, what happened."""
        if isinstance(self._message, WebhookMessage):
            record = replace(record, message=self._message.to_text())
        if outcome:
            record = record.noting(Event(self._now(), self._message.topic, outcome, reason))
        self._record = self._dispatcher.save(record)
        return self._record

    def _note_waiting(self, parsed: Order | Ignored, reason: str) -> None:
        """Make an order that has to wait findable, once per reason."""
        last = self._record.history[-1:] or (None,)
        if last[0] is not None and (last[0].outcome, last[0].reason) == ("retried", reason):
            return
        record = self._record
        if record.version == 0 and isinstance(parsed, Order):
            record = replace(
                record, state=State.CREATING, order_name=parsed.name, order_updated_at=parsed.updated_at
            )
        if record.version or isinstance(parsed, Order):
            self._save(record, "retried", reason)

    def _result(self, outcome: str, reason: str = "") -> Result:
        return Result(outcome, reason, self._record.delivery_iri, self._twins_removed, self._twins_left)

    def _settling(
        self, text: str, status: int | None = None, seconds: timedelta | None = None
    ) -> DeliveryOutcomeUnknown:
        wait = seconds if seconds is not None else self._dispatcher.settle
        return DeliveryOutcomeUnknown(text, status=status, retry_after_seconds=wait.total_seconds())

    def _plan(self, order: Order) -> Ignored | Delivery:
        """Return the delivery that the order asks for now; windows fixed earlier stay while they can."""
        now = self._now()
        kept = self._record.windows
        if kept is not None and not self._record.exists and kept.pickup.before <= now:
            kept = None  # the outage outlived the window; nothing was booked for it
        return plan(order, self._connection, self._coopcycle, now=now, kept=kept)


def _status(error: DeliveryOutcomeUnknown) -> str:
    return f"status {error.status}" if error.status else "no answer"
