"""What can become of a message, and what was seen on CoopCycle: closed sets, each member with its metric.

A member cannot be written without saying which metric counts it, or that none does.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.metrics import Counted, Metric


class Outcome(Counted):
    """What became of a message; the last ones stand in an order's history alone and have no metric."""

    CREATED = "created", Metric.DELIVERY_CREATED
    UPDATED = "updated", Metric.DELIVERY_UPDATED
    CANCELLED = "cancelled", Metric.DELIVERY_CANCELLED
    CANCEL_REFUSED = "cancel_refused", Metric.CANCEL_REFUSED
    DUPLICATE = "duplicate", Metric.ORDER_DUPLICATE
    IGNORED = "ignored", Metric.ORDER_IGNORED
    RECHECKED = "rechecked", Metric.ORDER_RECHECKED
    REDACTED = "redacted", Metric.DATA_REDACTED
    PARKED = "parked", Metric.DELIVERY_PARKED
    RETRIED = "retried", Metric.MESSAGE_RETRIED
    ADOPTED = "adopted", None
    NOT_FOUND = "not_found", None
    UNKNOWN = "unknown", None
    SEEN = "seen", None
    REDRIVEN = "redriven", None  # by an operator, as are those below
    REPLAYED = "replayed", None
    DISCARDED = "discarded", None
    CLOSED = "closed", None


class Finding(Counted):
    """What CoopCycle shows of a delivery and we did not do; a metric where somebody has to act."""

    WITHDRAWN = (
        "cancelled_on_coopcycle",
        Metric.DELIVERY_WITHDRAWN,
    )  # by the dispatcher, while the shop wants it
    TOO_LATE = "changed_after_the_end", Metric.CHANGED_TOO_LATE  # the order, once the courier was done
    OVERRULED = "window_overruled", Metric.WINDOW_OVERRULED  # the shop moved what the dispatcher had moved
    ASSIGNED = "assigned", None
    FINISHED = "finished", None
    MOVED = "moved", None
    REWORDED = "reworded", None
    PHONE_REFUSED = "phone_refused", None  # sent again without it, in words


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
    def metrics(self) -> list[Metric]:
        """The metrics to count, each as often as it occurred."""
        seen = [self.outcome.metric, *[finding.metric for finding in self.findings]]
        twins = [Metric.TWIN_REMOVED] * self.twins_removed + [Metric.TWIN_LEFT] * self.twins_left
        return [metric for metric in seen if metric is not None] + twins


_ALARMS = {"credentials_rejected": Metric.CREDENTIALS_REJECTED}  # for which a waiting order rings


def metrics_of_retry(reason: str) -> list[Metric]:
    """Return the metrics of a message that comes again: an alarm rings at once, not when it is given up."""
    return [Metric.MESSAGE_RETRIED, *([_ALARMS[reason]] if reason in _ALARMS else [])]
