"""Orders that wait for CoopCycle or for credentials, and what AWS has no room for."""

from __future__ import annotations

import json

import pytest
from tests.component.conftest import Bridge, Sandbox, settings
from tests.support.by_hand import REFERENCE, Order, again, at, held, record_of

from bridge import runtime
from bridge.aws.queues import MAXIMUM_MESSAGE_BYTES
from bridge.dispatching.record import State

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
    assert parked.in_record
    assert len(parked.sentence) <= 1000


def test_record_with_a_huge_webhook_says_what_it_left_out(bridge: Bridge, order: Order) -> None:
    """An item of DynamoDB holds 400 KB: the webhook's text goes first, the order's guard stays."""
    import random

    noise = random.Random(1).randbytes(450_000).hex()
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
    [parked] = bridge.parked()
    assert not parked.in_record  # an item of DynamoDB holds 400 KB
    assert body == parked.body
    assert (State.REJECTED, "") == (record_of(bridge).state, record_of(bridge).parked[0].text)


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
    again(bridge, message)
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

    [parked] = bridge.parked()
    sentence = parked.sentence
    assert code == parked.reason
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
