"""`bridge test`: a connection of each sender, tried on a running stack."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result
from tests.e2e.test_local_stack import QUICK, stats
from tests.support import samples
from tests.support.caches import clear_runtime_caches
from tests.support.printed import faults

from bridge import sources
from bridge.aws import connections as names
from bridge.operator.connections import connections_path, write_connection
from bridge_laptop import sam_template
from bridge_laptop.cli.main import main
from bridge_laptop.local import provisioning, running_stack
from bridge_laptop.local.stack import LocalStack, Options, running
from bridge_laptop.sandbox.client import SandboxClient
from bridge_laptop.secrets import variable_name

ONLY_THE_SENDER_SIGNS = {"adobe-commerce", "wix"}
NAMES_AN_ORDER = {"bigcommerce", "prestashop", "square", "squarespace"}
NO_ID_OF_ITS_OWN = {"google-forms"}  # its order id is not in the body as it is
CANCELS = {"shopify", "standard-webhooks", "tally", "woocommerce"}
NOT_BOOKED = {
    **dict.fromkeys(ONLY_THE_SENDER_SIGNS, "can sign its webhooks"),
    **dict.fromkeys(NAMES_AN_ORDER, "only names an order"),
    **dict.fromkeys(NO_ID_OF_ITS_OWN, "no id of its own can be put into this webhook"),
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """The stack with the sample connection of each sender, in force with what verifies its webhooks."""
    folder = tmp_path_factory.mktemp("connections")
    with ExitStack() as exits:
        patch = exits.enter_context(pytest.MonkeyPatch.context())
        for name, value in QUICK.items():
            patch.setenv(name, value)
        patch.setenv(running_stack.VARIABLE, str(folder / running_stack.FILE_NAME))
        for name in sources.NAMES:
            text = (samples.FOLDER / name / "connection.toml").read_text(encoding="utf-8")
            (folder / f"{name}.toml").write_text(text, encoding="utf-8")
            given = {
                names.WEBHOOK_SECRET: samples.load(name).known["webhook"],
                names.CLIENT_ID: "acme",
                names.CLIENT_SECRET: "acme-secret",
            }
            for parameter, value in given.items():
                patch.setenv(variable_name(name, parameter), value)
        clear_runtime_caches()
        running_now = exits.enter_context(running(Options(port=0, connections=folder)))
        exits.enter_context(running_stack.announced(running_now.state()))
        yield running_now
    clear_runtime_caches()


@pytest.fixture
def sandbox(stack: LocalStack) -> Iterator[SandboxClient]:
    """The instance without deliveries and faults."""
    client = SandboxClient(stack.coopcycle_url)
    client.reset()
    yield client
    client.reset()


def tried(*arguments: str) -> Result:
    """Run `bridge test … --local`."""
    return CliRunner().invoke(main, ["test", *arguments, "--local", "--yes"])


def found(*arguments: str) -> dict[str, dict[str, Any]]:
    """Return what `bridge test` finds, by what it is about."""
    result = tried(*arguments, "--json")
    assert result.exit_code == 0, result.output
    assert [] == faults(json.loads(result.stdout), "test")
    return {each["about"]: each for each in json.loads(result.stdout)}


@pytest.mark.parametrize("name", sources.NAMES)
def test_nothing_is_booked(stack: LocalStack, sandbox: SandboxClient, name: str) -> None:
    """Signature, mapping and CoopCycle's rules are tried for every sender; no order is made of it."""
    before = orders_kept(stack)

    told = found(name)

    assert ["signature", "mapping", "CoopCycle"] == list(told)
    expected = "warning" if name in ONLY_THE_SENDER_SIGNS else "well"
    assert (expected, "well", "well") == tuple(each["health"] for each in told.values())
    assert 0 == stats(stack)["created"]
    assert "POST /api/deliveries/assert" in stats(stack)["requests"]
    assert before == orders_kept(stack)


def orders_kept(stack: LocalStack) -> int:
    """Return how many orders the stack has a record of."""
    table = boto3.client("dynamodb", endpoint_url=stack.aws_endpoint)
    counted: int = table.scan(TableName=stack.names["DeliveriesTable"], Select="COUNT")["Count"]
    return counted


