"""The Square source: signature over address and body, the order asked for, fulfillments, the window."""

from __future__ import annotations

import base64
import contextlib
import copy
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import source_calls
from tests.support.fake_instance import FakeShop, Samples

from bridge import sources
from bridge.errors import (
    BridgeError,
    InvalidConnection,
    InvalidSignature,
    MalformedWebhook,
    ShopRejected,
    ShopUnavailable,
    UnmappableOrder,
)
from bridge.model import Ignored, Order, OrderItem, PostalAddress, TimeWindow, TimeWish
from bridge.sources import Options, Payload, Webhook

square = sources.get("square")

SAMPLES = Samples("square")
CREATED = SAMPLES.body("order-created.json")
ORDER_ID = "CAISENgvlJ6jLWAzERDzjyHVybY"
ORDER: dict[str, Any] = json.loads(SAMPLES.body("api/order-delivery.json"))["order"]
SECRET = "signature-key"
URL = SAMPLES.options.settings["notification_url"]


def sign(raw: bytes, secret: str = SECRET, url: str = URL) -> str:
    """Sign as Square does."""
    return base64.b64encode(hmac.new(secret.encode(), url.encode() + raw, hashlib.sha256).digest()).decode()


def verify(
    body: bytes, signature: str | None, secrets: list[str], options: Options = SAMPLES.options
) -> None:
    """Verify a push."""
    headers = {} if signature is None else {"x-square-hmacsha256-signature": signature}
    square.verify(source_calls.push(body, headers), secrets, options)


def event(**changes: object) -> bytes:
    """Return the documentation's order.created with some fields changed."""
    return json.dumps({**json.loads(CREATED), **changes}).encode()


def order(**changes: object) -> dict[str, Any]:
    """Return a valid order with some fields changed."""
    return {**copy.deepcopy(ORDER), **changes}


def fulfillment(details: dict[str, object] | None = None, **changes: object) -> dict[str, Any]:
    """Return a valid delivery fulfillment with some fields, and some of its details, changed."""
    one = {**copy.deepcopy(ORDER["fulfillments"][0]), **changes}
    one["delivery_details"].update(details or {})
    return one


def parse(
    topic: str = "order.updated", options: Options = source_calls.NO_OPTIONS, **changes: object
) -> Order | Ignored:
    """Parse the fetched order with some fields changed."""
    return source_calls.parse(square, json.dumps(order(**changes)).encode(), topic, options)


def parsed(**changes: object) -> Order:
    """Parse an order that becomes a delivery."""
    found = parse(**changes)
    assert isinstance(found, Order)
    return found


# --- the signature --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("secret", "url", "body", "signature"),
    [
        (
            "Ibxx_5AKakO-3qeNVR61Dw",
            "https://webhook.site/679a4f3a-dcfa-49ee-bac5-9d0edad886b9",
            b'{"merchant_id":"MLEFBHHSJGVHD","type":"webhooks.test_notification",'
            b'"event_id":"ac3ac95b-f97d-458c-a6e6-18981597e05f","created_at":"2022-07-13T20:30:59.037339943Z",'
            b'"data":{"type":"webhooks","id":"bc368e64-01aa-407e-b46e-3231809b1129"}}',
            "GF4YkrJgGBDZ9NIYbNXBnMzqb2HoL4RW/S6vkZ9/2N4=",
        ),
        (
            "signature-key",
            "https://webhook.site/webhooks",
            b'{"data":{"type":"webhooks","id":">id<"}}',
            "Cxt7+aTi4rKgcA0bC4g9EHdVtLSDWdqccmL5MvihU4U=",
        ),
    ],
    ids=["test notification", "characters that JSON may escape"],
)
def test_the_published_vectors_verify(secret: str, url: str, body: bytes, signature: str) -> None:
    """The vectors of Square's own library pass.

    square/square-python-sdk, tests/integration/test_webhooks_helper.py.
    """
    verify(body, signature, [secret], Options(settings={"notification_url": url}))


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        ("1z2n3DEJJiUPKcPzQo1ftvbxGdw=", "signature_malformed"),  # the retired HMAC-SHA1, of Square's tests
        (sign(CREATED, url=URL + "/"), "signature_mismatch"),
        (sign(CREATED, url="https://other.example.com/webhooks/acme-square"), "signature_mismatch"),
        (sign(CREATED, url=""), "signature_mismatch"),
        (sign(json.dumps(json.loads(CREATED), indent=4).encode()), "signature_mismatch"),
    ],
)
def test_a_signature_of_another_address_is_wrong(signature: str, reason: str) -> None:
    """Address and body count byte for byte, and the scheme of old no more."""
    with pytest.raises(InvalidSignature) as caught:
        verify(CREATED, signature, [SECRET])

    assert reason == caught.value.reason


