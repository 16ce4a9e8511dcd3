"""`bridge connections …`: files put in force in a deployed stack, or in the local one."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from click.testing import CliRunner, Result
from tests.component.conftest import Bridge, Clients, Provisioned, Sandbox, make_stack

from bridge.aws.connections import read_parameters
from bridge_laptop.cli.main import main
from bridge_laptop.local import running_stack

PATH = "/bridge/dev/connections"
NOBODY = "http://127.0.0.1:9"  # an instance that does not answer
SETTINGS = f'source = "shopify"\n[coopcycle]\nurl = "{NOBODY}"\n'
SECRETS = {
    "BRIDGE_ACME_WEBHOOK_SECRET": "hunter-webhook",
    "BRIDGE_ACME_CLIENT_ID": "hunter-id",
    "BRIDGE_ACME_CLIENT_SECRET": "hunter-secret",
}
Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder with one connection file, acme.toml."""
    (tmp_path / "acme.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def run(aws: str, stack: None, folder: Path) -> Run:
    """`bridge connections …` against a stack without connections; no command may ever print a secret."""

    def call(verb: str, *arguments: str, typed: str = "", **environ: str) -> Result:
        where = ["--connections", str(folder)] if verb in ("apply", "check") else []
        result = CliRunner(env=environ).invoke(main, ["connections", verb, *where, *arguments], input=typed)
        assert "hunter" not in result.output
        return result

    return call


def stored(connection_id: str = "acme") -> dict[str, str]:
    """Read what is in force."""
    return read_parameters(boto3.client("ssm"), PATH, connection_id)


def test_check(run: Run):
    """A right file is named and the exit code is 0."""
    result = run("check")

    assert 0 == result.exit_code
    assert result.output.endswith("acme.toml: ok\n")


def test_check_wrong_file(run: Run, folder: Path):
    """Every problem is a line of file, key and sentence, and the exit code is 1."""
    wrong = folder / "wrong.toml"
    wrong.write_text('country = "fr"\n[coopcycle]\nurl = 5\n', encoding="utf-8")

    result = run("check")

    assert 1 == result.exit_code
    assert [f"{wrong}: source", f"{wrong}: country", f"{wrong}: coopcycle.url"] == [
        line.rsplit(": ", 1)[0] for line in result.output.splitlines()
    ]


def test_check_named_file(run: Run, folder: Path):
    """A file that is named and not there is a problem like another."""
    result = run("check", str(folder / "other.toml"))

    assert 1 == result.exit_code
    assert "other.toml: file: cannot be read, No such file or directory" in result.output


def test_check_empty_folder(run: Run, folder: Path):
    """A folder without files is no success."""
    (folder / "acme.toml").unlink()

    assert 1 == run("check").exit_code


def test_apply_new_connection(run: Run):
    """Settings and secrets of the environment are shown by state, confirmed and stored."""
    result = run("apply", typed="y\n", **SECRETS, BRIDGE_ACME_STATUS_SECRET="hunter-status")

    assert 0 == result.exit_code
    assert f"{PATH} in eu-west-3" in result.output
    assert '+source = "shopify"' in result.output
    assert f'+coopcycle.url = "{NOBODY}"' in result.output
    assert "client-secret: new" in result.output
    assert {
        "settings": SETTINGS,
        "webhook-secret": "hunter-webhook",
        "client-id": "hunter-id",
        "client-secret": "hunter-secret",
        "status-secret": "hunter-status",
    } == stored()


def test_secrets_are_secure_strings(run: Run):
    """Every secret is encrypted in SSM; the settings are readable."""
    run("apply", "--yes", **SECRETS)

    found = boto3.client("ssm").get_parameters_by_path(Path=f"{PATH}/acme/")["Parameters"]

    assert {
        "settings": "String",
        "webhook-secret": "SecureString",
        "client-id": "SecureString",
        "client-secret": "SecureString",
    } == {parameter["Name"].rpartition("/")[2]: parameter["Type"] for parameter in found}


def test_apply_refused(run: Run):
    """Without a yes nothing is written."""
    result = run("apply", typed="n\n", **SECRETS)

    assert 1 == result.exit_code
    assert {} == stored()


def test_apply_twice(run: Run):
    """What is in force already is not written again."""
    run("apply", "--yes", **SECRETS)
    versions = [
        p["Version"] for p in boto3.client("ssm").get_parameters_by_path(Path=f"{PATH}/acme/")["Parameters"]
    ]

    result = run("apply", **SECRETS)

    assert 0 == result.exit_code
    assert result.output.endswith("nothing to do\n")
    assert "client-id: unchanged" in result.output
    assert versions == [
        p["Version"] for p in boto3.client("ssm").get_parameters_by_path(Path=f"{PATH}/acme/")["Parameters"]
    ]


def test_apply_changed_settings_alone(run: Run, folder: Path):
    """Secrets that are not given are kept, and the settings' difference is shown."""
    run("apply", "--yes", **SECRETS)
    (folder / "acme.toml").write_text('country = "FR"\n' + SETTINGS, encoding="utf-8")

    result = run("apply", typed="y\n")

    assert 0 == result.exit_code
    assert '+country = "FR"' in result.output
    assert "webhook-secret: kept" in result.output
    assert "hunter-webhook" == stored()["webhook-secret"]
    assert stored()["settings"].startswith('country = "FR"')


def test_apply_asks_for_missing_secrets(run: Run):
    """A required secret that stands nowhere is asked for without echo; the optional ones are not."""
    result = run("apply", typed="hunter-typed\ny\n", **{**SECRETS, "BRIDGE_ACME_CLIENT_ID": ""})

    assert 0 == result.exit_code
    assert "acme client-id: " in result.output
    assert "acme status-secret: " not in result.output
    assert "hunter-typed" == stored()["client-id"]


@pytest.mark.parametrize("arguments", [(), ("--yes",)])
def test_apply_with_nobody_to_ask(run: Run, arguments: tuple[str, ...]):
    """A script that lacks a secret is told the variables, and nothing is written."""
    result = run("apply", *arguments, BRIDGE_ACME_CLIENT_ID="hunter-id")

    assert 1 == result.exit_code
    assert "missing secrets, set BRIDGE_ACME_WEBHOOK_SECRET, BRIDGE_ACME_CLIENT_SECRET" in result.output
    assert {} == stored()


def test_apply_wrong_file(run: Run, folder: Path):
    """One wrong file stops all: nothing is written."""
    (folder / "wrong.toml").write_text("", encoding="utf-8")

    result = run("apply", "--yes", **SECRETS)

    assert 1 == result.exit_code
    assert "wrong.toml: source: missing" in result.output
    assert {} == stored()


def test_apply_named_connection(run: Run, folder: Path):
    """Only the connections that are named are applied; the others are not even looked at."""
    (folder / "wrong.toml").write_text("", encoding="utf-8")

    assert 0 == run("apply", "acme", "--yes", **SECRETS).exit_code
    assert "settings" in stored()


def test_rotation(run: Run):
    """Rotated, the old webhook secret stays valid as the previous one until it is forgotten."""
    run("apply", "--yes", **SECRETS)

    rotated = run(
        "apply", "acme", "--rotate-webhook-secret", "--yes", BRIDGE_ACME_WEBHOOK_SECRET="hunter-next"
    )

    assert "the old one stays valid as the previous one" in rotated.output
    assert ("hunter-next", "hunter-webhook") == (
        stored()["webhook-secret"],
        stored()["webhook-secret-previous"],
    )
    again = run("apply", "acme", "--rotate-webhook-secret", "--yes", BRIDGE_ACME_WEBHOOK_SECRET="hunter-next")
    assert again.output.endswith("nothing to do\n")
    assert "hunter-webhook" == stored()["webhook-secret-previous"]
    forgotten = run("apply", "acme", "--forget-previous", "--yes")
    assert "webhook-secret-previous: removed" in forgotten.output
    assert "webhook-secret-previous" not in stored()
    assert "hunter-next" == stored()["webhook-secret"]
    assert run("apply", "acme", "--forget-previous").output.endswith("nothing to do\n")


def test_rotation_asks_for_the_new_secret(run: Run):
    """Without the variable, the new webhook secret is asked for."""
    run("apply", "--yes", **SECRETS)

    run("apply", "acme", "--rotate-webhook-secret", typed="hunter-next\ny\n")

    assert "hunter-next" == stored()["webhook-secret"]


def test_second_rotation_warns(run: Run):
    """Two rotations in a row end the validity of the oldest secret, and that is said."""
    run("apply", "--yes", **SECRETS)
    run("apply", "acme", "--rotate-webhook-secret", "--yes", BRIDGE_ACME_WEBHOOK_SECRET="hunter-2")

    result = run("apply", "acme", "--rotate-webhook-secret", "--yes", BRIDGE_ACME_WEBHOOK_SECRET="hunter-3")

    assert "warning: the previous webhook secret stored so far stops being valid" in result.output
    assert ("hunter-3", "hunter-2") == (stored()["webhook-secret"], stored()["webhook-secret-previous"])


def test_changed_webhook_secret_without_rotation(run: Run):
    """A webhook secret that would end at once is pointed out before the question."""
    run("apply", "--yes", **SECRETS)

    result = run("apply", typed="n\n", BRIDGE_ACME_WEBHOOK_SECRET="hunter-next")

    assert "warning: the stored webhook secret stops being valid at once" in result.output
    assert "--rotate-webhook-secret" in result.output
    assert "hunter-webhook" == stored()["webhook-secret"]


@pytest.mark.parametrize(
    "arguments", [("--rotate-webhook-secret",), ("acme", "--rotate-webhook-secret", "--forget-previous")]
)
def test_rotation_asked_for_wrongly(run: Run, arguments: tuple[str, ...]):
    """A rotation names its connection, and does not forget in the same breath."""
    assert 2 == run("apply", *arguments, **SECRETS).exit_code


def test_list(run: Run):
    """The list names each connection with its source, instance and the secrets that are set."""
    run("apply", "--yes", **SECRETS)
    run("apply", "acme", "--rotate-webhook-secret", "--yes", BRIDGE_ACME_WEBHOOK_SECRET="hunter-next")

    headers, row = (re.split(r" {2,}", line) for line in run("list").output.splitlines())

    assert ["CONNECTION", "SOURCE", "COOPCYCLE", "SECRETS", "LAST MODIFIED", "TO DO"] == headers
    assert ["acme", "shopify", NOBODY, "webhook-secret, client-id, client-secret"] == row[:4]
    assert row[4].startswith("20")
    assert "rotation: the previous webhook secret is still valid" == row[5]


def test_list_of_nothing(run: Run):
    """An environment without connections says so."""
    result = run("list", "--environment", "staging")

    assert (0, "no connections under /bridge/staging/connections\n") == (result.exit_code, result.output)


def test_list_of_what_is_broken(run: Run):
    """A connection with broken settings or without its secrets is listed with what is wrong."""
    boto3.client("ssm").put_parameter(Name=f"{PATH}/broken/settings", Value="x = 1", Type="String")
    boto3.client("ssm").put_parameter(Name=f"{PATH}/half/client-id", Value="hunter", Type="SecureString")

    output = run("list").output

    assert "invalid settings, source: missing" in output
    assert "settings: missing, apply the connection again; missing: webhook-secret, client-secret" in output


@pytest.fixture
def staging(clients: Clients, provisioned: Provisioned) -> Iterator[None]:
    """A second stack, bridge-staging."""
    make_stack(clients, provisioned, "bridge-staging")
    yield
    clients["cloudformation"].delete_stack(StackName="bridge-staging")


def test_environments_are_apart(run: Run, staging: None):
    """What is applied to staging is not seen in dev."""
    run("apply", "--yes", "--environment", "staging", **SECRETS)

    assert {} == stored()
    assert "acme" in run("list", "--environment", "staging").output


def test_remove(run: Run, folder: Path):
    """All parameters of the connection are named, confirmed and deleted; a neighbour stays."""
    (folder / "acme2.toml").write_text(SETTINGS, encoding="utf-8")
    others = {name.replace("ACME", "ACME2"): value for name, value in SECRETS.items()}
    run("apply", "--yes", **SECRETS, **others)

    refused = run("remove", "acme", typed="n\n")
    assert f"{PATH}/acme/webhook-secret" in refused.output
    assert "acme2" not in refused.output
    assert "settings" in stored()
    removed = run("remove", "acme", "--yes")

    assert 0 == removed.exit_code
    assert {} == stored()
    assert "settings" in stored("acme2")


def test_remove_unknown(run: Run):
    """Removing what is not there is an error that names the path."""
    result = run("remove", "nobody", "--yes")

    assert (1, f"Error: no connection nobody under {PATH}\n") == (result.exit_code, result.output)


def test_aws_that_is_away(run: Run):
    """An endpoint nobody listens on gives one line, no traceback."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}"

        result = run("list", "--endpoint-url", url, AWS_MAX_ATTEMPTS="1")

    assert 1 == result.exit_code
    assert result.output.startswith("Error: AWS could not be asked: ")
    assert 1 == len(result.output.splitlines())


def test_no_region(run: Run, monkeypatch: pytest.MonkeyPatch):
    """Without a region the line names the variable that gives one; boto3 does not read AWS_REGION."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_REGION", "eu-west-3")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")

    result = run("list")

    assert (1, "Error: no AWS region: set AWS_DEFAULT_REGION, or region in the profile\n") == (
        result.exit_code,
        result.output,
    )
    (variable,) = re.findall(r"set (\w+)", result.output)
    assert 0 == run("list", **{variable: "eu-west-3"}).exit_code


