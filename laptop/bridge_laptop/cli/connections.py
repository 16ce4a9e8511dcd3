"""``bridge connections``: check the files, put them in force, list and remove them. Shows no secret, ever."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from getpass import GetPassWarning
from pathlib import Path

import click

from bridge import sources
from bridge.aws.connections import CLIENT_ID, CLIENT_SECRET, WEBHOOK_SECRET, WEBHOOK_SECRET_PREVIOUS
from bridge.connections.model import Connection
from bridge.operator.connections import (
    REQUIRED,
    ConnectionRegistry,
    Plan,
    SecretState,
    StoredConnection,
    plan,
)
from bridge.operator.credentials import check_credentials
from bridge.operator.deployment import Deployment
from bridge.operator.doctor import Finding, Health, well, wrong
from bridge.operator.doctor import connections as find_differences
from bridge_laptop.cli import as_json as for_programs
from bridge_laptop.cli import text
from bridge_laptop.cli.deployment import (
    Compared,
    comparing_options,
    deployment_options,
    registry_options,
    running,
)
from bridge_laptop.cli.doctor import print_finding
from bridge_laptop.cli.exit_codes import FAILED
from bridge_laptop.cli.group import Group
from bridge_laptop.cli.options import directory_option, json_option, yes_option
from bridge_laptop.cli.table import print_table
from bridge_laptop.connection_files import ConnectionFile, check_files, files_in
from bridge_laptop.secrets import local_defaults, secrets_from_environment, variable_name


@click.group(cls=Group)
def connections() -> None:
    """Check, apply, list and remove connections."""


# --- check ----------------------------------------------------------------------------------------


@connections.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@directory_option
@json_option
@comparing_options
def check(compared: Compared | None, files: tuple[Path, ...], directory: Path, as_json: bool) -> None:
    """Check connection FILES, or all of a directory.

    With --environment or --local they are compared with what is in force there; exit code 1 if that is
    something else.
    """
    paths = files or files_in(directory)
    if not paths:
        raise click.ClickException(f"no connection files (*.toml) in {directory}")
    found = _look_at(paths)
    is_well = all(finding.health is Health.WELL for finding in found)
    for finding in () if as_json else found:
        if is_well or finding.health is not Health.WELL:  # problems alone, where there are some
            click.echo(f"{finding.about}: {finding.says}")
    if is_well and compared is not None:
        differences = list(_differences(compared, paths, all_of_them=not files))
        for finding in () if as_json else differences:
            print_finding(finding)
        is_well = all(finding.health is Health.WELL for finding in differences)
        found += differences
    if as_json:
        for_programs.print_json([for_programs.finding_row(each) for each in found])
    if not is_well:
        raise SystemExit(FAILED)


def _look_at(paths: Sequence[Path]) -> list[Finding]:
    """Return a finding for each file that is right, and for each problem of the others."""
    found = []
    for path in paths:
        good, problems = check_files([path])
        found += [well(str(path), "ok") for _ in good]
        found += [wrong(str(path), each.removeprefix(f"{path}: "), "mend the file") for each in problems]
    return found


def _differences(compared: Compared, paths: Sequence[Path], *, all_of_them: bool) -> Iterator[Finding]:
    """Yield how right files and what is in force differ; what has no file as well, if all are looked at."""
    good, _ = check_files(paths)
    pointed = [file.pointed_at(compared.coopcycle_url) if compared.coopcycle_url else file for file in good]
    texts = {file.connection.connection_id: file.text for file in pointed}
    for finding in find_differences(compared.registry, texts):
        if all_of_them or finding.about.removeprefix("connection ") in texts:
            yield finding


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


# --- apply ----------------------------------------------------------------------------------------


@connections.command()
@click.argument("connection_ids", nargs=-1, metavar="[CONNECTION_ID]...")
@directory_option
@yes_option
@click.option("--rotate-webhook-secret", is_flag=True, help="Keep the stored one valid beside the new one.")
@click.option(
    "--forget-previous", is_flag=True, help="End a rotation: the previous webhook secret is removed."
)
@deployment_options
def apply(
    deployment: Deployment,
    connection_ids: tuple[str, ...],
    directory: Path,
    yes: bool,
    rotate_webhook_secret: bool,
    forget_previous: bool,
) -> None:
    """Put connections in force, all of the directory by default, after a preview.

    Secrets come from the environment (for acme: BRIDGE_ACME_WEBHOOK_SECRET, BRIDGE_ACME_CLIENT_ID,
    BRIDGE_ACME_CLIENT_SECRET, BRIDGE_ACME_STATUS_SECRET, BRIDGE_ACME_SHOP_TOKEN); the first three are asked
    for when they stand neither there nor in SSM. A connection that is not named and has no secret anywhere,
    as the sample has none, is skipped.
    """
    if rotate_webhook_secret:
        _require_one_to_rotate(connection_ids, forget_previous=forget_previous)
    named = [directory / f"{connection_id}.toml" for connection_id in connection_ids]
    files = _checked(named or files_in(directory), directory)
    if deployment.is_local:
        files = _at_the_stacks_instance(files)
    registry = deployment.registry
    click.echo(f"{registry.path} in {registry.region}\n")
    wanted = []
    for file in files:
        connection_id = file.connection.connection_id
        stored = registry.parameters(connection_id)
        given = _found_secrets(connection_id, deployment)
        if not (named or given or stored):
            click.echo(f"{connection_id}: skipped, it has no secret; name it to be asked for them\n")
            continue
        _complete(given, connection_id, stored, ask=not yes, rotate=rotate_webhook_secret)
        change = plan(
            connection_id,
            settings_text=file.text,
            given=given,
            stored=stored,
            rotate=rotate_webhook_secret,
            forget_previous=forget_previous,
        )
        _preview(change)
        if change.changes_anything:
            wanted.append((file.connection, change))
    if not wanted:
        registry.list_ids()
        click.echo("nothing to do")
        return
    if not yes:
        click.confirm("Apply this?", abort=True)
    _carry_out(deployment, wanted)


def _require_one_to_rotate(connection_ids: Sequence[str], *, forget_previous: bool) -> None:
    if forget_previous:
        raise click.UsageError(
            "rotate first, forget the previous one later, when the shop signs with the new one"
        )
    if not connection_ids:
        raise click.UsageError("name the connection whose webhook secret is rotated")


def _carry_out(deployment: Deployment, wanted: Sequence[tuple[Connection, Plan]]) -> None:
    """Apply, and say how it stands with each connection now.

    Raises:
        click.ClickException: CoopCycle refuses credentials that were applied.
    """
    try:
        for _, change in wanted:
            deployment.registry.apply(change)
    finally:  # also of those that were applied before one failed
        deployment.registry.list_ids()
    connections_now = [connection for connection, _ in wanted]
    refused = [each.connection_id for each in connections_now if not _tell_applied(deployment, each)]
    click.echo(text.NOTICED)
    if refused:
        raise click.ClickException(
            f"CoopCycle refuses the credentials of {', '.join(refused)}: orders wait for the right ones, "
            "for a day, and are parked then"
        )


def _at_the_stacks_instance(files: Sequence[ConnectionFile]) -> list[ConnectionFile]:
    """Return the files for the instance that the local stack works with, which may be its sandbox."""
    url = running().coopcycle_url
    return [file.pointed_at(url) if url else file for file in files]


def _found_secrets(connection_id: str, deployment: Deployment) -> dict[str, str]:
    """Return the secrets that nobody has to be asked for."""
    defaults = local_defaults(connection_id) if deployment.is_local else {}
    return defaults | secrets_from_environment(connection_id, os.environ)


def _complete(
    given: dict[str, str], connection_id: str, stored: Mapping[str, str], *, ask: bool, rotate: bool
) -> None:
    """Ask for the required secrets that stand nowhere.

    Raises:
        click.ClickException: one is missing and nobody can be asked; names the variables.
    """
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


def _preview(change: Plan) -> None:
    """Print what will change; of a secret its state alone."""
    click.echo(change.connection_id)
    if change.settings_text is None:
        click.echo("  settings: unchanged")
    elif not change.settings_diff:
        click.echo("  settings: comments and order alone")
    else:
        click.echo("  settings:")
        for line in change.settings_diff:
            click.echo(f"    {line}")
    for name, state in change.states.items():
        kept = name == WEBHOOK_SECRET_PREVIOUS and state is SecretState.KEPT
        click.echo(f"  {name}: {text.KEPT_PREVIOUS if kept else text.SECRET_STATES[state]}")
    for caution in change.cautions:
        click.echo(f"  warning: {text.CAUTIONS[caution]}")
    click.echo()


def _tell_applied(deployment: Deployment, connection: Connection) -> bool:
    """Say where webhooks go to, and whether CoopCycle accepts the credentials; false when it refuses them."""
    secrets = deployment.registry.parameters(connection.connection_id)
    checked = check_credentials(connection, secrets[CLIENT_ID], secrets[CLIENT_SECRET])
    traits = sources.get(connection.source).TRAITS
    click.echo(f"{connection.connection_id}: applied")
    click.echo(f"  webhooks to: {deployment.webhook_url}{connection.connection_id}")
    click.echo(f"  {traits.title} signs: {traits.signature}")
    if checked.accepted:
        store = (
            f"of store {checked.store}" if checked.store else "of no store, so that nothing can be created"
        )
        click.echo(f"  CoopCycle accepts the credentials, {store}")
    elif checked.accepted is None:
        click.echo(f"  CoopCycle could not be asked about the credentials: {checked.why}")
    else:
        click.echo(f"  CoopCycle refuses the credentials: {checked.why}")
    return checked.accepted is not False


# --- list and remove ------------------------------------------------------------------------------


@connections.command("list")
@json_option
@registry_options
def list_(registry: ConnectionRegistry, as_json: bool) -> None:
    """List the connections in force."""
    stored = registry.everything()
    if as_json:
        for_programs.print_json([for_programs.connection_row(one) for one in stored])
    elif stored:
        print_table(
            ("CONNECTION", "SOURCE", "COOPCYCLE", "SECRETS", "LAST MODIFIED", "TO DO"),
            [_cells(one) for one in stored],
        )
    else:
        click.echo(f"no connections under {registry.path}")


def _cells(one: StoredConnection) -> tuple[str, ...]:
    row = for_programs.connection_row(one)
    to_do = [f"invalid settings, {'; '.join(row['problems'])}"] if row["problems"] else []
    to_do += [f"missing: {', '.join(one.missing)}"] if one.missing else []
    to_do += ["rotation: the previous webhook secret is still valid"] if one.is_rotating else []
    return (
        one.connection_id,
        row["source"] or "",
        row["coopcycle_url"] or "",
        ", ".join(name for name in one.secret_names if name != WEBHOOK_SECRET_PREVIOUS) or "none",
        one.last_modified.astimezone().isoformat(" ", "seconds"),
        "; ".join(to_do),
    )


@connections.command()
@click.argument("connection_id")
@yes_option
@registry_options
def remove(registry: ConnectionRegistry, connection_id: str, yes: bool) -> None:
    """Remove a connection and its secrets; its deliveries on CoopCycle stay."""
    stored = registry.one(connection_id)
    click.echo(f"{registry.path} in {registry.region}\n")
    click.echo("will be deleted:")
    for name in stored.names:
        click.echo(f"  {name}")
    click.echo("Webhooks still sent to it will be answered 404, waiting ones will be parked.")
    if not yes:
        click.confirm("Remove this?", abort=True)
    registry.remove(stored)
    registry.list_ids()
    click.echo(f"{connection_id}: removed. {text.NOTICED}")
