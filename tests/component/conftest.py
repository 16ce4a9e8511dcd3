"""Real AWS calls to moto's server, real HTTP to the sandbox, handlers called as Lambda calls them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result
from tests.support import connecting, source_calls
from tests.support.caches import clear_runtime_caches
from tests.support.counted_ssm import Clock, CountingSsm
from tests.support.logged import logging_to_groups
from tests.support.policies import Guard
from tests.support.stacks import make_stack

from bridge import runtime
from bridge.model import Ignored
from bridge.operator.connections import write_connection
from bridge.operator.deployment import on_this_machine
from bridge.operator.parked import Parked
from bridge.receiving.messages import Recheck, WebhookMessage
from bridge_laptop import sam_template, secrets, signing
from bridge_laptop.cli.main import main
from bridge_laptop.http_server import Server
from bridge_laptop.lambda_events import http_event, queue_event
from bridge_laptop.local import moto_server, provisioning, running_stack
from bridge_laptop.local.runtimes import Context
from bridge_laptop.sandbox.client import SandboxClient as Sandbox
from bridge_laptop.sandbox.server import SandboxServer

ROOT = Path(__file__).resolve().parents[2]
BODIES = ROOT / "events" / "webhooks" / "shopify"


@pytest.fixture(scope="session")
def guard() -> Guard:
    """Before the emulator: a function that is at work may do there what its role allows, and no more."""
    return Guard(moto_server.application())


@pytest.fixture(scope="session")
def moto_url(guard: Guard) -> Iterator[str]:
    """An AWS emulator for the whole run; what a test leaves there is emptied by ``aws``."""
    server = Server(guard)
    server.start()
    yield server.url
    server.stop()


@pytest.fixture
def aws(moto_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """An empty AWS emulator that every client of the test talks to, and no local stack but the test's."""
    moto_server.empty()
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    monkeypatch.setenv(running_stack.VARIABLE, str(tmp_path / running_stack.FILE_NAME))
    clear_runtime_caches()
    yield moto_url
    clear_runtime_caches()


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[SandboxServer]:
    """One CoopCycle sandbox for the whole run."""
    server = SandboxServer(port=0)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def sandbox(sandbox_server: SandboxServer) -> Sandbox:
    """The sandbox as seeded."""
    client = Sandbox(sandbox_server.url)
    client.reset()
    return client


