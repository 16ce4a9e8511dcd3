"""Forms: who may post, which submission is which order, and what the connection may say of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from tests.support import source_calls
from tests.support.of_forms import (
    AT,
    FORMS,
    SECRET,
    SHOWING,
    SIGNING,
    form,
    identify,
    known,
    order,
    parse,
    pushed,
    sample,
)

from bridge import sources
from bridge.connections.parse import parse_connection
from bridge.errors import InvalidConnection, InvalidSignature, MalformedWebhook, UnmappableOrder
from bridge.model import Ignored
from bridge.sources import Options, Push, Webhook


def changed(name: str, change: Any) -> bytes:
    """Return a JSON sample after a change."""
    body = json.loads(sample(name))
    change(body)
    return json.dumps(body).encode()


HEADERS = {"typeform": "typeform-signature", "tally": "tally-signature"}
PREFIXES = {"typeform": "sha256=", "tally": ""}


def signature(name: str, body: bytes, secret: str = SECRET) -> str:
    """Sign as the documentation's own example does, with nothing of the code under test."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return PREFIXES[name] + base64.b64encode(digest).decode()


# --- who may post: signatures ---------------------------------------------------------------------


@pytest.mark.parametrize("name", SIGNING)
@pytest.mark.parametrize("secrets", [[SECRET], ["new", SECRET], [SECRET, "old"], ["", SECRET]], ids=str)
def test_a_signature_made_as_documented_verifies(name: str, secrets: list[str]) -> None:
    """HMAC-SHA256 of the raw body in base64, under the current or the previous secret."""
    body = b"\xff any bytes"

    source_calls.verify(sources.get(name), body, {HEADERS[name]: signature(name, body)}, secrets)


# --- who may post: a secret that is shown ---------------------------------------------------------


@pytest.mark.parametrize("name", SHOWING)
@pytest.mark.parametrize("secrets", [[SECRET], ["new", SECRET], [SECRET, "old"], ["", SECRET]], ids=str)
def test_a_secret_in_header_or_address_passes(name: str, secrets: list[str]) -> None:
    """Senders that cannot sign show the secret where they can; the current and the previous one count."""
    by_header = Push(b"", {"x-webhook-secret": SECRET}, AT)
    by_address = Push(b"", {}, AT, SECRET)
    odd = Push(b"", {"x-webhook-secret": "wrong"}, AT, SECRET)

    for push in (by_header, by_address, odd):
        sources.get(name).verify(push, secrets, Options())


@pytest.mark.parametrize("name", SHOWING)
@pytest.mark.parametrize(
    ("header", "path", "secrets", "reason"),
    [
        ("", "", [SECRET], "signature_missing"),
        ("  ", " ", [SECRET], "signature_missing"),
        ("wrong", "wrong", [SECRET], "signature_mismatch"),
        (SECRET[:-1], SECRET + " ", [SECRET], "signature_mismatch"),
        (SECRET.upper(), "", [SECRET], "signature_mismatch"),
        ("é\ud800", "\x00", [SECRET], "signature_mismatch"),
        (SECRET, SECRET, [], "no_secret"),
        (SECRET, SECRET, ["", "  "], "no_secret"),
        ("", "", [""], "no_secret"),
        (" ", " ", [" "], "no_secret"),
    ],
)
def test_another_secret_is_refused(
    name: str, header: str, path: str, secrets: list[str], reason: str
) -> None:
    """A blank secret never matches, whatever is shown."""
    with pytest.raises(InvalidSignature) as caught:
        sources.get(name).verify(Push(b"", {"x-webhook-secret": header}, AT, path), secrets, Options())

    assert reason == caught.value.reason


@pytest.mark.parametrize("name", FORMS)
def test_a_trial_push_verifies(name: str) -> None:
    """What ``bridge sign`` makes of a sample is let in, and under no other secret."""
    push = pushed(name, sample(name))

    sources.get(name).verify(push, [SECRET], Options())
    with pytest.raises(InvalidSignature):
        sources.get(name).verify(push, ["another"], Options())


