"""SnapStart: the hooks that the receiver registers, run as Lambda's own runtime runs them."""

from __future__ import annotations

import importlib
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
import snapshot_restore_py
from awslambdaric import lambda_runtime_hooks_runner as hooks
from tests.component.conftest import Bridge
from tests.support.caches import clear_runtime_caches
from tests.support.place import Counting

from bridge import runtime, sources
from bridge_laptop.http_server import Server

Order = Callable[..., bytes]


def forget_hooks() -> None:
    """Leave none to the next test."""
    snapshot_restore_py.get_before_snapshot().clear()
    snapshot_restore_py.get_after_restore().clear()


def load_receiver() -> None:
    """Import the function as a new environment does."""
    sys.modules.pop("functions.receive_webhook.app", None)
    importlib.import_module("functions.receive_webhook.app")


@pytest.fixture
def calls(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Every call to AWS while the function starts from a snapshot."""
    counting = Counting(bridge.guard)
    server = Server(counting)
    server.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
    clear_runtime_caches()
    yield counting.calls
    forget_hooks()
    clear_runtime_caches()
    server.stop()
    sys.modules.pop("functions.receive_webhook.app", None)


def test_everything_is_made_before_the_snapshot_and_nobody_is_asked(
    bridge: Bridge, order: Order, calls: Counter[str]
) -> None:
    """So that it holds no connection, setting or secret; the first webhook then asks for what is in force."""
    load_receiver()
    hooks.run_before_snapshot()

    assert {} == calls
    assert 1 == runtime.receiver.cache_info().currsize
    assert len(sources.NAMES) == sources.get.cache_info().currsize
    made = runtime.receiver()

    hooks.run_after_restore()
    answer = bridge.push(order(id=1), webhook_id="1")

    assert 200 == answer["statusCode"]
    assert made is runtime.receiver()
    assert {"AmazonSSM", "AmazonSQS"} == {name.partition(".")[0] for name in calls}


def test_environments_of_one_snapshot_draw_other_numbers(bridge: Bridge, calls: Counter[str]) -> None:
    """All of them begin with the state that the snapshot holds."""
    load_receiver()
    hooks.run_before_snapshot()
    snapshot = random.getstate()

    drawn = set()
    for _ in range(3):
        random.setstate(snapshot)
        hooks.run_after_restore()
        drawn.add(random.random())

    assert 3 == len(drawn)


def test_without_snapstart_nothing_is_registered(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that starts by itself makes what it needs at its first webhook."""
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    load_receiver()

    assert not snapshot_restore_py.get_before_snapshot()
    assert not snapshot_restore_py.get_after_restore()
