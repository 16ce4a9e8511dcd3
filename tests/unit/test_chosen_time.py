"""Reading the time that a customer chose, date and hours together."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.chosen_times import (
    CHRISTMAS_EVE,
    FRANCE,
    ORDERED_AT,
    TWO_TO_FOUR,
    in_country,
    problem,
    read,
)

from bridge.errors import UnmappableOrder
from bridge.model import TimeWindow, TimeWish
from bridge.schedule.chosen_time import Choice, Hours, read_choice

# --- date and time together ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date_text", "time_text"),
    [
        ("24/12/2026 14:00-16:00", ""),
        ("", "24/12/2026 14:00-16:00"),
        ("2026-12-24 14:00-16:00", ""),  # CoopCycle's own plugin
        ("jeudi 24 décembre 2026 de 14h à 16h", ""),
        ("Le jeudi 24 décembre 2026 entre 14h et 16h", ""),
        ("Thursday, December 24, 2026, 2:00 PM - 4:00 PM", ""),
        ("14h-16h, jeudi 24 décembre", ""),
        ("2026-12-24T00:00:00", "14:00 - 16:00"),
        ("2026-12-24 14:00-16:00", "14h-16h"),
        ("2026-12-24", "24/12/2026 14:00-16:00"),
    ],
)
def test_date_and_time_may_share_a_text(date_text: str, time_text: str) -> None:
    """Either text may hold both, and the same may be said twice."""
    assert Choice(day=CHRISTMAS_EVE, hours=TWO_TO_FOUR) == read(date_text, time_text)


@pytest.mark.parametrize(
    ("date_text", "time_text", "said"),
    [
        ("2026-12-24", "25/12/2026 14:00-16:00", "two different dates"),
        ("2026-12-24 10:00", "14:00-16:00", "two different times of day"),
        ("2026-12-24T13:00:00Z/2026-12-24T15:00:00Z", "16:00-18:00", "says the time twice"),
        ("December 12 - 2:00 pm", "", "no date that we can read"),
    ],
)
def test_texts_that_contradict_each_other_are_refused(date_text: str, time_text: str, said: str) -> None:
    """Neither of the two is taken for the right one."""
    assert said in problem(date_text, time_text)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("2026-12-24T14:00:00+01:00", Hours(840, None)),
        ("2026-12-24T13:00:00Z", Hours(840, None)),
        ("2026-12-24T13:00:00.000Z", Hours(840, None)),
        ("2026-12-24T08:00:00-0500", Hours(840, None)),
        ("2026-12-24 13:00:00Z", Hours(840, None)),
        ("2026-12-24T14:00", Hours(840, None)),
        ("2026-12-24 14:00", Hours(840, None)),
    ],
)
def test_a_moment_is_put_into_the_time_zone(text: str, hours: Hours) -> None:
    """With an offset it is a moment, without one it is local."""
    assert Choice(day=CHRISTMAS_EVE, hours=hours) == read(text)


def test_an_interval_of_moments_is_a_window() -> None:
    """ISO 8601 with offsets needs no time zone."""
    expected = TimeWindow(
        datetime(2026, 12, 24, 13, 0, tzinfo=UTC), datetime(2026, 12, 24, 15, 0, tzinfo=UTC)
    )

    assert Choice(window=expected) == read("2026-12-24T13:00:00Z/2026-12-24T15:00:00Z")
    assert Choice(window=expected) == read("2026-12-24T14:00:00+01:00/2026-12-24T16:00:00+01:00")


def test_instants_of_the_sender_are_taken_as_they_are() -> None:
    """A sender that has instants leaves nothing to read."""
    window = TimeWindow(ORDERED_AT, ORDERED_AT + timedelta(hours=2))

    assert Choice(window=window) == read_choice(TimeWish(window=window), FRANCE, ordered_at=ORDERED_AT)


@pytest.mark.parametrize("blank", ["", "  ", "\u00a0", "\t\n"])
def test_blank_texts_are_no_choice(blank: str) -> None:
    """Nothing chosen is nothing wished."""
    assert read(blank, blank) is None


# --- what costs and what is hostile ---------------------------------------------------------------


def test_numbers_alone_never_load_the_library_for_words() -> None:
    """A date in numbers costs nothing at a cold start."""
    code = (
        "import sys\n"
        "from datetime import UTC, datetime\n"
        "from zoneinfo import ZoneInfo\n"
        "from bridge.model import TimeWish\n"
        "from bridge.schedule.chosen_time import Reading, read_choice\n"
        "wish = TimeWish(date='24/12/2026', time='14:00 - 16:00')\n"
        "read_choice(wish, Reading(ZoneInfo('UTC'), 'FR'), ordered_at=datetime.now(UTC))\n"
        "sys.exit('dateparser' in sys.modules)\n"
    )

    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=60) | st.from_regex(r"[0-9a-zéû:./ T+Z-]{1,40}", fullmatch=True),
    st.text(max_size=60) | st.from_regex(r"[0-9hapm:./ -]{1,30}", fullmatch=True),
    st.sampled_from(["FR", "DE", "US", "CA", "JP", ""]),
)
def test_hostile_texts_are_read_or_refused(date_text: str, time_text: str, country: str) -> None:
    """Whatever a customer writes, nothing but UnmappableOrder is raised."""
    try:
        choice = read(date_text, time_text, in_country(country))
    except UnmappableOrder:
        return

    assert choice is None or choice != Choice()


@settings(max_examples=100, deadline=None)
@given(
    st.dates(date(2026, 11, 24), date(2027, 11, 1)),
    st.integers(0, 23 * 60),
    st.integers(15, 300),
    st.sampled_from(
        [
            ("FR", "{day:02}/{month:02}/{year}", "{:02}:{:02} - {:02}:{:02}"),
            ("US", "{month:02}/{day:02}/{year}", "{:02}:{:02}-{:02}:{:02}"),
            ("DE", "{day}.{month}.{year}", "{}:{:02} bis {}:{:02} Uhr"),
            ("FR", "{year}-{month:02}-{day:02}", "{}h{:02} à {}h{:02}"),
        ]
    ),
)
def test_what_is_written_is_what_is_read(
    day: date, begins: int, length: int, style: tuple[str, str, str]
) -> None:
    """Any day and any times come back by the same wall clock, in every style."""
    country, date_style, time_style = style
    ends = begins + length
    date_text = date_style.format(day=day.day, month=day.month, year=day.year)
    time_text = time_style.format(*divmod(begins, 60), *divmod(ends % 1440, 60))

    assert Choice(day=day, hours=Hours(begins, ends)) == read(date_text, time_text, in_country(country))
