"""What the tests of WooCommerce's requests and orders share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support import source_calls

from bridge import sources
from bridge.model import Ignored, Order
from bridge.sources import Options

woocommerce = sources.get("woocommerce")
SAMPLES = Path(__file__).parents[2] / "events/webhooks/woocommerce"
CREATED = (SAMPLES / "order-created.json").read_bytes()


def order(**changes: object) -> dict[str, Any]:
    """Return a valid order, the documentation's in French, with some fields changed."""
    return {**json.loads(CREATED), **changes}


def body(**changes: object) -> bytes:
    """Write an order as WooCommerce does: compact, with escaped slashes."""
    return json.dumps(order(**changes), separators=(",", ":")).replace("/", "\\/").encode()


def parse(topic: str = "order.updated", options: Options | None = None, **changes: object) -> Order | Ignored:
    """Parse the sample with some fields changed."""
    return source_calls.parse(woocommerce, body(**changes), topic, options or Options())
