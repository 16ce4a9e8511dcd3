"""Items of DeliveriesTable as version 0.1 wrote them: lists as JSON texts, and a flag for each pending call.

Such items live for 400 days; they are rewritten when their order changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
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
        **_bodies(attributes),
        "recheck_at": attributes["recheck_at"] or None,
        "pending": next((call for flag, call in _PENDING.items() if attributes[flag]), None),
    }


def came_at(attributes: Mapping[str, Any]) -> str:
    """Return when an order came whose item does not say: at the first thing known of it, in today's form."""
    moments = [str(attributes["changed_at"]), *(str(event["at"]) for event in attributes["history"][:1])]
    return min(moments, key=datetime.fromisoformat)


def _bodies(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what CoopCycle holds: the body sent last, if its digest stands there; a PUT may come late."""
    sent, put_at = attributes["sent"], attributes["doubtful_put_at"]
    known = attributes["fingerprint"] == hashlib.sha256(sent.encode("ascii")).hexdigest()
    if attributes["updating"]:
        put_at = attributes["changed_at"]
    return {
        "held": sent if known and not put_at else "",
        "in_question": [{"sent_at": put_at, "body": sent, "late": True}] if put_at and sent else [],
    }


def _window(pair: list[str]) -> dict[str, str]:
    return dict(zip(("after", "before"), pair, strict=True))
