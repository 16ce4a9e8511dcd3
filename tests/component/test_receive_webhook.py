"""The receiver: real event, real signature, real queue."""

from __future__ import annotations

import base64
import io
import json
import logging
import subprocess
import sys
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from tests.component.conftest import BODIES, Bridge, Sandbox, settings, webhook_event

from bridge.receiving.messages import WebhookMessage, read_message
from bridge_laptop import signing

Order = Callable[..., bytes]


def read(text: str) -> WebhookMessage:
    """Read a queue message that must be a webhook."""
    message = read_message(text)
    assert isinstance(message, WebhookMessage)
    return message


def body_of(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON that the sender gets."""
    body: dict[str, Any] = json.loads(answer["body"])
    return body


def test_signed_order_is_accepted_and_queued_once(bridge: Bridge, order: Order) -> None:
    """A signed order is answered 200 accepted and waits on the queue with its raw body."""
    body = order()

    answer = bridge.push(body)

    message = read(bridge.receive_messages()[0]["Body"])
    assert answer["statusCode"] == 200
    assert body_of(answer) == {"outcome": "accepted", "order_id": message.order_id}
    assert message.body == body
    assert (message.connection_id, message.source, message.topic) == ("acme", "shopify", "orders/create")


def test_the_same_push_again_is_dropped_by_the_queue(bridge: Bridge, order: Order) -> None:
    """A repeat with the same webhook id is accepted and leaves one message, also when that was handled."""
    bridge.push(order(), webhook_id="2f6c1c1e")
    bridge.push(order(), webhook_id="2f6c1c1e")
    first = bridge.receive_messages()
    bridge.dispatch(first)
    bridge.push(order(), webhook_id="2f6c1c1e")

    assert len(first) == 1
    assert bridge.receive_messages() == []


def test_base64_body_verifies_like_text(bridge: Bridge, order: Order) -> None:
    """The HMAC is over the sender's bytes, whichever way the gateway carried them."""
    body = order()
    headers = signing.signed("shopify", body, "acme-webhook-secret", "orders/create", "w1").headers
    event = webhook_event(body, headers)
    event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}

    assert bridge.receive(event)["statusCode"] == 200


def test_header_names_in_any_case(bridge: Bridge, order: Order) -> None:
    """`sam local` keeps the sender's spelling of header names; API Gateway lowers it."""
    body = order()
    headers = signing.signed("shopify", body, "acme-webhook-secret", "orders/create", "w1").headers
    event = webhook_event(body, headers)
    event["headers"] = {name.upper(): value for name, value in headers.items()}

    assert bridge.receive(event)["statusCode"] == 200


def test_previous_secret_stays_valid(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """While a secret is rotated, what the old one signed is accepted too."""
    bridge.connect(
        "acme",
        settings(sandbox.url),
        **{"webhook-secret": "new", "webhook-secret-previous": "acme-webhook-secret"},
    )

    assert bridge.push(order())["statusCode"] == 200


def test_forgotten_secret_is_refused(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """Once the previous secret is forgotten, whoever still has it is a stranger."""
    bridge.connect("acme", settings(sandbox.url), **{"webhook-secret": "new"})

    answer = bridge.push(order())

    assert 401 == answer["statusCode"]
    assert [] == bridge.receive_messages()


@pytest.mark.parametrize(
    "signature",
    [None, "", "=", "not base64!", "é" * 44, "A" * 44, "AAAA", base64.b64encode(b"\0" * 32).decode(), "\0"],
)
def test_wrong_signature_is_401(bridge: Bridge, order: Order, signature: str | None) -> None:
    """Missing, malformed, non-ASCII or wrong: 401, nothing queued, and no hint which it was."""
    body = order()
    headers = signing.signed("shopify", body, "acme-webhook-secret", "orders/create", "w1").headers
    if signature is None:
        del headers["X-Shopify-Hmac-Sha256"]
    else:
        headers["X-Shopify-Hmac-Sha256"] = signature

    answer = bridge.receive(webhook_event(body, headers))

    assert answer["statusCode"] == 401
    assert body_of(answer) == {"outcome": "rejected", "error": "invalid_signature"}
    assert bridge.receive_messages() == []


def test_signature_of_another_connection_is_401(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """A secret opens its own connection and no other."""
    bridge.connect("acme2", settings(sandbox.url))
    body = order()
    headers = signing.signed("shopify", body, "acme2-webhook-secret", "orders/create", "w1").headers

    assert bridge.receive(webhook_event(body, headers))["statusCode"] == 401


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"\xff\xfe\x00", "malformed_webhook"),
        (b"{", "malformed_webhook"),
        (b"", "malformed_webhook"),
        (b"[]", "malformed_webhook"),
        (b'"text"', "malformed_webhook"),
        (b"{}", "malformed_webhook"),
        (b'{"id": true}', "malformed_webhook"),
        (b'{"id": ' + b"9" * 5000 + b"}", "malformed_webhook"),
        (b"[" * 100_000, "malformed_webhook"),
        (b'{"id": {"a": 1}}', "malformed_webhook"),
    ],
    ids=lambda value: value[:12] if isinstance(value, bytes) else value,
)
def test_signed_but_unreadable_is_400(bridge: Bridge, body: bytes, code: str) -> None:
    """What cannot be read is answered 400, whoever signed it."""
    answer = bridge.push(body)

    assert answer["statusCode"] == 400
    assert body_of(answer)["error"] == code


