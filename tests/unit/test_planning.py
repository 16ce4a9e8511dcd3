"""When an order is collected and delivered: the customer's choice, the schedule, CoopCycle's time slots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.connections.model import Connection, OrderFilter
from bridge.coopcycle.answers import InstanceSettings
from bridge.errors import InvalidConnection, UnmappableOrder
from bridge.model import Delivery, Ignored, Order, OrderItem, PostalAddress, TimeWindow, TimeWish
from bridge.planning.choose_windows import ChosenBy, choose_windows
from bridge.planning.plan import plan
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
CONNECTION = Connection(
    "acme", "shopify", "https://acme.coopcycle.org", timezone="Europe/Paris", country="FR", schedule=SHOP
)


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


# --- windows fixed earlier --------------------------------------------------------------------------

KEPT = windows("2026-12-03", "15:30-16:00", "16:00-17:00")


def test_windows_fixed_earlier_stay_without_a_choice() -> None:
    """An update an hour later does not move a delivery."""
    assert (KEPT, ()) == choose(kept=KEPT)


@pytest.mark.parametrize(("day", "hours"), [("2026-12-03", "16:00-17:00"), ("2026-12-03", "")])
def test_windows_fixed_earlier_stay_while_they_agree_with_the_choice(day: str, hours: str) -> None:
    """Also when the settings would place the collection elsewhere by now."""
    assert (KEPT, ()) == choose(wishing(day, hours), replace(SHOP, pickup_minutes=60), kept=KEPT)


@pytest.mark.parametrize(
    ("day", "hours", "expected"),
    [
        ("2026-12-03", "17:00-18:00", windows("2026-12-03", "16:30-17:00", "17:00-18:00")),
        ("2026-12-04", "16:00-17:00", windows("2026-12-04", "15:30-16:00", "16:00-17:00")),
        ("2026-12-04", "", windows("2026-12-04", "09:00-09:30", "09:30-11:30")),
    ],
)
def test_a_changed_choice_wins(day: str, hours: str, expected: Windows) -> None:
    """The customer chose another time: the delivery moves."""
    assert (expected, ()) == choose(wishing(day, hours), kept=KEPT)


def test_a_choice_that_passes_while_the_delivery_stands_changes_nothing() -> None:
    """A note added during the window does not move it."""
    assert (KEPT, ()) == choose(
        wishing("2026-12-03", "16:00-17:00"), kept=KEPT, now=paris("2026-12-03 16:59")
    )
    assert (KEPT, ()) == choose(
        wishing("2026-12-03", "16:00-17:00"), kept=KEPT, now=paris("2027-02-03 16:59")
    )


def test_a_delivery_that_was_moved_is_not_moved_again() -> None:
    """The next webhook finds the same windows and the same remark, so that nothing is sent."""
    order = wishing("2026-11-23", "08:00-10:00")
    first = choose(order)

    assert first == choose(order, kept=first[0], now=NOW + timedelta(hours=3))


def test_a_choice_changed_to_one_that_is_over_keeps_what_comes_later() -> None:
    """There is a later window already; it is taken, and the courier is told."""
    chosen, remarks = choose(wishing("2026-11-23", "08:00-10:00"), kept=KEPT)

    assert KEPT == chosen
    assert 1 == len(remarks)


def test_a_collection_under_way_is_not_moved() -> None:
    """The courier is at the shop: only the dropoff follows the customer's new choice."""
    now = paris("2026-12-03 15:45")

    chosen, _ = choose(wishing("2026-12-03", "17:00-18:00"), kept=KEPT, now=now)

    assert Windows(KEPT.pickup, window("2026-12-03", "17:00", "18:00")) == chosen


# --- CoopCycle's time slots -------------------------------------------------------------------------

OFFERED = (
    window("2026-11-23", "10:30", "12:00"),
    window("2026-11-23", "12:00", "14:00"),
    window("2026-11-23", "14:00", "17:00"),
    window("2026-11-24", "12:00", "14:00"),
    window("2026-11-26", "14:00", "17:00"),
)


