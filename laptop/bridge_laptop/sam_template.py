"""The SAM template as the laptop reads it: the local stack is made from the very file that is deployed.

Only what this template uses of CloudFormation is understood: ``Ref``, ``Fn::Sub`` and ``Fn::GetAtt``, and the
conditions of resources (alarms do not matter here).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bridge_laptop.checkout import ROOT

__all__ = ["ROOT"]

TEMPLATE = ROOT / "template.yaml"
_NO_VALUE = {"Ref": "AWS::NoValue"}


class _Loader(yaml.CSafeLoader):
    """YAML with CloudFormation's short forms (``!Ref``) read as their long ones."""


def _construct(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)  # noqa: S101  # YAML has no fourth kind
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix == "Ref" else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _construct)


@dataclass(frozen=True, slots=True)
class Route:
    """One HTTP route of a function, in API Gateway's spelling."""

    method: str
    path: str
    needs_token: bool = False  # the API's authorizer stands before it


@dataclass(frozen=True, slots=True)
class QueueTrigger:
    """A queue that feeds a function."""

    queue: str  # logical id
    batch_size: int
    maximum_concurrency: int


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the template."""

    logical_id: str
    folder: Path
    timeout_seconds: int
    memory_mb: int
    environment: Mapping[str, str]
    routes: tuple[Route, ...]
    triggers: tuple[QueueTrigger, ...]


@cache
def load(path: Path = TEMPLATE) -> dict[str, Any]:
    """Return the template with long-form intrinsic functions."""
    template: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506  # a SafeLoader
    return template


def resources(template: Mapping[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of every resource of a type, by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def choose(template: Mapping[str, Any], value: Any, names: Mapping[str, str]) -> Any:
    """Replace each ``Fn::If`` by the branch that its condition chooses; ``AWS::NoValue`` disappears."""
    if isinstance(value, list):
        chosen = (choose(template, item, names) for item in value)
        return [item for item in chosen if item != _NO_VALUE]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        condition, then, otherwise = value["Fn::If"]
        return choose(template, then if _holds(template, condition, names) else otherwise, names)
    chosen_items = {key: choose(template, item, names) for key, item in value.items()}
    return {key: item for key, item in chosen_items.items() if item != _NO_VALUE}


def resolve(value: Any, names: Mapping[str, str]) -> Any:
    """Replace references by what ``names`` says ("WebhooksQueue", "WebhooksQueue.Arn", "Environment")."""
    if isinstance(value, list):
        return [resolve(item, names) for item in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return names[value["Ref"]]
    if "Fn::GetAtt" in value:
        return names[value["Fn::GetAtt"]]
    if "Fn::Sub" in value:
        return re.sub(r"\$\{([^}]+)\}", lambda match: names[match[1]], value["Fn::Sub"])
    return {key: resolve(item, names) for key, item in value.items()}


def parameters(template: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters' defaults; those without one are missing."""
    return {
        name: str(parameter["Default"])
        for name, parameter in template["Parameters"].items()
        if "Default" in parameter
    }


def deployed(template: Mapping[str, Any], kind: str, names: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the properties of those resources of a type whose condition holds, each ``Fn::If`` decided."""
    return {
        name: choose(template, properties, names)
        for name, properties in resources(template, kind).items()
        if _holds(template, template["Resources"][name].get("Condition"), names)
    }


def _holds(template: Mapping[str, Any], condition: str | None, names: Mapping[str, str]) -> bool:
    return condition is None or bool(_evaluate(template["Conditions"][condition], names))


def _evaluate(expression: Any, names: Mapping[str, str]) -> Any:
    if isinstance(expression, dict) and "Fn::Not" in expression:
        return not _evaluate(expression["Fn::Not"][0], names)
    if isinstance(expression, dict) and "Fn::Equals" in expression:
        left, right = expression["Fn::Equals"]
        # parameters are texts, what the template compares them with may be a number
        return str(resolve(left, names)) == str(resolve(right, names))
    raise ValueError(f"a condition that is not understood here: {expression}")


def functions(template: Mapping[str, Any], names: Mapping[str, str]) -> list[Function]:
    """Return the functions that are deployed, with their environment resolved."""
    shared = template["Globals"]["Function"]
    return [
        _function(logical_id, properties, shared, names, _routes(template, logical_id))
        for logical_id, properties in deployed(template, "AWS::Serverless::Function", names).items()
    ]


def _function(
    logical_id: str,
    properties: Mapping[str, Any],
    shared: Mapping[str, Any],
    names: Mapping[str, str],
    routes: list[Route],
) -> Function:
    triggers = []
    for event in properties.get("Events", {}).values():
        details = event["Properties"]
        if event["Type"] == "SQS":
            concurrency = resolve(details["ScalingConfig"]["MaximumConcurrency"], names)
            queue = details["Queue"]["Fn::GetAtt"].split(".")[0]
            triggers.append(QueueTrigger(queue, details["BatchSize"], int(concurrency)))
    environment = shared["Environment"]["Variables"] | properties.get("Environment", {}).get("Variables", {})
    return Function(
        logical_id=logical_id,
        folder=ROOT / properties["CodeUri"],
        timeout_seconds=properties.get("Timeout", shared["Timeout"]),
        memory_mb=properties.get("MemorySize", shared["MemorySize"]),
        environment={name: str(resolve(value, names)) for name, value in environment.items()},
        routes=tuple(routes),
        triggers=tuple(triggers),
    )


def defined_routes(template: Mapping[str, Any], logical_id: str) -> list[Route]:
    """Return the routes to a function that an API's definition names."""
    return [
        Route(method.upper(), path)
        for api in resources(template, "AWS::Serverless::HttpApi").values()
        for path, methods in api["DefinitionBody"]["paths"].items()
        for method, operation in methods.items()
        if f'"{logical_id}.Arn"' in json.dumps(operation)
    ]


def _routes(template: Mapping[str, Any], logical_id: str) -> list[Route]:
    """Return those and the routes that are resources of their own."""
    integrations = {
        f"integrations/${{{name}}}"
        for name, properties in resources(template, "AWS::ApiGatewayV2::Integration").items()
        if properties["IntegrationUri"] == {"Fn::GetAtt": f"{logical_id}.Arn"}
    }
    return defined_routes(template, logical_id) + [
        Route(method, path, needs_token=properties["AuthorizationType"] == "JWT")
        for properties in resources(template, "AWS::ApiGatewayV2::Route").values()
        if properties["Target"]["Fn::Sub"] in integrations
        for method, path in [properties["RouteKey"].split(" ")]
    ]


def digest(template: Mapping[str, Any], logical_id: str) -> str:
    """Return ten characters that change with a function's code and properties."""
    properties = template["Resources"][logical_id]["Properties"]
    made_of = json.dumps([template["Globals"]["Function"], properties], sort_keys=True).encode()
    files = sorted((ROOT / properties["CodeUri"]).rglob("*.py"))
    return hashlib.sha256(made_of + b"".join(file.read_bytes() for file in files)).hexdigest()[:10]
