"""Squarespace's orders: what is read of one, what needs no delivery, and what is named when it is wrong."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime

import pytest
from tests.support import shop_orders, source_calls
from tests.support.of_squarespace import ORDER, ORDER_ID, SAMPLES, squarespace

from bridge.errors import (
    InvalidConnection,
    MalformedWebhook,
    UnmappableOrder,
)
from bridge.model import Ignored, Order, OrderItem, PostalAddress
from bridge.sources import Options


def parse(
    topic: str = "order.update", options: Options = SAMPLES.options, **changes: object
) -> Order | Ignored:
    """Parse the fetched order with some fields changed."""
    document = {**copy.deepcopy(ORDER), **changes}
    return source_calls.parse(squarespace, json.dumps(document).encode(), topic, options)


def parsed(options: Options = SAMPLES.options, **changes: object) -> Order:
    """Parse an order that becomes a delivery."""
    found = parse(options=options, **changes)
    assert isinstance(found, Order)
    return found


def test_an_order_is_read_whole() -> None:
    """Every field we use is filled from a complete order; the gift card stays out."""
    found = squarespace.parse(
        SAMPLES.fetch(squarespace, "order-create.json", "order.create"), SAMPLES.options
    )

    assert found == Order(
        order_id=ORDER_ID,
        name="#1042",
        updated_at=datetime(2026, 11, 23, 9, 12, 9, 412000, tzinfo=UTC),
        created_at=datetime(2026, 11, 23, 9, 12, 8, 187000, tzinfo=UTC),
        address=PostalAddress("48 Rue de Rivoli", "3e étage gauche", "75004", "Paris", country_code="FR"),
        recipient_name="Camille Moreau",
        phones=("06 12 34 56 78",),
        note="Code 48B12",
        items=(OrderItem("Bouquet de saison", 1, sku="BQT-L", variant="Grand, Rose", weight_grams=900),),
        shipping_methods=("Livraison à vélo",),
        paid=True,
    )


DIGITAL = {"productName": "PDF", "quantity": 1, "lineItemType": "DIGITAL"}
EUR_0 = {"value": "0.00", "currency": "EUR"}


@pytest.mark.parametrize(
    ("changes", "reason", "retracts"),
    [
        ({"testmode": True}, "test_order", False),
        ({"testmode": True, "fulfillmentStatus": "CANCELED"}, "test_order", False),
        ({"fulfillmentStatus": "CANCELED"}, "cancelled", True),
        ({"fulfillmentStatus": "FULFILLED"}, "already_fulfilled", False),
        ({"fulfillmentStatus": "FULFILLED", "refundedTotal": {"value": "69.90"}}, "already_fulfilled", False),
        ({"refundedTotal": {"value": "69.90", "currency": "EUR"}}, "refunded", True),
        ({"refundedTotal": {"value": 69.9}, "grandTotal": {"value": 69.9}}, "refunded", True),
        ({"lineItems": []}, "nothing_to_ship", True),
        ({"lineItems": [DIGITAL]}, "nothing_to_ship", True),
        ({"lineItems": [{**DIGITAL, "lineItemType": "SERVICE"}]}, "nothing_to_ship", True),
        ({"lineItems": [{"quantity": 0}]}, "nothing_to_ship", True),
        ({"shippingAddress": None}, "local_pickup", True),
        ({"shippingAddress": None, "channel": "pos"}, "local_pickup", True),
    ],
)
def test_an_order_that_needs_no_delivery_is_ignored(
    changes: dict[str, object], reason: str, retracts: bool
) -> None:
    """A cancelled, refunded or picked-up order retracts its delivery, a finished one does not."""
    found = parse(**changes)

    assert isinstance(found, Ignored)
    assert (reason, retracts, ORDER_ID) == (found.reason, found.retracts, found.order_id)
    assert datetime(2026, 11, 23, 9, 12, 9, 412000, tzinfo=UTC) == found.updated_at


@pytest.mark.parametrize(
    "changes",
    [
        {"refundedTotal": {"value": "5.00"}, "paymentState": "REFUNDED"},
        {"refundedTotal": EUR_0, "grandTotal": EUR_0},
        {"refundedTotal": {"value": "lots"}},
        {"refundedTotal": {"value": "Infinity"}, "grandTotal": {"value": "NaN"}},
        {"refundedTotal": None},
        {"refundedTotal": {"value": True}, "grandTotal": {"value": True}},
    ],
)
def test_a_part_of_the_money_back_is_no_cancellation(changes: dict[str, object]) -> None:
    """Only when all of it went back is the delivery not wanted any more; a free order is no refund."""
    assert isinstance(parse(**changes), Order)


@pytest.mark.parametrize("kind", ["PHYSICAL_PRODUCT", "CUSTOM", "SOMETHING_NEW", None])
def test_a_kind_of_line_we_do_not_know_is_carried(kind: str | None) -> None:
    """The documentation lists no whole set, and a delivery too many is seen, one too few is not."""
    found = parsed(lineItems=[{"productName": "X", "quantity": 1, "lineItemType": kind}])

    assert (OrderItem("X", 1),) == found.items


@pytest.mark.parametrize(
    ("state", "paid"),
    [
        (None, True),
        ("PAID", True),
        ("AUTHORIZED", True),
        ("NOT_CHARGED", False),
        ("PENDING", False),
        ("FAILED", False),
        ("PARTIALLY_PAID", False),
        ("REFUNDED", True),
    ],
)
def test_an_order_is_paid_when_the_money_is_there_or_reserved(state: str | None, paid: bool) -> None:
    """An order without a payment state went through the checkout, which takes the money."""
    assert paid == parsed(paymentState=state).paid


def test_the_day_may_be_asked_in_a_products_form() -> None:
    """When the checkout form has no such field, the products' own forms are looked through."""
    line = {**ORDER["lineItems"][0], "customizations": [{"label": "jour DE  livraison", "value": "demain"}]}

    found = parsed(formSubmission=None, lineItems=[{"quantity": 1, "customizations": None}, line])

    assert "2026-11-24" == shop_orders.choice(found)


