"""``bridge redact`` and ``bridge export``: what we hold of a person, erased or handed over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import update_wrapper
from typing import Any, TypeVar

import click

from bridge.operator import personal_data as operator
from bridge.operator.deployment import Deployment
from bridge_laptop.cli import text
from bridge_laptop.cli.deployment import deployment_options
from bridge_laptop.cli.json_text import json_text
from bridge_laptop.cli.options import connection_argument, yes_option

R = TypeVar("R")


def person_options(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command options that say whose data are meant, as its argument ``person``."""

    def run(
        deployment: Deployment,
        connection_id: str,
        emails: tuple[str, ...],
        phones: tuple[str, ...],
        orders: tuple[str, ...],
        **kwargs: Any,
    ) -> R:
        if not (emails or phones or orders):
            raise click.UsageError("say whose: --email, --phone or --order, each as often as needed")
        try:
            person = operator.Person(
                emails, phones, orders, operator.country_of(deployment, connection_id) if phones else ""
            )
        except operator.NotAPhone as error:
            raise click.BadParameter(str(error), param_hint="--phone") from error
        return command(deployment, connection_id, person, **kwargs)

    wrapped = update_wrapper(run, command)
    for name, help_text in (
        ("order", "An order, by its id or name ('#1042')."),
        ("phone", "A telephone number, however the order writes it."),
        ("email", "An e-mail address."),
    ):
        option = click.option(f"--{name}", f"{name}s", metavar=name.upper(), multiple=True, help=help_text)
        wrapped = option(wrapped)
    return wrapped


@click.command()
@connection_argument
@yes_option
@deployment_options
@person_options
def redact(deployment: Deployment, connection_id: str, person: operator.Person, yes: bool) -> None:
    """Erase a person's data from all that came through a connection, after showing what would go.

    Bodies, names, addresses and phone numbers go; an order's id, name, state and times stay, so that a late
    repeat of its webhook books nothing. What is parked of it is given up.
    """
    held = operator.find(deployment, connection_id, person)
    _tell(deployment, held)
    if held.is_nothing:
        click.echo("nothing to erase")
        return
    if not yes:
        click.confirm("Erase this?", abort=True)
    redacted, deleted = operator.erase(deployment, connection_id, person, held, now=lambda: datetime.now(UTC))
    click.echo(f"{text.count(redacted, 'order')} redacted, {text.count(deleted, 'message')} deleted")
    on_coopcycle = [order.record.delivery_iri for order in held.orders if order.record.delivery_iri]
    if on_coopcycle:
        click.echo(f"CoopCycle has its own copy, to be erased there: {', '.join(on_coopcycle)}")


def _tell(deployment: Deployment, held: operator.Held) -> None:
    """Say what is held, without what is personal."""
    for order in held.orders:
        state = "already redacted" if order.is_redacted else ", ".join(order.by)
        click.echo(f"order {order.name} ({order.record.order_id}): {state}")
    for message in held.messages:
        click.echo(f"{message.place}: {message.topic} of order {message.order_id}: {', '.join(message.by)}")
    waiting = deployment.waiting()
    if waiting:
        click.echo(
            f"{text.count(waiting, 'message')} of all connections on the way cannot be looked through; "
            "run this again when they are handled",
            err=True,
        )


@click.command()
@connection_argument
@deployment_options
@person_options
def export(deployment: Deployment, connection_id: str, person: operator.Person) -> None:
    """Print a person's data, of all that came through a connection, as JSON.

    Every field that is held of each order, the sender's bodies as they came. What is printed is personal.
    """
    held = operator.find(deployment, connection_id, person)
    click.echo(json_text(operator.export(held), indent=2))
