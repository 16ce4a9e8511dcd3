"""What would be done with a webhook, and nothing is: the real code, whose changes go nowhere.

:func:`map_webhook` asks nobody but the shop. :func:`rehearse` is the real dispatcher, whose questions are
real: the order's record, what CoopCycle holds, an order that the shop has to be asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from bridge import sources
from bridge.errors import BridgeError, PermanentError, RejectedWebhook, RetryableError
from bridge.fields.fields import KEY_FIELDS
from bridge.model import Delivery, Ignored, Listing, Receipt, TimeWindow
from bridge.operator.errors import CoopCycleNotAsked, WouldBeParked, WouldWait
from bridge.reasons import Reason

if TYPE_CHECKING:
    from bridge.connections.model import Connection, Secrets
    from bridge.coopcycle.answers import Identity, InstanceSettings
    from bridge.coopcycle.client import CoopCycleClient
    from bridge.dispatching.outcomes import Result
    from bridge.dispatching.record import DeliveryRecord
    from bridge.operator.deployment import Deployment
    from bridge.planning.trace import Trace
    from bridge.receiving.messages import Recheck, WebhookMessage


# --- a body, mapped -------------------------------------------------------------------------------


class OfflineInstance:
    """Stands for the instance where the connection leaves nothing to ask; a question is a mistake of ours."""

    def settings(self) -> InstanceSettings:
        """Fail."""
        self._refuse()

    def time_slot_choices(self) -> list[TimeWindow]:
        """Fail."""
        self._refuse()

    def assert_feasible(self, body: Mapping[str, object]) -> None:
        """Fail."""
        del body
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise AssertionError("an instance that is offline was asked")


@dataclass(frozen=True, slots=True)
class Assumption:
    """A key of the connection for which CoopCycle would be asked, and what stands in for its answer."""

    key: str
    about: str
    instead: str


def map_webhook(
    connection: Connection,
    push: sources.Push,
    topic: str | None,
    shop: sources.Shop,
    *,
    trace: Trace,
    assumptions: list[Assumption],
) -> Delivery | Ignored:
    """Do what receiver and worker do with a genuine webhook, up to the call; CoopCycle is not asked.

    ``topic`` ``None`` is the one that the headers name, or a new order where there are none. ``trace`` and
    ``assumptions`` collect what is to be told, also when it ends with an error.

    Raises:
        RejectedWebhook: the body cannot be read; :func:`why_unreadable` says it in words.
        PermanentError: it would be parked.
        RetryableError: the shop gave no usable answer.
    """
    from bridge.planning.plan import plan
    from bridge.planning.read_order import read_order

    source = sources.get(connection.source)
    if topic is None and push.headers:
        webhook = source.identify(push, connection.options)
        if isinstance(webhook, Ignored):
            return webhook
        topic = webhook.topic
    topic = topic or source.TOPICS[0]
    if connection.orders.topics and topic not in connection.orders.topics:
        return Ignored(Reason.TOPIC_NOT_FOLLOWED)
    payload = sources.Payload(push.body, topic, push.received_at, push.content_type)
    order = read_order(connection, payload, shop)
    if isinstance(order, Ignored):
        return order
    complete = _with_assumptions(connection, assumptions)
    return plan(order, complete, OfflineInstance(), now=push.received_at, trace=trace)


def _with_assumptions(connection: Connection, assumptions: list[Assumption]) -> Connection:
    """Return the connection with all that CoopCycle would be asked for."""
    if connection.timezone is None:
        assumptions.append(Assumption("timezone", "it", "UTC"))
    if connection.country is None:
        assumptions.append(Assumption("country", "it", "no country"))
    schedule = connection.schedule
    if schedule.window == "coopcycle":
        assumptions.append(Assumption("schedule.window", "its time slots", "the schedule"))
        schedule = replace(schedule, window="schedule")
    return replace(
        connection,
        timezone=connection.timezone or "UTC",
        country=connection.country or "",
        schedule=schedule,
        orders=replace(connection.orders, check_feasibility=False),  # a question of its own
    )


def why_unreadable(error: RejectedWebhook, source: str) -> str:
    """Return why a body cannot be read, and the cure where the connection has one."""
    sentence = f"the body cannot be read ({error.reason})"
    if error.reason == "order_id_missing" and KEY_FIELDS in sources.get(source).SETTINGS:
        return (
            f"{sentence}: it has no id; name the answers that tell one order from another, "
            f'[sender] {KEY_FIELDS} = "email date", or the one that is an id, [fields] order_id'
        )
    return sentence


# --- a message, dispatched --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """A call that would change something; ``body`` is personal."""

    method: str
    iri: str
    body: Mapping[str, object] = field(repr=False)


class SingleRecordTable:
    """One order's record: read once, and written to nowhere."""

    def __init__(self, record: DeliveryRecord | None) -> None:
        self._record = record

    def load(self, connection_id: str, order_id: str) -> DeliveryRecord | None:
        """Return the record."""
        del connection_id, order_id
        return self._record

    def save(self, record: DeliveryRecord) -> DeliveryRecord:
        """Return it as if it were stored."""
        return replace(record, version=record.version + 1)


