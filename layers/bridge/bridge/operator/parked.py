"""The parked messages as the operator works with them: look, queue again, throw away, close as done by hand.

A message about an order is parked in the order's record; the dead-letter queue has the rest. What is personal
is in :attr:`Parked.message` and :attr:`Parked.text`, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bridge.aws.deliveries import KEPT_FOR
from bridge.aws.queues import MAXIMUM_MESSAGE_BYTES, message_group
from bridge.dispatching import lifecycle
from bridge.dispatching.outcomes import Outcome
from bridge.dispatching.record import Attention, DeliveryRecord, ParkedMessage, State
from bridge.errors import WebhookTooLarge
from bridge.operator.errors import NothingParked, NotSettled
from bridge.operator.history import change_record, noting
from bridge.operator.parked_reasons import ParkedReason, reason_of
from bridge.receiving.messages import (
    QueueMessage,
    UnreadableMessage,
    WebhookMessage,
    is_privacy_request,
    read_message,
)

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from bridge.aws.deliveries import DeliveriesTable
    from bridge.aws.order_index import Key, OrderIndex
    from bridge.operator.dead_letters import DeadLetters

DISCARDED = "discarded"  # reason of a rejected order of which nothing is parked any more


@dataclass(frozen=True, slots=True)
class Parked:
    """One parked message; ``message`` is ``None`` when it is none of the bridge's, or its text is gone."""

    message_id: str
    connection_id: str  # empty when it cannot be read, as are the next three
    order_id: str
    order_name: str  # "#1042"
    topic: str
    reason: str  # the code
    sentence: str
    property_paths: tuple[str, ...]
    came_at: datetime  # when the webhook came; of a recheck, when it was parked
    parked_at: datetime
    kept_until: datetime
    message: QueueMessage | None = field(repr=False)
    text: str = field(repr=False)
    receipt_handle: str = field(default="", repr=False)  # of the dead-letter queue; empty in a record

    @property
    def in_record(self) -> bool:
        """Whether the order's record holds it."""
        return not self.receipt_handle

    @property
    def key(self) -> Key:
        """What the order's record is found by."""
        return self.connection_id, self.order_id

    @property
    def why(self) -> ParkedReason:
        """What the code means, and the cure."""
        return reason_of(self.reason)

    @property
    def body(self) -> bytes:
        """The sender's raw body, which is personal; of what is no webhook, the message."""
        return self.message.body if isinstance(self.message, WebhookMessage) else self.text.encode()


@dataclass(frozen=True, slots=True)
class Selection:
    """Which parked messages are meant; what is ``None`` does not narrow."""

    connection_id: str | None = None
    order: str | None = None  # its id, or its name with or without "#"
    reason: str | None = None
    message_id: str | None = None

    def holds(self, parked: Parked) -> bool:
        """Tell whether the message is meant."""
        return (
            self.connection_id in (None, parked.connection_id)
            and self.reason in (None, parked.reason)
            and self.message_id in (None, parked.message_id)
            and (self.order is None or is_called(self.order, parked.order_id, parked.order_name))
        )


def is_called(wanted: str, order_id: str, order_name: str) -> bool:
    """Tell whether an operator who writes ``wanted`` means this order: its id, or its name."""
    if not wanted:
        return False
    return wanted == order_id or (order_name != "" and wanted.lstrip("#") == order_name.lstrip("#"))


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen; ``hidden`` messages are about as many, held by somebody else or behind others."""

    messages: tuple[Parked, ...]  # the oldest first
    hidden: int

    def selected(self, selection: Selection) -> list[Parked]:
        """Return what is meant."""
        return [each for each in self.messages if selection.holds(each)]

    def must_hold(self, selection: Selection) -> list[Parked]:
        """Return what is meant, which must be something.

        Raises:
            NothingParked: it is not.
        """
        found = self.selected(selection)
        if not found:
            raise NothingParked(len(self.messages), self.hidden)
        return found

    def left_of_orders(self, chosen: Collection[Parked]) -> list[Parked]:
        """Return what is parked of the orders of the chosen ones, and not chosen.

        An older state of an order does nothing once a newer one is applied.
        """
        ids = {each.message_id for each in chosen}
        orders = {(each.connection_id, each.order_id) for each in chosen}
        return [
            each
            for each in self.messages
            if (each.connection_id, each.order_id) in orders and each.message_id not in ids
        ]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of the messages that were chosen.

    ``missed`` had gone meanwhile, or were held by somebody else. ``still_parked`` were done, and could not be
    taken off the parked ones.
    """

    done: int
    missed: int
    still_parked: int = 0


