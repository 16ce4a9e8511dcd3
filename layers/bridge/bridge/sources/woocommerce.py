"""WooCommerce's order webhooks: signature, which order, and the order in our words.

Headers, signature and the unsigned ping: ``class-wc-webhook.php`` of WooCommerce. The body of every
``order.…`` topic is the order as its REST API v3 shows it
(https://woocommerce.github.io/woocommerce-rest-api-docs/#order-properties), except ``order.deleted``, which
holds only the id. The body is made when it is sent, not when something happened, so what becomes of an order
is decided by its ``status`` alone; headers are not signed, and the topic is believed in nothing that the
body says otherwise. WooCommerce never sends twice and switches a webhook off after failures in a row, so
only what cannot be read is refused. Weights are not in the body: every item weighs nothing here. No clock,
no AWS, nothing beyond the standard library.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, DecimalException

from bridge.document import Fields, load_object, parse_rfc3339, whole_id
from bridge.errors import MalformedWebhook, UnmappableOrder
from bridge.model import Ignored, Order, OrderItem, PostalAddress
from bridge.sources.shared.base import Options, Payload, Push, Signed, Traits, Webhook
from bridge.sources.shared.base import whole_body as fetch
from bridge.sources.shared.signing import hmac_sha256_base64, verify_hmac_sha256_base64
from bridge.sources.shared.wordpress_meta import Meta, find_wish

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

TOPICS: tuple[str, ...] = ("order.created", "order.updated", "order.deleted", "order.restored")

SETTINGS: Mapping[str, str] = {
    "statuses": 'statuses in which an order is delivered, with commas between; by default "processing"',
    "date_meta": "key of the order's meta data where a plugin writes the delivery day; the usual are known",
    "time_meta": "key of the order's meta data where that plugin writes the time",
}

TRAITS = Traits(
    title="WooCommerce",
    signature="HMAC-SHA256 of the body, base64",
    replay="order id",
    create="status processing in order.created, order.updated or order.restored",
    update="order.updated",
    cancel="status pending, on-hold, failed, cancelled, refunded; full refund; order.deleted; local pickup",
    window="order meta of CoopCycle's plugin, Iconic, Chwazi, YITH, Tyche; keys in date_meta and time_meta",
    tested_with="vector of WooCommerce's own tests (with an empty secret), order of the documentation",
)

_TOPIC_HEADER = "x-wc-webhook-topic"
_SIGNATURE_HEADER = "x-wc-webhook-signature"

_PING = re.compile(rb"webhook_id=[0-9]{1,20}")
_LARGEST_QUANTITY = 10_000
_NO_ORDER = "no-order"  # stands for the id of the order where WooCommerce sent an error instead of one

# https://woocommerce.com/document/managing-orders/order-statuses/ : what stops a delivery, and why.
_ENDED = {
    "pending": "awaiting_payment",
    "on-hold": "on_hold",
    "failed": "payment_failed",
    "cancelled": "cancelled",
    "refunded": "refunded",
    "trash": "deleted",
}
_FINAL = frozenset({"cancelled", "refunded", "deleted"})
_DRAFTS = frozenset({"checkout-draft", "auto-draft", "draft", "new"})
_PICKUP_METHODS = frozenset({"local_pickup", "pickup_location"})  # of the classic and the block checkout

_PATHS = {
    "address.line1": "shipping.address_1",
    "address.line2": "shipping.address_2",
    "address.postcode": "shipping.postcode",
    "address.city": "shipping.city",
}


# --- the request ----------------------------------------------------------------------------------


def greeting(push: Push, options: Options) -> str | None:  # noqa: ARG001  # of every source
    """Answer the ping that WooCommerce sends, unsigned, when a webhook is saved: its id and nothing else."""
    return "" if push.method == "POST" and _PING.fullmatch(push.body) else None


def verify(push: Push, secrets: Sequence[str], options: Options) -> None:  # noqa: ARG001
    """Check ``X-WC-Webhook-Signature``: base64 of the HMAC-SHA256 of the body, keyed with the secret's text.

    WooCommerce may have stored the secret with HTML entities, and signs with what they stand for.

    Raises:
        InvalidSignature: see :func:`~bridge.sources.shared.signing.verify_hmac_sha256_base64`.

    """
    keys = [_decoded(secret) for secret in secrets]
    verify_hmac_sha256_base64(push.body, push.headers.get(_SIGNATURE_HEADER), keys)


def identify(push: Push, options: Options) -> Webhook | Ignored:  # noqa: ARG001
    """Find out which order a verified webhook is about; ``Ignored("topic")`` for a topic we do not follow.

    The id of a push is a digest: WooCommerce's own delivery id is the same for all pushes of a second. Where
    it sent an error instead of the order, the push is accepted under an id of no order, so that it is parked
    with a sentence: refused, it would only bring WooCommerce nearer to switching the webhook off.

    Raises:
        MalformedWebhook: ``topic_missing``, ``order_id_missing``, ``order_id_malformed``,
            ``legacy_api_version`` (the webhook must be set to the REST API v3), or what
            :func:`~bridge.document.load_object` says.

    """
    topic = push.headers.get(_TOPIC_HEADER, "").strip()
    if not topic:
        raise MalformedWebhook("topic_missing")
    if topic not in TOPICS:
        return Ignored("topic")
    body = load_object(push.body)
    order_id = _NO_ORDER if _is_error(body) else _order_id(body)
    digest = hashlib.sha256(topic.encode() + b"\n" + push.body).hexdigest()
    return Webhook(topic=topic, webhook_id=digest, order_id=order_id)


def document(payload: Payload) -> Mapping[str, object]:
    """Return the order as WooCommerce sent it."""
    return load_object(payload.body)


def sign(
    body: bytes,
    secret: str,
    *,
    topic: str,
    webhook_id: str,
    sent_at: datetime,  # noqa: ARG001
    options: Options,  # noqa: ARG001
) -> Signed:
    """Sign as WooCommerce does: ``deliver()`` and ``generate_signature()`` of ``class-wc-webhook.php``."""
    resource, _, event = topic.partition(".")
    key = _decoded(secret).encode("utf-8", "surrogatepass")
    return Signed(
        body,
        {
            "Content-Type": "application/json",
            "X-WC-Webhook-Source": "https://sample-shop.example/",
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Resource": resource,
            "X-WC-Webhook-Event": event,
            "X-WC-Webhook-Signature": hmac_sha256_base64(body, key),
            "X-WC-Webhook-ID": "1",
            "X-WC-Webhook-Delivery-ID": hashlib.md5(webhook_id.encode(), usedforsecurity=False).hexdigest(),
        },
    )


# WordPress's wp_specialchars_decode with ENT_QUOTES, in one pass, so that "&amp;lt;" gives "&lt;":
# https://developer.wordpress.org/reference/functions/wp_specialchars_decode/
_ENTITY = re.compile("&(?:(lt|gt|amp|quot)|#0*(60|62|38|34|39)|#[xX]0*(26|22|27));")
_MEANINGS = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}


def _decoded(secret: str) -> str:
    return _ENTITY.sub(_character, secret)


def _character(entity: re.Match[str]) -> str:
    name, decimal, hexadecimal = entity.groups()
    return _MEANINGS[name] if name else chr(int(decimal) if decimal else int(hexadecimal, 16))


def _is_error(body: Mapping[str, object]) -> bool:
    """Tell whether the body is an error of WordPress's REST API: a code, a status, and no order."""
    data = body.get("data")
    return (
        "id" not in body and isinstance(body.get("code"), str) and isinstance(data, dict) and "status" in data
    )


