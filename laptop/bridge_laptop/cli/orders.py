"""``bridge orders``: what became of an order, for the dispatcher who asks."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import click

from bridge.aws.order_index import OrderRow
from bridge.dispatching.record import DeliveryRecord, State
from bridge.model import TimeWindow
from bridge.operator import orders as operator
from bridge.operator.deployment import Deployment
from bridge.operator.errors import CoopCycleNotAsked, NoSuchOrder
from bridge.operator.orders import LiveDelivery, OrderReport
from bridge_laptop.cli import as_json as for_programs
from bridge_laptop.cli import text
from bridge_laptop.cli.deployment import deployment_options
from bridge_laptop.cli.group import Group
from bridge_laptop.cli.json_text import json_text
from bridge_laptop.cli.options import Length, connection_argument, json_option
from bridge_laptop.cli.table import print_table


@click.group(cls=Group)
def orders() -> None:
    """Tell what became of an order."""


@orders.command()
@connection_argument
@click.argument("order")
@click.option("--sent", "with_sent", is_flag=True, help="The body last sent to CoopCycle; it is personal.")
@click.option("--live", "with_live", is_flag=True, help="Ask CoopCycle what it holds now.")
@json_option
@deployment_options
def show(
    deployment: Deployment, connection_id: str, order: str, with_sent: bool, with_live: bool, as_json: bool
) -> None:
    """Show an order of a connection, by its id or by its name ('#1042').

    What arrived, what was sent, what is parked, and what happens next.
    """
    try:
        found = operator.report(deployment, connection_id, order, now=datetime.now(UTC))
    except NoSuchOrder as error:
        raise click.ClickException(text.never_came(error)) from error
    if found.hidden:
        click.echo(text.hidden(found.hidden), err=True)
    live: dict[str, LiveDelivery | None] = {}
    failures = []
    for report in found.orders if with_live else ():
        try:
            if report.record is not None:
                live[report.order_id] = operator.live(deployment, report.record)
        except CoopCycleNotAsked as error:
            failures.append(str(error))
    options = text.options_of(deployment)
    if as_json:
        for_programs.print_json([_fields(each, options, with_sent, live) for each in found.orders])
    else:
        click.echo("\n\n".join("\n".join(_lines(each, options, with_sent, live)) for each in found.orders))
    if failures:
        raise click.ClickException("; ".join(failures))


@orders.command("list")
@click.option("--connection", "connection_id", metavar="ID", help="Only orders of this connection.")
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only orders in it.")
@click.option("--since", type=Length(), help="Only what came in the last 2h (30m, 3d, 1w).")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="How many.")
@click.option("--after", default="", metavar="PLACE", help="Go on behind an earlier list, which names it.")
@json_option
@deployment_options
def list_(
    deployment: Deployment,
    connection_id: str | None,
    state: str | None,
    since: timedelta | None,
    limit: int,
    after: str,
    as_json: bool,
) -> None:
    """List orders, the last that came first; without --connection, of the connections in force."""
    try:
        page = operator.listing(
            deployment,
            connection_id=connection_id,
            state=State(state) if state else None,
            since=datetime.now(UTC) - since if since else None,
            limit=limit,
            after=after,
        )
    except ValueError as error:
        raise click.UsageError("--after: not a place that `orders list` has named") from error
    if as_json:
        for_programs.print_json([for_programs.order_row(row) for row in page.rows])
    elif page.rows:
        print_table(
            ("CAME", "CONNECTION", "ORDER", "ID", "STATE", "NEEDS", "REASON", "DELIVERY"),
            [_cells(row, deployment.zone_of(row.connection_id)) for row in page.rows],
        )
    else:
        click.echo("no such orders")
    if page.after:
        click.echo(f"more: --after {shlex.quote(page.after)}", err=True)


def _cells(row: OrderRow, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        text.show_time_in_table(row.came_at, zone),
        row.connection_id,
        row.order_name,
        row.order_id,
        row.state.value,
        row.attention.value if row.attention else "",
        row.parked_code or row.reason,
        row.delivery_iri,
    )


# --- one order ------------------------------------------------------------------------------------


def _sent(record: DeliveryRecord | None) -> object:
    return json.loads(record.sent) if record is not None and record.sent else None


def _fields(
    report: OrderReport, options: str, with_sent: bool, live: dict[str, LiveDelivery | None]
) -> dict[str, object]:
    fields: dict[str, object] = {**for_programs.order_fields(report, options)}
    if with_sent:
        fields["sent"] = _sent(report.record)
    if report.order_id in live:
        fields["live"] = for_programs.live_fields(live[report.order_id])
    return fields


def _lines(
    report: OrderReport, options: str, with_sent: bool, live: dict[str, LiveDelivery | None]
) -> Iterator[str]:
    when = partial(text.show_time, zone=report.zone)
    record = report.record
    for name, value in _facts(report, when).items():
        if value:
            yield _line(name, value)
    history = [
        "  ".join(part for part in (when(event.at), event.topic, event.outcome, event.reason) if part)
        for event in (record.history if record else ())
    ]
    parked = [
        f"{each.message_id}  {each.topic}  {each.reason}: {each.sentence or each.why.meaning}"
        for each in report.parked
    ]
    steps = [text.sentence(step, when, options) for step in report.next_steps]
    for name, values in (("history", history), ("parked", parked), ("next", steps)):
        for number, value in enumerate(values):
            yield _line(name if number == 0 else "", value)
    sent = _sent(record) if with_sent else None
    if sent is not None:
        yield "sent"
        yield json_text(sent, indent=2)
    if report.order_id in live:
        yield _line("live", _live(live[report.order_id], report.zone))


def _line(name: str, value: str) -> str:
    return f"{name:<20} {value}"


def _facts(report: OrderReport, when: text.ShowTime) -> dict[str, str]:
    facts = {"connection": report.connection_id, "order": report.order_name, "order id": report.order_id}
    record = report.record
    if record is None:
        return facts | {"state": "no record", "changed at": when(report.changed_at)}
    windows = record.windows
    return facts | {
        "state": record.state.value,
        "reason": record.reason,
        "delivery": record.delivery_iri,
        "tracking": record.tracking_url,
        "pickup": text.show_window(windows.pickup, report.zone) if windows else "",
        "dropoff": text.show_window(windows.dropoff, report.zone) if windows else "",
        "attempts": str(len(record.attempts)) if record.attempts else "",
        "outcome was unknown": "yes" if record.in_doubt else "",
        "came at": when(record.came_at) if record.came_at else "",
        "changed at": when(record.changed_at),
        "recheck at": when(record.recheck_at) if record.recheck_at else "",
    }


def _live(live: LiveDelivery | None, zone: ZoneInfo) -> str:
    if live is None:
        return "CoopCycle was never sent a delivery, as far as is known"
    assigned = "a courier has it" if live.is_assigned else "no courier is known to have it"
    pickup, dropoff = (_live_window(window, zone) for window in (live.pickup, live.dropoff))
    return f"{', '.join(live.statuses)}; {assigned}; pickup {pickup}; dropoff {dropoff}"


def _live_window(window: TimeWindow | None, zone: ZoneInfo) -> str:
    return text.show_window(window, zone) if window else "unknown"
