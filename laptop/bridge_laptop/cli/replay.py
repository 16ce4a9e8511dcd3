"""``bridge replay``: an order's webhook is mapped anew, after the mapping or the connection was mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from difflib import unified_diff
from pathlib import Path

import click

from bridge.connections.model import Connection, Secrets
from bridge.dispatching.record import State
from bridge.errors import InvalidConnection
from bridge.operator import replay as operator
from bridge.operator.deployment import Deployment
from bridge.operator.dry_run import Change, Rehearsal, rehearse
from bridge.operator.errors import NoSuchOrder
from bridge.operator.parked import Selection
from bridge.receiving.messages import WebhookMessage
from bridge_laptop.cli import text
from bridge_laptop.cli.deployment import deployment_options
from bridge_laptop.cli.json_text import json_text
from bridge_laptop.cli.options import connection_argument, existing_file, yes_option
from bridge_laptop.cli.parked import redrive_selected, warn_of_fresh_settings
from bridge_laptop.connection_files import read_connection_file


@click.command()
@connection_argument
@click.argument("order", required=False)
@click.option("--parked", "message_id", metavar="ID", help="Take this parked message.")
@click.option(
    "--body", "body_file", type=existing_file, help="Take this body, as the shop would have sent it."
)
@click.option("--topic", help="With --body: the webhook's topic.  [default: a new order]")
@click.option("--dry-run", is_flag=True, help="Show what CoopCycle would be sent; nothing is changed.")
@click.option(
    "--connection-file",
    type=existing_file,
    help="With --dry-run: map with this file, not with what is applied.",
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
    wrong = {
        "name the order, or give --parked or --body": [order, message_id, body_file] == [None] * 3,
        "either --parked or --body": message_id is not None and body_file is not None,
        "--topic goes with --body": topic is not None and body_file is None,
        "--connection-file and --live go with --dry-run": not dry_run and (connection_file or live),
    }
    for sentence, applies in wrong.items():
        if applies:
            raise click.UsageError(sentence)
    connection, secrets = _connection(deployment, connection_id, connection_file)
    if body_file is not None:
        message = operator.webhook_of_body(
            connection, secrets, body_file.read_bytes(), topic=topic, order=order, now=datetime.now(UTC)
        )
    elif message_id is not None:
        message = operator.webhook_of_parked(deployment, connection_id, message_id, order)
    else:
        message = _of_record(deployment, connection_id, order or "")
    if dry_run:
        rehearsal = rehearse(
            deployment, connection, secrets, message, live=live, clock=lambda: datetime.now(UTC)
        )
        _tell(rehearsal)
    elif message_id is not None:
        redrive_selected(deployment, Selection(connection_id, message_id=message_id), yes=yes)
    else:
        _replay(deployment, message, yes=yes)


def _connection(deployment: Deployment, connection_id: str, file: Path | None) -> tuple[Connection, Secrets]:
    """Return the connection in force, or as the file says, with the secrets in force.

    Raises:
        OperatorError: it is not applied, or wrong.
        click.ClickException: the file is wrong.
    """
    if file is None:
        connection, _ = deployment.connection(connection_id)
        return connection, deployment.registry.secrets(connection_id)
    try:
        connection = replace(read_connection_file(file).connection, connection_id=connection_id)
    except InvalidConnection as error:
        raise click.ClickException(f"{file}: {error}") from error
    return connection, deployment.registry.secrets(connection_id)


def _of_record(deployment: Deployment, connection_id: str, order: str) -> WebhookMessage:
    try:
        return operator.webhook_of_record(deployment, connection_id, order)
    except NoSuchOrder as error:
        raise click.ClickException(
            f"{error}; take its parked message with --parked, or its body with --body"
        ) from error


def _replay(deployment: Deployment, message: WebhookMessage, *, yes: bool) -> None:
    """Ask, and put a webhook on the queue."""
    came_at = text.show_time(message.received_at, deployment.zone_of(message.connection_id))
    click.echo(f"order {message.order_id} of {message.connection_id}: {message.topic} of {came_at}")
    warn_of_fresh_settings(deployment, {message.connection_id})
    if not yes:
        click.confirm("Put it on the queue again?", abort=True)
    operator.replay(deployment, message, now=datetime.now(UTC))
    click.echo(
        "queued; what became of it: "
        f"bridge orders show {message.connection_id} {message.order_id} {text.options_of(deployment)}"
    )


# --- the dry run ----------------------------------------------------------------------------------


def _tell(rehearsal: Rehearsal) -> None:
    """Print what would be sent, and how it differs from what CoopCycle holds."""
    for change in rehearsal.changes:
        click.echo(_of_change(change, rehearsal.result.reason))
    if not rehearsal.changes:
        click.echo(f"nothing would be sent: {_why_nothing(rehearsal)}")
    elif rehearsal.changes[-1].method == "DELETE":
        return
    holds = "what CoopCycle holds now" if rehearsal.is_live else "last sent to CoopCycle"
    for line in unified_diff(
        _pretty(rehearsal.held), _pretty(rehearsal.wanted), holds, "what would be sent", lineterm=""
    ):
        click.echo(line)


def _of_change(change: Change, reason: str) -> str:
    return {
        "POST": "a delivery would be created",
        "PUT": f"{change.iri} would be changed",
        "DELETE": f"{change.iri} would be cancelled, unless a courier has it ({reason})",
    }[change.method]


def _why_nothing(rehearsal: Rehearsal) -> str:
    result, record = rehearsal.result, rehearsal.record
    if result.outcome == "duplicate":
        return "it is what was sent last"
    if result.reason == "older_than_applied" and record is not None and record.state is State.CANCELLED:
        return "the order is cancelled"
    return f"{result.outcome} ({result.reason})"


def _pretty(body: Mapping[str, object]) -> list[str]:
    """Write a body as lines, keys in one order, for a diff."""
    return json_text(body, indent=2, sort_keys=True).splitlines() if body else []