def test_no_credentials(run: Run, monkeypatch: pytest.MonkeyPatch):
    """Without credentials the line says how to get some."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")

    result = run("list")

    assert 1 == result.exit_code
    assert result.output.startswith("Error: no AWS credentials: ")


@pytest.mark.parametrize("environment", ["", "Prod", "../x", "dev/"])
def test_environment_of_a_wrong_form(run: Run, environment: str):
    """The environment becomes part of a path, so its form is narrow."""
    assert 2 == run("list", "--environment", environment).exit_code


# --- what apply says ------------------------------------------------------------------------------


def test_apply_without_a_stack(run: Run):
    """Into an environment that is not deployed nothing is written: nobody would read it."""
    result = run("apply", "--yes", "--environment", "prod", **SECRETS)

    assert 1 == result.exit_code
    assert result.output.startswith("Error: no stack bridge-prod in eu-west-3; deploy it, ")
    assert {} == read_parameters(boto3.client("ssm"), "/bridge/prod/connections", "acme")


def test_what_a_removed_stack_left_behind(run: Run):
    """Connections without a stack can still be listed and removed."""
    boto3.client("ssm").put_parameter(
        Name="/bridge/gone/connections/acme/settings", Value=SETTINGS, Type="String"
    )

    assert "acme" in run("list", "--environment", "gone").output
    assert 0 == run("remove", "acme", "--yes", "--environment", "gone").exit_code
    assert "no connections" in run("list", "--environment", "gone").output


def test_preview_is_without_comments(run: Run, folder: Path):
    """Of the sample with its many comments the settings alone are shown."""
    sample = Path(__file__).parents[2] / "connections" / "acme.toml"
    text = sample.read_text(encoding="utf-8")
    (folder / "acme.toml").write_text(text, encoding="utf-8")

    result = run("apply", typed="n\n", **SECRETS)

    shown = [line.strip() for line in result.output.splitlines() if line.startswith("    ")]
    assert {"+"} == {line[0] for line in shown}
    assert '+schedule.opening_hours = ["Mo-Sa 09:00-19:00"]' in shown
    assert len(shown) < 15 < len(text.splitlines())


def test_preview_of_changed_comments(run: Run, folder: Path):
    """A change of comments alone is said to be one, and is stored."""
    run("apply", "--yes", **SECRETS)
    (folder / "acme.toml").write_text("# ours\n" + SETTINGS, encoding="utf-8")

    result = run("apply", typed="y\n")

    assert "settings: comments and order alone" in result.output
    assert stored()["settings"].startswith("# ours")


def test_applied_where_coopcycle_accepts(
    run: Run, folder: Path, sandbox: Sandbox, stack_outputs: dict[str, str]
):
    """Afterwards the webhook's address is told, how the shop signs, and whose credentials they are."""
    (folder / "acme.toml").write_text(SETTINGS.replace(NOBODY, sandbox.url), encoding="utf-8")

    result = run(
        "apply",
        "--yes",
        **SECRETS | {"BRIDGE_ACME_CLIENT_ID": "acme", "BRIDGE_ACME_CLIENT_SECRET": "acme-secret"},
    )

    assert 0 == result.exit_code, result.output
    assert f"  webhooks to: {stack_outputs['WebhookUrl']}acme\n" in result.output
    assert "  Shopify signs: HMAC-SHA256 of the body, base64\n" in result.output
    assert "  CoopCycle accepts the credentials, of store /api/stores/" in result.output
    assert result.output.endswith("The functions notice within 5 minutes.\n")


