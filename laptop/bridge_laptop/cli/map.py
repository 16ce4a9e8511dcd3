"""``bridge map``: the dry run. What CoopCycle would be sent for a webhook's body; creates nothing.

Asks nobody, unless told to: ``--assert`` asks CoopCycle, and a webhook that only names its order needs the
shop's API, or its answers in files (``--api``).
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from bridge import sources
from bridge.aws.connections import CLIENT_ID, CLIENT_SECRET, SHOP_TOKEN
from bridge.connections.model import Connection
from bridge.coopcycle.payload import delivery_body
from bridge.errors import (
    CredentialsRejected,
    InvalidConnection,
    NotFeasible,
    PermanentError,
    RejectedWebhook,
    RetryableError,
)
from bridge.model import Ignored
from bridge.operator.body_fields import fields_of
from bridge.operator.credentials import ask_feasibility
from bridge.operator.dry_run import Assumption, map_webhook, why_unreadable
from bridge.operator.recorded_shop import RecordedShop
from bridge.planning.trace import Trace
from bridge.sources import Shop
from bridge.sources.shared.shop_api import ShopApi
from bridge_laptop.cli.exit_codes import DONE, IGNORED, USAGE
from bridge_laptop.cli.json_text import json_text
from bridge_laptop.cli.options import Moment, existing_file
from bridge_laptop.connection_files import read_connection_file
from bridge_laptop.secrets import secrets_from_environment, variable_name


@click.command("map")
@click.argument("connection_file", type=existing_file)
@click.argument("body_file", type=existing_file)
@click.option(
    "--headers",
    "headers_file",
    type=existing_file,
    help='The webhook\'s headers, as lines "Name: value" or a JSON object; they name the topic.',
)
@click.option("--topic", help="The webhook's topic, instead of the one in the headers.")
@click.option("--now", type=Moment(), help="The time of the order, instead of the present.")
@click.option(
    "--api",
    "api_file",
    type=existing_file,
    help="Answers of the shop's API for a webhook that only names its order: a TOML file with a table [api] "
    'of paths and files, such as "/v2/orders/250" = "order-250.json". Without it the shop is asked.',
)
@click.option(
    "--explain", is_flag=True, help="Say on stderr where each value comes from, and which rules fired."
)
@click.option(
    "--assert",
    "asserting",
    is_flag=True,
    help="Ask CoopCycle whether its rules allow the delivery, with the credentials in the environment.",
)
@click.pass_context
def map_body(
    ctx: click.Context,
    connection_file: Path,
    body_file: Path,
    headers_file: Path | None,
    topic: str | None,
    now: datetime | None,
    api_file: Path | None,
    explain: bool,
    asserting: bool,
) -> None:
    """Print the exact body CoopCycle would be sent for a webhook's body.

    Exit code 0: a delivery, as JSON on stdout. 3: ignored, the reason on stderr. 2: an error, likewise.
    What CoopCycle's rules do not allow (--assert) is printed too, and ends as the connection's if_infeasible
    says: 2 to be parked, 3 to be ignored.
    """
    try:
        connection = read_connection_file(connection_file).connection
    except InvalidConnection as error:
        click.echo("\n".join(f"{connection_file}: {problem}" for problem in error.problems), err=True)
        ctx.exit(USAGE)
    headers = _read_headers(headers_file) if headers_file else {}
    shop = _shop(connection, api_file)
    push = sources.Push(body_file.read_bytes(), headers, now or datetime.now(UTC))
    trace = Trace()
    assumptions: list[Assumption] = []
    try:
        mapped = map_webhook(connection, push, topic, shop, trace=trace, assumptions=assumptions)
    except RejectedWebhook as error:
        click.echo(f"error: {why_unreadable(error, connection.source)}", err=True)
        ctx.exit(USAGE)
    except (PermanentError, RetryableError) as error:
        _tell_what_was_asked(shop, assumptions)
        _explain_rules(trace, explain)
        click.echo(f"error: {error}", err=True)
        ctx.exit(USAGE)
    _tell_what_was_asked(shop, assumptions)
    if isinstance(mapped, Ignored):
        _explain_rules(trace, explain)
        effect = "; a delivery made earlier would be cancelled" if mapped.retracts else ""
        click.echo(f"ignored: {mapped.reason}{effect}", err=True)
        ctx.exit(IGNORED)
    body = delivery_body(mapped)
    click.echo(json_text(body, indent=2))
    if explain:
        _explain_values(trace, body)
    _explain_rules(trace, explain)
    if asserting:
        ctx.exit(_ask(connection, body))


# --- what it is given -----------------------------------------------------------------------------


def _read_headers(path: Path) -> dict[str, str]:
    """Read the headers, names in lower case; a request line or an empty line is skipped.

    Raises:
        click.BadParameter: the file is JSON, but no object, or not UTF-8.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if text.lstrip().startswith("{"):
            return {str(name).lower(): str(value) for name, value in json.loads(text).items()}
    except ValueError as error:  # of JSON or of UTF-8
        raise click.BadParameter(f"{path} is neither header lines nor a JSON object") from error
    pairs = (line.partition(":") for line in text.splitlines())
    return {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}


