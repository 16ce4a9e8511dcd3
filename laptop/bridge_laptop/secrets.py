"""The secrets of a connection on their way into SSM: where they come from, and the one writer of them.

Nothing here prints, and no function returns more than it was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bridge.aws.connections import (
    CLIENT_ID,
    CLIENT_SECRET,
    SETTINGS,
    SHOP_TOKEN,
    STATUS_SECRET,
    WEBHOOK_SECRET,
    WEBHOOK_SECRET_PREVIOUS,
)

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

REQUIRED = (WEBHOOK_SECRET, CLIENT_ID, CLIENT_SECRET)
OPTIONAL = (STATUS_SECRET, SHOP_TOKEN)
GIVEN = (*REQUIRED, *OPTIONAL)  # what an operator gives
ALL = (*REQUIRED, WEBHOOK_SECRET_PREVIOUS, *OPTIONAL)  # what SSM may hold


def variable_name(connection_id: str, name: str) -> str:
    """Return the environment variable of a secret: ``BRIDGE_ACME_CLIENT_ID``."""
    return f"BRIDGE_{connection_id}_{name}".upper().replace("-", "_")


def secrets_from_environment(connection_id: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets that stand in the environment, by parameter name; blanks around them are dropped."""
    found = {name: environ.get(variable_name(connection_id, name), "").strip() for name in GIVEN}
    return {name: value for name, value in found.items() if value}


def local_defaults(connection_id: str) -> dict[str, str]:
    """Return the secrets of the local stack where the environment gives none; the sandbox knows them."""
    return {
        WEBHOOK_SECRET: f"{connection_id}-webhook-secret",
        CLIENT_ID: connection_id,
        CLIENT_SECRET: f"{connection_id}-secret",
        STATUS_SECRET: f"{connection_id}-status-secret",
    }


def write_connection(
    ssm: SSMClient, path: str, connection_id: str, settings_text: str | None, secrets: Mapping[str, str]
) -> None:
    """Write parameters of a connection, overwriting; ``settings_text`` ``None`` leaves the settings alone.

    Secrets first, in the order given, and the settings last: a connection that is not complete yet is
    still unknown to the functions.
    """
    prefix = f"{path.rstrip('/')}/{connection_id}/"
    for name, value in secrets.items():
        ssm.put_parameter(Name=prefix + name, Value=value, Type="SecureString", Overwrite=True)
    if settings_text is not None:
        ssm.put_parameter(
            Name=prefix + SETTINGS,
            Value=settings_text,
            Type="String",
            Overwrite=True,
            Tier="Intelligent-Tiering",  # free up to 4 KB, and never a reason to refuse before 8 KB
        )
