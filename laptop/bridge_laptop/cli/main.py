"""``bridge``: the group of all commands, each imported only when it is called."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module

import click

from bridge_laptop import checkout
from bridge_laptop.cli.examples import epilog
from bridge_laptop.cli.group import HELP_OPTIONS, Group

# name -> where the command is, and the line that `bridge --help` shows without importing it
COMMANDS = {
    "local": ("bridge_laptop.cli.local:local", "Run the whole bridge here, no AWS account needed."),
    "sandbox": ("bridge_laptop.cli.sandbox:sandbox", "Run a stand-in for a CoopCycle instance."),
    "init": ("bridge_laptop.cli.init:init", "Write a connection's file, by a few questions."),
    "connections": ("bridge_laptop.cli.connections:connections", "Check, apply, list, remove connections."),
    "url": ("bridge_laptop.cli.url:url", "Print the address that a shop's webhooks go to."),
    "test": ("bridge_laptop.cli.trial:try_out", "Try a connection out on its deployment, up to the booking."),
    "doctor": ("bridge_laptop.cli.doctor:doctor", "Say what is wrong with a deployment, and the cure."),
    "orders": ("bridge_laptop.cli.orders:orders", "What became of an order."),
    "tail": ("bridge_laptop.cli.logs:tail", "Tell what comes in and what becomes of it, as it happens."),
    "logs": ("bridge_laptop.cli.logs:logs", "Print what the functions logged, of an order or of all."),
    "parked": ("bridge_laptop.cli.parked:parked", "List, show, redrive or discard parked messages."),
    "replay": (
        "bridge_laptop.cli.replay:replay",
        "Map an order's webhook anew, or show what that would change.",
    ),
    "console": ("bridge_laptop.cli.console:console", "Invite those who use the page for dispatchers."),
    "redact": ("bridge_laptop.cli.personal_data:redact", "Erase what is held of a person."),
    "export": ("bridge_laptop.cli.personal_data:export", "Print what is held of a person."),
    "upgrade": ("bridge_laptop.cli.upgrade:upgrade", "Bring an earlier version's stored orders up to date."),
    "uninstall": ("bridge_laptop.cli.uninstall:uninstall", "Delete a stack, and say what stays."),
    "map": ("bridge_laptop.cli.map:map_body", "Show what CoopCycle would be sent for a webhook's body."),
    "sign": ("bridge_laptop.cli.sign:sign", "Sign a body as the shop would, as a curl command."),
    "event": ("bridge_laptop.cli.event:event", "Write the Lambda event of a webhook, for sam local invoke."),
    "sam-local": ("bridge_laptop.cli.sam_local:sam_local", "Run sam local against the running bridge local."),
}
OF_A_CHECKOUT = ("local", "init", "test", "sam-local")  # the others work wherever one stands


class LazyGroup(Group):
    """A group that knows its commands by name and loads one when it is wanted."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Name the commands in the order of a first acquaintance."""
        return list(COMMANDS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of the first argument.

        Raises:
            click.UsageError: there is none; names those that are spelled nearly so.
            click.ClickException: it needs the files of a checkout, and none is here.
        """
        name, command, rest = super().resolve_command(ctx, args)
        asks_for_help = any(each in ctx.help_option_names for each in rest)
        if name in OF_A_CHECKOUT and not asks_for_help and not checkout.is_checkout(checkout.ROOT):
            raise click.ClickException(
                f"`bridge {name}` works with the files of a checkout (template, functions, samples), and "
                f"there is none around {checkout.ROOT}: stand in a clone of CoopCycle Bridge"
            )
        return name, command, rest

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name][0]} is no click command")
        command.epilog = epilog(cmd_name)
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        lines: Sequence[tuple[str, str]] = [(name, line) for name, (_, line) in COMMANDS.items()]
        with formatter.section("Commands"):
            formatter.write_dl(lines)


@click.group(cls=LazyGroup, context_settings=HELP_OPTIONS, epilog=epilog(""))
@click.version_option(package_name="coopcycle-bridge", prog_name="bridge")
@click.pass_context
def main(ctx: click.Context) -> None:
    """CoopCycle Bridge: any shop's order becomes exactly one delivery on CoopCycle."""
    if os.environ.get("NO_COLOR"):  # https://no-color.org
        ctx.color = False
