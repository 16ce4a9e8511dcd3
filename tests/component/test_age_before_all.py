"""A webhook older than what was applied is passed over before anything that can fail is done with it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from tests.component.conftest import Bridge, Sandbox, settings, sqs_attributes
from tests.support import samples
from tests.support.dispatched import Order, record_of
from tests.support.fake_server import FakeServer, Request, http

from bridge import runtime
from bridge.aws.deliveries import DeliveriesTable
from bridge.dispatching.record import State
from bridge.receiving.http import accept
from bridge.receiving.messages import WebhookMessage

LATER = {"cancelled_at": "2026-11-23T12:00:00+01:00", "updated_at": "2026-11-23T12:00:00+01:00"}
NO_STREET = {"shipping_address": {"address1": "", "city": "Paris", "country_code": "FR", "zip": "75002"}}
NO_OBJECT = {"shipping_address": "Rue de Rivoli"}


@pytest.mark.parametrize("broken", [NO_STREET, NO_OBJECT], ids=["no street", "of the wrong type"])
def test_an_old_webhook_that_cannot_be_mapped_is_ignored(
    bridge: Bridge, sandbox: Sandbox, order: Order, broken: dict[str, Any]
) -> None:
    """It came late, its order was cancelled meanwhile: nobody is asked to mend an address of yesterday."""
    body = json.loads(order()) | {"updated_at": "2026-11-23T10:00:00+01:00"}
    bridge.dispatch([bridge.message(json.dumps(body).encode(), number=1)])
    cancelled = json.dumps(body | LATER).encode()
    bridge.dispatch([bridge.message(cancelled, "orders/cancelled", 2)])

    bridge.dispatch([bridge.message(json.dumps(body | broken).encode(), "orders/updated", 3)])

    record = record_of(bridge, cancelled)
    assert record is not None
    assert record.state is State.CANCELLED
    assert bridge.parked() == []
    assert sandbox.live(f"acme/{body['id']}") == []


@pytest.mark.parametrize("broken", [NO_STREET, NO_OBJECT], ids=["no street", "of the wrong type"])
def test_a_new_webhook_that_cannot_be_mapped_is_parked(
    bridge: Bridge, order: Order, broken: dict[str, Any]
) -> None:
    """The same body is a person's matter as long as nothing newer was applied."""
    body = json.loads(order()) | {"updated_at": "2026-11-23T10:00:00+01:00"}
    bridge.dispatch([bridge.message(json.dumps(body).encode(), number=1)])
    changed = body | broken | {"updated_at": "2026-11-23T11:00:00+01:00"}

    bridge.dispatch([bridge.message(json.dumps(changed).encode(), "orders/updated", 2)])

    assert len(bridge.parked()) == 1


def test_an_old_notification_whose_order_can_no_longer_be_fetched_is_ignored(
    bridge: Bridge, sandbox: Sandbox
) -> None:
    """A shop that answers with the order as it is now has nothing to add to a state that is older than it."""
    squarespace = samples.load("squarespace")
    sample = next(one for one in squarespace.samples if one.name == "order-create.json")
    answers: dict[str, bytes] = dict(squarespace.shop.answers)

    def answer(request: Request) -> bytes:
        return http(200, answers[request.path]) if answers else http(401, {})

    with FakeServer(answer) as shop:
        bridge.connect(
            "acme",
            settings(
                sandbox.url, f'[sender]\napi_url = "{shop.url}"\ndate_label = "-"', source="squarespace"
            ),
            **{"shop-token": "shop-token"},
        )
        first = squarespace.push(sample)
        accepted = accept(squarespace.connection, first)
        assert isinstance(accepted, WebhookMessage)
        now = replace(accepted, connection_id="acme", received_at=runtime.utc_now())
        assert bridge.dispatch([queued(now, 1)]) == []
        record = DeliveriesTable(boto3.client("dynamodb"), bridge.names["DeliveriesTable"]).load(
            "acme", now.order_id
        )
        assert record is not None
        assert record.exists
        answers.clear()

        bridge.dispatch([queued(replace(now, received_at=record.order_updated_at - timedelta(hours=1)), 2)])
        assert bridge.parked() == []

        bridge.dispatch([queued(now, 3)])
        assert len(bridge.parked()) == 1


def queued(message: WebhookMessage, number: int) -> dict[str, Any]:
    """Return a message as SQS hands it over."""
    return {
        "MessageId": f"message-{number}",
        "ReceiptHandle": f"made-up-{number}",
        "Body": message.to_text(),
        "Attributes": sqs_attributes(f"acme/{message.order_id}"),
    }