def test_the_first_slot_after_the_preparation_is_taken() -> None:
    """The slot of 10:30 begins before the parcel is ready at eleven."""
    assert (windows("2026-11-23", "11:30-12:00", "12:00-14:00"), ()) == choose(schedule=SLOTS, slots=OFFERED)


@pytest.mark.parametrize(
    ("day", "hours", "expected"),
    [
        ("2026-11-23", "15:00-16:00", windows("2026-11-23", "14:00-14:30", "14:00-17:00")),  # within the slot
        ("2026-11-23", "13:00-18:00", windows("2026-11-23", "14:00-14:30", "14:00-17:00")),  # around the slot
        ("2026-11-23", "13:30", windows("2026-11-23", "11:30-12:00", "12:00-14:00")),
        ("2026-11-24", "", windows("2026-11-24", "11:30-12:00", "12:00-14:00")),
        ("2026-11-24", "16:00-18:00", windows("2026-11-24", "15:30-16:00", "16:00-18:00")),  # into none
        ("2026-12-03", "", windows("2026-12-03", "09:00-09:30", "09:30-11:30")),  # not offered so far
    ],
)
def test_the_slot_that_the_choice_falls_into_is_taken(day: str, hours: str, expected: Windows) -> None:
    """What falls into no slot, or lies beyond what is offered so far, stays as the customer chose it."""
    assert (expected, ()) == choose(wishing(day, hours), SLOTS, slots=OFFERED)


def test_a_day_without_slots_is_refused() -> None:
    """CoopCycle offers later days, but not this one."""
    with pytest.raises(UnmappableOrder, match="a day on which CoopCycle offers no time slot"):
        choose(wishing("2026-11-25"), SLOTS, slots=OFFERED)


def test_a_choice_that_is_over_becomes_the_next_slot() -> None:
    """As with the schedule, the courier is told."""
    chosen, remarks = choose(wishing("2026-11-23", "08:00-10:00"), SLOTS, slots=OFFERED)

    assert windows("2026-11-23", "11:30-12:00", "12:00-14:00") == chosen
    assert 1 == len(remarks)


@pytest.mark.parametrize("slots", [(), OFFERED[:1]])
def test_no_slot_to_take_is_the_connections_fault(slots: Sequence[TimeWindow]) -> None:
    """The order is parked with what to look at."""
    with pytest.raises(
        InvalidConnection, match=r"schedule\.window: CoopCycle offers this store no time slot"
    ):
        choose(schedule=SLOTS, slots=slots)


def test_a_slot_that_holds_the_choice_stays() -> None:
    """Slots are not asked for while the windows that stand agree with the choice."""
    kept = windows("2026-11-23", "13:30-14:00", "14:00-17:00")

    assert (kept, ()) == choose(wishing("2026-11-23", "15:00-16:00"), SLOTS, kept=kept)
    assert (kept, ()) == choose(schedule=SLOTS, kept=kept)


def test_slots_are_asked_for_once() -> None:
    """One order costs one question."""
    instance = Paris(OFFERED)

    choose_windows(
        wishing("2026-11-23", "08:00-10:00"),
        SLOTS,
        instance,
        now=NOW,
        timezone=PARIS,
        country="FR",
        kept=None,
    )

    assert 1 == instance.asked


