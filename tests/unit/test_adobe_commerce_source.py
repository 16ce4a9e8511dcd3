"""The Adobe Commerce source: trial call, signature and recipient, and the order in our words."""

from __future__ import annotations

import base64
import contextlib
import copy
import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import source_calls

from bridge import sources
from bridge.errors import BridgeError, InvalidConnection, InvalidSignature, MalformedWebhook, UnmappableOrder
from bridge.model import Ignored, Order, OrderItem, PostalAddress
from bridge.sources import Options, Payload, Push, Webhook

adobe_commerce = sources.get("adobe-commerce")

FOLDER = Path(__file__).parents[2] / "events" / "webhooks" / "adobe-commerce"
NEW = (FOLDER / "order-new.json").read_bytes()
RECIPIENT = "a1b2c3d4e5f64a7b8c9d0e1f2a3b4c5d"
OPTIONS = Options(settings={"recipient": RECIPIENT, "weight_unit": "kg"})
TOPIC = "observer.sales_order_save_commit_after"
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


def order(**changes: object) -> bytes:
    """Return the sample's event with some fields of the order changed."""
    document = json.loads(NEW)
    document["data"]["value"].update(changes)
    return json.dumps(document).encode()


def parse(options: Options = OPTIONS, **changes: object) -> Order | Ignored:
    """Parse the sample with some fields of the order changed."""
    return adobe_commerce.parse(Payload(order(**changes), TOPIC, source_calls.RECEIVED_AT), options)


def item(**changes: object) -> dict[str, Any]:
    """Return the sample's first line with some fields changed."""
    return {**json.loads(NEW)["data"]["value"]["items"][0], **changes}


# --- trial call and signature -------------------------------------------------------------------


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


# --- which order --------------------------------------------------------------------------------


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


# --- the order ----------------------------------------------------------------------------------


def test_whole_order() -> None:
    """Every field a delivery needs; parts of a configurable product and virtual lines are not carried."""
    found = parse()

    assert found == Order(
        order_id="000000012",
        name="#000000012",
        updated_at=datetime(2026, 11, 23, 9, 12, 8, tzinfo=UTC),
        created_at=datetime(2026, 11, 23, 9, 12, 8, tzinfo=UTC),
        address=PostalAddress(
            line1="12 rue de la Roquette",
            line2="3e étage, code B42",
            postcode="75011",
            city="Paris",
            country_code="FR",
            state="75",
        ),
        recipient_name="Camille Moreau",
        company="Atelier Moreau",
        phones=("06 12 34 56 78",),
        note="Sonner deux fois",
        items=(OrderItem("Bouquet d'automne", 2, sku="BQT-L", weight_grams=1250),),
        shipping_methods=("Livraison à vélo - Jour même",),
        paid=False,
    )


@pytest.mark.parametrize(
    ("street", "lines"),
    [
        ("1 quai\nBâtiment C\n2e", ("1 quai", "Bâtiment C, 2e")),
        (["1 quai"], ("1 quai", "")),
        ([" ", "1 quai", 7], ("1 quai", "")),
        (None, ("", "")),
    ],
)
def test_street_as_text_or_list(street: object, lines: tuple[str, str]) -> None:
    """Commerce gives the street's lines as a list, or as one text."""
    addresses = copy.deepcopy(json.loads(NEW)["data"]["value"]["addresses"])
    addresses[1]["street"] = street

    found = parse(addresses=addresses)

    assert isinstance(found, Order)
    assert lines == (found.address.line1, found.address.line2)


@pytest.mark.parametrize(
    ("changes", "quantity"),
    [
        ({"qty_ordered": "3.0000"}, 3),
        ({"qty_ordered": 3, "qty_canceled": 1, "qty_refunded": "1.0000"}, 1),
        ({"qty_ordered": 1.5}, 2),
        ({"parent_item_id": "0"}, 2),
        ({"is_virtual": "0"}, 2),
    ],
)
def test_quantity(changes: dict[str, Any], quantity: int) -> None:
    """Numbers may be texts; what was cancelled or refunded is not carried; half a piece is a piece."""
    found = parse(items=[item(**changes)])

    assert isinstance(found, Order)
    assert quantity == found.items[0].quantity


