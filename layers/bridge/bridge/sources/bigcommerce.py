"""BigCommerce's order webhooks: signature, which order, and the order in our words.

A webhook only names the order (https://developer.bigcommerce.com/docs/integrations/webhooks), so the worker
asks ``GET /v2/orders/{id}`` for it, with its consignments and their lines in the same answer: one request
shows one state of the order. Several shipping consignments are one delivery with several dropoffs. No clock,
no AWS, nothing beyond the standard library.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime

from bridge.document import Fields, load_object, whole_id
from bridge.errors import InvalidConnection, MalformedWebhook, ShopUnavailable
from bridge.model import Ignored, Order, OrderItem, PostalAddress, Stop, Writings, Written
from bridge.sources.shared import writings as texts
from bridge.sources.shared.asking import base_url, read_answer, token_of
from bridge.sources.shared.base import Options, Payload, Push, Shop, Signed, Traits, Webhook
from bridge.sources.shared.base import no_greeting as greeting
from bridge.sources.shared.collection import read_way
from bridge.sources.shared.people import full_name, phones_of
from bridge.sources.shared.standard_signing import sign_standard_webhook, verify_standard_webhook
from bridge.sources.shared.weights import WEIGHT_UNIT, WEIGHT_UNIT_MEANING, grams_per_unit, weight_grams

__all__ = [
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

TOPICS: tuple[str, ...] = (
    "store/order/created",
    "store/order/updated",
    "store/order/statusUpdated",
    "store/order/archived",
    "store/order/refund/created",
)

SETTINGS: Mapping[str, str] = {
    "store_hash": "the store's id in the API path, the abc123 of https://store-abc123.mybigcommerce.com",
    **texts.LABEL_SETTINGS,
    WEIGHT_UNIT: WEIGHT_UNIT_MEANING,
    "api_url": 'address of BigCommerce\'s API, by default "https://api.bigcommerce.com"',
}

TRAITS = Traits(
    title="BigCommerce",
    signature="Standard Webhooks, keyed with the client secret's text",
    replay="timestamp ±5 min, webhook id, order id",
    create="store/order/created, or the status change that ends an incomplete order",
    update="store/order/updated, statusUpdated",
    cancel="cancelled, declined, refunded, archived, awaiting pickup, changed to pickup",
    window="form fields, product options, shipping method: labels in any language, date_label and "
    "time_label; a product's event date",
    tested_with="Standard Webhooks' rule, payloads and objects of the documentation; no live store",
)

_API_URL = "https://api.bigcommerce.com"
_INCLUDE = "include=consignments.line_items&consignment_structure=object"

_WEBHOOK_ID = re.compile(r"[A-Za-z0-9._:-]{8,128}")
_STORE_HASH = re.compile(r"[a-z0-9]{1,32}")
_LARGEST_QUANTITY = 10_000
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)

# What the order statuses mean: https://developer.bigcommerce.com/docs/rest-management/orders/order-status .
# 8, "Awaiting Pickup": "packaged and is awaiting customer pickup from a seller-specified location".
_ENDED = {4: "refunded", 5: "cancelled", 6: "declined", 8: "local_pickup"}
_FULFILLED = frozenset({2, 10})
_INCOMPLETE = frozenset({0, 1})
_ON_HOLD = frozenset({12, 13})
_PAYMENT_CONFIRMED = frozenset({3, 8, 9, 11, 14})  # 11 by its words, the others come after it
_PAID = frozenset({"captured", "paid", "partially refunded"})


def verify(push: Push, secrets: Sequence[str], options: Options) -> None:  # noqa: ARG001  # of every source
    """Check the ``webhook-…`` headers, keyed with the text of the API account's client secret.

    BigCommerce has the secret base64-encoded before it is given to a Standard Webhooks library, which decodes
    it again: https://developer.bigcommerce.com/docs/integrations/webhooks/https-webhook-overview .

    Raises:
        InvalidSignature: see :func:`~bridge.sources.shared.standard_signing.verify_standard_webhook`.

    """
    verify_standard_webhook(push, [secret.strip().encode("utf-8", "surrogatepass") for secret in secrets])


def identify(push: Push, options: Options) -> Webhook | Ignored:
    """Find out which order a verified webhook is about.

    Ignored: ``topic`` for a scope we do not follow, ``other_store`` for a store that is not the connection's:
    an app signs the webhooks of all its stores with one secret, and orders are numbered from 1 in each.

    Raises:
        MalformedWebhook: ``topic_missing``, ``order_id_missing``, ``order_id_malformed``, or what
            :func:`~bridge.document.load_object` says.

    """
    event = Fields(load_object(push.body))
    topic = event.optional_text("scope")
    if not topic:
        raise MalformedWebhook("topic_missing")
    if topic not in TOPICS:
        return Ignored("topic")
    store_hash = options.settings.get("store_hash", "").strip()
    if store_hash and event.optional_text("producer") != f"stores/{store_hash}":
        return Ignored("other_store")
    # Not `hash`: it is made of the payload's data, which is the same in every update of an order.
    webhook_id = push.headers.get("webhook-id", "")
    if not _WEBHOOK_ID.fullmatch(webhook_id):
        webhook_id = hashlib.sha256(push.body).hexdigest()
    return Webhook(topic=topic, webhook_id=webhook_id, order_id=_order_id(event))


def _order_id(event: Fields) -> str:
    value = event.optional_child("data").values.get("id")
    if value is None:
        raise MalformedWebhook("order_id_missing")
    return whole_id(value)


def fetch(payload: Payload, options: Options, shop: Shop) -> Payload:
    """Ask BigCommerce for the order with its consignments and their lines.

    https://developer.bigcommerce.com/docs/rest-management/orders#get-an-order , whose token needs the scope
    "Orders, read-only". BigCommerce archives orders and deletes none, so a 404 means the token of another
    store and is a person's matter.

    Raises:
        ShopUnavailable: no usable answer, or not this order.
        ShopRejected: a wrong token or a wrong store.
        InvalidConnection: no token, no ``sender.store_hash``, or a wrong ``sender.api_url``.
        MalformedWebhook: bytes which :func:`identify` refuses too.

    """
    event = Fields(load_object(payload.body))
    topic = event.optional_text("scope")
    if topic and topic not in TOPICS:
        return Payload(payload.body, topic, payload.received_at, payload.content_type)
    order_id = _order_id(event)
    store_hash = options.settings.get("store_hash", "").strip()
    if not _STORE_HASH.fullmatch(store_hash):
        raise InvalidConnection(["sender.store_hash: must be the store's id, the abc123 of store-abc123"])
    raw = shop.get(
        f"{base_url(options, 'api_url', _API_URL)}/stores/{store_hash}/v2/orders/{order_id}?{_INCLUDE}",
        {"X-Auth-Token": token_of(shop), "Accept": "application/json"},
    )
    found = read_answer(raw).get("id")
    if isinstance(found, bool) or not isinstance(found, int) or str(found) != order_id:
        raise ShopUnavailable("the shop's API answered with no order of that id")
    return Payload(raw, payload.topic, payload.received_at, "application/json")


def document(payload: Payload) -> Mapping[str, object]:
    """Return the order with its consignments, as BigCommerce's API shows it."""
    return load_object(payload.body)