# --- which submission -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "order_id"),
    [
        ("typeform", "a3a12ec67a1365927098a606107fac15"),
        ("tally", "P-77"),
        ("jotform", "6084250982513018472"),
        ("fillout", "ab9959b2-73e8-4994-85b9-56e780b89ce3"),
        ("gravity-forms", "8213"),
        ("form", "c9b1f0b2-6f0e-4b7e-9f57-0f8f6f6ad0c1"),
    ],
)
def test_the_services_own_id_is_the_order(name: str, order_id: str) -> None:
    """A submission that is sent again is the same order; receiver and worker agree on its id."""
    assert order_id == known(name, sample(name)).order_id
    assert order_id == order(name, sample(name)).order_id


def test_a_long_id_is_shortened_to_a_digest() -> None:
    """Google's ids of responses are longer than what travels in a message group: a digest stands for them."""
    given_id = json.loads(sample("google-forms"))["response_id"]

    assert (
        hashlib.sha256(given_id.encode()).hexdigest()
        == known("google-forms", sample("google-forms")).order_id
    )


@pytest.mark.parametrize(
    ("name", "webhook_id"), [("typeform", "LtWXD3crgy"), ("tally", "a4cb511e-d513-4fa5-baee-b815d718dfd1")]
)
def test_the_id_of_a_push_is_the_services(name: str, webhook_id: str) -> None:
    """Where the service numbers its events, a retry has the same number."""
    assert webhook_id == known(name, sample(name)).webhook_id


@pytest.mark.parametrize(
    ("body", "options", "expected"),
    [
        ({"order_id": 1042}, form(), "1042"),
        ({"order_id": " A-7 "}, form(), "A-7"),
        ({"order_id": 1, "ref": "A-7"}, form(order_id="ref"), "A-7"),
        ({"order_id": "Nº 7"}, form(), hashlib.sha256("Nº 7".encode()).hexdigest()),
        ({"order_id": "x" * 65}, form(), hashlib.sha256(b"x" * 65).hexdigest()),
        ({"order_id": "two words"}, form(), hashlib.sha256(b"two words").hexdigest()),
        (
            {"email": " A@Example.com ", "date": "2026-12-04"},
            form({"key_fields": "email, date"}),
            hashlib.sha256(b"a@example.com\n2026-12-04").hexdigest(),
        ),
        (
            {"mail": "a@example.com", "when": None},
            form({"key_fields": "email date"}, email="mail", date="when"),
            hashlib.sha256(b"a@example.com\n").hexdigest(),
        ),
        (
            {"address": {"line1": "1 rue A", "city": "Paris"}},
            form({"key_fields": "address"}),
            hashlib.sha256(b'{"city": "Paris", "line1": "1 rue A"}').hexdigest(),
        ),
        ({"order_id": 7, "email": "a@example.com"}, form({"key_fields": "email"}), "7"),
    ],
)
def test_the_key_of_an_order_is_chosen(body: dict[str, object], options: Options, expected: str) -> None:
    """[fields] order_id, a field of that name, or the fields that tell orders apart; always short ASCII."""
    assert expected == known("form", json.dumps(body).encode(), options).order_id


@pytest.mark.parametrize(
    ("body", "options", "field", "sentence"),
    [
        ({"name": "Camille"}, form(), "fields.order_id", "is found nowhere in this form"),
        ({"order_id": None}, form(), "fields.order_id", "or the answers that tell orders apart"),
        ({"order_id": "  "}, form(), "fields.order_id", "as [sender] key_fields"),
        ({"email": ""}, form({"key_fields": "email, date"}), "fields.order_id", "is found nowhere"),
        ({"id": 7}, form(order_id="nummer"), "fields.order_id", 'the body has no "nummer"'),
        ({"order_id": {"a": 1}}, form(), "order_id", "should be a text, but is an object"),
        ({"order_id": True}, form(), "order_id", "should be a text, but is true or false"),
        ({"email": "x"}, form({"key_fields": "email"}, email="mail"), "fields.email", "finds nothing"),
    ],
)
def test_a_submission_without_a_key_is_kept_and_says_what_is_missing(
    body: dict[str, object], options: Options, field: str, sentence: str
) -> None:
    """It is accepted under a key of its own bytes, and parked: no key, no delivery, and nothing is lost."""
    raw = json.dumps(body).encode()

    with pytest.raises(UnmappableOrder) as caught:
        parse("form", raw, options)

    assert hashlib.sha256(raw).hexdigest() == known("form", raw, options).order_id
    assert field == caught.value.field
    assert sentence in str(caught.value)


