"""Shopify's order webhooks: signature, which order, and the order in our words.

Headers and signature: https://shopify.dev/docs/apps/build/webhooks/verify-deliveries . The body of every
``orders/…`` topic is the whole order, except ``orders/edited``, which holds only the edit; Shopify sends
an ``orders/updated`` with the whole order beside it. Headers are not signed, so the order's id and the time
of its state come from the body. No clock, no AWS, nothing beyond the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from bridge.document import Fields, load_object, whole_id
from bridge.errors import MalformedWebhook
from bridge.model import Ignored, Order
from bridge.reasons import Reason
from bridge.schedule.programs import SHOPIFY, programs
from bridge.sources.orders.shopify import read
from bridge.sources.shared import writings as texts
from bridge.sources.shared.base import (
    Options,
    Payload,
    PrivacyRequest,
    Push,
    Signed,
    Source,
    Traits,
    Trial,
    Webhook,
    push_id,
)
from bridge.sources.shared.signing import hmac_sha256_base64, verify_hmac_sha256_base64

# What people want of their data; an app of the App Store must do it within 30 days:
# https://shopify.dev/docs/apps/build/privacy-law-compliance . With them, the list of orders in the body.
_PRIVACY_TOPICS = {
    "customers/data_request": ("show", "orders_requested"),
    "customers/redact": ("erase", "orders_to_redact"),
    "shop/redact": ("erase", ""),
}

_TOPIC_HEADER = "x-shopify-topic"
_SIGNATURE_HEADER = "x-shopify-hmac-sha256"
_WEBHOOK_ID_HEADER = "x-shopify-webhook-id"

_ORDER_ID = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_SHOP_DOMAIN = re.compile(r"[A-Za-z0-9.-]{1,253}")


class Shopify(Source):
    """Shopify's order webhooks: signature, which order, and the order in our words."""

    TOPICS = (
        "orders/create",
        "orders/paid",
        "orders/updated",
        "orders/edited",
        "orders/cancelled",
    )

    SETTINGS: ClassVar[Mapping[str, str]] = {
        **texts.LABEL_SETTINGS,
        "shop_domain": "the shop's domain at Shopify, such as acme.myshopify.com: for EventBridge, "
        "shop/redact",
    }

    TRAITS = Traits(
        title="Shopify",
        signature="HMAC-SHA256 of the body, base64",
        replay="order id",
        create="orders/create, orders/paid",
        update="orders/updated, orders/edited",
        cancel="orders/cancelled, full refund, nothing left to ship, collected in the shop",
        window="attributes, line item properties, shipping title, tags: labels in any language, "
        f"{programs(SHOPIFY)}, date_label and time_label",
        tested_with="vector of Shopify's own library, samples of the documentation",
    )

    def verify(self, push: Push, secrets: Sequence[str], options: Options) -> None:
        """Check ``X-Shopify-Hmac-Sha256``: base64 of the body's HMAC-SHA256, keyed with the secret's text.

        A webhook made in the shop's admin is signed with the key shown there, one made by an app with the
        app's client secret.

        Raises:
            InvalidSignature: see :func:`~bridge.sources.shared.signing.verify_hmac_sha256_base64`.

        """
        verify_hmac_sha256_base64(push.body, push.headers.get(_SIGNATURE_HEADER), secrets)

    def identify(self, push: Push, options: Options) -> Webhook | Ignored:
        """Find out which order a webhook is about; ``Ignored("topic")`` for a topic we do not follow.

        Raises:
            MalformedWebhook: ``topic_missing``, ``order_id_missing``, ``order_id_malformed``,
                ``order_ids_malformed``, ``shop_domain_malformed``, or what
                :func:`~bridge.document.load_object` says.

        """
        topic = push.headers.get(_TOPIC_HEADER, "").strip()
        if not topic:
            raise MalformedWebhook("topic_missing")
        if topic in _PRIVACY_TOPICS:
            return _privacy_request(push, topic)
        if topic not in self.TOPICS:
            return Ignored(Reason.TOPIC)
        order_id = _order_id(load_object(push.body), topic)
        return Webhook(topic, webhook_id=_webhook_id(push), order_id=order_id)

    def document(self, payload: Payload) -> Mapping[str, object]:
        """Return the order as Shopify sent it."""
        return load_object(payload.body)

    def _updated_at(self, payload: Payload, options: Options) -> datetime | None:
        return Fields(load_object(payload.body)).optional_moment("updated_at")

    def parse(self, payload: Payload, options: Options) -> Order | Ignored:
        """Read the whole order, or say why it needs no delivery.

        Ignored without retracting a delivery: ``topic``, ``edit_without_order``, ``test_order``,
        ``already_fulfilled`` (as a whole, or all that is left). Retracting: ``cancelled``, ``refunded``,
        ``nothing_to_ship``, ``local_pickup``. An address whose parts are all null (redacted by Shopify for
        want of access to customer data) is no local pickup: it is handed over empty, and the mapping refuses
        it by name.

        Raises:
            UnmappableOrder: a field we need has the wrong type, or two contradict each other.
            MalformedWebhook: bytes which :meth:`identify` refuses too.

        """
        topic = payload.topic
        if topic not in self.TOPICS:
            return Ignored(Reason.TOPIC)
        document = load_object(payload.body)
        order_id = _order_id(document, topic)
        if topic == "orders/edited":
            return Ignored(Reason.EDIT_WITHOUT_ORDER, order_id=order_id)
        return read(Fields(document), order_id, topic, options.settings)

    def pushed(self, trial: Trial) -> Signed:
        """Sign as Shopify does: https://shopify.dev/docs/apps/build/webhooks/verify-deliveries ."""
        return Signed(
            trial.body,
            {
                "Content-Type": "application/json",
                "X-Shopify-Topic": trial.topic,
                "X-Shopify-Hmac-Sha256": hmac_sha256_base64(trial.body, trial.secret.encode()),
                "X-Shopify-Shop-Domain": trial.options.settings.get("shop_domain")
                or "sample-shop.myshopify.com",
                "X-Shopify-API-Version": "2026-07",
                "X-Shopify-Webhook-Id": trial.webhook_id,
            },
        )


