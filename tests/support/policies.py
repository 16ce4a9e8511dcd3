"""What each function may do in AWS, read from its role in the expanded template, and what it did.

:class:`Guard` stands before the emulator and answers a function as IAM does: what its role does not allow is
denied. Which resource an action is checked against is in the service authorization reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/): the queue, the table, and for SSM the
parameter's name or the path that is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from io import BytesIO
from typing import Any

from tests.support.deployed_template import expanded, resources

from bridge_laptop import sam_template

# What Lambda does in the function's name before and after our code: it fetches messages and writes the log.
LAMBDAS_OWN = ("TakeMessages", "WriteItsLog")
_WRITES_LOG = "Logs_20140328.PutLogEvents"  # as Lambda does while our code runs
_TARGETS = {"AmazonSQS": "sqs", "DynamoDB_20120810": "dynamodb", "AmazonSSM": "ssm"}


@dataclass(frozen=True, order=True)
class Call:
    """One action on one resource, both as IAM writes them."""

    action: str  # "sqs:SendMessage"
    resource: str  # "arn:aws:sqs:eu-west-3:123456789012:bridge-local-WebhooksQueue.fifo"


@dataclass(frozen=True)
class Grant:
    """What one statement allows: actions, and patterns of resources."""

    sid: str
    actions: tuple[str, ...]
    patterns: tuple[str, ...]
    condition: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def covers(self, call: Call) -> bool:
        """Tell whether the call is allowed by this statement."""
        return call.action in self.actions and any(fnmatchcase(call.resource, p) for p in self.patterns)


def grants(function: str, names: Mapping[str, str]) -> list[Grant]:
    """Return what a function's role allows our code where the template is deployed under ``names``."""
    role = resources("AWS::Lambda::Function")[function]["Role"]
    properties = resources("AWS::IAM::Role")[_long_names(role)["Fn::GetAtt"].partition(".")[0]]
    statements = [
        statement
        for policy in properties["Policies"]
        for statement in sam_template.choose(expanded(), policy["PolicyDocument"]["Statement"], names)
    ]
    return [
        Grant(
            each["Sid"],
            tuple(_as_list(each["Action"])),
            tuple(
                sam_template.resolve(_long_names(resource), names) for resource in _as_list(each["Resource"])
            ),
            each.get("Condition", {}),
        )
        for each in statements
        if each["Sid"] not in LAMBDAS_OWN
    ]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _long_names(value: Any) -> Any:
    """Write ``Fn::GetAtt`` as the laptop's reader of the template has it."""
    if isinstance(value, dict) and isinstance(value.get("Fn::GetAtt"), list):
        return {"Fn::GetAtt": ".".join(value["Fn::GetAtt"])}
    return value


@dataclass
class Guard:
    """A WSGI application before the emulator: denies what the function at work may not do, and remembers."""

    application: Any
    names: Mapping[str, str] = field(default_factory=dict)
    function: str = ""  # at work now; the test's own calls are not checked
    allowed: dict[str, set[Call]] = field(default_factory=dict)
    denied: list[tuple[str, Call]] = field(default_factory=list)

    @contextmanager
    def at_work(self, function: str) -> Iterator[None]:
        """Hold every call until the end for one of this function."""
        self.function = function
        try:
            yield
        finally:
            self.function = ""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer one request."""
        if not self.function or environ.get("HTTP_X_AMZ_TARGET") == _WRITES_LOG:
            return self.application(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        calls = _calls(environ["HTTP_X_AMZ_TARGET"], json.loads(body), self.names)
        granted = grants(self.function, self.names)
        refused = [call for call in calls if not any(grant.covers(call) for grant in granted)]
        if not refused:
            self.allowed.setdefault(self.function, set()).update(calls)
            return self.application(environ, start_response)
        self.denied += [(self.function, call) for call in refused]
        start_response("400 Bad Request", [("Content-Type", "application/x-amz-json-1.0")])
        return [b'{"__type": "AccessDeniedException", "message": "not authorized"}']


def _calls(target: str, request: Mapping[str, Any], names: Mapping[str, str]) -> list[Call]:
    """Return what IAM checks for one request: each parameter that is asked for by its name."""
    service, _, operation = target.partition(".")
    prefix = _TARGETS[service]
    account = f"{names['AWS::Region']}:{names['AWS::AccountId']}"
    if prefix == "sqs":
        resources_asked = [request["QueueUrl"].rsplit("/", 1)[1]]
    elif prefix == "dynamodb":
        resources_asked = [f"table/{request['TableName']}"]
    else:
        asked = request.get("Names") or [request.get("Name") or request.get("Path", "/*")]
        resources_asked = ["parameter" + name.rstrip("/") for name in asked]
    operation = re.sub("Batch$", "", operation)  # a batch of an SQS action is allowed by the action itself
    return [Call(f"{prefix}:{operation}", f"arn:aws:{prefix}:{account}:{each}") for each in resources_asked]
