"""How often CoopCycle is asked for a listing, ten times as dear as a POST: where nothing else answers."""

from __future__ import annotations

from collections.abc import Callable

from tests.component.conftest import Bridge, Sandbox
from tests.support.by_hand import dispatcher, record_of, task_of

from bridge.dispatching.record import State

Order = Callable[..., bytes]
LISTING = "GET /api/stores/{id}/deliveries"


def asked(sandbox: Sandbox) -> int:
    """Return how many listings were asked for."""
    counts = sandbox.stats()["requests"].get(LISTING, {})
    return int(counts.get("total", 0))


def test_an_order_without_doubt_asks_for_none(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """Created, changed and cancelled."""
    bridge.dispatch([bridge.message(order(id=7), number=1)])
    later = order(id=7, note="Sonner", updated_at="2027-01-01T00:00:00Z")
    bridge.dispatch([bridge.message(later, "orders/updated", 2)])
    last = order(id=7, updated_at="2027-01-01T00:00:01Z", cancelled_at="2027-01-01T00:00:01Z")
    bridge.dispatch([bridge.message(last, "orders/cancelled", 3)])

    assert 0 == asked(sandbox)


def test_one_post_in_doubt_is_looked_for_once(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """Once it is found, no other can come to light: the look after it reads the delivery itself."""
    message = bridge.message(order(id=7), number=1)
    sandbox.fault("create_then_reset")
    assert [message["MessageId"]] == bridge.dispatch([message])
    sandbox.fault(None)
    assert [] == bridge.dispatch([message])
    found = asked(sandbox)

    assert [] == bridge.dispatch([bridge.recheck("7")])

    assert (1, 0) == (found, asked(sandbox) - found)
    assert (State.CREATED, None) == (record_of(bridge).state, record_of(bridge).recheck_at)
    assert 1 == len(sandbox.live("acme/7"))


def test_what_a_dispatcher_cancelled_meanwhile_is_seen(
    bridge: Bridge, sandbox: Sandbox, order: Order
) -> None:
    """Also where the delivery is read and not listed."""
    message = bridge.message(order(id=7), number=1)
    sandbox.fault("create_then_reset")
    bridge.dispatch([message])
    sandbox.fault(None)
    bridge.dispatch([message])
    for kind in ("pickup", "dropoff"):
        dispatcher(sandbox, task_of(sandbox, record_of(bridge).delivery_iri, kind), "/cancel")

    bridge.dispatch([bridge.recheck("7")])

    assert State.WITHDRAWN is record_of(bridge).state


def test_a_second_post_is_looked_for_with_a_listing(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """The first may still come to light beside the one that is known."""
    message = bridge.message(order(id=7), number=1)
    sandbox.fault("reset", on="create")
    bridge.dispatch([message])
    sandbox.fault(None)
    bridge.dispatch([message])
    before = asked(sandbox)

    bridge.dispatch([bridge.recheck("7")])

    assert asked(sandbox) > before
