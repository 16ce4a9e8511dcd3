"""``bridge sign``: a webhook as the shop would send it, ready to paste."""

from __future__ import annotations

import os
import re
import shlex
import uuid
from pathlib import Path

import click

from bridge import sources
from bridge.aws.connections import WEBHOOK_SECRET
from bridge.connections.model import Connection
from bridge.errors import InvalidConnection
from bridge_laptop import signing
from bridge_laptop.cli.options import (
    body_argument,
    connection_argument,
    directory_option,
    source_option,
    topic_option,
    webhook_id_option,
)
from bridge_laptop.connection_files import read_connection_file
from bridge_laptop.secrets import local_defaults, secrets_from_environment


def signed_push(
    connection_id: str,
    body: bytes,
    *,
    source: str | None,
    topic: str | None,
    webhook_id: str | None,
    directory: Path = Path("connections"),
) -> tuple[str, sources.Signed, sources.Options]:
    """Return the source's name, the push and the connection's options.

    Signed with the environment's secret or the local stack's. Source and options are those of the
    connection's file where there is one.

    Raises:
        click.ClickException: the file is wrong, there is none and no source is named, or the secret is not of
            the kind that the source signs with.
    """
    connection = _connection(directory / f"{connection_id}.toml")
    if connection is None and source is None:
        raise click.ClickException(
            f"there is no {directory / f'{connection_id}.toml'}, so the kind of sender is unknown: name it "
            "with --source, or the folder of the connection files with --connections"
        )
    name = source or (connection.source if connection else "")
    options = connection.options if connection and connection.source == name else sources.Options()
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


def _connection(file: Path) -> Connection | None:
    try:
        return read_connection_file(file).connection if file.exists() else None
    except InvalidConnection as error:
        raise click.ClickException("\n".join(f"{file}: {problem}" for problem in error.problems)) from error


def _address_of_bridge(url: str) -> str:
    """Return the bridge's own address out of what people have at hand: the stack's output, a webhook's."""
    return re.sub(r"/webhooks(/[^/]*)?/?$", "", url)


@click.command()
@connection_argument
@body_argument
@source_option
@topic_option
@webhook_id_option
@directory_option
@click.option(
    "--url",
    default="http://127.0.0.1:3000",
    show_default=True,
    help="Where the bridge is; the stack's output WebhookUrl fits.",
)
def sign(
    connection_id: str,
    body_file: Path,
    source: str | None,
    topic: str | None,
    webhook_id: str | None,
    directory: Path,
    url: str,
) -> None:
    """Print the curl command that sends a signed body.

    Signed with the webhook secret in the environment (BRIDGE_ACME_WEBHOOK_SECRET for acme), or with the
    local stack's.
    """
    body = body_file.read_bytes()
    _, signed, _ = signed_push(
        connection_id, body, source=source, topic=topic, webhook_id=webhook_id, directory=directory
    )
    data = f"@{body_file}" if signed.body == body else signed.body.decode("utf-8")
    lines = [f"curl -sS {shlex.quote(signed.address(_address_of_bridge(url), connection_id))}"]
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in signed.headers.items()]
    lines.append(f"--data-binary {shlex.quote(data)}")
    click.echo(" \\\n  ".join(lines))
