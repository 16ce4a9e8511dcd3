"""Times that come in parts become one text that says the same.

Shapes: field maps and programs of public forms (``hourSelectRange``, ``timeInputRange``), and recorded
appointments.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import shop_orders

from bridge.errors import UnmappableOrder
from bridge.model import TimeWish
from bridge.schedule.chosen_time import read_choice
from bridge.schedule.compound_times import text_of

DAY = {"year": "2026", "month": "11", "day": "27"}
ORDERED_AT = datetime(2026, 11, 24, 9, tzinfo=UTC)


def read(text: str) -> str:
    """Read a text as a date in Paris."""
    found = read_choice(TimeWish(date=text), shop_orders.PARIS, ordered_at=ORDERED_AT)
    return shop_orders.shown(found) if found is not None else ""


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (DAY, "2026-11-27"),
        ({**DAY, "month": "9", "day": 7}, "2026-09-07"),
        ({**DAY, "year": ""}, ""),
        ({**DAY, "hour": "02", "min": "30", "ampm": "PM"}, "2026-11-27 14:30-"),
        ({**DAY, "timeInput": "14:30"}, "2026-11-27 14:30-"),
        (
            {
                **DAY,
                "hourSelect": "16",
                "minuteSelect": "",
                "hourSelectRange": "20",
                "minuteSelectRange": "00",
            },
            "2026-11-27 16:00-20:00",
        ),
        (
            {**DAY, "timeInput": "10:30", "ampm": "AM", "timeInputRange": "03:00", "ampmRange": "PM"},
            "2026-11-27 10:30-15:00",
        ),
        ({**DAY, "timeInput": "10:30", "timeInputRange": "", "ampmRange": ""}, "2026-11-27 10:30-"),
        (
            {"hourSelect": "16", "minuteSelect": "00", "hourSelectRange": "20", "minuteSelectRange": "30"},
            "16:00-20:30",
        ),
        ({"hourSelect": "", "minuteSelect": ""}, ""),
    ],
)
def test_parts_are_read_as_one(parts: dict[str, object], expected: str) -> None:
    """A day, a clock, and both ends of a range; an empty end is none."""
    text = text_of(parts)

    assert text is not None
    assert expected == read(text)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Paris (GMT+01:00)", "2026-11-27 16:00-16:45"),
        ("America/New_York (GMT-05:00)", "2026-11-27 22:00-22:45"),
        ("", "2026-11-27 16:00-16:45"),
    ],
)
def test_an_appointment_is_a_window(zone: str, expected: str) -> None:
    """Its length in minutes, in the zone that it names."""
    parts = {"implementation": "new", "date": "2026-11-27 16:00", "duration": "45", "timezone": zone}

    assert expected == read(text_of(parts) or "")


@pytest.mark.parametrize(
    "changes", [{"timezone": "Mars/Base"}, {"date": "soon"}, {"date": "2026-02-30 16:00"}]
)
def test_an_appointment_that_cannot_be_reckoned_with_is_refused(changes: dict[str, object]) -> None:
    """A zone that is none, or a day that is none, is no window."""
    parts = {"implementation": "new", "date": "2026-11-27 16:00", "duration": "45", "timezone": "", **changes}

    with pytest.raises(UnmappableOrder):
        read(text_of(parts) or "")


@pytest.mark.parametrize("parts", [{}, {"first": "Lea"}, {"addr_line1": "x", "city": "y"}, {"full": "06 12"}])
def test_other_objects_are_no_time(parts: dict[str, object]) -> None:
    """Names, addresses and phones come in parts as well."""
    assert text_of(parts) is None


@given(
    st.integers(1, 1440), st.sampled_from(["Europe/Paris", "Asia/Tokyo", "America/Lima"]), st.integers(0, 23)
)
def test_any_appointment_keeps_its_length_and_its_moment(minutes: int, zone: str, hour: int) -> None:
    """Whatever the zone, the window begins at that clock there and has that length."""
    parts = {
        "implementation": "new",
        "date": f"2026-11-27 {hour:02}:00",
        "duration": str(minutes),
        "timezone": zone,
    }

    found = read_choice(TimeWish(date=text_of(parts) or ""), shop_orders.PARIS, ordered_at=ORDERED_AT)

    assert found is not None
    assert found.window is not None
    begins = found.window.after.astimezone(ZoneInfo(zone))
    assert (27, hour) == (begins.day, begins.hour)
    assert minutes == (found.window.before - found.window.after).total_seconds() // 60