class NoRechecks:
    """A queue of rechecks that takes none."""

    def send(self, recheck: Recheck, *, delay_seconds: float) -> None:
        """Do nothing."""


class ReadOnlyCoopCycle:
    """An instance that is asked for real and changed by nobody; ``changes`` are what would be sent."""

    def __init__(self, client: Callable[[], CoopCycleClient]) -> None:
        self._client = client  # made when there is something to ask: most orders need nothing
        self.changes: list[Change] = []

    def create_delivery(self, body: Mapping[str, object]) -> Receipt:
        """Note the POST."""
        self.changes.append(Change("POST", "/api/deliveries", body))
        return Receipt("/api/deliveries/rehearsed")

    def update_delivery(self, iri: str, body: Mapping[str, object]) -> Receipt:
        """Note the PUT."""
        self.changes.append(Change("PUT", iri, body))
        return Receipt(iri)

    def cancel_delivery(self, iri: str) -> None:
        """Note the DELETE."""
        self.changes.append(Change("DELETE", iri, {}))

    def get_delivery(self, iri: str) -> Receipt:
        """GET the delivery."""
        return self._client().get_delivery(iri)

    def settings(self) -> InstanceSettings:
        """Return the instance's country and time zone."""
        return self._client().settings()

    def time_slot_choices(self) -> Sequence[TimeWindow]:
        """Return the windows that the store offers now."""
        return self._client().time_slot_choices()

    def assert_feasible(self, body: Mapping[str, object]) -> None:
        """Ask whether the store's rules allow this delivery."""
        self._client().assert_feasible(body)

    def me(self) -> Identity:
        """Tell whose credentials these are."""
        return self._client().me()

    def list_deliveries(
        self, store_iri: str, *, before_from: datetime, before_to: datetime, timezone: str
    ) -> Listing:
        """List the deliveries whose dropoff window ends within the range."""
        return self._client().list_deliveries(
            store_iri, before_from=before_from, before_to=before_to, timezone=timezone
        )

    def list_recent_deliveries(self, store_iri: str) -> Listing:
        """List the newest deliveries."""
        return self._client().list_recent_deliveries(store_iri)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the worker would do with a message now.

    ``held`` is what ``wanted`` is compared with: the body last sent, or what CoopCycle holds now
    (``is_live``). All bodies are personal; ``wanted`` and ``held`` are empty where there is none.
    """

    record: DeliveryRecord | None = field(repr=False)
    result: Result
    changes: tuple[Change, ...]
    wanted: Mapping[str, object] = field(repr=False)
    held: Mapping[str, object] = field(repr=False)
    is_live: bool


def rehearse(
    deployment: Deployment,
    connection: Connection,
    secrets: Secrets,
    message: WebhookMessage,
    *,
    live: bool,
    clock: Callable[[], datetime],
    shop: sources.Shop | None = None,
) -> Rehearsal:
    """Dispatch a message with nothing changed; ``live`` compares with what CoopCycle holds now.

    ``shop`` answers in place of the sender's API.

    Raises:
        WouldWait: the message would go back to the queue.
        WouldBeParked: a person would have to help.
        CoopCycleNotAsked: with ``live``, it gave no usable answer.
    """
    from bridge.dispatching.dispatcher import Dispatcher
    from bridge.sources.shared.shop_api import ShopApi

    record = deployment.orders.load(message.connection_id, message.order_id)
    client = cache(lambda: deployment.coopcycle(connection, secrets))
    coopcycle = ReadOnlyCoopCycle(client)
    dispatcher = Dispatcher(
        SingleRecordTable(record),
        NoRechecks(),
        lambda *_: coopcycle,
        lambda given: (
            shop or ShopApi(given.shop_token, read_timeout_seconds=deployment.http_read_timeout_seconds)
        ),
        clock=clock,
        settle_seconds=deployment.timings.settle.total_seconds(),
    )
    try:
        result = dispatcher.dispatch(connection, secrets, message, first_time=False)
    except RetryableError as error:
        raise WouldWait(error.code, str(error)) from error
    except RejectedWebhook as error:
        raise WouldBeParked(error.code, why_unreadable(error, message.source)) from error
    except PermanentError as error:
        raise WouldBeParked(error.code, str(error)) from error
    exists = record is not None and record.exists
    sent = json.loads(record.sent) if record is not None and exists and record.sent else {}
    wanted = coopcycle.changes[-1].body if coopcycle.changes else sent
    held = _named(sent, wanted) if coopcycle.changes else sent
    if live and record is not None and exists:
        try:
            held = as_sent(client().get_delivery_body(record.delivery_iri), like=wanted, sent=sent)
        except BridgeError as error:
            raise CoopCycleNotAsked(str(error)) from error
    return Rehearsal(record, result, tuple(coopcycle.changes), wanted, held, live and exists)


def _named(sent: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a body the members that a change names: a PUT says only what differs."""
    if "tasks" in change or "tasks" in sent or not sent:
        return dict(sent)
    return {
        stop: {name: sent[stop][name] for name in members if name in sent.get(stop, {})}
        for stop, members in change.items()
    }


