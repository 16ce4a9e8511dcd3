"""Explicit readers for foreign JSON: nothing else in a source touches a value of unknown type.

Two families. The plain readers are for fields a delivery needs: null and absent give the empty
value, another type raises :class:`~bridge.errors.UnmappableOrder` with the field's path in the sender's
terms. The ``optional_`` ones tolerate everything and give the empty value instead.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from bridge.errors import MalformedWebhook, UnmappableOrder

_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_RFC_3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:([Zz])|([+-]\d\d:\d\d))", re.ASCII
)


def load_object(raw: bytes) -> dict[str, object]:
    """Read a body that must be one JSON object in UTF-8.

    Raises:
        MalformedWebhook: ``empty_body``, ``not_utf8``, ``not_json`` (also NaN, numbers of thousands of
            digits, absurd nesting, half a surrogate pair) or ``not_an_object``.

    """
    if not raw.strip():
        raise MalformedWebhook("empty_body")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise MalformedWebhook("not_utf8") from exc
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
        if _ESCAPED_SURROGATE.search(raw):
            json.dumps(document, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as exc:  # UnicodeEncodeError is a ValueError
        raise MalformedWebhook("not_json") from exc
    if not isinstance(document, dict):
        raise MalformedWebhook("not_an_object")
    return document


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

    Raises:
        ValueError: another form, no offset, or a year that no order has.

    """
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise ValueError("not an RFC 3339 date and time with an offset")
    day, time, fraction, zulu, offset = match.groups()
    micros = (fraction or "0")[:6].ljust(6, "0")
    moment = datetime.fromisoformat(f"{day}T{time}.{micros}{'+00:00' if zulu else offset}")
    if not 2000 <= moment.year <= 2200:
        raise ValueError("a year that no order has")
    return moment


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
        """Return the path of ``key`` in the document: "shipping_address.zip"."""
        return f"{self.path}.{key}" if self.path else key

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
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if math.isfinite(number) else None

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
        """Return the objects in the list under ``key``, leaving out whatever is something else."""
        value = self.values.get(key)
        if not isinstance(value, list):
            return []
        path = self.path_of(key)
        return [Fields(one, f"{path}[{index}]") for index, one in enumerate(value) if isinstance(one, dict)]
