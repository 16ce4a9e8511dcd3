"""What a ``PUT /api/deliveries/{id}`` carries: the members that differ from before, and nothing else.

A whole body would undo what the dispatcher did on CoopCycle: move a window, write to the courier. One that
names only what changed leaves all that alone (recording ``dispatcher_edits``, "only what the order changed"
and "the whole body: his window is gone"). How CoopCycle takes it, from ``change`` and ``change_stops``:

- an address replaces the whole address, so it is one member, as are the two ends of a window;
- an empty value changes nothing, so nothing can be taken away but a stop;
- ``comments`` overwrite what stands there: the weight that CoopCycle printed, the dispatcher's words. So our
  own part of the text is looked for and replaced, and the rest stays;
- in ``tasks`` an element with an id changes that task, one without is a new stop, and what is left out is
  cancelled; ``pickup`` and ``dropoff`` are the first and the last task, cancelled ones among them.

Pure. ``possible`` are the bodies that CoopCycle may hold: the one it was seen to take last, and those of
changes whose end is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bridge.model import PlacedTask, Receipt, TimeWindow

Body = Mapping[str, Any]
_MEMBERS = (
    ("address",),
    ("after", "before"),
    ("comments",),
    ("weight",),
    ("packages",),
    ("tags",),
    ("metadata",),
)


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of a body; ``kind`` is "pickup" or "dropoff"."""

    kind: str
    fields: Body

    @property
    def street(self) -> str:
        """Where it is, as far as it can be compared."""
        address = self.fields.get("address")
        return str(address.get("streetAddress", "")) if isinstance(address, Mapping) else str(address or "")

    def names(self, task: PlacedTask) -> bool:
        """Tell whether a task is of its kind and at its address."""
        return (
            task.kind.lower() == self.kind
            and bool(self.street)
            and self.street
            in (
                task.street_address,
                task.address_iri,
            )
        )


def stops_of(body: Body) -> list[Stop]:
    """Return the stops of a body, in whichever of the two forms it is."""
    tasks = body.get("tasks")
    if isinstance(tasks, Sequence):
        return [
            Stop(str(task.get("type")), {name: task[name] for name in task if name not in ("type", "id")})
            for task in tasks
        ]
    return [Stop(kind, body[kind]) for kind in ("pickup", "dropoff") if kind in body]


def differs(possible: Sequence[Body], wanted: Body) -> bool:
    """Tell whether a PUT could bring CoopCycle nearer to ``wanted``; with nothing possible known it could."""
    stops = stops_of(wanted)
    for body in possible:
        before = stops_of(body)
        if len(before) != len(stops):
            return True
        pairs = _pair(stops, before)
        if len(pairs) != len(stops) or any(_members(stops[new], [before[old]]) for new, old in pairs.items()):
            return True
    return not possible


def cannot_clear(possible: Sequence[Body], wanted: Body) -> list[str]:
    """Name the members that the order no longer has, and CoopCycle keeps."""
    stops = stops_of(wanted)
    kept: list[str] = []
    for body in possible[:1]:
        before = stops_of(body)
        for new, old in _pair(stops, before).items():
            gone = before[old].fields.keys() - stops[new].fields.keys()
            kept += [f"{stops[new].kind}.{name}" for name in sorted(gone)]
    return kept


def change_body(possible: Sequence[Body], wanted: Body, held: Receipt) -> dict[str, Any]:
    """Return the body of the PUT that brings the delivery ``held`` to ``wanted``; empty when it is there.

    ``possible`` begins with the body that CoopCycle was seen to take last; with none, all members are sent.
    """
    stops = stops_of(wanted)
    live = [task for task in held.tasks if task.status != "CANCELLED"]
    bases = [stops_of(body) for body in possible]
    tasks = _tasks_of(stops, bases[0] if bases else stops, live)
    changes: list[dict[str, Any]] = []
    for index, stop in enumerate(stops):
        old = [found for base in bases if (found := _counterpart(stops, index, base)) is not None]
        task = tasks.get(index)
        members = _members(stop, old if len(old) == len(bases) else [])
        if task is not None and "comments" in members:
            own = [str(each.fields.get("comments", "")) for each in old]
            members["comments"] = merged(task.comments, own, str(members["comments"]))
            if members["comments"] == task.comments:
                del members["comments"]
        changes.append(members)
    if len(held.tasks) == len(stops) == 2 and len(tasks) == 2:
        return {stop.kind: change for stop, change in zip(stops, changes, strict=True) if change}
    return _by_id(stops, changes, tasks, live, bases[0] if bases else stops)


