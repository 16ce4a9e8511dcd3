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
from typing import ClassVar

from bridge.document import Fields, load_object
from bridge.errors import InvalidSignature, MalformedWebhook
from bridge.model import Ignored, Order
from bridge.reasons import Reason
from bridge.sources.orders.wix import read
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
from bridge.sources.shared.rsa import decode_base64, sign_rsa_sha256, verify_rsa_sha256

LEEWAY_SECONDS = 300
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class Wix(Source):
    """Wix eCommerce: the whole webhook is a signed JWT, and in it the event, and in that the order."""

    TOPICS = (
        "wix.ecom.v1.order_approved",
        "wix.ecom.v1.order_updated",
        "wix.ecom.v1.order_payment_status_updated",
        "wix.ecom.v1.order_canceled",
    )

    SETTINGS: ClassVar[Mapping[str, str]] = {
        "instance_id": "the app's instance id on this site; without it every site that has the app is "
        "accepted",
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

    def verify(self, push: Push, secrets: Sequence[str], options: Options) -> None:
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

    def identify(self, push: Push, options: Options) -> Webhook | Ignored:
        """Find out which order an event is about.

        Ignored are ``another_site`` and ``topic``. An order that Wix made anonymous for its buyer's sake
        (``triggeredByAnonymizeRequest``) is to be forgotten here too.

        Raises:
            MalformedWebhook: a level of the nested body cannot be read, ``topic_missing``, ``order_missing``
                or ``order_id_malformed``.

        """
        envelope = _envelope(push.body)
        topic = envelope.optional_text("eventType")
        if not topic:
            raise MalformedWebhook("topic_missing")
        ours = options.settings.get("instance_id", "").strip()
        site = envelope.optional_text("instanceId")
        if ours and site != ours:
            return Ignored(Reason.ANOTHER_SITE)
        if topic not in self.TOPICS:
            return Ignored(Reason.TOPIC)
        event = _event(envelope)
        order_id = _order_of(event).optional_text("id")
        webhook_id = push_id(event.optional_text("id"))
        if not _ID.fullmatch(order_id):
            raise MalformedWebhook("order_id_malformed")
        if event.values.get("triggeredByAnonymizeRequest") is True:
            return PrivacyRequest(
                topic=topic,
                webhook_id=webhook_id,
                order_id="",
                wish="erase",
                shop=site,
                order_ids=(order_id,),
            )
        return Webhook(topic=topic, webhook_id=webhook_id, order_id=order_id)

    def document(self, payload: Payload) -> Mapping[str, object]:
        """Return the order out of the event."""
        return _order_of(_event(_envelope(payload.body))).values

    def _updated_at(self, payload: Payload, options: Options) -> datetime | None:
        return Fields(self.document(payload)).optional_moment("updatedDate")

    def parse(self, payload: Payload, options: Options) -> Order | Ignored:
        """Read the whole order, or say why it needs no delivery.

        Ignored without retracting: ``topic``, ``not_approved``, ``already_fulfilled``. Retracting:
        ``cancelled``, ``refunded``, ``nothing_to_ship``, ``local_pickup``.

        Raises:
            UnmappableOrder: a field we need has the wrong type.
            MalformedWebhook: bytes which :meth:`identify` refuses too.

        """
        if payload.topic not in self.TOPICS:
            return Ignored(Reason.TOPIC)
        order = Fields(self.document(payload))
        return read(order, payload.topic, options.settings)

    def pushed(self, trial: Trial) -> Signed:
        """Wrap an event, or an envelope with one, into a token; ``secret`` is a private key (PEM)."""
        sample = load_object(trial.body)
        envelope = sample if "eventType" in sample else {"data": sample}
        event = {**_event(Fields(envelope)).values, "id": trial.webhook_id}
        data = {
            "eventType": trial.topic,
            "instanceId": trial.options.settings.get("instance_id")
            or envelope.get("instanceId")
            or "sample-instance",
            "data": json.dumps(event),
            "identity": envelope.get("identity") or json.dumps({"identityType": "WIX_USER"}),
        }
        issued = int(trial.sent_at.timestamp())
        claims = {"data": json.dumps(data), "iat": issued, "exp": issued + 3600}
        signed = b".".join(
            _base64url(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims)
        )
        return Signed(
            signed + b"." + _base64url(sign_rsa_sha256(signed, trial.secret)),
            {"Content-Type": "text/plain; charset=utf-8"},
        )


def _json(raw: bytes) -> dict[str, object]:
    try:
        return load_object(raw)
    except MalformedWebhook as error:
        raise InvalidSignature("signature_malformed") from error


def _envelope(body: bytes) -> Fields:
    """Return what holds ``eventType``, out of a token or, in a dry run, as plain JSON."""
    text = body.strip()
    if not text.startswith(b"{"):
        parts = text.split(b".")
        try:
            text = decode_base64(parts[1].decode("ascii"), urlsafe=True)
        except (IndexError, UnicodeDecodeError, InvalidSignature) as error:
            raise MalformedWebhook("not_a_token") from error
    outer = Fields(load_object(text, whole="data"))
    return outer if "eventType" in outer.values else _unwrapped(outer, "data")


def _event(envelope: Fields) -> Fields:
    return _unwrapped(envelope, "data")


def _unwrapped(fields: Fields, key: str) -> Fields:
    """Return an object that is sent as JSON in a text; the documentation also shows it unquoted."""
    value = fields.values.get(key)
    if isinstance(value, str):
        return Fields(load_object(value.encode("utf-8", "surrogatepass"), whole=key))
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


def _base64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")
