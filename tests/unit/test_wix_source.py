"""The Wix source: the token, the event in it, and the order in our words."""

from __future__ import annotations

import base64
import contextlib
import copy
import hashlib
import hmac
import json
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import source_calls

from bridge import sources
from bridge.errors import BridgeError, InvalidSignature, MalformedWebhook, UnmappableOrder
from bridge.model import Ignored, Order, OrderItem, PostalAddress
from bridge.sources import Options, Payload, PrivacyRequest, Webhook

wix = sources.get("wix")

FOLDER = Path(__file__).parents[2] / "events" / "webhooks" / "wix"
APPROVED = (FOLDER / "order-approved.json").read_bytes()
SITE = "57a5c7c3-1f2b-4a57-9b3a-6d0a8b1e3c21"
OPTIONS = Options(settings={"instance_id": SITE})
ORDER_ID = "e994ac9d-26b0-4f81-8047-00a2e964d6bf"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


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


def parse(topic: str = "wix.ecom.v1.order_approved", **changes: object) -> Order | Ignored:
    """Parse the sample with some fields of the order changed."""
    body = json.dumps(order_event(**changes)).encode()
    return wix.parse(Payload(body, topic, source_calls.RECEIVED_AT), OPTIONS)


# --- the token ----------------------------------------------------------------------------------


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


# --- which order --------------------------------------------------------------------------------


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


# --- the order ----------------------------------------------------------------------------------


def test_whole_order() -> None:
    """Every field a delivery needs, out of the documented ones; the gift card is not carried."""
    found = parse()

    assert found == Order(
        order_id=ORDER_ID,
        name="#10002",
        updated_at=datetime(2026, 11, 23, 9, 12, 11, 520000, tzinfo=UTC),
        created_at=datetime(2026, 11, 23, 9, 12, 8, 346000, tzinfo=UTC),
        address=PostalAddress(
            line1="12 rue de la Roquette",
            line2="3e étage, code B42",
            postcode="75011",
            city="Paris",
            country_code="FR",
            state="IDF",
        ),
        recipient_name="Camille Moreau",
        company="Atelier Moreau",
        phones=("06 12 34 56 78",),
        note="Sonner deux fois",
        items=(OrderItem("Bouquet d'automne", 2, sku="BQT-L", weight_grams=1250),),
        shipping_methods=("Livraison à vélo",),
        paid=True,
    )


def test_parse_reads_a_token() -> None:
    """The worker gets the token itself from the queue."""
    payload = Payload(token(claims()), "wix.ecom.v1.order_approved", source_calls.RECEIVED_AT)

    assert isinstance(wix.parse(payload, OPTIONS), Order)
    assert wix.document(payload)["id"] == ORDER_ID


@pytest.mark.parametrize(
    ("changes", "line1"),
    [
        ({"addressLine": "", "addressLine1": "1 quai"}, "1 quai"),
        ({"addressLine": None}, "12 rue de la Roquette"),
        ({"addressLine": None, "streetAddress": None}, ""),
    ],
)
def test_address_line_in_its_other_forms(changes: dict[str, Any], line1: str) -> None:
    """The line is called otherwise in some copies of the documentation, or is there as number and street."""
    shipping = copy.deepcopy(order_event()["data"]["actionEvent"]["body"]["order"]["shippingInfo"])
    shipping["logistics"]["shippingDestination"]["address"].update(changes)

    found = parse(shippingInfo=shipping)

    assert isinstance(found, Order)
    assert line1 == found.address.line1


def test_pounds() -> None:
    """A shop of pounds has its weights in grams too."""
    found = parse(weightUnit="LB")

    assert isinstance(found, Order)
    assert 567 == found.items[0].weight_grams


@pytest.mark.parametrize(
    ("changes", "reason", "retracts"),
    [
        ({"status": "CANCELED"}, "cancelled", True),
        ({"paymentStatus": "FULLY_REFUNDED"}, "refunded", True),
        ({"lineItems": []}, "nothing_to_ship", True),
        ({"shippingInfo": None}, "nothing_to_ship", True),
        ({"status": "INITIALIZED", "paymentStatus": "PENDING"}, "not_approved", False),
        ({"fulfillmentStatus": "FULFILLED"}, "already_fulfilled", False),
    ],
)
def test_order_without_a_delivery(changes: dict[str, Any], reason: str, retracts: bool) -> None:
    """States that need no delivery, and whether an existing one is to go."""
    found = parse(**changes)

    assert isinstance(found, Ignored)
    assert (reason, retracts, ORDER_ID) == (found.reason, found.retracts, found.order_id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"shippingInfo": {"title": "x", "logistics": {}}}, "shippingInfo.logistics.shippingDestination"),
        ({"updatedDate": "yesterday"}, "updatedDate"),
        ({"lineItems": [{"productName": {"original": "x"}}]}, "lineItems[0].quantity"),
        ({"lineItems": "x"}, "lineItems"),
        ({"status": 7}, "status"),
    ],
)
def test_wrong_field_is_named(changes: dict[str, Any], field: str) -> None:
    """A field of the wrong type is named as Wix names it."""
    with pytest.raises(UnmappableOrder) as caught:
        parse(**changes)

    assert field == caught.value.field


def test_samples_are_what_they_are_said_to_be() -> None:
    """Each sample ends as samples.toml says."""
    for name, sample in tomllib.loads((FOLDER / "samples.toml").read_text()).items():
        payload = Payload((FOLDER / name).read_bytes(), sample["topic"], source_calls.RECEIVED_AT)

        found = wix.parse(payload, OPTIONS)

        said = "delivery" if isinstance(found, Order) else f"ignored: {found.reason}"
        assert sample["expect"] == said, name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(field=st.sampled_from(sorted(order_event()["data"]["actionEvent"]["body"]["order"])), value=JSON)
def test_any_value_anywhere_raises_only_ours(field: str, value: object) -> None:
    """A hostile order ends in the taxonomy, and in nothing else."""
    with contextlib.suppress(BridgeError):
        parse(**{field: value})


@settings(max_examples=200, deadline=None)
@given(body=st.binary(max_size=200))
def test_any_bytes_raise_only_ours(body: bytes) -> None:
    """Hostile bytes end in the taxonomy, and in nothing else."""
    with pytest.raises(InvalidSignature):
        verify(body)
    with contextlib.suppress(BridgeError):
        identify(body)
