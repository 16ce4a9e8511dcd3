"""Adobe Commerce's requests: what is genuine, which order it is about, and how the order is got."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from tests.support import source_calls
from tests.support.of_adobe_commerce import NEW, OPTIONS, TOPIC, adobe_commerce, order

from bridge.errors import InvalidSignature, MalformedWebhook
from bridge.model import Ignored
from bridge.sources import Options, Payload, Push, Webhook

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
# Key, payload and signature of the tests of Adobe's own library, test/mock.js:
# https://github.com/adobe/aio-lib-events/blob/01bf2e9754c61109552b4a64b105fbe52ef045fa/test/mock.js
ADOBE_KEY = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEArGwUIIdaBSUrZq4V24cL
R3I19gel9uBBmXE3lt4oVHF0lMsHnA72cJNf/IPFYDWElM/tE4bat8p78O2ZQpus
6nzi/ISfSWprWhvTuI5sKx6CVgbRIzUM6VTIcvo8o3PK49HbgacRiUABZ1uNo7Cz
Pfmu5xAY+l2Ie1Dt8yperotKAKJmuPYeFWKGe9tzbPYgFluCy8DjPp2gGsmjsorR
/CVRJq8fWl5aTLha+ZHSTuyNY+RQhC/fZ7CHf89EdSvonyu6W7/SJmSf9DGGjmX0
HJNREqdTE9QdbSBMfNn/pa9fCGwR3yEoAZCkfVG06Xx02vOI0Q1RAkf2tGhO4bsZ
cwIDAQAB
-----END PUBLIC KEY-----"""


ADOBE_BODY = b'{"event_id":"eventId1","event":{"hello":"world"},"recipient_client_id":"client_id1"}'
ADOBE_SIGNATURE = (
    "Hgq9NEIAtFItHQfHYi2x94zAaHG7088PUDLdpSTdsFjLPD+IJCrKpSf4bxNeh3vHmMqj6zUVYfFEYvgI0riJNx12b3wIMHhoa/MxQGzzCcN4"
    "GnB/LVaTm9/1LZSxKpyR34FhaaYxbN3u3dSE60zk5swjzMKUFRmFiiE6k0knjcM+e0E3f1g9kFXgy/dUIOlty4SlS3hbv1UHS/BYXakH7d0l"
    "b4mrNxHIGNuIyFRmMpbZ4KyXDJo5nCQqvW0dZKAikpavf58/S8xbYyhJTImNJaUMZYQ5m8KD6H1ME48Hr3Q+Vgte9cXrTCreK1tVqCCy/ZaQ"
    "GC7Z/qPOC+D849hi9g=="
)
INVALID_SIGNATURE = "hXC8F1eTt8Xmz7ec/9MkHqfzubDCSfGsgb8dWD0F+hQ="


def pem(key: rsa.RSAPrivateKey) -> str:
    """Return a public key as Adobe hosts it."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def signature(body: bytes, key: rsa.RSAPrivateKey = KEY) -> str:
    """Sign as Adobe does."""
    return base64.b64encode(key.sign(body, padding.PKCS1v15(), SHA256())).decode()


def verify(
    body: bytes, headers: dict[str, str], secrets: list[str] | None = None, options: Options = OPTIONS
) -> None:
    """Verify a push."""
    adobe_commerce.verify(
        source_calls.push(body, headers), [pem(KEY)] if secrets is None else secrets, options
    )


def event(**changes: object) -> bytes:
    """Return the sample's event with some of its fields changed."""
    return json.dumps({**json.loads(NEW), **changes}).encode()


# --- trial call and signature ---------------------------------------------------------------------


def test_challenge_is_answered_with_itself() -> None:
    """Adobe asks by GET, with a challenge of the documentation."""
    challenge = "8ec8d794-e0ab-42df-9017-e3dada8e84f7"
    push = Push(b"", {}, source_calls.RECEIVED_AT, method="GET", query={"challenge": challenge})

    assert challenge == adobe_commerce.greeting(push, OPTIONS)


@pytest.mark.parametrize(
    ("method", "query"),
    [
        ("GET", {}),
        ("GET", {"challenge": ""}),
        ("GET", {"challenge": "<script>alert(1)</script>"}),
        ("GET", {"challenge": "x" * 129}),
        ("POST", {"challenge": "8ec8d794"}),
    ],
)
def test_no_challenge(method: str, query: dict[str, str]) -> None:
    """A webhook is no trial call, and nothing but a plain word is sent back."""
    push = Push(b"", {}, source_calls.RECEIVED_AT, method=method, query=query)

    assert adobe_commerce.greeting(push, OPTIONS) is None


