"""What commands print for programs, held against the types that docs/commands.md is made from."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints, is_typeddict

import boto3
import pytest
from click.testing import Result
from tests.component.conftest import Bridge, Sandbox

from bridge.operator.connections import ConnectionRegistry
from bridge_laptop.cli import as_json
from bridge_laptop.local.provisioning import CONNECTIONS_PATH

Order = Callable[..., bytes]
Run = Callable[..., Result]


def faults(value: Any, hint: Any, where: str) -> list[str]:
    """Return where a value is not what a type says; a name too many or too few is a fault as well."""
    origin, arguments = get_origin(hint), get_args(hint)
    if is_typeddict(hint):
        return faults_of_object(value, get_type_hints(hint, include_extras=True), where)
    if origin is list:
        return [fault for each in value for fault in faults(each, arguments[0], f"{where}[]")]
    if origin in (UnionType, Union):
        found = [faults(value, argument, where) for argument in arguments]
        return min(found, key=len)
    fits = is_time(value) if origin is Annotated else type(value) is (origin or hint)
    return [] if fits else [f"{where}: {value!r} in place of {hint}"]


def faults_of_object(value: Any, hints: Mapping[str, Any], where: str) -> list[str]:
    """Return where an object has other names, or other values under them."""
    if not isinstance(value, dict):
        return [f"{where}: no object"]
    names = [f"{where}.{name}: one too many or too few" for name in value.keys() ^ hints.keys()]
    both = value.keys() & hints.keys()
    return names + [fault for name in both for fault in faults(value[name], hints[name], f"{where}.{name}")]


def is_time(value: object) -> bool:
    """Tell whether a value is an ISO 8601 time with an offset."""
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ("2026-11-24T10:00:00", as_json.Time),
        ("Tue 24 Nov 2026", as_json.Time),
        (None, as_json.Time),
        (1, bool),
        ([1], list[str]),
        ("x", as_json.Window | None),
        ({"after": "2026-11-24T10:00:00Z"}, as_json.Window),
    ],
)
def test_what_is_not_as_documented_is_found(value: object, hint: Any) -> None:
    """The comparison below sees what is wrong."""
    assert faults(value, hint, "here")


def park(bridge: Bridge, order: Order) -> None:
    """Have one order in doubt, and one parked, of a connection that is known."""
    ConnectionRegistry(boto3.client("ssm"), CONNECTIONS_PATH).list_ids()
    body = json.loads(order(id=8, name="#8"))
    body["shipping_address"]["address1"] = ""
    bridge.push(json.dumps(body).encode(), webhook_id="parked")
    bridge.push(order(id=7, name="#7"), webhook_id="in-doubt")
    bridge.work()


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("orders list", []),
        ("orders show", ["acme", "7"]),
        ("orders show", ["acme", "8"]),
        ("parked list", []),
        ("parked show", ["--order", "8"]),
        ("connections list", []),
        ("doctor", []),
        ("logs", []),
    ],
)
def test_json_is_as_documented(
    bridge: Bridge,
    sandbox: Sandbox,
    deployed: Run,
    logged: Callable[[], None],
    order: Order,
    command: str,
    arguments: list[str],
) -> None:
    """Each list holds objects with exactly the documented names, types and times."""
    sandbox.fault("create_then_reset")
    park(bridge, order)
    logged()

    result = deployed(*command.split(), *arguments, "--json")

    assert 0 == result.exit_code, result.output
    listed = json.loads(result.stdout)
    assert listed
    assert [] == faults(listed, list[as_json.LISTS[command]], command)


def test_live_as_documented(bridge: Bridge, deployed: Run, order: Order) -> None:
    """What --live adds has its documented names too."""
    bridge.push(order(id=7, name="#7"))
    bridge.work()

    (told,) = json.loads(deployed("orders", "show", "acme", "7", "--live", "--sent", "--json").stdout)

    assert [] == faults(told.pop("live"), as_json.Live, "live")
    assert "acme/7" == told.pop("sent")["dropoff"]["metadata"]["bridge_ref"]
    assert [] == faults(told, as_json.OrderFields, "order")


def test_every_list_is_tried() -> None:
    """The commands above are those that docs/commands.md documents."""
    (mark,) = (mark for mark in test_json_is_as_documented.pytestmark if mark.name == "parametrize")

    tried_elsewhere = {"test", "console list"}  # in tests/e2e/test_trial.py, operating/test_console_users.py
    assert set(as_json.LISTS) == {command for command, _ in mark.args[1]} | tried_elsewhere
