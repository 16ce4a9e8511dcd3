"""What couriers and dispatchers do to a delivery, and the events CoopCycle sends out for it.

| act      | tasks                           | event                              |
|----------|---------------------------------|------------------------------------|
| assign   | all get the courier             | delivery.assigned                  |
| unassign | all lose the courier            | none                               |
| start    | the pickup is DOING             | delivery.started                   |
| pick     | the pickup is DONE              | delivery.picked                    |
| transit  | the dropoff is DOING            | delivery.in_transit                |
| drop     | the dropoff is DONE             | delivery.completed                 |
| fail     | the dropoff is FAILED, or the pickup with `"task": "pickup"` | delivery.failed |
| cancel   | all are CANCELLED               | none: CoopCycle does not tell      |
"""

from __future__ import annotations

from bridge_laptop.sandbox.outbound import Outbox
from bridge_laptop.sandbox.state import CANCELLED, DOING, DONE, FAILED, Delivery, Task, World

_STEPS = {
    "start": ("pickup", DOING, "task:started", "delivery.started"),
    "pick": ("pickup", DONE, "task:done", "delivery.picked"),
    "transit": ("dropoff", DOING, "task:started", "delivery.in_transit"),
    "drop": ("dropoff", DONE, "task:done", "delivery.completed"),
    "fail": ("dropoff", FAILED, "task:failed", "delivery.failed"),
}
ACTS = ("assign", "unassign", "cancel", *_STEPS)


def act(
    world: World,
    outbox: Outbox,
    delivery: Delivery,
    what: str,
    *,
    courier: str | None = None,
    task: str | None = None,
) -> None:
    """Do one of the acts.

    Raises:
        ValueError: there is no such act.

    """
    if what not in ACTS:
        raise ValueError(f"a courier can {', '.join(ACTS)}, not {what!r}")
    if what in _STEPS:
        stop, status, event, told = _STEPS[what]
        target = delivery.pickup if (task or stop) == "pickup" else delivery.dropoff
        for each in (target,) if target else ():
            each.status = status
            _note(world, each, event)
        outbox.fire(told, delivery)
        return
    for each in delivery.tasks:
        _dispatch(world, each, what, courier or next(iter(world.seed.couriers), "courier"))
    if what == "assign":
        outbox.fire("delivery.assigned", delivery)


def _dispatch(world: World, task: Task, what: str, courier: str) -> None:
    if what == "cancel":
        task.status = CANCELLED
        _note(world, task, "task:cancelled")
    else:
        task.assigned_to = courier if what == "assign" else None
        _note(world, task, f"task:{what}ed")


def _note(world: World, task: Task, event: str) -> None:
    now = world.clock.now()
    task.updated_at = now
    task.events.append((event, now))