@pytest.mark.parametrize(
    ("order", "schedule", "kept", "slots", "expected"),
    [
        (ORDER, SHOP, None, None, ChosenBy.SCHEDULE),
        (ORDER, SHOP, NEXT, None, ChosenBy.EARLIER),
        (ORDER, SLOTS, None, OFFERED, ChosenBy.TIME_SLOT),
        (wishing("2026-11-24", "15:00-16:00"), SHOP, None, None, ChosenBy.CUSTOMER),
        (wishing("2026-11-24"), SHOP, None, None, ChosenBy.CUSTOMER),
        (wishing("2026-11-24", "15:00-16:00"), SLOTS, None, OFFERED, ChosenBy.CUSTOMER),
        (wishing("2026-11-23", "08:00-10:00"), SHOP, None, None, ChosenBy.SCHEDULE),
        (wishing("2026-11-23", "08:00-10:00"), SHOP, NEXT, None, ChosenBy.EARLIER),
        (wishing("2026-11-23", "08:00-10:00"), SLOTS, None, OFFERED, ChosenBy.TIME_SLOT),
    ],
)
def test_who_chose_is_said(
    order: Order,
    schedule: Schedule,
    kept: Windows | None,
    slots: Sequence[TimeWindow] | None,
    expected: ChosenBy,
) -> None:
    """The customer where the choice is met, else who gave the next window."""
    instance = NoSlots() if slots is None else Paris(slots)

    chosen = choose_windows(order, schedule, instance, now=NOW, timezone=PARIS, country="FR", kept=kept)

    assert expected is chosen.chosen_by


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


# --- promises ---------------------------------------------------------------------------------------

ZONES = ["Europe/Paris", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"]
SCHEDULES = [
    SHOP,
    Schedule(),
    Schedule(("Mo-Sa 09:00-19:00",), preparation_minutes=0, pickup_minutes=15, window_minutes=60),
    Schedule(("Mo-Su 18:00-24:00", "Mo-Su 00:00-02:00"), preparation_minutes=600),
]


@settings(max_examples=300, deadline=None)
@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # bounds
    ago=st.integers(0, 3 * 24 * 60),
    ahead=st.integers(-10, 300),
    begins=st.integers(0, 1439),
    length=st.integers(0, 700),
    parts=st.sampled_from(["both", "date", "time"]),
    zone=st.sampled_from(ZONES),
    schedule=st.sampled_from(SCHEDULES),
)
def test_windows_always_keep_their_promises(
    now: datetime,
    ago: int,
    ahead: int,
    begins: int,
    length: int,
    parts: str,
    zone: str,
    schedule: Schedule,
) -> None:
    """Whatever is chosen, wherever and whenever: never in the past, collected in time, as written."""
    timezone = ZoneInfo(zone)
    ordered_at = now - timedelta(minutes=ago)
    day = now.astimezone(timezone).date() + timedelta(days=ahead)
    written = [f"{minute // 60:02}:{minute % 60:02}" for minute in (begins, (begins + length) % 1440)]
    order = replace(
        wishing(day.isoformat() if parts != "time" else "", "-".join(written) if parts != "date" else ""),
        created_at=ordered_at,
    )
    try:
        result = choose_windows(
            order, schedule, NoSlots(), now=now, timezone=timezone, country="FR", kept=None
        )
    except UnmappableOrder:
        return  # a closed day, or one that nobody can mean

    chosen, remarks = result.windows, result.remarks
    pickup, dropoff = chosen.pickup, chosen.dropoff
    assert all(each.after.tzinfo is UTC and each.before.tzinfo is UTC for each in (pickup, dropoff))
    assert pickup.after >= now
    assert pickup.before <= dropoff.before
    assert dropoff.before > now
    assert bool(remarks) or parts == "date" or begins == 0 or _shows(dropoff.after, timezone, written[0])
    again = choose_windows(order, schedule, NoSlots(), now=now, timezone=timezone, country="FR", kept=chosen)
    assert chosen == again.windows


def _shows(moment: datetime, timezone: ZoneInfo, clock: str) -> bool:
    """Tell whether the wall clock shows this time, or jumps over it at this moment."""
    local = moment.astimezone(timezone)
    jumped = local.utcoffset() != (moment - timedelta(minutes=1)).astimezone(timezone).utcoffset()
    return f"{local:%H:%M}" == clock or jumped
