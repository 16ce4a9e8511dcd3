"""The JSON Schema of what commands print for programs, made from the types that they print.

Names are only ever added, so what a schema does not know is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Annotated, Any, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

from bridge_laptop.cli import as_json

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PLAIN: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    NoneType: {"type": "null"},
}


def schema() -> dict[str, Any]:
    """Return a document whose ``$defs`` hold a schema for each command and for each kind of object."""
    definitions: dict[str, Any] = {}
    for command, kind in as_json.LISTS.items():
        definitions[f"{command} --json"] = {"type": "array", "items": _of(kind, definitions)}
    for command, kind in as_json.LINES.items():
        definitions[f"{command} --json"] = _of(kind, definitions)
    return {
        "$schema": DIALECT,
        "title": "What `bridge` prints with --json",
        "description": "Made by `make readme`. A command with --follow, and `tail`, print an object a line.",
        "$defs": dict(sorted(definitions.items())),
    }


def _of(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a type; kinds of objects are put into ``definitions``."""
    origin, arguments = get_origin(hint), get_args(hint)
    if is_typeddict(hint):
        return _of_object(hint, definitions)
    if origin is Annotated:
        return {"type": "string", "format": "date-time"}
    if origin is NotRequired:
        return _of(arguments[0], definitions)
    if origin is list:
        return {"type": "array", "items": _of(arguments[0], definitions)}
    if origin is dict:
        return {"type": "object"}
    if arguments:
        return {"anyOf": [_of(argument, definitions) for argument in arguments]}
    return dict(_PLAIN[hint])


def _of_object(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if kind.__name__ not in definitions:
        hints = get_type_hints(kind, include_extras=True)
        definitions[kind.__name__] = {
            "type": "object",
            "description": " ".join((kind.__doc__ or "").split()),
            "properties": {name: _of(hint, definitions) for name, hint in hints.items()},
            "required": [name for name, hint in hints.items() if get_origin(hint) is not NotRequired],
        }
    return {"$ref": f"#/$defs/{kind.__name__}"}