def sign(
    body: bytes,
    secret: str,
    *,
    topic: str,  # noqa: ARG001  # it stands in the body
    webhook_id: str,
    sent_at: datetime,
    options: Options,  # noqa: ARG001  # of every source
) -> Signed:
    """Sign as BigCommerce does: https://developer.bigcommerce.com/docs/integrations/webhooks ."""
    return sign_standard_webhook(body, secret.strip().encode(), webhook_id=webhook_id, sent_at=sent_at)


def parse(payload: Payload, options: Options) -> Order | Ignored:
    """Read the whole order, or say why it needs no delivery.

    Ignored without retracting a delivery: ``topic``, ``already_fulfilled`` (or all that is left),
    ``incomplete`` (the checkout was not finished), ``on_hold`` (to be verified, or disputed). Retracting:
    ``cancelled``, ``declined``, ``refunded``, ``archived``, ``local_pickup``, ``nothing_to_ship``.

    Raises:
        UnmappableOrder: a field we need has the wrong type.
        InvalidConnection: ``sender.weight_unit`` is no unit.
        MalformedWebhook: not a fetched order.

    """
    if payload.topic not in TOPICS:
        return Ignored("topic")
    order = Fields(load_object(payload.body))
    order_id = whole_id(order.values.get("id"))
    stops: list[Stop] = []
    reason = _finished(order)
    if reason is None:
        reason, stops = _to_carry(order, options)
    if reason is not None:
        return Ignored(
            reason,
            retracts=reason not in {"already_fulfilled", "incomplete", "on_hold"},
            order_id=order_id,
            order_name=f"#{order_id}",
            updated_at=_optional_moment(order, "date_modified"),
        )
    return _order(order, order_id, stops, options)


