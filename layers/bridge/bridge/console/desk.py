"""Everything that the page asks of the operator's package, and does with it; nothing else of the page does.

Reads and changes; finds no words. What is personal is in :attr:`Row.place`, :attr:`Field.sent` and
:attr:`Field.origins`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bridge import sources
from bridge.console.fields import explain, items_of, place_of, place_of_fields
from bridge.console.values import (
    ConnectionState,
    Group,
    Happened,
    Listing,
    ParkedOrder,
    Row,
    Standing,
    Story,
    Trouble,
    Waiting,
)
from bridge.dispatching.record import HISTORY_LENGTH, DeliveryRecord, State
from bridge.errors import InvalidConnection
from bridge.operator.errors import NoSuchOrder
from bridge.operator.parked import DISCARDED, Selection, is_called
from bridge.operator.replay import replay, webhook_of_record
from bridge.receiving.messages import UnreadableMessage, WebhookMessage, read_message

if TYPE_CHECKING:
    from bridge.operator.deployment import Deployment
    from bridge.operator.parked import Parked

CLOSED = "closed"
_SETTLED = (DISCARDED, CLOSED)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which orders a list is to show; what is empty does not narrow."""

    since: datetime
    connection_id: str = ""
    text: str = ""
    standing: str = ""
    limit: int = 25


@dataclass(frozen=True, slots=True)
class Needs:
    """How many orders wait, and how many are parked."""

    waiting: int
    parked: int


