"""A source's three functions with what most tests leave out: no path secret, no options, a fixed time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bridge.connections.model import Connection
from bridge.model import Ignored, Order
from bridge.planning.read_order import parse_order
from bridge.sources import Options, Payload, Push, Source, Webhook

RECEIVED_AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NO_OPTIONS = Options()


def push(body: bytes, headers: Mapping[str, str], received_at: datetime = RECEIVED_AT) -> Push:
    """Return a request whose header names are lower case, as the functions see it."""
    return Push(body, {name.lower(): value for name, value in headers.items()}, received_at)


def verify(source: Source, body: bytes, headers: Mapping[str, str], secrets: Sequence[str]) -> None:
    """Verify a push."""
    source.verify(push(body, headers), secrets, NO_OPTIONS)


def identify(source: Source, body: bytes, headers: Mapping[str, str]) -> Webhook | Ignored:
    """Identify a push."""
    return source.identify(push(body, headers), NO_OPTIONS)


def read_order(source: str, payload: Payload, options: Options = NO_OPTIONS) -> Order | Ignored:
    """Read a whole payload's order with a connection of no more than these options."""
    return parse_order(Connection("acme", source, "https://acme.coopcycle.org", options=options), payload)


def parse(source: Source, body: bytes, topic: str, options: Options = NO_OPTIONS) -> Order | Ignored:
    """Parse an accepted webhook's body."""
    return source.parse(Payload(body, topic, RECEIVED_AT), options)
