"""How often AWS and CoopCycle are called for an order: what the cost model counts on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.bench.cost import units
from tests.component.conftest import Bridge, Sandbox
from tests.support.by_hand import record_of
from tests.support.caches import clear_runtime_caches
from tests.support.place import Counting, item_bytes

from bridge.receiving.messages import read_message
from bridge_laptop.http_server import Server

Order = Callable[..., bytes]
RESULTS = Path(__file__).parents[1] / "bench" / "results.json"


@pytest.fixture
def counting(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counting]:
    """Every call of the functions to AWS, as "service.Operation"; the test's own are not among them."""
    counting = Counting(bridge.guard)
    server = Server(counting)
    server.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    clear_runtime_caches()
    yield counting
    clear_runtime_caches()
    server.stop()


@pytest.fixture
def calls(counting: Counting) -> Counter[str]:
    """How often each was called."""
    return counting.calls


def warm(bridge: Bridge, order: Order, calls: Counter[str]) -> None:
    """Bring one order through, so that connections, ids and token are known."""
    bridge.push(order(id=1), webhook_id="warm")
    bridge.work()
    calls.clear()


def test_an_accepted_webhook_is_one_call(bridge: Bridge, order: Order, calls: Counter[str]) -> None:
    """The receiver asks nobody while the sender waits."""
    warm(bridge, order, calls)

    answer = bridge.push(order(id=2), webhook_id="2")

    assert 200 == answer["statusCode"]
    assert {"AmazonSQS.SendMessage": 1} == calls


def test_a_created_order_is_two_calls(
    bridge: Bridge, order: Order, sandbox: Sandbox, calls: Counter[str]
) -> None:
    """Its first write finds out that there is no record, its second says that CoopCycle has it."""
    warm(bridge, order, calls)
    bridge.push(order(id=2), webhook_id="2")
    calls.clear()

    assert [] == bridge.work()

    assert {"DynamoDB.PutItem": 2} == calls
    assert 1 == len(sandbox.live("acme/2"))


def test_a_batch_of_ten_orders_is_twenty_calls(bridge: Bridge, order: Order, calls: Counter[str]) -> None:
    """Nothing is asked once more because orders run side by side."""
    warm(bridge, order, calls)
    for number in range(2, 12):
        bridge.push(order(id=number), webhook_id=str(number))
    calls.clear()

    assert [] == bridge.work()

    assert {"DynamoDB.PutItem": 20} == calls


def test_a_creation_that_comes_again_changes_nothing(
    bridge: Bridge, order: Order, sandbox: Sandbox, calls: Counter[str]
) -> None:
    """The write that found the record is refused whole, and CoopCycle is not asked to create."""
    warm(bridge, order, calls)
    bridge.push(order(id=1), webhook_id="again")
    calls.clear()
    before = sandbox.stats()["requests"]

    assert [] == bridge.work()

    assert calls["DynamoDB.PutItem"] >= 1
    assert 1 == len(sandbox.live("acme/1"))
    assert before.get("POST /api/deliveries") == sandbox.stats()["requests"].get("POST /api/deliveries")


def test_an_update_is_read_first(bridge: Bridge, order: Order, calls: Counter[str]) -> None:
    """An order that most likely has a record is not tried as a new one."""
    warm(bridge, order, calls)
    body = order(id=1, note="Sonner deux fois", updated_at="2027-01-01T10:00:00+01:00")
    bridge.push(body, topic="orders/updated", webhook_id="3")
    calls.clear()

    bridge.work()

    assert 1 == calls["DynamoDB.GetItem"]


def test_the_write_before_the_post_is_without_the_webhook(
    bridge: Bridge, order: Order, counting: Counting
) -> None:
    """An item is billed by its size at each write: what is on the queue is not written before it has to be.

    The second write has the webhook, compressed, so that the order can be replayed; the body of the delivery
    stands in each once.
    """
    warm(bridge, order, counting.calls)
    counting.items.clear()
    body = order(id=2, note="Sonner deux fois. " * 40)
    bridge.push(body, webhook_id="2")

    bridge.work()

    before, after = counting.items
    assert ("creating", "created") == (before["state"]["S"], after["state"]["S"])
    assert "message" not in before
    assert "held" not in after
    record = record_of(bridge, "2")
    assert record.sent == record.held != ""
    assert body == read_message(record.message).body
    figures = json.loads(RESULTS.read_text(encoding="utf-8"))["figures"]
    assert units(item_bytes(before)) <= units(figures["item_first_bytes"]["median"])
    assert units(item_bytes(after)) <= units(figures["item_bytes"]["median"])