class Desk:
    """A deployment as a dispatcher works with it."""

    def __init__(self, deployment: Deployment, clock: Callable[[], datetime]) -> None:
        self.deployment = deployment
        self._clock = clock

    # --- orders ----------------------------------------------------------------------------------------

    def connection_ids(self) -> list[str]:
        """Return every connection, by id."""
        return self.deployment.registry.ids()

    def listing(self, wish: Wish) -> Listing:
        """Return the newest orders."""
        rows = sorted(self._rows(wish), key=lambda row: row.came_at, reverse=True)
        counts = Counter(row.standing for row in rows)
        matching = [row for row in rows if _matches(row, wish)]
        need = sum(row.needs_a_person for row in rows)
        return Listing(tuple(matching[: wish.limit]), counts, len(matching), need)

    def is_empty(self, connection_ids: list[str]) -> bool:
        """Tell whether there is no order at all, of any time."""
        return not any(
            True for each in connection_ids for _ in islice(self.deployment.orders.of_connection(each), 1)
        )

    def needs(self, connection_ids: list[str]) -> Needs:
        """Return how many orders wait, and how many are parked, of any time."""
        standings = Counter(
            row_of(record, ZoneInfo("UTC")).standing
            for each in connection_ids
            for record in self.deployment.orders.of_connection(each)
        )
        return Needs(standings[Standing.WAITING], standings[Standing.PARKED])

    def webhook(self, connection_id: str, order_id: str) -> WebhookMessage | None:
        """Return the webhook that an order's record holds, if it holds one."""
        return _message_of(self.deployment.orders.load(connection_id, order_id))

    def parked_webhook(self, message_id: str) -> WebhookMessage | None:
        """Return a parked webhook, if it is one and still parked."""
        look = self.deployment.parked.look()
        return next((_webhook(each) for each in look.messages if each.message_id == message_id), None)

    def _rows(self, wish: Wish) -> Iterator[Row]:
        ids = [wish.connection_id] if wish.connection_id else self.connection_ids()
        for connection_id in ids:
            zone = self.deployment.zone_of(connection_id)
            for record in self.deployment.orders.of_connection(connection_id):
                row = row_of(record, zone)
                if row.came_at >= wish.since or row.standing in (Standing.PARKED, Standing.WAITING):
                    yield row

    def rows(self, keys: list[str]) -> list[Row]:
        """Return single orders, by connection and id; what is gone is missing."""
        pairs = [(key.partition("/")[0], key.partition("/")[2]) for key in keys if "/" in key]
        records = self.deployment.orders.load_many(pairs)
        return [row_of(record, self.deployment.zone_of(record.connection_id)) for record in records]

    def story(self, connection_id: str, order_id: str) -> Story:
        """Return all that is known of an order.

        Raises:
            NoSuchOrder: neither a record nor a parked message is of it.
        """
        record = self.deployment.orders.load(connection_id, order_id)
        parked = [
            each
            for each in self.deployment.parked.look().messages
            if (each.connection_id, each.order_id) == (connection_id, order_id)
        ]
        if record is None and not parked:
            raise NoSuchOrder(connection_id, order_id)
        zone = self.deployment.zone_of(connection_id)
        row = row_of(record, zone) if record is not None else _row_of_parked(parked[-1], zone)
        message = _message_of(record) or next((m for m in map(_webhook, reversed(parked)) if m), None)
        fields, why = explain(self.deployment, record, message)
        if not row.place.street and fields:
            row = replace(row, place=place_of_fields(fields))
        return Story(
            row=row,
            happened=tuple(
                Happened(event.at, event.outcome, event.topic, event.reason)
                for event in (record.history if record else ())
            ),
            troubles=tuple(_trouble(each) for each in parked),
            fields=tuple(fields),
            why_no_fields=why,
            exists=record is not None and record.exists,
            can_replay=bool(record and record.message),
            items=items_of(self.deployment, message),
        )

    # --- what needs a person -----------------------------------------------------------------------------

    def parked(self) -> list[Group]:
        """Return what is parked, by reason, the newest first."""
        groups: dict[str, list[ParkedOrder]] = {}
        for each in reversed(self.deployment.parked.look().messages):
            groups.setdefault(each.reason, []).append(ParkedOrder(self._row_of(each), _trouble(each)))
        return [Group(reason, tuple(orders)) for reason, orders in groups.items()]

    def _row_of(self, parked: Parked) -> Row:
        zone = self.deployment.zone_of(parked.connection_id)
        record = (
            self.deployment.orders.load(parked.connection_id, parked.order_id) if parked.order_id else None
        )
        row = row_of(record, zone) if record is not None else _row_of_parked(parked, zone)
        return replace(row, name=parked.order_name or row.name, standing=Standing.PARKED)

    # --- connections -------------------------------------------------------------------------------------

    def connections(self, webhook_url: str) -> list[ConnectionState]:
        """Return how every connection is, without asking CoopCycle."""
        parked = Counter(each.connection_id for each in self.deployment.parked.look().messages)
        states = []
        for stored in self.deployment.registry.everything():
            problems = [f"secret {name}: missing" for name in stored.missing]
            title, url = "", ""
            try:
                connection = stored.parse()
                title, url = sources.get(connection.source).TRAITS.title, connection.coopcycle_url
            except InvalidConnection as error:
                problems += error.problems
            zone = self.deployment.zone_of(stored.connection_id)
            records = self.deployment.orders.of_connection(stored.connection_id)
            rows = sorted((row_of(each, zone) for each in records), key=lambda row: row.changed_at)
            states.append(
                ConnectionState(
                    connection_id=stored.connection_id,
                    source=title,
                    coopcycle_url=url,
                    problems=tuple(problems),
                    is_rotating=stored.is_rotating,
                    last_order=max(rows, key=lambda row: row.came_at, default=None),
                    last_delivery=next((row for row in reversed(rows) if row.delivery_iri), None),
                    waiting=sum(row.standing is Standing.WAITING for row in rows),
                    parked=parked[stored.connection_id],
                    webhook_url=f"{webhook_url.rstrip('/')}/{stored.connection_id}",
                )
            )
        return states

    # --- pictures ----------------------------------------------------------------------------------------

    def stories(self, since: datetime) -> list[tuple[Row, tuple[Happened, ...], datetime | None]]:
        """Return each order that came or changed since then, what happened, and when its webhook came."""
        found = []
        for connection_id in self.connection_ids():
            zone = self.deployment.zone_of(connection_id)
            for record in self.deployment.orders.of_connection(connection_id):
                if record.changed_at >= since:
                    happened = tuple(Happened(e.at, e.outcome, e.topic, e.reason) for e in record.history)
                    message = _message_of(record)
                    found.append((row_of(record, zone), happened, message.received_at if message else None))
        return found

    # --- what is done --------------------------------------------------------------------------------------

    def redrive(self, selection: Selection, by: str) -> int:
        """Put parked messages on the queue again; return how many.

        Raises:
            NothingParked: nothing of what is meant is.
        """
        chosen = [
            each for each in self.deployment.parked.look().must_hold(selection) if each.message is not None
        ]
        return self.deployment.parked.redrive(chosen, by).done

    def replay(self, connection_id: str, order_id: str, by: str) -> None:
        """Have the order's webhook mapped anew.

        Raises:
            OperatorError: it holds none, or it would not be queued.
        """
        message = webhook_of_record(self.deployment, connection_id, order_id)
        replay(self.deployment, message, now=self._clock(), by=by)

    def settle(self, connection_id: str, order_id: str, by: str, *, by_hand: bool) -> int:
        """Throw away what is parked of an order: it is given up, or was done by hand on CoopCycle.

        Raises:
            NothingParked: nothing is.
            NotSettled: what became of a call is unknown.
        """
        selection = Selection(connection_id, order_id)
        chosen = self.deployment.parked.look().must_hold(selection)
        settle = self.deployment.parked.close if by_hand else self.deployment.parked.discard
        return settle(chosen, by).done


