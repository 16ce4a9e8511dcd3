"""The sources for forms: who may post, which submission it is, and the answers in our words."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import source_calls

from bridge import sources
from bridge.connections.model import Connection
from bridge.connections.parse import parse_connection
from bridge.errors import BridgeError, InvalidConnection, InvalidSignature, MalformedWebhook, UnmappableOrder
from bridge.model import Ignored, Order, OrderItem, PostalAddress, TimeWindow, TimeWish
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


def changed(name: str, change: Any) -> bytes:
    """Return a JSON sample after a change."""
    body = json.loads(sample(name))
    change(body)
    return json.dumps(body).encode()


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


# --- who may post: signatures ---------------------------------------------------------------------

HEADERS = {"typeform": "typeform-signature", "tally": "tally-signature"}
PREFIXES = {"typeform": "sha256=", "tally": ""}


def signature(name: str, body: bytes, secret: str = SECRET) -> str:
    """Sign as the documentation's own example does, with nothing of the code under test."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return PREFIXES[name] + base64.b64encode(digest).decode()


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


# --- answers --------------------------------------------------------------------------------------

RIVOLI = PostalAddress("48 rue de Rivoli", "3e étage, code 4B12", "75004", "Paris")
FLOWERS = (OrderItem("Bouquet d'automne", 1), OrderItem("Couronne", 1))


def test_typeform_answers_are_found_by_reference() -> None:
    """References that the owner sets, hidden fields, choices by their labels; our own names need no line."""
    found = order("typeform", sample("typeform"))

    assert RIVOLI == found.address
    assert ("Camille Moreau", ("+33612345678",)) == (found.recipient_name, found.phones)
    assert "Sonner chez la gardienne" == found.note
    assert FLOWERS == found.items
    assert "F-1042" == found.name
    assert TimeWish(date="2026-12-04", time="14:00 - 16:00", path="answers.day, answers.slot") == found.wish
    assert datetime(2026, 11, 23, 8, 59, 31, tzinfo=UTC) == found.updated_at
    assert "answers.address_line" == found.paths["address.line1"]


def test_a_question_that_was_skipped_is_no_mistake() -> None:
    """Typeform leaves unanswered questions out; an expression that names one finds nothing."""
    found = order("typeform", sample("typeform", "submission-few-answers.json"))

    assert (None, (), "") == (found.wish, found.items, found.address.line2)


def test_a_question_that_does_not_exist_is_a_mistake() -> None:
    """A reference with a typing error is told from an unanswered question, with those there are."""
    options = form(phone="answers.telephone")

    with pytest.raises(UnmappableOrder) as caught:
        parse("typeform", sample("typeform"), options)

    assert 'answers has no "telephone", it has: recipient, address_line,' in str(caught.value)
    assert "Moreau" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"type": "text", "text": "x"}, "x"),
        ({"type": "number", "number": 3}, 3),
        ({"type": "boolean", "boolean": False}, False),
        ({"type": "url", "url": "https://example.com"}, "https://example.com"),
        ({"type": "choice", "choice": {"label": "A"}}, "A"),
        ({"type": "choice", "choice": {"other": "B"}}, "B"),
        ({"type": "choice", "choice": {}}, None),
        ({"type": "choices", "choices": {"labels": ["A", "B"]}}, ["A", "B"]),
        ({"type": "choices", "choices": {"labels": ["A"], "other": "C"}}, ["A", "C"]),
        ({"type": "choices", "choices": {"other": "C"}}, ["C"]),
        ({"type": "choices", "choices": []}, []),
        ({"type": "new", "new": {"x": 1}}, {"x": 1}),
        ({"type": "text"}, None),
        ({}, None),
    ],
)
def test_typeform_values_by_type(answer: dict[str, object], expected: object) -> None:
    """The value stands under the name of its type; of choices the labels count."""
    response = {"answers": [{**answer, "field": {"id": "i", "ref": "r"}}], "token": "t"}
    body = json.dumps({"event_type": "form_response", "form_response": response}).encode()
    document = sources.get("typeform").document(Payload(body, "", AT))

    assert {"r": expected} == document["answers"]


