"""What came in and what became of it, a line each, out of what the functions log.

An arrow to the right is a push that came in; one to the left is what was done for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import click

from bridge.dispatching.outcomes import Outcome
from bridge.dispatching.record import DeliveryRecord
from bridge.operator.logs import LogEntry

LoadRecord = Callable[[str, str], DeliveryRecord | None]  # by connection id and order id

_CAME_IN = {
    "webhook received": "POST /webhooks/{}",
    "webhook rejected": "POST /webhooks/{}",
    "event received": "EventBridge to {}",
    "event rejected": "EventBridge",
    "recheck queued": "recheck of {}",
}
_DONE = ("message handled", "message will be retried", "message failed")
_COLOURS = {
    Outcome.CREATED: "green",
    Outcome.UPDATED: "green",
    Outcome.CANCELLED: "green",
    Outcome.RETRIED: "yellow",
    Outcome.PARKED: "red",
    Outcome.CANCEL_REFUSED: "red",
    "rejected": "red",
}


class Happenings:
    """Says what log entries tell, with the names of orders where their records know them."""

    def __init__(self, load: LoadRecord | None = None) -> None:
        self.load = load
        self._names: dict[tuple[str, str], str] = {}

    def line(self, entry: LogEntry) -> str | None:
        """Return the line of an entry, with colours; ``None`` where it tells nothing of a webhook."""
        if entry.message in _CAME_IN:
            where = _CAME_IN[entry.message].format(entry.connection_id or "…")
            return _line("-->", entry, where, self._names.get((entry.connection_id, entry.order_id), ""))
        if entry.message in _DONE:
            return _line("<--", entry, entry.connection_id, self._name_of(entry))
        return None

    def _name_of(self, entry: LogEntry) -> str:
        """Return what people call the order, once its record knows."""
        key = (entry.connection_id, entry.order_id)
        if key not in self._names and self.load is not None and all(key):
            record = self.load(*key)
            if record is not None and record.order_name:
                self._names[key] = record.order_name
        return self._names.get(key, "")


def _line(arrow: str, entry: LogEntry, where: str, name: str) -> str:
    order = entry.order_id if name in ("", entry.order_id) else f"{name} ({entry.order_id})"
    outcome = click.style(entry.outcome or "?", fg=_COLOURS.get(entry.outcome))
    why = ": ".join(dict.fromkeys(part for part in (entry.reason, entry.detail) if part))
    parts = (where, f"order {order}" if order else "", entry.topic, outcome, entry.delivery, why)
    return "  ".join((f"{clock(entry.at)} {arrow}", *(part for part in parts if part)))


def clock(moment: datetime) -> str:
    """Return the time of day here."""
    return f"{moment.astimezone():%H:%M:%S}"
