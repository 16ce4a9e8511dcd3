"""The signature scheme of Standard Webhooks: published vectors, and what must not pass."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from bridge.errors import InvalidSignature
from bridge.sources import Push
from bridge.sources.shared.standard_signing import standard_headers, standard_key, verify_standard_webhook

# standard-webhooks/standard-webhooks, libraries/javascript/src/webhook.test.ts, and Svix's own suites.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
WEBHOOK_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
TIMESTAMP = 1614265330
SENT_AT = datetime.fromtimestamp(TIMESTAMP, UTC)
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
WRONG = "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc="
WRONG_TOO = "v1,FwkHUrxhHdj7fOyb3Qp3UZzjlUZS/Ob1NkT0L3Mpe8Y="

BOTH = ("webhook", "svix")


def headers(
    signature: str = SIGNATURE, *, timestamp: str = str(TIMESTAMP), prefix: str = "webhook"
) -> dict[str, str]:
    """Return the three headers, lower case."""
    return {f"{prefix}-id": WEBHOOK_ID, f"{prefix}-timestamp": timestamp, f"{prefix}-signature": signature}


def verify(
    given: Mapping[str, str],
    *secrets: str,
    body: bytes = BODY,
    received_at: datetime = SENT_AT,
    prefixes: tuple[str, ...] = BOTH,
) -> None:
    """Verify a push under the vectors' secret, or under others."""
    keys = [standard_key(secret) for secret in secrets or (SECRET,)]
    verify_standard_webhook(Push(body, given, received_at), keys, prefixes)


# --- what passes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("secret", "webhook_id", "timestamp", "body", "signature"),
    [
        (SECRET, WEBHOOK_ID, TIMESTAMP, BODY, SIGNATURE),
        # svix/svix-webhooks, rust/src/webhooks.rs
        (
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1649367553,
            b'{"email":"test@example.com","username":"test_user"}',
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        ),
        # svix/svix-webhooks, csharp/Svix.Tests/WebhookTest.cs
        (SECRET, WEBHOOK_ID, TIMESTAMP, b"a" * 1_048_576, "v1,txpEUxqWZJ5nteTnymUVa+7C4NHpBeXJ6CsBAW0c3/A="),
        (SECRET, WEBHOOK_ID, TIMESTAMP, b"a" * 262_144, "v1,Mw4Pe2WgApuT7NSqnSq0PQPV9gbLdggCl9B865x5Xh0="),
        (SECRET, WEBHOOK_ID, TIMESTAMP, b"a" * 262_143, "v1,NTItnqyWMoFhk2Bbe5V/BMdcFRWgcSQaTgqLHX7FC7c="),
    ],
    ids=["specification", "rust", "1 MiB", "256 KiB", "256 KiB less one"],
)
@pytest.mark.parametrize("prefix", BOTH)
def test_the_published_vectors_verify(
    secret: str, webhook_id: str, timestamp: int, body: bytes, signature: str, prefix: str
) -> None:
    """What the reference libraries test passes, under both families of header names."""
    given = {
        f"{prefix}-id": webhook_id,
        f"{prefix}-timestamp": str(timestamp),
        f"{prefix}-signature": signature,
    }

    verify(given, secret, body=body, received_at=datetime.fromtimestamp(timestamp, UTC))


@pytest.mark.parametrize(
    "signatures",
    [
        f"{WRONG} {WRONG_TOO} v2,{SIGNATURE[3:]} {SIGNATURE}",
        f"v1a,{'A' * 86}== {SIGNATURE}",
        f"{WRONG},{SIGNATURE}",
        f"{SIGNATURE},{WRONG} {WRONG_TOO}",
        f"  {SIGNATURE}  ",
    ],
    ids=["after wrong ones", "beside the asymmetric one", "joined by a comma", "joined and listed", "blanks"],
)
def test_one_right_signature_in_a_list_is_enough(signatures: str) -> None:
    """A sender that rotates its key signs with both; a proxy joins a header that comes twice with a comma."""
    verify(headers(signatures))


@pytest.mark.parametrize(
    "secrets", [(SECRET, "whsec_AAAA"), ("whsec_AAAA", SECRET), ("", SECRET), ("whsec_!", SECRET)]
)
def test_any_of_the_secrets_may_have_signed(secrets: tuple[str, ...]) -> None:
    """The receiver rotates too; a secret that is none does not get in the way."""
    verify(headers(), *secrets)


@pytest.mark.parametrize("seconds", [-300, -299, 0, 299, 300])
def test_a_clock_may_be_five_minutes_off(seconds: int) -> None:
    """Both directions are tolerated alike."""
    verify(headers(), received_at=SENT_AT + timedelta(seconds=seconds))


