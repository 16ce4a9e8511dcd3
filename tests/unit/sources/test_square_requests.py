"""Square's requests: what is genuine, which order it is about, and how the order is got."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from tests.support import source_calls
from tests.support.fake_instance import FakeShop
from tests.support.of_square import ORDER, ORDER_ID, SAMPLES, square

from bridge.errors import (
    InvalidSignature,
    MalformedWebhook,
    ShopUnavailable,
)
from bridge.model import Ignored
from bridge.sources import Options, Payload, Webhook

CREATED = SAMPLES.body("order-created.json")
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


def fetch(shop: FakeShop, options: Options = SAMPLES.options, body: bytes = CREATED) -> Payload:
    """Ask for the order of an event."""
    return square.fetch(Payload(body, "order.created", source_calls.RECEIVED_AT), options, shop)


# --- asking for the order -------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    "answer",
    [b'{"order": null}', b'{"order": {}}', b'{"order": {"id": "another"}}'],
)
def test_another_order_is_asked_for_again(answer: bytes) -> None:
    """It is never taken for this order, and the message comes again."""
    with pytest.raises(ShopUnavailable):
        fetch(FakeShop({f"/v2/orders/{ORDER_ID}": answer}))
