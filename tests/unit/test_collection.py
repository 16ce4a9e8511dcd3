"""Delivered, or collected by the buyer? A buyer who collects never gets a courier; a mere mention costs none.

Each row says where it is from, as far as the program does not say it: Coderockz and Shipday
(``delivery_type``), Pi, ByConsole, Food Online, Chwazi, WooCommerce's own methods and SkyVerge's
local_pickup_plus; Zapiet, Bird, DingDong, stanleymf/delivery-scheduler; and a courier firm's own tests,
"Collect orders must never auto-book a courier".
"""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import shop_orders

from bridge.errors import UnmappableOrder
from bridge.model import Ignored, Order, Written
from bridge.sources.shared.collection import id_says_collected, read_way, title_says_collected

FRIDAY = "2026-11-27"


def woocommerce(*meta: tuple[str, object], **line: str) -> dict[str, Any]:
    """Return a WooCommerce order with meta data, and its shipping line changed."""
    body = shop_orders.document("woocommerce")
    body["meta_data"] = [{"key": key, "value": value} for key, value in meta]
    body["shipping_lines"][0].update(line)
    return body


def shopify(*attributes: tuple[str, str], tags: str = "", **line: str) -> dict[str, Any]:
    """Return a Shopify order with attributes and tags, and its shipping line changed."""
    body = shop_orders.document("shopify")
    body["note_attributes"] = [{"name": name, "value": value} for name, value in attributes]
    body["line_items"] = [{**body["line_items"][0], "properties": []}]
    body["tags"] = tags
    body["shipping_lines"] = [{"title": "Bike", "code": "bike", **line}]
    return body


def of_lines(*properties: tuple[str, str]) -> dict[str, Any]:
    """Return a Shopify order with a line for each property."""
    body = shopify()
    goods = body["line_items"][0]
    body["line_items"] = [
        {**goods, "title": f"Line {number}", "properties": [{"name": name, "value": value}]}
        for number, (name, value) in enumerate(properties)
    ]
    return body


COLLECTED = [
    ("woocommerce", woocommerce(("delivery_type", "pickup"), ("pickup_date", FRIDAY))),
    ("woocommerce", woocommerce(("pi_delivery_type", "pickup"))),
    ("woocommerce", woocommerce(("byconsolewooodt_delivery_type", "take_away"))),
    ("woocommerce", woocommerce(("fdoe_delivery_mode", "pickup"), ("fdoe_time", "18:00"))),
    ("woocommerce", woocommerce(("lpac_dps_order_type", "pickup"))),
    ("woocommerce", woocommerce(("order_type", "takeaway"))),
    ("woocommerce", woocommerce(("Mode de livraison", "Retrait en magasin"))),
    ("woocommerce", woocommerce(("Lieferart", "Selbstabholung"))),
    ("woocommerce", woocommerce(method_id="local_pickup_plus", method_title="Retrait")),
    ("woocommerce", woocommerce(method_id="local_pickup:3")),
    ("woocommerce", woocommerce(method_id="pickup_location")),
    ("woocommerce", woocommerce(method_id="wc_pickup_store")),
    ("woocommerce", woocommerce(method_id="flat_rate", method_title="Click & Collect")),
    ("woocommerce", woocommerce(method_id="free_shipping", method_title="Abholung im Laden (kostenlos)")),
    ("shopify", shopify(("Checkout-Method", "pickup"), ("Pickup-Date", FRIDAY))),
    ("shopify", shopify(("Delivery Method", "Pick Up"), ("Delivery Date", "Nov 27, 2026"))),
    ("shopify", shopify(("delivery_type", "collection"))),
    ("shopify", shopify(("Method", "Local pickup"), ("Pickup Date", FRIDAY))),
    ("shopify", shopify(("_BirdChimeSlotId", f"M=P;L=1;D={FRIDAY};T=9:00 AM - 6:00 PM"))),
    ("shopify", shopify(title="Local pickup", code="local_pickup")),
    ("shopify", shopify(title="Collect in store", code="pickup-cpt")),
    ("shopify", shopify(title="Pickup from store", code="STD")),
    ("shopify", shopify(title="Afhalen in de winkel")),
    ("shopify", shopify(title="Recogida en tienda")),
    ("shopify", shopify(tags="vip, pickup, gift")),
    ("shopify", shopify(tags="Collection, 27/11/2026, 14:00-18:00")),
    ("shopify", of_lines(("_BirdChimeSlotId", "M=P;D=2026-11-27"), ("Engraving", "Lea"))),
    ("shopify", of_lines(("Method", "Local pickup"), ("Method", "Local pickup"))),
]


@pytest.mark.parametrize(("shop", "body"), COLLECTED)
def test_a_buyer_who_collects_gets_no_courier(shop: str, body: dict[str, Any]) -> None:
    """Whatever address the order has; a delivery made before the buyer changed their mind goes."""
    found = shop_orders.parse(shop, body)

    assert isinstance(found, Ignored)
    assert ("local_pickup", True) == (found.reason, found.retracts)


