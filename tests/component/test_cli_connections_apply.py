"""`bridge connections apply`: what it shows, asks and writes, and what it says afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.component.conftest import Sandbox
from tests.support.connecting import NOBODY, PATH, SECRETS, SETTINGS, Run, stored

from bridge.aws.connections import read_parameters


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


def written() -> dict[str, Any]:
    """Return connection acme's parameters as SSM describes them, by their full names."""
    pages = boto3.client("ssm").get_paginator("describe_parameters").paginate()
    found = {each["Name"]: each for page in pages for each in page["Parameters"]}
    return {name: each for name, each in found.items() if "acme" in name.removeprefix(PATH).split("/")}


def test_secrets_are_secure_strings(run: Run):
    """Every secret is encrypted in SSM; the settings are readable."""
    run("apply", "--yes", **SECRETS)

    assert {
        "/settings/acme": "String",
        "/receiving/acme/webhook-secret": "SecureString",
        "/dispatching/acme/client-id": "SecureString",
        "/dispatching/acme/client-secret": "SecureString",
    } == {name.removeprefix(PATH): parameter["Type"] for name, parameter in written().items()}


def test_apply_refused(run: Run):
    """Without a yes nothing is written."""
    result = run("apply", typed="n\n", **SECRETS)

    assert 1 == result.exit_code
    assert {} == stored()


def test_apply_twice(run: Run):
    """What is in force already is not written again."""
    run("apply", "--yes", **SECRETS)
    versions = {name: each["Version"] for name, each in written().items()}

    result = run("apply", **SECRETS)

    assert 0 == result.exit_code
    assert result.output.endswith("nothing to do\n")
    assert "client-id: unchanged" in result.output
    assert versions == {name: each["Version"] for name, each in written().items()}


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


def test_apply_without_a_stack(run: Run):
    """Into an environment that is not deployed nothing is written: nobody would read it."""
    result = run("apply", "--yes", "--environment", "prod", **SECRETS)

    assert 1 == result.exit_code
    assert result.output.startswith("Error: no stack bridge-prod in eu-west-3; deploy it, ")
    assert {} == read_parameters(boto3.client("ssm"), "/bridge/prod", "acme")


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
    assert "Error: CoopCycle refuses the credentials of acme: orders wait for the right ones" in result.output
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
