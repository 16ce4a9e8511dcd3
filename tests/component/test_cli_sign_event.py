from __future__ import annotations

import base64
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.support import source_calls

from bridge import sources
from bridge.receiving.http import Request
from bridge.receiving.messages import WebhookMessage, read_message
from bridge_laptop import signing
from bridge_laptop.cli.main import main
from bridge_laptop.secrets import local_defaults, secrets_from_environment

BODY = Path(__file__).parents[2] / "events" / "webhooks" / "shopify" / "order-typical.json"


def read(text: str) -> WebhookMessage:
    """Read a queue message that must be a webhook."""
    message = read_message(text)
    assert isinstance(message, WebhookMessage)
    return message


def run(*arguments: str, **environ: str) -> Result:
    """Run `bridge …`, which must succeed."""
    result = CliRunner(env=environ).invoke(main, list(arguments))
    assert 0 == result.exit_code, result.output
    return result


def curl_headers(command: str) -> dict[str, str]:
    """Read the headers out of a curl command."""
    words = shlex.split(command.replace("\\\n", " "))
    pairs = [words[i + 1].split(": ", 1) for i, word in enumerate(words) if word == "-H"]
    return {name.lower(): value for name, value in pairs}


def test_shopify_known_answer():
    """The signature is base64 of the HMAC-SHA256, computed here by OpenSSL 3."""
    headers = signing.signed("shopify", b'{"id":1}', "hush", "orders/create", "w-1").headers

    assert "VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY=" == headers["X-Shopify-Hmac-Sha256"]


def test_sign_prints_curl():
    """The command is complete: address, headers with a valid signature, the file's bytes."""
    result = run("sign", "acme", str(BODY), BRIDGE_ACME_WEBHOOK_SECRET="hunter2")

    words = shlex.split(result.output.replace("\\\n", " "))
    assert ["curl", "-sS", "http://127.0.0.1:3000/webhooks/acme"] == words[:3]
    assert ["--data-binary", f"@{BODY}"] == words[-2:]
    headers = curl_headers(result.output)
    assert "orders/create" == headers["x-shopify-topic"]
    source_calls.verify(sources.get("shopify"), BODY.read_bytes(), headers, ["hunter2"])
    assert "hunter2" not in result.output


def test_sign_with_the_local_secret():
    """Without a variable the local stack's secret is used, and each webhook has an id of its own."""
    first, second = (curl_headers(run("sign", "acme", str(BODY)).output) for _ in range(2))

    source_calls.verify(sources.get("shopify"), BODY.read_bytes(), first, ["acme-webhook-secret"])
    assert first["x-shopify-webhook-id"] != second["x-shopify-webhook-id"]


def test_sign_options():
    """Topic, webhook id and address can be chosen."""
    result = run(
        "sign",
        "acme",
        str(BODY),
        "--topic",
        "orders/cancelled",
        "--webhook-id",
        "again-and-again",
        "--url",
        "https://bridge.example/",
    )

    headers = curl_headers(result.output)
    assert ("orders/cancelled", "again-and-again") == (
        headers["x-shopify-topic"],
        headers["x-shopify-webhook-id"],
    )
    assert "https://bridge.example/webhooks/acme " in result.output


@pytest.mark.parametrize(
    "url",
    [
        "https://bridge.example",
        "https://bridge.example/",
        "https://bridge.example/webhooks",
        "https://bridge.example/webhooks/",
        "https://bridge.example/webhooks/acme",
    ],
)
def test_sign_for_an_address_at_hand(url: str):
    """The stack's output WebhookUrl, or a webhook's address, is as good as the bridge's own."""
    assert (
        "curl -sS https://bridge.example/webhooks/acme "
        in run("sign", "acme", str(BODY), "--url", url).output
    )


def test_sign_for_an_unknown_connection():
    """Which sender signs is not guessed: a connection without a file needs --source, or its folder."""
    result = CliRunner().invoke(main, ["sign", "fleurs", str(BODY)])

    assert 1 == result.exit_code
    assert "there is no connections/fleurs.toml" in result.output
    assert "--source" in result.output
    assert "--connections" in result.output
    assert "X-Shopify-Topic" in run("sign", "fleurs", str(BODY), "--source", "shopify").output


def test_sign_with_a_folder_of_connections(tmp_path: Path):
    """The kind of sender is that of the connection's file, wherever it lies."""
    (tmp_path / "fleurs.toml").write_text(
        'source = "woocommerce"\ncoopcycle.url = "https://acme.coopcycle.org"\n', encoding="utf-8"
    )

    headers = curl_headers(run("sign", "fleurs", str(BODY), "--connections", str(tmp_path)).output)

    assert "x-wc-webhook-signature" in headers


def test_sign_with_a_wrong_file(tmp_path: Path):
    """A connection file that is wrong is told by file and key."""
    file = tmp_path / "fleurs.toml"
    file.write_text('source = "shopify"\n', encoding="utf-8")

    result = CliRunner().invoke(main, ["sign", "fleurs", str(BODY), "--connections", str(tmp_path)])

    assert 1 == result.exit_code
    assert f"Error: {file}: coopcycle.url: missing" in result.output