@pytest.mark.parametrize(
    ("shop", "body"),
    [
        ("woocommerce", woocommerce(("delivery_type", "delivery"))),
        (
            "woocommerce",
            woocommerce(("pi_delivery_type", "Delivery"), ("pickup_point_notice", "pickup at 6")),
        ),
        ("woocommerce", woocommerce(("Mode de livraison", "Livraison à domicile"))),
        ("woocommerce", woocommerce(method_id="flat_rate", method_title="Pickup and delivery service")),
        ("woocommerce", woocommerce(method_id="flat_rate", method_title="Coursier de la boutique")),
        ("woocommerce", woocommerce(method_id="flat_rate", method_title="Livraison depuis la boutique")),
        ("shopify", shopify(("Checkout-Method", "delivery"))),
        ("shopify", shopify(("_BirdChimeSlotId", "M=D;L=1"))),
        ("shopify", shopify(("Pickup instructions", "the shop's back door"))),
        ("shopify", shopify(("Delivery Method", "Delivery"), ("Pickup Date", FRIDAY))),
        ("shopify", shopify(("Gift wrap", "pickup"))),
        ("shopify", shopify(title="Store delivery")),
        ("shopify", shopify(title="Pickup point delivery")),
        ("shopify", shopify(tags="pickup-issue-resolved, vip")),
        ("shopify", shopify(tags="collection-2026, no-pickup")),
        ("shopify", shopify(tags="pickup", title="Local delivery")),
    ],
)
def test_an_order_that_only_mentions_it_is_delivered(shop: str, body: dict[str, Any]) -> None:
    """A tag of the office, a carrier with the shop in its name, the other value of the same key."""
    assert isinstance(shop_orders.parse(shop, body), Order)


def test_what_is_collected_of_an_order_is_not_carried() -> None:
    """DingDong asks for each line: the cake is fetched, the flowers are brought."""
    found = shop_orders.parsed("shopify", of_lines(("Method", "Local pickup"), ("Method", "Local delivery")))

    assert ["Line 1"] == [item.title for item in found.items]


@pytest.mark.parametrize(
    "body",
    [
        shopify(("Delivery Method", "Pick Up"), ("delivery_type", "delivery")),
        shopify(("Checkout-Method", "delivery"), title="Abholung im Laden"),
        shopify(("Pickup Date", FRIDAY), ("Pickup Time", "14:00")),
        shopify(("Date de retrait", "27/11/2026")),
    ],
)
def test_a_contradiction_is_a_persons_matter(body: dict[str, Any]) -> None:
    """Two keys that disagree, or a day of collecting with nothing beside it: parked, not guessed."""
    with pytest.raises(UnmappableOrder, match=r"collect"):
        shop_orders.parse("shopify", body)


def test_the_platforms_own_ways_of_saying_it() -> None:
    """A method's code or title, a status, a shipment that is none."""
    adobe = shop_orders.document("adobe-commerce")
    adobe["data"]["value"].update(
        shipping_method="instore_pickup", shipping_description="In-Store Pickup Delivery - Paris"
    )
    titled = shop_orders.document("adobe-commerce")
    titled["data"]["value"]["shipping_description"] = "In-Store Pickup Delivery - Paris"
    awaiting = {**shop_orders.document("bigcommerce"), "status_id": 8}
    big = shop_orders.document("bigcommerce")
    big["consignments"]["shipping"][0]["shipping_method"] = "Pickup In Store"
    squarespace = {**shop_orders.document("squarespace"), "shippingLines": [{"method": "Local Pickup"}]}
    square = shop_orders.document("square")
    details = square["fulfillments"][0].pop("delivery_details")
    square["fulfillments"][0] |= {
        "type": "SHIPMENT",
        "shipment_details": {**details, "shipping_type": "Local pickup"},
    }
    wix = shop_orders.document("wix")
    wix["data"]["actionEvent"]["body"]["order"]["shippingInfo"]["title"] = "Retrait en boutique"

    for shop, body in (
        ("adobe-commerce", adobe),
        ("adobe-commerce", titled),
        ("bigcommerce", awaiting),
        ("bigcommerce", big),
        ("squarespace", squarespace),
        ("square", square),
        ("wix", wix),
    ):
        found = shop_orders.parse(shop, body)
        assert isinstance(found, Ignored), shop
        assert ("local_pickup", True) == (found.reason, found.retracts), shop


@pytest.mark.parametrize(
    "given", ["flat_rate", "flatrate_flatrate", "ups_pickup", "dpd_pickup_point", "", "freeshipping"]
)
def test_other_methods_are_no_collecting(given: str) -> None:
    """Ids of carriers, some of which have the word for their parcel shop_orders."""
    assert not id_says_collected(given)


# --- properties -----------------------------------------------------------------------------------

_KEYS = st.sampled_from(
    ["delivery_type", "Delivery Method", "Checkout-Method", "pi_delivery_type", "Lieferart"]
)
_VALUES = st.sampled_from(
    [
        "pickup",
        "Pick-up",
        "PICK UP",
        "Local pickup",
        "takeaway",
        "click & collect",
        "Abholung",
        "Retrait",
        "afhalen",
    ]
)


@given(_KEYS, _VALUES, st.sampled_from(["", " ", " (free)", " - 12 rue du Marché"]))
def test_any_value_of_collecting_under_any_key_is_collecting(key: str, value: str, rest: str) -> None:
    """Capitals, hyphens and what stands behind it change nothing."""
    assert read_way([Written(key, value + rest, key)]).collected


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_is_read_without_an_error(name: str, value: str) -> None:
    """Nothing a sender writes makes the reader fail, but for a day of collecting alone."""
    title_says_collected(value)
    id_says_collected(value)
    with contextlib.suppress(UnmappableOrder):
        read_way([Written(name, value, name)], methods=[(name, value)], tags=[value])
