"""Explicit readers for foreign JSON: nothing else in a source touches a value of unknown type.

Two families. The plain readers are for fields a delivery needs: null and absent give the empty
value, another type raises :class:`~bridge.errors.UnmappableOrder` with the field's path in the sender's
terms. The ``optional_`` ones tolerate everything and give the empty value instead.
"""

from __future__ import annotations

import gc
import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn

from bridge.errors import MalformedWebhook, UnmappableOrder
from bridge.text import shown_key

_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_RFC_3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\s?(?:(Z|UTC|GMT)|([+-]\d\d):?(\d\d))",
    re.ASCII | re.IGNORECASE,
)
_EARLIEST, _LATEST = 946_684_800, 7_258_118_400  # the years 2000 and 2200, in Unix seconds
_EPOCH = re.compile(r"\d{9,10}(?:\.\d{1,9})?|\d{12,13}|\d{15,16}", re.ASCII)
_LONGEST_MOMENT = 60
LONGEST_TEXT = 100_000  # of a document, in characters; more is no note, and costs whoever looks at it
MOST_VALUES = 150_000  # of a document, by its commas and brackets: Shopify's orders would be of 3 MB
MOST_MEMBERS = 20_000  # of one list or object of a document
MOST_CHILDREN = 5000  # of one list: the lines of an order, the questions of a form


def load_object(raw: bytes, *, whole: str = "") -> dict[str, object]:
    """Read a body that must be one JSON object in UTF-8, perhaps behind a byte order mark.

    ``whole`` names the member that holds another document as a text, which is not cut.

    Raises:
        MalformedWebhook: ``empty_body``, ``not_utf8``, ``not_an_object``, or what :func:`parse_json` says.

    """
    if not raw.strip():
        raise MalformedWebhook("empty_body")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise MalformedWebhook("not_utf8") from exc
    document = parse_json(text, whole=whole)
    if not isinstance(document, dict):
        raise MalformedWebhook("not_an_object")
    return document


