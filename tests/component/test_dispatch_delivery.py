"""The worker: real messages, real records, real HTTP to the sandbox."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from tests.component.conftest import Bridge, Sandbox, settings, sqs_attributes
from tests.support.dispatched import Order, flat, key, record_of

from bridge.dispatching.record import State


def test_order_becomes_one_delivery_with_its_receipt(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """A queued order is created once on CoopCycle, with our reference, and its receipt is stored."""
    body = order()
    bridge.push(body)

    failed = bridge.work()

    record = record_of(bridge, body)
    assert failed == []
    assert record is not None
    assert record.state is State.CREATED
    assert sandbox.live(f"acme/{key(body)}") == [record.delivery_iri]
    assert record.tracking_url.startswith("http")
    assert record.order_name == "#1042"


def test_two_webhooks_about_one_order_make_one_delivery(
    bridge: Bridge, sandbox: Sandbox, order: Order
) -> None:
    """orders/create and orders/paid of one purchase are one delivery and one POST."""
    body = order()
    bridge.push(body, "orders/create")
    bridge.work()
    bridge.push(body, "orders/paid")
    bridge.work()

    assert sandbox.stats()["created"] == 1


def test_orders_of_a_batch_run_side_by_side_with_one_token(
    bridge: Bridge, sandbox: Sandbox, order: Order
) -> None:
    """Ten orders in one batch are ten deliveries and one token request."""
    for number in range(10):
        bridge.push(order(id=5000 + number), webhook_id=f"w{number}")

    failed = bridge.work()

    assert failed == []
    assert sandbox.stats()["created"] == 10
    assert sandbox.stats()["token_requests"] == 1


def test_failed_order_holds_back_its_own_later_messages_only(
    bridge: Bridge, sandbox: Sandbox, order: Order
) -> None:
    """Within a group the order of messages is kept; another group of the same batch goes on."""
    failing = json.loads(order(id=1))
    failing["shipping_address"]["address1"] = "Nowhere"  # CoopCycle answers 500 to it
    create = bridge.message(json.dumps(failing).encode(), number=1)
    update = bridge.message(order(id=1, updated_at="2099-01-01T00:00:00Z"), "orders/updated", number=2)
    another = bridge.message(order(id=2), number=3)

    failed = bridge.dispatch([create, another, update])

    assert sorted(failed) == ["message-1", "message-2"]
    assert sandbox.live("acme/1") == []
    assert len(sandbox.live("acme/2")) == 1


@pytest.mark.parametrize(
    "mode",
    ["create_then_reset", "create_then_hang", "create_then_500", "create_then_502", "create_then_garbage"],
)
def test_created_without_a_usable_answer_is_adopted(
    bridge: Bridge, sandbox: Sandbox, order: Order, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was created although no usable answer came is found by our reference, not created again."""
    monkeypatch.setenv("BRIDGE_HTTP_READ_TIMEOUT_SECONDS", "1")  # one of these never answers
    body = order()
    message = bridge.message(body)
    sandbox.fault(mode)

    assert bridge.dispatch([message]) == ["message-1"]
    in_doubt = record_of(bridge, body)
    sandbox.fault(None)
    assert bridge.dispatch([message]) == []

    record = record_of(bridge, body)
    assert in_doubt is not None
    assert (in_doubt.state, in_doubt.in_flight, in_doubt.in_doubt) == (State.CREATING, True, True)
    assert record is not None
    assert record.state is State.CREATED
    assert sandbox.stats()["created"] == 1


