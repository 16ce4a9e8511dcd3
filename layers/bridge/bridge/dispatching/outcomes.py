"""What can become of a message, and what was seen on CoopCycle: closed sets, each member with its metric.

A member cannot be written without a metric, so none can be forgotten; a test holds that every metric that an
alarm of ``template.yaml`` watches is one of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Outcome(StrEnum):
    """What became of a message; the last ones stand in an order's history alone and have no metric."""

    metric: str

    def __new__(cls, value: str, metric: str) -> Self:
        """Make the member that is this text."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.metric = metric
        return member

    CREATED = "created", "DeliveryCreated"
    UPDATED = "updated", "DeliveryUpdated"
    CANCELLED = "cancelled", "DeliveryCancelled"
    CANCEL_REFUSED = "cancel_refused", "CancelRefused"
    DUPLICATE = "duplicate", "OrderDuplicate"
    IGNORED = "ignored", "OrderIgnored"
    RECHECKED = "rechecked", "OrderRechecked"
    REDACTED = "redacted", "DataRedacted"
    PARKED = "parked", "DeliveryParked"
    RETRIED = "retried", "MessageRetried"
    ADOPTED = "adopted", ""
    NOT_FOUND = "not_found", ""
    UNKNOWN = "unknown", ""
    SEEN = "seen", ""


class Finding(StrEnum):
    """What CoopCycle shows of a delivery and we did not do; a metric where somebody has to act."""

    metric: str

    def __new__(cls, value: str, metric: str) -> Self:
        """Make the member that is this text."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.metric = metric
        return member

    WITHDRAWN = "cancelled_on_coopcycle", "DeliveryWithdrawn"  # by the dispatcher, while the shop wants it
    TOO_LATE = "changed_after_the_end", "ChangedTooLate"  # the order, once the courier was done
    OVERRULED = "window_overruled", "WindowOverruled"  # the shop moved what the dispatcher had moved
    ASSIGNED = "assigned", ""
    FINISHED = "finished", ""
    MOVED = "moved", ""
    REWORDED = "reworded", ""
    PHONE_REFUSED = "phone_refused", ""  # sent again without it, in words


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a message; ``reason`` is a slug from a closed set.

    ``twins_removed`` and ``twins_left`` count surplus deliveries of the order that were found: deleted, or
    left because a courier already has them, which a person must sort out.
    """

    outcome: Outcome
    reason: str = ""
    delivery_iri: str = ""
    twins_removed: int = 0
    twins_left: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def metrics(self) -> list[str]:
        """The names of the metrics to count, each as often as it occurred."""
        return [
            self.outcome.metric,
            *[finding.metric for finding in self.findings if finding.metric],
            *["TwinRemoved"] * self.twins_removed,
            *["TwinLeft"] * self.twins_left,
        ]


_ALARMS = {"credentials_rejected": "CredentialsRejected"}  # reasons for which a waiting order rings


def metrics_of_retry(reason: str) -> list[str]:
    """Return the metrics of a message that comes again: an alarm rings at once, not when it is given up."""
    return [Outcome.RETRIED.metric, *([_ALARMS[reason]] if reason in _ALARMS else [])]
