"""What could break the guarantee, each on the real functions, the sandbox and the emulator."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from tests.component.conftest import Bridge, Sandbox, settings
from tests.support import samples
from tests.support.by_hand import NOW, REFERENCE, Order, again, at, commit_late, record_of

from bridge import runtime
from bridge.dispatching.record import State
from bridge.receiving.http import accept
from bridge.receiving.messages import WebhookMessage

# --- 1: a tombstone is never weakened -----------------------------------------------------------------


@pytest.mark.parametrize("assigned", [False, True])
def test_parked_message_does_not_weaken_a_cancel(
    bridge: Bridge, sandbox: Sandbox, order: Order, assigned: bool
) -> None:
    """A late webhook that cannot be read leaves cancelled what is cancelled; its time brings nothing back."""
    bridge.dispatch([bridge.message(order(id=7, updated_at=at(-30)), number=1)])
    if assigned:
        sandbox.courier(sandbox.live(REFERENCE)[0], "assign")
    cancelled = {"updated_at": at(-10), "cancelled_at": at(-10)}
    bridge.dispatch([bridge.message(order(id=7, **cancelled), "orders/cancelled", 2)])
    before = record_of(bridge).state
    unreadable = order(id=7, updated_at=at(-20), shipping_address="12 Rue de Rivoli")

    bridge.dispatch([bridge.message(unreadable, "orders/updated", 3)])
    bridge.dispatch([bridge.message(order(id=7, updated_at=at(-10)), "orders/updated", 4)])

    assert before is record_of(bridge).state
    assert before is (State.CANCEL_REFUSED if assigned else State.CANCELLED)
    assert sandbox.stats()["created"] == 1


def test_newer_webhook_that_cannot_be_read_leaves_a_cancel(
    bridge: Bridge, sandbox: Sandbox, order: Order
) -> None:
    """It waits for a person; what CoopCycle commits late is taken back as before, and not adopted."""
    bridge.dispatch([bridge.message(order(id=8), number=8)])
    sandbox.fault("reset", on="create")
    bridge.dispatch([bridge.message(order(id=7, updated_at=at(-30)), number=1)])
    sandbox.fault(None)
    cancelled = {"updated_at": at(-20), "cancelled_at": at(-20)}
    bridge.dispatch([bridge.message(order(id=7, **cancelled), "orders/cancelled", 2)])
    unreadable = order(id=7, updated_at=at(-10), shipping_address="12 Rue de Rivoli")
    bridge.dispatch([bridge.message(unreadable, "orders/updated", 3)])
    commit_late(sandbox, sandbox.live("acme/8")[0], REFERENCE)

    bridge.dispatch([bridge.recheck("7")])

    assert ["7"] == [each.order_id for each in bridge.parked()]
    assert record_of(bridge).state is State.CANCELLED
    assert [] == sandbox.live(REFERENCE)


def test_age_is_compared_before_the_mapping(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """An older state that could not be mapped is old news, not a person's work."""
    bridge.dispatch([bridge.message(order(id=7, updated_at=at(-10), cancelled_at=at(-10)), number=1)])
    bridge.dispatch([bridge.message(order(id=7, updated_at=at(-20), shipping_address={}), number=2)])

    assert [] == bridge.parked()


# --- 2: a blocked read is "not sure" ------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 429])
def test_blocked_read_posts_nothing(bridge: Bridge, sandbox: Sandbox, order: Order, status: int) -> None:
    """Looking through a crowd by number, a firewall's page is no other store's delivery."""
    day = (NOW + dt.timedelta(days=3)).date().isoformat()
    chosen = [
        {"name": "Delivery-Date", "value": day},
        {"name": "Delivery-Time", "value": "14:00 - 16:00"},
    ]
    messages = [
        bridge.message(order(id=number, note_attributes=chosen), number=number) for number in range(1, 64)
    ]
    sandbox.fault("create_then_reset")
    assert bridge.dispatch(messages[:1]) == ["message-1"]
    sandbox.fault(None)
    for start in range(1, len(messages), 10):
        for message in messages[start : start + 10]:
            assert again(bridge, message) == []

    sandbox.fault("firewall", on="read", status=status)
    assert bridge.dispatch(messages[:1]) == ["message-1"]
    assert sandbox.stats()["created"] == 63
    sandbox.fault(None)
    assert again(bridge, messages[0]) == []

    assert 1 == len(sandbox.live("acme/1"))
    assert sandbox.stats()["created"] == 63


