"""What an order writes to the log: the model of costs counts these bytes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.component.conftest import Bridge

from bridge.telemetry import logger

FIGURES = json.loads((Path(__file__).parents[1] / "bench" / "results.json").read_text())["figures"]
SLACK = 1.15  # names of the test's connection and function are not those of the bench


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], int]]:
    """Return how many bytes were logged since the last time: log lines, and metrics as lines."""
    lines = io.StringIO()
    handler = logger.registered_handler
    before = handler.setStream(lines)  # type: ignore[attr-defined]  # a StreamHandler

    def logged() -> int:
        taken = len(lines.getvalue().encode()) + len(capsys.readouterr().out.encode())
        lines.seek(0)
        lines.truncate()
        return taken

    yield logged
    handler.setStream(before)  # type: ignore[attr-defined]  # likewise


def test_an_order_logs_what_the_model_says(
    bridge: Bridge, order: Callable[..., bytes], log: Callable[[], int]
) -> None:
    """One line and one metric for each of its two functions; logs are a fifth of the costs of an order."""
    bridge.push(order(id=1), webhook_id="one-1")
    bridge.work()
    log()

    bridge.push(order(id=2), webhook_id="two-2")
    received = log()
    bridge.work()
    dispatched = log()

    assert 0 < received <= SLACK * FIGURES["receiver_warm_10kb"]["bytes_logged"]
    assert 0 < dispatched <= SLACK * FIGURES["dispatcher_one_0"]["bytes_logged"]
