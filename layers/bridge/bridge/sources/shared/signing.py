"""Signature schemes shared by sources: constant time, several secrets, one way to fail."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence

from bridge.errors import InvalidSignature

_BASE64_OF_32_BYTES = re.compile(r"[A-Za-z0-9+/]{43}=")


def hmac_sha256_base64(raw: bytes, key: bytes) -> str:
    """Return base64(HMAC-SHA256(``raw``, ``key``))."""
    return base64.b64encode(hmac.digest(key, raw, hashlib.sha256)).decode("ascii")


def verify_hmac_sha256_base64(raw: bytes, signature: str | None, secrets: Sequence[str]) -> None:
    """Check base64(HMAC-SHA256(``raw``, secret as text)) against each secret. Blank secrets never match.

    Raises:
        InvalidSignature: with the reason ``no_secret``, ``signature_missing``, ``signature_malformed`` or
            ``signature_mismatch``.

    """
    keys = [secret.encode("utf-8", "surrogatepass") for secret in secrets if secret.strip()]
    if not keys:
        # Anybody can compute an HMAC with an empty key.
        raise InvalidSignature("no_secret")
    if signature is None or not signature.strip():
        raise InvalidSignature("signature_missing")
    if not _BASE64_OF_32_BYTES.fullmatch(signature):
        raise InvalidSignature("signature_malformed")
    # All are compared before any is looked at, so the time taken does not tell which one matched.
    matches = [hmac.compare_digest(signature, hmac_sha256_base64(raw, key)) for key in keys]
    if True not in matches:
        raise InvalidSignature("signature_mismatch")
