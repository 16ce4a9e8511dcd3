"""From an accepted webhook to one delivery on CoopCycle: parse, map, decide, call, record.

The order's record is written before and after each POST, so that whatever fails in between is found
out (reconciled) by the next attempt instead of guessed. Knows no AWS: table and client are passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from bridge import lifecycle, sources
from bridge.connection import Connection, Secrets
from bridge.coopcycle.client import Identity, InstanceSettings
from bridge.coopcycle.payload import delivery_body, fingerprint
from bridge.errors import (
    AddressNotFound,
    CoopCycleRejected,
    CoopCycleUnavailable,
    DeliveryOutcomeUnknown,
    PermanentError,
    RetryableError,
)
from bridge.lifecycle import DeliveryRecord, State
from bridge.mapping import map_order
from bridge.model import Delivery, Ignored, Order, Receipt, TimeWindow
from bridge.schedule import Windows

FAILURES_BEFORE_PARKING = 3  # a 500 that repeats: the first POST and two reposts
LISTING_PAGE = 30  # members of one page of GET /api/stores/{id}/deliveries


class Deliveries(Protocol):
    """The table of orders, as :class:`bridge.aws.deliveries.DeliveriesTable` implements it."""

    def load(self, connection_id: str, order_id: str) -> DeliveryRecord | None:
        """Return the order's record."""

    def save(self, record: DeliveryRecord) -> DeliveryRecord:
        """Store it if nobody else has in between, and return it with its new version."""


class CoopCycle(Protocol):
    """What is asked of one instance, as :class:`bridge.coopcycle.client.CoopCycleClient` does it."""

    def create_delivery(self, body: Mapping[str, object]) -> Receipt:
        """POST /api/deliveries."""

    def update_delivery(self, iri: str, body: Mapping[str, object]) -> Receipt:
        """PUT the delivery."""

    def cancel_delivery(self, iri: str) -> None:
        """DELETE the delivery."""

    def me(self) -> Identity:
        """Tell whose credentials these are."""

    def settings(self) -> InstanceSettings:
        """Return the instance's country and time zone."""

    def list_deliveries(
        self, store_iri: str, *, before_from: datetime, before_to: datetime, timezone: str
    ) -> list[Receipt]:
        """List the deliveries whose dropoff window ends within the range."""

    def list_recent_deliveries(self, store_iri: str) -> list[Receipt]:
        """List the newest deliveries."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a webhook; ``outcome`` and ``reason`` are from closed sets."""

    outcome: str  # created | updated | cancelled | cancel_refused | duplicate | ignored
    reason: str = ""
    delivery_iri: str = ""


class Dispatcher:
    """Does for one instance environment what each message asks, one order at a time."""

    def __init__(
        self,
        deliveries: Deliveries,
        coopcycle_for: Callable[[Connection, Secrets], CoopCycle],
        *,
        clock: Callable[[], datetime],
        settle_seconds: float,
    ) -> None:
        self._deliveries = deliveries
        self._coopcycle_for = coopcycle_for
        self._clock = clock
        self._settle = timedelta(seconds=settle_seconds)

    def dispatch(
        self, connection: Connection, secrets: Secrets, *, order_id: str, payload: sources.Payload
    ) -> Result:
        """Bring CoopCycle to what this webhook says of the order.

        Raises:
            RetryableError: nothing is known to be wrong; the message must come again.
            PermanentError: a person must look; the message is to be parked.

        """
        parsed = sources.get(connection.source).parse(payload, connection.options)
        if isinstance(parsed, Ignored) and not parsed.retracts:
            return Result("ignored", parsed.reason)
        record = self._deliveries.load(connection.connection_id, order_id)
        if record is not None and parsed.updated_at is not None and record.supersedes(parsed.updated_at):
            return Result("ignored", "older_than_applied", record.delivery_iri)
        coopcycle = self._coopcycle_for(connection, secrets)
        order = _OrderWork(self, connection, coopcycle, order_id, record)
        if isinstance(parsed, Ignored):
            return order.retract(parsed, parsed.updated_at or self._clock())
        return order.deliver(parsed)

    # The work on one order below uses these three.

    def now(self) -> datetime:
        """Return the present, aware."""
        return self._clock()

    def save(self, record: DeliveryRecord) -> DeliveryRecord:
        """Store a record conditionally."""
        return self._deliveries.save(record)

    @property
    def settle(self) -> timedelta:
        """How long a request may still be at work on CoopCycle after we gave it up."""
        return self._settle


