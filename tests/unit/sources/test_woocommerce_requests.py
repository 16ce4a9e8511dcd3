"""WooCommerce's requests: what is genuine, which order it is about, and how the order is got."""

from __future__ import annotations

import json

import pytest
from tests.support import source_calls
from tests.support.of_woocommerce import CREATED, SAMPLES, parse, woocommerce

from bridge.errors import InvalidSignature, MalformedWebhook, UnmappableOrder
from bridge.model import Ignored
from bridge.sources import Options, Push, Webhook
from bridge.sources.shared.signing import hmac_sha256_base64

SECRET = "vX9!kq2Lr7"


def headers(topic: str = "order.created", **more: str) -> dict[str, str]:
    """Return the headers of a push, lower case."""
    return {"x-wc-webhook-topic": topic, "x-wc-webhook-delivery-id": "36e520ebabc2fa72", **more}


def push(raw: bytes, method: str = "POST") -> Push:
    """Return an unsigned request."""
    return Push(
        raw, {"content-type": "application/x-www-form-urlencoded"}, source_calls.RECEIVED_AT, method=method
    )


# --- the ping -------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [b"webhook_id=1", b"webhook_id=18446744073709551615"])
def test_the_unsigned_ping_is_answered(raw: bytes) -> None:
    """When a webhook is saved its id is posted without a signature, and only a 200 will do."""
    assert woocommerce.greeting(push(raw), Options()) == ""


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"webhook_id=",
        b"webhook_id=a",
        b"webhook_id=1&id=727",
        b"webhook_id=1\n",
        b" webhook_id=1",
        "webhook_id=١".encode(),
        b"webhook_id=" + b"1" * 21,
        CREATED,
    ],
)
def test_nothing_else_is_taken_for_a_ping(raw: bytes) -> None:
    """Whatever is more than the id has to be signed."""
    assert woocommerce.greeting(push(raw), Options()) is None


def test_a_ping_is_a_post() -> None:
    """A GET is no ping, whatever its body."""
    assert woocommerce.greeting(push(b"webhook_id=1", "GET"), Options()) is None


# --- the signature --------------------------------------------------------------------------------


def test_the_published_vector_comes_out() -> None:
    """The only published vector has an empty secret: it is computed alike, and accepted nowhere.

    woocommerce/woocommerce, plugins/woocommerce/tests/legacy/unit-tests/webhooks/crud.php.
    """
    signature = "GBDo00G55h6IiV+6CxqivQPLbI//KzaOZm747971tPs="

    assert signature == hmac_sha256_base64(b"secret", b"")
    with pytest.raises(InvalidSignature) as caught:
        source_calls.verify(woocommerce, b"secret", {"x-wc-webhook-signature": signature}, [""])
    assert caught.value.reason == "no_secret"


@pytest.mark.parametrize(
    ("stored", "plain"),
    [
        ("a&amp;b&quot;c&#039;d", "a&b\"c'd"),
        ("&lt;&#060;&#60;&gt;&#62;&#0062;", "<<<>>>"),
        ("&#38;&#x26;&#X0026;&#34;&#x22;&#39;&#x27;", "&&&\"\"''"),
        ("&amp;lt;", "&lt;"),
        ("&nbsp;&#60&#x3c;&eacute;& &LT;", "&nbsp;&#60&#x3c;&eacute;& &LT;"),
        ("&#" + "0" * 5000 + "60;", "<"),
        ("plain", "plain"),
    ],
)
def test_a_secret_is_what_its_entities_stand_for(stored: str, plain: str) -> None:
    """The key is the stored secret after wp_specialchars_decode, which knows a handful of entities."""
    signed = {"x-wc-webhook-signature": hmac_sha256_base64(CREATED, plain.encode())}

    source_calls.verify(woocommerce, CREATED, signed, [stored])
    source_calls.verify(woocommerce, CREATED, signed, ["old", stored])
    if stored != plain:
        with pytest.raises(InvalidSignature):
            source_calls.verify(
                woocommerce,
                CREATED,
                {"x-wc-webhook-signature": hmac_sha256_base64(CREATED, stored.encode())},
                [stored],
            )


