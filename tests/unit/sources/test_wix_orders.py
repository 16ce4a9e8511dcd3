"""Wix's orders: what is read of one, what needs no delivery, and what is named when it is wrong."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support import source_calls
from tests.support.of_wix import OPTIONS, ORDER_ID, claims, order_event, token, wix

from bridge.errors import UnmappableOrder
from bridge.model import Ignored, Order, OrderItem, PostalAddress
from bridge.sources import Payload


def parse(topic: str = "wix.ecom.v1.order_approved", **changes: object) -> Order | Ignored:
    """Parse the sample with some fields of the order changed."""
    body = json.dumps(order_event(**changes)).encode()
    return wix.parse(Payload(body, topic, source_calls.RECEIVED_AT), OPTIONS)


def test_whole_order() -> None:
    """Every field a delivery needs, out of the documented ones; the gift card is not carried."""
    found = parse()

    assert found == Order(
        order_id=ORDER_ID,
        name="#10002",
        updated_at=datetime(2026, 11, 23, 9, 12, 11, 520000, tzinfo=UTC),
        created_at=datetime(2026, 11, 23, 9, 12, 8, 346000, tzinfo=UTC),
        address=PostalAddress(
            line1="12 rue de la Roquette",
            line2="3e étage, code B42",
            postcode="75011",
            city="Paris",
            country_code="FR",
            state="IDF",
        ),
        recipient_name="Camille Moreau",
        company="Atelier Moreau",
        phones=("06 12 34 56 78",),
        note="Sonner deux fois",
        items=(OrderItem("Bouquet d'automne", 2, sku="BQT-L", weight_grams=1250),),
        shipping_methods=("Livraison à vélo",),
        paid=True,
    )


def test_parse_reads_a_token() -> None:
    """The worker gets the token itself from the queue."""
    payload = Payload(token(claims()), "wix.ecom.v1.order_approved", source_calls.RECEIVED_AT)

    assert isinstance(wix.parse(payload, OPTIONS), Order)
    assert wix.document(payload)["id"] == ORDER_ID


@pytest.mark.parametrize(
    ("changes", "line1"),
    [
        ({"addressLine": "", "addressLine1": "1 quai"}, "1 quai"),
        ({"addressLine": None}, "12 rue de la Roquette"),
        ({"addressLine": None, "streetAddress": None}, ""),
    ],
)
def test_address_line_in_its_other_forms(changes: dict[str, Any], line1: str) -> None:
    """The line is called otherwise in some copies of the documentation, or is there as number and street."""
    shipping = copy.deepcopy(order_event()["data"]["actionEvent"]["body"]["order"]["shippingInfo"])
    shipping["logistics"]["shippingDestination"]["address"].update(changes)

    found = parse(shippingInfo=shipping)

    assert isinstance(found, Order)
    assert line1 == found.address.line1


def test_pounds() -> None:
    """A shop of pounds has its weights in grams too."""
    found = parse(weightUnit="LB")

    assert isinstance(found, Order)
    assert 567 == found.items[0].weight_grams


@pytest.mark.parametrize(
    ("changes", "reason", "retracts"),
    [
        ({"status": "CANCELED"}, "cancelled", True),
        ({"paymentStatus": "FULLY_REFUNDED"}, "refunded", True),
        ({"lineItems": []}, "nothing_to_ship", True),
        ({"shippingInfo": None}, "nothing_to_ship", True),
        ({"status": "INITIALIZED", "paymentStatus": "PENDING"}, "not_approved", False),
        ({"fulfillmentStatus": "FULFILLED"}, "already_fulfilled", False),
    ],
)
def test_order_without_a_delivery(changes: dict[str, Any], reason: str, retracts: bool) -> None:
    """States that need no delivery, and whether an existing one is to go."""
    found = parse(**changes)

    assert isinstance(found, Ignored)
    assert (reason, retracts, ORDER_ID) == (found.reason, found.retracts, found.order_id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"shippingInfo": {"title": "x", "logistics": {}}}, "shippingInfo.logistics.shippingDestination"),
        ({"updatedDate": "yesterday"}, "updatedDate"),
        ({"lineItems": [{"productName": {"original": "x"}}]}, "lineItems[0].quantity"),
        ({"lineItems": "x"}, "lineItems"),
        ({"status": 7}, "status"),
    ],
)
def test_wrong_field_is_named(changes: dict[str, Any], field: str) -> None:
    """A field of the wrong type is named as Wix names it."""
    with pytest.raises(UnmappableOrder) as caught:
        parse(**changes)

    assert field == caught.value.field
