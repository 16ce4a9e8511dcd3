"""`bridge logs` and `bridge tail`: what the functions logged, as it stands in CloudWatch."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from click.testing import CliRunner, Result
from tests.component.conftest import Bridge, Sandbox, webhook_event

from bridge.operator import logs as operator
from bridge.operator.connections import ConnectionRegistry
from bridge.operator.deployment import Deployment
from bridge.operator.deployment import deployed as find_deployment
from bridge.operator.logs import LogEntry, Wanted, read_entry
from bridge_laptop.cli.happenings import Happenings
from bridge_laptop.cli.main import main
from bridge_laptop.local.provisioning import CONNECTIONS_PATH

Order = Callable[..., bytes]
Run = Callable[..., Result]
Logged = Callable[[], None]
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.fixture
def a_day(bridge: Bridge, sandbox: Sandbox, order: Order, logged: Logged) -> Logged:
    """An order created, one that CoopCycle refuses for now, one that is parked, and a stranger."""
    ConnectionRegistry(boto3.client("ssm"), CONNECTIONS_PATH).list_ids()
    bridge.push(order(id=7, name="#1007"), webhook_id="one")
    bridge.work()
    sandbox.fault("unavailable")
    bridge.push(order(id=8, name="#1008"), webhook_id="two")
    bridge.work()
    sandbox.fault(None)
    body = json.loads(order(id=9, name="#1009"))
    body["shipping_address"]["address1"] = ""
    bridge.push(json.dumps(body).encode(), webhook_id="three")
    bridge.work()
    bridge.receive(webhook_event(b"{}", {}))
    logged()
    return logged


def test_logs_of_everything(a_day: Logged, deployed: Run) -> None:
    """A line an entry, in their order: when, how grave, which function, about what, and what it says."""
    result = deployed("logs")

    assert 0 == result.exit_code, result.output
    lines = result.stdout.splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (INFO|WARNING) ", line) for line in lines)
    (created,) = (line for line in lines if "outcome=created" in line)
    assert "  DispatchDelivery  acme/7  message handled  topic=orders/create  " in created
    (refused,) = (line for line in lines if "webhook rejected" in line)
    assert "WARNING  ReceiveWebhook  acme  webhook rejected" in refused
    assert "reason=invalid_signature  detail=signature_missing" in refused


@pytest.mark.parametrize("called", ["7", "#1007"])
def test_logs_of_an_order(a_day: Logged, deployed: Run, called: str) -> None:
    """By its id or its name: what came in and what became of it, and nothing of another."""
    result = deployed("logs", "--order", called, "--connection", "acme")

    assert 0 == result.exit_code, result.output
    assert ["webhook received", "message handled"] == [
        re.search(r"acme/7  ([a-z ]+[a-z])  ", line)[1]  # type: ignore[index]  # it is there, or this fails
        for line in result.stdout.splitlines()
    ]
    assert result.stdout == deployed("logs", "--order", called).stdout


def test_logs_of_an_order_that_waits(a_day: Logged, deployed: Run) -> None:
    """A message that comes again names its order too, and why it could not be done."""
    told = deployed("logs", "--order", "#1008", "--json")

    came, waits = json.loads(told.stdout)
    assert ("webhook received", "accepted") == (came["message"], came["outcome"])
    assert ("message will be retried", "coopcycle_unavailable") == (waits["message"], waits["reason"])
    assert "503" in waits["detail"]


def test_nothing_was_logged(bridge: Bridge, deployed: Run) -> None:
    """Silence is explained on stderr; a program gets an empty list."""
    result = deployed("logs", "--order", "1")

    assert (0, "") == (result.exit_code, result.stdout)
    assert "--since reaches further back" in result.stderr
    assert [] == json.loads(deployed("logs", "--json").stdout)


def test_older_entries_are_left_out(a_day: Logged) -> None:
    """--since is asked of CloudWatch, not looked for afterwards."""
    deployment = _deployment()

    assert [] == operator.entries(deployment, Wanted(datetime.now(UTC) + timedelta(seconds=60)))
    assert operator.entries(deployment, Wanted(datetime.now(UTC) - timedelta(seconds=60)))


def _deployment() -> Deployment:
    return find_deployment("dev", lambda service: boto3.client(service))  # type: ignore[call-overload]  # any


def test_followed_entries_come_once_each(a_day: Logged, bridge: Bridge, order: Order) -> None:
    """What was there, then what is logged from now on, each once although it is looked for again."""
    looks = 0

    def pause() -> None:
        nonlocal looks
        looks += 1
        if looks == 2:  # at the first look nothing is new
            bridge.push(order(id=10, name="#1010"), webhook_id="four")
            a_day()

    since = datetime.now(UTC) - timedelta(seconds=60)
    found: Iterator[LogEntry] = operator.follow(_deployment(), Wanted(since), pause)
    before = [next(found) for _ in operator.entries(_deployment(), Wanted(since))]
    new = next(found)

    assert len(set(before)) == len(before)
    assert ("10", "accepted", 2) == (new.order_id, new.outcome, looks)


def test_happenings(a_day: Logged) -> None:
    """A line for what came in and for what became of it, with the order's name once its record knows it."""
    deployment = _deployment()
    happenings = Happenings(deployment.orders.load)
    entries = operator.entries(deployment, Wanted(datetime.now(UTC) - timedelta(seconds=60)))

    lines = [re.sub(r"\x1b\[\d+m|^\S+ ", "", happenings.line(entry) or "") for entry in entries]

    assert [
        "-->  POST /webhooks/acme  order 7  orders/create  accepted",
        "<--  acme  order #1007 (7)  orders/create  created  /api/deliveries/1",
        "-->  POST /webhooks/acme  order 8  orders/create  accepted",
        "<--  acme  order #1008 (8)  retried  coopcycle_unavailable",
        "-->  POST /webhooks/acme  order 9  orders/create  accepted",
        "<--  acme  order #1009 (9)  orders/create  parked  unmappable_order",
        "-->  POST /webhooks/acme  rejected  invalid_signature: signature_missing",
    ] == [line.partition(": POST")[0] for line in lines]


