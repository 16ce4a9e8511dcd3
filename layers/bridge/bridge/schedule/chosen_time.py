"""What a customer chose as the time of delivery, from the texts that date pickers, plugins and forms write.

Pure: the time zone, the country and the time of the order are passed in. A text that can be read in two ways
is refused, never guessed; the rules:

- ``2026-12-24`` and ``2026/12/24`` are year, month, day everywhere. With dots, ``24.12.2026``, the day comes
  first everywhere. Else the country decides: month first in the United States (``12/24/2026``), day first
  elsewhere; Canada, Panama and the Philippines write both, so there ``05/06/2026`` is refused unless a
  weekday settles it. A date that contradicts the order (``12/24/2026`` in France) is refused too, because the
  next one would be misread. The connection's ``date_order`` overrules the country.
- Months and weekdays in words are looked up in the connection's languages, and must not contradict each
  other. Without a year it is the next such day, at the earliest a month before the order.
- "Today" and "tomorrow" in these languages count from the day of the order.
- A time without "am" or "pm" is of 24 hours. Where one of a range lacks them (``10 - 2 pm``), it is the
  one of both that makes the range shorter.
- ``22:00 - 01:00`` ends on the next day, if that makes at most twelve hours.
- A single time is when the window begins, with "before", "avant", "bis" … when it ends. Midnight alone
  ("2026-12-24 00:00") is what systems add to a bare date, and says no time.
- "As soon as possible", "dès que possible" and their like say no time.
- Named parts of the day ("matin") are what the connection's ``day_parts`` say.
- A moment with an offset is put into the connection's time zone; midnight UTC that is not midnight there is
  refused, for it may be a bare date or a moment.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from bridge.errors import UnmappableOrder
from bridge.model import TimeWindow, TimeWish
from bridge.schedule.clock_times import Clock, Hours, Unreadable, find_hours, range_of
from bridge.schedule.dates import DATE_ORDERS, Style, read_numbers, read_words, says_nothing, take_numbers
from bridge.schedule.vocabulary import NO_TIME, plain_text

__all__ = [
    "ANY_TIME",
    "DATE_ORDERS",
    "KNOWN_LANGUAGES",
    "Choice",
    "Hours",
    "Reader",
    "Reading",
    "parse_day_part",
    "read_choice",
]

ANY_TIME = "any"  # of a day part that says no time
_LONGEST_TEXT = 200
_LONGEST_RANGE = timedelta(days=1)

# The languages that customers of a country write, besides English: its official ones (CLDR, territoryInfo).
_LANGUAGES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("FR", "MC", "RE", "GP", "MQ", "GF", "YT", "NC", "PF", "SN", "CI"), ("fr",)),
    **dict.fromkeys(("DE", "AT", "LI"), ("de",)),
    **dict.fromkeys(("AR", "CL", "CO", "CR", "MX", "PA", "PE", "PR", "UY"), ("es",)),
    **dict.fromkeys(("PT", "BR"), ("pt",)),
    **dict.fromkeys(("IT", "SM"), ("it",)),
    **dict.fromkeys(("GR", "CY"), ("el",)),
    "BE": ("fr", "nl", "de"),
    "BG": ("bg",),
    "CA": ("fr",),
    "CH": ("de", "fr", "it"),
    "CZ": ("cs",),
    "DK": ("da",),
    "EE": ("et",),
    "ES": ("es", "ca", "eu", "gl"),
    "FI": ("fi", "sv"),
    "HR": ("hr",),
    "HU": ("hu",),
    "IS": ("is",),
    "LT": ("lt",),
    "LU": ("fr", "de"),
    "LV": ("lv",),
    "NL": ("nl",),
    "NO": ("nb", "nn"),
    "PL": ("pl",),
    "RO": ("ro",),
    "RS": ("sr",),
    "SE": ("sv",),
    "SI": ("sl",),
    "SK": ("sk",),
    "TR": ("tr",),
    "UA": ("uk",),
}

# Every language of two letters that dateparser knows; a test compares.
_KNOWN = (
    "af ak am ar as az be bg bm bn bo br bs ca ce cs cy da de dz ee el en eo es et eu fa ff fi fo fr fy ga "
    "gd gl gu gv ha he hi hr hu hy id ig ii is it ja ka ki kk kl km kn ko ks kw ky lb lg ln lo lt lu lv mg "
    "mk ml mn mr ms mt my nb nd ne nl nn om or os pa pl ps pt qu rm rn ro ru rw se sg si sk sl sn so sq sr "
    "sv sw ta te th ti tl to tr ug uk ur uz vi yi yo zh zu"
)
KNOWN_LANGUAGES = frozenset(_KNOWN.split())

# After a blank "-16:00" is the end of a range ("2026-12-24 14:00-16:00", as CoopCycle's plugins write), after
# a T it is an offset.
_CLOCK = r"(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?"
_INSTANT = (
    rf"(\d{{4}}-\d\d-\d\d)(?:T|\s(?!\d\d:\d\d(?::\d\d)?\s?-)){_CLOCK}\s?([Zz]|[+-](?:0\d|1[0-4]):?[0-5]\d)?"
)
_MOMENT = re.compile(_INSTANT, re.ASCII)
_INTERVAL = re.compile(rf"{_INSTANT}\s?/\s?{_INSTANT}", re.ASCII)
_T = re.compile(r"(?<=\d)T(?=\d\d:)", re.ASCII)
_DAY_PART = re.compile(r"(\d\d):([0-5]\d)\s*-\s*(\d\d):([0-5]\d)", re.ASCII)
_NO_TIME = Hours(0, None)


@dataclass(frozen=True, slots=True)
class Reading:
    """How the customers of a connection write; empty ``languages`` and ``date_order``: as in the country."""

    timezone: ZoneInfo
    country: str = ""
    languages: tuple[str, ...] = ()
    date_order: str = ""
    day_parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def style(self) -> Style:
        """How dates are written; words are looked up in English too."""
        languages = (*(self.languages or _LANGUAGES.get(self.country, ())), "en")
        return Style(self.country, tuple(dict.fromkeys(languages)), self.date_order)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the customer chose: ``window`` in instants, else ``day``, ``hours`` or both by the wall clock."""

    window: TimeWindow | None = None
    day: date | None = None
    hours: Hours | None = None


