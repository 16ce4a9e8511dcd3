"""What ``sam local`` is given, as values: a template derived from the real one, its variables, its settings.

``sam local`` hands a function only the variables that its template declares, and lets those of the shell
overrule the template, and those of ``--env-vars`` overrule both (samcli/local/lambdafn/env_vars.py, 1.170.0).
So the derived template declares every variable that decides which AWS is asked, with the local stack's
values, and they stand in the file for ``--env-vars`` too: nothing in a developer's shell reaches a function.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bridge.aws.known_ids import ids_path
from bridge_laptop import sam_template
from bridge_laptop.lambda_events import EVENT_SOURCE_NAME
from bridge_laptop.local.containers import ContainerAddresses
from bridge_laptop.local.engine import HOST_NAME
from bridge_laptop.local.isolation import LOCAL_AWS
from bridge_laptop.local.running_stack import LocalState

CONNECTIONS_PATH = "/bridge/sam-local"  # copies whose CoopCycle is HOST_NAME
ARCHITECTURES = ("arm64", "x86_64")
KEPT = (
    "Description",
    "Handler",
    "Runtime",
    "MemorySize",
    "Timeout",
    "Layers",
)  # of a function, as it is deployed
NOT_OF_AN_ORDERS_WAY = ("ShowConsoleFunction", "RedactOrdersFunction")
LOCAL_COMMANDS = ("local_invoke", "local_start_api")  # as samconfig.toml names them


def variables(
    template: Mapping[str, Any], local: LocalState, containers: ContainerAddresses
) -> dict[str, dict[str, str]]:
    """Return the whole environment of each function of an order's way, also of those behind a condition."""
    names = dict(local.names)
    names["ShopifyEventSourceName"] = names.get("ShopifyEventSourceName") or EVENT_SOURCE_NAME
    aws = LOCAL_AWS | {
        "AWS_ENDPOINT_URL": containers.aws_endpoint,
        "POWERTOOLS_METRICS_DISABLED": "true",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
    found = {}
    for function in sam_template.functions(template, names):
        if function.logical_id in NOT_OF_AN_ORDERS_WAY:
            continue
        own = {
            name: value.replace(local.aws_endpoint, containers.aws_endpoint)
            for name, value in function.environment.items()
        }
        if "CONNECTIONS_PATH" in own:
            own["CONNECTIONS_PATH"] = CONNECTIONS_PATH
        if "CONNECTION_IDS_PATH" in own:
            own["CONNECTION_IDS_PATH"] = ids_path(CONNECTIONS_PATH)
        found[function.logical_id] = own | aws
    return found


def derived_template(
    template: Mapping[str, Any], environments: Mapping[str, Mapping[str, str]], architecture: str
) -> dict[str, Any]:
    """Return the template for ``sam local``: the layer, the functions and their HTTP routes.

    No parameter, condition or reference is left in it, and its paths are absolute. The functions are those of
    an order's way; the page for dispatchers has no part in it, and the local stack itself shows it.
    """
    shared = _kept(template["Globals"]["Function"]) | {"Architectures": [architecture]}
    resources: dict[str, Any] = {}
    for logical_id, properties in sam_template.resources(template, "AWS::Serverless::LayerVersion").items():
        metadata = template["Resources"][logical_id]["Metadata"]
        resources[logical_id] = {
            "Type": "AWS::Serverless::LayerVersion",
            "Metadata": metadata | {"BuildArchitecture": architecture},
            "Properties": properties
            | {
                "ContentUri": str(sam_template.ROOT / properties["ContentUri"]),
                "CompatibleArchitectures": [architecture],
            },
        }
    for logical_id, properties in sam_template.resources(template, "AWS::Serverless::Function").items():
        if logical_id in NOT_OF_AN_ORDERS_WAY:
            continue
        resources[logical_id] = {
            "Type": "AWS::Serverless::Function",
            "Properties": _function(
                properties, environments[logical_id], sam_template.defined_routes(template, logical_id)
            ),
        }
    return {
        "AWSTemplateFormatVersion": template["AWSTemplateFormatVersion"],
        "Transform": template["Transform"],
        "Description": "Made by `bridge sam-local` from template.yaml for the local stack; never deploy it",
        "Globals": {"Function": shared},
        "Resources": resources,
    }


def _kept(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: properties[name] for name in KEPT if name in properties}


def _function(
    properties: Mapping[str, Any], environment: Mapping[str, str], routes: Sequence[sam_template.Route]
) -> dict[str, Any]:
    events = {
        f"Route{number}": {"Type": "HttpApi", "Properties": {"Method": route.method, "Path": route.path}}
        for number, route in enumerate(routes)
    }
    return _kept(properties) | {
        "CodeUri": str(sam_template.ROOT / properties["CodeUri"]),
        "Environment": {"Variables": dict(environment)},
        **({"Events": events} if events else {}),
    }


def settings(
    committed: Mapping[str, Any], template_file: Path, variables_file: Path, gateway: str | None
) -> dict[str, Any]:
    """Return samconfig.toml's tables for ``sam local``, with where everything is on this machine added.

    ``committed`` is the samconfig.toml of the repository, as parsed.
    """
    here: dict[str, Any] = {"template_file": str(template_file), "env_vars": str(variables_file)}
    if gateway is not None:
        here["add_host"] = f"{HOST_NAME}:{gateway}"
    tables = committed["default"]
    return {command: tables[command]["parameters"] | here for command in LOCAL_COMMANDS}


def as_samconfig(tables: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the tables of the environment ``default`` as TOML; values are texts, numbers and truth values."""
    lines = ["# Made by `bridge sam-local`; goes stale when the local stack ends.", "version = 0.1"]
    for command, parameters in tables.items():
        lines += ["", f"[default.{command}.parameters]"]
        lines += [f"{name} = {json.dumps(value)}" for name, value in parameters.items()]
    return "\n".join(lines) + "\n"
