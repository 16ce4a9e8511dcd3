"""Connections to CoopCycle: used again by the orders of a burst, never after a pause."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from tests.component.conftest import Bridge, Sandbox, settings
from tests.support.caches import clear_runtime_caches
from tests.support.counted_connections import CountedConnections

Order = Callable[..., bytes]


@pytest.fixture
def way(
    bridge: Bridge, sandbox: Sandbox, order: Order, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CountedConnections]:
    """The way of connection ``acme`` to CoopCycle, after a first order; no time passes by itself.

    An answer is waited for as long as in AWS: a busy machine is not what is looked at.
    """
    monkeypatch.setenv("BRIDGE_HTTP_READ_TIMEOUT_SECONDS", "8")
    with CountedConnections(sandbox.url) as counted, time_machine.travel(datetime.now(UTC), tick=False):
        bridge.connect("acme", settings(counted.url))
        clear_runtime_caches()
        dispatch(bridge, order, 1)
        yield counted
        clear_runtime_caches()


def dispatch(bridge: Bridge, order: Order, *numbers: int) -> None:
    """Put orders through in one batch."""
    for number in numbers:
        bridge.push(order(id=number), webhook_id=f"push-{number}")
    assert [] == bridge.work()


def test_the_threads_of_a_batch_share_them(
    bridge: Bridge, sandbox: Sandbox, order: Order, way: CountedConnections
) -> None:
    """However many orders a burst has, no more connections are made than orders run at once."""
    for first in (2, 12, 22):
        dispatch(bridge, order, *range(first, first + 10))

    assert 31 == len([each for each in sandbox.stats()["deliveries_by_ref"] if each.startswith("acme/")])
    assert way.accepted < 20  # 32 when each request has its own: every POST, and the token


def test_one_that_idled_is_made_anew(bridge: Bridge, order: Order, way: CountedConnections) -> None:
    """What was open before a pause may be closed by now, and a frozen environment is not told."""
    before = way.accepted
    dispatch(bridge, order, 2)
    at_once = way.accepted - before

    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=3), tick=False):
        dispatch(bridge, order, 3)

    assert 0 == at_once
    assert before + 1 == way.accepted
