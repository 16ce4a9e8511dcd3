"""The parked messages as the operator works with them: look at them, queue them again, throw them away.

A message that is being looked at is invisible to everybody else, so all of them are held for a short while
and let go again. What is personal is in :attr:`Parked.message` and :attr:`Parked.text`, and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bridge.aws.queues import MAXIMUM_MESSAGE_BYTES, NOT_IN_FLIGHT, message_group
from bridge.errors import WebhookTooLarge
from bridge.http_hosts import LOCAL_HOSTS
from bridge.operator.errors import NothingParked
from bridge.operator.parked_reasons import RECEIVED_TOO_OFTEN, UNREADABLE, ParkedReason, reason_of
from bridge.receiving.messages import QueueMessage, UnreadableMessage, WebhookMessage, read_message

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import (
        ChangeMessageVisibilityBatchRequestEntryTypeDef,
        MessageTypeDef,
    )

HELD_SECONDS = 300  # after which SQS itself shows them again, should this process be killed
LONG_POLL_SECONDS = 1  # a long poll asks all of SQS's servers, a short one may miss messages
A_BATCH = 10  # messages in one call to SQS


@dataclass(frozen=True, slots=True)
class Parked:
    """One parked message; ``message`` is ``None`` when it is none of the bridge's."""

    message_id: str
    message: QueueMessage | None = field(repr=False)
    order_name: str  # "#1042"; empty when the message does not tell
    reason: str  # the code
    sentence: str
    property_paths: tuple[str, ...]
    parked_at: datetime
    kept_until: datetime
    text: str = field(repr=False)
    receipt_handle: str = field(repr=False)

    @property
    def connection_id(self) -> str:
        """The connection it came through; empty when it cannot be read."""
        return self.message.connection_id if self.message else ""

    @property
    def order_id(self) -> str:
        """The order it is about; empty when it cannot be read."""
        return self.message.order_id if self.message else ""

    @property
    def why(self) -> ParkedReason:
        """What the code means, and the cure."""
        return reason_of(self.reason)

    @property
    def body(self) -> bytes:
        """The sender's raw body, which is personal; of what is no webhook, the message."""
        return self.message.body if isinstance(self.message, WebhookMessage) else self.text.encode()

    @property
    def came_at(self) -> datetime:
        """When the webhook came; of a recheck, when it was parked."""
        return self.message.received_at if isinstance(self.message, WebhookMessage) else self.parked_at


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
    """The dead-letter queue from the operator's side, and the way back to WebhooksQueue.fifo.

    ``name_of`` reads an order's name out of a webhook, where that is possible without asking anybody.
    """

    def __init__(
        self,
        sqs: SQSClient,
        *,
        parked_queue_url: str,
        webhooks_queue_url: str,
        name_of: Callable[[WebhookMessage], str],
    ) -> None:
        self._sqs = sqs
        self._parked_queue_url = parked_queue_url
        self._webhooks_queue_url = webhooks_queue_url
        self._name_of = name_of
        is_local = urlsplit(sqs.meta.endpoint_url).hostname in LOCAL_HOSTS
        self._wait_seconds = 0 if is_local else LONG_POLL_SECONDS  # an emulator is one server

    def look(self) -> Look:
        """Return what is parked, and leave it as it was."""
        with self.hold() as look:
            return look

    @contextmanager
    def hold(self) -> Iterator[Look]:
        """Keep what is parked from everybody else for a while; what is left at the end is let go."""
        held: dict[str, MessageTypeDef] = {}
        try:
            self._receive_all_into(held)
            counts = self._sqs.get_queue_attributes(
                QueueUrl=self._parked_queue_url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                    "MessageRetentionPeriod",
                ],
            )["Attributes"]
            total = int(counts["ApproximateNumberOfMessages"])
            total += int(counts["ApproximateNumberOfMessagesNotVisible"])
            kept_for = timedelta(seconds=int(counts["MessageRetentionPeriod"]))
            read = [self._read(message, kept_for) for message in held.values()]
            yield Look(
                tuple(sorted(read, key=lambda each: (each.came_at, each.parked_at))),
                max(0, total - len(held)),
            )
        finally:
            self._let_go(message["ReceiptHandle"] for message in held.values())

    def redrive(self, chosen: Collection[Parked]) -> Done:
        """Put messages back on WebhooksQueue.fifo, an order's oldest first.

        The deduplication id is that of the parking, so whoever is killed between send and delete and begins
        again within five minutes sends it once; later the order's record knows it as a duplicate.

        Raises:
            ValueError: one of them is none of the bridge's messages.
        """
        if any(each.message is None for each in chosen):
            raise ValueError("what cannot be read has no order to be queued for")
        taken = self._with_each(chosen, self._queue_again)
        return Done(len(taken), len(chosen) - len(taken), taken.count(False))

    def discard(self, chosen: Collection[Parked]) -> Done:
        """Delete messages for good."""
        gone = self._with_each(chosen, self._delete).count(True)
        return Done(gone, len(chosen) - gone)

    def _with_each(self, chosen: Collection[Parked], do: Callable[[Parked], bool]) -> list[bool]:
        """Hold what is parked, and do something with the chosen messages among it."""
        ids = {each.message_id for each in chosen}
        with self.hold() as held:
            return [do(each) for each in held.messages if each.message_id in ids]

    def _queue_again(self, parked: Parked) -> bool:
        if parked.message is not None:
            queue_again(
                self._sqs,
                self._webhooks_queue_url,
                parked.message,
                deduplication_id=f"redrive/{parked.message_id}",
                text=parked.text,
            )
        return self._delete(parked)

    def _delete(self, parked: Parked) -> bool:
        """Delete a held message; false when it was held too long, and it is parked still."""
        try:
            self._sqs.delete_message(QueueUrl=self._parked_queue_url, ReceiptHandle=parked.receipt_handle)
        except self._sqs.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in NOT_IN_FLIGHT:
                raise
            return False
        return True

    def _receive_all_into(self, held: dict[str, MessageTypeDef]) -> None:
        """Receive until SQS shows nothing new.

        The worker parks each message as a group of its own. What SQS has moved here by itself is in the
        group of its order, of which no more than one batch is seen at a time.
        """
        while True:
            messages = self._sqs.receive_message(
                QueueUrl=self._parked_queue_url,
                MaxNumberOfMessages=A_BATCH,
                VisibilityTimeout=HELD_SECONDS,
                WaitTimeSeconds=self._wait_seconds,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            new = [message for message in messages if message["MessageId"] not in held]
            held.update({message["MessageId"]: message for message in messages})
            if not new:
                return

    def _let_go(self, receipt_handles: Iterable[str]) -> None:
        """Make messages visible again; one that is deleted, or was held too long, needs nothing."""
        handles = list(receipt_handles)
        for start in range(0, len(handles), A_BATCH):
            entries: list[ChangeMessageVisibilityBatchRequestEntryTypeDef] = [
                {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                for number, handle in enumerate(handles[start : start + A_BATCH])
            ]
            self._sqs.change_message_visibility_batch(QueueUrl=self._parked_queue_url, Entries=entries)

    def _read(self, received: MessageTypeDef, kept_for: timedelta) -> Parked:
        text = received["Body"]
        message: QueueMessage | None
        try:
            message = read_message(text)
        except UnreadableMessage:
            message = None
        told = {
            name: value.get("StringValue", "")
            for name, value in received.get("MessageAttributes", {}).items()
        }
        sent_at = datetime.fromtimestamp(int(received["Attributes"]["SentTimestamp"]) / 1000, UTC)
        detail = _detail(told.get("detail", ""))
        return Parked(
            message_id=received["MessageId"],
            message=message,
            order_name=self._name_of(message) if isinstance(message, WebhookMessage) else "",
            reason=told.get("reason") or (RECEIVED_TOO_OFTEN if message else UNREADABLE),
            sentence=str(detail.get("message", "")),
            property_paths=tuple(str(path) for path in detail.get("property_paths", ())),
            parked_at=datetime.fromisoformat(detail["parked_at"]) if "parked_at" in detail else sent_at,
            kept_until=sent_at + kept_for,
            text=text,
            receipt_handle=received["ReceiptHandle"],
        )


def _detail(text: str) -> dict[str, Any]:
    """Return what the worker noted when it parked a message; SQS itself notes nothing."""
    detail: dict[str, Any] = json.loads(text) if text else {}
    return detail


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
