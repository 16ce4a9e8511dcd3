"""The Shopify source: signature, which order, and the order in our words."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import source_calls

from bridge import sources
from bridge.errors import BridgeError, MalformedWebhook, UnmappableOrder
from bridge.model import Coordinates, Ignored, Order, OrderItem, PostalAddress
from bridge.sources import Webhook

shopify = sources.get("shopify")

SECRET = "0" * 64  # the form of the key which Shopify's admin shows
WEBHOOK_ID = "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"
PARIS_WINTER = timezone(timedelta(hours=1))
TYPICAL = (Path(__file__).parents[2] / "events/webhooks/shopify/order-typical.json").read_bytes()


def sign(raw: bytes, secret: str = SECRET) -> str:
    """Sign as Shopify does."""
    return base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()


def headers(topic: str = "orders/create", **more: str) -> dict[str, str]:
    """Return the headers of a push, lower case."""
    return {"x-shopify-topic": topic, "x-shopify-webhook-id": WEBHOOK_ID, **more}


def order(**changes: object) -> dict[str, Any]:
    """Return a valid order, the typical sample, with some fields changed."""
    return {**json.loads(TYPICAL), **changes}


def body(document: object) -> bytes:
    """Write a body."""
    return json.dumps(document).encode()


def parse(topic: str = "orders/create", **changes: object) -> Order | Ignored:
    """Parse the typical sample with some fields changed."""
    return source_calls.parse(shopify, body(order(**changes)), topic)


# --- the signature ------------------------------------------------------------------------------


def test_the_published_vector_verifies() -> None:
    """The vector of Shopify's own library passes.

    Shopify/shopify-app-js, packages/apps/shopify-api/lib/webhooks/__tests__/validate.test.ts.
    """
    signature = "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g="

    source_calls.verify(shopify, b'{"foo": "bar"}', {"x-shopify-hmac-sha256": signature}, ["test_secret_key"])


# --- which order --------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", ["orders/create", "orders/paid", "orders/updated", "orders/cancelled"])
def test_an_order_is_identified_by_the_signed_body(topic: str) -> None:
    """The order's id comes from the body, since headers are not signed."""
    found = source_calls.identify(shopify, TYPICAL, headers(topic, **{"x-shopify-order-id": "1"}))

    assert Webhook(topic=topic, webhook_id=WEBHOOK_ID, order_id="5940139491042") == found


def test_an_edit_is_identified_by_the_order_it_edits(webhook_body: Callable[[str], bytes]) -> None:
    """The body of orders/edited is no order; the order's id stands inside the edit."""
    found = source_calls.identify(
        shopify, webhook_body("shopify/order-edited.json"), headers("orders/edited")
    )

    assert Webhook("orders/edited", WEBHOOK_ID, "5940139491052") == found


def test_a_large_id_keeps_every_digit() -> None:
    """Ids above 2^53 are exact: a float would round them and join two orders."""
    found = source_calls.identify(shopify, b'{"id": 820982911946154509}', headers())

    assert isinstance(found, Webhook)
    assert found.order_id == "820982911946154509"


@pytest.mark.parametrize("topic", ["products/update", "orders/fulfilled", "ORDERS/CREATE", "é"])
def test_a_topic_we_do_not_follow_is_ignored(topic: str) -> None:
    """A subscription too many is answered with 200 and leads to nothing, whatever its body."""
    assert Ignored("topic") == source_calls.identify(shopify, b"\xff", headers(topic))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{}", "order_id_missing"),
        (b'{"id": null}', "order_id_missing"),
        (b'{"order_edit": {"order_id": 1}}', "order_id_missing"),
        (b'{"id": true}', "order_id_malformed"),
        (b'{"id": "1"}', "order_id_malformed"),
        (b'{"id": 1.0}', "order_id_malformed"),
        (b'{"id": 1e400}', "order_id_malformed"),
        (b'{"id": 0}', "order_id_malformed"),
        (b'{"id": -5}', "order_id_malformed"),
        (b'{"id": 9223372036854775808}', "order_id_malformed"),
        (b'{"id": {"id": 1}}', "order_id_malformed"),
    ],
    ids=lambda value: value[:24].decode("latin-1") if isinstance(value, bytes) else value,
)
def test_an_unreadable_body_has_one_way_to_fail(raw: bytes, reason: str) -> None:
    """Signed but unreadable is MalformedWebhook with a reason from a closed set."""
    with pytest.raises(MalformedWebhook) as caught:
        source_calls.identify(shopify, raw, headers())

    assert reason == caught.value.reason


def test_a_whole_surrogate_pair_is_read() -> None:
    """An emoji may come escaped, as two halves that belong together."""
    assert isinstance(
        source_calls.identify(shopify, b'{"id": 1, "note": "\\ud83c\\udf38"}', headers()), Webhook
    )


@pytest.mark.parametrize("edit", [None, [], "x", {}, {"order_id": None}])
def test_an_edit_without_an_order_is_malformed(edit: object) -> None:
    """An edit that names no order cannot be queued under one."""
    with pytest.raises(MalformedWebhook) as caught:
        source_calls.identify(shopify, body({"id": 1, "order_edit": edit}), headers("orders/edited"))

    assert caught.value.reason == "order_id_missing"


@pytest.mark.parametrize("topic", [None, "", " "])
def test_a_missing_topic_is_malformed(topic: str | None) -> None:
    """Without a topic nobody knows what the body is."""
    given_headers = {} if topic is None else {"x-shopify-topic": topic}

    with pytest.raises(MalformedWebhook) as caught:
        source_calls.identify(shopify, TYPICAL, given_headers)

    assert caught.value.reason == "topic_missing"


# --- the order ----------------------------------------------------------------------------------


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


# --- anything at all ----------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
TOPICS = st.sampled_from(sorted(shopify.TOPICS)) | st.text(max_size=20)


@settings(max_examples=150, deadline=None)
@given(raw=st.binary(max_size=60), topic=TOPICS, signature=st.text(max_size=60))
def test_any_bytes_raise_our_errors_only(raw: bytes, topic: str, signature: str) -> None:
    """Whatever comes in, the answer is a value or an error of the taxonomy."""
    given_headers = {"x-shopify-topic": topic, "x-shopify-hmac-sha256": signature}
    for step in (
        lambda: source_calls.verify(shopify, raw, given_headers, [SECRET]),
        lambda: source_calls.identify(shopify, raw, given_headers),
        lambda: source_calls.parse(shopify, raw, topic),
    ):
        with contextlib.suppress(BridgeError):
            step()


@settings(max_examples=150, deadline=None)
@given(field=st.sampled_from(sorted(order())), value=JSON, topic=TOPICS)
def test_any_value_in_any_field_raises_our_errors_only(field: str, value: object, topic: str) -> None:
    """A signed body with a wrong type anywhere is read, ignored or refused by name."""
    raw = body(order(**{field: value}))

    with contextlib.suppress(UnmappableOrder, MalformedWebhook):
        source_calls.identify(shopify, raw, headers(topic))
        source_calls.parse(shopify, raw, topic)


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
