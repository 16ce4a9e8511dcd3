"""A webhook that came as an event of an Amazon EventBridge partner bus: back into the push it would be.

Shopify hands over ``detail.metadata``, the headers of the webhook, and ``detail.payload``, its body already
parsed (https://shopify.dev/docs/apps/webhooks/configuration/eventbridge). With the bytes their signature is
lost; genuine is what came over the bus of our own partner event source, which only the partner feeds
(https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-saas.html).
Pure: no clock, no AWS.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from bridge.document import load_object
from bridge.errors import InvalidSignature, MalformedWebhook
from bridge.sources.shared.base import Push

SHOPIFY_SOURCES = "aws.partner/shopify.com/"
_SHOP_DOMAIN_HEADER = "x-shopify-shop-domain"


def read_shopify_event(
    text: str, *, received_at: datetime, source_name: str | None = None
) -> tuple[str, Push]:
    """Return the shop's domain and the push of an event; without ``source_name``, of any source of Shopify's.

    The domain is the ``*.myshopify.com`` one, in lower case; the body is the payload as JSON once more.

    Raises:
        InvalidSignature: ``another_source``, it is no event of ``source_name``.
        MalformedWebhook: ``no_metadata``, ``no_payload``, ``shop_domain_missing``, or what
            :func:`~bridge.document.load_object` says.

    """
    event = load_object(text.encode("utf-8", "surrogatepass"))
    source = str(event.get("source"))
    if source != (source_name or source) or not source.startswith(SHOPIFY_SOURCES):
        raise InvalidSignature("another_source")
    detail = event.get("detail")
    metadata = detail.get("metadata") if isinstance(detail, dict) else None
    payload = detail.get("payload") if isinstance(detail, dict) else None
    if not isinstance(metadata, dict):
        raise MalformedWebhook("no_metadata")
    if not isinstance(payload, dict):
        raise MalformedWebhook("no_payload")
    headers = _headers(metadata)
    domain = headers.get(_SHOP_DOMAIN_HEADER, "").strip().lower()
    if not domain:
        raise MalformedWebhook("shop_domain_missing")
    try:
        text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    except RecursionError as error:
        raise MalformedWebhook("not_json") from error
    body = text.encode("utf-8", "surrogatepass")
    return domain, Push(body, headers | {"content-type": "application/json"}, received_at)


def _headers(metadata: Mapping[str, object]) -> dict[str, str]:
    """Return the metadata as headers: captures show the names in either case."""
    return {name.lower(): value for name, value in metadata.items() if isinstance(value, str)}
