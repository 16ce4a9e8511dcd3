"""The queue's message: what the receiver puts in, what the worker takes out, and how a message is parked.

A message is JSON text; the sender's raw body rides along compressed (zlib, base64), so that a 1.5 MB
order fits into the 256 KiB that a queue message may have here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from bridge.errors import WebhookTooLarge
from bridge.sources.base import Payload, Push, Webhook

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAXIMUM_MESSAGE_BYTES = 262_144
MAXIMUM_BODY_BYTES = 6 * 1024 * 1024  # what a Lambda invocation can carry anyway
NOT_IN_FLIGHT = (
    "ReceiptHandleIsInvalid",
    "InvalidParameterValue",
    "MessageNotInflight",
    "AWS.SimpleQueueService.MessageNotInflight",
)
_SQS_ID = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")


class UnreadableMessage(ValueError):
    """A queue message that the receiver did not write."""


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """One accepted webhook on its way to the worker; ``body`` is the sender's bytes, untouched."""

    connection_id: str
    source: str
    topic: str
    webhook_id: str
    order_id: str
    received_at: datetime
    body: bytes
    content_type: str = ""

    @classmethod
    def of(cls, connection_id: str, source: str, push: Push, webhook: Webhook) -> WebhookMessage:
        """Return the message of a verified push."""
        return cls(
            connection_id=connection_id,
            source=source,
            topic=webhook.topic,
            webhook_id=webhook.webhook_id,
            order_id=webhook.order_id,
            received_at=push.received_at,
            body=push.body,
            content_type=push.content_type,
        )

    @property
    def payload(self) -> Payload:
        """What the source reads the order from."""
        return Payload(self.body, self.topic, self.received_at, self.content_type)

    def to_text(self) -> str:
        """Encode for the queue."""
        return json.dumps(
            {
                "version": 1,
                "connection_id": self.connection_id,
                "source": self.source,
                "topic": self.topic,
                "webhook_id": self.webhook_id,
                "order_id": self.order_id,
                "received_at": self.received_at.isoformat(),
                "content_type": self.content_type,
                "body": base64.b64encode(zlib.compress(self.body, 9)).decode("ascii"),
            },
            separators=(",", ":"),
        )

    @classmethod
    def from_text(cls, text: str) -> WebhookMessage:
        """Decode a queue message.

        Raises:
            UnreadableMessage: the text was not written by :meth:`to_text`.

        """
        try:
            fields = json.loads(text)
            if fields.pop("version") != 1:
                raise UnreadableMessage("a version of the message that this code does not know")
            body = zlib.decompressobj().decompress(
                base64.b64decode(fields.pop("body"), validate=True), MAXIMUM_BODY_BYTES
            )
            received_at = datetime.fromisoformat(fields.pop("received_at"))
            return cls(received_at=received_at, body=body, **fields)
        except (ValueError, TypeError, KeyError, AttributeError, binascii.Error, zlib.error) as error:
            raise UnreadableMessage(type(error).__name__) from error


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

    def send(self, message: WebhookMessage) -> None:
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


@dataclass(frozen=True, slots=True)
class ParkReason:
    """Why a message was parked; every text is safe to show to anyone."""

    code: str
    message: str
    property_paths: tuple[str, ...] = ()


class ParkedQueue:
    """The dead-letter queue as the place where messages are parked on purpose."""

    def __init__(self, sqs: SQSClient, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def park(
        self, *, text: str, group: str, message_id: str, reason: ParkReason, parked_at: datetime
    ) -> None:
        """Put a message aside with its reason; parking the same message twice within five minutes is once."""
        detail = {
            "message": reason.message,
            "property_paths": list(reason.property_paths),
            "parked_at": parked_at.isoformat(),
        }
        self._sqs.send_message(
            QueueUrl=self._url,
            MessageBody=text,
            MessageGroupId=group,
            MessageDeduplicationId=message_id,
            MessageAttributes={
                "reason": {"DataType": "String", "StringValue": reason.code},
                "detail": {"DataType": "String", "StringValue": json.dumps(detail)},
            },
        )
