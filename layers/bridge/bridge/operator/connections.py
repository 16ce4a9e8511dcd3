"""The connections of a deployment: what is in force, what would change, and the change itself.

Secrets are compared here and never described by anything but their state.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import unified_diff
from enum import StrEnum
from typing import TYPE_CHECKING

from bridge.aws.connections import (
    CLIENT_ID,
    CLIENT_SECRET,
    HIERARCHY_OF,
    KEPT_SECONDS,
    SETTINGS,
    SHOP_TOKEN,
    STATUS_SECRET,
    WEBHOOK_SECRET,
    WEBHOOK_SECRET_PREVIOUS,
    parameter_name,
    read_parameters,
    secrets_of,
)
from bridge.aws.known_ids import ids_path, read_parts, revised_parts
from bridge.connections.parse import parse_connection
from bridge.errors import InvalidConnection
from bridge.operator.errors import NoSuchConnection

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

    from bridge.connections.model import Connection, Secrets

REQUIRED = (WEBHOOK_SECRET, CLIENT_ID, CLIENT_SECRET)
OPTIONAL = (STATUS_SECRET, SHOP_TOKEN)
GIVEN = (*REQUIRED, *OPTIONAL)  # the secrets that an operator gives
SHOWN = (*REQUIRED, WEBHOOK_SECRET_PREVIOUS, *OPTIONAL)  # those that SSM may hold, in this order
NOTICED_WITHIN = timedelta(seconds=KEPT_SECONDS)  # by the functions, which keep what they have read

# SSM's own limits: an advanced parameter holds 8 KB, and a value must not refer to another parameter.
# https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
LARGEST_SETTINGS_BYTES = 8192
REFERENCE = "{{"
AWS_KEY = "alias/aws/ssm"  # AWS's own key of Parameter Store
DELETED_AT_ONCE = 10  # names in one DeleteParameters call
LISTED_ATTEMPTS = 5  # to bring the list of ids into line while others apply


def connections_path(environment: str) -> str:
    """Return below which path SSM holds the connections of an environment, as the template sets it."""
    return f"/bridge/{environment}"


def check_settings(connection_id: str, text: str) -> Connection:
    """Return the connection that settings describe, when SSM can hold them.

    Raises:
        InvalidConnection: with every problem.
    """
    problems = []
    size = len(text.encode())
    if size > LARGEST_SETTINGS_BYTES:
        problems.append(f"file: {size} bytes, SSM holds {LARGEST_SETTINGS_BYTES}; shorten the comments")
    if REFERENCE in text:
        problems.append(f"file: SSM takes no value with {REFERENCE}, put a space between the braces")
    try:
        connection = parse_connection(connection_id, text)
    except InvalidConnection as error:
        raise InvalidConnection([*problems, *error.problems]) from error
    if problems:
        raise InvalidConnection(problems)
    return connection


@dataclass(frozen=True, slots=True)
class StoredConnection:
    """What SSM holds of one connection: names, times and the settings, no secret."""

    connection_id: str
    settings: str | None
    secret_names: tuple[str, ...]
    last_modified: datetime
    names: tuple[str, ...]  # of every parameter, in full

    @property
    def missing(self) -> tuple[str, ...]:
        """The required secrets that are not there."""
        return tuple(name for name in REQUIRED if name not in self.secret_names)

    @property
    def is_rotating(self) -> bool:
        """Whether the previous webhook secret is still valid."""
        return WEBHOOK_SECRET_PREVIOUS in self.secret_names

    def parse(self) -> Connection:
        """Return the connection.

        Raises:
            InvalidConnection: the settings are missing or do not pass the checks.
        """
        if self.settings is None:
            raise InvalidConnection(["settings: missing, apply the connection again"])
        return parse_connection(self.connection_id, self.settings)


class SecretState(StrEnum):
    """What an apply would do to a secret."""

    ABSENT = "absent"
    NEW = "new"
    CHANGED = "changed"
    ROTATED = "rotated"  # changed, and the old one stays valid as the previous one
    UNCHANGED = "unchanged"
    KEPT = "kept"  # none was given
    REMOVED = "removed"


class Caution(StrEnum):
    """What an apply would end."""

    SIGNATURES_END = "signatures_end"  # the stored webhook secret stops being valid at once
    PREVIOUS_ENDS = "previous_ends"  # the previous webhook secret stored so far stops being valid


@dataclass(frozen=True, slots=True)
class Plan:
    """What an apply would do to one connection."""

    connection_id: str
    settings_text: str | None  # None: as they are
    settings_diff: tuple[str, ...]  # "+country = "FR"", "-…"; empty when comments alone have changed
    secrets: Mapping[str, str] = field(repr=False)  # to write, in this order
    deletions: tuple[str, ...]
    states: Mapping[str, SecretState]  # of each secret that is set or will be
    cautions: tuple[Caution, ...]

    @property
    def changes_anything(self) -> bool:
        """Tell whether carrying it out would change SSM."""
        return self.settings_text is not None or bool(self.secrets) or bool(self.deletions)


class ConnectionRegistry:
    """The connections below one path of SSM; ``key_id`` names the KMS key of secrets, "" is AWS's own."""

    def __init__(self, ssm: SSMClient, path: str, key_id: str = "") -> None:
        self.ssm = ssm
        self.path = path
        self.region = ssm.meta.region_name
        self._key_id = key_id

    def everything(self) -> list[StoredConnection]:
        """Return every connection, by id: settings are read, of secrets the names alone."""
        settings = self._settings()
        found = {each: {SETTINGS: modified} for each, (_, modified) in settings.items()}
        pages = self.ssm.get_paginator("describe_parameters").paginate(
            ParameterFilters=[{"Key": "Path", "Option": "Recursive", "Values": self.hierarchies()}]
        )
        for page in pages:
            for parameter in page["Parameters"]:
                connection_id, name = parameter["Name"].split("/")[-2:]
                found.setdefault(connection_id, {})[name] = parameter["LastModifiedDate"]
        return [
            StoredConnection(
                connection_id=connection_id,
                settings=settings[connection_id][0] if connection_id in settings else None,
                secret_names=tuple(name for name in SHOWN if name in parameters),
                last_modified=max(parameters.values()),
                names=tuple(parameter_name(self.path, connection_id, name) for name in sorted(parameters)),
            )
            for connection_id, parameters in sorted(found.items())
        ]

    def hierarchies(self) -> list[str]:
        """Return the paths below which secrets are, one for each reader."""
        return [f"{self.path}/{hierarchy}" for hierarchy in sorted(set(HIERARCHY_OF.values()))]

    def _settings(self) -> dict[str, tuple[str, datetime]]:
        """Return the settings of every connection, and when they were written."""
        pages = self.ssm.get_paginator("get_parameters_by_path").paginate(Path=f"{self.path}/{SETTINGS}")
        return {
            each["Name"].rpartition("/")[2]: (each["Value"], each["LastModifiedDate"])
            for page in pages
            for each in page["Parameters"]
        }

    def ids(self) -> list[str]:
        """Return the ids of the connections that have settings; no secret is asked for."""
        return sorted(self._settings())

    def one(self, connection_id: str) -> StoredConnection:
        """Return a connection.

        Raises:
            NoSuchConnection: there is none of that id.
        """
        for stored in self.everything():
            if stored.connection_id == connection_id:
                return stored
        raise NoSuchConnection(connection_id, self.path)

    def parameters(self, connection_id: str) -> dict[str, str]:
        """Return a connection's settings and secrets, decrypted, by their short names."""
        return read_parameters(self.ssm, self.path, connection_id)

    def secrets(self, connection_id: str) -> Secrets:
        """Return all secrets of a connection, those that verify webhooks too."""
        return secrets_of(self.parameters(connection_id))

    def apply(self, change: Plan) -> None:
        """Write what a plan says."""
        write_connection(
            self.ssm,
            self.path,
            change.connection_id,
            change.settings_text,
            change.secrets,
            key_id=self._key_id,
        )
        self._delete([parameter_name(self.path, change.connection_id, name) for name in change.deletions])

    def remove(self, stored: StoredConnection) -> None:
        """Delete a connection with its secrets; what is gone already is no error."""
        self._delete(list(stored.names))

    def list_ids(self) -> None:
        """Bring the list of ids, which the receiver reads, into line with the connections that are there.

        Read again after it is written, until nothing differs: of two people who apply at the same time the
        second may have written over the first.
        """
        path = ids_path(self.path)
        for _ in range(LISTED_ATTEMPTS):
            parts = revised_parts(read_parts(self.ssm, path), set(self.ids()))
            if not parts:
                return
            for name, value in parts.items():
                self.ssm.put_parameter(Name=f"{path}/{name}", Value=value, Type="String", Overwrite=True)

    def noticed_in(self, connection_ids: set[str], now: datetime) -> dict[str, timedelta]:
        """Return, of connections applied so lately that functions may not know it, how long that may last."""
        return {
            stored.connection_id: NOTICED_WITHIN - (now - stored.last_modified)
            for stored in self.everything()
            if stored.connection_id in connection_ids and now - stored.last_modified < NOTICED_WITHIN
        }

    def _delete(self, names: list[str]) -> None:
        for start in range(0, len(names), DELETED_AT_ONCE):
            self.ssm.delete_parameters(Names=names[start : start + DELETED_AT_ONCE])


