"""Groups of commands: what is almost the name of a command is answered with the name."""

from __future__ import annotations

from difflib import get_close_matches

import click

HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


class Group(click.Group):
    """A group that proposes the command that was meant."""

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
