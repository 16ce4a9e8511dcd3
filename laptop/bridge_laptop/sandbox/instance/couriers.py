"""What dispatchers and couriers do to tasks, and the events that CoopCycle sends out for it.

The routes (`routes/tasks.py`) and the sandbox's control (`act`) use the same functions. Whether a task's
state allows what is done to it is not asked: a belief that no recording contradicts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from bridge_laptop.sandbox.instance.clock import offset_kept, unconverted
from bridge_laptop.sandbox.instance.database import Instance
from bridge_laptop.sandbox.instance.model import CANCELLED, DOING, DONE, DROPOFF, FAILED, TODO, Delivery, Task
from bridge_laptop.sandbox.instance.outgoing_webhooks import Outbox


class Crew:
    """Dispatchers and couriers of one instance."""

    def __init__(self, instance: Instance, outbox: Outbox) -> None:
        self._instance = instance
        self._outbox = outbox

    def assign(self, task: Task, username: str) -> None:
        """Give a task to a courier, and with it the delivery's others (recorded: courier, the events).

        `delivery.assigned` is sent when the dropoff is among those that had another courier or none
        (recorded: outgoing_webhooks, "all six": once, although both tasks were assigned one by one).
        """
        delivery = self._delivery(task)
        newly = [each for each in delivery.tasks if each.assigned_to != username]
        for each in newly:
            self._instance.note(each, "updated")
        for each in newly:
            each.assigned_to = username
            self._instance.note(each, "assigned", username=username)
        if any(each.type == DROPOFF for each in newly):
            self._outbox.fire("delivery.assigned", delivery)

    def unassign(self, task: Task) -> None:
        """Take a delivery's tasks from their courier; nothing is sent."""
        for each in self._delivery(task).tasks:
            self._unassign(each)

    def start(self, task: Task) -> None:
        """Be on the way to a task."""
        task.status = DOING
        self._instance.note(task, "started")
        self._fire("delivery.in_transit" if task.type == DROPOFF else "delivery.started", task)

    def done(self, task: Task, notes: str | None = None) -> None:
        """Finish a task; that it was never started is no matter, and no other event is sent for it.

        Recorded: outgoing_webhooks, "all six": `courier PUT /api/tasks/4/done` sends delivery.picked alone.
        """
        task.status = DONE
        self._instance.note(task, "done", notes=notes)
        self._fire("delivery.completed" if task.type == DROPOFF else "delivery.picked", task)

    def failed(self, task: Task, notes: str | None = None, reason: str | None = None) -> None:
        """Give a task up."""
        task.status = FAILED
        self._instance.note(task, "failed", notes=notes, reason=reason)
        self._fire("delivery.failed", task)

    def cancel(self, task: Task) -> None:
        """Cancel one task; nothing is sent (recorded: outgoing_webhooks, "all six")."""
        task.status = CANCELLED
        self._instance.note(task, "cancelled")

    def restore(self, task: Task) -> None:
        """Take a cancellation back (recorded: dispatcher_edits, "and back")."""
        task.status = TODO
        self._instance.note(task, "restored")

    def reschedule(self, task: Task, after: str, before: str) -> None:
        """Put a task off; nobody has it any more, and nothing is sent (recorded: courier, outgoing_webhooks).

        Raises:
            UnreadableTime: one of the times is none.

        """
        now = self._instance.clock.now()
        moved = unconverted(after, now=now), unconverted(before, now=now)
        told = _php_date(after, now), _php_date(before, now)
        self._unassign(task)
        task.after, task.before = moved
        task.status = TODO
        task.metadata["rescheduled"] = True
        self._instance.note(task, "rescheduled", rescheduled_after=told[0], rescheduled_before=told[1])
        self._instance.keep_task(task)

    def edit(
        self, task: Task, *, after: str | None = None, before: str | None = None, comments: str | None = None
    ) -> None:
        """Change a task's window or words; what its times say of their zone is dropped.

        Recorded: dispatcher_edits, "moves the dropoff", "his words".

        Raises:
            UnreadableTime: one of the times is none.

        """
        now = self._instance.clock.now()
        task.after = unconverted(after, now=now) if after else task.after
        task.before = unconverted(before, now=now) if before else task.before
        task.comments = comments or task.comments
        self._instance.keep_task(task)

    def _unassign(self, task: Task) -> None:
        if task.assigned_to:
            username, task.assigned_to = task.assigned_to, None
            self._instance.note(task, "unassigned", username=username)

    def _fire(self, event: str, task: Task) -> None:
        self._outbox.fire(event, self._delivery(task))

    def _delivery(self, task: Task) -> Delivery:
        return self._instance.deliveries[task.delivery]


def _php_date(text: str, now: datetime) -> dict[str, Any]:
    """Write a time as PHP serialises one, with the zone it was written in (recorded: courier, the events)."""
    wall_clock = unconverted(text, now=now)
    zone, kind = ("Z", 2) if text.strip().upper().endswith("Z") else (_offset_of(text, now), 1)
    return {"date": f"{wall_clock:%Y-%m-%d %H:%M:%S.%f}", "timezone_type": kind, "timezone": zone}


def _offset_of(text: str, now: datetime) -> str:
    offset = offset_kept(text, now=now).utcoffset() or timedelta()
    sign, minutes = "-" if offset < timedelta() else "+", abs(offset) // timedelta(minutes=1)
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}"


_STEPS: dict[str, tuple[str, Callable[[Crew, Task], None]]] = {
    "start": ("pickup", Crew.start),
    "pick": ("pickup", Crew.done),
    "transit": ("dropoff", Crew.start),
    "drop": ("dropoff", Crew.done),
    "fail": ("dropoff", Crew.failed),
}
ACTS = ("assign", "unassign", "cancel", *_STEPS)


def act(crew: Crew, delivery: Delivery, what: str, *, courier: str, task: str | None = None) -> None:
    """Do in one word what the sandbox's control asks.

    | act      | tasks                                                        | event                |
    |----------|--------------------------------------------------------------|----------------------|
    | assign   | all get the courier                                          | delivery.assigned    |
    | unassign | all lose the courier                                         | none                 |
    | start    | the pickup is DOING                                          | delivery.started     |
    | pick     | the pickup is DONE                                           | delivery.picked      |
    | transit  | the dropoff is DOING                                         | delivery.in_transit  |
    | drop     | the dropoff is DONE                                          | delivery.completed   |
    | fail     | the dropoff is FAILED, or the pickup with `"task": "pickup"` | delivery.failed      |
    | cancel   | all are CANCELLED                                            | none                 |

    Raises:
        ValueError: there is no such act.

    """
    if what not in ACTS:
        raise ValueError(f"a courier can {', '.join(ACTS)}, not {what!r}")
    if what == "assign":
        crew.assign(delivery.tasks[0], courier)
    elif what == "unassign":
        crew.unassign(delivery.tasks[0])
    elif what == "cancel":
        for each in delivery.tasks:
            crew.cancel(each)
    else:
        stop, step = _STEPS[what]
        target = delivery.pickup if (task or stop) == "pickup" else delivery.dropoff
        if target:
            step(crew, target)
