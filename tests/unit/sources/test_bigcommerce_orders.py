"""BigCommerce's orders: what is read of one, what needs no delivery, and what is named when it is wrong."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support import shop_orders, source_calls
from tests.support.of_bigcommerce import ORDER, SAMPLES, bigcommerce

from bridge.errors import (
    MalformedWebhook,
    UnmappableOrder,
)
from bridge.model import Ignored, Order, OrderItem, PostalAddress, Stop
from bridge.sources import Options


def shipping(**changes: object) -> dict[str, Any]:
    """Return a valid shipping consignment with some fields changed."""
    return {**copy.deepcopy(ORDER["consignments"]["shipping"][0]), **changes}


def line(**changes: object) -> dict[str, Any]:
    """Return a valid line with some fields changed."""
    return {**copy.deepcopy(ORDER["consignments"]["shipping"][0]["line_items"][0]), **changes}


def consignments(*parts: object, **more: object) -> dict[str, object]:
    """Return the consignments of an order."""
    return {"pickups": [], "shipping": list(parts), "downloads": [], **more}


def parse(
    topic: str = "store/order/updated", options: Options = SAMPLES.options, **changes: object
) -> Order | Ignored:
    """Parse the fetched order with some fields changed."""
    document = {**copy.deepcopy(ORDER), **changes}
    return source_calls.parse(bigcommerce, json.dumps(document).encode(), topic, options)


def parsed(options: Options = SAMPLES.options, **changes: object) -> Order:
    """Parse an order that becomes a delivery."""
    found = parse(options=options, **changes)
    assert isinstance(found, Order)
    return found


REGION = "Île-de-France"
CAMILLE = PostalAddress("48 Rue de Rivoli", "3e étage gauche", "75004", "Paris", "France", "FR", state=REGION)
BOUQUET = OrderItem("Bouquet de saison", 1, sku="BQT-L", variant="Grand", weight_grams=900)
CARD = OrderItem("Carte manuscrite", 1, sku="CARD", weight_grams=10)


def test_an_order_is_read_whole() -> None:
    """Every field we use is filled from a complete order."""
    found = bigcommerce.parse(
        SAMPLES.fetch(bigcommerce, "order-created.json", "store/order/created"), SAMPLES.options
    )

    assert found == Order(
        order_id="250",
        name="#250",
        updated_at=datetime(2026, 11, 23, 9, 12, 9, tzinfo=UTC),
        created_at=datetime(2026, 11, 23, 9, 12, 8, tzinfo=UTC),
        address=CAMILLE,
        recipient_name="Camille Moreau",
        phones=("06 12 34 56 78",),
        note="Code 48B12\nSonner chez la gardienne",
        items=(BOUQUET, CARD),
        shipping_methods=("Livraison à vélo",),
        paid=True,
    )


def test_several_addresses_are_several_dropoffs() -> None:
    """Each shipping consignment is a stop with its own recipient and items."""
    found = bigcommerce.parse(
        SAMPLES.fetch(bigcommerce, "order-several-addresses.json", "store/order/created"), SAMPLES.options
    )

    assert isinstance(found, Order)
    assert (CAMILLE, (BOUQUET,)) == (found.address, found.items)
    assert found.dropoffs == (
        Stop(
            address=PostalAddress("12 Rue Oberkampf", "", "75011", "Paris", "France", "FR", state=REGION),
            recipient_name="Élodie Petit",
            company="Atelier Petit",
            phones=("06 12 34 56 78",),
            note="Code 48B12\nSonner chez la gardienne",
            items=(CARD,),
            path="consignments.shipping[1]",
        ),
    )


def test_what_was_refunded_is_not_carried() -> None:
    """Of three bouquets one was refunded; two are brought."""
    found = bigcommerce.parse(
        SAMPLES.fetch(bigcommerce, "order-updated.json", "store/order/updated"), SAMPLES.options
    )

    assert isinstance(found, Order)
    assert [2] == [item.quantity for item in found.items]


EMPTY = shipping(line_items=[])
DIGITAL = shipping(line_items=[line(type="digital"), line(type="giftcertificate")])
REFUNDED = shipping(line_items=[line(quantity_refunded=1)])
PICKUP = {"id": 99, "pickup_method_id": 1, "line_items": [line()]}


@pytest.mark.parametrize(
    ("changes", "reason", "retracts"),
    [
        ({"status_id": 0}, "incomplete", False),
        ({"status_id": 1}, "incomplete", False),
        ({"status_id": 2}, "already_fulfilled", False),
        ({"status_id": 10}, "already_fulfilled", False),
        ({"status_id": 2, "is_deleted": True}, "already_fulfilled", False),
        ({"status_id": 4}, "refunded", True),
        ({"status_id": 5}, "cancelled", True),
        ({"status_id": 5, "is_deleted": True}, "cancelled", True),
        ({"status_id": 6}, "declined", True),
        ({"status_id": 12}, "on_hold", False),
        ({"status_id": 13}, "on_hold", False),
        ({"is_deleted": True}, "archived", True),
        ({"consignments": consignments()}, "nothing_to_ship", True),
        ({"consignments": consignments(EMPTY, DIGITAL, REFUNDED)}, "nothing_to_ship", True),
        ({"consignments": consignments(pickups=[PICKUP])}, "local_pickup", True),
        ({"consignments": consignments(downloads=[{"line_items": []}])}, "nothing_to_ship", True),
    ],
)
def test_an_order_that_needs_no_delivery_is_ignored(
    changes: dict[str, object], reason: str, retracts: bool
) -> None:
    """A cancelled, refunded, archived or picked-up order retracts its delivery, a finished one does not."""
    found = parse(**changes)

    assert isinstance(found, Ignored)
    assert (reason, retracts, "250", "#250") == (
        found.reason,
        found.retracts,
        found.order_id,
        found.order_name,
    )
    assert datetime(2026, 11, 23, 9, 12, 9, tzinfo=UTC) == found.updated_at


@pytest.mark.parametrize("status_id", [3, 7, 9, 11, 14, 99])
def test_every_other_status_is_delivered(status_id: int) -> None:
    """A status that we do not know is open."""
    assert isinstance(parse(status_id=status_id), Order)


@pytest.mark.parametrize(
    ("status_id", "payment_status", "paid"),
    [
        (11, "", True),
        (9, "", True),
        (7, "", False),
        (7, "authorized", False),  # the documentation's own cash order
        (7, "captured", True),
        (7, "paid", True),
        (7, "pending", False),
        (7, None, False),
        (99, "", False),
    ],
)
def test_an_order_is_paid_by_its_status_or_its_payment(
    status_id: int, payment_status: str | None, paid: bool
) -> None:
    """Awaiting Fulfillment says that the payment was confirmed; Awaiting Payment needs the money itself."""
    assert paid == parsed(status_id=status_id, payment_status=payment_status).paid


def test_an_empty_consignment_is_no_stop() -> None:
    """An address whose items were all removed is not visited."""
    found = parsed(consignments=consignments(EMPTY, shipping(street_1="1 Rue Neuve")))

    assert (found.address.line1, found.dropoffs) == ("1 Rue Neuve", ())
    assert found.paths["address.postcode"] == "consignments.shipping[1].zip"


def test_several_addresses_at_several_times_are_refused() -> None:
    """One order is one delivery; two days of it are a person's matter."""
    later = shipping(form_fields=[{"name": "Jour de livraison", "value": "25/11/2026"}])

    with pytest.raises(UnmappableOrder, match="name two days"):
        shop_orders.choice(parsed(consignments=consignments(shipping(), later)))


