"""Any sender that signs by the Standard Webhooks specification; what its body says is told by the connection.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md : the signature,
and the structure it recommends for a body, ``{"type": …, "timestamp": …, "data": {…}}``, from which come the
fields that the connection's ``[fields]`` leave out. Svix's header names are read too. Symmetric signatures
(``v1``) alone. No clock, no AWS.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from bridge.errors import MalformedWebhook
from bridge.model import Coordinates, Ignored, Order, OrderItem, PostalAddress, TimeWindow, TimeWish
from bridge.sources.shared.base import Options, Payload, Push, Signed, Traits, Webhook
from bridge.sources.shared.base import no_greeting as greeting
from bridge.sources.shared.base import whole_body as fetch
from bridge.sources.shared.expressions import Found
from bridge.sources.shared.reading import Fields, load_object
from bridge.sources.shared.signing import hmac_sha256_base64
from bridge.sources.shared.standard_signing import (
    signed_bytes,
    standard_headers,
    standard_key,
    verify_standard_webhook,
)

__all__ = [
    "FIELDS",
    "SETTINGS",
    "TOPICS",
    "TRAITS",
    "document",
    "fetch",
    "greeting",
    "identify",
    "parse",
    "sign",
    "verify",
]

TOPICS: tuple[str, ...] = ("order",)

SETTINGS: Mapping[str, str] = {
    "types": 'values of the body\'s "type" that are orders, with commas between; by default all',
    "cancel_types": 'values of the body\'s "type" that say that an order is cancelled',
}

TRAITS = Traits(
    title="Standard Webhooks, Svix",
    signature="Standard Webhooks v1: HMAC-SHA256 of id, time and body",
    replay="timestamp ±5 min, webhook id, order id",
    create="any, or the types in the setting",
    update="the same",
    cancel="the types in cancel_types, or the field cancelled",
    window="the fields after and before, or date and time",
    tested_with="vectors of the specification's and Svix's libraries",
)

# What the connection's [fields] may name, each an expression into the body.
FIELDS: Mapping[str, str] = {
    "order_id": "the sender's lasting key of the order",
    "order_name": "what people call the order",
    "updated_at": "when the order became as it is now",
    "created_at": "when the order was made",
    "cancelled": "true when no delivery is wanted any more",
    "paid": "true when the order is paid",
    "address": "street and number, or the whole address with a comma before the town",
    "address2": "floor, door code",
    "postcode": "postcode",
    "city": "town",
    "country": "two letters",
    "latitude": "degrees",
    "longitude": "degrees",
    "name": "who receives it",
    "company": "the company that receives it",
    "phone": "a phone number, or a list of them",
    "email": "the buyer's",
    "note": "for the courier",
    "after": "when the chosen window begins",
    "before": "when the chosen window ends",
    "date": "the chosen day, as written",
    "time": "the chosen time, as written",
    "items": "a list of texts, or of objects with title, quantity, sku and weight_grams",
    "weight_grams": "of everything",
    "shipping_method": "its name, or a list of names",
    "tags": "a tag, or a list of them",
}
DEFAULT_FIELDS: Mapping[str, str] = {
    "order_id": "data.id",
    "updated_at": "timestamp",
}

_PREFIXES = ("webhook", "svix")
_PRINTABLE = re.compile(r"[!-~]{1,128}", re.ASCII)
_WEBHOOK_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
_LARGEST_QUANTITY = 10_000
_LARGEST_WEIGHT_GRAMS = 1_000_000  # of one piece: a tonne


def verify(push: Push, secrets: Sequence[str], options: Options) -> None:  # noqa: ARG001  # of every source
    """Check the three headers, ``webhook-…`` or ``svix-…``.

    Raises:
        InvalidSignature: see :func:`~bridge.sources.shared.standard_signing.verify_standard_webhook`.

    """
    verify_standard_webhook(push, [standard_key(secret) for secret in secrets], _PREFIXES)


def identify(push: Push, options: Options) -> Webhook | Ignored:
    """Find out which order a verified webhook is about; ``Ignored("topic")`` for a type that is no order.

    Raises:
        MalformedWebhook: ``order_id_missing``, ``order_id_malformed``, or what
            :func:`~bridge.sources.shared.reading.load_object` says.

    """
    body = load_object(push.body)
    if not _followed(body, options):
        return Ignored("topic")
    headers = standard_headers(push, _PREFIXES)
    webhook_id = headers.webhook_id if headers else ""
    if not _WEBHOOK_ID.fullmatch(webhook_id):
        webhook_id = hashlib.sha256(push.body).hexdigest()
    return Webhook(topic=TOPICS[0], webhook_id=webhook_id, order_id=_order_id(_found(body, options)))


def document(payload: Payload) -> Mapping[str, object]:
    """Return the body as it came."""
    return load_object(payload.body)


def sign(
    body: bytes,
    secret: str,
    *,
    topic: str,  # noqa: ARG001  # of every source
    webhook_id: str,
    sent_at: datetime,
    options: Options,  # noqa: ARG001
) -> Signed:
    """Sign as the specification says."""
    timestamp = str(int(sent_at.timestamp()))
    signature = hmac_sha256_base64(signed_bytes(webhook_id, timestamp, body), standard_key(secret))
    return Signed(
        body,
        {
            "Content-Type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{signature}",
        },
    )


def parse(payload: Payload, options: Options) -> Order | Ignored:
    """Read the order that the fields describe.

    Ignored without retracting a delivery: ``topic``. Retracting: ``cancelled``. A body that names no time
    of its own is of the time at which it came.

    Raises:
        UnmappableOrder: a field finds something of the wrong type; names the expression.
        InvalidConnection: an expression is none.
        MalformedWebhook: bytes which :func:`identify` refuses too.

    """
    body = load_object(payload.body)
    if payload.topic not in TOPICS or not _followed(body, options):
        return Ignored("topic")
    found = _found(body, options)
    order_id = _order_id(found)
    updated_at = found.moment("updated_at") or payload.received_at
    name = found.text("order_name") or f"#{order_id}"
    cancelling = _type(body) in _listed(options, "cancel_types")
    if cancelling or found.flag("cancelled"):
        return Ignored("cancelled", retracts=True, order_id=order_id, order_name=name, updated_at=updated_at)
    weight = found.number("weight_grams")
    return Order(
        order_id=order_id,
        name=name,
        updated_at=updated_at,
        created_at=found.moment("created_at") or updated_at,
        address=_address(found),
        recipient_name=found.text("name"),
        company=found.text("company"),
        phones=found.texts("phone"),
        email=found.text("email"),
        note=found.text("note"),
        items=_items(found),
        shipping_methods=found.texts("shipping_method"),
        paid=found.flag("paid"),
        tags=found.texts("tags"),
        wish=_wish(found),
        weight_override_grams=round(weight) if weight is not None and weight >= 0 else None,
        paths={
            "address.line1": found.path_of("address"),
            "address.line2": found.path_of("address2"),
            "address.postcode": found.path_of("postcode"),
            "address.city": found.path_of("city"),
        },
    )


def _found(body: Mapping[str, object], options: Options) -> Found:
    return Found(body, {**DEFAULT_FIELDS, **options.fields})


def _type(body: Mapping[str, object]) -> str:
    return Fields(body).optional_text("type")


def _listed(options: Options, key: str) -> frozenset[str]:
    return frozenset(filter(None, map(str.strip, options.settings.get(key, "").split(","))))


def _followed(body: Mapping[str, object], options: Options) -> bool:
    followed = _listed(options, "types")
    return not followed or _type(body) in followed | _listed(options, "cancel_types")


def _order_id(found: Found) -> str:
    """Return the sender's key of the order; one that is long or not plain ASCII as its digest."""
    value = found.value("order_id")
    if value is None or value == "":
        raise MalformedWebhook("order_id_missing")
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise MalformedWebhook("order_id_malformed")
    text = str(value).strip()
    if not text:
        raise MalformedWebhook("order_id_missing")
    return text if _PRINTABLE.fullmatch(text) else hashlib.sha256(text.encode()).hexdigest()


