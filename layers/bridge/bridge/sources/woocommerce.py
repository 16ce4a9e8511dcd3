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
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from bridge.document import Fields, load_object, whole_id
from bridge.errors import MalformedWebhook, UnmappableOrder
from bridge.model import Ignored, Order
from bridge.reasons import Reason
from bridge.schedule.programs import WOOCOMMERCE, programs
from bridge.sources.orders.woocommerce import read, state_moment
from bridge.sources.shared.base import Options, Payload, Push, Signed, Source, Traits, Trial, Webhook
from bridge.sources.shared.signing import hmac_sha256_base64, verify_hmac_sha256_base64
from bridge.sources.shared.wordpress import plain_object

_TOPIC_HEADER = "x-wc-webhook-topic"
_SIGNATURE_HEADER = "x-wc-webhook-signature"

_PING = re.compile(rb"webhook_id=[0-9]{1,20}")
_NO_ORDER = "no-order"  # stands for the id of the order where WooCommerce sent an error instead of one


# --- the request ----------------------------------------------------------------------------------


class WooCommerce(Source):
    """WooCommerce's order webhooks: signature, which order, and the order in our words."""

    TOPICS = ("order.created", "order.updated", "order.deleted", "order.restored")

    SETTINGS: ClassVar[Mapping[str, str]] = {
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
        cancel="status pending, on-hold, failed, cancelled, refunded; full refund; order.deleted; local "
        "pickup",
        window=f"labels in any language, {programs(WOOCOMMERCE)}, date_meta, time_meta",
        tested_with="vector of WooCommerce's own tests (with an empty secret), order of the documentation",
    )

    def greeting(self, push: Push, options: Options) -> str | None:
        """Answer the unsigned ping, an id and nothing else, that comes when a webhook is saved."""
        return "" if push.method == "POST" and _PING.fullmatch(push.body) else None

    def verify(self, push: Push, secrets: Sequence[str], options: Options) -> None:
        """Check ``X-WC-Webhook-Signature``: base64 of the body's HMAC-SHA256, keyed with the secret's text.

        WooCommerce may have stored the secret with HTML entities, and signs with what they stand for.

        Raises:
            InvalidSignature: see :func:`~bridge.sources.shared.signing.verify_hmac_sha256_base64`.

        """
        keys = [_decoded(secret) for secret in secrets]
        verify_hmac_sha256_base64(push.body, push.headers.get(_SIGNATURE_HEADER), keys)

    def identify(self, push: Push, options: Options) -> Webhook | Ignored:
        """Find out which order a webhook is about; ``Ignored("topic")`` for a topic we do not follow.

        A push has no id: WooCommerce's own delivery id is the same for all pushes of a second. Where it sent
        an error instead of the order, the push is accepted under an id of no order, so that it is parked with
        a sentence: refused, it would only bring WooCommerce nearer to switching the webhook off.

        Raises:
            MalformedWebhook: ``topic_missing``, ``order_id_missing``, ``order_id_malformed``,
                ``legacy_api_version`` (the webhook must be set to the REST API v3), or what
                :func:`~bridge.document.load_object` says.

        """
        topic = push.headers.get(_TOPIC_HEADER, "").strip()
        if not topic:
            raise MalformedWebhook("topic_missing")
        if topic not in self.TOPICS:
            return Ignored(Reason.TOPIC)
        body = load_object(push.body)
        order_id = _NO_ORDER if _is_error(body) else _order_id(body)
        return Webhook(topic, webhook_id="", order_id=order_id)

    def document(self, payload: Payload) -> Mapping[str, object]:
        """Return the order as WooCommerce sent it, with WordPress's entities decoded."""
        return plain_object(load_object(payload.body))

    def _updated_at(self, payload: Payload, options: Options) -> datetime | None:
        return state_moment(Fields(load_object(payload.body)))

    def parse(self, payload: Payload, options: Options) -> Order | Ignored:
        """Read the whole order, or say why it needs no delivery.

        Ignored without retracting a delivery: ``topic``, ``draft``, ``already_fulfilled``, ``status`` (one
        that a plugin has added), ``coopcycle_plugin`` (CoopCycle's own plugin has made the delivery),
        ``nothing_to_ship`` where there is neither a way of shipping nor an address. Retracting:
        ``awaiting_payment``, ``on_hold``, ``payment_failed``, ``cancelled``, ``refunded``, ``deleted``,
        ``nothing_to_ship`` where there are no goods, ``local_pickup``. A part of the money back changes
        nothing: which items it was for is not in the body.

        Raises:
            UnmappableOrder: a field we need has the wrong type, or there is an error instead of the order.
            MalformedWebhook: bytes which :meth:`identify` refuses too.

        """
        if payload.topic not in self.TOPICS:
            return Ignored(Reason.TOPIC)
        body = plain_object(load_object(payload.body))
        if _is_error(body):
            raise _no_order(Fields(body))
        order_id = _order_id(body)
        if payload.topic == "order.deleted" and "status" not in body:
            return Ignored(Reason.DELETED, retracts=True, order_id=order_id, updated_at=payload.received_at)
        return read(Fields(body), order_id, options)

    def pushed(self, trial: Trial) -> Signed:
        """Sign as ``deliver()`` and ``generate_signature()`` of ``class-wc-webhook.php`` do."""
        resource, _, event = trial.topic.partition(".")
        key = _decoded(trial.secret).encode("utf-8", "surrogatepass")
        return Signed(
            trial.body,
            {
                "Content-Type": "application/json",
                "X-WC-Webhook-Source": "https://sample-shop.example/",
                "X-WC-Webhook-Topic": trial.topic,
                "X-WC-Webhook-Resource": resource,
                "X-WC-Webhook-Event": event,
                "X-WC-Webhook-Signature": hmac_sha256_base64(trial.body, key),
                "X-WC-Webhook-ID": "1",
                "X-WC-Webhook-Delivery-ID": hashlib.md5(
                    trial.webhook_id.encode(), usedforsecurity=False
                ).hexdigest(),
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
