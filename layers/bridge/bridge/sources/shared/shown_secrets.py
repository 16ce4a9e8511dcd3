"""Senders that cannot sign: they show the secret itself, in a header or in the address. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from bridge.errors import InvalidSignature
from bridge.sources.shared.base import Push

SECRET_HEADER = "X-Webhook-Secret"  # a header's name


def verify_shared_secret(push: Push, secrets: Sequence[str]) -> None:
    """Check the secret in the header ``X-Webhook-Secret`` or in the address, for senders that cannot sign.

    Raises:
        InvalidSignature: ``no_secret``, ``signature_missing`` or ``signature_mismatch``.

    """
    known = [_digest(secret) for secret in secrets if secret.strip()]
    if not known:
        raise InvalidSignature("no_secret")
    shown = (push.headers.get(SECRET_HEADER.lower(), ""), push.path_secret)
    given = [_digest(secret) for secret in shown if secret.strip()]
    if not given:
        raise InvalidSignature("signature_missing")
    # Digests have one length, and all pairs are compared before any is looked at.
    matches = [hmac.compare_digest(one, other) for one in given for other in known]
    if True not in matches:
        raise InvalidSignature("signature_mismatch")


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
