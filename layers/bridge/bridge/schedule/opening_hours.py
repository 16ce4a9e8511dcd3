"""Opening hours in OpenStreetMap's manner, and the rest of a connection's ``[schedule]``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bridge.errors import InvalidConnection

if TYPE_CHECKING:  # the receiver reads settings, but never what customers write
    from bridge.schedule.chosen_time import Reading

SOURCES_OF_WINDOWS = ("schedule", "coopcycle")
HORIZON_DAYS = 60
MINUTES_A_DAY = 24 * 60
_MINUTES_A_WEEK = 7 * MINUTES_A_DAY
_LONGEST_MINUTES = 30 * MINUTES_A_DAY
_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_EXAMPLE = 'right would be "Mo-Fr 09:00-12:30,14:00-19:00" or "Sa 10:00-18:00"'
_ALWAYS_OPEN = ("Mo-Su 00:00-24:00",)
_LINE = re.compile(r"([A-Za-z, -]+?)\s+(\d.*)", re.ASCII)
_DAY_RANGE = re.compile(r"([A-Za-z]+)(?:\s*-\s*([A-Za-z]+))?", re.ASCII)
_HOURS = re.compile(r"(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When the shop hands over and the couriers ride.

    ``opening_hours`` are lines such as "Mo-Fr 09:00-12:30,14:00-19:00"; empty means always open.
    A parcel is ready ``preparation_minutes`` after the order, is collected within ``pickup_minutes`` and
    then delivered within ``window_minutes``; both windows lie inside one opening period.

    ``window`` says whose windows are taken: "schedule", or "coopcycle" for the time slots that the store
    offers there. The rest says how customers write the times they choose, see
    :mod:`bridge.schedule.chosen_time`.
    """

    opening_hours: tuple[str, ...] = ()
    closed_on: tuple[date, ...] = ()
    preparation_minutes: int = 30
    pickup_minutes: int = 30
    window_minutes: int = 120
    window: str = "schedule"
    languages: tuple[str, ...] = ()
    date_order: str = ""
    day_parts: Mapping[str, str] = field(default_factory=dict)

    def reading(self, timezone: ZoneInfo, country: str) -> Reading:
        """Return how the customers of this connection write."""
        from bridge.schedule.chosen_time import Reading

        return Reading(timezone, country, self.languages, self.date_order, self.day_parts)


@dataclass(frozen=True, slots=True)
class Period:
    """Part of a day, in minutes after midnight by the wall clock: 0 to 1440."""

    opens_minute: int
    closes_minute: int


def parse_opening_hours(lines: Sequence[str]) -> tuple[tuple[Period, ...], ...]:
    """Read lines in OpenStreetMap's manner into seven days of sorted periods, Monday first.

    Days are "Mo", "Mo-Fr", "Mo,We,Fr", also round the end of the week ("Fr-Mo"); hours are one or more of
    "09:00-19:00". A night shift is two lines, "Fr 18:00-24:00" and "Sa 00:00-02:00".

    Raises:
        ValueError: names the line, what is wrong with it and what would be right.

    """
    week: list[list[Period]] = [[] for _ in _DAYS]
    for line in lines:
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise ValueError(f'"{line}" is not days and hours; {_EXAMPLE}')
        periods = [_parse_period(part.strip(), line) for part in match[2].split(",")]
        for day in _parse_days(match[1], line):
            for period in periods:
                _add_period(week, day, period, line)
    return tuple(tuple(sorted(day, key=lambda period: period.opens_minute)) for day in week)


def _parse_days(text: str, line: str) -> list[int]:
    days: list[int] = []
    for part in text.split(","):
        match = _DAY_RANGE.fullmatch(part.strip())
        if match is None:
            raise ValueError(f'"{line}": "{part.strip()}" is not a day or a range of days; {_EXAMPLE}')
        first = _parse_day(match[1], line)
        last = first if match[2] is None else _parse_day(match[2], line)
        days += [(first + step) % 7 for step in range((last - first) % 7 + 1)]
    return list(dict.fromkeys(days))


def _parse_day(text: str, line: str) -> int:
    name = text.capitalize()
    if name not in _DAYS:
        raise ValueError(f'"{line}": "{text}" is not a day; the days are {", ".join(_DAYS)}')
    return _DAYS.index(name)


def _parse_period(text: str, line: str) -> Period:
    match = _HOURS.fullmatch(text)
    if match is None:
        raise ValueError(f'"{line}": "{text}" is not a period; right would be "09:00-19:00"')
    hours = [int(group) for group in match.groups()]
    opens, closes = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    if hours[1] > 59 or hours[3] > 59 or opens >= MINUTES_A_DAY or closes > MINUTES_A_DAY:
        raise ValueError(f'"{line}": "{text}" is not within a day; times go from 00:00 to 24:00')
    if opens >= closes:
        raise ValueError(
            f'"{line}": "{text}" ends before it begins; write a night as two lines, '
            '"Fr 18:00-24:00" and "Sa 00:00-02:00"'
        )
    return Period(opens, closes)


