"""Shopify's requests: what is genuine, which order it is about, and how the order is got."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.support import source_calls
from tests.support.of_shopify import TYPICAL, WEBHOOK_ID, body, headers, shopify

from bridge.errors import MalformedWebhook
from bridge.model import Ignored
from bridge.sources import Webhook

# --- the signature --------------------------------------------------------------------------------


def test_the_published_vector_verifies() -> None:
    """The vector of Shopify's own library passes.

    Shopify/shopify-app-js, packages/apps/shopify-api/lib/webhooks/__tests__/validate.test.ts.
    """
    signature = "B23tXN681gZ0qIWNRrgtzBE9XSDo5yaUu6wfmhu3a7g="

    source_calls.verify(shopify, b'{"foo": "bar"}', {"x-shopify-hmac-sha256": signature}, ["test_secret_key"])


# --- which order ----------------------------------------------------------------------------------


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