def _shop(connection: Connection, api_file: Path | None) -> Shop:
    """Return the shop's API: its answers in files, or the real one with the token of the environment.

    Raises:
        click.BadParameter: the file is not TOML with a table [api] of texts.
    """
    if api_file is None:
        secrets = secrets_from_environment(connection.connection_id, os.environ)
        return ShopApi(secrets.get(SHOP_TOKEN, ""))
    try:
        answers = tomllib.loads(api_file.read_text(encoding="utf-8")).get("api")
    except ValueError as error:  # of TOML or of UTF-8
        raise click.BadParameter(f"{api_file} is not TOML") from error
    if not isinstance(answers, dict) or not all(isinstance(name, str) for name in answers.values()):
        raise click.BadParameter(f"{api_file} has no table [api] that pairs paths with names of files")
    files = {route: api_file.parent / name for route, name in answers.items()}
    return RecordedShop({route: file.read_bytes() for route, file in files.items() if file.is_file()})


# --- what is said beside the body -----------------------------------------------------------------


def _tell_what_was_asked(shop: Shop, assumptions: Sequence[Assumption]) -> None:
    """Say what was asked of the shop in vain, and what was assumed in place of CoopCycle's answers."""
    for route in shop.missing if isinstance(shop, RecordedShop) else ():
        click.echo(f"the shop's API is asked for {route}, which --api has no file for", err=True)
    for each in assumptions:
        asked = f"CoopCycle would be asked for {each.about}"
        if each.about == "it":
            asked = "not in the connection, CoopCycle would be asked"
        click.echo(f"{each.key}: {asked}; here: {each.instead}", err=True)


def _explain_values(trace: Trace, body: Mapping[str, object]) -> None:
    """Print where each value of the body comes from: a path in the webhook, a key of the connection."""
    click.echo("\nvalues", err=True)
    lines = [(path, trace.origins.get(field, [])) for path, field in fields_of(body)]
    width = max(len(path) for path, _ in lines)
    for path, origins in lines:
        for index, origin in enumerate(origins):
            how = f" ({origin.how})" if origin.how else ""
            name = path if index == 0 else ""
            click.echo(f"  {name:<{width}}  {_KINDS[origin.kind]} {origin.where}{how}", err=True)


_KINDS = {"order": "webhook", "setting": "connection", "default": "default"}


def _explain_rules(trace: Trace, explain: bool) -> None:
    if not explain or not trace.rules:
        return
    click.echo("\nrules", err=True)
    for rule in trace.rules:
        click.echo(f"  {rule.name}: {rule.decision}", err=True)


# --- the question to CoopCycle --------------------------------------------------------------------


def _ask(connection: Connection, body: Mapping[str, object]) -> int:
    """Say on stderr what CoopCycle answers to the question of feasibility; return the exit code."""
    try:
        unsaid = ask_feasibility(connection, body, *_credentials(connection.connection_id))
    except NotFeasible as error:
        ignore = connection.orders.if_infeasible == "ignore"
        click.echo(f"{'ignored' if ignore else 'error'}: {error}", err=True)
        return IGNORED if ignore else USAGE
    except (PermanentError, RetryableError) as error:
        click.echo(f"error: {error}", err=True)
        return USAGE
    click.echo(f"CoopCycle cannot say: {unsaid}" if unsaid else "CoopCycle: feasible", err=True)
    return DONE


def _credentials(connection_id: str) -> tuple[str, str]:
    """Return client id and client secret of the environment.

    Raises:
        CredentialsRejected: they are not there; names the variables.
    """
    secrets = secrets_from_environment(connection_id, os.environ)
    missing = [
        variable_name(connection_id, name) for name in (CLIENT_ID, CLIENT_SECRET) if name not in secrets
    ]
    if missing:
        raise CredentialsRejected(f"--assert asks CoopCycle and needs credentials, set {', '.join(missing)}")
    return secrets[CLIENT_ID], secrets[CLIENT_SECRET]
