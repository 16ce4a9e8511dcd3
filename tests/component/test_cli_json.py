"""What commands print for programs, held against the types that docs/commands.md is made from."""

from __future__ import annotations

import json
from collections.abc import Callable

import boto3
import pytest
from click.testing import Result
from tests.component.conftest import Bridge, Sandbox
from tests.support.printed import faults

from bridge.operator.connections import ConnectionRegistry
from bridge_laptop.cli import as_json
from bridge_laptop.local.provisioning import CONNECTIONS_PATH

Order = Callable[..., bytes]
Run = Callable[..., Result]


@pytest.mark.parametrize(
    ("command", "name", "value"),
    [
        ("orders list", "changed_at", "2026-11-24T10:00:00"),
        ("orders list", "changed_at", "Tue 24 Nov 2026"),
        ("orders list", "changed_at", None),
        ("orders list", "pickup", {"after": "2026-11-24T10:00:00Z"}),
        ("orders list", "pickup", "morning"),
        ("orders list", "invented", ""),
        ("connections list", "rotating", 1),
        ("connections list", "missing", [1]),
    ],
)
def test_what_is_not_as_documented_is_found(command: str, name: str, value: object) -> None:
    """The comparison below sees what is wrong, and nothing else."""
    rows: dict[str, dict[str, object]] = {
        "orders list": {
            **dict.fromkeys(("connection", "order", "order_id", "state", "reason", "delivery"), ""),
            **dict.fromkeys(("came_at", "needs", "pickup", "dropoff", "next_try_at")),
            "changed_at": "2026-11-24T10:00:00Z",
        },
        "connections list": {
            **{name: [] for name in ("problems", "secrets", "missing")},
            "connection": "acme",
            "source": None,
            "coopcycle_url": None,
            "rotating": False,
            "last_modified": "2026-11-24T10:00:00+01:00",
        },
    }
    row = rows[command]

    assert [] == faults([row], command)
    (fault,) = faults([row | {name: value}], command)
    assert name in fault


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
        ("connections check", []),
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
    assert [] == faults(listed, command)


def test_what_is_asked_for_besides(bridge: Bridge, deployed: Run, order: Order) -> None:
    """What --live, --sent and --body add has its documented names too."""
    bridge.push(order(id=7, name="#7"))
    bridge.work()
    park(bridge, order)

    shown = json.loads(deployed("orders", "show", "acme", "7", "--live", "--sent", "--json").stdout)
    parked = json.loads(deployed("parked", "show", "--order", "8", "--body", "--json").stdout)

    assert [] == faults(shown, "orders show")
    assert "acme/7" == shown[0]["sent"]["dropoff"]["metadata"]["bridge_ref"]
    assert {"sent", "live"} <= shown[0].keys()
    assert [] == faults(parked, "parked show")
    assert "body" in parked[0]


def test_every_list_is_tried() -> None:
    """The commands above, and those that need a stack that answers, are those of the schema."""
    (mark,) = (mark for mark in test_json_is_as_documented.pytestmark if mark.name == "parametrize")
    # tests/e2e/test_trial.py, tests/e2e/test_local_output.py, operating/test_console_users.py
    elsewhere = {"test", "console list"} | set(as_json.LINES)

    assert {*as_json.LISTS, *as_json.LINES} == {command for command, _ in mark.args[1]} | elsewhere
