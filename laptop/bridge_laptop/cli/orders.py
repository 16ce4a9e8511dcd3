"""``bridge orders``: what became of an order, for the dispatcher who asks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import click

from bridge.aws.deliveries import DeliveriesTable
from bridge.coopcycle import payload
from bridge.dispatching.record import DeliveryRecord, State
from bridge.errors import BridgeError, InvalidConnection, UnknownConnection
from bridge.model import TimeWindow
from bridge_laptop import story
from bridge_laptop.cli.deployment import Deployment, deployment_options, zone_of
from bridge_laptop.cli.parked import fields_of, tell_hidden
from bridge_laptop.cli.sign import connection_argument
from bridge_laptop.parked import Parked, is_called

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Length(click.ParamType[timedelta]):
    """A length of time such as 2h."""

    name = "length of time"

    def convert(
        self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read it."""
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"([1-9][0-9]{0,4})([smhdw])", value)
        if match is None:
            self.fail("a number and s, m, h, d or w, such as 2h", param, ctx)
        return timedelta(**{_UNITS[match[2]]: int(match[1])})


@click.group()
def orders() -> None:
    """Tell what became of an order."""


@orders.command()
@connection_argument
@click.argument("order")
@click.option("--sent", "with_sent", is_flag=True, help="The body last sent to CoopCycle; it is personal.")
@click.option("--live", "with_live", is_flag=True, help="Ask CoopCycle what it holds now.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@deployment_options
def show(
    deployment: Deployment, connection_id: str, order: str, with_sent: bool, with_live: bool, as_json: bool
) -> None:
    """Show an order of a connection, by its id or by its name ('#1042').

    What arrived, what was sent, what is parked, and what happens next.
    """
    look = deployment.parked().look()
    tell_hidden(look)
    of_connection = [each for each in look.messages if each.connection_id == connection_id]
    called_so = {each.order_id for each in of_connection if is_called(order, each.order_id, each.order_name)}
    records = find_records(deployment.orders(), connection_id, order, also=called_so)
    known = {record.order_id for record in records}
    parked = [each for each in of_connection if each.order_id in known | called_so]
    if not records and not parked:
        raise click.ClickException(_unheard_of(deployment, connection_id, order))
    zone = zone_of(deployment.connections(), connection_id)
    told = []
    failures = []
    for record in records:
        of_record = [each for each in parked if each.order_id == record.order_id]
        fields = _tell(deployment, record, of_record, zone)
        if with_sent:
            fields["sent"] = json.loads(record.sent) if record.sent else None
        if with_live:
            try:
                fields["live"] = _live(deployment, record, zone)
            except BridgeError as error:
                failures.append(f"CoopCycle could not be asked for order {record.order_id}: {_why(error)}")
        told.append(fields)
    told += [_tell_parked_alone(deployment, each, zone) for each in parked if each.order_id not in known]
    click.echo(json.dumps(told, indent=2) if as_json else "\n\n".join(_text(fields) for fields in told))
    if failures:
        raise click.ClickException("; ".join(failures))


@orders.command("list")
@click.option("--connection", "connection_id", metavar="ID", help="Only orders of this connection.")
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only orders in it.")
@click.option("--since", type=Length(), help="Only what changed in the last 2h (30m, 3d, 1w).")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@deployment_options
def list_(
    deployment: Deployment,
    connection_id: str | None,
    state: str | None,
    since: timedelta | None,
    as_json: bool,
) -> None:
    """List orders, the last changed first."""
    table = deployment.orders()
    records = table.of_connection(connection_id) if connection_id else table.everything()
    now = datetime.now(UTC)
    wanted = sorted(
        (
            record
            for record in records
            if (state is None or record.state.value == state)
            and (since is None or now - record.changed_at <= since)
        ),
        key=lambda record: record.changed_at,
        reverse=True,
    )
    if as_json:
        click.echo(json.dumps([_row(record) for record in wanted], indent=2))
        return
    connections = deployment.connections()
    for record in wanted:
        zone = zone_of(connections, record.connection_id)
        known = (
            story.show_time(record.changed_at, zone),
            record.connection_id,
            f"{record.order_name} ({record.order_id})" if record.order_name else record.order_id,
            f"{record.state.value}: {record.reason}" if record.reason else record.state.value,
            record.delivery_iri,
        )
        click.echo("  ".join(part for part in known if part))
    if not wanted:
        click.echo("no such orders")


def find_records(
    table: DeliveriesTable, connection_id: str, order: str, also: Iterable[str] = ()
) -> list[DeliveryRecord]:
    """Return the records of an order by its id, else by its name, and those of the ids in ``also``."""
    found = {}
    for order_id in dict.fromkeys([order, *also]):
        record = table.load(connection_id, order_id)
        if record is not None:
            found[order_id] = record
    if not found:
        for record in table.of_connection(connection_id):
            if is_called(order, record.order_id, record.order_name):
                found[record.order_id] = record
    return list(found.values())


def _tell(
    deployment: Deployment, record: DeliveryRecord, parked: Sequence[Parked], zone: ZoneInfo
) -> dict[str, object]:
    fields = story.facts(record, zone)
    if not record.order_name:  # a webhook that could not be mapped leaves a record without
        fields["order"] = next((each.order_name for each in parked if each.order_name), record.order_id)
    fields["history"] = [
        {
            "at": story.show_time(event.at, zone),
            "topic": event.topic,
            "outcome": event.outcome,
            "reason": event.reason,
        }
        for event in record.history
    ]
    fields["parked"] = [fields_of(each) for each in parked]
    fields["next"] = story.what_next(
        record,
        parked,
        deployment.timings,
        now=datetime.now(UTC),
        zone=zone,
        options=deployment.options,
    )
    return fields


def _tell_parked_alone(deployment: Deployment, parked: Parked, zone: ZoneInfo) -> dict[str, object]:
    """Tell of a message that was parked before the worker could make a record, by SQS itself."""
    return {
        "connection": parked.connection_id,
        "order": parked.order_name or parked.order_id,
        "order_id": parked.order_id,
        "state": "no record",
        "changed_at": story.show_time(parked.parked_at, zone),
        "parked": [fields_of(parked)],
        "next": [
            "the message waits for a person; "
            + story.redrive_command(parked.connection_id, parked.order_id, deployment.options)
        ],
    }


def _unheard_of(deployment: Deployment, connection_id: str, order: str) -> str:
    counts = deployment.sqs.get_queue_attributes(
        QueueUrl=deployment.webhooks_queue_url,
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    waiting = sum(int(count) for count in counts.values())
    known = f"connection {connection_id} has no record of order {order}, and no message of it is parked"
    if waiting:
        whose = (
            "1 message of all connections is"
            if waiting == 1
            else f"{waiting} messages of all connections are"
        )
        return f"{known}; {whose} on the queue still and it may be among them, so ask again in a minute"
    return (
        f"{known}, nor is any on the queue: no webhook of it was accepted, or it was ignored "
        "(the functions' logs tell which)"
    )


def _live(deployment: Deployment, record: DeliveryRecord, zone: ZoneInfo) -> dict[str, object]:
    """Return what CoopCycle holds now; empty when there never was a delivery.

    Raises:
        BridgeError: it could not be asked.
    """
    if not record.delivery_iri:
        return {}
    connection, secrets = deployment.connections().get(record.connection_id)
    body = deployment.coopcycle(connection, secrets).get_delivery_body(record.delivery_iri)
    receipt = payload.parse_receipt(body)
    return {
        "statuses": list(receipt.statuses),
        "assigned": receipt.assigned,
        "pickup": _live_window(body.get("pickup"), zone),
        "dropoff": _live_window(body.get("dropoff"), zone),
    }


def _live_window(task: object, zone: ZoneInfo) -> str:
    if not isinstance(task, Mapping):
        return ""
    try:
        after, before = (datetime.fromisoformat(str(task.get(name))) for name in ("after", "before"))
        return story.show_window(TimeWindow(after, before), zone)
    except ValueError:
        return ""


def _why(error: BridgeError) -> str:
    if isinstance(error, UnknownConnection):
        return "the connection is not applied any more"
    if isinstance(error, InvalidConnection):
        return f"the connection is wrong, {error}"
    return str(error)


def _row(record: DeliveryRecord) -> dict[str, str]:
    return {
        "connection": record.connection_id,
        "order": record.order_name,
        "order_id": record.order_id,
        "state": record.state.value,
        "reason": record.reason,
        "changed_at": record.changed_at.isoformat(),
        "delivery": record.delivery_iri,
    }


def _text(fields: Mapping[str, object]) -> str:
    lines = []
    for name, value in fields.items():
        title = f"{name.replace('_', ' '):<20} "
        if name == "sent" and value is not None:
            lines += [title.rstrip(), json.dumps(value, indent=2, ensure_ascii=False)]
        elif isinstance(value, list):
            lines += [
                f"{title if number == 0 else ' ' * 21}{_line(each)}" for number, each in enumerate(value)
            ]
        elif isinstance(value, Mapping):
            lines.append(title + (_line(value) or "CoopCycle was never sent a delivery, as far as is known"))
        elif value:
            lines.append(f"{title}{'yes' if value is True else value}")
    return "\n".join(lines)


def _line(value: object) -> str:
    """Write an event, a parked message or what CoopCycle holds as one line."""
    if not isinstance(value, Mapping):
        return str(value)
    if "message_id" in value:
        return f"{value['message_id']}  {value['topic']}  {value['reason']}: {value['because']}"
    if "outcome" in value:
        return "  ".join(str(part) for part in value.values() if part)
    if not value:
        return ""
    assigned = "a courier has it" if value["assigned"] else "no courier is known to have it"
    statuses = ", ".join(str(status) for status in value["statuses"])
    return f"{statuses}; {assigned}; pickup {value['pickup']}; dropoff {value['dropoff']}"
