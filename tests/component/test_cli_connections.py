"""`bridge connections …`: what is in force in a deployed stack, or in the local one."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from tests.component.conftest import Bridge, Clients, Provisioned, Sandbox
from tests.support.connecting import NOBODY, PATH, SECRETS, SETTINGS, Run, stored
from tests.support.stacks import make_stack

from bridge_laptop.local import running_stack


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


def test_check_against_what_is_in_force(run: Run, folder: Path):
    """With --environment the files are compared with SSM: what differs or is missing ends with 1."""
    run("apply", "--yes", **SECRETS)
    same = run("check", "--environment", "dev")
    (folder / "acme.toml").write_text(SETTINGS.replace("shopify", "wix"), encoding="utf-8")
    (folder / "other.toml").write_text(SETTINGS, encoding="utf-8")

    changed = run("check", "--environment", "dev")
    of_one_file = run("check", str(folder / "other.toml"), "--environment", "dev")

    assert 0 == same.exit_code, same.output
    assert "well     connection acme: is complete and as its file says" in same.stdout
    assert 1 == changed.exit_code
    assert "warning  connection acme: differs from its file: " in changed.stdout
    assert "warning  connection other: has a file and is not in force" in changed.stdout
    assert "connection acme" not in of_one_file.stdout


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

    assert (0, "no connections under /bridge/staging\n") == (result.exit_code, result.output)


def put_half() -> None:
    """Put a connection into SSM of which no more than one secret was written."""
    boto3.client("ssm").put_parameter(
        Name=f"{PATH}/dispatching/half/client-id", Value="hunter", Type="SecureString"
    )


def test_list_of_what_is_broken(run: Run):
    """A connection with broken settings or without its secrets is listed with what is wrong."""
    boto3.client("ssm").put_parameter(Name=f"{PATH}/settings/broken", Value="x = 1", Type="String")
    put_half()

    output = run("list").output

    assert "invalid settings, source: missing" in output
    assert "settings: missing, apply the connection again; missing: webhook-secret, client-secret" in output


@pytest.fixture
def staging(clients: Clients, provisioned: Provisioned) -> Iterator[None]:
    """A second stack, bridge-staging."""
    make_stack(clients, provisioned.names, "bridge-staging")
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
    assert f"{PATH}/receiving/acme/webhook-secret" in refused.output
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


def test_what_a_removed_stack_left_behind(run: Run):
    """Connections without a stack can still be listed and removed."""
    boto3.client("ssm").put_parameter(Name="/bridge/gone/settings/acme", Value=SETTINGS, Type="String")

    assert "acme" in run("list", "--environment", "gone").output
    assert 0 == run("remove", "acme", "--yes", "--environment", "gone").exit_code
    assert "no connections" in run("list", "--environment", "gone").output


def test_list_for_programs(run: Run):
    """Stable names, times in ISO 8601, what is wrong as a list; no secret."""
    run("apply", "--yes", **SECRETS)
    put_half()

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
        checked = run("check", str(folder / "acme2.toml"), "--local")
        removed = run("remove", "acme2", "--local", "--yes")

    assert 0 == applied.exit_code, applied.output
    assert "  webhooks to: http://127.0.0.1:3000/webhooks/acme2\n" in applied.output
    assert "  CoopCycle accepts the credentials, of store " in applied.output
    assert [("acme", sandbox.url), ("acme2", sandbox.url)] == [
        (one["connection"], one["coopcycle_url"]) for one in listed
    ]
    assert (0, f"{folder / 'acme2.toml'}: ok") == (checked.exit_code, checked.stdout.splitlines()[0])
    assert "well     connection acme2: is complete and as its file says" in checked.stdout
    assert 0 == removed.exit_code
    assert {} == stored("acme2")
