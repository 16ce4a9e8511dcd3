"""What a stranger may do with a form, which events are orders, and which questions are about the time."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus
from zoneinfo import ZoneInfo

import pytest
from tests.support.of_forms import AT, form, identify, order, parse, sample

from bridge import sources
from bridge.errors import UnmappableOrder
from bridge.model import Ignored
from bridge.planning.choice import with_choice
from bridge.schedule.chosen_time import Reading
from bridge.sources import Options, Payload, Push, Webhook


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"order_id": 7, "cancelled": True, "paid": True, "updated_at": "2199-01-01T00:00:00Z"}, AT),
        ({"order_id": 7, "Cancelled": "yes", "Updated at": 4102444800, "created_at": "nonsense"}, AT),
    ],
)
def test_a_stranger_sets_nothing_but_what_the_connection_names(
    body: dict[str, object], expected: Any
) -> None:
    """Whoever can post to a public form could otherwise cancel, pay or freeze another's order."""
    found = order("form", json.dumps(body).encode(), form())

    assert (expected, expected, False) == (found.updated_at, found.created_at, found.paid)


def test_answers_that_others_know_cancel_nothing() -> None:
    """A cancellation needs the order's own number, or the service's id of the submission."""
    raw = json.dumps({"email": "a@example.com", "stop": "yes"}).encode()
    settings = {"key_fields": "email"}

    with pytest.raises(UnmappableOrder, match="only key_fields say which"):
        parse("form", raw, form(settings, cancelled="stop"))

    found = parse("form", raw, form(settings, cancelled="stop", order_id="email"))
    assert isinstance(found, Ignored)
    assert ("cancelled", True) == (found.reason, found.retracts)


GOOGLE = json.dumps(
    {"response_id": "r", "items": [{"id": 7, "type": "DATE", "title": "Le", "answer": "2026-11-27"}]}
).encode()
QUESTION = {"key": "q", "label": "Le", "type": "INPUT_DATE", "value": "2026-11-27"}
TALLY = json.dumps(
    {"eventType": "FORM_RESPONSE", "data": {"submissionId": "s", "fields": [QUESTION]}}
).encode()
EVENTS = {"type_field": "meta.event", "types": "Order, Gift", "cancel_types": "Cancel"}


@pytest.mark.parametrize("name", ["form", "standard-webhooks"])
@pytest.mark.parametrize(
    ("kind", "settings", "reason"),
    [
        ("Payment", EVENTS, "topic"),
        ("Cancel", EVENTS, "cancelled"),
        ("Order", EVENTS, ""),
        ("Gift", EVENTS, ""),
        ("Payment", {}, ""),
        ("Cancel", {"type_field": "meta.event", "cancel_types": "Cancel"}, "cancelled"),
        ("Payment", {"type_field": "meta.event", "cancel_types": "Cancel"}, ""),
    ],
)
def test_only_the_events_that_are_orders_count(
    name: str, kind: str, settings: dict[str, str], reason: str
) -> None:
    """HelloAsso posts "Order" and "Payment" to one address, both with an id and the payer's address."""
    raw = json.dumps({"meta": {"event": kind}, "no": 7, "where": "1 rue A, 75001 Paris"}).encode()
    options = form(settings, order_id="no", address="where")
    source = sources.get(name)
    push = Push(raw, {}, AT)

    received = source.identify(push, options)
    parsed = source.parse(Payload(raw, source.TOPICS[0], AT), options)

    assert isinstance(received, Ignored) == (reason == "topic")
    assert reason == (parsed.reason if isinstance(parsed, Ignored) else "")


def test_a_body_that_names_no_event_is_not_dropped() -> None:
    """The setting may be wrong: a person looks."""
    raw = json.dumps({"eventType": "Order", "no": 7}).encode()

    assert isinstance(identify("form", raw, form({"types": "Order"}, order_id="no")), Webhook)
    with pytest.raises(UnmappableOrder, match=r"sender\.type_field: finds no kind of event"):
        parse("form", raw, form({"types": "Order"}, order_id="no"))


# --- questions about the time that nothing reads --------------------------------------------------


def asked(name: str, body: bytes, options: Options | None = None) -> dict[str, tuple[object, str]]:
    """Return what is handed over to the reader of choices: by path, the value and the place."""
    found = order(name, body, options)
    assert found.wish is None
    return {entry.path: (entry.value, entry.place) for entry in found.writings.entries}


def typeform(kind: str, title: str, value: str) -> bytes:
    """Return a submission with one question."""
    body = json.loads(sample("typeform"))
    question = {"id": "x", "ref": "x", "type": kind, "title": title}
    body["form_response"]["definition"]["fields"] = [question]
    body["form_response"]["answers"] = [{"type": kind, kind: value, "field": question}]
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("typeform", typeform("date", "Wann?", "2026-11-27"), {"answers.x": ("2026-11-27", "question")}),
        ("typeform", typeform("text", "Delivery day", "27 Nov"), {"answers.x": ("27 Nov", "order")}),
        ("typeform", typeform("text", "Birthday", "27 Nov"), {}),
        (
            "jotform",
            b"submissionID=1&rawRequest="
            + quote_plus('{"q6_jourDe": {"month": "11", "day": "27", "year": "2026"}, "q7_x": "y"}').encode(),
            {"answers.q6_jourDe": ("2026-11-27", "question")},
        ),
        (
            "google-forms",
            GOOGLE,
            {'answers."7"': ("2026-11-27", "question")},
        ),
        (
            "fillout",
            b'{"submissionId": "r", "questions": [{"id": "d", "type": "DatePicker", "name": "Le", '
            b'"value": "2026-11-27"}]}',
            {"answers.d": ("2026-11-27", "question")},
        ),
        (
            "tally",
            TALLY,
            {"answers.q": ("2026-11-27", "question")},
        ),
        (
            "form",
            b"order_id=1&Jour+de+livraison=27%2F11&created_at=1&when=2",
            {"Jour de livraison": ("27/11", "order")},
        ),
    ],
)
def test_a_question_about_the_time_is_handed_over(
    name: str, body: bytes, expected: dict[str, tuple[object, str]]
) -> None:
    """What the service calls a date, and what speaks of a day of delivery, is looked at; nothing else is."""
    assert expected == asked(name, body, form())


@pytest.mark.parametrize(
    "fields", [{"date": "''"}, {"time": "''"}, {"note": "answers.x"}, {"after": "''", "before": "''"}]
)
def test_what_the_connection_names_is_read_by_nobody_else(fields: dict[str, str]) -> None:
    """It says where the time is, that there is none, or what the question is for."""
    body = typeform("date", "Wann?", "2026-11-27")

    assert {} == asked("typeform", body, form(**fields))


def test_the_question_is_named_in_the_sentence() -> None:
    """A date that may be another one parks the order, with what to write."""
    body = typeform("date", "Datum des Festes", "2026-11-27")
    found = order("typeform", body, form(name="'Lea'", address="'Weg 1, 10969 Berlin'"))
    reading = Reading(ZoneInfo("Europe/Berlin"), "DE")

    wish = with_choice(found, reading).wish

    assert wish is not None
    assert "answers.x" == wish.path
    assert "Fri 27 November 2026 looks like a chosen day of delivery" in wish.problem
    assert "write fields.date = 'answers.x' and if buyers choose none, fields.date = \"''\"" in wish.problem
