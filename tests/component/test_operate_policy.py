"""examples/iam/operate.json: what the commands that look and mend ask of AWS, no less and no more."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from click.testing import CliRunner, Result
from tests.component.conftest import Bridge

from bridge_laptop.cli.main import main

POLICY = Path(__file__).parents[2] / "examples" / "iam" / "operate.json"
ANYBODY = {"sts:GetCallerIdentity"}  # IAM asks for no permission
ELSEWHERE = {  # what no test here comes to
    "sns:ListSubscriptionsByTopic",  # doctor, of a stack with AlarmEmail
}

Order = Callable[..., bytes]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The actions that the commands of a test have asked for; those of the functions are not counted."""
    actions: set[str] = set()
    call = BaseClient._make_api_call

    def recorded(client: Any, operation: str, parameters: Any) -> Any:
        if running:
            service = client.meta.service_model.signing_name
            # "a batch of an SQS action is allowed by the action itself": Amazon SQS developer guide
            actions.add(f"{service}:{operation.removesuffix('Batch') if service == 'sqs' else operation}")
        return call(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", recorded)
    return actions


running: list[bool] = []


def bridge_command(*arguments: str) -> Result:
    """Run a command, whose questions to AWS are counted."""
    running.append(True)
    try:
        result = CliRunner().invoke(main, list(arguments))
    finally:
        running.clear()
    assert result.exit_code == 0, result.output
    return result


def statements() -> Iterator[tuple[set[str], str]]:
    """Yield the actions and each resource of every statement."""
    for statement in json.loads(POLICY.read_text(encoding="utf-8"))["Statement"]:
        resources = statement["Resource"]
        for resource in [resources] if isinstance(resources, str) else resources:
            yield set(statement["Action"]), resource


def park(bridge: Bridge, order: Order, number: int) -> None:
    """Have an order parked."""
    body = json.loads(order(id=number, name=f"#{number}"))
    body["shipping_address"]["address1"] = ""
    bridge.push(json.dumps(body).encode(), webhook_id=f"parked-{number}")
    bridge.work()


def test_as_much_as_the_commands_ask_for(
    bridge: Bridge, order: Order, logged: Callable[[], None], asked: set[str]
) -> None:
    """Each command is run once; together they ask for every action, and for no other."""
    bridge.push(order(id=1, name="#1"))
    bridge.work()
    for number in (2, 3, 4):
        park(bridge, order, number)
    bridge.sqs.send_message(
        QueueUrl=bridge.names["WebhooksDeadLetterQueue"],
        MessageBody="junk",
        MessageGroupId="acme/5",
        MessageDeduplicationId="junk",
    )
    logged()

    for command in (
        ("connections", "list"),
        ("doctor",),
        ("url", "acme"),
        ("orders", "list"),
        ("orders", "show", "acme", "#1", "--live"),
        ("parked", "list"),
        ("parked", "redrive", "--order", "2", "--yes"),
        ("parked", "discard", "--order", "3", "--yes"),
        ("parked", "close", "--order", "4", "--yes"),
        ("parked", "discard", "--reason", "unreadable_message", "--all", "--yes"),
        ("replay", "acme", "#1", "--yes"),
        ("logs", "--order", "#1"),
        ("export", "acme", "--order", "#1"),
        ("redact", "acme", "--order", "#1", "--yes"),
    ):
        bridge_command(*command)

    allowed = set().union(*(actions for actions, _ in statements()))
    assert asked - ANYBODY == allowed - ELSEWHERE


def test_nothing_of_other_stacks() -> None:
    """Every statement names what is the bridge's."""
    ours = (
        "arn:aws:cloudformation:*:*:stack/bridge-*",
        "arn:aws:logs:*:*:log-group:bridge-*",
        "arn:aws:sqs:*:*:bridge-*",
        "arn:aws:dynamodb:*:*:table/bridge-*",
        "arn:aws:ssm:*:*:parameter/bridge/*",
        "arn:aws:sns:*:*:bridge-*",
    )

    anywhere = {"ssm:DescribeParameters"}  # lists names, and no value
    for actions, resource in statements():
        assert actions == anywhere or any(fnmatchcase(resource, pattern) for pattern in ours), resource
