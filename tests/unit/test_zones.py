from __future__ import annotations

import math

import pytest

from bridge.model import Coordinates
from bridge.planning.distance import distance_km, doubt, is_place

PARIS = Coordinates(48.85341, 2.34880)


@pytest.mark.parametrize(
    ("start", "end", "kilometres"),
    [
        (PARIS, PARIS, 0),
        # One degree of a great circle: the mean radius of the earth, 6371.0088 km (IUGG), times π / 180.
        (Coordinates(0, 10), Coordinates(1, 10), 111.195),
        (Coordinates(0, 179.5), Coordinates(0, -179.5), 111.195),
        (Coordinates(90, 0), Coordinates(-90, 77), 20015.114),
        (Coordinates(0, 0), Coordinates(0, 180), 20015.114),
        # A degree of longitude shrinks with the cosine of the latitude.
        (Coordinates(60, 10), Coordinates(60, 10.01), 0.55597),
    ],
)
def test_distance_on_the_globe(start: Coordinates, end: Coordinates, kilometres: float) -> None:
    """Distances are great circles, over the date line and between the poles too, either way."""
    assert kilometres == pytest.approx(distance_km(start, end), abs=0.002)
    assert kilometres == pytest.approx(distance_km(end, start), abs=0.002)


@pytest.mark.parametrize(
    ("latitude", "longitude", "place"),
    [
        (48.85, 2.35, True),
        (0, 2.35, True),
        (0, 0, False),
        (91, 2, False),
        (2, 181, False),
        (math.nan, 2, False),
    ],
)
def test_places(latitude: float, longitude: float, place: bool) -> None:
    """0, 0 is what databases say for "unknown", and degrees have limits."""
    assert place == is_place(Coordinates(latitude, longitude))


@pytest.mark.parametrize(
    ("coordinates", "pickup", "reason"),
    [
        (Coordinates(48.8614, 2.3716), PARIS, ""),
        (Coordinates(48.8614, 2.3716), None, ""),
        (Coordinates(48.861, 2.4), None, ""),
        (Coordinates(48.86, 2.37), None, "rounded to a kilometre"),
        (Coordinates(48, 2), None, "rounded to a kilometre"),
        (Coordinates(0.0, 0.0), None, "no place"),
        (Coordinates(45.7640, 4.8357), PARIS, "more than 100 km"),
        (Coordinates(45.7640, 4.8357), None, ""),
    ],
)
def test_coordinates_nobody_should_ride_to(
    coordinates: Coordinates, pickup: Coordinates | None, reason: str
) -> None:
    """A stand-in for a town, for nowhere, or for another region is not believed."""
    assert reason in doubt(coordinates, pickup)
    assert bool(reason) == bool(doubt(coordinates, pickup))
