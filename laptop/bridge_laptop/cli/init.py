"""``bridge init``: a connection file made by a few questions, and what comes next."""

from __future__ import annotations

import os
from pathlib import Path

import click

from bridge import sources
from bridge.aws.connections import CLIENT_ID, CLIENT_SECRET
from bridge.connections.model import Connection
from bridge.errors import InvalidConnection
from bridge.operator.connections import check_settings
from bridge.operator.credentials import check_credentials
from bridge_laptop.cli.options import connection_argument, directory_option
from bridge_laptop.new_connection import Answers, own_tables, text_of
from bridge_laptop.secrets import secrets_from_environment, variable_name

HOURS = "Mo-Sa 09:00-19:00"


@click.command()
@connection_argument
@click.option("--source", type=click.Choice(sources.NAMES), prompt="Which shop or form", help="The sender.")
@click.option("--url", "coopcycle_url", prompt="CoopCycle's address (https://…)", help="Of the instance.")
@click.option("--timezone", prompt=True, default="Europe/Paris", help="Of the opening hours.")
@click.option("--country", prompt=True, default="FR", help="Two letters: of phone numbers without +33.")
@click.option(
    "--hours",
    prompt="Opening hours (several with ; between)",
    default=HOURS,
    help=f'When couriers come: "{HOURS}; Su 10:00-13:00".',
)
@click.option(
    "--pickup",
    prompt="Where couriers collect (empty: the store's own address on CoopCycle)",
    default="",
    help="An address.",
)
@directory_option
def init(
    connection_id: str,
    source: str,
    coopcycle_url: str,
    timezone: str,
    country: str,
    hours: str,
    pickup: str,
    directory: Path,
) -> None:
    """Write a connection's file; what no option says is asked for.

    With its client id and secret in the environment (for acme: BRIDGE_ACME_CLIENT_ID,
    BRIDGE_ACME_CLIENT_SECRET) CoopCycle is asked whether it accepts them.
    """
    file = directory / f"{connection_id}.toml"
    if file.exists():
        raise click.ClickException(f"{file} is there already; edit it, or take another id")
    opening_hours = [each.strip() for each in hours.split(";") if each.strip()]
    answers = Answers(source, coopcycle_url.rstrip("/"), timezone, country, opening_hours, pickup.strip())
    text = text_of(answers)
    try:
        connection = check_settings(connection_id, text)
    except InvalidConnection as error:
        raise click.ClickException("nothing is written:\n" + "\n".join(error.problems)) from error
    directory.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    click.echo(f"{file} is written")
    tables = ", ".join(f"[{name}]" for name in own_tables(source))
    if tables:
        click.echo(f"  make {tables} your own: it is as in the sample of {source}")
    _tell_credentials(connection)
    _tell_next(connection, directory)


def _tell_credentials(connection: Connection) -> None:
    """Ask CoopCycle about the credentials, where they are given, and say what it answers."""
    given = secrets_from_environment(connection.connection_id, os.environ)
    missing = [name for name in (CLIENT_ID, CLIENT_SECRET) if name not in given]
    if missing:
        variables = " and ".join(variable_name(connection.connection_id, name) for name in missing)
        click.echo(
            f"  credentials: not checked; {variables} would be those of the store's API app on CoopCycle"
        )
        return
    checked = check_credentials(connection, given[CLIENT_ID], given[CLIENT_SECRET])
    if checked.accepted:
        click.echo(f"  credentials: CoopCycle accepts them, for {checked.store or 'no store'}")
    else:
        click.echo(f"  credentials: {checked.why}")


def _tell_next(connection: Connection, directory: Path) -> None:
    traits = sources.get(connection.source).TRAITS
    where = "" if directory == Path("connections") else f" --connections {directory}"
    connection_id = connection.connection_id
    click.echo(
        f"next:\n"
        f"  bridge local{where}                      # try it here: webhooks to "
        f"http://127.0.0.1:3000/webhooks/{connection_id}\n"
        f"  bridge connections apply {connection_id}{where}   # put it in force, once the stack is deployed\n"
        f"  at {traits.title}: {traits.create}; {traits.update}; {traits.cancel}\n"
        f"  what to enter there, click by click: docs/senders.md"
    )