def as_sent(
    held: Mapping[str, object], *, like: Mapping[str, object], sent: Mapping[str, object]
) -> dict[str, object]:
    """Return a delivery in CoopCycle's answer as the body that would have made it so.

    Only what ``like`` names is told: a PUT leaves everything else as it is. Behind the comments that were
    ``sent`` for the pickup CoopCycle prints weight and packages (``features/deliveries.feature`` of
    coopcycle/coopcycle-web); that is left out.
    """
    return {
        name: _task_as_sent(_object(held.get(name)), wanted, _object(sent.get(name)))
        for name, wanted in like.items()
        if isinstance(wanted, Mapping)
    }


def _task_as_sent(
    task: Mapping[str, object], like: Mapping[str, object], sent: Mapping[str, object]
) -> dict[str, object]:
    readers: dict[str, Callable[[object], object]] = {
        "after": _instant,
        "before": _instant,
        "packages": lambda value: [
            {"type": each.get("type"), "quantity": each.get("quantity")} for each in _objects(value)
        ],
        "tags": lambda value: [each.get("slug") for each in _objects(value)],
    }
    told: dict[str, object] = {}
    for name, wanted in like.items():
        value = task.get(name)
        if name == "address":
            value = _address_as_sent(_object(value), _object(wanted))
        elif isinstance(wanted, Mapping):
            value = {key: _object(value).get(key) for key in wanted}
        elif name in readers:
            value = readers[name](value)
        elif name == "comments" and str(value).startswith(f"{sent.get(name)}\n\n"):
            value = sent[name]
        if value not in (None, "", [], {}):
            told[name] = value
    return told


def _address_as_sent(address: Mapping[str, object], like: Mapping[str, object]) -> dict[str, object]:
    geo = _object(address.get("geo"))
    known = {**address, "latLng": [geo.get("latitude"), geo.get("longitude")] if geo else None}
    return {name: known[name] for name in like if known.get(name) not in (None, "")}


def _object(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _objects(value: object) -> Sequence[Mapping[str, object]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _instant(value: object) -> object:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return value
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment.tzinfo else value
