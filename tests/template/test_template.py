"""House rules of template.yaml, as checks: a convention without a failing check is a wish."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.settings import (
    ConsoleSettings,
    DispatchSettings,
    EventSettings,
    ReceiveSettings,
    RecheckSettings,
    RetentionSettings,
)
from bridge_laptop import sam_template
from bridge_laptop.local.isolation import LOCAL_AWS

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = sam_template.load()
FUNCTIONS = sam_template.resources(TEMPLATE, "AWS::Serverless::Function")
QUEUES = sam_template.resources(TEMPLATE, "AWS::SQS::Queue")
ROLES = sam_template.resources(TEMPLATE, "AWS::IAM::Role")
ALARMS = sam_template.resources(TEMPLATE, "AWS::CloudWatch::Alarm")
SETTINGS = {
    "ReceiveWebhookFunction": ReceiveSettings,
    "DispatchDeliveryFunction": DispatchSettings,
    "QueueRecheckFunction": RecheckSettings,
    "ReceiveEventFunction": EventSettings,
    "ShowConsoleFunction": ConsoleSettings,
    "RedactOrdersFunction": RetentionSettings,
}


def statements(function: str) -> list[dict[str, Any]]:
    """Return the statements of a function's role, both branches of a condition among them."""
    role = ROLES[FUNCTIONS[function]["Role"]["Fn::GetAtt"].removesuffix(".Arn")]
    found = []
    for policy in role["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            branches = statement["Fn::If"][1:] if "Fn::If" in statement else [statement]
            found += [branch for branch in branches if branch != {"Ref": "AWS::NoValue"}]
    return found


EVERYBODY = [
    {"Fn::If": ["HasAlarmEmail", {"Ref": "AlarmTopic"}, {"Ref": "AWS::NoValue"}]},
    {"Fn::If": ["HasAlarmTopic", {"Ref": "AlarmTopicArn"}, {"Ref": "AWS::NoValue"}]},
]


def as_list(value: Any) -> list[Any]:
    """Return a list, whichever of the two forms IAM allows was written."""
    return value if isinstance(value, list) else [value]


def test_every_queue_has_a_dead_letter_queue_with_an_alarm_or_is_one() -> None:
    """A queue never travels without its dead letter and its alarm.

    RechecksQueue has no alarm of its own: its messages wait on purpose, and those that fail reach the
    dead-letter queue.
    """
    targets = {
        q["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"].split(".")[0]
        for q in QUEUES.values()
        if "RedrivePolicy" in q
    }
    without = {name for name, queue in QUEUES.items() if "RedrivePolicy" not in queue}
    watched = {
        dimension["Value"]["Fn::GetAtt"].split(".")[0]
        for alarm in ALARMS.values()
        for dimension in alarm["Dimensions"]
        if dimension["Name"] == "QueueName"
    }

    assert without == targets
    assert set(QUEUES) - {"RechecksQueue"} <= watched


def test_queues_are_high_throughput_fifo() -> None:
    """Deduplication and throughput are per message group, so one order never waits for another.

    A FIFO queue cannot delay a single message, so the queue of rechecks is a standard one; and a rule of
    EventBridge cannot choose a message group from the event, so that of events is one too.
    """
    for name, queue in QUEUES.items():
        if name.startswith(("Rechecks", "Events")):
            continue
        assert queue["FifoQueue"] is True
        assert queue["DeduplicationScope"] == "messageGroup"
        assert queue["FifoThroughputLimit"] == "perMessageGroupId"


def test_visibility_is_six_times_the_timeout_of_the_consumer() -> None:
    """AWS asks for six times the function's timeout, so that a batch at work is not handed out again."""
    for name, function in FUNCTIONS.items():
        for event in function.get("Events", {}).values():
            if event["Type"] != "SQS":
                continue
            queue = QUEUES[event["Properties"]["Queue"]["Fn::GetAtt"].split(".")[0]]
            timeout = function.get("Timeout", TEMPLATE["Globals"]["Function"]["Timeout"])

            assert queue["VisibilityTimeout"] >= 6 * timeout, name


def test_the_worker_gives_up_before_sqs_does() -> None:
    """With every wait that the parameter allows, and all jitter: an order is tried for 24 hours, then parked.

    SQS's own limit of receives would end it without a reason. No single wait is longer than SQS allows.
    """
    from bridge.dispatching.retries import BACKOFF_CEILING, GIVE_UP_AFTER, Backoff

    receives = QUEUES["WebhooksQueue"]["RedrivePolicy"]["maxReceiveCount"]
    allowed = TEMPLATE["Parameters"]["BackoffBaseSeconds"]
    for base in range(allowed["MinValue"], allowed["MaxValue"] + 1):
        quickest = Backoff(base, lambda: 1.0)
        waits = sum(quickest.seconds_until_retry(count, None) for count in range(1, receives))
        assert waits > GIVE_UP_AFTER.total_seconds() * 1.1, base
        assert base * BACKOFF_CEILING <= 12 * 3600, base
    assert timedelta(hours=24) == GIVE_UP_AFTER
    assert 2 * GIVE_UP_AFTER.total_seconds() < QUEUES["WebhooksQueue"]["MessageRetentionPeriod"]


def test_every_function_has_its_own_log_group_with_the_retention_parameter() -> None:
    """No log is kept for ever, and none is made by Lambda behind our back."""
    groups = sam_template.resources(TEMPLATE, "AWS::Logs::LogGroup")

    for name, function in FUNCTIONS.items():
        group = function["LoggingConfig"]["LogGroup"]["Ref"]
        assert group == name.removesuffix("Function") + "LogGroup"
        assert groups[group]["RetentionInDays"] == {"Ref": "LogRetentionInDays"}


def test_policies_name_actions_and_resources() -> None:
    """No wildcard action, no bare wildcard resource but for actions that know none; no managed policy."""
    for name in FUNCTIONS:
        for statement in statements(name):
            actions = as_list(statement["Action"])
            assert all(re.fullmatch(r"\w+:[A-Za-z]+", a) for a in actions), name
            knows_none = all(a.startswith("xray:Put") or a == "ssm:DescribeParameters" for a in actions)
            assert ("*" in as_list(statement["Resource"])) == knows_none, name


def test_the_receiver_may_read_connections_and_send_nothing_else() -> None:
    """The function on the internet can touch no table and no token."""
    actions = {a for s in statements("ReceiveWebhookFunction") for a in as_list(s["Action"])}

    assert {a for a in actions if not a.startswith(("logs:", "xray:"))} == {
        "ssm:GetParameters",
        "ssm:GetParametersByPath",
        "kms:Decrypt",
        "sqs:SendMessage",
    }


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_takes_messages_from_its_own_queues_and_writes_its_own_log(name: str) -> None:
    """What Lambda does in a function's name is allowed on what is the function's, and nowhere else."""
    events = FUNCTIONS[name].get("Events", {}).values()
    own = [event["Properties"]["Queue"] for event in events if event["Type"] == "SQS"]
    by_sid = {statement["Sid"]: statement["Resource"] for statement in statements(name)}

    assert by_sid["WriteItsLog"] == {"Fn::GetAtt": f"{name.removesuffix('Function')}LogGroup.Arn"}
    assert as_list(by_sid.get("TakeMessages", [])) == own


def test_what_belongs_to_the_event_bus_is_there_with_it_alone() -> None:
    """Without an event source no resource of the bus is deployed, and nothing else refers to one."""
    bus = {
        name
        for name, resource in TEMPLATE["Resources"].items()
        if resource.get("Condition") == "HasShopifyEvents"
    }
    named = {"ShopifyEventBus", "ShopifyEventsRule", "ReceiveEventFunction", "ReceiveEventLogGroup"}
    queues = {name for name in QUEUES if name.startswith("Events")}
    without = sam_template.parameters(TEMPLATE) | {"ShopifyEventSourceName": ""}
    rest = {
        name: sam_template.choose(TEMPLATE, resource, without)
        for name, resource in TEMPLATE["Resources"].items()
        if name not in bus
    }

    assert named | queues <= bus
    assert not [name for name in bus if f"'{name}'" in str(rest) or f"'{name}." in str(rest)]


def test_what_belongs_to_the_page_is_there_with_it_alone() -> None:
    """With `Console: off` no route, user, function or role of the page is deployed."""
    of_the_page = {name for name in TEMPLATE["Resources"] if "Console" in name}
    conditional = {
        name for name, resource in TEMPLATE["Resources"].items() if resource.get("Condition") == "HasConsole"
    }

    assert {"ConsoleApi", "ConsoleUserPool", "ShowConsoleFunction", "ShowConsoleRole"} <= of_the_page
    assert of_the_page == conditional
    assert "off" == TEMPLATE["Parameters"]["Console"]["Default"]


def test_data_of_the_page_is_behind_the_sign_in() -> None:
    """Every route but the shell and its files needs a token of the user pool before our code runs."""
    routes = sam_template.resources(TEMPLATE, "AWS::ApiGatewayV2::Route")
    open_routes = {r["RouteKey"] for r in routes.values() if r["AuthorizationType"] == "NONE"}

    assert {"GET /console", "GET /console/{proxy+}"} == open_routes
    assert {"GET /console/view/{proxy+}", "POST /console/do/{proxy+}"} == {
        r["RouteKey"]
        for r in routes.values()
        if r["AuthorizationType"] == "JWT" and r["AuthorizerId"] == {"Ref": "ConsoleAuthorizer"}
    }


def test_only_the_rule_may_send_to_the_queue_of_events() -> None:
    """The queue's policy lets EventBridge in for our rule, and what it cannot deliver is not lost."""
    policy = TEMPLATE["Resources"]["EventsQueuePolicy"]["Properties"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    (target,) = TEMPLATE["Resources"]["ShopifyEventsRule"]["Properties"]["Targets"]

    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": "ShopifyEventsRule.Arn"}}}
    assert target["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": "EventsDeadLetterQueue.Arn"}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_each_function_has_just_the_variables_that_its_settings_read(name: str) -> None:
    """Environment and settings class agree, so neither a missing nor a dead variable is deployed."""
    own = set(FUNCTIONS[name].get("Environment", {}).get("Variables", {}))
    shared = {
        variable
        for variable in TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
        if not variable.startswith("POWERTOOLS_")
    }

    assert own <= set(SETTINGS[name].VARIABLES) <= own | shared
    assert not own & shared


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_each_function_is_one_folder_with_an_app(name: str) -> None:
    """One name, four spellings: folder, logical id, log group, handler file."""
    folder = ROOT / FUNCTIONS[name]["CodeUri"]

    assert (folder / "app.py").is_file()
    assert "".join(w.title() for w in folder.name.split("_")) + "Function" == name


def test_every_alarm_says_what_to_do_and_notifies() -> None:
    """An alarm says what happened, what to do first, and reaches the address and the topic given."""
    for name, alarm in ALARMS.items():
        assert re.match(r"[^.]+\. First \w+ .*\.$", alarm["AlarmDescription"]), name
        assert len(alarm["AlarmDescription"]) <= 1024, name
        assert EVERYBODY == alarm["AlarmActions"], name
        assert EVERYBODY == alarm.get("OKActions", EVERYBODY), name
        assert alarm["TreatMissingData"] == "notBreaching", name


def test_functions_are_traced_when_that_is_wanted_alone() -> None:
    """With `Tracing: off` neither is a function traced nor may it write to X-Ray."""
    assert {"Fn::If": ["IsTraced", "Active", "PassThrough"]} == TEMPLATE["Globals"]["Function"]["Tracing"]
    assert "off" == TEMPLATE["Parameters"]["Tracing"]["Default"]
    for name, role in ROLES.items():
        written = role["Policies"][0]["PolicyDocument"]["Statement"]
        traced = [each["Fn::If"][0] for each in written if "xray:" in str(each)]
        assert ["IsTraced"] == traced, name


def test_environments_of_one_account_ring_for_themselves() -> None:
    """The dimension of every metric of ours, written and watched, is the environment."""
    mine = {"Fn::Sub": "bridge-${Environment}"}

    assert mine == TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
    for name, alarm in ALARMS.items():
        if alarm["Namespace"] == "CoopCycleBridge":
            assert [{"Name": "service", "Value": mine}] == alarm["Dimensions"], name


def test_what_holds_orders_survives_the_stack() -> None:
    """Deleting or replacing the stack deletes no accepted order and no duplicate guard."""
    for name in (*QUEUES, "DeliveriesTable"):
        resource = TEMPLATE["Resources"][name]
        assert resource["DeletionPolicy"] == "Retain", name
        assert resource["UpdateReplacePolicy"] == "Retain", name


def test_what_guards_against_a_second_delivery_cannot_be_deleted_by_accident() -> None:
    """The table of orders is protected, also from the console."""
    assert TEMPLATE["Resources"]["DeliveriesTable"]["Properties"]["DeletionProtectionEnabled"] is True


def test_a_dead_letter_has_time_for_a_person() -> None:
    """A message of a standard queue keeps its age when it moves: the source keeps it ten days less.

    A FIFO queue's dead-letter queue starts the clock anew (Amazon SQS developer guide, "Using dead-letter
    queues").
    """
    for name, queue in QUEUES.items():
        if "RedrivePolicy" not in queue or queue.get("FifoQueue"):
            continue
        dead = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"].removesuffix(".Arn")
        spared = QUEUES[dead]["MessageRetentionPeriod"] - queue["MessageRetentionPeriod"]
        assert spared >= 10 * 24 * 3600, name


def test_a_version_of_the_layer_outlives_the_next_deployment() -> None:
    """Functions outside the stack use a version until they are updated."""
    assert TEMPLATE["Resources"]["BridgeLayer"]["Properties"]["RetentionPolicy"] == "Retain"


def test_the_runtime_is_the_agreed_one() -> None:
    """Python 3.13, on arm64 unless the parameter says otherwise, for functions and layer alike."""
    layer = TEMPLATE["Resources"]["BridgeLayer"]

    assert TEMPLATE["Globals"]["Function"]["Runtime"] == "python3.13"
    assert TEMPLATE["Parameters"]["Architecture"]["Default"] == "arm64"
    assert TEMPLATE["Globals"]["Function"]["Architectures"] == [{"Ref": "Architecture"}]
    assert layer["Properties"]["CompatibleArchitectures"] == [{"Ref": "Architecture"}]
    assert layer["Metadata"]["BuildArchitecture"] == {"Ref": "Architecture"}
    assert layer["Properties"]["CompatibleRuntimes"] == ["python3.13"]


def test_samconfig_leaves_the_port_of_the_local_stack_free() -> None:
    """`sam local start-api` asks the emulator's region, on a port of its own, and keeps its containers."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())["default"]

    assert config["local_invoke"]["parameters"] == {"region": LOCAL_AWS["AWS_REGION"]}
    assert config["local_start_api"]["parameters"] == {
        "region": LOCAL_AWS["AWS_REGION"],
        "port": 3010,
        "warm_containers": "LAZY",
    }


def test_samconfig_reaches_no_environment_by_accident() -> None:
    """A bare `sam deploy` finds no stack, and nothing of an account is committed."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())

    assert "deploy" not in config["default"]
    for environment in ("dev", "staging", "prod"):
        deploy = config[environment]["deploy"]["parameters"]
        assert f"Environment={environment}" in deploy["parameter_overrides"]
        assert not {"s3_bucket", "profile"} & set(deploy)
        assert deploy["tags"] == f"Project=coopcycle-bridge Environment={environment}"
