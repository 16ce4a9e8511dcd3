"""Windows that were fixed earlier: kept, or chosen anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.planned_orders import NOW, SHOP, choose, paris, window, windows, wishing

from bridge.schedule.windows import Windows

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