def test_typeform_without_references_has_its_ids() -> None:
    """A question without a reference is found by Typeform's id, or by its text."""
    field = {"id": "JwWggjAKtOkA", "title": "Your name?"}
    response = {
        "definition": {"fields": [field]},
        "answers": [{"type": "text", "text": "Ana", "field": field}],
    }
    body = json.dumps({"event_type": "form_response", "form_response": response}).encode()
    document = sources.get("typeform").document(Payload(body, "", AT))

    assert {"JwWggjAKtOkA": "Ana"} == document["answers"]
    assert {"Your name?": "Ana"} == document["labels"]


def test_tally_choices_have_their_texts() -> None:
    """Options come as ids; the courier reads what the customer read."""
    found = order("tally", sample("tally"))

    assert PostalAddress("12 rue des Fleurs", "", "75011", "Paris") == found.address
    assert (OrderItem("Panier légumes", 1), OrderItem("Œufs", 1)) == found.items
    assert found.wish is not None
    assert ("2026-12-03", "16:00 - 18:00") == (found.wish.date, found.wish.time)
    assert ("+33612345678",) == found.phones


def test_tally_changes_and_cancels_by_the_hidden_order_number() -> None:
    """Three submissions, three ids of Tally's, one order."""
    files = ("submission.json", "submission-changed.json", "submission-cancelled.json")
    webhooks = [known("tally", sample("tally", file)) for file in files]

    assert {"P-77"} == {webhook.order_id for webhook in webhooks}
    assert 3 == len({webhook.webhook_id for webhook in webhooks})
    cancelled = parse("tally", sample("tally", files[2]))
    assert isinstance(cancelled, Ignored)
    assert ("cancelled", True, "P-77") == (cancelled.reason, cancelled.retracts, cancelled.order_id)


def test_an_option_that_tally_does_not_explain_stays_as_it_is() -> None:
    """What people write into "other" has no option; nothing is lost."""
    field = {"key": "k", "value": ["o1", "own words", 7], "options": [{"id": "o1", "text": "One"}]}
    body = json.dumps({"eventType": "FORM_RESPONSE", "data": {"fields": [field]}}).encode()
    document = sources.get("tally").document(Payload(body, "", AT))

    assert {"k": ["One", "own words", 7]} == document["answers"]


def test_jotform_parts_become_one_order() -> None:
    """Names, addresses, phones, dates and times come in parts, as JSON inside multipart."""
    found = order("jotform", sample("jotform"))

    assert replace(RIVOLI, country="France", state="Île-de-France") == found.address
    assert ("Camille Moreau", ("06 12 34 56 78",)) == (found.recipient_name, found.phones)
    assert FLOWERS == found.items
    assert TimeWish(date="2026-12-04", time="14:00", path="answers.date, answers.time") == found.wish
    assert "Commande de fleurs 018472" == found.name
    assert AT == found.updated_at


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"area": "06", "phone": "12345678"}, "06 12345678"),
        ({"area": "", "phone": "12345678"}, "12345678"),
        ({"full": "(06) 1234"}, "(06) 1234"),
        ({"full": ""}, ""),
        ({"day": "4", "month": "1", "year": "2026"}, "2026-01-04"),
        ({"day": 4, "month": 12, "year": 2026, "hour": "2", "min": "30", "ampm": "PM"}, "2026-12-04 2:30 PM"),
        ({"day": "", "month": "", "year": ""}, ""),
        ({"day": "4", "month": "", "year": "2026"}, ""),
        ({"timeInput": "02:30", "hourSelect": "02", "minuteSelect": "30", "ampm": "PM"}, "02:30 PM"),
        ({"hourSelect": "14", "minuteSelect": ""}, "14:00"),
        ({"timeInput": "", "hourSelect": ""}, ""),
        ({"first": "A", "last": "B"}, {"first": "A", "last": "B"}),
        ({"date": "2026-12-04 14:00", "duration": "60"}, "2026-12-04T14:00/2026-12-04T15:00"),
        ("text", "text"),
        (["A"], ["A"]),
        (None, None),
        ({"phone": {"x": 1}, "area": None}, ""),
    ],
)
def test_jotform_values_by_their_parts(value: object, expected: object) -> None:
    """Phones, dates and times become texts, names and addresses stay objects."""
    raw = json.dumps({"q3_some": value, "slug": "x", "q3": 1, "qx_y": 1})
    quoted = "".join(f"%{byte:02X}" for byte in raw.encode()).encode()
    body = b"submissionID=1&rawRequest=" + quoted
    document = sources.get("jotform").document(Payload(body, "", AT))

    assert {"q3_some": expected, "some": expected} == document["answers"]