def _privacy_request(push: Push, topic: str) -> PrivacyRequest:
    """Read which shop and orders a request about personal data names, and nothing of the person."""
    wish, key = _PRIVACY_TOPICS[topic]
    body = load_object(push.body)
    shop = body.get("shop_domain")
    if not isinstance(shop, str) or not _SHOP_DOMAIN.fullmatch(shop):
        raise MalformedWebhook("shop_domain_malformed")
    return PrivacyRequest(
        topic=topic,
        webhook_id=_webhook_id(push),
        order_id="",
        wish=wish,
        shop=shop.lower(),
        order_ids=_order_ids(body.get(key)) if key else None,
    )


def _order_ids(value: object) -> tuple[str, ...]:
    """Return a list of order ids; the documentation shows numbers, earlier copies of it texts."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise MalformedWebhook("order_ids_malformed")
    ids = []
    for one in value:
        text = str(one) if isinstance(one, int) and not isinstance(one, bool) else one
        if not isinstance(text, str) or not _ORDER_ID.fullmatch(text):
            raise MalformedWebhook("order_ids_malformed")
        ids.append(text)
    return tuple(ids)


def _webhook_id(push: Push) -> str:
    return push_id(push.headers.get(_WEBHOOK_ID_HEADER, ""))


def _order_id(document: Mapping[str, object], topic: str) -> str:
    if topic == "orders/edited":
        edit = document.get("order_edit")
        value = edit.get("order_id") if isinstance(edit, dict) else None
    else:
        value = document.get("id")
    if value is None:
        raise MalformedWebhook("order_id_missing")
    return whole_id(value)