# --- whether there is something to deliver --------------------------------------------------------


def _status(order: Fields) -> int:
    status = order.count("status_id", at_most=1000)
    if status is None:
        raise order.refuse("status_id", "is missing")
    return status


def _finished(order: Fields) -> str | None:
    status = _status(order)
    if status in _ENDED:
        return _ENDED[status]
    if status in _FULFILLED:
        return "already_fulfilled"
    if order.flag("is_deleted", default=False):
        return "archived"
    if status in _INCOMPLETE:
        return "incomplete"
    return "on_hold" if status in _ON_HOLD else None


def _to_carry(order: Fields, options: Options) -> tuple[str | None, list[Stop]]:
    """Return a stop for each shipping consignment with something to carry, or why there is none."""
    ordered = [one for one in _shipping(order) if _lines(one)]
    if not ordered:
        picked_up = order.optional_child("consignments").optional_children("pickups")
        return ("local_pickup" if picked_up else "nothing_to_ship"), []
    wanted = [one for one in ordered if not _is_collected(order, one)]
    if not wanted:
        return "local_pickup", []
    grams = grams_per_unit(options)
    stops = [stop for one in wanted if (stop := _stop(order, one, grams, options.settings)).items]
    return (None, stops) if stops else ("already_fulfilled", [])


def _is_collected(order: Fields, shipping: Fields) -> bool:
    methods = [("", method)] if (method := shipping.optional_text("shipping_method")) else []
    return read_way(_written(order, shipping), methods=methods).collected


# --- the order ------------------------------------------------------------------------------------


def _order(order: Fields, order_id: str, stops: Sequence[Stop], options: Options) -> Order:
    first = stops[0]
    updated_at = _moment(order, "date_modified")
    return Order(
        order_id=order_id,
        name=f"#{order_id}",
        updated_at=updated_at,
        created_at=_optional_moment(order, "date_created") or updated_at,
        address=first.address,
        recipient_name=first.recipient_name,
        company=first.company,
        phones=first.phones,
        email=order.optional_child("billing_address").optional_text("email"),
        note=first.note,
        items=first.items,
        shipping_methods=_shipping_methods(order),
        paid=_status(order) in _PAYMENT_CONFIRMED or order.text("payment_status") in _PAID,
        writings=_writings(order, stops, options.settings),
        dropoffs=tuple(stops[1:]),
        paths={
            "address.line1": f"{first.path}.street_1",
            "address.line2": f"{first.path}.street_2",
            "address.postcode": f"{first.path}.zip",
            "address.city": f"{first.path}.city",
        },
    )


def _shipping(order: Fields) -> list[Fields]:
    """Return the shipping consignments, which are there even for an order that is not shipped."""
    consignments = order.child("consignments")
    if consignments is None:
        raise order.refuse("consignments", "is missing")
    return consignments.children("shipping")


def _stop(order: Fields, shipping: Fields, grams: Decimal | None, settings: Mapping[str, str]) -> Stop:
    bill = order.optional_child("billing_address")
    notes = (
        order.optional_text("customer_message"),
        *texts.notes(_written(order, shipping), settings.get("note_label", "")),
    )
    return Stop(
        address=PostalAddress(
            line1=shipping.text("street_1"),
            line2=shipping.optional_text("street_2"),
            postcode=shipping.text("zip"),
            city=shipping.text("city"),
            country=shipping.optional_text("country"),
            country_code=shipping.optional_text("country_iso2").upper(),
            state=shipping.optional_text("state"),
        ),
        recipient_name=full_name(shipping, "first_name", "last_name")
        or full_name(bill, "first_name", "last_name"),
        company=shipping.optional_text("company"),
        phones=tuple(phones_of([(shipping, "phone"), (bill, "phone")])),
        note="\n".join(dict.fromkeys(note for note in notes if note)),
        items=_items(shipping, grams),
        path=shipping.path,
    )


