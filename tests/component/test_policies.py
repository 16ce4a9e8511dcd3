"""Each function may do in AWS what it does, and nothing else.

Every component test runs its functions behind :class:`tests.support.policies.Guard`, which denies what their
roles do not allow; so a call without a grant fails there. Here the other way round: each grant is used.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.component import test_privacy_requests, test_receive_event, test_retention
from tests.component.conftest import Bridge, Sandbox, settings
from tests.support.deployed_template import expanded, resources
from tests.support.policies import Call, grants

from bridge import runtime
from bridge_laptop.local.event_source_mapping import queue_event
from bridge_laptop.local.runtimes import Context

Order = Callable[..., bytes]
FUNCTIONS = (
    "ReceiveWebhookFunction",
    "DispatchDeliveryFunction",
    "QueueRecheckFunction",
    "ReceiveEventFunction",
    "RedactOrdersFunction",
)
KEY = "arn:aws:kms:eu-west-3:123456789012:key/8f0e"
TAILS = ("", "/acme", "/acme/webhook-secret", "/acme/client-secret", "/acme/status-secret")


def unused(bridge: Bridge, function: str) -> list[str]:
    """Return what a function may do and has not done since the guard was cleared."""
    done = bridge.guard.allowed.get(function, set())
    return [
        f"{grant.sid}: {action}"
        for grant in grants(function, bridge.guard.names)
        for action in grant.actions
        if not any(replace(grant, actions=(action,)).covers(call) for call in done)
    ]


@pytest.fixture
def watched(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> Bridge:
    """The bridge; the guard begins anew."""
    monkeypatch.setattr(bridge.guard, "allowed", {})
    monkeypatch.setattr(bridge.guard, "denied", [])
    return bridge


def deploy(bridge: Bridge, monkeypatch: pytest.MonkeyPatch, **parameters: str) -> None:
    """Deploy with other parameters, as far as roles are concerned."""
    names: Mapping[str, str] = {**bridge.guard.names, **parameters}
    monkeypatch.setattr(bridge.guard, "names", names)


def play_all_of_the_dispatcher(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """Have the dispatcher create, wait, doubt, park and erase."""
    bridge.push(order())
    bridge.work()
    sandbox.fault("revoke_tokens")
    bridge.dispatch([bridge.message(order(id=2), number=2)])  # drops the token
    bridge.dispatch([bridge.message(order(id=3, shipping_address={"city": "Paris"}), number=3)])  # parked
    bridge.dispatch([{**bridge.message(order(id=4), number=4), "Body": "?"}])  # parked, and not the shop's
    huge = order(id=7, note=random.Random(1).randbytes(300_000).hex(), shipping_address={"city": "Paris"})
    bridge.dispatch([bridge.message(huge, number=7)])  # too large for its record
    sandbox.fault("create_then_reset")
    bridge.dispatch([bridge.message(order(id=5), number=5)])  # in doubt: a recheck
    sandbox.fault("unavailable")
    bridge.push(order(id=6), webhook_id="w6")
    bridge.work()  # waits: its message becomes invisible for a while
    sandbox.fault(None)
    bridge.connect("acme", settings(sandbox.url, test_privacy_requests.SHOP))
    runtime.dispatch_runtime.cache_clear()
    test_privacy_requests.push(bridge, "shop/redact")
    bridge.work()


@pytest.mark.parametrize("cache", ["dynamodb", "ssm"])
def test_dispatcher_uses_all_that_it_may(
    watched: Bridge,
    sandbox: Sandbox,
    order: Order,
    events_queues: Mapping[str, str],
    cache: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With either cache of tokens the role allows that cache alone; with an event source its queues."""
    deploy(watched, monkeypatch, TokenCache=cache, ShopifyEventSourceName=test_receive_event.SOURCE)
    monkeypatch.setenv("TOKEN_CACHE", cache)
    for url in events_queues.values():
        for shop in ("acme", "other"):
            event = test_privacy_requests.an_event(order(id=9), f"{shop}.myshopify.com")
            watched.sqs.send_message(QueueUrl=url, MessageBody=event)

    play_all_of_the_dispatcher(watched, sandbox, order)

    assert [] == watched.guard.denied
    assert [] == unused(watched, "DispatchDeliveryFunction")


def test_receiver_uses_all_that_it_may(watched: Bridge, order: Order) -> None:
    """The function on the internet reads its connections and queues."""
    watched.push(order())

    assert [] == watched.guard.denied
    assert [] == unused(watched, "ReceiveWebhookFunction")


def test_recheck_function_uses_all_that_it_may(watched: Bridge) -> None:
    """A recheck that is due is sent on."""
    from functions.queue_recheck import app

    with watched.guard.at_work("QueueRecheckFunction"):
        answer = app.lambda_handler(
            queue_event([watched.recheck("1")], watched.names["RechecksQueue.Arn"]),
            Context("QueueRecheckFunction", 512, 10),
        )

    assert {"batchItemFailures": []} == answer
    assert [] == watched.guard.denied
    assert [] == unused(watched, "QueueRecheckFunction")


