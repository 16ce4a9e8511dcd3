"""What of an order's names and values may be the buyer's choice of time, and what each of them says.

Pure, and bounded: of a hostile order only the first values are looked at, and of each the first characters.
Here a name is judged by its words and a value is read; :mod:`bridge.schedule.find_chosen_time` decides
between several.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from itertools import islice
from zoneinfo import ZoneInfo

from bridge.model import Writings, Written
from bridge.schedule.chosen_time import tidy
from bridge.schedule.programs import key_of
from bridge.schedule.vocabulary import NOTHING, TAKES_PARTS, Name, plain_text, read_name, words_of
from bridge.text import shown_key

MOST_ENTRIES = 500
_MOST_PARTS = 24
_DEEPEST = 3
_LONGEST_VALUE = 2_000
LONGEST_TEXT = 200
NO_CHOICE = "-"  # as the connection's name of a label: buyers choose no time here


class Rank(IntEnum):
    """How sure it is that a name holds a choice of the time of delivery; the surest first."""

    NAMED = 0  # by the connection
    CERTAIN = 1  # "Delivery Date", or a program's own key
    STAMP = 2  # a program's Unix time of the day, which it writes beside the day itself
    LIKELY = 3  # "Date", "Time Slot", "When?"
    DOUBTFUL = 4  # "Date of the party"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One name and value that may hold the choice; ``role`` is "date", "time" or "both"."""

    name: Name
    label: str
    text: str
    path: str
    place: str
    holder: int
    role: str
    rank: Rank


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A name that speaks of a day or an hour, or a value that looks like one, and why it is no choice."""

    path: str
    why: str


# --- values -------------------------------------------------------------------------------------


def flat(entry: Written) -> Iterator[Written]:
    """Yield the texts of an entry, each under a name: a list's by its own, an object's by both."""
    yield from _flat(entry, depth=0)


def _flat(entry: Written, depth: int) -> Iterator[Written]:
    value = entry.value
    if isinstance(value, str):
        if (slot := _slot(entry.name, value)) is not None:
            yield from (replace(entry, name=name, value=text) for name, text in slot.items())
            return
        parsed = _json(value) if depth == 0 else None
        if parsed is not None:
            yield from _flat(replace(entry, value=parsed), depth + 1)
        elif value.strip():
            yield replace(entry, value=value[: LONGEST_TEXT + 1].strip())
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15:
        yield replace(entry, value=str(value))
    elif depth < _DEEPEST:
        for part in _parts(entry):
            yield from _flat(part, depth + 1)


def _parts(entry: Written) -> Iterator[Written]:
    value = entry.value
    if isinstance(value, list):
        if len(value) == 2 and all(isinstance(one, str) and _CLOCK.fullmatch(one.strip()) for one in value):
            value = [" - ".join(one.strip() for one in value)]
        yield from (replace(entry, value=one) for one in value[:_MOST_PARTS])
    elif isinstance(value, Mapping):
        for key, one in list(value.items())[:_MOST_PARTS]:
            yield replace(entry, name=f"{entry.name} {key}", value=one, path=f"{entry.path}.{shown_key(key)}")


_CLOCK = re.compile(r"\d{1,2}[:.h]\d\d(?::\d\d)?(?:\s?[ap]\.?m\.?)?", re.IGNORECASE | re.ASCII)


def _json(text: str) -> object:
    """Read JSON in a text, as some plugins keep their choice; ``None`` for anything else."""
    text = text.strip()
    if not text or text[0] not in "{[" or len(text) > _LONGEST_VALUE:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


_SLOT = re.compile(r"(?:[A-Za-z]=[^;=]{0,60};?\s?){2,8}")


def _slot(name: str, text: str) -> Mapping[str, str] | None:
    """Read Bird's "M=D;L=1;D=2026-11-27;T=9:00 AM - 6:00 PM"; with another M than D it is no delivery."""
    if "slot" not in "".join(words_of(name)) or not _SLOT.fullmatch(text.strip()):
        return None
    parts = dict(part.strip().split("=", 1) for part in text.split(";") if "=" in part)
    if parts.get("M", "D").strip().upper() != "D":
        return {}
    return {"delivery date": parts.get("D", ""), "delivery time": parts.get("T", "")}


