"""One order's world for the state machine: a shop, queues, a table, a CoopCycle, and invocations in between.

The dispatcher under test is the real one. Everything it calls is here, with one property that production has
too and no ordinary test: between any two calls of an invocation anything may happen. Each invocation is a
thread that stops before every call until it is told how that call ends, so a run is a sequence of decisions
and repeats exactly.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from bridge.aws.deliveries import DeliveriesTable, _from_item
from bridge.connections.model import Connection, Secrets
from bridge.connections.parse import parse_connection
from bridge.coopcycle.answers import Identity, InstanceSettings
from bridge.dispatching.dispatcher import Dispatcher
from bridge.dispatching.record import DeliveryRecord
from bridge.errors import (
    AwsUnavailable,
    CoopCycleBlocked,
    CoopCycleRejected,
    CoopCycleUnavailable,
    CredentialsRejected,
    DeliveryOutcomeUnknown,
    PermanentError,
    RetryableError,
)
from bridge.model import Listing, PlacedTask, Receipt, TimeWindow
from bridge.receiving.http import accept
from bridge.receiving.messages import Recheck, WebhookMessage
from bridge.sources import Push

ORDER = json.loads(
    (Path(__file__).parents[2] / "events" / "webhooks" / "shopify" / "order-typical.json").read_bytes()
)
ORDER_KEY = "as-read-at-receipt"  # the order's id was read otherwise then: [fields] order_id has changed
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LAMBDA_TIMEOUT = timedelta(seconds=60)
SETTLE_SECONDS = 60
SOON = timedelta(seconds=30)
LATEST_COMMIT = timedelta(minutes=4)  # after the request was sent; the recheck comes five after the attempt
CONNECTION = """
source = "shopify"
timezone = "Europe/Paris"
country = "FR"
[coopcycle]
url = "https://acme.coopcycle.org"
"""

LISTING_PAGE = 30  # recorded: listing


class Killed(BaseException):
    """The execution environment ended here."""


@dataclass
class Held:
    """A delivery that CoopCycle holds."""

    iri: str
    body: dict[str, Any]
    created_at: datetime
    cancelled: bool = False
    assigned: bool = False
    withdrawn: bool = False  # cancelled by the dispatcher
    moved_to: tuple[str, str] | None = None  # by the dispatcher; undone when the bridge sends a window
    words: str = ""  # the dispatcher's, behind ours

    @property
    def shown(self) -> dict[str, Any]:
        """What GET answers of it, as far as the oracle compares it."""
        blank: dict[str, Any] = {"comments": "", "weight": None, "packages": []}
        return {
            kind: {**blank, **self.body[kind], "address": self.body[kind].get("address", {})}
            for kind in ("pickup", "dropoff")
        }

    def move(self, by: timedelta) -> None:
        """Give the dropoff another window, as the dispatcher does."""
        ends = [datetime.fromisoformat(self.body["dropoff"][end]) + by for end in ("after", "before")]
        after, before = (end.strftime("%Y-%m-%dT%H:%M:%SZ") for end in ends)
        self.body["dropoff"] |= {"after": after, "before": before}
        self.moved_to = (after, before)

    def write(self, words: str, *, before: bool) -> None:
        """Add the dispatcher's words to the courier's."""
        told = self.body["dropoff"]["comments"]
        self.body["dropoff"] |= {"comments": f"{words}\n{told}" if before else f"{told}\n{words}"}
        self.words = words

    def put(self, body: Mapping[str, Any]) -> None:
        """Take the members that a PUT names."""
        for name in ("pickup", "dropoff"):
            self.body[name] = {**self.body[name], **body.get(name, {})}
        if "before" in body.get("dropoff", {}):
            self.moved_to = None

    @property
    def live(self) -> bool:
        """Whether it was not cancelled."""
        return not self.cancelled


@dataclass
class Late:
    """A change that CoopCycle makes after its client has given up."""

    due: datetime
    act: Callable[[], None]


@dataclass
class Queued:
    """A message on WebhooksQueue."""

    message: WebhookMessage | Recheck
    in_flight: int = 0
    done: bool = False


class World:
    """Everything around the dispatcher, and the invocations that are under way."""

    def __init__(self) -> None:
        self.now = START
        self.connection: Connection = parse_connection("acme", CONNECTION)
        self.dynamodb = _DynamoDb(self)
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
            _Rechecks(self),
            lambda connection, secrets: _Instance(self),
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

    def unmappable(self) -> bytes:
        """Return an older state's webhook that nobody can read."""
        older = (START - timedelta(hours=1)).isoformat()
        return json.dumps(self.shop | {"updated_at": older, "shipping_address": "1 Rue de Rivoli"}).encode()

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
            self.dispatcher.note_parked(message, error.code)
            self.parked.append(message)

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