def _add_period(week: list[list[Period]], day: int, period: Period, line: str) -> None:
    for other in week[day]:
        if period.opens_minute < other.closes_minute and other.opens_minute < period.closes_minute:
            raise ValueError(
                f'"{line}": {_DAYS[day]} {_hours(period)} overlaps {_hours(other)}; give each hour once'
            )
    week[day].append(period)


def _hours(period: Period) -> str:
    return f"{_clock(period.opens_minute)}-{_clock(period.closes_minute)}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def problems_of(schedule: Schedule) -> list[str]:
    """Return what is wrong with the settings, as "schedule.key: what is wrong, what is right"."""
    problems = [*_check_minutes(schedule), *_check_chosen_times(schedule)]
    try:
        week = parse_opening_hours(schedule.opening_hours or _ALWAYS_OPEN)
    except ValueError as exc:
        return [*problems, f"schedule.opening_hours: {exc}"]
    return problems or _check_lengths(schedule, week)


def _check_minutes(schedule: Schedule) -> list[str]:
    values = (
        ("preparation_minutes", schedule.preparation_minutes, 0),
        ("pickup_minutes", schedule.pickup_minutes, 1),
        ("window_minutes", schedule.window_minutes, 1),
    )
    return [
        f"schedule.{key}: {value} should be between {least} and {_LONGEST_MINUTES}"
        for key, value, least in values
        if not least <= value <= _LONGEST_MINUTES
    ]


def _check_chosen_times(schedule: Schedule) -> list[str]:
    problems = []
    if schedule.window not in SOURCES_OF_WINDOWS:
        problems.append(f'schedule.window: "{schedule.window}" is unknown, write "schedule" or "coopcycle"')
    if schedule.languages or schedule.date_order or schedule.day_parts:
        problems += _check_reading(schedule)
    return problems


def _check_reading(schedule: Schedule) -> list[str]:
    from bridge.schedule.chosen_time import DATE_ORDERS, KNOWN_LANGUAGES, parse_day_part

    problems = [
        f'schedule.languages: "{language}" is no language that dates can be read in, write codes such as "fr"'
        for language in schedule.languages
        if language not in KNOWN_LANGUAGES
    ]
    if schedule.date_order and schedule.date_order not in DATE_ORDERS:
        right = " or ".join(f'"{order}"' for order in DATE_ORDERS)
        problems.append(f'schedule.date_order: "{schedule.date_order}" is unknown, write {right}')
    for name, period in schedule.day_parts.items():
        if not name.strip():
            problems.append('schedule.day_parts: a name is empty, right would be "matin" = "09:00-12:00"')
        try:
            parse_day_part(period)
        except ValueError as exc:
            problems.append(f'schedule.day_parts: "{name}": "{period}" {exc}')
    return problems


def _check_lengths(schedule: Schedule, week: Sequence[Sequence[Period]]) -> list[str]:
    needed = schedule.pickup_minutes + schedule.window_minutes
    return [
        f"schedule.opening_hours: the period from {_DAYS[opens // MINUTES_A_DAY]} "
        f"{_clock(opens % MINUTES_A_DAY)} lasts {length} minutes, and no delivery fits, which takes "
        f"pickup_minutes + window_minutes = {needed}; open longer or lower one of them"
        for opens, length in _weekly_stretches(week)
        if length < needed and length < _MINUTES_A_WEEK
    ]


def _weekly_stretches(week: Sequence[Sequence[Period]]) -> list[tuple[int, int]]:
    """Return (first minute of the week, length in minutes) of each stretch without a break."""
    stretches: list[tuple[int, int]] = []
    for day, periods in enumerate(week):
        for period in periods:
            opens = day * MINUTES_A_DAY + period.opens_minute
            length = period.closes_minute - period.opens_minute
            if stretches and sum(stretches[-1]) == opens:
                opens, length = stretches[-1][0], stretches.pop()[1] + length
            stretches.append((opens, length))
    if len(stretches) > 1 and stretches[0][0] == 0 and sum(stretches[-1]) == _MINUTES_A_WEEK:
        opens, length = stretches.pop()
        stretches[0] = (opens, length + stretches[0][1])
    return stretches


def week_of(schedule: Schedule) -> tuple[tuple[Period, ...], ...]:
    """Return the opening hours of settings that are right.

    Raises:
        InvalidConnection: they are wrong.

    """
    try:
        week = parse_opening_hours(schedule.opening_hours or _ALWAYS_OPEN)
    except ValueError as exc:
        raise InvalidConnection([f"schedule.opening_hours: {exc}"]) from exc
    problems = _check_minutes(schedule)
    if problems:
        raise InvalidConnection(problems)
    return week