def _order_id(body: Mapping[str, object]) -> str:
    value = body.get("id")
    if value is None:
        if isinstance(body.get("order"), dict):
            raise MalformedWebhook("legacy_api_version")
        raise MalformedWebhook("order_id_missing")
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        value = int(value)  # WordPress knows the id of a deleted post as a text
    return whole_id(value)


# --- the order ------------------------------------------------------------------------------------


def parse(payload: Payload, options: Options) -> Order | Ignored:
    """Read the whole order, or say why it needs no delivery.

    Ignored without retracting a delivery: ``topic``, ``draft``, ``already_fulfilled``, ``status`` (one that a
    plugin has added), ``coopcycle_plugin`` (CoopCycle's own plugin has made the delivery). Retracting:
    ``awaiting_payment``, ``on_hold``, ``payment_failed``, ``cancelled``, ``refunded``, ``deleted``,
    ``nothing_to_ship``, ``local_pickup``. A part of the money back changes nothing: which items it was for
    is not in the body.

    Raises:
        UnmappableOrder: a field we need has the wrong type, or there is an error instead of the order.
        MalformedWebhook: bytes which :func:`identify` refuses too.

    """
    if payload.topic not in TOPICS:
        return Ignored("topic")
    body = load_object(payload.body)
    if _is_error(body):
        raise _no_order(Fields(body))
    order_id = _order_id(body)
    if payload.topic == "order.deleted" and "status" not in body:
        return Ignored("deleted", retracts=True, order_id=order_id, updated_at=payload.received_at)
    order = Fields(body)
    meta = _meta(order)
    reason, retracts = _reason(order, meta, options)
    if reason:
        updated_at = _optional_moment(order, "date_modified_gmt")
        if updated_at and reason not in _FINAL:
            # Times are whole seconds, and an order is often pending and paid in the same one; whichever
            # comes last, the state that is delivered wins.
            updated_at -= timedelta(microseconds=1)
        return Ignored(
            reason,
            retracts=retracts,
            order_id=order_id,
            order_name=_name(order, order_id),
            updated_at=updated_at,
        )
    return _order(order, order_id, meta, options)


