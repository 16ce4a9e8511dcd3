"""The windows a store offers, from opening hours such as "Mo-Sa 10:00-11:00"."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from bridge_laptop.sandbox.instance.clock import local, zone_of
from bridge_laptop.sandbox.seed import TimeSlot

_DAYS = {
    "Mo": "Monday",
    "Tu": "Tuesday",
    "We": "Wednesday",
    "Th": "Thursday",
    "Fr": "Friday",
    "Sa": "Saturday",
    "Su": "Sunday",
}
_HOURS = re.compile(r"^(\w\w)(?:-(\w\w))? (\d\d):(\d\d)-(\d\d):(\d\d)$")
_SATURDAY = 5


class Hours(NamedTuple):
    """One line of opening hours."""

    days: tuple[int, ...]
    opens: time
    closes: time

    def specification(self) -> dict[str, object]:
        """Return the line as schema.org writes it."""
        names = list(_DAYS.values())
        return {
            "@type": "OpeningHoursSpecification",
            "opens": f"{self.opens:%H:%M}",
            "closes": f"{self.closes:%H:%M}",
            "dayOfWeek": [names[day] for day in self.days],
        }


class Choice(NamedTuple):
    """A window that a buyer may still choose."""

    after: datetime
    before: datetime

    @property
    def value(self) -> str:
        """The window as `timeSlot` takes it."""
        return f"{_zulu(self.after)}/{_zulu(self.before)}"

    def label(self, today: date) -> str:
        """Return the window in words."""
        day = self.after.date()
        names = {today: "Aujourd'hui", today + timedelta(days=1): "Demain"}
        return f"{names.get(day, f'Le {day:%d/%m/%Y}')} entre {self.after:%H:%M} et {self.before:%H:%M}"


def _zulu(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_hours(line: str) -> Hours:
    """Read one line of opening hours.

    Raises:
        ValueError: it is in another form.

    """
    found = _HOURS.match(line)
    if not found:
        raise ValueError(f"opening hours like 'Mo-Sa 10:00-11:00' are wanted, not {line!r}")
    codes = list(_DAYS)
    first, last = codes.index(found[1]), codes.index(found[2] or found[1])
    opens, closes = time(int(found[3]), int(found[4])), time(int(found[5]), int(found[6]))
    return Hours(tuple(range(first, last + 1)), opens, closes)


def choices(slot: TimeSlot, now: datetime) -> list[Choice]:
    """Return the windows of the coming days that have not begun."""
    hours = [read_hours(line) for line in slot.opening_hours]
    earliest = now + _duration(slot.prior_notice)
    offered: list[Choice] = []
    for ahead in range(_duration(slot.interval).days):
        day = now.date() + timedelta(days=ahead)
        if slot.working_days_only and day.weekday() >= _SATURDAY:
            continue
        offered += _of_day(day, hours, now)
    return sorted(choice for choice in offered if choice.after > earliest)


def _of_day(day: date, hours: list[Hours], now: datetime) -> list[Choice]:
    return [
        Choice(local(day, each.opens, zone_of(now)), local(day, each.closes, zone_of(now)))
        for each in hours
        if day.weekday() in each.days
    ]


def _duration(text: str | None) -> timedelta:
    """Read "2 days" or "3 hours"."""
    if not text:
        return timedelta()
    number, unit = text.split()
    return timedelta(**{unit.rstrip("s") + "s": int(number)})
