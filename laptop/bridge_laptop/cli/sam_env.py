"""``bridge sam-env``: the environment file that points `sam local` at a running `bridge local`."""

from __future__ import annotations

import json

import click

from bridge_laptop import template as sam
from bridge_laptop.local import running_stack
from bridge_laptop.local.running_stack import LOCAL_AWS


def environment_file(local: running_stack.LocalState) -> dict[str, dict[str, str]]:
    """Return what `sam local --env-vars` reads: every variable of every function."""
    aws = LOCAL_AWS | {"AWS_ENDPOINT_URL": local.aws_endpoint}
    return {
        function.logical_id: dict(function.environment) | aws
        for function in sam.functions(sam.load(), local.names)
    }


@click.command("sam-env")
def sam_env() -> None:
    """Print the environment file for `sam local`, which points the functions at the running stack."""
    try:
        local = running_stack.read()
    except running_stack.NotRunning as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(environment_file(local), indent=2))