# --- 3: the reference is the record's key -------------------------------------------------------------


def test_reference_is_made_of_the_key_under_which_the_order_is_kept(bridge: Bridge, sandbox: Sandbox) -> None:
    """The connection's [fields] order_id changes between receipt and dispatch: one delivery all the same."""
    fields = """[fields]\norder_id = "{}"\naddress = "'48 Rue de Rivoli, 75004 Paris'"\n"""
    body = json.dumps({"old": "A", "new": "B"}).encode()
    received = dt.datetime.now(dt.UTC)
    message = WebhookMessage("acme", "form", "", "w", "A", received, body, "application/json")
    queued = {**bridge.recheck("A"), "MessageId": "m", "Body": message.to_text()}
    bridge.connect("acme", settings(sandbox.url, fields.format("old"), source="form"))
    runtime.dispatch_runtime.cache_clear()
    sandbox.fault("create_then_reset")
    assert bridge.dispatch([queued]) == ["m"]
    sandbox.fault(None)
    bridge.connect("acme", settings(sandbox.url, fields.format("new"), source="form"))
    runtime.dispatch_runtime.cache_clear()

    assert bridge.dispatch([queued]) == []

    assert 1 == len(sandbox.live("acme/A"))
    assert sandbox.stats()["created"] == 1


# --- 4: clocks that lie -------------------------------------------------------------------------------


def test_future_timestamp_does_not_freeze_an_order(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """A time beyond a small tolerance is the time of receipt, and the history says so."""
    bridge.dispatch([bridge.message(order(id=7, updated_at="2200-01-01T00:00:00Z"), number=1)])
    now = dt.datetime.now(dt.UTC).isoformat()
    bridge.dispatch([bridge.message(order(id=7, updated_at=now, cancelled_at=now), "orders/cancelled", 2)])

    assert [] == sandbox.live(REFERENCE)
    assert "updated_at lies in the future; the time of receipt counts" in [
        event.reason for event in record_of(bridge).history
    ]


# --- 5: the queue drops true repeats alone ------------------------------------------------------------


def test_cancel_undo_cancel_within_five_minutes(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """The third webhook looks as the first did, and has no id of its own: it is handled all the same."""
    state = {"id": 7, "updated_at": at(-30)}
    wanted, cancelled = order(**state), order(**state, cancelled_at=at(-30))

    counts = []
    for body in (cancelled, wanted, cancelled):
        bridge.push(body, "orders/updated", webhook_id="")
        counts.append(len(messages := bridge.receive_messages()))
        bridge.dispatch(messages)

    assert [1, 1, 1] == counts


@pytest.mark.parametrize("source", samples.load_all().values(), ids=lambda source: source.name)
def test_only_a_senders_own_id_lets_the_queue_drop(source: samples.SourceSamples) -> None:
    """What comes again at another time is dropped only under an id that stands in the push itself."""
    for sample in source.deliveries:
        signed = source.sign(sample)
        pushes = [samples.push_of(signed, samples.SENT_AT + dt.timedelta(minutes=n)) for n in range(2)]
        first, second = (accept(source.connection, push) for push in pushes)
        assert isinstance(first, WebhookMessage)
        assert isinstance(second, WebhookMessage)
        said = f"{signed.headers} {signed.body.decode('utf-8', 'replace')} {samples.WEBHOOK_ID}"
        assert first.webhook_id in said or first.webhook_id != second.webhook_id, sample
