"""One order's world for the state machine: a shop, queues, a table, a CoopCycle, and invocations in between.

The dispatcher under test is the real one. Everything it calls is here, with one property that production has
too and no ordinary test: between any two calls of an invocation anything may happen. Each invocation is a
thread that stops before every call until it is told how that call ends, so a run is a sequence of decisions
and repeats exactly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.state_machine.aws import RechecksQueue, Table
from tests.state_machine.coopcycle import Held, Instance, Late
from tests.state_machine.invocation import Invocation, Queued

from bridge.aws.deliveries import DeliveriesTable, _from_item
from bridge.connections.model import Connection, Secrets
from bridge.connections.parse import parse_connection
from bridge.dispatching.dispatcher import Dispatcher
from bridge.dispatching.record import DeliveryRecord
from bridge.errors import (
    PermanentError,
)
from bridge.receiving.http import accept
from bridge.receiving.messages import ParkReason, Recheck, WebhookMessage
from bridge.sources import Push

ORDER = json.loads(
    (Path(__file__).parents[2] / "events" / "webhooks" / "shopify" / "order-typical.json").read_bytes()
)
ORDER_KEY = "as-read-at-receipt"  # the order's id was read otherwise then: [fields] order_id has changed
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LAMBDA_TIMEOUT = timedelta(seconds=60)
SETTLE_SECONDS = 60
CONNECTION = """
source = "shopify"
timezone = "Europe/Paris"
country = "FR"
[coopcycle]
url = "https://acme.coopcycle.org"
"""


class World:
    """Everything around the dispatcher, and the invocations that are under way."""

    def __init__(self) -> None:
        self.now = START
        self.connection: Connection = parse_connection("acme", CONNECTION)
        self.dynamodb = Table(self)
        self.table = DeliveriesTable(self.dynamodb, "deliveries")  # type: ignore[arg-type]  # two calls of it
        self.deliveries: list[Held] = []
        self.late: list[Late] = []
        self.queue: list[Queued] = []
        self.rechecks: list[tuple[datetime, Recheck]] = []
        self.parked: list[WebhookMessage | Recheck] = []
        self.invocations: list[Invocation] = []
        self.shop: dict[str, Any] = {}
        self.states = 0
        self.pushed: dict[str, datetime] = {}
        self.late_commits = 0
        self.log: list[str] = []
        self.dispatcher = Dispatcher(
            self.table,
            RechecksQueue(self),
            lambda connection, secrets: Instance(self),
            lambda secrets: None,  # type: ignore[arg-type,return-value]  # Shopify's webhooks are whole
            clock=lambda: self.now,
            settle_seconds=SETTLE_SECONDS,
        )

    @property
    def record(self) -> DeliveryRecord | None:
        """What the table says of the order."""
        return _from_item(self.dynamodb.item) if self.dynamodb.item else None

    # --- the shop -------------------------------------------------------------------------------

    def shop_says(self, *, cancelled: bool, like: int | None = None, lies: bool = False) -> bytes:
        """Let the order take its next state, or one that looks like an earlier; return the webhook's body.

        A shop whose clock lies writes a time far in the future.
        """
        self.states += 1
        shown = like or self.states
        self.shop = json.loads(json.dumps(ORDER)) | {
            "updated_at": "2200-01-01T00:00:00Z" if lies else self.moment.isoformat(),
            "note": f"state {shown}.",
            "cancelled_at": START.isoformat() if cancelled else None,
        }
        self.shop["shipping_address"]["address1"] = f"{shown} Rue de Rivoli"
        self.log.append(f"{self.now:%H:%M:%S} shop: state {shown}{' cancelled' * cancelled}{' lies' * lies}")
        return json.dumps(self.shop).encode()

    @property
    def moment(self) -> datetime:
        """The present, later with each state of the order."""
        return self.now + timedelta(milliseconds=self.states)

    def unmappable(self, *, newer: bool) -> bytes:
        """Return the webhook of an older state, or of one after the present, that nobody can read."""
        told = self.moment + timedelta(microseconds=1) if newer else START - timedelta(hours=1)
        changed = {"updated_at": told.isoformat(), "shipping_address": "1 Rue de Rivoli"}
        return json.dumps(self.shop | changed).encode()

    def push(self, body: bytes) -> None:
        """Queue a webhook as the receiver does; SQS drops what has the id of one of the last five minutes."""
        push = Push(body, {"x-shopify-topic": "orders/updated"}, self.moment)
        message = accept(self.connection, push)
        assert isinstance(message, WebhookMessage)
        last = self.pushed.get(message.webhook_id)
        if last is not None and self.now - last < timedelta(minutes=5):
            return
        self.pushed[message.webhook_id] = self.now
        self.queue.append(Queued(replace(message, order_id=ORDER_KEY)))

    # --- time -----------------------------------------------------------------------------------

    def advance(self, seconds: float) -> None:
        """Let time pass: late changes happen, rechecks come due, invocations reach their timeout."""
        self.now += timedelta(seconds=seconds)
        for invocation in self.running():
            if self.now - invocation.began_at >= LAMBDA_TIMEOUT:
                invocation.kill()
        for late in [each for each in self.late if each.due <= self.now]:
            self.late.remove(late)
            self.log.append(f"{self.now:%H:%M:%S} a late change is made")
            late.act()
        for due, recheck in [each for each in self.rechecks if each[0] <= self.now]:
            self.rechecks.remove((due, recheck))
            self.queue.append(Queued(recheck))

    # --- invocations ----------------------------------------------------------------------------

    def waiting(self) -> list[Queued]:
        """Return the messages that nobody is handling."""
        return [each for each in self.queue if not each.in_flight]

    def running(self) -> list[Invocation]:
        """Return the invocations under way."""
        return [each for each in self.invocations if not each.over]

    def begin(self, queued: Queued) -> Invocation:
        """Hand a message to an invocation, which stops before its first call."""
        queued.in_flight += 1
        invocation = Invocation(self, queued)
        says = "recheck"
        if isinstance(queued.message, WebhookMessage):
            says = json.loads(queued.message.body)["note"]
        self.log.append(f"{self.now:%H:%M:%S} #{len(self.invocations)} begins with {says}")
        self.invocations.append(invocation)
        invocation.start()
        return invocation

    def handle(self, message: WebhookMessage | Recheck) -> None:
        """Do what the worker does with a message."""
        secrets = Secrets()
        try:
            if isinstance(message, Recheck):
                self.dispatcher.recheck(self.connection, secrets, message)
            else:
                self.dispatcher.dispatch(self.connection, secrets, message)
        except PermanentError as error:
            self.parked.append(message)
            self.dispatcher.park(
                message,
                self.connection,
                ParkReason(error.code, str(error)),
                message_id=f"message-{len(self.parked)}",
                text=message.to_text(),
            )

    def stop(self) -> None:
        """Kill whatever runs."""
        for invocation in self.running():
            invocation.kill()

    # --- what CoopCycle holds -------------------------------------------------------------------

    def live(self) -> list[Held]:
        """Return the deliveries that couriers would see."""
        return [each for each in self.deliveries if each.live]

    def create(self, body: Mapping[str, Any]) -> Held:
        """Commit a POST."""
        held = Held(f"/api/deliveries/{len(self.deliveries) + 1}", json.loads(json.dumps(body)), self.now)
        self.deliveries.append(held)
        return held

    def find(self, iri: str) -> Held:
        """Return a delivery by its IRI."""
        return next(each for each in self.deliveries if each.iri == iri)
