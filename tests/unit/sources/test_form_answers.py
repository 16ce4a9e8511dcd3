"""Forms: what each service's answers become, and that any answer is read or refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.support.of_forms import AT, form, known, order, parse, sample

from bridge import sources
from bridge.errors import UnmappableOrder
from bridge.model import Ignored, OrderItem, PostalAddress, TimeWindow, TimeWish
from bridge.sources import Options, Payload

RIVOLI = PostalAddress("48 rue de Rivoli", "3e étage, code 4B12", "75004", "Paris")
FLOWERS = (OrderItem("Bouquet d'automne", 1), OrderItem("Couronne", 1))

# --- answers --------------------------------------------------------------------------------------


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