def _no_order(error: Fields) -> UnmappableOrder:
    """Say why there is no order; WooCommerce makes the body with the rights of the webhook's owner.

    https://github.com/woocommerce/woocommerce/issues/26682
    """
    status = error.optional_child("data").optional_count("status", at_most=999)
    if status in (401, 403):
        return error.refuse(
            "code",
            "WooCommerce sent an error instead of the order, because the user who owns the webhook lost the "
            "permission to see orders; make the webhook anew as a shop manager, and deliver what came since",
        )
    return error.refuse("code", f"WooCommerce sent an error ({status}) instead of the order")


def _reason(order: Fields, meta: Mapping[str, Meta], options: Options) -> tuple[str, bool]:
    """Say why an order needs no delivery, and whether one made earlier must go."""
    status = order.text("status")
    if not status:
        raise order.refuse("status", "is missing")
    wanted = {text.strip() for text in options.settings.get("statuses", "processing").split(",")}
    if status not in wanted:
        if status in _ENDED:
            return _ENDED[status], True
        if status == "completed":
            return "already_fulfilled", False
        return ("draft" if status in _DRAFTS else "status"), False
    if _all_returned(order):
        return "refunded", True
    if "coopcycle_delivery" in meta:
        return "coopcycle_plugin", False
    # An order without a shipping line has nothing to ship: virtual goods, or none at all.
    methods = [line.text("method_id") for line in order.children("shipping_lines")]
    if not methods or not _items(order):
        return "nothing_to_ship", True
    chosen = meta.get("lpac_dps_order_type")  # of Chwazi, as its dates
    if all(method in _PICKUP_METHODS for method in methods) or (chosen and chosen.text == "pickup"):
        return "local_pickup", True
    return "", False


def _all_returned(order: Fields) -> bool:
    """Tell whether the refunds, negative amounts, make up the total: a shop may keep a status of its own."""
    total = _money(order.values.get("total"))
    returned = [_money(refund.values.get("total")) for refund in order.optional_children("refunds")]
    return total > 0 and sum(abs(amount) for amount in returned) >= total


def _money(value: object) -> Decimal:
    try:
        amount = Decimal(value[:40]) if isinstance(value, str) else Decimal(0)
    except DecimalException:
        return Decimal(0)
    return amount if amount.is_finite() else Decimal(0)