@pytest.mark.parametrize(
    ("event_date", "day"),
    [
        ("2026-12-24", "2026-12-24"),
        ("2026-12-24T00:00:00Z", "2026-12-24"),
        ("Thu, 24 Dec 2026 00:00:00 +0000", "2026-12-24"),
        ("soon", None),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_a_products_event_date_is_the_day(event_date: object, day: str | None) -> None:
    """A product sold for a day ("scheduled delivery") says it without any label."""
    part = shipping(form_fields=[], line_items=[line(event_date=event_date)])

    assert (day or "") == shop_orders.choice(parsed(options=Options(), consignments=consignments(part)))


def test_the_day_may_be_an_option_of_a_product() -> None:
    """When the address form has no such field, the products' options are looked through."""
    option = {"display_name": "jour DE  livraison", "display_value": "24 déc.", "type": "Date field"}
    part = shipping(form_fields=[], line_items=[line(product_options=[option])])

    assert "2026-12-24" == shop_orders.choice(parsed(consignments=consignments(part)))


def test_a_label_that_says_so_needs_no_setting() -> None:
    """The labels "Jour de livraison" and "Créneau" are known; another must be named."""
    found = parsed(options=Options())

    assert "2026-11-24 14:00-16:00" == shop_orders.choice(found)
    assert found.note == "Code 48B12\nSonner chez la gardienne"


def test_what_was_handed_out_is_not_carried_again() -> None:
    """A partially shipped order: ``quantity_shipped`` of its lines."""
    goods = [line(quantity=3, quantity_shipped=2), line(name="Vase", quantity=1, quantity_shipped=1)]

    found = parsed(status_id=3, consignments=consignments(shipping(line_items=goods)))

    assert [1] == [item.quantity for item in found.items]


def test_an_order_whose_lines_are_all_handed_out_undoes_nothing() -> None:
    """A delivery under way stays when the shop ticks off what it carries."""
    goods = [line(quantity=1, quantity_shipped=1)]

    found = parse(status_id=3, consignments=consignments(shipping(line_items=goods)))

    assert isinstance(found, Ignored)
    assert ("already_fulfilled", False) == (found.reason, found.retracts)


def test_an_uploaded_file_is_no_variant() -> None:
    """An option's file name tells a courier nothing."""
    options = [
        {"type": "File Upload", "display_name": "Logo", "display_value": "logo.jpeg"},
        {"type": "Swatch", "display_name": "Color", "display_value": "Orange"},
    ]

    found = parsed(consignments=consignments(shipping(line_items=[line(product_options=options)])))

    assert ["Orange"] == [item.variant for item in found.items]


def test_phones_come_in_the_order_of_who_is_nearest_to_the_door() -> None:
    """The recipient's number comes first, then the bill's, none twice."""
    billing = {**ORDER["billing_address"], "phone": "01"}

    assert parsed(billing_address=billing).phones == ("06 12 34 56 78", "01")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"date_modified": None}, "date_modified"),
        ({"date_modified": "2026-11-23"}, "date_modified"),
        ({"date_modified": 5}, "date_modified"),
        ({"date_modified": "Mon, 23 Nov 1926 09:12:09 +0000"}, "date_modified"),
        ({"status_id": None}, "status_id"),
        ({"status_id": "11"}, "status_id"),
        ({"is_deleted": "no"}, "is_deleted"),
        ({"payment_status": 5, "status_id": 7}, "payment_status"),
        ({"consignments": None}, "consignments"),
        ({"consignments": []}, "consignments"),
        ({"consignments": {"shipping": {}}}, "consignments.shipping"),
        ({"consignments": consignments(shipping(zip=75004))}, "consignments.shipping[0].zip"),
        ({"consignments": consignments(shipping(line_items={}))}, "consignments.shipping[0].line_items"),
        (
            # What the answer holds when the lines are not included.
            {"consignments": consignments(shipping(line_items=[{"resource": "/orders/250/products/65"}]))},
            "consignments.shipping[0].line_items[0].quantity",
        ),
    ],
)
def test_a_needed_field_of_the_wrong_form_is_named(changes: dict[str, object], field: str) -> None:
    """The error names the field as BigCommerce does."""
    with pytest.raises(UnmappableOrder) as caught:
        parse(**changes)

    assert field == caught.value.field


@pytest.mark.parametrize("order_id", [None, "250", 0, True])
def test_an_order_without_a_usable_id_is_malformed(order_id: object) -> None:
    """Only a fetched order is parsed."""
    with pytest.raises(MalformedWebhook):
        parse(id=order_id)
