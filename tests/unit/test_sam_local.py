"""What `sam local` is given, without an engine: so that it reaches the local stack, and no account."""

from __future__ import annotations

import json
import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from click.testing import CliRunner

from bridge.connections.model import Secrets
from bridge.connections.parse import parse_connection
from bridge.http_hosts import is_encrypted_or_local
from bridge.settings import (
    DispatchSettings,
    EventSettings,
    MissingEnvironment,
    ReceiveSettings,
    RecheckSettings,
)
from bridge_laptop import sam_template
from bridge_laptop.cli.main import main
from bridge_laptop.lambda_events import EVENT_SOURCE_NAME
from bridge_laptop.local.containers import ContainerAddresses
from bridge_laptop.local.engine import Engine
from bridge_laptop.local.isolation import isolated
from bridge_laptop.local.running_stack import LocalState
from bridge_laptop.sam_local import project
from bridge_laptop.sam_local.check import problem_of
from bridge_laptop.sam_local.orders import invocations
from bridge_laptop.sam_local.prepare import CannotRun, Prepared, clean_environment, prepare, sam_command

ROOT = Path(__file__).parents[2]
TEMPLATE = sam_template.load()
# those of an order's way; the local stack itself shows the page for dispatchers
FUNCTIONS = sorted(
    {*sam_template.resources(TEMPLATE, "AWS::Serverless::Function")} - {*project.NOT_OF_AN_ORDERS_WAY}
)
OUTSIDE, INSIDE = "http://127.0.0.1:4566", "http://host.docker.internal:40001"
SHELL = {
    "PATH": "/usr/bin",
    "HOME": "/home/dev",
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "a-real-one",
    "AWS_SESSION_TOKEN": "a-real-one-too",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ENDPOINT_URL_SQS": "https://sqs.us-east-1.amazonaws.com",
    "AWS_CONFIG_FILE": "/home/dev/.aws/config",
}
ENGINE = Engine("unix:///run/podman/podman.sock", "x86_64", "10.88.0.1", rootless=False)


def names() -> dict[str, str]:
    """Return what references mean in a running stack without events of Shopify's bus."""
    found = sam_template.parameters(TEMPLATE) | {
        "Environment": "dev",
        "AWS::Partition": "aws",
        "AWS::Region": "eu-west-3",
        "AWS::AccountId": "123456789012",
    }
    for kind in ("AWS::SQS::Queue", "AWS::DynamoDB::Table"):
        for name in sam_template.resources(TEMPLATE, kind):
            found[name] = f"{OUTSIDE}/123456789012/{name}"
    return found


CONTAINERS = ContainerAddresses("10.88.0.1", INSIDE, "http://host.docker.internal:40002")
STATE = LocalState("http://127.0.0.1:3000", OUTSIDE, names(), containers=CONTAINERS)


def environments() -> dict[str, dict[str, str]]:
    """Return the functions' environments."""
    return project.variables(TEMPLATE, STATE, CONTAINERS)


def derived(architecture: str = "x86_64") -> dict[str, Any]:
    """Return the derived template as `sam` reads it."""
    template: dict[str, Any] = yaml.safe_load(
        yaml.safe_dump(project.derived_template(TEMPLATE, environments(), architecture))
    )
    return template


@cache
def function(name: str) -> dict[str, Any]:
    """Return a function of the derived template."""
    properties: dict[str, Any] = derived()["Resources"][name]["Properties"]
    return properties


def resolved_by_sam(name: str) -> dict[str, str]:
    """Return what sam hands a container: the shell overrules the template, --env-vars overrules both."""
    overrides = environments()[name]
    return {
        variable: overrides.get(variable, SHELL.get(variable, value))
        for variable, value in function(name)["Environment"]["Variables"].items()
    }


