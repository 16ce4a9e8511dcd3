"""The local stack's addresses as containers of this machine know them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from bridge_laptop.local.engine import HOST_NAME, Engine
from bridge_laptop.local.relay import Relay

LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class ContainerAddresses:
    """Where a container finds what the stack's functions call."""

    gateway: str | None  # the address that HOST_NAME must have in a container; None: it is known there
    aws_endpoint: str
    coopcycle_url: str


def open_to_containers(
    engine: Engine | None, aws_endpoint: str, coopcycle_url: str, exits: ExitStack
) -> ContainerAddresses:
    """Listen on the engine's gateway address for what listens on loopback, until ``exits`` is closed.

    Nothing is listened on without an engine, or with one whose containers know ``HOST_NAME`` by themselves.

    Raises:
        OSError: the gateway address cannot be listened on.
    """
    gateway = engine.gateway if engine is not None and not engine.rootless else None

    def seen_from_inside(url: str) -> str:
        parts = urlsplit(url)
        if parts.hostname not in LOOPBACK:
            return url  # another machine, the same for everybody
        port = parts.port or 80
        if gateway is not None:
            relay = Relay(gateway, (parts.hostname, port))
            relay.start()
            exits.callback(relay.stop)
            port = relay.port
        return urlunsplit(parts._replace(netloc=f"{HOST_NAME}:{port}"))

    return ContainerAddresses(gateway, seen_from_inside(aws_endpoint), seen_from_inside(coopcycle_url))
