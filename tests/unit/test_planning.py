"""When an order is collected and delivered: the customer's choice and the schedule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from tests.support.planned_orders import (
    NEXT,
    NOW,
    SHOP,
    SLOTS,
    NoSlots,
    choose,
    paris,
    window,
    windows,
    wishing,
)

from bridge.connections.model import Connection, OrderFilter
from bridge.errors import InvalidConnection, UnmappableOrder
from bridge.model import Delivery, Ignored, TimeWindow
from bridge.planning.plan import plan
from bridge.schedule.opening_hours import Schedule
from bridge.schedule.windows import Windows

CONNECTION = Connection(
    "acme", "shopify", "https://acme.coopcycle.org", timezone="Europe/Paris", country="FR", schedule=SHOP
)


# --- the customer's choice ------------------------------------------------------------------------


def test_an_order_without_a_choice_is_delivered_next() -> None:
    """The schedule gives the first windows after the preparation."""
    assert (NEXT, ()) == choose()
    assert (NEXT, ()) == choose(wishing("  ", ""))


@pytest.mark.parametrize(
    ("day", "hours", "expected"),
    [
        ("2026-12-03", "14:30-16:30", windows("2026-12-03", "14:00-14:30", "14:30-16:30")),
        ("2026-12-03", "16:00-17:00", windows("2026-12-03", "15:30-16:00", "16:00-17:00")),
        # the shop opens at nine: the courier is not sent half an hour before
        ("2026-12-03", "09:00-11:00", windows("2026-12-03", "09:00-09:30", "09:00-11:00")),
        ("2026-12-03", "14:00-16:00", windows("2026-12-03", "14:00-14:30", "14:00-16:00")),
        # collected before lunch, or before the shop closes
        ("2026-12-03", "13:00-14:00", windows("2026-12-03", "12:00-12:30", "13:00-14:00")),
        ("2026-12-03", "20:00-22:00", windows("2026-12-03", "18:30-19:00", "20:00-22:00")),
        # Sunday: the shop is closed all day, but sold it
        ("2026-12-06", "11:00-13:00", windows("2026-12-06", "10:30-11:00", "11:00-13:00")),
        # one time is when the window of two hours begins, or ends
        ("2026-12-03", "16:00", windows("2026-12-03", "15:30-16:00", "16:00-18:00")),
        ("2026-12-03", "avant 18h", windows("2026-12-03", "15:30-16:00", "16:00-18:00")),
        # today, while the parcel can still be collected
        ("2026-11-23", "11:00-12:00", windows("2026-11-23", "11:00-11:30", "11:00-12:00")),
        # a day alone: its first windows
        ("2026-12-03", "", windows("2026-12-03", "09:00-09:30", "09:30-11:30")),
        ("2026-12-05", "", windows("2026-12-05", "10:00-10:30", "10:30-12:30")),
        ("2026-11-23", "", NEXT),
        # a time alone: the first day on which it can be met and the shop opens
        ("", "11:00-13:00", windows("2026-11-23", "11:00-11:30", "11:00-13:00")),
        ("", "09:00-11:00", windows("2026-11-24", "09:00-09:30", "09:00-11:00")),
    ],
)
def test_the_customers_choice_is_kept(day: str, hours: str, expected: Windows) -> None:
    """The dropoff is what was chosen, and the collection fits it as well as the opening hours allow."""
    assert (expected, ()) == choose(wishing(day, hours))


def test_a_time_alone_waits_for_a_day_on_which_the_shop_opens() -> None:
    """On a Friday evening before Christmas that is not tomorrow."""
    evening = paris("2026-12-24 18:30")
    order = replace(wishing("", "11:00-13:00"), created_at=evening)

    expected = windows("2026-12-26", "10:30-11:00", "11:00-13:00")  # the 25th is closed
    assert (expected, ()) == choose(order, now=evening)


def test_a_night_is_collected_before_midnight() -> None:
    """Open until two: the pickup lies right before the dropoff, on the day before."""
    bar = Schedule(("Mo-Su 18:00-24:00", "Mo-Su 00:00-02:00"), pickup_minutes=30)

    chosen, remarks = choose(wishing("2026-12-03", "00:15-01:15"), bar)

    assert TimeWindow(paris("2026-12-02 23:45"), paris("2026-12-03 00:15")) == chosen.pickup
    assert () == remarks


def test_a_range_over_midnight_ends_on_the_next_day() -> None:
    """The window belongs to the day on which it begins."""
    chosen, _ = choose(wishing("2026-12-03", "22:00 - 01:00"))

    assert TimeWindow(paris("2026-12-03 22:00"), paris("2026-12-04 01:00")) == chosen.dropoff


def test_a_day_alone_spans_the_day_of_a_shop_that_is_always_open() -> None:
    """Nothing says when on that day, so nobody is sent at midnight."""
    chosen, _ = choose(wishing("2026-12-03"), Schedule())

    assert TimeWindow(paris("2026-12-03 00:30"), paris("2026-12-04 00:00")) == chosen.dropoff
    assert TimeWindow(paris("2026-12-03 00:00"), paris("2026-12-03 22:00")) == chosen.pickup


def test_instants_of_the_sender_are_the_window() -> None:
    """A sender that knows instants needs no reading."""
    wished = window("2026-12-03", "16:00", "17:00")

    chosen, _ = choose(wishing(instants=wished))

    assert wished == chosen.dropoff
    assert UTC is chosen.dropoff.after.tzinfo


# On 2026-03-29 clocks in Paris go from 02:00 to 03:00, on 2026-10-25 from 03:00 back to 02:00.


@pytest.mark.parametrize(
    ("day", "hours", "after", "before"),
    [
        ("2026-03-29", "01:30-03:30", "00:30", "01:30"),  # an hour on the way
        ("2026-03-29", "02:30-04:00", "01:00", "02:00"),  # 02:30 means the moment of the change
        ("2026-03-29", "02:00-02:45", "01:00", "01:45"),  # both missing: the length counts
        ("2026-10-25", "01:30-02:30", "23:30", "00:30"),  # the first half past two
        ("2026-10-25", "02:30-03:30", "00:30", "02:30"),  # two hours on the way
    ],
)
def test_days_of_change_are_reckoned_by_the_clock_on_the_wall(
    day: str, hours: str, after: str, before: str
) -> None:
    """A missing hour begins at the change, a doubled one is its first occurrence."""
    ordered = paris(f"{day} 12:00") - timedelta(days=7)

    chosen, _ = choose(replace(wishing(day, hours), created_at=ordered), now=ordered)

    assert [after, before] == [f"{end:%H:%M}" for end in (chosen.dropoff.after, chosen.dropoff.before)]


# --- too late -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "hours", "shown"),
    [
        ("2026-11-22", "14:00-16:00", "Sun 22 November 2026, 14:00-16:00"),
        ("2026-11-23", "08:00-10:00", "Mon 23 November 2026, 08:00-10:00"),
        ("2026-11-23", "10:00-11:00", "Mon 23 November 2026, 10:00-11:00"),  # ready at eleven
        ("2026-11-23", "09:00", "Mon 23 November 2026, 09:00-11:00"),
        ("2026-11-20", "", "Fri 20 November 2026"),
    ],
)
def test_a_time_that_is_over_becomes_the_next_and_the_courier_is_told(
    day: str, hours: str, shown: str
) -> None:
    """Nothing is moved in silence."""
    remark = f"The customer chose {shown}. That could not be met any more: this is the next possibility."

    assert (NEXT, (remark,)) == choose(wishing(day, hours))


def test_today_is_over_when_the_shop_closes() -> None:
    """A day alone, chosen for today in the evening, becomes tomorrow."""
    evening = paris("2026-11-23 18:30")
    order = replace(wishing("2026-11-23"), created_at=evening)

    chosen, remarks = choose(order, now=evening)

    assert windows("2026-11-24", "09:00-09:30", "09:30-11:30") == chosen
    assert "Mon 23 November 2026. " in remarks[0]


def test_an_outage_does_not_count_as_preparation() -> None:
    """The parcel was ready long before the order got through: the chosen time can still be met."""
    later = paris("2026-11-23 15:20")

    chosen, remarks = choose(wishing("2026-11-23", "14:00-16:00"), now=later)

    assert windows("2026-11-23", "15:20-15:50", "14:00-16:00") == chosen
    assert () == remarks


def test_a_time_alone_counts_from_the_order_and_not_from_now() -> None:
    """An outage over night does not turn this evening into tomorrow evening without a word."""
    chosen, remarks = choose(wishing("", "17:00-18:00"), now=paris("2026-11-24 09:00"))

    assert windows("2026-11-24", "09:45-10:15", "10:15-12:15") == chosen
    assert "Mon 23 November 2026, 17:00-18:00. " in remarks[0]


# --- refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "hours", "said"),
    [
        ("2026-12-25", "14:00-16:00", "on a day that schedule.closed_on closes"),
        ("2026-12-25", "", "a day that schedule.closed_on closes"),
        ("2026-12-06", "", "on a day on which the shop is closed (schedule.opening_hours)"),
        ("2026-11-01", "14:00-16:00", "was over weeks ago"),
        ("2026-11-01", "", "was over weeks ago"),
        ("2028-01-03", "14:00-16:00", "lies more than a year ahead"),
        ("2028-01-03", "", "lies more than a year ahead"),
        ("someday", "", "no date that we can read"),
    ],
)
def test_what_cannot_be_meant_is_refused(day: str, hours: str, said: str) -> None:
    """A person must talk to the customer; the error names the field in the sender's terms."""
    with pytest.raises(UnmappableOrder) as caught:
        choose(wishing(day, hours))

    assert "note_attributes[Delivery-Date]" == caught.value.field
    assert said in str(caught.value)