def _page(found: Iterable[Held]) -> Listing:
    members = tuple(receipt(held) for held in found)
    return Listing(members[:LISTING_PAGE], len(members))


def receipt(held: Held) -> Receipt:
    """Return CoopCycle's answer about a delivery."""
    status = "CANCELLED" if held.cancelled else "TODO"
    return Receipt(
        held.iri,
        f"https://acme.coopcycle.org{held.iri}/track",
        bridge_ref=held.body["dropoff"]["metadata"]["bridge_ref"],
        statuses=(status, status),
        assigned=held.assigned,
        created_at=held.created_at,
        tasks=tuple(
            PlacedTask(
                f"/api/tasks/{number}",
                kind.upper(),
                status,
                TimeWindow.parse(task["after"], task["before"]),
                task.get("comments", ""),
                task.get("address", {}).get("streetAddress", ""),
            )
            for number, (kind, task) in enumerate((kind, held.body[kind]) for kind in ("pickup", "dropoff"))
        ),
    )


class Invocation:
    """One invocation of the dispatcher with one message, a call at a time."""

    def __init__(self, world: World, queued: Queued) -> None:
        self._world = world
        self._queued = queued
        self._resume, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._decision = ""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.began_at = world.now
        self.at = ""  # the kind of call it waits before
        self.over = False
        self.failure: BaseException | None = None

    def start(self) -> None:
        """Run to the first call."""
        self._thread.start()
        self._wait()

    def step(self, decision: str) -> None:
        """Let the call it waits before end in a certain way, and run to the next one."""
        self._decision = decision
        number = self._world.invocations.index(self)
        self._world.log.append(f"{self._world.now:%H:%M:%S} #{number} {self.at}: {decision}")
        self._resume.release()
        self._wait()

    def kill(self) -> None:
        """End it where it stands."""
        self.step("kill")

    def call(self, kind: str) -> str:
        """Wait, inside the invocation, for the decision about the call that is to be made."""
        self.at = kind
        self._stopped.release()
        self._resume.acquire()
        if self._decision == "kill":
            raise Killed
        return self._decision

    def _wait(self) -> None:
        self._stopped.acquire()
        if self.over:
            self._thread.join()
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure

    def _run(self) -> None:
        _current.invocation = self
        try:
            self._world.handle(self._queued.message)
            self._queued.done = True
        except (Killed, RetryableError):
            pass
        except BaseException as error:  # noqa: BLE001  # the test's thread must see it
            self.failure = error
        finally:
            self._queued.in_flight -= 1
            if self._queued.done and self._queued in self._world.queue:
                self._world.queue.remove(self._queued)
            self.over = True
            self._stopped.release()


_current = threading.local()


def _ask(kind: str) -> str:
    """Return how the call that is to be made ends."""
    invocation: Invocation = _current.invocation
    return invocation.call(kind)


