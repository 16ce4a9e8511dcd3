"""``bridge sam-local``: the SAM CLI's `sam local`, against the running local stack."""

from __future__ import annotations

import os
import subprocess
import sys

import click

from bridge_laptop.local import engine as engines
from bridge_laptop.local import running_stack
from bridge_laptop.local.isolation import isolation
from bridge_laptop.sam_local import check as checking
from bridge_laptop.sam_local.prepare import CannotRun, Prepared, clean_environment, prepare, sam_command

NO_ENGINE = "No container engine answers: `sam local` needs Docker or podman running on this machine."
COMMANDS = ("invoke", "start-api")


@click.command("sam-local", context_settings={"ignore_unknown_options": True})
@click.option(
    "--check", is_flag=True, help="With a stack of its own: run every function, assert what comes of it."
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def sam_local(check: bool, arguments: tuple[str, ...]) -> None:
    """Run `sam local ARGUMENTS` against the running `bridge local`: `invoke FUNCTION`, `start-api`.

    Builds for this machine's processor first, and gives a function that is invoked without --event a signed
    sample order that nobody has seen yet. No profile and no credentials of the shell reach a function.
    Without ARGUMENTS everything is only written, under .aws-sam/local, for calling the SAM CLI by hand.

    Exit code 1: it failed, or an invocation had no good answer; 2: no container engine.
    """
    engine = engines.find(os.environ)
    if engine is None:
        click.echo(NO_ENGINE, err=True)
        sys.exit(2)
    try:
        if check:
            checking.check(engine, arguments)
            return
        if arguments and arguments[0] not in COMMANDS:
            raise click.ClickException(f"`sam local {arguments[0]}`: {' or '.join(COMMANDS)} is run here")
        with isolation():
            prepared = prepare(running_stack.read(), engine)
    except (CannotRun, checking.CheckFailed, running_stack.NotRunning) as error:
        raise click.ClickException(str(error)) from error
    if arguments:
        sys.exit(_run(prepared, engine, arguments))
    click.echo(f"Written to {prepared.config_file.parent}; by hand:")
    click.echo(
        f"  .venv/sam/bin/sam local invoke FUNCTION --config-file {prepared.config_file} "
        f"--event {prepared.config_file.parent / 'events'}/FUNCTION.json"
    )


def _run(prepared: Prepared, engine: engines.Engine, arguments: tuple[str, ...]) -> int:
    """Run the SAM CLI; an invocation whose answer is none, or an error, is a failure as well."""
    command = sam_command(prepared, arguments)
    environ = clean_environment(os.environ, engine)
    if arguments[0] != "invoke":
        os.execve(command[0], command, environ)  # noqa: S606  # Ctrl-C is for sam alone: it removes its containers
    done = subprocess.run(  # noqa: S603  # the SAM CLI of our own virtual environment
        command, env=environ, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        return done.returncode
    click.echo(done.stdout.strip())
    problem = checking.problem_of(done.stdout)
    if problem is not None:
        click.echo(f"Error: {problem}", err=True)
        return 1
    for function, file in prepared.events.items():
        if str(file) in command and function != "QueueRecheckFunction":
            order = prepared.invocations[function].order
            show = f"orders show {prepared.connection.connection_id} '{order.name}' --local"
            click.echo(f"Its order: .venv/bin/bridge {show}", err=True)
    return 0