def test_event_receiver_uses_all_that_it_may(
    watched: Bridge, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event of the bus finds its connection and is queued."""
    deploy(watched, monkeypatch, ShopifyEventSourceName=test_receive_event.SOURCE)
    monkeypatch.setenv("SHOPIFY_EVENT_SOURCE_NAME", test_receive_event.SOURCE)
    watched.connect("acme", settings(sandbox.url, test_receive_event.SHOP))
    runtime.event_receiver.cache_clear()

    with watched.guard.at_work("ReceiveEventFunction"):
        assert [] == test_receive_event.receive(test_receive_event.event())

    assert [] == watched.guard.denied
    assert [] == unused(watched, "ReceiveEventFunction")


def test_retention_uses_all_that_it_may(watched: Bridge, order: Order) -> None:
    """An order whose time is over is found and written."""
    watched.push(order())
    watched.work()

    test_retention.invoke_for_a_week(watched, days=91)

    assert [] == watched.guard.denied
    assert [] == unused(watched, "RedactOrdersFunction")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_is_not_granted_is_denied(watched: Bridge, function: str) -> None:
    """The guard itself: a table that nobody may empty is denied to every function."""
    import boto3
    from botocore.exceptions import ClientError

    with watched.guard.at_work(function), pytest.raises(ClientError, match="AccessDenied"):
        boto3.client("dynamodb").delete_item(TableName=watched.names["DeliveriesTable"], Key={})

    assert [(function, "dynamodb:DeleteItem")] == [(name, call.action) for name, call in watched.guard.denied]


@pytest.mark.parametrize(
    ("function", "own", "others"),
    [
        ("ReceiveWebhookFunction", ("settings", "receiving"), ("dispatching", "status", "tokens")),
        ("DispatchDeliveryFunction", ("settings", "dispatching"), ("receiving", "status")),
        ("ShowConsoleFunction", ("settings", "dispatching"), ("receiving", "status")),
        ("QueueRecheckFunction", (), ("settings", "receiving", "dispatching", "status", "tokens")),
        ("RedactOrdersFunction", (), ("settings", "receiving", "dispatching", "status", "tokens")),
        ("ReceiveEventFunction", ("settings",), ("receiving", "dispatching", "status", "tokens")),
    ],
)
@pytest.mark.parametrize("key", ["aws", "own"])
def test_each_function_reads_its_own_secrets_alone(
    bridge: Bridge, function: str, own: tuple[str, ...], others: tuple[str, ...], key: str
) -> None:
    """Asked by name or by path, above a hierarchy or within it; with whichever key."""
    names = {**bridge.guard.names, "SecretsKey": key, "ConnectionsKey.Arn": KEY}
    start = f"arn:aws:ssm:{names['AWS::Region']}:{names['AWS::AccountId']}:parameter/bridge/dev"
    grants_of_it = grants(function, names)

    def may_read(path: str) -> bool:
        return any(
            grant.covers(Call(f"ssm:{action}", f"{start}{path}"))
            for grant in grants_of_it
            for action in ("GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory")
        )

    assert [] == [name for name in ("", *others) for tail in TAILS if may_read(f"/{name}{tail}".rstrip("/"))]
    assert [] == [name for name in own if not any(may_read(f"/{name}{tail}") for tail in TAILS)]


@pytest.mark.parametrize(
    ("function", "hierarchy"),
    [
        ("ReceiveWebhookFunction", "receiving"),
        ("DispatchDeliveryFunction", "dispatching"),
        ("ShowConsoleFunction", "dispatching"),
        ("QueueRecheckFunction", None),
        ("RedactOrdersFunction", None),
        ("ReceiveEventFunction", None),
    ],
)
def test_a_key_of_ones_own_decrypts_a_functions_own_secrets_alone(
    bridge: Bridge, function: str, hierarchy: str | None
) -> None:
    """SSM tells KMS which parameter it decrypts, and the grant names the function's hierarchy."""
    start = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/bridge/${Environment}"

    decrypting = [
        (grant.patterns, grant.condition)
        for grant in grants(function, {**bridge.guard.names, "SecretsKey": KEY})
        if "kms:Decrypt" in grant.actions
    ]

    expected = {"StringLike": {"kms:EncryptionContext:PARAMETER_ARN": {"Fn::Sub": f"{start}/{hierarchy}/*"}}}
    assert decrypting == ([((KEY,), expected)] if hierarchy else [])


def test_roles_are_ours_alone() -> None:
    """SAM adds no role and no managed policy: AWSLambdaSQSQueueExecutionRole would open every queue."""
    roles = resources("AWS::IAM::Role")
    functions = resources("AWS::Lambda::Function")
    policies: dict[str, Any] = resources("AWS::IAM::Policy") | resources("AWS::IAM::ManagedPolicy")

    assert {*FUNCTIONS, "ShowConsoleFunction"} == set(functions)
    assert {name.removesuffix("Function") + "Role" for name in functions} == set(roles)
    assert {} == policies
    assert not [name for name, role in roles.items() if "ManagedPolicyArns" in role]
    assert "service-role" not in json.dumps(expanded())
