"""A webhook older than what was applied is passed over before anything that can fail is done with it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.component.conftest import Bridge, Sandbox
from tests.support.dispatched import Order, record_of

from bridge.dispatching.record import State

LATER = {"cancelled_at": "2026-11-23T12:00:00+01:00", "updated_at": "2026-11-23T12:00:00+01:00"}
NO_STREET = {"shipping_address": {"address1": "", "city": "Paris", "country_code": "FR", "zip": "75002"}}
NO_OBJECT = {"shipping_address": "Rue de Rivoli"}


@pytest.mark.parametrize("broken", [NO_STREET, NO_OBJECT], ids=["no street", "of the wrong type"])
def test_an_old_webhook_that_cannot_be_mapped_is_ignored(
    bridge: Bridge, sandbox: Sandbox, order: Order, broken: dict[str, Any]
) -> None:
    """It came late, its order was cancelled meanwhile: nobody is asked to mend an address of yesterday."""
    body = json.loads(order()) | {"updated_at": "2026-11-23T10:00:00+01:00"}
    bridge.dispatch([bridge.message(json.dumps(body).encode(), number=1)])
    cancelled = json.dumps(body | LATER).encode()
    bridge.dispatch([bridge.message(cancelled, "orders/cancelled", 2)])

    bridge.dispatch([bridge.message(json.dumps(body | broken).encode(), "orders/updated", 3)])

    record = record_of(bridge, cancelled)
    assert record is not None
    assert record.state is State.CANCELLED
    assert bridge.parked() == []
    assert sandbox.live(f"acme/{body['id']}") == []


@pytest.mark.parametrize("broken", [NO_STREET, NO_OBJECT], ids=["no street", "of the wrong type"])
def test_a_new_webhook_that_cannot_be_mapped_is_parked(
    bridge: Bridge, order: Order, broken: dict[str, Any]
) -> None:
    """The same body is a person's matter as long as nothing newer was applied."""
    body = json.loads(order()) | {"updated_at": "2026-11-23T10:00:00+01:00"}
    bridge.dispatch([bridge.message(json.dumps(body).encode(), number=1)])
    changed = body | broken | {"updated_at": "2026-11-23T11:00:00+01:00"}

    bridge.dispatch([bridge.message(json.dumps(changed).encode(), "orders/updated", 2)])

    assert len(bridge.parked()) == 1
