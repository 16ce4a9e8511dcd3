"""PrestaShop's requests: what is genuine, which order it is about, and how the order is got."""

from __future__ import annotations

import json

import pytest
from tests.support import source_calls
from tests.support.fake_instance import FakeShop
from tests.support.of_prestashop import FOUND, SAMPLES, options, prestashop

from bridge.errors import (
    InvalidConnection,
    MalformedWebhook,
    ShopRejected,
    ShopUnavailable,
)
from bridge.model import Ignored
from bridge.sources import Options, Payload, Webhook

PUSH = SAMPLES.body("order-validated.json")
WEBHOOK_ID = "3f0c5a1e9b7d4c2f8a6e1d0b5c9f7a31"
SECRET = "webhook-secret"


def verify(body: bytes, signature: str | None, secrets: list[str]) -> None:
    """Verify a push."""
    headers = {} if signature is None else {"x-webhook-signature": signature}
    source_calls.verify(prestashop, body, headers, secrets)


def push(**changes: object) -> bytes:
    """Return a push with some fields changed."""
    return json.dumps({**json.loads(PUSH), **changes}).encode()


# --- the signature --------------------------------------------------------------------------------


def test_the_signature_is_what_openssl_makes_of_the_rule() -> None:
    """`openssl dgst -sha256 -hmac webhook-secret -binary | base64` gives this, from outside our code."""
    verify(
        b'{"id":"3f0c5a1e","event":"actionValidateOrder","id_order":42}',
        "3jQKBb30IDJmTBpsLP/iiF6wvXlOlgCXg0PgPUoGhU8=",
        [SECRET],
    )


# --- which order ----------------------------------------------------------------------------------


def test_an_order_is_identified_by_the_signed_body() -> None:
    """Event, push id and order id all stand in the body."""
    assert Webhook("actionValidateOrder", WEBHOOK_ID, "42") == source_calls.identify(prestashop, PUSH, {})


@pytest.mark.parametrize("event", ["actionPaymentConfirmation", "actionvalidateorder"])
def test_an_event_we_do_not_follow_is_ignored(event: str) -> None:
    """A hook too many is answered with 200 and leads to nothing."""
    assert Ignored("topic") == source_calls.identify(prestashop, push(event=event, id_order=None), {})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (push(event=None), "topic_missing"),
        (push(id_order=None), "order_id_missing"),
        (push(id_order="42"), "order_id_malformed"),
        (push(id_order=True), "order_id_malformed"),
        (push(id_order=0), "order_id_malformed"),
        (push(id_order=42.0), "order_id_malformed"),
    ],
)
def test_an_unreadable_body_has_one_way_to_fail(body: bytes, reason: str) -> None:
    """Signed but unreadable is MalformedWebhook, with the reason."""
    with pytest.raises(MalformedWebhook) as caught:
        source_calls.identify(prestashop, body, {})

    assert reason == caught.value.reason


def fetch(shop: FakeShop, given_options: Options = SAMPLES.options) -> Payload:
    """Ask for the order of a push."""
    return prestashop.fetch(
        Payload(PUSH, "actionValidateOrder", source_calls.RECEIVED_AT), given_options, shop
    )


def shop_with(**changes: object) -> FakeShop:
    """Return a shop in which some answers are changed, by the resource's name."""
    changed = {
        path: json.dumps(changes[path.split("/")[2]]).encode() if path.split("/")[2] in changes else body
        for path, body in SAMPLES.answers.items()
    }
    return FakeShop(changed)


# --- asking for the order -------------------------------------------------------------------------


def test_four_resources_are_asked_with_the_key_as_user_name() -> None:
    """The authorization is the documentation's own example, base64 of key and colon."""
    shop = FakeShop(SAMPLES.answers, "UCCLLQ9N2ARSHWCXLT74KUKSSK34BFKX")

    payload = fetch(shop)

    assert ["order", "address", "order_state", "carrier"] == list(prestashop.document(payload))
    assert [
        "https://shop.example.com/api/orders/42?output_format=JSON",
        "https://shop.example.com/api/addresses/5?output_format=JSON",
        "https://shop.example.com/api/order_states/2?output_format=JSON",
        "https://shop.example.com/api/carriers/3?output_format=JSON",
    ] == [url for url, _ in shop.asked]
    assert {"Basic VUNDTExROU4yQVJTSFdDWExUNzRLVUtTU0szNEJGS1g6"} == {
        headers["Authorization"] for _, headers in shop.asked
    }


def test_a_shop_may_live_in_a_folder() -> None:
    """The Webservice is below the shop's own address."""
    shop = FakeShop({f"/boutique{path}": body for path, body in SAMPLES.answers.items()})

    fetch(shop, options(shop_url="https://shop.example.com/boutique/"))

    assert "https://shop.example.com/boutique/api/orders/42?output_format=JSON" == shop.asked[0][0]


def test_what_an_order_does_not_have_is_not_asked_for() -> None:
    """An order without a carrier and a state is read from two resources."""
    order = {"order": {**FOUND["order"], "id_carrier": "0", "current_state": 0}}

    payload = fetch(shop_with(orders=order))

    assert ["order", "address"] == list(prestashop.document(payload))


def test_a_missing_shop_url_is_named() -> None:
    """There is no default."""
    shop = SAMPLES.shop()

    with pytest.raises(InvalidConnection, match=r"^sender\.shop_url: "):
        fetch(shop, options(shop_url=""))

    assert shop.asked == []


@pytest.mark.parametrize(
    ("resource", "answer"),
    [
        ("orders", {"order": None}),
        ("orders", {"order": {**FOUND["order"], "id": 43}}),
        ("addresses", {"address": {**FOUND["address"], "id": "6"}}),
        ("order_states", {"order_state": []}),
        ("carriers", {"errors": []}),
    ],
)
def test_an_answer_that_is_not_the_resource_is_asked_for_again(resource: str, answer: object) -> None:
    """Another resource is never taken for this one."""
    with pytest.raises(ShopUnavailable):
        fetch(shop_with(**{resource: answer}))


@pytest.mark.parametrize("gone", ["orders", "addresses", "order_states", "carriers"])
def test_a_resource_that_is_not_there_is_parked(gone: str) -> None:
    """404 means another shop's key: a person's matter, never ignored."""
    answers = {path: body for path, body in SAMPLES.answers.items() if f"/{gone}/" not in path}

    with pytest.raises(ShopRejected):
        fetch(FakeShop(answers))
