"""What functions make while they start; SnapStart's hooks are run as Lambda's own runtime runs them."""

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
from bridge.console import composition
from bridge_laptop.http_server import Server

Order = Callable[..., bytes]


def forget_hooks() -> None:
    """Leave none to the next test."""
    snapshot_restore_py.get_before_snapshot().clear()
    snapshot_restore_py.get_after_restore().clear()


def load(function: str) -> None:
    """Import a function as a new environment does."""
    sys.modules.pop(f"functions.{function}.app", None)
    importlib.import_module(f"functions.{function}.app")


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
    load("receive_webhook")
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


def test_the_pages_clients_are_made_before_the_snapshot_too(bridge: Bridge, calls: Counter[str]) -> None:
    """Nobody is asked for an order, a connection or a token."""
    load("show_console")
    hooks.run_before_snapshot()

    assert {} == calls
    assert 1 == composition.console.cache_info().currsize


def test_environments_of_one_snapshot_draw_other_numbers(bridge: Bridge, calls: Counter[str]) -> None:
    """All of them begin with the state that the snapshot holds."""
    load("receive_webhook")
    hooks.run_before_snapshot()
    snapshot = random.getstate()

    drawn = set()
    for _ in range(3):
        random.setstate(snapshot)
        hooks.run_after_restore()
        drawn.add(random.random())

    assert 3 == len(drawn)


def test_without_snapstart_it_is_made_while_the_environment_starts(
    bridge: Bridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An environment has a whole processor until the function is imported, and nobody waits yet."""
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    clear_runtime_caches()
    for name, made in (
        ("receive_webhook", runtime.receiver),
        ("dispatch_delivery", runtime.dispatch_runtime),
        ("show_console", composition.console),
    ):
        load(name)

        assert 1 == made.cache_info().currsize
    assert not snapshot_restore_py.get_before_snapshot()
    assert not snapshot_restore_py.get_after_restore()


def test_outside_of_lambda_an_import_makes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests and the local stack set the environment after it."""
    monkeypatch.delenv("AWS_LAMBDA_INITIALIZATION_TYPE", raising=False)
    clear_runtime_caches()

    load("receive_webhook")

    assert 0 == runtime.receiver.cache_info().currsize
