"""``bridge doctor``: looks at everything that an order depends on, and says what is wrong, and the cure."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import boto3
import click

from bridge.operator import doctor as operator
from bridge.operator.connections import ConnectionRegistry, connections_path
from bridge.operator.deployment import Deployment, MakeClient, deployed
from bridge.operator.doctor import Finding, Health, warning, well, wrong
from bridge.operator.errors import NoSuchStack, OperatorError, StackTooOld
from bridge_laptop import sam_template
from bridge_laptop.cli import as_json as for_programs
from bridge_laptop.cli.aws import plain_aws_errors
from bridge_laptop.cli.deployment import local_deployment, running
from bridge_laptop.cli.exit_codes import FAILED
from bridge_laptop.cli.options import (
    directory_option,
    endpoint_option,
    environment_option,
    json_option,
    local_option,
)
from bridge_laptop.connection_files import check_files, files_in

_FIND_PYTHON = sam_template.ROOT / "layers" / "bridge" / "find-python"
_COLOURS = {Health.WELL: "green", Health.WARNING: "yellow", Health.WRONG: "red"}


@click.command()
@directory_option
@json_option
@environment_option
@local_option
@endpoint_option
def doctor(
    directory: Path, as_json: bool, environment: str, is_local: bool, endpoint_url: str | None
) -> None:
    """Look at everything that an order depends on; say what is wrong, and how to mend it.

    The Python that builds the layer, region, AWS identity, the clock, the stack and who hears of its alarms,
    each connection against its file, each CoopCycle instance and whether it accepts the credentials, what is
    parked. Changes nothing. Exit code 1 if something is wrong; a warning is none.
    """
    findings = _local(directory) if is_local else _of_aws(environment, endpoint_url, directory)
    found = []
    for finding in findings:
        found.append(finding)
        if not as_json:
            print_finding(finding)
    if as_json:
        for_programs.print_json([for_programs.finding_row(each) for each in found])
    if any(each.health is Health.WRONG for each in found):
        raise SystemExit(FAILED)


def print_finding(finding: Finding) -> None:
    """Print what was found, and the cure below it."""
    mark = click.style(f"{finding.health:<8}", fg=_COLOURS[finding.health])
    click.echo(f"{mark} {finding.about}: {finding.says}")
    if finding.cure:
        click.echo(f"{'':<8} > {finding.cure}")


def _asked(about: str, findings: Callable[[], Iterable[Finding]], cure: str) -> Iterator[Finding]:
    """Yield what a check finds; where it cannot be asked, that is what is wrong."""
    try:
        with plain_aws_errors():
            yield from findings()
    except click.ClickException as error:
        yield wrong(about, error.message, cure)
    except OperatorError as error:
        yield wrong(about, str(error), cure)


def _local(directory: Path) -> Iterator[Finding]:
    deployment = local_deployment()
    yield well("stack", f"the local stack answers at {running().url}")
    yield from _of_deployment(deployment.registry, deployment, directory, running().coopcycle_url)


def _of_aws(environment: str, endpoint_url: str | None, directory: Path) -> Iterator[Finding]:
    if _FIND_PYTHON.is_file():  # in a checkout, where `make build` is
        yield _python_of_lambda()
    region = boto3.session.Session().region_name
    if not region:
        yield wrong(
            "region", "none is set", "`export AWS_DEFAULT_REGION=eu-west-3`, or region in the profile"
        )
        return
    yield well("region", region)
    clients: MakeClient = partial(boto3.session.Session().client, endpoint_url=endpoint_url)
    before = []
    for finding in _asked(
        "AWS identity",
        partial(operator.identity, clients, operator.now()),
        "sign in (`aws sso login`), or name the profile: `export AWS_PROFILE=…`",
    ):
        before.append(finding)
        yield finding
    if before[0].health is Health.WRONG:
        return
    registry = ConnectionRegistry(clients("ssm"), connections_path(environment))
    deployment = None
    with plain_aws_errors():
        try:
            deployment = deployed(environment, clients)
        except NoSuchStack as error:
            yield wrong("stack", str(error), "deploy it: `make build`, then `sam deploy --guided` (README)")
        except StackTooOld as error:
            yield wrong("stack", str(error), "`bridge upgrade`, deploy this version, `bridge upgrade` again")
    if deployment is not None:
        yield from _asked("stack", partial(operator.stack, clients, environment), "try again")
        registry = deployment.registry
    yield from _of_deployment(registry, deployment, directory, "")


def _python_of_lambda() -> Finding:
    found = subprocess.run([str(_FIND_PYTHON)], capture_output=True, text=True, check=False)
    if found.returncode == 0:
        return well("Python of Lambda", found.stdout.strip())
    return warning(
        "Python of Lambda",
        "no Python 3.13 is found here, so `make build` cannot build the layer",
        "install one beside yours: `uv python install 3.13`, or with pyenv",
    )


def _of_deployment(
    registry: ConnectionRegistry, deployment: Deployment | None, directory: Path, coopcycle_url: str
) -> Iterator[Finding]:
    good, problems = check_files(files_in(directory))
    for problem in problems:
        yield wrong(
            "connection file", problem, "mend it; `bridge connections check` looks at the files alone"
        )
    pointed = [file.pointed_at(coopcycle_url) if coopcycle_url else file for file in good]
    files = {file.connection.connection_id: file.text for file in pointed}
    allow = "let your role read /bridge/* in SSM (examples/iam/deploy.json)"
    yield from _asked("connections", lambda: operator.connections(registry, files), allow)
    yield from _asked("CoopCycle", lambda: operator.instances(registry), allow)
    if deployment is not None:
        yield from _asked(
            "orders", lambda: operator.stored(deployment), "let your role read queues and tables"
        )
