"""One sample order through a running stack, watched until it is a delivery."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import boto3
import requests

from bridge.aws.connections import DISPATCHING, RECEIVING, ConnectionStore
from bridge.aws.deliveries import DeliveriesTable
from bridge.dispatching.record import DeliveryRecord, State
from bridge.settings import DispatchSettings
from bridge_laptop import sam_template, signing
from bridge_laptop.local import provisioning
from bridge_laptop.local.stack import LocalStack

ORDER = sam_template.ROOT / "events" / "webhooks" / "shopify" / "order-typical.json"
TOPIC = "orders/create"


def send(stack: LocalStack, connection_id: str, body_file: Path = ORDER, topic: str = TOPIC) -> str:
    """Post a signed order as the shop would, and return the order's id.

    Raises:
        requests.HTTPError: the receiver did not accept it.

    """
    connections = ConnectionStore(boto3.client("ssm"), provisioning.CONNECTIONS_PATH, RECEIVING)
    connection, secrets = connections.get(connection_id)
    body = body_file.read_bytes()
    signed = signing.signed(
        connection.source,
        body,
        secrets.webhook[0],
        topic,
        f"sample-{body_file.stem}",
        options=connection.options,
    )
    response = requests.post(
        signed.address(stack.url, connection_id), data=signed.body, headers=signed.headers, timeout=30
    )
    response.raise_for_status()
    return str(response.json()["order_id"])


def wait_for(
    stack: LocalStack, connection_id: str, order_id: str, seconds: float = 30
) -> DeliveryRecord | None:
    """Return the order's record once the bridge is done with it, or what there is after ``seconds``."""
    table = DeliveriesTable(boto3.client("dynamodb"), stack.names["DeliveriesTable"])
    deadline = time.monotonic() + seconds
    while True:
        record = table.load(connection_id, order_id)
        if record is not None and record.state is not State.CREATING:
            return record
        if time.monotonic() > deadline:
            return record
        time.sleep(0.1)


def fetch_delivery(stack: LocalStack, connection_id: str, iri: str) -> dict[str, Any]:
    """Ask CoopCycle for the delivery as it holds it now."""
    from bridge.runtime import CoopCycleClients, token_cache

    settings = DispatchSettings.from_env(
        next(
            function.environment
            for function in sam_template.functions(sam_template.load(), stack.names)
            if function.logical_id == "DispatchDeliveryFunction"
        )
    )
    connections = ConnectionStore(boto3.client("ssm"), provisioning.CONNECTIONS_PATH, DISPATCHING)
    connection, secrets = connections.get(connection_id)
    clients = CoopCycleClients(
        token_cache(settings),
        read_timeout_seconds=settings.http_read_timeout_seconds,
        open_seconds=settings.backoff_base_seconds,
    )
    return clients(connection, secrets).get_delivery_body(iri)
