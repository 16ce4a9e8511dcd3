"""``bridge init``: a connection file made by a few questions, and what comes next."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from bridge import sources
from bridge.aws.connections import CLIENT_ID, CLIENT_SECRET
from bridge.connections.model import Connection
from bridge.errors import InvalidConnection
from bridge.operator.connections import check_settings
from bridge.operator.credentials import check_credentials
from bridge_laptop.cli.options import ConnectionId, directory_option_first
from bridge_laptop.new_connection import Answers, own_tables, text_of
from bridge_laptop.secrets import secrets_from_environment, variable_name

HOURS = "Mo-Sa 09:00-19:00"


ANY = Answers("shopify", "https://acme.coopcycle.org", "Europe/Paris", "FR", [HOURS])
_KEYS = {
    "coopcycle_url": "coopcycle.url",
    "timezone": "timezone",
    "country": "country",
    "hours": "schedule.opening_hours",
}


class Question(click.Option):
    """An option that is asked for where it is not given, and again until the answer can be used."""

    def prompt_for_value(self, ctx: click.Context) -> Any:
        """Ask.

        Raises:
            click.ClickException: the file is there already; whoever answers would do so in vain.
        """
        _refuse_what_is_there(ctx.params["directory"] / f"{ctx.params['connection_id']}.toml")
        while True:
            value = super().prompt_for_value(ctx)
            problems = _problems(str(self.name), str(value))
            if not problems:
                return value
            click.echo(f"Error: {'; '.join(problems)}", err=True)


def _problems(name: str, value: str) -> list[str]:
    """Return what is wrong with one answer, by the checks of the whole file."""
    answers = _answers(replace(ANY, **{name: value})) if name != "hours" else _answers(ANY, value)
    try:
        check_settings("any", text_of(answers))
    except InvalidConnection as error:
        return [each for each in error.problems if name in _KEYS and each.startswith(_KEYS[name])]
    return []


def _answers(given: Answers, hours: str = HOURS) -> Answers:
    """Return answers as they stand in the file."""
    return replace(
        given,
        coopcycle_url=given.coopcycle_url.rstrip("/"),
        opening_hours=[each.strip() for each in hours.split(";") if each.strip()],
        pickup=given.pickup.strip(),
    )


def _refuse_what_is_there(file: Path) -> None:
    if file.exists():
        raise click.ClickException(f"{file} is there already; edit it, or take another id")


def _asked_id(ctx: click.Context, param: click.Parameter, value: str | None) -> str:
    """Return the id that was given, or ask for one."""
    del ctx, param
    return value or click.prompt("A short id of it, such as acme", type=ConnectionId())


@click.command()
@click.argument("connection_id", type=ConnectionId(), required=False, is_eager=True, callback=_asked_id)
@click.option(
    "--source",
    type=click.Choice(sources.NAMES),
    prompt="Which shop or form",
    cls=Question,
    help="The sender.",
)
@click.option(
    "--url", "coopcycle_url", prompt="CoopCycle's address (https://…)", cls=Question, help="Of the instance."
)
@click.option("--timezone", prompt=True, default=ANY.timezone, cls=Question, help="Of the opening hours.")
@click.option(
    "--country",
    prompt=True,
    default=ANY.country,
    cls=Question,
    help="Two letters: of phone numbers without +33.",
)
@click.option(
    "--hours",
    prompt="Opening hours (several with ; between)",
    default=HOURS,
    cls=Question,
    help=f'When couriers come: "{HOURS}; Su 10:00-13:00".',
)
@click.option(
    "--pickup",
    prompt="Where couriers collect (empty: the store's own address on CoopCycle)",
    default="",
    cls=Question,
    help="An address.",
)
@directory_option_first
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
    """Write a connection's file; what no option says is asked for, the id too.

    With its client id and secret in the environment (for acme: BRIDGE_ACME_CLIENT_ID,
    BRIDGE_ACME_CLIENT_SECRET) CoopCycle is asked whether it accepts them.
    """
    file = directory / f"{connection_id}.toml"
    _refuse_what_is_there(file)
    text = text_of(_answers(Answers(source, coopcycle_url, timezone, country, [], pickup), hours))
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
