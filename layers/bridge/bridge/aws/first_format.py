"""Items of DeliveriesTable as version 0.1 wrote them: lists as JSON texts, and a flag for each pending call.

Such items live for 400 days; they are rewritten when their order changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_PENDING = {"cancelling": "delete", "updating": "put", "in_flight": "post"}


def is_of(attributes: Mapping[str, Any]) -> bool:
    """Tell whether an item has that form."""
    return "in_flight" in attributes


def read(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes in today's form."""
    windows = json.loads(attributes["windows"])
    return {
        **attributes,
        "attempts": [
            {"posted_at": posted_at, "dropoff": _window(dropoff), "fingerprint": fingerprint}
            for posted_at, dropoff, fingerprint in json.loads(attributes["attempts"])
        ],
        "windows": {"pickup": _window(windows[0]), "dropoff": _window(windows[1])} if windows else None,
        "history": [
            {"at": at, "topic": topic, "outcome": outcome, "reason": reason}
            for at, topic, outcome, reason in json.loads(attributes["history"])
        ],
        "doubtful_put_at": attributes["doubtful_put_at"] or None,
        "recheck_at": attributes["recheck_at"] or None,
        "pending": next((call for flag, call in _PENDING.items() if attributes[flag]), None),
    }


def _window(pair: list[str]) -> dict[str, str]:
    return dict(zip(("after", "before"), pair, strict=True))
