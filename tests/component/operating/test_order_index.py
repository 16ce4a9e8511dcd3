"""The indexes of the table of orders: a page costs one query, however many orders there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.component.conftest import Bridge, Sandbox
from tests.support.order_records import table

from bridge import runtime
from bridge.aws.order_index import BY_ARRIVAL, BY_NAME, PROJECTED, OrderIndex, name_key
from bridge.dispatching.record import Attention, DeliveryRecord, State
from bridge.operator import orders
from bridge.operator.deployment import Deployment, on_this_machine
from bridge_laptop import sam_template

START = datetime(2026, 11, 25, 18, tzinfo=UTC)


@pytest.fixture
def operator(bridge: Bridge) -> Deployment:
    """The bridge as an operator has it."""
    return on_this_machine("dev", boto3.client, bridge.names, webhook_url="http://127.0.0.1/webhooks/")


def record(number: int, minutes: int = 0, connection_id: str = "acme", **more: Any) -> DeliveryRecord:
    """Return an order that came some minutes after the start."""
    came_at = START + timedelta(minutes=minutes)
    known: dict[str, Any] = {"state": State.CREATED, "order_name": f"#{number}"}
    return DeliveryRecord(
        connection_id=connection_id,
        order_id=f"{number:06}",
        order_updated_at=came_at,
        changed_at=came_at,
        came_at=came_at,
        **(known | more),
    )


@pytest.fixture
def calls(operator: Deployment) -> Counter[str]:
    """What is asked of DynamoDB, with the limit that each query names."""
    counted: Counter[str] = Counter()
    client = operator.orders._dynamodb

    def count(model: Any, params: Any, **_: Any) -> None:
        counted[model.name] += 1

    client.meta.events.register("before-call.dynamodb", count)
    return counted


@pytest.mark.parametrize("stored", [40, 120])
def test_a_page_is_one_query(bridge: Bridge, operator: Deployment, calls: Counter[str], stored: int) -> None:
    """The query asks for a page's rows and one more, so what it reads does not grow with the table."""
    for number in range(stored):
        table(bridge).save(record(number, number))
    asked: list[Any] = []
    operator.orders._dynamodb.meta.events.register(
        "provide-client-params.dynamodb.Query", lambda params, **_: asked.append(params)
    )

    page = orders.listing(operator, connection_id="acme", limit=25)

    assert [f"{number:06}" for number in range(stored - 1, stored - 26, -1)] == [
        r.order_id for r in page.rows
    ]
    assert {"Query": 1} == calls
    assert [(BY_ARRIVAL, 26)] == [(each["IndexName"], each["Limit"]) for each in asked]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    arrivals=st.lists(st.tuples(st.sampled_from(["acme", "acme2"]), st.integers(0, 3)), max_size=12),
    limit=st.integers(1, 5),
)
def test_pages_hold_each_order_once(
    bridge: Bridge, operator: Deployment, arrivals: list[tuple[str, int]], limit: int
) -> None:
    """Orders of two connections, some at the same moment: the newest first, none twice and none missed."""
    _empty(bridge)
    for number, (connection_id, minutes) in enumerate(arrivals):
        table(bridge).save(record(number, minutes, connection_id))
    seen, after = [], ""
    while True:
        page = operator.index.newest(["acme", "acme2"], limit=limit, after=after)
        seen += page.rows
        after = page.after
        if not after:
            break

    assert sorted(f"{number:06}" for number in range(len(arrivals))) == sorted(row.order_id for row in seen)
    assert [row.came_at for row in seen] == sorted((row.came_at for row in seen), reverse=True)


def test_rows_say_what_the_record_says(bridge: Bridge, operator: Deployment) -> None:
    """A state narrows, also where it is rare, and so does a time."""
    for number in range(8):
        table(bridge).save(record(number, number, state=State.REJECTED if number == 1 else State.CREATED))

    rejected = orders.listing(operator, state=State.REJECTED, connection_id="acme", limit=2)
    late = orders.listing(operator, since=START + timedelta(minutes=5), connection_id="acme")

    assert [("000001", "#1", State.REJECTED)] == [(r.order_id, r.order_name, r.state) for r in rejected.rows]
    assert ["000007", "000006", "000005"] == [row.order_id for row in late.rows]


