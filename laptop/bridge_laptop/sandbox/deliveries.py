"""Making, changing and cancelling deliveries: defaults, constraints, commit.

The order of the steps is CoopCycle's: whose store it is (403), the tasks with their addresses (400, 500), the
defaults, the constraints (400), the price, and only then the commit. A refusal leaves nothing behind.
"""

from __future__ import annotations

import copy
import re
from datetime import timedelta
from typing import Any

from bridge_laptop.sandbox.intake import Raw, TaskReader, member
from bridge_laptop.sandbox.places import polyline, route_metres, route_seconds
from bridge_laptop.sandbox.pricing import matches, matching_rule, tax_in
from bridge_laptop.sandbox.problems import BadRequest, Forbidden, Invalid, ServerFault, Violation
from bridge_laptop.sandbox.seed import Store
from bridge_laptop.sandbox.state import CANCELLED, DROPOFF, PICKUP, Delivery, Order, Task, World

_NOT_BLANK = "c1051bb4-d103-4f74-8988-acbcafc7fdc3"
_NOT_TRUE = "6b3befbc-2f01-4ddf-be21-b57898905284"
_NO_SUCH_CHOICE = "8e179f1b-97aa-4560-a02f-2a8b42e49df7"
_DEFAULT_WINDOW = timedelta(minutes=15)


def draft(world: World, own_store: Store, body: Raw) -> Delivery:
    """Build a delivery from a body, with its defaults, without checking or keeping it.

    Raises:
        Forbidden: it names another store.
        BadRequest: a member cannot be read.
        ServerFault: it has no place to go, or an address nobody finds.

    """
    store = _store_named(world, own_store, body)
    reader = TaskReader(world, store)
    delivery = Delivery(store, _new_tasks(reader, body))
    _set_defaults(world, delivery)
    if weight := member(body, "weight", "int"):
        _first_dropoff(delivery).weight = weight
    if body.get("packages"):
        reader.apply_packages(body, _first_dropoff(delivery))
    return delivery


def create(world: World, own_store: Store, body: Raw) -> Delivery:
    """Create a delivery.

    Raises:
        ApiProblem: see `draft` and `check`; also an unknown method of payment.

    """
    delivery = draft(world, own_store, body)
    check(delivery)
    method = _payment_method(delivery.store, body)
    _dress(world, delivery)
    return commit(world, delivery, payment_method=method)


def commit(
    world: World, delivery: Delivery, *, total: int | None = None, payment_method: str | None = None
) -> Delivery:
    """Give the delivery its order and keep both."""
    if total is None:
        rule = matching_rule(delivery, world.seed, world.clock.now())
        total = rule.price if rule else 0
    world.keep_delivery(delivery)
    order = Order(world.next_id("order"), total, tax_in(total, world.seed), payment_method)
    delivery.order = world.orders[order.id] = order
    return delivery


def change(world: World, own_store: Store, delivery: Delivery, body: Raw) -> Delivery:
    """Change a delivery: what the body does not name stays as it is, and so does the price.

    Raises:
        ApiProblem: as for `create`; also a task that is not the delivery's. Nothing is changed then.

    """
    store = _store_named(world, own_store, body)
    reader = TaskReader(world, store)
    revised = copy.deepcopy(delivery)
    left_out: list[Task] = []
    if tasks := member(body, "tasks", "array"):
        kept = [_apply_existing(reader, raw, revised.tasks) for raw in tasks]
        left_out = [task for task in revised.tasks if task not in kept]
        revised.tasks = [task for task in revised.tasks if task in kept]
    else:
        _apply_pair(reader, body, revised.pickup, revised.dropoff)
    _set_defaults(world, revised)
    check(revised)
    return _keep_changes(world, revised, left_out)


def _keep_changes(world: World, revised: Delivery, left_out: list[Task]) -> Delivery:
    now = world.clock.now()
    for task in left_out:
        task.status = CANCELLED
        task.events.append(("task:cancelled", now))
    for task in revised.tasks + left_out:
        task.updated_at = now
        world.tasks[task.id] = task
        if task.address:
            world.keep_address(task.address)
    world.deliveries[revised.id] = revised
    return revised


def cancel(world: World, delivery: Delivery) -> None:
    """Cancel a delivery; it stays in the lists, its tasks cancelled. A second time changes nothing.

    Raises:
        BadRequest: a courier has one of its tasks.

    """
    if any(task.assigned_to for task in delivery.tasks):
        raise BadRequest("Tasks have already been assigned")
    now = world.clock.now()
    for task in delivery.tasks:
        if task.status != CANCELLED:
            task.status = CANCELLED
            task.events.append(("task:cancelled", now))


def check(delivery: Delivery, *, feasible: bool = False, world: World | None = None) -> None:
    """Check the constraints on a delivery; with `feasible` also the store's own condition.

    Raises:
        Invalid: one of them is broken.

    """
    broken = [violation for index, task in enumerate(delivery.tasks) for violation in _broken(index, task)]
    pickup, dropoff = delivery.pickup, delivery.dropoff
    if pickup and dropoff and pickup.before and dropoff.before and pickup.before > dropoff.before:
        broken.append(Violation("items", "delivery.tasks.pickupAfterDropoff", None))
    if broken:
        raise Invalid(*broken)
    condition = delivery.store.check_expression
    if feasible and world and condition and not matches(condition, delivery, world.clock.now()):
        raise Invalid(Violation("items", "La livraison n'est pas possible à cette adresse", None))


