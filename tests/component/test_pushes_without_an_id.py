"""Pushes without an id of their own: the queue drops none of them, and the record knows repeats."""

from __future__ import annotations

import json

from tests.component.conftest import Bridge, Sandbox, settings
from tests.support.dispatched import Order, key

SHOP = '[sender]\nshop_domain = "acme.myshopify.com"'


def test_a_repeat_is_queued_and_makes_no_second_delivery(
    bridge: Bridge, sandbox: Sandbox, order: Order
) -> None:
    """The sender saw no answer and posts the same bytes again: both are looked at, one delivery is there."""
    body = order()
    for _ in range(2):
        bridge.push(body, webhook_id="")

        (message,) = bridge.receive_messages()
        bridge.dispatch([message])

    assert len(sandbox.live(f"acme/{key(body)}")) == 1
    assert sandbox.stats()["created"] == 1


def test_requests_about_people_are_all_queued(bridge: Bridge, sandbox: Sandbox) -> None:
    """Two people ask in the same five minutes: neither request is taken for a repeat of the other."""
    bridge.connect("acme", settings(sandbox.url, SHOP))
    for customer, orders in ((1, [11]), (2, [22])):
        body = {
            "shop_domain": "acme.myshopify.com",
            "customer": {"id": customer},
            "orders_to_redact": orders,
        }
        bridge.push(json.dumps(body).encode(), "customers/redact", webhook_id="")

    found = [json.loads(message["Body"])["privacy"]["order_ids"] for message in bridge.receive_messages()]

    assert sorted(found) == [["11"], ["22"]]