def parse_json(text: str, *, whole: str = "") -> object:
    """Read a text that must be JSON; its texts are cut at :data:`LONGEST_TEXT`, but the member ``whole``.

    All bounds stand here, where no source can forget them: whatever is behind this looks at what is left.

    Raises:
        MalformedWebhook: ``not_json`` (also NaN, numbers of thousands of digits, absurd nesting, half a
            surrogate pair), ``too_many_values``.

    """
    if sum(map(text.count, ",[{")) > MOST_VALUES:
        raise MalformedWebhook("too_many_values")
    try:
        with _without_collections():
            document = json.loads(text, parse_constant=_refuse_constant)
        if _ESCAPED_SURROGATE.search(text):
            json.dumps(document, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as exc:  # UnicodeEncodeError is a ValueError
        raise MalformedWebhook("not_json") from exc
    if len(text) > MOST_MEMBERS and isinstance(document, dict | list):
        kept = document.get(whole) if isinstance(document, dict) else None
        _bound(document)
        if isinstance(document, dict) and isinstance(kept, str):
            document[whole] = kept
    return document


def _bound(document: object) -> None:
    """Cut the texts in a document, in their places, and refuse a list or an object that is too long."""
    holders: list[Any] = [document]
    while holders:
        holder = holders.pop()
        if len(holder) > MOST_MEMBERS:
            raise MalformedWebhook("too_many_values")
        for key, value in holder.items() if isinstance(holder, dict) else enumerate(holder):
            if isinstance(value, str):
                if len(value) > LONGEST_TEXT:
                    holder[key] = value[:LONGEST_TEXT]
            elif value and isinstance(value, dict | list):
                holders.append(value)


@contextmanager
def _without_collections() -> Iterator[None]:
    """Keep the garbage collector from looking at a document again and again while it grows.

    JSON has no cycles to be found, and in one of megabytes the search takes three quarters of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def json_inside(text: str) -> object:
    """Return the object or the list that a text holds as JSON; ``None`` for any other text."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        return parse_json(text)
    except MalformedWebhook:
        return None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


LARGEST_ID = 2**63 - 1  # of a database that numbers its orders


def whole_id(value: object) -> str:
    """Return a number that a shop's database gave to an order, as a text.

    Raises:
        MalformedWebhook: ``order_id_malformed``.

    """
    # A bool is an int to Python, and a float has lost digits already.
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= LARGEST_ID:
        raise MalformedWebhook("order_id_malformed")
    return str(value)


def parse_rfc3339(text: str) -> datetime:
    """Read "2026-11-23T10:12:08+01:00", with up to nanoseconds, which are cut to microseconds.

    The offset may stand behind a blank and without its colon, as Ruby and many databases write it.

    Raises:
        ValueError: another form, no offset, or a year that no order has.

    """
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 date and time with an offset")
    day, time, fraction, zulu, hours, minutes = match.groups()
    micros = (fraction or "0")[:6].ljust(6, "0")
    offset = "+00:00" if zulu else f"{hours}:{minutes}"
    return _plausible(datetime.fromisoformat(f"{day}T{time}.{micros}{offset}"))


def moment_of(value: object) -> datetime | None:
    """Read a moment as programs write it; ``None`` for everything else, also for one without an offset.

    Known are RFC 3339, RFC 5322 ("Mon, 23 Nov 2026 09:12:08 +0000"), and Unix time in seconds, milliseconds
    or microseconds, as a number or as a text.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = (
        value.strip() if isinstance(value, str) else str(value)[:_LONGEST_MOMENT] if _is_short(value) else ""
    )
    if len(text) > _LONGEST_MOMENT:
        return None
    if _EPOCH.fullmatch(text):
        return _of_epoch(text)
    for parse in (parse_rfc3339, parsedate_to_datetime):
        try:
            moment = parse(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return _plausible(moment) if moment.tzinfo is not None and 2000 <= moment.year <= 2200 else None
    return None


def _is_short(number: float) -> bool:
    """Tell whether a number can be written at all: Python refuses to write one of thousands of digits."""
    return abs(number) < 10**20


def _of_epoch(text: str) -> datetime | None:
    whole = text.partition(".")[0]
    factor = 1 if len(whole) <= 10 else 10**3 if len(whole) <= 13 else 10**6
    micros = int(float(text) * 10**6) if factor == 1 else int(text) * (10**6 // factor)
    if not _EARLIEST * 10**6 <= micros < _LATEST * 10**6:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


def _plausible(moment: datetime) -> datetime:
    if not 2000 <= moment.year <= 2200:
        raise ValueError("a year that no order has")
    return moment


def finite_number(value: object) -> float | None:
    """Return a JSON number that is finite as a float, too; ``None`` for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def kind(value: object) -> str:
    """Name the JSON type of a value, for messages: never the value itself."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "an object"


@dataclass(frozen=True, slots=True)
class Fields:
    """One object of a foreign document, with its path there ("" for the whole)."""

    values: Mapping[str, object]
    path: str = ""

    def path_of(self, key: str) -> str:
        """Return the path of ``key`` in the document, as messages quote it: "shipping_address.zip"."""
        shown = shown_key(key)
        return f"{self.path}.{shown}" if self.path else shown

    def refuse(self, key: str, message: str) -> UnmappableOrder:
        """Make the error that names ``key``; the caller raises it."""
        return UnmappableOrder(self.path_of(key), message)

    def _wrong(self, key: str, wanted: str) -> UnmappableOrder:
        return self.refuse(key, f"should be {wanted}, but is {kind(self.values[key])}")

    def text(self, key: str) -> str:
        """Return a text, stripped; "" when absent or null."""
        value = self.values.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self._wrong(key, "a text")
        return value.strip()

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false; ``default`` when absent or null."""
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def count(self, key: str, *, at_most: int) -> int | None:
        """Return a whole number from 0 to ``at_most``; ``None`` when absent or null."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(key, "a whole number")
        if not 0 <= value <= at_most:
            raise self.refuse(key, f"should be between 0 and {at_most}")
        return value

    def moment(self, key: str) -> datetime:
        """Return a date and time with offset, which must be there."""
        text = self.text(key)
        if not text:
            raise self.refuse(key, "is missing")
        try:
            return parse_rfc3339(text)
        except ValueError as exc:
            raise self.refuse(key, "should be a date and time with an offset (RFC 3339)") from exc

    def child(self, key: str) -> Fields | None:
        """Return the object under ``key``; ``None`` when absent or null."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self._wrong(key, "an object")
        return Fields(value, self.path_of(key))

    def children(self, key: str) -> list[Fields]:
        """Return the objects of the list under ``key``; none when absent or null."""
        value = self.values.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._wrong(key, "a list")
        if len(value) > MOST_CHILDREN:
            raise self.refuse(key, f"should be at most {MOST_CHILDREN} objects, but is {len(value)}")
        for index, one in enumerate(value):
            if not isinstance(one, dict):
                raise self.refuse(f"{key}[{index}]", "should be an object")
        return [Fields(one, f"{self.path_of(key)}[{index}]") for index, one in enumerate(value)]

    def optional_text(self, key: str) -> str:
        """Return a text, stripped; "" when it is anything else."""
        value = self.values.get(key)
        return value.strip() if isinstance(value, str) else ""

    def optional_count(self, key: str, *, at_most: int) -> int:
        """Return a whole number from 0 to ``at_most``; 0 when it is anything else."""
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= at_most:
            return 0
        return value

    def optional_number(self, key: str) -> float | None:
        """Return a finite number; ``None`` when it is anything else."""
        return finite_number(self.values.get(key))

    def optional_moment(self, key: str) -> datetime | None:
        """Return a date and time with offset; ``None`` when it is anything else."""
        try:
            return parse_rfc3339(self.optional_text(key))
        except ValueError:
            return None

    def optional_child(self, key: str) -> Fields:
        """Return the object under ``key``; an empty one when it is anything else."""
        value = self.values.get(key)
        return Fields(value if isinstance(value, dict) else {}, self.path_of(key))

    def optional_children(self, key: str) -> list[Fields]:
        """Return the objects in the list under ``key``: not what is something else, nor too many."""
        value = self.values.get(key)
        if not isinstance(value, list):
            return []
        path, found = self.path_of(key), enumerate(value[:MOST_CHILDREN])
        return [Fields(one, f"{path}[{index}]") for index, one in found if isinstance(one, dict)]
