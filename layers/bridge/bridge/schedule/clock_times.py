"""Clock times in a text: "14:00 - 16:00", "14h30 à 16h", "2 - 4 pm", "zwischen 14 und 16 Uhr", "avant 14h".

Pure. Knows the words between and before two times, and no names of parts of the day. The rules stand in
:mod:`bridge.schedule.chosen_time`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

MINUTES_A_DAY = 24 * 60
LONGEST_NIGHT_MINUTES = 12 * 60  # a range that ends "before" it begins goes over midnight up to this length


class Unreadable(Exception):  # becomes an UnmappableOrder in bridge.schedule.chosen_time, never leaves it
    """What is wrong with a text, as a sentence that follows its path."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Hours:
    """Times of a day as written, in minutes after its midnight by the wall clock; at least one is given.

    ``ends`` beyond 1440 lies on the next day.
    """

    begins: int | None
    ends: int | None


@dataclass(frozen=True, slots=True)
class Clock:
    """One time as written; ``half`` is "a", "p" or "" for a time of 24 hours."""

    hour: int
    minute: int = 0
    half: str = ""

    def minutes(self, half: str = "") -> int:
        """Return the minutes after midnight, with a half taken over from elsewhere.

        Raises:
            Unreadable: there is no such time.

        """
        half = self.half or half
        hour = self.hour
        if half and hour <= 12:
            hour = hour % 12 + (12 if half == "p" else 0)
        elif half == "a":
            raise Unreadable("has a time after noon marked as one before noon")
        minutes = hour * 60 + self.minute
        if minutes > MINUTES_A_DAY:
            raise Unreadable("has a time that no clock shows; times go from 00:00 to 24:00")
        return minutes


@dataclass(frozen=True, slots=True)
class Found:
    """What a text says of the time of day, and what else stands in it."""

    hours: Hours | None
    rest: str


# --- the forms ----------------------------------------------------------------------------------

_UNIT = r"(?:h|hs|hrs?|hours?|heures?|u|uhr|uur|horas?|ore|godz|o'clock)\b\.?"
_HALF = r"(?P<half{0}>[ap])\.?\s?m\b\.?"
_MINUTES = r"(?:[:.](?P<colon{0}>[0-5]\d)(?::[0-5]\d)?(?!\d)|\s?[hu]\s?(?P<letter{0}>[0-5]\d)(?!\s?[hu\d:]))"
_TIME = r"(?P<kl{0}>\b(?:kl|klo|klokken)\b\.?\s?)?(?P<hour{0}>\d{{1,2}})" + (
    f"(?:{_MINUTES})?(?:\\s?(?:(?P<unit{{0}}>{_UNIT})|{_HALF}))?(?!\\w)"
)
_BEFORE_A_TIME = r"(?<![\w.,:/$€£-])"
_ARTICLE = r"(?:(?:à|a|al|las|le|les|alle|dalle|às|as|the|um)\s)?"
_JOIN = (
    r"\s?(?:-|~|→|/|\b(?:to|til|till|until|and|à|a|au|et|jusqu'à|bis|und|al|y|e|alle|hasta|ate|até|às|as|tot|"
    rf"en|og|och|do|i)\b)\s?{_ARTICLE}"
)
# In front of a time: words that say nothing, and words by which it is the end of the window.
_FROM = (
    r"(?:\b(?:at|from|between|after|as of|à partir de|à|a|dès|de|du|des|entre|après|depuis|um|ab|von|"
    r"zwischen|nach|a las|a partir de|desde|después de|dalle|alle|dopo le|tra le|fra le|das|às|entre as|"
    r"a partir das|depois das|om|vanaf|van|tussen|na|fra|mellem|mellom|efter|etter|från|mellan|od|po)\s|@\s?)"
)
_UNTIL = (
    r"(?P<until>\b(?:before|by|until|till|avant|jusqu'à|bis|vor|antes de|hasta|prima delle|entro le|entro|"
    r"antes das|até|voor|tot|før|inden|innan|före|do|przed)\s)"
)

_RANGE_PATTERN = re.compile(
    f"{_FROM}?{_ARTICLE}{_BEFORE_A_TIME}{_TIME.format(1)}{_JOIN}{_TIME.format(2)}", re.IGNORECASE
)
_SINGLE_PATTERN = re.compile(
    f"(?:{_UNTIL}|{_FROM})?{_ARTICLE}{_BEFORE_A_TIME}{_TIME.format(1)}", re.IGNORECASE
)


