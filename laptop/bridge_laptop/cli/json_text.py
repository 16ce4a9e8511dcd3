"""JSON as commands print it."""

from __future__ import annotations

import json

from bridge.text import escaped


def json_text(document: object, *, indent: int | None = None, sort_keys: bool = False) -> str:
    """Return a document as JSON in readable letters; what could steer a terminal is escaped."""
    return escaped(json.dumps(document, indent=indent, sort_keys=sort_keys, ensure_ascii=False))
