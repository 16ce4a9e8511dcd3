"""A person's data: found in every place where we hold it, erased from there, or handed over.

The places are the records of orders, what is parked (in a record or on the dead-letter queue), and events of
a bus that wait or could not be received. What WebhooksQueue holds is on its way into a record and is not
looked through; CoopCycle's own copy is CoopCycle's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from bridge.aws.plain import encode
from bridge.dispatching import lifecycle
from bridge.dispatching.privacy import message_in
from bridge.operator.errors import NoSuchConnection, WrongConnection
from bridge.operator.history import TOPIC, change_record
from bridge.operator.orders import find_records
from bridge.receiving.messages import UnreadableMessage, WebhookMessage, read_message

if TYPE_CHECKING:
    from bridge.connections.model import Connection
    from bridge.dispatching.record import DeliveryRecord
    from bridge.operator.deployment import Deployment
    from bridge.receiving.messages import QueueMessage

_BETWEEN = r"[\s().\-/]*"  # what people write between the digits of a telephone number


class NotAPhone(ValueError):
    """A telephone number that cannot be read; the text says what would be right."""


@dataclass(frozen=True)
class Person:
    """Whose data are meant: whatever names one of these. ``orders`` are ids, or names with or without "#".

    Raises:
        NotAPhone: a telephone number is none, or lacks its country.
    """

    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    country: str = ""  # where a phone number without a country code belongs, ISO 3166-1 alpha-2

    def __post_init__(self) -> None:
        _ = self._patterns  # a number that cannot be read is told at once

    @cached_property
    def _patterns(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        return (
            *(("email", _of_email(email)) for email in self.emails),
            *(("phone", _of_phone(phone, self.country)) for phone in self.phones),
        )

    def named_in(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Return by what the person is named in one of the texts: email, phone, or nothing."""
        if not self._patterns:
            return ()
        forms = [form for text in texts if text for form in _forms(text)]
        found = (name for name, pattern in self._patterns if any(pattern.search(form) for form in forms))
        return tuple(dict.fromkeys(found))


def _of_email(email: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.+%-]){re.escape(email.strip().casefold())}(?![\w-]|\.\w)")


def _of_phone(phone: str, country: str) -> re.Pattern[str]:
    """Return what finds a number however it is written: with country code, 00, (0), spaces, or without."""
    from bridge.planning.phone import parts_of_number

    parts = parts_of_number(phone, country)
    if parts is None:
        raise NotAPhone("a telephone number with its country code, such as +33612345678")
    country_code, national = parts
    code = rf"(?:(?:\+|00)?{country_code}{_BETWEEN})?"
    return re.compile(rf"(?<!\d){code}0?{_BETWEEN}{_BETWEEN.join(national)}(?!\d)")


def _forms(text: str) -> Iterator[str]:
    """Yield a text as it is, and as what it may encode: a form's fields, JSON's escapes."""
    folded = text.casefold()
    yield folded
    if "%" in text or "+" in text:
        yield unquote_plus(folded)
    if "\\" in text:
        try:
            yield json.dumps(json.loads(text), ensure_ascii=False).casefold()
        except (ValueError, RecursionError):
            return


@dataclass(frozen=True, slots=True)
class HeldOrder:
    """An order's record that names the person, and by what."""

    record: DeliveryRecord = field(repr=False)
    by: tuple[str, ...]

    @property
    def name(self) -> str:
        """What people call it."""
        return self.record.order_name or self.record.order_id

    @property
    def is_redacted(self) -> bool:
        """Whether nothing of a person is left in it."""
        return not lifecycle.holds_personal_data(self.record)


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """A message on a queue that names the person, and by what."""

    place: str  # the queue, by the template's name of it
    order_id: str
    topic: str
    body: str = field(repr=False)
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """What we hold of a person through one connection."""

    orders: tuple[HeldOrder, ...]
    messages: tuple[HeldMessage, ...]

    @property
    def is_nothing(self) -> bool:
        """Whether there is nothing to erase."""
        return not self.messages and all(order.is_redacted for order in self.orders)


