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
from bridge.model import Ignored, Order, OrderItem, PostalAddress, Written
from bridge.schedule.programs import WOOCOMMERCE, programs
from bridge.sources.shared import writings as texts
from bridge.sources.shared.base import Options, Payload, Push, Signed, Traits, Webhook
from bridge.sources.shared.base import whole_body as fetch
from bridge.sources.shared.collection import read_way
from bridge.sources.shared.people import full_name, phones_of
from bridge.sources.shared.signing import hmac_sha256_base64, verify_hmac_sha256_base64
from bridge.sources.shared.wordpress import plain_object

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
    "date_meta": "key of the meta data where a plugin writes the delivery day, where the bridge does not "
    'know it; or "-" where buyers choose none',
    "time_meta": "key of the meta data where that plugin writes the time",
    "note_meta": "key of the meta data where buyers write to the courier, beside the order's note",
}

TRAITS = Traits(
    title="WooCommerce",
    signature="HMAC-SHA256 of the body, base64",
    replay="order id",
    create="status processing in order.created, order.updated or order.restored",
    update="order.updated",
    cancel="status pending, on-hold, failed, cancelled, refunded; full refund; order.deleted; local pickup",
    window="meta of the order and its lines, shipping title: labels in any language, "
    f"{programs(WOOCOMMERCE)}, date_meta and time_meta",
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
# Where buyers order by themselves, goods that are shipped always have a way of shipping, and virtual ones
# may have an address all the same (in the block checkout); orders of the admin and the REST API need
# neither.
_CHECKOUTS = frozenset({"checkout", "store-api"})
_DRAFTS = frozenset({"checkout-draft", "auto-draft", "draft", "new"})
# A line that is a part of another line, in a bundle, a composite or a set: woocommerce-ios's recorded orders
# (order-with-bundled-line-items, order-with-composite-product); the meta keys of YITH's and WPC's bundles.
_PART_OF = (
    "bundled_by",
    "composite_parent",
    "mnm_child_of",
    "_bundled_by",
    "_composite_parent",
    "_mnm_container",
)
_PART_META = frozenset(
    {"_bundled_by", "_composite_parent", "_mnm_container", "_woosb_parent_id", "_bundled_item_id"}
)
# A house number in a field of its own: PostNL, MyParcel, and Brazil's checkout (``shipping.number``).
_NUMBER_KEYS = ("house_number", "street_number", "housenumber", "number", "address_number")
_MORE_KEYS = ("entrance", "staircase", "floor", "door", "apartment")
_SUFFIX_KEYS = ("house_number_suffix", "house_number_addition", "number_suffix", "housenumber_suffix")


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
    """Return the order as WooCommerce sent it, with WordPress's entities decoded."""
    return plain_object(load_object(payload.body))


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

    Ignored without retracting a delivery: ``topic``, ``draft``, ``already_fulfilled``, ``status`` (one that
    a plugin has added), ``coopcycle_plugin`` (CoopCycle's own plugin has made the delivery),
    ``nothing_to_ship`` where there is neither a way of shipping nor an address. Retracting:
    ``awaiting_payment``, ``on_hold``, ``payment_failed``, ``cancelled``, ``refunded``, ``deleted``,
    ``nothing_to_ship`` where there are no goods, ``local_pickup``. A part of the money back changes
    nothing: which items it was for is not in the body.

    Raises:
        UnmappableOrder: a field we need has the wrong type, or there is an error instead of the order.
        MalformedWebhook: bytes which :func:`identify` refuses too.

    """
    if payload.topic not in TOPICS:
        return Ignored("topic")
    body = plain_object(load_object(payload.body))
    if _is_error(body):
        raise _no_order(Fields(body))
    order_id = _order_id(body)
    if payload.topic == "order.deleted" and "status" not in body:
        return Ignored("deleted", retracts=True, order_id=order_id, updated_at=payload.received_at)
    order = Fields(body)
    reason, retracts = _reason(order, options)
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
    return _order(order, order_id, options)


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


def _reason(order: Fields, options: Options) -> tuple[str, bool]:
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
    if any(entry.name == "coopcycle_delivery" and entry.value for entry in _order_meta(order)):
        return "coopcycle_plugin", False
    return _undeliverable(order)


def _undeliverable(order: Fields) -> tuple[str, bool]:
    if not _items(order):
        return "nothing_to_ship", True
    lines = order.children("shipping_lines")
    if not lines and not _has_address(order.optional_child("shipping")):
        return "nothing_to_ship", False  # virtual goods, or a body that says little: nothing is undone for it
    if not lines and order.optional_text("created_via") in _CHECKOUTS:
        raise order.refuse(
            "shipping_lines",
            "are none, though the order has an address: virtual goods, or a way of shipping that was taken "
            "off?"
            "Add one to the order if a courier is to come, else complete or cancel it",
        )
    methods = [(line.text("method_id"), line.optional_text("method_title")) for line in lines]
    if read_way(_written(order), methods=methods).collected:
        return "local_pickup", True
    return "", False


def _has_address(holder: Fields) -> bool:
    return any(holder.optional_text(key) for key in ("address_1", "address_2", "city", "postcode"))


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


def _order(order: Fields, order_id: str, options: Options) -> Order:
    shipping = order.child("shipping")
    if shipping is None:
        raise order.refuse("shipping", "is missing")
    updated_at = _moment(order, "date_modified_gmt")
    billing = order.optional_child("billing")
    # A checkout copies the bill's address; orders of the admin, the REST API and express checkouts do not.
    holder = shipping if _has_address(shipping) or not _has_address(billing) else billing
    phones = phones_of([(holder, "phone"), (shipping, "phone"), (billing, "phone")])
    written = _written(order)
    notes = (
        order.optional_text("customer_note"),
        *texts.notes(written, options.settings.get("note_meta", "")),
    )
    return Order(
        order_id=order_id,
        name=_name(order, order_id),
        updated_at=updated_at,
        created_at=_optional_moment(order, "date_created_gmt") or updated_at,
        address=_address(order, holder),
        recipient_name=full_name(holder, "first_name", "last_name")
        or full_name(billing, "first_name", "last_name"),
        company=holder.optional_text("company"),
        phones=tuple(phones),
        email=billing.optional_text("email"),
        note="\n".join(dict.fromkeys(note for note in notes if note)),
        items=_items(order),
        shipping_methods=_shipping_methods(order),
        # Not the status: an order to be paid on delivery is being processed too.
        paid=bool(order.text("date_paid_gmt")),
        writings=texts.writings(written, options.settings, kind="meta"),
        paths={
            "address.line1": holder.path_of("address_1"),
            "address.line2": holder.path_of("address_2"),
            "address.postcode": holder.path_of("postcode"),
            "address.city": holder.path_of("city"),
        },
    )


def _address(order: Fields, holder: Fields) -> PostalAddress:
    number = " ".join(filter(None, (_part(order, holder, _NUMBER_KEYS), _part(order, holder, _SUFFIX_KEYS))))
    more = (holder.optional_text("address_2"), *(_part(order, holder, [key]) for key in _MORE_KEYS))
    return PostalAddress(
        line1=holder.text("address_1"),
        line2=", ".join(dict.fromkeys(part for part in more if part)),
        postcode=holder.text("postcode"),
        city=holder.text("city"),
        country_code=holder.optional_text("country").upper(),
        house_number=number,
        district=_part(order, holder, ["neighborhood"]),
        state=holder.optional_text("state"),
    )


def _part(order: Fields, holder: Fields, keys: Sequence[str]) -> str:
    """Return a part of an address that plugins keep apart, in the address or in the order's meta data."""
    metas = {f"_{holder.path}_{key}" for key in keys} | {f"{holder.path}_{key}" for key in keys}
    found = [holder.values.get(key) for key in keys]
    found += [entry.value for entry in _order_meta(order) if entry.name in metas]
    texts = (str(value).strip() for value in found if isinstance(value, str | int) and value is not True)
    return next((text for text in texts if text), "")


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


def _order_meta(order: Fields) -> tuple[Written, ...]:
    """Return the order's own meta data, the last of several of a key; plugins put any JSON there."""
    last = {entry.optional_text("key"): entry for entry in order.optional_children("meta_data")}
    return texts.written(
        texts.Pair(key, entry.values.get("value"), f"{entry.path_of('value')} {key}")
        for key, entry in last.items()
    )


def _written(order: Fields) -> tuple[Written, ...]:
    """Return the meta data of the order, of its ways of shipping and its lines, and the shipping titles."""
    ways = order.optional_children("shipping_lines")
    lines = [
        entry
        for number, line in enumerate(order.optional_children("line_items"), 1)
        for entry in texts.written(
            texts.named(line.optional_children("meta_data"), "key", "value"), "line", number
        )
    ]
    of_ways = [
        entry
        for way in ways
        for entry in texts.written(texts.named(way.optional_children("meta_data"), "key", "value"))
    ]
    titles = texts.titles((way.optional_text("method_title"), way.path_of("method_title")) for way in ways)
    return (*_order_meta(order), *of_ways, *lines, *titles)


def _items(order: Fields) -> tuple[OrderItem, ...]:
    """Return the lines; a bundle counts as a whole, without its parts."""
    lines = [(line, _quantity(line)) for line in order.children("line_items") if not _is_part(line)]
    return tuple(
        OrderItem(
            title=line.optional_text("name"),  # with the variation: "Bouquet - Grand"
            quantity=quantity,
            sku=line.optional_text("sku"),
        )
        for line, quantity in lines
        if quantity
    )


def _is_part(line: Fields) -> bool:
    if any(line.values.get(key) not in (None, "", 0, "0", [], False) for key in _PART_OF):
        return True
    return any(
        entry.optional_text("key") in _PART_META and entry.values.get("value") not in (None, "", 0, "0")
        for entry in line.optional_children("meta_data")
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
