"""Tasks: read by their store, and worked on by dispatchers and couriers.

Recorded: courier, dispatcher_edits, cancel. That a courier may act on what he has, a dispatcher on
everything, and an OAuth client may only read, is a belief.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, Response

from bridge_laptop.sandbox.http.errors import BadRequest, Forbidden, NotFound
from bridge_laptop.sandbox.http.json_ld import (
    Body,
    answer,
    base_url,
    collection,
    search,
    time_of,
    with_context,
)
from bridge_laptop.sandbox.http.request import caller, instance, outbox, person, read_body, read_body_if_any
from bridge_laptop.sandbox.instance.clock import UnreadableTime
from bridge_laptop.sandbox.instance.couriers import Crew
from bridge_laptop.sandbox.instance.model import Delivery, Task
from bridge_laptop.sandbox.instance.task_input import member
from bridge_laptop.sandbox.routes import addresses

routes = Blueprint("tasks", __name__)


@routes.get("/api/tasks/<int:task_id>")
def read_task(task_id: int) -> Response:
    """Show one task."""
    return _written(_task_to_read(task_id))


@routes.get("/api/tasks/<int:task_id>/events")
def read_task_events(task_id: int) -> Response:
    """Show what happened to one task, the oldest second first; within one the order is arbitrary."""
    task = _task_to_read(task_id)
    iri = f"/api/tasks/{task.id}/events"
    events: list[Body] = [
        {
            "@id": f"/api/task_events/{each.id}",
            "@type": "TaskEvent",
            "name": each.name,
            "data": each.data or [],
            "createdAt": time_of(each.created_at),
        }
        for each in sorted(task.events, key=lambda each: (each.created_at, -each.id))
    ]
    found = search(iri, ["date", "assigned", "organization"])
    return answer(collection("Task", iri, events, len(events), **{"hydra:search": found}))


@routes.put("/api/tasks/<int:task_id>")
def edit_task(task_id: int) -> Response:
    """Change a task's window or words, as its dispatcher."""
    task, body = _task_of_dispatcher(task_id), read_body()
    with _times_read():
        _crew().edit(task, **{name: member(body, name, "string") for name in ("after", "before", "comments")})
    return _written(task)


@routes.put("/api/tasks/<int:task_id>/assign")
def assign(task_id: int) -> Response:
    """Give a task and its delivery to a courier."""
    task, username = _task_of_dispatcher(task_id), member(read_body(), "username", "string")
    if username not in instance().seed.couriers:
        raise BadRequest(f"Unknown user {username!r}")
    _crew().assign(task, username)
    return _written(task)


@routes.put("/api/tasks/<int:task_id>/unassign")
def unassign(task_id: int) -> Response:
    """Take a task and its delivery from its courier."""
    task = _task_of_dispatcher(task_id)
    _crew().unassign(task)
    return _written(task)


@routes.put("/api/tasks/<int:task_id>/cancel")
def cancel(task_id: int) -> Response:
    """Cancel one task."""
    task = _task_of_dispatcher(task_id)
    _crew().cancel(task)
    return _written(task)


@routes.put("/api/tasks/<int:task_id>/restore")
def restore(task_id: int) -> Response:
    """Take the cancellation of a task back."""
    task = _task_of_dispatcher(task_id)
    _crew().restore(task)
    return _written(task)


@routes.put("/api/tasks/<int:task_id>/reschedule")
def reschedule(task_id: int) -> Response:
    """Put a task off."""
    task, body = _task_of_dispatcher(task_id), read_body()
    with _times_read():
        _crew().reschedule(task, str(body.get("after")), str(body.get("before")))
    return _written(task)


@routes.put("/api/tasks/<int:task_id>/start")
def start(task_id: int) -> Response:
    """Be on the way to a task."""
    task = _task_of_courier(task_id)
    _crew().start(task)
    return _written(task)


@routes.put("/api/tasks/<int:task_id>/done")
def done(task_id: int) -> Response:
    """Finish a task."""
    task, body = _task_of_courier(task_id), read_body_if_any()
    _crew().done(task, member(body, "notes", "string"))
    return _written(task)


@routes.put("/api/tasks/<int:task_id>/failed")
def failed(task_id: int) -> Response:
    """Give a task up."""
    task, body = _task_of_courier(task_id), read_body_if_any()
    _crew().failed(task, member(body, "notes", "string"), member(body, "reason", "string"))
    return _written(task)


@contextmanager
def _times_read() -> Iterator[None]:
    """Answer 400 to a time that is none."""
    try:
        yield
    except UnreadableTime as wrong:
        raise BadRequest(f'Failed to parse time string "{wrong}"') from wrong


def _crew() -> Crew:
    return Crew(instance(), outbox())


def _task(task_id: int) -> Task:
    task = instance().tasks.get(task_id)
    if task is None:
        raise NotFound
    return task


