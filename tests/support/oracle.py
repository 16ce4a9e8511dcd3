"""What CoopCycle must hold of an order in the end: the one oracle of the storm and of the state machine.

What must be held is made by the bridge's own mapping from the order's last state; only the windows, which
the bridge fixed when it first planned the order, are taken as its record has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bridge import sources
from bridge.connections.model import Connection
from bridge.coopcycle.payload import delivery_body
from bridge.dispatching.record import DeliveryRecord, State
from bridge.model import Delivery, Order
from bridge.operator.dry_run import OfflineInstance
from bridge.planning.plan import plan
from bridge.planning.read_order import parse_order
from bridge.schedule.windows import Windows

TEXTS = ("streetAddress", "name", "contactName", "telephone", "description")


def unsettled(record: DeliveryRecord) -> bool:
    """Tell whether the record waits for something yet."""
    return bool(
        record.state is State.CREATING
        or record.pending
        or record.attempts
        or record.unsettled
        or record.recheck_at
    )


def wanted(body: bytes, connection: Connection, record: DeliveryRecord, now: datetime) -> Mapping[str, Any]:
    """Return the body that the bridge would send for a state of an order."""
    source = sources.get(connection.source)
    parsed = parse_order(connection, sources.Payload(body, source.TOPICS[0], now))
    assert isinstance(parsed, Order)  # as planned
    complete = replace(connection, timezone="Europe/Paris", country="FR")  # the sandbox's
    delivery = plan(parsed, complete, OfflineInstance(), now=now, kept=record.windows)
    assert isinstance(delivery, Delivery)  # as planned
    windows = Windows(pickup=delivery.pickup.window, dropoff=delivery.dropoff.window)
    assert windows == record.windows  # those of the record are kept
    return delivery_body(delivery)


def differences(
    wanted: Mapping[str, Any],
    held: Mapping[str, Any],
    *,
    moved: bool = False,
    reworded: bool = False,
    refused: Sequence[str] = (),
) -> Iterable[str]:
    """Yield the fields in which a delivery differs from the body that should have made it.

    ``moved`` and ``reworded``: a dispatcher has given it another window, or words of his own beside ours.
    ``refused``: numbers that the instance would not take for a while; they may stand in words instead.
    """
    wanted = _in_words(wanted, held, refused)
    for name in ("pickup", "dropoff"):
        if not moved:
            yield from _times(name, wanted[name], held[name])
        yield from _texts(name, wanted[name].get("address", {}), held[name]["address"])
    # CoopCycle adds the parcels to the pickup's comments when it creates, and no more when it changes.
    if not str(held["pickup"]["comments"]).startswith(wanted["pickup"]["comments"]):
        yield "pickup.comments"
    told, ours = held["dropoff"]["comments"], wanted["dropoff"]["comments"]
    if told != ours and not (reworded and ours in told):
        yield "dropoff.comments"
    if held["dropoff"]["weight"] != wanted["dropoff"].get("weight"):
        yield "dropoff.weight"
    packages = [{"type": each["type"], "quantity": each["quantity"]} for each in held["dropoff"]["packages"]]
    if packages != wanted["dropoff"].get("packages", []):
        yield "dropoff.packages"


def _in_words(
    wanted: Mapping[str, Any], held: Mapping[str, Any], refused: Sequence[str]
) -> Mapping[str, Any]:
    """Return what must be held where a number that is refused is told to the courier in words."""
    dropoff, address = wanted["dropoff"], wanted["dropoff"].get("address", {})
    number = address.get("telephone")
    if number not in refused or held["dropoff"]["address"].get("telephone"):
        return wanted
    said = "\n".join(part for part in (dropoff.get("comments", ""), f"Phone as given: {number}") if part)
    told = {**dropoff, "address": {**address, "telephone": None}, "comments": said}
    return {**wanted, "dropoff": told}


def _times(name: str, body: Mapping[str, Any], task: Mapping[str, Any]) -> Iterable[str]:
    for end in ("after", "before"):
        if datetime.fromisoformat(body[end]) != datetime.fromisoformat(task[end]):
            yield f"{name}.{end}"


def _texts(name: str, body: Mapping[str, Any], address: Mapping[str, Any]) -> Iterable[str]:
    for key in TEXTS:
        if (body.get(key) or None) != (address.get(key) or None):
            yield f"{name}.address.{key}"
