"""What could break the guarantee, each on the real functions, the sandbox and the emulator."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
import requests
from tests import samples
from tests.component.conftest import Bridge, Sandbox, settings

from bridge import runtime
from bridge.aws.deliveries import DeliveriesTable
from bridge.aws.queues import MAXIMUM_MESSAGE_BYTES
from bridge.dispatching.record import DeliveryRecord, State
from bridge.receiving.http import accept
from bridge.receiving.messages import WebhookMessage

Order = Callable[..., bytes]
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
REFERENCE = "acme/7"


def at(minutes: float) -> str:
    """Return a moment relative to the present, as Shopify writes it."""
    return (NOW + dt.timedelta(minutes=minutes)).isoformat()


def record_of(bridge: Bridge, order_id: str = "7") -> DeliveryRecord:
    """Return the order's record."""
    record = DeliveriesTable(boto3.client("dynamodb"), bridge.names["DeliveriesTable"]).load("acme", order_id)
    assert record is not None
    return record


def dispatcher(sandbox: Sandbox, task: int, do: str = "", **body: Any) -> None:
    """Do by hand what a dispatcher does to a task on CoopCycle."""
    answer = requests.put(
        f"{sandbox.url}/api/tasks/{task}{do}",
        json=body,
        headers={"Authorization": "Bearer dispatcher", "Content-Type": "application/ld+json"},
        timeout=5,
    )
    assert answer.status_code == 200, answer.text


def held(sandbox: Sandbox, iri: str) -> dict[str, Any]:
    """Return a delivery as CoopCycle shows it."""
    form = {"grant_type": "client_credentials", "scope": "tasks deliveries"}
    token = requests.post(f"{sandbox.url}/oauth2/token", data=form, auth=("acme", "acme-secret"), timeout=5)
    headers = {"Authorization": f"Bearer {token.json()['access_token']}", "Accept": "application/ld+json"}
    shown: dict[str, Any] = requests.get(f"{sandbox.url}{iri}", headers=headers, timeout=5).json()
    return shown


def task_of(sandbox: Sandbox, iri: str, kind: str) -> int:
    """Return the number of a delivery's pickup or dropoff."""
    number: int = held(sandbox, iri)[kind]["id"]
    return number


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
            assert _again(bridge, message) == []

    sandbox.fault("firewall", on="read", status=status)
    assert bridge.dispatch(messages[:1]) == ["message-1"]
    assert sandbox.stats()["created"] == 63
    sandbox.fault(None)
    assert _again(bridge, messages[0]) == []

    assert 1 == len(sandbox.live("acme/1"))
    assert sandbox.stats()["created"] == 63


def _again(bridge: Bridge, message: dict[str, Any]) -> list[str]:
    """Dispatch until the breaker lets a probe through."""
    for _ in range(50):
        failed = bridge.dispatch([message])
        if not failed:
            break
    return failed


# --- 3: the reference is the record's key -------------------------------------------------------------


def test_reference_is_made_of_the_key_under_which_the_order_is_kept(bridge: Bridge, sandbox: Sandbox) -> None:
    """The connection's [fields] order_id changes between receipt and dispatch: one delivery all the same."""
    form = """
source = "form"
timezone = "Europe/Paris"
country = "FR"
[coopcycle]
url = "{url}"
[schedule]
opening_hours = ["Mo-Su 00:00-24:00"]
[fields]
order_id = "{key}"
address = "'48 Rue de Rivoli, 75004 Paris'"
"""
    body = json.dumps({"old": "A", "new": "B"}).encode()
    received = dt.datetime.now(dt.UTC)
    message = WebhookMessage("acme", "form", "", "w", "A", received, body, "application/json")
    queued = {**bridge.recheck("A"), "MessageId": "m", "Body": message.to_text()}
    bridge.connect("acme", form.format(url=sandbox.url, key="old"))
    runtime.dispatch_runtime.cache_clear()
    sandbox.fault("create_then_reset")
    assert bridge.dispatch([queued]) == ["m"]
    sandbox.fault(None)
    bridge.connect("acme", form.format(url=sandbox.url, key="new"))
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


# --- 6: what the dispatcher did counts ----------------------------------------------------------------


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


# --- 7: a storm of 401 --------------------------------------------------------------------------------


def test_refused_credentials_make_orders_wait_and_flow_again(
    bridge: Bridge, sandbox: Sandbox, order: Order
) -> None:
    """Nothing is parked, one question is asked for all, and with the right secret everything goes on."""
    bridge.connect("acme", settings(sandbox.url), **{"client-secret": "wrong"})
    messages = [bridge.message(order(id=number), number=number) for number in range(1, 6)]

    refused = [bridge.dispatch([message]) for message in messages]
    waiting = record_of(bridge, "1")
    bridge.connect("acme", settings(sandbox.url))
    runtime.dispatch_runtime.cache_clear()
    failed = bridge.dispatch(messages)

    assert [[f"message-{number}"] for number in range(1, 6)] == refused
    assert [] == bridge.parked()
    assert ("credentials_rejected", State.CREATING) == (waiting.waiting_for, waiting.state)
    assert [] == failed
    assert sandbox.stats()["created"] == 5


