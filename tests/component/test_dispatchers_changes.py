"""What a dispatcher did on CoopCycle counts."""

from __future__ import annotations

import datetime as dt

from tests.component.conftest import Bridge, Sandbox
from tests.support.by_hand import NOW, REFERENCE, Order, at, dispatcher, held, record_of, task_of

from bridge.dispatching.record import State


def test_a_new_note_leaves_his_work_alone(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """His window, his words and the weight that CoopCycle printed stay; ours is changed in its own part."""
    bridge.dispatch([bridge.message(order(id=7, updated_at=at(-30), note="first"), number=1)])
    [iri] = sandbox.live(REFERENCE)
    before = held(sandbox, iri)
    dropoff = before["dropoff"]
    later = (NOW + dt.timedelta(days=20)).strftime("%Y-%m-%dT%H:00:00")
    until = (NOW + dt.timedelta(days=20, hours=2)).strftime("%Y-%m-%dT%H:00:00")
    dispatcher(sandbox, dropoff["id"], after=later, before=until)
    dispatcher(sandbox, dropoff["id"], comments=dropoff["comments"] + "\nring at the back door")

    bridge.dispatch([bridge.message(order(id=7, updated_at=at(-20), note="second"), "orders/updated", 2)])

    shown = held(sandbox, iri)
    assert shown["dropoff"]["after"].startswith(later[:13])
    assert "second" in shown["dropoff"]["comments"]
    assert "first" not in shown["dropoff"]["comments"]
    assert shown["dropoff"]["comments"].endswith("ring at the back door")
    assert before["pickup"]["comments"] == shown["pickup"]["comments"]
    assert "moved" in record_of(bridge).seen
    assert ("seen", "moved") in [(event.outcome, event.reason) for event in record_of(bridge).history]


def test_a_delivery_that_the_dispatcher_cancelled_is_never_updated(
    bridge: Bridge, sandbox: Sandbox, order: Order
) -> None:
    """It is a state of its own, rings, and is neither changed nor made anew; restored, it is changed."""
    bridge.dispatch([bridge.message(order(id=7, updated_at=at(-30)), number=1)])
    [iri] = sandbox.live(REFERENCE)
    tasks = [task_of(sandbox, iri, kind) for kind in ("pickup", "dropoff")]
    for task in tasks:
        dispatcher(sandbox, task, "/cancel")

    bridge.dispatch([bridge.message(order(id=7, updated_at=at(-20), note="new"), "orders/updated", 2)])
    withdrawn = record_of(bridge)
    for task in tasks:
        dispatcher(sandbox, task, "/restore")
    bridge.dispatch([bridge.message(order(id=7, updated_at=at(-10), note="newer"), "orders/updated", 3)])

    assert (State.WITHDRAWN, "cancelled_on_coopcycle") == (withdrawn.state, withdrawn.reason)
    assert "updated" not in [event.outcome for event in withdrawn.history]
    assert State.CREATED is record_of(bridge).state
    assert "newer" in held(sandbox, iri)["dropoff"]["comments"]
    assert sandbox.stats()["created"] == 1


def test_a_change_after_the_end_is_told(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """A finished delivery takes a PUT, and nothing rides: somebody has to know."""
    bridge.dispatch([bridge.message(order(id=7, updated_at=at(-30)), number=1)])
    [iri] = sandbox.live(REFERENCE)
    for do in ("assign", "pick", "drop"):
        sandbox.courier(iri, do)

    bridge.dispatch([bridge.message(order(id=7, updated_at=at(-20), note="new"), "orders/updated", 2)])

    record = record_of(bridge)
    assert ("ignored", "changed_after_the_end") == (record.history[-1].outcome, record.history[-1].reason)
    assert "finished" in record.seen
