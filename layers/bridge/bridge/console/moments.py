"""Times as people say them: "12 min ago", "ends in 36 min"; the exact one stands behind each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from bridge.console.words import Words
from bridge.model import TimeWindow


@dataclass(frozen=True, slots=True)
class Moments:
    """The present, in one language."""

    words: Words
    now: datetime

    def ago(self, moment: datetime, zone: ZoneInfo) -> Markup:
        """Return how long ago something was."""
        return self._element(moment, zone, self.words("time.ago", length=self._length(self.now - moment)))

    def at(self, moment: datetime, zone: ZoneInfo) -> Markup:
        """Return the time of day, with the day where that is not today."""
        local = moment.astimezone(zone)
        clock = f"{local:%H:%M}"
        if local.date() != self.now.astimezone(zone).date():
            clock = f"{self.day(moment, zone)} {clock}"
        return self._element(moment, zone, escape(clock))

    def day(self, moment: datetime, zone: ZoneInfo) -> Markup:
        """Return "today", "tomorrow", or the weekday with its date."""
        local, today = moment.astimezone(zone).date(), self.now.astimezone(zone).date()
        for key, days in (("time.yesterday", -1), ("time.today", 0), ("time.tomorrow", 1)):
            if local == today + timedelta(days=days):
                return self.words(key)
        return self.words(
            "time.date",
            weekday=self.words.raw("time.weekdays")[local.weekday()],
            day=local.day,
            month=self.words.raw("time.months")[local.month - 1],
        )

    def hours(self, window: TimeWindow, zone: ZoneInfo) -> Markup:
        """Return a window's hours, from and to, never broken over two lines."""
        after, before = (moment.astimezone(zone) for moment in (window.after, window.before))
        return Markup('<span class="nb">{}–{}\xa0h</span>').format(_hour(after), _hour(before))

    def end(self, window: TimeWindow) -> Markup:
        """Return when a window begins or ends, if that is within two hours; else nothing."""
        if timedelta(0) < self.now - window.before < timedelta(days=1):
            return self.words("time.ended", length=self._length(self.now - window.before))
        if window.after <= self.now < window.before < self.now + timedelta(hours=2):
            return self.words("time.ends", length=self._length(window.before - self.now))
        if self.now < window.after < self.now + timedelta(hours=2):
            return self.words("time.begins", length=self._length(window.after - self.now))
        return Markup()

    def exact(self, moment: datetime, zone: ZoneInfo) -> str:
        """Return the whole of it: "Friday 27 November 2026, 18:22:09"."""
        local = moment.astimezone(zone)
        return str(
            self.words(
                "time.exact",
                weekday=self.words.raw("time.weekdays")[local.weekday()],
                day=local.day,
                month=self.words.raw("time.months")[local.month - 1],
                year=local.year,
                clock=f"{local:%H:%M:%S}",
            )
        )

    def _length(self, length: timedelta) -> Markup:
        seconds = max(0, int(length.total_seconds()))
        for unit, size, limit in (("s", 1, 60), ("min", 60, 90), ("h", 3600, 36)):
            if seconds < size * limit:
                return self.words(f"time.{unit}", n=seconds // size)
        return self.words("time.days", n=round(seconds / 86400))

    def _element(self, moment: datetime, zone: ZoneInfo, said: Markup) -> Markup:
        local = moment.astimezone(zone)
        return Markup('<time datetime="{}" title="{}" data-at="{}">{}</time>').format(
            local.isoformat(timespec="seconds"), self.exact(moment, zone), f"{local:%H:%M}", said
        )


def _hour(moment: datetime) -> str:
    return f"{moment.hour}:{moment.minute:02}" if moment.minute else str(moment.hour)