def _order(order: Fields, order_id: str, meta: Mapping[str, Meta], options: Options) -> Order:
    shipping = order.child("shipping")
    if shipping is None:
        raise order.refuse("shipping", "is missing")
    updated_at = _moment(order, "date_modified_gmt")
    billing = order.optional_child("billing")
    phones = (shipping.optional_text("phone"), billing.optional_text("phone"))
    return Order(
        order_id=order_id,
        name=_name(order, order_id),
        updated_at=updated_at,
        created_at=_optional_moment(order, "date_created_gmt") or updated_at,
        # The bill's address is no substitute for an empty one: a checkout that ships to it copies it here.
        address=PostalAddress(
            line1=shipping.text("address_1"),
            line2=shipping.optional_text("address_2"),
            postcode=shipping.text("postcode"),
            city=shipping.text("city"),
            country_code=shipping.optional_text("country").upper(),
        ),
        recipient_name=" ".join(
            part
            for part in (shipping.optional_text("first_name"), shipping.optional_text("last_name"))
            if part
        ),
        company=shipping.optional_text("company"),
        phones=tuple(dict.fromkeys(phone for phone in phones if phone)),
        note=order.optional_text("customer_note"),
        items=_items(order),
        shipping_methods=_shipping_methods(order),
        # Not the status: an order to be paid on delivery is being processed too.
        paid=bool(order.text("date_paid_gmt")),
        wish=find_wish(
            meta,
            date_key=options.settings.get("date_meta", ""),
            time_key=options.settings.get("time_meta", ""),
        ),
        paths=_PATHS,
    )


def _name(order: Fields, order_id: str) -> str:
    """Return the number people see, which a plugin may have made, with WooCommerce's hash sign."""
    number = order.optional_text("number") or order_id
    return number if number.startswith("#") else f"#{number}"


def _moment(order: Fields, key: str) -> datetime:
    """Read a date and time "as GMT", which is UTC written without saying so."""
    text = order.text(key)
    if not text:
        raise order.refuse(key, 'is missing; set the webhook\'s API version to "WP REST API Integration v3"')
    try:
        return _as_gmt(text)
    except ValueError as exc:
        raise order.refuse(key, 'should be a date and time such as "2026-11-23T09:12:09"') from exc


def _optional_moment(order: Fields, key: str) -> datetime | None:
    try:
        return _as_gmt(order.optional_text(key))
    except ValueError:
        return None


def _as_gmt(text: str) -> datetime:
    try:
        return parse_rfc3339(f"{text}Z")
    except ValueError:
        return parse_rfc3339(text)


def _meta(order: Fields) -> dict[str, Meta]:
    """Return the order's own meta data by key, the last of several; plugins put any JSON there."""
    found: dict[str, Meta] = {}
    for entry in order.optional_children("meta_data"):
        key, value = entry.optional_text("key"), entry.values.get("value")
        text = value.strip() if isinstance(value, str) else str(value) if type(value) is int else ""
        if key and text:
            found[key] = Meta(text, entry.path_of("value"))
    return found


def _items(order: Fields) -> tuple[OrderItem, ...]:
    lines = [(line, _quantity(line)) for line in order.children("line_items")]
    return tuple(
        OrderItem(
            title=line.optional_text("name"),  # with the variation: "Bouquet - Grand"
            quantity=quantity,
            sku=line.optional_text("sku"),
        )
        for line, quantity in lines
        if quantity
    )


def _quantity(line: Fields) -> int:
    """Return how many pieces; plugins sell by weight, and half a kilo is one thing to carry."""
    quantity = line.optional_number("quantity")
    if quantity is None or not 0 <= quantity <= _LARGEST_QUANTITY:
        raise line.refuse("quantity", f"should be a number between 0 and {_LARGEST_QUANTITY}")
    return math.ceil(quantity)


def _shipping_methods(order: Fields) -> tuple[str, ...]:
    """Return titles, method ids, and ids with their instance, which tells two flat rates apart."""
    names: list[str] = []
    for line in order.children("shipping_lines"):
        title, method, instance = (
            line.optional_text(key) for key in ("method_title", "method_id", "instance_id")
        )
        names += [title, method, f"{method}:{instance}" if method and instance else ""]
    return tuple(dict.fromkeys(name for name in names if name))