@pytest.mark.parametrize("name", sorted(set(sources.NAMES) - set(NOT_BOOKED)))
def test_booked_and_cancelled(stack: LocalStack, sandbox: SandboxClient, name: str) -> None:
    """An order of nobody goes all the way, and nothing rides afterwards."""
    told = found(name, "--book")

    assert ["signature", "mapping", "CoopCycle", "booking", "cancelling"] == list(told)
    assert {"well"} == {each["health"] for each in told.values()}
    assert (name in CANCELS) == (told["cancelling"]["says"] == "the signed cancellation cancelled it")
    ((reference, (delivery,)),) = stats(stack)["deliveries_by_ref"].items()
    assert delivery["cancelled"]
    assert reference not in {f"{name}/{order_id}" for order_id in known_ids(name)}


def known_ids(name: str) -> set[str]:
    """Return the orders that the sender's samples are about."""
    sender = samples.load(name)
    return {sender.outcome(sender.push(sample)).order_id for sample in sender.deliveries}


@pytest.mark.parametrize("name", sorted(NOT_BOOKED))
def test_not_booked(stack: LocalStack, sandbox: SandboxClient, name: str) -> None:
    """What could not be signed, or taken away again, is refused with the reason before anything is sent."""
    result = tried(name, "--book")

    assert (1, "") == (result.exit_code, result.stdout)
    assert NOT_BOOKED[name] in result.stderr
    assert 0 == stats(stack)["created"]


def test_somebody_has_to_say_yes(stack: LocalStack, sandbox: SandboxClient) -> None:
    """A booking is asked about; without an answer nothing is sent."""
    result = CliRunner().invoke(main, ["test", "shopify", "--local", "--book"], input="n\n")

    assert 1 == result.exit_code
    assert f"Book a delivery at {stack.coopcycle_url}, and cancel it? [y/N]" in result.output
    assert {} == stats(stack)["requests"]


def test_secret_that_the_functions_do_not_have_yet(stack: LocalStack, sandbox: SandboxClient) -> None:
    """The stack itself verifies: with another secret in SSM than the one it knows, it refuses."""
    ssm = boto3.client("ssm", endpoint_url=stack.aws_endpoint)
    before = samples.load("tally").known["webhook"]
    assert 0 == tried("tally").exit_code, "the functions know the secret now"
    write_connection(ssm, provisioning.CONNECTIONS_PATH, "tally", None, {names.WEBHOOK_SECRET: "another"})

    result = tried("tally", "--book", "--json")

    write_connection(ssm, provisioning.CONNECTIONS_PATH, "tally", None, {names.WEBHOOK_SECRET: before})
    signature, *others = json.loads(result.stdout)
    assert (1, "wrong") == (result.exit_code, signature["health"])
    assert "the stack answers 401 invalid_signature" == signature["says"]
    assert "within five minutes" in signature["cure"]
    assert "booking" not in {each["about"] for each in others}


def test_what_would_be_parked(stack: LocalStack, sandbox: SandboxClient, tmp_path: Path) -> None:
    """A webhook of one's own that lacks something is told with the cure, and exit code 1."""
    body = json.loads((samples.FOLDER / "shopify" / "order-typical.json").read_bytes())
    body["shipping_address"]["address1"] = ""
    (tmp_path / "order.json").write_text(json.dumps(body), encoding="utf-8")

    result = tried("shopify", "--body", str(tmp_path / "order.json"), "--json")

    _, mapping = json.loads(result.stdout)
    assert (1, "wrong") == (result.exit_code, mapping["health"])
    assert "would be parked (unmappable_order)" in mapping["says"]
    assert "correct the order in the shop" in mapping["cure"]


def test_what_would_be_ignored(stack: LocalStack, sandbox: SandboxClient) -> None:
    """An order that the bridge leaves alone is a warning, for nothing is wrong with the connection."""
    body = samples.FOLDER / "shopify" / "order-cancelled.json"

    result = tried("shopify", "--body", str(body), "--json")

    _, mapping = json.loads(result.stdout)
    assert (0, "warning") == (result.exit_code, mapping["health"])
    assert "nothing would be booked: cancelled" == mapping["says"]