def test_applied_where_coopcycle_refuses(run: Run, folder: Path, sandbox: Sandbox):
    """Wrong credentials are stored as they were given, and said to be wrong, exit code 1."""
    (folder / "acme.toml").write_text(SETTINGS.replace(NOBODY, sandbox.url), encoding="utf-8")

    result = run("apply", "--yes", **SECRETS)

    assert 1 == result.exit_code
    assert "acme: applied\n" in result.output
    assert "  CoopCycle refuses the credentials: " in result.output
    assert "Error: CoopCycle refuses the credentials of acme: orders will be parked" in result.output
    assert "hunter-id" == stored()["client-id"]


def test_applied_where_coopcycle_does_not_answer(run: Run):
    """An instance that is down says nothing about the credentials: that is told, and no error."""
    result = run("apply", "--yes", **SECRETS)

    assert 0 == result.exit_code
    assert "  CoopCycle could not be asked about the credentials: " in result.output


def test_sample_is_skipped(run: Run, folder: Path):
    """Who names no connection is not asked for the secrets of one that has none, as the sample has none."""
    (folder / "own.toml").write_text(SETTINGS, encoding="utf-8")
    secrets = {name.replace("ACME", "OWN"): value for name, value in SECRETS.items()}

    result = run("apply", typed="y\n", **secrets)

    assert 0 == result.exit_code, result.output
    assert "acme: skipped, it has no secret; name it to be asked for them\n" in result.output
    assert {} == stored()
    assert "settings" in stored("own")


