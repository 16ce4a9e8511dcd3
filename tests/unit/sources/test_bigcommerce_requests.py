"""BigCommerce's requests: what is genuine, which order it is about, and how the order is got."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from tests.support import source_calls
from tests.support.fake_instance import FakeShop
from tests.support.of_bigcommerce import ORDER, SAMPLES, bigcommerce

from bridge.errors import (
    InvalidConnection,
    InvalidSignature,
    MalformedWebhook,
    ShopUnavailable,
)
from bridge.model import Ignored
from bridge.sources import Options, Payload, Push, Webhook
from bridge.sources.shared.standard_signing import verify_standard_webhook

CREATED = SAMPLES.body("order-created.json")
ORDER_PATH = "/stores/abc123/v2/orders/250?include=consignments.line_items&consignment_structure=object"
SECRET = "client-secret-of-the-api-account"
WEBHOOK_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
NOW = str(int(source_calls.RECEIVED_AT.timestamp()))


def sign(body: bytes, secret: str = SECRET, *, webhook_id: str = WEBHOOK_ID, timestamp: str = NOW) -> str:
    """Sign as BigCommerce does, by the words of the specification."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def headers(signature: str | None = None, **changes: str | None) -> dict[str, str]:
    """Return the three headers of a push, with some changed or (None) left out."""
    given_headers: dict[str, str | None] = {
        "webhook-id": WEBHOOK_ID,
        "webhook-timestamp": NOW,
        "webhook-signature": sign(CREATED) if signature is None else signature,
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return {name: value for name, value in given_headers.items() if value is not None}


def verify(given_headers: Mapping[str, str], secrets: list[str] | None = None, body: bytes = CREATED) -> None:
    """Verify a push."""
    source_calls.verify(bigcommerce, body, given_headers, [SECRET] if secrets is None else secrets)


def event(**changes: object) -> bytes:
    """Return the documentation's store/order/created with some fields changed."""
    return json.dumps({**json.loads(CREATED), **changes}).encode()


# standard-webhooks/standard-webhooks, libraries/javascript/src/webhook.test.ts, and svix/svix-webhooks,
# rust/src/webhooks.rs.
VECTORS = [
    (
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ),
    (
        "C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        1649367553,
        b'{"email":"test@example.com","username":"test_user"}',
        "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
    ),
]

# --- the signature --------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "webhook_id", "timestamp", "body", "signature"), VECTORS)
def test_the_published_vectors_verify(
    key: str, webhook_id: str, timestamp: int, body: bytes, signature: str
) -> None:
    """The vectors of the specification's own libraries pass, with the key's bytes."""
    vector = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature,
    }

    verify_standard_webhook(
        Push(body, vector, datetime.fromtimestamp(timestamp, UTC)), [base64.b64decode(key)]
    )


@pytest.mark.parametrize(
    "signature",
    [
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA=",  # one bit of the last sextet
        "v1,g0hM9SsE",
        "v1,",
        "v1,dawfeoifkpqwoekfpqoekf",
        "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    ],
)
def test_the_published_counterexamples_do_not_verify(signature: str) -> None:
    """What the specification's libraries refuse is refused."""
    key, webhook_id, timestamp, body, _ = VECTORS[0]
    vector = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature,
    }

    with pytest.raises(InvalidSignature):
        verify_standard_webhook(
            Push(body, vector, datetime.fromtimestamp(timestamp, UTC)), [base64.b64decode(key)]
        )


def test_the_key_is_the_client_secrets_text() -> None:
    """BigCommerce encodes the secret before a library decodes it, so its text is the key."""
    verify(headers())


def test_a_secret_that_looks_like_base64_is_not_decoded() -> None:
    """A client secret is hex or base64-like; neither is a whsec_."""
    secret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    verify(headers(sign(CREATED, secret)), [secret])