def read_choice(wish: TimeWish, reading: Reading, *, ordered_at: datetime) -> Choice | None:
    """Read what the customer chose; ``None`` when nothing was.

    Raises:
        UnmappableOrder: it cannot be read, or in two ways; names ``wish.path`` and what would be right.

    """
    if wish.problem:
        raise UnmappableOrder(wish.path or "the customer's choice of time", wish.problem)
    if wish.window is not None:
        return Choice(window=wish.window)
    date_text, time_text = tidy(wish.date), tidy(wish.time)
    try:
        reader = Reader(reading, ordered_at.astimezone(reading.timezone).date())
        choice = _together(reader.read(date_text), reader.read(time_text, beside_a_date=bool(date_text)))
    except Unreadable as error:
        raise UnmappableOrder(wish.path or "the customer's choice of time", error.sentence) from error
    return None if choice == Choice() else choice


def parse_day_part(text: str) -> Hours | None:
    """Read the setting of a day part: "09:00-12:00", also over midnight; ``None`` for "any".

    Raises:
        ValueError: another form; says what would be right.

    """
    if _fold(text) == ANY_TIME:
        return None
    match = _DAY_PART.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'is no period; right would be "09:00-12:00", or "{ANY_TIME}" for no time at all')
    first_hour, first_minute, second_hour, second_minute = (int(group) for group in match.groups())
    try:
        hours = range_of(Clock(first_hour, first_minute), Clock(second_hour, second_minute))
    except Unreadable as error:
        raise ValueError(error.sentence) from error
    if hours.ends is None:
        raise ValueError("begins and ends at the same time")
    return hours