def write_connection(
    ssm: SSMClient,
    path: str,
    connection_id: str,
    settings_text: str | None,
    secrets: Mapping[str, str],
    *,
    key_id: str = "",
) -> None:
    """Write parameters of a connection, overwriting; ``settings_text`` ``None`` leaves the settings alone.

    ``key_id`` names the KMS key that encrypts the secrets; "" is AWS's own key of Parameter Store.

    Secrets first, in the order given, and the settings last: a connection that is not complete yet is
    still unknown to the functions.
    """
    for name, value in secrets.items():
        ssm.put_parameter(
            Name=parameter_name(path, connection_id, name),
            Value=value,
            Type="SecureString",
            Overwrite=True,
            KeyId=key_id or AWS_KEY,
        )
    if settings_text is not None:
        ssm.put_parameter(
            Name=parameter_name(path, connection_id, SETTINGS),
            Value=settings_text,
            Type="String",
            Overwrite=True,
            Tier="Intelligent-Tiering",  # free up to 4 KB, and never a reason to refuse before 8 KB
        )


# --- what would change ----------------------------------------------------------------------------


def plan(
    connection_id: str,
    *,
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
    states = {name: _state(given.get(name), stored.get(name)) for name in GIVEN}
    writes = {
        name: given[name] for name, state in states.items() if state in (SecretState.NEW, SecretState.CHANGED)
    }
    cautions: list[Caution] = []
    deletions: tuple[str, ...] = ()
    previous = SecretState.ABSENT
    if WEBHOOK_SECRET_PREVIOUS in stored:
        previous = SecretState.REMOVED if forget_previous else SecretState.KEPT
        deletions = (WEBHOOK_SECRET_PREVIOUS,) if forget_previous else ()
    if states[WEBHOOK_SECRET] is SecretState.CHANGED and rotate:
        # the old one first: between the two writes it must not be missing
        writes = {WEBHOOK_SECRET_PREVIOUS: stored[WEBHOOK_SECRET], **writes}
        states[WEBHOOK_SECRET] = SecretState.ROTATED
        if WEBHOOK_SECRET_PREVIOUS in stored:
            previous, deletions = SecretState.CHANGED, ()
            cautions.append(Caution.PREVIOUS_ENDS)
    elif states[WEBHOOK_SECRET] is SecretState.CHANGED:
        cautions.append(Caution.SIGNATURES_END)
    states[WEBHOOK_SECRET_PREVIOUS] = previous
    return Plan(
        connection_id=connection_id,
        settings_text=settings_text if settings_text != stored.get(SETTINGS) else None,
        settings_diff=_difference(stored.get(SETTINGS, ""), settings_text),
        secrets=writes,
        deletions=deletions,
        states={name: state for name, state in states.items() if state is not SecretState.ABSENT},
        cautions=tuple(cautions),
    )


def _state(given: str | None, stored: str | None) -> SecretState:
    if given is None:
        return SecretState.KEPT if stored is not None else SecretState.ABSENT
    if stored is None:
        return SecretState.NEW
    return SecretState.UNCHANGED if given == stored else SecretState.CHANGED


def _difference(before: str, after: str) -> tuple[str, ...]:
    """Return the settings that would be added and taken away, as lines that begin with + and -."""
    lines = unified_diff(list(_settings(before)), list(_settings(after)), n=0, lineterm="")
    return tuple(line for line in list(lines)[2:] if not line.startswith("@@"))


def _settings(text: str) -> Iterator[str]:
    """Yield settings as lines ``table.key = value``, without comments; of what is no TOML, the lines."""
    try:
        yield from _lines_of(tomllib.loads(text), "")
    except tomllib.TOMLDecodeError:
        yield from text.splitlines()


def _lines_of(table: Mapping[str, object], prefix: str) -> Iterator[str]:
    for key, value in table.items():
        name = prefix + (key if key.replace("-", "_").isidentifier() else json.dumps(key, ensure_ascii=False))
        if isinstance(value, Mapping):
            yield from _lines_of(value, f"{name}.")
        else:
            yield f"{name} = {json.dumps(value, ensure_ascii=False, default=str)}"
