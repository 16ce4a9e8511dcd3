"""Read a chosen time as a country writes it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bridge.errors import UnmappableOrder
from bridge.model import TimeWish
from bridge.schedule.chosen_time import Choice, Hours, Reading, read_choice

PARIS = ZoneInfo("Europe/Paris")
ORDERED_AT = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)  # Monday, 10:15 in Paris
FRANCE = Reading(PARIS, "FR")
CHRISTMAS_EVE = date(2026, 12, 24)  # a Thursday
TWO_TO_FOUR = Hours(14 * 60, 16 * 60)


def read(
    date_text: str = "",
    time_text: str = "",
    reading: Reading = FRANCE,
    ordered_at: datetime = ORDERED_AT,
) -> Choice | None:
    """Read a wish of these texts."""
    return read_choice(
        TimeWish(date=date_text, time=time_text, path="note_attributes"), reading, ordered_at=ordered_at
    )


def in_country(country: str, **more: object) -> Reading:
    """Return how the customers of a country write."""
    return Reading(PARIS, country, **more)  # type: ignore[arg-type]


def problem(date_text: str = "", time_text: str = "", reading: Reading = FRANCE) -> str:
    """Read what must not be readable; return what is said of it."""
    with pytest.raises(UnmappableOrder) as caught:
        read(date_text, time_text, reading)
    return str(caught.value)
