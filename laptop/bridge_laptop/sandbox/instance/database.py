"""What the instance holds, all in memory, and the one lock in front of it.

Every request works inside `Instance.transaction()`, which the middleware opens (`faults/middleware.py`): a
delivery is either there as a whole or not at all. What a request puts in is shown by its own answer as it
came, and by every later one as the columns keep it (see `clock.as_column`).
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import RLock
from typing import Any

from bridge_laptop.sandbox.instance.clock import Clock, as_column
from bridge_laptop.sandbox.instance.model import (
    Address,
    Delivery,
    Order,
    Quote,
    Task,
    TaskEvent,
    Token,
    Webhook,
)
from bridge_laptop.sandbox.seed import Client, Seed, Store

TOKEN_SECONDS = 3600


class Instance:
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
            self._unwritten: list[Task] = []
            self.addresses = {each["id"]: _seeded_address(each) for each in self.seed.addresses}
            self.store_addresses = {
                store.id: list(store.addresses or (store.address,)) for store in self.seed.stores.values()
            }
            self._last_ids["address"] = max(self.addresses, default=0)
            for each in self.seed.webhooks:
                self.subscribe(each["client"], each["event"], each["url"], each.get("secret"))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the instance for one request; at its end, times are what their columns can keep."""
        with self.lock:
            try:
                yield
            finally:
                for task in self._unwritten:
                    task.after = as_column(task.after, self.clock.zone)
                    task.before = as_column(task.before, self.clock.zone)
                self._unwritten.clear()

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
        """Register an outgoing webhook."""
        webhook = Webhook(self.next_id("webhook"), client, event, url, secret or _webhook_secret())
        self.webhooks[webhook.id] = webhook
        return webhook

    def keep_address(self, address: Address) -> Address:
        """Give an address its number, unless it has one."""
        if address.id is None:
            address.id = self.next_id("address")
        self.addresses[address.id] = address
        return address

    def note(self, task: Task, name: str, **data: Any) -> None:
        """Write down what happened to a task."""
        now = self.clock.now()
        task.events.append(TaskEvent(self.next_id("task_event"), f"task:{name}", data, now))
        task.updated_at = now

    def keep_delivery(self, delivery: Delivery) -> Delivery:
        """Commit a delivery, new or changed: from here on it is as given."""
        now = self.clock.now()
        tasks = delivery.tasks
        if not delivery.id:
            delivery.id = self.next_id("delivery")
            delivery.created_at = now
            tasks = [tasks[-1], *tasks[:-1]]
        self._keep_addresses(tasks)
        self._number(delivery.tasks)
        for position, task in enumerate(delivery.tasks, start=1):
            if task.created_at is None:
                task.created_at = now
                self.note(task, "created")
            task.delivery, task.updated_at = delivery.id, now
            task.metadata["delivery_position"] = position
            for parcels in task.packages.values():
                parcels.id = parcels.id or self.next_id("package")
            self.tasks[task.id] = task
        self._unwritten += delivery.tasks
        self.deliveries[delivery.id] = delivery
        return delivery

    def keep_task(self, task: Task) -> None:
        """Commit what a dispatcher changed on one task."""
        task.updated_at = self.clock.now()
        self._unwritten.append(task)

    def _keep_addresses(self, tasks: list[Task]) -> None:
        """Give new addresses their numbers, a new delivery's last task's first.

        Recorded: create_tasks; change_stops, "all anew, without ids".
        """
        for task in tasks:
            if task.address:
                self.keep_address(task.address)

    def _number(self, tasks: list[Task]) -> None:
        """Give new tasks their numbers, of two the dropoff first (recorded: create_simple, create_tasks)."""
        for task in reversed(tasks) if len(tasks) == 2 else tasks:
            task.id = task.id or self.next_id("task")


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
