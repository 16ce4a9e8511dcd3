"""What the instance holds: deliveries, tasks, tokens, quotes and webhooks, all in memory.

Every request works under `world.lock`, so that a delivery is either there as a whole or not at all. Nothing
here knows HTTP.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock
from typing import Any

from bridge_laptop.sandbox.clock import Clock
from bridge_laptop.sandbox.places import Address
from bridge_laptop.sandbox.seed import Client, Seed, Store

PICKUP, DROPOFF = "PICKUP", "DROPOFF"
TODO, DOING, DONE, FAILED, CANCELLED = "TODO", "DOING", "DONE", "FAILED", "CANCELLED"
TOKEN_SECONDS = 3600


@dataclass
class Task:
    """One stop of a delivery."""

    type: str
    id: int = 0
    status: str = TODO
    address: Address | None = None
    after: datetime | None = None
    before: datetime | None = None
    comments: str = ""
    tags: list[str] = field(default_factory=list)
    weight: int | None = None
    packages: dict[str, int] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    assigned_to: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    events: list[tuple[str, datetime]] = field(default_factory=list)
    delivery: int = 0


@dataclass
class Order:
    """The price of a delivery, as CoopCycle's shop part keeps it."""

    id: int
    total: int
    tax_total: int
    payment_method: str | None = None

    @property
    def number(self) -> str:
        """The order's number, as it is printed."""
        return f"A{self.id:04d}"


@dataclass
class Delivery:
    """One job of a store: a pickup and at least one dropoff."""

    store: Store
    tasks: list[Task]
    id: int = 0
    created_at: datetime | None = None
    distance: int = 0
    duration: int = 0
    polyline: str = ""
    order: Order | None = None

    @property
    def iri(self) -> str:
        """The delivery's address in the API."""
        return f"/api/deliveries/{self.id}"

    @property
    def pickup(self) -> Task | None:
        """The first pickup."""
        return next((task for task in self.tasks if task.type == PICKUP), None)

    @property
    def dropoff(self) -> Task | None:
        """The last dropoff."""
        return next((task for task in reversed(self.tasks) if task.type == DROPOFF), None)

    @property
    def cancelled(self) -> bool:
        """Whether no task is left to do because all were cancelled."""
        return all(task.status == CANCELLED for task in self.tasks)

    @property
    def weight(self) -> int | None:
        """The weight of all tasks in grams; none when no task has one."""
        weights = [task.weight for task in self.tasks if task.weight is not None]
        return sum(weights) if weights else None

    def packages(self) -> dict[str, int]:
        """Return how many parcels of each kind all tasks have together."""
        total: dict[str, int] = {}
        for task in self.tasks:
            for name, quantity in task.packages.items():
                total[name] = total.get(name, 0) + quantity
        return total

    @property
    def tracking_hash(self) -> str:
        """The unguessable part of the public tracking page."""
        return hashlib.sha256(f"tracking {self.id}".encode()).hexdigest()[:12]


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
    amount: int
    expires_at: datetime
    payload: dict[str, Any]
    delivery: int | None = None


class World:
    """Everything that a reset throws away."""

    def __init__(self, seed: Seed) -> None:
        self.seed = seed
        self.lock = RLock()
        self.clock = Clock(seed.instance.zone)
        self.reset()

    def reset(self) -> None:
        """Go back to the seed."""
        with self.lock:
            self.clock.set(None)
            self.deliveries: dict[int, Delivery] = {}
            self.tasks: dict[int, Task] = {}
            self.orders: dict[int, Order] = {}
            self.tokens: dict[str, Token] = {}
            self.quotes: dict[int, Quote] = {}
            self.webhooks: dict[int, Webhook] = {}
            self._last_ids: dict[str, int] = {}
            self.addresses = {each["id"]: _seeded_address(each) for each in self.seed.addresses}
            self.store_addresses = {
                store.id: list(store.addresses or (store.address,)) for store in self.seed.stores.values()
            }
            self._last_ids["address"] = max(self.addresses, default=0)
            for each in self.seed.webhooks:
                self.subscribe(each["client"], each["event"], each["url"], each.get("secret"))

    def next_id(self, kind: str) -> int:
        """Return the next number of a database table."""
        self._last_ids[kind] = self._last_ids.get(kind, 0) + 1
        return self._last_ids[kind]

    def count(self, kind: str) -> int:
        """Return how many rows a table was ever given."""
        return self._last_ids.get(kind, 0)

    def store_of(self, client: Client) -> Store:
        """Return the store an OAuth client acts for."""
        return self.seed.stores[client.store]

    def issue_token(self, client: Client, scopes: tuple[str, ...]) -> str:
        """Make a bearer token that is valid for an hour of the instance's clock."""
        text = ".".join(
            ("eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9", secrets.token_urlsafe(96), secrets.token_urlsafe(48))
        )
        self.tokens[text] = Token(client, scopes, self.clock.now() + timedelta(seconds=TOKEN_SECONDS))
        return text

    def subscribe(self, client: str, event: str, url: str, secret: str | None = None) -> Webhook:
        """Register an outbound webhook."""
        webhook = Webhook(self.next_id("webhook"), client, event, url, secret or _webhook_secret())
        self.webhooks[webhook.id] = webhook
        return webhook

    def keep_address(self, address: Address) -> Address:
        """Give an address its number, unless it has one."""
        if address.id is None:
            address.id = self.next_id("address")
        self.addresses[address.id] = address
        return address

    def keep_delivery(self, delivery: Delivery) -> Delivery:
        """Commit a delivery: from here on it exists."""
        now = self.clock.now()
        delivery.id = self.next_id("delivery")
        delivery.created_at = now
        for task in delivery.tasks:
            task.id, task.delivery = self.next_id("task"), delivery.id
            task.created_at = task.updated_at = now
            task.events.insert(0, ("task:created", now))
            if task.address:
                self.keep_address(task.address)
            self.tasks[task.id] = task
        self.deliveries[delivery.id] = delivery
        return delivery


def _webhook_secret() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _seeded_address(raw: dict[str, Any]) -> Address:
    latitude, longitude = raw["latLng"]
    return Address(
        street=raw["streetAddress"],
        coordinates=(latitude, longitude),
        id=raw["id"],
        name=raw.get("name"),
        telephone=raw.get("telephone"),
        postal_code=raw.get("postalCode"),
        locality=raw.get("addressLocality"),
    )
