"""The books compared: what the shop believes of each order with what CoopCycle holds.

What must be held is made by the bridge's own mapping from the order's last state; only the windows, which
the bridge fixed when it first planned the order, are taken as its record has them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.storm.plan import REFUSED_PHONE, PlannedOrder
from tests.support import oracle

from bridge.connections.model import Connection
from bridge.dispatching.record import DeliveryRecord, State

STATES = {
    "delivered": (State.CREATED,),
    "cancelled": (State.CANCELLED,),
    "parked": (State.REJECTED, State.CREATED),  # the latter when an earlier state could be delivered
}
BY_HAND = (
    State.CREATED,
    State.WITHDRAWN,
    State.REJECTED,
)  # not looked at since, or seen; or parked as planned


@dataclass(frozen=True, slots=True)
class Held:
    """What there is of one order in the end."""

    live: Sequence[Mapping[str, Any]]  # bodies of GET /api/deliveries/{id}
    cancelled: int  # deliveries
    record: DeliveryRecord | None
    parked: Sequence[str]  # reasons of its parked messages
    moved: bool = False  # by hand, on CoopCycle
    cancelled_by_hand: bool = False  # likewise; unless a fault hit the dispatcher, too


@dataclass
class Verdict:
    """The result; each order that is wrong stands in one list, with why."""

    orders: int = 0
    lost: dict[str, str] = field(default_factory=dict)
    doubled: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    as_expected: Counter[str] = field(default_factory=Counter)
    twins_removed: int = 0
    rechecks: int = 0

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.lost or self.doubled or self.wrong)

    def line(self) -> str:
        """Return the one line that counts."""
        return (
            f"orders {self.orders}, lost {len(self.lost)}, doubled {len(self.doubled)}, "
            f"wrong state {len(self.wrong)}"
        )


def judge(
    orders: Iterable[PlannedOrder],
    held: Mapping[str, Held],
    connections: Mapping[str, Sequence[Connection]],
    *,
    strays: Iterable[str],
    now: datetime,
) -> Verdict:
    """Compare every order; ``held`` is by reference, ``strays`` are deliveries of no order."""
    verdict = Verdict()
    for order in orders:
        verdict.orders += 1
        found = held[order.reference]
        problem, where = _problem(order, found, connections[order.connection_id], verdict, now)
        if problem:
            where[order.reference] = problem
        else:
            verdict.as_expected[order.expected] += 1
        wanted = 1 if order.cancelled and found.record and found.record.delivery_iri else 0
        verdict.twins_removed += max(0, found.cancelled - wanted)
        if found.record is not None:
            verdict.rechecks += sum(event.outcome == "rechecked" for event in found.record.history)
    for stray in strays:
        verdict.doubled[stray] = "a delivery that belongs to no order"
    return verdict


def _problem(
    order: PlannedOrder, found: Held, connections: Sequence[Connection], verdict: Verdict, now: datetime
) -> tuple[str, dict[str, str]]:
    """Say what is wrong with one order, and to which list it belongs; an empty text if nothing is."""
    if len(found.live) > 1:
        iris = ", ".join(str(each["@id"]) for each in found.live)
        return f"{len(found.live)} live deliveries: {iris}", verdict.doubled
    missing = _missing(order, found)
    if missing:
        return f"{missing}; {_state(found.record)}", verdict.lost
    assert found.record is not None  # else it would be missing
    wrong = min((_wrong(order, found, found.record, each, now) for each in connections), key=len)
    return f"{wrong}; {_state(found.record)}" if wrong else "", verdict.wrong


def _missing(order: PlannedOrder, found: Held) -> str:
    """Say why the order is lost: no delivery, no parked message, or one parked that should not be."""
    unexpected = [reason for reason in found.parked if reason not in order.may_be_parked_for]
    if order.expected == "delivered" and not found.live and not (found.cancelled_by_hand and found.cancelled):
        return f"no live delivery, parked: {list(found.parked)}"
    if unexpected:
        return f"parked, which nobody expected: {unexpected}"
    if found.record is None:
        return "no record of it"
    return "not parked" if order.expected == "parked" and not found.parked else ""


def _wrong(
    order: PlannedOrder, found: Held, record: DeliveryRecord, connection: Connection, now: datetime
) -> str:
    """Say in which way the order is not as its last state says, or as its record says."""
    ended_by_hand = found.cancelled_by_hand and found.cancelled > 0 and not found.live
    if record.state not in STATES[order.expected] and not (ended_by_hand and record.state in BY_HAND):
        return f"should be {order.expected}"
    if oracle.unsettled(record):
        return "still in doubt"
    if ended_by_hand or (not found.live and record.state is not State.CREATED):
        return ""
    if not found.live or record.state is not State.CREATED or order.expected == "cancelled":
        return f"should be {order.expected}, live are {len(found.live)}"
    if found.live[0]["@id"] != record.delivery_iri:
        return f"{found.live[0]['@id']} is live, which is not that of the record"
    # A delivery stays as it was when the last state's address is one that nobody finds.
    states = [body for body, findable in zip(order.states, order.findable, strict=True) if findable]
    must = oracle.wanted(states[-1], connection, record, now)
    refused = (REFUSED_PHONE,)
    differences = list(oracle.differences(must, found.live[0], moved=found.moved, refused=refused))
    return f"differs from the last state: {differences}" if differences else ""


def _state(record: DeliveryRecord | None) -> str:
    if record is None:
        return "no record"
    told = " ".join(f"{event.topic.rpartition('/')[2]}:{event.outcome}" for event in record.history)
    return f"record {record.state.value} {record.reason} {record.delivery_iri} ({told})"