@pytest.mark.parametrize("wanted", ["1042", "#1042", " #1042 ", "104"])
def test_an_order_is_found_by_the_beginning_of_its_name(
    bridge: Bridge, operator: Deployment, calls: Counter[str], wanted: str
) -> None:
    """With or without the sign; one query, whatever else the connection has."""
    for number in (7, 1042, 2001):
        table(bridge).save(record(number))
    calls.clear()

    assert ["001042"] == operator.index.called("acme", wanted)
    assert {"Query": 1} == calls
    assert [] == operator.index.called("acme2", wanted)


def test_a_name_is_no_beginning(bridge: Bridge, operator: Deployment) -> None:
    """Who asks for #10 is not shown #1042."""
    table(bridge).save(record(1042))

    assert [] == operator.index.named("acme", "10")
    assert ["001042"] == operator.index.named("acme", "1042")
    assert "abc" == name_key("#ABC")


def test_what_needs_something_is_counted(bridge: Bridge, operator: Deployment) -> None:
    """Only orders that need something are in that index, by connection or of all."""
    table(bridge).save(record(1))
    table(bridge).save(record(2, waiting_for="coopcycle_unavailable"))
    table(bridge).save(record(3, connection_id="gone", waiting_for="coopcycle_unavailable"))

    assert [("acme", "000002"), ("gone", "000003")] == sorted(operator.index.needing(Attention.WAITING))
    assert [1, 2, 0] == [
        operator.index.count(Attention.WAITING, "acme"),
        operator.index.count(Attention.WAITING),
        operator.index.count(Attention.PARKED),
    ]


def test_template_projects_what_a_row_shows() -> None:
    """The index by arrival includes each member of a row, and nothing that is personal."""
    (by_arrival,) = [index for index in _indexes() if index["IndexName"] == BY_ARRIVAL]

    assert set(PROJECTED) == set(by_arrival["Projection"]["NonKeyAttributes"])
    assert {"sent", "held", "message", "parked", "tracking_url"}.isdisjoint(PROJECTED)


@pytest.mark.parametrize(("indexes", "names"), [("1", 1), ("2", 2), ("3", 3)])
def test_one_index_more_with_each_value(indexes: str, names: int) -> None:
    """An update of the stack makes one index, and defines just the attributes that are keys by then."""
    template = sam_template.load()
    known = sam_template.parameters(template) | {"OrderIndexes": indexes}
    properties = sam_template.deployed(template, "AWS::DynamoDB::Table", known)["DeliveriesTable"]
    keys = {
        key["AttributeName"]
        for index in [properties, *properties["GlobalSecondaryIndexes"]]
        for key in index["KeySchema"]
    }

    assert names == len(properties["GlobalSecondaryIndexes"])
    assert keys == {each["AttributeName"] for each in properties["AttributeDefinitions"]}
    assert BY_NAME not in [index["IndexName"] for index in properties["GlobalSecondaryIndexes"]] or names == 3


def _indexes() -> list[dict[str, Any]]:
    template = sam_template.load()
    names = sam_template.parameters(template)
    tables = sam_template.deployed(template, "AWS::DynamoDB::Table", names)
    found: list[dict[str, Any]] = tables["DeliveriesTable"]["GlobalSecondaryIndexes"]
    return found


def _empty(bridge: Bridge) -> None:
    for connection_id in ("acme", "acme2"):
        for each in table(bridge).of_connection(connection_id):
            boto3.client("dynamodb").delete_item(
                TableName=bridge.names["DeliveriesTable"],
                Key={"connection_id": {"S": each.connection_id}, "order_id": {"S": each.order_id}},
            )


def test_index_is_of_the_table(bridge: Bridge) -> None:
    """The class alone, as the page has it: a name and a client."""
    index = OrderIndex(boto3.client("dynamodb"), bridge.names["DeliveriesTable"])

    assert () == index.newest(["acme"]).rows
    with pytest.raises(ValueError, match="unpack"):
        index.newest(["acme"], after="nowhere")


def test_order_that_is_handled_while_it_is_looked_for(
    bridge: Bridge, sandbox: Sandbox, operator: Deployment, order: Callable[..., bytes]
) -> None:
    """It has no record at the first look and is not on the queue any more at the second: it is not lost."""
    bridge.push(order())

    def handle(params: dict[str, Any], **_: object) -> None:
        if params["QueueUrl"] == operator.webhooks_queue_url:
            bridge.work()

    operator.sqs.meta.events.register("before-parameter-build.sqs.GetQueueAttributes", handle)
    found = orders.report(operator, "acme", "#1042", now=runtime.utc_now())

    assert [State.CREATED] == [each.record.state for each in found.orders if each.record]
