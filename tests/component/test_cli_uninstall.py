"""`bridge uninstall`: a stack with the template's queues, tables, key and logs, taken away for real."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from click.testing import CliRunner, Result

from bridge.aws.connections import WEBHOOK_SECRET
from bridge.operator import uninstall as operator
from bridge.operator.connections import write_connection
from bridge.operator.uninstall import Inventory, Resource
from bridge_laptop import sam_template
from bridge_laptop.cli.main import main

KINDS = ("AWS::SQS::Queue", "AWS::DynamoDB::Table", "AWS::Logs::LogGroup", "AWS::KMS::Key")
PROPERTIES = ("KeySchema", "AttributeDefinitions", "BillingMode", "FifoQueue", "KeyPolicy")
Run = Callable[..., Result]


def template() -> dict[str, Any]:
    """Return the template's resources that hold something, with their policies of deletion."""
    document = sam_template.load()
    names = sam_template.parameters(document) | {"Environment": "gone"}
    names |= {"SecretsKey": "own", "AWS::Partition": "aws", "AWS::AccountId": "123456789012"}
    found = {}
    for kind in KINDS:
        for name, properties in sam_template.deployed(document, kind, names).items():
            kept = {key: value for key, value in properties.items() if key in PROPERTIES}
            found[name] = {
                "Type": kind,
                "Properties": sam_template.resolve(kept, names),
                "DeletionPolicy": document["Resources"][name].get("DeletionPolicy", "Delete"),
            }
            if kept.get("FifoQueue"):  # CloudFormation would find such a name; the emulator does not
                found[name]["Properties"]["QueueName"] = f"bridge-gone-{name}.fifo"
            if kind == "AWS::DynamoDB::Table":
                keys = {each["AttributeName"] for each in kept["KeySchema"]}
                found[name]["Properties"]["AttributeDefinitions"] = [
                    each for each in kept["AttributeDefinitions"] if each["AttributeName"] in keys
                ]
    return {"Resources": found}


@pytest.fixture
def gone(aws: str) -> Iterator[dict[str, str]]:
    """A stack bridge-gone with a connection and an order; by logical id, the names of its resources."""
    cloudformation = boto3.client("cloudformation")
    cloudformation.create_stack(StackName="bridge-gone", TemplateBody=json.dumps(template()))
    resources = cloudformation.describe_stack_resources(StackName="bridge-gone")["StackResources"]
    names = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    ssm = boto3.client("ssm")
    for connection_id in ("acme", "bloom", "corner"):
        write_connection(ssm, "/bridge/gone", connection_id, "source = 'form'", {WEBHOOK_SECRET: "hunter"})
    write_connection(ssm, "/bridge/dev", "acme", "source = 'form'", {WEBHOOK_SECRET: "hunter"})
    boto3.client("sqs").send_message(
        QueueUrl=names["WebhooksQueue"], MessageBody="one", MessageGroupId="g", MessageDeduplicationId="1"
    )
    yield names
    cloudformation.delete_stack(StackName="bridge-gone")
    left = Inventory("", (), tuple(Resource(name, kind_of(name), each) for name, each in names.items()), ())
    list(operator.purge(boto3.client, left))


def kind_of(logical_id: str) -> str:
    """Return the type of a resource of the template."""
    kind: str = sam_template.load()["Resources"][logical_id]["Type"]
    return kind


def uninstall(*arguments: str, typed: str = "") -> Result:
    """Run `bridge uninstall` of that stack."""
    result = CliRunner().invoke(main, ["uninstall", "--environment", "gone", *arguments], input=typed)
    assert "hunter" not in result.output
    return result


def is_there() -> bool:
    """Tell whether the stack is."""
    try:
        boto3.client("cloudformation").describe_stacks(StackName="bridge-gone")
    except ClientError:
        return False
    return True


def parameters(path: str) -> int:
    """Return how many parameters are under a path."""
    pages = boto3.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
    return sum(len(page["Parameters"]) for page in pages)


def queue_is_there(url: str) -> bool:
    """Tell whether a queue is."""
    name = url.rpartition("/")[2]
    listed = boto3.client("sqs").list_queues(QueueNamePrefix=name).get("QueueUrls", [])
    return any(each.endswith(f"/{name}") for each in listed)