def test_a_signed_sample_verifies() -> None:
    """What `bridge sign` makes of a sample is what the receiver accepts, with WooCommerce's headers."""
    signed = woocommerce.sign(
        CREATED,
        SECRET,
        topic="order.created",
        webhook_id="1",
        sent_at=source_calls.RECEIVED_AT,
        options=Options(),
    )

    source_calls.verify(woocommerce, signed.body, signed.headers, [SECRET])
    assert ("order", "created") == (
        signed.headers["X-WC-Webhook-Resource"],
        signed.headers["X-WC-Webhook-Event"],
    )


# --- which order ----------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", ["order.created", "order.updated", "order.deleted", "order.restored"])
@pytest.mark.parametrize("raw", [b'{"id":727}', b'{"id":"727"}', CREATED])
def test_an_order_is_identified_by_the_signed_body(topic: str, raw: bytes) -> None:
    """The id is the body's; the push has no id, since WooCommerce's tells no two apart."""
    assert Webhook(topic, "", "727") == source_calls.identify(woocommerce, raw, headers(topic))


@pytest.mark.parametrize("topic", ["product.updated", "action.woocommerce_add_to_cart", "ORDER.CREATED"])
def test_a_topic_we_do_not_follow_is_ignored(topic: str) -> None:
    """A subscription too many is answered with 200 and leads to nothing, whatever its body."""
    assert Ignored("topic") == source_calls.identify(woocommerce, b"\xff", headers(topic))
    assert Ignored("topic") == parse(topic)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{}", "order_id_missing"),
        (b'{"code":"x","data":{}}', "order_id_missing"),
        (b'{"order":{"id":727}}', "legacy_api_version"),
        (b'{"id":true}', "order_id_malformed"),
        (b'{"id":0}', "order_id_malformed"),
        (b'{"id":727.0}', "order_id_malformed"),
        (b'{"id":"-727"}', "order_id_malformed"),
        ('{"id":"٧٢٧"}'.encode(), "order_id_malformed"),
        (b'{"id":"' + b"9" * 30 + b'"}', "order_id_malformed"),
    ],
)
def test_an_unreadable_body_has_one_way_to_fail(raw: bytes, reason: str) -> None:
    """Signed but unreadable is MalformedWebhook; the old API's shape is named, since a setting mends it."""
    with pytest.raises(MalformedWebhook) as caught:
        source_calls.identify(woocommerce, raw, headers())

    assert reason == caught.value.reason


def test_a_missing_topic_is_malformed() -> None:
    """Without a topic nobody knows what the body is."""
    with pytest.raises(MalformedWebhook, match="topic_missing"):
        source_calls.identify(woocommerce, CREATED, {})


# --- an error instead of the order ----------------------------------------------------------------


def test_the_lost_permission_of_the_webhooks_owner_is_named() -> None:
    """WooCommerce signs and sends its own error then; it is accepted, and parked with what to do.

    https://github.com/woocommerce/woocommerce/issues/26682
    """
    raw = (SAMPLES / "order-error-lost-permission.json").read_bytes()

    found = source_calls.identify(woocommerce, raw, headers("order.updated"))

    assert isinstance(found, Webhook)
    assert found.order_id == "no-order"
    with pytest.raises(UnmappableOrder, match="the user who owns the webhook lost the permission") as caught:
        source_calls.parse(woocommerce, raw, "order.updated")
    assert caught.value.field == "code"


@pytest.mark.parametrize("data", [{"status": 404}, {"status": "401"}, {"status": None}])
def test_another_error_of_the_api_is_no_order_either(data: object) -> None:
    """Any error is parked as what it is, without a guess at its cause and without its text."""
    raw = json.dumps({"code": "woocommerce_rest_shop_order_invalid_id", "data": data}).encode()

    with pytest.raises(UnmappableOrder, match=r"^code: WooCommerce sent an error \(\d+\)"):
        source_calls.parse(woocommerce, raw, "order.updated")
