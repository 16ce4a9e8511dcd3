"""Where date-picker apps put the customer's choice, and that it reaches the order of a Shopify shop."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests import sending

from bridge.model import Order, TimeWish
from bridge.sources import Options, shopify
from bridge.sources.shared.date_pickers import Pair, find_wish

TYPICAL = Path(__file__).parents[2] / "events/webhooks/shopify/order-typical.json"


def wish(pairs: Mapping[str, str], **settings: str) -> TimeWish | None:
    """Find the wish among pairs that stand under "attributes"."""
    return find_wish([Pair(name, value, f"attributes {name}") for name, value in pairs.items()], settings)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        (
            {
                "Checkout-Method": "delivery",
                "Delivery-Date": "2021-05-13",
                "Delivery-Time": "1:00 PM - 2:00PM",
            },
            ("2021-05-13", "1:00 PM - 2:00PM"),
        ),
        ({"Checkout-Method": "shipping", "Shipping-Date": "2021-05-13"}, ("2021-05-13", "")),
        (
            {"Delivery Date": "Friday, 03 July 2026", "Delivery Time": "09:00 AM"},
            ("Friday, 03 July 2026", "09:00 AM"),
        ),
        ({"Delivery date:": "x"}, ("x", "")),
        ({"_delivery_date": "x", "delivery_time": "y"}, ("x", "y")),
        ({"DeliveryDate": "x"}, ("x", "")),
        ({"Delivery Time": "y"}, ("", "y")),
        ({"Shipping-Date": "x", "Delivery-Date": "y"}, ("y", "")),
        (
            {"_BirdChimeSlotId": "M=D;L=1;D=2023-08-08;T=9:00 AM - 6:00 PM"},
            ("2023-08-08", "9:00 AM - 6:00 PM"),
        ),
        ({"_BirdChimeSlotId": "M=D;D=2023-08-08", "Delivery Date": "x"}, ("x", "")),
    ],
)
def test_the_apps_names_are_known(pairs: dict[str, str], expected: tuple[str, str]) -> None:
    """Texts are handed over as they stand, whatever the capitals and hyphens of their names."""
    found = wish(pairs)

    assert found is not None
    assert expected == (found.date, found.time)
    assert found.path.startswith("attributes ")


@pytest.mark.parametrize(
    "pairs",
    [
        {},
        {"Delivery-Date": "", "Delivery-Time": "  "},
        {"Pickup-Date": "2021-05-13", "Pickup-Time": "13:00"},
        {"_ZapietId": "M=D&L=112097&D=2025-10-20T00:00:00Z"},
        {"_BirdChimeSlotId": "M=P;L=1;D=2023-08-08;T=9:00 AM - 6:00 PM"},
        {"_BirdChimeSlotId": "nonsense"},
        {"Delivery-Location-Id": "10002"},
        {"Estimated delivery date": "2021-05-13"},
    ],
)
def test_other_pairs_are_no_choice_of_a_delivery(pairs: dict[str, str]) -> None:
    """A time of picking up is none, nor is what Zapiet's hidden property says with a wrong Z."""
    assert wish(pairs) is None


def test_a_shops_own_labels_go_first() -> None:
    """Apps let a shop translate the labels; the connection names them."""
    pairs = {"Date de livraison": "24/12/2026", "Créneau": "14h-16h", "Delivery-Date": "2026-01-01"}

    found = wish(pairs, date_label="date de livraison", time_label="CRÉNEAU")

    assert (
        TimeWish(date="24/12/2026", time="14h-16h", path="attributes Date de livraison, attributes Créneau")
        == found
    )


# --- Shopify --------------------------------------------------------------------------------------


def shopify_wish(options: Options = sending.NO_OPTIONS, **changes: Any) -> TimeWish | None:
    """Parse the typical sample with some fields changed."""
    document = {**json.loads(TYPICAL.read_bytes()), **changes}
    order = sending.parse(shopify, json.dumps(document).encode(), "orders/create", options)
    assert isinstance(order, Order)
    return order.wish


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ("order-typical", None),
        (
            "order-zapiet",
            TimeWish(
                date="2026-12-24",
                time="14:00 - 16:00",
                path="note_attributes Delivery-Date, note_attributes Delivery-Time",
            ),
        ),
        (
            "order-slot-in-properties",
            TimeWish(
                date="Thursday, 24 December 2026",
                time="09:00 AM - 11:00 AM",
                path="line_items[0].properties Delivery Date, line_items[0].properties Delivery Time",
            ),
        ),
    ],
)
def test_a_shopify_order_carries_the_choice(
    webhook_body: Callable[[str], bytes], sample: str, expected: TimeWish | None
) -> None:
    """Attributes of the order or properties of its lines, as the app has it."""
    order = sending.parse(shopify, webhook_body(f"shopify/{sample}.json"), "orders/create")

    assert isinstance(order, Order)
    assert expected == order.wish


def test_attributes_of_the_order_go_before_properties_of_its_lines() -> None:
    """The customer changed the order's; the lines still say what they said in the cart."""
    lines = json.loads(TYPICAL.read_bytes())["line_items"]
    lines[0]["properties"] = [{"name": "Delivery Date", "value": "2026-12-01"}]

    found = shopify_wish(line_items=lines, note_attributes=[{"name": "Delivery Date", "value": "2026-12-02"}])

    assert found is not None
    assert "2026-12-02" == found.date


def test_a_shopify_connection_may_name_its_labels() -> None:
    """The settings of the sender reach the search."""
    found = shopify_wish(
        Options(settings={"date_label": "Jour"}),
        note_attributes=[{"name": "Jour", "value": "24 décembre"}],
    )

    assert TimeWish(date="24 décembre", path="note_attributes Jour") == found


@pytest.mark.parametrize(
    "attributes",
    [
        None,
        "Delivery-Date",
        [None, 7, "x"],
        [{"name": 7, "value": "x"}],
        [{"name": "Delivery-Date", "value": 7}],
    ],
)
def test_strange_attributes_are_no_choice(attributes: object) -> None:
    """What is no pair of texts is passed over."""
    assert shopify_wish(note_attributes=attributes) is None
