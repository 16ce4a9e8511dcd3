"""Forms through both functions: from the browser's or the service's bytes to one delivery."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from tests.component.conftest import Bridge, Sandbox, webhook_event

from bridge import sources
from bridge.aws.connections import CLIENT_ID, CLIENT_SECRET, WEBHOOK_SECRET
from bridge.aws.deliveries import DeliveriesTable
from bridge.connections.parse import parse_connection
from bridge.runtime import utc_now
from bridge_laptop.secrets import local_defaults

SAMPLES = Path(__file__).parents[2] / "events" / "webhooks"
SANDBOX_CLIENT = {CLIENT_ID: "acme", CLIENT_SECRET: "acme-secret"}
FORMS = {
    "typeform": "submission.json",
    "tally": "submission.json",
    "jotform": "submission.multipart",
    "fillout": "submission.json",
    "google-forms": "response.json",
    "gravity-forms": "entry.json",
    "form": "html-form.multipart",
}


def body_of(name: str, file: str = "") -> bytes:
    """Return a sample that wishes for a day in the future, whenever the test runs."""
    body = (SAMPLES / name / (file or FORMS[name])).read_bytes()
    day = utc_now() + timedelta(days=10)
    parts = f'"month": "{day.month}", "day": "{day.day}", "year": "{day.year}"'
    for written in (b"2026-12-04", b"2026-12-03"):
        body = body.replace(written, day.date().isoformat().encode())
    return body.replace(b'"month": "12", "day": "4", "year": "2026"', parts.encode())


def connect(bridge: Bridge, sandbox: Sandbox, name: str, more: str = "") -> None:
    """Put the connection beside a source's samples in force, for the sandbox."""
    text = (SAMPLES / name / "connection.toml").read_text(encoding="utf-8")
    text = text.replace("https://acme.coopcycle.org", sandbox.url) + more
    bridge.connect(name, text, **SANDBOX_CLIENT)


def push(bridge: Bridge, name: str, body: bytes, secret: str = "") -> dict[str, Any]:
    """Post a body as its sender would."""
    options = parse_connection(name, (SAMPLES / name / "connection.toml").read_text(encoding="utf-8")).options
    secret = secret or local_defaults(name)[WEBHOOK_SECRET]
    signed = sources.get(name).sign(
        body, secret, topic="", webhook_id="w", sent_at=utc_now(), options=options
    )
    event = webhook_event(signed.body, signed.headers)
    event["pathParameters"] = {"connection_id": name, "secret": signed.path_secret}
    return bridge.receive(event)


@pytest.mark.parametrize("name", FORMS)
def test_a_submission_becomes_one_delivery(bridge: Bridge, sandbox: Sandbox, name: str) -> None:
    """A form that is sent twice is one delivery; its content type survives the queue."""
    body = body_of(name)
    connect(bridge, sandbox, name)

    answer = push(bridge, name, body)
    failed = bridge.work()
    push(bridge, name, body + (b" " if body.startswith(b"{") else b""))
    failed += bridge.work()

    order_id = json.loads(answer["body"])["order_id"]
    assert 200 == answer["statusCode"]
    assert [] == failed
    assert 1 == len(sandbox.live(f"{name}/{order_id}"))
    assert 1 == sandbox.stats()["created"]


@pytest.mark.parametrize("name", FORMS)
def test_a_stranger_is_refused(bridge: Bridge, sandbox: Sandbox, name: str) -> None:
    """Another secret, signed with or shown, is answered 401 and queues nothing."""
    connect(bridge, sandbox, name)

    answer = push(bridge, name, body_of(name), secret="guessed")

    assert 401 == answer["statusCode"]
    assert [] == bridge.receive_messages()


def test_a_submission_that_cancels_takes_the_delivery_back(bridge: Bridge, sandbox: Sandbox) -> None:
    """Three submissions about one order: made, changed, cancelled."""
    connect(bridge, sandbox, "tally")
    for file, live in (
        ("submission.json", 1),
        ("submission-changed.json", 1),
        ("submission-cancelled.json", 0),
    ):
        answer = push(bridge, "tally", body_of("tally", file))

        assert 200 == answer["statusCode"]
        assert [] == bridge.work()
        assert live == len(sandbox.live("tally/P-77"))

    assert 1 == sandbox.stats()["created"]


def test_a_field_that_is_not_there_parks_the_submission(bridge: Bridge, sandbox: Sandbox) -> None:
    """The dispatcher reads which expression found nothing, and what there is instead; no value."""
    connect(bridge, sandbox, "fillout", 'company = "answers.firma"\n')

    push(bridge, "fillout", body_of("fillout"))
    bridge.work()

    (parked,) = bridge.parked()
    assert "unmappable_order" == parked.reason
    assert 'answers.firma finds nothing: answers has no "firma", it has: ' in parked.sentence
    assert "Moreau" not in parked.sentence


def test_fields_change_what_a_shop_says(bridge: Bridge, sandbox: Sandbox) -> None:
    """[fields] of a shop are looked up in its body by the worker."""
    body = (SAMPLES / "shopify" / "order-typical.json").read_bytes()
    settings = (
        f'source = "shopify"\ntimezone = "Europe/Paris"\ncountry = "FR"\n[coopcycle]\nurl = "{sandbox.url}"\n'
        "[fields]\nname = \"join(' ', [name, shipping_address.name])\"\n"
    )
    bridge.connect("acme", settings)

    bridge.push(body)
    assert [] == bridge.work()

    table = DeliveriesTable(boto3.client("dynamodb"), bridge.names["DeliveriesTable"])
    record = table.load("acme", str(json.loads(body)["id"]))
    assert record is not None
    assert "#1042 Camille Moreau" == json.loads(record.sent)["dropoff"]["address"]["contactName"]