def says_nothing(text: str) -> bool:
    """Tell whether a value is what stands where nothing was chosen: "-", "n/a", "no"."""
    return " ".join(text.casefold().split()).strip(" .!") in NOTHING


_TAKES = re.compile(
    r"\D{0,20}?(?:\d{1,3}\s?(?:-|/|a|to|bis|tot|til|do)\s?)?(\d{1,3})\s?\+?\s?([^\W\d]{1,14})(?:\W{1,3}[^\W\d]{1,14}){0,2}\W*"
)
_HOURS_OF_A_DAY = 24


def takes(text: str) -> bool:
    """Tell whether a value says how long deliveries take, "2-3 Werktage" or "24/48h", not when one comes."""
    match = _TAKES.fullmatch(plain_text(tidy(text))) if len(text) <= 60 else None
    if match is None:
        return False
    return (
        match[2] == "min"
        or match[2].startswith(TAKES_PARTS)
        or (match[2][0] in "hu" and int(match[1]) > _HOURS_OF_A_DAY)
    )


def in_words(text: str, role: str, *, zone: ZoneInfo, clocks_in_utc: bool) -> str:
    """Write a number that stands for a day or an hour as people would; any other text stays as it is."""
    if not text.isascii() or not text.isdecimal():
        return _with_minutes(text) if role == "time" else text
    if len(text) == 8 and text.startswith("20"):
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if len(text) not in (9, 10, 12, 13):
        return text
    seconds = int(text) // (1000 if len(text) > 10 else 1)
    moment = datetime.fromtimestamp(seconds, UTC)
    local = moment.astimezone(zone)
    if role == "time":
        clock = moment if clocks_in_utc else local
        return f"{clock:%H:%M}" if clocks_in_utc else f"{clock:%Y-%m-%dT%H:%M:%S%z}"
    if (moment.hour, moment.minute) in ((0, 0), (0, 1)):
        return f"{moment:%Y-%m-%d}"
    if (local.hour, local.minute) in ((0, 0), (0, 1)):
        return f"{local:%Y-%m-%d}"
    if clocks_in_utc:
        # The wall clock of the site, or its midnight seen from UTC: the day either way. Within eleven hours
        # of a midnight nothing tells them apart, but the time of day then stands in a key of its own.
        nearest = moment + timedelta(hours=12) if moment.hour >= 22 else moment
        return f"{nearest:%Y-%m-%d}"
    return f"{local:%Y-%m-%dT%H:%M:%S%z}"


_BARE_RANGE = re.compile(r"(\d{1,2})\s?-\s?(\d{1,2})", re.ASCII)
_EARLIEST_HOUR = 7  # "4-6" is in the afternoon, or at night


def _with_minutes(text: str) -> str:
    """Write "16-18", which a time of delivery may be, as hours; a range that may be of both halves stays."""
    match = _BARE_RANGE.fullmatch(text)
    if match is None or not _EARLIEST_HOUR <= int(match[1]) < int(match[2]) <= _HOURS_OF_A_DAY:
        return text
    return f"{match[1]}:00 - {match[2]}:00"


# --- names --------------------------------------------------------------------------------------


def candidates_of(writings: Writings) -> tuple[list[Candidate], list[PassedOver]]:
    """Return what may be a choice, and what is passed over though it speaks of a time or looks like one."""
    found: list[Candidate] = []
    passed: list[PassedOver] = []
    seen: set[tuple[object, ...]] = set()
    names = tuple(words_of(name) for name in (writings.date_name, writings.time_name))
    if NO_CHOICE in (writings.date_name.strip(), writings.time_name.strip()):
        return [], [PassedOver(writings.date_setting or writings.time_setting, "buyers choose no time here")]
    entries = (entry for entry in writings.entries[:MOST_ENTRIES] if entry.place not in ("method", "tag"))
    for one in islice((part for entry in entries for part in flat(entry)), MOST_ENTRIES):
        text = str(one.value)
        name = read_name(one.name)
        if (key := (name.words, text, one.holder)) in seen:
            continue
        seen.add(key)
        judged = _judge(name, one, text, names)
        if isinstance(judged, Candidate):
            found.append(judged)
        elif judged:
            passed.append(PassedOver(one.path, judged))
    return found, passed