@dataclass
class _DynamoDb:
    """The two calls that DeliveriesTable makes of boto3's client, with the conditions that it states."""

    world: World
    item: dict[str, Any] = field(default_factory=dict)

    def get_item(self, **request: Any) -> dict[str, Any]:
        if _ask("load") != "ok":
            raise AwsUnavailable("the table does not answer")
        return {"Item": self.item} if self.item else {}

    def put_item(self, **request: Any) -> None:
        decision = _ask("save")
        if decision == "fail":
            raise AwsUnavailable("the table does not answer")
        if not self._holds(request.get("ConditionExpression"), request):
            code = {"Code": "ConditionalCheckFailedException", "Message": ""}
            raise ClientError({"Error": code}, "PutItem")
        self.item = request["Item"]
        if decision == "kill_after":
            raise Killed

    def _holds(self, condition: str | None, request: dict[str, Any]) -> bool:
        if condition is None:
            return True
        if condition == "attribute_not_exists(order_id)":
            return not self.item
        assert condition == "version = :version"
        return bool(self.item) and self.item["version"] == request["ExpressionAttributeValues"][":version"]


@dataclass
class _Rechecks:
    """The delay queue."""

    world: World

    def send(self, recheck: Recheck, *, delay_seconds: float) -> None:
        decision = _ask("recheck")
        if decision == "fail":
            raise AwsUnavailable("the queue does not answer")
        self.world.rechecks.append((self.world.now + timedelta(seconds=delay_seconds), recheck))
        if decision == "kill_after":
            raise Killed


@dataclass
class _Instance:
    """CoopCycle, with every way a call can end."""

    world: World

    def _change(self, kind: str, act: Callable[[], None]) -> None:
        """Do a change, or not, or later, and tell the client, or not."""
        decision = _ask(kind)
        if decision == "unavailable":
            raise CoopCycleUnavailable("503")
        if decision == "credentials":
            raise CredentialsRejected("401")
        if decision == "refused":
            raise CoopCycleRejected(422)
        if decision in ("soon", "late"):  # within the settle time, or long after it
            delay = SOON if decision == "soon" else LATEST_COMMIT
            self.world.late.append(Late(self.world.now + delay, act))
            self.world.late_commits += decision == "late"
            raise DeliveryOutcomeUnknown("no answer")
        if decision in ("lost", "error_500"):
            raise DeliveryOutcomeUnknown("not done", status=500 if decision == "error_500" else None)
        act()
        if decision == "kill_after":
            raise Killed
        if decision in ("unanswered", "done_500"):
            raise DeliveryOutcomeUnknown("done", status=500 if decision == "done_500" else None)

    def create_delivery(self, body: Mapping[str, object]) -> Receipt:
        made: list[Held] = []
        self._change("post", lambda: made.append(self.world.create(body)))
        return receipt(made[0])

    def update_delivery(self, iri: str, body: Mapping[str, object]) -> Receipt:
        held = self.world.find(iri)
        new = json.loads(json.dumps(body))
        self._change("put", lambda: held.put(new))
        return receipt(held)

    def cancel_delivery(self, iri: str) -> None:
        held = self.world.find(iri)

        def cancel() -> None:
            if not held.assigned:
                held.cancelled = True

        self._change("delete", cancel)
        if held.assigned:
            raise CoopCycleRejected(400)

    def get_delivery(self, iri: str) -> Receipt:
        self._read("get")
        return receipt(self.world.find(iri))

    def me(self) -> Identity:
        return Identity("/api/stores/1")

    def settings(self) -> InstanceSettings:
        return InstanceSettings("FR", "Europe/Paris")

    def list_deliveries(
        self, store_iri: str, *, before_from: datetime, before_to: datetime, timezone: str
    ) -> Listing:
        self._read("list")
        return _page(
            held
            for held in self.world.deliveries
            if before_from <= datetime.fromisoformat(held.body["dropoff"]["before"]) <= before_to
        )

    def list_recent_deliveries(self, store_iri: str) -> Listing:
        self._read("list")
        return _page(reversed(self.world.deliveries))

    def _read(self, kind: str) -> None:
        decision = _ask(kind)
        if decision == "credentials":
            raise CredentialsRejected("401")
        if decision == "blocked":
            raise CoopCycleBlocked("a page of a firewall", status=403)
        if decision != "ok":
            raise CoopCycleUnavailable("no answer")
