"""Squarespace's requests: what is genuine, which order it is about, and how the order is got."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from tests.support import source_calls
from tests.support.fake_instance import FakeShop
from tests.support.of_squarespace import ORDER, ORDER_ID, SAMPLES, squarespace

from bridge.errors import (
    InvalidSignature,
    MalformedWebhook,
    ShopUnavailable,
)
from bridge.model import Ignored
from bridge.sources import Options, Payload, Webhook

CREATED = SAMPLES.body("order-create.json")
PATH = f"/1.0/commerce/orders/{ORDER_ID}"
# The example of https://developers.squarespace.com/commerce-apis/rotate-subscription-secret .
SECRET = "F3F9B981C78E7A6187E42853F6CE2804177E98206164779423B02DEC981ACD6B"
OTHER_SECRET = "00" * 32


def sign(raw: bytes, secret: str = SECRET) -> str:
    """Sign by the rule of the documentation: hex of HMAC-SHA256(hexToBytes(secret), payload)."""
    return hmac.new(bytes.fromhex(secret), raw, hashlib.sha256).hexdigest()


def verify(body: bytes, signature: str | None, secrets: list[str]) -> None:
    """Verify a push."""
    headers = {} if signature is None else {"squarespace-signature": signature}
    source_calls.verify(squarespace, body, headers, secrets)


def notification(**changes: object) -> bytes:
    """Return the documentation's order.create with some fields changed."""
    return json.dumps({**json.loads(CREATED), **changes}).encode()


# --- the signature --------------------------------------------------------------------------------


@pytest.mark.parametrize("spelled", [str, str.upper])
def test_the_documented_rule_verifies(spelled: Any) -> None:
    """The key is the decoded secret, the signature hex in either case; no vector is published."""
    verify(CREATED, spelled(sign(CREATED)), [SECRET])


def test_the_signature_is_what_openssl_makes_of_the_documented_command() -> None:
    """The documentation's command, `openssl sha256 -mac hmac -macopt hexkey:$SECRET`, gives this."""
    verify(b'{"test":1}', "b9e1f48e28dfa75b8cc875a5313bbcc3fb7379b57f09311a6ce79f4738792cfb", [SECRET])


@pytest.mark.parametrize(
    "secrets",
    [
        [SECRET],
        [OTHER_SECRET, SECRET],
        [SECRET, OTHER_SECRET],
        ["", SECRET],
        ["no hex", SECRET],
        [f" {SECRET} "],
    ],
)
def test_any_of_the_secrets_may_have_signed(secrets: list[str]) -> None:
    """A rotation makes the old secret invalid at once, so both are held for a moment."""
    verify(CREATED, sign(CREATED), secrets)


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        (sign(CREATED)[:-2], "signature_malformed"),
        (sign(CREATED) + "00", "signature_malformed"),
        (hmac.new(SECRET.encode(), CREATED, hashlib.sha256).hexdigest(), "signature_mismatch"),
    ],
)
def test_the_secrets_text_is_not_the_key(signature: str, reason: str) -> None:
    """The key is what its digits stand for, and the digits of a signature are 64."""
    with pytest.raises(InvalidSignature) as caught:
        verify(CREATED, signature, [SECRET])

    assert reason == caught.value.reason


@pytest.mark.parametrize("secrets", [[], [""], [" "], ["no hex"], ["ABC"], ["é" * 64], ["\ud800"]])
def test_a_secret_that_is_no_hex_verifies_nothing(secrets: list[str]) -> None:
    """An empty key can be guessed, and a secret pasted wrongly must not become one."""
    with pytest.raises(InvalidSignature) as caught:
        verify(CREATED, hmac.new(b"", CREATED, hashlib.sha256).hexdigest(), secrets)

    assert caught.value.reason == "no_secret"


# --- which order ----------------------------------------------------------------------------------


def test_an_order_is_identified_by_the_signed_body() -> None:
    """Topic, notification id and order id all stand in the body; its time without seconds is not needed."""
    found = source_calls.identify(squarespace, CREATED, {})

    assert Webhook("order.create", "5c2ba184b63ed3cb411ce2b1", ORDER_ID) == found


@pytest.mark.parametrize("topic", ["extension.uninstall", "ORDER.CREATE"])
def test_a_topic_we_do_not_follow_is_ignored(topic: str) -> None:
    """A subscription too many is answered with 200 and leads to nothing."""
    assert Ignored("topic") == source_calls.identify(squarespace, notification(topic=topic, data={}), {})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (notification(topic=None), "topic_missing"),
        (notification(data=None), "order_id_missing"),
        (notification(data={"orderId": 5}), "order_id_missing"),
        (notification(data={"orderId": "../../profiles"}), "order_id_malformed"),
        (notification(data={"orderId": "5f3c39ce69e11e796f19990e?x"}), "order_id_malformed"),
        (notification(data={"orderId": "é" * 24}), "order_id_malformed"),
    ],
)
def test_an_unreadable_body_has_one_way_to_fail(body: bytes, reason: str) -> None:
    """Signed but unreadable is MalformedWebhook, and so is an id that would change the API's address."""
    with pytest.raises(MalformedWebhook) as caught:
        source_calls.identify(squarespace, body, {})

    assert reason == caught.value.reason


def fetch(shop: FakeShop, options: Options = SAMPLES.options) -> Payload:
    """Ask for the order of a notification."""
    return squarespace.fetch(Payload(CREATED, "order.create", source_calls.RECEIVED_AT), options, shop)


# --- asking for the order -------------------------------------------------------------------------


def test_the_order_is_asked_of_squarespace_with_the_key() -> None:
    """One GET at Squarespace's own address; what the worker then holds is the order."""
    shop = SAMPLES.shop()

    found = fetch(shop)

    assert ORDER == squarespace.document(found)
    assert [f"https://api.squarespace.com{PATH}"] == [url for url, _ in shop.asked]
    assert shop.asked[0][1]["Authorization"] == "Bearer shop-token"


def test_another_order_is_asked_for_again() -> None:
    """It is never taken for this order."""
    with pytest.raises(ShopUnavailable):
        fetch(FakeShop({PATH: b'{"id": "another"}'}))
