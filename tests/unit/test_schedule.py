"""Opening hours and the next windows."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.planned_orders import SHOP

from bridge.errors import InvalidConnection
from bridge.model import TimeWindow
from bridge.schedule.opening_hours import Period, Schedule, parse_opening_hours, problems_of
from bridge.schedule.windows import Windows, next_windows

PARIS = ZoneInfo("Europe/Paris")
NINE_TO_SEVEN = Period(9 * 60, 19 * 60)


def paris(text: str) -> datetime:
    """Read a wall-clock time in Paris; the second of two is written with "bis"."""
    second = text.endswith(" bis")
    return datetime.fromisoformat(text.removesuffix(" bis")).replace(tzinfo=PARIS, fold=int(second))


def begin(schedule: Schedule, now: datetime, timezone: ZoneInfo = PARIS) -> datetime:
    """Return when the pickup window begins."""
    return next_windows(schedule, now=now, timezone=timezone).pickup.after


# --- reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Mo-Fr 09:00-19:00"], [1, 1, 1, 1, 1, 0, 0]),
        (["Mo,We,Fr 09:00-19:00"], [1, 0, 1, 0, 1, 0, 0]),
        (["Fr-Mo 09:00-19:00"], [1, 0, 0, 0, 1, 1, 1]),
        (["Su 09:00-19:00"], [0, 0, 0, 0, 0, 0, 1]),
        (["Mo-Su 09:00-19:00"], [1, 1, 1, 1, 1, 1, 1]),
        (["Mo-We,Sa 09:00-19:00"], [1, 1, 1, 0, 0, 1, 0]),
        (["  mo - fr   09:00 - 19:00 "], [1, 1, 1, 1, 1, 0, 0]),
        (["Mo-Mo,Mo 09:00-19:00"], [1, 0, 0, 0, 0, 0, 0]),
        ([], [0, 0, 0, 0, 0, 0, 0]),
    ],
)
def test_days_are_read(lines: list[str], expected: list[int]) -> None:
    """Days come singly, in lists and in ranges, also round the end of the week."""
    week = parse_opening_hours(lines)

    assert tuple((NINE_TO_SEVEN,) if is_open else () for is_open in expected) == week


def test_hours_are_read_and_sorted() -> None:
    """A day may have several periods, in one line or in more, up to midnight."""
    week = parse_opening_hours(["Sa 14:00-18:00,10:00-12:30", "Sa 20:00-24:00", "Su 00:00-24:00"])

    assert (Period(600, 750), Period(840, 1080), Period(1200, 1440)) == week[5]
    assert (Period(0, 1440),) == week[6]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", '"" is not days and hours; right would be "Mo-Fr 09:00-12:30,14:00-19:00" or "Sa 10:00-18:00"'),
        ("09:00-19:00", '"09:00-19:00" is not days and hours'),
        ("Mo-Fr", '"Mo-Fr" is not days and hours'),
        ("Mo-Fr closed", '"Mo-Fr closed" is not days and hours'),
        ("Lu-Ve 09:00-19:00", '"Lu-Ve 09:00-19:00": "Lu" is not a day; the days are Mo, Tu, We'),
        ("Mo-Xx 09:00-19:00", '"Xx" is not a day'),
        ("Mo- 09:00-19:00", '"Mo-" is not a day or a range of days'),
        ("Mo,,Tu 09:00-19:00", '"" is not a day or a range of days'),
        ("Mo-Tu-We 09:00-19:00", '"Mo-Tu-We" is not a day or a range of days'),
        ("Mo 9:00-19:00", '"9:00-19:00" is not a period; right would be "09:00-19:00"'),
        ("Mo 09:00", '"09:00" is not a period'),
        ("Mo 09:00-12:00,", '"" is not a period'),
        ("Mo 09:00-12:00; Tu 09:00-12:00", '"09:00-12:00; Tu 09:00-12:00" is not a period'),
        ("Mo 09:60-19:00", '"09:60-19:00" is not within a day; times go from 00:00 to 24:00'),
        ("Mo 09:00-24:01", '"09:00-24:01" is not within a day'),
        ("Mo 24:00-24:00", '"24:00-24:00" is not within a day'),
        ("Mo 09:00-09:00", '"09:00-09:00" ends before it begins'),
        ("Fr 18:00-02:00", 'write a night as two lines, "Fr 18:00-24:00" and "Sa 00:00-02:00"'),
        ("Mo 09:00-12:00,11:00-13:00", "Mo 11:00-13:00 overlaps 09:00-12:00; give each hour once"),
    ],
)
def test_a_wrong_line_is_explained(line: str, message: str) -> None:
    """The message names the line, what is wrong with it and what would be right."""
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_opening_hours([line])


def test_lines_that_overlap_each_other_are_refused() -> None:
    """The same hour given twice is a slip, and most likely in the day."""
    with pytest.raises(ValueError, match="Fr 18:00-20:00 overlaps 09:00-19:00"):
        parse_opening_hours(["Mo-Fr 09:00-19:00", "Fr 18:00-20:00"])


# --- checking -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (SHOP, []),
        (Schedule(), []),
        (Schedule(("Fr 18:00-24:00", "Sa 00:00-01:00")), []),
        (Schedule(("Su 23:00-24:00", "Mo 00:00-02:00")), []),
        (Schedule(window_minutes=20_000), []),
        (
            Schedule(preparation_minutes=-1),
            ["schedule.preparation_minutes: -1 should be between 0 and 43200"],
        ),
        (Schedule(pickup_minutes=0), ["schedule.pickup_minutes: 0 should be between 1 and 43200"]),
        (
            Schedule(window_minutes=10**12),
            ["schedule.window_minutes: 1000000000000 should be between 1 and 43200"],
        ),
        (
            Schedule(("Mo-Fr 09:00-19:00", "Sa 10:00-11:30")),
            [
                "schedule.opening_hours: the period from Sa 10:00 lasts 90 minutes, and no delivery fits, "
                "which takes pickup_minutes + window_minutes = 150; open longer or lower one of them"
            ],
        ),
    ],
)
def test_settings_are_checked(schedule: Schedule, expected: list[str]) -> None:
    """Each problem names its key; periods that touch, also round the week, count as one."""
    assert expected == problems_of(schedule)


def test_an_unreadable_line_is_a_problem_of_its_key() -> None:
    """The check tells a wrong line and wrong minutes together."""
    problems = problems_of(Schedule(("Mo 9-19",), pickup_minutes=0))

    assert [problem.split(":")[0] for problem in problems] == [
        "schedule.pickup_minutes",
        "schedule.opening_hours",
    ]


# --- the next windows ---------------------------------------------------------------------------


def test_both_windows_are_whole_and_in_utc() -> None:
    """Pickup begins when the parcel is ready, and the dropoff window follows it at once."""
    windows = next_windows(SHOP, now=paris("2026-11-23 09:12:08"), timezone=PARIS)

    assert windows == Windows(
        pickup=TimeWindow(
            datetime(2026, 11, 23, 9, 0, tzinfo=UTC), datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
        ),
        dropoff=TimeWindow(
            datetime(2026, 11, 23, 9, 30, tzinfo=UTC), datetime(2026, 11, 23, 11, 30, tzinfo=UTC)
        ),
    )
    assert UTC is windows.dropoff.before.tzinfo


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-23 06:00", "2026-11-23 09:00"),  # before opening: not before the shop opens
        ("2026-11-23 09:12:08", "2026-11-23 10:00"),  # 09:57:08, rounded up
        ("2026-11-23 09:15:00", "2026-11-23 10:00"),  # exact already
        ("2026-11-23 09:15:00.000001", "2026-11-23 14:00"),  # 10:05 + 150 minutes would end at 12:35
        ("2026-11-23 12:45", "2026-11-23 14:00"),  # ready while the shop has lunch
        ("2026-11-23 15:45", "2026-11-23 16:30"),  # ends exactly at closing time
        ("2026-11-23 15:46", "2026-11-24 09:00"),  # one step too late: tomorrow
        ("2026-11-27 18:00", "2026-11-28 10:00"),  # Friday evening: Saturday
        ("2026-11-28 16:00", "2026-11-30 09:00"),  # Saturday afternoon: Monday
        ("2026-12-24 18:00", "2026-12-26 10:00"),  # the next day is a closed one
        ("2026-11-23 23:50", "2026-11-24 09:00"),  # ready on the next day
    ],
)
def test_the_first_period_that_holds_both_windows_is_taken(now: str, expected: str) -> None:
    """Both windows lie inside one period, on a day that is not closed, once the parcel is ready."""
    assert paris(expected) == begin(SHOP, paris(now))


def test_no_opening_hours_mean_always_open() -> None:
    """Without opening hours the courier comes as soon as the parcel is ready, also over midnight."""
    windows = next_windows(Schedule(), now=paris("2026-11-23 23:20"), timezone=PARIS)

    assert paris("2026-11-23 23:50") == windows.pickup.after
    assert paris("2026-11-24 02:20") == windows.dropoff.before


def test_a_shop_that_is_always_open_still_has_closed_days() -> None:
    """A closed day interrupts even a shop without opening hours."""
    schedule = Schedule(closed_on=(date(2026, 12, 25),))

    assert paris("2026-12-26 00:00") == begin(schedule, paris("2026-12-24 22:30"))


def test_a_night_written_as_two_lines_is_one_period() -> None:
    """Periods that touch at midnight count as one."""
    schedule = Schedule(("Fr 18:00-24:00", "Sa 00:00-04:00"))

    windows = next_windows(schedule, now=paris("2026-11-27 22:00"), timezone=PARIS)

    assert paris("2026-11-27 22:30") == windows.pickup.after
    assert paris("2026-11-28 01:00") == windows.dropoff.before


def test_the_present_may_come_in_any_zone() -> None:
    """Opening hours are those of the connection's zone, whatever the zone of the clock."""
    now = datetime(2026, 11, 23, 18, 0, tzinfo=ZoneInfo("Asia/Tokyo"))

    assert datetime(2026, 11, 23, 9, 45, tzinfo=UTC) == begin(
        Schedule(("Mo-Fr 09:00-19:00",), preparation_minutes=45), now
    )


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "Africa/Casablanca"])
def test_zones_with_odd_offsets_open_by_their_own_clock(zone: str) -> None:
    """A shop opens at nine by its own wall clock wherever it is."""
    timezone = ZoneInfo(zone)

    opens = begin(Schedule(("Mo-Su 09:00-19:00",)), datetime(2026, 11, 23, 20, 0, tzinfo=UTC), timezone)

    local = opens.astimezone(timezone)
    assert (local.hour, local.minute) >= (9, 0)
    assert (local.hour, local.minute) <= (16, 30)


