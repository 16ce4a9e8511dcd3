"""Senders that cannot sign: they show the secret itself, in a header or in the address. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from bridge.errors import InvalidSignature
from bridge.sources.shared.base import Options, Push, Signed
from bridge.sources.shared.form_bodies import guess_content_type

SECRET_HEADER = "X-Webhook-Secret"  # noqa: S105  # a header's name


def verify_shared_secret(push: Push, secrets: Sequence[str], options: Options) -> None:
    """Check the secret in the header ``X-Webhook-Secret`` or in the address, for senders that cannot sign.

    To be imported by such a source as its ``verify``.

    Raises:
        InvalidSignature: ``no_secret``, ``signature_missing`` or ``signature_mismatch``.

    """
    del options
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


def show_in_header(
    body: bytes, secret: str, *, topic: str, webhook_id: str, sent_at: datetime, options: Options
) -> Signed:
    """Push a sample with the secret in the header, and the content type that it has by its looks.

    To be imported as ``sign``, like the next one.
    """
    del topic, webhook_id, sent_at, options
    return Signed(body, {"Content-Type": guess_content_type(body), SECRET_HEADER: secret})


def show_in_address(
    body: bytes, secret: str, *, topic: str, webhook_id: str, sent_at: datetime, options: Options
) -> Signed:
    """Push a sample with the secret in the address."""
    del topic, webhook_id, sent_at, options
    return Signed(body, {"Content-Type": guess_content_type(body)}, path_secret=secret)
