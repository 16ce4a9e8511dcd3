"""Groups of commands: what is almost the name of a command is answered with the name."""

from __future__ import annotations

from difflib import get_close_matches

import click

from bridge_laptop.cli.examples import epilog

HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


class Group(click.Group):
    """A group that proposes the command that was meant, and whose commands' help ends with examples."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command with its examples."""
        command = super().get_command(ctx, cmd_name)
        if command is not None:
            command.epilog = epilog(f"{self.name} {cmd_name}")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of the first argument.

        Raises:
            click.UsageError: there is none; names those that are spelled nearly so.
        """
        wanted = args[0]
        names = self.list_commands(ctx)
        if wanted in names or wanted.startswith("-"):
            return super().resolve_command(ctx, args)
        near = get_close_matches(wanted, names, n=2)
        meant = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(names)}"
        raise click.UsageError(f"no command {wanted!r}; {meant}", ctx)