def _broken(index: int, task: Task) -> list[Violation]:
    path = f"items[{index}].task"
    if task.type not in {PICKUP, DROPOFF}:
        return [Violation(f"{path}.type", "Cette valeur doit être l'un des choix proposés.", _NO_SUCH_CHOICE)]
    if task.before is None:
        return [Violation(f"{path}.doneBefore", "Cette valeur ne doit pas être vide.", _NOT_BLANK)]
    if task.after is not None and task.after >= task.before:
        return [Violation(f"{path}.doneBefore", "La plage horaire n'est pas valide", _NOT_TRUE)]
    return []


def _store_named(world: World, own_store: Store, body: Raw) -> Store:
    iri = member(body, "store", "string")
    if not iri:
        return own_store
    found = re.fullmatch(r"/api/stores/(\d+)", iri)
    store = world.seed.stores.get(int(found[1])) if found else None
    if store is None:
        raise BadRequest(f'Item not found for "{iri}".')
    if store != own_store:
        raise Forbidden
    return store


def _new_tasks(reader: TaskReader, body: Raw) -> list[Task]:
    tasks = member(body, "tasks", "array")
    if not tasks:
        pair = [Task(PICKUP), Task(DROPOFF)]
        _apply_pair(reader, body, *pair)
        return pair
    made = [reader.apply(_object(raw), Task(DROPOFF)) for raw in tasks]
    made[0].type = PICKUP
    return made


def _apply_pair(reader: TaskReader, body: Raw, pickup: Task | None, dropoff: Task | None) -> None:
    for name, task, type_ in (("pickup", pickup, PICKUP), ("dropoff", dropoff, DROPOFF)):
        raw = member(body, name, "array")
        if raw is not None and task is not None:
            reader.apply(_object(raw), task, type_=type_)


def _apply_existing(reader: TaskReader, raw: Any, tasks: list[Task]) -> Task:
    wanted = member(_object(raw), "id", "int")
    for task in tasks:
        if task.id == wanted:
            return reader.apply(raw, task)
    raise BadRequest("task.id")


def _object(raw: Any) -> Raw:
    if isinstance(raw, dict):
        return raw
    if raw == []:
        return {}
    raise BadRequest("A task must be an object.")


def _first_dropoff(delivery: Delivery) -> Task:
    return next(task for task in delivery.tasks if task.type == DROPOFF)


def _set_defaults(world: World, delivery: Delivery) -> None:
    pickup, dropoff = delivery.pickup, delivery.dropoff
    if pickup is None or dropoff is None:
        raise ServerFault
    if pickup.address is None:
        pickup.address = world.addresses[delivery.store.address]
    stops = [task.address.coordinates for task in delivery.tasks if task.address and task.address.coordinates]
    if len(stops) != len(delivery.tasks):
        raise ServerFault
    if dropoff.before:
        _set_pickup_ends(delivery, dropoff)
    for task in delivery.tasks:
        if task.before and task.after is None:
            task.after = task.before - _DEFAULT_WINDOW
    delivery.distance, delivery.duration = route_metres(stops), route_seconds(stops)
    delivery.polyline = polyline(stops)


def _set_pickup_ends(delivery: Delivery, dropoff: Task) -> None:
    """Give a pickup without an end the dropoff's, less the way between them."""
    for task in delivery.tasks:
        if task.type != PICKUP or task.before or not (task.address and dropoff.address and dropoff.before):
            continue
        if task.address.coordinates and dropoff.address.coordinates:
            way = route_seconds([task.address.coordinates, dropoff.address.coordinates])
            task.before = dropoff.before - timedelta(seconds=way)


def _dress(world: World, delivery: Delivery) -> None:
    """Add what the store's settings and the parcels put on a new delivery."""
    pickup = delivery.pickup
    printed = [f"{quantity} × {name}" for name, quantity in delivery.packages().items()]
    if delivery.weight is not None:
        printed.append(f"{delivery.weight / 1000:,.2f} kg")
    if pickup and printed:
        pickup.comments = "\n\n".join(filter(None, (pickup.comments, "\n".join(printed))))
    store = delivery.store
    for task in delivery.tasks:
        task.tags = [slug for slug in world.seed.tags if slug in {*task.tags, *store.tags}]
        if store.document:
            task.metadata["documents"] = [store.document]
        if store.default_courier:
            task.assigned_to = store.default_courier
            task.events.append(("task:assigned", world.clock.now()))


def _payment_method(store: Store, body: Raw) -> str | None:
    order = member(body, "order", "array")
    method = member(order, "paymentMethod", "string") if isinstance(order, dict) else None
    if method and not (method == "cash_on_delivery" and store.cash_on_delivery):
        raise BadRequest("order.paymentMethod is not valid")
    return method
