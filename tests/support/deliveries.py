"""Deliveries to put on the wire."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from bridge.model import Delivery, Task, TimeWindow

PARIS = timezone(timedelta(hours=1))


def window(hour: int) -> TimeWindow:
    """Two hours of 23 November 2026, in Paris."""
    return TimeWindow(
        datetime(2026, 11, 23, hour, tzinfo=PARIS), datetime(2026, 11, 23, hour + 2, tzinfo=PARIS)
    )


def minimal() -> Delivery:
    """Return the least that is a delivery."""
    return Delivery(
        bridge_ref="acme/1001",
        pickup=Task(window(9)),
        dropoff=Task(window(11), street_address="48 Rue de Rivoli, 75004 Paris"),
    )


def with_dropoff(**changes: object) -> Delivery:
    """Return the least, with a dropoff of these values."""
    delivery = minimal()
    return replace(delivery, dropoff=replace(delivery.dropoff, **changes))  # type: ignore[arg-type]


def task(number: int, kind: str, **changes: object) -> dict[str, object]:
    """Return a task as the answer of a delivery holds it."""
    return {
        "@id": f"/api/tasks/{number}",
        "@type": "Task",
        "id": number,
        "type": kind,
        "status": "TODO",
        "createdAt": "2026-11-23T09:00:00+01:00",
        "metadata": [],
        **changes,
    }
