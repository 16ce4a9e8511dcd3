"""What the shop does, decided by a seed: orders, their states, and the webhooks in the order they arrive.

Pure: no clock, no network. A state is the whole order as Shopify sends it, with an ``updated_at`` later than
that of the state before; what the last state says is what CoopCycle has to hold in the end. Webhooks are
repeated (the same one, and another of the same state), late, and out of order. Some orders get a webhook that
nobody can map, an old one or the newest, and the clock of some shops is years ahead in an order's last state.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

CREATE, PAID, UPDATED, CANCELLED = "orders/create", "orders/paid", "orders/updated", "orders/cancelled"
FIRST_ORDER_ID = 6_000_000_000_001
ORDERS_A_WAVE = 40
OLD, NEWEST = "old", "newest"  # from before an order's first state, which nobody waits for; after its last
FAR_AHEAD = "2200-01-01T00:00:00+00:00"  # what a clock that lies says
UNKNOWN_STREET = "Chemin de Nulle part"  # the sandbox's geocoder fails here for ever, as CoopCycle's would

_STREETS = (
    "Rue de Charonne",
    "Rue Oberkampf",
    "Boulevard Voltaire",
    "Rue de la Roquette",
    "Avenue Parmentier",
    "Rue Saint-Maur",
)
REFUSED_PHONE = "+33987654321"  # valid, and refused by an instance with older tables, while the storm lasts
_PHONES = (
    "09 87 65 43 21",
    "09 12 34 56 78",
    "01 23 45 67 89",
    "0 806 12 34 56",
)  # valid ones: examples of libphonenumber
_LINES_2 = (None, "Bâtiment B, 3e étage", "Appartement 12")
_NOTES = ("", "Code 48B12", "Sonner deux fois", "Laisser chez le gardien\nMerci !")


@dataclass(frozen=True, slots=True)
class Push:
    """One webhook on its way."""

    connection_id: str
    order_id: str
    topic: str
    webhook_id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """One order and what has to become of it."""

    connection_id: str
    order_id: str
    states: tuple[bytes, ...]  # bodies, the last one last
    cancelled: bool
    findable: tuple[bool, ...]  # whether a geocoder finds the address, state by state
    unmappable: str = ""  # OLD or NEWEST: beside its states it gets a webhook without an address

    @property
    def reference(self) -> str:
        """Return what CoopCycle holds of us."""
        return f"{self.connection_id}/{self.order_id}"

    @property
    def may_be_parked_for(self) -> tuple[str, ...]:
        """Return the reasons for which a message of it may be parked in the end."""
        lost = () if all(self.findable) else ("address_not_found",)
        return (*lost, "unmappable_order") if self.unmappable == NEWEST else lost

    @property
    def expected(self) -> str:
        """Return what has to become of it: delivered, cancelled or parked."""
        if self.cancelled:
            return "cancelled"
        return "delivered" if self.findable[-1] and self.unmappable != NEWEST else "parked"


@dataclass(frozen=True, slots=True)
class Plan:
    """All orders, and their webhooks in waves: what is in one wave arrives in any order."""

    orders: tuple[PlannedOrder, ...]
    waves: tuple[tuple[Push, ...], ...]
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Facts:
    """The parts of an order that change."""

    street: str
    line2: str | None
    note: str
    phone: str | None
    bouquets: int
    cancelled: bool = False
    lies: bool = False  # the shop's clock is years ahead


def make(
    sample: Mapping[str, Any], *, orders: int, seed: int, connections: tuple[str, ...], now: datetime
) -> Plan:
    """Return the plan of a seed; ``sample`` is a Shopify order that all others are made from.

    Order ids are used by each connection in turn, so that the same id occurs in several shops.
    """
    random = Random(seed)  # a seeded generator is wanted
    wave_count = max(4, -(-orders // ORDERS_A_WAVE))
    waves: list[list[Push]] = [[] for _ in range(wave_count + 3)]
    planned: list[PlannedOrder] = []
    kinds = ("updates", "cancels", "same webhook again", "another webhook of the state")
    counts = dict.fromkeys((*kinds, "webhooks that nobody can map", "clocks that lie"), 0)
    began = now - timedelta(minutes=10)  # so that the time of receipt, which stands for a lie, is later
    for index in range(orders):
        order_id = str(FIRST_ORDER_ID + index // len(connections))
        connection_id = connections[index % len(connections)]
        facts = _history(random, index, early=2 * index < orders)
        bodies = tuple(
            _body(sample, order_id, each, began + timedelta(seconds=10 * number))
            for number, each in enumerate(facts)
        )
        unmappable = _unmappable(random, facts)
        planned.append(
            PlannedOrder(
                connection_id=connection_id,
                order_id=order_id,
                states=bodies,
                cancelled=facts[-1].cancelled,
                findable=tuple(UNKNOWN_STREET not in each.street for each in facts),
                unmappable=unmappable,
            )
        )
        counts["clocks that lie"] += facts[-1].lies
        counts["updates"] += sum(not each.cancelled for each in facts[1:])
        counts["cancels"] += facts[-1].cancelled
        first_wave = index * wave_count // orders
        for push, repeat in _pushes(random, planned[-1], facts):
            counts[repeat] = counts.get(repeat, 0) + 1
            late = random.choices((0, 1, 2, 3), (70, 18, 8, 4))[0]
            waves[first_wave + late].append(push)
        if unmappable:
            counts["webhooks that nobody can map"] += 1
            at = began - timedelta(minutes=1) if unmappable == OLD else began + timedelta(minutes=5)
            waves[first_wave + random.randint(0, 3)].append(_unmappable_push(planned[-1], at))
    counts.pop("", None)
    for wave in waves:
        random.shuffle(wave)
    return Plan(tuple(planned), tuple(tuple(wave) for wave in waves if wave), counts)


def _history(random: Random, index: int, *, early: bool) -> list[_Facts]:
    """Return the states of one order; of every fifty, one has an address that nobody finds.

    It takes longest to see that, so these are among the early ones.
    """
    first = _Facts(
        street=_street(random),
        line2=random.choice(_LINES_2),
        note=random.choice(_NOTES),
        phone=random.choice((None, "06 12 34 56 78")),
        bouquets=random.randint(1, 4),
    )
    if early and index % 25 == 7:
        return [replace(first, street=f"{random.randint(1, 99)} {UNKNOWN_STREET}")]
    if early and index % 25 == 19:  # the shop mends the address
        return [replace(first, street=f"{random.randint(1, 99)} {UNKNOWN_STREET}"), first]
    if early and index % 25 == 12:  # the shop changes it to one that nobody finds
        return [first, replace(first, street=f"{random.randint(1, 99)} {UNKNOWN_STREET}")]
    states = [first]
    for _ in range(random.choices((0, 1, 2, 3), (45, 30, 15, 10))[0]):
        change: Callable[[Random, _Facts], _Facts] = random.choice(_CHANGES)
        states.append(change(random, states[-1]))
    if random.random() < 0.25:
        states.append(replace(states[-1], cancelled=True))
    if len(states) > 1 and random.random() < 0.1:
        states[-1] = replace(states[-1], lies=True)
    return states


def _unmappable(random: Random, facts: list[_Facts]) -> str:
    """Say which webhook without an address an order gets; a lie's time leaves it no place to be newest."""
    if any(UNKNOWN_STREET in each.street for each in facts) or random.random() > 0.08:
        return ""
    return random.choice((OLD, NEWEST)) if not (facts[-1].lies or facts[-1].cancelled) else OLD


