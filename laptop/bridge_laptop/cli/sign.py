"""``bridge sign``: a webhook as the shop would send it, ready to paste."""

from __future__ import annotations

import os
import shlex
import uuid
from pathlib import Path

import click

from bridge import sources
from bridge.aws.connections import WEBHOOK_SECRET
from bridge.connection import is_connection_id
from bridge_laptop.secrets import local_defaults, secrets_from_environment
from bridge_laptop.signing import DEFAULT_TOPICS, headers_for

source_option = click.option(
    "--source", type=click.Choice(sources.NAMES), default=sources.NAMES[0], show_default=True
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


def signed_headers(
    connection_id: str, body: bytes, *, source: str, topic: str | None, webhook_id: str | None
) -> dict[str, str]:
    """Sign with the webhook secret of the environment, or with the local stack's."""
    secrets = local_defaults(connection_id) | secrets_from_environment(connection_id, os.environ)
    return headers_for(
        source,
        body,
        secrets[WEBHOOK_SECRET],
        topic or DEFAULT_TOPICS[source],
        webhook_id or str(uuid.uuid4()),
    )


@click.command()
@connection_argument
@body_argument
@source_option
@topic_option
@webhook_id_option
@click.option("--url", default="http://127.0.0.1:3000", show_default=True, help="Where the bridge is.")
def sign(
    connection_id: str, body_file: Path, source: str, topic: str | None, webhook_id: str | None, url: str
) -> None:
    """Print the curl command that sends a signed body.

    Signed with the webhook secret in the environment (BRIDGE_ACME_WEBHOOK_SECRET for acme), or with the
    local stack's.
    """
    headers = signed_headers(
        connection_id, body_file.read_bytes(), source=source, topic=topic, webhook_id=webhook_id
    )
    address = f"{url.rstrip('/')}/webhooks/{connection_id}"
    lines = [f"curl -sS {shlex.quote(address)}"]
    lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    lines.append(f"--data-binary {shlex.quote(f'@{body_file}')}")
    click.echo(" \\\n  ".join(lines))
