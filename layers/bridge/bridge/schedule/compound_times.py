"""Times that form services send in parts, as one text that the readers of dates and times understand. Pure.

Jotform's date, time, time range and appointment: ``{year, month, day, hour, min, ampm}``, ``{hourSelect,
minuteSelect, ampm, hourSelectRange, minuteSelectRange, ampmRange}``, ``{timeInput, timeInputRange}`` and
``{implementation, date, duration, timezone}``, as public forms and the programs that read them have it;
Jotform documents them nowhere as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_LONGEST_PART = 40
_LONGEST_MINUTES = 24 * 60
_APPOINTMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d{1,2}:\d\d)(?::\d\d)?", re.ASCII)
_ZONE = re.compile(r"[A-Za-z_]+(?:/[A-Za-z0-9_+-]+){0,2}")


def text_of(parts: Mapping[str, object]) -> str | None:
    """Write a time that came in parts as one text, "" where nothing was chosen; ``None`` when it is no time.

    An appointment becomes an interval of ISO 8601, in instants where it names its zone; where that zone is
    none, the text keeps its name, which no reader takes for a time.
    """
    texts = {key: _text(value) for key, value in parts.items() if isinstance(key, str)}
    if "date" in texts and ("duration" in texts or "implementation" in texts):
        return _appointment(texts)
    if {"year", "month", "day"} <= texts.keys():
        numbers = [texts["year"], texts["month"].zfill(2), texts["day"].zfill(2)]
        day = "-".join(numbers) if all(texts[key] for key in ("year", "month", "day")) else ""
        return f"{day} {_clocks(texts)}".strip()
    if texts.keys() & {"timeInput", "hourSelect"}:
        return _clocks(texts)
    return None


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()[:_LONGEST_PART]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9 else ""


def _clocks(texts: Mapping[str, str]) -> str:
    begin = _clock(texts, "", texts.get("ampm", ""))
    end = _clock(texts, "Range", texts.get("ampmRange", ""))
    return f"{begin} - {end}" if begin and end else begin


def _clock(texts: Mapping[str, str], ends: str, half: str) -> str:
    """Return "14:30" or "02:30 PM" of one end."""
    hour = texts.get(f"hourSelect{ends}") or ("" if ends else texts.get("hour", ""))
    minute = texts.get(f"minuteSelect{ends}") or ("" if ends else texts.get("min", ""))
    clock = texts.get(f"timeInput{ends}") or (f"{hour}:{minute or '00'}" if hour else "")
    return f"{clock} {half}".strip() if clock else ""


def _appointment(texts: Mapping[str, str]) -> str:
    match = _APPOINTMENT.fullmatch(texts["date"])
    duration = texts.get("duration", "")
    minutes = int(duration) if re.fullmatch(r"\d{1,4}", duration, re.ASCII) else 0
    if match is None or not 0 < minutes <= _LONGEST_MINUTES:
        return texts["date"]
    try:
        begins = datetime.fromisoformat(f"{match[1]}T{match[2].zfill(5)}")
    except ValueError:
        return texts["date"]
    ends = begins + timedelta(minutes=minutes)
    named = _ZONE.match(texts.get("timezone", ""))
    if named is None:
        return f"{begins:%Y-%m-%dT%H:%M}/{ends:%Y-%m-%dT%H:%M}"
    try:
        zone = ZoneInfo(named[0])
    except (ValueError, OSError, KeyError):
        return f"{texts['date']} {named[0]}"
    first = begins.replace(tzinfo=zone)
    last = first + timedelta(minutes=minutes)
    return f"{first.isoformat(timespec='minutes')}/{last.isoformat(timespec='minutes')}"
