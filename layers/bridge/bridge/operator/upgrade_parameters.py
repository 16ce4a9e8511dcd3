"""Moves connections to where this version reads them: settings, and a hierarchy for each reader of secrets.

An earlier version held all of a connection under ``/bridge/<environment>/connections/<connection_id>/``.
First everything is copied, while the functions of that version go on reading the old place; then, once this
version is deployed, the old place is cleared. Each step may be stopped and begun again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bridge.aws.connections import HIERARCHY_OF, SETTINGS, parameter_name
from bridge.operator.connections import AWS_KEY, DELETED_AT_ONCE, write_connection

if TYPE_CHECKING:
    from datetime import datetime

    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_ssm.type_defs import ParameterTypeDef

    from bridge.operator.connections import ConnectionRegistry

_OLD = "connections"  # below the environment's path


def copy_old(ssm: SSMClient, path: str) -> int:
    """Copy the parameters of connections from their old place below ``path``; return how many were written.

    What is at the new place stays unless the old one was written later: somebody applied the connection with
    the earlier version after it had been copied.
    """
    written = 0
    for connection_id, parameters in _by_connection(ssm, path).items():
        there = _written_at(ssm, path, connection_id, list(parameters))
        newer = {
            name: old["Value"]
            for name, old in parameters.items()
            if name not in there or old["LastModifiedDate"] > there[name]
        }
        settings = newer.pop(SETTINGS, None)
        write_connection(ssm, path, connection_id, settings, newer)
        written += len(newer) + (settings is not None)
    return written


def remove_old(ssm: SSMClient, path: str) -> int:
    """Delete at the old place what is at the new one; return how many parameters went."""
    names = []
    for connection_id, parameters in _by_connection(ssm, path).items():
        there = _written_at(ssm, path, connection_id, list(parameters))
        names += [old["Name"] for name, old in parameters.items() if name in there]
    for start in range(0, len(names), DELETED_AT_ONCE):
        ssm.delete_parameters(Names=names[start : start + DELETED_AT_ONCE])
    return len(names)


def at_the_old_place(ssm: SSMClient, path: str) -> int:
    """Return how many parameters an earlier version's connections still have at the old place."""
    return sum(len(parameters) for parameters in _by_connection(ssm, path).values())


def write_under_the_key(ssm: SSMClient, registry: ConnectionRegistry, key_id: str) -> int:
    """Write anew each secret that is under another KMS key than this; return how many.

    ``key_id`` is a key's ARN, or "" for AWS's own of Parameter Store.
    """
    written = 0
    for connection_id, names in _under_another_key(ssm, registry, key_id).items():
        values = registry.parameters(connection_id)
        secrets = {name: values[name] for name in names if name in values}
        write_connection(ssm, registry.path, connection_id, None, secrets, key_id=key_id)
        written += len(secrets)
    return written


def _under_another_key(ssm: SSMClient, registry: ConnectionRegistry, key_id: str) -> dict[str, list[str]]:
    wanted = (key_id or AWS_KEY).rpartition("/")[2]
    found: dict[str, list[str]] = {}
    pages = ssm.get_paginator("describe_parameters").paginate(
        ParameterFilters=[{"Key": "Path", "Option": "Recursive", "Values": registry.hierarchies()}]
    )
    for page in pages:
        for parameter in page["Parameters"]:
            if parameter["KeyId"].rpartition("/")[2] != wanted:
                connection_id, name = parameter["Name"].split("/")[-2:]
                found.setdefault(connection_id, []).append(name)
    return found


def _by_connection(ssm: SSMClient, path: str) -> dict[str, dict[str, ParameterTypeDef]]:
    """Return what is at the old place and known to this version, by connection and short name."""
    found: dict[str, dict[str, ParameterTypeDef]] = {}
    for parameter in _old_parameters(ssm, path):
        connection_id, _, name = parameter["Name"].removeprefix(f"{path}/{_OLD}/").partition("/")
        if name == SETTINGS or name in HIERARCHY_OF:
            found.setdefault(connection_id, {})[name] = parameter
    return found


def _old_parameters(ssm: SSMClient, path: str) -> Iterator[ParameterTypeDef]:
    pages = ssm.get_paginator("get_parameters_by_path").paginate(
        Path=f"{path}/{_OLD}", Recursive=True, WithDecryption=True
    )
    for page in pages:
        yield from page["Parameters"]


def _written_at(ssm: SSMClient, path: str, connection_id: str, names: list[str]) -> dict[str, datetime]:
    """Return when those that are at the new place were written, by their short names."""
    full_names = {parameter_name(path, connection_id, name): name for name in names}
    answer = ssm.get_parameters(Names=list(full_names))
    return {full_names[each["Name"]]: each["LastModifiedDate"] for each in answer["Parameters"]}
