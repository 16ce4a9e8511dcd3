"""``bridge logs`` and ``bridge tail``: what the functions logged, from CloudWatch Logs or the local stack."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import click

from bridge.operator import logs as operator
from bridge.operator.deployment import Deployment
from bridge.operator.logs import LogEntry, Wanted
from bridge_laptop.cli import as_json as for_programs
from bridge_laptop.cli.deployment import deployment_options
from bridge_laptop.cli.happenings import Happenings, clock
from bridge_laptop.cli.options import Length, json_option

LOOK_AGAIN_SECONDS, LOOK_AGAIN_SECONDS_HERE = 2.0, 0.5
_COLOURS = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}
_FACTS = ("topic", "outcome", "reason", "detail", "delivery", "webhook_id", "exception")

_connection_option = click.option(
    "--connection", "connection_id", metavar="ID", help="Only what is about it."
)
_order_option = click.option("--order", metavar="ORDER", help="Only this order, by its id or name ('#1042').")


@click.command()
@_order_option
@_connection_option
@click.option("--since", type=Length(), default="1h", show_default=True, help="Of the last 2h (30m, 3d, 1w).")
@click.option("--follow", "-f", is_flag=True, help="Go on with what is logged from now on, until Ctrl-C.")
@json_option
@deployment_options
def logs(
    deployment: Deployment,
    order: str | None,
    connection_id: str | None,
    since: timedelta,
    follow: bool,
    as_json: bool,
) -> None:
    """Print what the functions logged, a line an entry, the oldest first; nothing of it is personal.

    Lambda's own lines about an invocation that ended well are left out. With --json and --follow each line is
    an object.
    """
    question = operator.wanted(
        deployment, datetime.now(UTC) - since, connection_id=connection_id, order=order
    )
    if follow:
        _until_interrupted(_followed(deployment, question), for_programs.log_row if as_json else None, _line)
        return
    found = operator.entries(deployment, question)
    if as_json:
        for_programs.print_json([for_programs.log_row(entry) for entry in found])
        return
    for entry in found:
        click.echo(_line(entry))
    if not found:
        click.echo("nothing was logged of it in that time; --since reaches further back", err=True)


@click.command()
@_order_option
@_connection_option
@json_option
@deployment_options
def tail(deployment: Deployment, order: str | None, connection_id: str | None, as_json: bool) -> None:
    """Tell what comes in (-->) and what becomes of its order (<--) from now on, until Ctrl-C.

    Read from the functions' log, which has it a few seconds later. With --json each line is an object.
    """
    if deployment.log_level not in ("DEBUG", "INFO"):
        click.echo(
            f"the stack logs from {deployment.log_level} on (its parameter LogLevel): only what goes wrong "
            "is told",
            err=True,
        )
    question = operator.wanted(deployment, datetime.now(UTC), connection_id=connection_id, order=order)
    click.echo("Waiting for orders. Ctrl-C ends this.", err=True)
    happenings = Happenings(deployment.orders.load)
    row = for_programs.log_row if as_json else None
    _until_interrupted(_followed(deployment, question), row, happenings.line)


def _followed(deployment: Deployment, question: Wanted) -> Iterable[LogEntry]:
    seconds = LOOK_AGAIN_SECONDS_HERE if deployment.is_local else LOOK_AGAIN_SECONDS
    return operator.follow(deployment, question, lambda: time.sleep(seconds))


def _until_interrupted(
    entries: Iterable[LogEntry],
    row: Callable[[LogEntry], object] | None,
    line: Callable[[LogEntry], str | None],
) -> None:
    """Print each entry that has a line, as that or as an object, until Ctrl-C or until nobody reads it."""
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell may have it ignored in the background
        signal.signal(number, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        for entry in entries:
            told = line(entry)
            if told is None:
                continue
            if row is not None:
                for_programs.print_line(row(entry))
            else:
                click.echo(told)


def _line(entry: LogEntry) -> str:
    level = click.style(f"{entry.level:<7}", fg=_COLOURS.get(entry.level))
    facts = [f"{name}={_quoted(value)}" for name in _FACTS if (value := str(getattr(entry, name)))]
    about = "/".join(part for part in (entry.connection_id, entry.order_id) if part)
    head = f"{entry.at.astimezone():%Y-%m-%d} {clock(entry.at)} {level}"
    return "  ".join(
        (head, entry.function.removesuffix("Function"), *filter(None, (about, entry.message)), *facts)
    )


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value
