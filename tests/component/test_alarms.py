"""Each alarm of the template can ring: its condition is made true, and what it watches is found to say so."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from tests.component import test_receive_event
from tests.component.conftest import Bridge, Sandbox, settings, webhook_event
from tests.support.by_hand import NOW, at, commit_late, dispatcher, task_of

from bridge import runtime
from bridge_laptop import sam_template
from bridge_laptop.local.event_source_mapping import queue_event
from bridge_laptop.local.runtimes import Context

Order = Callable[..., bytes]
ALARMS = sam_template.resources(sam_template.load(), "AWS::CloudWatch::Alarm")
AN_HOUR = 3600


@dataclass(frozen=True)
class Scene:
    """The bridge, its sandbox and its orders, for what has to happen."""

    bridge: Bridge
    sandbox: Sandbox
    order: Order
    patch: pytest.MonkeyPatch

    def message(self, number: int = 1, *, age: float = 0, **changes: object) -> dict[str, Any]:
        """Return a queue message that was sent so many seconds ago."""
        message = self.bridge.message(self.order(id=number, **changes), number=number)
        sent = int(message["Attributes"]["SentTimestamp"]) - int(age * 1000)
        return {**message, "Attributes": {**message["Attributes"], "SentTimestamp": str(sent)}}


def an_order_is_parked(scene: Scene) -> None:
    scene.bridge.dispatch([scene.message(shipping_address={"city": "Paris"})])


def coopcycle_is_down(scene: Scene) -> None:
    scene.sandbox.fault("unavailable")
    scene.bridge.dispatch([scene.message(age=AN_HOUR)])


def settings_are_broken(scene: Scene) -> None:
    scene.bridge.connect("acme", 'source = "shopify"')
    runtime.receiver.cache_clear()
    assert scene.bridge.push(scene.order())["statusCode"] == 500


def credentials_are_wrong(scene: Scene) -> None:
    scene.bridge.connect("acme", settings(scene.sandbox.url), **{"client-secret": "wrong"})
    scene.bridge.dispatch([scene.message()])


def a_courier_has_what_is_cancelled(scene: Scene) -> None:
    scene.bridge.dispatch([scene.message()])
    scene.sandbox.courier(scene.sandbox.live("acme/1")[0], "assign")
    cancelled = {"cancelled_at": "2026-11-23T12:00:00+01:00", "updated_at": "2026-11-23T12:00:00+01:00"}
    body = scene.order(id=1, **cancelled)
    scene.bridge.dispatch([scene.bridge.message(body, "orders/cancelled", 2)])


def a_courier_has_a_twin(scene: Scene) -> None:
    scene.sandbox.fault("reset", on="create")  # for all we know it made one
    scene.bridge.dispatch([scene.message()])
    scene.sandbox.fault(None)
    scene.bridge.dispatch([scene.message()])
    (first,) = scene.sandbox.live("acme/1")
    commit_late(scene.sandbox, first, "acme/1")
    for delivery in scene.sandbox.live("acme/1"):
        scene.sandbox.courier(delivery, "assign")
    scene.bridge.dispatch([scene.bridge.recheck("1")])


def a_dispatcher_cancels(scene: Scene) -> None:
    iri = one_delivery(scene)
    for kind in ("pickup", "dropoff"):
        dispatcher(scene.sandbox, task_of(scene.sandbox, iri, kind), "/cancel")
    the_note_changes(scene)


def the_order_changes_after_the_end(scene: Scene) -> None:
    iri = one_delivery(scene)
    for do in ("assign", "pick", "drop"):
        scene.sandbox.courier(iri, do)
    the_note_changes(scene)


def both_move_it(scene: Scene) -> None:
    iri = one_delivery(scene)
    task = task_of(scene.sandbox, iri, "dropoff")
    dispatcher(scene.sandbox, task, after="2027-01-20T09:00:00", before="2027-01-20T11:00:00")
    chosen = {"Delivery-Date": f"{NOW + timedelta(days=3):%Y-%m-%d}", "Delivery-Time": "14:00 - 16:00"}
    attributes = [{"name": name, "value": value} for name, value in chosen.items()]
    scene.bridge.dispatch([scene.message(updated_at=at(-10), note_attributes=attributes)])


def one_delivery(scene: Scene) -> str:
    scene.bridge.dispatch([scene.message(updated_at=at(-30))])
    (iri,) = scene.sandbox.live("acme/1")
    return iri


def the_note_changes(scene: Scene) -> None:
    scene.bridge.dispatch([scene.message(updated_at=at(-10), note="new")])


def somebody_guesses(scene: Scene) -> None:
    for _ in range(11):
        scene.bridge.receive(webhook_event(scene.order(), {"x-shopify-hmac-sha256": "d3Jvbmc="}))


def an_event_finds_no_shop(scene: Scene) -> None:
    scene.patch.setenv("SHOPIFY_EVENT_SOURCE_NAME", test_receive_event.SOURCE)
    runtime.event_receiver.cache_clear()
    document = test_receive_event.event()
    document["Records"][0]["attributes"]["SentTimestamp"] = "1764000000000"
    assert test_receive_event.receive(document)


OF_OURS = {
    "OrderParkedAlarm": an_order_is_parked,
    "WaitingOrdersAlarm": coopcycle_is_down,
    "InvalidConnectionAlarm": settings_are_broken,
    "CredentialsRejectedAlarm": credentials_are_wrong,
    "CancelRefusedAlarm": a_courier_has_what_is_cancelled,
    "TwinLeftAlarm": a_courier_has_a_twin,
    "DeliveryWithdrawnAlarm": a_dispatcher_cancels,
    "ChangedTooLateAlarm": the_order_changes_after_the_end,
    "WindowOverruledAlarm": both_move_it,
    "RejectedSignaturesAlarm": somebody_guesses,
    "WaitingEventsAlarm": an_event_finds_no_shop,
}


def emitted(printed: str, name: str) -> list[float]:
    """Return the values of a metric of ours in what was printed, in the embedded metric format."""
    values = []
    for line in printed.splitlines():
        record = json.loads(line) if line.startswith("{") else {}
        for directive in record.get("_aws", {}).get("CloudWatchMetrics", []):
            named = {metric["Name"] for metric in directive["Metrics"]}
            if name in named and directive["Namespace"] == "CoopCycleBridge":
                assert ["service"] == directive["Dimensions"][0]
                assert os.environ["POWERTOOLS_SERVICE_NAME"] == record["service"]
                values += record[name]
    return values


@pytest.mark.parametrize("alarm", sorted(OF_OURS))
def test_alarm_on_a_metric_of_ours_rings(
    alarm: str,
    bridge: Bridge,
    sandbox: Sandbox,
    order: Order,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What happens is written as the metric that the alarm watches, and is above its threshold."""
    monkeypatch.delenv("POWERTOOLS_METRICS_DISABLED")
    watched = ALARMS[alarm]

    OF_OURS[alarm](Scene(bridge, sandbox, order, monkeypatch))

    values = emitted(capsys.readouterr().out, watched["MetricName"])
    reached = {"Sum": sum, "Maximum": lambda numbers: max(numbers, default=0)}[watched["Statistic"]](values)
    assert reached > watched["Threshold"], values


