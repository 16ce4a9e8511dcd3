"""Making, changing and cancelling deliveries: defaults, constraints, commit.

The order of the steps is CoopCycle's: whose store it is (403), the tasks with their addresses (400, 500), the
defaults, the constraints (400), what the columns can hold (500), and only then the commit. A refusal leaves
nothing behind, but for one (see `create`).
"""

from __future__ import annotations

import copy
import re
from datetime import timedelta
from typing import Any

from bridge_laptop.sandbox.http.errors import BadRequest, Forbidden, Invalid, ServerFault, Violation
from bridge_laptop.sandbox.instance.database import Instance
from bridge_laptop.sandbox.instance.geocoding import (
    is_valid_telephone,
    polyline,
    route_metres,
    route_seconds,
)
from bridge_laptop.sandbox.instance.model import CANCELLED, DROPOFF, PICKUP, Address, Delivery, Order, Task
from bridge_laptop.sandbox.instance.pricing import matches, matching_rule, tax_in
from bridge_laptop.sandbox.instance.task_input import Raw, TaskReader, member
from bridge_laptop.sandbox.seed import Store

_NOT_BLANK = "c1051bb4-d103-4f74-8988-acbcafc7fdc3"
_NOT_TRUE = "6b3befbc-2f01-4ddf-be21-b57898905284"
_NO_SUCH_CHOICE = "8e179f1b-97aa-4560-a02f-2a8b42e49df7"
_NO_PHONE_NUMBER = "ca23f4ca-38f4-4325-9bcc-eb570a4abe7f"
_DEFAULT_WINDOW = timedelta(minutes=15)
_LONGEST_TEXT = 255  # characters (recorded: create_addresses, "a name of 300 characters" and its like)
_LARGEST_INTEGER = 2**31 - 1  # recorded: create_goods, "weight of 3 000 000 000"


def draft(instance: Instance, own_store: Store, body: Raw) -> Delivery:
    """Build a delivery from a body, with its defaults, without checking or keeping it.

    Raises:
        Forbidden: it names another store.
        BadRequest: a member cannot be read.
        ServerFault: it has no place to go, or an address nobody finds.

    """
    store = _store_named(instance, own_store, body)
    reader = TaskReader(instance, store)
    delivery = Delivery(store, _new_tasks(reader, body))
    _set_defaults(instance, delivery)
    if weight := member(body, "weight", "int"):
        _first_dropoff(delivery).weight = weight
    if body.get("packages"):
        reader.apply_packages(body, _first_dropoff(delivery))
    return delivery


def create(instance: Instance, own_store: Store, body: Raw) -> Delivery:
    """Create a delivery.

    An unknown method of payment is found out after the commit: that 400 leaves a delivery behind (recorded:
    create_refusals, "cash on delivery where the store has it not"; the next one is two numbers further).

    Raises:
        ApiProblem: see `draft` and `check`; also an unknown method of payment.

    """
    delivery = draft(instance, own_store, body)
    check_constraints(delivery)
    _dress(instance, delivery)
    commit(instance, delivery)
    _check_payment_method(delivery.store, body)
    return delivery


def commit(instance: Instance, delivery: Delivery, *, quoted: int | None = None) -> Delivery:
    """Give the delivery its order and keep both; `quoted` is the price of a quote, in cents.

    Raises:
        ServerFault: a text or a number does not fit into its column; nothing is kept.

    """
    _fit_columns(delivery)
    total = quoted
    if total is None:
        rule = matching_rule(delivery, instance.seed, instance.clock.now())
        total = rule.price if rule else 0
    instance.keep_delivery(delivery)
    for task in delivery.tasks:
        if task.assigned_to:
            instance.note(task, "assigned", username=task.assigned_to)
    order = Order(instance.next_id("order"), total, tax_in(total, instance.seed), numbered=quoted is None)
    delivery.order = instance.orders[order.id] = order
    return delivery


