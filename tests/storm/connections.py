"""The two shops of the storm, and what is applied anew in the middle of it."""

from __future__ import annotations

from dataclasses import replace

import boto3

from bridge.connections.model import Connection
from bridge.operator.connections import ConnectionRegistry, write_connection
from bridge_laptop.local import provisioning

CONNECTIONS = ("acme", "acme2")  # two shops of one instance
TEXT = """
source   = "shopify"
timezone = "Europe/Paris"
country  = "FR"

[coopcycle]
url   = "https://acme.coopcycle.org"
scope = "tasks deliveries"

[pickup]
address = "12 rue des Fleurs, 75011 Paris"
comments = "Entrée par la cour"

[schedule]
opening_hours = ["Mo-Su 00:00-24:00"]

[parcels]
packages = { "BQT-L" = "XL", "CARD" = "SMALL" }
"""
MENDED = ("Entrée par la cour", "Entrée par le jardin")  # comments of the pickup, before and after an apply


def alternatives(connection: Connection) -> tuple[Connection, ...]:
    """Return the connection as it was and as it was applied anew: a delivery may be of either."""
    return tuple(replace(connection, pickup=replace(connection.pickup, comments=each)) for each in MENDED)


def change_settings() -> None:
    """Apply the connections anew between receipt and dispatch; a function notices within five minutes."""
    registry = ConnectionRegistry(boto3.client("ssm"), provisioning.CONNECTIONS_PATH)
    for connection_id in CONNECTIONS:
        settings = registry.parameters(connection_id)["settings"].replace(*MENDED)
        write_connection(registry.ssm, registry.path, connection_id, settings, {})
