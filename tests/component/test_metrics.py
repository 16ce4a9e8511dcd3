"""Every metric of the closed set is written by something that happens, with its dimensions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.component import test_privacy_requests
from tests.component.conftest import Bridge, Sandbox, settings, webhook_event
from tests.component.test_alarms import ALARMS, Scene
from tests.support.by_hand import at, commit_late

from bridge.metrics import Metric

Order = Callable[..., bytes]


def written(printed: str) -> dict[str, list[dict[str, Any]]]:
    """Return the records of each metric in what was printed, in the embedded metric format."""
    found: dict[str, list[dict[str, Any]]] = {}
    for line in printed.splitlines():
        record = json.loads(line) if line.startswith("{") else {}
        for directive in record.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == "CoopCycleBridge"
            for metric in directive["Metrics"]:
                found.setdefault(metric["Name"], []).append(record | {"dimensions": directive["Dimensions"]})
    return found


def a_day(scene: Scene) -> None:
    """Let happen what no alarm watches."""
    bridge, sandbox, order = scene.bridge, scene.sandbox, scene.order
    bridge.connect("acme", settings(sandbox.url, test_privacy_requests.SHOP))
    bridge.push(order(id=1, updated_at=at(-60)))
    bridge.push(order(id=1), "products/update")  # ignored
    bridge.receive(webhook_event(order(id=1), {"x-shopify-hmac-sha256": "d3Jvbmc="}))
    bridge.work()  # created
    bridge.dispatch([scene.message(updated_at=at(-60))])  # a duplicate
    bridge.dispatch([scene.message(updated_at=at(-50), note="new")])  # updated
    bridge.dispatch([scene.message(updated_at=at(-90), note="old")])  # older
    cancelled = {"cancelled_at": at(-10), "updated_at": at(-10)}
    bridge.dispatch([bridge.message(order(id=1, **cancelled), "orders/cancelled", 2)])
    sandbox.fault("reset", on="create")  # for all we know it made one
    bridge.dispatch([scene.message(2)])  # comes again
    sandbox.fault(None)
    bridge.dispatch([scene.message(2)])
    (first,) = sandbox.live("acme/2")
    commit_late(scene.sandbox, first, "acme/2")
    bridge.dispatch([bridge.recheck("2")])  # finds the twin
    test_privacy_requests.push(bridge, "shop/redact")
    bridge.work()


@pytest.fixture
def printed(
    bridge: Bridge,
    sandbox: Sandbox,
    order: Order,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> str:
    """What a day of orders writes."""
    monkeypatch.delenv("POWERTOOLS_METRICS_DISABLED")
    a_day(Scene(bridge, sandbox, order, monkeypatch))
    return capsys.readouterr().out


def test_every_metric_is_written_and_has_its_dimension(printed: str) -> None:
    """A day writes what no alarm watches; that each alarm's metric is written is shown in test_alarms.

    What is counted for a connection is counted for all of them too, so that an alarm can watch it.
    """
    records = written(printed)
    watched = {each["MetricName"] for each in ALARMS.values() if each["Namespace"] == "CoopCycleBridge"}

    assert {metric.value for metric in Metric} == set(records) | watched
    assert set(records) <= set(Metric)
    for name, some in records.items():
        dimension = Metric(name).dimension
        for record in some:
            assert [["service"], *([["service", dimension.value]] if dimension else [])] == record[
                "dimensions"
            ]


def test_dimensions_hold_connections_and_instances_alone(printed: str, sandbox: Sandbox) -> None:
    """No order, no person and nothing that a stranger chose is part of a metric's name."""
    records = [record for some in written(printed).values() for record in some]

    assert {"acme"} == {record["connection"] for record in records if "connection" in record}
    assert {sandbox.url.partition("://")[2]} == {
        record["instance"] for record in records if "instance" in record
    }


def test_a_stranger_makes_no_metric_of_his_own(
    bridge: Bridge, order: Order, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ids that nobody applied are counted together: each would be paid for."""
    monkeypatch.delenv("POWERTOOLS_METRICS_DISABLED")
    event = webhook_event(order(), {"x-shopify-hmac-sha256": "d3Jvbmc="})
    for guessed in ("guess-1", "guess-2"):
        bridge.receive({**event, "pathParameters": {"connection_id": guessed}})

    records = written(capsys.readouterr().out)
    assert [Metric.WEBHOOK_REJECTED] == list(records)
    assert all([["service"]] == record["dimensions"] for record in records[Metric.WEBHOOK_REJECTED])
