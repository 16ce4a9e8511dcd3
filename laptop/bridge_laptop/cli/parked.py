"""``bridge parked``: the messages that wait for a person, and the way back to the queue, or to nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from bridge.operator.deployment import Deployment
from bridge.operator.parked import Done, Look, Parked, Selection
from bridge.receiving.messages import WebhookMessage
from bridge.text import printable
from bridge_laptop.cli import as_json as for_programs
from bridge_laptop.cli import text
from bridge_laptop.cli.deployment import deployment_options
from bridge_laptop.cli.group import Group
from bridge_laptop.cli.options import json_option, narrowing_options, selection_options, yes_option
from bridge_laptop.cli.table import print_table


@click.group(cls=Group)
def parked() -> None:
    """Look at parked messages, queue them again, or discard them."""


@parked.command("list")
@narrowing_options
@json_option
@deployment_options
def list_(deployment: Deployment, selection: Selection, as_json: bool) -> None:
    """List what is parked, the oldest first."""
    look = deployment.parked.look()
    found = look.selected(selection)
    if as_json:
        for_programs.print_json([for_programs.parked_fields(each) for each in found])
    elif found:
        _print_list(deployment, found)
    elif look.messages:
        click.echo("nothing of this is parked")
    elif not look.hidden:
        click.echo("nothing is parked")
    tell_hidden(look)


@parked.command()
@click.argument("message_id", required=False)
@click.option("--order", metavar="ORDER", help="By the order's id or name ('#1042') instead.")
@click.option("--connection", "connection_id", metavar="ID", help="Of this connection.")
@click.option("--body", "with_body", is_flag=True, help="The sender's raw body as well; it is personal.")
@json_option
@deployment_options
def show(
    deployment: Deployment,
    message_id: str | None,
    order: str | None,
    connection_id: str | None,
    with_body: bool,
    as_json: bool,
) -> None:
    """Show why a message was parked and what is to be done."""
    if (message_id is None) == (order is None):
        raise click.UsageError("name a message by its id, or an order with --order")
    found = deployment.parked.look().must_hold(Selection(connection_id, order, message_id=message_id))
    if as_json:
        for_programs.print_json(
            [
                {**for_programs.parked_fields(each), **({"body": _body(each)} if with_body else {})}
                for each in found
            ]
        )
        return
    for each in found:
        click.echo("\n".join(_lines(deployment, each)) + "\n")
        if with_body:
            click.echo(printable(_body(each)))


@parked.command()
@selection_options
@yes_option
@deployment_options
def redrive(deployment: Deployment, selection: Selection, yes: bool) -> None:
    """Put parked messages on the queue again, an order's oldest first.

    What was handled meanwhile does no harm: the order's record drops what is older than it knows.
    """
    redrive_selected(deployment, selection, yes=yes)


@parked.command()
@selection_options
@yes_option
@deployment_options
def discard(deployment: Deployment, selection: Selection, yes: bool) -> None:
    """Delete parked messages for good."""
    look = deployment.parked.look()
    found = look.must_hold(selection)
    _print_list(deployment, found)
    tell_hidden(look)
    click.echo("This is final: the bridge forgets these webhooks, and no delivery comes of them.")
    if not yes:
        click.confirm("Discard them?", abort=True)
    done = deployment.parked.discard(found)
    click.echo(f"{text.count(done.done, 'message')} discarded")
    _tell_missed(done)


@parked.command()
@selection_options
@yes_option
@deployment_options
def close(deployment: Deployment, selection: Selection, yes: bool) -> None:
    """Close orders that were done by hand on CoopCycle: nothing more is booked for them.

    A later webhook of such an order is ignored; if the shop cancels it, that is parked, because only a person
    can cancel what a person has made.
    """
    look = deployment.parked.look()
    found = look.must_hold(selection)
    _print_list(deployment, found)
    tell_hidden(look)
    _tell_left_behind(look.left_of_orders(found))
    if not yes:
        click.confirm("Close them as done by hand?", abort=True)
    done = deployment.parked.close(found)
    click.echo(f"{text.count(done.done, 'message')} closed as done by hand")
    _tell_missed(done)


def redrive_selected(deployment: Deployment, selection: Selection, *, yes: bool) -> None:
    """Show what is meant, ask, and put it on the queue again.

    Raises:
        NothingParked: nothing is meant.
        click.ClickException: nothing of it can be queued.
    """
    look = deployment.parked.look()
    found = look.must_hold(selection)
    readable = [each for each in found if each.message is not None]
    _print_list(deployment, found)
    tell_hidden(look)
    if len(readable) < len(found):
        messages = text.count(len(found) - len(readable), "message")
        click.echo(
            f"{messages} not of the bridge cannot be queued; `bridge parked discard` deletes them", err=True
        )
    if not readable:
        raise click.ClickException("nothing of this can be put on the queue")
    _tell_left_behind(look.left_of_orders(readable))
    warn_of_fresh_settings(deployment, {each.connection_id for each in readable})
    if not yes:
        click.confirm(
            "Put them on the queue again?" if len(readable) > 1 else "Put it on the queue again?", abort=True
        )
    done = deployment.parked.redrive(readable)
    click.echo(f"{text.count(done.done, 'message')} on the queue again")
    _tell_missed(done)
    if done.still_parked:
        click.echo(
            f"{text.count(done.still_parked, 'message')} of them could not be taken off the parked ones; "
            "discard what `bridge parked list` still shows of them",
            err=True,
        )


def warn_of_fresh_settings(deployment: Deployment, connection_ids: set[str]) -> None:
    """Say when a connection was applied so lately that the functions may not have noticed."""
    for connection_id, still in deployment.registry.noticed_in(connection_ids, datetime.now(UTC)).items():
        click.echo(
            f"{connection_id} was applied just now: for up to {still.total_seconds():.0f} s more the "
            "functions may use it as it was before",
            err=True,
        )


def tell_hidden(look: Look) -> None:
    """Say when not everything that is parked could be seen."""
    if look.hidden:
        click.echo(text.hidden(look.hidden), err=True)


def _print_list(deployment: Deployment, found: Sequence[Parked]) -> None:
    print_table(
        ("MESSAGE", "PARKED", "CONNECTION", "ORDER", "ID", "TOPIC", "REASON", "BECAUSE"),
        [
            (
                each.message_id,
                text.show_time_in_table(each.parked_at, deployment.zone_of(each.connection_id)),
                each.connection_id,
                each.order_name,
                each.order_id,
                each.topic,
                each.reason,
                each.sentence or each.why.meaning,
            )
            for each in found
        ],
    )
    click.echo(f"{text.count(len(found), 'parked message')}\n")


def _lines(deployment: Deployment, each: Parked) -> list[str]:
    zone = deployment.zone_of(each.connection_id)
    fields: dict[str, object] = {**for_programs.parked_fields(each)}
    if isinstance(each.message, WebhookMessage):
        fields["received_at"] = text.show_time(each.message.received_at, zone)
    fields["parked_at"] = text.show_time(each.parked_at, zone)
    fields["kept_until"] = text.show_time(each.kept_until, zone)
    fields["property_paths"] = ", ".join(each.property_paths)
    return [f"{name.replace('_', ' '):<16} {value}" for name, value in fields.items() if value]


def _body(each: Parked) -> str:
    return each.body.decode("utf-8", "replace")


def _tell_missed(done: Done) -> None:
    if done.missed:
        messages = text.count(done.missed, "message")
        click.echo(f"{messages} had gone meanwhile, or somebody else is looking", err=True)


def _tell_left_behind(left: Sequence[Parked]) -> None:
    """Name what is left of the same orders: an older state does nothing once a newer one is applied."""
    if left:
        click.echo(
            f"not chosen, and about the same order: {', '.join(each.message_id for each in left)}; "
            "--order takes them together, the oldest first",
            err=True,
        )
