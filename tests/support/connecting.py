"""A connection file to put in force, and what is in force."""

from __future__ import annotations

from collections.abc import Callable

import boto3
from click.testing import Result

from bridge.aws.connections import read_parameters

PATH = "/bridge/dev"
NOBODY = "http://127.0.0.1:9"  # an instance that does not answer
SETTINGS = f'source = "shopify"\n[coopcycle]\nurl = "{NOBODY}"\n'
SECRETS = {
    "BRIDGE_ACME_WEBHOOK_SECRET": "hunter-webhook",
    "BRIDGE_ACME_CLIENT_ID": "hunter-id",
    "BRIDGE_ACME_CLIENT_SECRET": "hunter-secret",
}
Run = Callable[..., Result]


def at_all_hours(url: str, more: str = "", *, source: str = "shopify") -> str:
    """Return a connection's TOML that is open at all hours."""
    return f"""
source = "{source}"
timezone = "Europe/Paris"
country = "FR"
[coopcycle]
url = "{url}"
[schedule]
opening_hours = ["Mo-Su 00:00-24:00"]
{more}
"""


def stored(connection_id: str = "acme") -> dict[str, str]:
    """Read what is in force."""
    return read_parameters(boto3.client("ssm"), PATH, connection_id)