def test_order_in_doubt_is_found_in_a_crowd(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """More deliveries of one window than a page of the listing shows: it is found, and others pay less.

    Deliveries of another store between them have numbers too, and are refused with 403.
    """
    bridge.connect("acme2", settings(sandbox.url))
    chosen = {  # one window for all, whatever the time is now
        "Delivery-Date": (dt.datetime.now(dt.UTC) + dt.timedelta(days=3)).date().isoformat(),
        "Delivery-Time": "14:00 - 16:00",
    }
    attributes = [{"name": name, "value": value} for name, value in chosen.items()]
    bodies = {number: order(id=number, note_attributes=attributes) for number in range(1, 73)}
    doubtful = [bridge.message(bodies[number], number=number) for number in (1, 2)]
    others = [bridge.message(bodies[number], number=number) for number in range(3, 73)]
    for message in others[::10]:
        message["Body"] = message["Body"].replace('"acme"', '"acme2"')
    sandbox.fault("create_then_reset")
    assert bridge.dispatch(doubtful) == ["message-1", "message-2"]
    sandbox.fault(None)
    for start in range(0, len(others), 10):
        assert bridge.dispatch(others[start : start + 10]) == []

    before = reads(sandbox)
    assert bridge.dispatch(doubtful[:1]) == []
    first = reads(sandbox)
    assert bridge.dispatch(doubtful[1:]) == []

    assert [1, 1] == [len(sandbox.live(f"acme/{number}")) for number in (1, 2)]
    assert sandbox.stats()["created"] == 72
    assert reads(sandbox) - first < (first - before) / 4


def reads(sandbox: Sandbox) -> int:
    """Return how many single deliveries were asked for."""
    return flat(sandbox.stats()["requests"]).get("GET /api/deliveries/{id}", 0)


@pytest.mark.parametrize(
    "mode", ["unavailable", "throttle", "reset", "bad_gateway", "error_500", "token_unavailable"]
)
def test_what_was_not_created_is_created_by_a_later_attempt(
    bridge: Bridge, sandbox: Sandbox, order: Order, mode: str
) -> None:
    """After an outage that did nothing the order is created, once."""
    body = order()
    message = bridge.message(body)
    sandbox.fault(mode, on="token" if mode == "token_unavailable" else "create")

    assert bridge.dispatch([message]) == ["message-1"]
    sandbox.fault(None)
    assert bridge.dispatch([message]) == []

    assert len(sandbox.live(f"acme/{key(body)}")) == 1
    assert sandbox.stats()["created"] == 1


def test_killed_between_post_and_record_is_adopted(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """A record left `creating` by a function that died is reconciled like any unknown outcome."""
    body = order()
    message = bridge.message(body)
    sandbox.fault("create_then_reset")
    bridge.dispatch([message])
    sandbox.fault(None)
    sandbox.fault("error_500", on="list")

    assert bridge.dispatch([message]) == ["message-1"], "a failing listing must post nothing"
    assert sandbox.stats()["created"] == 1
    sandbox.fault(None)
    assert bridge.dispatch([message]) == []

    assert sandbox.stats()["created"] == 1


def test_address_that_is_never_found_is_parked_after_two_reposts(
    bridge: Bridge, sandbox: Sandbox, order: Order
) -> None:
    """A 500 that repeats is an address which CoopCycle cannot geocode: parked, not tried for hours."""
    body = order()
    message = bridge.message(body)
    sandbox.fault("error_500", on="create")

    outcomes = [bridge.dispatch([message]) for _ in range(4)]

    code = bridge.parked()[0].reason
    assert outcomes == [["message-1"], ["message-1"], ["message-1"], []]
    assert code == "address_not_found"


def test_corrected_address_is_tried_although_the_wrong_one_was_not_found(
    bridge: Bridge, sandbox: Sandbox, order: Order
) -> None:
    """A correction that overtakes the end of the wrong address's tries is not parked in its stead."""
    body = json.loads(order())
    right = body["shipping_address"]["address1"]
    body["shipping_address"]["address1"] = "3 Nulle part"
    wrong = bridge.message(json.dumps(body).encode(), number=1)
    body["shipping_address"]["address1"] = right
    body["updated_at"] = "2099-01-01T00:00:00+01:00"
    corrected = bridge.message(json.dumps(body).encode(), "orders/updated", 2)
    for _ in range(3):
        assert bridge.dispatch([wrong]) == ["message-1"]

    assert bridge.dispatch([corrected]) == []
    assert bridge.dispatch([wrong]) == []

    assert [] == bridge.parked()
    assert len(sandbox.live(f"acme/{body['id']}")) == 1


def test_changed_address_that_is_never_found_is_parked(
    bridge: Bridge, sandbox: Sandbox, order: Order
) -> None:
    """A change to an address that CoopCycle cannot geocode is parked as a creation is, and looked at once.

    Until then it would stand before the order's next webhook, with which the shop corrects it.
    """
    body = json.loads(order())
    bridge.dispatch([bridge.message(json.dumps(body).encode(), number=1)])
    body["updated_at"] = "2099-01-01T00:00:00+01:00"
    body["shipping_address"]["address1"] = "3 Nulle part"
    lost = bridge.message(json.dumps(body).encode(), "orders/updated", 2)
    body["updated_at"] = "2099-01-02T00:00:00+01:00"
    body["shipping_address"]["address1"] = "12 Rue de Rivoli"
    mended = bridge.message(json.dumps(body).encode(), "orders/updated", 3)

    outcomes = [bridge.dispatch([lost]) for _ in range(3)]
    looked_at = bridge.dispatch([bridge.recheck(str(body["id"]))])
    after_the_look = record_of(bridge, json.dumps(body).encode())
    at_last = bridge.dispatch([mended])

    code = bridge.parked()[0].reason
    assert [["message-2"], ["message-2"], []] == outcomes
    assert "address_not_found" == code
    assert [] == looked_at
    assert after_the_look is not None
    assert None is after_the_look.recheck_at
    assert [] == at_last
    record = record_of(bridge, json.dumps(body).encode())
    assert record is not None
    assert "12 Rue de Rivoli" in record.sent
    assert record.held == record.sent


def test_a_500_of_the_look_after_a_parked_change_is_tried_again(
    bridge: Bridge, sandbox: Sandbox, order: Order
) -> None:
    """What the parked change was refused for is over: another body's first 500 is no repeated one.

    Else nobody would find out any more what CoopCycle holds.
    """
    body = json.loads(order())
    bridge.dispatch([bridge.message(json.dumps(body).encode(), number=1)])
    body["updated_at"] = "2099-01-01T00:00:00+01:00"
    body["shipping_address"]["address1"] = "3 Nulle part"
    lost = bridge.message(json.dumps(body).encode(), "orders/updated", 2)
    assert [["message-2"], ["message-2"], []] == [bridge.dispatch([lost]) for _ in range(3)]
    look = bridge.recheck(str(body["id"]))
    sandbox.fault("error_500", on="change")

    failed = bridge.dispatch([look])
    sandbox.fault(None)

    assert [look["MessageId"]] == failed
    assert [] == bridge.dispatch([look])
    record = record_of(bridge, json.dumps(body).encode())
    assert record is not None
    assert not record.unsettled
    assert None is record.recheck_at


def test_change_that_is_refused_is_parked_whenever_it_is_looked_at(
    bridge: Bridge, sandbox: Sandbox, order: Order
) -> None:
    """A look that is refused too counts, and leaves it to the webhook to be parked; nothing begins anew."""
    body = json.loads(order())
    bridge.dispatch([bridge.message(json.dumps(body).encode(), number=1)])
    body["updated_at"] = "2099-01-01T00:00:00+01:00"
    body["shipping_address"]["address1"] = "3 Nulle part"
    lost = bridge.message(json.dumps(body).encode(), "orders/updated", 2)
    assert [["message-2"], ["message-2"]] == [bridge.dispatch([lost]) for _ in range(2)]

    assert [] == bridge.dispatch([bridge.recheck(str(body["id"]))])
    assert [] == bridge.dispatch([lost])

    assert ["address_not_found"] == [each.reason for each in bridge.parked()]
    assert [] == bridge.dispatch([bridge.recheck(str(body["id"]))])
    record = record_of(bridge, json.dumps(body).encode())
    assert record is not None
    assert not record.unsettled


def test_revoked_token_is_replaced_once(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """A token that the instance no longer accepts costs one new token and loses nothing."""
    bridge.dispatch([bridge.message(order(id=1), number=1)])
    sandbox.fault("revoke_tokens")

    assert bridge.dispatch([bridge.message(order(id=2), number=2)]) == []
    assert sandbox.stats()["token_requests"] == 2


def test_wrong_credentials_make_the_order_wait(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """They may be right again without anybody touching the order: it comes again and is parked by nobody."""
    bridge.connect("acme", settings(sandbox.url), **{"client-secret": "wrong"})
    message = bridge.message(order())

    failed = bridge.dispatch([message])

    assert [message["MessageId"]] == failed
    assert bridge.parked() == []


def test_order_without_an_address_is_parked_with_the_field(bridge: Bridge, order: Order) -> None:
    """An address that is empty names the field which the shop has to fill in."""
    body = json.loads(order())
    body["shipping_address"]["address1"] = ""
    message = bridge.message(json.dumps(body).encode())

    assert bridge.dispatch([message]) == []

    [parked] = bridge.parked()
    assert parked.reason == "unmappable_order"
    assert "shipping_address.address1" in parked.sentence


def test_unreadable_message_is_parked(bridge: Bridge) -> None:
    """A message that the receiver never wrote is put aside, not retried for hours."""
    message = {
        "MessageId": "m1",
        "ReceiptHandle": "made-up-1",
        "Body": "{}",
        "Attributes": sqs_attributes("g"),
    }

    assert bridge.dispatch([message]) == []
    assert bridge.parked()[0].reason == "unreadable_message"


def test_tokens_in_ssm(
    bridge: Bridge, sandbox: Sandbox, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With TokenCache=ssm the token is a SecureString, and a second environment uses it."""
    from bridge import runtime

    monkeypatch.setenv("TOKEN_CACHE", "ssm")
    monkeypatch.setattr(bridge.guard, "names", {**bridge.guard.names, "TokenCache": "ssm"})
    bridge.dispatch([bridge.message(order(id=1), number=1)])
    runtime.dispatch_runtime.cache_clear()

    bridge.dispatch([bridge.message(order(id=2), number=2)])

    assert sandbox.stats()["token_requests"] == 1
