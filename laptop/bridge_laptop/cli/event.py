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
from bridge.messages import WebhookMessage
from bridge.model import Ignored
from bridge_laptop.cli.sign import (
    body_argument,
    connection_argument,
    signed_headers,
    source_option,
    topic_option,
    webhook_id_option,
)
from bridge_laptop.local.front import http_event
from bridge_laptop.local.poller import queue_event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_sqs.type_defs import MessageTypeDef

QUEUE_ARN = "arn:aws:sqs:eu-west-3:123456789012:bridge-dev-webhooks.fifo"
FUNCTIONS = ("receive_webhook", "dispatch_delivery")


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
    source: str,
    topic: str | None,
    webhook_id: str | None,
    output: Path | None,
) -> None:
    """Write the event with which Lambda would call FUNCTION for a signed webhook.

    Signed like `bridge sign`. dispatch_delivery's event holds the message that receive_webhook would
    have queued.
    """
    body = body_file.read_bytes()
    headers = signed_headers(connection_id, body, source=source, topic=topic, webhook_id=webhook_id)
    now = datetime.now(UTC)
    document = (
        receive_event(connection_id, headers, body, now)
        if function == "receive_webhook"
        else dispatch_event(connection_id, source, headers, body, now)
    )
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")


def receive_event(
    connection_id: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> dict[str, Any]:
    """Return the HTTP API event of a pushed webhook."""
    return http_event(
        method="POST",
        path=f"/webhooks/{connection_id}",
        route="/webhooks/{connection_id}",
        path_parameters={"connection_id": connection_id},
        headers={"Host": "localhost", "Content-Length": str(len(body)), **headers},
        body=body,
        now=now,
    )


def dispatch_event(
    connection_id: str, source: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> dict[str, Any]:
    """Return the SQS event of the message that the receiver would have queued.

    Raises:
        click.ClickException: the receiver would not have queued it.
    """
    push = sources.Push(body, {name.lower(): value for name, value in headers.items()}, now)
    try:
        webhook = sources.get(source).identify(push, sources.Options())
    except RejectedWebhook as error:
        raise click.ClickException(f"the body cannot be read ({error.reason})") from error
    if isinstance(webhook, Ignored):
        raise click.ClickException(f"receive_webhook would ignore it ({webhook.reason})")
    message = WebhookMessage.of(connection_id, source, push, webhook)
    milliseconds = str(int(now.timestamp() * 1000))
    received: MessageTypeDef = {
        "MessageId": str(uuid.uuid4()),
        "ReceiptHandle": "made-by-bridge-event",
        "Body": message.to_text(),
        "Attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": milliseconds,
            "SequenceNumber": "18849496460467696128",
            "MessageGroupId": message_group(connection_id, webhook.order_id),
            "SenderId": "AROAEXAMPLE:bridge-dev-receive-webhook",
            "MessageDeduplicationId": f"{connection_id}/{webhook.webhook_id}",
            "ApproximateFirstReceiveTimestamp": milliseconds,
        },
    }
    return queue_event([received], QUEUE_ARN)
