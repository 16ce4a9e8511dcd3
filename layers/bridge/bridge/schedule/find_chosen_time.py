"""The buyer's choice of time out of everything that an order's names and values say.

The surest names count: those that the connection gives, then "Delivery Date" and programs' own keys, then
"Date" or "Time Slot" alone. What they say must agree: one day, one time of day. Where two name two days, or
a value looks like a chosen day or hour and its name is not sure enough, the order is parked with a sentence
that names the key, the value and the setting that mends it; nothing is guessed, and nothing that looks like
a choice is left out in silence. Dates of births, payments, invoices, warranties, consents and campaigns are
none. Titles of ways of shipping and tags count where they name one day or one range of hours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar

from bridge.model import TimeWindow, TimeWish, Writings
from bridge.schedule.candidates import Candidate, PassedOver, Rank, candidates_of, joined
from bridge.schedule.chosen_time import Choice, Hours, Reader, Reading
from bridge.schedule.clock_times import Unreadable, agreed, written
from bridge.schedule.in_passing import Said, said_in_passing
from bridge.schedule.vocabulary import PARTS_OF_A_DAY, plain_text, weekdays, words_of

__all__ = ["Found", "find_chosen_time"]

_MOST_CANDIDATES = 60
_SURE = (Rank.NAMED, Rank.CERTAIN)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Found:
    """The choice, ``None`` where there is none, and every name that was looked at with what became of it."""

    wish: TimeWish | None
    seen: tuple[PassedOver, ...] = ()


class _Park(Exception):  # becomes TimeWish.problem, never leaves this module
    """Something looks like a choice and must not be guessed."""

    def __init__(self, paths: Iterable[str], sentence: str) -> None:
        super().__init__(sentence)
        self.path = ", ".join(dict.fromkeys(paths))
        self.sentence = sentence


_NOTHING = Choice()
_BARE_RANGE = re.compile(r"\d{1,2}\s?-\s?\d{1,2}", re.ASCII)
_NUMBER = "is a number"  # the id of a slot, or of the record of a choice


@dataclass(frozen=True, slots=True)
class _Read:
    """A candidate with what it says: a choice, a ``weekday`` alone, or nothing readable, for ``error``."""

    candidate: Candidate
    choice: Choice = _NOTHING
    weekday: int | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class _Taken(Generic[T]):
    value: T
    path: str
    rank: Rank


def find_chosen_time(writings: Writings, reading: Reading, *, ordered_at: datetime) -> Found:
    """Find the choice of time in what an order says beside the fields we know."""
    if not writings.entries:
        return Found(None)
    finder = _Finder(writings, reading, ordered_at.astimezone(reading.timezone).date())
    try:
        wish = finder.find()
    except _Park as park:
        wish = TimeWish(path=park.path, problem=park.sentence)
    return Found(wish, tuple(finder.seen))


class _Finder:
    """Works on one order."""

    def __init__(self, writings: Writings, reading: Reading, ordered_on: date) -> None:
        self._writings = writings
        self._reading = reading
        self._ordered_on = ordered_on
        self._weekdays = weekdays(reading.style.languages)
        self._reader = Reader(reading, ordered_on)
        self.seen: list[PassedOver] = []

    def find(self) -> TimeWish | None:
        candidates, passed = candidates_of(self._writings)
        self.seen += [PassedOver(one.path, f"passed over: {one.why}") for one in passed]
        if len(candidates) > _MOST_CANDIDATES:
            raise _Park(
                [candidates[0].path],
                f"and more than {_MOST_CANDIDATES} others may be the time; one is wanted",
            )
        utc = self._writings.clocks_in_utc
        reads = [
            self._read(one) for one in joined(candidates, zone=self._reading.timezone, clocks_in_utc=utc)
        ]
        passing = said_in_passing(self._writings.entries, self._reading, self._ordered_on)
        blocked = self._blocked(reads, "date")
        if blocked is not None:
            return TimeWish(date=blocked.candidate.text, path=blocked.candidate.path)
        window = self._window(reads)
        if window is not None:
            return window
        day = self._weekday(reads, passing, self._day_in_passing(passing, self._day(reads)))
        blocked = self._blocked(reads, "time")
        if blocked is not None:
            iso = day.value.isoformat() if day is not None else ""
            return TimeWish(date=iso, time=blocked.candidate.text, path=blocked.candidate.path)
        hours = self._hours_in_passing(passing, self._hours(reads))
        self._require_no_doubt(reads, day, hours)
        paths = dict.fromkeys(taken.path for taken in (day, hours) if taken is not None)
        if day is None and hours is None:
            return None
        return TimeWish(
            date=day.value.isoformat() if day is not None else "",
            time=written(hours.value) if hours is not None else "",
            path=", ".join(paths),
        )

    # --- reading --------------------------------------------------------------------------------

    def _read(self, one: Candidate) -> _Read:
        found = self._unnoted(one)
        if found.error:
            self._note(one.path, f"not read: {found.error}")
        return found

    def _unnoted(self, one: Candidate) -> _Read:
        weekday = self._weekdays.get(plain_text(one.text).strip(" .,"))
        if weekday is not None:
            return _Read(one, weekday=weekday)
        if one.text.isdecimal() and (
            one.rank > Rank.CERTAIN or (one.role != "time" and one.rank > Rank.NAMED)
        ):
            return _Read(one, error=_NUMBER)
        if one.rank not in _SURE and not any(character.isdigit() for character in one.text):
            part_of_a_day = one.role != "date" and bool(PARTS_OF_A_DAY & set(words_of(one.text)))
            return self._read_as(one, time=True) if part_of_a_day else _Read(one, error="no day and no hour")
        if one.role != "both":
            return self._read_as(one, time=one.role == "time")
        found = self._read_as(one, time=False)
        return self._read_as(one, time=True) if found.error else found

    def _read_as(self, one: Candidate, *, time: bool) -> _Read:
        try:
            return _Read(one, self._reader.read(one.text, beside_a_date=True if time else None))
        except Unreadable as error:
            return _Read(one, error=error.sentence)

    def _note(self, path: str, why: str) -> None:
        self.seen.append(PassedOver(path, why))

    def _blocked(self, reads: Sequence[_Read], role: str) -> _Read | None:
        """Return what is surely the day (or the time) and cannot be read, unless its neighbour says it.

        A value that has nothing of a day under a label of many words is no choice: "Delivery date: see
        below".
        """
        named = any(one.candidate.rank is Rank.NAMED and one.candidate.role == role for one in reads)
        for one in reads:
            here = one.candidate
            sure = here.rank in _SURE or (role == "time" and _speaks_of_hours(here))
            if one.error in ("", _NUMBER) or not sure or here.role not in (role, "both"):
                continue
            if named and here.rank is not Rank.NAMED:
                continue
            if not any(
                other.candidate.holder == here.holder
                and other.candidate.rank <= (Rank.STAMP if here.rank is not Rank.NAMED else Rank.NAMED)
                and (other.choice.window or (other.choice.day if role == "date" else other.choice.hours))
                for other in reads
            ):
                return one
        return None

    # --- a window -------------------------------------------------------------------------------

    def _window(self, reads: Sequence[_Read]) -> TimeWish | None:
        """Return a choice in instants, which is a day and its hours in one."""
        found: dict[TimeWindow, str] = {}
        for one in reads:
            if one.choice.window is not None and one.candidate.rank <= Rank.LIKELY:
                found.setdefault(one.choice.window, one.candidate.path)
        if not found:
            return None
        window, path = next(iter(found.items()))
        day = window.after.astimezone(self._reading.timezone).date()
        other = self._day(reads)
        if len(found) > 1 or (other is not None and other.value != day):
            raise _Park([*found.values(), other.path if other else path], "name two times; one is wanted")
        self._note(path, f"taken: {shown(day)}, from one instant to another")
        return TimeWish(window=window, path=path)

    # --- the day --------------------------------------------------------------------------------

    def _day(self, reads: Sequence[_Read]) -> _Taken[date] | None:
        taken: _Taken[date] | None = None
        for rank in (Rank.NAMED, Rank.CERTAIN, Rank.STAMP, Rank.LIKELY):
            here = self._day_of([one for one in reads if one.candidate.rank is rank])
            if here is None:
                continue
            if taken is None:
                self._note(here.path, f"taken: {shown(here.value)}")
                taken = here
            elif here.value == taken.value:
                self._note(here.path, "passed over: says the same day")
            elif taken.rank is Rank.NAMED or rank is Rank.STAMP or here.value == self._ordered_on:
                self._note(here.path, "passed over: a surer name says the day")
            else:
                raise _two_days(taken, here)
        return taken

    def _day_of(self, tier: Sequence[_Read]) -> _Taken[date] | None:
        days: dict[date, list[_Read]] = {}
        for one in tier:
            day = one.choice.day
            if day is None:
                continue
            if one.candidate.rank in _SURE or day >= self._ordered_on:
                days.setdefault(day, []).append(one)
            else:
                self._note(one.candidate.path, "passed over: is a day before the order")
        if len(days) > 1:
            days = _without_swapped(days)
        taken = [_Taken(day, said[0].candidate.path, said[0].candidate.rank) for day, said in days.items()]
        if len(taken) > 1:
            raise _two_days(*taken[:2])
        return taken[0] if taken else None

    def _day_in_passing(self, passing: Sequence[Said], taken: _Taken[date] | None) -> _Taken[date] | None:
        for said in passing:
            if said.day is not None:
                taken = taken or self._take(said, said.day, shown(said.day))
                if taken.value != said.day:
                    raise _two_days(taken, _Taken(said.day, said.path, Rank.LIKELY))
        return taken

    def _take(self, said: Said, value: T, words: str) -> _Taken[T]:
        self._note(said.path, f"taken: {words}")
        return _Taken(value, said.path, Rank.LIKELY)

    def _weekday(
        self, reads: Sequence[_Read], passing: Sequence[Said], taken: _Taken[date] | None
    ) -> _Taken[date] | None:
        """Compare weekdays alone ("Delivery Day: Friday") with the day, or take the next such day."""
        named = {
            one.weekday: one.candidate.path for one in reads if one.weekday is not None and _is_sure(one)
        }
        named |= {said.weekday: said.path for said in passing if said.weekday is not None}
        if not named:
            return taken
        if len(named) > 1:
            raise _Park(named.values(), "name two weekdays; one is wanted")
        weekday, path = next(iter(named.items()))
        if taken is not None:
            if taken.value.weekday() != weekday:
                raise _Park([path, taken.path], f"name another weekday than that of {shown(taken.value)}")
            return taken
        ahead = (weekday - self._ordered_on.weekday()) % 7
        if ahead == 0:
            raise _Park([path], "names the weekday of the order: today, or in a week? Ask the customer")
        day = self._ordered_on + timedelta(days=ahead)
        self._note(path, f"taken: {shown(day)}, the next such weekday")
        return _Taken(day, path, Rank.LIKELY)

    # --- the time of day ------------------------------------------------------------------------

    def _hours(self, reads: Sequence[_Read]) -> _Taken[Hours] | None:
        taken: _Taken[Hours] | None = None
        for rank in (Rank.NAMED, Rank.CERTAIN, Rank.LIKELY):
            for one in reads:
                hours = one.choice.hours
                if hours is None or hours == Hours(0, None) or one.candidate.rank is not rank:
                    continue
                here = _Taken(hours, one.candidate.path, rank)
                if taken is None:
                    self._note(here.path, f"taken: {written(hours)}")
                    taken = here
                elif (both := agreed(taken.value, hours)) is not None:
                    taken = _Taken(both, taken.path, taken.rank)
                elif taken.rank is Rank.NAMED or (rank is Rank.LIKELY and hours.ends is None):
                    self._note(here.path, "passed over: a surer name says the time")
                else:
                    raise _two_times(taken, here)
        return taken

    def _hours_in_passing(self, passing: Sequence[Said], taken: _Taken[Hours] | None) -> _Taken[Hours] | None:
        for said in passing:
            if said.hours is not None:
                taken = taken or self._take(said, said.hours, written(said.hours))
                if said.place == "tag" and agreed(taken.value, said.hours) is None:
                    raise _two_times(taken, _Taken(said.hours, said.path, Rank.LIKELY))
        return taken

    # --- what is left ---------------------------------------------------------------------------

    def _require_no_doubt(
        self, reads: Sequence[_Read], day: _Taken[date] | None, hours: _Taken[Hours] | None
    ) -> None:
        """Park what looks like a chosen day, or like its hours, under a name that is not sure enough."""
        settled = bool(self._writings.date_name)
        for one in reads:
            if one.candidate.rank is not Rank.DOUBTFUL or one.error:
                continue
            chosen, clock = one.choice.day, one.choice.hours
            if day is None and not settled and chosen is not None and chosen > self._ordered_on:
                raise self._doubt(one.candidate, "day", shown(chosen), self._writings.date_setting)
            is_range = clock is not None and clock.begins is not None and clock.ends is not None
            if (
                hours is None
                and clock is not None
                and is_range
                and not (settled and self._writings.time_name)
            ):
                raise self._doubt(one.candidate, "time", written(clock), self._writings.time_setting)
            self._note(
                one.candidate.path, "passed over: another name says it, or it is no time of a delivery"
            )

    def _doubt(self, one: Candidate, what: str, value: str, setting: str) -> _Park:
        mend = f'write {setting} = "{one.label}"' if setting else "name its field"
        none = f' and if buyers choose none, {setting} = "-"' if setting else ""
        if setting.startswith("fields."):  # which are expressions
            mend = f"write {setting} = '{one.path}'"
            none = f""" and if buyers choose none, {setting} = "''\""""
        return _Park(
            [one.path],
            f"{value} looks like a chosen {what} of delivery under a name that is not known; if it is, "
            f"{mend}{none}",
        )


