"""A day or hours that the title of a way of shipping, or a tag, names in passing: "Wednesday delivery".

Titles are written for people and say other things too ("24/48h", "from 9h to 19h", "Monday to Friday"), so
a title counts where it names one day, one weekday or one range of a few hours, and a tag where it is
nothing else. Sources: a caterer's "Wednesday delivery" and the tags "25/12/2024" and "14:00-18:00" of
stanleymf/delivery-scheduler.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bridge.model import Written
from bridge.schedule.candidates import clean_label
from bridge.schedule.chosen_time import Hours, Reader, Reading, tidy
from bridge.schedule.clock_times import Unreadable, find_hours
from bridge.schedule.dates import take_numbers
from bridge.schedule.vocabulary import read_name, weekdays, word_set, words_of

_MOST = 60
_LONGEST_TITLE = 120
_LONGEST_TAG = 60
_SHORTEST_WEEKDAY = 4  # "mo" and "so" are words of their own
_EARLIEST_HOUR = 6 * 60  # "2-4 h" is how long it takes
_LONGEST_SLOT = 8 * 60  # "9-19 h" are the shop's hours

# The first letters of months, in any language: a number beside another word is no date worth a closer look.
_MONTHS = word_set(
    "jan ene gen sty tam led feb fev fév lut hel úno mar mär mrt maa maj apr avr abr kwi huh dub mai "
    "may mag mei tou jun jui giu cze kes jul lug lip hei aug aou aoû ago aot sie elo srp sep set wrz "
    "syy zář okt oct ott out paz loka nov lis mar dec déc dez dic des gru jou pro"
)
_DAY_AND_MONTH = (
    re.compile(r"(?<![\w:.,/-])\d{1,2}\.?\s(?:de\s|d')?([^\W\d_]{3,12})\.?(?:,?\s(?:de\s)?\d{4})?(?![\w:])"),
    re.compile(r"(?<!\w)([^\W\d_]{3,12})\.?\s\d{1,2}(?:,?\s\d{4})?(?![\w:.])"),
)
_NUMBER_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}", re.ASCII)
_WHOLE_TIME = re.compile(
    r"\d{1,2}(?:[:.h]\d\d)?\s?(?:[ap]m)?\s?-\s?\d{1,2}(?:[:.h]\d\d)?\s?(?:h|[ap]m)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Said:
    """What one title or tag names."""

    path: str
    place: str
    day: date | None = None
    weekday: int | None = None
    hours: Hours | None = None


def said_in_passing(entries: Sequence[Written], reading: Reading, ordered_on: date) -> list[Said]:
    """Return the days and hours that titles and tags name, each title and tag once."""
    reader = _Reader(reading, ordered_on)
    found: dict[tuple[str, str], Said] = {}
    for entry in [one for one in entries if one.place in ("method", "tag")][:_MOST]:
        if not isinstance(entry.value, str) or (entry.place, entry.value) in found:
            continue
        said = reader.title(entry) if entry.place == "method" else reader.tag(entry)
        if said is not None:
            found[entry.place, entry.value] = said
    return list(found.values())


class _Reader:
    def __init__(self, reading: Reading, ordered_on: date) -> None:
        self._texts = Reader(reading, ordered_on)
        self._ordered_on = ordered_on
        self._weekdays = {
            name: number
            for name, number in weekdays(reading.style.languages).items()
            if len(name) >= _SHORTEST_WEEKDAY
        }

    def title(self, entry: Written) -> Said | None:
        text = tidy(str(entry.value)[:_LONGEST_TITLE])
        day, rest = self._day(text)
        hours = _slot(rest)
        named = {self._weekdays[word] for word in words_of(text) if word in self._weekdays}
        weekday = named.pop() if len(named) == 1 and day is None else None
        if day is None and weekday is None and hours is None:
            return None
        return Said(clean_label(entry.path), "method", day, weekday, hours)

    def tag(self, entry: Written) -> Said | None:
        text = tidy(str(entry.value))
        if len(text) > _LONGEST_TAG or not any(character.isdigit() for character in text):
            return None
        if _WHOLE_TIME.fullmatch(text):
            hours = _slot(text)
            return Said(clean_label(entry.path), "tag", hours=hours) if hours is not None else None
        match = _NUMBER_DATE.search(text)
        if match is None:
            return None
        label = f"{text[: match.start()]} {text[match.end() :]}"
        name = read_name(label)
        if name.words and (not name.plain or name.other or not (name.delivery or name.date)):
            return None
        day = self._read(match[0])
        if day is None or day < self._ordered_on:
            return None
        return Said(clean_label(entry.path), "tag", day)

    def _day(self, text: str) -> tuple[date | None, str]:
        if match := _NUMBER_DATE.search(text):
            return self._future(match[0]), text[: match.start()] + " | " + text[match.end() :]
        for match in (found for pattern in _DAY_AND_MONTH for found in pattern.finditer(text)):
            if match[1][:3].casefold() in _MONTHS:
                day = self._future(match[0])
                if day is not None:
                    return day, text[: match.start()] + " | " + text[match.end() :]
        return None, text

    def _future(self, text: str) -> date | None:
        day = self._read(text)
        return day if day is not None and day >= self._ordered_on else None

    def _read(self, text: str) -> date | None:
        try:
            return self._texts.read(text).day
        except Unreadable:
            return None


def _slot(text: str) -> Hours | None:
    """Return a range of a few hours in a title; neither how long it takes nor when a shop opens."""
    try:
        hours = find_hours(take_numbers(text)[0]).hours
    except Unreadable:
        return None
    if hours is None or hours.begins is None or hours.ends is None:
        return None
    fits = hours.begins >= _EARLIEST_HOUR and hours.ends - hours.begins <= _LONGEST_SLOT
    return hours if fits else None