# On 2026-03-29 clocks in Paris go from 02:00 to 03:00, on 2026-10-25 from 03:00 back to 02:00.


def test_a_window_over_the_missing_hour_keeps_its_real_length() -> None:
    """Two and a half hours from 01:00 end at 04:30 by the wall clock, and are 150 minutes on the way."""
    schedule = Schedule(preparation_minutes=0)

    windows = next_windows(schedule, now=paris("2026-03-29 01:00"), timezone=PARIS)

    assert paris("2026-03-29 04:30") == windows.dropoff.before
    assert timedelta(minutes=150) == windows.dropoff.before - windows.pickup.after


def test_a_window_over_the_doubled_hour_keeps_its_real_length() -> None:
    """Two and a half hours from 01:00 end at 02:30 by the wall clock, the second time it shows that."""
    schedule = Schedule(preparation_minutes=0)

    windows = next_windows(schedule, now=paris("2026-10-25 01:00"), timezone=PARIS)

    assert datetime(2026, 10, 25, 1, 30, tzinfo=UTC) == windows.dropoff.before
    assert datetime(2026, 10, 24, 23, 0, tzinfo=UTC) == windows.pickup.after


def test_preparation_takes_real_time_over_the_missing_hour() -> None:
    """An hour of preparation from 01:30 is over at 03:30, not at 02:30, which does not exist."""
    assert paris("2026-03-29 03:30") == begin(Schedule(preparation_minutes=60), paris("2026-03-29 01:30"))


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ("Su 02:30-08:00", "2026-03-29 03:00"),  # 02:30 does not exist: the moment of the change
        ("Su 02:00-08:00", "2026-03-29 03:00"),
        ("Su 03:00-08:00", "2026-03-29 03:00"),
        ("Su 00:00-04:00", "2026-03-29 00:00"),  # three real hours: enough for 150 minutes
        ("Su 01:00-04:00", "2026-04-05 01:00"),  # two real hours: not on this day
        ("Su 00:00-02:30", "2026-04-05 00:00"),  # closes at the change, two real hours
        ("Su 02:00-03:00,05:00-08:00", "2026-03-29 05:00"),  # a period that does not exist
    ],
)
def test_opening_hours_on_the_day_of_the_missing_hour(hours: str, expected: str) -> None:
    """What does not exist on the clock means the moment of the change, and lost time does not count."""
    assert paris(expected) == begin(Schedule((hours,)), paris("2026-03-28 20:00"))


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ("Su 02:30-08:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # the first 02:30
        ("Su 03:00-08:00", datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),  # there is one 03:00
        ("Su 01:30-03:00", datetime(2026, 10, 24, 23, 30, tzinfo=UTC)),  # two and a half real hours
        ("Su 00:00-02:30", datetime(2026, 10, 24, 22, 0, tzinfo=UTC)),  # closes the first time it is 02:30
    ],
)
def test_opening_hours_on_the_day_of_the_doubled_hour(hours: str, expected: datetime) -> None:
    """A time that occurs twice means the first, and gained time counts."""
    assert expected == begin(Schedule((hours,)), paris("2026-10-24 20:00"))