def _address(found: Found) -> PostalAddress:
    """Read the address in parts, or in one text whose last part, after a comma, is the town."""
    line, city, postcode = found.text("address"), found.text("city"), found.text("postcode")
    if not city and not postcode and "," in line:
        city = line.rpartition(",")[2].strip()
    return PostalAddress(
        line1=line,
        line2=found.text("address2"),
        postcode=postcode,
        city=city,
        country_code=found.text("country").upper(),
        coordinates=_coordinates(found.number("latitude"), found.number("longitude")),
    )


def _coordinates(latitude: float | None, longitude: float | None) -> Coordinates | None:
    """Return a place on earth; 0, 0 is nowhere."""
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return None
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return Coordinates(latitude, longitude)


def _items(found: Found) -> tuple[OrderItem, ...]:
    """Read ``items``: texts, or objects with ``title``, ``quantity``, ``sku`` and ``weight_grams``."""
    value = found.value("items")
    if value is None:
        return ()
    if not isinstance(value, list):
        raise found.refuse("items", "should be a list")
    return tuple(item for index, one in enumerate(value) if (item := _item(found, index, one)) is not None)


def _item(found: Found, index: int, value: object) -> OrderItem | None:
    if isinstance(value, str):
        return OrderItem(value.strip(), 1) if value.strip() else None
    if not isinstance(value, dict):
        raise found.refuse("items", f"[{index}] should be a text or an object")
    line = Fields(value, f"{found.path_of('items')}[{index}]")
    quantity = line.count("quantity", at_most=_LARGEST_QUANTITY)
    if quantity == 0:
        return None
    return OrderItem(
        title=line.optional_text("title"),
        quantity=1 if quantity is None else quantity,
        sku=line.optional_text("sku"),
        weight_grams=line.optional_count("weight_grams", at_most=_LARGEST_WEIGHT_GRAMS),
    )


def _wish(found: Found) -> TimeWish | None:
    """Read the customer's choice: two moments, or the texts of a date and a time."""
    after, before = found.moment("after"), found.moment("before")
    if after is not None and before is not None:
        if after >= before:
            raise found.refuse("before", "should be later than the beginning of the window")
        return TimeWish(window=TimeWindow(after, before), path=found.path_of("after"))
    if after is not None or before is not None:
        missing = "after" if after is None else "before"
        raise found.refuse(missing, "is missing: a window has a beginning and an end")
    date, time = found.text("date"), found.text("time")
    if not date and not time:
        return None
    return TimeWish(date=date, time=time, path=found.path_of("date" if date else "time"))
