"""``bridge event``: the Lambda event of a webhook, for ``sam local invoke`` or a test."""

from __future__ import annotations

import json
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge import sources
from bridge.aws.queues import message_group
from bridge.errors import RejectedWebhook
from bridge.model import Ignored
from bridge.receiving.messages import Recheck, WebhookMessage
from bridge_laptop.cli.sign import (
    body_argument,
    connection_argument,
    signed_push,
    source_option,
    topic_option,
    webhook_id_option,
)
from bridge_laptop.local.front import http_event
from bridge_laptop.local.poller import queue_event

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import MessageSystemAttributeNameType
    from mypy_boto3_sqs.type_defs import MessageTypeDef

RECHECKS_QUEUE_ARN = "arn:aws:sqs:eu-west-3:123456789012:bridge-dev-rechecks"
QUEUE_ARN = "arn:aws:sqs:eu-west-3:123456789012:bridge-dev-webhooks.fifo"
EVENTS_QUEUE_ARN = "arn:aws:sqs:eu-west-3:123456789012:bridge-dev-events"
EVENT_SOURCE_NAME = "aws.partner/shopify.com/1830279/test-event-source"
FUNCTIONS = ("receive_webhook", "dispatch_delivery", "queue_recheck", "receive_event")


@click.command()
@click.argument("function", type=click.Choice(FUNCTIONS))
@connection_argument
@body_argument
@source_option
@topic_option
@webhook_id_option
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Default: stdout.")
def event(
    function: str,
    connection_id: str,
    body_file: Path,
    source: str | None,
    topic: str | None,
    webhook_id: str | None,
    output: Path | None,
) -> None:
    """Write the event with which Lambda would call FUNCTION for a signed webhook.

    Signed like `bridge sign`. dispatch_delivery's event holds the message that receive_webhook would
    have queued, queue_recheck's the wish to look at that order again, receive_event's the webhook as it
    comes over EventBridge.
    """
    body = body_file.read_bytes()
    sender, signed = signed_push(connection_id, body, source=source, topic=topic, webhook_id=webhook_id)
    now = datetime.now(UTC)
    if function == "receive_webhook":
        document = receive_event(connection_id, signed, now)
    elif function == "dispatch_delivery":
        document = dispatch_event(connection_id, sender, signed, now)
    elif function == "receive_event":
        if sender != "shopify":
            raise click.ClickException(f"{sender} sends nothing over EventBridge")
        document = bus_event(signed, now)
    else:
        document = recheck_event(connection_id, _accepted(connection_id, sender, signed, now).order_id, now)
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")


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


def dispatch_event(connection_id: str, source: str, signed: sources.Signed, now: datetime) -> dict[str, Any]:
    """Return the SQS event of the message that the receiver would have queued.

    Raises:
        click.ClickException: the receiver would not have queued it.
    """
    message = _accepted(connection_id, source, signed, now)
    group = message_group(connection_id, message.order_id)
    deduplication_id = f"{connection_id}/{message.webhook_id}"
    return queue_event([_received(message.to_text(), now, group, deduplication_id)], QUEUE_ARN)


def recheck_event(connection_id: str, order_id: str, now: datetime) -> dict[str, Any]:
    """Return the SQS event of a recheck that is due."""
    return queue_event([_received(Recheck(connection_id, order_id).to_text(), now)], RECHECKS_QUEUE_ARN)


def bus_event(signed: sources.Signed, now: datetime) -> dict[str, Any]:
    """Return the SQS event of a Shopify webhook that came over EventBridge: no bytes, but parsed JSON.

    Raises:
        click.ClickException: the body is not JSON.
    """
    try:
        payload = json.loads(signed.body)
    except ValueError as error:
        raise click.ClickException("the body cannot be read (not_json)") from error
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "shopifyWebhook",
        "source": EVENT_SOURCE_NAME,
        "account": "123456789012",
        "time": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "eu-west-3",
        "resources": [],
        "detail": {"payload": payload, "metadata": dict(signed.headers)},
    }
    return queue_event([_received(json.dumps(event, ensure_ascii=False), now)], EVENTS_QUEUE_ARN)


def _accepted(connection_id: str, source: str, signed: sources.Signed, now: datetime) -> WebhookMessage:
    push = sources.Push(
        signed.body,
        {name.lower(): value for name, value in signed.headers.items()},
        now,
        signed.path_secret,
    )
    try:
        webhook = sources.get(source).identify(push, sources.Options())
    except RejectedWebhook as error:
        raise click.ClickException(f"the body cannot be read ({error.reason})") from error
    if isinstance(webhook, Ignored):
        raise click.ClickException(f"receive_webhook would ignore it ({webhook.reason})")
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