class Bridge:
    """The functions of the template over the emulator, with connection ``acme``."""

    def __init__(self, names: Mapping[str, str], clients: Clients, guard: Guard) -> None:
        self.names = names
        self.guard = guard
        self.sqs = clients["sqs"]
        self.ssm = clients["ssm"]

    def connect(self, connection_id: str, settings: str, **given: str) -> None:
        """Push a connection into SSM."""
        values = secrets.local_defaults(connection_id) | given
        write_connection(self.ssm, provisioning.CONNECTIONS_PATH, connection_id, settings, values)

    def receive(self, event: dict[str, Any]) -> dict[str, Any]:
        """Call the receiving handler."""
        from functions.receive_webhook import app

        with self.guard.at_work("ReceiveWebhookFunction"):
            return app.lambda_handler(event, Context("ReceiveWebhookFunction", 512, 10))

    def push(self, body: bytes, topic: str = "orders/create", **changes: str) -> dict[str, Any]:
        """Sign a body as the shop would and hand it to the receiver."""
        signed = signing.signed(
            "shopify", body, "acme-webhook-secret", topic, changes.pop("webhook_id", f"{topic}-1")
        )
        return self.receive(webhook_event(body, {**signed.headers, **changes}))

    def receive_messages(self) -> list[Any]:
        """Take what is visible on the queue."""
        return self.sqs.receive_message(
            QueueUrl=self.names["WebhooksQueue"],
            MaxNumberOfMessages=10,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])

    def dispatch(self, messages: list[Any]) -> list[str]:
        """Call the dispatching handler as the event source mapping would; return the failed message ids."""
        from functions.dispatch_delivery import app

        with self.guard.at_work("DispatchDeliveryFunction"):
            answer = app.lambda_handler(
                queue_event(messages, self.names["WebhooksQueue.Arn"]),
                Context("DispatchDeliveryFunction", 512, 60),
            )
        failed = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
        for message in messages:
            if message["MessageId"] not in failed and not message["ReceiptHandle"].startswith("made-up"):
                self.sqs.delete_message(
                    QueueUrl=self.names["WebhooksQueue"], ReceiptHandle=message["ReceiptHandle"]
                )
        return failed

    def work(self) -> list[str]:
        """Dispatch what is visible now."""
        return self.dispatch(self.receive_messages())

    def parked(self) -> list[Parked]:
        """Look at what is parked."""
        deployment = on_this_machine(
            "dev", boto3.client, self.names, webhook_url="http://127.0.0.1/webhooks/"
        )
        return list(deployment.parked.look().messages)

    def dead_letters(self) -> list[Any]:
        """Look at the dead-letter queue without taking anything away."""
        return self.sqs.receive_message(
            QueueUrl=self.names["WebhooksDeadLetterQueue"],
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
            MessageAttributeNames=["All"],
        ).get("Messages", [])

    def message(
        self, body: bytes, topic: str = "orders/create", number: int = 1, *, of: str = "acme"
    ) -> dict[str, Any]:
        """Return a queue message as the receiver would have sent it, without a queue."""
        from bridge import sources

        webhook = source_calls.identify(sources.get("shopify"), body, {"x-shopify-topic": topic})
        assert not isinstance(webhook, Ignored)
        text = WebhookMessage(
            connection_id=of,
            source="shopify",
            topic=topic,
            webhook_id=f"webhook-{number}",
            order_id=webhook.order_id,
            received_at=runtime.utc_now(),
            body=body,
        ).to_text()
        return {
            "MessageId": f"message-{number}",
            "ReceiptHandle": f"made-up-{number}",
            "Body": text,
            "Attributes": sqs_attributes(f"{of}/{webhook.order_id}"),
        }

    def recheck(self, order_id: str) -> dict[str, Any]:
        """Return the queue message of a recheck that is due."""
        return {
            "MessageId": f"recheck-{order_id}",
            "ReceiptHandle": "made-up-recheck",
            "Body": Recheck("acme", order_id).to_text(),
            "Attributes": sqs_attributes(f"acme/{order_id}"),
        }


def sqs_attributes(group: str) -> dict[str, str]:
    """Return what SQS says of a message that has just been received for the first time."""
    return {
        "ApproximateReceiveCount": "1",
        "MessageGroupId": group,
        "SentTimestamp": str(int(runtime.utc_now().timestamp() * 1000)),
    }


def webhook_event(body: bytes, headers: Mapping[str, str], connection_id: str = "acme") -> dict[str, Any]:
    """Return the HTTP API event of a webhook."""
    return http_event(
        method="POST",
        path=f"/webhooks/{connection_id}",
        route="/webhooks/{connection_id}",
        path_parameters={"connection_id": connection_id},
        headers=headers,
        body=body,
    )


Clients = Mapping[str, Any]


@pytest.fixture(scope="session")
def clients(moto_url: str) -> Clients:
    """boto3 clients for the whole run: making one takes longer than using it."""
    return {
        name: boto3.client(name, endpoint_url=moto_url)  # type: ignore[call-overload]  # a name of four
        for name in ("sqs", "ssm", "cloudformation", "logs")
    }


@pytest.fixture
def counting(ssm: Any) -> CountingSsm:
    """Count the questions to SSM."""
    return CountingSsm(ssm)


@pytest.fixture
def clock() -> Clock:
    """Stand still until moved."""
    return Clock()


QUICK = {
    "BRIDGE_SETTLE_SECONDS": "0.001",
    "BRIDGE_BACKOFF_BASE_SECONDS": "0.001",
    "BRIDGE_HTTP_READ_TIMEOUT_SECONDS": "8",  # nothing here hangs; on a loaded machine much is slow
}


@dataclass(frozen=True)
class Provisioned:
    """The template's queues and tables in the emulator, and the functions' environment."""

    names: Mapping[str, str]
    environment: Mapping[str, str]