def merged(text: str, own: Iterable[str], wanted: str) -> str:
    """Return a text with our part of it replaced by ``wanted``; ``own`` are the texts our part may have.

    Where our part is not found somebody has rewritten it: his words stay, under ours.
    """
    for part in sorted((each for each in own if each), key=len, reverse=True):
        if part in text:
            return text.replace(part, wanted, 1)
    if wanted in text:
        return text
    return f"{wanted}\n{text}" if text else wanted


@dataclass(frozen=True, slots=True)
class Differences:
    """What CoopCycle shows otherwise than we sent it."""

    moved: bool
    reworded: bool


def seen_differences(possible: Sequence[Body], held: Receipt) -> Differences:
    """Compare windows and comments with the bodies that CoopCycle may hold."""
    moved = reworded = False
    bases = [stops_of(body) for body in possible]
    live = [task for task in held.tasks if task.status != "CANCELLED"]
    for index, task in _tasks_of(bases[0], bases[0], live).items() if bases else ():
        alike = [stop for base in bases if (stop := _counterpart(bases[0], index, base)) is not None]
        moved |= task.window is not None and all(_window(stop) != task.window for stop in alike)
        reworded |= not any(str(stop.fields.get("comments", "")) in task.comments for stop in alike)
    return Differences(moved, reworded)


def _window(stop: Stop) -> TimeWindow:
    return TimeWindow.parse(stop.fields["after"], stop.fields["before"])


def _members(stop: Stop, before: Sequence[Stop]) -> dict[str, Any]:
    """Return the members of a stop in which any of the earlier ones differs; all of them without any."""
    return {
        name: stop.fields[name]
        for names in _MEMBERS
        if not before or any(stop.fields.get(n) != old.fields.get(n) for old in before for n in names)
        for name in names
        if stop.fields.get(name)
    }


def _pair(stops: Sequence[Stop], others: Sequence[Stop]) -> dict[int, int]:
    """Match stops with others: at the same address first, then the next of the same kind."""
    pairs: dict[int, int] = {}
    for same_street in (True, False):
        for index, stop in enumerate(stops):
            if index in pairs:
                continue
            found = next(
                (
                    number
                    for number, other in enumerate(others)
                    if number not in pairs.values()
                    and other.kind == stop.kind
                    and (not same_street or other.street == stop.street)
                ),
                None,
            )
            if found is not None:
                pairs[index] = found
    return pairs


def _counterpart(stops: Sequence[Stop], index: int, base: Sequence[Stop]) -> Stop | None:
    found = _pair(stops, base).get(index)
    return None if found is None else base[found]


def _tasks_of(
    stops: Sequence[Stop], base: Sequence[Stop], live: Sequence[PlacedTask]
) -> dict[int, PlacedTask]:
    """Return the live task of each stop: that of the ``base`` stop it stands for, or one at its address."""
    tasks = _place(base, live)
    pairs = _pair(stops, base)
    found = {index: tasks[old] for index, old in pairs.items() if old in tasks}
    for index, stop in enumerate(stops):  # one that a change of unknown end has added
        if index not in pairs:
            free = (task for task in live if task not in tasks.values() and task not in found.values())
            added = next((task for task in free if stop.names(task)), None)
            if added is not None:
                found[index] = added
    return found


def _place(base: Sequence[Stop], live: Sequence[PlacedTask]) -> dict[int, PlacedTask]:
    """Match the stops of a body with tasks: at the same address first, then the next of the same kind."""
    found: dict[int, PlacedTask] = {}
    for by_address in (True, False):
        for index, stop in enumerate(base):
            free = (task for task in live if index not in found and task not in found.values())
            task = next(
                (t for t in free if (stop.names(t) if by_address else t.kind.lower() == stop.kind)), None
            )
            if task is not None:
                found[index] = task
    return found


def _by_id(
    stops: Sequence[Stop],
    changes: Sequence[dict[str, Any]],
    tasks: Mapping[int, PlacedTask],
    live: Sequence[PlacedTask],
    base: Sequence[Stop],
) -> dict[str, Any]:
    """Return the body in ``tasks``: each stop by its task's id, new ones without, others' as they are.

    A stop whose task the dispatcher has cancelled is left alone; a task that was never in our bodies is his.
    """
    listed: list[dict[str, Any]] = []
    pairs = _pair(stops, base)
    for index, (stop, change) in enumerate(zip(stops, changes, strict=True)):
        if index in tasks:
            listed.append({"id": tasks[index].number, **change})
        elif index not in pairs:
            listed.append({"type": stop.kind, **stop.fields})
    ours = _place(base, live)
    given_up = {ours[old].iri for old in ours.keys() - set(pairs.values())}
    kept = {task.iri for task in tasks.values()} | given_up
    listed += [{"id": task.number} for task in live if task.iri not in kept]
    if not given_up and all(list(each) == ["id"] for each in listed):
        return {}
    return {"tasks": listed}
