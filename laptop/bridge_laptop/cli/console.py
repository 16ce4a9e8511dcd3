"""``bridge console``: who may sign in to the page for dispatchers."""

from __future__ import annotations

import click

from bridge.operator.console_users import ConsoleUsers, may
from bridge.operator.deployment import Deployment
from bridge_laptop.cli import as_json as for_programs
from bridge_laptop.cli.deployment import deployment_options
from bridge_laptop.cli.group import Group
from bridge_laptop.cli.options import json_option, yes_option
from bridge_laptop.cli.table import print_table


@click.group(cls=Group)
def console() -> None:
    """Invite, list and remove those who sign in to the page for dispatchers."""


@console.command()
@click.argument("mail")
@click.option(
    "--dispatcher/--reader",
    default=False,
    show_default="--reader",
    help="Whether he may redrive, discard, close and map again, or only look.",
)
@deployment_options
def invite(deployment: Deployment, mail: str, dispatcher: bool) -> None:
    """Send somebody a first password for the page, or change what he may do there."""
    is_sent = ConsoleUsers(deployment).invite(mail, dispatcher=dispatcher)
    now = f"{mail} is invited" if is_sent else f"{mail} signs in already"
    mailed = "; a mail with a first password, good for 7 days, is sent" if is_sent else ""
    click.echo(f"{now}, and may {may(dispatcher=dispatcher)}{mailed}")
    click.echo(f"the page: {deployment.console_url}")


@console.command("list")
@json_option
@deployment_options
def list_(deployment: Deployment, as_json: bool) -> None:
    """List who may sign in."""
    users = ConsoleUsers(deployment).all()
    if as_json:
        for_programs.print_json([for_programs.console_user(user) for user in users])
    elif users:
        print_table(
            ("USER", "MAY", "HAS SIGNED IN", "INVITED"),
            [
                (
                    user.mail,
                    user.may,
                    "yes" if user.has_signed_in else "not yet",
                    user.invited_at.astimezone().isoformat(" ", "seconds"),
                )
                for user in users
            ],
        )
    else:
        click.echo("nobody yet: bridge console invite MAIL")


@console.command()
@click.argument("mail")
@yes_option
@deployment_options
def remove(deployment: Deployment, mail: str, yes: bool) -> None:
    """Remove somebody; what the page shows him already ends within the hour."""
    users = ConsoleUsers(deployment)
    if not yes:
        click.confirm(f"Remove {mail} from the page of {deployment.environment}?", abort=True)
    users.remove(mail)
    click.echo(f"{mail}: removed")
