"""The policies that `docs/deploy.md` gives: what deploying needs, and nothing more."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest
from tests.support import deploying
from tests.support.deployed_template import expanded

from bridge_laptop import sam_template

FOLDER = sam_template.ROOT / "examples" / "iam"
NAMES = ("deploy", "deploy-console", "deploy-key")
LARGEST_POLICY = 6144  # characters without white space, "IAM and AWS STS quotas", IAM user guide

# Actions that IAM checks against no resource of ours, and why.
ANYWHERE = (
    "cloudformation:GetTemplateSummary",  # of a template that is not deployed yet
    "lambda:*EventSourceMapping",  # are named by a UUID
    "lambda:ListTags",  # of them too
    "lambda:TagResource",
    "lambda:UntagResource",
    "logs:*Delivery",
    "logs:ListLogDeliveries",
    "logs:*ResourcePolic*",
    "logs:DescribeLogGroups",
    "ssm:DescribeParameters",  # lists names, and no value
    "kms:CreateKey",  # has none yet
    "cognito-idp:CreateUserPool",  # has no id yet
    "cognito-idp:DescribeUserPoolDomain",
)


def statements(*names: str) -> list[dict[str, Any]]:
    """Return the statements of these policies."""
    return [
        statement
        for name in names
        for statement in json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["Statement"]
    ]


def actions(some: list[dict[str, Any]], *services: str) -> set[str]:
    """Return what the statements allow, of all services or of some."""
    found = {action for statement in some for action in as_list(statement["Action"])}
    return {action for action in found if not services or action.partition(":")[0] in services}


def as_list(value: Any) -> list[Any]:
    """Return a list, whichever of the two forms IAM allows was written."""
    return value if isinstance(value, list) else [value]


def test_they_allow_what_the_template_needs_and_no_more() -> None:
    """Compared with the permissions that CloudFormation's schemas name for the expanded template."""
    of_resources = {action.partition(":")[0] for action in deploying.needed()} - {"s3"}
    allowed = actions(statements(*NAMES), *of_resources)

    assert set() == deploying.needed() - actions(statements(*NAMES)), "missing"
    assert set() == allowed - deploying.needed(), "not needed"


def test_the_console_is_a_policy_of_its_own() -> None:
    """Without the page nobody has to be allowed anything about users."""
    assert set() == actions(statements("deploy"), "cognito-idp")
    assert actions(statements("deploy-console")) == actions(statements("deploy-console"), "cognito-idp")


def test_a_key_of_ones_own_is_a_policy_of_its_own() -> None:
    """Without one nobody has to be allowed anything about keys."""
    assert set() == actions(statements("deploy", "deploy-console"), "kms")
    assert actions(statements("deploy-key")) == actions(statements("deploy-key"), "kms")


def test_they_allow_what_sam_asks_of_cloudformation() -> None:
    """Read from its code; what it does for `sam sync` and for a stack that it must not roll back is left out.

    Tags of the stack (samconfig.toml) ask for TagResource.
    """
    others = {"CreateStack", "UpdateStack", "RollbackStack"}
    asked = {f"cloudformation:{name}" for name in deploying.asked_by_sam() - others}

    assert asked | {"cloudformation:TagResource"} == actions(statements("deploy"), "cloudformation")


def test_they_allow_the_bucket_of_sam() -> None:
    """What its template gives the bucket is what the policy may set."""
    template = (deploying.SAM / "bootstrap" / "bootstrap.py").read_text(encoding="utf-8")
    put = {
        "PublicAccessBlockConfiguration": "s3:PutBucketPublicAccessBlock",
        "BucketEncryption": "s3:PutEncryptionConfiguration",
        "VersioningConfiguration": "s3:PutBucketVersioning",
        "Tags": "s3:PutBucketTagging",
    }
    properties = re.search(r'"AWS::S3::Bucket",\s+"Properties": \{(.*?)\n {16}\}', template, re.DOTALL)
    assert properties is not None
    given = set(re.findall(r'^ {20}"(\w+)":', properties[1], re.MULTILINE))
    allowed = actions(statements("deploy"), "s3")

    assert set(put) == given
    assert {*put.values(), "s3:CreateBucket", "s3:PutBucketPolicy", "s3:PutObject"} == {
        action for action in allowed if action.startswith(("s3:Put", "s3:Create"))
    }
    assert allowed <= deploying.named_by_the_schema("AWS::S3::Bucket") | deploying.named_by_the_schema(
        "AWS::S3::BucketPolicy"
    ) | {"s3:GetObject", "s3:PutObject"}


def test_they_allow_what_connections_ask_of_ssm() -> None:
    """A shop is connected by whoever deploys."""
    asked = {f"ssm:{name}" for name in deploying.asked_by_connections()}

    assert asked == actions(statements("deploy"), "ssm")


def test_who_invites_users_of_the_page_need_not_deploy() -> None:
    """`bridge console` finds the stack and changes its users, and that is all of its policy."""
    asked = {f"cognito-idp:{name}" for name in deploying.asked_by_console()}

    assert asked | {"cloudformation:DescribeStacks"} == actions(statements("invite"))


def test_nothing_of_others_is_in_reach() -> None:
    """Every statement names resources of ours, but for actions that know none."""
    for statement in statements(*NAMES, "invite"):
        if "*" in as_list(statement["Resource"]):
            wide = [a for a in as_list(statement["Action"]) if not any(fnmatchcase(a, p) for p in ANYWHERE)]
            assert [] == wide, statement["Sid"]


def test_no_wildcard_stands_in_an_action() -> None:
    """What is allowed can be read."""
    assert [] == [action for action in actions(statements(*NAMES)) if "*" in action]


def test_stacks_of_samconfig_are_those_that_may_be_deployed() -> None:
    """Resources without a name of their own are called after the stack."""
    (deploy, *_) = statements("deploy")
    names = re.findall(r'^stack_name = "(.+)"', (sam_template.ROOT / "samconfig.toml").read_text(), re.M)

    assert len(names) == 3
    for name in names:
        arn = f"arn:aws:cloudformation:eu-west-3:123456789012:stack/{name}/1"
        assert any(fnmatchcase(arn, pattern) for pattern in deploy["Resource"])


@pytest.mark.parametrize("name", NAMES)
def test_each_fits_a_managed_policy(name: str) -> None:
    """IAM refuses one that is larger."""
    assert len(json.dumps({"Statement": statements(name)}, separators=(",", ":"))) < LARGEST_POLICY - 30


def test_what_is_left_out_by_name_is_named_by_a_schema() -> None:
    """A pattern that fits nothing would be there for nothing, and one may hide what it should not."""
    kinds = {resource["Type"] for resource in expanded()["Resources"].values()}
    named = {action for kind in kinds for action in deploying.named_by_the_schema(kind)}

    assert [] == [p for p in deploying.ONLY_WITH if not any(fnmatchcase(action, p) for action in named)]
