"""Fields of Shopify's orders that are odd: left out, or named, and never an error that is not ours."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.support.of_shopify import order, parse

from bridge.errors import UnmappableOrder
from bridge.model import Coordinates, Ignored, Order, OrderItem

# --- the order ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [
        (48.8558, 2.3592, Coordinates(48.8558, 2.3592)),
        (0.0, 6.5, Coordinates(0.0, 6.5)),
        (0, 0, None),
        (None, 2.3, None),
        (48.8, None, None),
        (91.0, 2.3, None),
        (48.8, -181.0, None),
        ("48.8", "2.3", None),
        (True, 2.3, None),
        (10**400, 2.3, None),
    ],
)
def test_coordinates_are_taken_when_they_are_real(
    latitude: object, longitude: object, expected: Coordinates | None
) -> None:
    """Coordinates count only as two numbers on the globe, and 0, 0 is nowhere."""
    address = {**order()["shipping_address"], "latitude": latitude, "longitude": longitude}

    found = parse(shipping_address=address)

    assert isinstance(found, Order)
    assert expected == found.address.coordinates


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T10:12:08+01:00", datetime(2026, 11, 23, 9, 12, 8, tzinfo=UTC)),
        ("2026-11-23T09:12:08Z", datetime(2026, 11, 23, 9, 12, 8, tzinfo=UTC)),
        ("2026-11-23T09:12:08.5Z", datetime(2026, 11, 23, 9, 12, 8, 500000, tzinfo=UTC)),
        ("2026-11-23T04:12:08.123456789-05:00", datetime(2026, 11, 23, 9, 12, 8, 123456, tzinfo=UTC)),
    ],
)
def test_times_are_read_with_their_offset(text: str, expected: datetime) -> None:
    """RFC 3339 with any offset and up to nanoseconds is read exactly."""
    found = parse(updated_at=text)

    assert isinstance(found, Order)
    assert expected == found.updated_at


def test_optional_fields_of_the_wrong_type_are_left_out() -> None:
    """What a delivery can do without never stops it."""
    address = {**order()["shipping_address"], "address2": 5, "company": [], "name": {}, "phone": 612345678}
    lines = [{"title": 1, "variant_title": [], "sku": {}, "grams": "900", "quantity": 1}]

    found = parse(
        name=7,
        note={"text": "x"},
        created_at="yesterday",
        note_attributes=[1, {"name": 1}],
        shipping_address=address,
        billing_address="none",
        customer=[],
        line_items=lines,
        shipping_lines="none",
    )

    assert isinstance(found, Order)
    assert found.name == "#5940139491042"
    assert found.recipient_name == "Camille Moreau"
    assert (OrderItem("", 1),) == found.items
    assert (found.note, found.phones, found.shipping_methods, found.company) == ("", (), (), "")
    assert found.updated_at == found.created_at


ADDRESS = order()["shipping_address"]
LINE = order()["line_items"][0]


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("updated_at", {"updated_at": None}),
        ("updated_at", {"updated_at": 1763889128}),
        ("updated_at", {"updated_at": "2026-11-23T10:12:08"}),
        ("updated_at", {"updated_at": "2026-13-23T10:12:08Z"}),
        ("updated_at", {"updated_at": "0001-01-01T00:00:00+14:00"}),
        ("updated_at", {"updated_at": "2026-11-23T10:12:08+99:99"}),
        ("test", {"test": "no"}),
        ("cancelled_at", {"cancelled_at": True}),
        ("fulfillment_status", {"fulfillment_status": 1}),
        ("financial_status", {"financial_status": ["paid"]}),
        ("shipping_address", {"shipping_address": "48 Rue de Rivoli"}),
        ("shipping_address.address1", {"shipping_address": {**ADDRESS, "address1": 48}}),
        ("shipping_address.zip", {"shipping_address": {**ADDRESS, "zip": 75004}}),
        ("shipping_address.city", {"shipping_address": {**ADDRESS, "city": ["Paris"]}}),
        ("line_items", {"line_items": {"0": LINE}}),
        ("line_items[1]", {"line_items": [LINE, "x"]}),
        ("line_items[0].requires_shipping", {"line_items": [{**LINE, "requires_shipping": "yes"}]}),
        ("line_items[0].gift_card", {"line_items": [{**LINE, "gift_card": 0}]}),
        ("line_items[0].current_quantity", {"line_items": [{**LINE, "current_quantity": "1"}]}),
        ("line_items[0].current_quantity", {"line_items": [{**LINE, "current_quantity": True}]}),
        ("line_items[0].current_quantity", {"line_items": [{**LINE, "current_quantity": -1}]}),
        ("line_items[0].current_quantity", {"line_items": [{**LINE, "current_quantity": 10**4000}]}),
        ("line_items[0].current_quantity", {"line_items": [{"requires_shipping": True}]}),
        ("line_items[0].quantity", {"line_items": [{"quantity": 1.5}]}),
    ],
)
def test_a_needed_field_of_the_wrong_type_is_named(field: str, changes: dict[str, object]) -> None:
    """An order we cannot read is parked with the field's path as the shop's own documents have it."""
    with pytest.raises(UnmappableOrder) as caught:
        parse(**changes)

    assert field == caught.value.field


def test_a_message_never_holds_what_was_sent() -> None:
    """Errors go to logs and alarms, so they name types and not values."""
    with pytest.raises(UnmappableOrder) as caught:
        parse(shipping_address={**ADDRESS, "address1": ["48 Rue de Rivoli"]})

    assert str(caught.value) == "shipping_address.address1: should be a text, but is a list"


def test_a_cancellation_gets_through_whatever_else_is_odd() -> None:
    """A cancelled order needs no readable address, items or time."""
    found = parse("orders/cancelled", shipping_address=1, line_items=1, updated_at=1, name=1)

    assert Ignored("cancelled", retracts=True, order_id="5940139491042") == found
