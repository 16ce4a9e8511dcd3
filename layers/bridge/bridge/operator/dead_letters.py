"""The dead-letter queue as the operator sees it: what no order's record holds.

SQS gave it up, it cannot be read, or it had no room in the record. A queue has no look without a receive, and
what one has received is invisible to everybody else; so all of it is held for a short while and let go again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bridge.aws.queues import NOT_IN_FLIGHT, long_poll_seconds
from bridge.operator.parked import Look, Parked
from bridge.operator.parked_reasons import RECEIVED_TOO_OFTEN, UNREADABLE
from bridge.receiving.messages import QueueMessage, UnreadableMessage, WebhookMessage, read_message

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import (
        ChangeMessageVisibilityBatchRequestEntryTypeDef,
        MessageTypeDef,
    )

HELD_SECONDS = 300  # after which SQS itself shows them again, should this process be killed
A_BATCH = 10  # messages in one call to SQS


class DeadLetters:
    """The dead-letter queue of WebhooksQueue.fifo.

    ``name_of`` reads an order's name out of a webhook, where that is possible without asking anybody.
    """

    def __init__(self, sqs: SQSClient, url: str, name_of: Callable[[WebhookMessage], str]) -> None:
        self._sqs = sqs
        self._url = url
        self._name_of = name_of

    @contextmanager
    def hold(self) -> Iterator[Look]:
        """Keep what is there from everybody else for a while; what is left at the end is let go."""
        held: dict[str, MessageTypeDef] = {}
        counts = self._sqs.get_queue_attributes(
            QueueUrl=self._url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "MessageRetentionPeriod",
            ],
        )["Attributes"]
        total = int(counts["ApproximateNumberOfMessages"])
        total += int(counts["ApproximateNumberOfMessagesNotVisible"])
        kept_for = timedelta(seconds=int(counts["MessageRetentionPeriod"]))
        try:
            if total:
                self._receive_all_into(held)
            read = [self._read(message, kept_for) for message in held.values()]
            yield Look(tuple(read), max(0, total - len(held)))
        finally:
            self._let_go(message["ReceiptHandle"] for message in held.values())

    def delete(self, parked: Parked) -> bool:
        """Delete a held message; false when it was held too long, and it is parked still."""
        try:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=parked.receipt_handle)
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
                QueueUrl=self._url,
                MaxNumberOfMessages=A_BATCH,
                VisibilityTimeout=HELD_SECONDS,
                WaitTimeSeconds=long_poll_seconds(self._sqs),
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
            self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)

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
        attributes = received["Attributes"]
        sent_at = datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC)
        detail = _detail(told.get("detail", ""))
        parked_at = datetime.fromisoformat(detail["parked_at"]) if "parked_at" in detail else sent_at
        return Parked(
            # the worker parks each message as a group of its own, of the id that it had
            message_id=attributes["MessageGroupId"] if told else received["MessageId"],
            connection_id=message.connection_id if message else "",
            order_id=message.order_id if message else "",
            order_name=self._name_of(message) if isinstance(message, WebhookMessage) else "",
            topic=message.topic if message else "",
            reason=told.get("reason") or (RECEIVED_TOO_OFTEN if message else UNREADABLE),
            sentence=str(detail.get("message", "")),
            property_paths=tuple(str(path) for path in detail.get("property_paths", ())),
            came_at=message.received_at if isinstance(message, WebhookMessage) else parked_at,
            parked_at=parked_at,
            kept_until=sent_at + kept_for,
            message=message,
            text=text,
            receipt_handle=received["ReceiptHandle"],
        )


def _detail(text: str) -> dict[str, Any]:
    """Return what the worker noted when it parked a message; SQS itself notes nothing."""
    detail: dict[str, Any] = json.loads(text) if text else {}
    return detail
