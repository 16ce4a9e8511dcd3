"""Windows out of CoopCycle's time slots, and who chose a window."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.support.planned_orders import (
    NEXT,
    NOW,
    ORDER,
    PARIS,
    SHOP,
    SLOTS,
    NoSlots,
    Paris,
    choose,
    window,
    windows,
    wishing,
)

from bridge.errors import InvalidConnection, UnmappableOrder
from bridge.model import Order, TimeWindow
from bridge.planning.choose_windows import ChosenBy, choose_windows
from bridge.schedule.opening_hours import Schedule
from bridge.schedule.windows import Windows

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
