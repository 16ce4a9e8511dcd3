"""An order's webhook, mapped anew: which one, and back on the queue with it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from bridge import sources
from bridge.dispatching.outcomes import Outcome
from bridge.dispatching.record import State
from bridge.errors import RejectedWebhook, WebhookTooLarge
from bridge.model import Ignored
from bridge.operator.dry_run import why_unreadable
from bridge.operator.errors import (
    NoSuchOrder,
    NothingParked,
    NotQueueable,
    NotThisMessage,
    NoWebhookKept,
    SeveralOrders,
)
from bridge.operator.history import change_record, noting
from bridge.operator.orders import find_records
from bridge.operator.parked import is_called, queue_again
from bridge.receiving.http import NotFollowed, accept
from bridge.receiving.messages import PrivacyMessage, UnreadableMessage, WebhookMessage, read_message

if TYPE_CHECKING:
    from bridge.connections.model import Connection, Secrets
    from bridge.operator.deployment import Deployment


def webhook_of_record(deployment: Deployment, connection_id: str, order: str) -> WebhookMessage:
    """Return the webhook that an order's delivery, by its id or name, was made from.

    Raises:
        NoSuchOrder: there is no record.
        SeveralOrders: several are called so.
        NoWebhookKept: the record holds none: it was parked before it could be mapped, or redacted.
        NotQueueable: the order was closed as done by hand, so nothing would come of it.
    """
    records = find_records(deployment, connection_id, order)
    if not records:
        raise NoSuchOrder(connection_id, order)
    if len(records) > 1:
        raise SeveralOrders(order, [record.order_id for record in records])
    if records[0].state is State.DONE_BY_HAND:
        raise NotQueueable(f"order {order} was closed as done by hand; change on CoopCycle what is to change")
    try:
        message = read_message(records[0].message) if records[0].message else None
    except UnreadableMessage:  # of an older version of the bridge
        message = None
    if not isinstance(message, WebhookMessage):
        raise NoWebhookKept(order)
    return message


def webhook_of_parked(
    deployment: Deployment, connection_id: str, message_id: str, order: str | None
) -> WebhookMessage:
    """Return a parked webhook; ``order``, where given, is what it must be about.

    Raises:
        NothingParked: no such message is.
        NotThisMessage: it is no webhook, of another connection, or about another order.
    """
    look = deployment.parked.look()
    found = next((each for each in look.messages if each.message_id == message_id), None)
    if found is None:
        raise NothingParked(len(look.messages), look.hidden)
    if not isinstance(found.message, WebhookMessage):
        raise NotThisMessage(f"message {message_id} is no webhook, so there is nothing to map")
    if found.connection_id != connection_id:
        raise NotThisMessage(f"message {message_id} came through connection {found.connection_id}")
    if order is not None and not is_called(order, found.order_id, found.order_name):
        raise NotThisMessage(f"message {message_id} is about order {found.order_id}")
    return found.message


def webhook_of_body(
    connection: Connection,
    secrets: Secrets,
    body: bytes,
    *,
    topic: str | None,
    order: str | None,
    now: datetime,
) -> WebhookMessage:
    """Return the message that the receiver would have queued for a body, signed as the sender would.

    ``topic`` ``None`` is a new order; ``order``, where given, is the id that it must be about.

    Raises:
        NotQueueable: the receiver would have refused or ignored it.
        NotThisMessage: it is about another order.
    """
    sender = sources.get(connection.source)
    try:
        signed = sender.sign(
            body,
            next(iter(secrets.webhook), "none"),
            topic=topic or sender.TOPICS[0],
            webhook_id=str(uuid.uuid4()),
            sent_at=now,
            options=connection.options,
        )
    except ValueError as error:  # what verifies is no secret that signs: a public key
        raise NotQueueable(f"only {sender.TRAITS.title} can sign a body: {error}") from error
    headers = {name.lower(): value for name, value in signed.headers.items()}
    try:
        message = accept(connection, sources.Push(signed.body, headers, now, signed.path_secret))
    except RejectedWebhook as error:
        raise NotQueueable(why_unreadable(error, connection.source)) from error
    if isinstance(message, NotFollowed):
        raise NotQueueable(f"connection {connection.connection_id} does not follow {message.topic}")
    if isinstance(message, Ignored):
        raise NotQueueable(f"the receiver would ignore this body ({message.reason})")
    if isinstance(message, PrivacyMessage):
        raise NotQueueable("this body is about personal data, and about no order")
    if order is not None and order != message.order_id:
        raise NotThisMessage(f"the body is about order {message.order_id}")
    return message


def replay(deployment: Deployment, message: WebhookMessage, *, now: datetime, by: str = "") -> None:
    """Put a webhook on the queue again, where it is no repeat of itself; ``by`` is who did it.

    Raises:
        NotQueueable: it does not fit.
    """
    try:
        queue_again(
            deployment.sqs,
            deployment.webhooks_queue_url,
            message,
            deduplication_id=f"replay/{uuid.uuid4()}",
        )
    except WebhookTooLarge as error:
        raise NotQueueable("the body does not fit a queue message even when compressed") from error
    change_record(
        deployment.orders,
        (message.connection_id, message.order_id),
        lambda record: noting(record, Outcome.REPLAYED, by, now),
    )