def test_says_what_goes_and_what_stays_and_asks(gone: dict[str, str]) -> None:
    """Whoever does not type the stack's name changes nothing."""
    result = uninstall(typed="yes\n")

    assert 1 == result.exit_code
    goes, _, stays = result.stdout.partition("stays:\n")
    assert "goes with stack bridge-gone in eu-west-3:" in goes
    assert "5 Logs::LogGroup" in goes
    for name in (
        "WebhooksQueue",
        "WebhooksDeadLetterQueue",
        "RechecksQueue",
        "DeliveriesTable",
        "ConnectionsKey",
    ):
        assert f"  {name}  {gone[name]}\n" in stays
    assert "TokensTable" not in stays
    assert "6 parameters in SSM: connections and their secrets" in stays
    assert "0 orders, and 1 message on queues" in stays
    assert "aws-sam-cli-managed-default" in stays
    assert is_there()


def test_orders_and_secrets_stay(gone: dict[str, str]) -> None:
    """Without --purge the stack goes, and nothing of what it leaves is touched."""
    result = uninstall(typed="bridge-gone\n")

    assert 0 == result.exit_code, result.output
    assert "bridge-gone is deleted" in result.stdout
    assert not is_there()
    assert queue_is_there(gone["WebhooksQueue"])
    assert gone["DeliveriesTable"] in boto3.client("dynamodb").list_tables()["TableNames"]
    assert 6 == parameters("/bridge/gone")


def test_purge(gone: dict[str, str]) -> None:
    """With it queues, orders, connections and the key go too, and nothing of another environment."""
    result = uninstall("--purge", "--yes")

    assert 0 == result.exit_code, result.output
    assert "will be deleted as well:" in result.stdout
    assert f"deleted DeliveriesTable {gone['DeliveriesTable']}" in result.stdout
    assert not is_there()
    assert not any(queue_is_there(gone[name]) for name in gone if kind_of(name) == "AWS::SQS::Queue")
    assert gone["DeliveriesTable"] not in boto3.client("dynamodb").list_tables()["TableNames"]
    assert 0 == parameters("/bridge/gone")
    assert 2 == parameters("/bridge/dev")
    assert f"deleted ConnectionsKey {gone['ConnectionsKey']}" in result.stdout
    assert "The key is deleted by KMS in 30 days, until when it can be kept." in result.stdout


def test_secrets_of_a_stack_that_is_gone(gone: dict[str, str]) -> None:
    """What was left the first time is deleted the next."""
    uninstall("--yes")

    told = uninstall()
    purged = uninstall("--purge", typed="bridge-gone\n")
    again = uninstall()

    assert "6 parameters in SSM" in told.stdout
    assert "The stack is gone already; --purge deletes what it left." in told.stdout
    assert 0 == purged.exit_code, purged.output
    assert 0 == parameters("/bridge/gone")
    assert "there is no stack bridge-gone in eu-west-3, and nothing left of one\n" == again.stdout


def test_deletion_that_fails(gone: dict[str, str]) -> None:
    """CloudFormation's own reason is told; nothing is purged then."""
    cloudformation = boto3.client("cloudformation")
    stack = {"StackName": "bridge-gone", "CreationTime": 0, "StackStatus": "DELETE_FAILED"}
    with Stubber(cloudformation) as stubber:
        stubber.add_response("delete_stack", {}, {"StackName": "arn"})
        stubber.add_response(
            "describe_stacks",
            {"Stacks": [stack | {"StackStatusReason": "a role is in use"}]},
            {"StackName": "arn"},
        )

        with pytest.raises(operator.DeletionFailed, match="a role is in use"):
            list(operator.delete_stack(lambda _: cloudformation, "arn", lambda: None))


