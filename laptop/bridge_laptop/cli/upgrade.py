"""``bridge upgrade``: bring what an earlier version has stored into the form of this one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import click

from bridge.operator import upgrade as operator
from bridge.operator import upgrade_parameters
from bridge.operator.connections import ConnectionRegistry
from bridge.operator.deployment import ORDER_INDEXES, Deployment
from bridge.operator.errors import StackTooOld
from bridge_laptop.cli import text
from bridge_laptop.cli.deployment import upgrade_options


@click.command()
@upgrade_options
def upgrade(registry: ConnectionRegistry, find: Callable[[], Deployment]) -> None:
    """Bring what an earlier version has stored into the form of this one: before `sam deploy`, and after it.

    Before, it copies connections to where this version reads them. Then deploy this version, with
    OrderIndexes=1 where there were none. After, it clears the old place, makes the indexes of the table of
    orders, which takes some minutes each, writes orders into them, and puts parked messages into their
    orders' records. It may be stopped and begun again; orders go on being handled.
    """
    copied = upgrade_parameters.copy_old(registry.ssm, registry.path)
    if copied:
        registry.list_ids()
        click.echo(f"{text.count(copied, 'parameter')} of connections copied to this version's place")
    try:
        deployment = find()
    except StackTooOld as error:
        click.echo(f"{error}. Deploy this version (docs/deploy.md), then run this again")
        return
    _move_parameters(deployment)
    _move_orders(deployment)


def _move_parameters(deployment: Deployment) -> None:
    removed = upgrade_parameters.remove_old(deployment.ssm, deployment.registry.path)
    if removed:
        click.echo(f"{text.count(removed, 'parameter')} of connections removed from the old place")
    under_key = upgrade_parameters.write_under_the_key(
        deployment.ssm, deployment.registry, deployment.secrets_key
    )
    if under_key:
        click.echo(f"{text.count(under_key, 'secret')} written anew under the stack's key")


def _move_orders(deployment: Deployment) -> None:
    if not deployment.is_local and deployment.order_indexes < ORDER_INDEXES:
        cloudformation = deployment.client("cloudformation")
        made = operator.make_indexes(deployment.environment, cloudformation, deployment.order_indexes)
        for number, of in made:
            click.echo(f"making index {number} of {of}, which takes some minutes")
    click.echo(f"{text.count(operator.index_orders(deployment), 'order')} written into the indexes")
    moved, left = operator.move_parked(deployment, lambda: datetime.now(UTC))
    click.echo(f"{text.count(moved, 'parked message')} put into the orders' records; {left} on the queue")