# --- words for sentences, and small sums ----------------------------------------------------------


def _is_sure(one: _Read) -> bool:
    return one.candidate.rank <= Rank.LIKELY


def _speaks_of_hours(one: Candidate) -> bool:
    """Tell whether a value under "Time" alone is one that a connection may explain: "Morning", "4-6"."""
    if one.rank is not Rank.LIKELY or one.role == "date":
        return False
    return bool(PARTS_OF_A_DAY & set(words_of(one.text))) or bool(_BARE_RANGE.fullmatch(one.text))


def _two_days(first: _Taken[date], second: _Taken[date]) -> _Park:
    return _Park(
        [first.path, second.path],
        f"name two days, {shown(first.value)} and {shown(second.value)}; one is wanted, ask the customer",
    )


def _two_times(first: _Taken[Hours], second: _Taken[Hours]) -> _Park:
    return _Park(
        [first.path, second.path],
        f"name two times of day, {written(first.value)} and {written(second.value)}; one is wanted",
    )


def _without_swapped(days: dict[date, list[_Read]]) -> dict[date, list[_Read]]:
    """Leave out a day whose day and month, the other way round, are one in ISO 8601 of the same place."""
    certain = {
        (one.candidate.holder, day): day
        for day, said in days.items()
        for one in said
        if one.candidate.text.startswith(day.isoformat())
    }
    kept = {}
    for day, said in days.items():
        holders = {one.candidate.holder for one in said}
        twins = [
            other
            for (holder, other) in certain
            if holder in holders and (other.month, other.day, other.year) == (day.day, day.month, day.year)
        ]
        if not twins or any(one.candidate.text.startswith(day.isoformat()) for one in said):
            kept[day] = said
    return kept


def shown(day: date) -> str:
    """Write a day in a way that nobody reads the other way round."""
    return f"{day:%a} {day.day} {day:%B %Y}"
