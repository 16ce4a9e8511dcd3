"""The parts of an order made of what a document holds under our names: address, goods, weight, chosen time.

Pure. Every reader takes what the order has otherwise, and gives it back where nothing is named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from bridge.document import kind, parse_rfc3339
from bridge.fields.postal_text import split_address
from bridge.fields.values import Values, as_number, number_text
from bridge.model import Coordinates, OrderItem, PostalAddress, TimeWindow, TimeWish

ADDRESS_PARTS = ("line1", "line2", "postcode", "city", "country", "country_code")
COORDINATES = ("latitude", "longitude")
WISH_NAMES = ("date", "time", "after", "before")

# How services spell the parts: Jotform (addr_line1, postal), Typeform and Gravity Forms (address, zip_code),
# Shopify (address1, zip), schema.org (streetAddress). Our own names go first.
_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "line1": (
        "addr_line1",
        "address1",
        "address_line_1",
        "street",
        "street_address",
        "streetAddress",
        "address",
    ),
    "line2": ("addr_line2", "address2", "address_line_2"),
    "postcode": ("postal", "zip", "zip_code", "zipCode", "postal_code", "postalCode"),
    "city": ("town", "locality", "addressLocality"),
    "country": ("country_name", "addressCountry"),
    "country_code": ("countryCode",),
}
_NAME_PARTS = (
    ("prefix",),
    ("first", "first_name", "firstName"),
    ("middle", "middle_name"),
    ("last", "last_name", "lastName"),
    ("suffix",),
)
_ITEM = ("title", "quantity", "sku", "variant", "weight_grams")
_LARGEST_QUANTITY = 10_000
_LARGEST_WEIGHT_GRAMS = 1_000_000
_MOST_ITEMS = 500
_COUNTRY_CODE = re.compile(r"[A-Za-z]{2}", re.ASCII)
_LOCAL_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?", re.ASCII)


def read_address(values: Values, otherwise: PostalAddress) -> PostalAddress:
    """Return the whole address if there is one, with the parts that are named apart."""
    address = _whole_address(values) if "address" in values else otherwise
    given = {name: values.text(name) for name in ADDRESS_PARTS if name in values}
    if _COUNTRY_CODE.fullmatch(given.get("country", "")):
        given.setdefault("country_code", given["country"])
        given["country"] = ""
    if "address" not in values and given.keys() & {"line1", "postcode", "city"}:
        address = replace(address, coordinates=None)  # of another place, perhaps
    address = replace(
        address,
        line1=given.get("line1", address.line1),
        line2=given.get("line2", address.line2),
        postcode=given.get("postcode", address.postcode),
        city=given.get("city", address.city),
        country=given.get("country", address.country),
        country_code=given.get("country_code", address.country_code).upper(),
    )
    if all(name in values for name in COORDINATES):
        address = replace(address, coordinates=_coordinates(values))
    return address


def _whole_address(values: Values) -> PostalAddress:
    found = values.raw("address")
    if isinstance(found, Mapping):
        parts = {name: found[name] for name in (*ADDRESS_PARTS, *COORDINATES) if name in found}
        for name, spellings in _SPELLINGS.items():
            spelling = next((one for one in spellings if one in found), None)
            if name not in parts and spelling is not None:
                parts[name] = found[spelling]
        if not parts:
            known = ", ".join(ADDRESS_PARTS)
            raise values.refuse("address", f"is an object without any of {known}; name its parts one by one")
        return read_address(Values(parts, own={values.where("address"): parts}), PostalAddress())
    return split_address(values.text("address"))


def read_name(values: Values, otherwise: str) -> str:
    """Return a person's name: a text, or an object with first and last as forms have it."""
    if "name" not in values:
        return otherwise
    found = values.raw("name")
    if not isinstance(found, Mapping):
        return values.text("name", " ")
    parts = Values(found, own={values.where("name"): found})
    spellings = [next((one for one in part if found.get(one)), None) for part in _NAME_PARTS]
    words = [parts.text(one) for one in spellings if one is not None]
    if not words and not any(one in found for part in _NAME_PARTS for one in part):
        raise values.refuse("name", "is an object without first and last; name one of its texts")
    return " ".join(word for word in words if word)


def _coordinates(values: Values) -> Coordinates | None:
    """Return the coordinates; 0, 0 is nowhere."""
    latitude, longitude = values.number("latitude"), values.number("longitude")
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return None
    for name, degrees, limit in (("latitude", latitude, 90), ("longitude", longitude, 180)):
        if abs(degrees) > limit:
            raise values.refuse(name, f"should be between -{limit} and {limit}")
    return Coordinates(latitude, longitude)


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


def read_wish(values: Values) -> TimeWish | None:
    """Return the choice of time: instants as a window, all else as the texts that customers wrote.

    ``after`` and ``before`` without an offset become one text: "14:00 - 16:00", or an interval of ISO 8601 by
    the wall clock, "2026-12-24T14:00/2026-12-24T16:00".
    """
    date, time = values.text("date", " "), values.text("time", " - ")
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
    moments = [_instant(text) for text in (after, before)]
    if moments[0] is None or moments[1] is None:
        if moments != [None, None]:
            raise values.refuse("before" if moments[0] else "after", "has no offset, unlike the other end")
        return None
    try:
        return TimeWindow(moments[0].astimezone(UTC), moments[1].astimezone(UTC))
    except ValueError:
        raise values.refuse("before", "should be later than after") from None


def _instant(text: str) -> datetime | None:
    try:
        return parse_rfc3339(text)
    except ValueError:
        return None
