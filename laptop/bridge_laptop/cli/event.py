"""``bridge event``: the Lambda event of a webhook, for ``sam local invoke`` or a test."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bridge import sources
from bridge_laptop import lambda_events
from bridge_laptop.cli.options import (
    body_argument,
    connection_argument,
    directory_option,
    source_option,
    topic_option,
    webhook_id_option,
)
from bridge_laptop.cli.sign import signed_push

FUNCTIONS = ("receive_webhook", "dispatch_delivery", "queue_recheck", "receive_event")


@click.command()
@click.argument("function", type=click.Choice(FUNCTIONS))
@connection_argument
@body_argument
@source_option
@topic_option
@webhook_id_option
@directory_option
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Default: stdout.")
def event(
    function: str,
    connection_id: str,
    body_file: Path,
    source: str | None,
    topic: str | None,
    webhook_id: str | None,
    directory: Path,
    output: Path | None,
) -> None:
    """Write the event with which Lambda would call FUNCTION for a signed webhook.

    Signed like `bridge sign`. dispatch_delivery's event holds the message that receive_webhook would
    have queued, queue_recheck's the wish to look at that order again, receive_event's the webhook as it
    comes over EventBridge.
    """
    body = body_file.read_bytes()
    sender, signed, options = signed_push(
        connection_id, body, source=source, topic=topic, webhook_id=webhook_id, directory=directory
    )
    if function == "receive_event" and sender != "shopify":
        raise click.ClickException(f"{sender} sends nothing over EventBridge")
    try:
        document = event_of(function, connection_id, sender, signed, options)
    except lambda_events.NotQueued as error:
        raise click.ClickException(str(error)) from error
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")


def event_of(
    function: str, connection_id: str, source: str, signed: sources.Signed, options: sources.Options
) -> dict[str, Any]:
    """Return the event with which Lambda calls a function for a push.

    Raises:
        NotQueued: the receiver would not queue the push.
    """
    now = datetime.now(UTC)
    if function == "receive_webhook":
        return lambda_events.receive_event(connection_id, signed, now)
    if function == "receive_event":
        return lambda_events.bus_event(signed, now)
    if function == "dispatch_delivery":
        return lambda_events.dispatch_event(connection_id, source, signed, now, options)
    message = lambda_events.queued_message(connection_id, source, signed, now, options)
    return lambda_events.recheck_event(connection_id, message.order_id, now)
