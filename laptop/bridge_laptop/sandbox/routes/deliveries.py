"""Deliveries: creating, reading, changing, cancelling, and asking whether one is feasible.

Recorded: create_simple and its like, change, change_stops, cancel; feasibility in feasibility_and_price.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from bridge_laptop.sandbox.http.errors import NotFound, ServerFault
from bridge_laptop.sandbox.http.json_ld import (
    JSON_LD,
    Body,
    answer,
    base_url,
    data,
    nothing,
    plainly,
    with_context,
)
from bridge_laptop.sandbox.http.request import caller, instance, read_body
from bridge_laptop.sandbox.instance import create_and_change
from bridge_laptop.sandbox.instance.model import Delivery
from bridge_laptop.sandbox.routes import orders, tasks

routes = Blueprint("deliveries", __name__)


@routes.post("/api/deliveries")
def create_delivery() -> Response:
    """Create a delivery; JSON-LD is the only form it takes."""
    asking = caller("deliveries")
    delivery = create_and_change.create(instance(), asking.store, read_body(JSON_LD))
    return _written(delivery, 201)


@routes.get("/api/deliveries/<int:delivery_id>")
def read_delivery(delivery_id: int) -> Response:
    """Show a delivery of the caller's store."""
    return _written(_delivery_of_caller(delivery_id))


@routes.put("/api/deliveries/<int:delivery_id>")
def change_delivery(delivery_id: int) -> Response:
    """Change what the body names."""
    delivery = _delivery_of_caller(delivery_id)
    return _written(create_and_change.change(instance(), delivery.store, delivery, read_body()))


@routes.delete("/api/deliveries/<int:delivery_id>")
def cancel_delivery(delivery_id: int) -> Response:
    """Cancel a delivery that no courier has."""
    create_and_change.cancel(instance(), _delivery_of_caller(delivery_id))
    return nothing()


@routes.post("/api/deliveries/assert")
def assert_delivery() -> Response:
    """Say whether a delivery would be possible; nothing is kept, and plain JSON breaks it."""
    asking = caller("deliveries")
    if request.mimetype != JSON_LD:
        raise ServerFault
    draft = create_and_change.draft(instance(), asking.store, read_body())
    create_and_change.check_constraints(draft, feasible=True, instance=instance())
    return data([])


def _delivery_of_caller(delivery_id: int) -> Delivery:
    asking = caller("deliveries")
    delivery = instance().deliveries.get(delivery_id)
    if delivery is None:
        raise NotFound
    asking.must_own(delivery.store)
    return delivery


def _written(delivery: Delivery, status: int = 200) -> Response:
    return answer(
        with_context(delivery_json(delivery), "Delivery"),
        status,
        plain=lambda: _plain(delivery),
        location=delivery.iri if status == 201 else None,
    )


def delivery_json(delivery: Delivery) -> Body:
    """Write a delivery."""
    of_tasks = {task.id: tasks.task_of_delivery(delivery, task) for task in delivery.tasks}
    pickup, dropoff = delivery.pickup, delivery.dropoff
    return {
        "@id": delivery.iri,
        "@type": "http://schema.org/ParcelDelivery",
        "id": delivery.id,
        "order": orders.order_json(delivery.order) if delivery.order else None,
        "distance": delivery.distance,
        "duration": delivery.duration,
        "polyline": delivery.polyline,
        "tasks": list(of_tasks.values()),
        "pickup": of_tasks[pickup.id] if pickup else None,
        "dropoff": of_tasks[dropoff.id] if dropoff else None,
        "trackingUrl": f"{base_url()}/{instance().seed.instance.locale}/pub/d/{delivery.tracking_code}",
    }


def _plain(delivery: Delivery) -> Body:
    """Write a delivery as plain JSON, which has less (recorded: create_refusals, "asks for JSON")."""
    written = {name: value for name, value in delivery_json(delivery).items() if name in _IN_PLAIN_JSON}
    order = written["order"] and {name: written["order"][name] for name in ("number", "total", "taxTotal")}
    plain = plainly({**written, "order": order, "tasks": [tasks.plain_task(task) for task in delivery.tasks]})
    return dict(plain) if isinstance(plain, dict) else {}


_IN_PLAIN_JSON = ("id", "order", "distance", "duration", "polyline")