def test_without_the_address_nothing_verifies() -> None:
    """The address is part of what is signed, and is never guessed from the request."""
    with pytest.raises(InvalidSignature) as caught:
        verify(CREATED, sign(CREATED, url=""), [SECRET], Options())

    assert caught.value.reason == "notification_url_missing"


# --- which order ----------------------------------------------------------------------------------


def test_an_order_is_identified_by_the_signed_body() -> None:
    """Type, event id and order id all stand in the body."""
    found = source_calls.identify(square, CREATED, {})

    assert Webhook("order.created", "116038d3-2948-439f-8679-fc86dbf80f69", ORDER_ID) == found


@pytest.mark.parametrize("topic", ["payment.created", "webhooks.test_notification", "ORDER.CREATED"])
def test_a_type_we_do_not_follow_is_ignored(topic: str) -> None:
    """A subscription too many is answered with 200 and leads to nothing."""
    assert Ignored("topic") == source_calls.identify(square, event(type=topic, data=None), {})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (event(type=None), "topic_missing"),
        (event(type=7), "topic_missing"),
        (event(data=None), "order_id_missing"),
        (event(data=[]), "order_id_missing"),
        (event(data={"id": 5}), "order_id_missing"),
        (event(data={"id": "../locations"}), "order_id_malformed"),
        (event(data={"id": "a?b"}), "order_id_malformed"),
        (event(data={"id": "é"}), "order_id_malformed"),
        (event(data={"id": "a" * 193}), "order_id_malformed"),
    ],
)
def test_an_unreadable_body_has_one_way_to_fail(body: bytes, reason: str) -> None:
    """Signed but unreadable is MalformedWebhook, and so is an id that would change the API's address."""
    with pytest.raises(MalformedWebhook) as caught:
        source_calls.identify(square, body, {})

    assert reason == caught.value.reason


# --- asking for the order -------------------------------------------------------------------------


def fetch(shop: FakeShop, options: Options = SAMPLES.options, body: bytes = CREATED) -> Payload:
    """Ask for the order of an event."""
    return square.fetch(Payload(body, "order.created", source_calls.RECEIVED_AT), options, shop)


def test_the_order_is_asked_of_square_with_the_token_and_a_pinned_version() -> None:
    """One GET at Square's own address; what the worker then holds is the order alone."""
    shop = SAMPLES.shop()

    found = fetch(shop)

    assert ORDER == json.loads(found.body)
    assert ORDER == square.document(found)
    assert [f"https://connect.squareup.com/v2/orders/{ORDER_ID}"] == [url for url, _ in shop.asked]
    headers = shop.asked[0][1]
    assert headers["Authorization"] == "Bearer shop-token"
    assert headers["Square-Version"] == "2025-07-16"


def test_the_api_may_be_elsewhere() -> None:
    """The sandbox, or a test's own server, is named by a setting."""
    shop = SAMPLES.shop()

    fetch(shop, Options(settings={"api_url": "http://127.0.0.1:8080/"}))

    assert f"http://127.0.0.1:8080/v2/orders/{ORDER_ID}" == shop.asked[0][0]


