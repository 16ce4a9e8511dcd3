"""Who receives an order and where, made of what a document holds under our names. Pure.

Every reader takes what the order has otherwise, and gives it back where nothing is named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bridge.fields.address_names import FULL_NAMES, NAME_PARTS
from bridge.fields.names import by_folded_name, shown_names
from bridge.fields.parts import ADDRESS_PARTS, COORDINATES
from bridge.fields.postal_object import AddressObject, read_address_object
from bridge.fields.postal_text import split_address
from bridge.fields.values import Values, text_of
from bridge.model import Coordinates, PostalAddress, Problem
from bridge.planning.address import house_number
from bridge.planning.countries import alpha2

_MOST_PHONES = 10  # each costs the reader of numbers some time
_PHONE_NAMES = ("phone", "phonenumber", "telephone", "tel", "mobile", "mobilephone", "contactphone")


@dataclass(frozen=True, slots=True)
class Where:
    """An address, and why it is not the whole of what the sender wrote."""

    address: PostalAddress
    problems: tuple[Problem, ...] = ()


def read_address(values: Values, otherwise: PostalAddress) -> Where:
    """Return the whole address if there is one, with the parts that are named apart."""
    where = _whole_address(values, otherwise)
    address = where.address
    given = {name: values.text(name) for name in ADDRESS_PARTS if name in values}
    if code := alpha2(given.get("country", "")):
        given.setdefault("country_code", code)
        given["country"] = ""
    if code := alpha2(given.get("country_code", "")):
        given["country_code"] = code
    if given.get("house_number"):
        given["house_number"] = house_number(given["house_number"])
    if "address" not in values and given.keys() & {"line1", "postcode", "city"}:
        address = replace(address, coordinates=None)  # of another place, perhaps
    address = _with_parts(address, given)
    if all(name in values for name in COORDINATES):
        address = replace(address, coordinates=_coordinates(values))
    is_named_apart = "line1" in values.expressions and "address" not in values.expressions
    return Where(address, () if is_named_apart else where.problems)


def _whole_address(values: Values, otherwise: PostalAddress) -> Where:
    """Read the address that stands in one place; of a form, else what its fields are called."""
    if "address" not in values:
        form = _form_address(values)
        return Where(form if form.line1 and "line1" not in values else otherwise)
    found = values.raw("address")
    if isinstance(found, Mapping):
        return _address_of(values, found)
    address = split_address(values.text("address", "\n"))
    if "address" in values.expressions or address.postcode or address.city:
        return Where(address)
    form = _form_address(values)
    return Where(replace(form, line1=address.line1, country=form.country or address.country))


def _form_address(values: Values) -> PostalAddress:
    """Return what a form says of an address in fields with the names of its parts."""
    for given in values.own.values():
        found = read_address_object(given, is_form=True)
        if found.parts:
            return _address(found)
    return PostalAddress()


def _address_of(values: Values, given: Mapping[str, object]) -> Where:
    found = read_address_object(given, named=values.is_named)
    address = _address(found)
    if coordinates := _checked_coordinates(values, found):
        address = replace(address, coordinates=coordinates)
    if not address.line1 and "line1" not in values:
        keys = shown_names([str(key) for key in given])
        return Where(
            address,
            (
                values.problem(
                    "address",
                    f"is an object without a street that we know; it has: {keys}; name its parts one by one "
                    "under [fields], as line1, postcode, city",
                ),
            ),
        )
    if found.unread:
        keys = shown_names(list(found.unread))
        first = f"{values.where('address')}.{keys.partition(',')[0]}"
        return Where(
            address,
            (
                values.problem(
                    "address",
                    f"has {keys}, which looks like a part of the address and is not read; write under "
                    f'[fields] what it is, such as line2 = "{first}"',
                ),
            ),
        )
    return Where(address)


def _address(found: AddressObject) -> PostalAddress:
    """Make the address of an object's parts; one in a single text is taken apart."""
    parts = {name: text for name, text in found.parts.items() if name in ADDRESS_PARTS and text}
    return _with_parts(split_address(found.whole), parts)


def _with_parts(address: PostalAddress, parts: Mapping[str, str]) -> PostalAddress:
    """Return an address in which some parts, by their names, are others."""
    return replace(
        address,
        line1=parts.get("line1", address.line1),
        line2=parts.get("line2", address.line2),
        house_number=parts.get("house_number", address.house_number),
        postcode=parts.get("postcode", address.postcode),
        city=parts.get("city", address.city),
        district=parts.get("district", address.district),
        state=parts.get("state", address.state),
        country=parts.get("country", address.country),
        country_code=parts.get("country_code", address.country_code).upper(),
    )


def _checked_coordinates(values: Values, found: AddressObject) -> Coordinates | None:
    if not all(name in found.numbers for name in COORDINATES):
        return None
    return _coordinates(Values(found.numbers, own={values.where("address"): found.numbers}))


def _coordinates(values: Values) -> Coordinates | None:
    """Return the coordinates; 0, 0 is nowhere."""
    latitude, longitude = values.number("latitude"), values.number("longitude")
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return None
    for name, degrees, limit in (("latitude", latitude, 90), ("longitude", longitude, 180)):
        if abs(degrees) > limit:
            raise values.refuse(name, f"should be between -{limit} and {limit}")
    return Coordinates(latitude, longitude)


def read_name(values: Values, otherwise: str) -> str:
    """Return a person's name: a text, or an object with first and last; else that of the address."""
    if "name" not in values.expressions:
        for given in values.own.values():  # a form that asks for first and last name apart
            words = [_first_text(given, part) for part in NAME_PARTS]
            if words[1] and words[3]:
                return " ".join(filter(None, words))
    if "name" not in values:
        return otherwise or _person(_address_object(values))
    found = values.raw("name")
    if not isinstance(found, Mapping):
        return values.text("name", " ")
    known = {*FULL_NAMES, *(one for part in NAME_PARTS for one in part)}
    if not known & by_folded_name(found).keys():
        raise values.refuse("name", "is an object without first and last; name one of its texts")
    return _person(found)


def read_phones(values: Values, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    """Return the phone numbers that are named, else that of the address."""
    if "phone" in values:
        return values.texts("phone")[:_MOST_PHONES]
    return otherwise or tuple(filter(None, [_first_text(_address_object(values), _PHONE_NAMES)]))


def _address_object(values: Values) -> Mapping[str, object]:
    found = values.raw("address") if "address" in values else None
    return found if isinstance(found, Mapping) else {}


def _person(given: Mapping[str, object]) -> str:
    words = [_first_text(given, part) for part in NAME_PARTS]
    if words[1] or words[3]:
        return " ".join(filter(None, words))
    return _first_text(given, FULL_NAMES)


def _first_text(given: Mapping[str, object], names: Sequence[str]) -> str:
    """Return the first text under one of the names that is one, and not empty."""
    keys = by_folded_name(given)
    values = (given[key] for name in names for key in keys.get(name, ()))
    return next((text for value in values if (text := text_of(value))), "")