def test_event_of_receive_webhook():
    """The event is an HTTP API event 2.0 that the receiver reads and verifies."""
    event: dict[str, Any] = json.loads(run("event", "receive_webhook", "acme", str(BODY)).output)

    assert ("2.0", "POST /webhooks/{connection_id}", "/webhooks/acme", False) == (
        event["version"],
        event["routeKey"],
        event["rawPath"],
        event["isBase64Encoded"],
    )
    request = Request.from_event(event)
    assert ("acme", BODY.read_bytes()) == (request.connection_id, request.body)
    source_calls.verify(sources.get("shopify"), request.body, request.headers, ["acme-webhook-secret"])


def test_event_of_a_body_that_is_not_text(tmp_path: Path):
    """Bytes that are not UTF-8 survive as base64."""
    body = tmp_path / "body"
    body.write_bytes(b"\xff{}")

    event = json.loads(run("event", "receive_webhook", "acme", str(body)).output)

    assert event["isBase64Encoded"] is True
    assert b"\xff{}" == base64.b64decode(event["body"])


def test_event_of_dispatch_delivery(tmp_path: Path):
    """The event is an SQS FIFO event with the message the receiver would have queued."""
    path = tmp_path / "event.json"

    run("event", "dispatch_delivery", "acme", str(BODY), "--webhook-id", "webhook-1", "-o", str(path))

    (record,) = json.loads(path.read_text(encoding="utf-8"))["Records"]
    message = read(record["body"])
    assert ("acme", "shopify", "orders/create", "webhook-1", "5940139491042", BODY.read_bytes()) == (
        message.connection_id,
        message.source,
        message.topic,
        message.webhook_id,
        message.order_id,
        message.body,
    )
    assert {
        "ApproximateReceiveCount",
        "SentTimestamp",
        "SequenceNumber",
        "MessageGroupId",
        "SenderId",
        "MessageDeduplicationId",
        "ApproximateFirstReceiveTimestamp",
    } == set(record["attributes"])
    assert "acme/5940139491042" == record["attributes"]["MessageGroupId"]
    assert record["eventSourceARN"].endswith(".fifo")


@pytest.mark.parametrize(
    ("content", "topic", "message"),
    [
        (b"{", "orders/create", "Error: the body cannot be read (not_json)\n"),
        (b"{}", "products/create", "Error: receive_webhook would ignore it (topic)\n"),
    ],
)
def test_event_that_would_not_be(tmp_path: Path, content: bytes, topic: str, message: str):
    """A webhook that would not reach the queue gives no queue event."""
    body = tmp_path / "body"
    body.write_bytes(content)

    result = CliRunner().invoke(main, ["event", "dispatch_delivery", "acme", str(body), "--topic", topic])

    assert (1, message) == (result.exit_code, result.output)


def test_sign_with_a_secret_of_the_wrong_kind():
    """A sender that signs with a private key says so, where the secret is some text."""
    result = CliRunner().invoke(main, ["sign", "acme", str(BODY), "--source", "adobe-commerce"])

    assert 1 == result.exit_code
    assert "RSA private key" in result.output


def test_event_of_receive_event():
    """The event is an SQS event with the webhook as EventBridge carries it: headers, and parsed JSON."""
    event = json.loads(run("event", "receive_event", "acme", str(BODY), "--webhook-id", "webhook-1").output)

    (record,) = event["Records"]
    detail = json.loads(record["body"])["detail"]
    assert json.loads(BODY.read_bytes()) == detail["payload"]
    assert ("orders/create", "webhook-1") == (
        detail["metadata"]["X-Shopify-Topic"],
        detail["metadata"]["X-Shopify-Webhook-Id"],
    )


@pytest.mark.parametrize("command", ["sign", "event receive_webhook"])
def test_wrong_connection_id(command: str):
    """An id that no connection can have is refused before anything is signed."""
    result = CliRunner().invoke(main, [*command.split(), "Acme/..", str(BODY)])

    assert 2 == result.exit_code


def test_secrets_from_environment():
    """Variables are the id in capitals with underscores; blanks around a value are dropped."""
    environ = {
        "BRIDGE_FLEUR_DE_LYS_WEBHOOK_SECRET": " w \n",
        "BRIDGE_FLEUR_DE_LYS_CLIENT_ID": "i",
        "BRIDGE_FLEUR_DE_LYS_CLIENT_SECRET": "",
        "BRIDGE_FLEUR_CLIENT_SECRET": "of another connection",
        "BRIDGE_FLEUR_DE_LYS_SHOP_TOKEN": "t",
    }

    assert {
        "webhook-secret": "w",
        "client-id": "i",
        "shop-token": "t",
    } == secrets_from_environment("fleur-de-lys", environ)


def test_local_defaults_fit_the_sandbox():
    """The local stack's credentials are those of the sandbox's default seed."""
    defaults = local_defaults("acme")

    assert ("acme", "acme-secret") == (defaults["client-id"], defaults["client-secret"])
