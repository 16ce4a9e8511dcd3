"""``bridge uninstall``: take a deployment away, and with ``--purge`` what its stack leaves behind."""

from __future__ import annotations

import time
from collections import Counter

import click

from bridge.operator import uninstall as operator
from bridge.operator.deployment import MakeClient, stack_name
from bridge.operator.uninstall import Inventory
from bridge_laptop.cli import text
from bridge_laptop.cli.deployment import clients_options
from bridge_laptop.cli.exit_codes import FAILED

LOOK_AGAIN_SECONDS = 5.0
_BUCKET = (
    "The bucket of the SAM CLI (stack aws-sam-cli-managed-default), which other applications of the account "
    "may use, stays in any case."
)


@click.command()
@click.option("--purge", is_flag=True, help="Delete what the stack leaves as well: orders, secrets, queues.")
@click.option("--yes", is_flag=True, help="Ask nothing; for scripts.")
@clients_options
def uninstall(client: MakeClient, environment: str, purge: bool, yes: bool) -> None:
    """Delete the stack of an environment, after saying what goes and what stays.

    Queues and the table of orders stay, because they hold orders, and so do the connections with their
    secrets. --purge deletes these too, also later, when the stack is gone. Deliveries on CoopCycle stay.
    Remove the webhooks at the shops first: what they send from then on is lost.
    """
    there = operator.inventory(client, environment)
    name, region = stack_name(environment), client("cloudformation").meta.region_name
    if not (there.stack_id or there.stays or there.parameters):
        click.echo(f"there is no stack {name} in {region}, and nothing left of one")
        return
    if there.stack_id:
        _tell_what_goes(there, f"{name} in {region}")
    _tell_what_stays(client, there, purge=purge)
    if not (there.stack_id or purge):
        click.echo("The stack is gone already; --purge deletes what it left.")
        return
    if not yes and click.prompt(f"To delete this, type {name}", default="", show_default=False) != name:
        raise click.Abort
    if there.stack_id:
        for left in operator.delete_stack(client, there.stack_id, lambda: time.sleep(LOOK_AGAIN_SECONDS)):
            click.echo(f"deleting {name}: {text.count(left, 'resource')} left", err=True)
        click.echo(f"{name} is deleted")
    if purge and not _purged(client, there):
        raise SystemExit(FAILED)


def _tell_what_goes(there: Inventory, stack: str) -> None:
    kinds = Counter(each.kind.removeprefix("AWS::") for each in there.goes)
    click.echo(f"goes with stack {stack}:")
    for kind, number in sorted(kinds.items()):
        click.echo(f"  {number:>3} {kind}")


def _tell_what_stays(client: MakeClient, there: Inventory, *, purge: bool) -> None:
    """Name it, and say what is in it."""
    click.echo("will be deleted as well:" if purge else "stays:")
    for each in there.stays:
        click.echo(f"  {each.logical_id}  {each.name}")
    if there.parameters:
        connections = text.count(len(there.parameters), "parameter")
        click.echo(f"  {connections} in SSM: connections and their secrets")
    orders, messages = operator.orders_in(client, there.stays), operator.messages_in(client, there.stays)
    click.echo(
        f"In it are about {text.count(orders, 'order')}, and {text.count(messages, 'message')} on queues."
    )
    if any(each.kind == "AWS::KMS::Key" for each in there.stays) and purge:
        click.echo(f"The key is deleted by KMS in {operator.KEY_WAITS_DAYS} days, until when it can be kept.")
    click.echo(_BUCKET)


def _purged(client: MakeClient, there: Inventory) -> bool:
    """Delete what stayed; return whether all of it is gone."""
    by_hand = []
    for name, is_gone in operator.purge(client, there):
        if is_gone:
            click.echo(f"deleted {name}")
        else:
            by_hand.append(name)
    for name in by_hand:
        click.echo(f"remove by hand: {name}", err=True)
    return not by_hand
