"""Retention: the people of an order are forgotten when its time is over, and its guard is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from tests.component.conftest import Bridge, Sandbox
from tests.support.dispatched import key, record_of

from bridge import runtime
from bridge.aws.deliveries import KEPT_FOR, DeliveriesTable
from bridge.dispatching.privacy import PARTS, RETENTION_TOPIC, Retention
from bridge.dispatching.record import DeliveryRecord, ParkedMessage, State
from bridge_laptop import sam_template
from bridge_laptop.local.runtimes import Context

Order = Callable[..., bytes]


def sweep(bridge: Bridge, days: float) -> int:
    """Go through the whole table at once, so many days from now."""
    table = DeliveriesTable(boto3.client("dynamodb"), bridge.names["DeliveriesTable"])
    retention = Retention(table, kept_for=timedelta(days=90), parts=1)
    return retention.sweep(runtime.utc_now() + timedelta(days=days))


def invoke_for_a_week(bridge: Bridge, days: float) -> None:
    """Invoke the function every hour, so many days from now: then every part had its turn."""
    from functions.redact_orders import app

    runtime.retention.cache_clear()
    for hour in range(PARTS):
        at = runtime.utc_now() + timedelta(days=days, seconds=hour * 3600)
        event = {"time": at.strftime("%Y-%m-%dT%H:%M:%SZ")}  # as EventBridge writes it
        with bridge.guard.at_work("RedactOrdersFunction"):
            app.lambda_handler(event, Context("RedactOrdersFunction", 512, 300))


def created(bridge: Bridge, body: bytes) -> DeliveryRecord:
    """Have an order become a delivery."""
    bridge.push(body, webhook_id=f"webhook-{key(body)}")
    bridge.work()
    record = record_of(bridge, body)
    assert record is not None
    return record


def test_order_keeps_its_guard_alone(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """After 90 days nothing of the person is left, and a late repeat still books nothing."""
    before = created(bridge, order())

    invoke_for_a_week(bridge, days=91)

    record = record_of(bridge, order())
    assert record is not None
    assert before.message
    assert ("", "", "", ()) == (record.sent, record.held, record.message, record.parked)
    assert (State.CREATED, before.delivery_iri) == (record.state, record.delivery_iri)
    assert (RETENTION_TOPIC, "redacted") == (record.history[-1].topic, record.history[-1].outcome)
    bridge.push(order(), webhook_id="very-late-repeat")
    assert [] == bridge.work()
    assert 1 == len(sandbox.live(f"acme/{key(order())}"))


def test_order_whose_time_is_not_over_is_left_alone(bridge: Bridge, order: Order) -> None:
    """A day before the end everything is there."""
    before = created(bridge, order())

    assert 0 == sweep(bridge, days=89)

    assert before == record_of(bridge, order())


def test_what_was_parked_lately_is_left_for_a_person(bridge: Bridge, order: Order) -> None:
    """A webhook that was parked long after the order's last change has its own 90 days."""
    before = created(bridge, order())
    table = DeliveriesTable(boto3.client("dynamodb"), bridge.names["DeliveriesTable"])
    late = before.changed_at + timedelta(days=60)
    entry = ParkedMessage("m1", "unmappable_order", "?", (), late, "orders/updated", late, None, "text")
    kept = table.save(replace(before, parked=(entry,)))

    sweep(bridge, days=91)
    assert kept == record_of(bridge, order())

    sweep(bridge, days=151)
    after = record_of(bridge, order())
    assert after is not None
    assert ((), "") == (after.parked, after.message)


def test_guard_lives_as_long_as_it_would_have(bridge: Bridge, order: Order) -> None:
    """Redaction is no change of the order: the row still goes 400 days after the last one."""
    before = created(bridge, order())

    sweep(bridge, days=91)

    after = record_of(bridge, order())
    assert after is not None
    assert "" == after.message
    item = boto3.client("dynamodb").get_item(
        TableName=bridge.names["DeliveriesTable"],
        Key={"connection_id": {"S": "acme"}, "order_id": {"S": key(order())}},
    )["Item"]
    assert int((before.changed_at + KEPT_FOR).timestamp()) == int(item["ttl"]["N"])


def test_redacted_order_is_written_once(bridge: Bridge, order: Order) -> None:
    """The next week finds nothing to do."""
    created(bridge, order())
    sweep(bridge, days=91)
    after = record_of(bridge, order())

    sweep(bridge, days=98)

    assert after == record_of(bridge, order())


def test_every_part_has_its_turn_within_a_week() -> None:
    """Whatever the hour at which it begins."""
    asked: list[tuple[int, int]] = []

    class Table:
        """Remembers which parts were asked for."""

        def not_changed_since(self, _moment: object, part: int, parts: int) -> list[DeliveryRecord]:
            asked.append((part, parts))
            return []

    retention = Retention(Table(), kept_for=timedelta(days=90))  # type: ignore[arg-type]  # what it uses
    start = runtime.utc_now()
    for hour in range(PARTS):
        retention.sweep(start + timedelta(hours=hour))

    assert {(part, PARTS) for part in range(PARTS)} == set(asked)


def test_parts_are_those_of_a_parallel_scan(bridge: Bridge, order: Order) -> None:
    """DynamoDB deals the items out among the segments (ScanPage, "Parallel scan", developer guide)."""
    created(bridge, order())
    asked: list[dict[str, object]] = []
    dynamodb = boto3.client("dynamodb")
    dynamodb.meta.events.register(
        "before-parameter-build.dynamodb.Scan", lambda params, **_: asked.append(dict(params))
    )
    table = DeliveriesTable(dynamodb, bridge.names["DeliveriesTable"])

    list(table.not_changed_since(runtime.utc_now(), 3, PARTS))

    assert (3, PARTS) == (asked[0]["Segment"], asked[0]["TotalSegments"])


@pytest.mark.parametrize(("name", "days"), [("MinValue", 30), ("Default", 90), ("MaxValue", KEPT_FOR.days)])
def test_what_may_be_chosen(name: str, days: int) -> None:
    """No less than a question of a person may take to answer, no more than the guard itself is kept."""
    assert days == sam_template.load()["Parameters"]["RetentionDays"][name]
