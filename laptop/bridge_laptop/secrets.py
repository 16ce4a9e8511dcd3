"""Where the secrets of a connection come from on a laptop: the environment, or the local stack's defaults.

Nothing here prints, and no function returns more than it was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.aws.connections import CLIENT_ID, CLIENT_SECRET, STATUS_SECRET, WEBHOOK_SECRET
from bridge.operator.connections import GIVEN


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