def test_fillout_questions_are_found_by_id_and_text() -> None:
    """An address comes as an object; an edited submission has a later time."""
    found = order("fillout", sample("fillout"))
    edited = order("fillout", sample("fillout", "submission-edited.json"))

    address = PostalAddress("48 rue de Rivoli", "", "75004", "Paris", "France", state="Île-de-France")
    assert address == found.address
    assert (OrderItem("Végétarien", 1), OrderItem("Poisson", 1)) == found.items
    assert ("Camille Moreau", ("+33612345678",)) == (found.recipient_name, found.phones)
    assert (found.order_id, True) == (edited.order_id, edited.updated_at > found.updated_at)
    assert "50 rue de Rivoli" == edited.address.line1


def test_fillout_may_send_the_submission_bare() -> None:
    """The webhook made by the API posts the submission itself, without the form around it."""
    found = order("fillout", sample("fillout", "submission-of-the-api.json"))

    assert "48 rue de Rivoli" == found.address.line1


def test_entities_of_wordpress_are_decoded_in_gravity_forms() -> None:
    """An entry's texts come out of WordPress: "7 rue de l&#8217;Église"."""
    entry = {"id": "1", "1": "7 rue de l&#8217;Église", "2": "Lyon", "3": "R&D &amp; fils"}
    fields = {"line1": '"1"', "city": '"2"', "company": '"3"'}

    found = order("gravity-forms", json.dumps(entry).encode(), Options(fields=fields))

    assert ("7 rue de l’Église", "R&D & fils") == (found.address.line1, found.company)


def test_gravity_forms_fields_are_found_by_number_or_name() -> None:
    """All fields come under numbers, selected ones under names of the owner's choice: ours need no line."""
    found = order("gravity-forms", sample("gravity-forms"))
    selected = order("gravity-forms", sample("gravity-forms", "entry-selected-fields.urlencoded"), Options())

    assert replace(RIVOLI, country="France") == found.address
    assert FLOWERS == found.items
    assert ("Camille Moreau", "8213") == (found.recipient_name, found.order_id)
    assert PostalAddress("48 rue de Rivoli", "", "75004", "Paris") == selected.address
    assert ("Camille Moreau", ("+33612345678",)) == (selected.recipient_name, selected.phones)


def test_google_forms_questions_are_found_by_id_and_text() -> None:
    """Titles that are our own names need no line; an edited response is the same order."""
    found = order("google-forms", sample("google-forms"))
    edited = order("google-forms", sample("google-forms", "response-edited.json"))

    assert PostalAddress("48 rue de Rivoli", "", "75004", "Paris") == found.address
    assert ("06 12 34 56 78",) == found.phones
    assert (OrderItem("Pain de campagne", 1), OrderItem("Brioche", 1)) == found.items
    assert found.order_id == edited.order_id
    assert ("Interphone 12", "50 rue de Rivoli") == (edited.note, edited.address.line1)
    assert edited.updated_at > found.updated_at