def test_a_shop_that_never_opens_is_the_connections_fault() -> None:
    """A time alone finds no day."""
    closed = Schedule(closed_on=tuple(NOW.date() + timedelta(days=step) for step in range(100)))

    with pytest.raises(InvalidConnection, match=r"schedule\.opening_hours: no day within 60 days"):
        choose(wishing("", "14:00-16:00"), closed)


# --- the whole plan ---------------------------------------------------------------------------------


def test_the_plan_is_mapped_with_windows_and_remarks() -> None:
    """The courier reads what was moved."""
    delivery = plan(wishing("2026-11-23", "08:00-10:00"), CONNECTION, NoSlots(), now=NOW, kept=None)

    assert isinstance(delivery, Delivery)
    assert NEXT == Windows(delivery.pickup.window, delivery.dropoff.window)
    assert "\nThe customer chose Mon 23 November 2026, 08:00-10:00. " in delivery.dropoff.comments


def test_time_zone_and_country_come_from_the_instance_where_the_connection_is_silent() -> None:
    """The order of numbers in a date goes by the instance's country."""
    silent = replace(CONNECTION, timezone=None, country=None)

    delivery = plan(wishing("03/12/2026", "16:00-17:00"), silent, NoSlots(), now=NOW, kept=None)

    assert isinstance(delivery, Delivery)
    assert window("2026-12-03", "16:00", "17:00") == delivery.dropoff.window


def test_an_order_that_is_not_ours_is_ignored_before_its_time_is_read() -> None:
    """Nobody is bothered with a wish that no courier will fulfil, nor is CoopCycle asked."""
    picky = replace(CONNECTION, schedule=SLOTS, orders=OrderFilter(postcodes=("69*",)))

    ignored = plan(wishing("someday"), picky, NoSlots(), now=NOW, kept=None)

    assert isinstance(ignored, Ignored)
    assert "postcode" == ignored.reason
