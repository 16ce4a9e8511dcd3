"""A message is dispatched with nothing changed: what would be sent, beside what was sent or what is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import boto3
import pytest
from tests.component.conftest import Bridge, Sandbox, settings
from tests.support.by_hand import REFERENCE, Order, record_of
from tests.support.order_records import unmappable

from bridge import runtime
from bridge.operator.deployment import Deployment, on_this_machine
from bridge.operator.dry_run import Rehearsal, rehearse
from bridge.operator.errors import CoopCycleNotAsked, WouldBeParked, WouldWait
from bridge.operator.replay import webhook_of_body, webhook_of_record
from bridge.receiving.messages import WebhookMessage

Rehearse = Callable[..., Rehearsal]


@pytest.fixture
def operator(bridge: Bridge) -> Deployment:
    """The bridge as an operator has it."""
    return on_this_machine("dev", boto3.client, bridge.names, webhook_url="http://127.0.0.1/webhooks/")


@pytest.fixture
def rehearsed(operator: Deployment) -> Rehearse:
    """Rehearse a message of ``acme``, with the settings and secrets of now."""

    def call(message: WebhookMessage, *, live: bool = False) -> Rehearsal:
        connection, secrets = operator.connection("acme")
        return rehearse(operator, connection, secrets, message, live=live, clock=runtime.utc_now)

    return call


def of_body(operator: Deployment, body: bytes) -> WebhookMessage:
    """Return the message of a new order of ``acme``."""
    connection, _ = operator.connection("acme")
    secrets = operator.registry.secrets("acme")
    return webhook_of_body(connection, secrets, body, topic=None, order=None, now=runtime.utc_now())


@pytest.fixture
def created(bridge: Bridge, order: Order) -> None:
    """An order with its delivery."""
    bridge.push(order(id=7))
    assert bridge.work() == []


@contextmanager
def nothing_changes(bridge: Bridge, sandbox: Sandbox) -> Iterator[None]:
    """Hold that neither the record nor CoopCycle's deliveries differ afterwards."""
    before = record_of(bridge), sandbox.stats()["deliveries_by_ref"]
    yield
    assert before == (record_of(bridge), sandbox.stats()["deliveries_by_ref"])


def test_what_is_as_it_should_be(
    bridge: Bridge, sandbox: Sandbox, operator: Deployment, rehearsed: Rehearse, created: None
) -> None:
    """The same settings ask for nothing, and both sides are the body that was sent."""
    with nothing_changes(bridge, sandbox):
        found = rehearsed(webhook_of_record(operator, "acme", "7"))

    assert (found.changes, found.is_live) == ((), False)
    assert found.wanted == found.held
    assert found.wanted["dropoff"]


def test_changed_settings_would_be_put(
    bridge: Bridge, sandbox: Sandbox, operator: Deployment, rehearsed: Rehearse, created: None
) -> None:
    """One PUT of what differs, beside the same members as they were sent."""
    bridge.connect("acme", settings(sandbox.url, '[pickup]\ncomments = "Ring twice"'))

    with nothing_changes(bridge, sandbox):
        found = rehearsed(webhook_of_record(operator, "acme", "7"))

    (change,) = found.changes
    assert ("PUT", record_of(bridge).delivery_iri) == (change.method, change.iri)
    assert "Ring twice" in str(found.wanted["pickup"])
    assert "Ring twice" not in str(found.held["pickup"])


def test_a_new_order_would_be_posted(
    bridge: Bridge, sandbox: Sandbox, operator: Deployment, rehearsed: Rehearse, order: Order
) -> None:
    """Nothing is held yet, and nothing is booked."""
    found = rehearsed(of_body(operator, order(id=7)))

    assert ["POST"] == [change.method for change in found.changes]
    assert (found.record, found.held) == (None, {})
    assert REFERENCE not in sandbox.stats()["deliveries_by_ref"]


def test_live_is_what_coopcycle_holds(
    bridge: Bridge, sandbox: Sandbox, operator: Deployment, rehearsed: Rehearse, created: None
) -> None:
    """What nobody changed there reads as it was sent; an instance that is away is said to be."""
    message = webhook_of_record(operator, "acme", "7")

    found = rehearsed(message, live=True)

    assert found.is_live
    assert found.held["dropoff"] == found.wanted["dropoff"]
    sandbox.fault("unavailable")
    with pytest.raises(CoopCycleNotAsked):
        rehearsed(message, live=True)


def test_what_would_be_parked_has_its_code(operator: Deployment, rehearsed: Rehearse, order: Order) -> None:
    """The dispatcher reads what a person would have to mend."""
    with pytest.raises(WouldBeParked) as caught:
        rehearsed(of_body(operator, unmappable(order)))

    assert caught.value.code == "unmappable_order"


def test_what_would_wait_says_for_what(
    bridge: Bridge, sandbox: Sandbox, operator: Deployment, rehearsed: Rehearse, order: Order
) -> None:
    """An instance that is asked for its rules and does not answer is waited for."""
    bridge.connect("acme", settings(sandbox.url, "[orders]\ncheck_feasibility = true"))
    sandbox.fault("unavailable")

    with pytest.raises(WouldWait, match="503"):
        rehearsed(of_body(operator, order()))
