"""``bridge parked``: the messages that wait for a person, and the way back to the queue, or to nowhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

import click

from bridge.receiving.messages import WebhookMessage
from bridge_laptop.cli.connections import yes_option
from bridge_laptop.cli.deployment import Deployment, deployment_options, zone_of
from bridge_laptop.cli.registry import read_all
from bridge_laptop.parked import RECEIVED_TOO_OFTEN, UNREADABLE, Look, Parked, Selection
from bridge_laptop.story import show_time

F = TypeVar("F", bound=Callable[..., object])

SETTINGS_KEPT_SECONDS = 300  # how long the functions go on with the connection they have read
MEND = {
    "unmappable_order": "correct the order in the shop, whose next webhook is a new attempt; or mend the "
    "connection, then redrive",
    "coopcycle_rejected": "mend what the property paths name, in the shop or in the connection, then redrive",
    "address_not_found": "correct the address in the shop, whose next webhook is a new attempt",
    "credentials_rejected": "apply the right credentials (`bridge connections apply`), then redrive",
    "shop_rejected": "apply the right shop token (`bridge connections apply`), then redrive",
    "invalid_connection": "apply a right connection (`bridge connections apply`), then redrive",
    "unknown_connection": "apply the connection again (`bridge connections apply`), then redrive",
    "malformed_webhook": "nothing can be made of this body; discard it",
    "data_request": "send the shop what `bridge orders show --sent` prints of these orders, within 30 days, "
    "then discard it",
    "privacy_undecided": "give the connection the right sender.shop_domain and apply it, then redrive; or "
    "discard it, if it is about another shop",
    UNREADABLE: "the bridge did not write this message; discard it",
    RECEIVED_TOO_OFTEN: "read what DispatchDeliveryFunction logged about it, mend that, then redrive",
}
_MEND_OTHERS = "it was tried for a day; redrive when the reason is gone"
_SENTENCES = {
    RECEIVED_TOO_OFTEN: "SQS gave it up by itself: the function failed, or was killed, each time it had it",
    UNREADABLE: "not a message of the bridge",
}


@click.group()
def parked() -> None:
    """Look at parked messages, queue them again, or discard them."""


def _narrowing(command: F) -> F:
    """Add the options that narrow what is meant; the command gets them as ``selection``'s parts."""
    for option in (
        click.option("--reason", metavar="CODE", help="Only what was parked with this code."),
        click.option("--order", metavar="ORDER", help="Only this order, by its id or name ('#1042')."),
        click.option("--connection", "connection_id", metavar="ID", help="Only what came through it."),
    ):
        command = option(command)
    return command


@parked.command("list")
@_narrowing
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@deployment_options
def list_(
    deployment: Deployment,
    connection_id: str | None,
    order: str | None,
    reason: str | None,
    as_json: bool,
) -> None:
    """List what is parked, the oldest first."""
    look = deployment.parked().look()
    found = _meant(look, Selection(connection_id, order, reason))
    if as_json:
        click.echo(json.dumps([fields_of(each) for each in found], indent=2))
    elif found:
        _list(deployment, found)
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
@click.option("--json", "as_json", is_flag=True, help="For programs.")
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
    look = deployment.parked().look()
    found = _found(look, Selection(connection_id, order, message_id=message_id))
    if as_json:
        click.echo(
            json.dumps([fields_of(each) | (_body_of(each) if with_body else {}) for each in found], indent=2)
        )
        return
    connections = deployment.connections()
    for each in found:
        zone = zone_of(connections, each.connection_id)
        fields = fields_of(each)
        for name in ("received_at", "parked_at", "kept_until"):
            if fields[name]:
                fields[name] = show_time(datetime.fromisoformat(str(fields[name])), zone)
        fields["property_paths"] = ", ".join(each.property_paths)
        lines = [f"{name.replace('_', ' '):<16} {value}" for name, value in fields.items() if value]
        click.echo("\n".join(lines) + "\n")
        if with_body:
            click.echo(_body_of(each)["body"])


@parked.command()
@_narrowing
@click.option("--message", "message_id", metavar="ID", help="Only this message.")
@click.option("--all", "everything", is_flag=True, help="Everything, or all that the options leave.")
@yes_option
@deployment_options
def redrive(
    deployment: Deployment,
    connection_id: str | None,
    order: str | None,
    reason: str | None,
    message_id: str | None,
    everything: bool,
    yes: bool,
) -> None:
    """Put parked messages on the queue again, an order's oldest first.

    What was handled meanwhile does no harm: the order's record drops what is older than it knows.
    """
    selection = _selection(connection_id, order, reason, message_id, everything)
    redrive_selected(deployment, selection, yes=yes)


@parked.command()
@_narrowing
@click.option("--message", "message_id", metavar="ID", help="Only this message.")
@click.option("--all", "everything", is_flag=True, help="Everything, or all that the options leave.")
@yes_option
@deployment_options
def discard(
    deployment: Deployment,
    connection_id: str | None,
    order: str | None,
    reason: str | None,
    message_id: str | None,
    everything: bool,
    yes: bool,
) -> None:
    """Delete parked messages for good."""
    reader = deployment.parked()
    selection = _selection(connection_id, order, reason, message_id, everything)
    look = reader.look()
    found = _found(look, selection)
    _list(deployment, found)
    tell_hidden(look)
    click.echo("This is final: the bridge forgets these webhooks, and no delivery comes of them.")
    if not yes:
        click.confirm("Discard them?", abort=True)
    wanted = {each.message_id for each in found}
    with reader.hold() as held:
        done = [reader.discard(each) for each in held.messages if each.message_id in wanted]
    click.echo(f"{_count(done.count(True), 'message')} discarded")
    _tell_missed(len(wanted) - done.count(True))


