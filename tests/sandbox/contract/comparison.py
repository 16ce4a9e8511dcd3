"""Does an answer say the same as the recorded one? Each difference is one line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.sandbox.contract.kinds import KINDS, Kind, is_whole, shown
from tests.sandbox.contract.numbers import Numbers, parts

_NUMBERED = {
    "order_id": "orders",
    "order_number": "order numbers",
}  # members whose numbers are of another thing
# Plain JSON has no links; this is where a delivery's numbers stand in it.
_OF_PLAIN_JSON = {"": "/api/deliveries/1", ".tasks": "/api/tasks/1"}
_DEFAULT_WINDOW = timedelta(minutes=15)


class Comparison:
    """Compares answers of one run; what was handed out in one of them holds in all later ones."""

    def __init__(self, kinds: Sequence[Kind] = KINDS) -> None:
        self.numbers = Numbers()
        self._kinds = kinds

    def of_bodies(self, recorded: Any, ours: Any, path: str = "") -> list[str]:
        """Return what differs, a sentence each; nothing if the answers say the same."""
        for kind in self._kinds:
            if kind.is_one(path, recorded):
                return (
                    [] if kind.holds(recorded, ours) else [f"{path}: {kind.shown(ours)} is not {kind.name}"]
                )
        if isinstance(recorded, dict) and isinstance(ours, dict):
            return self._of_objects(_by_the_router(recorded), _by_the_router(ours), path)
        if isinstance(recorded, list) and isinstance(ours, list):
            return self._of_lists(recorded, ours, path)
        if type(recorded) is not type(ours):
            return [f"{path}: {shown(ours)}, recorded {shown(recorded)}"]
        if isinstance(recorded, str):
            return self.of_texts(recorded, ours, path)
        return [] if recorded == ours else [f"{path}: {shown(ours)}, recorded {shown(recorded)}"]

    def _of_objects(self, recorded: dict[str, Any], ours: dict[str, Any], path: str) -> list[str]:
        found = [f"{path}.{name}: missing" for name in recorded if name not in ours]
        found += [f"{path}.{name}: surplus ({shown(ours[name])})" for name in ours if name not in recorded]
        for name in recorded:
            if name not in ours:
                continue
            kind = _number_kind(name, recorded, path)
            if kind is None:
                found += self.of_bodies(recorded[name], ours[name], f"{path}.{name}")
            else:
                found += self._of_numbers(kind, recorded[name], ours[name], f"{path}.{name}")
        return found

    def _of_lists(self, recorded: list[Any], ours: list[Any], path: str) -> list[str]:
        recorded, ours = _in_order(recorded), _in_order(ours)
        if len(recorded) != len(ours):
            return [f"{path}: {len(ours)} entries, recorded {len(recorded)}"]
        pairs = enumerate(zip(recorded, ours, strict=True))
        return [
            line for index, (theirs, own) in pairs for line in self.of_bodies(theirs, own, f"{path}[{index}]")
        ]

    def _of_numbers(self, kind: str, recorded: Any, ours: Any, path: str) -> list[str]:
        if recorded is None and ours is None:
            return []
        if type(recorded) is not type(ours) or not re.fullmatch(r"[0-9A-Z]+", str(ours)):
            return [f"{path}: {shown(ours)}, recorded {shown(recorded)}"]
        if self.numbers.stand_for(kind, str(recorded), str(ours)):
            return []
        return [f"{path}: {shown(ours)} cannot stand for the recorded {shown(recorded)} ({kind})"]

    def of_texts(self, recorded: str, ours: str, path: str) -> list[str]:
        """Compare two texts; numbers and identifiers in them are mapped."""
        (form, handed), (our_form, our_handed) = parts(recorded), parts(ours)
        kinds, our_kinds = [kind for kind, _ in handed], [kind for kind, _ in our_handed]
        if form != our_form or kinds != our_kinds:
            return [f"{path}: {shown(ours)}, recorded {shown(recorded)}"]
        return [
            f"{path}: {own} cannot stand for the recorded {theirs} ({kind})"
            for (kind, theirs), (_, own) in zip(handed, our_handed, strict=True)
            if not self.numbers.stand_for(kind, theirs, own)
        ]


def _in_order(values: list[Any]) -> list[Any]:
    """Put a task's events into the order of their numbers: they come by second, within it as they like."""
    if values and all(isinstance(each, dict) and each.get("@type") == "TaskEvent" for each in values):
        return sorted(values, key=lambda event: int(re.sub(r"\D", "", str(event.get("@id"))) or 0))
    return values


def _number_kind(name: str, recorded: dict[str, Any], path: str) -> str | None:
    if name in _NUMBERED and path.endswith(".metadata"):
        return _NUMBERED[name]
    if name == "number" and path.endswith(".order"):
        return "order numbers"
    if name == "id" and is_whole(recorded["id"]):
        _, handed = parts(str(recorded.get("@id", _OF_PLAIN_JSON.get(re.sub(r"\[\d+\]", "", path), ""))))
        return handed[0][0] if handed else None
    return None


def _by_the_router(body: dict[str, Any]) -> dict[str, Any]:
    """Name the pickup's times that CoopCycle made from the router's duration, in either answer alike.

    A pickup without a window ends the duration before the dropoff's end, and begins 15 minutes before that.
    """
    dropoff, duration = body.get("dropoff"), body.get("duration")
    if not isinstance(dropoff, dict) or duration is None or not is_whole(duration):
        return body
    try:
        end = datetime.fromisoformat(str(dropoff.get("before"))) - timedelta(seconds=float(duration))
    except ValueError:
        return body
    named = {
        end.isoformat(): "<the dropoff's end less the duration>",
        (end - _DEFAULT_WINDOW).isoformat(): "<15 minutes before that>",
    }
    return {
        name: _renamed(value, named) if name in {"pickup", "tasks"} else value for name, value in body.items()
    }


def _renamed(value: Any, named: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_renamed(each, named) for each in value]
    if not isinstance(value, dict) or value.get("type") != "PICKUP":
        return value
    times = ("after", "before", "doneAfter", "doneBefore")
    return {
        name: named.get(each, each) if name in times and isinstance(each, str) else each
        for name, each in value.items()
    }
