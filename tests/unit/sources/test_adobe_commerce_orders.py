"""Adobe Commerce's orders: what is read, what needs no delivery, and what is named when it is wrong."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support import source_calls
from tests.support.of_adobe_commerce import NEW, OPTIONS, RECIPIENT, TOPIC, adobe_commerce, order

from bridge.errors import InvalidConnection, UnmappableOrder
from bridge.model import Ignored, Order, OrderItem, PostalAddress
from bridge.sources import Options, Payload


def parse(options: Options = OPTIONS, **changes: object) -> Order | Ignored:
    """Parse the sample with some fields of the order changed."""
    return adobe_commerce.parse(Payload(order(**changes), TOPIC, source_calls.RECEIVED_AT), options)


def item(**changes: object) -> dict[str, Any]:
    """Return the sample's first line with some fields changed."""
    return {**json.loads(NEW)["data"]["value"]["items"][0], **changes}


def test_whole_order() -> None:
    """Every field a delivery needs; parts of a configurable product and virtual lines are not carried."""
    found = parse()

    assert found == Order(
        order_id="000000012",
        name="#000000012",
        updated_at=datetime(2026, 11, 23, 9, 12, 8, tzinfo=UTC),
        created_at=datetime(2026, 11, 23, 9, 12, 8, tzinfo=UTC),
        address=PostalAddress(
            line1="12 rue de la Roquette",
            line2="3e étage, code B42",
            postcode="75011",
            city="Paris",
            country_code="FR",
            state="75",
        ),
        recipient_name="Camille Moreau",
        company="Atelier Moreau",
        phones=("06 12 34 56 78",),
        note="Sonner deux fois",
        items=(OrderItem("Bouquet d'automne", 2, sku="BQT-L", weight_grams=1250),),
        shipping_methods=("Livraison à vélo - Jour même",),
        paid=False,
    )


@pytest.mark.parametrize(
    ("street", "lines"),
    [
        ("1 quai\nBâtiment C\n2e", ("1 quai", "Bâtiment C, 2e")),
        (["1 quai"], ("1 quai", "")),
        ([" ", "1 quai", 7], ("1 quai", "")),
        (None, ("", "")),
    ],
)
def test_street_as_text_or_list(street: object, lines: tuple[str, str]) -> None:
    """Commerce gives the street's lines as a list, or as one text."""
    addresses = copy.deepcopy(json.loads(NEW)["data"]["value"]["addresses"])
    addresses[1]["street"] = street

    found = parse(addresses=addresses)

    assert isinstance(found, Order)
    assert lines == (found.address.line1, found.address.line2)


@pytest.mark.parametrize(
    ("changes", "quantity"),
    [
        ({"qty_ordered": "3.0000"}, 3),
        ({"qty_ordered": 3, "qty_canceled": 1, "qty_refunded": "1.0000"}, 1),
        ({"qty_ordered": 1.5}, 2),
        ({"parent_item_id": "0"}, 2),
        ({"is_virtual": "0"}, 2),
    ],
)
def test_quantity(changes: dict[str, Any], quantity: int) -> None:
    """Numbers may be texts; what was cancelled or refunded is not carried; half a piece is a piece."""
    found = parse(items=[item(**changes)])

    assert isinstance(found, Order)
    assert quantity == found.items[0].quantity


@pytest.mark.parametrize(
    ("unit", "grams"), [({"weight_unit": "lb"}, 567), ({"weight_unit": "kg"}, 1250), ({}, 0)]
)
def test_weight_is_in_the_shops_unit(unit: dict[str, str], grams: int) -> None:
    """The unit is a setting of the shop; nothing is guessed without it."""
    found = parse(Options(settings={"recipient": RECIPIENT, **unit}))

    assert isinstance(found, Order)
    assert grams == found.items[0].weight_grams


def test_unknown_weight_unit_is_named() -> None:
    """A unit that does not exist is the connection's fault."""
    with pytest.raises(InvalidConnection, match=r"sender\.weight_unit"):
        parse(Options(settings={"recipient": RECIPIENT, "weight_unit": "stone"}))


@pytest.mark.parametrize(
    ("changes", "paid"),
    [
        ({"total_paid": 96.9}, True),
        ({"total_paid": "96.9000", "grand_total": "96.9000"}, True),
        ({"total_paid": 50}, False),
        ({"total_paid": None}, False),
    ],
)
def test_paid(changes: dict[str, Any], paid: bool) -> None:
    """An order is paid when all of it is."""
    found = parse(**changes)

    assert isinstance(found, Order)
    assert found.paid is paid


@pytest.mark.parametrize(
    ("changes", "reason", "retracts"),
    [
        ({"state": "canceled"}, "cancelled", True),
        ({"state": "closed"}, "refunded", True),
        ({"items": []}, "nothing_to_ship", True),
        ({"items": [item(is_virtual=1)]}, "nothing_to_ship", True),
        ({"items": [item(qty_refunded=2)]}, "nothing_to_ship", True),
        ({"state": "holded"}, "on_hold", False),
        ({"state": "complete"}, "already_fulfilled", False),
    ],
)
def test_order_without_a_delivery(changes: dict[str, Any], reason: str, retracts: bool) -> None:
    """States that need no delivery, and whether an existing one is to go."""
    found = parse(**changes)

    assert isinstance(found, Ignored)
    assert (reason, retracts, "000000012") == (found.reason, found.retracts, found.order_id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"addresses": []}, "addresses"),
        ({"addresses": "x"}, "addresses"),
        ({"items": [item(qty_ordered=None)]}, "items[0].qty_ordered"),
        ({"items": [item(qty_ordered=10**9)]}, "items[0].qty_ordered"),
        ({"updated_at": None}, "updated_at"),
        ({"updated_at": "today"}, "updated_at"),
        ({"created_at": "2026-13-45 99:00:00"}, "created_at"),
        ({"state": 7}, "state"),
    ],
)
def test_wrong_field_is_named(changes: dict[str, Any], field: str) -> None:
    """A field that is missing from the subscription or has the wrong type is named as Commerce names it."""
    with pytest.raises(UnmappableOrder) as caught:
        parse(**changes)

    assert field == caught.value.field
