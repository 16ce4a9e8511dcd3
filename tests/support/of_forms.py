"""What the tests of the form services share."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from tests.support import source_calls

from bridge import sources
from bridge.connections.model import Connection
from bridge.connections.parse import parse_connection
from bridge.model import Ignored, Order
from bridge.sources import Options, Payload, Push, Webhook

SAMPLES = Path(__file__).parents[2] / "events/webhooks"
SIGNING = ("typeform", "tally")
SHOWING = ("fillout", "form", "google-forms", "gravity-forms", "jotform")
FORMS = (*SIGNING, *SHOWING)
SECRET = "a secret of the shop's own choice"
AT = source_calls.RECEIVED_AT


def connection(name: str) -> Connection:
    """Return the connection that lies beside a source's samples."""
    return parse_connection(name, (SAMPLES / name / "connection.toml").read_text(encoding="utf-8"))


def sample(name: str, file: str = "") -> bytes:
    """Return a sample's body; by default the first that is listed."""
    listed = tomllib.loads((SAMPLES / name / "samples.toml").read_text(encoding="utf-8"))
    return (SAMPLES / name / (file or next(iter(listed)))).read_bytes()


def pushed(name: str, body: bytes, secret: str = SECRET, options: Options | None = None) -> Push:
    """Return the push of a body as its sender would make it."""
    signed = sources.get(name).sign(
        body, secret, topic="", webhook_id="w", sent_at=AT, options=options or Options()
    )
    headers = {key.lower(): value for key, value in signed.headers.items()}
    return Push(signed.body, headers, AT, signed.path_secret)


def identify(name: str, body: bytes, options: Options | None = None) -> Webhook | Ignored:
    """Identify a body with the connection beside the samples, or with other options."""
    push = pushed(name, body)
    return sources.get(name).identify(push, options if options is not None else connection(name).options)


def known(name: str, body: bytes, options: Options | None = None) -> Webhook:
    """Identify a body that is an order."""
    found = identify(name, body, options)
    assert isinstance(found, Webhook)
    return found


def parse(name: str, body: bytes, options: Options | None = None) -> Order | Ignored:
    """Do what the worker does with a body."""
    push = pushed(name, body)
    payload = Payload(body, "", AT, push.content_type)
    return source_calls.read_order(
        name, payload, options if options is not None else connection(name).options
    )


def order(name: str, body: bytes, options: Options | None = None) -> Order:
    """Do what the worker does with a body that is an order."""
    found = parse(name, body, options)
    assert isinstance(found, Order)
    return found


def form(settings: Mapping[str, str] | None = None, **fields: str) -> Options:
    """Return options."""
    return Options(fields=fields, settings=settings or {})