def test_fields_may_overrule_the_services_id() -> None:
    """A form that asks for the order's number: filled in again, it changes the same delivery."""
    options = form(order_id="hidden.order_ref")

    assert "F-1042" == known("typeform", sample("typeform"), options).order_id


@pytest.mark.parametrize(
    "body", [b"order_id=1&website=x", b"order_id=1&website=a&website=b", b'{"order_id": 1, "website": true}']
)
def test_what_a_robot_fills_in_is_ignored(body: bytes) -> None:
    """The field that no person sees gives it away, in the receiver and in the worker."""
    options = form({"honeypot": "website"})

    assert Ignored("honeypot") == identify("form", body, options)
    assert Ignored("honeypot") == parse("form", body, options)
    assert isinstance(identify("form", body, form()), Webhook)


def test_an_empty_trap_lets_people_through() -> None:
    """Browsers send the hidden field too, empty; a page without it is fine as well."""
    options = form({"honeypot": "website"})

    assert "1" == known("form", b"order_id=1&website=+", options).order_id
    assert "1" == known("form", b"order_id=1", options).order_id


@pytest.mark.parametrize(("name", "key"), [("typeform", "event_type"), ("tally", "eventType")])
def test_an_event_that_is_no_submission_is_ignored(name: str, key: str) -> None:
    """Partial answers and whatever comes later are none of ours."""
    for event in ("other", None, 7, []):
        body = changed(name, lambda one, event=event: one.update({key: event}))

        assert Ignored("topic") == identify(name, body)
        assert Ignored("topic") == parse(name, body)


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("typeform", b'{"event_type": "form_response"}', "form_response_missing"),
        ("tally", b'{"eventType": "FORM_RESPONSE", "data": []}', "data_missing"),
        ("fillout", b'{"submission": {"submissionId": "x"}}', "questions_missing"),
        ("google-forms", b'{"response_id": "x"}', "items_missing"),
        ("jotform", b"submissionID=1", "raw_request_missing"),
        ("jotform", b"submissionID=1&rawRequest=", "raw_request_unreadable"),
        ("jotform", b"submissionID=1&rawRequest=%5B%5D", "raw_request_unreadable"),
    ],
)
def test_a_body_of_another_shape_is_refused(name: str, body: bytes, reason: str) -> None:
    """A body that is not the service's says what it lacks."""
    for step in (identify, parse):
        with pytest.raises(MalformedWebhook) as caught:
            step(name, body, Options())
        assert reason == caught.value.reason


# --- the connection -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "sender", "problem"),
    [
        ("form", 'key_fields = "mail"', 'sender.key_fields: "mail" is no field, did you mean email?'),
        ("form", 'key_fields = "email, xyz"', 'sender.key_fields: "xyz" is no field, name fields of'),
        ("form", 'honypot = "x"', "sender.honypot: unknown key, did you mean honeypot?"),
        ("typeform", 'honeypot = "x"', "sender.honeypot: unknown key"),
        ("shopify", 'key_fields = "email"', "sender.key_fields: unknown key"),
    ],
)
def test_settings_of_forms_are_checked(source: str, sender: str, problem: str) -> None:
    """A wrong name would make every order the same, or none."""
    text = f'source = "{source}"\n[coopcycle]\nurl = "https://acme.coopcycle.org"\n[sender]\n{sender}\n'

    with pytest.raises(InvalidConnection) as caught:
        parse_connection("acme", text)

    assert any(one.startswith(problem) for one in caught.value.problems)


@pytest.mark.parametrize("name", FORMS)
def test_a_form_may_name_its_key(name: str) -> None:
    """What is refused for shops is right for forms."""
    text = f'source = "{name}"\n[coopcycle]\nurl = "https://acme.coopcycle.org"\n[fields]\norder_id = "a.b"\n'

    assert {"order_id": "a.b"} == parse_connection("acme", text).options.fields