def _lines(shipping: Fields) -> list[tuple[Fields, int]]:
    """Return the lines that a courier might carry, with what was not refunded: no downloads, no vouchers."""
    return [
        (line, quantity)
        for line in shipping.children("line_items")
        if line.text("type") not in {"digital", "giftcertificate"} and (quantity := _quantity(line)) > 0
    ]


def _items(shipping: Fields, grams: Decimal | None) -> tuple[OrderItem, ...]:
    """Return what is still to be carried; what was handed out already is not."""
    return tuple(
        OrderItem(
            title=line.optional_text("name"),
            quantity=left,
            sku=line.optional_text("sku"),
            variant=", ".join(
                value
                for option in line.optional_children("product_options")
                if option.optional_text("type") != "File Upload"
                and (value := option.optional_text("display_value"))
            ),
            weight_grams=weight_grams(line.values.get("weight"), grams),
        )
        for line, quantity in _lines(shipping)
        if (left := quantity - line.optional_count("quantity_shipped", at_most=_LARGEST_QUANTITY)) > 0
    )


def _quantity(line: Fields) -> int:
    quantity = line.count("quantity", at_most=_LARGEST_QUANTITY)
    if quantity is None:
        raise line.refuse("quantity", "is missing")
    return quantity - line.optional_count("quantity_refunded", at_most=quantity)


def _shipping_methods(order: Fields) -> tuple[str, ...]:
    methods = (shipping.optional_text("shipping_method") for shipping in _shipping(order))
    return tuple(dict.fromkeys(method for method in methods if method))


# --- times ----------------------------------------------------------------------------------------


def _moment(fields: Fields, key: str) -> datetime:
    if not fields.text(key):
        raise fields.refuse(key, "is missing")
    moment = _optional_moment(fields, key)
    if moment is None:
        raise fields.refuse(key, 'should be a date such as "Mon, 11 Mar 2019 15:17:25 +0000"')
    return moment


def _optional_moment(fields: Fields, key: str) -> datetime | None:
    """Return a date and time of RFC 2822, in UTC where it names no offset, as all of BigCommerce's are."""
    try:
        moment = parsedate_to_datetime(fields.optional_text(key)[:64])
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC) if 2000 <= moment.year <= 2200 else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _writings(order: Fields, stops: Sequence[Stop], settings: Mapping[str, str]) -> Writings:
    """Return what the forms and options of all consignments say; two that name two days are parked."""
    paths = {stop.path for stop in stops}
    entries = [entry for one in _shipping(order) if one.path in paths for entry in _written(order, one)]
    return texts.writings(entries, settings)


def _written(order: Fields, shipping: Fields) -> tuple[Written, ...]:
    """Return the answers of the address's form, the products' options and the bill's form, and the method."""
    lines = [
        entry
        for number, line in enumerate(shipping.optional_children("line_items"), 1)
        for entry in texts.written(
            [
                *texts.named(line.optional_children("product_options"), "display_name", "display_value"),
                *_event(line),
            ],
            "line",
            number,
        )
    ]
    own = texts.named(shipping.optional_children("form_fields"), "name", "value")
    bill = texts.named(
        order.optional_child("billing_address").optional_children("form_fields"), "name", "value"
    )
    title = texts.titles([(shipping.optional_text("shipping_method"), shipping.path_of("shipping_method"))])
    return (*texts.written(own), *lines, *texts.written(bill), *title)


def _event(line: Fields) -> list[texts.Pair]:
    """Return the day for which a product was ordered ("scheduled delivery"), as a date."""
    match = _ISO_DATE.match(line.optional_text("event_date"))
    moment = _optional_moment(line, "event_date")
    if match is None and moment is None:
        return []
    day = match[0] if match else f"{moment:%Y-%m-%d}"
    return [texts.Pair("delivery date", day, line.path_of("event_date"))]