@pytest.mark.parametrize(
    "url",
    [
        "http://connect.squareup.com",
        "ftp://connect.squareup.com",
        "connect.squareup.com",
        "https://",
        "https://user:pass@connect.squareup.com",
        "https://connect.squareup.com?x=1",
        "https://connect.squareup.com#x",
        "https://connect squareup.com",
        "https://[::1",
        "https://connect.squareup.com:port",
        "http://127.0.0.1.example.com",
    ],
)
def test_a_token_travels_to_no_odd_address(url: str) -> None:
    """The setting must be https (plain http for this machine alone) and hold no more than an address."""
    shop = SAMPLES.shop()

    with pytest.raises(InvalidConnection, match=r"^sender\.api_url: ") as caught:
        fetch(shop, Options(settings={"api_url": url}))

    assert "pass" not in str(caught.value).replace("password", "")
    assert shop.asked == []


@pytest.mark.parametrize("token", ["", "  ", "a\nb", "é"])
def test_a_missing_or_unusable_token_is_named(token: str) -> None:
    """Without a token nothing is asked, and the message says what to apply."""
    shop = FakeShop(SAMPLES.answers, token)

    with pytest.raises(InvalidConnection, match=r"^shop_token: "):
        fetch(shop)

    assert shop.asked == []


@pytest.mark.parametrize(
    "answer",
    [b"", b"<html>", b"[]", b"{}", b'{"order": null}', b'{"order": {}}', b'{"order": {"id": "another"}}'],
)
def test_an_answer_that_is_not_the_order_is_asked_for_again(answer: bytes) -> None:
    """A proxy's page or another order is never taken for this order, and the message comes again."""
    with pytest.raises(ShopUnavailable):
        fetch(FakeShop({f"/v2/orders/{ORDER_ID}": answer}))


def test_an_order_that_is_not_there_is_parked() -> None:
    """Square deletes no orders, so 404 means another account's token: a person's matter, never ignored."""
    with pytest.raises(ShopRejected):
        fetch(FakeShop({}))


# --- the order ------------------------------------------------------------------------------------


def test_a_delivery_is_read_whole() -> None:
    """Every field we use is filled from a complete order."""
    found = square.parse(SAMPLES.fetch(square, "order-created.json", "order.created"), SAMPLES.options)

    assert found == Order(
        order_id=ORDER_ID,
        name="1042",
        updated_at=datetime(2026, 11, 23, 9, 12, 31, 482000, tzinfo=UTC),
        created_at=datetime(2026, 11, 23, 9, 12, 8, 129000, tzinfo=UTC),
        address=PostalAddress("48 Rue de Rivoli", "3e étage gauche", "75004", "Paris", country_code="FR"),
        recipient_name="Camille Moreau",
        phones=("+33612345678",),
        note="Code 48B12",
        items=(OrderItem("Bouquet de saison", 1, variant="Grand"), OrderItem("Carte manuscrite", 1)),
        paid=True,
        wish=TimeWish(
            window=TimeWindow(
                datetime(2026, 11, 24, 14, 0, tzinfo=UTC), datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
            ),
            path=f"{DETAILS}.deliver_at",
        ),
        pickup_locations=("FPYCBCHYMXFK1",),
    )


def test_a_shipment_carries_only_its_entries() -> None:
    """A fulfillment with an entry list delivers the lines it names, and a shipment asks for no window."""
    found = square.parse(SAMPLES.fetch(square, "order-shipment.json", "order.updated"), SAMPLES.options)

    assert isinstance(found, Order)
    assert (OrderItem("Bouquet de saison", 1, variant="Grand"),) == found.items
    assert found.note == "Interphone Moreau"
    assert found.wish is None


def test_the_update_brings_the_new_time_and_remarks() -> None:
    """A changed time and a wish for no contact reach the courier."""
    found = square.parse(SAMPLES.fetch(square, "order-updated.json", "order.updated"), SAMPLES.options)

    assert isinstance(found, Order)
    assert found.note == "No-contact delivery\nCode 48B12"
    assert found.wish is not None
    assert found.wish.window is not None
    assert datetime(2026, 11, 24, 17, 0, tzinfo=UTC) == found.wish.window.after


