"""What the worker left behind about an order."""

from __future__ import annotations

import json
from collections.abc import Callable

import boto3
from tests.component.conftest import Bridge

from bridge.aws.deliveries import DeliveriesTable
from bridge.dispatching.record import DeliveryRecord

Order = Callable[..., bytes]


def key(body: bytes) -> str:
    """Return the order's id."""
    return str(json.loads(body)["id"])


def record_of(bridge: Bridge, body: bytes) -> DeliveryRecord | None:
    """Return the order's record."""
    return DeliveriesTable(boto3.client("dynamodb"), bridge.names["DeliveriesTable"]).load("acme", key(body))


def flat(requests: dict[str, object]) -> dict[str, int]:
    """Return counts by "METHOD route", whatever is counted below it."""
    return {
        route: count["total"]  # type: ignore[index]
        for route, count in requests.items()
    }
