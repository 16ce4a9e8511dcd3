"""BigCommerce's order webhooks: signature, which order, and the order in our words.

A webhook only names the order (https://developer.bigcommerce.com/docs/integrations/webhooks), so the worker
asks ``GET /v2/orders/{id}`` for it, with its consignments and their lines in the same answer: one request
shows one state of the order. Several shipping consignments are one delivery with several dropoffs. No clock,
no AWS, nothing beyond the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

from bridge.document import Fields, load_object, whole_id
from bridge.errors import InvalidConnection, MalformedWebhook, ShopUnavailable
from bridge.model import Ignored, Order
from bridge.reasons import Reason
from bridge.sources.orders.bigcommerce import read
from bridge.sources.shared import writings as texts
from bridge.sources.shared.base import Options, Payload, Push, Shop, Signed, Traits, Trial, push_id
from bridge.sources.shared.notifications import NotifyingSource
from bridge.sources.shared.standard_signing import sign_standard_webhook, verify_standard_webhook
from bridge.sources.shared.thin_webhooks import base_url, read_answer, token_of
from bridge.sources.shared.weights import WEIGHT_UNIT, WEIGHT_UNIT_MEANING

_API_URL = "https://api.bigcommerce.com"
_INCLUDE = "include=consignments.line_items&consignment_structure=object"

_STORE_HASH = re.compile(r"[a-z0-9]{1,32}")


class BigCommerce(NotifyingSource):
    """BigCommerce's order webhooks: signature, which order, and the order in our words."""

    TOPIC_FIELD = "scope"
    TOPICS = (
        "store/order/created",
        "store/order/updated",
        "store/order/statusUpdated",
        "store/order/archived",
        "store/order/refund/created",
    )

    SETTINGS: ClassVar[Mapping[str, str]] = {
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

    def verify(self, push: Push, secrets: Sequence[str], options: Options) -> None:
        """Check the ``webhook-…`` headers, keyed with the text of the API account's client secret.

        BigCommerce has the secret base64-encoded before it is given to a Standard Webhooks library, which
        decodes it again: https://developer.bigcommerce.com/docs/integrations/webhooks/https-webhook-overview
        .

        Raises:
            InvalidSignature: see :func:`~bridge.sources.shared.standard_signing.verify_standard_webhook`.

        """
        verify_standard_webhook(push, [secret.strip().encode("utf-8", "surrogatepass") for secret in secrets])

    def ignore(self, event: Fields, options: Options) -> Ignored | None:
        """Ignore a store that is not the connection's, ``other_store``.

        An app signs the webhooks of all its stores with one secret, and orders are numbered from 1 in each.
        """
        store_hash = options.settings.get("store_hash", "").strip()
        if store_hash and event.optional_text("producer") != f"stores/{store_hash}":
            return Ignored(Reason.OTHER_STORE)
        return None

    def webhook_id(self, event: Fields, push: Push) -> str:
        """Return the header ``webhook-id``.

        Not ``hash``: it is made of the payload's data, which is the same in every update of an order.
        """
        return push_id(push.headers.get("webhook-id", ""))

    def order_id(self, event: Fields) -> str:
        """Return ``data.id``."""
        value = event.optional_child("data").values.get("id")
        if value is None:
            raise MalformedWebhook("order_id_missing")
        return whole_id(value)

    def ask(self, order_id: str, options: Options, shop: Shop) -> bytes:
        """Ask BigCommerce for the order with its consignments and their lines.

        https://developer.bigcommerce.com/docs/rest-management/orders#get-an-order , whose token needs the
        scope "Orders, read-only". BigCommerce archives orders and deletes none, so a 404 means the token of
        another store and is a person's matter.

        Raises:
            ShopUnavailable: no usable answer, or not this order.
            ShopRejected: a wrong token or a wrong store.
            InvalidConnection: no token, no ``sender.store_hash``, or a wrong ``sender.api_url``.

        """
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
        return raw

    def parse(self, payload: Payload, options: Options) -> Order | Ignored:
        """Read the whole order, or say why it needs no delivery.

        Ignored without retracting a delivery: ``topic``, ``already_fulfilled`` (or all that is left),
        ``incomplete`` (the checkout was not finished), ``on_hold`` (to be verified, or disputed). Retracting:
        ``cancelled``, ``declined``, ``refunded``, ``archived``, ``local_pickup``, ``nothing_to_ship``.

        Raises:
            UnmappableOrder: a field we need has the wrong type.
            InvalidConnection: ``sender.weight_unit`` is no unit.
            MalformedWebhook: not a fetched order.

        """
        if payload.topic not in self.TOPICS:
            return Ignored(Reason.TOPIC)
        order = Fields(load_object(payload.body))
        order_id = whole_id(order.values.get("id"))
        return read(order, order_id, options)

    def pushed(self, trial: Trial) -> Signed:
        """Sign as BigCommerce does: https://developer.bigcommerce.com/docs/integrations/webhooks ."""
        return sign_standard_webhook(
            trial.body, trial.secret.strip().encode(), webhook_id=trial.webhook_id, sent_at=trial.sent_at
        )
