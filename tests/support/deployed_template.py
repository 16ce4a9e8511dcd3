"""The template as CloudFormation gets it: expanded by SAM's own translator."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cache
from typing import Any

from samtranslator.translator.transform import transform

from bridge_laptop import sam_template


class _NoManagedPolicies:
    """We name none; the translator asks for the list all the same."""

    def load(self) -> dict[str, str]:
        return {}


@cache
def expanded() -> Mapping[str, Any]:
    """Return the expanded template. Code has to be in S3 by then, so it is said to be."""
    template = copy.deepcopy(sam_template.load())
    for resource in template["Resources"].values():
        for key in ("CodeUri", "ContentUri"):
            if key in resource.get("Properties", {}):
                resource["Properties"][key] = "s3://bucket/key"
    document: Mapping[str, Any] = transform(template, {"Environment": "dev"}, _NoManagedPolicies())
    return document


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of every resource of a type, by logical id."""
    return sam_template.resources(expanded(), kind)