@pytest.mark.parametrize(
    ("unit", "grams"), [({"weight_unit": "lb"}, 567), ({"weight_unit": "kg"}, 1250), ({}, 0)]
)
def test_weight_is_in_the_shops_unit(unit: dict[str, str], grams: int) -> None:
    """The unit is a setting of the shop; nothing is guessed without it."""
    found = parse(Options(settings={"recipient": RECIPIENT, **unit}))

    assert isinstance(found, Order)
    assert grams == found.items[0].weight_grams


def test_unknown_weight_unit_is_named() -> None:
    """A unit that does not exist is the connection's fault."""
    with pytest.raises(InvalidConnection, match=r"sender\.weight_unit"):
        parse(Options(settings={"recipient": RECIPIENT, "weight_unit": "stone"}))


@pytest.mark.parametrize(
    ("changes", "paid"),
    [
        ({"total_paid": 96.9}, True),
        ({"total_paid": "96.9000", "grand_total": "96.9000"}, True),
        ({"total_paid": 50}, False),
        ({"total_paid": None}, False),
    ],
)
def test_paid(changes: dict[str, Any], paid: bool) -> None:
    """An order is paid when all of it is."""
    found = parse(**changes)

    assert isinstance(found, Order)
    assert found.paid is paid


@pytest.mark.parametrize(
    ("changes", "reason", "retracts"),
    [
        ({"state": "canceled"}, "cancelled", True),
        ({"state": "closed"}, "refunded", True),
        ({"items": []}, "nothing_to_ship", True),
        ({"items": [item(is_virtual=1)]}, "nothing_to_ship", True),
        ({"items": [item(qty_refunded=2)]}, "nothing_to_ship", True),
        ({"state": "holded"}, "on_hold", False),
        ({"state": "complete"}, "already_fulfilled", False),
    ],
)
def test_order_without_a_delivery(changes: dict[str, Any], reason: str, retracts: bool) -> None:
    """States that need no delivery, and whether an existing one is to go."""
    found = parse(**changes)

    assert isinstance(found, Ignored)
    assert (reason, retracts, "000000012") == (found.reason, found.retracts, found.order_id)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"addresses": []}, "addresses"),
        ({"addresses": "x"}, "addresses"),
        ({"items": [item(qty_ordered=None)]}, "items[0].qty_ordered"),
        ({"items": [item(qty_ordered=10**9)]}, "items[0].qty_ordered"),
        ({"updated_at": None}, "updated_at"),
        ({"updated_at": "today"}, "updated_at"),
        ({"created_at": "2026-13-45 99:00:00"}, "created_at"),
        ({"state": 7}, "state"),
    ],
)
def test_wrong_field_is_named(changes: dict[str, Any], field: str) -> None:
    """A field that is missing from the subscription or has the wrong type is named as Commerce names it."""
    with pytest.raises(UnmappableOrder) as caught:
        parse(**changes)

    assert field == caught.value.field


def test_samples_are_what_they_are_said_to_be() -> None:
    """Each sample ends as samples.toml says."""
    for name, sample in tomllib.loads((FOLDER / "samples.toml").read_text()).items():
        payload = Payload((FOLDER / name).read_bytes(), sample["topic"], source_calls.RECEIVED_AT)
        try:
            found = adobe_commerce.parse(payload, OPTIONS)
            said = "delivery" if isinstance(found, Order) else f"ignored: {found.reason}"
        except BridgeError as error:
            said = f"error: {error.code}"

        assert sample["expect"] == said, name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(field=st.sampled_from(sorted(json.loads(NEW)["data"]["value"])), value=JSON)
def test_any_value_anywhere_raises_only_ours(field: str, value: object) -> None:
    """A hostile order ends in the taxonomy, and in nothing else."""
    with contextlib.suppress(BridgeError):
        parse(**{field: value})


@settings(max_examples=200, deadline=None)
@given(field=st.sampled_from(sorted(item())), value=JSON)
def test_any_value_in_a_line_raises_only_ours(field: str, value: object) -> None:
    """Likewise in a line of the order."""
    with contextlib.suppress(BridgeError):
        parse(items=[item(**{field: value})])
