"""Squarespace's order notifications: signature, which order, and the order in our words.

A notification only names the order (https://developers.squarespace.com/webhooks/events/order-create), so the
worker asks the Orders API for it (https://developers.squarespace.com/commerce-apis/retrieve-specific-order).
The order has no field for a delivery day: shops ask for one in the checkout form or in a product's form, and
the connection names the question. No clock, no AWS, nothing beyond the standard library.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, DecimalException
from typing import ClassVar

from bridge.document import Fields, load_object
from bridge.errors import InvalidSignature, MalformedWebhook, ShopUnavailable, UnmappableOrder
from bridge.model import Ignored, Order, OrderItem, PostalAddress, Written
from bridge.reasons import Reason
from bridge.sources.shared import writings as texts
from bridge.sources.shared.base import Options, Payload, Push, Shop, Signed, Traits, Trial, push_id
from bridge.sources.shared.collection import read_way
from bridge.sources.shared.notifications import NotifyingSource
from bridge.sources.shared.people import full_name, phones_of
from bridge.sources.shared.thin_webhooks import base_url, read_answer, token_of
from bridge.sources.shared.weights import WEIGHT_UNIT, WEIGHT_UNIT_MEANING, grams_per_unit, weight_grams

_SIGNATURE_HEADER = "squarespace-signature"
_API_URL = "https://api.squarespace.com"

_HEX_OF_32_BYTES = re.compile(r"[0-9a-fA-F]{64}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+")
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_LARGEST_QUANTITY = 1_000_000  # https://developers.squarespace.com/commerce-apis/create-order

# The documentation shows PHYSICAL_PRODUCT and, for imported orders, CUSTOM, and gives no whole list; so a
# line is left out only when its type says that nobody carries it.
_CARRIED_BY_NOBODY = re.compile(r"DIGITAL|DOWNLOAD|SERVICE|GIFT_?CARD|PAYWALL|DONATION")

# https://developers.squarespace.com/commerce-apis, PaymentState; "authorized" counts as with other sources.
_PAID = frozenset({"PAID", "AUTHORIZED", "REFUND_PENDING", "REFUND_FAILED", "REFUNDED"})

_PATHS = {
    "address.line1": "shippingAddress.address1",
    "address.line2": "shippingAddress.address2",
    "address.postcode": "shippingAddress.postalCode",
    "address.city": "shippingAddress.city",
}


class Squarespace(NotifyingSource):
    """Squarespace's order notifications: signature, which order, and the order in our words."""

    TOPIC_FIELD = "topic"
    TOPICS = ("order.create", "order.update")

    SETTINGS: ClassVar[Mapping[str, str]] = {
        **texts.LABEL_SETTINGS,
        WEIGHT_UNIT: WEIGHT_UNIT_MEANING + " (kg or lb, by the site's measurement standard)",
        "api_url": 'address of Squarespace\'s API, by default "https://api.squarespace.com"',
    }

    TRAITS = Traits(
        title="Squarespace",
        signature="HMAC-SHA256 of the body, hex, keyed with the hex-decoded secret",
        replay="notification id, order id",
        create="order.create",
        update="order.update (Squarespace sends it for changes of state, not for a changed address)",
        cancel="cancelled, full refund, collected in the shop",
        window="checkout form, product forms and variants, shipping option: labels in any language, "
        "date_label and time_label",
        tested_with="the documentation's rule, notifications and order; it publishes no signed example",
    )

    def verify(self, push: Push, secrets: Sequence[str], options: Options) -> None:
        """Check ``Squarespace-Signature``: hex of the HMAC-SHA256 of the body, keyed with the secret's bytes.

        The secret is shown as hex and decoded before use:
        https://developers.squarespace.com/webhooks/verifying-notifications . The page does not say in which
        case the signature's digits come. A secret that is not hex matches nothing.

        Raises:
            InvalidSignature: ``no_secret``, ``signature_missing``, ``signature_malformed`` or
                ``signature_mismatch``.

        """
        keys = [bytes.fromhex(secret.strip()) for secret in secrets if _HEX.fullmatch(secret.strip())]
        if not keys:
            raise InvalidSignature("no_secret")
        signature = push.headers.get(_SIGNATURE_HEADER, "")
        if not signature.strip():
            raise InvalidSignature("signature_missing")
        if not _HEX_OF_32_BYTES.fullmatch(signature):
            raise InvalidSignature("signature_malformed")
        given = bytes.fromhex(signature)
        # All are compared before any is looked at, so the time taken does not tell which one matched.
        matches = [hmac.compare_digest(given, hmac.digest(key, push.body, hashlib.sha256)) for key in keys]
        if True not in matches:
            raise InvalidSignature("signature_mismatch")

    def webhook_id(self, event: Fields, push: Push) -> str:
        """Return ``id``."""
        return push_id(event.optional_text("id"))

    def order_id(self, event: Fields) -> str:
        """Return ``data.orderId``."""
        order_id = event.optional_child("data").optional_text("orderId")
        if not order_id:
            raise MalformedWebhook("order_id_missing")
        return _checked(order_id)

    def ask(self, order_id: str, options: Options, shop: Shop) -> bytes:
        """Ask Squarespace for the order: …/commerce-apis/retrieve-specific-order of the developers' site.

        The token is an API key of the site that may read orders; the access token of an app lasts too short
        (https://developers.squarespace.com/oauth). An order that has just been notified is there, so a 404
        means the key of another site and is a person's matter.

        Raises:
            ShopUnavailable: no usable answer, or not this order.
            ShopRejected: a wrong key or a wrong site.
            InvalidConnection: no key, or a wrong ``sender.api_url``.

        """
        raw = shop.get(
            f"{base_url(options, 'api_url', _API_URL)}/1.0/commerce/orders/{order_id}",
            {"Authorization": f"Bearer {token_of(shop)}", "Accept": "application/json"},
        )
        if read_answer(raw).get("id") != order_id:
            raise ShopUnavailable("the shop's API answered with no order of that id")
        return raw

    def parse(self, payload: Payload, options: Options) -> Order | Ignored:
        """Read the whole order, or say why it needs no delivery.

        Ignored without retracting a delivery: ``topic``, ``test_order``, ``already_fulfilled``. Retracting:
        ``cancelled``, ``refunded``, ``nothing_to_ship``, ``local_pickup`` (no shipping
        address, or a way of shipping that is none).

        Raises:
            UnmappableOrder: a field we need has the wrong type.
            InvalidConnection: ``sender.weight_unit`` is no unit.
            MalformedWebhook: not a fetched order.

        """
        if payload.topic not in self.TOPICS:
            return Ignored(Reason.TOPIC)
        order = Fields(load_object(payload.body))
        order_id = _checked(order.text("id"))
        items: tuple[OrderItem, ...] = ()
        reason = _finished(order)
        if reason is None:
            items = _items(order, options)
            reason = _undeliverable(order, items)
        if reason is not None:
            return Ignored.because(
                reason,
                order_id=order_id,
                order_name=_name(order, order_id),
                updated_at=order.optional_moment("modifiedOn"),
            )
        return _order(order, order_id, items, options)

    def pushed(self, trial: Trial) -> Signed:
        """Sign as Squarespace does: https://developers.squarespace.com/webhooks/verifying-notifications .

        Raises:
            ValueError: the secret is not hex.

        """
        return Signed(
            trial.body,
            {
                "User-Agent": "Squarespace/1.0",
                "Content-Type": "application/json",
                "Squarespace-Signature": hmac.digest(
                    bytes.fromhex(trial.secret.strip()), trial.body, hashlib.sha256
                ).hex(),
            },
        )