# --- the key --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")),
        (" whsec_AAEC \n", b"\x00\x01\x02"),
        ("whsec_AAECAw", b"\x00\x01\x02\x03"),
        ("whsec_AAECAw==", b"\x00\x01\x02\x03"),
        ("whsec_", b""),
        ("whsec_=", b""),
        ("whsec_no base64", b""),
        ("whsec_AAECA", b""),
        ("whsec_é", b""),
        ("", b""),
        ("acme-webhook-secret", b"acme-webhook-secret"),
        ("\ud800", b"\xed\xa0\x80"),
    ],
)
def test_a_secret_is_the_key_in_base64(secret: str, key: bytes) -> None:
    """With or without its prefix, with or without padding; only what has no prefix may be a plain text."""
    assert key == standard_key(secret)


# --- what fails -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "signature_missing"),
        ({**headers(), "webhook-id": ""}, "signature_missing"),
        ({**headers(), "webhook-timestamp": " "}, "signature_missing"),
        ({**headers(), "webhook-signature": ""}, "signature_missing"),
        ({**headers(), "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJel"}, "signature_mismatch"),
        ({**headers(), "webhook-id": WEBHOOK_ID + " "}, "signature_mismatch"),
        (headers(timestamp=str(TIMESTAMP - 1)), "signature_mismatch"),
        (headers(timestamp="0" + str(TIMESTAMP)), "signature_mismatch"),
        (headers(timestamp="hello"), "timestamp_malformed"),
        (headers(timestamp=f"-{TIMESTAMP}"), "timestamp_malformed"),
        (headers(timestamp="161426533.0"), "timestamp_malformed"),
        (headers(timestamp=f"{TIMESTAMP},{TIMESTAMP}"), "timestamp_malformed"),
        (headers(timestamp="9" * 21), "timestamp_malformed"),
        (headers(timestamp="٣" * 10), "timestamp_malformed"),
        (headers(timestamp="99999999999"), "timestamp_out_of_tolerance"),
        (headers("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA="), "signature_mismatch"),
        (headers(f"{WRONG} {WRONG_TOO} {WRONG}"), "signature_mismatch"),
        (headers(SIGNATURE[:8]), "signature_malformed"),
        (headers("v1,"), "signature_malformed"),
        (headers("v1"), "signature_malformed"),
        (headers(SIGNATURE[3:]), "signature_malformed"),
        (headers("v1,dawfeoifkpqwoekfpqoekf"), "signature_malformed"),
        (headers(f"v2,{SIGNATURE[3:]}"), "signature_malformed"),
        (headers(f"v1a,{SIGNATURE[3:]}"), "signature_malformed"),
        (headers(f"xv1,{SIGNATURE[3:]}"), "signature_malformed"),
        (headers(SIGNATURE + "A"), "signature_malformed"),
        (headers("v1," + "é" * 43 + "="), "signature_malformed"),
        (headers("\ud800"), "signature_malformed"),
        (headers(" ".join([WRONG] * 40 + [SIGNATURE])), "signature_mismatch"),
        ({**headers(prefix="svix"), **headers(WRONG)}, "signature_mismatch"),
    ],
)
def test_a_wrong_signature_has_one_way_to_fail(given: dict[str, str], reason: str) -> None:
    """Everything hostile is InvalidSignature with a reason from a closed set."""
    with pytest.raises(InvalidSignature) as caught:
        verify(given)

    assert reason == caught.value.reason


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_signature_gets_old(seconds: int) -> None:
    """A right signature that is more than five minutes off, either way, does not pass."""
    with pytest.raises(InvalidSignature, match="timestamp_out_of_tolerance"):
        verify(headers(), received_at=SENT_AT + timedelta(seconds=seconds))


@pytest.mark.parametrize("secret", ["", "  ", "whsec_", "whsec_not base64"])
def test_a_secret_that_is_none_verifies_nothing(secret: str) -> None:
    """An empty key can be guessed, and a secret pasted wrongly must not become one."""
    with pytest.raises(InvalidSignature, match="no_secret"):
        verify(headers(), secret)


def test_a_changed_body_does_not_pass() -> None:
    """The raw bytes are signed: even a blank more is another body."""
    with pytest.raises(InvalidSignature, match="signature_mismatch"):
        verify(headers(), body=BODY.replace(b" ", b""))


def test_svixs_names_are_read_where_they_are_asked_for() -> None:
    """A sender of its own names is verified by them alone."""
    with pytest.raises(InvalidSignature, match="signature_missing"):
        verify(headers(prefix="svix"), prefixes=("webhook",))


def test_a_family_of_names_counts_only_whole() -> None:
    """Two headers of one and one of the other family are not put together."""
    mixed = {**headers(prefix="svix"), "webhook-id": "x"}
    push = Push(BODY, mixed, SENT_AT)

    found = standard_headers(push, BOTH)

    assert found is not None
    assert WEBHOOK_ID == found.webhook_id
