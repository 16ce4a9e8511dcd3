"""What the receiver decides about one request: verified, known and worth queueing, or not.

Imports nothing heavy: this is the path on which a sender waits for its answer.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bridge import sources
from bridge.connections.model import Connection, Secrets
from bridge.errors import InvalidConnection, MalformedWebhook, NotATrialCall, RejectedWebhook
from bridge.metrics import Counted, Metric
from bridge.model import Ignored
from bridge.reasons import Reason
from bridge.receiving.messages import PrivacyMessage, WebhookMessage


class Connections(Protocol):
    """Where connections are looked up, as :class:`bridge.aws.connections.ConnectionStore` does it."""

    def get(self, connection_id: str) -> tuple[Connection, Secrets]:
        """Return a connection, or raise ``UnknownConnection`` or ``InvalidConnection``."""


class Queue(Protocol):
    """Where accepted webhooks go, as :class:`bridge.aws.queues.WebhooksQueue` does it."""

    def send(self, message: WebhookMessage | PrivacyMessage) -> None:
        """Enqueue, or raise ``WebhookTooLarge``."""


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as it came: header names in lower case, the body as the sender's bytes."""

    connection_id: str
    headers: Mapping[str, str] = field(repr=False)  # one of them may be the secret
    body: bytes = field(repr=False)
    path_secret: str = field(default="", repr=False)
    method: str = "POST"
    query: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_event(cls, event: Mapping[str, object]) -> Request:
        """Read an API Gateway HTTP API event (payload format 2.0).

        Raises:
            MalformedWebhook: a body that claims to be base64 and is not.

        """
        path, headers = _texts(event.get("pathParameters")), _texts(event.get("headers"))
        text = event.get("body")
        body = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else b""
        if event.get("isBase64Encoded"):
            try:
                body = base64.b64decode(body, validate=True)
            except binascii.Error as error:
                raise MalformedWebhook("not_base64") from error
        return cls(
            connection_id=path.get("connection_id", ""),
            path_secret=path.get("secret", ""),
            headers={name.lower(): value for name, value in headers.items()},
            body=body,
            method=str(event.get("routeKey", "POST")).partition(" ")[0],
            query=_texts(event.get("queryStringParameters")),
        )

    @property
    def is_a_browsers(self) -> bool:
        """Whether a browser sends it, for a page (``Origin``) or for a person; servers name neither."""
        return "origin" in self.headers or "text/html" in self.headers.get("accept", "")


def _texts(value: object) -> dict[str, str]:
    """Return a part of an event as texts by name; API Gateway leaves out what is empty, or says null."""
    return {str(name): str(text) for name, text in value.items()} if isinstance(value, Mapping) else {}


class Received(Counted):
    """What became of a genuine request, with the metric that counts it."""

    metric: Metric

    ACCEPTED = "accepted", Metric.WEBHOOK_ACCEPTED
    IGNORED = "ignored", Metric.WEBHOOK_IGNORED


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What the sender is told."""

    outcome: Received
    source: str
    reason: str = ""  # why it is ignored
    topic: str = ""
    webhook_id: str = ""
    order_id: str = ""
    greeting: str = ""  # a sender's trial call is answered with this text alone


class Receiver:
    """Verifies a webhook and queues it: one AWS call on the accepted path."""

    def __init__(self, connections: Connections, queue: Queue, *, clock: Callable[[], datetime]) -> None:
        self._connections = connections
        self._queue = queue
        self._clock = clock

    def receive(self, request: Request) -> Acknowledgement:
        """Verify the raw bytes, read which order they are about, and queue them.

        Raises:
            RejectedWebhook: the request is to be answered with the error's status.

        """
        connection, secrets = self._connections.get(request.connection_id)
        source = sources.get(connection.source)
        push = sources.Push(
            request.body,
            request.headers,
            self._clock(),
            request.path_secret,
            method=request.method,
            query=request.query,
        )
        greeting = source.greeting(push, connection.options)
        if greeting is not None:
            return Acknowledgement(
                Received.IGNORED, connection.source, reason=Reason.TRIAL_CALL, greeting=greeting
            )
        if request.method != "POST":
            raise NotATrialCall("method")
        source.verify(push, secrets.webhook, connection.options)
        return enqueue(connection, push, self._queue)

    def visited(self, request: Request) -> Connection | None:
        """Return the request's connection if people's browsers send to it, ``None`` for any other."""
        try:
            connection, _ = self._connections.get(request.connection_id)
        except (RejectedWebhook, InvalidConnection):
            return None
        return connection if sources.get(connection.source).IS_SENT_BY_BROWSERS else None


@dataclass(frozen=True, slots=True)
class NotFollowed(Ignored):
    """A webhook whose topic the connection's ``orders.topics`` leaves out."""

    topic: str = ""
    webhook_id: str = ""


def accept(connection: Connection, push: sources.Push) -> WebhookMessage | PrivacyMessage | Ignored:
    """Return the message that a push becomes on the queue, which is known to be genuine, or why none.

    Raises:
        RejectedWebhook: it cannot be read.

    """
    webhook = sources.get(connection.source).identify(push, connection.options)
    if isinstance(webhook, Ignored):
        return webhook
    if isinstance(webhook, sources.PrivacyRequest):
        return PrivacyMessage.of(connection.connection_id, push, webhook)
    if connection.orders.topics and webhook.topic not in connection.orders.topics:
        return NotFollowed(
            Reason.TOPIC_NOT_FOLLOWED,
            order_id=webhook.order_id,
            topic=webhook.topic,
            webhook_id=webhook.webhook_id,
        )
    return WebhookMessage.of(connection.connection_id, connection.source, push, webhook)


def enqueue(connection: Connection, push: sources.Push, queue: Queue) -> Acknowledgement:
    """Queue what a genuine push becomes.

    Raises:
        RejectedWebhook: it cannot be read, or is too large.

    """
    message = accept(connection, push)
    if isinstance(message, NotFollowed):
        return Acknowledgement(
            Received.IGNORED,
            connection.source,
            reason=message.reason,
            topic=message.topic,
            webhook_id=message.webhook_id,
            order_id=message.order_id or "",
        )
    if isinstance(message, Ignored):
        return Acknowledgement(Received.IGNORED, connection.source, reason=message.reason)
    queue.send(message)
    return Acknowledgement(
        Received.ACCEPTED,
        connection.source,
        topic=message.topic,
        webhook_id=message.webhook_id,
        order_id=message.order_id,
    )
