"""The samples of each sender under ``events/webhooks``, and orders of nobody that are made from them."""

from __future__ import annotations

import re
import secrets
import string
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from bridge_laptop.checkout import ROOT

SAMPLES = ROOT / "events" / "webhooks"
WRITTEN_AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # when the senders of the samples sent them
DELIVERY, CANCELLED = "delivery", "ignored: cancelled"  # what a sample says that becomes of it
TEST_NAME = b"#bridge-test"  # what people call an order that is made here

_WEEK = timedelta(days=7)
_KEPT_BOOK = timedelta(hours=12)  # times so near to WRITTEN_AT are a shop's own; later ones a customer chose
_TIME = re.compile(
    rb"(?<!\d)(\d{4}-\d\d-\d\d)(?:([T ])(\d\d:\d\d)(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)?)?(?!\d)"
)
_NAME = re.compile(rb'("name"\s*:\s*)"#\d+"')


@dataclass(frozen=True, slots=True)
class Sample:
    """One file, and what is said of it in ``samples.toml``."""

    file: Path
    topic: str
    expect: str


@cache
def samples_of(source: str) -> tuple[Sample, ...]:
    """Return a sender's samples that have a topic."""
    file = SAMPLES / source / "samples.toml"
    if not file.exists():
        return ()
    table = tomllib.loads(file.read_text(encoding="utf-8"))
    return tuple(
        Sample(file.parent / name, str(each["topic"]), str(each.get("expect", "")))
        for name, each in table.items()
        if "topic" in each
    )


def first(source: str, expect: str) -> Sample | None:
    """Return a sender's first sample of which that becomes."""
    return next((sample for sample in samples_of(source) if sample.expect == expect), None)


def answers_of_api(source: str) -> dict[str, bytes]:
    """Return what the sender's API answers for its samples, by path and query."""
    file = SAMPLES / source / "samples.toml"
    table = tomllib.loads(file.read_text(encoding="utf-8")).get("api", {}) if file.exists() else {}
    return {route: (file.parent / name).read_bytes() for route, name in table.items()}


# --- an order of nobody ---------------------------------------------------------------------------


def new_id(order_id: str) -> str:
    """Return an id that no shop has given, with the characters of one that it has.

    Ids of digits get thirteen, letters of hexadecimal ids stay hexadecimal.
    """
    if order_id.isascii() and order_id.isdigit():
        return "9" + "".join(secrets.choice(string.digits) for _ in range(12))
    letters = "abcdef" if re.fullmatch(r"[0-9a-f-]+", order_id) else string.ascii_lowercase
    drawn = (
        secrets.choice(string.digits)
        if each.isdigit()
        else secrets.choice(letters)
        if each.isalpha()
        else each
        for each in order_id.ljust(12, "a")
    )
    return "".join(drawn)


def of_order(body: bytes, order_id: str, new: str) -> bytes:
    """Return a body about another order, which people call by a name that says it is a test."""
    whole = re.compile(rb"(?<![\w.-])" + re.escape(order_id.encode()) + rb"(?![\w.-])")
    return _NAME.sub(rb'\1"' + TEST_NAME + b'"', whole.sub(new.encode(), body))


def as_of(body: bytes, now: datetime) -> bytes:
    """Return a sample as if it had been written now.

    Times that a shop writes move so that the last of them is ``now``; those that a customer chose move by
    whole weeks into the future, so that weekday and hour stay.
    """
    books = [at for at in map(_at, _TIME.finditer(body)) if at is not None and at - WRITTEN_AT < _KEPT_BOOK]
    moved = now - max(books, default=WRITTEN_AT)
    weeks = _WEEK * -((WRITTEN_AT - now) // _WEEK)  # rounded up

    def move(match: re.Match[bytes]) -> bytes:
        at = _at(match)
        if at is None or at - WRITTEN_AT >= _KEPT_BOOK:
            return _written(match, weeks)
        return _written(match, moved)

    return _TIME.sub(move, body)


def _at(match: re.Match[bytes]) -> datetime | None:
    """Return the moment that a text means, UTC where it says no offset; ``None`` for a day."""
    if not match[3]:
        return None
    day, _, clock, seconds, _, offset = (part.decode() if part else "" for part in match.groups())
    moment = datetime.fromisoformat(f"{day}T{clock}{seconds}{offset}")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _written(match: re.Match[bytes], by: timedelta) -> bytes:
    """Return a time as it was written, moved."""
    day, between, clock, seconds, fraction, offset = (
        part.decode() if part else "" for part in match.groups()
    )
    if not clock:
        return (datetime.fromisoformat(day) + by).date().isoformat().encode()
    moved = datetime.fromisoformat(f"{day}T{clock}{seconds}") + by
    form = f"%Y-%m-%d{between}%H:%M" + (":%S" if seconds else "")
    return (moved.strftime(form) + fraction + offset).encode()
