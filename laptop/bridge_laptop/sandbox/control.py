"""The sandbox's own routes, under `/_sandbox/`; CoopCycle has nothing like them, and no token is asked for.

`POST reset`    back to the seed; ends faults, waits, tokens, the set clock and the counts
`POST clock`    `{"now": "2026-11-23T10:00:00+01:00"}` stops the clock there; null lets it run again
`POST fault`    see `faults/middleware.py`, and `faults/modes.py` for the modes
`POST courier`  `{"delivery": "/api/deliveries/1", "do": …}`, optionally `courier` and `task`; see
                `instance/couriers.py`
`GET stats`     what came, what was created, and which deliveries carry which reference of ours

A body that is no JSON object is refused with 400, and nothing changes; only a reset needs none.
"""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Blueprint, Response, current_app, request

from bridge_laptop.sandbox.faults.middleware import FaultInjector, read_fault
from bridge_laptop.sandbox.http.json_ld import data
from bridge_laptop.sandbox.http.request import instance, outbox
from bridge_laptop.sandbox.instance import couriers
from bridge_laptop.sandbox.instance.clock import UnreadableTime, atom
from bridge_laptop.sandbox.instance.model import Delivery

routes = Blueprint("control", __name__, url_prefix="/_sandbox")


class _Refused(Exception):
    """The control request cannot be done; carries why, and the status."""

    def __init__(self, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.status = status


@routes.errorhandler(_Refused)
def _write_refusal(refused: _Refused) -> Response:
    return data({"error": str(refused)}, refused.status)


def _injector() -> FaultInjector:
    found: FaultInjector = current_app.extensions["faults"]
    return found


def _body() -> dict[str, Any]:
    try:
        parsed = json.loads(request.get_data())
    except ValueError as wrong:
        raise _Refused("the body must be a JSON object, and is no JSON") from wrong
    if not isinstance(parsed, dict):
        raise _Refused("the body must be a JSON object")
    return parsed


@routes.post("/reset")
def reset() -> Response:
    """Go back to the seed."""
    if request.get_data():
        _body()
    _injector().halt()
    outbox().halt()
    instance().reset()
    _injector().statistics.reset()
    return data({"reset": True})


@routes.post("/clock")
def clock() -> Response:
    """Set the clock, or let it run."""
    body = _body()
    if "now" not in body:
        raise _Refused('"now" is missing: a time, or null to let the clock run')
    now = body["now"]
    if now is not None and not isinstance(now, str):
        raise _Refused('"now" must be a time, as text, or null')
    try:
        instance().clock.set(now)
    except UnreadableTime as wrong:
        raise _Refused(f"not a time: {wrong}") from wrong
    return data({"now": atom(instance().clock.now())})


@routes.post("/fault")
def fault() -> Response:
    """Set a fault, or end all of them."""
    body = _body()
    if body.get("mode") in {None, "none"}:
        _injector().clear()
    else:
        try:
            _injector().set(read_fault(body))
        except (ValueError, TypeError) as wrong:
            raise _Refused(str(wrong)) from wrong
    return data({"faults": [each.mode for each in _injector().faults()]})


@routes.post("/courier")
def act() -> Response:
    """Let a courier act."""
    body = _body()
    found = re.fullmatch(r"/api/deliveries/(\d+)", str(body.get("delivery")))
    delivery = instance().deliveries.get(int(found[1])) if found else None
    if delivery is None:
        raise _Refused(f"there is no delivery {body.get('delivery')!r}", 404)
    courier = body.get("courier") or next(iter(instance().seed.couriers), "courier")
    crew = couriers.Crew(instance(), outbox())
    try:
        couriers.act(crew, delivery, str(body.get("do")), courier=courier, task=body.get("task"))
    except ValueError as wrong:
        raise _Refused(str(wrong)) from wrong
    return data({"delivery": delivery.iri, "tasks": [task.status for task in delivery.tasks]})


@routes.get("/stats")
def stats() -> Response:
    """Show what happened since the last reset."""
    statistics = _injector().statistics
    deliveries = list(instance().deliveries.values())
    cancelled = sum(each.cancelled for each in deliveries)
    return data(
        {
            "requests": statistics.requests(),
            "token_requests": statistics.total("POST /oauth2/token"),
            "created": instance().count("delivery"),
            "cancelled": cancelled,
            "deliveries": len(deliveries) - cancelled,
            "deliveries_by_ref": _by_ref(deliveries),
            "fault_hits": statistics.hits(),
            "faults": [each.mode for each in _injector().faults()],
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
