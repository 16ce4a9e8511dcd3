"""Everything that the page asks of the operator's package, and does with it; nothing else of the page does.

Reads and changes; finds no words. What is personal is in :attr:`Row.place`, :attr:`Field.sent` and
:attr:`Field.origins`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bridge import sources
from bridge.console.fields import explain, items_of, place_of_fields
from bridge.console.order_rows import Wish, matches, row_of, row_of_index
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
)
from bridge.dispatching.record import Attention, DeliveryRecord
from bridge.errors import InvalidConnection
from bridge.operator.errors import NoSuchOrder
from bridge.operator.parked import Selection
from bridge.operator.replay import replay, webhook_of_record
from bridge.receiving.messages import UnreadableMessage, WebhookMessage, read_message

if TYPE_CHECKING:
    from bridge.operator.deployment import Deployment
    from bridge.operator.parked import Parked

MOST_COUNTED = 2000  # orders of one list; DynamoDB answers about as many rows at once
TEXTS_READ = 200  # newest orders in which a street or a name is looked for
LOOKED_BACK = 50  # newest orders of a connection, among which its last delivery is looked for


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
        """Return the newest orders; the table is asked for those alone that are shown, or may be meant."""
        found = self._indexed(wish)
        counts = Counter(row.standing for row in found.values())
        need = sum(row.needs_a_person for row in found.values())
        if wish.text:
            rows = self.rows([*self._called(wish), *list(found)[:TEXTS_READ]])
            matching = [row for row in rows if matches(row, wish)]
            shown = matching[: wish.limit]
        else:
            matching = [row for row in found.values() if matches(row, wish)]
            shown = self.rows([row.key for row in matching[: wish.limit]])
        return Listing(tuple(shown), counts, len(matching), need, len(found) < MOST_COUNTED)

    def _indexed(self, wish: Wish) -> dict[str, Row]:
        """Return what came since then, and what waits or is parked since whenever, the newest first."""
        ids = [wish.connection_id] if wish.connection_id else self.connection_ids()
        zones = {each: self.deployment.zone_of(each) for each in ids}
        page = self.deployment.index.newest(ids, since=wish.since, limit=MOST_COUNTED)
        rows = [row_of_index(row, zones[row.connection_id]) for row in page.rows]
        known = {row.key for row in rows}
        older = [
            f"{connection_id}/{order_id}" for connection_id, order_id in self._needing(wish.connection_id)
        ]
        rows += self.rows([key for key in older if key not in known][:MOST_COUNTED])
        return {row.key: row for row in sorted(rows, key=lambda row: row.came_at, reverse=True)}

    def _needing(self, connection_id: str) -> list[tuple[str, str]]:
        return [
            key for each in Attention for key in self.deployment.index.needing(each, connection_id or None)
        ]

    def _called(self, wish: Wish) -> list[str]:
        """Return the keys of orders of any time with that id, or whose name begins so."""
        text = wish.text.strip()
        ids = [wish.connection_id] if wish.connection_id else self.connection_ids()
        return [
            f"{connection_id}/{order_id}"
            for connection_id in ids
            for order_id in dict.fromkeys([text, *self.deployment.index.called(connection_id, text)])
        ]

    def is_empty(self, connection_ids: list[str]) -> bool:
        """Tell whether there is no order at all, of any time."""
        return not self.deployment.index.newest(connection_ids, limit=1).rows

    def needs(self) -> Needs:
        """Return how many orders wait, and how many are parked, of any time and connection."""
        count = self.deployment.index.count
        return Needs(count(Attention.WAITING), count(Attention.PARKED))

    def webhook(self, connection_id: str, order_id: str) -> WebhookMessage | None:
        """Return the webhook that an order's record holds, if it holds one."""
        return _message_of(self.deployment.orders.load(connection_id, order_id))

    def parked_webhook(self, message_id: str) -> WebhookMessage | None:
        """Return a parked webhook, if it is one and still parked."""
        look = self.deployment.parked.look()
        return next((_webhook(each) for each in look.messages if each.message_id == message_id), None)

    def rows(self, keys: list[str]) -> list[Row]:
        """Return single orders, by connection and id; what is gone is missing."""
        pairs = [(key.partition("/")[0], key.partition("/")[2]) for key in dict.fromkeys(keys)]
        pairs = [pair for pair in pairs if all(pair)]
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
        index = self.deployment.index
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
            page = index.newest([stored.connection_id], limit=LOOKED_BACK)
            rows = [row_of_index(row, zone) for row in page.rows]
            states.append(
                ConnectionState(
                    connection_id=stored.connection_id,
                    source=title,
                    coopcycle_url=url,
                    problems=tuple(problems),
                    is_rotating=stored.is_rotating,
                    last_order=next(iter(rows), None),
                    last_delivery=next((row for row in rows if row.delivery_iri), None),
                    waiting=index.count(Attention.WAITING, stored.connection_id),
                    parked=parked[stored.connection_id],
                    webhook_url=f"{webhook_url.rstrip('/')}/{stored.connection_id}",
                )
            )
        return states

    # --- pictures ----------------------------------------------------------------------------------------

    def stories(self, since: datetime) -> list[tuple[Row, tuple[Happened, ...], datetime | None]]:
        """Return each order that came since then or needs something: what happened, when its webhook came."""
        page = self.deployment.index.newest(self.connection_ids(), since=since, limit=MOST_COUNTED)
        keys = dict.fromkeys([*(row.key for row in page.rows), *self._needing("")])
        found = []
        for record in self.deployment.orders.load_many(list(keys)):
            if record.changed_at >= since:
                happened = tuple(Happened(e.at, e.outcome, e.topic, e.reason) for e in record.history)
                message = _message_of(record)
                row = row_of(record, self.deployment.zone_of(record.connection_id))
                found.append((row, happened, message.received_at if message else None))
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


# --- what is parked, read ------------------------------------------------------------------------------


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
