"""``bridge connections``: check the files, put them in force, list and remove them. Shows no secret, ever."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Mapping, Sequence
from getpass import GetPassWarning
from pathlib import Path

import click

from bridge.aws.connections import WEBHOOK_SECRET, WEBHOOK_SECRET_PREVIOUS, read_parameters
from bridge.connections.parse import parse_connection
from bridge.errors import InvalidConnection
from bridge_laptop.cli.aws import plain_aws_errors, ssm_client
from bridge_laptop.cli.registry import (
    Plan,
    StoredConnection,
    carry_out,
    connections_path,
    delete,
    plan,
    read_all,
)
from bridge_laptop.connection_files import ConnectionFile, check_files, files_in
from bridge_laptop.secrets import REQUIRED, secrets_from_environment, variable_name

CACHED = "The functions notice within five minutes."


def _environment(_ctx: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", value):
        raise click.BadParameter("lower-case letters, digits and hyphens, such as dev")
    return value


directory_option = click.option(
    "--connections",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("connections"),
    show_default=True,
    help="Where the connection files are.",
)
environment_option = click.option(
    "--environment", default="dev", show_default=True, callback=_environment, help="Of the deployed stack."
)
endpoint_option = click.option("--endpoint-url", help="An AWS emulator; AWS_ENDPOINT_URL does the same.")
yes_option = click.option("--yes", is_flag=True, help="Ask nothing; for scripts.")


@click.group()
def connections() -> None:
    """Check, apply, list and remove connections."""


@connections.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@directory_option
def check(files: tuple[Path, ...], directory: Path) -> None:
    """Check connection FILES, or all of a directory."""
    for file in _checked(files or files_in(directory), directory):
        click.echo(f"{file.path}: ok")


def _checked(paths: Sequence[Path], directory: Path) -> list[ConnectionFile]:
    """Return the files when all are right.

    Raises:
        SystemExit: 1, the problems are printed.
    """
    if not paths:
        raise click.ClickException(f"no connection files (*.toml) in {directory}")
    good, problems = check_files(paths)
    if problems:
        click.echo("\n".join(problems))
        raise SystemExit(1)
    return good


@connections.command()
@click.argument("connection_ids", nargs=-1, metavar="[CONNECTION_ID]...")
@environment_option
@directory_option
@endpoint_option
@yes_option
@click.option("--rotate-webhook-secret", is_flag=True, help="Keep the stored one valid beside the new one.")
@click.option(
    "--forget-previous", is_flag=True, help="End a rotation: the previous webhook secret is removed."
)
def apply(
    connection_ids: tuple[str, ...],
    environment: str,
    directory: Path,
    endpoint_url: str | None,
    yes: bool,
    rotate_webhook_secret: bool,
    forget_previous: bool,
) -> None:
    """Put connections in force, all of the directory by default, after a preview.

    Secrets come from the environment (for acme: BRIDGE_ACME_WEBHOOK_SECRET, BRIDGE_ACME_CLIENT_ID,
    BRIDGE_ACME_CLIENT_SECRET, BRIDGE_ACME_STATUS_SECRET, BRIDGE_ACME_SHOP_TOKEN); the first three are asked
    for when they stand neither there nor in SSM.
    """
    if rotate_webhook_secret and forget_previous:
        raise click.UsageError(
            "rotate first, forget the previous one later, when the shop signs with the new one"
        )
    if rotate_webhook_secret and not connection_ids:
        raise click.UsageError("name the connection whose webhook secret is rotated")
    named = [directory / f"{connection_id}.toml" for connection_id in connection_ids]
    files = _checked(named or files_in(directory), directory)
    path = connections_path(environment)
    with plain_aws_errors():
        ssm = ssm_client(endpoint_url)
        click.echo(f"{path} in {ssm.meta.region_name}\n")
        plans = []
        for file in files:
            connection_id = file.connection.connection_id
            stored = read_parameters(ssm, path, connection_id)
            change = plan(
                connection_id,
                file_name=str(file.path),
                settings_text=file.text,
                given=_given_secrets(connection_id, stored, ask=not yes, rotate=rotate_webhook_secret),
                stored=stored,
                rotate=rotate_webhook_secret,
                forget_previous=forget_previous,
            )
            _show(change)
            plans.append(change)
        wanted = [change for change in plans if change.changes_anything]
        if not wanted:
            click.echo("nothing to do")
            return
        if not yes:
            click.confirm("Apply this?", abort=True)
        for change in wanted:
            carry_out(ssm, path, change)
            click.echo(f"{change.connection_id}: applied")
    click.echo(CACHED)


def _given_secrets(
    connection_id: str, stored: Mapping[str, str], *, ask: bool, rotate: bool
) -> dict[str, str]:
    """Return the secrets of the environment, and those that had to be asked for.

    Raises:
        click.ClickException: a required one is missing and nobody can be asked; names the variables.
    """
    given = secrets_from_environment(connection_id, os.environ)
    missing = [name for name in REQUIRED if name not in given and name not in stored]
    if rotate and WEBHOOK_SECRET not in given and WEBHOOK_SECRET in stored:
        missing.append(WEBHOOK_SECRET)
    variables = ", ".join(variable_name(connection_id, name) for name in missing)
    if missing and not ask:
        raise click.ClickException(f"{connection_id}: missing secrets, set {variables}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", GetPassWarning)  # no terminal that can hide what is typed
            for name in missing:
                given[name] = click.prompt(f"{connection_id} {name}", hide_input=True).strip()
    except (click.Abort, GetPassWarning) as error:
        raise click.ClickException(f"{connection_id}: missing secrets, set {variables}") from error
    if not all(given.values()):
        raise click.ClickException(f"{connection_id}: a secret cannot be empty")
    return given


def _show(change: Plan) -> None:
    """Print what will change; of a secret its state alone."""
    click.echo(change.connection_id)
    click.echo("  settings: unchanged" if change.settings_text is None else "  settings:")
    for line in change.settings_diff:
        click.echo(f"    {line}")
    for name, state in change.states.items():
        click.echo(f"  {name}: {state}")
    for warning in change.warnings:
        click.echo(f"  warning: {warning}")
    click.echo()


@connections.command("list")
@environment_option
@endpoint_option
def list_(environment: str, endpoint_url: str | None) -> None:
    """List the connections in force."""
    path = connections_path(environment)
    with plain_aws_errors():
        stored = read_all(ssm_client(endpoint_url), path)
    if not stored:
        click.echo(f"no connections under {path}")
    for one in stored:
        click.echo(_describe(one))


def _describe(one: StoredConnection) -> str:
    target = "incomplete, apply it again"
    if one.settings is not None:
        try:
            connection = parse_connection(one.connection_id, one.settings)
            target = f"{connection.source}  {connection.coopcycle_url}"
        except InvalidConnection as error:
            target = "invalid settings, " + "; ".join(error.problems)
    missing = [name for name in REQUIRED if name not in one.secret_names]
    lines = [
        f"{one.connection_id}  {target}",
        f"  secrets: {', '.join(n for n in one.secret_names if n != WEBHOOK_SECRET_PREVIOUS) or 'none'}",
        f"  missing: {', '.join(missing)}" if missing else "",
        "  rotation: the previous webhook secret is still valid"
        if WEBHOOK_SECRET_PREVIOUS in one.secret_names
        else "",
        f"  last modified: {one.last_modified.astimezone().isoformat(' ', 'seconds')}",
    ]
    return "\n".join(line for line in lines if line)


@connections.command()
@click.argument("connection_id")
@environment_option
@endpoint_option
@yes_option
def remove(connection_id: str, environment: str, endpoint_url: str | None, yes: bool) -> None:
    """Remove a connection and its secrets; its deliveries on CoopCycle stay."""
    path = connections_path(environment)
    with plain_aws_errors():
        ssm = ssm_client(endpoint_url)
        stored = next((one for one in read_all(ssm, path) if one.connection_id == connection_id), None)
        if stored is None:
            raise click.ClickException(f"no connection {connection_id} under {path}")
        click.echo(f"{path} in {ssm.meta.region_name}\n")
        click.echo("will be deleted:")
        for name in stored.names:
            click.echo(f"  {name}")
        click.echo("Webhooks still sent to it will be answered 404, waiting ones will be parked.")
        if not yes:
            click.confirm("Remove this?", abort=True)
        delete(ssm, list(stored.names))
    click.echo(f"{connection_id}: removed. {CACHED}")
