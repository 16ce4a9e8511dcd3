"""Options and arguments that several commands share, and how their texts are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import update_wrapper
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from bridge import sources
from bridge.connections.parse import is_connection_id
from bridge.operator.parked import Selection

R = TypeVar("R")

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
CONNECTIONS = Path("connections")
existing_file = click.Path(path_type=Path, exists=True, dir_okay=False)


class ConnectionId(click.ParamType[str]):
    """The id of a connection."""

    name = "connection id"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check its form."""
        if not is_connection_id(value):
            self.fail("lower-case letters, digits and hyphens, such as acme", param, ctx)
        return value

    def shell_complete(
        self, ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Propose the connections that have a file; nobody is asked over the network for a key press."""
        names = sorted(file.stem for file in Path(ctx.params.get("directory") or CONNECTIONS).glob("*.toml"))
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


class Environment(click.ParamType[str]):
    """The name of a deployed environment, which becomes part of paths and names."""

    name = "environment"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check its form."""
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", value):
            self.fail("lower-case letters, digits and hyphens, such as dev", param, ctx)
        return value


class Length(click.ParamType[timedelta]):
    """A length of time such as 2h."""

    name = "length of time"

    def convert(
        self, value: str | timedelta, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        """Read it."""
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"([1-9][0-9]{0,4})([smhdw])", value)
        if match is None:
            self.fail("a number and s, m, h, d or w, such as 2h", param, ctx)
        return timedelta(**{_UNITS[match[2]]: int(match[1])})


class Moment(click.ParamType[datetime]):
    """An ISO 8601 time with an offset."""

    name = "ISO time"

    def convert(
        self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Read the time; one without an offset is refused."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            self.fail("write it with an offset, such as 2026-11-23T10:00:00+01:00", param, ctx)
        return moment


connection_argument = click.argument("connection_id", type=ConnectionId())
body_argument = click.argument("body_file", type=existing_file)

environment_option = click.option(
    "--environment", type=Environment(), default="dev", show_default=True, help="Of the deployed stack."
)
compared_environment_option = click.option(
    "--environment", type=Environment(), help="Compare with what is in force in this deployed stack."
)
compared_local_option = click.option(
    "--local", "is_local", is_flag=True, help="Compare with what is in force in the running `bridge local`."
)
local_option = click.option("--local", "is_local", is_flag=True, help="Ask the running `bridge local`.")
endpoint_option = click.option("--endpoint-url", help="An AWS emulator; AWS_ENDPOINT_URL does the same.")


def _directory_option(*, first: bool) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Return the option of the folder; ``first`` has it read before anything is asked for."""
    return click.option(
        "--connections",
        "directory",
        type=click.Path(path_type=Path, file_okay=False),
        default=CONNECTIONS,
        show_default=True,
        is_eager=first,
        help="Where the connection files are.",
    )


directory_option, directory_option_first = _directory_option(first=False), _directory_option(first=True)
json_option = click.option("--json", "as_json", is_flag=True, help="For programs: docs/commands.md.")
yes_option = click.option("--yes", is_flag=True, help="Ask nothing; for scripts.")

source_option = click.option(
    "--source",
    type=click.Choice(sources.NAMES),
    help="The kind of sender.  [default: that of the connection's file]",
)
topic_option = click.option("--topic", help="Default: a new order.")
webhook_id_option = click.option("--webhook-id", help="Default: a fresh one, as for a new webhook.")


_narrowing = (
    click.option("--connection", "connection_id", metavar="ID", help="Only what came through it."),
    click.option("--order", metavar="ORDER", help="Only this order, by its id or name ('#1042')."),
    click.option("--reason", metavar="CODE", help="Only what was parked with this code."),
)


def narrowing_options(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command options that narrow which parked messages are meant, as its argument ``selection``."""

    def run(*args: Any, connection_id: str | None, order: str | None, reason: str | None, **kwargs: Any) -> R:
        return command(*args, selection=Selection(connection_id, order, reason), **kwargs)

    return _with_options(update_wrapper(run, command), _narrowing)


def selection_options(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command options that say which parked messages are meant, as its argument ``selection``."""

    def run(*args: Any, selection: Selection, message_id: str | None, everything: bool, **kwargs: Any) -> R:
        if (selection.order is not None) + (message_id is not None) + everything != 1:
            raise click.UsageError("say which: one of --order, --message and --all")
        return command(*args, selection=replace(selection, message_id=message_id), **kwargs)

    more = (
        click.option("--message", "message_id", metavar="ID", help="Only this message."),
        click.option("--all", "everything", is_flag=True, help="Everything, or all that the options leave."),
    )
    return _with_options(narrowing_options(update_wrapper(run, command)), more)


def _with_options(
    command: Callable[..., R], options: Sequence[Callable[[Callable[..., R]], Callable[..., R]]]
) -> Callable[..., R]:
    """Add options in the order in which help lists them."""
    for option in reversed(options):
        command = option(command)
    return command