@pytest.mark.parametrize("connection_id", ["nobody", "", "../acme", "ACME", "a" * 200, "acme/settings"])
def test_unknown_connection_is_404(bridge: Bridge, order: Order, connection_id: str) -> None:
    """An id that is not configured is answered 404, whatever it looks like."""
    body = order()
    headers = signing.signed("shopify", body, "acme-webhook-secret", "orders/create", "w1").headers

    answer = bridge.receive(webhook_event(body, headers, connection_id))

    assert answer["statusCode"] == 404


def test_topic_that_we_do_not_follow_is_ignored(bridge: Bridge, order: Order) -> None:
    """A signed webhook of another topic is answered 200 ignored and not queued."""
    answer = bridge.push(order(), topic="products/update")

    assert answer["statusCode"] == 200
    assert body_of(answer)["outcome"] == "ignored"
    assert bridge.receive_messages() == []


def test_topics_are_the_connections_choice(bridge: Bridge, sandbox: Sandbox, order: Order) -> None:
    """A connection may follow fewer topics than its source knows."""
    bridge.connect("acme", settings(sandbox.url, '[orders]\ntopics = ["orders/paid"]'))

    answer = bridge.push(order(), topic="orders/create")

    assert body_of(answer) == {
        "outcome": "ignored",
        "reason": "topic_not_followed",
        "order_id": body_of(answer)["order_id"],
    }


def test_large_order_is_compressed_into_one_message(bridge: Bridge, order: Order) -> None:
    """An order of 1.5 MB, as hundreds of lines make it, still fits a queue message."""
    line = json.loads(order())["line_items"][0]
    lines = [
        line | {"id": number, "sku": f"SKU-{number}"} for number in range(1_500_000 // len(json.dumps(line)))
    ]
    body = order(line_items=lines)
    assert len(body) > 1_400_000

    answer = bridge.push(body)

    assert answer["statusCode"] == 200
    assert read(bridge.receive_messages()[0]["Body"]).body == body


def test_body_that_does_not_fit_is_413(bridge: Bridge, order: Order) -> None:
    """What cannot be compressed into a message is refused before anything is stored."""
    import random

    noise = random.Random(1).randbytes(1_200_000).hex()

    answer = bridge.push(order(note=noise))

    assert answer["statusCode"] == 413
    assert bridge.receive_messages() == []


def test_failing_queue_is_an_error_so_that_the_sender_retries(
    bridge: Bridge, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the message cannot be stored the function fails (a 5xx), never a 200."""
    monkeypatch.setenv("WEBHOOKS_QUEUE_URL", bridge.names["WebhooksQueue"].replace("WebhooksQueue", "Gone"))

    with pytest.raises(Exception, match="AccessDenied"):
        bridge.push(order())


def test_nothing_personal_is_logged(bridge: Bridge, order: Order) -> None:
    """Log lines carry ids and outcomes: no body, no name, no phone, no secret, no signature."""
    from bridge.telemetry import logger

    log = io.StringIO()
    handler = logging.StreamHandler(log)
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    body = order()
    fields = json.loads(body)
    bridge.push(body)
    bridge.push(body, **{"X-Shopify-Hmac-Sha256": "AAAA"})
    bridge.work()
    logger._logger.removeHandler(handler)
    written = log.getvalue()

    assert "accepted" in written
    for secret in (
        "acme-webhook-secret",
        "acme-secret",
        fields["email"],
        fields["shipping_address"]["address1"],
        fields["shipping_address"]["last_name"],
        fields["shipping_address"]["phone"],
    ):
        assert secret not in written


def test_decompression_is_bounded() -> None:
    """A message whose body would unpack to more than a Lambda could have received is not unpacked whole."""
    bomb = base64.b64encode(zlib.compress(b"0" * 50_000_000)).decode()
    text = json.dumps(
        {
            "version": 1,
            "connection_id": "acme",
            "source": "shopify",
            "topic": "t",
            "webhook_id": "w",
            "order_id": "1",
            "received_at": "2026-11-23T10:00:00+00:00",
            "body": bomb,
        }
    )

    assert len(read(text).body) <= 6 * 1024 * 1024


def test_import_budget_of_the_receiver() -> None:
    """The function on which a sender waits imports nothing it does not need."""
    code = (
        "import sys; from functions.receive_webhook import app;"
        "print(sorted({'pydantic', 'requests', 'phonenumbers', 'bridge.planning.mapping',"
        " 'bridge.dispatching.dispatcher', 'bridge_laptop'} & set(sys.modules)))"
    )

    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=BODIES.parents[2]
    ).stdout

    assert printed.strip() == "[]"
