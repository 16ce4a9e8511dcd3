"""Queues and tables of the template, made on an AWS emulator."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from bridge.operator.connections import connections_path
from bridge_laptop import sam_template
from bridge_laptop.local.running_stack import ENVIRONMENT

STACK = "bridge-local"
CONNECTIONS_PATH = connections_path(ENVIRONMENT)
BACKOFF_OF_THE_TEMPLATE = 30  # seconds; the queue's visibility is scaled with it


def provision(template: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """Make the template's queues and tables if they are not there, and return what references mean.

    ``environ`` may hold the timings (``BRIDGE_BACKOFF_BASE_SECONDS`` …) that template parameters hold in AWS.
    """
    sqs, dynamodb = boto3.client("sqs"), boto3.client("dynamodb")
    names = sam_template.parameters(template) | {
        "Environment": ENVIRONMENT,
        "AWS::Partition": "aws",
        "AWS::Region": dynamodb.meta.region_name,
        "AWS::AccountId": "123456789012",
        "AWS::URLSuffix": "amazonaws.com",
        "Console": "on",
        **dict.fromkeys(("Api", "ConsoleUserPoolDomain", "ConsoleUserPoolClient"), "local"),
    }
    for variable, parameter in (
        ("BRIDGE_SETTLE_SECONDS", "SettleSeconds"),
        ("BRIDGE_BACKOFF_BASE_SECONDS", "BackoffBaseSeconds"),
        ("BRIDGE_HTTP_READ_TIMEOUT_SECONDS", "HttpReadTimeoutSeconds"),
        ("TOKEN_CACHE", "TokenCache"),
        ("POWERTOOLS_LOG_LEVEL", "LogLevel"),
        ("SHOPIFY_EVENT_SOURCE_NAME", "ShopifyEventSourceName"),
    ):
        if environ.get(variable):
            names[parameter] = environ[variable]
    queues = sam_template.deployed(template, "AWS::SQS::Queue", names)
    # a queue needs the address of its dead-letter queue
    for logical_id in sorted(queues, key=lambda name: "RedrivePolicy" in queues[name]):
        _make_queue(sqs, logical_id, queues[logical_id], names)
    for logical_id, properties in sam_template.deployed(template, "AWS::DynamoDB::Table", names).items():
        _make_table(dynamodb, logical_id, properties, names)
    for logical_id in sam_template.deployed(template, "AWS::Logs::LogGroup", names):
        names[logical_id] = f"{STACK}-{logical_id}"  # made when the first line is written
    return names


def _make_queue(sqs: Any, logical_id: str, properties: dict[str, Any], names: dict[str, str]) -> None:
    wanted = sam_template.resolve(properties, names)
    attributes = {
        key: json.dumps(value)
        if isinstance(value, dict)
        else str(value).lower()
        if value is True
        else str(value)
        for key, value in wanted.items()
    }
    if "VisibilityTimeout" in wanted:
        attributes["VisibilityTimeout"] = str(_scaled_visibility(wanted["VisibilityTimeout"], names))
    name = f"{STACK}-{logical_id}" + (".fifo" if wanted.get("FifoQueue") else "")
    try:
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    except sqs.exceptions.QueueNameExists:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
    arn = f"arn:aws:sqs:{names['AWS::Region']}:{names['AWS::AccountId']}:{name}"
    names |= {logical_id: url, f"{logical_id}.Arn": arn, f"{logical_id}.QueueName": name}


def _scaled_visibility(seconds: int, names: Mapping[str, str]) -> int:
    """Shorten the queue's visibility as the back-off is shortened, so that a fault test is quick."""
    scaled = seconds * float(names["BackoffBaseSeconds"]) / BACKOFF_OF_THE_TEMPLATE
    return max(2, math.ceil(scaled), math.ceil(1.5 * float(names["HttpReadTimeoutSeconds"])))


def _make_table(dynamodb: Any, logical_id: str, properties: dict[str, Any], names: dict[str, str]) -> None:
    name = f"{STACK}-{logical_id}"
    try:
        dynamodb.create_table(
            TableName=name,
            KeySchema=properties["KeySchema"],
            AttributeDefinitions=properties["AttributeDefinitions"],
            **{name: properties[name] for name in ("GlobalSecondaryIndexes",) if properties.get(name)},
            BillingMode="PAY_PER_REQUEST",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceInUseException":
            raise
    arn = f"arn:aws:dynamodb:{names['AWS::Region']}:{names['AWS::AccountId']}:table/{name}"
    names |= {logical_id: name, f"{logical_id}.Arn": arn}