def test_closing_time_in_the_doubled_hour_is_its_first_occurrence() -> None:
    """A shop that closes at 02:30 does not open again when the clock shows 02:00 once more."""
    schedule = Schedule(("Su 00:00-02:30",), preparation_minutes=5)

    assert paris("2026-11-01 00:00") == begin(schedule, paris("2026-10-25 00:00"))


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
def test_the_shop_opens_at_nine_on_days_of_change(day: str) -> None:
    """Ordinary hours are by the wall clock on these days too."""
    schedule = Schedule(("Mo-Su 09:00-19:00",))

    assert paris(f"{day} 09:00") == begin(schedule, paris(f"{day} 00:30"))


def test_an_order_in_the_doubled_hour_is_ready_after_real_time() -> None:
    """The second 02:10 is later than the first, and so is the pickup."""
    schedule = Schedule(preparation_minutes=30)

    first = begin(schedule, paris("2026-10-25 02:10"))
    second = begin(schedule, paris("2026-10-25 02:10 bis"))

    assert timedelta(hours=1) == second - first


@pytest.mark.parametrize(
    ("schedule", "key"),
    [
        (Schedule(("Sa 10:00-11:00",)), "schedule.opening_hours: nothing fits within 60 days"),
        (
            Schedule(
                ("We 09:00-19:00",),
                closed_on=tuple(date(2026, 11, 25) + timedelta(weeks=w) for w in range(9)),
            ),
            "schedule.opening_hours: nothing fits within 60 days",
        ),
        (Schedule(("Mo 9-19",)), 'schedule.opening_hours: "Mo 9-19": "9-19" is not a period'),
        (Schedule(preparation_minutes=-5), "schedule.preparation_minutes: -5"),
    ],
)
def test_a_schedule_without_a_window_is_the_connections_fault(schedule: Schedule, key: str) -> None:
    """The order is parked with the key to look at."""
    with pytest.raises(InvalidConnection) as caught:
        begin(schedule, paris("2026-11-23 10:00"))

    assert key in str(caught.value)