def _street(random: Random) -> str:
    return f"{random.randint(1, 150)} {random.choice(_STREETS)}"


def _nothing(_: Random, facts: _Facts) -> _Facts:
    """Return an update of something that no courier needs to know."""
    return facts


_CHANGES: tuple[Callable[[Random, _Facts], _Facts], ...] = (
    lambda random, facts: replace(facts, street=_street(random)),
    lambda random, facts: replace(facts, line2=random.choice(_LINES_2)),
    lambda random, facts: replace(facts, note=random.choice(_NOTES)),
    lambda random, facts: replace(facts, bouquets=random.randint(1, 9)),
    lambda random, facts: replace(facts, phone=random.choice(_PHONES)),
    _nothing,
)


def _body(sample: Mapping[str, Any], order_id: str, facts: _Facts, updated_at: datetime) -> bytes:
    body = copy.deepcopy(dict(sample))
    told = FAR_AHEAD if facts.lies else updated_at.isoformat()
    body |= {
        "id": int(order_id),
        "name": f"#{int(order_id) - FIRST_ORDER_ID + 1}",
        "note": facts.note,
        "phone": None,
        "customer": None,
        "billing_address": None,
        "updated_at": told,
        "cancelled_at": updated_at.isoformat() if facts.cancelled else None,
        "cancel_reason": "customer" if facts.cancelled else None,
    }
    body["shipping_address"] |= {"address1": facts.street, "address2": facts.line2, "phone": facts.phone}
    body["line_items"][0] |= {"quantity": facts.bouquets, "current_quantity": facts.bouquets}
    return json.dumps(body, ensure_ascii=False).encode()


def _pushes(random: Random, order: PlannedOrder, facts: list[_Facts]) -> list[tuple[Push, str]]:
    """Return an order's webhooks, each with the kind of repeat it is, if any."""
    pushes = []
    for number, state in enumerate(facts):
        topics = [CANCELLED, UPDATED] if state.cancelled else [UPDATED] if number else [CREATE, PAID]
        push = _push(order, number, topics[0])
        pushes.append((push, ""))
        if random.random() < 0.15:
            pushes.append((push, "same webhook again"))
        if random.random() < 0.2:
            pushes.append((_push(order, number, topics[-1], "again"), "another webhook of the state"))
    return pushes


def _unmappable_push(order: PlannedOrder, updated_at: datetime) -> Push:
    """Return a webhook of the order that lacks its address."""
    body = json.loads(order.states[-1]) | {"updated_at": updated_at.isoformat(), "cancelled_at": None}
    body["shipping_address"] |= {"address1": ""}
    return Push(
        connection_id=order.connection_id,
        order_id=order.order_id,
        topic=UPDATED,
        webhook_id=f"{order.connection_id}-{order.order_id}-unmappable",
        body=json.dumps(body, ensure_ascii=False).encode(),
    )


def _push(order: PlannedOrder, number: int, topic: str, more: str = "first") -> Push:
    return Push(
        connection_id=order.connection_id,
        order_id=order.order_id,
        topic=topic,
        webhook_id=f"{order.connection_id}-{order.order_id}-{number}-{more}",
        body=order.states[number],
    )
