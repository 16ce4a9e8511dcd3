"""What the worker would do with a webhook now: the real dispatcher, whose changes go nowhere.

Questions are real (the order's record, what CoopCycle holds, an order that the shop has to be asked for).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bridge.coopcycle.client import CoopCycleClient, Identity, InstanceSettings
from bridge.dispatching.record import DeliveryRecord
from bridge.model import Receipt, TimeWindow
from bridge.receiving.messages import Recheck


@dataclass(frozen=True, slots=True)
class Change:
    """A call that would change something; ``body`` is personal."""

    method: str
    iri: str
    body: Mapping[str, object]


class RehearsedTable:
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


class RehearsedCoopCycle:
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
    ) -> list[Receipt]:
        """List the deliveries whose dropoff window ends within the range."""
        return self._client().list_deliveries(
            store_iri, before_from=before_from, before_to=before_to, timezone=timezone
        )

    def list_recent_deliveries(self, store_iri: str) -> list[Receipt]:
        """List the newest deliveries."""
        return self._client().list_recent_deliveries(store_iri)


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


def pretty(body: Mapping[str, object]) -> list[str]:
    """Write a body as lines, keys in one order, for a diff."""
    return json.dumps(body, indent=2, sort_keys=True, ensure_ascii=False).splitlines() if body else []