def test_a_naive_present_is_refused() -> None:
    """A time without a zone is a bug of ours."""
    with pytest.raises(ValueError, match="time zone"):
        begin(SHOP, datetime(2026, 11, 23))


@settings(max_examples=100, deadline=None)
@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    preparation=st.integers(0, 600),
    pickup=st.integers(1, 60),
    window=st.integers(1, 240),
)
def test_windows_always_keep_their_promises(
    now: datetime, preparation: int, pickup: int, window: int
) -> None:
    """Whatever the moment: not before the parcel is ready, of full length, and while the shop is open."""
    schedule = Schedule(("Mo-Sa 09:00-19:00",), (), preparation, pickup, window)

    windows = next_windows(schedule, now=now, timezone=PARIS)

    opens, closes = windows.pickup.after.astimezone(PARIS), windows.dropoff.before.astimezone(PARIS)
    assert windows.pickup.after - now >= timedelta(minutes=preparation)
    assert timedelta(minutes=pickup) == windows.pickup.before - windows.pickup.after
    assert windows.pickup.before == windows.dropoff.after
    assert timedelta(minutes=window) == windows.dropoff.before - windows.dropoff.after
    assert opens.date() == closes.date()
    assert opens.weekday() != 6
    assert (opens.hour, opens.minute) >= (9, 0)
    assert (closes.hour, closes.minute) <= (19, 0)
