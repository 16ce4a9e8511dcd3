"""The Lambda events of a webhook: of the HTTP API, of the queues, of Shopify's event bus.

Sources: AWS, "Create AWS Lambda proxy integrations for HTTP APIs" (payload format 2.0); "Using Lambda with
Amazon SQS" (the event of a batch); Shopify, "Deliver webhooks through Amazon EventBridge".
Pure: nothing is asked, nothing heavy is imported.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from bridge import sources
from bridge.aws.queues import message_group
from bridge.errors import RejectedWebhook
from bridge.model import Ignored
from bridge.receiving.messages import Recheck, WebhookMessage

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import MessageSystemAttributeNameType
    from mypy_boto3_sqs.type_defs import MessageTypeDef

RECHECKS_QUEUE_ARN = "arn:aws:sqs:eu-west-3:123456789012:bridge-dev-rechecks"
QUEUE_ARN = "arn:aws:sqs:eu-west-3:123456789012:bridge-dev-webhooks.fifo"
EVENTS_QUEUE_ARN = "arn:aws:sqs:eu-west-3:123456789012:bridge-dev-events"
EVENT_SOURCE_NAME = "aws.partner/shopify.com/1830279/test-event-source"
TEXT_TYPES = re.compile(r"(text/.*|application/(json|javascript|xml))$")


class NotQueued(ValueError):
    """The receiver would not queue this webhook; the text says why."""


def http_event(
    *,
    method: str,
    path: str,
    route: str,
    path_parameters: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
    query: str = "",
    source_ip: str = "127.0.0.1",
    now: datetime | None = None,
) -> dict[str, Any]:
    """Return an HTTP API event, payload format 2.0; bodies that are not text go as base64."""
    now = now or datetime.now(UTC)
    lower = {name.lower(): value for name, value in headers.items()}
    kind = lower.get("content-type", "").split(";")[0].strip().lower()
    text: str | None = None
    if TEXT_TYPES.match(kind):
        try:
            text = body.decode("utf-8")
        except UnicodeDecodeError:
            text = None
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} {route}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": lower,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "local",
            "domainName": lower.get("host", "localhost"),
            "domainPrefix": "local",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": source_ip,
                "userAgent": lower.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": f"{method} {route}",
            "stage": "$default",
            "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "queryStringParameters": dict(parse_qsl(query, keep_blank_values=True)),
        "pathParameters": dict(path_parameters),
        "isBase64Encoded": text is None,
    }
    if body:
        event["body"] = text if text is not None else base64.b64encode(body).decode("ascii")
    else:
        event["isBase64Encoded"] = False
    return event


def queue_event(messages: list[MessageTypeDef], queue_arn: str) -> dict[str, Any]:
    """Return the SQS event of a batch."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": dict(message["Attributes"]),
                "messageAttributes": {
                    name: {"stringValue": value["StringValue"], "dataType": value["DataType"]}
                    for name, value in message.get("MessageAttributes", {}).items()
                },
                "md5OfBody": hashlib.md5(message["Body"].encode(), usedforsecurity=False).hexdigest(),
                "eventSource": "aws:sqs",
                "eventSourceARN": queue_arn,
                "awsRegion": queue_arn.split(":")[3],
            }
            for message in messages
        ]
    }


def receive_event(connection_id: str, signed: sources.Signed, now: datetime) -> dict[str, Any]:
    """Return the HTTP API event of a pushed webhook."""
    parameters = {"connection_id": connection_id}
    route = "/webhooks/{connection_id}"
    if signed.path_secret:
        parameters |= {"secret": signed.path_secret}
        route += "/{secret}"
    return http_event(
        method="POST",
        path=signed.address("", connection_id),
        route=route,
        path_parameters=parameters,
        headers={"Host": "localhost", "Content-Length": str(len(signed.body)), **signed.headers},
        body=signed.body,
        now=now,
    )


def dispatch_event(
    connection_id: str, source: str, signed: sources.Signed, now: datetime, options: sources.Options
) -> dict[str, Any]:
    """Return the SQS event of the message that the receiver would have queued.

    Raises:
        NotQueued: the receiver would not have queued it.
    """
    message = queued_message(connection_id, source, signed, now, options)
    group = message_group(connection_id, message.order_id)
    deduplication_id = f"{connection_id}/{message.webhook_id}"
    return queue_event([_received(message.to_text(), now, group, deduplication_id)], QUEUE_ARN)


def recheck_event(connection_id: str, order_id: str, now: datetime) -> dict[str, Any]:
    """Return the SQS event of a recheck that is due."""
    return queue_event([_received(Recheck(connection_id, order_id).to_text(), now)], RECHECKS_QUEUE_ARN)


def bus_event(signed: sources.Signed, now: datetime, source_name: str = EVENT_SOURCE_NAME) -> dict[str, Any]:
    """Return the SQS event of a Shopify webhook that came over EventBridge: no bytes, but parsed JSON.

    Raises:
        NotQueued: the body is not JSON.
    """
    try:
        payload = json.loads(signed.body)
    except ValueError as error:
        raise NotQueued("the body cannot be read (not_json)") from error
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "shopifyWebhook",
        "source": source_name,
        "account": "123456789012",
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "eu-west-3",
        "resources": [],
        "detail": {"payload": payload, "metadata": dict(signed.headers)},
    }
    return queue_event([_received(json.dumps(event, ensure_ascii=False), now)], EVENTS_QUEUE_ARN)


def queued_message(
    connection_id: str, source: str, signed: sources.Signed, now: datetime, options: sources.Options
) -> WebhookMessage:
    """Return the message that the receiver would queue for a push to a connection with these options.

    Raises:
        NotQueued: it would not queue it.
    """
    push = sources.Push(
        signed.body,
        {name.lower(): value for name, value in signed.headers.items()},
        now,
        signed.path_secret,
    )
    try:
        webhook = sources.get(source).identify(push, options)
    except RejectedWebhook as error:
        raise NotQueued(f"the body cannot be read ({error.reason})") from error
    if isinstance(webhook, Ignored):
        raise NotQueued(f"receive_webhook would ignore it ({webhook.reason})")
    return WebhookMessage.of(connection_id, source, push, webhook)


def _received(text: str, now: datetime, group: str = "", deduplication_id: str = "") -> MessageTypeDef:
    milliseconds = str(int(now.timestamp() * 1000))
    fifo: dict[MessageSystemAttributeNameType, str] = {
        "SequenceNumber": "18849496460467696128",
        "MessageGroupId": group,
        "MessageDeduplicationId": deduplication_id,
    }
    return {
        "MessageId": str(uuid.uuid4()),
        "ReceiptHandle": "made-by-bridge-event",
        "Body": text,
        "Attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": milliseconds,
            "SenderId": "AROAEXAMPLE:bridge-dev-receive-webhook",
            "ApproximateFirstReceiveTimestamp": milliseconds,
            **(fifo if group else {}),
        },
    }
