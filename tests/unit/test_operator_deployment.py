"""A deployment by what CloudFormation says of its stack (answers in the form of DescribeStacks)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from bridge.operator.deployment import deployed
from bridge.operator.errors import NoSuchStack, StackTooOld

OUTPUTS = {
    "WebhookUrl": "https://api.example/webhooks/",
    "WebhooksQueueUrl": "https://sqs.example/webhooks.fifo",
    "DeadLetterQueueUrl": "https://sqs.example/parked.fifo",
    "DeliveriesTableName": "deliveries",
    "TokensTableName": "tokens",
}
PARAMETERS = {
    "TokenCache": "dynamodb",
    "SettleSeconds": "60",
    "BackoffBaseSeconds": "30",
    "HttpReadTimeoutSeconds": "8",
    "OrderIndexes": "3",
    "RetentionDays": "90",
}


@pytest.fixture
def cloudformation() -> Any:
    """A client that sends nothing."""
    return boto3.client("cloudformation", region_name="eu-west-3")


def answering(
    cloudformation: Any, outputs: dict[str, str], parameters: dict[str, str]
) -> Callable[[str], Any]:
    """Return a maker of that client, which answers once."""
    stack = {
        "StackName": "bridge-prod",
        "CreationTime": datetime(2026, 11, 24, tzinfo=UTC),
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()],
        "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
    }
    stubber = Stubber(cloudformation)
    stubber.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "bridge-prod"})
    stubber.activate()
    return lambda name: {"cloudformation": cloudformation}[name]


def test_what_a_stack_says(cloudformation: Any) -> None:
    """Outputs and parameters become addresses, names and lengths of time."""
    found = deployed("prod", answering(cloudformation, OUTPUTS, PARAMETERS))

    assert ("https://api.example/webhooks/", "deliveries", "tokens", False) == (
        found.webhook_url,
        found.deliveries_table_name,
        found.tokens_table_name,
        found.is_local,
    )
    assert (60, 900, 86_400) == (
        found.timings.settle.total_seconds(),
        found.timings.longest_wait.total_seconds(),
        found.timings.gives_up_after.total_seconds(),
    )


def test_stack_that_keeps_tokens_in_ssm(cloudformation: Any) -> None:
    """It has no table of tokens, and no output that names one."""
    outputs = {name: value for name, value in OUTPUTS.items() if name != "TokensTableName"}

    found = deployed("prod", answering(cloudformation, outputs, PARAMETERS | {"TokenCache": "ssm"}))

    assert ("ssm", "") == (found.token_cache, found.tokens_table_name)


@pytest.mark.parametrize("missing", [*OUTPUTS, *PARAMETERS])
def test_stack_of_another_version(cloudformation: Any, missing: str) -> None:
    """What a stack does not say is named."""
    outputs, parameters = (
        {name: value for name, value in told.items() if name != missing} for told in (OUTPUTS, PARAMETERS)
    )

    with pytest.raises(StackTooOld, match=f"stack bridge-prod does not say {missing}$"):
        deployed("prod", answering(cloudformation, outputs, parameters))


def test_no_stack(cloudformation: Any) -> None:
    """CloudFormation answers ValidationError for a stack that is not there; any other error passes."""
    stubber = Stubber(cloudformation)
    stubber.add_client_error("describe_stacks", "ValidationError", http_status_code=400)
    stubber.add_client_error("describe_stacks", "AccessDenied", http_status_code=403)
    stubber.activate()

    with pytest.raises(NoSuchStack, match="no stack bridge-prod in eu-west-3"):
        deployed("prod", lambda _: cloudformation)
    with pytest.raises(cloudformation.exceptions.ClientError, match="AccessDenied"):
        deployed("prod", lambda _: cloudformation)
