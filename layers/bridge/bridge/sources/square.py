"""Square's order events: signature, which order, and the order in our words.

An event only names the order (https://developer.squareup.com/reference/square/webhooks/order.created), so
the worker asks ``GET /v2/orders/{id}`` for it. An order becomes a delivery through a fulfillment of the type
DELIVERY or SHIPMENT (https://developer.squareup.com/docs/orders-api/fulfillments); sales at the counter have
none. No clock, no AWS, nothing beyond the standard library.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from bridge.document import Fields, load_object
from bridge.errors import InvalidSignature, MalformedWebhook, ShopUnavailable
from bridge.model import Ignored, Order
from bridge.reasons import Reason
from bridge.sources.orders.square import read
from bridge.sources.shared import writings as texts
from bridge.sources.shared.base import Options, Payload, Push, Shop, Signed, Traits, Trial, push_id
from bridge.sources.shared.notifications import NotifyingSource
from bridge.sources.shared.signing import hmac_sha256_base64, verify_hmac_sha256_base64
from bridge.sources.shared.thin_webhooks import base_url, read_answer, token_of

_SIGNATURE_HEADER = "x-square-hmacsha256-signature"
_API_URL = "https://connect.squareup.com"
_API_VERSION = "2025-07-16"  # the shape of the order read here; without it the account's own version decides

_ORDER_ID = re.compile(r"[A-Za-z0-9_-]{1,192}")  # a path segment of the API and a key of ours


class Square(NotifyingSource):
    """Square's order events: signature, which order, and the order in our words."""

    TOPIC_FIELD = "type"
    TOPICS = ("order.created", "order.updated", "order.fulfillment.updated")

    SETTINGS: ClassVar[Mapping[str, str]] = {
        "notification_url": "the webhook's address exactly as entered at Square; it is part of what is "
        "signed",
        "api_url": 'address of Square\'s API, by default "https://connect.squareup.com"',
        **texts.LABEL_SETTINGS,
        "window_minutes": "length of a delivery window of which Square gives only the beginning, by "
        "default 60",
    }

    TRAITS = Traits(
        title="Square",
        signature="HMAC-SHA256 of the webhook's address and the body, base64",
        replay="event id, order id",
        create="order.created, order.updated",
        update="order.updated, order.fulfillment.updated",
        cancel="order or fulfillment cancelled or rejected, all of the money back, changed to pickup",
        window="deliver_at and delivery_window_duration of a scheduled delivery; the order's metadata: "
        "labels in any language, date_label and time_label",
        tested_with="vectors of Square's own library, events and objects of the documentation; no live "
        "account",
    )

    def verify(self, push: Push, secrets: Sequence[str], options: Options) -> None:
        """Check the signature: base64 of the HMAC-SHA256 of address and body, keyed with the secret's text.

        The address is the one entered at Square, byte for byte, so it comes from the settings and never from
        the request: https://developer.squareup.com/docs/webhooks/step3validate .

        Raises:
            InvalidSignature: ``notification_url_missing``, or what
                :func:`~bridge.sources.shared.signing.verify_hmac_sha256_base64` says.

        """
        if not options.settings.get("notification_url", "").strip():
            raise InvalidSignature("notification_url_missing")
        verify_hmac_sha256_base64(_signed(push.body, options), push.headers.get(_SIGNATURE_HEADER), secrets)

    def webhook_id(self, event: Fields, push: Push) -> str:
        """Return ``event_id``."""
        return push_id(event.optional_text("event_id"))

    def order_id(self, event: Fields) -> str:
        """Return ``data.id``."""
        order_id = event.optional_child("data").optional_text("id")
        if not order_id:
            raise MalformedWebhook("order_id_missing")
        return _checked(order_id)

    def ask(self, order_id: str, options: Options, shop: Shop) -> bytes:
        """Ask ``GET /v2/orders/{id}``.

        https://developer.squareup.com/reference/square/orders-api/retrieve-order : Square deletes no orders,
        so a 404 means the token of another account and is a person's matter.

        Raises:
            ShopUnavailable: no usable answer, or not this order.
            ShopRejected: a wrong token or a wrong account.
            InvalidConnection: no token, or a wrong ``sender.api_url``.

        """
        raw = shop.get(
            f"{base_url(options, 'api_url', _API_URL)}/v2/orders/{order_id}",
            {
                "Authorization": f"Bearer {token_of(shop)}",
                "Accept": "application/json",
                "Square-Version": _API_VERSION,
            },
        )
        order = read_answer(raw).get("order")
        if not isinstance(order, dict) or order.get("id") != order_id:
            raise ShopUnavailable("the shop's API answered with no order of that id")
        return json.dumps(order).encode()

    def parse(self, payload: Payload, options: Options) -> Order | Ignored:
        """Read the whole order, or say why it needs no delivery.

        Ignored without retracting a delivery: ``topic``, ``draft``, ``already_fulfilled``. Retracting:
        ``cancelled``, ``refunded``, ``rejected`` (the seller refused the fulfillment), ``managed_delivery``
        (Square or a third party sends its own courier), ``local_pickup``, ``nothing_to_ship``.

        Raises:
            UnmappableOrder: a field we need has the wrong type, or one order asks for several times.
            InvalidConnection: ``sender.window_minutes`` is no number of minutes.
            MalformedWebhook: not a fetched order.

        """
        if payload.topic not in self.TOPICS:
            return Ignored(Reason.TOPIC)
        order = Fields(load_object(payload.body))
        return read(order, _checked(order.text("id")), options)

    def pushed(self, trial: Trial) -> Signed:
        """Sign as Square does: https://developer.squareup.com/docs/webhooks/step3validate ."""
        return Signed(
            trial.body,
            {
                "Content-Type": "application/json",
                "X-Square-HmacSha256-Signature": hmac_sha256_base64(
                    _signed(trial.body, trial.options), trial.secret.encode()
                ),
            },
        )


def _signed(body: bytes, options: Options) -> bytes:
    return options.settings.get("notification_url", "").strip().encode("utf-8", "surrogatepass") + body


def _checked(order_id: str) -> str:
    if not _ORDER_ID.fullmatch(order_id):
        raise MalformedWebhook("order_id_malformed")
    return order_id
