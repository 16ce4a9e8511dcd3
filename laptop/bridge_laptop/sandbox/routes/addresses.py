"""Addresses as they stand in other answers."""

from __future__ import annotations

from bridge_laptop.sandbox.http.json_ld import Body
from bridge_laptop.sandbox.instance.model import Address


def geo_json(address: Address) -> Body:
    """Write where an address is."""
    latitude, longitude = map(_number, address.coordinates or (None, None))
    return {"@type": "GeoCoordinates", "latitude": latitude, "longitude": longitude}


def _number(coordinate: float | None) -> float | None:
    """Write a whole number without a fraction, as PHP does (recorded: create_addresses, "latLng 0,0")."""
    return int(coordinate) if coordinate is not None and coordinate == int(coordinate) else coordinate


def address_json(address: Address | None, **more: object) -> Body | None:
    """Write an address; postal code and town are kept and not shown (recorded: create_addresses)."""
    if address is None:
        return None
    return {
        "@id": f"/api/addresses/{address.id}",
        "@type": "http://schema.org/Place",
        "contactName": address.contact_name,
        "provider": None,
        "description": address.description,
        "geo": geo_json(address),
        "streetAddress": address.street,
        "telephone": address.telephone,
        **more,
        "name": address.name,
    }
