"""``bridge upgrade``: bring what an earlier version has stored into the form of this one."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from bridge.operator import upgrade as operator
from bridge.operator.deployment import ORDER_INDEXES, Deployment
from bridge_laptop.cli import text
from bridge_laptop.cli.deployment import deployment_options


@click.command()
@deployment_options
def upgrade(deployment: Deployment) -> None:
    """Bring what an earlier version has stored into the form of this one.

    After `sam deploy` of this version with OrderIndexes=1. It makes the indexes of the table of orders, which
    takes some minutes each, writes orders into them, and puts parked messages into their orders' records. It
    may be stopped and begun again; orders go on being handled.
    """
    if not deployment.is_local and deployment.order_indexes < ORDER_INDEXES:
        cloudformation = deployment.client("cloudformation")
        made = operator.make_indexes(deployment.environment, cloudformation, deployment.order_indexes)
        for number, of in made:
            click.echo(f"making index {number} of {of}, which takes some minutes")
    click.echo(f"{text.count(operator.index_orders(deployment), 'order')} written into the indexes")
    moved, left = operator.move_parked(deployment, lambda: datetime.now(UTC))
    click.echo(f"{text.count(moved, 'parked message')} put into the orders' records; {left} on the queue")