DETAILS = "fulfillments[0].delivery_details"
PICKUP = {"uid": "p", "type": "PICKUP", "state": "PROPOSED", "pickup_details": {}}
GIFT_CARD = {"uid": "g", "name": "Carte cadeau", "quantity": "1", "item_type": "GIFT_CARD"}


@pytest.mark.parametrize(
    ("changes", "reason", "retracts"),
    [
        ({"state": "CANCELED"}, "cancelled", True),
        ({"state": "DRAFT"}, "draft", False),
        ({"fulfillments": []}, "nothing_to_ship", True),
        ({"fulfillments": None}, "nothing_to_ship", True),
        ({"fulfillments": [PICKUP]}, "local_pickup", True),
        ({"fulfillments": [{**PICKUP, "type": "IN_STORE"}]}, "local_pickup", True),
        ({"fulfillments": [fulfillment(state="CANCELED")]}, "cancelled", True),
        ({"fulfillments": [fulfillment(state="FAILED")]}, "rejected", True),
        (
            {"fulfillments": [fulfillment(state="COMPLETED")], "state": "COMPLETED"},
            "already_fulfilled",
            False,
        ),
        (
            {"fulfillments": [fulfillment(state="COMPLETED"), fulfillment(state="CANCELED")]},
            "already_fulfilled",
            False,
        ),
        ({"fulfillments": [fulfillment({"managed_delivery": True})]}, "managed_delivery", True),
        (
            {"fulfillments": [fulfillment({"managed_delivery": True, "recipient": None})]},
            "managed_delivery",
            True,
        ),
        ({"line_items": [GIFT_CARD]}, "nothing_to_ship", True),
        ({"line_items": []}, "nothing_to_ship", True),
    ],
)
def test_an_order_that_needs_no_delivery_is_ignored(
    changes: dict[str, object], reason: str, retracts: bool
) -> None:
    """A cancelled, rejected or picked-up order retracts its delivery, a finished one does not."""
    found = parse(**changes)

    assert isinstance(found, Ignored)
    assert (reason, retracts, ORDER_ID) == (found.reason, found.retracts, found.order_id)
    assert datetime(2026, 11, 23, 9, 12, 31, 482000, tzinfo=UTC) == found.updated_at


@pytest.mark.parametrize("state", ["PROPOSED", "RESERVED", "PREPARED", "SOMETHING_NEW"])
def test_an_open_fulfillment_is_delivered(state: str) -> None:
    """A state we do not know counts as open: a delivery too many is seen, one too few is not."""
    assert isinstance(parse(fulfillments=[fulfillment(state=state)]), Order)


def test_a_cancelled_fulfillment_beside_an_open_one_is_left_out() -> None:
    """When a delivery was cancelled and made anew, the new one counts."""
    other = {"recipient": {"address": {"address_line_1": "1 Rue Neuve", "postal_code": "75002"}}}

    found = parsed(fulfillments=[fulfillment(state="CANCELED"), fulfillment(other), PICKUP])

    assert found.address.line1 == "1 Rue Neuve"
    assert found.dropoffs == ()
    assert found.paths["address.postcode"] == "fulfillments[1].delivery_details.recipient.address.postal_code"


def test_several_deliveries_at_one_time_are_several_dropoffs() -> None:
    """Sellers can split an order on Square Online; each part has its address and its items."""
    second = fulfillment(
        {"recipient": {"display_name": "Voisin", "address": {"address_line_1": "1 Rue Neuve"}}},
        line_item_application="ENTRY_LIST",
        entries=[{"line_item_uid": "LqlGWyzLqlGWyz2", "quantity": "1"}],
    )

    found = parsed(fulfillments=[fulfillment(), second])

    assert [stop.address.line1 for stop in found.dropoffs] == ["1 Rue Neuve"]
    assert found.dropoffs[0].recipient_name == "Voisin"
    assert (OrderItem("Carte manuscrite", 1),) == found.dropoffs[0].items


def test_several_deliveries_at_several_times_are_refused() -> None:
    """One delivery on CoopCycle has one window per stop; an order that needs two is a person's matter."""
    later = fulfillment({"deliver_at": "2026-11-25T14:00:00Z"})

    with pytest.raises(UnmappableOrder, match=r"^fulfillments: "):
        parse(fulfillments=[fulfillment(), later])


