"""A WooCommerce shop through both functions: what shows when receiver, queue and record work together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.component.conftest import Bridge, Sandbox, settings, webhook_event

from bridge_laptop import signing

BODIES = Path(__file__).parents[2] / "events" / "webhooks" / "woocommerce"
REFERENCE = "acme2/727"


@pytest.fixture
def shop(bridge: Bridge, sandbox: Sandbox) -> Bridge:
    """The bridge, with a WooCommerce shop connected as ``acme2``."""
    bridge.connect("acme2", settings(sandbox.url).replace("shopify", "woocommerce"))
    return bridge


def push(shop: Bridge, body: bytes, topic: str = "order.updated") -> dict[str, Any]:
    """Sign a body as WooCommerce does, hand it to the receiver, and let the worker work."""
    signed = signing.signed("woocommerce", body, "acme2-webhook-secret", topic, "1")
    answer = shop.receive(webhook_event(body, signed.headers, "acme2"))
    shop.work()
    return answer


def body(name: str, **changes: object) -> bytes:
    """Return a sample with some fields changed."""
    return json.dumps({**json.loads((BODIES / name).read_bytes()), **changes}).encode()


def test_the_ping_of_a_new_webhook_is_answered_with_200(shop: Bridge) -> None:
    """WooCommerce takes no other status, and signs nothing; there is nothing to queue."""
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "user-agent": "WooCommerce/10.2.1 Hookshot",
    }

    answer = shop.receive(webhook_event(b"webhook_id=1", headers, "acme2"))

    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {"outcome": "ignored", "reason": "trial_call"}
    assert shop.receive_messages() == []


def test_an_order_is_delivered_once_and_cancelled_when_it_goes_to_the_trash(
    shop: Bridge, sandbox: Sandbox
) -> None:
    """order.created and order.updated tell the same; order.deleted holds nothing but the id."""
    push(shop, body("order-created.json"), "order.created")
    push(shop, body("order-created.json"), "order.updated")

    assert len(sandbox.live(REFERENCE)) == 1

    push(shop, body("order-deleted.json"), "order.deleted")

    assert sandbox.live(REFERENCE) == []


def test_the_unpaid_state_of_the_same_second_does_not_cancel(shop: Bridge, sandbox: Sandbox) -> None:
    """WooCommerce's times are whole seconds, and its webhooks overtake each other."""
    push(shop, body("order-created.json"))

    push(shop, body("order-created.json", status="pending"))

    assert len(sandbox.live(REFERENCE)) == 1


def test_an_order_put_on_hold_later_is_cancelled_and_comes_back(shop: Bridge, sandbox: Sandbox) -> None:
    """The shop stops the courier, and lets the order go on."""
    push(shop, body("order-created.json"))

    push(shop, body("order-created.json", status="on-hold", date_modified_gmt="2026-11-23T09:13:00"))

    assert sandbox.live(REFERENCE) == []

    push(shop, body("order-created.json", date_modified_gmt="2026-11-23T09:14:00"))

    assert len(sandbox.live(REFERENCE)) == 1


def test_an_error_instead_of_an_order_is_parked_with_what_to_do(shop: Bridge) -> None:
    """WooCommerce gets its 200 and goes on sending; the operator reads which user lost its permission."""
    answer = push(shop, body("order-error-lost-permission.json"))

    assert answer["statusCode"] == 200
    [parked] = shop.parked()
    assert "the user who owns the webhook lost the permission" in parked.sentence
