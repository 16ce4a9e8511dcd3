"""What whoever deploys has to be allowed, read from CloudFormation's own schemas of the resources' types.

Each schema names the permissions of its handlers ("Resource type schema", CloudFormation CLI user guide;
cfn-lint ships them), and means every property that a type has. What the template does not use is left out by
name, and only as long as it does not use it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.deployed_template import expanded

from bridge_laptop import sam_template

HANDLERS = ("create", "read", "update", "delete")  # "list" is for the drift of what nobody made with it

# Permissions that a schema names, and the properties, of any type, for which alone they are asked.
ONLY_WITH: Mapping[str, tuple[str, ...]] = {
    # A key of AWS's own needs no permission of the caller's: "Authorizing use of the AWS managed key",
    # DynamoDB developer guide.
    "kms:*": ("KmsKeyArn", "KMSMasterKeyId", "KmsMasterKeyId", "KmsKeyIdentifier", "KmsKeyId", "KeyPolicy"),
    "kms:*ableKey": ("Enabled",),
    "s3:getObject": ("BodyS3Location",),
    "s3:REST.PUT.OBJECT": ("DataProtectionPolicy",),
    "s3:GetObjectMetadata": ("ImportSourceSpecification",),
    "s3:GetObjectVersion": ("S3ObjectVersion",),
    "s3files:*": ("FileSystemConfigs",),
    "ec2:*": ("VpcConfig",),
    "elasticfilesystem:*": ("FileSystemConfigs",),
    "kinesis:*": ("KinesisStreamSpecification",),
    "firehose:*": ("DeliveryStream",),
    "cloudfront:*": ("CustomDomainConfig",),
    "iam:CreateServiceLinkedRole": ("EmailConfiguration", "AnalyticsConfiguration", "ReplicaSpecification"),
    "iam:*Attach*RolePolic*": ("ManagedPolicyArns",),
    "iam:DetachRolePolicy": ("ManagedPolicyArns",),
    "iam:*PermissionsBoundary": ("PermissionsBoundary",),
    "lambda:*CodeSigningConfig": ("CodeSigningConfigArn",),
    "lambda:*FunctionScalingConfig": ("FunctionScalingConfig",),
    "lambda:PutFunctionRecursionConfig": ("RecursiveLoop",),
    "lambda:PutRuntimeManagementConfig": ("RuntimeManagementConfig",),
    "lambda:PassCapacityProvider": ("CapacityProviderConfig",),
    "lambda:AssociateRuntimeAlias": ("RuntimeAlias",),
    "lambda:*ProvisionedConcurrencyConfig": ("ProvisionedConcurrencyConfig",),
    "codedeploy:*": ("CodeDeployLambdaAliasUpdate",),
    "dynamodb:*Import*": ("ImportSourceSpecification",),
    "dynamodb:*TableReplica": ("Replicas",),
    "dynamodb:*KinesisStreamingDestination": ("KinesisStreamSpecification",),
    "dynamodb:UpdateContributorInsights": ("ContributorInsightsSpecification",),
    "dynamodb:*ResourcePolicy": ("ResourcePolicy",),
    "dynamodb:Scan": ("Replicas",),
    "dynamodb:Query": ("Replicas",),
    "dynamodb:*Item": ("Replicas",),
    "logs:CreateLogStream": ("ImportSourceSpecification",),
    "logs:PutLogEvents": ("ImportSourceSpecification",),
    "logs:*DataProtectionPolicy": ("DataProtectionPolicy",),
    "logs:*IndexPolic*": ("FieldIndexPolicies",),
    "logs:PutBearerTokenAuthentication": ("BearerTokenAuthenticationEnabled",),
    "logs:PutLogGroupDeletionProtection": ("DeletionProtectionEnabled",),
    "logs:*AssociateKmsKey": ("KmsKeyId",),
    "logs:DisassociateKmsKey": ("KmsKeyId",),
    "sns:*DataProtectionPolicy": ("DataProtectionPolicy",),
    "events:*Permission": ("Policy",),
    "cognito-idp:AddCustomAttributes": ("Schema",),
    "cognito-idp:SetUserPoolMfaConfig": ("MfaConfiguration", "EnabledMfas"),
}
# What a schema does not say, and the page that does.
ALSO: Mapping[str, tuple[str, ...]] = {
    # What SSM asks in the name of whoever applies connections: "AWS KMS encryption for SecureString
    # parameters", Systems Manager user guide
    "AWS::KMS::Key": ("kms:Encrypt", "kms:Decrypt"),
    # "Configure logging for HTTP APIs", API Gateway developer guide
    "AWS::ApiGatewayV2::Stage": (
        "logs:CreateLogDelivery",
        "logs:GetLogDelivery",
        "logs:UpdateLogDelivery",
        "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:DescribeResourcePolicies",
        "logs:DescribeLogStreams",
    ),
}


@cache
def needed() -> frozenset[str]:
    """Return the actions without which CloudFormation could not make, change and remove the stack.

    What is retained is never removed, so nobody has to be allowed to.
    """
    found: set[str] = set()
    for resource in expanded()["Resources"].values():
        kind, properties = resource["Type"], set(_names(resource.get("Properties", {})))
        retained = resource.get("DeletionPolicy") == "Retain"
        handlers = [name for name in HANDLERS if not (retained and name == "delete")]
        found |= {action for action in named_by_the_schema(kind, handlers) if _is_used(action, properties)}
        found |= set(ALSO.get(kind, ()))
    return frozenset(found)


def named_by_the_schema(kind: str, handlers: Iterable[str] = HANDLERS) -> set[str]:
    """Return the permissions that the schema of a type names for these handlers, and for tags."""
    from cfnlint.schema import PROVIDER_SCHEMA_MANAGER  # half a second, here alone and not in every worker

    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    there = schema.get("handlers", {})
    found = {action for name in handlers for action in there.get(name, {}).get("permissions", [])}
    return found | set(schema.get("tagging", {}).get("permissions", []))


def _is_used(action: str, properties: set[str]) -> bool:
    reasons = [names for pattern, names in ONLY_WITH.items() if fnmatchcase(action, pattern)]
    return all(set(names) & properties for names in reasons)


def _names(value: Any) -> Iterator[str]:
    """Yield the names of every property, at any depth."""
    if isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from _names(each)
    if isinstance(value, list):
        for each in value:
            yield from _names(each)


SAM = sam_template.ROOT / ".venv" / "rie" / "samcli" / "lib"
_CALL = re.compile(r"_client\.([a-z]+_[a-z_]+)\(")
_SSM_CALL = re.compile(r"ssm\.([a-z]+_[a-z_]+)\(")
_PAGINATED = re.compile(r"get_paginator\(\"(\w+)\"\)")


def called(pattern: re.Pattern[str], *files: Path) -> set[str]:
    """Return the names of the AWS operations that files of code call, as IAM spells them."""
    texts = [file.read_text(encoding="utf-8") for file in files]
    names = {name for text in texts for each in (pattern, _PAGINATED) for name in each.findall(text)}
    return {
        "".join(word.title() for word in name.split("_")) for name in names - {"get_paginator", "get_waiter"}
    }


def asked_by_sam() -> set[str]:
    """Return the operations of CloudFormation that `sam deploy` calls."""
    files = (SAM / "deploy" / "deployer.py", SAM / "utils" / "managed_cloudformation_stack.py")
    return called(_CALL, *files)


def asked_by_connections() -> set[str]:
    """Return the operations of SSM that `bridge connections` calls."""
    folder = sam_template.ROOT / "layers" / "bridge" / "bridge"
    files = ("operator/connections.py", "aws/connections.py", "aws/known_ids.py")
    return called(_SSM_CALL, *(folder / name for name in files))