def redrive_selected(deployment: Deployment, selection: Selection, *, yes: bool) -> None:
    """Show what is meant, ask, and put it on the queue again.

    Raises:
        click.ClickException: nothing is meant, or nothing of it can be queued.
    """
    reader = deployment.parked()
    look = reader.look()
    found = _found(look, selection)
    readable = [each for each in found if each.message is not None]
    _list(deployment, found)
    tell_hidden(look)
    if len(readable) < len(found):
        count = _count(len(found) - len(readable), "message")
        click.echo(
            f"{count} not of the bridge cannot be queued; `bridge parked discard` deletes them", err=True
        )
    if not readable:
        raise click.ClickException("nothing of this can be put on the queue")
    _tell_others(look, readable)
    warn_of_fresh_settings(deployment, {each.connection_id for each in readable})
    if not yes:
        click.confirm(
            "Put them on the queue again?" if len(readable) > 1 else "Put it on the queue again?", abort=True
        )
    wanted = {each.message_id for each in readable}
    with reader.hold() as held:
        done = [reader.queue_again(each) for each in held.messages if each.message_id in wanted]
    click.echo(f"{_count(len(done), 'message')} on the queue again")
    _tell_missed(len(wanted) - len(done))
    if not all(done):
        click.echo(
            f"{_count(done.count(False), 'message')} of them could not be taken off the parked ones; "
            "discard what `bridge parked list` still shows of them",
            err=True,
        )


def warn_of_fresh_settings(deployment: Deployment, connection_ids: set[str]) -> None:
    """Say when a connection was applied so lately that the functions may not have noticed."""
    now = datetime.now(UTC)
    for stored in read_all(deployment.ssm, deployment.connections_path):
        age = (now - stored.last_modified).total_seconds()
        if stored.connection_id in connection_ids and age < SETTINGS_KEPT_SECONDS:
            click.echo(
                f"{stored.connection_id} was applied {age:.0f} s ago: for up to "
                f"{SETTINGS_KEPT_SECONDS - age:.0f} s more the functions may use it as it was before",
                err=True,
            )


def fields_of(each: Parked) -> dict[str, object]:
    """Return what is told of a parked message; nothing of it is personal."""
    webhook = each.message if isinstance(each.message, WebhookMessage) else None
    return {
        "message_id": each.message_id,
        "connection": each.connection_id,
        "order": each.order_name,
        "order_id": each.order_id,
        "topic": each.message.topic if each.message else "",
        "webhook_id": webhook.webhook_id if webhook else "",
        "received_at": webhook.received_at.isoformat() if webhook else "",
        "reason": each.reason,
        "because": each.sentence or _SENTENCES.get(each.reason, ""),
        "property_paths": list(each.property_paths),
        "parked_at": each.parked_at.isoformat(),
        "kept_until": each.kept_until.isoformat(),
        "body_bytes": len(webhook.body) if webhook else 0,
        "to_do": MEND.get(each.reason, _MEND_OTHERS),
    }


def _body_of(each: Parked) -> dict[str, object]:
    body = each.message.body if isinstance(each.message, WebhookMessage) else each.text.encode()
    return {"body": body.decode("utf-8", "replace")}


def _meant(look: Look, selection: Selection) -> list[Parked]:
    return [each for each in look.messages if selection.holds(each)]


def _found(look: Look, selection: Selection) -> list[Parked]:
    """Return what is meant, which must be something."""
    found = _meant(look, selection)
    if not found:
        others = _count(len(look.messages), "other message") if look.messages else "nothing else"
        raise click.ClickException(f"no such message is parked; {others} is" + _hidden(look))
    return found


def _selection(
    connection_id: str | None, order: str | None, reason: str | None, message_id: str | None, everything: bool
) -> Selection:
    if (order is not None) + (message_id is not None) + everything != 1:
        raise click.UsageError("say which: one of --order, --message and --all")
    return Selection(connection_id, order, reason, message_id)


def _list(deployment: Deployment, found: Sequence[Parked]) -> None:
    connections = deployment.connections()
    for each in found:
        order = f"{each.order_name} ({each.order_id})" if each.order_name else each.order_id
        zone = zone_of(connections, each.connection_id)
        known = (each.connection_id, order, each.message.topic if each.message else "", each.reason)
        click.echo(f"{each.message_id}  {'  '.join(part for part in known if part)}")
        click.echo(f"    {show_time(each.parked_at, zone)}: {fields_of(each)['because']}")
    click.echo(f"{_count(len(found), 'parked message')}\n")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _hidden(look: Look) -> str:
    if not look.hidden:
        return ""
    return (
        f" (about {look.hidden} more cannot be seen now: somebody else is looking at them, "
        "or they wait behind others of their order)"
    )


def tell_hidden(look: Look) -> None:
    """Say when not everything that is parked could be seen."""
    if look.hidden:
        click.echo(_hidden(look).strip(" ()"), err=True)


def _tell_missed(count: int) -> None:
    if count:
        click.echo(f"{_count(count, 'message')} had gone meanwhile, or somebody else is looking", err=True)


def _tell_others(look: Look, chosen: Sequence[Parked]) -> None:
    """Name what is left of the same orders: an older state does nothing once a newer one is applied."""
    ids = {each.message_id for each in chosen}
    orders = {(each.connection_id, each.order_id) for each in chosen}
    left = [each for each in look.messages if (each.connection_id, each.order_id) in orders]
    left_ids = [each.message_id for each in left if each.message_id not in ids]
    if left_ids:
        click.echo(
            f"not chosen, and about the same order: {', '.join(left_ids)}; "
            "--order takes them together, the oldest first",
            err=True,
        )
