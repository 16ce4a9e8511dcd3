"""An order as a list shows it: read from its record, or from the table's index alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bridge.console.fields import place_of
from bridge.console.values import Row, Standing, Waiting
from bridge.dispatching.record import Attention, DeliveryRecord, State
from bridge.operator.parked import DISCARDED, is_called

if TYPE_CHECKING:
    from bridge.aws.order_index import OrderRow

CLOSED = "closed"
_SETTLED = (DISCARDED, CLOSED)
_FILTERS = {"cancelled": ("cancelled", "discarded", "toolate")}
_OF_STATE = {
    State.CREATED: Standing.CREATED,
    State.CANCELLED: Standing.CANCELLED,
    State.CANCEL_REFUSED: Standing.TOO_LATE,
    State.WITHDRAWN: Standing.CANCELLED,
    State.IGNORED: Standing.IGNORED,
    State.REJECTED: Standing.PARKED,  # by a version that parked on the queue alone
}


@dataclass(frozen=True, slots=True)
class Wish:
    """Which orders a list is to show; what is empty does not narrow."""

    since: datetime
    connection_id: str = ""
    text: str = ""
    standing: str = ""
    limit: int = 25


def row_of(record: DeliveryRecord, zone: ZoneInfo) -> Row:
    """Return an order's row, with who it is for."""
    code = record.parked[-1].code if record.parked else ""
    standing, reason = _standing(record.state, record.reason, record.attention, code)
    settled_by = (event.reason for event in reversed(record.history) if event.outcome in _SETTLED)
    return Row(
        connection_id=record.connection_id,
        order_id=record.order_id,
        name=record.order_name or record.order_id,
        standing=standing,
        reason=reason,
        by=next(settled_by, "") if standing is Standing.DISCARDED else "",
        came_at=record.came_at or record.changed_at,
        changed_at=record.changed_at,
        zone=zone,
        window=record.windows.dropoff if record.windows else None,
        delivery_iri=record.delivery_iri,
        tracking_url=record.tracking_url,
        waiting=_waiting(record) if standing is Standing.WAITING else None,
        place=place_of(record.sent),
    )


def row_of_index(row: OrderRow, zone: ZoneInfo) -> Row:
    """Return an order's row without anything personal: what the index by arrival has."""
    standing, reason = _standing(row.state, row.reason, row.attention, row.parked_code)
    return Row(
        connection_id=row.connection_id,
        order_id=row.order_id,
        name=row.order_name or row.order_id,
        standing=standing,
        reason=reason,
        by="",
        came_at=row.came_at,
        changed_at=row.changed_at,
        zone=zone,
        window=row.windows.dropoff if row.windows else None,
        delivery_iri=row.delivery_iri,
        waiting=_waiting(row) if standing is Standing.WAITING else None,
    )


def _standing(
    state: State, reason: str, attention: Attention | None, parked_code: str
) -> tuple[Standing, str]:
    """Return standing and reason."""
    if attention is Attention.PARKED:
        return Standing.PARKED, parked_code
    if state is State.DONE_BY_HAND:
        return Standing.DISCARDED, CLOSED
    if state is State.REJECTED and reason == DISCARDED:
        return Standing.DISCARDED, DISCARDED
    if attention is Attention.WAITING or state is State.CREATING:
        return Standing.WAITING, ""
    return _OF_STATE[state], "withdrawn" if state is State.WITHDRAWN else reason


def _waiting(order: DeliveryRecord | OrderRow) -> Waiting:
    return Waiting(order.waiting_for, order.waiting_status, order.next_try_at)


def matches(row: Row, wish: Wish) -> bool:
    """Tell whether a list is to show the row."""
    if wish.standing and row.standing.value not in _FILTERS.get(wish.standing, (wish.standing,)):
        return False
    text = wish.text.strip().casefold()
    return not text or (
        is_called(wish.text.strip(), row.order_id, row.name)
        or any(text in part.casefold() for part in (row.name, row.place.name, row.place.street))
        or (len(text) > 3 and text.replace(" ", "").lstrip("0") in row.place.phone)
    )
