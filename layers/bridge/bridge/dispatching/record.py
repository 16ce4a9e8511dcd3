"""What we know of one order: the states, the call that may be pending, and what CoopCycle may hold.

What each observation makes of it is :mod:`bridge.dispatching.lifecycle`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from bridge.errors import AlreadyInProgress, RetryableError
from bridge.model import TimeWindow
from bridge.schedule.windows import Windows

HISTORY_LENGTH = 20
PARKED_TEXTS_BYTES = 200_000  # of DynamoDB's 400 KB an item; what has no room is put on the dead-letter queue
PARKED_LENGTH = 20
TEXT_LENGTH = 100  # of a foreign text in the history


class State(StrEnum):
    """Where an order stands."""

    CREATING = "creating"
    CREATED = "created"
    CANCELLED = "cancelled"
    CANCEL_REFUSED = "cancel_refused"
    WITHDRAWN = "withdrawn"
    IGNORED = "ignored"
    REJECTED = "rejected"
    DONE_BY_HAND = "done_by_hand"


class Attention(StrEnum):
    """What an order needs before it is settled; the table has an index of the orders that need something."""

    PARKED = "parked"  # a person
    WAITING = "waiting"  # the bridge's next try


class Pending(StrEnum):
    """A call that may have been processed without our knowing."""

    POST = "post"
    PUT = "put"
    DELETE = "delete"


_PENDING_IN = {
    Pending.POST: (State.CREATING,),
    Pending.PUT: (State.CREATED,),
    Pending.DELETE: (State.CREATED, State.WITHDRAWN),
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One POST that may have been processed: when it began, the dropoff window and the body it sent."""

    posted_at: datetime
    dropoff: TimeWindow
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A body that CoopCycle may hold; ``late``: or may come to hold, over what is sent after it."""

    sent_at: datetime
    body: str = field(repr=False)  # as JSON; personal
    late: bool


@dataclass(frozen=True, slots=True)
class ParkedMessage:
    """A message about the order that waits for a person; ``text`` is it as it was queued.

    Nothing but the text is personal. It is empty where the record had no room for it: then the message lies
    on the dead-letter queue.
    """

    message_id: str  # the queue's, of when it was parked
    code: str  # of the error; see bridge.operator.parked_reasons
    sentence: str
    property_paths: tuple[str, ...]
    parked_at: datetime
    topic: str  # the sender's, or "recheck"
    received_at: datetime | None  # of a webhook
    updated_at: datetime | None  # the sender's time of the state in it, where its bytes tell
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to an order, for the dispatcher who asks; nothing personal."""

    at: datetime
    topic: str  # the sender's, "recheck", or "operator"
    outcome: str  # an Outcome; a text, so that one which a later version wrote can still be read
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """What we know of one order; ``version`` counts the writes (0: never stored)."""

    connection_id: str
    order_id: str
    state: State
    order_updated_at: datetime  # the sender's time of the last state of the order that was applied
    changed_at: datetime  # ours
    came_at: datetime | None = None  # when its first webhook came; None in items of before it was written
    order_name: str = ""
    version: int = 0
    attempts: tuple[Attempt, ...] = ()
    pending: Pending | None = None
    in_doubt: bool = False  # an outcome was unknown at least once
    failures: int = 0  # answers 500 in a row: to the POSTs of the present creation, or to the present change
    recheck_at: datetime | None = None  # when it will be looked at once more
    windows: Windows | None = None
    sent: str = field(default="", repr=False)  # the body that CoopCycle is to hold, as JSON; personal
    held: str = field(
        default="", repr=False
    )  # the one that it was seen to take; empty when unknown; personal
    in_question: tuple[Sent, ...] = ()
    refused_phones: tuple[str, ...] = ()  # digests of numbers that CoopCycle holds invalid
    seen: tuple[str, ...] = ()  # what CoopCycle showed of the delivery last: findings, see outcomes.py
    message: str = field(default="", repr=False)  # the webhook it was made from, as queued; personal
    delivery_iri: str = ""
    tracking_url: str = ""
    reason: str = ""  # of cancelled, withdrawn, ignored, rejected
    parked: tuple[ParkedMessage, ...] = ()  # the oldest first
    history: tuple[Event, ...] = ()
    waiting_for: str = ""  # the code of the error for which its message comes again
    waiting_status: int | None = None  # the HTTP status that was answered, if there was one
    next_try_at: datetime | None = None
    left_out: tuple[str, ...] = ()  # fields that were too large to be stored: message, held, sent

    def __post_init__(self) -> None:
        if self.pending is not None and self.state not in _PENDING_IN[self.pending]:
            raise ValueError(f"a {self.pending} cannot be pending while the order is {self.state}")

    @property
    def in_flight(self) -> bool:
        """Whether a POST may have been processed."""
        return self.pending is Pending.POST

    @property
    def attention(self) -> Attention | None:
        """What the order needs: a person, the bridge's next try, or nothing."""
        if self.parked:
            return Attention.PARKED
        return Attention.WAITING if self.waiting_for else None

    @property
    def reference(self) -> str:
        """Our reference on CoopCycle."""
        return f"{self.connection_id}/{self.order_id}"

    @property
    def exists(self) -> bool:
        """Whether CoopCycle holds a delivery of this order as far as we know."""
        return self.state in (State.CREATED, State.CANCEL_REFUSED)

    @property
    def body(self) -> dict[str, Any]:
        """What CoopCycle is to hold."""
        body: dict[str, Any] = json.loads(self.sent or "{}")
        return body

    @property
    def possible(self) -> list[dict[str, Any]]:
        """The bodies that CoopCycle may hold, the one that it was seen to take first."""
        texts = dict.fromkeys(
            [*([self.held] if self.held else []), *(each.body for each in self.in_question)]
        )
        return [json.loads(text) for text in texts]

    @property
    def unsettled(self) -> bool:
        """Whether CoopCycle may hold, or come to hold, something else than what was sent last."""
        return self.state is State.CREATED and (bool(self.in_question) or self.held != self.sent)

    def supersedes(self, updated_at: datetime) -> bool:
        """Tell whether that state of the order is older than what was applied; a cancel wins a tie."""
        if self.state in (State.CANCELLED, State.CANCEL_REFUSED):
            return updated_at <= self.order_updated_at
        return updated_at < self.order_updated_at

    def noting(self, event: Event) -> DeliveryRecord:
        """Return the record with one more thing that happened."""
        short = replace(event, topic=event.topic[:TEXT_LENGTH], reason=event.reason[:TEXT_LENGTH])
        return replace(self, history=(*self.history, short)[-HISTORY_LENGTH:])

    def waiting(self, error: RetryableError, event: Event, next_try_at: datetime | None) -> DeliveryRecord:
        """Return the record of an order whose message comes again; one line of history for each reason."""
        last = self.history[-1:]
        again = [(each.outcome, each.reason) for each in last] == [(event.outcome, event.reason)]
        kept = replace(self, history=self.history[:-1]) if again else self
        return replace(
            kept.noting(event),
            waiting_for=error.code,
            waiting_status=getattr(error, "status", None),
            next_try_at=next_try_at,
        )

    def not_waiting(self) -> DeliveryRecord:
        """Return the record of an order whose message was handled."""
        return replace(self, waiting_for="", waiting_status=None, next_try_at=None)


class OrderIsKnown(AlreadyInProgress):
    """The first write of an order found the ``record`` that there is already."""

    def __init__(self, record: DeliveryRecord) -> None:
        super().__init__("the order has a record already")
        self.record = record
