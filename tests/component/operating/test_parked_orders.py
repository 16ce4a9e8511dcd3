"""What is parked stands in the order's record: how it gets there, what lets it go, who did what with it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from tests.component.conftest import Bridge, Sandbox
from tests.component.test_metrics import written
from tests.support.by_hand import NOW, REFERENCE, Order, at, record_of
from tests.support.order_records import handle, table, unmappable

from bridge.dispatching.record import PARKED_LENGTH, Attention, Pending, State
from bridge.metrics import Metric
from bridge.operator import orders
from bridge.operator.deployment import Deployment, on_this_machine
from bridge.operator.errors import NotQueueable, NotSettled
from bridge.operator.parked import Selection
from bridge.operator.replay import webhook_of_record


@pytest.fixture
def operator(bridge: Bridge) -> Deployment:
    """The bridge as an operator has it."""
    return on_this_machine("dev", boto3.client, bridge.names, webhook_url="http://127.0.0.1/webhooks/")


def park(bridge: Bridge, order: Order, number: int = 1, **changes: object) -> None:
    """Let an order that lacks its address be parked."""
    assert bridge.dispatch([bridge.message(unmappable(order, **changes), number=number)]) == []


def told(bridge: Bridge) -> list[tuple[str, str]]:
    """Return what the order's history says."""
    return [(event.outcome, event.reason) for event in record_of(bridge).history]


def test_a_parked_order_is_found_by_its_name(bridge: Bridge, operator: Deployment, order: Order) -> None:
    """It could not be mapped, and yet the dispatcher finds it by what he calls it."""
    park(bridge, order, id=7, name="#2001")

    (report,) = orders.report(operator, "acme", "2001", now=NOW).orders
    assert ("#2001", "unmappable_order") == (report.order_name, report.parked[0].reason)
    assert [Attention.PARKED] == [row.attention for row in orders.listing(operator).rows]


def test_whoever_looks_hides_nothing(bridge: Bridge, operator: Deployment, order: Order) -> None:
    """Two people see the same, and nothing lies on the dead-letter queue."""
    park(bridge, order, id=7)

    looks = [operator.parked.look() for _ in range(2)]

    assert [1, 1] == [len(look.messages) for look in looks]
    assert bridge.dead_letters() == []


def test_the_shops_correction_ends_what_was_parked(
    bridge: Bridge, operator: Deployment, sandbox: Sandbox, order: Order
) -> None:
    """A newer state that is delivered leaves nothing for a person; the older one is told in the history."""
    park(bridge, order, id=7, updated_at=at(-20))

    bridge.dispatch([bridge.message(order(id=7, updated_at=at(-10)), "orders/updated", 2)])

    assert 1 == sandbox.stats()["created"]
    assert operator.parked.look().messages == ()
    assert 0 == operator.index.count(Attention.PARKED)
    assert ("ignored", "older_than_applied") in told(bridge)


def test_a_change_that_is_parked_leaves_the_delivery(
    bridge: Bridge, operator: Deployment, sandbox: Sandbox, order: Order
) -> None:
    """The order is created and parked at once; an older state that comes late does not let go of it."""
    bridge.dispatch([bridge.message(order(id=7, updated_at=at(-30)), number=1)])
    park(bridge, order, 2, id=7, updated_at=at(-10))
    bridge.dispatch([bridge.message(order(id=7, updated_at=at(-20), note="!"), "orders/updated", 3)])

    assert (State.CREATED, Attention.PARKED) == (record_of(bridge).state, record_of(bridge).attention)
    assert 1 == len(operator.parked.look().messages)
    assert 1 == len(sandbox.live(REFERENCE))


def test_redrive_says_who_did_it(bridge: Bridge, operator: Deployment, order: Order) -> None:
    """From the moment it is redriven the order waits for the bridge, and for no person."""
    park(bridge, order, id=7)

    done = operator.parked.redrive(operator.parked.look().messages, by="marion@acme.coop")

    assert (1, 0) == (done.done, done.missed)
    assert Attention.WAITING is record_of(bridge).attention
    assert ("redriven", "marion@acme.coop") == told(bridge)[-1]
    bridge.work()
    assert [1, 0] == [operator.index.count(each) for each in (Attention.PARKED, Attention.WAITING)]


def test_redrive_of_what_somebody_else_has_redriven(
    bridge: Bridge, operator: Deployment, order: Order
) -> None:
    """Two people at once: one redrives, the other is told that it had gone; it is queued once."""
    park(bridge, order, id=7)
    seen = operator.parked.look().messages
    operator.parked.redrive(seen)

    done = operator.parked.redrive(seen)

    assert (0, 1) == (done.done, done.missed)
    assert 1 == operator.waiting()


def test_discarded_is_said_and_counts_no_more(bridge: Bridge, operator: Deployment, order: Order) -> None:
    """What was thrown away is nobody's work, and the record says by whom."""
    park(bridge, order, id=7)

    operator.parked.discard(operator.parked.look().messages, by="marion@acme.coop")

    record = record_of(bridge)
    assert (State.REJECTED, "discarded", None) == (record.state, record.reason, record.attention)
    assert ("discarded", "marion@acme.coop") == told(bridge)[-1]


