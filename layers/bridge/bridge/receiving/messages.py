"""What travels on WebhooksQueue.fifo, as text: a webhook, a recheck of an order, a privacy request.

Pure: the queue itself is :mod:`bridge.aws.queues`. The sender's raw body rides along compressed (zlib,
base64), so that a 1.5 MB order fits into a queue message.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from dataclasses import dataclass, field
from datetime import datetime

from bridge.sources.shared.base import Payload, PrivacyRequest, Push, Webhook

MAXIMUM_BODY_BYTES = 6 * 1024 * 1024  # what a Lambda invocation can carry anyway
CODE_LENGTH = 100  # of a park reason, in characters; so it fits beside any message
SENTENCE_LENGTH = 1000
PATH_LENGTH = 100
PATHS = 20
_PRIVACY_REQUEST = '{"version":1,"privacy":'
RECHECK_TOPIC = "recheck"  # stands where a webhook has its sender's topic


class UnreadableMessage(ValueError):
    """A queue message that the bridge did not write."""


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """One accepted webhook on its way to the worker; ``body`` is the sender's bytes, untouched."""

    connection_id: str
    source: str
    topic: str
    webhook_id: str
    order_id: str
    received_at: datetime
    body: bytes = field(repr=False)
    content_type: str = ""
    text: str = field(default="", repr=False, compare=False)  # as queued, where it comes from the queue

    @classmethod
    def of(cls, connection_id: str, source: str, push: Push, webhook: Webhook) -> WebhookMessage:
        """Return the message of a verified push."""
        return cls(
            connection_id=connection_id,
            source=source,
            topic=webhook.topic,
            webhook_id=_push_id(push, webhook),
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
        """Encode for the queue; what came from it is as it came."""
        return self.text or json.dumps(
            {
                "version": 1,
                "connection_id": self.connection_id,
                "source": self.source,
                "topic": self.topic,
                "webhook_id": self.webhook_id,
                "order_id": self.order_id,
                "received_at": self.received_at.isoformat(),
                "content_type": self.content_type,
                "body": base64.b64encode(zlib.compress(self.body)).decode("ascii"),
            },
            separators=(",", ":"),
        )


def _push_id(push: Push, webhook: Webhook) -> str:
    """Return the sender's id of a push; where it gives none, one of the time of receipt.

    The queue drops what has the id of an earlier message of five minutes, and an order that is cancelled,
    taken back and cancelled again looks as it did before: nothing made of the body alone may stand here. What
    then comes twice costs one look at the order's record.
    """
    if webhook.webhook_id:
        return webhook.webhook_id
    return f"received-{push.received_at.timestamp():.6f}-{hashlib.sha256(push.body).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Recheck:
    """The wish to look at an order once more, because what became of a call was unknown."""

    connection_id: str
    order_id: str
    topic: str = RECHECK_TOPIC
    webhook_id: str = ""

    def to_text(self) -> str:
        """Encode for the queue."""
        return json.dumps(
            {"version": 1, "recheck": {"connection_id": self.connection_id, "order_id": self.order_id}},
            separators=(",", ":"),
        )


@dataclass(frozen=True, slots=True)
class PrivacyMessage:
    """A request about the data of people; see :class:`bridge.sources.PrivacyRequest`."""

    connection_id: str
    topic: str
    webhook_id: str
    wish: str
    shop: str
    order_ids: tuple[str, ...] | None
    order_id: str = ""

    @classmethod
    def of(cls, connection_id: str, push: Push, request: PrivacyRequest) -> PrivacyMessage:
        """Return the message of a verified request."""
        return cls(
            connection_id,
            request.topic,
            _push_id(push, request),
            request.wish,
            request.shop,
            request.order_ids,
        )

    def concerns(self, message: QueueMessage) -> bool:
        """Tell whether a message is about one of the orders that are meant."""
        return (
            not isinstance(message, PrivacyMessage)
            and message.connection_id == self.connection_id
            and (self.order_ids is None or message.order_id in self.order_ids)
        )

    def to_text(self) -> str:
        """Encode for the queue."""
        return json.dumps(
            {
                "version": 1,
                "privacy": {
                    "connection_id": self.connection_id,
                    "topic": self.topic,
                    "webhook_id": self.webhook_id,
                    "wish": self.wish,
                    "shop": self.shop,
                    "order_ids": self.order_ids,
                },
            },
            separators=(",", ":"),
        )


QueueMessage = WebhookMessage | Recheck | PrivacyMessage


def is_privacy_request(text: str) -> bool:
    """Tell whether what was queued is a request about the data of people, without decoding more."""
    return text.startswith(_PRIVACY_REQUEST)


@dataclass(frozen=True, slots=True)
class ParkReason:
    """Why a message was parked; every text is safe to show to anyone, and is cut at its length above."""

    code: str
    message: str
    property_paths: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        paths = tuple(_short(path, PATH_LENGTH) for path in self.property_paths[:PATHS])
        object.__setattr__(self, "code", _short(self.code, CODE_LENGTH))
        object.__setattr__(self, "message", _short(self.message, SENTENCE_LENGTH))
        object.__setattr__(self, "property_paths", paths)


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def read_message(text: str) -> QueueMessage:
    """Decode a queue message.

    Raises:
        UnreadableMessage: the text was not written by one of the three classes.

    """
    try:
        fields = json.loads(text)
        if fields.pop("version") != 1:
            raise UnreadableMessage("a version of the message that this code does not know")
        if "recheck" in fields:
            return Recheck(**fields["recheck"])
        if "privacy" in fields:
            order_ids = fields["privacy"].pop("order_ids")
            return PrivacyMessage(
                order_ids=None if order_ids is None else tuple(order_ids), **fields["privacy"]
            )
        body = zlib.decompressobj().decompress(
            base64.b64decode(fields.pop("body"), validate=True), MAXIMUM_BODY_BYTES
        )
        received_at = datetime.fromisoformat(fields.pop("received_at"))
        return WebhookMessage(received_at=received_at, body=body, text=text, **fields)
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error, zlib.error) as error:
        raise UnreadableMessage(type(error).__name__) from error


def read_recheck(text: str) -> Recheck:
    """Decode a message of the rechecks' queue.

    Raises:
        UnreadableMessage: it is something else.

    """
    message = read_message(text)
    if not isinstance(message, Recheck):
        raise UnreadableMessage("not a recheck")
    return message
