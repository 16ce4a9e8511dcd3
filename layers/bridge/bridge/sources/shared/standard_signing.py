"""The signature scheme of the Standard Webhooks specification, for whoever has the key as bytes.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md : HMAC-SHA256
over ``{id}.{timestamp}.{body}``, base64, in a list of which any entry of version ``v1`` may match. Senders
differ in what the key is made of (a decoded ``whsec_…``, a client secret's text), which is theirs to say.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bridge.errors import InvalidSignature
from bridge.sources.shared.base import Push
from bridge.sources.shared.signing import hmac_sha256_base64

TOLERANCE = timedelta(minutes=5)  # of every reference library, in both directions

_BASE64_OF_32_BYTES = re.compile(r"[A-Za-z0-9+/]{43}=")
_SECONDS = re.compile(r"\d{1,11}", re.ASCII)
_LARGEST_LIST = 32  # signatures; a sender that rotates its key makes two


def signed_bytes(webhook_id: str, timestamp: str, body: bytes) -> bytes:
    """Return what is signed; id and timestamp are taken as they stand in the headers."""
    return f"{webhook_id}.{timestamp}.".encode("utf-8", "surrogatepass") + body


def verify_standard_webhook(push: Push, keys: Sequence[bytes]) -> None:
    """Check the three ``webhook-…`` headers of a push against each key. Empty keys never match.

    Raises:
        InvalidSignature: with the reason ``no_secret``, ``signature_missing``, ``timestamp_malformed``,
            ``timestamp_out_of_tolerance``, ``signature_malformed`` or ``signature_mismatch``.

    """
    usable = [key for key in keys if key.strip()]
    if not usable:
        raise InvalidSignature("no_secret")
    webhook_id = push.headers.get("webhook-id", "")
    timestamp = push.headers.get("webhook-timestamp", "")
    signatures = push.headers.get("webhook-signature", "")
    if not webhook_id.strip() or not timestamp.strip() or not signatures.strip():
        raise InvalidSignature("signature_missing")
    if not _SECONDS.fullmatch(timestamp):
        raise InvalidSignature("timestamp_malformed")
    sent_at = datetime.fromtimestamp(int(timestamp), UTC)
    if abs(push.received_at - sent_at) > TOLERANCE:
        raise InvalidSignature("timestamp_out_of_tolerance")
    versions = (entry.partition(",") for entry in signatures.split(" ")[:_LARGEST_LIST])
    given = [text for version, _, text in versions if version == "v1" and _BASE64_OF_32_BYTES.fullmatch(text)]
    if not given:
        raise InvalidSignature("signature_malformed")
    signed = signed_bytes(webhook_id, timestamp, push.body)
    expected = [hmac_sha256_base64(signed, key) for key in usable]
    # All are compared before any is looked at, so the time taken does not tell which one matched.
    matches = [hmac.compare_digest(one, other) for one in given for other in expected]
    if True not in matches:
        raise InvalidSignature("signature_mismatch")
