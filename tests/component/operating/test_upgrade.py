"""``bridge upgrade``: what an earlier version has stored becomes findable, and nothing is done twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from click.testing import Result
from tests.component.conftest import Bridge, Clients, Sandbox
from tests.support.by_hand import Order, record_of
from tests.support.order_records import handle, unmappable

from bridge import runtime
from bridge.aws.queues import ParkedQueue
from bridge.dispatching.record import State
from bridge.operator import orders, upgrade
from bridge.operator.deployment import Deployment, on_this_machine
from bridge.receiving.messages import ParkReason, PrivacyMessage

Run = Callable[..., Result]
WRITTEN_BY_INDEXES = ("came_at", "name_key", "attention", "parked", "parked_code")


@pytest.fixture
def operator(bridge: Bridge) -> Deployment:
    """The bridge as an operator has it."""
    return on_this_machine("dev", boto3.client, bridge.names, webhook_url="http://127.0.0.1/webhooks/")


def make_old(bridge: Bridge) -> None:
    """Take from the items what the earlier version did not write."""
    dynamodb = boto3.client("dynamodb")
    for item in dynamodb.scan(TableName=bridge.names["DeliveriesTable"])["Items"]:
        old = {name: value for name, value in item.items() if name not in WRITTEN_BY_INDEXES}
        dynamodb.put_item(TableName=bridge.names["DeliveriesTable"], Item=old)


def park_as_before(bridge: Bridge, message: dict[str, Any], code: str = "unmappable_order") -> None:
    """Put a message on the dead-letter queue as the earlier version's worker did."""
    ParkedQueue(boto3.client("sqs"), bridge.names["WebhooksDeadLetterQueue"]).park(
        text=message["Body"],
        message_id=message["MessageId"],
        reason=ParkReason(code, "shipping_address.address1: missing", ("address",)),
        parked_at=runtime.utc_now(),
    )


def test_orders_and_parked_messages_are_found_again(
    bridge: Bridge, operator: Deployment, sandbox: Sandbox, deployed: Run, order: Order
) -> None:
    """An order that was created, one that was parked, one whose message is none of ours."""
    handle(bridge, order(id=7, name="#7"))
    handle(bridge, unmappable(order, id=8, name="#8"), number=2)
    make_old(bridge)
    park_as_before(bridge, bridge.message(unmappable(order, id=8, name="#8"), number=2))
    request = PrivacyMessage("acme", "customers/data_request", "w9", "hand over", "a.myshopify.com", ("7",))
    park_as_before(bridge, {"Body": request.to_text(), "MessageId": "request"}, "data_request")
    park_as_before(bridge, {"Body": "?", "MessageId": "strange"}, "unreadable_message")
    assert () == orders.listing(operator).rows

    said = [deployed("upgrade").stdout.splitlines() for _ in range(2)]

    assert [
        "2 orders written into the indexes",
        "2 parked messages put into the orders' records; 1 on the queue",
    ] == said[0]
    assert [
        "0 orders written into the indexes",
        "0 parked messages put into the orders' records; 1 on the queue",
    ] == said[1]
    assert {"7", "8"} <= {row.order_id for row in orders.listing(operator).rows}
    assert ["8"] == operator.index.named("acme", "#8")
    parked, asked = sorted(
        (each for each in operator.parked.look().messages if each.in_record), key=lambda each: each.order_id
    )
    assert "data_request" == asked.reason
    assert ("8", "unmappable_order", ("address",)) == (parked.order_id, parked.reason, parked.property_paths)
    assert State.REJECTED is record_of(bridge, "8").state


def test_a_stack_that_lacks_indexes_says_what_makes_them(
    bridge: Bridge, clients: Clients, deployed: Run
) -> None:
    """Until then orders cannot be listed."""
    cloudformation = clients["cloudformation"]
    parameters = cloudformation.describe_stacks(StackName="bridge-dev")["Stacks"][0]["Parameters"]
    others = [{"ParameterKey": p["ParameterKey"], "UsePreviousValue": True} for p in parameters]
    kept = [each for each in others if each["ParameterKey"] != "OrderIndexes"]

    one = {"ParameterKey": "OrderIndexes", "ParameterValue": "1"}
    cloudformation.update_stack(StackName="bridge-dev", UsePreviousTemplate=True, Parameters=[one, *kept])

    refused = deployed("orders", "list")
    upgraded = deployed("upgrade")
    listed = deployed("orders", "list")

    assert 1 == refused.exit_code
    assert "OrderIndexes=1" in refused.stderr
    assert "`bridge upgrade` makes the missing ones" in refused.stderr
    assert [
        "making index 2 of 3, which takes some minutes",
        "making index 3 of 3, which takes some minutes",
    ] == (upgraded.stdout.splitlines()[:2])
    assert 0 == listed.exit_code, listed.output


def test_one_update_makes_one_index() -> None:
    """CloudFormation refuses two in one update (DynamoDB: one index is created an UpdateTable)."""
    cloudformation = boto3.client("cloudformation", region_name="eu-west-3")
    stack = {
        "StackName": "bridge-prod",
        "CreationTime": runtime.utc_now(),
        "StackStatus": "UPDATE_COMPLETE",
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": "x"} for key in ("Environment", "OrderIndexes")
        ],
    }
    with Stubber(cloudformation) as stubber:
        for wanted in ("2", "3"):
            stubber.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "bridge-prod"})
            stubber.add_response(
                "update_stack",
                {"StackId": "arn"},
                {
                    "StackName": "bridge-prod",
                    "UsePreviousTemplate": True,
                    "Parameters": [
                        {"ParameterKey": "OrderIndexes", "ParameterValue": wanted},
                        {"ParameterKey": "Environment", "UsePreviousValue": True},
                    ],
                    "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
                },
            )
            stubber.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "bridge-prod"})
        assert [(2, 3), (3, 3)] == list(upgrade.make_indexes("prod", cloudformation, 1))
