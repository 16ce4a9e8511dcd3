"""Addresses as they stand in other answers."""

from __future__ import annotations

from bridge_laptop.sandbox.http.json_ld import Body
from bridge_laptop.sandbox.instance.model import Address


def geo_json(address: Address) -> Body:
    """Write where an address is."""
    latitude, longitude = address.coordinates or (None, None)
    return {"@type": "GeoCoordinates", "latitude": latitude, "longitude": longitude}


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