def change(instance: Instance, own_store: Store, delivery: Delivery, body: Raw) -> Delivery:
    """Change a delivery: what the body does not name stays as it is, and so does the price.

    With `tasks`, one without a number is a new stop, and one left out is cancelled and stays in the list
    (recorded: change_stops). Whether the delivery is done or cancelled is not asked (recorded: cancel,
    "a change of a cancelled one"; courier).

    Raises:
        ApiProblem: as for `create`; also a task that is not the delivery's. Nothing is changed then.

    """
    store = _store_named(instance, own_store, body)
    reader = TaskReader(instance, store)
    revised = copy.deepcopy(delivery)
    left_out: list[Task] = []
    if tasks := member(body, "tasks", "array"):
        before = list(revised.tasks)
        kept = [_apply_to_stop(reader, raw, revised) for raw in tasks]
        left_out = [task for task in before if task not in kept and task.status != CANCELLED]
        for task in left_out:
            task.status = CANCELLED
    else:
        _apply_pair(reader, body, revised.pickup, revised.dropoff)
    _set_defaults(instance, revised)
    check_constraints(revised)
    _fit_columns(revised)
    for task in left_out:
        instance.note(task, "cancelled")
    return instance.keep_delivery(revised)


def cancel(instance: Instance, delivery: Delivery) -> None:
    """Cancel a delivery; it stays in the lists, its tasks cancelled. A second time changes nothing.

    Raises:
        BadRequest: a courier has one of its tasks (recorded: cancel, "assigned"; courier, "done").

    """
    if any(task.assigned_to for task in delivery.tasks):
        raise BadRequest("Tasks have already been assigned")
    for task in delivery.riding:
        task.status = CANCELLED
        instance.note(task, "cancelled")


def check_constraints(
    delivery: Delivery, *, feasible: bool = False, instance: Instance | None = None
) -> None:
    """Check the constraints on a delivery; with `feasible` also the store's own condition.

    Raises:
        Invalid: one of them is broken.

    """
    broken = [violation for index, task in enumerate(delivery.tasks) for violation in _broken(index, task)]
    pickup, dropoff = delivery.pickup, delivery.dropoff
    if pickup and dropoff and pickup.before and dropoff.before and _later(pickup, dropoff):
        broken.append(Violation("items", "delivery.tasks.pickupAfterDropoff", None))
    if broken:
        raise Invalid(*broken)
    condition = delivery.store.check_expression
    if feasible and instance and condition and not matches(condition, delivery, instance.clock.now()):
        raise Invalid(Violation("items", "La livraison n'est pas possible à cette adresse", None))


def _later(pickup: Task, dropoff: Task) -> bool:
    return bool(pickup.before and dropoff.before) and _seconds(pickup.before) > _seconds(dropoff.before)


def _seconds(moment: Any) -> float:
    """Return a moment as PHP compares it; wall clocks of one zone would hide the doubled hour."""
    return float(moment.timestamp())


def _broken(index: int, task: Task) -> list[Violation]:
    path = f"items[{index}].task"
    found = []
    if task.type not in {PICKUP, DROPOFF}:
        found.append(
            Violation(f"{path}.type", "Cette valeur doit être l'un des choix proposés.", _NO_SUCH_CHOICE)
        )
    if task.before is None:
        found.append(Violation(f"{path}.doneBefore", "Cette valeur ne doit pas être vide.", _NOT_BLANK))
    elif task.after is not None and _seconds(task.after) >= _seconds(task.before):
        found.append(Violation(f"{path}.doneBefore", "La plage horaire n'est pas valide", _NOT_TRUE))
    telephone = task.address and task.address.telephone
    if telephone and not is_valid_telephone(telephone):
        message = "Cette valeur n'est pas un numéro de téléphone valide."
        found.append(Violation(f"{path}.address.telephone", message, _NO_PHONE_NUMBER))
    return found


def _fit_columns(delivery: Delivery) -> None:
    if any(abs(task.weight or 0) > _LARGEST_INTEGER for task in delivery.tasks):
        raise ServerFault
    for task in delivery.tasks:
        if task.address:
            fit_columns(task.address)


def fit_columns(address: Address) -> None:
    """Refuse an address with a text that its column cannot hold; the database would.

    Raises:
        ServerFault: one has more than 255 characters.

    """
    for text in (address.street, address.name, address.contact_name):
        if text and len(text) > _LONGEST_TEXT:
            raise ServerFault


def _store_named(instance: Instance, own_store: Store, body: Raw) -> Store:
    iri = member(body, "store", "string")
    if not iri:
        return own_store
    found = re.fullmatch(r"/api/stores/(\d+)", iri)
    store = instance.seed.stores.get(int(found[1])) if found else None
    if store is None:
        raise BadRequest(f'Item not found for "{iri}".')
    if store != own_store:
        raise Forbidden
    return store


