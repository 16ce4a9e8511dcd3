"""``bridge orders``: what became of an order, for the dispatcher who asks."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import boto3
import click

from bridge.aws.connections import ConnectionStore
from bridge.aws.deliveries import DeliveriesTable
from bridge.errors import InvalidConnection, UnknownConnection
from bridge.lifecycle import DeliveryRecord, State
from bridge.model import TimeWindow
from bridge_laptop.cli.aws import plain_aws_errors
from bridge_laptop.cli.registry import connections_path
from bridge_laptop.local import state
from bridge_laptop.local.stack import LOCAL_AWS

NEXT = {
    State.CREATING: "the bridge goes on by itself: it asks CoopCycle for the delivery, else posts again",
    State.CREATED: "nothing; a newer webhook of the order changes or cancels the delivery",
    State.CANCELLED: "nothing",
    State.CANCEL_REFUSED: "call the courier: CoopCycle refuses to cancel what is assigned",
    State.IGNORED: "nothing, unless the shop changes the order",
    State.REJECTED: "mend the order or the connection, then redrive the parked message",
}


@click.group()
def orders() -> None:
    """Tell what became of an order."""


@orders.command()
@click.argument("connection_id")
@click.argument("order")
@click.option("--environment", default="dev", show_default=True, help="Which deployment.")
@click.option("--local", "is_local", is_flag=True, help="Ask the running `bridge local`.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def show(connection_id: str, order: str, environment: str, is_local: bool, as_json: bool) -> None:
    """Show an order of a connection, by its id or by its name ('#1042')."""
    with plain_aws_errors():
        table, path = _table(environment, is_local)
        found = list(_find(table, connection_id, order))
        if not found:
            raise click.ClickException(
                f"connection {connection_id} has no record of order {order}: no webhook that leads to a "
                "delivery was handled yet (it may be waiting on the queue, or parked without a record)"
            )
        zone = _zone(path, connection_id)
    for record in found:
        click.echo(json.dumps(_fields(record, zone), indent=2) if as_json else _text(record, zone))


def _table(environment: str, is_local: bool) -> tuple[DeliveriesTable, str]:
    if is_local:
        try:
            local = state.read()
        except state.NotRunning as error:
            raise click.ClickException(str(error)) from error
        os.environ.update(LOCAL_AWS | {"AWS_ENDPOINT_URL": local.aws_endpoint})
        return DeliveriesTable(boto3.client("dynamodb"), local.names["DeliveriesTable"]), connections_path(
            "dev"
        )
    stack = f"bridge-{environment}"
    described = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
    name = outputs["DeliveriesTableName"]
    return DeliveriesTable(boto3.client("dynamodb"), name), connections_path(environment)


def _find(table: DeliveriesTable, connection_id: str, order: str) -> Iterator[DeliveryRecord]:
    record = table.load(connection_id, order)
    if record is not None:
        yield record
        return
    names = {order, f"#{order}"}
    for record in table.of_connection(connection_id):
        if record.order_name in names:
            yield record


def _zone(path: str, connection_id: str) -> ZoneInfo:
    """Return the connection's time zone; UTC where it has none or is gone."""
    try:
        connection, _ = ConnectionStore(boto3.client("ssm"), path).get(connection_id)
    except (UnknownConnection, InvalidConnection):
        return ZoneInfo("UTC")
    return ZoneInfo(connection.timezone or "UTC")


def _fields(record: DeliveryRecord, zone: ZoneInfo) -> dict[str, object]:
    windows = record.windows
    return {
        "order": record.order_name or record.order_id,
        "order_id": record.order_id,
        "state": record.state.value,
        "reason": record.reason,
        "delivery": record.delivery_iri,
        "tracking": record.tracking_url,
        "pickup": _window(windows.pickup, zone) if windows else "",
        "dropoff": _window(windows.dropoff, zone) if windows else "",
        "attempts": len(record.attempts),
        "outcome_was_unknown": record.in_doubt,
        "changed_at": record.changed_at.astimezone(zone).isoformat(timespec="seconds"),
        "next": NEXT[record.state],
    }


def _text(record: DeliveryRecord, zone: ZoneInfo) -> str:
    return "\n".join(
        f"{name.replace('_', ' '):<20} {value}" for name, value in _fields(record, zone).items() if value
    )


def _window(window: TimeWindow, zone: ZoneInfo) -> str:
    after, before = window.after.astimezone(zone), window.before.astimezone(zone)
    return f"{after:%a %d %b %Y %H:%M} – {before:%H:%M} {zone.key}"
