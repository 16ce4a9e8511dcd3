"""Answers of a shop's API that were written down."""

from __future__ import annotations

import pytest

from bridge.errors import ShopRejected
from bridge.operator.recorded_shop import RecordedShop


def test_an_answer_is_found_by_path_and_query() -> None:
    """The host is not looked at; another query is another answer."""
    shop = RecordedShop({"/v2/orders/7": b"{}", "/v2/orders?id=7": b"[]"})

    assert shop.get("https://shop.example/v2/orders/7", {}) == b"{}"
    assert shop.get("https://else.example/v2/orders?id=7", {}) == b"[]"
    assert shop.missing == []


def test_what_was_not_written_down_is_refused_and_told() -> None:
    """As a shop refuses what it does not have, so that the order is parked and not made up."""
    shop = RecordedShop({"/v2/orders/7": b"{}"})

    with pytest.raises(ShopRejected):
        shop.get("https://shop.example/v2/orders/7?expand=all", {})

    assert shop.missing == ["/v2/orders/7?expand=all"]