def test_progress_of_a_deletion() -> None:
    """It says how many resources are left, whenever that changes."""
    cloudformation = boto3.client("cloudformation")
    pauses: list[int] = []
    with Stubber(cloudformation) as stubber:
        stubber.add_response("delete_stack", {}, {"StackName": "arn"})
        for left in (2, 2, 1):
            stubber.add_response("describe_stacks", described("DELETE_IN_PROGRESS"), {"StackName": "arn"})
            states = ["DELETE_IN_PROGRESS"] * left + ["DELETE_COMPLETE"] * (2 - left)
            stubber.add_response("list_stack_resources", listed(*states), {"StackName": "arn"})
        stubber.add_response("describe_stacks", described("DELETE_COMPLETE"), {"StackName": "arn"})

        told = list(operator.delete_stack(lambda _: cloudformation, "arn", lambda: pauses.append(1)))

    assert ([2, 1], 3) == (told, len(pauses))


def test_what_cloudformation_remembers_of_a_deleted_stack(aws: str) -> None:
    """It skipped what the template retains; the names are asked of CloudFormation, for 90 days."""
    cloudformation = boto3.client("cloudformation")
    clients = {"cloudformation": cloudformation, "ssm": boto3.client("ssm")}
    with Stubber(cloudformation) as stubber:
        stubber.add_client_error("describe_stacks", "ValidationError")
        summary = {"CreationTime": 0, "StackStatus": "DELETE_COMPLETE"}
        stubber.add_response(
            "list_stacks",
            {
                "StackSummaries": [
                    summary | {"StackName": "bridge-gone", "StackId": "arn-1"},
                    summary | {"StackName": "bridge-other", "StackId": "arn-2"},
                ]
            },
        )
        stubber.add_response(
            "list_stack_resources", listed("DELETE_COMPLETE", "DELETE_SKIPPED"), {"StackName": "arn-1"}
        )

        found = operator.inventory(clients.__getitem__, "gone")

    assert Inventory("", (), (Resource("R1", "AWS::SQS::Queue", "queue-1"),), ()) == found


def described(status: str) -> dict[str, Any]:
    """Return CloudFormation's answer about a stack."""
    return {"Stacks": [{"StackName": "bridge-gone", "CreationTime": 0, "StackStatus": status}]}


def listed(*states: str) -> dict[str, Any]:
    """Return CloudFormation's answer about resources in these states."""
    return {
        "StackResourceSummaries": [
            {
                "LogicalResourceId": f"R{number}",
                "PhysicalResourceId": f"queue-{number}",
                "ResourceType": "AWS::SQS::Queue",
                "ResourceStatus": state,
                "LastUpdatedTimestamp": 0,
            }
            for number, state in enumerate(states)
        ]
    }


def test_layer_key_and_what_nobody_knows() -> None:
    """A retained version of the layer goes, a key waits to go; an unknown kind is left to a person."""
    functions, kms = boto3.client("lambda"), boto3.client("kms")
    arn = "arn:aws:lambda:eu-west-3:123456789012:layer:BridgeLayer1:7"
    clients = {"lambda": functions, "kms": kms, "ssm": boto3.client("ssm")}
    stays = (
        Resource("BridgeLayer", "AWS::Lambda::LayerVersion", arn),
        Resource("ConnectionsKey", "AWS::KMS::Key", "key"),
        Resource("X", "AWS::New::Thing", "x"),
    )
    with Stubber(functions) as of_lambda, Stubber(kms) as of_kms:
        version = {"LayerName": arn.removesuffix(":7"), "VersionNumber": 7}
        of_lambda.add_response("delete_layer_version", {}, version)
        of_kms.add_response("schedule_key_deletion", {}, {"KeyId": "key", "PendingWindowInDays": 30})

        told = list(operator.purge(clients.__getitem__, Inventory("", (), stays, ())))

    assert [(f"BridgeLayer {arn}", True), ("ConnectionsKey key", True), ("X x", False)] == told


def test_what_has_gone_meanwhile(gone: dict[str, str]) -> None:
    """Purging what another purge has deleted is no error."""
    resources = [Resource(name, kind_of(name), each) for name, each in gone.items()]
    kept = {name for name, each in template()["Resources"].items() if each["DeletionPolicy"] == "Retain"}
    stays = tuple(each for each in resources if each.logical_id in kept - {"ConnectionsKey"})
    left = Inventory("", (), stays, ())

    told = [list(operator.purge(boto3.client, left)) for _ in range(2)]

    assert told[0] == told[1]
    assert (0, 0) == (operator.orders_in(boto3.client, stays), operator.messages_in(boto3.client, stays))
