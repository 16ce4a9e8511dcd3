"""The signature scheme of the Standard Webhooks specification, for whoever has the key as bytes.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md : HMAC-SHA256
over ``{id}.{timestamp}.{body}``, base64, in a list of which any entry of version ``v1`` may match. Senders
differ in what the key is made of (:func:`standard_key`, or a client secret's text), which is theirs to say.
The asymmetric version ``v1a`` is skipped as any other that we do not know.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bridge.errors import InvalidSignature
from bridge.sources.shared.base import Push, Signed
from bridge.sources.shared.signing import hmac_sha256_base64

TOLERANCE = timedelta(minutes=5)  # of every reference library, in both directions

# An entry of the list: the separator is a blank, or a comma where a header that came twice was joined by
# API Gateway ("v1,…,v1,…"). What begins in the middle of another word is none.
_ENTRY = re.compile(r"(?<![^ ,])v1,([A-Za-z0-9+/]{43}=)(?![^ ,])")
_PREFIX = "whsec_"
_SECONDS = re.compile(r"\d{1,11}", re.ASCII)
_LARGEST_LIST = 32  # signatures; a sender that rotates its key makes two


@dataclass(frozen=True, slots=True)
class StandardHeaders:
    """The three headers, as they were sent."""

    webhook_id: str
    timestamp: str
    signatures: str


def standard_headers(push: Push, prefixes: Sequence[str] = ("webhook",)) -> StandardHeaders | None:
    """Return the headers of the first of the prefixes of which all three are there and not blank.

    Svix's own begin with "svix": https://docs.svix.com/receiving/verifying-payloads/how-manual .
    """
    for prefix in prefixes:
        values = [push.headers.get(f"{prefix}-{name}", "") for name in ("id", "timestamp", "signature")]
        if all(value.strip() for value in values):
            return StandardHeaders(*values)
    return None


def standard_key(secret: str) -> bytes:
    """Return the key of a secret "whsec_…": what its base64 stands for, padded or not; empty if it is none.

    The reference libraries take the secret without its prefix too. A text without prefix that is no base64
    is the key as it stands, for senders that let one choose a secret.
    """
    text = secret.strip()
    encoded = text.removeprefix(_PREFIX)
    try:
        return base64.b64decode(encoded.rstrip("=") + "=" * (-len(encoded.rstrip("=")) % 4), validate=True)
    except ValueError:  # a character of no base64, or a length of none
        return b"" if encoded != text else text.encode("utf-8", "surrogatepass")


def signed_bytes(webhook_id: str, timestamp: str, body: bytes) -> bytes:
    """Return what is signed; id and timestamp are taken as they stand in the headers."""
    return f"{webhook_id}.{timestamp}.".encode("utf-8", "surrogatepass") + body


def sign_standard_webhook(body: bytes, key: bytes, *, webhook_id: str, sent_at: datetime) -> Signed:
    """Push a sample as the specification says."""
    timestamp = str(int(sent_at.timestamp()))
    return Signed(
        body,
        {
            "Content-Type": "application/json",
            "webhook-id": webhook_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": f"v1,{hmac_sha256_base64(signed_bytes(webhook_id, timestamp, body), key)}",
        },
    )


def verify_standard_webhook(
    push: Push, keys: Sequence[bytes], prefixes: Sequence[str] = ("webhook",)
) -> None:
    """Check the three headers of a push against each key. Empty keys never match.

    Raises:
        InvalidSignature: with the reason ``no_secret``, ``signature_missing``, ``timestamp_malformed``,
            ``timestamp_out_of_tolerance``, ``signature_malformed`` or ``signature_mismatch``.

    """
    usable = [key for key in keys if key.strip()]
    if not usable:
        raise InvalidSignature("no_secret")
    headers = standard_headers(push, prefixes)
    if headers is None:
        raise InvalidSignature("signature_missing")
    if not _SECONDS.fullmatch(headers.timestamp):
        raise InvalidSignature("timestamp_malformed")
    sent_at = datetime.fromtimestamp(int(headers.timestamp), UTC)
    if abs(push.received_at - sent_at) > TOLERANCE:
        raise InvalidSignature("timestamp_out_of_tolerance")
    given = _ENTRY.findall(headers.signatures)[:_LARGEST_LIST]
    if not given:
        raise InvalidSignature("signature_malformed")
    signed = signed_bytes(headers.webhook_id, headers.timestamp, push.body)
    expected = [hmac_sha256_base64(signed, key) for key in usable]
    # All are compared before any is looked at, so the time taken does not tell which one matched.
    matches = [hmac.compare_digest(one, other) for one in given for other in expected]
    if True not in matches:
        raise InvalidSignature("signature_mismatch")