def test_done_by_hand_is_the_end(
    bridge: Bridge, operator: Deployment, sandbox: Sandbox, order: Order
) -> None:
    """Closed with a word: the shop's later webhooks book nothing, and a replay is refused."""
    park(bridge, order, id=7, updated_at=at(-20))

    operator.parked.close(operator.parked.look().messages, by="marion@acme.coop")
    bridge.dispatch([bridge.message(order(id=7, updated_at=at(-10)), "orders/updated", 2)])

    assert (State.DONE_BY_HAND, None) == (record_of(bridge).state, record_of(bridge).attention)
    assert ("closed", "marion@acme.coop") == told(bridge)[-1]
    assert 0 == sandbox.stats()["created"]
    with pytest.raises(NotQueueable, match="done by hand"):
        webhook_of_record(operator, "acme", "7")


def test_cancel_of_what_was_done_by_hand_is_for_a_person(
    bridge: Bridge, operator: Deployment, order: Order
) -> None:
    """Only a person can cancel what a person has made; he is told once, and closes it again."""
    park(bridge, order, id=7, updated_at=at(-20))
    operator.parked.close(operator.parked.look().messages)
    cancelled = order(id=7, updated_at=at(-10), cancelled_at=at(-10))

    for number in (2, 3):
        bridge.dispatch([bridge.message(cancelled, "orders/cancelled", number)])

    (parked,) = operator.parked.look().messages
    assert "done_by_hand" == parked.reason
    operator.parked.close([parked])
    assert (State.DONE_BY_HAND, ()) == (record_of(bridge).state, record_of(bridge).parked)


def test_a_late_delivery_of_what_was_done_by_hand_is_left_and_told(
    bridge: Bridge,
    sandbox: Sandbox,
    order: Order,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whether the courier goes for ours or for the one made by hand is the person's to say."""
    monkeypatch.delenv("POWERTOOLS_METRICS_DISABLED")
    sandbox.fault("create_then_reset")
    bridge.dispatch([bridge.message(order(id=7), number=1)])
    sandbox.fault(None)
    doubtful = replace(record_of(bridge), state=State.DONE_BY_HAND, pending=None, parked=())
    table(bridge).save(doubtful)

    assert bridge.dispatch([bridge.recheck("7")]) == []

    assert 1 == len(sandbox.live(REFERENCE))
    assert Metric.TWIN_LEFT in written(capsys.readouterr().out)


def test_nobody_can_close_what_may_have_been_booked(
    bridge: Bridge, operator: Deployment, order: Order
) -> None:
    """With a POST whose end is not known the bridge must ask CoopCycle first."""
    park(bridge, order, id=7)
    record = record_of(bridge)
    table(bridge).save(replace(record, state=State.CREATING, pending=Pending.POST))

    with pytest.raises(NotSettled, match="redrive it"):
        operator.parked.close(operator.parked.look().messages)

    assert State.CREATING is record_of(bridge).state


def test_what_has_no_room_is_on_the_queue_and_seen_once(
    bridge: Bridge, operator: Deployment, order: Order
) -> None:
    """A shop that sends an order over and over fills no record, and no webhook is lost."""
    wanted = PARKED_LENGTH + 3
    for number in range(wanted):
        park(bridge, order, number, id=7, note=f"state {number}")

    look = operator.parked.look()

    assert wanted == len(look.messages)
    assert [PARKED_LENGTH, 3] == [
        sum(each.in_record is recorded for each in look.messages) for recorded in (True, False)
    ]
    notes = [json.loads(each.body)["note"] for each in look.messages]
    assert [f"state {number}" for number in range(wanted)] == notes
    assert wanted == operator.parked.redrive(look.selected(Selection(order="7"))).done
    assert operator.parked.look().messages == ()


def test_waiting_ends_also_when_nothing_is_made_of_the_webhook(
    bridge: Bridge, operator: Deployment, sandbox: Sandbox, order: Order
) -> None:
    """A redriven webhook that is older than what was applied since leaves the order waiting for nothing."""
    park(bridge, order, id=7, updated_at=at(-20))
    old = operator.parked.look().messages
    operator.parked.redrive(old)
    bridge.dispatch([bridge.message(order(id=7, updated_at=at(-10)), "orders/updated", 2)])
    waiting = replace(record_of(bridge), waiting_for="redriven")
    table(bridge).save(waiting)

    bridge.work()

    assert None is record_of(bridge).attention
    assert 1 == sandbox.stats()["created"]


def test_came_at_is_the_first_webhooks_receipt(bridge: Bridge, order: Order) -> None:
    """Later webhooks do not move an order in the list."""
    handle(bridge, order(id=7), number=1)
    first = record_of(bridge).came_at
    handle(bridge, order(id=7, updated_at=at(5), note="!"), "orders/updated", 2)

    assert first is not None
    assert first == record_of(bridge).came_at
    assert abs(first - NOW) < timedelta(minutes=5)