def _checked(order_id: str) -> str:
    if not _ID.fullmatch(order_id):
        raise MalformedWebhook("order_id_malformed")
    return order_id


def _finished(order: Fields) -> Reason | None:
    if order.flag("testmode", default=False):
        return Reason.TEST_ORDER
    status = order.text("fulfillmentStatus")
    if status == "CANCELED":
        return Reason.CANCELLED
    if status == "FULFILLED":
        return Reason.ALREADY_FULFILLED
    if _is_refunded(order):
        return Reason.REFUNDED
    return None


def _is_refunded(order: Fields) -> bool:
    """Tell whether all of the money went back; REFUNDED alone may also mean a part of it."""
    refunded, total = _amount(order, "refundedTotal"), _amount(order, "grandTotal")
    return refunded is not None and total is not None and 0 < total <= refunded


def _amount(order: Fields, key: str) -> Decimal | None:
    """Return an amount of money, a text in the documentation's example and a number in its schema."""
    value = order.optional_child(key).values.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value).strip()[:40])
    except (DecimalException, ValueError):  # ValueError: a number of thousands of digits
        return None
    return amount if amount.is_finite() else None


def _undeliverable(order: Fields, items: tuple[OrderItem, ...]) -> Reason | None:
    if not items:
        return Reason.NOTHING_TO_SHIP
    methods = [("", method) for method in _shipping_methods(order)]
    if order.child("shippingAddress") is None or read_way(_written(order), methods=methods).collected:
        return Reason.LOCAL_PICKUP
    return None


