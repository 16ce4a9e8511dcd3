"""``bridge sandbox``: a stand-in for a CoopCycle instance, alone."""

from __future__ import annotations

import signal
from contextlib import suppress
from pathlib import Path

import click

from bridge_laptop.sandbox.server import SandboxServer


@click.command()
@click.option("--port", default=3001, show_default=True)
@click.option(
    "--seed",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Stores and OAuth clients, instead of Acme and Acme2.",
)
def sandbox(port: int, seed: Path | None) -> None:
    """Run a stand-in for a CoopCycle instance until Ctrl-C."""
    try:
        server = SandboxServer(port=port, seed=seed)
    except OSError as error:
        raise click.ClickException(f"port {port}: {error.strerror or error}; try another --port") from error
    except ValueError as error:
        raise click.ClickException(f"{seed}: {error}") from error
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell started us in the background
        signal.signal(number, signal.default_int_handler)
    click.echo(f"CoopCycle sandbox on {server.url}, Ctrl-C stops it")
    with suppress(KeyboardInterrupt):
        server.serve_forever()
    click.echo("stopped")
