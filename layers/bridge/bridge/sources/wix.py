"""Wix eCommerce: the whole webhook is a signed JWT, and in it the event, and in that the order.

The body is a JSON Web Token signed by Wix (RS256, RFC 7519), checked with the public key that the app's
page of webhooks shows (https://dev.wix.com/docs/rest/articles/getting-started/webhooks ). Its claim
``data`` holds ``eventType``, ``instanceId`` (the site) and again ``data``, both levels as JSON in a text
(https://dev.wix.com/docs/rest/api-reference/wix-e-commerce/orders/order-approved ). Names of the order's
fields: https://dev.wix.com/docs/sdk/backend-modules/ecom/orders/order-conversion and the tables it refers
to. A chosen slot stands in ``logistics.deliveryTimeSlot``, two instants: Wix documents
``deliveryTimeSlotFromDate`` as "shorthand for the shippingInfo.logistics.deliveryTimeSlot.from field";
``deliveryTime`` is a phrase such as "1 - 2 days". Wix wants its answer within 1.25 seconds and tries again
for two days.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from bridge.document import Fields, load_object
from bridge.errors import InvalidSignature, MalformedWebhook, UnmappableOrder
from bridge.model import Ignored, Order, OrderItem, PostalAddress, TimeWindow, TimeWish, Written
from bridge.sources.shared import writings as texts
from bridge.sources.shared.base import Options, Payload, PrivacyRequest, Push, Signed, Traits, Webhook
from bridge.sources.shared.base import no_greeting as greeting
from bridge.sources.shared.base import whole_body as fetch
from bridge.sources.shared.collection import read_way
from bridge.sources.shared.people import full_name, phones_of
from bridge.sources.shared.rsa import decode_base64, sign_rsa_sha256, verify_rsa_sha256

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
    "wix.ecom.v1.order_approved",
    "wix.ecom.v1.order_updated",
    "wix.ecom.v1.order_payment_status_updated",
    "wix.ecom.v1.order_canceled",
)

SETTINGS: Mapping[str, str] = {
    "instance_id": "the app's instance id on this site; without it every site that has the app is accepted",
    **texts.LABEL_SETTINGS,
}

TRAITS = Traits(
    title="Wix",
    signature="JWT, RS256, the app's public key",
    replay="expiry of the token and order id",
    create="order_approved",
    update="order_updated, order_payment_status_updated",
    cancel="order_canceled, full refund, nothing left to ship, collected in the shop",
    window="deliveryTimeSlot; custom fields and the lines' options: labels in any language, "
    "date_label and time_label",
    tested_with="field tables and event sample of the documentation; no signature vector is published",
)

LEEWAY_SECONDS = 300
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_LARGEST_QUANTITY = 100_000
_GRAMS = {"KG": 1000.0, "LB": 453.59237}
_LARGEST_WEIGHT_GRAMS = 1_000_000  # of one piece: a tonne
_NOT_CARRIED = frozenset({"DIGITAL", "GIFT_CARD", "SERVICE"})
_PAID = frozenset({"PAID", "PARTIALLY_REFUNDED"})

_DESTINATION = "shippingInfo.logistics.shippingDestination"
_PATHS = {
    "address.line1": f"{_DESTINATION}.address.addressLine",
    "address.line2": f"{_DESTINATION}.address.addressLine2",
    "address.postcode": f"{_DESTINATION}.address.postalCode",
    "address.city": f"{_DESTINATION}.address.city",
    "phones": f"{_DESTINATION}.contactDetails.phone",
}


def verify(push: Push, secrets: Sequence[str], options: Options) -> None:  # noqa: ARG001  # of every source
    """Check the token: RS256 and nothing else, by one of the public keys, not expired.

    Raises:
        InvalidSignature: ``signature_missing``, ``signature_malformed``, ``another_algorithm``,
            ``no_secret``, ``signature_mismatch`` or ``expired``.

    """
    if not push.body.strip():
        raise InvalidSignature("signature_missing")
    try:
        parts = push.body.decode("ascii").strip().split(".")
    except UnicodeDecodeError as error:
        raise InvalidSignature("signature_malformed") from error
    if len(parts) != 3:
        raise InvalidSignature("signature_malformed")
    head, claims = _json(decode_base64(parts[0], urlsafe=True)), decode_base64(parts[1], urlsafe=True)
    if head.get("alg") != "RS256" or "crit" in head:  # RFC 7515, section 4.1.11: not understood, refused
        raise InvalidSignature("another_algorithm")
    verify_rsa_sha256(f"{parts[0]}.{parts[1]}".encode(), [decode_base64(parts[2], urlsafe=True)], secrets)
    expires = _json(claims).get("exp")
    if expires is None:
        return
    if isinstance(expires, bool) or not isinstance(expires, int | float):
        raise InvalidSignature("signature_malformed")
    if push.received_at.timestamp() > expires + LEEWAY_SECONDS:
        raise InvalidSignature("expired")


def _json(raw: bytes) -> dict[str, object]:
    try:
        return load_object(raw)
    except MalformedWebhook as error:
        raise InvalidSignature("signature_malformed") from error


def identify(push: Push, options: Options) -> Webhook | Ignored:
    """Find out which order an event is about.

    Ignored are ``another_site`` and ``topic``. An order that Wix made anonymous for its buyer's sake
    (``triggeredByAnonymizeRequest``) is to be forgotten here too.

    Raises:
        MalformedWebhook: a level of the nested body cannot be read, ``topic_missing``, ``order_missing`` or
            ``order_id_malformed``.

    """
    envelope = _envelope(push.body)
    topic = envelope.optional_text("eventType")
    if not topic:
        raise MalformedWebhook("topic_missing")
    ours = options.settings.get("instance_id", "").strip()
    site = envelope.optional_text("instanceId")
    if ours and site != ours:
        return Ignored("another_site")
    if topic not in TOPICS:
        return Ignored("topic")
    event = _event(envelope)
    order_id = _order_of(event).optional_text("id")
    webhook_id = event.optional_text("id")
    if not _ID.fullmatch(order_id):
        raise MalformedWebhook("order_id_malformed")
    if not _ID.fullmatch(webhook_id):
        raise MalformedWebhook("webhook_id_malformed")
    if event.values.get("triggeredByAnonymizeRequest") is True:
        return PrivacyRequest(
            topic=topic, webhook_id=webhook_id, order_id="", wish="erase", shop=site, order_ids=(order_id,)
        )
    return Webhook(topic=topic, webhook_id=webhook_id, order_id=order_id)


def document(payload: Payload) -> Mapping[str, object]:
    """Return the order out of the event."""
    return _order_of(_event(_envelope(payload.body))).values


def _envelope(body: bytes) -> Fields:
    """Return what holds ``eventType``, out of a token or, in a dry run, as plain JSON."""
    text = body.strip()
    if not text.startswith(b"{"):
        parts = text.split(b".")
        try:
            text = decode_base64(parts[1].decode("ascii"), urlsafe=True)
        except (IndexError, UnicodeDecodeError, InvalidSignature) as error:
            raise MalformedWebhook("not_a_token") from error
    outer = Fields(load_object(text))
    return outer if "eventType" in outer.values else _unwrapped(outer, "data")


def _event(envelope: Fields) -> Fields:
    return _unwrapped(envelope, "data")


def _unwrapped(fields: Fields, key: str) -> Fields:
    """Return an object that is sent as JSON in a text; the documentation also shows it unquoted."""
    value = fields.values.get(key)
    if isinstance(value, str):
        return Fields(load_object(value.encode("utf-8", "surrogatepass")))
    if isinstance(value, dict):
        return Fields(value)
    raise MalformedWebhook("not_an_object")


def _order_of(event: Fields) -> Fields:
    """Return the order, without a path: its fields are what a shop's owner knows.

    It stands where Wix's own SDK looks for it, by the kind of event: an action, a change, a creation.
    """
    for holder, key in (
        ("actionEvent", "body"),
        ("updatedEvent", "currentEntity"),
        ("createdEvent", "entity"),
    ):
        found = event.optional_child(holder).optional_child(key)
        if found.values:
            order = found.optional_child("order") if "order" in found.values else found
            return Fields(order.values)
    raise MalformedWebhook("order_missing")


def parse(payload: Payload, options: Options) -> Order | Ignored:
    """Read the whole order, or say why it needs no delivery.

    Ignored without retracting: ``topic``, ``not_approved``, ``already_fulfilled``. Retracting: ``cancelled``,
    ``refunded``, ``nothing_to_ship``, ``local_pickup``.

    Raises:
        UnmappableOrder: a field we need has the wrong type.
        MalformedWebhook: bytes which :func:`identify` refuses too.

    """
    if payload.topic not in TOPICS:
        return Ignored("topic")
    order = Fields(document(payload))
    items: tuple[OrderItem, ...] = ()
    reason = _finished(order, payload.topic)
    if reason is None:
        items = _items(order)
        reason = _undeliverable(order, items)
    if reason is not None:
        return Ignored(
            reason,
            retracts=reason not in {"not_approved", "already_fulfilled"},
            order_id=order.optional_text("id"),
            order_name=_name(order),
            updated_at=order.optional_moment("updatedDate"),
        )
    return _order(order, items, options.settings)


def _finished(order: Fields, topic: str) -> str | None:
    """Say why the order as a whole needs no delivery, judging by its states alone."""
    status = order.text("status")
    if status == "CANCELED" or topic == "wix.ecom.v1.order_canceled":
        return "cancelled"
    if order.text("fulfillmentStatus") == "FULFILLED":
        return "already_fulfilled"
    if order.text("paymentStatus") == "FULLY_REFUNDED":
        return "refunded"
    if status == "INITIALIZED":  # its payment is still under way
        return "not_approved"
    return None


def _undeliverable(order: Fields, items: tuple[OrderItem, ...]) -> str | None:
    if not items:
        return "nothing_to_ship"
    logistics = order.optional_child("shippingInfo").optional_child("logistics")
    if logistics.child("pickupDetails") is not None:
        return "local_pickup"
    if order.child("shippingInfo") is None:
        return "nothing_to_ship"
    title = order.optional_child("shippingInfo").optional_text("title")
    methods = [("", title)] if title else []
    return "local_pickup" if read_way(_written(order), methods=methods).collected else None


def _name(order: Fields) -> str:
    number = order.values.get("number")
    if isinstance(number, int) and not isinstance(number, bool):
        return f"#{number}"
    text = order.optional_text("number")
    return f"#{text}" if text else ""


def _order(order: Fields, items: tuple[OrderItem, ...], settings: Mapping[str, str]) -> Order:
    shipping = order.optional_child("shippingInfo")
    destination = shipping.optional_child("logistics").child("shippingDestination")
    if destination is None:
        raise UnmappableOrder(_DESTINATION, "is missing")
    contact = destination.optional_child("contactDetails")
    updated_at = order.moment("updatedDate")
    holders = [
        contact,
        order.optional_child("billingInfo").optional_child("contactDetails"),
        order.optional_child("recipientInfo").optional_child("contactDetails"),
    ]
    branch = order.optional_child("businessLocation").optional_text("id")
    written = _written(order)
    notes = (order.optional_text("buyerNote"), *texts.notes(written, settings.get("note_label", "")))
    title = shipping.optional_text("title")
    return Order(
        order_id=order.text("id"),
        name=_name(order) or f"#{order.text('id')}",
        updated_at=updated_at,
        created_at=order.optional_moment("createdDate") or updated_at,
        address=_address(destination),
        recipient_name=next(filter(None, (full_name(one, "firstName", "lastName") for one in holders)), ""),
        company=contact.optional_text("company"),
        phones=tuple(phones_of((holder, "phone") for holder in holders)),
        note="\n".join(dict.fromkeys(note for note in notes if note)),
        items=items,
        shipping_methods=(title,) if title else (),
        paid=order.text("paymentStatus") in _PAID,
        email=order.optional_child("buyerInfo").optional_text("email"),
        wish=_slot(shipping.optional_child("logistics")),
        writings=texts.writings(written, settings),
        pickup_locations=(branch,) if branch else (),
        paths=_PATHS,
    )


def _slot(logistics: Fields) -> TimeWish | None:
    """Return the slot that the buyer chose, which is two instants.

    Raises:
        UnmappableOrder: it has one end alone, or ends before it begins.

    """
    slot = logistics.optional_child("deliveryTimeSlot")
    if not slot.text("from") and not slot.text("to"):
        return None
    after, before = slot.moment("from"), slot.moment("to")
    if after >= before:
        raise slot.refuse("to", "should be after the slot's beginning")
    return TimeWish(window=TimeWindow(after, before), path=slot.path)


def _written(order: Fields) -> tuple[Written, ...]:
    """Return the checkout's custom fields, the lines' options and texts, and the titles of shipping."""
    fields = texts.written(texts.named(order.optional_children("customFields"), "title", "value"))
    lines = [
        entry
        for number, line in enumerate(order.optional_children("lineItems"), 1)
        for entry in texts.written(_of_line(line), "line", number)
    ]
    shipping = order.optional_child("shippingInfo")
    delay = shipping.optional_child("logistics")
    titles = texts.titles(
        [
            (shipping.optional_text("title"), shipping.path_of("title")),
            (delay.optional_text("deliveryTime"), delay.path_of("deliveryTime")),
        ]
    )
    return (*fields, *lines, *titles)


def _of_line(line: Fields) -> list[texts.Pair]:
    options = line.optional_child("catalogReference").optional_child("options")
    described = [
        texts.Pair(
            one.optional_child("name").optional_text("original"),
            one.optional_child("plainText").optional_text("original"),
            one.path,
        )
        for one in line.optional_children("descriptionLines")
    ]
    return [
        *texts.members(options.optional_child("options")),
        *texts.members(options.optional_child("customTextFields")),
        *described,
    ]


def _address(destination: Fields) -> PostalAddress:
    """Read the address: its line as "addressLine", in other copies of the documentation "addressLine1"."""
    address = destination.child("address") or Fields({}, destination.path_of("address"))
    street = address.optional_child("streetAddress")
    parts = (street.optional_text("number"), street.optional_text("name"))
    line = address.text("addressLine") or address.text("addressLine1")
    return PostalAddress(
        line1=line or " ".join(part for part in parts if part),
        line2=address.optional_text("addressLine2"),
        postcode=address.text("postalCode"),
        city=address.text("city"),
        country_code=address.optional_text("country").upper(),
        state=address.optional_text("subdivision").rpartition("-")[2],  # ISO 3166-2: "US-NY"
    )


def _items(order: Fields) -> tuple[OrderItem, ...]:
    grams = _GRAMS.get(order.optional_text("weightUnit"), 0.0)
    return tuple(
        _item(line, quantity, grams)
        for line in order.children("lineItems")
        if line.optional_child("itemType").optional_text("preset") not in _NOT_CARRIED
        and (quantity := _quantity(line)) > 0
    )


def _quantity(line: Fields) -> int:
    quantity = line.count("quantity", at_most=_LARGEST_QUANTITY)
    if quantity is None:
        raise line.refuse("quantity", "is missing")
    return quantity


def _item(line: Fields, quantity: int, grams: float) -> OrderItem:
    physical = line.optional_child("physicalProperties")
    weight = (physical.optional_number("weight") or 0.0) * grams
    return OrderItem(
        title=line.optional_child("productName").optional_text("original"),
        quantity=quantity,
        sku=physical.optional_text("sku"),
        weight_grams=round(weight) if 0 <= weight <= _LARGEST_WEIGHT_GRAMS else 0,
    )


def sign(
    body: bytes,
    secret: str,
    *,
    topic: str,
    webhook_id: str,
    sent_at: datetime,
    options: Options,
) -> Signed:
    """Wrap an event, or an envelope with one, into a token as Wix does; ``secret`` is a private key (PEM)."""
    sample = load_object(body)
    envelope = sample if "eventType" in sample else {"data": sample}
    event = {**_event(Fields(envelope)).values, "id": webhook_id}
    data = {
        "eventType": topic,
        "instanceId": options.settings.get("instance_id") or envelope.get("instanceId") or "sample-instance",
        "data": json.dumps(event),
        "identity": envelope.get("identity") or json.dumps({"identityType": "WIX_USER"}),
    }
    issued = int(sent_at.timestamp())
    claims = {"data": json.dumps(data), "iat": issued, "exp": issued + 3600}
    signed = b".".join(
        _base64url(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims)
    )
    return Signed(
        signed + b"." + _base64url(sign_rsa_sha256(signed, secret)),
        {"Content-Type": "text/plain; charset=utf-8"},
    )


def _base64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
