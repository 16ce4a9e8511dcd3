"""How far away an order is, and whether its coordinates can be believed. Pure.

A shop's coordinates come from a geocoder that nobody watches. Those that are plainly a stand-in are not sent:
CoopCycle then looks for the address itself, which is always sent too.
"""

from __future__ import annotations

import math

from bridge.model import Coordinates

BELIEVABLE_KM = 100  # no bicycle goes further from the pickup; a geocoder that took the wrong town does
_EARTH_KM = 6371.0088  # mean radius, IUGG
_FEWEST_DECIMALS = 3  # two are a square kilometre: a town, not a door


def distance_km(start: Coordinates, end: Coordinates) -> float:
    """Return the great-circle distance: https://en.wikipedia.org/wiki/Haversine_formula ."""
    latitude_1, latitude_2 = math.radians(start.latitude), math.radians(end.latitude)
    half_up = (latitude_2 - latitude_1) / 2
    half_along = math.radians(end.longitude - start.longitude) / 2
    chord = math.sin(half_up) ** 2 + math.cos(latitude_1) * math.cos(latitude_2) * math.sin(half_along) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(min(1.0, chord)))


def is_place(coordinates: Coordinates) -> bool:
    """Tell whether these are degrees at all, and not 0, 0, which stands for "unknown" in many databases."""
    latitude, longitude = coordinates.latitude, coordinates.longitude
    # Written so that NaN, which compares false, is no place.
    return -90 <= latitude <= 90 and -180 <= longitude <= 180 and not (latitude == 0 and longitude == 0)


def doubt(coordinates: Coordinates, pickup: Coordinates | None) -> str:
    """Return why coordinates are not to be believed; "" when there is no reason."""
    if not is_place(coordinates):
        return "they are no place"
    if all(_decimals(value) < _FEWEST_DECIMALS for value in (coordinates.latitude, coordinates.longitude)):
        return "they are rounded to a kilometre"
    if pickup is not None and distance_km(pickup, coordinates) > BELIEVABLE_KM:
        return f"they are more than {BELIEVABLE_KM} km from the pickup"
    return ""


def _decimals(value: float) -> int:
    return len(f"{value:.7f}".rstrip("0").partition(".")[2])
