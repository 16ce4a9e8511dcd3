"""Dates in a text: "2026-12-24", "24/12/2026", "24. Dezember 2026", "jeudi 24 décembre", "tomorrow".

Pure. Numbers are read here, months and weekdays in words by dateparser, which is imported only when a text
has such words. The rules stand in :mod:`bridge.schedule.chosen_time`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from bridge.schedule.clock_times import Unreadable
from bridge.schedule.vocabulary import plain_text, weekdays

DAY_FIRST, MONTH_FIRST = "day-month-year", "month-day-year"
DATE_ORDERS = (DAY_FIRST, MONTH_FIRST)
_LONGEST_TEXT = 80
_DAYS_BACK = 31  # a date without a year may lie this long before the order
_DAYS_AHEAD_IN_WORDS = 2  # "the day after tomorrow"
_EARLIEST_YEAR, _LATEST_YEAR = 2000, 2200

# The order of a short date in CLDR (https://cldr.unicode.org , dateFormats, short): M/d/yy in en-US and in
# the locales of its territories, more than one order in those of CA, PA and PH, d/M/y elsewhere.
_MONTH_FIRST_IN = frozenset({"US", "AS", "GU", "MP", "PR", "UM", "VI"})
_UNDECIDED_IN = frozenset({"CA", "PA", "PH", ""})

_YEAR_FIRST = re.compile(r"(?<![\w.:/-])(\d{4})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{1,2})(?![\d:])")
_YEAR_LAST = re.compile(r"(?<![\w.:/-])(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{4}|\d\d)(?![\d:])")
_NO_YEAR = re.compile(r"(?<![\w.:/-])(\d{1,2})(?:(/)(\d{1,2})(?![\d/:])|(\.)\s?(\d{1,2})\.(?!\d))")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
# Words that stand beside a date and say nothing.
_FILLER_WORDS = (
    "le la les the on at am den dem de du der el los il o em no na om op à a um per pour für för den d' am "
    "date day dag jour día dia giorno tag d. d"
)
_FILLER = frozenset(_FILLER_WORDS.split())


@dataclass(frozen=True, slots=True)
class Style:
    """How dates are written: the language codes to look words up in, and the order of numbers."""

    country: str
    languages: tuple[str, ...]
    date_order: str = ""  # one of DATE_ORDERS; empty: as in the country

    @property
    def order(self) -> str:
        """The order of numbers; empty where a country writes both."""
        if self.date_order or self.country in _UNDECIDED_IN:
            return self.date_order
        return MONTH_FIRST if self.country in _MONTH_FIRST_IN else DAY_FIRST


@dataclass(frozen=True, slots=True)
class _Written:
    """The numbers of a date; two orders of day and month may be possible."""

    year: int | None
    orders: tuple[tuple[int, int], ...]  # (month, day)


def take_numbers(text: str) -> tuple[str, re.Match[str] | None]:
    """Return the text without its date in numbers, and that date; times are looked for in what is left.

    Raises:
        Unreadable: there are several.

    """
    matches = [match for pattern in (_YEAR_FIRST, _YEAR_LAST) for match in pattern.finditer(text)]
    matches = matches or list(_NO_YEAR.finditer(text))
    if not matches:
        return text, None
    if len({match[0] for match in matches}) > 1:
        raise Unreadable("has several dates; one is wanted")
    rest = text
    for match in sorted(matches, key=lambda each: each.start(), reverse=True):
        rest = f"{rest[: match.start()]} | {rest[match.end() :]}"
    return rest, matches[0]


def read_numbers(match: re.Match[str], beside: str, style: Style, ordered_on: date) -> date:
    """Read a date in numbers; ``beside`` is what else the text holds, which may name the weekday.

    Raises:
        Unreadable: no such day, two possible ones, or a weekday that it is not.

    """
    weekdays = _weekdays_beside(beside, style)
    written = _written(match, style)
    days = [
        day
        for month, number in written.orders
        for day in _days(written.year, month, number, ordered_on)
        if not weekdays or day.weekday() in weekdays
    ]
    if written.year is None:
        days = [min(days)] if days and len(written.orders) == 1 else days
    if len(set(days)) == 1:
        return days[0]
    if days:
        raise Unreadable(
            "has a date whose day and month cannot be told apart; right would be 2026-12-24, or a connection "
            f'with schedule.date_order = "{DAY_FIRST}" or "{MONTH_FIRST}"'
        )
    if weekdays:
        raise Unreadable("names a weekday that its date is not")
    raise Unreadable("has a date that is in no calendar")


def _written(match: re.Match[str], style: Style) -> _Written:
    if match.re is _YEAR_FIRST:
        return _Written(int(match[1]), ((int(match[3]), int(match[4])),))
    if match.re is _YEAR_LAST:
        separator, first, second, year = match[2], int(match[1]), int(match[3]), match[4]
        if len(year) == 2 and separator == "-":
            raise Unreadable("has a date with a year of two digits; right would be 2026-12-24")
        number = int(year) + (2000 if len(year) == 2 else 0)
    else:
        separator, first, second = match[2] or match[4], int(match[1]), int(match[3] or match[5])
        number = None
    order = style.date_order or (DAY_FIRST if separator == "." else style.order)
    day_first, month_first = (second, first), (first, second)
    if not order:
        return _Written(number, tuple(each for each in (day_first, month_first) if each[0] <= 12))
    chosen = day_first if order == DAY_FIRST else month_first
    if chosen[0] > 12 >= chosen[1]:
        raise Unreadable(
            f"has a date that is none in the order {order}, which is this connection's; if the sender always "
            "writes it the other way round, say so with schedule.date_order"
        )
    return _Written(number, (chosen,))


def read_words(text: str, style: Style, ordered_on: date, *, relative: bool) -> date | None:
    """Read a date with the month in words, or (``relative``) "today"; ``None`` when it is neither.

    Raises:
        Unreadable: the languages disagree, or the weekday is not that of the date.

    """
    text = text.strip(" |,.;:()-@")
    if not text or len(text) > _LONGEST_TEXT:
        return None
    languages = style.languages
    if not any(character.isdigit() for character in text):
        if not relative:
            return None
        return _agreed(_relative_day(text, language, ordered_on) for language in languages)
    plain = " ".join(word for word in text.split() if not _is_filler(word))
    readings = [
        found
        for language in languages
        if (found := _worded(text, language) or _worded(plain, language) or _without_weekday(plain, language))
    ]
    days: list[date | None] = []
    for year, month, number, weekday in readings:
        possible = [
            day
            for day in _days(year, month, number, ordered_on)
            if weekday is None or day.weekday() == weekday
        ]
        days.append(min(possible, default=None))
    if readings and not any(days):
        raise Unreadable("names a weekday that its date is not, or a day that its month has not")
    return _agreed(days)


def says_nothing(text: str) -> bool:
    """Tell whether nothing is left but words without meaning of their own."""
    return not re.search(r"\d", text) and all(_is_filler(word) for word in _WORD.findall(text))


def _is_filler(word: str) -> bool:
    return word.casefold() in _FILLER


def _agreed(days: Iterable[date | None]) -> date | None:
    found = {day for day in days if day is not None}
    if len(found) > 1:
        raise Unreadable("means different dates in different languages; name the one in schedule.languages")
    return next(iter(found), None)


def _days(year: int | None, month: int, number: int, ordered_on: date) -> list[date]:
    """Return the day, or without a year those at the earliest a month before the order, soonest first."""
    years = [year] if year is not None else [ordered_on.year + step for step in (-1, 0, 1)]
    days = []
    for each in years:
        try:
            day = date(each, month, number)
        except ValueError:
            continue
        if year is None and day < ordered_on - timedelta(days=_DAYS_BACK):
            continue
        if _EARLIEST_YEAR <= day.year <= _LATEST_YEAR:
            days.append(day)
    return days


# --- words --------------------------------------------------------------------------------------


def _weekdays_beside(text: str, style: Style) -> set[int]:
    """Return the weekdays that the words beside a date in numbers may name; anything else is refused."""
    words = [word for word in _WORD.findall(text) if not _is_filler(word)]
    if re.search(r"\d", text):
        raise Unreadable("holds more than a date and a time")
    if not words:
        return set()
    weekdays = set()
    for language in style.languages:
        named = [_weekday(word, language) for word in words]
        if None not in named and len(set(named)) == 1:
            weekdays.add(named[0])
    if not weekdays:
        raise Unreadable(
            "holds words besides its date and time that are no weekday in the languages of the connection "
            f"({', '.join(style.languages)})"
        )
    return {weekday for weekday in weekdays if weekday is not None}


@lru_cache(maxsize=256)  # an order's text is read as a date, as a time and beside others
def _worded(text: str, language: str) -> tuple[int | None, int, int, int | None] | None:
    """Return (year, month, day, weekday) of a date with its month in words, read in one language."""
    found = _parse(text, language, _settings(["absolute-time"], ["day", "month"], _MONDAY))
    if found is None:
        return None
    numbers = sorted(int(number) for number in re.findall(r"\d+", text))
    words = _WORD.findall(text)
    months = {month for word in words if (month := _month(word, language)) is not None}
    if months - {found.month} or (not months and len(numbers) != 3):
        return None
    if numbers == [found.day]:
        year = None
    elif numbers in (sorted([found.day, found.year]), sorted([found.day, found.month, found.year])):
        year = found.year
    else:
        return None
    weekdays = {
        weekday
        for word in words
        if _month(word, language) is None and (weekday := _weekday(word, language)) is not None
    }
    if len(weekdays) > 1:
        return None
    return year, found.month, found.day, next(iter(weekdays), None)


def _without_weekday(text: str, language: str) -> tuple[int | None, int, int, int | None] | None:
    """Read a date beside the name of its weekday, where the library stumbles over the two together."""
    names = weekdays((language,))
    words = text.replace(",", " ").split()
    named = {names[plain] for word in words if (plain := plain_text(word).strip(".")) in names}
    rest = " ".join(word for word in words if plain_text(word).strip(".") not in names)
    if len(named) != 1 or rest == text:
        return None
    found = _worded(rest, language)
    return (*found[:3], named.pop()) if found is not None else None


_MONDAY = datetime(2024, 1, 1)  # noqa: DTZ001  # of a leap year; dateparser reckons without zones


@lru_cache(maxsize=256)
def _relative_day(text: str, language: str, ordered_on: date) -> date | None:
    base = datetime.combine(ordered_on, datetime.min.time())
    found = _parse(text, language, _settings(["relative-time"], [], base))
    if found is None or not 0 <= (found.date() - ordered_on).days <= _DAYS_AHEAD_IN_WORDS:
        return None
    return found.date()


@lru_cache(maxsize=1024)
def _month(word: str, language: str) -> int | None:
    found = _parse(word, language, _settings(["absolute-time"], ["month"], _MONDAY))
    return found.month if found is not None else None


@lru_cache(maxsize=1024)
def _weekday(word: str, language: str) -> int | None:
    if _month(word, language) is not None:
        return None
    found = _parse(word, language, _settings(["absolute-time"], [], _MONDAY))
    return found.weekday() if found is not None else None


def _settings(parsers: list[str], parts: list[str], base: datetime) -> dict[str, object]:
    return {
        "PARSERS": parsers,
        "REQUIRE_PARTS": parts,
        "DATE_ORDER": "DMY",  # else "27 november" has a year and no day in Swedish, which writes years first
        "RELATIVE_BASE": base,
        "RETURN_AS_TIMEZONE_AWARE": False,
        "TIMEZONE": "UTC",
    }


def _parse(text: str, language: str, settings: dict[str, object]) -> datetime | None:
    """Ask dateparser, whose data of one language is read at its first use."""
    import dateparser

    try:
        return dateparser.parse(text, languages=[language], settings=settings)
    except (ArithmeticError, LookupError, TypeError, ValueError):  # what it makes of hostile texts
        return None
