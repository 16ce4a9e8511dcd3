"""Shopify's orders: what is read of one, and what needs no delivery."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from tests.support import source_calls
from tests.support.of_shopify import order, parse, shopify

from bridge.model import Ignored, Order, OrderItem, PostalAddress

PARIS_WINTER = timezone(timedelta(hours=1))

# --- the order ------------------------------------------------------------------------------------


def test_a_typical_order_is_read_whole(webhook_body: Callable[[str], bytes]) -> None:
    """Every field we use is filled from a complete body."""
    found = source_calls.parse(shopify, webhook_body("shopify/order-typical.json"), "orders/create")

    assert found == Order(
        order_id="5940139491042",
        name="#1042",
        updated_at=datetime(2026, 11, 23, 10, 12, 9, tzinfo=PARIS_WINTER),
        created_at=datetime(2026, 11, 23, 10, 12, 8, tzinfo=PARIS_WINTER),
        address=PostalAddress(
            line1="48 Rue de Rivoli", postcode="75004", city="Paris", country="France", country_code="FR"
        ),
        recipient_name="Camille Moreau",
        phones=("06 12 34 56 78",),
        note="Code 48B12, 3e étage gauche",
        items=(
            OrderItem("Bouquet de saison", 1, sku="BQT-L", variant="Grand", weight_grams=900),
            OrderItem("Carte manuscrite", 1, sku="CARD", weight_grams=10),
        ),
        shipping_methods=("Livraison à vélo",),
        paid=True,
    )


@pytest.mark.parametrize(
    ("sample", "topic", "expected"),
    [
        ("order-edited", "orders/edited", Ignored("edit_without_order", order_id="5940139491052")),
        (
            "order-test-notification",
            "orders/create",
            Ignored(
                "test_order",
                order_id="820982911946154508",
                order_name="#9999",
                updated_at=datetime(2026, 11, 23, 17, 0, tzinfo=UTC),
            ),
        ),
        (
            "order-cancelled",
            "orders/cancelled",
            Ignored(
                "cancelled",
                retracts=True,
                order_id="5940139491050",
                order_name="#1050",
                updated_at=datetime(2026, 11, 23, 8, 40, 18, tzinfo=UTC),
            ),
        ),
        (
            "order-digital",
            "orders/create",
            Ignored(
                "nothing_to_ship",
                retracts=True,
                order_id="5940139491046",
                order_name="#1046",
                updated_at=datetime(2026, 11, 23, 14, 1, 12, tzinfo=UTC),
            ),
        ),
        (
            "order-local-pickup",
            "orders/create",
            Ignored(
                "local_pickup",
                retracts=True,
                order_id="5940139491047",
                order_name="#1047",
                updated_at=datetime(2026, 11, 23, 14, 30, tzinfo=UTC),
            ),
        ),
    ],
)
def test_a_sample_that_needs_no_delivery_is_ignored(
    webhook_body: Callable[[str], bytes], sample: str, topic: str, expected: Ignored
) -> None:
    """Each kind of webhook without a delivery says why, and whether it takes an existing one back."""
    assert expected == source_calls.parse(shopify, webhook_body(f"shopify/{sample}.json"), topic)


GIFT_CARD = {"quantity": 1, "requires_shipping": True, "gift_card": True}
REMOVED = {"quantity": 1, "current_quantity": 0, "requires_shipping": True}


@pytest.mark.parametrize(
    ("topic", "changes", "reason", "retracts"),
    [
        ("orders/cancelled", {}, "cancelled", True),
        ("orders/updated", {"cancelled_at": "2026-11-23T11:00:00+01:00"}, "cancelled", True),
        ("orders/updated", {"financial_status": "refunded"}, "refunded", True),
        ("orders/updated", {"financial_status": "voided"}, "refunded", True),
        ("orders/updated", {"line_items": []}, "nothing_to_ship", True),
        ("orders/updated", {"line_items": [GIFT_CARD]}, "nothing_to_ship", True),
        ("orders/updated", {"line_items": [REMOVED]}, "nothing_to_ship", True),
        ("orders/updated", {"shipping_address": None}, "local_pickup", True),
        ("orders/updated", {"shipping_address": None, "shipping_lines": []}, "local_pickup", True),
        ("orders/updated", {"fulfillment_status": "fulfilled"}, "already_fulfilled", False),
        (
            "orders/updated",
            {"fulfillment_status": "fulfilled", "financial_status": "refunded"},
            "already_fulfilled",
            False,
        ),
        (
            "orders/cancelled",
            {"fulfillment_status": "fulfilled", "cancelled_at": "2026-11-23T11:00:00+01:00"},
            "cancelled",
            True,
        ),
        ("orders/cancelled", {"test": True}, "test_order", False),
        ("orders/fulfilled", {}, "topic", False),
    ],
)
def test_an_order_that_needs_no_delivery_is_ignored(
    topic: str, changes: dict[str, object], reason: str, retracts: bool
) -> None:
    """A cancelled, refunded, empty or picked-up order retracts its delivery, a finished one does not."""
    found = parse(topic, **changes)

    assert isinstance(found, Ignored)
    assert (reason, retracts) == (found.reason, found.retracts)


@pytest.mark.parametrize(
    ("method", "ignored"), [("pickup", True), ("Pickup", True), ("delivery", False), ("shipping", False)]
)
def test_zapiet_tells_a_pickup_from_a_delivery(method: str, ignored: bool) -> None:
    """With Zapiet's pickup the shipping address is the shop's own, so there is nothing to bring."""
    found = parse(note_attributes=[{"name": "Checkout-Method", "value": method}])

    assert ignored == isinstance(found, Ignored)


def test_a_redacted_address_is_no_local_pickup() -> None:
    """An address whose parts are all null is handed over empty, and not mistaken for a pickup."""
    address = dict.fromkeys(order()["shipping_address"])

    found = parse(shipping_address=address)

    assert isinstance(found, Order)
    assert PostalAddress() == found.address


@pytest.mark.parametrize(
    ("status", "paid"),
    [
        ("paid", True),
        ("partially_refunded", True),
        ("authorized", True),
        ("pending", False),
        ("partially_paid", False),
        (None, False),
    ],
)
def test_an_order_is_paid_when_the_money_is_there_or_reserved(status: str | None, paid: bool) -> None:
    """An authorised payment counts: shops that capture by hand do so only when they fulfil."""
    found = parse(financial_status=status)

    assert isinstance(found, Order)
    assert paid == found.paid


def test_phones_come_in_the_order_of_who_is_nearest_to_the_door() -> None:
    """The recipient's number comes first, then the order's, the customer's and the bill's, none twice."""
    address = {**order()["shipping_address"], "phone": " 01 "}
    holders = {"phone": "02", "customer": {"phone": "01"}, "billing_address": {"phone": "04"}}

    found = parse(shipping_address=address, **holders)

    assert isinstance(found, Order)
    assert found.phones == ("01", "02", "04")


def test_an_edited_order_counts_what_is_left() -> None:
    """After an edit only current quantities and shipping lines that were not removed count."""
    lines = [
        {"title": "Gone", "quantity": 2, "current_quantity": 0, "requires_shipping": True},
        {"title": "Fewer", "quantity": 3, "current_quantity": 1, "requires_shipping": True},
        {"title": "Old API", "quantity": 2, "requires_shipping": True},
    ]
    shipping = [
        {"title": "Colissimo", "code": "COL", "is_removed": True},
        {"title": "Livraison à vélo", "code": None, "is_removed": False},
    ]

    found = parse(line_items=lines, shipping_lines=shipping)

    assert isinstance(found, Order)
    assert (OrderItem("Fewer", 1), OrderItem("Old API", 2)) == found.items
    assert found.shipping_methods == ("Livraison à vélo",)


# --- anything at all ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "locations"),
    [
        ({}, ()),
        ({"location_id": 655441491}, ("655441491",)),
        ({"location_id": "655441491"}, ()),
        ({"note_attributes": [{"name": "Delivery-Location-Id", "value": "10002"}]}, ("10002",)),
        (
            {
                "location_id": 655441491,
                "note_attributes": [{"name": "Delivery-Location-Id", "value": "10002"}],
            },
            ("10002",),
        ),
        ({"note_attributes": [{"name": "Delivery-Location-Id", "value": 10002}]}, ()),
    ],
)
def test_where_the_goods_leave_from(
    webhook_body: Callable[[str], bytes], changes: dict[str, object], locations: tuple[str, ...]
) -> None:
    """Zapiet's delivery location comes first, then the point of sale; most orders say nothing."""
    document = json.loads(webhook_body("shopify/order-typical.json")) | changes

    order = source_calls.parse(shopify, json.dumps(document).encode(), "orders/create")

    assert isinstance(order, Order)
    assert locations == order.pickup_locations


@pytest.mark.parametrize(
    ("tags", "expected"), [("", ()), ("VIP, urgent today,,", ("VIP", "urgent today")), (None, ()), (3, ())]
)
def test_tags_of_the_merchant(
    webhook_body: Callable[[str], bytes], tags: object, expected: tuple[str, ...]
) -> None:
    """Shopify writes them as one text with commas."""
    document = json.loads(webhook_body("shopify/order-typical.json")) | {"tags": tags}

    order = source_calls.parse(shopify, json.dumps(document).encode(), "orders/create")

    assert isinstance(order, Order)
    assert expected == order.tags
