"""Adobe Commerce over Adobe I/O Events: every save of an order, signed by Adobe for whoever subscribed.

Delivery, trial call and signature: https://developer.adobe.com/events/docs/guides/ . Adobe signs for all its
customers with the same two keys, so a signature alone says little: the event must also name us as its
recipient. Adobe hosts the public keys below https://static.adobeioevents.com ; a copy of them is the
connection's webhook secret, because nobody is called while a sender waits. Fields of the order:
https://developer.adobe.com/commerce/extensibility/events/events-reference/ (the operator chooses them when
subscribing). Adobe tries again only after 429 and 5xx.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import ClassVar

from bridge.document import Fields, load_object, parse_rfc3339
from bridge.errors import InvalidSignature, MalformedWebhook
from bridge.model import Ignored, Order, OrderItem, PostalAddress, Written
from bridge.reasons import Reason
from bridge.schedule.programs import ADOBE, programs
from bridge.schedule.vocabulary import word_set
from bridge.sources.shared import writings as texts
from bridge.sources.shared.base import Options, Payload, Push, Signed, Source, Traits, Trial, Webhook, push_id
from bridge.sources.shared.collection import read_way
from bridge.sources.shared.people import full_name, phones_of
from bridge.sources.shared.rsa import decode_base64, sign_rsa_sha256, verify_rsa_sha256
from bridge.sources.shared.weights import WEIGHT_UNIT, WEIGHT_UNIT_MEANING, grams_per_unit, weight_grams

_PREFIX = "com.adobe.commerce."  # of the event's type, before the name that Commerce gives it

_SIGNATURES = ("x-adobe-digital-signature-1", "x-adobe-digital-signature-2")
_RECIPIENTS = ("recipient_client_id", "recipientclientid")  # both are documented
_CHALLENGE = re.compile(r"[A-Za-z0-9._-]{1,128}")
_ORDER_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_LARGEST_QUANTITY = 100_000

# What stands in every order and is neither a choice of time nor a word for the courier.
_STANDARD = word_set(
    "addresses items payment payments status_histories increment_id entity_id state status created_at "
    "updated_at customer_note customer_email customer_dob shipping_description shipping_method "
    "store_name remote_ip"
)
_PATHS = {
    "address.line1": "addresses.street",
    "address.line2": "addresses.street",
    "address.postcode": "addresses.postcode",
    "address.city": "addresses.city",
    "phones": "addresses.telephone",
}


class AdobeCommerce(Source):
    """Every save of an order, signed by Adobe for whoever subscribed."""

    TOPICS = ("observer.sales_order_save_commit_after",)

    SETTINGS: ClassVar[Mapping[str, str]] = {
        "recipient": "the API key (client id) of the Developer Console project that receives the events; "
        "needed",
        **texts.LABEL_SETTINGS,
        WEIGHT_UNIT: WEIGHT_UNIT_MEANING,
    }

    TRAITS = Traits(
        title="Adobe Commerce",
        signature="RSA-SHA256 of the body, two keys of Adobe's, and the recipient",
        replay="order id",
        create="observer.sales_order_save_commit_after",
        update="the same",
        cancel="states canceled and closed, nothing left to ship, in-store pickup",
        window="attributes and extension attributes among the subscribed fields: labels in any language, "
        f"{programs(ADOBE)}, date_label and time_label",
        tested_with="signature of Adobe's own library, field list of the documentation",
    )

    def greeting(self, push: Push, options: Options) -> str | None:
        """Answer the GET with which Adobe asks whether the address is ours: with its ``challenge``."""
        challenge = push.query.get("challenge", "") if push.method == "GET" else ""
        return challenge if _CHALLENGE.fullmatch(challenge) else None

    def verify(self, push: Push, secrets: Sequence[str], options: Options) -> None:
        """Check that Adobe signed the body, by either of its keys, and that the event is meant for us.

        Raises:
            InvalidSignature: ``no_recipient`` where the connection does not say who we are,
                ``signature_missing``, ``signature_malformed``, ``no_secret``, ``signature_mismatch`` or
                ``another_recipient``.

        """
        ours = options.settings.get("recipient", "").strip()
        if not ours:
            raise InvalidSignature("no_recipient")
        given = [push.headers[name] for name in _SIGNATURES if push.headers.get(name, "").strip()]
        if not given:
            raise InvalidSignature("signature_missing")
        verify_rsa_sha256(push.body, [decode_base64(text.strip()) for text in given], secrets)
        try:
            event = load_object(push.body)
        except MalformedWebhook as error:
            raise InvalidSignature("another_recipient") from error
        if ours not in [event.get(name) for name in _RECIPIENTS]:
            raise InvalidSignature("another_recipient")

    def identify(self, push: Push, options: Options) -> Webhook | Ignored:
        """Find out which order an event is about.

        ``Ignored("partial_save")``: Commerce saved a few fields alone, and not the order's number among them.

        Raises:
            MalformedWebhook: ``topic_missing``, ``order_id_malformed``, or what
                :func:`~bridge.document.load_object` says.

        """
        event = load_object(push.body)
        topic = _topic(event)
        if not topic:
            raise MalformedWebhook("topic_missing")
        if topic not in self.TOPICS:
            return Ignored(Reason.TOPIC)
        order_id = _order_of(event).values.get("increment_id")
        if order_id is None:
            return Ignored(Reason.PARTIAL_SAVE)
        if not isinstance(order_id, str) or not _ORDER_ID.fullmatch(order_id):
            raise MalformedWebhook("order_id_malformed")
        return Webhook(topic, webhook_id=push_id(push.headers.get("x-adobe-event-id", "")), order_id=order_id)

    def document(self, payload: Payload) -> Mapping[str, object]:
        """Return the order out of the event."""
        return _order_of(load_object(payload.body)).values

    def _updated_at(self, payload: Payload, options: Options) -> datetime | None:
        return _instant(_order_of(load_object(payload.body)), "updated_at")

    def parse(self, payload: Payload, options: Options) -> Order | Ignored:
        """Read the whole order, or say why it needs no delivery.

        Ignored without retracting: ``topic``, ``partial_save``, ``on_hold``, ``already_fulfilled`` (or all
        that is left). Retracting: ``cancelled``, ``refunded``, ``nothing_to_ship``, ``local_pickup``. The
        states are those of Magento 2.

        Raises:
            UnmappableOrder: a field we need is not in the subscription, or has the wrong type.
            InvalidConnection: ``sender.weight_unit`` is no unit.
            MalformedWebhook: bytes which :meth:`identify` refuses too.

        """
        event = load_object(payload.body)
        if _topic(event) not in self.TOPICS:
            return Ignored(Reason.TOPIC)
        order = _order_of(event)
        if "increment_id" not in order.values:
            return Ignored(Reason.PARTIAL_SAVE)
        items: tuple[OrderItem, ...] = ()
        reason = _finished(order)
        if reason is None:
            reason, items = _to_carry(order, options)
        if reason is not None:
            return Ignored.because(
                reason,
                order_id=order.optional_text("increment_id"),
                order_name=_name(order),
                updated_at=_instant(order, "updated_at") if order.optional_text("updated_at") else None,
            )
        return _order(order, items, options.settings)

    def pushed(self, trial: Trial) -> Signed:
        """Sign a body as Adobe does; ``secret`` is a private key in PEM."""
        signature = base64.b64encode(sign_rsa_sha256(trial.body, trial.secret)).decode("ascii")
        return Signed(
            trial.body,
            {
                "Content-Type": "application/json; charset=utf-8",
                "x-adobe-event-id": trial.webhook_id,
                "x-adobe-event-code": _PREFIX + trial.topic,
                "x-adobe-digital-signature-1": signature,
            },
        )


def _topic(event: Mapping[str, object]) -> str:
    kind = event.get("type")
    return kind.removeprefix(_PREFIX) if isinstance(kind, str) else ""


def _order_of(event: Mapping[str, object]) -> Fields:
    """Return the order, without a path: its fields are what a shop's owner knows."""
    return Fields(Fields(event).optional_child("data").optional_child("value").values)