@pytest.mark.parametrize("header", ["x-adobe-digital-signature-1", "x-adobe-digital-signature-2"])
def test_signature_of_adobes_own_library(header: str) -> None:
    """The library's key, payload and signature fit, in either header."""
    options = Options(settings={"recipient": "client_id1"})

    verify(ADOBE_BODY, {header: ADOBE_SIGNATURE}, [ADOBE_KEY], options)


def test_one_of_two_signatures_is_enough() -> None:
    """Adobe signs twice, with two keys, of which we may know one."""
    headers = {
        "x-adobe-digital-signature-1": signature(NEW, OTHER_KEY),
        "x-adobe-digital-signature-2": signature(NEW),
    }

    verify(NEW, headers)
    verify(NEW, headers, [pem(OTHER_KEY)])


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (INVALID_SIGNATURE, "signature_mismatch"),
        (ADOBE_SIGNATURE, "signature_mismatch"),
    ],
)
def test_wrong_signature_is_refused(given: str | None, reason: str) -> None:
    """Whatever is wrong is an invalid signature, and nothing else."""
    headers = {} if given is None else {"x-adobe-digital-signature-1": given}

    with pytest.raises(InvalidSignature) as caught:
        verify(NEW, headers)

    assert reason == caught.value.reason


@pytest.mark.parametrize(
    "secret", ["", " ", "no key", pem(KEY)[:100]], ids=["empty", "blank", "text", "half a key"]
)
def test_without_a_key_nothing_is_accepted(secret: str) -> None:
    """A blank or broken key never matches."""
    with pytest.raises(InvalidSignature) as caught:
        verify(NEW, {"x-adobe-digital-signature-1": signature(NEW)}, [secret])

    assert "no_secret" == caught.value.reason


@pytest.mark.parametrize(
    ("body", "options", "reason"),
    [
        (NEW, Options(), "no_recipient"),
        (NEW, Options(settings={"recipient": "somebody-else"}), "another_recipient"),
        (event(recipient_client_id=None), OPTIONS, "another_recipient"),
        (b"[]", OPTIONS, "another_recipient"),
        (b"\xff", OPTIONS, "another_recipient"),
    ],
)
def test_event_for_somebody_else_is_refused(body: bytes, options: Options, reason: str) -> None:
    """Adobe signs for all its customers: genuine and meant for us are two questions."""
    with pytest.raises(InvalidSignature) as caught:
        verify(body, {"x-adobe-digital-signature-1": signature(body)}, options=options)

    assert reason == caught.value.reason


def test_recipient_in_its_other_spelling() -> None:
    """The recipient is documented without underscores as well."""
    document = json.loads(NEW)
    document["recipientclientid"] = document.pop("recipient_client_id")
    body = json.dumps(document).encode()

    verify(body, {"x-adobe-digital-signature-1": signature(body)})


def test_sign_makes_what_verify_accepts() -> None:
    """A sample that is signed for a trial passes with the same text as secret."""
    private = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    signed = adobe_commerce.sign(
        NEW, private, topic=TOPIC, webhook_id="event-00001", sent_at=source_calls.RECEIVED_AT, options=OPTIONS
    )
    push = source_calls.push(signed.body, signed.headers)

    adobe_commerce.verify(push, [private], OPTIONS)
    assert adobe_commerce.identify(push, OPTIONS) == Webhook(TOPIC, "event-00001", "000000012")


# --- which order ----------------------------------------------------------------------------------


def test_order_of_an_event() -> None:
    """The order's number is the key; Adobe's id of the event stays the same when it tries again."""
    found = source_calls.identify(adobe_commerce, NEW, {"x-adobe-event-id": "6f2d8c1e-event"})

    assert found == Webhook(TOPIC, "6f2d8c1e-event", "000000012")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (event(type="com.adobe.commerce.observer.catalog_product_save_after"), "topic"),
        (event(data={"value": {"ext_order_id": ""}}), "partial_save"),
        (event(data=None), "partial_save"),
    ],
)
def test_event_that_leads_to_nothing(body: bytes, reason: str) -> None:
    """Other events, and saves of a few fields, are answered 200: Adobe switches off who answers otherwise."""
    assert source_calls.identify(adobe_commerce, body, {}) == Ignored(reason)
    assert adobe_commerce.parse(Payload(body, TOPIC, source_calls.RECEIVED_AT), OPTIONS) == Ignored(reason)


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff", b"[]", event(type=None), event(type=7), order(increment_id=12), order(increment_id="1/2")],
)
def test_event_that_cannot_be_read(body: bytes) -> None:
    """What is not the documented event is refused as malformed."""
    with pytest.raises(MalformedWebhook):
        source_calls.identify(adobe_commerce, body, {})
