"""One order on one instance for the length of one message: its record, each change of which is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bridge.connections.model import Connection
from bridge.dispatching import lifecycle
from bridge.dispatching.outcomes import Finding, Outcome, Result
from bridge.dispatching.ports import CoopCycle, Deliveries, Rechecks
from bridge.dispatching.record import DeliveryRecord, Event
from bridge.dispatching.scan import Crowd
from bridge.errors import DeliveryOutcomeUnknown, RetryableError
from bridge.receiving.messages import Recheck, WebhookMessage

FAILURES_BEFORE_PARKING = 3  # a 500 that repeats: the first POST or PUT and two more


@dataclass(frozen=True, slots=True)
class Environment:
    """What the work on any order needs besides its instance."""

    deliveries: Deliveries
    rechecks: Rechecks
    crowd: Crowd
    clock: Callable[[], datetime]
    settle: timedelta  # a request may be at work after we gave it up
    recheck_delay: timedelta


class Work:
    """The record of one order, which only :meth:`save` changes."""

    def __init__(
        self,
        environment: Environment,
        connection: Connection,
        coopcycle: CoopCycle,
        message: WebhookMessage | Recheck,
        record: DeliveryRecord,
    ) -> None:
        self.environment = environment
        self.connection = connection
        self.coopcycle = coopcycle
        self.message = message
        self.record = record
        self.began_at = environment.clock()
        self.twins_removed = 0
        self.twins_left = 0
        self.findings: tuple[Finding, ...] = ()

    @property
    def settle(self) -> timedelta:
        """How long a request may be at work after we gave it up."""
        return self.environment.settle

    def now(self) -> datetime:
        """Return the present."""
        return self.environment.clock()

    def save(
        self, record: DeliveryRecord, outcome: Outcome | None = None, reason: str = ""
    ) -> DeliveryRecord:
        """Store the record with the message it stands for and, if given, what happened.

        The write before the first POST leaves the message out: it is on the queue until another write says
        what became of that call, and an item is billed by its size each time.
        """
        if isinstance(self.message, WebhookMessage) and not (record.in_flight and record.version == 0):
            record = replace(record, message=self.message.to_text())
        record = record.not_waiting()
        if outcome is not None:
            record = record.noting(Event(self.now(), self.message.topic, outcome, reason))
        if isinstance(self.message, WebhookMessage) and record.parked:
            record = lifecycle.without_overtaken(
                record, self.message.topic, self.message.received_at, self.now()
            )
        self.record = self.environment.deliveries.save(record)
        return self.record

    def note_waiting(self, error: RetryableError, next_try_at: datetime | None) -> None:
        """Store that the message comes again, and when."""
        if isinstance(self.message, WebhookMessage):
            self.record = replace(self.record, message=self.message.to_text())
        event = Event(self.now(), self.message.topic, Outcome.RETRIED, error.code)
        self.record = self.environment.deliveries.save(self.record.waiting(error, event, next_try_at))

    def schedule_recheck(self, record: DeliveryRecord) -> DeliveryRecord:
        """Have the order looked at again, unless that is under way; return the record that says so."""
        now = self.now()
        if record.recheck_at is not None and record.recheck_at > now:
            return lifecycle.awaiting_recheck(record, record.recheck_at)
        delay = self.environment.recheck_delay
        self.environment.rechecks.send(
            Recheck(record.connection_id, record.order_id), delay_seconds=delay.total_seconds()
        )
        return lifecycle.awaiting_recheck(record, now + delay)

    def result(self, outcome: Outcome, reason: str = "") -> Result:
        """Return what became of the message."""
        return Result(
            outcome,
            reason,
            self.record.delivery_iri,
            self.twins_removed,
            self.twins_left,
            self.findings,
        )

    def found(self, finding: Finding) -> None:
        """Remember what somebody may have to act on, once."""
        if finding not in self.findings:
            self.findings += (finding,)

    def settling(
        self, text: str, status: int | None = None, wait: timedelta | None = None
    ) -> DeliveryOutcomeUnknown:
        """Return the error that makes the message come again when the call in doubt is over."""
        seconds = (wait if wait is not None else self.settle).total_seconds()
        return DeliveryOutcomeUnknown(text, status=status, retry_after_seconds=seconds)


def status_of(error: DeliveryOutcomeUnknown) -> str:
    """Return what came instead of an answer, for an order's history."""
    return f"status {error.status}" if error.status else "no answer"
