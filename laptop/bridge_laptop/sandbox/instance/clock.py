"""The time of the sandbox, and times as PHP reads them.

CoopCycle reads dates with PHP's own parser: a value with an offset is converted to the instance's zone, one
without is taken as the instance's wall clock, and English such as "tomorrow 13:00" is understood. Only the
forms that a client of the API has a reason to send are known here; anything else is unreadable.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

_CLOCK_TIME = r"(\d{1,2}):(\d{2})(?::(\d{2}))?"
_RELATIVE_DAY = re.compile(
    rf"^(today|tomorrow|yesterday|midnight|noon)(?:\s+(?:at\s+)?{_CLOCK_TIME})?$", re.I
)
_OFFSET_OF_NOW = re.compile(r"^([+-]?\s*\d+)\s*(minute|min|hour|day|week)s?(?:\s+(ago))?$", re.I)
_DATE_AND_TIME = re.compile(rf"^(\d{{4}})-(\d{{2}})-(\d{{2}})(?:[T ]{_CLOCK_TIME}(?:\.\d+)?)?\s*(.*)$")
_OFFSET = re.compile(r"^([+-])(\d{2}):?(\d{2})$")
_WRITTEN_OFFSET = re.compile(r"(?<=\d)\s*(Z|[+-]\d\d:?\d\d)$", re.I)
_DAYS = {"today": 0, "midnight": 0, "noon": 0, "tomorrow": 1, "yesterday": -1}
_UNITS = {"minute": 60, "min": 60, "hour": 3600, "day": 86400, "week": 604800}


class UnreadableTime(ValueError):
    """PHP could not read this as a time."""


class Clock:
    """The instance's now: the machine's, until it is set; then it stands still."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._fixed: datetime | None = None

    def now(self) -> datetime:
        """Return the present, in the instance's zone, without fractions of a second."""
        moment = self._fixed or datetime.now(UTC)
        return moment.astimezone(self.zone).replace(microsecond=0)

    def set(self, moment: str | None) -> None:
        """Stop the clock at a moment, or let it run again.

        Raises:
            UnreadableTime: the moment is in none of the known forms.

        """
        self._fixed = None if moment is None else parse_time(moment, now=self.now())


def parse_time(text: str, *, now: datetime) -> datetime:
    """Read a time as PHP would, and return it in the zone of `now`.

    Raises:
        UnreadableTime: the text is in none of the known forms.

    """
    text = text.strip()
    if text.lower() == "now":
        return now
    if relative := _RELATIVE_DAY.match(text):
        return _on_day(relative, now)
    if offset := _OFFSET_OF_NOW.match(text):
        seconds = int(offset[1].replace(" ", "")) * _UNITS[offset[2].lower()]
        return now + timedelta(seconds=-seconds if offset[3] else seconds)
    if absolute := _DATE_AND_TIME.match(text):
        return _at_date(absolute, now)
    raise UnreadableTime(text)


def local(day: date, wall_clock: time, zone: ZoneInfo) -> datetime:
    """Return a wall clock time, in the nights of the change as PHP reads it.

    What spring skips is moved forward (recorded: create_windows, "the missing hour of March": 02:30 to 03:30
    is no window); what autumn doubles is its second time ("the doubled hour of October, by Z", read back).
    """
    skipping = datetime.combine(day, wall_clock).replace(tzinfo=zone)
    moved = skipping.astimezone(UTC).astimezone(zone)
    return moved if moved.time() != wall_clock else moved.replace(fold=1)


def unconverted(text: str, *, now: datetime) -> datetime:
    """Read a time by its wall clock alone, whatever offset it carries, as the instance's.

    So CoopCycle takes what its dispatchers' routes get (recorded: dispatcher_edits, "moves the dropoff").

    Raises:
        UnreadableTime: the text is in none of the known forms.

    """
    return parse_time(_WRITTEN_OFFSET.sub("", text.strip()), now=now)


def offset_kept(text: str, *, now: datetime) -> datetime:
    """Read a time with the offset that it carries, without converting it.

    Raises:
        UnreadableTime: the text is in none of the known forms.

    """
    moment = parse_time(text, now=now)
    wall_clock = unconverted(text, now=now).replace(tzinfo=None)
    return wall_clock.replace(tzinfo=timezone(wall_clock - moment.astimezone(UTC).replace(tzinfo=None)))


def as_column(moment: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Return what comes back from the database: a wall clock without offset, read in the instance's zone.

    Recorded: create_windows, "timeSlot as an array" (09:00+00:00 in the answer, 09:00+01:00 afterwards) and
    "the doubled hour of October, by Z" (02:30+02:00 to 02:30+01:00 in the answer, an empty window after it).
    """
    return local(moment.date(), moment.time().replace(fold=0), zone) if moment else None


def atom(moment: datetime) -> str:
    """Write a time as the API does: seconds, and the offset of the instance."""
    return moment.isoformat(timespec="seconds")


def zone_of(now: datetime) -> ZoneInfo:
    """Return the instance's zone, which every present carries."""
    if not isinstance(now.tzinfo, ZoneInfo):
        raise TypeError("the present must be in the instance's zone")
    return now.tzinfo


def _on_day(found: re.Match[str], now: datetime) -> datetime:
    day = now.date() + timedelta(days=_DAYS[found[1].lower()])
    if found[2]:
        return local(day, _clock_time(found[2], found[3], found[4]), zone_of(now))
    return local(day, time(12 if found[1].lower() == "noon" else 0), zone_of(now))


def _at_date(found: re.Match[str], now: datetime) -> datetime:
    try:
        day = date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError as wrong:
        raise UnreadableTime(found[0]) from wrong
    clock = _clock_time(found[4], found[5], found[6]) if found[4] else time()
    suffix = found[7]
    if not suffix:
        return local(day, clock, zone_of(now))
    if suffix.upper() in {"Z", "UTC", "GMT"}:
        return datetime.combine(day, clock, UTC).astimezone(now.tzinfo)
    if offset := _OFFSET.match(suffix):
        ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3])) * (1 if offset[1] == "+" else -1)
        return (datetime.combine(day, clock, UTC) - ahead).astimezone(now.tzinfo)
    raise UnreadableTime(found[0])


def _clock_time(hour: str, minute: str, second: str | None) -> time:
    try:
        return time(int(hour), int(minute), int(second or 0))
    except ValueError as wrong:
        raise UnreadableTime(f"{hour}:{minute}") from wrong
