"""From an order to the delivery it asks for now: filters, then windows, then the mapping, each once.

What the connection leaves open (time zone, country) is asked of CoopCycle, but only for an order that is
ours: what is not is never parked for an address or a time that we cannot read. Knows no AWS.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from bridge.connections.model import Connection
from bridge.model import Delivery, Ignored, Order
from bridge.planning import feasibility
from bridge.planning.checks import check_order
from bridge.planning.choice import with_choice
from bridge.planning.choose_windows import TimeSlots, choose_windows
from bridge.planning.filters import select
from bridge.planning.mapping import map_order, pickup_places
from bridge.planning.read_order import read_order
from bridge.planning.trace import Trace
from bridge.schedule.windows import Windows
from bridge.sources.shared.base import Payload, Shop

if TYPE_CHECKING:
    from bridge.coopcycle.answers import InstanceSettings


class Instance(feasibility.Rules, TimeSlots, Protocol):
    """What is asked of one instance, as :class:`bridge.coopcycle.client.CoopCycleClient` does it."""

    def settings(self) -> InstanceSettings:
        """Return the instance's country and time zone."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What a webhook says of an order, and the delivery that it asks for; the same where there is none."""

    order: Order | Ignored
    delivery: Delivery | Ignored


def plan_webhook(
    connection: Connection,
    payload: Payload,
    shop: Shop,
    instance: Instance,
    *,
    now: datetime,
    kept: Windows | None = None,
    trace: Trace | None = None,
) -> Planned:
    """Read an accepted webhook's order and plan its delivery: all that comes before CoopCycle is called.

    Raises:
        BridgeError: as :func:`bridge.planning.read_order.read_order` and :func:`plan`.

    """
    order = read_order(connection, payload, shop)
    if isinstance(order, Ignored):
        return Planned(order, order)
    return Planned(order, plan(order, connection, instance, now=now, kept=kept, trace=trace))


def plan(
    order: Order,
    connection: Connection,
    instance: Instance,
    *,
    now: datetime,
    kept: Windows | None = None,
    trace: Trace | None = None,
) -> Delivery | Ignored:
    """Return the delivery that an order asks for, or why it asks for none.

    ``kept`` are the windows fixed earlier for this order; ``trace`` collects where everything came from.

    Raises:
        RetryableError: the instance could not be asked.
        NotFeasible: CoopCycle's own rules do not allow it, and the connection asks for them.
        UnmappableOrder: the order lacks something a delivery needs.
        InvalidConnection: the schedule is wrong or never open.

    """
    trace = trace if trace is not None else Trace()
    ignored = select(order, connection, [place for place, _ in pickup_places(order, connection)], trace)
    if ignored is not None:
        return ignored
    timezone, country = _where(connection, instance)
    order = with_choice(order, connection.schedule.reading(timezone, country), trace)
    check_order(order, connection, country)
    chosen = choose_windows(
        order, connection.schedule, instance, now=now, timezone=timezone, country=country, kept=kept
    )
    delivery = map_order(order, connection, chosen, country=country, trace=trace)
    return delivery if kept is not None else feasibility.if_feasible(delivery, connection, instance)


def _where(connection: Connection, instance: Instance) -> tuple[ZoneInfo, str]:
    """Return time zone and country: the connection's, else the instance's."""
    timezone, country = connection.timezone, connection.country
    if timezone is None or country is None:
        settings = instance.settings()
        timezone, country = timezone or settings.timezone, country or settings.country
    return ZoneInfo(timezone), country
