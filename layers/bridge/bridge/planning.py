"""From an order to the delivery it asks for now: the mapping, with what only the instance can tell.

What the connection leaves open (time zone, country) is asked of CoopCycle. Knows no AWS.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from bridge.connection import Connection
from bridge.coopcycle.client import InstanceSettings
from bridge.mapping import map_order
from bridge.model import Delivery, Ignored, Order
from bridge.schedule import Windows


class Instance(Protocol):
    """What is asked of one instance, as :class:`bridge.coopcycle.client.CoopCycleClient` does it."""

    def settings(self) -> InstanceSettings:
        """Return the instance's country and time zone."""


def plan(
    order: Order, connection: Connection, instance: Instance, *, now: datetime, kept: Windows | None
) -> Delivery | Ignored:
    """Return the delivery that an order asks for, or why it asks for none.

    ``kept`` are the windows fixed earlier for this order.

    Raises:
        RetryableError: the instance could not be asked.
        UnmappableOrder: the order lacks something a delivery needs.
        InvalidConnection: the schedule is wrong or never open.

    """
    timezone, country = connection.timezone, connection.country
    if timezone is None or country is None:
        settings = instance.settings()
        timezone, country = timezone or settings.timezone, country or settings.country
    return map_order(order, connection, now=now, timezone=ZoneInfo(timezone), country=country, windows=kept)
