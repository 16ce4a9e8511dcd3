"""Orders put through the receiver and the worker, and their records."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import boto3

from bridge.aws.deliveries import DeliveriesTable
from bridge.dispatching.record import DeliveryRecord

if TYPE_CHECKING:
    from tests.component.conftest import Bridge

Order = Callable[..., bytes]


def key(body: bytes) -> str:
    """Return the order's id."""
    return str(json.loads(body)["id"])


def handle(bridge: Bridge, body: bytes, topic: str = "orders/create", number: int = 1) -> list[str]:
    """Put a webhook through the receiver and the worker."""
    bridge.push(body, topic, webhook_id=f"webhook-{number}")
    return bridge.work()


def unmappable(order: Order, **changes: object) -> bytes:
    """Return an order whose address is empty."""
    body = json.loads(order(**changes))
    body["shipping_address"]["address1"] = ""
    return json.dumps(body).encode()


def the_record(bridge: Bridge, order_id: str) -> DeliveryRecord:
    """Return an order's record."""
    record = table(bridge).load("acme", order_id)
    assert record is not None
    return record


def table(bridge: Bridge) -> DeliveriesTable:
    """Return the table of orders."""
    return DeliveriesTable(boto3.client("dynamodb"), bridge.names["DeliveriesTable"])