def tidy(text: str) -> str:
    """Make blanks, dashes and apostrophes the plain ones; browsers write "2:00\u202fPM"."""
    plain = re.sub("[\u2010-\u2015\u2212]", "-", unicodedata.normalize("NFKC", text)).replace("\u2019", "'")
    return _ORDINAL.sub(r"\1", " ".join(plain.split()))


_ORDINAL = re.compile(
    r"(?<!\w)(\d{1,2})(?:(?:st|nd|rd|th|er|ère|ste)(?!\w)|(?:o|a|e|de|:e|:a)(?=\s+[^\W\d]{2}))", re.IGNORECASE
)
_SOME_MINUTES = r"[\s(,;~+-]*(?:\d{1,3}\s?-?\s?)?\d{1,3}\s?(?:min|mins|minutes|minuten|minuti|minutos)\b\)?"
_NO_TIME_PHRASES = frozenset(plain_text(phrase) for phrase in NO_TIME)
_OF_SEVERAL_WORDS = sorted((phrase for phrase in NO_TIME if " " in phrase), key=len, reverse=True)
# Beside a day, "today, as soon as possible": the phrases of several words, which nothing else contains.
_BESIDE_A_DAY = re.compile(
    rf"(?<!\w)(?:{'|'.join(map(re.escape, _OF_SEVERAL_WORDS))}|asap)(?!\w)(?:{_SOME_MINUTES})?",
    re.IGNORECASE,
)


def says_no_time(text: str) -> bool:
    """Tell whether a text says "as soon as possible" or "any time", in any of the languages."""
    said = plain_text(tidy(text)).strip(" .!()")
    return said in _NO_TIME_PHRASES or not _BESIDE_A_DAY.sub("", text).strip(" .!()")


def _fold(text: str) -> str:
    """Make texts that look the same compare equal: capitals, accents in two ways, blanks."""
    return tidy(text).casefold()


def _together(from_date: Choice, from_time: Choice) -> Choice:
    """Join what the two texts say.

    Raises:
        Unreadable: they contradict each other.

    """
    choices = [choice for choice in (from_date, from_time) if choice != Choice()]
    if any(choice.window is not None for choice in choices):
        if len(set(choices)) > 1:
            raise Unreadable("says the time twice, and not the same")
        return choices[0]
    days = {choice.day for choice in choices if choice.day is not None}
    hours = {choice.hours for choice in choices if choice.hours not in (None, _NO_TIME)}
    if len(days) > 1:
        raise Unreadable("has two different dates")
    if len(hours) > 1:
        raise Unreadable("has two different times of day")
    return Choice(day=next(iter(days), None), hours=next(iter(hours), None))