# --- a record, read ---------------------------------------------------------------------------------------


def row_of(record: DeliveryRecord, zone: ZoneInfo) -> Row:
    """Return an order's row."""
    standing, reason, by = _standing(record)
    history = record.history
    came_at = min([record.changed_at, *(event.at for event in history[:1])])
    if len(history) == HISTORY_LENGTH:
        came_at = min(came_at, record.order_updated_at)
    return Row(
        connection_id=record.connection_id,
        order_id=record.order_id,
        name=record.order_name or record.order_id,
        standing=standing,
        reason=reason,
        by=by,
        came_at=came_at,
        changed_at=record.changed_at,
        zone=zone,
        window=record.windows.dropoff if record.windows else None,
        delivery_iri=record.delivery_iri,
        tracking_url=record.tracking_url,
        waiting=_waiting(record) if standing is Standing.WAITING else None,
        place=place_of(record.sent),
    )


def _standing(record: DeliveryRecord) -> tuple[Standing, str, str]:
    """Return standing, reason, and who settled it."""
    if record.parked:
        return Standing.PARKED, record.parked[-1].code, ""
    by = next((event.reason for event in reversed(record.history) if event.outcome in _SETTLED), "")
    if record.state is State.DONE_BY_HAND:
        return Standing.DISCARDED, CLOSED, by
    if record.state is State.REJECTED and record.reason == DISCARDED:
        return Standing.DISCARDED, DISCARDED, by
    if record.waiting_for or record.state is State.CREATING:
        return Standing.WAITING, "", ""
    reason = "withdrawn" if record.state is State.WITHDRAWN else record.reason
    return _OF_STATE[record.state], reason, ""


_OF_STATE = {
    State.CREATED: Standing.CREATED,
    State.CANCELLED: Standing.CANCELLED,
    State.CANCEL_REFUSED: Standing.TOO_LATE,
    State.WITHDRAWN: Standing.CANCELLED,
    State.IGNORED: Standing.IGNORED,
    State.REJECTED: Standing.PARKED,  # by a version that parked on the queue alone
}


def _waiting(record: DeliveryRecord) -> Waiting:
    return Waiting(record.waiting_for, record.waiting_status, record.next_try_at)


def _matches(row: Row, wish: Wish) -> bool:
    if wish.standing and row.standing.value not in _FILTERS.get(wish.standing, (wish.standing,)):
        return False
    text = wish.text.strip().casefold()
    return not text or (
        is_called(wish.text.strip(), row.order_id, row.name)
        or any(text in part.casefold() for part in (row.name, row.place.name, row.place.street))
        or (len(text) > 3 and text.replace(" ", "").lstrip("0") in row.place.phone)
    )


_FILTERS = {"cancelled": ("cancelled", "discarded", "toolate")}


def _message_of(record: DeliveryRecord | None) -> WebhookMessage | None:
    if record is None or not record.message:
        return None
    try:
        message = read_message(record.message)
    except UnreadableMessage:  # of an older version of the bridge
        return None
    return message if isinstance(message, WebhookMessage) else None


def _webhook(parked: Parked) -> WebhookMessage | None:
    return parked.message if isinstance(parked.message, WebhookMessage) else None


def _row_of_parked(parked: Parked, zone: ZoneInfo) -> Row:
    return Row(
        connection_id=parked.connection_id,
        order_id=parked.order_id,
        name=parked.order_name or parked.order_id or parked.message_id,
        standing=Standing.PARKED,
        reason=parked.reason,
        by="",
        came_at=parked.came_at,
        changed_at=parked.parked_at,
        zone=zone,
    )


def _trouble(parked: Parked) -> Trouble:
    return Trouble(parked.message_id, parked.reason, parked.sentence, parked.property_paths, parked.parked_at)
