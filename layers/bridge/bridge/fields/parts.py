"""The parts of an order made of what a document holds under our names: goods, weight, chosen time.

Pure. Every reader takes what the order has otherwise, and gives it back where nothing is named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC

from bridge.document import kind, moment_of
from bridge.fields.values import Values, as_number, number_text
from bridge.model import OrderItem, TimeWindow, TimeWish

ADDRESS_PARTS = (
    *("line1", "line2", "house_number", "postcode", "city", "district", "state", "country", "country_code"),
)
COORDINATES = ("latitude", "longitude")
WISH_NAMES = ("date", "time", "after", "before")

_ITEM = ("title", "quantity", "sku", "variant", "weight_grams")
_LARGEST_QUANTITY = 10_000
_LARGEST_WEIGHT_GRAMS = 1_000_000
_MOST_ITEMS = 500
_LOCAL_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?", re.ASCII)


# --- what is carried ----------------------------------------------------------------------------


def read_items(values: Values, otherwise: tuple[OrderItem, ...]) -> tuple[OrderItem, ...]:
    """Return what is carried; packages that are named decide alone, so no item is one by its own SKU."""
    items = otherwise
    if "items" in values:
        found = values.raw("items")
        lines = found if isinstance(found, list) else [found]
        if len(lines) > _MOST_ITEMS:
            raise values.refuse("items", f"should be at most {_MOST_ITEMS} items, but is {len(lines)}")
        items = tuple(item for line in lines if (item := _item(values, line)) is not None)
    if "packages" in values:
        packages = tuple(OrderItem(name, count, sku=name) for name, count in _packages(values).items())
        items = (*(replace(item, sku="") for item in items), *packages)
    return items


def _item(values: Values, line: object) -> OrderItem | None:
    """Read one item, a text or an object; ``None`` for an empty text and for none of them."""
    if not isinstance(line, Mapping):
        if isinstance(line, bool | list):
            raise values.refuse("items", f"should be texts or objects, but one is {kind(line)}")
        title = number_text(line) if isinstance(line, int | float) else str(line or "").strip()
        return OrderItem(title, 1) if title else None
    if not ("title" in line or "sku" in line):
        raise values.refuse("items", f"has objects without title and sku; known are {', '.join(_ITEM)}")
    inner = Values(line, own={"items[]": line})
    quantity = _count(values, "items", line.get("quantity", 1))
    grams = as_number(line.get("weight_grams")) or 0
    if not 0 <= grams <= _LARGEST_WEIGHT_GRAMS:
        raise values.refuse("items", f"should have weights between 0 and {_LARGEST_WEIGHT_GRAMS} grams")
    return (
        OrderItem(
            title=inner.text("title"),
            quantity=quantity,
            sku=inner.text("sku"),
            variant=inner.text("variant"),
            weight_grams=round(grams),
        )
        if quantity
        else None
    )


def _packages(values: Values) -> dict[str, int]:
    found = values.raw("packages")
    if isinstance(found, Mapping):
        counts = {str(name): _count(values, "packages", count) for name, count in found.items()}
        return {name: count for name, count in counts.items() if count}
    names = values.texts("packages")
    return {name: names.count(name) for name in names}


def _count(values: Values, name: str, count: object) -> int:
    """Return a number of pieces; nothing is none of them."""
    number = 0.0 if count is None or count == "" else as_number(count)
    if number is None or not number.is_integer() or not 0 <= number <= _LARGEST_QUANTITY:
        raise values.refuse(name, f"should have whole numbers from 0 to {_LARGEST_QUANTITY} as quantities")
    return int(number)


def read_weight(values: Values, otherwise: int | None) -> int | None:
    """Return the weight of everything in grams."""
    for name, factor in (("weight_grams", 1), ("weight_kg", 1000)):
        if name not in values:
            continue
        number = values.number(name)
        if number is None:
            return otherwise
        if not 0 <= number * factor <= _LARGEST_WEIGHT_GRAMS:
            raise values.refuse(name, f"should be between 0 and {_LARGEST_WEIGHT_GRAMS // factor}")
        return round(number * factor)
    return otherwise


# --- the chosen time ----------------------------------------------------------------------------


def read_chosen_time(values: Values) -> TimeWish | None:
    """Return the choice of time: instants as a window, all else as the texts that customers wrote.

    ``after`` and ``before`` without an offset become one text: "14:00 - 16:00", or an interval of ISO 8601 by
    the wall clock, "2026-12-24T14:00/2026-12-24T16:00". All of them may be Unix time.
    """
    date, time = _without_unix_time(values.text("date", " ")), values.text("time", " - ")
    after, before = values.text("after"), values.text("before")
    path = ", ".join(values.where(name) for name in WISH_NAMES if name in values)
    if not (date or time or after or before):
        return None
    if after or before:
        for name, text in (("after", after), ("before", before)):
            if not text:
                raise values.refuse(name, "is empty, though the other end of the window is given")
        if time:
            raise values.refuse("time", "is given besides after and before; one of them is enough")
        window = _window(values, after, before)
        if window is not None:
            return TimeWish(window=window, path=path)
        if _LOCAL_MOMENT.fullmatch(after) and _LOCAL_MOMENT.fullmatch(before):
            return TimeWish(date=f"{after}/{before}", path=path)
        time = f"{after} - {before}"
    return TimeWish(date=date, time=time, path=path)


def _window(values: Values, after: str, before: str) -> TimeWindow | None:
    """Return the window between two instants; ``None`` when either has no offset."""
    moments = [moment_of(text) for text in (after, before)]
    if moments[0] is None or moments[1] is None:
        if moments != [None, None]:
            raise values.refuse("before" if moments[0] else "after", "has no offset, unlike the other end")
        return None
    try:
        return TimeWindow(moments[0].astimezone(UTC), moments[1].astimezone(UTC))
    except ValueError:
        raise values.refuse("before", "should be later than after") from None


def _without_unix_time(text: str) -> str:
    """Write Unix time as the moment in UTC, any other text as it is."""
    moment = moment_of(text) if text.isdecimal() else None
    return text if moment is None else moment.isoformat()
