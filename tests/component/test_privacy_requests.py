"""Shopify's compliance topics: real signatures, real queues, real records."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from tests.component import test_retention
from tests.component.conftest import ROOT, Bridge, Sandbox, settings, webhook_event
from tests.support.dispatched import key, record_of

from bridge import runtime
from bridge.aws.deliveries import DeliveriesTable
from bridge.aws.queues import ParkedQueue
from bridge.connections.parse import parse_connection
from bridge.dispatching.privacy import Compliance
from bridge.dispatching.record import State
from bridge.errors import RedactionUnfinished
from bridge.operator.deployment import on_this_machine
from bridge.receiving.messages import PrivacyMessage
from bridge_laptop import signing

Order = Callable[..., bytes]
SAMPLES = ROOT / "events" / "privacy" / "shopify"
PERSONAL = ("Camille", "Moreau", "example.com", "john@", "555-625")
SHOP = '[sender]\nshop_domain = "acme.myshopify.com"'
TOPICS = ("customers/redact", "customers/data_request", "shop/redact")


def sample(topic: str, **changes: object) -> bytes:
    """Return the documentation's body of a topic, with changes."""
    body = json.loads((SAMPLES / f"{topic.replace('/', '-')}.json").read_bytes())
    return json.dumps({**body, **changes}).encode()


def push(bridge: Bridge, topic: str, **changes: object) -> dict[str, Any]:
    """Push a compliance webhook."""
    return bridge.push(sample(topic, **changes), topic)


@pytest.fixture
def connected(bridge: Bridge, sandbox: Sandbox) -> Bridge:
    """The bridge, with a connection that says which shop it is."""
    bridge.connect("acme", settings(sandbox.url, SHOP))
    return bridge


def item_of(bridge: Bridge, body: bytes) -> str:
    """Return all that the table holds of an order, as text."""
    item = boto3.client("dynamodb").get_item(
        TableName=bridge.names["DeliveriesTable"],
        Key={"connection_id": {"S": "acme"}, "order_id": {"S": key(body)}},
    )["Item"]
    return json.dumps(item, ensure_ascii=False, default=lambda packed: zlib.decompress(packed).decode())


@pytest.mark.parametrize("topic", TOPICS)
def test_signed_request_is_accepted(connected: Bridge, topic: str) -> None:
    """Each compliance topic is answered 200, and what is queued holds nothing of the person."""
    answer = push(connected, topic)

    (message,) = connected.receive_messages()
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == {"outcome": "accepted"}
    assert not [word for word in PERSONAL if word in message["Body"]]


@pytest.mark.parametrize("topic", TOPICS)
def test_wrong_hmac_is_401(connected: Bridge, topic: str) -> None:
    """Shopify's review asks for 401 to a request that is not signed by it."""
    body = sample(topic)
    headers = signing.signed("shopify", body, "not the secret", topic, "w1").headers

    answer = connected.receive(webhook_event(body, headers))

    assert answer["statusCode"] == 401
    assert connected.receive_messages() == []


@pytest.mark.parametrize(
    ("topic", "changes"),
    [
        ("customers/redact", {"orders_to_redact": "all"}),
        ("customers/redact", {"orders_to_redact": [True]}),
        ("customers/redact", {"orders_to_redact": [1.5]}),
        ("customers/redact", {"orders_to_redact": ["1/../2"]}),
        ("customers/redact", {"orders_to_redact": [{}]}),
        ("shop/redact", {"shop_domain": None}),
        ("shop/redact", {"shop_domain": "acme.myshopify.com; and more"}),
    ],
)
def test_request_that_cannot_be_read_is_400(connected: Bridge, topic: str, changes: dict[str, Any]) -> None:
    """Ids and the shop's domain reach keys and sentences, so their form is checked."""
    assert push(connected, topic, **changes)["statusCode"] == 400


def test_redacted_order_keeps_its_guard_alone(connected: Bridge, sandbox: Sandbox, order: Order) -> None:
    """After customers/redact nothing of the person is left, and the order still is never booked again."""
    body = order()
    connected.push(body)
    connected.work()
    before = item_of(connected, body)
    push(connected, "customers/redact")

    failed = connected.work()

    record = record_of(connected, body)
    assert record is not None
    assert "Moreau" in before
    assert failed == []
    assert not [word for word in PERSONAL if word in item_of(connected, body)]
    assert ("", "", "", "", ()) == (
        record.sent,
        record.message,
        record.tracking_url,
        record.held,
        record.in_question,
    )
    assert record.state is State.CREATED
    assert [event.outcome for event in record.history] == ["created", "redacted"]
    connected.push(body, webhook_id="late-repeat")
    connected.work()
    assert len(sandbox.live(f"acme/{key(body)}")) == 1


def test_other_orders_keep_what_is_held(connected: Bridge, order: Order) -> None:
    """customers/redact touches the orders it names, and no order of somebody else."""
    other = order(id=777)
    connected.push(other)
    connected.work()
    push(connected, "customers/redact")
    connected.work()

    record = record_of(connected, other)
    assert record is not None
    assert record.sent != ""