@pytest.mark.parametrize(
    ("details", "before"),
    [
        ({"delivery_window_duration": "PT30M"}, datetime(2026, 11, 24, 14, 30, tzinfo=UTC)),
        ({"delivery_window_duration": "PT1H30M"}, datetime(2026, 11, 24, 15, 30, tzinfo=UTC)),
        ({"delivery_window_duration": "P1D"}, datetime(2026, 11, 25, 14, 0, tzinfo=UTC)),
        ({"delivery_window_duration": "P1W3D"}, datetime(2026, 12, 4, 14, 0, tzinfo=UTC)),
        ({"delivery_window_duration": "PT0S"}, datetime(2026, 11, 24, 15, 0, tzinfo=UTC)),
        ({"delivery_window_duration": None}, datetime(2026, 11, 24, 15, 0, tzinfo=UTC)),
        ({"schedule_type": None, "delivery_window_duration": ""}, datetime(2026, 11, 24, 15, 0, tzinfo=UTC)),
    ],
)
def test_the_window_begins_at_deliver_at(details: dict[str, object], before: datetime) -> None:
    """Deliver_at is the beginning of the period, and the duration its length; an hour where there is none."""
    found = parsed(fulfillments=[fulfillment(details)])

    assert found.wish is not None
    assert TimeWindow(datetime(2026, 11, 24, 14, 0, tzinfo=UTC), before) == found.wish.window


def test_the_length_of_an_open_window_is_a_setting() -> None:
    """Where Square gives only the beginning, the connection may say how long couriers have."""
    options = Options(settings={"window_minutes": "90"})

    found = parse(options=options, fulfillments=[fulfillment({"delivery_window_duration": None})])

    assert isinstance(found, Order)
    assert found.wish is not None
    assert found.wish.window is not None
    assert datetime(2026, 11, 24, 15, 30, tzinfo=UTC) == found.wish.window.before


@pytest.mark.parametrize("minutes", ["0", "-5", "1h", "99999", "1.5"])
def test_a_wrong_length_of_the_window_is_named(minutes: str) -> None:
    """A setting that is no number of minutes is the connection's fault, not the order's."""
    with pytest.raises(InvalidConnection, match=r"^sender\.window_minutes: "):
        parse(
            options=Options(settings={"window_minutes": minutes}),
            fulfillments=[fulfillment({"delivery_window_duration": None})],
        )


@pytest.mark.parametrize("details", [{"schedule_type": "ASAP"}, {"deliver_at": None}])
def test_as_soon_as_possible_is_left_to_the_schedule(details: dict[str, object]) -> None:
    """An ASAP delivery names no time that the buyer chose."""
    assert parsed(fulfillments=[fulfillment(details)]).wish is None


@pytest.mark.parametrize(
    ("changes", "paid"),
    [
        ({}, True),
        ({"net_amount_due_money": {"amount": 4150, "currency": "EUR"}}, False),
        ({"net_amount_due_money": {"amount": 4150, "currency": "EUR"}, "state": "COMPLETED"}, True),
        ({"net_amount_due_money": None}, True),
        ({"net_amount_due_money": None, "tenders": None}, False),
        ({"net_amount_due_money": {"amount": True}, "tenders": []}, False),
    ],
)
def test_an_order_is_paid_when_nothing_is_due(changes: dict[str, object], paid: bool) -> None:
    """Square tells of an order before it is paid; what is due decides, else whether anything was tendered."""
    assert paid == parsed(**changes).paid


def test_a_measured_line_is_one_piece() -> None:
    """2.25 kg of flour is one thing to carry, and the quantity is said."""
    line = {"uid": "m", "name": "Farine", "quantity": "2.25", "quantity_unit": {"precision": 2}}

    assert (OrderItem("Farine", 1, variant="2.25"),) == parsed(line_items=[line]).items


