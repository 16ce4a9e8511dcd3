"""Read the address that a body's object holds."""

from __future__ import annotations

from typing import Any

from tests.support.field_bodies import AT

from bridge.addresses.address import write_address
from bridge.fields.fields import apply_fields
from bridge.fields.values import Values
from bridge.model import Order, PostalAddress

EMPTY = Order(order_id="7", name="7", updated_at=AT, created_at=AT, address=PostalAddress())


def read(body: dict[str, Any], **expressions: str) -> Order:
    """Make the order of a form."""
    found = apply_fields(EMPTY, Values(body, expressions, {"": body}))
    assert isinstance(found, Order)
    return found


def shown(address: dict[str, Any], country: str = "") -> tuple[str, str]:
    """Return the geocoder's line of an address object, and what the courier is shown beside it."""
    order = read({"address": address})
    assert () == order.problems
    written = write_address(order.address, country)
    return written.line, written.beside