@pytest.fixture(scope="session")
def provisioned(moto_url: str, guard: Guard) -> Provisioned:
    """Make the queues and tables once; ``aws`` empties them before each test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", moto_url)
        names = provisioning.provision(sam_template.load(), {**os.environ, **QUICK})
    guard.names = names
    environment: dict[str, str] = {}
    for function in sam_template.functions(sam_template.load(), names):
        environment |= function.environment
    return Provisioned(names, environment)


@pytest.fixture
def bridge(
    aws: str,
    clients: Clients,
    provisioned: Provisioned,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    guard: Guard,
) -> Bridge:
    """The functions with quick timings, and connection ``acme`` at the sandbox's store Acme."""
    for name, value in {**QUICK, **provisioned.environment}.items():
        monkeypatch.setenv(name, value)
    connected = Bridge(provisioned.names, clients, guard)
    connected.connect("acme", settings(sandbox.url))
    return connected


@pytest.fixture
def events_queues(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The queues of an event source, which the template makes with one alone; by logical id."""
    urls = {}
    start = bridge.names["WebhooksQueue.Arn"].rpartition(":")[0]
    for name, variable in (
        ("EventsQueue", "EVENTS_QUEUE_URL"),
        ("EventsDeadLetterQueue", "EVENTS_DEAD_LETTER_QUEUE_URL"),
    ):
        urls[name] = bridge.sqs.create_queue(QueueName=f"bridge-local-{name}")["QueueUrl"]
        monkeypatch.setenv(variable, urls[name])
    arns = {f"{name}.Arn": f"{start}:bridge-local-{name}" for name in urls}
    monkeypatch.setattr(bridge.guard, "names", {**bridge.guard.names, **arns, "ShopifyEventSourceName": "x"})
    runtime.dispatch_runtime.cache_clear()
    yield urls
    for url in urls.values():
        bridge.sqs.delete_queue(QueueUrl=url)
    runtime.dispatch_runtime.cache_clear()


@pytest.fixture(scope="session")
def stack(clients: Clients, provisioned: Provisioned) -> None:
    """The stack bridge-dev with the template's outputs and parameters, as CloudFormation describes it."""
    make_stack(clients, provisioned.names, "bridge-dev")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder with one connection file, acme.toml."""
    (tmp_path / "acme.toml").write_text(connecting.SETTINGS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(aws: str, stack: None, folder: Path) -> Callable[..., Result]:
    """`bridge connections …` against a stack without connections; no command may ever print a secret."""

    def call(verb: str, *arguments: str, typed: str = "", **environ: str) -> Result:
        where = ["--connections", str(folder)] if verb in ("apply", "check") else []
        result = CliRunner(env=environ).invoke(main, ["connections", verb, *where, *arguments], input=typed)
        assert "hunter" not in result.output
        return result

    return call


@pytest.fixture
def stack_outputs(clients: Clients, stack: None) -> dict[str, str]:
    """What the stack bridge-dev says of itself."""
    (described,) = clients["cloudformation"].describe_stacks(StackName="bridge-dev")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}


@pytest.fixture
def deployed(bridge: Bridge, stack: None) -> Callable[..., Result]:
    """`bridge …` against the bridge as the stack bridge-dev."""

    def run(*arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(main, list(arguments), input=typed)

    return run


settings = connecting.at_all_hours


@pytest.fixture
def order() -> Callable[..., bytes]:
    """Return a maker of order bodies: the typical order with changes."""

    def make(name: str = "order-typical", /, **changes: object) -> bytes:
        body = json.loads((BODIES / f"{name}.json").read_bytes())
        body.update(changes)
        return json.dumps(body, ensure_ascii=False).encode()

    return make


@pytest.fixture
def logged(
    deployed: Callable[..., Result], clients: Clients, provisioned: Provisioned
) -> Iterator[Callable[[], None]]:
    """Have the functions log to the stack's log groups; call it to have written what was logged so far."""
    cloudformation = clients["cloudformation"]
    cloudformation.delete_stack(StackName="bridge-dev")
    make_stack(clients, provisioned.names, "bridge-dev", ["AWS::Logs::LogGroup"])
    with logging_to_groups(cloudformation) as so_far:
        yield so_far
    cloudformation.delete_stack(StackName="bridge-dev")
    make_stack(clients, provisioned.names, "bridge-dev")
