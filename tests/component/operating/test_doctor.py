"""``bridge doctor``: each thing that is made wrong is found, alone, and its cure is named."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from click.testing import CliRunner, Result
from tests.component.conftest import Bridge, Clients, Sandbox, settings
from tests.support.by_hand import Order
from tests.support.order_records import handle, unmappable

from bridge.aws.known_ids import ids_path
from bridge.operator import doctor
from bridge.operator.connections import ConnectionRegistry, write_connection
from bridge.operator.deployment import Deployment, on_this_machine
from bridge.operator.doctor import Finding, Health
from bridge_laptop.cli.main import main
from bridge_laptop.local.provisioning import CONNECTIONS_PATH


@dataclass(frozen=True)
class Patient:
    """A deployment that is well, to be made ill."""

    bridge: Bridge
    sandbox: Sandbox
    clients: Clients
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    order: Order

    @property
    def ssm(self) -> Any:
        """Parameter Store."""
        return self.clients["ssm"]

    def write(self, text: str | None, **secrets: str) -> None:
        """Write connection acme, past `connections apply`."""
        named = {name.replace("_", "-"): value for name, value in secrets.items()}
        write_connection(self.ssm, CONNECTIONS_PATH, "acme", text, named)


@pytest.fixture
def patient(
    bridge: Bridge,
    sandbox: Sandbox,
    clients: Clients,
    stack: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    order: Order,
) -> Patient:
    """A stack with one connection, as its file says, and the Python of Lambda first on the path."""
    python = tmp_path / "bin" / "python3.13"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\necho 3.13\n", encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.setenv("PATH", str(python.parent), prepend=os.pathsep)
    (tmp_path / "acme.toml").write_text(settings(sandbox.url), encoding="utf-8")
    ConnectionRegistry(clients["ssm"], CONNECTIONS_PATH).list_ids()
    return Patient(bridge, sandbox, clients, tmp_path, monkeypatch, order)


def run(patient: Patient, *arguments: str) -> Result:
    """`bridge doctor`."""
    return CliRunner().invoke(main, ["doctor", "--connections", str(patient.folder), *arguments])


def found(result: Result) -> list[dict[str, str]]:
    """Return what is not well, but for what no test changes."""
    findings = json.loads(result.stdout)
    return [each for each in findings if each["health"] != "well" and each["about"] != "alarms"]


def test_all_is_well(patient: Patient) -> None:
    """Everything is named that was looked at, and nothing else is asked for."""
    result = run(patient)

    assert 0 == result.exit_code, result.output
    assert "wrong " not in result.stdout
    for about in (
        f"Python of Lambda: {patient.folder / 'bin' / 'python3.13'}",
        "region: ",
        "AWS identity: arn:aws:",
        "clock: agrees",
        "stack: bridge-dev: ",
        "connection acme: is complete and as its file says",
        f"CoopCycle for acme: {patient.sandbox.url} accepts the credentials, of store /api/stores/",
        "orders: nothing is parked",
    ):
        assert f"well     {about}" in result.stdout


def no_region(patient: Patient) -> None:
    patient.monkeypatch.delenv("AWS_DEFAULT_REGION")
    patient.monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")


def no_credentials(patient: Patient) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patient.monkeypatch.delenv(name)
    patient.monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    patient.monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    patient.monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def parameters_at_the_old_place(patient: Patient) -> None:
    name = f"{CONNECTIONS_PATH}/connections/gone/client-id"
    patient.ssm.put_parameter(Name=name, Value="hunter", Type="SecureString")


def file_that_differs(patient: Patient) -> None:
    file = patient.folder / "acme.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('"FR"', '"BE"'), encoding="utf-8")


def file_that_is_wrong(patient: Patient) -> None:
    text = settings(patient.sandbox.url).replace('"FR"', '"fr"')
    (patient.folder / "wrong.toml").write_text(text, encoding="utf-8")


def file_that_is_not_applied(patient: Patient) -> None:
    (patient.folder / "new.toml").write_text(settings(patient.sandbox.url), encoding="utf-8")


def file_that_is_missing(patient: Patient) -> None:
    (patient.folder / "acme.toml").unlink()


def secret_that_is_missing(patient: Patient) -> None:
    patient.ssm.delete_parameter(Name=f"{CONNECTIONS_PATH}/dispatching/acme/client-secret")


def settings_that_are_wrong(patient: Patient) -> None:
    patient.write('source = "nobody"')


def settings_that_are_missing(patient: Patient) -> None:
    patient.ssm.delete_parameter(Name=f"{CONNECTIONS_PATH}/settings/acme")
    (patient.folder / "acme.toml").unlink()


def connection_that_is_not_listed(patient: Patient) -> None:
    patient.ssm.put_parameter(
        Name=f"{ids_path(CONNECTIONS_PATH)}/0000", Value="# none", Type="String", Overwrite=True
    )


def rotation_that_goes_on(patient: Patient) -> None:
    patient.write(None, webhook_secret_previous="hunter-old")


def instance_that_does_not_answer(patient: Patient) -> None:
    patient.sandbox.fault("unavailable")


def credentials_that_are_refused(patient: Patient) -> None:
    patient.write(None, client_secret="hunter-wrong")


def order_that_is_parked(patient: Patient) -> None:
    handle(patient.bridge, unmappable(patient.order, id=8, name="#8"))


@pytest.mark.parametrize(
    ("make_wrong", "about", "health", "cure"),
    [
        (no_region, "region", Health.WRONG, "AWS_DEFAULT_REGION"),
        (no_credentials, "AWS identity", Health.WRONG, "aws sso login"),
        (parameters_at_the_old_place, "upgrade", Health.WRONG, "bridge upgrade"),
        (file_that_differs, "connection acme", Health.WARNING, "bridge connections apply acme"),
        (file_that_is_wrong, "connection file", Health.WRONG, "bridge connections check"),
        (file_that_is_not_applied, "connection new", Health.WARNING, "bridge connections apply new"),
        (file_that_is_missing, "connection acme", Health.WARNING, "--connections"),
        (secret_that_is_missing, "connection acme", Health.WRONG, "bridge connections apply acme"),
        (settings_that_are_wrong, "connection acme", Health.WRONG, "mend its file"),
        (settings_that_are_missing, "connection acme", Health.WRONG, "bridge connections remove"),
        (connection_that_is_not_listed, "connection acme", Health.WRONG, "bridge connections apply"),
        (rotation_that_goes_on, "connection acme", Health.WARNING, "--forget-previous"),
        (instance_that_does_not_answer, "CoopCycle for acme", Health.WRONG, "open it in a browser"),
        (credentials_that_are_refused, "CoopCycle for acme", Health.WRONG, "bridge connections apply acme"),
        (order_that_is_parked, "orders", Health.WARNING, "bridge parked list"),
    ],
)
def test_what_is_wrong_is_found_alone(
    patient: Patient,
    make_wrong: Callable[[Patient], None],
    about: str,
    health: Health,
    cure: str,
) -> None:
    """One thing is made wrong, and one is found, with what mends it; the exit code says whether it is bad."""
    make_wrong(patient)

    result = run(patient, "--json")
    (finding,) = found(result)

    assert (about, health.value) == (finding["about"], finding["health"])
    assert cure in finding["cure"]
    assert (1 if health is Health.WRONG else 0) == result.exit_code, result.output
    assert "hunter" not in result.output


def test_no_stack(patient: Patient) -> None:
    """What is in force without one is still looked at."""
    findings = json.loads(run(patient, "--environment", "staging", "--json").stdout)

    stack = next(each for each in findings if each["about"] == "stack")
    assert "wrong" == stack["health"]
    assert "no stack bridge-staging" in stack["says"]
    assert "sam deploy --guided" in stack["cure"]
    assert "connections" in {each["about"] for each in findings}


def test_stack_of_an_earlier_version(patient: Patient) -> None:
    """It is upgraded in three steps."""
    from tests.component.operating.test_upgrade_parameters import make_stack_old

    cloudformation = patient.clients["cloudformation"]
    described = cloudformation.describe_stacks(StackName="bridge-dev")["Stacks"][0]
    template = cloudformation.get_template(StackName="bridge-dev")["TemplateBody"]
    make_stack_old(cloudformation)

    (finding,) = found(run(patient, "--json"))
    cloudformation.update_stack(
        StackName="bridge-dev",
        TemplateBody=template if isinstance(template, str) else json.dumps(template),
        Parameters=described["Parameters"],
    )

    assert "stack" == finding["about"]
    assert "bridge upgrade" in finding["cure"]


@pytest.mark.parametrize(("hours", "says"), [(1, "s ahead of AWS"), (-1, "s behind AWS")])
def test_wrong_clock(aws: str, hours: int, says: str) -> None:
    """By the time that AWS answers with."""
    who, clock = doctor.identity(boto3.client, doctor.now() + timedelta(hours=hours))

    assert Health.WELL is who.health
    assert ("clock", Health.WRONG) == (clock.about, clock.health)
    assert says in clock.says
    assert "timedatectl" in clock.cure


def stack_findings(status: str = "UPDATE_COMPLETE", confirmed: str = "", **parameters: str) -> list[Finding]:
    """Return what is found of a stack that CloudFormation describes so."""
    cloudformation = boto3.client("cloudformation", region_name="eu-west-3")
    sns = boto3.client("sns", region_name="eu-west-3")
    topic = "arn:aws:sns:eu-west-3:123456789012:alarms"
    stack = {
        "StackName": "bridge-prod",
        "CreationTime": doctor.now(),
        "StackStatus": status,
        "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        "Outputs": [{"OutputKey": "AlarmTopicArn", "OutputValue": topic}],
    }
    with Stubber(cloudformation) as stubber, Stubber(sns) as topics:
        stubber.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "bridge-prod"})
        if confirmed:
            topics.add_response(
                "list_subscriptions_by_topic",
                {"Subscriptions": [{"SubscriptionArn": confirmed}]},
                {"TopicArn": topic},
            )
        clients: dict[str, Any] = {"cloudformation": cloudformation, "sns": sns}
        return list(doctor.stack(clients.__getitem__, "prod"))


@pytest.mark.parametrize(
    ("status", "health"),
    [
        ("CREATE_COMPLETE", Health.WELL),
        ("UPDATE_ROLLBACK_COMPLETE", Health.WELL),  # what ran before runs
        ("UPDATE_IN_PROGRESS", Health.WARNING),
        ("UPDATE_ROLLBACK_FAILED", Health.WRONG),
        ("ROLLBACK_COMPLETE", Health.WRONG),  # it never came to be
    ],
)
def test_status_of_the_stack(status: str, health: Health) -> None:
    """As CloudFormation names it ("Stack status codes", user guide)."""
    assert health is stack_findings(status)[0].health


@pytest.mark.parametrize(
    ("confirmed", "parameters", "health"),
    [
        ("", {}, Health.WARNING),
        ("PendingConfirmation", {"AlarmEmail": "you@example.org"}, Health.WARNING),
        ("arn:aws:sns:eu-west-3:123456789012:alarms:1", {"AlarmEmail": "you@example.org"}, Health.WELL),
        ("", {"AlarmTopicArn": "arn:aws:sns:eu-west-3:123456789012:ours"}, Health.WELL),
    ],
)
def test_whether_anybody_is_told(confirmed: str, parameters: dict[str, str], health: Health) -> None:
    """An alarm that nobody hears is none."""
    told = stack_findings("UPDATE_COMPLETE", confirmed, **parameters)[1]

    assert ("alarms", health) == (told.about, told.health)
    assert bool(told.cure) == (health is not Health.WELL)


def test_local_stack(patient: Patient, aws: str) -> None:
    """The running stack is looked at without an account."""
    from bridge_laptop.local import running_stack

    state = running_stack.LocalState(
        "http://127.0.0.1:3000", aws, patient.bridge.names, coopcycle_url=patient.sandbox.url
    )
    with running_stack.announced(state):
        result = run(patient, "--local")

    assert 0 == result.exit_code, result.output
    assert "the local stack answers at http://127.0.0.1:3000" in result.stdout
    assert "connection acme: is complete" in result.stdout


def test_indexes_that_are_missing(bridge: Bridge) -> None:
    """Without them orders cannot be listed, and nothing more is asked."""
    from dataclasses import replace

    here: Deployment = on_this_machine("dev", boto3.client, bridge.names, webhook_url="http://x/")

    (finding,) = doctor.stored(replace(here, is_local=False, order_indexes=1))

    assert ("orders", Health.WRONG, "run `bridge upgrade`") == (finding.about, finding.health, finding.cure)
