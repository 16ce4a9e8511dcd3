"""``bridge replay``: an order's webhook is mapped anew, after the mapping or the connection was mended."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from difflib import unified_diff
from functools import cache
from pathlib import Path

import click

from bridge import sources
from bridge.aws.connections import read_parameters, secrets_of
from bridge.connections.model import Connection, Secrets
from bridge.dispatching.dispatcher import Dispatcher, Result
from bridge.dispatching.record import DeliveryRecord, State
from bridge.errors import (
    BridgeError,
    InvalidConnection,
    PermanentError,
    RejectedWebhook,
    RetryableError,
    UnknownConnection,
    WebhookTooLarge,
)
from bridge.model import Ignored
from bridge.receiving.messages import UnreadableMessage, WebhookMessage, read_message
from bridge.sources.shared.shop_api import ShopApi
from bridge_laptop import signing
from bridge_laptop.cli.connections import yes_option
from bridge_laptop.cli.deployment import Deployment, deployment_options, zone_of
from bridge_laptop.cli.orders import find_records
from bridge_laptop.cli.parked import redrive_selected, warn_of_fresh_settings
from bridge_laptop.cli.sign import connection_argument
from bridge_laptop.connection_files import read_connection_file
from bridge_laptop.parked import Selection, is_called, queue_again
from bridge_laptop.rehearsal import (
    Change,
    NoRechecks,
    RehearsedCoopCycle,
    RehearsedTable,
    as_sent,
    pretty,
)
from bridge_laptop.story import show_time

_file = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command()
@connection_argument
@click.argument("order", required=False)
@click.option("--parked", "message_id", metavar="ID", help="Take this parked message.")
@click.option("--body", "body_file", type=_file, help="Take this body, as the shop would have sent it.")
@click.option("--topic", help="With --body: the webhook's topic.  [default: a new order]")
@click.option("--dry-run", is_flag=True, help="Show what CoopCycle would be sent; nothing is changed.")
@click.option(
    "--connection-file", type=_file, help="With --dry-run: map with this file, not with what is applied."
)
@click.option("--live", is_flag=True, help="With --dry-run: compare with what CoopCycle holds now.")
@yes_option
@deployment_options
def replay(
    deployment: Deployment,
    connection_id: str,
    order: str | None,
    message_id: str | None,
    body_file: Path | None,
    topic: str | None,
    dry_run: bool,
    connection_file: Path | None,
    live: bool,
    yes: bool,
) -> None:
    """Put an order's last webhook on the queue again, so that it is mapped anew.

    Without --parked or --body it is the webhook that the ORDER's delivery (by its id or name) was made from.
    A delivery that exists keeps its windows, and is changed only if what would be sent has changed.
    """
    if [order, message_id, body_file] == [None] * 3:
        raise click.UsageError("name the order, or give --parked or --body")
    if message_id is not None and body_file is not None:
        raise click.UsageError("either --parked or --body")
    if topic is not None and body_file is None:
        raise click.UsageError("--topic goes with --body")
    if not dry_run and (connection_file is not None or live):
        raise click.UsageError("--connection-file and --live go with --dry-run")
    connection, secrets = _connection(deployment, connection_id, connection_file)
    if body_file is not None:
        message = _of_body(connection, secrets, body_file.read_bytes(), topic, order)
    elif message_id is not None:
        message = _of_parked(deployment, connection_id, message_id, order)
    else:
        message = _of_record(deployment, connection_id, order or "")
    if dry_run:
        _rehearse(deployment, connection, secrets, message, live=live)
    elif message_id is not None:
        redrive_selected(deployment, Selection(connection_id, message_id=message_id), yes=yes)
    else:
        _queue(deployment, message, yes=yes)


def _connection(deployment: Deployment, connection_id: str, file: Path | None) -> tuple[Connection, Secrets]:
    """Return the connection in force, or as the file says, with the secrets in force.

    Raises:
        click.ClickException: it is not applied, or wrong.
    """
    try:
        if file is None:
            return deployment.connections().get(connection_id)
        connection = replace(read_connection_file(file).connection, connection_id=connection_id)
    except UnknownConnection as error:
        raise click.ClickException(
            f"no connection {connection_id} under {deployment.connections_path}"
        ) from error
    except InvalidConnection as error:
        raise click.ClickException(f"connection {connection_id}: {error}") from error
    parameters = read_parameters(deployment.ssm, deployment.connections_path, connection_id)
    return connection, secrets_of(parameters)


# --- which webhook ----------------------------------------------------------------------------------


def _of_record(deployment: Deployment, connection_id: str, order: str) -> WebhookMessage:
    records = find_records(deployment.orders(), connection_id, order)
    if not records:
        raise click.ClickException(
            f"connection {connection_id} has no record of order {order}; "
            "take its parked message with --parked, or its body with --body"
        )
    if len(records) > 1:
        ids = ", ".join(record.order_id for record in records)
        raise click.ClickException(f"several orders are called {order}; name one by its id: {ids}")
    try:
        message = read_message(records[0].message) if records[0].message else None
    except UnreadableMessage:  # of an older version of the bridge
        message = None
    if not isinstance(message, WebhookMessage):
        raise click.ClickException(
            f"the record of order {order} holds no webhook; "
            "take its parked message with --parked, or its body with --body"
        )
    return message


def _of_parked(
    deployment: Deployment, connection_id: str, message_id: str, order: str | None
) -> WebhookMessage:
    found = next(
        (each for each in deployment.parked().look().messages if each.message_id == message_id), None
    )
    if found is None:
        raise click.ClickException(f"no message {message_id} is parked")
    if not isinstance(found.message, WebhookMessage):
        raise click.ClickException(f"message {message_id} is no webhook; `bridge parked redrive` queues it")
    if found.connection_id != connection_id:
        raise click.ClickException(f"message {message_id} came through connection {found.connection_id}")
    if order is not None and not is_called(order, found.order_id, found.order_name):
        raise click.ClickException(f"message {message_id} is about order {found.order_id}")
    return found.message


def _of_body(
    connection: Connection, secrets: Secrets, body: bytes, topic: str | None, order: str | None
) -> WebhookMessage:
    """Return the message that the receiver would have queued for this body.

    Raises:
        click.ClickException: it would have refused or ignored it.
    """
    source = sources.get(connection.source)
    now = datetime.now(UTC)
    signed = signing.signed(
        connection.source,
        body,
        next(iter(secrets.webhook), "none"),
        topic,
        str(uuid.uuid4()),
        options=connection.options,
        now=now,
    )
    headers = {name.lower(): value for name, value in signed.headers.items()}
    push = sources.Push(signed.body, headers, now, signed.path_secret)
    try:
        webhook = source.identify(push, connection.options)
    except RejectedWebhook as error:
        raise click.ClickException(f"the body cannot be read ({error.reason})") from error
    if isinstance(webhook, Ignored):
        raise click.ClickException(f"the receiver would ignore this body ({webhook.reason})")
    if connection.orders.topics and webhook.topic not in connection.orders.topics:
        raise click.ClickException(f"connection {connection.connection_id} does not follow {webhook.topic}")
    message = WebhookMessage.of(connection.connection_id, connection.source, push, webhook)
    if order is not None and order != message.order_id:
        raise click.ClickException(f"the body is about order {message.order_id}")
    return message


# --- for real -----------------------------------------------------------------------------------------


def _queue(deployment: Deployment, message: WebhookMessage, *, yes: bool) -> None:
    zone = zone_of(deployment.connections(), message.connection_id)
    click.echo(
        f"order {message.order_id} of {message.connection_id}: "
        f"{message.topic} of {show_time(message.received_at, zone)}"
    )
    warn_of_fresh_settings(deployment, {message.connection_id})
    if not yes:
        click.confirm("Put it on the queue again?", abort=True)
    try:
        queue_again(
            deployment.sqs,
            deployment.webhooks_queue_url,
            message,
            deduplication_id=f"replay/{uuid.uuid4()}",
        )
    except WebhookTooLarge as error:
        raise click.ClickException("the body does not fit a queue message even when compressed") from error
    click.echo(
        "queued; what became of it: "
        f"bridge orders show {message.connection_id} {message.order_id} {deployment.options}"
    )


# --- the dry run --------------------------------------------------------------------------------------


def _rehearse(
    deployment: Deployment,
    connection: Connection,
    secrets: Secrets,
    message: WebhookMessage,
    *,
    live: bool,
) -> None:
    """Print what would be sent, and how it differs from what CoopCycle holds.

    Raises:
        click.ClickException: the message would wait, or would be parked; or CoopCycle could not be asked.
    """
    record = deployment.orders().load(message.connection_id, message.order_id)
    client = cache(lambda: deployment.coopcycle(connection, secrets))
    coopcycle = RehearsedCoopCycle(client)
    dispatcher = Dispatcher(
        RehearsedTable(record),
        NoRechecks(),
        lambda *_: coopcycle,
        lambda given: ShopApi(given.shop_token, read_timeout_seconds=deployment.http_read_timeout_seconds),
        clock=lambda: datetime.now(UTC),
        settle_seconds=deployment.timings.settle.total_seconds(),
    )
    try:
        result = dispatcher.dispatch(connection, secrets, message)
    except RetryableError as error:
        raise click.ClickException(f"it would wait ({error.code}): {error}") from error
    except RejectedWebhook as error:
        raise click.ClickException(f"it would be parked ({error.code}): {error.reason}") from error
    except PermanentError as error:
        raise click.ClickException(f"it would be parked ({error.code}): {error}") from error
    changes: Sequence[Change | None] = coopcycle.changes or [None]
    for each in changes:
        click.echo(_verdict(result, each, record))
    change = changes[-1]
    sent = json.loads(record.sent) if record is not None and record.exists and record.sent else {}
    wanted = change.body if change is not None else sent
    holds, held = "last sent to CoopCycle", sent
    if live and record is not None and record.exists:
        try:
            body = client().get_delivery_body(record.delivery_iri)
        except BridgeError as error:
            raise click.ClickException(f"CoopCycle could not be asked: {error}") from error
        holds, held = "what CoopCycle holds now", as_sent(body, like=wanted, sent=sent)
    if change is None or change.method != "DELETE":
        click.echo(
            "\n".join(unified_diff(pretty(held), pretty(wanted), holds, "what would be sent", lineterm="")),
            nl=held != wanted,
        )


def _verdict(result: Result, change: Change | None, record: DeliveryRecord | None) -> str:
    if change is None:
        if result.outcome == "duplicate":
            return "nothing would be sent: it is what was sent last"
        if result.reason == "older_than_applied" and record is not None and record.state is State.CANCELLED:
            return "nothing would be sent: the order is cancelled"
        return f"nothing would be sent: {result.outcome} ({result.reason})"
    return {
        "POST": "a delivery would be created",
        "PUT": f"{change.iri} would be changed",
        "DELETE": f"{change.iri} would be cancelled, unless a courier has it ({result.reason})",
    }[change.method]