def test_a_line_without_pieces_is_left_out() -> None:
    """Square keeps lines of quantity 0 until the order is paid."""
    lines = [{"uid": "a", "name": "A", "quantity": "0"}, {"uid": "b", "name": "B", "quantity": "2.0"}]

    assert (OrderItem("B", 2),) == parsed(line_items=lines).items


def test_a_missing_address_is_handed_over_empty() -> None:
    """A delivery without details is no pickup; the mapping refuses its empty address by name."""
    found = parsed(fulfillments=[fulfillment({"recipient": None})])

    assert PostalAddress() == found.address
    assert found.paths["address.line1"] == f"{DETAILS}.recipient.address.address_line_1"


def test_names_fall_back_to_what_there_is() -> None:
    """Without a ticket's name the reference, then the id; a recipient's name may be in the address."""
    recipient = {"address": {"address_line_1": "1 Rue", "first_name": "Camille", "last_name": "Moreau"}}

    found = parsed(
        ticket_name=None, reference_id="my-1", fulfillments=[fulfillment({"recipient": recipient})]
    )
    bare = parsed(ticket_name=None)

    assert (found.name, found.recipient_name) == ("my-1", "Camille Moreau")
    assert ORDER_ID == bare.name


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"updated_at": None}, "updated_at"),
        ({"updated_at": "yesterday"}, "updated_at"),
        ({"state": 5}, "state"),
        ({"fulfillments": {}}, "fulfillments"),
        ({"fulfillments": ["x"]}, "fulfillments[0]"),
        ({"fulfillments": [fulfillment(type=5)]}, "fulfillments[0].type"),
        ({"fulfillments": [fulfillment({"recipient": 5})]}, f"{DETAILS}.recipient"),
        (
            {"fulfillments": [fulfillment({"recipient": {"address": {"postal_code": 75004}}})]},
            f"{DETAILS}.recipient.address.postal_code",
        ),
        (
            {"fulfillments": [fulfillment({"deliver_at": "soon"})]},
            f"{DETAILS}.deliver_at",
        ),
        (
            {"fulfillments": [fulfillment({"delivery_window_duration": "P1Y"})]},
            f"{DETAILS}.delivery_window_duration",
        ),
        (
            {"fulfillments": [fulfillment({"delivery_window_duration": "P32D"})]},
            f"{DETAILS}.delivery_window_duration",
        ),
        ({"line_items": [{"quantity": "two"}]}, "line_items[0].quantity"),
        ({"line_items": [{"quantity": 2}]}, "line_items[0].quantity"),
        ({"line_items": [{}]}, "line_items[0].quantity"),
    ],
)
def test_a_needed_field_of_the_wrong_form_is_named(changes: dict[str, object], field: str) -> None:
    """The error names the field as Square does."""
    with pytest.raises(UnmappableOrder) as caught:
        parse(**changes)

    assert field == caught.value.field


@pytest.mark.parametrize("order_id", [None, "", "a/b"])
def test_an_order_without_a_usable_id_is_malformed(order_id: object) -> None:
    """Only a fetched order is parsed."""
    with pytest.raises(MalformedWebhook):
        parse(id=order_id)


def test_another_topic_is_ignored_by_the_worker_too() -> None:
    """A message of a topic that a later version no longer follows leads to nothing."""
    assert Ignored("topic") == parse("payment.created")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(key=st.sampled_from(sorted(ORDER)), value=ANYTHING)
@settings(max_examples=200, deadline=None)
def test_no_order_raises_anything_but_the_taxonomy(key: str, value: object) -> None:
    """Whatever stands in a field, the worker can park or ignore it."""
    with contextlib.suppress(BridgeError):
        parse(**{key: value})


@given(key=st.sampled_from(sorted(ORDER["fulfillments"][0]["delivery_details"])), value=ANYTHING)
@settings(max_examples=200, deadline=None)
def test_no_details_raise_anything_but_the_taxonomy(key: str, value: object) -> None:
    """Likewise for the details of a fulfillment."""
    with contextlib.suppress(BridgeError):
        parse(fulfillments=[fulfillment({key: value})])
