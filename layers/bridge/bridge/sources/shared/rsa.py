"""RSA signatures with SHA-256 (RFC 8017, PKCS #1 v1.5): the sender has the private key, we hold public ones.

Imports ``Crypto`` (pycryptodome): only the sources that need it import this module.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from functools import lru_cache

from Crypto.Hash import SHA256
from Crypto.PublicKey import RSA
from Crypto.Signature import pkcs1_15

from bridge.errors import InvalidSignature

SMALLEST_KEY_BITS = 2048
_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----")


def public_keys(secrets: Sequence[str]) -> list[RSA.RsaKey]:
    """Return the RSA keys of all PEM blocks in ``secrets``; what is none of at least 2048 bits is left out.

    Line breaks may have become blanks, or a backslash and an n, on the way through a prompt. A private key
    stands for its public one, so that a trial needs one text for both sides.
    """
    keys = []
    for _, text in _PEM.findall("\n".join(secrets).replace("\\n", "\n")):
        key = _key(text)
        if key is not None and key.size_in_bits() >= SMALLEST_KEY_BITS:
            keys.append(key.public_key())
    return keys


def verify_rsa_sha256(message: bytes, signatures: Sequence[bytes], secrets: Sequence[str]) -> None:
    """Check that one of the signatures was made with the private half of one of the keys.

    Raises:
        InvalidSignature: with the reason ``no_secret`` or ``signature_mismatch``.

    """
    keys = public_keys(secrets)
    if not keys:
        raise InvalidSignature("no_secret")
    if not any(_fits(key, signature, message) for key in keys for signature in signatures):
        raise InvalidSignature("signature_mismatch")


@lru_cache(maxsize=8)
def _key(text: str) -> RSA.RsaKey | None:
    """Return the RSA key of a PEM block's inside, private or public; ``None`` if it is none.

    Kept, for reading one takes longer than checking a signature: the primes of a private one are proved anew.
    """
    try:
        return RSA.import_key(base64.b64decode("".join(text.split()), validate=True))
    except (ValueError, IndexError, TypeError):  # binascii.Error is a ValueError
        return None


def _fits(key: RSA.RsaKey, signature: bytes, message: bytes) -> bool:
    try:
        pkcs1_15.new(key).verify(SHA256.new(message), signature)
    except ValueError:
        return False
    return True


def sign_rsa_sha256(message: bytes, private_key: str) -> bytes:
    """Sign with a private key in PEM; for trials and tests.

    Raises:
        ValueError: it is no RSA private key.

    """
    for _, text in _PEM.findall(private_key.replace("\\n", "\n")):
        key = _key(text)
        if key is not None and key.has_private():
            return pkcs1_15.new(key).sign(SHA256.new(message))
    raise ValueError("this sender signs with an RSA private key: the webhook secret must be one, in PEM")


def decode_base64(text: str, *, urlsafe: bool = False) -> bytes:
    """Decode base64; without padding in its URL-safe form (RFC 7515, section 2).

    Raises:
        InvalidSignature: ``signature_malformed``.

    """
    try:
        if urlsafe:
            if not re.fullmatch(r"[A-Za-z0-9_-]*", text):
                raise InvalidSignature("signature_malformed")
            return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:  # ValueError: not ASCII
        raise InvalidSignature("signature_malformed") from error
