"""Webhooks over Amazon EventBridge: the documented event, a real queue, real parameters."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.component.conftest import Bridge, Sandbox, settings

from bridge import runtime
from bridge.receiving.messages import WebhookMessage, read_message
from bridge_laptop import sam_template
from bridge_laptop.local import provisioning
from bridge_laptop.local.runtimes import Context

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "events" / "lambda" / "receive_event.json"
SOURCE = "aws.partner/shopify.com/1830279/test-event-source"
SHOP = '[sender]\nshop_domain = "Acme.myshopify.com"'

Change = Callable[[dict[str, Any]], None]


def event(change: Change = lambda _: None) -> dict[str, Any]:
    """Return the sample Lambda event with its EventBridge event changed."""
    document: dict[str, Any] = json.loads(SAMPLE.read_bytes())
    inner = json.loads(document["Records"][0]["body"])
    change(inner)
    document["Records"][0]["body"] = json.dumps(inner)
    return document


def receive(document: dict[str, Any]) -> list[str]:
    """Call the handler; return the ids of the messages that are to come again."""
    from functions.receive_event import app

    answer = app.lambda_handler(document, Context("ReceiveEventFunction", 512, 10))
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.fixture
def bus(bridge: Bridge, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Bridge:
    """The bridge with an event source, and connection ``acme`` of the sample's shop."""
    monkeypatch.setenv("SHOPIFY_EVENT_SOURCE_NAME", SOURCE)
    bridge.connect("acme", settings(sandbox.url, SHOP))
    runtime.event_receiver.cache_clear()
    return bridge


def queued(bridge: Bridge) -> list[WebhookMessage]:
    """Return the webhooks on the queue."""
    messages = [read_message(message["Body"]) for message in bridge.receive_messages()]
    return [message for message in messages if isinstance(message, WebhookMessage)]


def test_event_is_queued_like_a_webhook(bus: Bridge) -> None:
    """The sample event becomes the message that its webhook over HTTP would have become."""
    failed = receive(event())

    (message,) = queued(bus)
    assert failed == []
    assert ("acme", "shopify", "orders/create", "5940139491042") == (
        message.connection_id,
        message.source,
        message.topic,
        message.order_id,
    )
    assert message.webhook_id == "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"
    sample = ROOT / "events" / "webhooks" / "shopify" / "order-typical.json"
    assert json.loads(message.body) == json.loads(sample.read_bytes())


def test_event_becomes_a_delivery(bus: Bridge, sandbox: Sandbox) -> None:
    """What came over the bus is one delivery on CoopCycle, also when it came over HTTP as well."""
    receive(event())
    bus.work()
    bus.push((ROOT / "events" / "webhooks" / "shopify" / "order-typical.json").read_bytes())
    bus.work()

    assert len(sandbox.live("acme/5940139491042")) == 1


def test_metadata_in_lower_case(bus: Bridge) -> None:
    """Captures show the names of the headers in either case."""

    def lower(inner: dict[str, Any]) -> None:
        metadata = inner["detail"]["metadata"]
        inner["detail"]["metadata"] = {name.lower(): value for name, value in metadata.items()}

    assert receive(event(lower)) == []
    assert len(queued(bus)) == 1


def test_a_shop_that_sells_for_two_stores(bus: Bridge, sandbox: Sandbox) -> None:
    """Each connection of the shop gets the webhook, as each would over its own address."""
    bus.connect("acme2", settings(sandbox.url, SHOP))

    receive(event())

    assert {"acme", "acme2"} == {message.connection_id for message in queued(bus)}


@pytest.mark.parametrize(
    "source", ["aws.partner/shopify.com/1830279/another", "aws.partner/stripe.com/1/x", "my.app", None]
)
def test_event_of_another_source_is_refused(bus: Bridge, source: str | None) -> None:
    """Authenticity is the bus: what does not name our event source is never queued."""
    failed = receive(event(lambda inner: inner.update(source=source)))

    assert len(failed) == 1
    assert queued(bus) == []


def test_event_of_a_shop_that_no_connection_names_stays(bus: Bridge, sandbox: Sandbox) -> None:
    """An event that nobody wants yet comes again, and is received once the connection is there."""

    def other_shop(inner: dict[str, Any]) -> None:
        inner["detail"]["metadata"]["X-Shopify-Shop-Domain"] = "other.myshopify.com"

    before = receive(event(other_shop))
    bus.connect("other", settings(sandbox.url, '[sender]\nshop_domain = "other.myshopify.com"'))
    runtime.event_receiver.cache_clear()  # instead of waiting half a minute
    after = receive(event(other_shop))

    assert (1, 0) == (len(before), len(after))
    assert ["other"] == [message.connection_id for message in queued(bus)]


def test_one_bad_event_fails_alone(bus: Bridge) -> None:
    """Of a batch only the message that cannot be read comes again."""
    document = event()
    bad = json.loads(json.dumps(document["Records"][0])) | {"messageId": "bad", "body": "not JSON"}
    document["Records"].insert(0, bad)

    assert receive(document) == ["bad"]
    assert len(queued(bus)) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda inner: inner.update(detail=None),
        lambda inner: inner["detail"].pop("metadata"),
        lambda inner: inner["detail"].update(payload="{}"),
        lambda inner: inner["detail"].update(payload={"note": "\ud800", "id": 1}),
        lambda inner: inner["detail"]["metadata"].pop("X-Shopify-Shop-Domain"),
        lambda inner: inner["detail"]["metadata"].update({"X-Shopify-Shop-Domain": 7}),
        lambda inner: inner["detail"]["metadata"].pop("X-Shopify-Topic"),
        lambda inner: inner["detail"]["payload"].pop("id"),
    ],
)
def test_malformed_event_stays(bus: Bridge, change: Change) -> None:
    """What cannot be read is refused by name and left to a person, never half queued."""
    assert len(receive(event(change))) == 1
    assert queued(bus) == []


def test_topic_that_is_not_followed_is_done(bus: Bridge) -> None:
    """An event that leads to no work does not come again."""

    def products(inner: dict[str, Any]) -> None:
        inner["detail"]["metadata"]["X-Shopify-Topic"] = "products/update"

    assert receive(event(products)) == []
    assert queued(bus) == []


def test_broken_settings_of_another_connection_do_no_harm(bus: Bridge) -> None:
    """One connection whose settings cannot be read keeps no event from the others."""
    bus.connect("broken", 'source = "shopify"\n[coopcycle')

    assert receive(event()) == []
    assert len(queued(bus)) == 1


def test_more_connections_than_one_page_of_ssm(bus: Bridge, sandbox: Sandbox) -> None:
    """SSM answers ten parameters at a time; the index reads them all."""
    for number in range(12):
        bus.connect(f"aaa-{number}", settings(sandbox.url))

    assert receive(event()) == []


def test_local_stack_has_the_bus_only_with_a_source(aws: str) -> None:
    """Without an event source neither the function nor its queue is made, with one both are."""
    template = sam_template.load()

    without = sam_template.functions(template, provisioning.provision(template, {}))
    names = provisioning.provision(template, {"SHOPIFY_EVENT_SOURCE_NAME": SOURCE})
    with_source = sam_template.functions(template, names)

    assert {"ReceiveEventFunction"} == {f.logical_id for f in with_source} - {f.logical_id for f in without}
    assert names["EventsQueue"].endswith("EventsQueue")
