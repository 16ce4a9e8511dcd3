"""Signing as the sender would, for trying the bridge out; the bridge itself only verifies."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

DEFAULT_TOPICS = {"shopify": "orders/create"}


def _shopify(body: bytes, secret: str, topic: str, webhook_id: str) -> dict[str, str]:
    """Sign like Shopify: https://shopify.dev/docs/apps/build/webhooks/verify-deliveries ."""
    digest = hmac.digest(secret.encode(), body, hashlib.sha256)
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode("ascii"),
        "X-Shopify-Shop-Domain": "sample-shop.myshopify.com",
        "X-Shopify-API-Version": "2026-07",
        "X-Shopify-Webhook-Id": webhook_id,
    }


_SIGNERS: dict[str, Callable[[bytes, str, str, str], dict[str, str]]] = {"shopify": _shopify}


def headers_for(source: str, body: bytes, secret: str, topic: str, webhook_id: str) -> dict[str, str]:
    """Return the headers with which a sender of this source would push ``body``.

    Raises:
        LookupError: we cannot sign for that source.
    """
    signer = _SIGNERS.get(source)
    if signer is None:
        raise LookupError(f'cannot sign for the source "{source}"; known: {", ".join(_SIGNERS)}')
    return signer(body, secret, topic, webhook_id)
