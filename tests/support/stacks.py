"""Stacks as CloudFormation describes them, in the emulator."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bridge_laptop import sam_template


def make_stack(
    clients: Mapping[str, Any], names: Mapping[str, str], name: str, resources: Sequence[str] = ()
) -> None:
    """Make a stack with the template's outputs and parameters, and its resources of some types.

    Without resources by default: the emulator's update of a stack loses their names.
    """
    template = sam_template.load()
    outputs = {
        name: {"Fn::If": [each["Condition"], each["Value"], {"Ref": "AWS::NoValue"}]}
        if "Condition" in each
        else each["Value"]
        for name, each in template["Outputs"].items()
    }
    known = {
        "Api": "api",
        "BridgeLayer": "arn",
        "AWS::URLSuffix": "amazonaws.com",
        "ConsoleApi": "console",
        "ConsoleUserPool": "pool",
        "Dashboard": "dashboard",
        **names,
    }
    parameters = [name for name in template["Parameters"] if name in names]
    clients["cloudformation"].create_stack(
        StackName=name,
        TemplateBody=json.dumps(
            {
                "Parameters": {name: {"Type": "String"} for name in parameters},
                "Resources": {
                    name: {"Type": kind}
                    for kind in resources
                    for name in sam_template.deployed(template, kind, names)
                },
                "Outputs": {
                    name: {"Value": sam_template.resolve(value, known)}
                    for name, value in sam_template.choose(template, outputs, names).items()
                },
            }
        ),
        Parameters=[{"ParameterKey": name, "ParameterValue": names[name]} for name in parameters],
    )