class _OrderWork:
    """One order on one instance, for the length of one message."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        connection: Connection,
        coopcycle: CoopCycle,
        order_id: str,
        record: DeliveryRecord | None,
    ) -> None:
        self._dispatcher = dispatcher
        self._connection = connection
        self._coopcycle = coopcycle
        self._order_id = order_id
        self._record = record

    def deliver(self, order: Order) -> Result:
        """Create the delivery, or change the one there is."""
        self._resolve_in_flight()
        mapped = self._map(order)
        if isinstance(mapped, Ignored):
            if not mapped.retracts:
                return Result("ignored", mapped.reason)
            return self.retract(mapped, order.updated_at, name=order.name)
        delivery, windows = mapped
        if self._record is not None and self._record.exists:
            return self._update(order, delivery)
        return self._create(order, delivery, windows)

    def retract(self, ignored: Ignored, updated_at: datetime, *, name: str = "") -> Result:
        """Cancel the delivery there is, or leave a tombstone so that a late create does nothing."""
        self._resolve_in_flight()
        record = self._record
        cancelled = False
        if record is not None and record.state is State.CREATED:
            try:
                self._coopcycle.cancel_delivery(record.delivery_iri)
                cancelled = True
            except CoopCycleRejected as error:
                if error.status == 400:
                    self._save(
                        lifecycle.cancel_refused(
                            record, order_updated_at=updated_at, now=self._dispatcher.now()
                        )
                    )
                    return Result("cancel_refused", "assigned", record.delivery_iri)
                if error.status != 404:
                    raise
        if record is not None and record.state is State.CANCEL_REFUSED:
            return Result("ignored", "cancel_refused_before", record.delivery_iri)
        saved = self._save(
            lifecycle.retracted(
                record,
                connection_id=self._connection.connection_id,
                order_id=self._order_id,
                order_name=name or ignored.order_name or (record.order_name if record else ""),
                order_updated_at=updated_at,
                reason=ignored.reason,
                now=self._dispatcher.now(),
            )
        )
        return Result("cancelled" if cancelled else "ignored", ignored.reason, saved.delivery_iri)

    # --- the pieces -----------------------------------------------------------------------------

    def _save(self, record: DeliveryRecord) -> DeliveryRecord:
        self._record = self._dispatcher.save(record)
        return self._record

    def _map(self, order: Order) -> Ignored | tuple[Delivery, Windows]:
        connection = self._connection
        instance = None
        if connection.timezone is None or connection.country is None:
            instance = self._coopcycle.settings()
        now = self._dispatcher.now()
        record = self._record
        kept = record.windows if record is not None else None
        if kept is not None and record is not None and not record.exists and kept.pickup.before <= now:
            kept = None  # the outage outlived the window; nothing was booked for it
        mapped = map_order(
            order,
            connection,
            now=now,
            timezone=ZoneInfo(connection.timezone or instance.timezone),  # type: ignore[union-attr]  # asked above
            country=connection.country or instance.country,  # type: ignore[union-attr]  # asked above
            windows=kept,
        )
        if isinstance(mapped, Ignored):
            return mapped
        return mapped, Windows(pickup=mapped.pickup.window, dropoff=mapped.dropoff.window)

    def _create(self, order: Order, delivery: Delivery, windows: Windows) -> Result:
        body = delivery_body(delivery)
        record = self._save(
            lifecycle.begin_attempt(
                self._record,
                connection_id=self._connection.connection_id,
                order_id=self._order_id,
                order_name=order.name,
                order_updated_at=order.updated_at,
                windows=windows,
                fingerprint=fingerprint(body),
                now=self._dispatcher.now(),
            )
        )
        try:
            receipt = self._coopcycle.create_delivery(body)
        except DeliveryOutcomeUnknown as error:
            self._save(lifecycle.outcome_unknown(record, error.status, self._dispatcher.now()))
            raise DeliveryOutcomeUnknown(
                str(error),
                status=error.status,
                retry_after_seconds=self._dispatcher.settle.total_seconds(),
            ) from error
        except RetryableError:
            self._save(lifecycle.not_sent(record, self._dispatcher.now()))
            raise
        except PermanentError as error:
            self._save(lifecycle.rejected(record, error.code, self._dispatcher.now()))
            raise
        self._save(lifecycle.created(record, receipt, self._dispatcher.now()))
        return Result("created", delivery_iri=receipt.delivery_iri)

    def _update(self, order: Order, delivery: Delivery) -> Result:
        assert self._record is not None  # noqa: S101  # narrowed by the caller
        body = delivery_body(delivery)
        unchanged = fingerprint(body) == self._record.fingerprint
        if not unchanged:
            self._coopcycle.update_delivery(self._record.delivery_iri, body)
        if not unchanged or order.updated_at > self._record.order_updated_at:
            self._save(
                lifecycle.updated(
                    self._record,
                    order_updated_at=order.updated_at,
                    fingerprint=fingerprint(body),
                    now=self._dispatcher.now(),
                )
            )
        return Result("duplicate" if unchanged else "updated", delivery_iri=self._record.delivery_iri)

    def _resolve_in_flight(self) -> None:
        """Find out what became of a POST whose outcome is unknown, before anything else is done.

        Raises:
            DeliveryOutcomeUnknown: the request may still be at work; come again after the settle time.
            AddressNotFound: CoopCycle answered 500 to every attempt, and holds nothing.
            RetryableError: the listing failed; nothing is posted.

        """
        record = self._record
        if record is None or not record.in_flight:
            return
        now = self._dispatcher.now()
        settled_at = record.attempts[-1].posted_at + self._dispatcher.settle
        if now < settled_at:
            raise DeliveryOutcomeUnknown(
                "an earlier attempt may still be at work",
                retry_after_seconds=(settled_at - now).total_seconds(),
            )
        live = self._find_deliveries(record)
        if live:
            adopted = self._save(lifecycle.created(record, live[0], now))
            self._remove_twins(live[1:], adopted)
            return
        if sum(attempt.status == 500 for attempt in record.attempts) >= FAILURES_BEFORE_PARKING:
            self._save(lifecycle.rejected(record, AddressNotFound.code, now))
            raise AddressNotFound

    def _remove_twins(self, twins: list[Receipt], adopted: DeliveryRecord) -> None:
        """Delete surplus deliveries of the same order while no courier has them."""
        for twin in twins:
            if twin.delivery_iri != adopted.delivery_iri and not twin.assigned:
                self._coopcycle.cancel_delivery(twin.delivery_iri)

    def _find_deliveries(self, record: DeliveryRecord) -> list[Receipt]:
        """Return the order's live deliveries on CoopCycle, oldest first."""
        store_iri = self._coopcycle.me().store
        if store_iri is None:
            raise CoopCycleUnavailable("GET /api/me names no store: these credentials belong to none")
        reference = f"{record.connection_id}/{record.order_id}"
        timezone = self._coopcycle.settings().timezone
        found: dict[str, Receipt] = {}
        for window in {attempt.dropoff for attempt in record.attempts}:
            for receipt in self._list_window(store_iri, window, timezone, record):
                if receipt.bridge_ref == reference and "CANCELLED" not in receipt.statuses:
                    found[receipt.delivery_iri] = receipt
        return sorted(found.values(), key=lambda receipt: _number(receipt.delivery_iri))

    def _list_window(
        self, store_iri: str, window: TimeWindow, timezone: str, record: DeliveryRecord
    ) -> list[Receipt]:
        """List one window of the store; where a page is not enough, the newest deliveries as well."""
        listed = self._coopcycle.list_deliveries(
            store_iri, before_from=window.before, before_to=window.before, timezone=timezone
        )
        if len(listed) < LISTING_PAGE:
            return listed
        recent = self._coopcycle.list_recent_deliveries(store_iri)
        oldest = min((r.created_at for r in recent if r.created_at), default=None)
        if len(recent) >= LISTING_PAGE and (oldest is None or oldest > record.attempts[0].posted_at):
            raise CoopCycleUnavailable("too many deliveries in this window to be sure; nothing is posted")
        return [*listed, *recent]


def _number(iri: str) -> int:
    tail = iri.rsplit("/", 1)[-1]
    return int(tail) if tail.isdigit() else 0