def _to_carry(order: Fields, options: Options) -> tuple[Reason | None, tuple[OrderItem, ...]]:
    """Return what a courier carries, or why there is nothing to carry.

    Where the buyer collects, Commerce writes the shop's own address as shipping address
    (magento/inventory#2286); the method's code says so in every language, the title in the shop's.
    """
    ordered = _items(order, grams_per_unit(options), handed_out=False)
    if not ordered:
        return Reason.NOTHING_TO_SHIP, ()
    method = (order.optional_text("shipping_method"), order.optional_text("shipping_description"))
    extension = order.optional_child("extension_attributes")
    if (
        extension.optional_text("pickup_location_code")
        or read_way(_written(order), methods=[method]).collected
    ):
        return Reason.LOCAL_PICKUP, ()
    items = _items(order, grams_per_unit(options), handed_out=True)
    return (None, items) if items else (Reason.ALREADY_FULFILLED, ())


def _finished(order: Fields) -> Reason | None:
    state = order.text("state")
    return {
        "canceled": Reason.CANCELLED,
        "closed": Reason.REFUNDED,
        "complete": Reason.ALREADY_FULFILLED,
        "holded": Reason.ON_HOLD,
    }.get(state)


def _name(order: Fields) -> str:
    return f"#{order.optional_text('increment_id')}"