def _task_to_read(task_id: int) -> Task:
    if person():
        return _task(task_id)
    asking, task = caller("tasks", "deliveries"), _task(task_id)
    asking.must_own(instance().deliveries[task.delivery].store)
    return task


def _task_of_dispatcher(task_id: int) -> Task:
    asking = person()
    if asking is None:
        caller()
    if asking is None or asking.role != "dispatcher":
        raise Forbidden
    return _task(task_id)


def _task_of_courier(task_id: int) -> Task:
    asking = person()
    if asking is None:
        caller()
        raise Forbidden
    task = _task(task_id)
    if asking.role == "courier" and task.assigned_to != asking.username:
        raise Forbidden
    return task


def _written(task: Task) -> Response:
    return answer(with_context(task_json(task), "Task"))


def task_json(task: Task) -> Body:
    """Write a task on its own, with what couriers' apps see of it."""
    delivery = instance().deliveries[task.delivery]
    around = [None, *(each.id for each in delivery.tasks), None]
    position = around.index(task.id)
    before, after = around[position - 1], around[position + 1]
    return {
        **task_of_delivery(delivery, task),
        "address": addresses.address_json(task.address, firstName=None, lastName=None),
        "updatedAt": time_of(task.updated_at),
        "group": None,
        "doorstep": False,
        "ref": None,
        "recurrenceRule": None,
        "incidents": [],
        "emittedCo2": 0,
        "traveledDistanceMeter": 0,
        "isAssigned": task.assigned_to is not None,
        "orgName": delivery.store.name,
        "images": [],
        "hasIncidents": False,
        "assignedTo": task.assigned_to,
        "previous": f"/api/tasks/{before}" if before else None,
        "next": f"/api/tasks/{after}" if after else None,
    }


def task_of_delivery(delivery: Delivery, task: Task) -> Body:
    """Write a task as part of its delivery."""
    whole = delivery.sums_up(task)
    return {
        "@id": f"/api/tasks/{task.id}",
        "@type": "Task",
        "id": task.id,
        "type": task.type,
        "status": task.status,
        "address": addresses.address_json(task.address),
        "comments": task.comments or "",
        "createdAt": time_of(task.created_at),
        "metadata": {**task.metadata, **_metadata_of_coopcycle(delivery)},
        "weight": delivery.weight if whole else task.weight,
        "tags": [vars(instance().seed.tags[slug]) for slug in task.tags],
        "after": time_of(task.after),
        "before": time_of(task.before),
        "doneAfter": time_of(task.after),
        "doneBefore": time_of(task.before),
        "barcode": _barcode(task),
        "packages": _packages(delivery, delivery.tasks if whole else [task]),
    }


def plain_task(task: Task) -> Body:
    """Write a task as plain JSON, with less (recorded: create_refusals, "asks for JSON")."""
    return {
        "id": task.id,
        "type": task.type,
        "status": task.status,
        "address": addresses.address_json(task.address),
        "comments": task.comments,
        "createdAt": time_of(task.created_at),
        "metadata": task.metadata,
        "weight": task.weight,
        "tags": list(task.tags),
        "after": time_of(task.after),
        "before": time_of(task.before),
    }


def _metadata_of_coopcycle(delivery: Delivery) -> Body:
    """Write what wins over the client's own (recorded: create_texts, "metadata with keys of its own")."""
    order = delivery.order
    of_order: dict[str, Any] = {}
    if order:
        of_order = {"order_id": order.id, "order_number": order.number, "order_total": order.total}
    return {
        "zero_waste": False,
        **of_order,
        "has_loopeat_returns": False,
        "store": delivery.store.iri,
    }


def _packages(delivery: Delivery, tasks: list[Task]) -> list[Body]:
    known = instance().seed.packages_of(delivery.store)
    found: dict[str, Body] = {}
    for task in tasks:
        unit = 0
        for name, parcels in task.packages.items():
            kind = {"short_code": known[name].short_code, "name": name, "type": name}
            empty = {"volume_per_package": known[name].volume, "quantity": 0, "labels": [], "tasks": []}
            written = found.setdefault(name, {**kind, **empty})
            written["quantity"] += parcels.quantity
            written["tasks"].append(f"/api/tasks/{task.id}")
            for _ in range(parcels.quantity):
                unit += 1
                written["labels"].append(_label_url(f"67670011{task.id}P{parcels.id}U{unit}8076"))
    return list(found.values())


def _barcode(task: Task) -> Body:
    code = f"67670011{task.id}8076"
    return {"barcode": code, "label": {"token": _label_token(code), "url": _label_url(code)}}


def _label_token(code: str) -> str:
    return hashlib.sha256(f"label {code}".encode()).hexdigest()[:16]


def _label_url(code: str) -> str:
    return f"{base_url()}/tasks/label?code={code}&token={_label_token(code)}"