# --- 8: AWS's limits ----------------------------------------------------------------------------------


def test_reason_of_any_length_is_parked(bridge: Bridge, order: Order) -> None:
    """A park reason fits beside any message, whatever it quotes."""
    huge = order(id=7, shipping_address={"x" * 500_000: "y"})

    assert [] == bridge.dispatch([bridge.message(huge, number=1)])

    [parked] = bridge.parked()
    assert len(json.dumps(parked["MessageAttributes"])) < 32_768


def test_record_with_a_huge_webhook_says_what_it_left_out(bridge: Bridge, order: Order) -> None:
    """An item of DynamoDB holds 400 KB: the webhook's text goes first, the order's guard stays."""
    import random

    noise = random.Random(1).randbytes(300_000).hex()
    body = order(id=7, note=noise)

    assert [] == bridge.dispatch([bridge.message(body, number=1)])

    record = record_of(bridge)
    assert (State.CREATED, ("message",), "") == (record.state, record.left_out, record.message)


def test_a_message_of_nearly_a_mebibyte_is_taken_and_parked(bridge: Bridge, order: Order) -> None:
    """What the receiver takes can also be parked, with its reason beside it."""
    import random

    body = order(id=7, note=random.Random(1).randbytes(660_000).hex(), shipping_address={})
    text = bridge.message(body)["Body"]
    assert MAXIMUM_MESSAGE_BYTES * 0.9 < len(text) < MAXIMUM_MESSAGE_BYTES

    assert bridge.push(body)["statusCode"] == 200
    assert bridge.work() == []
    assert 1 == len(bridge.parked())


# --- 17 and what a 500 means --------------------------------------------------------------------------


def test_waiting_order_says_what_was_answered_and_when_it_is_tried_again(
    bridge: Bridge, sandbox: Sandbox, order: Order
) -> None:
    """An outage is not taken for a fault of ours; one line of history, however often it is tried."""
    sandbox.fault("unavailable", on="create")
    message = bridge.message(order(id=7))
    bridge.dispatch([message])
    bridge.dispatch([message])

    record = record_of(bridge)
    assert ("coopcycle_unavailable", 503) == (record.waiting_for, record.waiting_status)
    assert record.next_try_at is not None
    assert ["retried"] == [event.outcome for event in record.history]
    sandbox.fault(None)
    _again(bridge, message)
    assert ("", None, None) == (
        record_of(bridge).waiting_for,
        record_of(bridge).waiting_status,
        record_of(bridge).next_try_at,
    )


@pytest.mark.parametrize(("coordinates", "code"), [(True, "coopcycle_fails"), (False, "address_not_found")])
def test_sentence_of_a_500_names_both_and_the_longest(
    bridge: Bridge, sandbox: Sandbox, order: Order, coordinates: bool, code: str
) -> None:
    """500 after 500 is an address or a text that cannot be stored; with coordinates it is no address."""
    address = json.loads(order())["shipping_address"]
    if coordinates:
        address |= {"latitude": 48.857127, "longitude": 2.354766}
    sandbox.fault("error_500", on="create")
    message = bridge.message(order(id=7, shipping_address=address))

    for _ in range(4):
        bridge.dispatch([message])

    attributes = bridge.parked()[0]["MessageAttributes"]
    sentence = json.loads(attributes["detail"]["StringValue"])["message"]
    assert code == attributes["reason"]["StringValue"]
    assert "cannot store" in sentence
    assert "cannot find" in sentence
    assert "dropoff.comments (" in sentence


def test_a_refused_phone_never_stops_a_delivery(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """CoopCycle's tables may be older than ours: the body goes again at once, with the number in words.

    The next webhook with that number does not try it again, and one with another number does.
    """
    address = json.loads(order())["shipping_address"] | {"phone": "+33 6 12 34 56 78"}
    first = order(id=7, updated_at=at(-30), shipping_address=address)
    sandbox.fault("refuse_phones", match="612345678")

    assert [] == bridge.dispatch([bridge.message(first, number=1)])

    sandbox.fault(None)
    [iri] = sandbox.live(REFERENCE)
    dropoff = held(sandbox, iri)["dropoff"]
    assert dropoff["address"]["telephone"] is None
    assert "Phone as given: +33612345678" in dropoff["comments"]
    assert ("seen", "phone_refused") in [(e.outcome, e.reason) for e in record_of(bridge).history]
    bridge.dispatch([bridge.message(order(id=7, updated_at=at(-20), shipping_address=address), number=2)])
    assert not [route for route in sandbox.stats()["requests"] if route.startswith("PUT ")]
    address["phone"] = "+33 1 23 45 67 89"
    bridge.dispatch([bridge.message(order(id=7, updated_at=at(-10), shipping_address=address), number=3)])
    assert "+33123456789" == held(sandbox, iri)["dropoff"]["address"]["telephone"]
