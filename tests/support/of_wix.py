"""What the tests of Wix's requests and orders share."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.support import source_calls

from bridge import sources
from bridge.model import Ignored
from bridge.sources import Options, Webhook

wix = sources.get("wix")
FOLDER = Path(__file__).parents[2] / "events" / "webhooks" / "wix"
APPROVED = (FOLDER / "order-approved.json").read_bytes()
SITE = "57a5c7c3-1f2b-4a57-9b3a-6d0a8b1e3c21"
OPTIONS = Options(settings={"instance_id": SITE})
ORDER_ID = "e994ac9d-26b0-4f81-8047-00a2e964d6bf"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    """Return the public key as Wix shows it."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def base64url(raw: bytes) -> str:
    """Encode as RFC 7515 does."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def token(
    claims: object, header: object = None, key: rsa.RSAPrivateKey = KEY, signature: bytes | None = None
) -> bytes:
    """Make a token by hand, as RFC 7519 says."""
    parts = [header if header is not None else {"alg": "RS256", "typ": "JWT"}, claims]
    signed = ".".join(base64url(json.dumps(part).encode()) for part in parts)
    if signature is None:
        signature = key.sign(signed.encode(), padding.PKCS1v15(), SHA256())
    return f"{signed}.{base64url(signature)}".encode()


def claims(sample: bytes = APPROVED, **changes: object) -> dict[str, Any]:
    """Return the claims of the documentation: JSON in a text, twice."""
    envelope = json.loads(sample)
    event = {**envelope["data"], **changes}
    now = int(source_calls.RECEIVED_AT.timestamp())
    return {"data": json.dumps({**envelope, "data": json.dumps(event)}), "iat": now, "exp": now + 600}


def order_event(**changes: object) -> dict[str, Any]:
    """Return the sample's envelope, unquoted, with some fields of the order changed."""
    envelope: dict[str, Any] = json.loads(APPROVED)
    envelope["data"]["actionEvent"]["body"]["order"].update(changes)
    return envelope


def verify(body: bytes, secrets: list[str] | None = None, received_at: datetime | None = None) -> None:
    """Verify a push."""
    push = source_calls.push(body, {}, received_at or source_calls.RECEIVED_AT)
    wix.verify(push, [pem(KEY)] if secrets is None else secrets, OPTIONS)


def identify(body: bytes, options: Options = OPTIONS) -> Webhook | Ignored:
    """Identify a push."""
    return wix.identify(source_calls.push(body, {}), options)
