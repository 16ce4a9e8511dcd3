"""What a list costs when the table is full: STORED_ORDERS=100000 asks the same of a larger one."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from click.testing import Result
from moto.backends import get_backend
from tests.component.conftest import Bridge
from tests.component.operating.test_order_index import record
from tests.support.caches import clear_runtime_caches
from tests.support.place import Counting

from bridge import runtime
from bridge.aws.deliveries import _fitting, _to_item
from bridge.console import composition, http
from bridge.dispatching.record import Attention
from bridge.operator.connections import ConnectionRegistry
from bridge_laptop.http_server import Server
from bridge_laptop.local.provisioning import CONNECTIONS_PATH

STORED = int(os.environ.get("STORED_ORDERS", "10000"))
FIRST_ANSWER_BYTES = 100_000


@pytest.fixture
def stored(bridge: Bridge) -> int:
    """So many orders of five days, straight into the emulator's table: over HTTP they take minutes."""
    now = runtime.utc_now()
    for region in get_backend("dynamodb").values():
        for backend in region.values():
            if bridge.names["DeliveriesTable"] in backend.tables:
                for number in range(STORED):
                    came_at = now - timedelta(days=5 * number / STORED)
                    fitting = _fitting(replace(record(number), came_at=came_at, version=1))
                    backend.tables[bridge.names["DeliveriesTable"]].put_item(_to_item(fitting[1]))
    return STORED


@pytest.fixture
def asked(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """What the page and the command ask of AWS."""
    counting = Counting(bridge.guard)
    with Server(counting) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        clear_runtime_caches()
        yield counting.calls
    clear_runtime_caches()


def test_first_answer_of_a_full_table(
    bridge: Bridge, stored: int, asked: Counter[str], deployed: Callable[..., Result]
) -> None:
    """The command's page is one query. The page's list is one, and one for each thing that needs somebody."""
    ConnectionRegistry(boto3.client("ssm"), CONNECTIONS_PATH).list_ids()
    asked.clear()
    listed = deployed("orders", "list", "--connection", "acme", "--json")
    of_the_command = {call: n for call, n in asked.items() if call.startswith("DynamoDB")}
    asked.clear()
    answer = composition.console().answer(request("/console/view/orders", when="week"))
    of_the_page = {call: n for call, n in asked.items() if call.startswith("DynamoDB")}

    assert 0 == listed.exit_code, listed.output
    assert "#0" == json.loads(listed.stdout)[0]["order"]
    assert {"DynamoDB.Query": 1} == of_the_command
    assert {"DynamoDB.Query": 1 + 2 * len(Attention), "DynamoDB.BatchGetItem": 1} == of_the_page
    assert "More than 2000 orders" in answer.body
    assert len(answer.body) < FIRST_ANSWER_BYTES
    assert stored >= STORED


def request(path: str, **query: str) -> http.Request:
    """Return a request of somebody who has signed in."""
    return http.Request("GET", path, query, {}, {}, {"username": "amel@coop.example"})
