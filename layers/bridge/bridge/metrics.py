"""The metrics of the service: a closed set, so that a name can neither be misspelled nor forgotten.

What is counted for a connection too, or for an instance, has a second dimension; its values are ids of
connections that are known, or hosts that connections name, never anything that a stranger sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Unit(StrEnum):
    """CloudWatch's units, as far as we use them."""

    COUNT = "Count"
    SECONDS = "Seconds"


class Dimension(StrEnum):
    """What a metric is told apart by, besides the service."""

    NONE = ""
    CONNECTION = "connection"
    INSTANCE = "instance"  # the host of a CoopCycle


class Metric(StrEnum):
    """A metric in the namespace ``CoopCycleBridge``: its name, and what it says."""

    unit: Unit
    dimension: Dimension
    meaning: str

    def __new__(cls, value: str, unit: Unit, dimension: Dimension, meaning: str) -> Self:
        """Make the member that is this text."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.unit = unit
        member.dimension = dimension
        member.meaning = meaning
        return member

    WEBHOOK_ACCEPTED = "WebhookAccepted", Unit.COUNT, Dimension.CONNECTION, "verified and queued"
    WEBHOOK_IGNORED = "WebhookIgnored", Unit.COUNT, Dimension.NONE, "genuine, and none of ours"
    WEBHOOK_REJECTED = "WebhookRejected", Unit.COUNT, Dimension.NONE, "unknown, unreadable or not genuine"
    SIGNATURE_REJECTED = (
        "SignatureRejected",
        Unit.COUNT,
        Dimension.CONNECTION,
        "a wrong signature or secret for a connection that there is",
    )
    CONNECTION_INVALID = (
        "ConnectionInvalid",
        Unit.COUNT,
        Dimension.NONE,
        "a connection's settings in SSM cannot be read",
    )
    DELIVERY_CREATED = "DeliveryCreated", Unit.COUNT, Dimension.CONNECTION, "an order became a delivery"
    DELIVERY_UPDATED = "DeliveryUpdated", Unit.COUNT, Dimension.NONE, "a delivery was changed"
    DELIVERY_CANCELLED = "DeliveryCancelled", Unit.COUNT, Dimension.NONE, "a delivery was cancelled"
    DELIVERY_PARKED = "DeliveryParked", Unit.COUNT, Dimension.CONNECTION, "a person must look at an order"
    DELIVERY_WITHDRAWN = (
        "DeliveryWithdrawn",
        Unit.COUNT,
        Dimension.NONE,
        "a dispatcher cancelled what its shop still wants",
    )
    CANCEL_REFUSED = "CancelRefused", Unit.COUNT, Dimension.NONE, "a courier has what the shop cancelled"
    CHANGED_TOO_LATE = "ChangedTooLate", Unit.COUNT, Dimension.NONE, "an order changed after its delivery"
    WINDOW_OVERRULED = (
        "WindowOverruled",
        Unit.COUNT,
        Dimension.NONE,
        "a shop moved what a dispatcher had moved",
    )
    TWIN_LEFT = "TwinLeft", Unit.COUNT, Dimension.NONE, "a courier has the surplus delivery of an order"
    TWIN_REMOVED = "TwinRemoved", Unit.COUNT, Dimension.NONE, "a surplus delivery was found and cancelled"
    CREDENTIALS_REJECTED = (
        "CredentialsRejected",
        Unit.COUNT,
        Dimension.NONE,
        "CoopCycle refuses a connection's credentials",
    )
    ORDER_DUPLICATE = "OrderDuplicate", Unit.COUNT, Dimension.NONE, "a webhook that changed nothing"
    ORDER_IGNORED = "OrderIgnored", Unit.COUNT, Dimension.NONE, "an order that is none of ours, or is older"
    ORDER_RECHECKED = "OrderRechecked", Unit.COUNT, Dimension.NONE, "an order once in doubt was looked at"
    DATA_REDACTED = "DataRedacted", Unit.COUNT, Dimension.NONE, "a request about personal data was done"
    MESSAGE_RETRIED = "MessageRetried", Unit.COUNT, Dimension.NONE, "a message comes again"
    OLDEST_WAITING_ORDER = (
        "OldestWaitingOrder",
        Unit.SECONDS,
        Dimension.CONNECTION,
        "age of the oldest order that could not be finished",
    )
    OLDEST_WAITING_EVENT = (
        "OldestWaitingEvent",
        Unit.SECONDS,
        Dimension.NONE,
        "age of the oldest event that could not be received",
    )
    COOPCYCLE_SECONDS = (
        "CoopCycleSeconds",
        Unit.SECONDS,
        Dimension.INSTANCE,
        "how long a call to CoopCycle took, answered or not",
    )


class Counted(StrEnum):
    """A closed set whose members each say which metric counts them, or ``None`` that none does."""

    metric: Metric | None

    def __new__(cls, value: str, metric: Metric | None) -> Self:
        """Make the member that is this text."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.metric = metric
        return member


@dataclass(frozen=True, slots=True)
class Measured:
    """One value of a metric; ``of`` is the connection or the instance that it is about, where it is known."""

    metric: Metric
    of: str = ""
    value: float = 1.0


def by_dimension(measured: Iterable[Measured]) -> Mapping[tuple[Dimension, str], list[Measured]]:
    """Sort what was measured by the second dimension that it has, and the value of that."""
    sorted_out: dict[tuple[Dimension, str], list[Measured]] = {}
    for one in measured:
        dimension = one.metric.dimension if one.of else Dimension.NONE
        sorted_out.setdefault((dimension, one.of if dimension else ""), []).append(one)
    return sorted_out


class Stopwatch:
    """Collects how long calls took until an invocation publishes it; any number of threads may use it."""

    def __init__(self) -> None:
        self._measured: list[Measured] = []

    def of(self, instance: str) -> Callable[[float], None]:
        """Return what notes a call to an instance, in seconds."""
        return lambda seconds: self._measured.append(Measured(Metric.COOPCYCLE_SECONDS, instance, seconds))

    def drain(self) -> list[Measured]:
        """Return what was collected since, and begin anew."""
        taken, self._measured = self._measured, []
        return taken
