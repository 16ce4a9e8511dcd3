"""A fresh order for each function, and the event with which Lambda would call the function for it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bridge import sources
from bridge.connections.model import Connection, Secrets
from bridge_laptop import lambda_events, signing
from bridge_laptop import template as sam

ORDER = sam.ROOT / "events" / "webhooks" / "shopify" / "order-typical.json"
TOPIC = "orders/create"


@dataclass(frozen=True, slots=True)
class SampleOrder:
    """A signed Shopify order that nobody has seen yet."""

    order_id: str
    name: str
    signed: sources.Signed


@dataclass(frozen=True, slots=True)
class Invocation:
    """A function's event, and the order whose delivery it leads to."""

    event: dict[str, Any]
    order: SampleOrder


def fresh_order(connection: Connection, secrets: Secrets, number: int) -> SampleOrder:
    """Return the typical order under a number of its own, signed with the connection's secret."""
    document = json.loads(ORDER.read_bytes()) | {"id": number, "name": f"#{number}"}
    body = json.dumps(document, ensure_ascii=False).encode()
    signed = signing.signed(
        connection.source,
        body,
        secrets.webhook[0],
        TOPIC,
        str(uuid.uuid4()),
        options=connection.options,
    )
    return SampleOrder(str(number), f"#{number}", signed)


def invocations(
    functions: Iterable[str], connection: Connection, secrets: Secrets, source_name: str
) -> dict[str, Invocation]:
    """Return an invocation of each function, by logical id.

    ``source_name`` is the partner event source that ReceiveEventFunction listens to.

    Raises:
        KeyError: a function of the template for which there is no event here.
    """
    now = datetime.now(UTC)
    first = int(time.time() * 1000)
    found = {}
    for number, function in enumerate(functions, first):
        order = fresh_order(connection, secrets, number)
        found[function] = Invocation(_event(function, connection, order, source_name, now), order)
    return found


def _event(
    function: str, connection: Connection, order: SampleOrder, source_name: str, now: datetime
) -> dict[str, Any]:
    connection_id, source = connection.connection_id, connection.source
    makers = {
        "ReceiveWebhookFunction": lambda: lambda_events.receive_event(connection_id, order.signed, now),
        "DispatchDeliveryFunction": lambda: lambda_events.dispatch_event(
            connection_id, source, order.signed, now, connection.options
        ),
        "QueueRecheckFunction": lambda: lambda_events.recheck_event(connection_id, order.order_id, now),
        "ReceiveEventFunction": lambda: lambda_events.bus_event(order.signed, now, source_name),
    }
    return makers[function]()