def find_hours(text: str) -> Found:
    """Find the one range or the one time in a text.

    Raises:
        Unreadable: there are several, or one that no clock shows.

    """
    ranges = [match for match in _RANGE_PATTERN.finditer(text) if _is_range(match)]
    if ranges:
        return Found(_only(ranges, "ranges", _range_of), _without(text, ranges))
    singles = [match for match in _SINGLE_PATTERN.finditer(text) if _is_marked(match, 1)]
    if singles:
        return Found(_only(singles, "times", _single_of), _without(text, singles))
    return Found(None, text)


def range_of(first: Clock, second: Clock) -> Hours:
    """Return the range between two times; where one lacks "am" or "pm", the one that makes it shorter.

    Raises:
        Unreadable: it ends before it begins and is no night.

    """
    begins, ends = first.minutes(), second.minutes()
    if second.half and not first.half and first.hour <= 12:
        begins = min(_both_halves(first), key=lambda minutes: (ends - minutes) % MINUTES_A_DAY)
    elif first.half and not second.half and second.hour <= 12:
        ends = min(_both_halves(second), key=lambda minutes: (minutes - begins) % MINUTES_A_DAY)
    if begins >= MINUTES_A_DAY:
        raise Unreadable("begins at 24:00, which is 00:00 of the next day")
    if begins == ends:
        return Hours(begins, None)
    if ends < begins:
        ends += MINUTES_A_DAY
        if ends - begins > LONGEST_NIGHT_MINUTES:
            raise Unreadable("ends before it begins")
    return Hours(begins, ends)


def _both_halves(clock: Clock) -> tuple[int, int]:
    return clock.minutes("a"), clock.minutes("p")


def _is_marked(match: re.Match[str], number: int) -> bool:
    """Tell a time from a bare number, which may be anything."""
    return any(match[f"{name}{number}"] for name in ("kl", "colon", "letter", "unit", "half"))


def _is_range(match: re.Match[str]) -> bool:
    """Take a bare number for a time beside one that is marked; after it nothing else may follow."""
    first, second = _is_marked(match, 1), _is_marked(match, 2)
    if first and not second:
        return not re.match(r"\s?[\w/:.-]", match.string[match.end() :])
    return second


def _only(matches: list[re.Match[str]], kind: str, read: Callable[[re.Match[str]], Hours]) -> Hours:
    found = {read(match) for match in matches}
    if len(found) > 1:
        raise Unreadable(f"has several {kind} of day; one such as 14:00-16:00 is wanted")
    return found.pop()


def _range_of(match: re.Match[str]) -> Hours:
    return range_of(_clock(match, 1), _clock(match, 2))


def _single_of(match: re.Match[str]) -> Hours:
    minutes = _clock(match, 1).minutes()
    if match["until"]:
        return Hours(None, minutes)
    if minutes == MINUTES_A_DAY:
        raise Unreadable("begins at 24:00, which is 00:00 of the next day")
    return Hours(minutes, None)


def _clock(match: re.Match[str], number: int) -> Clock:
    minute = match[f"colon{number}"] or match[f"letter{number}"] or "0"
    return Clock(int(match[f"hour{number}"]), int(minute), (match[f"half{number}"] or "").lower())


def _without(text: str, matches: list[re.Match[str]]) -> str:
    for match in reversed(matches):
        text = f"{text[: match.start()]} | {text[match.end() :]}"
    return text


# --- hours as a value -------------------------------------------------------------------------------


def agreed(first: Hours, second: Hours) -> Hours | None:
    """Return the hours that both mean, where one may leave an end open; ``None`` where they differ."""
    begins = {one.begins for one in (first, second) if one.begins is not None}
    ends = {one.ends for one in (first, second) if one.ends is not None}
    if len(begins) > 1 or len(ends) > 1:
        return None
    begin, end = next(iter(begins), None), next(iter(ends), None)
    return Hours(begin, end) if begin is None or end is None or begin < end else None


def written(hours: Hours) -> str:
    """Write a time of day as people do; the reader of texts reads it again."""
    if hours.begins is None:
        return f"until {_shown(hours.ends or 0)}"
    return _shown(hours.begins) + (f" - {_shown(hours.ends)}" if hours.ends is not None else "")


def _shown(minutes: int) -> str:
    minutes = minutes if minutes == MINUTES_A_DAY else minutes % MINUTES_A_DAY
    return f"{minutes // 60:02}:{minutes % 60:02}"
