"""``bridge url``: the address that a shop's webhooks go to."""

from __future__ import annotations

import click

from bridge.operator.deployment import Deployment
from bridge_laptop.cli.deployment import deployment_options
from bridge_laptop.cli.options import connection_argument


@click.command()
@connection_argument
@deployment_options
def url(deployment: Deployment, connection_id: str) -> None:
    """Print the address to enter at the shop or the form of a connection that is in force."""
    stored = deployment.registry.one(connection_id)
    click.echo(f"{deployment.webhook_url}{stored.connection_id}")