@pytest.mark.parametrize(
    "alarm",
    ["ParkedMessagesAlarm", "LostRechecksAlarm", "LostEventsAlarm", "OldestMessageAlarm", "OldestEventAlarm"],
)
def test_alarm_on_a_queue_watches_one_that_messages_reach(alarm: str) -> None:
    """SQS counts and times what lies on a queue; the alarm watches the one where it comes to lie."""
    queue = ALARMS[alarm]["Dimensions"][0]["Value"]["Fn::GetAtt"].removesuffix(".QueueName")
    queues = sam_template.resources(sam_template.load(), "AWS::SQS::Queue")
    dead = {
        q["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"].removesuffix(".Arn")
        for q in queues.values()
        if "RedrivePolicy" in q
    }

    counts = ALARMS[alarm]["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert queue in (dead if counts else set(queues) - dead)


def test_alarm_on_errors_rings_for_what_is_raised(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda counts an invocation that raises; a message that fails is answered, and counted by us."""
    from functions.dispatch_delivery import app

    monkeypatch.delenv("DELIVERIES_TABLE_NAME")
    runtime.dispatch_runtime.cache_clear()
    event = queue_event([bridge.recheck("1")], bridge.names["WebhooksQueue.Arn"])

    with pytest.raises(RuntimeError, match="DELIVERIES_TABLE_NAME"):
        app.lambda_handler(event, Context("DispatchDeliveryFunction", 512, 60))


def test_every_alarm_is_looked_at() -> None:
    """A new alarm has to show here that it can ring."""
    of_ours = {name for name, alarm in ALARMS.items() if alarm["Namespace"] == "CoopCycleBridge"}
    of_lambda: Mapping[str, str] = {
        name: alarm["Dimensions"][0]["Value"]["Ref"]
        for name, alarm in ALARMS.items()
        if alarm["Namespace"] == "AWS/Lambda"
    }
    of_queues = {name for name, alarm in ALARMS.items() if alarm["Namespace"] == "AWS/SQS"}

    assert set(OF_OURS) == of_ours
    assert {
        "ReceiverErrorsAlarm": "ReceiveWebhookFunction",
        "DispatcherErrorsAlarm": "DispatchDeliveryFunction",
        "RetentionErrorsAlarm": "RedactOrdersFunction",
    } == of_lambda
    assert len(of_queues) == 5