@pytest.mark.parametrize(("seconds", "accepted"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_a_webhook_may_be_five_minutes_off(seconds: int, accepted: bool) -> None:
    """Too old and too new both fail, even when signed rightly; retries carry a new time."""
    timestamp = str(int((source_calls.RECEIVED_AT + timedelta(seconds=seconds)).timestamp()))
    given_headers = headers(sign(CREATED, timestamp=timestamp), webhook_timestamp=timestamp)

    if accepted:
        verify(given_headers)
    else:
        with pytest.raises(InvalidSignature) as caught:
            verify(given_headers)
        assert caught.value.reason == "timestamp_out_of_tolerance"


def identify(body: bytes, webhook_id: str = WEBHOOK_ID, options: Options = SAMPLES.options) -> object:
    """Identify a push."""
    return bigcommerce.identify(source_calls.push(body, {"webhook-id": webhook_id}), options)


# --- which order ----------------------------------------------------------------------------------


def test_an_order_is_identified_by_the_signed_body() -> None:
    """Scope and order id stand in the body; the webhook's id is signed with it."""
    assert Webhook("store/order/created", WEBHOOK_ID, "250") == identify(CREATED)


@pytest.mark.parametrize(
    "scope", ["store/cart/created", "store/order/message/created", "Store/Order/Created"]
)
def test_a_scope_we_do_not_follow_is_ignored(scope: str) -> None:
    """A subscription too many is answered with 200 and leads to nothing."""
    assert Ignored("topic") == identify(event(scope=scope, data=None))


@pytest.mark.parametrize("producer", ["stores/other", None, "stores/abc123/x", 5])
def test_another_store_of_the_same_app_is_ignored(producer: object) -> None:
    """One secret signs for all stores of an app, and each numbers its orders from 1."""
    assert Ignored("other_store") == identify(event(producer=producer))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (event(scope=None), "topic_missing"),
        (event(data=None), "order_id_missing"),
        (event(data={"id": None}), "order_id_missing"),
        (event(data={"id": "250"}), "order_id_malformed"),
        (event(data={"id": True}), "order_id_malformed"),
        (event(data={"id": 250.0}), "order_id_malformed"),
        (event(data={"id": 0}), "order_id_malformed"),
        (event(data={"id": 2**63}), "order_id_malformed"),
    ],
)
def test_an_unreadable_body_has_one_way_to_fail(body: bytes, reason: str) -> None:
    """Signed but unreadable is MalformedWebhook with a reason from a closed set."""
    with pytest.raises(MalformedWebhook) as caught:
        identify(body)

    assert reason == caught.value.reason


def fetch(shop: FakeShop, **changes: str) -> Payload:
    """Ask for the order of a webhook."""
    options = Options(settings={**SAMPLES.options.settings, **changes})
    return bigcommerce.fetch(Payload(CREATED, "store/order/created", source_calls.RECEIVED_AT), options, shop)


# --- asking for the order -------------------------------------------------------------------------


def test_the_order_is_asked_of_bigcommerce_in_one_request() -> None:
    """The store comes from the settings, the consignments with the order, the token in its header."""
    shop = SAMPLES.shop()

    found = fetch(shop)

    assert ORDER == bigcommerce.document(found)
    assert [f"https://api.bigcommerce.com{ORDER_PATH}"] == [url for url, _ in shop.asked]
    assert {"X-Auth-Token": "shop-token", "Accept": "application/json"} == shop.asked[0][1]


@pytest.mark.parametrize(
    ("settings_changed", "key"),
    [
        ({"store_hash": ""}, "store_hash"),
        ({"store_hash": "../other"}, "store_hash"),
        ({"store_hash": "ABC"}, "store_hash"),
    ],
)
def test_a_wrong_setting_is_named(settings_changed: dict[str, str], key: str) -> None:
    """Nothing is asked at an address that the settings do not allow."""
    shop = SAMPLES.shop()

    with pytest.raises(InvalidConnection, match=rf"^sender\.{key}: "):
        fetch(shop, **settings_changed)

    assert shop.asked == []


@pytest.mark.parametrize("answer", [b'{"id": 251}', b'{"id": "250"}'])
def test_another_order_is_asked_for_again(answer: bytes) -> None:
    """It is never taken for this order."""
    with pytest.raises(ShopUnavailable):
        fetch(FakeShop({ORDER_PATH: answer}))
