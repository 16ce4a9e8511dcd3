"""The worker when an order was changed or cancelled."""

from __future__ import annotations

import datetime as dt
import json
from zoneinfo import ZoneInfo

from tests.component.conftest import Bridge, Sandbox, settings
from tests.support.dispatched import Order, flat, record_of

from bridge.dispatching.record import State
from bridge.model import TimeWindow


def test_cancelled_before_created_is_never_created(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """A cancel that overtakes its create leaves a tombstone."""
    cancelled = order("order-cancelled")
    create = json.loads(cancelled)
    create |= {"cancelled_at": None, "cancel_reason": None, "financial_status": "paid"}
    bridge.dispatch([bridge.message(cancelled, "orders/cancelled", 1)])

    assert bridge.dispatch([bridge.message(json.dumps(create).encode(), number=2)]) == []
    assert sandbox.stats()["created"] == 0


def test_cancel_deletes_the_delivery(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """A cancelled order's delivery is deleted while no courier has it."""
    body = json.loads(order())
    bridge.dispatch([bridge.message(json.dumps(body).encode(), number=1)])
    body |= {"cancelled_at": "2026-11-23T12:00:00+01:00", "updated_at": "2099-01-01T00:00:00+01:00"}

    bridge.dispatch([bridge.message(json.dumps(body).encode(), "orders/cancelled", 2)])

    assert sandbox.live(f"acme/{body['id']}") == []


def test_cancel_after_assignment_is_refused_and_recorded(
    bridge: Bridge, sandbox: Sandbox, order: Order
) -> None:
    """CoopCycle's 400 to a cancel is final: recorded, counted, and never retried."""
    body = json.loads(order())
    bridge.dispatch([bridge.message(json.dumps(body).encode(), number=1)])
    sandbox.courier(sandbox.live(f"acme/{body['id']}")[0], "assign")
    body |= {"cancelled_at": "2026-11-23T12:00:00+01:00", "updated_at": "2099-01-01T00:00:00+01:00"}
    cancelled = json.dumps(body).encode()

    assert bridge.dispatch([bridge.message(cancelled, "orders/cancelled", 2)]) == []

    record = record_of(bridge, cancelled)
    assert record is not None
    assert record.state is State.CANCEL_REFUSED


def test_changed_address_is_put(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """A newer state of the order changes the delivery there is; the same state again calls nobody."""
    body = json.loads(order())
    bridge.dispatch([bridge.message(json.dumps(body).encode(), number=1)])
    body["updated_at"] = "2099-01-01T00:00:00+01:00"
    body["shipping_address"]["address1"] = "12 Rue de Rivoli"
    changed = json.dumps(body).encode()

    bridge.dispatch([bridge.message(changed, "orders/updated", 2)])
    bridge.dispatch([bridge.message(changed, "orders/updated", 3)])

    puts = sum(count for route, count in flat(sandbox.stats()["requests"]).items() if route.startswith("PUT"))
    assert puts == 1
    assert sandbox.stats()["created"] == 1


def test_changed_choice_of_time_is_put(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """The customer moves the delivery in the shop: CoopCycle's moves too, and a repeat calls nobody."""
    day = (dt.datetime.now(dt.UTC) + dt.timedelta(days=7)).date()
    body = json.loads(order("order-zapiet", created_at=f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"))
    chosen = {each["name"]: each for each in body["note_attributes"]}
    chosen["Delivery-Date"]["value"] = f"{day:%Y-%m-%d}"
    chosen["Delivery-Time"]["value"] = "14:00 - 16:00"
    bridge.dispatch([bridge.message(json.dumps(body).encode(), number=1)])
    first = _dropoff_of(bridge, body["id"])
    chosen["Delivery-Time"]["value"] = "17:00 - 18:00"
    body["updated_at"] = "2099-01-01T00:00:00+01:00"
    bridge.dispatch([bridge.message(json.dumps(body).encode(), "orders/updated", 2)])
    bridge.dispatch([bridge.message(json.dumps(body).encode(), "orders/updated", 3)])

    second = _dropoff_of(bridge, body["id"])

    paris = ZoneInfo("Europe/Paris")
    assert ["14:00", "16:00"] == [f"{end.astimezone(paris):%H:%M}" for end in (first.after, first.before)]
    assert ["17:00", "18:00"] == [f"{end.astimezone(paris):%H:%M}" for end in (second.after, second.before)]
    assert day == second.after.astimezone(paris).date()
    puts = [count for route, count in flat(sandbox.stats()["requests"]).items() if route.startswith("PUT")]
    assert [1] == puts


def test_a_time_slot_of_coopcycle_is_taken(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """With window = "coopcycle" the delivery lies in a window that the store offers."""
    bridge.connect("acme", settings(sandbox.url, 'window = "coopcycle"'))
    day = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    while day.weekday() > 4:  # the slot is one of working days
        day += dt.timedelta(days=1)
    sandbox.clock(f"{day}T08:00:00+01:00")

    failed = bridge.dispatch([bridge.message(order(id=7))])

    dropoff = _dropoff_of(bridge, 7)
    assert [] == failed
    ends = [end.astimezone(ZoneInfo("Europe/Paris")) for end in (dropoff.after, dropoff.before)]
    assert [f"{day} 12:00", f"{day} 14:00"] == [f"{end:%Y-%m-%d %H:%M}" for end in ends]


def test_older_state_of_the_order_is_dropped(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """An update that arrives late does not undo a newer one."""
    body = json.loads(order())
    now = dt.datetime.now(dt.UTC)
    body["updated_at"] = now.isoformat()
    bridge.dispatch([bridge.message(json.dumps(body).encode(), number=1)])
    body["updated_at"] = (now - dt.timedelta(hours=1)).isoformat()
    body["shipping_address"]["address1"] = "12 Rue de Rivoli"

    bridge.dispatch([bridge.message(json.dumps(body).encode(), "orders/updated", 2)])

    assert not [route for route in flat(sandbox.stats()["requests"]) if route.startswith("PUT")]


def _dropoff_of(bridge: Bridge, order_id: int) -> TimeWindow:
    """Return the dropoff window that the record of an order holds."""
    record = record_of(bridge, json.dumps({"id": order_id}).encode())
    assert record is not None
    assert record.windows is not None
    return record.windows.dropoff