def find(deployment: Deployment, connection_id: str, person: Person) -> Held:
    """Return what is held of a person, and leave it as it was; every record of the connection is read."""
    orders = {}
    for wanted in person.orders:
        for record in find_records(deployment, connection_id, wanted):
            orders[record.order_id] = HeldOrder(record, ("order", *person.named_in(_texts(record))))
    if person.emails or person.phones:
        for record in deployment.orders.of_connection(connection_id):
            by = person.named_in(_texts(record))
            if by and record.order_id not in orders:
                orders[record.order_id] = HeldOrder(record, by)
    meant = _Meant(deployment, connection_id, person, set(orders))
    messages = [
        found
        for place, queue in deployment.queues_with_orders.items()
        for text in queue.texts()
        if (found := meant.message(place, text)) is not None
    ]
    return Held(tuple(orders.values()), tuple(messages))


def erase(
    deployment: Deployment, connection_id: str, person: Person, held: Held, *, now: Callable[[], datetime]
) -> tuple[int, int]:
    """Erase what was found; return how many records were redacted, and how many messages deleted.

    The order's ids, state and times stay, so that a late repeat of its webhook still books nothing.
    """
    redacted = 0
    for order in held.orders:
        if order.is_redacted:
            continue
        key = (connection_id, order.record.order_id)
        change_record(deployment.orders, key, lambda record: lifecycle.redacted(record, TOPIC, now()))
        redacted += 1
    meant = _Meant(deployment, connection_id, person, {order.record.order_id for order in held.orders})
    places = {message.place for message in held.messages}
    deleted = sum(
        queue.remove(lambda text: meant.message("", text) is not None)
        for place, queue in deployment.queues_with_orders.items()
        if place in places
    )
    return redacted, deleted


def export(held: Held) -> dict[str, Any]:
    """Return all that is held of a person as values for JSON, the sender's bodies as they came."""
    return {
        "orders": [_exported(order.record) for order in held.orders],
        "messages": [
            {"queue": each.place, "order_id": each.order_id, "topic": each.topic, "body": each.body}
            for each in held.messages
        ],
    }


def _exported(record: DeliveryRecord) -> dict[str, Any]:
    """Return every field of a record, decoded where it is a text within a text."""
    fields: dict[str, Any] = encode(record)
    fields["message"] = _body(record.message)
    fields["sent"] = json.loads(record.sent or "null")
    fields["held"] = json.loads(record.held or "null")
    for each in fields.get("in_question", ()):
        each["body"] = json.loads(each["body"] or "null")
    for each in fields.get("parked", ()):
        each["text"] = _body(each["text"])
    return fields


def _texts(record: DeliveryRecord) -> Iterator[str]:
    """Yield the texts of a record in which a person may be named."""
    yield from (record.sent, record.held)
    yield from (each.body for each in record.in_question)
    yield _body(record.message)
    yield from (_body(each.text) for each in record.parked)


def _body(text: str) -> str:
    """Return the sender's body of a queued webhook; of what is none, the text."""
    try:
        message = read_message(text)
    except UnreadableMessage:
        return text
    return message.body.decode("utf-8", "replace") if isinstance(message, WebhookMessage) else text


class _Meant:
    """Tells which messages of queues are about the person's orders, or name the person."""

    def __init__(
        self, deployment: Deployment, connection_id: str, person: Person, order_ids: set[str]
    ) -> None:
        self._connection_id = connection_id
        self._connection = _connection(deployment, connection_id)
        self._person = person
        self._order_ids = order_ids | set(person.orders)

    def message(self, place: str, text: str) -> HeldMessage | None:
        """Return the message if it is meant; of another connection none is."""
        message = self._read(text)
        if not isinstance(message, WebhookMessage) or message.connection_id != self._connection_id:
            return None
        body = message.body.decode("utf-8", "replace")
        by = (*(("order",) if message.order_id in self._order_ids else ()), *self._person.named_in([body]))
        return HeldMessage(place, message.order_id, message.topic, body, by) if by else None

    def _read(self, text: str) -> QueueMessage | None:
        if self._connection is not None:
            return message_in(text, self._connection)
        try:
            return read_message(text)
        except UnreadableMessage:
            return None


def _connection(deployment: Deployment, connection_id: str) -> Connection | None:
    """Return the connection; what is held of one that is gone must be found, too."""
    try:
        return deployment.connection(connection_id)[0]
    except (NoSuchConnection, WrongConnection):
        return None


def country_of(deployment: Deployment, connection_id: str) -> str:
    """Return where a connection's telephone numbers without a country code belong; "" if unknown."""
    connection = _connection(deployment, connection_id)
    return (connection.country if connection else None) or ""
