"""The queues: what waits for the worker, what waits to be looked at again, and what was parked."""

from __future__ import annotations

import hashlib
import json
import math
import re
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from bridge.errors import WebhookTooLarge
from bridge.http_hosts import LOCAL_HOSTS
from bridge.receiving.messages import ParkReason, PrivacyMessage, Recheck, WebhookMessage

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sqs import SQSClient

SQS_MESSAGE_BYTES = 1_048_576  # body and attributes; SendMessage in the SQS API reference, since 2025
PARK_REASON_BYTES = 32_768  # kept free, so that what was accepted can be parked with its reason
MAXIMUM_MESSAGE_BYTES = SQS_MESSAGE_BYTES - PARK_REASON_BYTES
LONGEST_DELAY_SECONDS = 900
HELD_SECONDS = 120  # while parked messages are looked through; longer than the function runs
BATCH = 10  # messages in one call to SQS
NOT_IN_FLIGHT = (
    "ReceiptHandleIsInvalid",
    "InvalidParameterValue",
    "MessageNotInflight",
    "AWS.SimpleQueueService.MessageNotInflight",
)
_SQS_ID = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")


def long_poll_seconds(sqs: SQSClient) -> int:
    """Return how long to wait for messages that are there: a long poll asks all of SQS's servers.

    A short one may miss some; an emulator is one server.
    """
    is_local = urlsplit(sqs.meta.endpoint_url).hostname in LOCAL_HOSTS
    return 0 if is_local else 1


def _sqs_id(text: str) -> str:
    """Fit an id into SQS's 128 printable characters; longer or stranger ones become their digest."""
    if _SQS_ID.fullmatch(text):
        return text
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def message_group(connection_id: str, order_id: str) -> str:
    """Return the FIFO message group: two webhooks about one order are never handled at the same time."""
    return _sqs_id(f"{connection_id}/{order_id}")


class WebhooksQueue:
    """The sending side of WebhooksQueue.fifo."""

    def __init__(self, sqs: SQSClient, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def send(self, message: WebhookMessage | PrivacyMessage) -> None:
        """Enqueue; SQS itself drops a repeat of the same webhook id within five minutes.

        Raises:
            WebhookTooLarge: the message does not fit even when compressed.

        """
        text = message.to_text()
        if len(text) > MAXIMUM_MESSAGE_BYTES:
            raise WebhookTooLarge("too_large_compressed")
        self._sqs.send_message(
            QueueUrl=self._url,
            MessageBody=text,
            MessageGroupId=message_group(message.connection_id, message.order_id),
            MessageDeduplicationId=_sqs_id(f"{message.connection_id}/{message.webhook_id}"),
        )

    def send_recheck(self, message: Recheck, *, deduplication_id: str) -> None:
        """Enqueue a recheck that is due behind what the order's group still holds."""
        self._sqs.send_message(
            QueueUrl=self._url,
            MessageBody=message.to_text(),
            MessageGroupId=message_group(message.connection_id, message.order_id),
            MessageDeduplicationId=_sqs_id(deduplication_id),
        )

    def postpone(self, receipt_handle: str, seconds: float) -> None:
        """Make a message in flight visible again after ``seconds`` (at most twelve hours).

        A message that is no longer ours (its visibility ran out meanwhile) is left alone: it comes again
        by the queue's own timeout.
        """
        try:
            self._sqs.change_message_visibility(
                QueueUrl=self._url,
                ReceiptHandle=receipt_handle,
                VisibilityTimeout=max(0, min(43_200, round(seconds))),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in NOT_IN_FLIGHT:
                raise


class RechecksQueue:
    """The delay queue of orders to be looked at again; when their time comes they join WebhooksQueue.fifo."""

    def __init__(self, sqs: SQSClient, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def send(self, recheck: Recheck, *, delay_seconds: float) -> None:
        """Have the order looked at after the delay, which SQS limits to 15 minutes."""
        self._sqs.send_message(
            QueueUrl=self._url,
            MessageBody=recheck.to_text(),
            DelaySeconds=min(LONGEST_DELAY_SECONDS, math.ceil(delay_seconds)),
        )


class ParkedQueue:
    """The dead-letter queue, where messages are parked on purpose; others can be looked through likewise."""

    def __init__(self, sqs: SQSClient, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def park(self, *, text: str, message_id: str, reason: ParkReason, parked_at: datetime) -> None:
        """Put a message aside with its reason; parking the same message twice within five minutes is once.

        Each is a group of its own, so that one that is being looked at hides no other.
        """
        detail = {
            "message": reason.message,
            "property_paths": list(reason.property_paths),
            "parked_at": parked_at.isoformat(),
        }
        self._sqs.send_message(
            QueueUrl=self._url,
            MessageBody=text,
            MessageGroupId=message_id,
            MessageDeduplicationId=message_id,
            MessageAttributes={
                "reason": {"DataType": "String", "StringValue": reason.code},
                "detail": {"DataType": "String", "StringValue": json.dumps(detail)},
            },
        )

    def remove(self, is_meant: Callable[[str], bool]) -> int:
        """Delete the parked messages whose text is meant, let the others go again, and return how many went.

        What somebody else holds at the moment is not seen; it goes with the queue's retention.
        """
        others: list[str] = []
        removed = 0
        try:
            while messages := self._receive():
                for receipt_handle, text in messages:
                    if is_meant(text):
                        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=receipt_handle)
                        removed += 1
                    else:
                        others.append(receipt_handle)
        finally:
            self._let_go(others)
        return removed

    def texts(self) -> list[str]:
        """Return the texts of all messages that nobody holds, and leave them there."""
        found: list[str] = []

        def note(text: str) -> bool:
            found.append(text)
            return False

        self.remove(note)
        return found

    def _receive(self) -> list[tuple[str, str]]:
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=HELD_SECONDS,
            WaitTimeSeconds=long_poll_seconds(self._sqs),
        )
        return [(message["ReceiptHandle"], message["Body"]) for message in answer.get("Messages", [])]

    def _let_go(self, receipt_handles: list[str]) -> None:
        for start in range(0, len(receipt_handles), BATCH):
            self._sqs.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": receipt_handle, "VisibilityTimeout": 0}
                    for number, receipt_handle in enumerate(receipt_handles[start : start + BATCH])
                ],
            )