def test_colours(a_day: Logged) -> None:
    """What is grave is coloured where colours are wanted, and not with NO_COLOR (https://no-color.org)."""
    coloured = CliRunner().invoke(main, ["logs"], color=True).stdout
    plain = CliRunner(env={"NO_COLOR": "1"}).invoke(main, ["logs"], color=True).stdout

    assert "\x1b[33mWARNING" in coloured
    assert "\x1b" not in plain
    assert plain == re.sub(r"\x1b\[\d+m", "", coloured)


def test_nothing_personal(a_day: Logged, deployed: Run) -> None:
    """No name, street or telephone number of the sample stands in any entry."""
    printed = deployed("logs").stdout + deployed("logs", "--json").stdout

    assert not re.search("Camille|Moreau|Rivoli|33612345678|bouquet", printed, re.IGNORECASE)


# --- one line -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "",
        "START RequestId: 1 Version: $LATEST",
        "REPORT RequestId: 1 Duration: 3 ms",
        '{"_aws": {"CloudWatchMetrics": []}, "WebhookAccepted": 1}',
        '{"time": "2026-11-25T12:00:00Z", "type": "platform.start", "record": {"requestId": "1"}}',
        '{"type": "platform.report", "record": {"status": "success"}}',
        "[1]",
    ],
)
def test_no_entries(line: str) -> None:
    """Metrics, and what Lambda says of an invocation that went well, are no entries."""
    assert read_entry(line, NOW, "F") is None


@pytest.mark.parametrize(
    ("line", "message", "exception"),
    [
        ("2026-11-25T12:00:00Z 1 Task timed out after 60.00 seconds", "Task timed out", ""),
        ('{"type": "platform.report", "record": {"status": "timeout"}}', "ended with timeout", ""),
        ('{"errorMessage": "no module x", "errorType": "ImportError"}', "no module x", "ImportError"),
        (
            '{"level": "ERROR", "message": "message failed", "exception_name": "KeyError"}',
            "failed",
            "KeyError",
        ),
    ],
)
def test_what_went_wrong(line: str, message: str, exception: str) -> None:
    """A function that died or took too long is an error, whoever wrote it down."""
    entry = read_entry(line, NOW, "F")

    assert entry is not None
    assert ("ERROR", exception) == (entry.level, entry.exception)
    assert message in entry.message


@pytest.mark.parametrize(
    ("connection_id", "order_ids", "pattern"),
    [
        ("", [], ""),
        ("acme", [], '{ (($.connection_id = "acme")) }'),
        ("acme", ["7"], '{ (($.connection_id = "acme")) && (($.order_id = "7")) }'),
        ("", ["7", "8"], '{ (($.order_id = "7") || ($.order_id = "8")) }'),
        ("", ['7" || $.x = "'], ""),
    ],
)
def test_what_cloudwatch_leaves_out(connection_id: str, order_ids: list[str], pattern: str) -> None:
    """Its filter is used where the ids can stand in it as they are."""
    assert pattern == Wanted(NOW, connection_id, frozenset(order_ids)).pattern