@pytest.mark.parametrize("file", ["html-form.urlencoded", "html-form.multipart"])
def test_an_html_form_with_our_names_needs_no_fields(file: str) -> None:
    """Both ways in which browsers post give the same order."""
    found = order("form", sample("form", file))

    assert PostalAddress("48 rue de Rivoli", "", "75004", "Paris") == found.address
    assert FLOWERS == found.items
    assert "3e étage,\r\nsonner chez la gardienne" == found.note
    assert TimeWish(date="2026-12-04", time="14:00 - 16:00", path="date, time") == found.wish


def test_json_may_say_everything() -> None:
    """Instants, coordinates, weights and tags come as they are."""
    found = order("form", sample("form", "json.json"))

    assert found.wish is not None
    assert (
        TimeWindow(datetime(2026, 12, 4, 13, tzinfo=UTC), datetime(2026, 12, 4, 15, tzinfo=UTC))
        == found.wish.window
    )
    assert found.address.coordinates is not None
    grams = sum(item.weight_grams * item.quantity for item in found.items)
    assert (1800, ("fragile",), "#1042") == (grams, found.tags, found.name)
    assert datetime(2026, 11, 23, 8, tzinfo=UTC) == found.updated_at


def test_without_a_time_of_its_own_a_submission_has_that_of_its_arrival() -> None:
    """A later submission for the same order is the newer one."""
    body = b"order_id=1&address=1+rue+A%2C+75001+Paris"
    source = sources.get("form")
    later = AT.replace(hour=12)
    first = source.parse(Payload(body, "submission", AT), Options())
    second = source.parse(Payload(body, "submission", later), Options())

    assert (AT, later) == (first.updated_at, second.updated_at)


def test_two_questions_with_one_text_give_the_one_that_was_answered() -> None:
    """Forms with branches ask the same thing in two places."""
    items = [
        {"id": 1, "title": "Address", "answer": None},
        {"id": 2, "title": "Address", "answer": "1 rue A, 75001 Paris"},
        {"id": 3, "title": "Address", "answer": "2 rue B, 75002 Paris"},
    ]
    body = json.dumps({"response_id": "r", "items": items}).encode()

    assert "1 rue A" == order("google-forms", body, Options()).address.line1


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


# --- anything at all ------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(value: object) -> list[tuple[Any, Any]]:
    """Return every place of a document, as its holder and its key there."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            found += [(value, key), *places(value[key])]  # type: ignore[call-overload,index]
    return found


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(FORMS), index=st.integers(0, 500), value=JSON)
def test_any_value_anywhere_is_read_or_refused(name: str, index: int, value: object) -> None:
    """A body with another type in any place is an order, ignored or an error of the taxonomy."""
    body = sample(name)
    if body.startswith(b"{"):
        document = json.loads(body)
        every = places(document)
        holder, key = every[index % len(every)]
        holder[key] = value
        body = json.dumps(document).encode()
    for options in (None, Options()):
        for step in (identify, parse):
            with contextlib.suppress(MalformedWebhook, UnmappableOrder):
                step(name, body, options)


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(FORMS), raw=st.binary(max_size=60), shown=st.text(max_size=60))
def test_any_bytes_raise_our_errors_only(name: str, raw: bytes, shown: str) -> None:
    """Whatever comes in, the answer is a value or an error of the taxonomy."""
    headers = {"x-webhook-secret": shown, "typeform-signature": shown, "tally-signature": shown}
    source = sources.get(name)
    for step in (
        lambda: source.verify(Push(raw, headers, AT, shown), [SECRET], Options()),
        lambda: source.identify(Push(raw, headers, AT), Options()),
        lambda: source.parse(Payload(raw, "", AT), Options()),
        lambda: source.document(Payload(raw, "", AT)),
    ):
        with contextlib.suppress(BridgeError):
            step()
