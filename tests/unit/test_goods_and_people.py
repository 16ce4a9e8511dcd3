"""What is still to be carried, to whom, and what they wrote to the courier: the same rules for every shop."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support import fake_instance
from tests.support.shop_orders import document, parse, parsed

from bridge import sources
from bridge.model import Ignored
from bridge.sources import Options, Payload, Push

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def shopify(*lines: Mapping[str, object], **changes: object) -> dict[str, Any]:
    """Return a Shopify order with these lines, each of three bouquets but for the changes."""
    body = document("shopify")
    goods = {**body["line_items"][0], "quantity": 3, "current_quantity": 3, "fulfillable_quantity": 3}
    body["line_items"] = [{**goods, **line} for line in lines or ({},)]
    return {**body, **changes}


# --- goods ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ({"fulfillment_status": None}, 3),
        ({"fulfillment_status": "partial", "fulfillable_quantity": 1}, 1),
        ({"fulfillment_status": None, "fulfillable_quantity": 0}, 3),  # held back, and not handed out
        ({"current_quantity": 2, "fulfillable_quantity": 2}, 2),
        ({"fulfillable_quantity": None}, 3),
    ],
)
def test_shopifys_lines_count_what_is_left(line: dict[str, object], left: int) -> None:
    """What was taken along at the till is not brought again; frappe/ecommerce_integrations#207."""
    found = parsed("shopify", shopify(line, fulfillment_status="partial"))

    assert [left] == [item.quantity for item in found.items]


def test_a_line_that_was_handed_out_is_left_out() -> None:
    """Half an order is brought."""
    handed_out = {"title": "Vase", "fulfillment_status": "fulfilled", "fulfillable_quantity": 0}

    found = parsed("shopify", shopify({}, handed_out))

    assert 1 == len(found.items)
    assert "Vase" not in [item.title for item in found.items]


def test_an_order_that_was_handed_out_line_by_line_undoes_nothing() -> None:
    """The delivery under way is the one that the shop ticks off."""
    found = parse("shopify", shopify({"fulfillment_status": "fulfilled", "fulfillable_quantity": 0}))

    assert isinstance(found, Ignored)
    assert ("already_fulfilled", False) == (found.reason, found.retracts)


@pytest.mark.parametrize(
    ("shipped", "refunded", "left"), [(0, 0, 2), (1, 0, 1), (1, 1, 1), (0, 1, 1), ("1.0000", None, 1)]
)
def test_adobes_lines_count_what_is_left(shipped: object, refunded: object, left: int) -> None:
    """``qty_shipped``; what was refunded of it is not taken away twice."""
    event = document("adobe-commerce")
    event["data"]["value"]["items"] = [
        {
            **event["data"]["value"]["items"][0],
            "qty_ordered": 2,
            "qty_shipped": shipped,
            "qty_refunded": refunded,
        }
    ]

    assert [left] == [item.quantity for item in parsed("adobe-commerce", event).items]


# --- money ------------------------------------------------------------------------------------------


def square(**changes: object) -> dict[str, Any]:
    """Return a Square order of 50 euros with some fields changed."""
    body = {**document("square"), "total_money": {"amount": 5000, "currency": "EUR"}}
    return {**body, **changes}


def refund(amount: int, status: str = "COMPLETED") -> dict[str, object]:
    """Return a refund as Square lists it."""
    return {"id": "r", "amount_money": {"amount": amount, "currency": "EUR"}, "status": status}


@pytest.mark.parametrize(
    ("changes", "gone"),
    [
        ({"refunds": [refund(5000)]}, True),
        ({"refunds": [refund(2000), refund(3000)]}, True),
        ({"refunds": [refund(5000)], "net_amounts": {"total_money": {"amount": 0}}}, True),
        ({"returns": [{}], "net_amounts": {"total_money": {"amount": 0}}}, True),
        ({"refunds": [refund(1000)], "net_amounts": {"total_money": {"amount": 4000}}}, False),
        ({"refunds": [refund(5000, "FAILED")]}, False),
        ({"total_money": {"amount": 0}, "net_amounts": {"total_money": {"amount": 0}}}, False),
        ({"refunds": "x", "net_amounts": None}, False),
    ],
)
def test_squares_order_with_all_the_money_back_is_off(changes: dict[str, object], gone: bool) -> None:
    """The dashboard leaves the fulfillment as it was; square-php-sdk doc/models/order.md."""
    found = parse("square", square(**changes))

    assert gone == isinstance(found, Ignored)
    if isinstance(found, Ignored):
        assert ("refunded", True) == (found.reason, found.retracts)


