"""Every window that we send lasts by the wall clock of its instance, in all zones, in both nights of change.

CoopCycle keeps the wall clock alone: a window inside the hour that autumn doubles, sent with ``Z``, is held
as "02:30 to 02:30" (recorded: create_windows, "the doubled hour of October, by Z").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.connections.model import Connection
from bridge.errors import InvalidConnection, UnmappableOrder
from bridge.model import Delivery, Order, OrderItem, PostalAddress, TimeWindow, TimeWish
from bridge.operator.dry_run import OfflineInstance
from bridge.planning.plan import plan
from bridge.schedule.opening_hours import Schedule
from bridge.schedule.windows import Windows, shown_once

ORDER = Order(
    order_id="7",
    name="#1007",
    updated_at=datetime(2026, 11, 23, tzinfo=UTC),
    created_at=datetime(2026, 11, 23, tzinfo=UTC),
    address=PostalAddress("48 Rue de Rivoli", "", "75004", "Paris", "France", "FR"),
    items=(OrderItem("Bouquet", 1),),
)
SCHEDULES = [
    Schedule(),
    Schedule(preparation_minutes=0, pickup_minutes=5, window_minutes=5),
    Schedule(("Mo-Su 00:00-24:00",), preparation_minutes=10, pickup_minutes=15, window_minutes=20),
    Schedule(("Mo-Su 01:00-04:00",), preparation_minutes=0, pickup_minutes=30, window_minutes=45),
]
LORD_HOWE = "Australia/Lord_Howe"  # half an hour


@cache
def changes(name: str) -> tuple[datetime, ...]:
    """Return the moments of 2026 and 2027 at which a zone's offset changes, to the second."""
    return tuple(_changes(ZoneInfo(name)))


def _changes(zone: ZoneInfo) -> Iterator[datetime]:
    """Look at a zone week by week: none changes twice in one."""
    day = datetime(2026, 1, 1, tzinfo=UTC)
    while day.year < 2028:
        after = day + timedelta(days=7)
        if day.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            low, high = day, after
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) // 2
                same = middle.astimezone(zone).utcoffset() == low.astimezone(zone).utcoffset()
                low, high = (middle, high) if same else (low, middle)
            yield high.replace(microsecond=0)
        day = after


CHANGING = sorted(name for name in available_timezones() if changes(name))


def shown(name: str) -> tuple[object, ...]:
    """Return all that makes a zone's clock another than those of other zones, in these two years."""
    moments = (datetime(2026, 1, 1, tzinfo=UTC), *changes(name))
    return tuple((moment, moment.astimezone(ZoneInfo(name)).utcoffset()) for moment in moments)


# Each clock once, under one of its names: Monaco's is that of Paris.
CLOCKS = sorted({shown(name): name for name in CHANGING}.values())


def wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return what the clock shows, which is all that CoopCycle keeps."""
    return moment.astimezone(zone).replace(tzinfo=None)


def require_whole(pickup: TimeWindow, dropoff: TimeWindow, zone: ZoneInfo) -> None:
    """Demand windows that CoopCycle can hold: each lasts, and the pickup does not end after the dropoff."""
    for window in (pickup, dropoff):
        assert wall(window.before, zone) > wall(window.after, zone)
        assert window.before.astimezone(zone).fold == 0
    assert wall(pickup.before, zone) <= wall(dropoff.before, zone)


def test_zones_that_change_are_looked_at() -> None:
    """Both nights of a year, in many zones, one of them by half an hour."""
    assert len(CHANGING) > 100
    assert 4 == len(changes("Europe/Paris"))
    assert LORD_HOWE in CLOCKS


@pytest.mark.parametrize("zone", CLOCKS)
def test_any_windows_around_a_change_are_whole(zone: str) -> None:
    """Wherever pickup and dropoff begin and end in a night of change, every quarter of an hour."""
    timezone = ZoneInfo(zone)
    for change in changes(zone):
        for begins in range(-90, 95, 15):
            for length in (5, 60, 65):
                after = change + timedelta(minutes=begins)
                pickup = TimeWindow(after, after + timedelta(minutes=length))
                for lasts in (5, 90):
                    dropoff = TimeWindow(pickup.before, pickup.before + timedelta(minutes=lasts))

                    found = shown_once(Windows(pickup, dropoff), timezone)

                    require_whole(found.pickup, found.dropoff, timezone)
                    assert found == shown_once(found, timezone)
                    assert (found.pickup.after, found.dropoff.after) == (pickup.after, dropoff.after)


def test_what_the_clock_shows_once_stays() -> None:
    """A window in autumn's night whose end is not doubled is left alone."""
    paris = ZoneInfo("Europe/Paris")
    before = TimeWindow(datetime(2027, 10, 30, 23, tzinfo=UTC), datetime(2027, 10, 31, 0, 30, tzinfo=UTC))
    over = TimeWindow(datetime(2027, 10, 31, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 2, tzinfo=UTC))

    assert Windows(before, over) == shown_once(Windows(before, over), paris)


def test_the_recorded_window_lasts_half_an_hour_by_the_clock() -> None:
    """00:30Z to 01:30Z is 02:30 to 02:30; sent is an end at 03:00, which the clock shows once."""
    recorded = TimeWindow(
        datetime(2027, 10, 31, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    )

    found = shown_once(Windows(recorded, recorded), ZoneInfo("Europe/Paris"))

    assert TimeWindow(recorded.after, datetime(2027, 10, 31, 2, tzinfo=UTC)) == found.dropoff


@settings(max_examples=150, deadline=None)
@given(
    zone=st.sampled_from(CHANGING),
    number=st.integers(0, 3),
    minutes=st.integers(-300, 120),
    schedule=st.sampled_from(SCHEDULES),
    hours=st.none() | st.tuples(st.integers(0, 300), st.integers(0, 240)),
)
def test_every_window_that_is_sent_is_whole(
    zone: str, number: int, minutes: int, schedule: Schedule, hours: tuple[int, int] | None
) -> None:
    """Orders of that night, with a chosen time in it and without."""
    moments = changes(zone)
    change = moments[number % len(moments)]
    now = change + timedelta(minutes=minutes)
    order = replace(ORDER, created_at=now, updated_at=now)
    if hours is not None:
        day = change.astimezone(ZoneInfo(zone)).date()
        begins, ends = (f"{minute // 60:02}:{minute % 60:02}" for minute in (hours[0], sum(hours)))
        order = replace(order, wish=TimeWish(date=day.isoformat(), time=f"{begins}-{ends}", path="when"))
    connection = Connection(
        "acme", "shopify", "https://acme.coopcycle.org", timezone=zone, country="FR", schedule=schedule
    )
    try:
        delivery = plan(order, connection, OfflineInstance(), now=now)
    except (UnmappableOrder, InvalidConnection):
        return  # a time that nobody can mean, or no room in these hours

    assert isinstance(delivery, Delivery)
    require_whole(delivery.pickup.window, delivery.dropoff.window, ZoneInfo(zone))
