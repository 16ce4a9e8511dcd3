"""A shop with opening hours, an order with a choice of time, and the windows for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from bridge.coopcycle.answers import InstanceSettings
from bridge.model import Order, OrderItem, PostalAddress, TimeWindow, TimeWish
from bridge.planning.choose_windows import choose_windows
from bridge.schedule.opening_hours import Schedule
from bridge.schedule.windows import Windows

PARIS = ZoneInfo("Europe/Paris")
SHOP = Schedule(
    opening_hours=("Mo-Fr 09:00-12:30,14:00-19:00", "Sa 10:00-18:00"),
    closed_on=(date(2026, 12, 25),),
    preparation_minutes=45,
    pickup_minutes=30,
    window_minutes=120,
)


SLOTS = replace(SHOP, window="coopcycle")


def paris(text: str) -> datetime:
    """Read a wall-clock time in Paris."""
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


def window(day: str, begins: str, ends: str) -> TimeWindow:
    """Return a window by the clock of Paris."""
    return TimeWindow(paris(f"{day} {begins}").astimezone(UTC), paris(f"{day} {ends}").astimezone(UTC))


def windows(day: str, pickup: str, dropoff: str) -> Windows:
    """Return windows of a day: "13:30-14:00", "14:00-16:00"."""
    return Windows(window(day, *pickup.split("-")), window(day, *dropoff.split("-")))


NOW = paris("2026-11-23 10:15")  # a Monday
ORDER = Order(
    order_id="7",
    name="#1007",
    updated_at=NOW,
    created_at=NOW,
    address=PostalAddress("48 Rue de Rivoli", "", "75004", "Paris", "France", "FR"),
    items=(OrderItem("Bouquet", 1),),
)


class Paris:
    """An instance in Paris that offers some time slots and counts how often it is asked."""

    def __init__(self, slots: Sequence[TimeWindow] = ()) -> None:
        self.slots = slots
        self.asked = 0

    def settings(self) -> InstanceSettings:
        """Return the instance's country and time zone."""
        return InstanceSettings(country="FR", timezone="Europe/Paris")

    def time_slot_choices(self) -> Sequence[TimeWindow]:
        """Return what it offers."""
        self.asked += 1
        return self.slots


class NoSlots(Paris):
    """An instance that must not be asked."""

    def time_slot_choices(self) -> Sequence[TimeWindow]:
        """Fail."""
        raise AssertionError("CoopCycle was asked for its time slots")


def wishing(day: str = "", hours: str = "", *, instants: TimeWindow | None = None) -> Order:
    """Return an order with a choice of time."""
    wish = TimeWish(window=instants, date=day, time=hours, path="note_attributes[Delivery-Date]")
    return replace(ORDER, wish=wish)


def choose(
    order: Order = ORDER,
    schedule: Schedule = SHOP,
    *,
    now: datetime = NOW,
    kept: Windows | None = None,
    slots: Sequence[TimeWindow] | None = None,
) -> tuple[Windows, tuple[str, ...]]:
    """Choose the windows of an order in Paris."""
    instance = NoSlots() if slots is None else Paris(slots)
    chosen = choose_windows(order, schedule, instance, now=now, timezone=PARIS, country="FR", kept=kept)
    return chosen.windows, chosen.remarks


NEXT = windows("2026-11-23", "14:00-14:30", "14:30-16:30")  # 11:00 + 150 minutes would end after 12:30
