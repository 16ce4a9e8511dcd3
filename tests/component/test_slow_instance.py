"""One slow CoopCycle instance in a batch, and what the other connections' orders notice of it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from tests.component.conftest import Bridge, Sandbox, settings
from tests.support.caches import clear_runtime_caches
from tests.support.dispatched import Order
from tests.support.fake_server import FakeServer, Request, http

LONGEST_WAIT_SECONDS = 20.0  # of a test that fails; one that passes waits for what it waits for


@dataclass
class SlowInstance:
    """Answers a first request when it is told to, as an instance that hangs does; then with 503."""

    asked: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)

    def answer(self, _: Request) -> bytes:
        self.asked.set()
        self.may_answer.wait(LONGEST_WAIT_SECONDS)
        return http(503, {"message": "maintenance"})


@pytest.fixture
def slow(bridge: Bridge) -> Iterator[SlowInstance]:
    """The instance of connection ``slow``."""
    instance = SlowInstance()
    with FakeServer(instance.answer) as server:
        bridge.connect("slow", settings(server.url))
        clear_runtime_caches()
        yield instance
        instance.may_answer.set()


def test_orders_of_other_instances_do_not_wait_for_a_slow_one(
    bridge: Bridge, sandbox: Sandbox, order: Order, slow: SlowInstance
) -> None:
    """Nine deliveries are made while the tenth order of the batch, whose instance hangs, has no answer."""
    messages = [bridge.message(order(id=1), number=1, of="slow")]
    messages += [bridge.message(order(id=number), number=number) for number in range(2, 11)]
    failed: list[str] = []
    batch = threading.Thread(target=lambda: failed.extend(bridge.dispatch(messages)))

    batch.start()
    assert slow.asked.wait(LONGEST_WAIT_SECONDS)
    made = until_made(sandbox, 9)
    still_waiting = batch.is_alive()
    slow.may_answer.set()
    batch.join()

    assert 9 == made
    assert still_waiting
    assert ["message-1"] == failed


def until_made(sandbox: Sandbox, wanted: int) -> int:
    """Wait until CoopCycle holds so many deliveries, or for too long; return how many it holds."""
    pause = threading.Event()
    for _ in range(int(LONGEST_WAIT_SECONDS / 0.05)):
        if sandbox.stats()["created"] >= wanted:
            break
        pause.wait(0.05)
    made: int = sandbox.stats()["created"]
    return made
