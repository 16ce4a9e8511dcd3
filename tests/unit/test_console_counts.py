"""The filters above the page's list of orders."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from bridge.console.order_rows import Wish
from bridge.console.orders_view import counts
from bridge.console.values import Listing, Standing

WISH = Wish(since=datetime(2026, 11, 25, tzinfo=UTC), connection_id="", text="", standing="", limit=25)


@pytest.mark.parametrize(
    ("standings", "symbol"),
    [
        ([Standing.CANCELLED], "cancelled"),
        ([Standing.DISCARDED], "cancelled"),
        ([Standing.CANCELLED, Standing.TOO_LATE], "toolate"),
    ],
)
def test_filter_shows_what_is_worst_in_it(standings: list[Standing], symbol: str) -> None:
    """Nobody is alarmed by an order that was cancelled in time."""
    listing = Listing((), Counter(standings), len(standings), 0, is_whole=True)

    every, cancelled = counts(listing, WISH, "today")

    assert (len(standings), len(standings)) == (every.n, cancelled.n)
    assert symbol == cancelled.symbol
