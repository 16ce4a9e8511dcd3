"""The calls that the client makes of CoopCycle, and what they fail with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from tests.support.fake_server import Drip, FakeServer, Fault, Request

from bridge.coopcycle.client import CoopCycleClient
from bridge.errors import (
    BridgeError,
)
from bridge.model import Receipt

NOW = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
BODY = {"dropoff": {"comments": "secret of the buyer", "metadata": {"bridge_ref": "acme/1"}}}
DELIVERY = {
    "@id": "/api/deliveries/42",
    "trackingUrl": "https://acme.coopcycle.org/fr/pub/d/Xy",
    "pickup": {"@id": "/api/tasks/1", "status": "TODO"},
    "dropoff": {"@id": "/api/tasks/2", "status": "TODO", "metadata": {"bridge_ref": "acme/1"}},
}


RECEIPT = Receipt(
    delivery_iri="/api/deliveries/42",
    tracking_url="https://acme.coopcycle.org/fr/pub/d/Xy",
    bridge_ref="acme/1",
    statuses=("TODO", "TODO"),
)


Answers = bytes | Fault | Drip | Callable[[Request], bytes | Fault | Drip]
Serve = Callable[..., tuple[FakeServer, CoopCycleClient]]


class CountedTokens:
    """Tokens "token-1", "token-2" …: the next one once the present one is rejected."""

    def __init__(self) -> None:
        self.number = 1

    def token(self) -> str:
        """Return the present one."""
        return f"token-{self.number}"

    def reject(self, value: str) -> None:
        """Go on to the next one."""
        if value == self.token():
            self.number += 1


def create(client: CoopCycleClient) -> object:
    """Change: create."""
    return client.create_delivery(BODY)


def update(client: CoopCycleClient) -> object:
    """Change: update."""
    return client.update_delivery("/api/deliveries/42", BODY)


def cancel(client: CoopCycleClient) -> object:
    """Change: cancel."""
    client.cancel_delivery("/api/deliveries/42")
    return None


def read(client: CoopCycleClient) -> object:
    """Read a delivery."""
    return client.get_delivery("/api/deliveries/42")


def listing(client: CoopCycleClient) -> object:
    """Read a list."""
    return client.list_recent_deliveries("/api/stores/1")


def feasible(client: CoopCycleClient) -> object:
    """Ask for feasibility, a POST that changes nothing."""
    client.assert_feasible(BODY)
    return None


def settings(client: CoopCycleClient) -> object:
    """Read the settings."""
    return client.settings()


Call = Callable[[CoopCycleClient], object]
CHANGES: list[Call] = [create, update, cancel]
READS: list[Call] = [read, listing, feasible, settings]


def failure(call: Call, client: CoopCycleClient) -> BridgeError:
    """Return the error of a call, whose text holds nothing of what was sent."""
    with pytest.raises(BridgeError) as caught:
        call(client)
    assert "secret of the buyer" not in str(caught.value)
    assert "token-" not in str(caught.value)
    return caught.value