# --- for programs, and for the local stack --------------------------------------------------------


def test_list_for_programs(run: Run):
    """Stable names, times in ISO 8601, what is wrong as a list; no secret."""
    run("apply", "--yes", **SECRETS)
    boto3.client("ssm").put_parameter(Name=f"{PATH}/half/client-id", Value="hunter", Type="SecureString")

    acme, half = json.loads(run("list", "--json").stdout)

    assert ("acme", "shopify", NOBODY, [], [], False) == tuple(
        acme[name] for name in ("connection", "source", "coopcycle_url", "problems", "missing", "rotating")
    )
    assert ["webhook-secret", "client-id", "client-secret"] == acme["secrets"]
    assert abs(datetime.now(UTC) - datetime.fromisoformat(acme["last_modified"])).total_seconds() < 3600
    assert (None, ["webhook-secret", "client-secret"]) == (half["source"], half["missing"])


def test_local_stack(run: Run, bridge: Bridge, sandbox: Sandbox, aws: str, folder: Path):
    """With --local a connection is put in force in the running stack, at its instance, with its secrets."""
    (folder / "acme.toml").rename(folder / "acme2.toml")
    state = running_stack.LocalState("http://127.0.0.1:3000", aws, bridge.names, coopcycle_url=sandbox.url)

    with running_stack.announced(state):
        applied = run("apply", "acme2", "--local", "--yes")
        listed = json.loads(run("list", "--local", "--json").stdout)
        removed = run("remove", "acme2", "--local", "--yes")

    assert 0 == applied.exit_code, applied.output
    assert "  webhooks to: http://127.0.0.1:3000/webhooks/acme2\n" in applied.output
    assert "  CoopCycle accepts the credentials, of store " in applied.output
    assert [("acme", sandbox.url), ("acme2", sandbox.url)] == [
        (one["connection"], one["coopcycle_url"]) for one in listed
    ]
    assert 0 == removed.exit_code
    assert {} == stored("acme2")
