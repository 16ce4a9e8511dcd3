"""Wix's requests: what is genuine, which order it is about, and how the order is got."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.support import source_calls
from tests.support.of_wix import (
    APPROVED,
    FOLDER,
    KEY,
    OPTIONS,
    ORDER_ID,
    SITE,
    base64url,
    claims,
    identify,
    order_event,
    pem,
    token,
    verify,
    wix,
)

from bridge.errors import InvalidSignature, MalformedWebhook
from bridge.model import Ignored
from bridge.sources import Options, PrivacyRequest, Webhook

OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)

# --- the token ------------------------------------------------------------------------------------


def test_token_of_the_app_is_accepted() -> None:
    """RS256 by the private half of the connection's public key."""
    verify(token(claims()))


def test_previous_and_current_key() -> None:
    """While the key is changed, either is enough, and a text may hold several."""
    verify(token(claims()), [pem(OTHER_KEY), pem(KEY)])
    verify(token(claims()), [pem(OTHER_KEY) + pem(KEY)])


@pytest.mark.parametrize("squeeze", [" ", "\\n"])
def test_key_that_lost_its_line_breaks(squeeze: str) -> None:
    """A key that was pasted into a prompt on one line still is a key."""
    verify(token(claims()), [pem(KEY).strip().replace("\n", squeeze)])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "signature_missing"),
        (b"  \n", "signature_missing"),
        (b"a.b", "signature_malformed"),
        (b"....", "signature_malformed"),
        (b"{}", "signature_malformed"),
        (b"\xff.\xff.\xff", "signature_malformed"),
        ("é.é.é".encode(), "signature_malformed"),
        (b"!.!.!", "signature_malformed"),
        (token(claims(), signature=b""), "signature_mismatch"),
        (token(claims(), signature=b"\0" * 256), "signature_mismatch"),
        (token(claims(), signature=b"\xff" * 256), "signature_mismatch"),
        (token(claims(), key=OTHER_KEY), "signature_mismatch"),
        (token(claims(), {"alg": "none"}, signature=b""), "another_algorithm"),
        (token(claims(), {"alg": "RS512"}), "another_algorithm"),
        (token(claims(), {"typ": "JWT"}), "another_algorithm"),
        (token(claims(), {"alg": "RS256", "crit": ["b64"], "b64": False}), "another_algorithm"),
        (token(claims(), []), "signature_malformed"),
        (token([1]), "signature_malformed"),
        (token({**claims(), "exp": "never"}), "signature_malformed"),
        (token({**claims(), "exp": True}), "signature_malformed"),
    ],
)
def test_wrong_token_is_refused(body: bytes, reason: str) -> None:
    """Whatever is wrong with a token is an invalid signature, and nothing else."""
    with pytest.raises(InvalidSignature) as caught:
        verify(body)

    assert reason == caught.value.reason


def test_public_key_as_hmac_secret_is_refused() -> None:
    """The old attack: HS256 with the public key, which everybody has, as the secret."""
    parts = [{"alg": "HS256", "typ": "JWT"}, claims()]
    signed = ".".join(base64url(json.dumps(part).encode()) for part in parts)
    digest = hmac.digest(pem(KEY).encode(), signed.encode(), hashlib.sha256)

    with pytest.raises(InvalidSignature):
        verify(f"{signed}.{base64url(digest)}".encode())


def test_claims_of_another_token_are_refused() -> None:
    """A signature is of these claims and no others."""
    head, _, signature = token(claims()).split(b".")
    forged = base64url(json.dumps(claims(id="11111111-1111-1111-1111-111111111111")).encode()).encode()

    with pytest.raises(InvalidSignature):
        verify(b".".join([head, forged, signature]))


def test_expired_token_is_refused() -> None:
    """A token is good until it expires, and five minutes more for clocks that differ."""
    body = token(claims())
    expires = source_calls.RECEIVED_AT + timedelta(seconds=600)
    verify(body, received_at=expires + timedelta(seconds=300))

    with pytest.raises(InvalidSignature) as caught:
        verify(body, received_at=expires + timedelta(seconds=301))

    assert "expired" == caught.value.reason


def weak_keys() -> list[str]:
    """Return what looks like a key and must never match."""
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  # to be refused
    curve = ec.generate_private_key(ec.SECP256R1())
    return ["", " ", "no key", pem(weak), pem(curve), pem(KEY)[:200], pem(KEY).replace("A", "!", 1)]


@pytest.mark.parametrize(
    "secret", weak_keys(), ids=["empty", "blank", "text", "short", "curve", "cut", "broken"]
)
def test_unusable_key_never_matches(secret: str) -> None:
    """Blank, broken, too short or of another kind: as if there were no secret."""
    with pytest.raises(InvalidSignature) as caught:
        verify(token(claims()), [secret])

    assert "no_secret" == caught.value.reason


def test_sign_makes_what_verify_accepts() -> None:
    """A sample that is signed for a trial is a token whose event has the wanted id."""
    private = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    signed = wix.sign(
        APPROVED,
        private,
        topic="wix.ecom.v1.order_updated",
        webhook_id="another-id-1",
        sent_at=source_calls.RECEIVED_AT,
        options=OPTIONS,
    )

    verify(signed.body)
    assert identify(signed.body) == Webhook("wix.ecom.v1.order_updated", "another-id-1", ORDER_ID)


# --- which order ----------------------------------------------------------------------------------


def test_order_of_a_token() -> None:
    """Topic, Wix's id of the event and the order's id come from the signed claims."""
    found = identify(token(claims()))

    assert found == Webhook("wix.ecom.v1.order_approved", "162075ea-7271-411b-b555-de545e8e6f38", ORDER_ID)


@pytest.mark.parametrize("name", ["order-approved", "order-updated", "order-canceled", "order-pickup"])
def test_order_of_each_kind_of_event(name: str) -> None:
    """The order stands in another place in an update than in an action."""
    found = identify((FOLDER / f"{name}.json").read_bytes())

    assert isinstance(found, Webhook)


def test_event_of_another_site_is_ignored() -> None:
    """An app gets the events of every site that has it, at one address."""
    other = Options(settings={"instance_id": "another-site"})

    assert identify(token(claims()), other) == Ignored("another_site")
    assert isinstance(identify(token(claims()), Options()), Webhook)


def test_topic_that_is_not_followed() -> None:
    """Other events of the app lead to nothing."""
    envelope = json.loads(APPROVED) | {"eventType": "wix.contacts.v4.contact_created"}

    assert identify(json.dumps(envelope).encode()) == Ignored("topic")


def test_anonymized_order_is_forgotten() -> None:
    """Wix anonymizes an order for its buyer's sake: no change of the delivery, but a privacy request."""
    found = identify(
        token(claims((FOLDER / "order-updated.json").read_bytes(), triggeredByAnonymizeRequest=True))
    )

    assert isinstance(found, PrivacyRequest)
    assert ("erase", (ORDER_ID,)) == (found.wish, found.order_ids)


@pytest.mark.parametrize(
    "body",
    [
        b"not a token",
        b"a.!.c",
        token({"data": 7}),
        token({"data": "not JSON"}),
        token({"data": json.dumps({"instanceId": SITE})}),
        token({"data": json.dumps({"eventType": "wix.ecom.v1.order_approved", "instanceId": SITE})}),
        token(claims(actionEvent=None)),
        json.dumps(order_event(id="1/../2")).encode(),
        json.dumps(order_event(id=7)).encode(),
    ],
)
def test_body_that_cannot_be_read(body: bytes) -> None:
    """What is not the documented nesting is refused as malformed."""
    with pytest.raises(MalformedWebhook):
        identify(body)