def test_instance_that_is_away(stack: LocalStack, sandbox: SandboxClient) -> None:
    """CoopCycle cannot be asked: that is what is wrong, not the signature."""
    sandbox.fault("unavailable")

    result = tried("shopify", "--json")

    signature, *others = json.loads(result.stdout)
    assert (1, "well") == (result.exit_code, signature["health"])
    assert "wrong" in {each["health"] for each in others}


def test_booking_that_is_parked_leaves_nothing(stack: LocalStack, sandbox: SandboxClient) -> None:
    """CoopCycle fails three times at creating: that is told, and nothing is left parked."""
    sandbox.fault("error_500", on="create")

    result = tried("shopify", "--book", "--json")

    booking, cancelling = json.loads(result.stdout)[3:]
    assert (1, "wrong", "well") == (result.exit_code, booking["health"], cancelling["health"])
    listed = CliRunner().invoke(main, ["parked", "list", "--local", "--json"])
    assert [] == json.loads(listed.stdout)


def test_for_people(stack: LocalStack, sandbox: SandboxClient) -> None:
    """A line for each thing, and that nothing was booked."""
    result = tried("shopify")

    lines = result.stdout.splitlines()
    assert "well     signature: the stack accepts what Shopify signs with the secret in force" == lines[0]
    window = r"\d{4}-\d\d-\d\d \d\d:\d\d to \d{4}-\d\d-\d\d \d\d:\d\d"
    said = f"well     mapping: a delivery, pickup {window}, dropoff {window} Europe/Paris"
    assert re.fullmatch(said, lines[1])
    assert f"well     CoopCycle: {stack.coopcycle_url} allows it" == lines[2]
    assert "Nothing was booked; --book goes through queue and worker as well." in result.stderr


@pytest.fixture
def deployed(stack: LocalStack) -> Iterator[None]:
    """The same stack and connection as CloudFormation and SSM have them, as environment `trial`."""
    ssm = boto3.client("ssm", endpoint_url=stack.aws_endpoint)
    stored = names.read_parameters(ssm, provisioning.CONNECTIONS_PATH, "shopify")
    settings = stored.pop("settings")
    write_connection(ssm, connections_path("trial"), "shopify", settings, stored)
    cloudformation = boto3.client("cloudformation", endpoint_url=stack.aws_endpoint)
    outputs = {
        "WebhookUrl": f"{stack.url}/webhooks/",
        "WebhooksQueueUrl": stack.names["WebhooksQueue"],
        "DeadLetterQueueUrl": stack.names["WebhooksDeadLetterQueue"],
        "DeliveriesTableName": stack.names["DeliveriesTable"],
        "TokensTableName": stack.names["TokensTable"],
    }
    parameters = [name for name in sam_template.load()["Parameters"] if name in stack.names]
    template = {
        "Parameters": {name: {"Type": "String"} for name in parameters},
        "Resources": {},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    cloudformation.create_stack(
        StackName="bridge-trial",
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": name, "ParameterValue": stack.names[name]} for name in parameters],
    )
    yield
    cloudformation.delete_stack(StackName="bridge-trial")


def test_deployed_stack(stack: LocalStack, sandbox: SandboxClient, deployed: None) -> None:
    """Without --local it is the stack that CloudFormation names: its address, its table, its secrets."""
    arguments = ["--environment", "trial", "--endpoint-url", stack.aws_endpoint, "--book", "--yes", "--json"]

    result = CliRunner().invoke(main, ["test", "shopify", *arguments])

    assert 0 == result.exit_code, result.output
    assert ["well"] * 5 == [each["health"] for each in json.loads(result.stdout)]
    assert (1, 1) == (stats(stack)["created"], stats(stack)["cancelled"])


def test_connection_that_is_not_in_force(stack: LocalStack) -> None:
    """There is nothing to try."""
    result = tried("nobody")

    assert 1 == result.exit_code
    assert "no connection nobody under /bridge/dev" in result.stderr