def test_parked_webhooks_of_the_order_are_deleted(connected: Bridge, order: Order) -> None:
    """What was parked with the customer's address is deleted, and what concerns others stays visible."""
    for number, order_id in enumerate((280263, 220458, 999, 998)):
        connected.push(order(id=order_id, shipping_address={"zip": 7}), webhook_id=f"webhook-{number}")
    connected.work()
    push(connected, "customers/redact")
    connected.work()

    parked = connected.parked()

    assert {"999", "998"} == {each.order_id for each in parked}


def test_redaction_again_changes_nothing(connected: Bridge, order: Order) -> None:
    """The same request twice writes the record once."""
    body = order()
    connected.push(body)
    connected.work()
    for number in range(2):
        connected.push(sample("customers/redact"), "customers/redact", webhook_id=f"redact-{number}")
        connected.work()

    record = record_of(connected, body)
    assert record is not None
    assert [event.outcome for event in record.history] == ["created", "redacted"]


def test_shop_redact_forgets_every_customer(connected: Bridge, sandbox: Sandbox, order: Order) -> None:
    """shop/redact blanks all records and parked webhooks of the connection, and no other connection's."""
    connected.connect("acme2", settings(sandbox.url, SHOP.replace("acme", "acme2")))
    bodies = [order(id=number) for number in (1, 2, 3)]
    for number, body in enumerate(bodies):
        connected.push(body, webhook_id=f"webhook-{number}")
    connected.work()
    connected.push(order(id=4, shipping_address={"zip": 7}), webhook_id="webhook-4")
    connected.work()
    headers = signing.signed("shopify", bodies[0], "acme2-webhook-secret", "orders/create", "w").headers
    connected.receive(webhook_event(bodies[0], headers, "acme2"))
    connected.work()
    push(connected, "shop/redact")

    failed = connected.work()

    table = DeliveriesTable(boto3.client("dynamodb"), connected.names["DeliveriesTable"])
    assert failed == []
    assert {""} == {record.sent + record.message for record in table.of_connection("acme")}
    assert len(list(table.of_connection("acme"))) == 4
    assert all(record.sent for record in table.of_connection("acme2"))
    assert connected.parked() == []


def test_data_request_waits_for_a_person(connected: Bridge, order: Order) -> None:
    """customers/data_request is parked with its reason and the orders' ids, so that the alarm rings."""
    connected.push(order())
    connected.work()
    push(connected, "customers/data_request")

    failed = connected.work()

    (parked,) = connected.parked()
    assert failed == []
    assert parked.reason == "data_request"
    assert "orders 5940139491042, 280263, 220458" in parked.sentence
    assert not [word for word in PERSONAL if word in parked.text]
    assert [] == connected.dead_letters()


def test_data_request_is_kept_longer_than_it_may_take_to_answer(connected: Bridge) -> None:
    """30 days are allowed and a queue keeps 14: it is in a record, which no retention empties."""
    push(connected, "customers/data_request")
    connected.work()

    test_retention.sweep(connected, days=91)

    (parked,) = connected.parked()
    assert parked.in_record
    assert parked.kept_until - parked.parked_at > timedelta(days=30)


def test_the_same_data_request_again_is_one(connected: Bridge) -> None:
    """A repeat, or one that is redriven, is not a second thing to do."""
    for _ in range(2):
        push(connected, "customers/data_request")
        connected.work()
        runtime.dispatch_runtime.cache_clear()

    assert 1 == len({parked.order_id for parked in connected.parked()})


def test_request_that_was_parked_and_is_done_waits_no_more(
    bridge: Bridge, sandbox: Sandbox, order: Order
) -> None:
    """A shop's request is undecided until the connection says that it is that shop; then it is done."""
    bridge.push(order())
    bridge.work()
    push(bridge, "shop/redact", shop_domain="acme.myshopify.com")
    bridge.work()
    (parked,) = bridge.parked()
    bridge.connect("acme", settings(sandbox.url, SHOP))
    runtime.dispatch_runtime.cache_clear()
    operator = on_this_machine("dev", boto3.client, bridge.names, webhook_url="http://127.0.0.1/webhooks/")
    operator.parked.redrive([parked])

    failed = bridge.work()

    table = DeliveriesTable(boto3.client("dynamodb"), bridge.names["DeliveriesTable"])
    request = table.load("acme", parked.order_id)
    assert failed == []
    assert "" == record_of(bridge, order()).sent  # type: ignore[union-attr]  # it is there
    assert request is not None
    assert (State.IGNORED, None) == (request.state, request.attention)
    assert "redacted" == request.history[-1].outcome


