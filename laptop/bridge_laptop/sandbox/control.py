"""The sandbox's own routes, under `/_sandbox/`; CoopCycle has nothing like them, and no token is asked for.

`POST reset`    back to the seed; ends faults, waits, tokens, the set clock and the counts
`POST clock`    `{"now": "2026-11-23T10:00:00+01:00"}` stops the clock there; null lets it run again
`POST fault`    see `faults.py`
`POST courier`  `{"delivery": "/api/deliveries/1", "do": …}`, optionally `courier`, `task`; see `courier.py`
`GET stats`     what came, what was created, and which deliveries carry which reference of ours
"""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, current_app, request

from bridge_laptop.sandbox import courier
from bridge_laptop.sandbox.clock import UnreadableTime, atom
from bridge_laptop.sandbox.faults import Gate, read_fault
from bridge_laptop.sandbox.state import Delivery
from bridge_laptop.sandbox.web import JSON, answer, outbox, world

routes = Blueprint("control", __name__, url_prefix="/_sandbox")


def _gate() -> Gate:
    found: Gate = current_app.extensions["gate"]
    return found


def _told(body: object, status: int = 200) -> Response:
    return answer(body, status, JSON)


def _asked() -> dict[str, Any]:
    parsed = request.get_json(force=True, silent=True)
    return parsed if isinstance(parsed, dict) else {}


@routes.post("/reset")
def reset() -> Response:
    """Go back to the seed."""
    _gate().halt()
    outbox().halt()
    world().reset()
    _gate().statistics.reset()
    return _told({"reset": True})


@routes.post("/clock")
def clock() -> Response:
    """Set the clock, or let it run."""
    with world().lock:
        try:
            world().clock.set(_asked().get("now"))
        except UnreadableTime as wrong:
            return _told({"error": f"not a time: {wrong}"}, 400)
        return _told({"now": atom(world().clock.now())})


@routes.post("/fault")
def fault() -> Response:
    """Set a fault, or end all of them."""
    asked = _asked()
    if asked.get("mode") in {None, "none"}:
        _gate().clear()
    else:
        try:
            _gate().set(read_fault(asked))
        except (ValueError, TypeError) as wrong:
            return _told({"error": str(wrong)}, 400)
    return _told({"faults": [each.mode for each in _gate().faults()]})


@routes.post("/courier")
def act() -> Response:
    """Let a courier act."""
    asked = _asked()
    found = re.fullmatch(r"/api/deliveries/(\d+)", str(asked.get("delivery")))
    with world().lock:
        delivery = world().deliveries.get(int(found[1])) if found else None
        if delivery is None:
            return _told({"error": f"there is no delivery {asked.get('delivery')!r}"}, 404)
        try:
            courier.act(
                world(),
                outbox(),
                delivery,
                str(asked.get("do")),
                courier=asked.get("courier"),
                task=asked.get("task"),
            )
        except ValueError as wrong:
            return _told({"error": str(wrong)}, 400)
        return _told({"delivery": delivery.iri, "tasks": [task.status for task in delivery.tasks]})


@routes.get("/stats")
def stats() -> Response:
    """Show what happened since the last reset."""
    statistics = _gate().statistics
    with world().lock:
        deliveries = list(world().deliveries.values())
        cancelled = sum(each.cancelled for each in deliveries)
        return _told(
            {
                "requests": statistics.requests(),
                "token_requests": statistics.total("POST /oauth2/token"),
                "created": world().count("delivery"),
                "cancelled": cancelled,
                "deliveries": len(deliveries) - cancelled,
                "deliveries_by_ref": _by_ref(deliveries),
                "fault_hits": statistics.hits(),
                "faults": [each.mode for each in _gate().faults()],
                "webhooks_sent": [vars(each) for each in outbox().sent],
            }
        )


def _by_ref(deliveries: list[Delivery]) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}
    for each in deliveries:
        reference = each.dropoff.metadata.get("bridge_ref") if each.dropoff else None
        if reference is not None:
            found.setdefault(str(reference), []).append({"@id": each.iri, "cancelled": each.cancelled})
    return found
