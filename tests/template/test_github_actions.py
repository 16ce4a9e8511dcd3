"""The example that deploys from GitHub: no long-lived key, this repository alone, the guide's commands."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "github-actions"


def job() -> dict[str, Any]:
    """Return the workflow's one job."""
    workflow = yaml.safe_load((EXAMPLE / "deploy.yml").read_text(encoding="utf-8"))
    assert {"id-token": "write", "contents": "read"} == workflow["permissions"]
    (only,) = workflow["jobs"].values()
    found: dict[str, Any] = only
    return found


def test_no_key_stands_in_it() -> None:
    """The role is taken with GitHub's own token (docs.github.com, OpenID Connect in AWS)."""
    (step,) = [each for each in job()["steps"] if "configure-aws-credentials" in each.get("uses", "")]

    assert {"role-to-assume", "aws-region"} == set(step["with"])
    assert "AKIA" not in (EXAMPLE / "deploy.yml").read_text(encoding="utf-8")


def test_commands_are_those_of_the_guide() -> None:
    """It builds and deploys an environment of samconfig.toml, and asks whether all is well."""
    commands = [each["run"] for each in job()["steps"] if "run" in each]
    environments = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    guide = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")

    assert "make build" == commands[0]
    assert commands[1].startswith(".venv/sam/bin/sam deploy --config-env prod")
    assert "prod" in environments
    assert "sam deploy --config-env prod" in guide
    assert commands[2].startswith(".venv/bin/bridge doctor")


def test_only_this_repository_may_take_the_role() -> None:
    """Without a condition on the subject any repository of GitHub could (docs.aws.amazon.com, IAM, OIDC)."""
    trust = json.loads((EXAMPLE / "deploy-role-trust.json").read_text(encoding="utf-8"))
    (statement,) = trust["Statement"]

    equals = statement["Condition"]["StringEquals"]
    assert "sts:AssumeRoleWithWebIdentity" == statement["Action"]
    assert "sts.amazonaws.com" == equals["token.actions.githubusercontent.com:aud"]
    subject = equals["token.actions.githubusercontent.com:sub"]
    assert subject.endswith(f":environment:{job()['environment']}")
    assert "*" not in subject
