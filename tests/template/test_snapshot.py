"""The receiver that starts from a snapshot: each change of it is a new version, and requests go to that."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.support.deployed_template import expanded

from bridge_laptop import generate_docs, sam_template

TEMPLATE = sam_template.load()
CHANGES_NO_VERSION = {"SnapStart", "ReceiverReservedConcurrency"}  # of the function, whatever its version


def referred(value: Any) -> set[str]:
    """Return what a part of the template refers to, also by its conditions."""
    text = json.dumps(value)
    found = set(re.findall(r'"Ref": "(\w+)"', text)) | set(re.findall(r"\$\{(\w+)[.}]", text))
    conditions = set(re.findall(r'"Fn::If": \["(\w+)"', text))
    return found.union(*(referred(TEMPLATE["Conditions"][name]) for name in conditions))


def test_the_version_is_replaced_when_anything_of_the_function_changes() -> None:
    """Its description, whose change replaces it, has the layer, the parameters, and a digest of the rest."""
    written = sam_template.TEMPLATE.read_text(encoding="utf-8")
    description = TEMPLATE["Resources"]["ReceiveWebhookVersion"]["Properties"]["Description"]
    function = TEMPLATE["Resources"]["ReceiveWebhookFunction"]["Properties"]
    made_of = referred([function, TEMPLATE["Globals"]["Function"]])
    parameters = made_of & TEMPLATE["Parameters"].keys()

    assert written == generate_docs.with_digest(written), "run `make readme`"
    assert parameters - CHANGES_NO_VERSION | {"BridgeLayer", "WebhooksQueue"} <= referred(description)
    assert 10 == len(sam_template.digest(TEMPLATE, "ReceiveWebhookFunction"))


def test_the_layer_in_the_description_is_the_one_that_is_deployed() -> None:
    """SAM gives a layer a new name with each change of what is in it."""
    resources = expanded()["Resources"]
    (layer,) = (name for name, each in resources.items() if each["Type"] == "AWS::Lambda::LayerVersion")

    assert f"${{{layer}}}" in json.dumps(resources["ReceiveWebhookVersion"])


def test_requests_go_to_the_version_or_to_the_function() -> None:
    """The API calls the alias, and may, when there is one; by default nothing is published."""
    for value, receiver in (("on", "ReceiveWebhookAlias"), ("off", "ReceiveWebhookFunction")):
        names = sam_template.parameters(TEMPLATE) | {"SnapStart": value, "Environment": "dev"}
        api = sam_template.choose(TEMPLATE, TEMPLATE["Resources"]["Api"], names)
        (permission,) = (
            properties
            for name, properties in sam_template.deployed(TEMPLATE, "AWS::Lambda::Permission", names).items()
            if name == "ReceiveWebhookPermission"
        )
        there = {"ReceiveWebhookAlias", "ReceiveWebhookFunction"}

        assert {receiver} == there & (referred(api) | set(re.findall(r'"(\w+)\.Arn"', json.dumps(api))))
        assert {"Ref": receiver} == permission["FunctionName"]
        assert (value == "on") == bool(sam_template.deployed(TEMPLATE, "AWS::Lambda::Version", names))


def test_the_routes_are_read_from_the_definition() -> None:
    """The local stack has those of the API."""
    names = sam_template.parameters(TEMPLATE) | {"Environment": "dev"}
    names |= {f"{name}{of}": name for name in TEMPLATE["Resources"] for of in ("", ".Arn", ".QueueName")}
    names |= {f"AWS::{name}": name for name in ("Region", "AccountId", "Partition", "StackName", "URLSuffix")}
    receiver = next(
        each
        for each in sam_template.functions(TEMPLATE, names)
        if each.logical_id == "ReceiveWebhookFunction"
    )

    assert {
        (method, path)
        for method in ("GET", "POST", "OPTIONS")
        for path in ("/webhooks/{connection_id}", "/webhooks/{connection_id}/{secret}")
    } == {(route.method, route.path) for route in receiver.routes}