def _new_tasks(reader: TaskReader, body: Raw) -> list[Task]:
    """Read the tasks of a new delivery; of two the first is the pickup, whatever they say.

    Recorded: create_tasks, "no type" and "dropoff first" (refused, as the pickup then ends after the
    dropoff). That the first of more is a pickup unless it says otherwise is a belief.
    """
    raws = member(body, "tasks", "array")
    if not raws:
        pair = [Task(PICKUP), Task(DROPOFF)]
        _apply_pair(reader, body, *pair)
        return pair
    tasks = [
        reader.apply(_object(raw), Task(DROPOFF if position else PICKUP)) for position, raw in enumerate(raws)
    ]
    if len(tasks) == 2:
        tasks[0].type, tasks[1].type = PICKUP, DROPOFF
    return tasks


def _apply_pair(reader: TaskReader, body: Raw, pickup: Task | None, dropoff: Task | None) -> None:
    for name, task, type_ in (("pickup", pickup, PICKUP), ("dropoff", dropoff, DROPOFF)):
        raw = member(body, name, "array")
        if raw is not None and task is not None:
            reader.apply(_object(raw), task, type_=type_)


def _apply_to_stop(reader: TaskReader, raw: Any, delivery: Delivery) -> Task:
    """Write an input over the task that it names, or over a new one."""
    wanted = member(_object(raw), "id", "int")
    if wanted is None:
        delivery.tasks.append(reader.apply(raw, Task(DROPOFF)))
        return delivery.tasks[-1]
    for task in delivery.tasks:
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


def _set_defaults(instance: Instance, delivery: Delivery) -> None:
    """Fill in what nobody said: the store's own address, ends of pickups, quarters of an hour, the way.

    Recorded: create_windows, "before only, no pickup". Cancelled tasks are no part of the way (recorded:
    cancel, "a change of a cancelled one"), except when a stop is added, and one task alone has none
    (recorded: change_stops, "all anew, without ids", "only one stop named").
    """
    pickup, dropoff = delivery.pickup, delivery.dropoff
    if pickup is None or dropoff is None:
        raise ServerFault
    if pickup.address is None:
        pickup.address = instance.addresses[delivery.store.address]
    if any(task.address is None or task.address.coordinates is None for task in delivery.tasks):
        raise ServerFault
    if dropoff.before:
        _set_pickup_ends(delivery, dropoff)
    for task in delivery.tasks:
        if task.before and task.after is None:
            task.after = task.before - _DEFAULT_WINDOW
    passed = delivery.tasks if any(not task.id for task in delivery.tasks) else delivery.riding
    stops = [task.address.coordinates for task in passed if task.address and task.address.coordinates]
    delivery.distance, delivery.duration = route_metres(stops), route_seconds(stops)
    delivery.polyline = polyline(stops) if len(stops) > 1 else ""


def _set_pickup_ends(delivery: Delivery, dropoff: Task) -> None:
    """Give a pickup without an end the dropoff's, less the way between them."""
    for task in delivery.tasks:
        if task.type != PICKUP or task.before or not (task.address and dropoff.address and dropoff.before):
            continue
        if task.address.coordinates and dropoff.address.coordinates:
            way = route_seconds([task.address.coordinates, dropoff.address.coordinates])
            task.before = dropoff.before - timedelta(seconds=way)


def _dress(instance: Instance, delivery: Delivery) -> None:
    """Add what the store's settings and the parcels put on a new delivery.

    Recorded: create_goods: parcels and weight are printed on the first pickup, once; a line that is no
    weight ends in a line break, and a negative weight is `0.00 kg`.
    """
    pickup = delivery.pickup
    printed = "".join(f"{quantity} × {name}\n" for name, quantity in delivery.packages().items())
    if delivery.weight is not None:
        printed += f"{round(delivery.weight / 1000, 2) + 0.0:,.2f} kg"
    if pickup and printed:
        pickup.comments = "\n\n".join(filter(None, (pickup.comments, printed)))
    store = delivery.store
    for task in delivery.tasks:
        task.tags = [slug for slug in instance.seed.tags if slug in {*task.tags, *store.tags}]
        if store.document:
            task.metadata["documents"] = [store.document]
        if store.default_courier:
            task.assigned_to = store.default_courier


def _check_payment_method(store: Store, body: Raw) -> None:
    order = member(body, "order", "array")
    method = member(order, "paymentMethod", "string") if isinstance(order, dict) else None
    if method and not (method == "cash_on_delivery" and store.cash_on_delivery):
        raise BadRequest("order.paymentMethod is not valid")
