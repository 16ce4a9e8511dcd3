"""Anything in an order is mapped, or refused by the name of its field."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import phonenumbers
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import source_calls
from tests.support.mapped_orders import ORDER, dropoff, map_it

from bridge import sources
from bridge.errors import MalformedWebhook, UnmappableOrder
from bridge.model import (
    Delivery,
    Order,
)
from bridge.text import COMMENTS_LENGTH

shopify = sources.get("shopify")

VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.lists(st.text(), max_size=2)
)


ADDRESSES = st.dictionaries(
    st.sampled_from(
        ["name", "address1", "address2", "zip", "city", "country", "country_code", "phone", "latitude"]
    ),
    VALUES,
)


LINES = st.lists(
    st.dictionaries(
        st.sampled_from(["title", "sku", "grams", "quantity", "current_quantity", "gift_card"]), VALUES
    ),
    max_size=3,
)


@settings(max_examples=200, deadline=None)
@given(
    address=ADDRESSES, lines=LINES, note=VALUES, phone=VALUES, topic=st.sampled_from(sorted(shopify.TOPICS))
)
def test_anything_in_an_order_is_mapped_or_refused_by_name(
    address: dict[str, object], lines: object, note: object, phone: object, topic: str
) -> None:
    """A hostile order gives a delivery fit to send, a reason, or an error of the taxonomy."""
    body = {
        "id": 1,
        "updated_at": "2026-11-23T10:12:08+01:00",
        "order_edit": {"order_id": 1},
        "shipping_address": {"address1": "48 Rue de Rivoli", "zip": "75004", **address},
        "line_items": [{"title": "Bouquet", "quantity": 1}, *lines],  # type: ignore[misc]
        "note": note,
        "phone": phone,
    }

    with contextlib.suppress(UnmappableOrder, MalformedWebhook):
        order = source_calls.parse(shopify, json.dumps(body).encode(), topic)
        delivery = map_it(order) if isinstance(order, Order) else order
        if isinstance(delivery, Delivery):
            repr(delivery).encode("utf-8")
            assert len(delivery.dropoff.comments) <= COMMENTS_LENGTH


@settings(max_examples=200, deadline=None)
@given(phone=st.text(max_size=40) | st.from_regex(r"\+?[0-9 ().-]{5,20}", fullmatch=True))
def test_any_phone_is_safe_to_send(phone: str) -> None:
    """A telephone we send can be read again without a region, as CoopCycle will do; others are None."""
    telephone = dropoff(replace(ORDER, phones=(phone,))).telephone

    assert telephone is None or phonenumbers.parse(telephone, None)
