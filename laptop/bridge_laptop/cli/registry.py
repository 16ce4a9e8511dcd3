"""The operator's side of the connections in SSM: what is there, what would change, and the change itself.

Secrets are compared here and never described by anything but their state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import unified_diff
from typing import TYPE_CHECKING

from bridge.aws.connections import SETTINGS, WEBHOOK_SECRET, WEBHOOK_SECRET_PREVIOUS
from bridge_laptop.secrets import ALL, GIVEN, write_connection

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

DELETED_AT_ONCE = 10  # names in one DeleteParameters call


@dataclass(frozen=True, slots=True)
class StoredConnection:
    """What SSM holds of one connection: names, times and the settings, no secret."""

    connection_id: str
    settings: str | None
    secret_names: tuple[str, ...]
    last_modified: datetime
    names: tuple[str, ...]  # of every parameter, in full


@dataclass(frozen=True, slots=True)
class Plan:
    """What an apply would do to one connection."""

    connection_id: str
    settings_text: str | None  # None: as they are
    settings_diff: tuple[str, ...]
    secrets: Mapping[str, str] = field(repr=False)  # to write, in this order
    deletions: tuple[str, ...]
    states: Mapping[str, str]  # of each secret that is set or will be, in words
    warnings: tuple[str, ...]

    @property
    def changes_anything(self) -> bool:
        """Tell whether carrying it out would change SSM."""
        return self.settings_text is not None or bool(self.secrets) or bool(self.deletions)


def connections_path(environment: str) -> str:
    """Return the path of an environment's connections, as the template sets it."""
    return f"/bridge/{environment}/connections"


def read_all(ssm: SSMClient, path: str) -> list[StoredConnection]:
    """Return every connection, by id, without decrypting anything."""
    found: dict[str, dict[str, tuple[str, datetime]]] = {}
    pages = ssm.get_paginator("get_parameters_by_path").paginate(
        Path=f"{path}/", Recursive=True, WithDecryption=False
    )
    for page in pages:
        for parameter in page["Parameters"]:
            connection_id, _, name = parameter["Name"].removeprefix(f"{path}/").partition("/")
            value = parameter["Value"] if name == SETTINGS else ""
            found.setdefault(connection_id, {})[name] = (value, parameter["LastModifiedDate"])
    return [
        StoredConnection(
            connection_id=connection_id,
            settings=parameters[SETTINGS][0] if SETTINGS in parameters else None,
            secret_names=tuple(name for name in ALL if name in parameters),
            last_modified=max(modified for _, modified in parameters.values()),
            names=tuple(f"{path}/{connection_id}/{name}" for name in sorted(parameters)),
        )
        for connection_id, parameters in sorted(found.items())
    ]


def plan(
    connection_id: str,
    *,
    file_name: str,
    settings_text: str,
    given: Mapping[str, str],
    stored: Mapping[str, str],
    rotate: bool = False,
    forget_previous: bool = False,
) -> Plan:
    """Compare what is wanted with what is stored.

    ``given`` holds the secrets the operator gave, ``stored`` the decrypted parameters. With ``rotate`` a
    different webhook secret moves the stored one to previous, which stays valid until ``forget_previous``.
    """
    writes: dict[str, str] = {}
    states: dict[str, str] = {}
    warnings: list[str] = []
    for name in GIVEN:
        state = _state(given.get(name), stored.get(name))
        if state:
            states[name] = state
        if state in ("new", "changed"):
            writes[name] = given[name]
    if states.get(WEBHOOK_SECRET) == "changed" and rotate:
        # the old one first: between the two writes it must not be missing
        writes = {WEBHOOK_SECRET_PREVIOUS: stored[WEBHOOK_SECRET], **writes}
        states[WEBHOOK_SECRET] = "changed, the old one stays valid as the previous one"
        if WEBHOOK_SECRET_PREVIOUS in stored:
            warnings.append("the previous webhook secret stored so far stops being valid")
    elif states.get(WEBHOOK_SECRET) == "changed":
        warnings.append(
            "the stored webhook secret stops being valid at once; "
            "with --rotate-webhook-secret it stays valid beside the new one"
        )
    deletions: tuple[str, ...] = ()
    if WEBHOOK_SECRET_PREVIOUS in stored and forget_previous:
        deletions = (WEBHOOK_SECRET_PREVIOUS,)
        states[WEBHOOK_SECRET_PREVIOUS] = "removed"
    elif WEBHOOK_SECRET_PREVIOUS in stored:
        replaced = WEBHOOK_SECRET_PREVIOUS in writes
        states[WEBHOOK_SECRET_PREVIOUS] = "changed" if replaced else "kept, valid until --forget-previous"
    old = stored.get(SETTINGS, "")
    return Plan(
        connection_id=connection_id,
        settings_text=settings_text if settings_text != stored.get(SETTINGS) else None,
        settings_diff=tuple(
            unified_diff(old.splitlines(), settings_text.splitlines(), "in force", file_name, lineterm="")
        ),
        secrets=writes,
        deletions=deletions,
        states=states,
        warnings=tuple(warnings),
    )


def _state(given: str | None, stored: str | None) -> str:
    if given is None:
        return "kept" if stored is not None else ""
    if stored is None:
        return "new"
    return "unchanged" if given == stored else "changed"


def carry_out(ssm: SSMClient, path: str, change: Plan) -> None:
    """Write what the plan says."""
    write_connection(ssm, path, change.connection_id, change.settings_text, change.secrets)
    delete(ssm, [f"{path}/{change.connection_id}/{name}" for name in change.deletions])


def delete(ssm: SSMClient, names: list[str]) -> None:
    """Delete parameters by their full names; one that is gone already is no error."""
    for start in range(0, len(names), DELETED_AT_ONCE):
        ssm.delete_parameters(Names=names[start : start + DELETED_AT_ONCE])