def test_a_label_that_says_so_needs_no_setting() -> None:
    """The label "Jour de livraison" is known; what is under a label of the shop's own must be named."""
    assert "2026-11-24 14:00-16:00" == shop_orders.choice(parsed(options=Options()))


@pytest.mark.parametrize(
    "answers",
    [[], None, "x", [5], [{"label": "Jour de livraison", "value": " "}], [{"label": 5, "value": "x"}]],
)
def test_an_unanswered_question_is_no_wish(answers: object) -> None:
    """An empty answer, or a form of another shape, leaves the time to the schedule."""
    assert "" == shop_orders.choice(parsed(formSubmission=answers))


@pytest.mark.parametrize(
    ("unit", "weight", "grams"),
    [
        ("kg", 0.9, 900),
        ("lb", 1.0, 454),
        ("kg", "0.9", 900),
        ("kg", None, 0),
        ("kg", -1, 0),
        ("kg", "heavy", 0),
        ("kg", "NaN", 0),
        ("kg", 1e300, 0),
        ("kg", True, 0),
        ("", 0.9, 0),
    ],
)
def test_a_weight_is_read_in_the_sites_unit(unit: str, weight: object, grams: int) -> None:
    """The order does not name the unit; without the setting no weight is sent."""
    line = {"productName": "X", "quantity": 1, "weight": weight}

    found = parsed(options=Options(settings={"weight_unit": unit}), lineItems=[line])

    assert grams == found.items[0].weight_grams


def test_an_unknown_unit_of_weight_is_named() -> None:
    """A setting we cannot use is the connection's fault, not the order's."""
    with pytest.raises(InvalidConnection, match=r"^sender\.weight_unit: must be one of g, kg, oz, lb$"):
        parse(options=Options(settings={"weight_unit": "stone"}))


def test_phones_come_in_the_order_of_who_is_nearest_to_the_door() -> None:
    """The recipient's number comes first, then the bill's, none twice."""
    billing = {**ORDER["billingAddress"], "phone": "01"}

    assert parsed(billingAddress=billing).phones == ("06 12 34 56 78", "01")
    assert parsed().phones == ("06 12 34 56 78",)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"modifiedOn": None}, "modifiedOn"),
        ({"modifiedOn": "2026-11-23"}, "modifiedOn"),
        ({"testmode": "no"}, "testmode"),
        ({"fulfillmentStatus": 5}, "fulfillmentStatus"),
        ({"lineItems": {}}, "lineItems"),
        ({"lineItems": [{"lineItemType": "PHYSICAL_PRODUCT"}]}, "lineItems[0].quantity"),
        ({"lineItems": [{"quantity": "1"}]}, "lineItems[0].quantity"),
        ({"shippingAddress": "48 Rue de Rivoli"}, "shippingAddress"),
        ({"shippingAddress": {"postalCode": 75004}}, "shippingAddress.postalCode"),
    ],
)
def test_a_needed_field_of_the_wrong_form_is_named(changes: dict[str, object], field: str) -> None:
    """The error names the field as Squarespace does."""
    with pytest.raises(UnmappableOrder) as caught:
        parse(**changes)

    assert field == caught.value.field


@pytest.mark.parametrize("order_id", [None, "", "a/b"])
def test_an_order_without_a_usable_id_is_malformed(order_id: object) -> None:
    """Only a fetched order is parsed."""
    with pytest.raises(MalformedWebhook):
        parse(id=order_id)