def test_every_function_of_the_template_is_there():
    """Also ReceiveEventFunction, whose condition is false without an event source."""
    there = {name for name, r in derived()["Resources"].items() if r["Type"] == "AWS::Serverless::Function"}

    assert set(FUNCTIONS) == there == set(environments())
    assert "Conditions" not in derived()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_emulator_is_declared(name: str):
    """Sam hands over only what the template declares: the emulator's address, region and keys are."""
    variables = function(name)["Environment"]["Variables"]

    assert (INSIDE, "eu-west-3", "eu-west-3", "local", "local", "") == tuple(
        variables[variable]
        for variable in (
            "AWS_ENDPOINT_URL",
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
        )
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nothing_of_the_shell_reaches_a_function(name: str):
    """Whatever a developer's shell holds, a function sees the emulator and its keys."""
    seen = resolved_by_sam(name)

    assert function(name)["Environment"]["Variables"] == seen
    assert not {value for value in seen.values() if "real" in value or "us-east-1" in value}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_address_of_the_host_is_left(name: str):
    """127.0.0.1 is the container itself there."""
    text = json.dumps(function(name))

    assert "127.0.0.1" not in text
    assert "localhost" not in text


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_setting_is_there(name: str):
    """The function finds all it reads, with connections of its own."""
    settings = {
        "ReceiveWebhookFunction": ReceiveSettings,
        "DispatchDeliveryFunction": DispatchSettings,
        "QueueRecheckFunction": RecheckSettings,
        "ReceiveEventFunction": EventSettings,
    }[name]

    read = settings.from_env(function(name)["Environment"]["Variables"] | {"AWS_SAM_LOCAL": "true"})

    assert read.webhooks_queue_url == f"{INSIDE}/123456789012/WebhooksQueue"
    assert project.CONNECTIONS_PATH == getattr(read, "connections_path", project.CONNECTIONS_PATH)
    assert EVENT_SOURCE_NAME == getattr(read, "shopify_event_source_name", EVENT_SOURCE_NAME)


@pytest.mark.parametrize("architecture", project.ARCHITECTURES)
def test_the_architecture_is_that_of_the_engine(architecture: str):
    """Functions, layer and the layer's wheels are for the processor that runs them: nothing is emulated."""
    template = derived(architecture)
    layer = template["Resources"]["BridgeLayer"]

    assert [architecture] == template["Globals"]["Function"]["Architectures"]
    assert [architecture] == layer["Properties"]["CompatibleArchitectures"]
    assert architecture == layer["Metadata"]["BuildArchitecture"]
    assert set(project.ARCHITECTURES) == set(TEMPLATE["Parameters"]["Architecture"]["AllowedValues"])
    assert not any(
        "Architectures" in r["Properties"] for n, r in template["Resources"].items() if n in FUNCTIONS
    )


def test_nothing_is_left_to_resolve():
    """Only the layer is referred to; sam would guess the names of queues and tables."""
    references = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            references.extend(v for k, v in value.items() if k == "Ref" or k.startswith("Fn::"))
            for item in value.values():
                look(item)
        elif isinstance(value, list):
            for item in value:
                look(item)

    look(derived())
    assert ["BridgeLayer"] == references


def test_routes_are_those_of_the_template():
    """`start-api` serves what API Gateway serves."""
    real = {
        (method.upper(), path)
        for path, methods in TEMPLATE["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"].items()
        for method in methods
    }
    there = {
        (event["Properties"]["Method"], event["Properties"]["Path"])
        for name in FUNCTIONS
        for event in function(name).get("Events", {}).values()
    }

    assert real == there


def test_code_is_found_from_anywhere():
    """The derived template lies elsewhere than the real one, so its paths are absolute."""
    for name in FUNCTIONS:
        assert (Path(function(name)["CodeUri"]) / "app.py").is_file()
        assert Path(function(name)["CodeUri"]).is_absolute()
    assert (Path(derived()["Resources"]["BridgeLayer"]["Properties"]["ContentUri"]) / "Makefile").is_file()


@pytest.mark.parametrize("gateway", ["10.88.0.1", None])
def test_settings_of_sam(gateway: str | None):
    """Region, a port that `make run` leaves free, warm containers, the host's name where it is unknown."""
    committed = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    tables = project.settings(committed, Path("/x/build/template.yaml"), Path("/x/variables.json"), gateway)

    read = tomllib.loads(project.as_samconfig(tables))["default"]

    for command in ("local_invoke", "local_start_api"):
        parameters = read[command]["parameters"]
        assert ("eu-west-3", "/x/build/template.yaml", "/x/variables.json") == (
            parameters["region"],
            parameters["template_file"],
            parameters["env_vars"],
        )
        assert (gateway and f"host.docker.internal:{gateway}") == parameters.get("add_host")
    assert (3010, "LAZY") == (
        read["local_start_api"]["parameters"]["port"],
        read["local_start_api"]["parameters"]["warm_containers"],
    )


@pytest.mark.parametrize(
    ("url", "known"),
    [
        ("http://host.docker.internal:3001", True),
        ("http://127.0.0.1:3001", True),
        ("http://host.docker.internal.evil.example", False),
        ("http://10.88.0.1:3001", False),
        ("http://coopcycle.example", False),
    ],
)
def test_the_host_as_containers_call_it_is_local(url: str, known: bool):
    """Plain http goes to this machine alone, by whichever of its names."""
    assert known is is_encrypted_or_local(urlsplit(url))


@pytest.mark.parametrize("settings", [ReceiveSettings, DispatchSettings, RecheckSettings, EventSettings])
def test_sam_local_without_the_emulator_is_refused(settings: Any):
    """The deployed template, invoked by `sam local` with the shell's credentials, says so and asks nobody."""
    environ = dict.fromkeys(settings.VARIABLES, "1") | {"AWS_SAM_LOCAL": "true", "TOKEN_CACHE": "ssm"}

    with pytest.raises(MissingEnvironment, match="account of your shell"):
        settings.from_env(environ)

    assert settings.from_env(environ | {"AWS_ENDPOINT_URL": INSIDE})


def test_sam_itself_sees_no_account():
    """The SAM CLI reads a profile's credentials and hands them on: it finds none, and none in a file."""
    seen = clean_environment(SHELL, ENGINE)

    assert {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "",
        "AWS_REGION": "eu-west-3",
        "AWS_DEFAULT_REGION": "eu-west-3",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    } == {name: value for name, value in seen.items() if name.startswith("AWS_")}
    assert ("/home/dev", ENGINE.address) == (seen["HOME"], seen["DOCKER_HOST"])
    assert "AWS_PROFILE" not in isolated(SHELL)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("", "there was no answer"),
        ("\n", "there was no answer"),
        ("exec format error", "the answer is not JSON"),
        ("[]", "the answer is no object"),
        ('{"errorMessage": "boom", "errorType": "KeyError"}', "the function failed: KeyError boom"),
        ('{"batchItemFailures": [{"itemIdentifier": "1"}]}', "messages failed"),
        ('{"statusCode": 404, "body": "{}"}', "the status is 404"),
        ("{}", "the status is None"),
    ],
)
def test_what_is_no_success(answer: str, problem: str):
    """Sam exits 0 for all of these."""
    found = problem_of(answer)

    assert found is not None
    assert found.startswith(problem)