def _judge(name: Name, one: Written, text: str, own: tuple[tuple[str, ...], ...]) -> Candidate | str:
    """Make a candidate, or say why it is none; "" for what is not worth a word."""
    if name.words and name.words in own:
        return _candidate(name, one, text, "date" if name.words == own[0] else "time", Rank.NAMED)
    known = key_of(name.words)
    if known is not None:
        rank = Rank.STAMP if known.stamp else Rank.CERTAIN
        if says_nothing(text) or takes(text):
            return "says nothing of a day or an hour"
        return _candidate(name, one, text, known.role, rank)
    why = _no_choice(name, one, text)
    return why if why is not None else _candidate(name, one, text, *_ranked(name, one))


def _candidate(name: Name, one: Written, text: str, role: str, rank: Rank) -> Candidate:
    return Candidate(name, clean_label(one.name), text, one.path, one.place, one.holder, role, rank)


def _no_choice(name: Name, one: Written, text: str) -> str | None:
    """Say why a name with its value is no choice; ``None`` where it may be one."""
    if not (name.delivery or name.date or name.time or one.place == "question"):
        return "its name says nothing of a delivery" if _DATE_LIKE.search(text) else ""
    if name.other:
        return name.other if _DATE_LIKE.search(text) or name.date else ""
    if name.collection and not name.delivery:
        return "is about collecting"
    if says_nothing(text) or takes(text):
        return "says nothing of a day or an hour" if name.date or name.time else ""
    return None


def _ranked(name: Name, one: Written) -> tuple[str, Rank]:
    role = "both" if name.date == name.time else "date" if name.date else "time"
    weaker = Rank.LIKELY if name.plain else Rank.DOUBTFUL
    if name.delivery and (name.date or name.time or name.edge):
        return ("time" if name.edge and not name.date else role), Rank.CERTAIN
    if one.place == "question":
        return "date", Rank.CERTAIN if name.delivery else weaker
    return role, weaker


_DATE_LIKE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\b\d{10}\b", re.ASCII)


def clean_label(label: str) -> str:
    """Write a label fit for a sentence."""
    return " ".join(shown_key(label).split())


# --- both ends of a time ------------------------------------------------------------------------


def joined(candidates: list[Candidate], *, zone: ZoneInfo, clocks_in_utc: bool) -> list[Candidate]:
    """Put the two ends of a time into one text; numbers become the days and hours that they stand for."""
    ends: dict[tuple[object, ...], dict[str, Candidate]] = {}
    found: list[Candidate] = []
    for one in candidates:
        plain = replace(one, text=in_words(tidy(one.text), one.role, zone=zone, clocks_in_utc=clocks_in_utc))
        if one.name.edge and one.role != "date":
            ends.setdefault((one.name.stem, one.holder, one.place), {}).setdefault(one.name.edge, plain)
        else:
            found.append(plain)
    return found + [_one_time(pair) for pair in ends.values()]


def _one_time(ends: dict[str, Candidate]) -> Candidate:
    if len(ends) == 1:
        edge, only = next(iter(ends.items()))
        return only if edge == "from" else replace(only, text=f"until {only.text}")
    first, last = ends["from"], ends["to"]
    moments = all(re.match(r"\d{4}-\d\d-\d\d[T ]", one.text) for one in (first, last))
    text = f"{first.text}/{last.text}" if moments else f"{first.text} - {last.text}"
    return replace(first, text=text, path=f"{first.path}, {last.path}")
