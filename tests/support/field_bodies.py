"""A body that ``[fields]`` read, and the order that they make of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bridge.fields.fields import apply_fields
from bridge.fields.values import Values
from bridge.model import (
    Ignored,
    Order,
    PostalAddress,
    TimeWindow,
)

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
EMPTY = Order(order_id="7", name="Order 7", updated_at=AT, created_at=AT, address=PostalAddress())
BODY: dict[str, Any] = {
    "id": 1042,
    "answers": {
        "address": "48 rue de Rivoli, 75004 Paris",
        "who": "Camille Moreau",
        "tel": ["0612345678", 33140200000],
        "note": None,
        "blank": "  ",
        "wanted": "non",
        "zip": 75004,
        "kilos": "2,5",
    },
    "stops": [
        {"where": "1 rue A, 75001 Paris", "who": "Ana"},
        {"where": "2 rue B, 75002 Paris", "who": "Bo"},
    ],
}


def read(body: dict[str, Any] | None = None, order: Order = EMPTY, **expressions: str) -> Order | Ignored:
    """Apply expressions to a body."""
    return apply_fields(order, Values(BODY if body is None else body, expressions))


def read_one(body: dict[str, Any] | None = None, **expressions: str) -> Order:
    """Apply expressions of which an order must come."""
    found = read(body, **expressions)
    assert isinstance(found, Order)
    return found


WINDOW = TimeWindow(datetime(2026, 12, 24, 13, tzinfo=UTC), datetime(2026, 12, 24, 15, tzinfo=UTC))
