"""A deployment taken away: what goes with its stack, and what stays because it holds orders or secrets.

Source of what stays: the ``DeletionPolicy`` of each resource in the template that CloudFormation has
processed, and what the bridge itself has written to SSM.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from bridge.operator.connections import connections_path
from bridge.operator.deployment import stack_name
from bridge.operator.errors import OperatorError

if TYPE_CHECKING:
    from bridge.operator.deployment import MakeClient

T = TypeVar("T")

KEY_WAITS_DAYS = 30  # the longest that KMS offers: what is encrypted under a deleted key is lost for good
_AT_ONCE = 10  # parameters, of DeleteParameters
_RETAINED = ("Retain", "RetainExceptOnCreate")
_GONE_ALREADY = (
    "AWS.SimpleQueueService.NonExistentQueue",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
    "NotFoundException",
    "KMSInvalidStateException",  # it waits for its end already
)


class DeletionFailed(OperatorError):
    """CloudFormation could not delete the stack."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a stack; ``name`` is AWS's."""

    logical_id: str
    kind: str  # AWS::SQS::Queue
    name: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """What there is of a deployment; ``stack_id`` is empty where the stack is gone already."""

    stack_id: str
    goes: tuple[Resource, ...]
    stays: tuple[Resource, ...]
    parameters: tuple[str, ...]  # names in SSM: connections with their secrets, the list of ids, tokens


def inventory(client: MakeClient, environment: str) -> Inventory:
    """Return what there is of a deployment, or what an earlier deletion of its stack has left."""
    cloudformation = client("cloudformation")
    name = stack_name(environment)
    parameters = tuple(_parameters(client("ssm"), connections_path(environment)))
    try:
        stack_id = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    except cloudformation.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return Inventory("", (), tuple(_left_behind(cloudformation, name)), parameters)
    retained = _retained(cloudformation, stack_id)
    there = [resource for resource, _ in _resources(cloudformation, stack_id)]
    return Inventory(
        stack_id,
        tuple(each for each in there if each.logical_id not in retained),
        tuple(each for each in there if each.logical_id in retained),
        parameters,
    )


def _parameters(ssm: Any, path: str) -> Iterator[str]:
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
    return (each["Name"] for page in pages for each in page["Parameters"])


def _retained(cloudformation: Any, stack_id: str) -> set[str]:
    """Return the resources that CloudFormation leaves where they are, by their logical ids."""
    body = cloudformation.get_template(StackName=stack_id, TemplateStage="Processed")["TemplateBody"]
    template: Mapping[str, Any] = body if isinstance(body, Mapping) else json.loads(body)
    return {
        name
        for name, resource in template["Resources"].items()
        if resource.get("DeletionPolicy") in _RETAINED
    }


def _resources(cloudformation: Any, stack_id: str) -> Iterator[tuple[Resource, str]]:
    """Yield the resources of a stack that were made, each with its state."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_id)
    for each in (each for page in pages for each in page["StackResourceSummaries"]):
        if each.get("PhysicalResourceId"):
            resource = Resource(each["LogicalResourceId"], each["ResourceType"], each["PhysicalResourceId"])
            yield resource, each["ResourceStatus"]


def _left_behind(cloudformation: Any, name: str) -> Iterator[Resource]:
    """Yield what CloudFormation skipped when it deleted stacks of a name, which it remembers for 90 days."""
    pages = cloudformation.get_paginator("list_stacks").paginate(StackStatusFilter=["DELETE_COMPLETE"])
    for stack in (stack for page in pages for stack in page["StackSummaries"]):
        if stack["StackName"] == name:
            for resource, status in _resources(cloudformation, stack["StackId"]):
                if status == "DELETE_SKIPPED":
                    yield resource


# --- the stack ------------------------------------------------------------------------------------


def delete_stack(client: MakeClient, stack_id: str, pause: Callable[[], None]) -> Iterator[int]:
    """Delete a stack and wait for its end; yields how many of its resources are left, as that changes.

    Raises:
        DeletionFailed: CloudFormation says why.
    """
    cloudformation = client("cloudformation")
    cloudformation.delete_stack(StackName=stack_id)
    told = -1
    while True:
        stack = cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]
        if stack["StackStatus"] == "DELETE_COMPLETE":
            return
        if stack["StackStatus"] == "DELETE_FAILED":
            raise DeletionFailed(f"CloudFormation could not delete it: {stack.get('StackStatusReason', '')}")
        left = sum(status != "DELETE_COMPLETE" for _, status in _resources(cloudformation, stack_id))
        if left != told:
            yield left
        told = left
        pause()


# --- what stays -----------------------------------------------------------------------------------


def purge(client: MakeClient, left: Inventory) -> Iterator[tuple[str, bool]]:
    """Delete what a deleted stack left; yields each, and whether it is gone or has to be removed by hand."""
    for resource in left.stays:
        delete = _DELETIONS.get(resource.kind)
        if delete is not None:
            _unless_gone(client, partial(delete, client, resource.name))
        yield f"{resource.logical_id} {resource.name}", delete is not None
    ssm = client("ssm")
    for start in range(0, len(left.parameters), _AT_ONCE):
        names = left.parameters[start : start + _AT_ONCE]
        ssm.delete_parameters(Names=list(names))
        yield from ((name, True) for name in names)


def _unless_gone(client: MakeClient, ask: Callable[[], T]) -> T | None:
    """Return what AWS answers; ``None`` where what is asked about is gone already."""
    try:
        return ask()
    except client("ssm").exceptions.ClientError as error:  # each service's client has the same root
        if error.response["Error"]["Code"] not in _GONE_ALREADY:
            raise
        return None


def _delete_layer(client: MakeClient, arn: str) -> object:
    layer, _, version = arn.rpartition(":")
    return client("lambda").delete_layer_version(LayerName=layer, VersionNumber=int(version))


_DELETIONS: Mapping[str, Callable[[MakeClient, str], object]] = {
    "AWS::SQS::Queue": lambda client, name: client("sqs").delete_queue(QueueUrl=name),
    "AWS::DynamoDB::Table": lambda client, name: client("dynamodb").delete_table(TableName=name),
    "AWS::KMS::Key": lambda client, name: client("kms").schedule_key_deletion(
        KeyId=name, PendingWindowInDays=KEY_WAITS_DAYS
    ),
    "AWS::Lambda::LayerVersion": _delete_layer,
}


def orders_in(client: MakeClient, resources: Sequence[Resource]) -> int:
    """Return about how many orders, tokens and the like the tables hold; DynamoDB counts every six hours."""
    dynamodb = client("dynamodb")
    tables = [
        _unless_gone(client, partial(dynamodb.describe_table, TableName=each.name))
        for each in resources
        if each.kind == "AWS::DynamoDB::Table"
    ]
    return sum(table["Table"]["ItemCount"] for table in tables if table)


def messages_in(client: MakeClient, resources: Sequence[Resource]) -> int:
    """Return about how many messages wait on the queues."""
    sqs, names = client("sqs"), ["ApproximateNumberOfMessages"]
    queues = [
        _unless_gone(client, partial(sqs.get_queue_attributes, QueueUrl=each.name, AttributeNames=names))
        for each in resources
        if each.kind == "AWS::SQS::Queue"
    ]
    return sum(int(queue["Attributes"][names[0]]) for queue in queues if queue)
