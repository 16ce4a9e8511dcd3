"""``bridge sign``: a webhook as the shop would send it, ready to paste."""

from __future__ import annotations

import os
import shlex
import uuid
from pathlib import Path

import click

from bridge import sources
from bridge.aws.connections import WEBHOOK_SECRET
from bridge.connections.parse import is_connection_id
from bridge_laptop import signing
from bridge_laptop import template as sam
from bridge_laptop.connection_files import read_connection_file
from bridge_laptop.secrets import local_defaults, secrets_from_environment

source_option = click.option(
    "--source",
    type=click.Choice(sources.NAMES),
    help="Default: that of the connection's file under connections/, else shopify.",
)
topic_option = click.option("--topic", help="Default: a new order.")
webhook_id_option = click.option("--webhook-id", help="Default: a fresh one, as for a new webhook.")
body_argument = click.argument("body_file", type=click.Path(path_type=Path, exists=True, dir_okay=False))


class ConnectionId(click.ParamType[str]):
    """The id of a connection."""

    name = "connection id"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check its form."""
        if not is_connection_id(value):
            self.fail("lower-case letters, digits and hyphens, such as acme", param, ctx)
        return value


connection_argument = click.argument("connection_id", type=ConnectionId())


def signed_push(
    connection_id: str, body: bytes, *, source: str | None, topic: str | None, webhook_id: str | None
) -> tuple[str, sources.Signed, sources.Options]:
    """Return the source's name, the push and the connection's options.

    Signed with the environment's secret or the local stack's. Source and options are those of the
    connection's file where there is one.

    Raises:
        click.ClickException: the secret is not of the kind that the source signs with.
    """
    file = sam.ROOT / "connections" / f"{connection_id}.toml"
    connection = read_connection_file(file).connection if file.exists() else None
    name = source or (connection.source if connection else "shopify")
    fits = connection is not None and connection.source == name
    options = connection.options if connection is not None and fits else sources.Options()
    secrets = local_defaults(connection_id) | secrets_from_environment(connection_id, os.environ)
    try:
        signed = signing.signed(
            name,
            body,
            secrets[WEBHOOK_SECRET],
            topic,
            webhook_id or str(uuid.uuid4()),
            options=options,
        )
    except ValueError as error:  # the secret is not of the kind this sender signs with
        raise click.ClickException(str(error)) from error
    return name, signed, options


@click.command()
@connection_argument
@body_argument
@source_option
@topic_option
@webhook_id_option
@click.option("--url", default="http://127.0.0.1:3000", show_default=True, help="Where the bridge is.")
def sign(
    connection_id: str,
    body_file: Path,
    source: str | None,
    topic: str | None,
    webhook_id: str | None,
    url: str,
) -> None:
    """Print the curl command that sends a signed body.

    Signed with the webhook secret in the environment (BRIDGE_ACME_WEBHOOK_SECRET for acme), or with the
    local stack's.
    """
    body = body_file.read_bytes()
    _, signed, _ = signed_push(connection_id, body, source=source, topic=topic, webhook_id=webhook_id)
    data = f"@{body_file}" if signed.body == body else signed.body.decode("utf-8")
    lines = [f"curl -sS {shlex.quote(signed.address(url, connection_id))}"]
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in signed.headers.items()]
    lines.append(f"--data-binary {shlex.quote(data)}")
    click.echo(" \\\n  ".join(lines))