class Reader:
    """Reads the texts of one order."""

    def __init__(self, reading: Reading, ordered_on: date) -> None:
        self._timezone = reading.timezone
        self._style = reading.style
        self._day_parts = {_fold(name): value for name, value in reading.day_parts.items()}
        self._ordered_on = ordered_on

    def read(self, text: str, *, beside_a_date: bool | None = None) -> Choice:
        """Read one text; ``beside_a_date`` is given for the time's, and says whether the date has its own.

        Raises:
            Unreadable: it is in no form we know, or in two.

        """
        if not text:
            return Choice()
        if len(text) > _LONGEST_TEXT:
            raise Unreadable(f"is longer than the {_LONGEST_TEXT} characters that a time can have")
        if says_no_time(text):
            return Choice()
        text = " ".join(_BESIDE_A_DAY.sub(" ", text).split()).strip(" ,;-") or text
        if _fold(text) in self._day_parts:
            return Choice(hours=parse_day_part(self._day_parts[_fold(text)]))
        if interval := _INTERVAL.fullmatch(text):
            return self._interval(interval)
        if (moment := _MOMENT.fullmatch(text)) and moment[5]:
            return self._moment(moment)
        return self._words(_T.sub(" ", text), beside_a_date)

    # --- ISO 8601 -------------------------------------------------------------------------------

    def _interval(self, match: re.Match[str]) -> Choice:
        first, second = _iso(match.groups()[:5]), _iso(match.groups()[5:])
        if (first.tzinfo is None) != (second.tzinfo is None):
            raise Unreadable("has an offset at one end alone")
        if not timedelta() < second - first <= _LONGEST_RANGE:
            raise Unreadable("is an interval that ends before it begins or is longer than a day")
        if first.tzinfo is not None:
            return Choice(window=TimeWindow(first.astimezone(UTC), second.astimezone(UTC)))
        begins = first.hour * 60 + first.minute
        return Choice(
            day=first.date(), hours=Hours(begins, begins + int((second - first).total_seconds()) // 60)
        )

    def _moment(self, match: re.Match[str]) -> Choice:
        moment = _iso(match.groups())
        local = moment.astimezone(self._timezone)
        if (local.hour, local.minute) == (0, 0):
            return Choice(day=local.date())
        utc = moment.astimezone(UTC)
        if (utc.hour, utc.minute) == (0, 0):
            raise Unreadable(
                "is midnight UTC, which may be a bare date or a moment; right would be the date alone, "
                "2026-12-24, or the moment with the local offset"
            )
        return Choice(day=local.date(), hours=Hours(local.hour * 60 + local.minute, None))

    # --- everything else ------------------------------------------------------------------------

    def _words(self, text: str, beside_a_date: bool | None) -> Choice:
        rest, numbers = take_numbers(text)
        found = find_hours(rest)
        hours, rest = found.hours, found.rest
        if hours is None:
            hours, rest = self._day_part(rest)
        day = None
        if numbers is not None:
            day = read_numbers(numbers, rest, self._style, self._ordered_on)
        elif not says_nothing(rest):
            day = read_words(rest, self._style, self._ordered_on, relative=beside_a_date is None)
            complete = hours is not None and hours.begins is not None and hours.ends is not None
            if day is None and not (complete and beside_a_date):
                raise Unreadable(self._unknown(hours, for_a_date=beside_a_date is None))
        if day is None and hours is None and beside_a_date is None:
            raise Unreadable(self._unknown(None, for_a_date=True))
        return Choice(day=day, hours=hours)

    def _day_part(self, text: str) -> tuple[Hours | None, str]:
        """Find the one part of the day that a text names, the longest name first."""
        folded = _fold(text)
        for name in sorted(self._day_parts, key=len, reverse=True):
            match = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", folded)
            if match:
                return parse_day_part(self._day_parts[name]), folded[: match.start()] + " | " + folded[
                    match.end() :
                ]
        return None, text

    def _unknown(self, hours: Hours | None, *, for_a_date: bool) -> str:
        languages = ", ".join(self._style.languages)
        if for_a_date:
            return (
                "has no date that we can read; right would be 2026-12-24, or the month in words in the "
                f"languages of the connection ({languages}; others are named in schedule.languages)"
            )
        if hours is None:
            return (
                'has no time of day that we can read; right would be "14:00-16:00" or "2 pm - 4 pm", and a '
                "name such as that of the morning is explained in schedule.day_parts"
            )
        return (
            "holds words besides its time that we cannot read; right would be the time alone, "
            '"14:00-16:00", or the whole text as a name in schedule.day_parts'
        )


def _iso(groups: tuple[str | None, ...]) -> datetime:
    """Read the parts of a moment in ISO 8601, with or without an offset.

    Raises:
        Unreadable: in no calendar, or on no clock.

    """
    day, hour, minute, second, offset = (group or "" for group in groups)
    if offset and offset not in "Zz" and ":" not in offset:
        offset = f"{offset[:3]}:{offset[3:]}"
    try:
        moment = datetime.fromisoformat(f"{day}T{hour}:{minute}:{second or '00'}{offset.upper() or ''}")
        if not 2000 <= moment.year <= 2200:
            raise Unreadable("has a year that no order has")
    except ValueError as error:
        raise Unreadable("has a date or time that is in no calendar") from error
    return moment
