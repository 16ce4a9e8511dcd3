"""Addresses on the map: geocoding, routes and phone numbers.

No map is asked. A street that the seed does not know gets coordinates near the city's centre, drawn from the
text itself, so that the same address is always at the same place. A text that no geocoder could place ends
in CoopCycle's own answer to that, a 500: one without a letter, or with "Introuvable" (as in the recordings),
"Nowhere" or "Nulle part".
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Sequence
from itertools import pairwise

import phonenumbers

from bridge_laptop.sandbox.http.errors import BadRequest, ServerFault
from bridge_laptop.sandbox.instance.model import Coordinates
from bridge_laptop.sandbox.seed import Seed

UNKNOWN_PLACES = ("introuvable", "nowhere", "nulle part")
_KIND_OF_STREET = re.compile(r"^(\d+\w*,? )([a-z])")
_REACH_DEGREES = 0.025
_EARTH_METRES = 6_371_000
_DETOUR = 1.3
_METRES_PER_SECOND = 4.2


def as_found(text: str) -> str:
    """Return an address as a geocoder writes what it found (recorded: change, "address as text").

    Of all that a geocoder may change, a capital letter after the house number.
    """
    return _KIND_OF_STREET.sub(lambda found: found[1] + found[2].upper(), text)


def geocode(street: str | None, seed: Seed) -> Coordinates:
    """Return where a street is.

    Raises:
        ServerFault: no geocoder would find it.

    """
    text = (street or "").lower()
    if not any(character.isalpha() for character in text):
        raise ServerFault
    if any(nowhere in text for nowhere in UNKNOWN_PLACES):
        raise ServerFault
    for part, latitude, longitude in seed.places:
        if part in text:
            return latitude, longitude
    digest = hashlib.sha256(" ".join(text.split()).encode()).digest()
    latitude, longitude = seed.instance.centre
    return (
        round(latitude + _spread(digest[:4]), 6),
        round(longitude + _spread(digest[4:8]), 6),
    )


def _spread(four_bytes: bytes) -> float:
    return (int.from_bytes(four_bytes, "big") / 0xFFFFFFFF * 2 - 1) * _REACH_DEGREES


def route_metres(stops: Sequence[Coordinates]) -> int:
    """Return the length of the way through the stops."""
    legs = pairwise(stops)
    return math.ceil(sum(_metres(start, end) for start, end in legs) * _DETOUR)


def route_seconds(stops: Sequence[Coordinates]) -> int:
    """Return how long a bicycle takes through the stops."""
    return int(route_metres(stops) / _METRES_PER_SECOND)


def _metres(start: Coordinates, end: Coordinates) -> float:
    (from_latitude, from_longitude), (to_latitude, to_longitude) = start, end
    north = math.radians(to_latitude - from_latitude)
    east = math.radians(to_longitude - from_longitude) * math.cos(math.radians(from_latitude))
    return math.hypot(north, east) * _EARTH_METRES


def polyline(stops: Sequence[Coordinates]) -> str:
    """Return the stops in Google's encoded polyline format."""
    encoded, before = "", (0, 0)
    for latitude, longitude in stops:
        point = (round(latitude * 1e5), round(longitude * 1e5))
        encoded += _encode(point[0] - before[0]) + _encode(point[1] - before[1])
        before = point
    return encoded


def _encode(difference: int) -> str:
    value = ~(difference << 1) if difference < 0 else difference << 1
    characters = ""
    while value >= 0x20:
        characters += chr((0x20 | (value & 0x1F)) + 63)
        value >>= 5
    return characters + chr(value + 63)


def read_telephone(raw: object, seed: Seed) -> str | None:
    """Return a phone number in E.164, without an extension; `""` and `false` mean that there is none.

    Recorded: phones, create_addresses ("empty phone", "phone false", "phone with an extension", "phone as a
    number").

    Raises:
        BadRequest: it cannot be parsed in the instance's country.

    """
    if raw is None or raw is False or raw == "":
        return None
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return str(raw)  # taken as it is, and found invalid later
    try:
        number = phonenumbers.parse(str(raw), seed.instance.country.upper())
    except phonenumbers.NumberParseException as wrong:
        raise BadRequest("The string supplied did not seem to be a phone number.") from wrong
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def is_valid_telephone(telephone: str) -> bool:
    """Say whether libphonenumber holds a number valid; a possible one is not enough (recorded: phones)."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(telephone))
    except phonenumbers.NumberParseException:
        return False