def test_events_of_the_order_are_deleted(
    connected: Bridge, sandbox: Sandbox, order: Order, events_queues: dict[str, str]
) -> None:
    """Events that found no connection, or wait, hold whole orders; those of others stay."""
    ids = json.loads(sample("customers/redact"))["orders_to_redact"]
    meant, of_other, of_another_shop = (
        an_event(order(id=order_id), f"{shop}.myshopify.com")
        for order_id, shop in ((ids[0], "acme"), (999, "acme"), (ids[0], "other"))
    )
    for url in events_queues.values():
        for text in (meant, of_other, of_another_shop, "not an event"):
            connected.sqs.send_message(QueueUrl=url, MessageBody=text)

    push(connected, "customers/redact")
    assert [] == connected.work()

    for url in events_queues.values():
        left = [message["Body"] for message in received(connected, url)]
        assert {"not an event", of_other, of_another_shop} == set(left)


def an_event(body: bytes, shop: str) -> str:
    """Return the bus's event of a webhook."""
    from tests.component.test_receive_event import event

    inner = json.loads(event()["Records"][0]["body"])
    inner["detail"]["payload"] = json.loads(body)
    inner["detail"]["metadata"]["X-Shopify-Shop-Domain"] = shop
    return json.dumps(inner)


def received(bridge: Bridge, url: str) -> list[Any]:
    """Return what is on a queue."""
    answer = bridge.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return list(answer.get("Messages", []))


def test_data_request_is_not_deleted_by_a_redaction(connected: Bridge) -> None:
    """A question that is still to be answered stays, for it holds ids alone."""
    push(connected, "customers/data_request")
    connected.work()
    push(connected, "customers/redact")
    connected.work()

    assert len(connected.parked()) == 1


@pytest.mark.parametrize(
    ("topic", "more", "shop"),
    [
        ("shop/redact", "", "acme.myshopify.com"),  # the connection does not say which shop it is
        ("shop/redact", SHOP, "other.myshopify.com"),
        ("customers/redact", SHOP, "other.myshopify.com"),
    ],
)
def test_request_of_another_shop_is_for_a_person(
    bridge: Bridge, sandbox: Sandbox, order: Order, topic: str, more: str, shop: str
) -> None:
    """An app signs for all its shops with one secret: another shop's request never empties this one."""
    bridge.connect("acme", settings(sandbox.url, more))
    bridge.push(order())
    bridge.work()
    push(bridge, topic, shop_domain=shop)

    bridge.work()

    record = record_of(bridge, order())
    (parked,) = bridge.parked()
    assert record is not None
    assert record.sent != ""
    assert parked.reason == "privacy_undecided"


def test_customers_redact_without_a_shop_domain(bridge: Bridge, order: Order) -> None:
    """The ids alone tell which orders are meant where the connection does not say which shop it is."""
    bridge.push(order())
    bridge.work()
    push(bridge, "customers/redact")
    bridge.work()

    record = record_of(bridge, order())
    assert record is not None
    assert record.sent == ""


def test_large_shop_is_redacted_in_several_goes(connected: Bridge, order: Order) -> None:
    """What one invocation cannot do in its time is gone on with by the next, and in the end all is done."""
    for number in range(1, 4):
        connected.push(order(id=number), webhook_id=f"webhook-{number}")
    connected.work()
    table = DeliveriesTable(boto3.client("dynamodb"), connected.names["DeliveriesTable"])
    queues = [ParkedQueue(boto3.client("sqs"), connected.names["WebhooksDeadLetterQueue"])]
    ticks = iter(range(1000))
    compliance = Compliance(
        table, queues, clock=lambda: datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=8 * next(ticks))
    )
    connection = parse_connection("acme", settings("https://acme.coopcycle.org", SHOP))
    message = PrivacyMessage("acme", "shop/redact", "w", "erase", "acme.myshopify.com", None)

    with pytest.raises(RedactionUnfinished):
        compliance.handle(connection, message)
    halfway = {bool(record.sent) for record in table.of_connection("acme")}
    outcomes = []
    for _ in range(5):
        try:
            outcomes.append(compliance.handle(connection, message).outcome)
        except RedactionUnfinished:
            continue

    assert halfway == {True, False}
    assert "redacted" in outcomes
    assert {""} == {record.sent for record in table.of_connection("acme")}


def test_request_over_eventbridge(
    connected: Bridge, sandbox: Sandbox, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over the bus a compliance topic finds its shop's connection and does the same."""
    from functions.receive_event import app
    from tests.component.test_receive_event import SOURCE, event

    monkeypatch.setenv("SHOPIFY_EVENT_SOURCE_NAME", SOURCE)
    runtime.event_receiver.cache_clear()
    connected.push(order())
    connected.work()

    def redact(inner: dict[str, Any]) -> None:
        inner["detail"]["payload"] = json.loads(sample("customers/redact"))
        inner["detail"]["metadata"] |= {
            "X-Shopify-Topic": "customers/redact",
            "X-Shopify-Webhook-Id": "redact-1",
        }

    from bridge_laptop.local.runtimes import Context

    answer = app.lambda_handler(event(redact), Context("ReceiveEventFunction", 512, 10))
    connected.work()

    record = record_of(connected, order())
    assert answer["batchItemFailures"] == []
    assert record is not None
    assert record.sent == ""