class ParkedMessages:
    """What is parked, wherever it is, and the way back to WebhooksQueue.fifo."""

    def __init__(
        self,
        sqs: SQSClient,
        webhooks_queue_url: str,
        table: DeliveriesTable,
        index: OrderIndex,
        dead_letters: DeadLetters,
        *,
        kept_for: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._sqs = sqs
        self._kept_for = kept_for
        self._webhooks_queue_url = webhooks_queue_url
        self._table = table
        self._index = index
        self._dead_letters = dead_letters
        self._clock = clock

    def look(self) -> Look:
        """Return what is parked, and leave it as it was."""
        records = self._table.load_many(self._index.needing(Attention.PARKED))
        with self._dead_letters.hold() as held:
            return _together([each for record in records for each in parked_of(record, self._kept_for)], held)

    def redrive(self, chosen: Collection[Parked], by: str = "") -> Done:
        """Put messages back on WebhooksQueue.fifo, an order's oldest first; ``by`` is who did it.

        The deduplication id is that of the parking, so whoever is killed in between and begins again within
        five minutes sends it once; later the order's record knows it as a duplicate.

        Raises:
            ValueError: one of them has no text that could be queued.
        """
        if any(each.message is None for each in chosen):
            raise ValueError("what cannot be read has no order to be queued for")
        return self._each(chosen, Outcome.REDRIVEN, by, self._queue_again)

    def discard(self, chosen: Collection[Parked], by: str = "") -> Done:
        """Forget messages for good."""
        return self._each(chosen, Outcome.DISCARDED, by, _nothing)

    def close(self, chosen: Collection[Parked], by: str = "") -> Done:
        """Forget what is parked of orders that a person has settled on CoopCycle: nothing more is booked.

        Raises:
            NotSettled: what became of a call is not known, so nobody can say that it is settled.
        """
        for record in self._table.load_many(sorted({each.key for each in chosen if each.order_id})):
            if record.pending is not None:
                raise NotSettled(record.order_name or record.order_id)
        return self._each(chosen, Outcome.CLOSED, by, _nothing)

    def _each(
        self, chosen: Collection[Parked], outcome: Outcome, by: str, do: Callable[[Parked], None]
    ) -> Done:
        """Do something with each chosen message that is parked still, and park it no more."""
        done = still_parked = 0
        for each in sorted((each for each in chosen if each.in_record), key=_age):
            record = self._table.load(*each.key)
            if record is not None and any(entry.message_id == each.message_id for entry in record.parked):
                do(each)
                self._settle(each, outcome, by)
                done += 1
        if any(not each.in_record for each in chosen):
            ids = {each.message_id for each in chosen if not each.in_record}
            with self._dead_letters.hold() as held:
                for each in sorted((each for each in held.messages if each.message_id in ids), key=_age):
                    do(each)
                    deleted = self._dead_letters.delete(each)
                    if deleted or outcome is Outcome.REDRIVEN:
                        self._settle(each, outcome, by)
                        done += 1
                    still_parked += not deleted and outcome is Outcome.REDRIVEN
        return Done(done, len(chosen) - done, still_parked)

    def _settle(self, parked: Parked, outcome: Outcome, by: str) -> None:
        """Take the message out of its order's record, if there is one, and say there who did what with it."""
        if not parked.order_id:
            return

        def settled(record: DeliveryRecord) -> DeliveryRecord:
            record = lifecycle.without_parked(record, {parked.message_id})
            if outcome is Outcome.CLOSED:
                record = lifecycle.done_by_hand(record, self._clock())
            elif outcome is Outcome.REDRIVEN:
                record = replace(record, waiting_for=outcome.value)
            elif record.state is State.REJECTED and not record.parked:
                record = replace(record, reason=DISCARDED)
            return noting(record, outcome, by, self._clock())

        change_record(self._table, parked.key, settled)

    def _queue_again(self, parked: Parked) -> None:
        if parked.message is not None:
            queue_again(
                self._sqs,
                self._webhooks_queue_url,
                parked.message,
                deduplication_id=f"redrive/{parked.message_id}",
                text=parked.text,
            )


def _nothing(_parked: Parked) -> None:
    """Do nothing with a message before it is forgotten."""


def _age(parked: Parked) -> tuple[datetime, datetime]:
    return parked.came_at, parked.parked_at


def _together(recorded: list[Parked], held: Look) -> Look:
    """Return all that is parked, the oldest first; what a record had no room for is on the queue, once."""
    on_queue = {each.message_id for each in held.messages}
    both = [*(each for each in recorded if each.message_id not in on_queue), *held.messages]
    return Look(tuple(sorted(both, key=_age)), held.hidden)


def parked_of(record: DeliveryRecord, kept_for: timedelta) -> list[Parked]:
    """Return what the order's record holds of parked messages, the oldest first.

    ``kept_for`` is how long what is personal is kept after the order's last change.
    """
    return [_recorded(record, each, kept_for) for each in record.parked]


def _recorded(record: DeliveryRecord, entry: ParkedMessage, kept_for: timedelta) -> Parked:
    message: QueueMessage | None
    try:
        message = read_message(entry.text)
    except UnreadableMessage:  # there was no room for it, or it is of another version of the bridge
        message = None
    return Parked(
        message_id=entry.message_id,
        connection_id=record.connection_id,
        order_id=record.order_id,
        order_name=record.order_name,
        topic=entry.topic,
        reason=entry.code,
        sentence=entry.sentence,
        property_paths=entry.property_paths,
        came_at=entry.received_at or entry.parked_at,
        parked_at=entry.parked_at,
        kept_until=max(record.changed_at, entry.parked_at)
        + (KEPT_FOR if is_privacy_request(entry.text) else kept_for),
        message=message,
        text=entry.text,
    )


def queue_again(
    sqs: SQSClient,
    webhooks_queue_url: str,
    message: QueueMessage,
    *,
    deduplication_id: str,
    text: str | None = None,
) -> None:
    """Put a message on WebhooksQueue.fifo in its order's group, past SQS's memory of its webhook id.

    Raises:
        WebhookTooLarge: it does not fit.
    """
    body = text or message.to_text()
    if len(body) > MAXIMUM_MESSAGE_BYTES:
        raise WebhookTooLarge("too_large_compressed")
    sqs.send_message(
        QueueUrl=webhooks_queue_url,
        MessageBody=body,
        MessageGroupId=message_group(message.connection_id, message.order_id),
        MessageDeduplicationId=deduplication_id,
    )
