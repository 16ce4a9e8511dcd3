"""`bridge orders list`: which orders, in which order, and how the list is narrowed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import Result
from tests.component.conftest import Bridge, Sandbox, settings
from tests.support.order_records import Order, handle, table, the_record, unmappable

Run = Callable[..., Result]


def test_list(bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order) -> None:
    """Orders of all connections, the last that came first, with state, reason and delivery."""
    handle(bridge, order(id=7, name="#7"), number=1)
    handle(bridge, unmappable(order, id=8, name="#8"), number=2)

    result = deployed("orders", "list")

    assert 0 == result.exit_code, result.output
    headers, first, second = (line.split() for line in result.stdout.splitlines())
    assert ["CAME", "CONNECTION", "ORDER", "ID", "STATE", "NEEDS", "REASON", "DELIVERY"] == headers
    assert ["acme", "#8", "8", "rejected", "parked", "unmappable_order"] == first[3:]
    assert ["acme", "#7", "7", "created", sandbox.live("acme/7")[0]] == second[3:]


def test_list_narrowed(bridge: Bridge, sandbox: Sandbox, deployed: Run, order: Order) -> None:
    """Connection, state and time narrow the list."""
    bridge.connect("acme2", settings(sandbox.url))
    handle(bridge, order(id=7), number=1)
    handle(bridge, unmappable(order, id=8), number=2)
    handle(bridge, order(id=9), number=3)
    old = the_record(bridge, "9")
    assert old.came_at is not None
    table(bridge).save(replace(old, came_at=old.came_at - timedelta(hours=3)))

    def listed(*options: str) -> list[str]:
        rows = json.loads(deployed("orders", "list", "--json", *options).stdout)
        return [row["order_id"] for row in rows]

    assert ["8", "7", "9"] == listed()
    assert ["7", "9"] == listed("--state", "created")
    assert ["8", "7"] == listed("--since", "2h")
    assert ["8", "7", "9"] == listed("--since", "1d")
    assert [] == listed("--connection", "acme2")
    assert ["7"] == listed("--connection", "acme", "--state", "created", "--since", "90m")


@pytest.mark.parametrize("since", ["2", "h", "-2h", "2 h", "yesterday"])
def test_list_since_what(deployed: Run, since: str) -> None:
    """A length of time that cannot be read is a usage error that says how it is written."""
    result = deployed("orders", "list", f"--since={since}")

    assert 2 == result.exit_code
    assert "such as 2h" in result.stderr