def _order(order: Fields, items: tuple[OrderItem, ...], settings: Mapping[str, str]) -> Order:
    if "addresses" not in order.values:
        raise order.refuse("addresses", "is missing, add it to the fields of the event subscription")
    addresses = {one.optional_text("address_type"): one for one in order.children("addresses")}
    shipping = addresses.get("shipping")
    if shipping is None:
        raise order.refuse("addresses", "has none of address_type shipping")
    updated_at = _instant(order, "updated_at")
    bill = addresses.get("billing") or Fields({})
    written = _written(order)
    notes = (order.optional_text("customer_note"), *texts.notes(written, settings.get("note_label", "")))
    method = order.optional_text("shipping_description")
    return Order(
        order_id=order.text("increment_id"),
        name=_name(order),
        updated_at=updated_at,
        created_at=_instant(order, "created_at") if order.text("created_at") else updated_at,
        address=_address(shipping),
        recipient_name=full_name(shipping, "firstname", "lastname")
        or full_name(bill, "firstname", "lastname")
        or full_name(order, "customer_firstname", "customer_lastname"),
        company=shipping.optional_text("company"),
        phones=tuple(phones_of([(shipping, "telephone"), (bill, "telephone")])),
        note="\n".join(dict.fromkeys(note for note in notes if note)),
        items=items,
        shipping_methods=(method,) if method else (),
        paid=_paid(order),
        writings=texts.writings(written, settings),
        paths=_PATHS,
    )


def _written(order: Fields) -> tuple[Written, ...]:
    """Return the attributes that extensions have added to the order, and the title of the way of shipping.

    Extensions add columns to the order or members to its ``extension_attributes``; both come along only where
    the subscription names them.
    """
    own = [
        pair
        for pair in texts.members(order, without=(*_STANDARD, "extension_attributes"))
        if not isinstance(pair.value, list)
    ]
    extension = texts.members(order.optional_child("extension_attributes"), without=("shipping_assignments",))
    title = texts.titles([(order.optional_text("shipping_description"), "shipping_description")])
    return (*texts.written(own), *texts.written(extension), *title)


def _instant(order: Fields, key: str) -> datetime:
    """Read a time without an offset, which is UTC: Commerce runs in it (``app/bootstrap.php``)."""
    text = order.text(key)
    if _INSTANT.fullmatch(text):
        text = text.replace(" ", "T") + "Z"
    try:
        return parse_rfc3339(text).astimezone(UTC)
    except ValueError as error:
        message = "should be a date and time such as 2026-11-23 09:12:08" if text else "is missing"
        raise order.refuse(
            key, f"{message}; it must be among the fields of the event subscription"
        ) from error


def _paid(order: Fields) -> bool:
    """Tell whether everything was paid; amounts come as numbers or as texts."""
    paid, total = (_number(order.values.get(key)) for key in ("total_paid", "grand_total"))
    return total is not None and paid is not None and paid >= total


def _address(shipping: Fields) -> PostalAddress:
    street = shipping.values.get("street")
    lines = street if isinstance(street, list) else str(street or "").splitlines()
    texts = [line.strip() for line in lines if isinstance(line, str) and line.strip()]
    return PostalAddress(
        line1=texts[0] if texts else "",
        line2=", ".join(texts[1:]),
        postcode=shipping.text("postcode"),
        city=shipping.text("city"),
        country_code=shipping.optional_text("country_id").upper(),
        state=shipping.optional_text("region_code") or shipping.optional_text("region"),
    )


def _items(order: Fields, grams: Decimal | None, *, handed_out: bool) -> tuple[OrderItem, ...]:
    """Return what is carried: neither virtual lines nor the parts of a line that is there as a whole.

    With ``handed_out`` what was shipped already is left out too.
    """
    return tuple(
        OrderItem(
            title=line.optional_text("name"),
            quantity=quantity,
            sku=line.optional_text("sku"),
            weight_grams=weight_grams(line.values.get("weight"), grams),
        )
        for line in order.children("items")
        if not _number(line.values.get("parent_item_id"))
        and not _number(line.values.get("is_virtual"))
        and (quantity := _quantity(line, handed_out=handed_out)) > 0
    )


def _quantity(line: Fields, *, handed_out: bool) -> int:
    """Return how many are still to be carried; a part of a piece counts as a whole one."""
    ordered = _number(line.values.get("qty_ordered"))
    if ordered is None:
        raise line.refuse(
            "qty_ordered", "should be a number; it must be among the fields of the subscription"
        )
    canceled, refunded, shipped = (
        _number(line.values.get(key)) or Decimal(0) for key in ("qty_canceled", "qty_refunded", "qty_shipped")
    )
    # What was refunded may have been shipped before; so only what is over of it takes away from the rest.
    left = ordered - canceled - (max(refunded, shipped) if handed_out else refunded)
    if left > _LARGEST_QUANTITY:
        raise line.refuse("qty_ordered", f"should be at most {_LARGEST_QUANTITY}")
    return math.ceil(left) if left > 0 else 0


def _number(value: object) -> Decimal | None:
    """Return a number that may be written as a text ("1.0000"); ``None`` when it is anything else."""
    if isinstance(value, bool):
        return Decimal(int(value))
    if isinstance(value, int | float | str) and re.fullmatch(
        r"-?\d{1,12}(\.\d{1,12})?", str(value), re.ASCII
    ):
        return Decimal(str(value))
    return None
