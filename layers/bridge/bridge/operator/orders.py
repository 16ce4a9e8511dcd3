"""What became of an order: from its record, what is parked of it, and what CoopCycle holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bridge.errors import BridgeError
from bridge.model import TimeWindow
from bridge.operator.errors import CoopCycleNotAsked, NoSuchConnection, NoSuchOrder, WrongConnection
from bridge.operator.next_steps import NextStep, next_steps, redrive_of
from bridge.operator.parked import Parked, is_called

if TYPE_CHECKING:
    from bridge.aws.order_index import Page
    from bridge.dispatching.record import DeliveryRecord, State
    from bridge.operator.deployment import Deployment


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What is known of one order; ``record`` is ``None`` where SQS gave its message up before there was one.

    Nothing shown of it is personal but :attr:`DeliveryRecord.sent`, :attr:`DeliveryRecord.message` and
    :attr:`Parked.body`.
    """

    connection_id: str
    order_id: str
    order_name: str  # "#1042"; the id where no name is known
    zone: ZoneInfo  # the connection's
    changed_at: datetime
    record: DeliveryRecord | None = field(repr=False)
    parked: tuple[Parked, ...]
    next_steps: tuple[NextStep, ...]


@dataclass(frozen=True, slots=True)
class Reports:
    """The orders that were asked for; about ``hidden`` parked messages could not be seen."""

    orders: tuple[OrderReport, ...]
    hidden: int


@dataclass(frozen=True, slots=True)
class LiveDelivery:
    """What CoopCycle holds now; a window is ``None`` where it gives none that can be read."""

    statuses: tuple[str, ...]  # of the tasks, as CoopCycle spells them
    is_assigned: bool
    pickup: TimeWindow | None
    dropoff: TimeWindow | None


def report(deployment: Deployment, connection_id: str, order: str, *, now: datetime) -> Reports:
    """Return what is known of an order, by its id or its name; several may be called the same.

    Raises:
        NoSuchOrder: there is neither a record nor a parked message.
    """
    found = _look(deployment, connection_id, order, now=now)
    if not found.orders and not (waiting := deployment.waiting()):
        found = _look(
            deployment, connection_id, order, now=now
        )  # its message may have been handled meanwhile
    if not found.orders:
        raise NoSuchOrder(connection_id, order, waiting)
    return found


def _look(deployment: Deployment, connection_id: str, order: str, *, now: datetime) -> Reports:
    """Return what is known of an order now, which may be nothing."""
    look = deployment.parked.look()
    of_connection = [each for each in look.messages if each.connection_id == connection_id]
    called_so = {each.order_id for each in of_connection if is_called(order, each.order_id, each.order_name)}
    records = find_records(deployment, connection_id, order, also=called_so)
    known = {record.order_id for record in records}
    of_order = {
        order_id: tuple(each for each in of_connection if each.order_id == order_id)
        for order_id in known | called_so
    }
    zone = deployment.zone_of(connection_id)
    found = []
    for record in records:
        parked = of_order[record.order_id]
        found.append(_recorded(record, parked, next_steps(record, parked, deployment.timings, now=now), zone))
    found += [_parked_alone(of_order[order_id], zone) for order_id in sorted(called_so - known)]
    return Reports(tuple(found), look.hidden)


def _recorded(
    record: DeliveryRecord, parked: tuple[Parked, ...], steps: Sequence[NextStep], zone: ZoneInfo
) -> OrderReport:
    # a webhook that could not be mapped leaves a record without a name
    name = record.order_name or next((each.order_name for each in parked if each.order_name), record.order_id)
    return OrderReport(
        record.connection_id, record.order_id, name, zone, record.changed_at, record, parked, tuple(steps)
    )


def _parked_alone(parked: tuple[Parked, ...], zone: ZoneInfo) -> OrderReport:
    """Report messages that SQS itself parked, before the worker could make a record."""
    last = parked[-1]
    return OrderReport(
        last.connection_id,
        last.order_id,
        last.order_name or last.order_id,
        zone,
        last.parked_at,
        None,
        parked,
        (redrive_of(parked),),
    )


def listing(
    deployment: Deployment,
    *,
    connection_id: str | None = None,
    state: State | None = None,
    since: datetime | None = None,
    limit: int = 25,
    after: str = "",
) -> Page:
    """Return the orders that came last, of one connection or of all that are in force.

    Raises:
        ValueError: ``after`` is none that an earlier page gave.
    """
    ids = [connection_id] if connection_id else deployment.connection_ids()
    return deployment.index.newest(ids, state=state, since=since, limit=limit, after=after)


def find_records(
    deployment: Deployment, connection_id: str, order: str, also: Iterable[str] = ()
) -> list[DeliveryRecord]:
    """Return the records of an order by its id, else by its name, and those of the ids in ``also``."""
    keys = [(connection_id, order_id) for order_id in dict.fromkeys([order, *also])]
    found = deployment.orders.load_many(keys)
    if found:
        return found
    named = deployment.index.named(connection_id, order)
    return deployment.orders.load_many([(connection_id, order_id) for order_id in named])


def live(deployment: Deployment, record: DeliveryRecord) -> LiveDelivery | None:
    """Return what CoopCycle holds now; ``None`` when there never was a delivery, as far as is known.

    Raises:
        CoopCycleNotAsked: it gave no usable answer, or the connection is gone or wrong.
    """
    from bridge.coopcycle import answers

    if not record.delivery_iri:
        return None
    try:
        connection, secrets = deployment.connection(record.connection_id)
        body = deployment.coopcycle(connection, secrets).get_delivery_body(record.delivery_iri)
    except NoSuchConnection as error:
        raise CoopCycleNotAsked("the connection is not applied any more", record.order_id) from error
    except (WrongConnection, BridgeError) as error:
        raise CoopCycleNotAsked(str(error), record.order_id) from error
    receipt = answers.parse_receipt(body)
    return LiveDelivery(
        receipt.statuses, receipt.assigned, _window(body.get("pickup")), _window(body.get("dropoff"))
    )


def _window(task: object) -> TimeWindow | None:
    if not isinstance(task, Mapping):
        return None
    try:
        after, before = (datetime.fromisoformat(str(task.get(name))) for name in ("after", "before"))
        return TimeWindow(after, before)
    except ValueError:
        return None
