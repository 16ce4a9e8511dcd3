"""From opening hours to windows: when an order can be collected and delivered, also for a chosen time.

Pure: the time zone and the present are passed in. Opening hours are wall-clock times of the connection's
time zone; preparation, pickup and delivery take real time, so they are reckoned in UTC, and what comes
out is in UTC. When clocks go forward, a time inside the missing hour means the moment of the
change; when they go back, a time that occurs twice means its first occurrence (as in RFC 5545, 3.3.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bridge.errors import InvalidConnection
from bridge.model import TimeWindow
from bridge.schedule.opening_hours import HORIZON_DAYS, MINUTES_A_DAY, Period, Schedule, week_of

if TYPE_CHECKING:  # the receiver reads settings, but never what customers write
    from bridge.schedule.chosen_time import Hours

_ROUNDING = timedelta(minutes=5)
_NOTHING = timedelta()


@dataclass(frozen=True, slots=True)
class Windows:
    """When a delivery is collected and when it is brought, in UTC."""

    pickup: TimeWindow
    dropoff: TimeWindow


# --- finding the next windows -------------------------------------------------------------------


def next_windows(schedule: Schedule, *, now: datetime, timezone: ZoneInfo) -> Windows:
    """Return the first pickup and dropoff windows that fit, for an order that comes in at ``now``.

    The parcel is ready ``preparation_minutes`` after ``now``, rounded up to five minutes. Both windows lie
    inside one opening period; periods that touch, also at midnight, count as one.

    Raises:
        InvalidConnection: the settings are wrong, or nothing fits within 60 days.
        ValueError: ``now`` is naive.

    """
    _require_aware(now)
    week = week_of(schedule)
    ready = ready_at(schedule, ordered_at=now, now=now)
    pickup, dropoff = _lengths(schedule)
    first_day = ready.astimezone(timezone).date()
    for opens, closes in _joined(_openings(week, schedule.closed_on, first_day, timezone)):
        start = max(ready, opens)
        if start + pickup + dropoff <= closes:
            return _in_a_row(start, pickup, dropoff)
    raise InvalidConnection(
        [
            f"schedule.opening_hours: nothing fits within {HORIZON_DAYS} days; look at opening_hours and "
            "closed_on, and whether pickup_minutes + window_minutes fit into one period"
        ]
    )


def ready_at(schedule: Schedule, *, ordered_at: datetime, now: datetime) -> datetime:
    """Return the earliest moment of collection: prepared since the order, rounded up to five minutes."""
    prepared = min(ordered_at, now).astimezone(UTC) + timedelta(minutes=schedule.preparation_minutes)
    return _round_up(max(prepared, now.astimezone(UTC)))


# --- windows for a time that was chosen -----------------------------------------------------------


def window_on(day: date, hours: Hours, *, minutes: int, timezone: ZoneInfo) -> TimeWindow:
    """Return the window of these hours on a day; one that lacks an end or a beginning lasts ``minutes``."""
    if hours.begins is None:
        before = moment(day, hours.ends or 0, timezone)
        return TimeWindow(before - timedelta(minutes=minutes), before)
    after = moment(day, hours.begins, timezone)
    if hours.ends is None:
        return TimeWindow(after, after + timedelta(minutes=minutes))
    before = moment(day, hours.ends, timezone)
    if before <= after:  # both lie in the missing hour
        before = after + timedelta(minutes=hours.ends - hours.begins)
    return TimeWindow(after, before)


def collected_for(
    schedule: Schedule, dropoff: TimeWindow, *, ready: datetime, timezone: ZoneInfo
) -> Windows | None:
    """Return the windows for a dropoff whose time is given; ``None`` when it is too late to collect for it.

    The pickup window ends when the dropoff's begins. If the shop is closed then it is moved to the nearest
    time of that day at which the shop is open and the pickup still ends before the dropoff does; if there is
    none (the customer chose a time at which the shop never opens) it stays. It never begins before ``ready``.

    Raises:
        InvalidConnection: the settings are wrong.

    """
    week = week_of(schedule)
    length, _ = _lengths(schedule)
    after, before = dropoff.after.astimezone(UTC), dropoff.before.astimezone(UTC)
    latest = before - length
    if ready > latest:
        return None
    best = max(ready, after - length)
    day = after.astimezone(timezone).date()
    # From the day before, for a night that is one period with it.
    starts = [
        min(max(best, earliest), last)
        for opens, closes in _joined(
            _openings(week, schedule.closed_on, day - timedelta(days=1), timezone, days=3)
        )
        if (earliest := max(opens, ready)) <= (last := min(closes - length, latest))
    ]
    open_starts = [start for start in starts if start == best or start.astimezone(timezone).date() == day]
    start = min(open_starts, key=lambda each: (abs(each - best), each), default=best)
    return Windows(TimeWindow(start, start + length), TimeWindow(after, before))


def windows_on(schedule: Schedule, day: date, *, ready: datetime, timezone: ZoneInfo) -> Windows | None:
    """Return the first windows of a day; ``None`` when nothing fits into it any more.

    A shop that is always open says nothing of when on the day to come: then both windows span the day.

    Raises:
        InvalidConnection: the settings are wrong.

    """
    week = week_of(schedule)
    pickup, dropoff = _lengths(schedule)
    midnight, end = moment(day, 0, timezone), moment(day, MINUTES_A_DAY, timezone)
    if not schedule.opening_hours:
        start = max(ready, midnight)
        if day in schedule.closed_on or start + pickup + dropoff > end:
            return None
        return Windows(TimeWindow(start, end - dropoff), TimeWindow(start + pickup, end))
    for opens, closes in _joined(_openings(week, schedule.closed_on, day, timezone, days=2)):
        start = max(ready, opens)
        if start >= end:
            return None
        if start + pickup + dropoff <= closes:
            return _in_a_row(start, pickup, dropoff)
    return None


def is_open_on(schedule: Schedule, day: date) -> bool:
    """Tell whether the shop opens on a day at all.

    Raises:
        InvalidConnection: the settings are wrong.

    """
    return day not in schedule.closed_on and bool(week_of(schedule)[day.weekday()])


def shown_once(windows: Windows, timezone: ZoneInfo) -> Windows:
    """Return the windows with ends that the wall clock shows once: those in the second run come after it.

    When clocks go back, an hour is shown twice. CoopCycle keeps what the clock shows and no offset, so a
    window that ends in the second run could last nothing, or less. Its end is moved to where the doubled time
    is over. Ends keep their order, and beginnings, which are read as the first run, come before them.
    """
    return Windows(ending_once(windows.pickup, timezone), ending_once(windows.dropoff, timezone))


def ending_once(window: TimeWindow, timezone: ZoneInfo) -> TimeWindow:
    """Return a window whose end the wall clock shows once, see :func:`shown_once`."""
    before = window.before.astimezone(timezone)
    if not before.fold:
        return window
    doubled = (before.replace(fold=0).utcoffset() or _NOTHING) - (before.utcoffset() or _NOTHING)
    start = window.before.astimezone(UTC)
    inside, over = 0, int(doubled.total_seconds())  # seconds after the window's end
    while over - inside > 1:
        middle = (inside + over) // 2
        if (start + timedelta(seconds=middle)).astimezone(timezone).fold:
            inside = middle
        else:
            over = middle
    return TimeWindow(window.after, start + timedelta(seconds=over))


# --- pieces ---------------------------------------------------------------------------------------


def _require_aware(now: datetime) -> None:
    if now.utcoffset() is None:
        raise ValueError("now must be a datetime with a time zone")


def _lengths(schedule: Schedule) -> tuple[timedelta, timedelta]:
    return timedelta(minutes=schedule.pickup_minutes), timedelta(minutes=schedule.window_minutes)


def _in_a_row(start: datetime, pickup: timedelta, dropoff: timedelta) -> Windows:
    handed_over = start + pickup
    return Windows(TimeWindow(start, handed_over), TimeWindow(handed_over, handed_over + dropoff))


def _round_up(moment: datetime) -> datetime:
    past = (moment - datetime(2000, 1, 1, tzinfo=UTC)) % _ROUNDING
    return moment + (_ROUNDING - past) if past else moment


def _openings(
    week: Sequence[Sequence[Period]],
    closed_on: Sequence[date],
    first_day: date,
    timezone: ZoneInfo,
    *,
    days: int = HORIZON_DAYS + 1,
) -> Iterator[tuple[datetime, datetime]]:
    """Yield the opening periods as moments in UTC, from ``first_day`` on, leaving out closed days."""
    for offset in range(days):
        day = first_day + timedelta(days=offset)
        if day in closed_on:
            continue
        for period in week[day.weekday()]:
            opens = moment(day, period.opens_minute, timezone)
            closes = moment(day, period.closes_minute, timezone)
            if opens < closes:
                yield opens, closes


def _joined(openings: Iterator[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    """Yield each opening together with those before it that touch it: a stretch, as far as it is known."""
    opened = closed = None
    for opens, closes in openings:
        if opened is None or closed is None or opens > closed:
            opened = opens
        closed = closes
        yield opened, closed


def moment(day: date, minute: int, timezone: ZoneInfo) -> datetime:
    """Return the moment, in UTC, at which the wall clock shows ``minute`` of ``day`` for the first time."""
    wall_clock = datetime.combine(day, time()) + timedelta(minutes=minute)
    for later in range(MINUTES_A_DAY + 1):
        local = (wall_clock + timedelta(minutes=later)).replace(tzinfo=timezone)
        instant = local.astimezone(UTC)
        # In the missing hour the way to UTC and back ends elsewhere: go on to the moment of the change.
        if instant.astimezone(timezone).replace(tzinfo=None) == local.replace(tzinfo=None):
            return instant
    return instant
