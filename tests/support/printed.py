"""What commands print for programs, held against docs/bridge.schema.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

SCHEMA = Path(__file__).parents[2] / "docs" / "bridge.schema.json"
_formats = FormatChecker()


@_formats.checks("date-time", raises=ValueError)
def _is_time(value: object) -> bool:
    """Tell whether a value is an ISO 8601 time with an offset."""
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def _strict(schema: Any) -> Any:
    """Return a schema that knows every name: what programs may find later is a mistake of today."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    closed = {"additionalProperties": False} if "properties" in schema else {}
    return {name: _strict(value) for name, value in schema.items()} | closed


def faults(document: object, command: str) -> list[str]:
    """Return where a document is not what the schema says that a command prints."""
    schema = _strict(json.loads(SCHEMA.read_text(encoding="utf-8")))
    reference = {"$ref": f"#/$defs/{command} --json".replace(" ", "%20")}
    validator = Draft202012Validator({**schema, **reference}, format_checker=_formats)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
