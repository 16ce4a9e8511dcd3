"""The rows that an instance holds: deliveries with their tasks, orders, tokens, quotes and webhooks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge_laptop.sandbox.seed import Client, Store

PICKUP, DROPOFF = "PICKUP", "DROPOFF"
TODO, DOING, DONE, FAILED, CANCELLED = "TODO", "DOING", "DONE", "FAILED", "CANCELLED"

Coordinates = tuple[float, float]

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass
class Address:
    """A place, with the person to ask for."""

    street: str | None
    coordinates: Coordinates | None = None
    id: int | None = None
    name: str | None = None
    contact_name: str | None = None
    telephone: str | None = None
    description: str | None = None
    postal_code: str | None = None
    locality: str | None = None


@dataclass
class Parcels:
    """So many parcels of one kind on one task: a row of its own, whose number stands on their labels."""

    quantity: int
    id: int = 0


@dataclass(frozen=True)
class TaskEvent:
    """Something that happened to a task."""

    id: int
    name: str
    data: dict[str, Any]
    created_at: datetime


@dataclass
class Task:
    """One stop of a delivery."""

    type: str
    id: int = 0
    status: str = TODO
    address: Address | None = None
    after: datetime | None = None
    before: datetime | None = None
    comments: str | None = None
    tags: list[str] = field(default_factory=list)
    weight: int | None = None  # grams
    packages: dict[str, Parcels] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    assigned_to: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    events: list[TaskEvent] = field(default_factory=list)
    delivery: int = 0


@dataclass
class Order:
    """The price of a delivery, as CoopCycle's shop part keeps it."""

    id: int
    total: int  # cents, tax included
    tax_total: int
    numbered: bool = True

    @property
    def number(self) -> str | None:
        """The order's number as it is printed: Crockford's base 32 (recorded: create_texts, H and then J).

        A confirmed quote's order has none (recorded: feasibility_and_price, GET after the confirmation).
        """
        if not self.numbered:
            return None
        digits, rest = "", self.id
        while rest:
            rest, digit = divmod(rest, len(_CROCKFORD))
            digits = _CROCKFORD[digit] + digits
        return digits


@dataclass
class Delivery:
    """One job of a store: pickups and dropoffs."""

    store: Store
    tasks: list[Task]
    id: int = 0
    created_at: datetime | None = None
    distance: int = 0  # metres
    duration: int = 0  # seconds
    polyline: str = ""
    order: Order | None = None

    @property
    def iri(self) -> str:
        """The delivery's address in the API."""
        return f"/api/deliveries/{self.id}"

    @property
    def pickup(self) -> Task | None:
        """The first pickup, cancelled or not."""
        return next((task for task in self.tasks if task.type == PICKUP), None)

    @property
    def dropoff(self) -> Task | None:
        """The last dropoff, cancelled or not (recorded: change, "dropoff's comments after the stops")."""
        return next((task for task in reversed(self.tasks) if task.type == DROPOFF), None)

    @property
    def riding(self) -> list[Task]:
        """The tasks that were not cancelled."""
        return [task for task in self.tasks if task.status != CANCELLED]

    @property
    def cancelled(self) -> bool:
        """Whether no task is left because all were cancelled."""
        return not self.riding

    @property
    def weight(self) -> int | None:
        """The weight of all tasks in grams; none when no task has one."""
        weights = [task.weight for task in self.tasks if task.weight is not None]
        return sum(weights) if weights else None

    def packages(self) -> dict[str, int]:
        """Return how many parcels of each kind all tasks have together."""
        total: dict[str, int] = {}
        for task in self.tasks:
            for name, parcels in task.packages.items():
                total[name] = total.get(name, 0) + parcels.quantity
        return total

    def sums_up(self, task: Task) -> bool:
        """Say whether a task shows the weight and parcels of all: the only pickup, or else the only dropoff.

        Recorded: create_goods (the pickup), create_tasks, "two pickups" (the dropoff), change_stops, "all
        anew, without ids" (two pickups and several dropoffs: nobody).
        """
        pickups = [each for each in self.tasks if each.type == PICKUP]
        dropoffs = [each for each in self.tasks if each.type == DROPOFF]
        return task in pickups if len(pickups) == 1 else len(dropoffs) == 1 and task in dropoffs

    @property
    def tracking_code(self) -> str:
        """The unguessable part of the public tracking page: eight letters and digits."""
        digest = hashlib.sha256(f"tracking {self.id}".encode()).digest()
        return "".join(_ALPHANUMERIC[byte % len(_ALPHANUMERIC)] for byte in digest[:8])


@dataclass(frozen=True)
class Token:
    """A bearer token, which is also a row of the instance's database."""

    client: Client
    scopes: tuple[str, ...]
    expires_at: datetime


@dataclass(frozen=True)
class Webhook:
    """A subscription of an OAuth client to one event."""

    id: int
    client: str
    event: str
    url: str
    secret: str


@dataclass
class Quote:
    """A price offer: the body it was asked with is what a confirmation creates."""

    id: int
    store: Store
    amount: int  # cents, tax included
    expires_at: datetime
    payload: dict[str, Any]
