"""From the sample bodies to the deliveries we would ask for, each written out in full."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from tests.support import source_calls
from tests.support.mapped_orders import SAMPLES, map_it

from bridge import sources
from bridge.model import (
    Delivery,
    Order,
)

shopify = sources.get("shopify")


@pytest.mark.parametrize(("sample", "topic", "expected"), SAMPLES, ids=[sample[0] for sample in SAMPLES])
def test_a_sample_becomes_this_delivery(
    webhook_body: Callable[[str], bytes], sample: str, topic: str, expected: Delivery
) -> None:
    """Each complete body gives exactly the delivery written beside it."""
    order = source_calls.parse(shopify, webhook_body(f"shopify/{sample}.json"), topic)

    assert isinstance(order, Order)
    assert expected == map_it(order)


def test_every_sample_is_an_order_of_its_own(webhook_body: Callable[[str], bytes]) -> None:
    """The samples can be sent one after the other without meeting in one order."""
    bodies = [json.loads(webhook_body(f"shopify/{sample}.json")) for sample, _, _ in SAMPLES]

    assert len(SAMPLES) == len({document["id"] for document in bodies})
    assert {document["id"] for document in bodies}.isdisjoint({document["number"] for document in bodies})