def _name(order: Fields, order_id: str) -> str:
    number = order.optional_text("orderNumber")
    return f"#{number}" if number else order_id


def _order(order: Fields, order_id: str, items: tuple[OrderItem, ...], options: Options) -> Order:
    address = order.child("shippingAddress")
    if address is None:
        raise UnmappableOrder("shippingAddress", "is missing")
    updated_at = order.moment("modifiedOn")
    written = _written(order)
    notes = texts.notes(written, options.settings.get("note_label", ""))
    return Order(
        order_id=order_id,
        name=_name(order, order_id),
        updated_at=updated_at,
        created_at=order.optional_moment("createdOn") or updated_at,
        address=PostalAddress(
            line1=address.text("address1"),
            line2=address.optional_text("address2"),
            postcode=address.text("postalCode"),
            city=address.text("city"),
            country_code=address.optional_text("countryCode").upper(),
            state=address.optional_text("state"),
        ),
        recipient_name=full_name(address, "firstName", "lastName")
        or full_name(order.optional_child("billingAddress"), "firstName", "lastName"),
        phones=tuple(phones_of([(address, "phone"), (order.optional_child("billingAddress"), "phone")])),
        note="\n".join(notes),
        items=items,
        shipping_methods=_shipping_methods(order),
        paid=_is_paid(order),
        writings=texts.writings(written, options.settings),
        paths=_PATHS,
    )


def _is_paid(order: Fields) -> bool:
    """Tell whether the order is paid; without a ``paymentState`` it is, for the checkout takes the money."""
    state = order.text("paymentState")
    return not state or state in _PAID


def _items(order: Fields, options: Options) -> tuple[OrderItem, ...]:
    grams = grams_per_unit(options)
    return tuple(
        OrderItem(
            title=line.optional_text("productName") or line.optional_text("title"),
            quantity=quantity,
            sku=line.optional_text("sku"),
            variant=", ".join(
                value
                for option in line.optional_children("variantOptions")
                if (value := option.optional_text("value"))
            ),
            weight_grams=weight_grams(line.values.get("weight"), grams),
        )
        for line in order.children("lineItems")
        if not _CARRIED_BY_NOBODY.search(line.text("lineItemType")) and (quantity := _quantity(line)) > 0
    )


def _quantity(line: Fields) -> int:
    quantity = line.count("quantity", at_most=_LARGEST_QUANTITY)
    if quantity is None:
        raise line.refuse("quantity", "is missing")
    return quantity


def _shipping_methods(order: Fields) -> tuple[str, ...]:
    """Return the shipping options chosen at checkout, with the carrier's name for them where there is one."""
    methods = [line.optional_text("method") for line in order.optional_children("shippingLines")]
    methods.append(order.optional_text("shippingOptionName"))
    return tuple(dict.fromkeys(method for method in methods if method))


# --- what the buyer answered in a form ------------------------------------------------------------


def _answers_of(line: Fields) -> list[texts.Pair]:
    customizations = texts.named(line.optional_children("customizations"), "label", "value")
    return [*customizations, *texts.named(line.optional_children("variantOptions"), "optionName", "value")]


def _written(order: Fields) -> tuple[Written, ...]:
    """Return the answers of the checkout's and the products' forms, the variants, and the shipping titles."""
    lines = texts.of_lines(order.optional_children("lineItems"), _answers_of)
    own = texts.written(texts.named(order.optional_children("formSubmission"), "label", "value"))
    titles = texts.titles((method, "shippingLines") for method in _shipping_methods(order))
    return (*own, *lines, *titles)