# --- people -----------------------------------------------------------------------------------------


def test_all_phones_are_handed_over_the_recipients_first() -> None:
    """Also the one that a delivery rate asked for (ShopifySharp#248), and that of the account's address."""
    address = {**document("shopify")["shipping_address"], "phone": "1"}
    found = parsed(
        "shopify",
        shopify(
            shipping_address=address,
            shipping_lines=[
                {"title": "Bike", "phone": "2"},
                {"title": "Old", "phone": "9", "is_removed": True},
            ],
            phone="3",
            customer={"phone": "4", "default_address": {"phone": "6"}},
            billing_address={"phone": "5"},
        ),
    )

    assert ("1", "2", "3", "4", "5", "6") == found.phones
    assert "shipping_lines[0].phone" == found.paths["phones[1]"]


@pytest.mark.parametrize(
    ("bill", "customer", "name"),
    [
        ({"name": "Lea Morel"}, {}, "Lea Morel"),
        (None, {"first_name": "Lea", "last_name": "Morel"}, "Lea Morel"),
        (None, None, ""),
    ],
)
def test_an_address_without_a_name_is_the_buyers(bill: object, customer: object, name: str) -> None:
    """The courier has somebody to ask for."""
    address = {
        **document("shopify")["shipping_address"],
        "name": "",
        "first_name": None,
        "last_name": "",
    }

    found = parsed("shopify", shopify(shipping_address=address, billing_address=bill, customer=customer))

    assert name == found.recipient_name


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Delivery Instructions", "Digicode 4521", "Digicode 4521"),
        ("Consignes de livraison", "3e étage", "3e étage"),
        ("Lieferhinweise", "Hinterhaus", "Hinterhaus"),
        ("Note for the courier", "Ring twice", "Ring twice"),
        ("Gift message", "Leave it with Jo", "Gift message: Leave it with Jo"),
        ("accès", "Cour B", "Cour B"),  # the connection's own label
        ("Seller note", "margin 20 %", ""),
        ("Engraving", "Lea", ""),
        ("delivery_date", "2026-11-27", ""),
    ],
)
def test_what_buyers_write_to_the_courier_reaches_them(name: str, value: str, expected: str) -> None:
    """In a cart attribute or a line's property, under a name that says so or that the connection gives."""
    settings = {"note_label": "Accès"}
    attribute = shopify(note="Merci", note_attributes=[{"name": name, "value": value}])
    line = shopify({"properties": [{"name": name, "value": value}]}, note="Merci", note_attributes=[])

    for body in (attribute, line):
        assert "\n".join(filter(None, ("Merci", expected))) == parsed("shopify", body, settings).note


# --- the dry run and the receiver -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "event", "settings"),
    [
        (
            "bigcommerce",
            {"scope": "store/cart/created", "data": {"type": "cart", "id": "0934"}},
            {"store_hash": "a1"},
        ),
        ("square", {"type": "payment.created", "event_id": "e1234567", "data": {"id": "p1"}}, {}),
        ("squarespace", {"topic": "extension.uninstall", "id": "e1234567", "data": {}}, {}),
        (
            "prestashop",
            {"event": "actionProductSave", "id": "e1234567"},
            {"shop_url": "https://shop.example"},
        ),
    ],
)
def test_another_event_is_ignored_before_and_after_the_queue(
    source: str, event: dict[str, object], settings: dict[str, str]
) -> None:
    """What the receiver passes over is no error in a dry run, and nobody's API is asked for it."""
    module, options = sources.get(source), Options(settings=settings)
    body = json.dumps(event).encode()

    assert Ignored("topic") == module.identify(Push(body, {}, NOW), options)
    payload = module.fetch(Payload(body, module.TOPICS[0], NOW), options, fake_instance.FakeShop({}))
    assert Ignored("topic") == module.parse(payload, options)
