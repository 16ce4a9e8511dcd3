"""What the tests of Shopify's requests and orders share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support import source_calls

from bridge import sources
from bridge.model import Ignored, Order

shopify = sources.get("shopify")
WEBHOOK_ID = "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"
TYPICAL = (Path(__file__).parents[2] / "events/webhooks/shopify/order-typical.json").read_bytes()


def headers(topic: str = "orders/create", **more: str) -> dict[str, str]:
    """Return the headers of a push, lower case."""
    return {"x-shopify-topic": topic, "x-shopify-webhook-id": WEBHOOK_ID, **more}


def body(document: object) -> bytes:
    """Write a body."""
    return json.dumps(document).encode()


def order(**changes: object) -> dict[str, Any]:
    """Return a valid order, the typical sample, with some fields changed."""
    return {**json.loads(TYPICAL), **changes}


def parse(topic: str = "orders/create", **changes: object) -> Order | Ignored:
    """Parse the typical sample with some fields changed."""
    return source_calls.parse(shopify, body(order(**changes)), topic)