@pytest.mark.parametrize("answer", ['{"statusCode": 200, "body": "{}"}', '{"batchItemFailures": []}'])
def test_what_is_a_success(answer: str):
    """An HTTP answer of 200, and a batch of which nothing failed."""
    assert problem_of(answer) is None


def test_every_function_has_an_event_and_an_order_of_its_own():
    """A function that is added without an event here fails this test."""
    connection = parse_connection("acme", (ROOT / "connections" / "acme.toml").read_text(encoding="utf-8"))
    secrets = Secrets(webhook=("hush",), client_id="", client_secret="", status="", shop_token="")

    found = invocations(FUNCTIONS, connection, secrets, EVENT_SOURCE_NAME)

    assert set(FUNCTIONS) == set(found)
    assert len(FUNCTIONS) == len({invocation.order.order_id for invocation in found.values()})
    assert all(found[name].order.order_id in json.dumps(found[name].event) for name in FUNCTIONS)


def test_an_invocation_without_an_event_gets_the_sample(tmp_path: Path):
    """What is named on the command line is left alone."""
    events = {name: tmp_path / f"{name}.json" for name in FUNCTIONS}
    connection = parse_connection("acme", 'source = "shopify"\n[coopcycle]\nurl = "https://a.example"')
    secrets = Secrets(webhook=(), client_id="", client_secret="", status="", shop_token="")
    prepared = Prepared(tmp_path / "samconfig.toml", connection, secrets, {}, events)

    sample = sam_command(prepared, ["invoke", "ReceiveEventFunction", "--debug"])
    own = sam_command(prepared, ["invoke", "ReceiveEventFunction", "-e", "mine.json"])
    api = sam_command(prepared, ["start-api"])

    assert ["--event", str(events["ReceiveEventFunction"])] == sample[-2:]
    assert ["-e", "mine.json"] == own[-2:]
    assert "--event" not in own
    assert ["local", "start-api", "--config-file", str(tmp_path / "samconfig.toml")] == api[1:]


@pytest.mark.parametrize(
    ("engine", "sentence"),
    [
        (Engine("unix:///x", "x86_64", "10.88.0.1", rootless=True), "rootless"),
        (Engine("unix:///x", "x86_64", "172.17.0.1", rootless=False), "was the engine started later"),
    ],
)
def test_a_stack_that_containers_cannot_reach(engine: Engine, sentence: str, tmp_path: Path):
    """It is said before anything is built."""
    with pytest.raises(CannotRun, match=sentence):
        prepare(STATE, engine, tmp_path)

    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("arguments", [["--check"], ["invoke", "ReceiveWebhookFunction"], []])
def test_without_an_engine(arguments: list[str]):
    """It is said, and exit 2 tells it from a failure."""
    result = CliRunner(env={"DOCKER_HOST": "tcp-of-nobody://"}).invoke(main, ["sam-local", *arguments])

    assert 2 == result.exit_code
    assert "No container engine answers" in result.stderr
