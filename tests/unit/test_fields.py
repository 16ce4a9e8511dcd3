"""The connection's ``[fields]``: expressions into a body, what they give, what is said otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.field_bodies import AT, WINDOW, read, read_one

from bridge.errors import UnmappableOrder
from bridge.model import (
    Coordinates,
    OrderItem,
    PostalAddress,
    TimeWish,
)

# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expression", "attribute", "expected"),
    [
        ("name", "answers.who", "recipient_name", "Camille Moreau"),
        ("name", "['Camille', 'Moreau']", "recipient_name", "Camille Moreau"),
        ("name", '`{"first": "Camille", "last": "Moreau"}`', "recipient_name", "Camille Moreau"),
        ("name", '`{"firstName": " Camille ", "last_name": null}`', "recipient_name", "Camille"),
        ("name", '`{"first": "", "last": ""}`', "recipient_name", ""),
        ("name", "answers.zip", "recipient_name", "75004"),
        ("name", "`75004.0`", "recipient_name", "75004"),
        ("name", "`1.5`", "recipient_name", "1.5"),
        ("name", "answers.note", "recipient_name", ""),
        ("name", "answers.blank", "recipient_name", ""),
        ("name", "answers.nobody || ''", "recipient_name", ""),
        ("name", "answers.nobody || answers.who", "recipient_name", "Camille Moreau"),
        ("company", "join(' & ', stops[].who)", "company", "Ana & Bo"),
        ("note", "stops[].who", "note", "Ana\nBo"),
        ("note", "answers.tel", "note", "0612345678\n33140200000"),
        ("phone", "answers.tel", "phones", ("0612345678", "33140200000")),
        ("phone", "answers.tel[0]", "phones", ("0612345678",)),
        ("phone", "answers.blank", "phones", ()),
        ("phone", "stops[?who=='Nobody'].tel", "phones", ()),
        ("order_name", "join('', ['#', to_string(id)])", "name", "#1042"),
        ("order_name", "answers.note", "name", "Order 7"),
        ("tags", "'urgent, fragile,, urgent'", "tags", ("urgent", "fragile")),
        ("tags", "['a', 'b']", "tags", ("a", "b")),
        ("shipping_method", "'Vélo'", "shipping_methods", ("Vélo",)),
        ("pickup_location", "answers.zip", "pickup_locations", ("75004",)),
        ("paid", "`true`", "paid", True),
        ("paid", "'YES'", "paid", True),
        ("paid", "`1`", "paid", True),
        ("paid", "'0'", "paid", False),
        ("paid", "answers.note", "paid", False),
        ("paid", "'2026-11-23 10:00'", "paid", True),
        ("paid", "stops[?who=='Bo']", "paid", True),
        ("paid", "stops[?who=='Nobody']", "paid", False),
        ("paid", "`0`", "paid", False),
        ("created_at", "'2026-11-22T10:00:00Z'", "created_at", datetime(2026, 11, 22, 10, tzinfo=UTC)),
        ("updated_at", "`1700000000`", "created_at", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("updated_at", "'1700000000'", "updated_at", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("paid", "answers.wanted == 'oui'", "paid", False),
        ("weight_grams", "`1200`", "weight_override_grams", 1200),
        ("weight_grams", "'1200'", "weight_override_grams", 1200),
        ("weight_grams", "answers.blank", "weight_override_grams", None),
        ("weight_kg", "answers.kilos", "weight_override_grams", 2500),
        ("updated_at", "'2026-11-23T11:00:00+01:00'", "updated_at", datetime(2026, 11, 23, 10, tzinfo=UTC)),
        ("updated_at", "answers.note", "updated_at", AT),
        ("items", "'2 pizzas'", "items", (OrderItem("2 pizzas", 1),)),
        ("items", "['Pizza', '', 'Tea']", "items", (OrderItem("Pizza", 1), OrderItem("Tea", 1))),
        ("items", "answers.note", "items", ()),
        (
            "items",
            '`[{"title": "Tea", "quantity": "2", "sku": "T", "weight_grams": 80, "price": 4}]`',
            "items",
            (OrderItem("Tea", 2, sku="T", weight_grams=80),),
        ),
        ("items", '`{"title": "Tea", "quantity": 0}`', "items", ()),
        ("packages", "'Large'", "items", (OrderItem("Large", 1, sku="Large"),)),
        ("packages", "['S', 'L', 'S']", "items", (OrderItem("S", 2, sku="S"), OrderItem("L", 1, sku="L"))),
        ("packages", '`{"S": "3", "L": 0, "M": null}`', "items", (OrderItem("S", 3, sku="S"),)),
    ],
)
def test_an_expression_gives_a_value(name: str, expression: str, attribute: str, expected: object) -> None:
    """Texts, numbers, lists and nothing become what the order holds."""
    found = read_one(**{name: expression})

    assert expected == getattr(found, attribute)


@pytest.mark.parametrize(
    ("name", "expression", "message"),
    [
        (
            "name",
            "answers.nobody",
            'answers.nobody finds nothing: answers has no "nobody", it has: address, who,',
        ),
        (
            "phone",
            "answer.tel",
            'answer.tel finds nothing: the body has no "answer", it has: id, answers, stops;',
        ),
        ("phone", "answers.who.tel", 'answers.who.tel finds nothing: "tel" is looked for in a text'),
        ("name", "stops[5].who", "stops[5].who finds nothing: a list of 2 has no element [5]"),
        ("name", "stops[0].name", 'stops[0].name finds nothing: stops[0] has no "name", it has: where, who;'),
        ("name", "stops[0]", "stops[0] is an object without first and last; name one of its texts"),
        ("company", "stops[0]", "stops[0] should be a text, but is an object"),
        ("name", "stops", "stops should be a text, but is an object"),
        ("name", "`true`", "`true` should be a text, but is true or false"),
        (
            "name",
            "join(' ', [answers.who, answers.last])",
            'gives join() null where it takes array-string: answers has no "last"',
        ),
        ("name", "join(' ', answers.zip)", "gives join() a number where it takes array-string"),
        ("name", "answers.who > answers.zip", "cannot be worked out from this body"),
        ("paid", "'vielleicht'", "should be true or false; an answer in words is compared"),
        ("cancelled", "answers.wanted", "should be true or false; an answer in words is compared"),
        ("weight_grams", "'heavy'", "should be a number, but is a text"),
        ("weight_grams", "`-1`", "should be between 0 and 1000000"),
        ("weight_kg", "`2000`", "should be between 0 and 1000"),
        ("updated_at", "'2026-11-23 11:00'", "should be a date and time with an offset (2026-11-23T"),
        ("items", "`[[1]]`", "should be texts or objects, but one is a list"),
        ("items", "`[true]`", "should be texts or objects, but one is true or false"),
        ("items", '`[{"name": "Tea"}]`', "has objects without title and sku; known are title, quantity, sku"),
        ("items", '`[{"title": "Tea", "quantity": 1.5}]`', "should have whole numbers from 0 to 10000"),
        ("items", '`[{"title": "Tea", "quantity": "x"}]`', "should have whole numbers from 0 to 10000"),
        ("items", '`[{"title": "T", "weight_grams": 2000000}]`', "weights between 0 and 1000000 grams"),
        ("packages", '`{"S": -1}`', "should have whole numbers from 0 to 10000"),
        ("packages", '`[{"S": 1}]`', "should be a text, but is an object"),
        ("dropoffs", "stops", "has at [0] the unknown where, who; known are address, line1,"),
        ("dropoffs", "stops[].who", "should be objects, but [0] is a text"),
    ],
)
def test_a_field_that_cannot_be_read_is_explained(name: str, expression: str, message: str) -> None:
    """The message shows the field, the expression, types and keys nearby."""
    with pytest.raises(UnmappableOrder) as caught:
        read(**{name: expression})

    assert f"fields.{name}" == caught.value.field
    assert message in str(caught.value)


def test_a_message_never_holds_a_value() -> None:
    """Neither the message nor what stands behind it quotes the body: both may be logged."""
    body = {"who": {"first": "Camille", "last": 4711}}
    for expression in ("join(' ', [who.first, who.last])", "[who]", "who.first.x", "who.first > who.last"):
        with pytest.raises(UnmappableOrder) as caught:
            read(body, name=expression)

        assert "Camille" not in str(caught.value)
        assert "4711" not in str(caught.value)
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_many_and_long_keys_are_cut() -> None:
    """A body with hundreds of keys does not fill the message."""
    body = {f"question_{index}_{'x' * 100}": "" for index in range(300)}

    with pytest.raises(UnmappableOrder, match=r"and 280 more") as caught:
        read(body, name="nobody")

    assert len(str(caught.value)) < 1500


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expressions", "expected"),
    [
        ({"line1": "'1 rue A'", "city": "'Paris'"}, PostalAddress("1 rue A", city="Paris")),
        (
            {"address": "answers.address", "line2": "'Floor 3'"},
            PostalAddress("48 rue de Rivoli", "Floor 3", "75004", "Paris"),
        ),
        (
            {"address": "answers.address", "postcode": "'75001'"},
            PostalAddress("48 rue de Rivoli", "", "75001", "Paris"),
        ),
        ({"address": "['1 rue A', '75001 Paris']"}, PostalAddress("1 rue A", "", "75001", "Paris")),
        (
            {"line1": "'x'", "country_code": "'fr'", "country": "'France'"},
            PostalAddress("x", country="France", country_code="FR"),
        ),
        (
            {
                "address": '`{"line1": "1 rue A", "postcode": 75001, "city": "Paris", "region": "IdF", '
                '"latitude": 48.8, "longitude": 2.3}`'
            },
            PostalAddress("1 rue A", "", "75001", "Paris", state="IdF", coordinates=Coordinates(48.8, 2.3)),
        ),
        (
            {"address": '`{"addr_line1": "1 rue A", "postal": "75001", "city": "Paris", "country": ""}`'},
            PostalAddress("1 rue A", "", "75001", "Paris"),
        ),
        (
            {"address": '`{"address": "1 rue A", "zipCode": "75001", "city": "Paris", "state": "IdF"}`'},
            PostalAddress("1 rue A", "", "75001", "Paris", state="IdF"),
        ),
        (
            {"address": '`{"street": "1 rue A", "zip": "1", "postcode": "75001", "town": "Paris"}`'},
            PostalAddress("1 rue A", "", "75001", "Paris"),
        ),
        ({"line1": "'x'", "country": "'fr'"}, PostalAddress("x", country_code="FR")),
        ({"latitude": "'48,85'", "longitude": "`2.35`"}, PostalAddress(coordinates=Coordinates(48.85, 2.35))),
        ({"latitude": "`0`", "longitude": "`0`"}, PostalAddress()),
        ({"latitude": "answers.blank", "longitude": "answers.note"}, PostalAddress()),
    ],
)
def test_an_address_may_be_a_text_an_object_or_parts(
    expressions: dict[str, str], expected: PostalAddress
) -> None:
    """A part that is named apart goes before the same part of the whole."""
    assert expected == read_one(**expressions).address


def test_coordinates_off_the_globe_are_refused() -> None:
    """Degrees have limits, and latitude and longitude are easily taken for one another."""
    with pytest.raises(UnmappableOrder, match=r"fields\.latitude: .* should be between -90 and 90"):
        read(latitude="`123`", longitude="`2.3`")


@pytest.mark.parametrize(
    ("date", "time", "after", "before", "expected"),
    [
        (
            "24 décembre",
            "14:00 - 16:00",
            "",
            "",
            TimeWish(date="24 décembre", time="14:00 - 16:00", path="date, time"),
        ),
        ("24/12/2026 14h-16h", "", "", "", TimeWish(date="24/12/2026 14h-16h", path="date, time")),
        ("", "", "", "", None),
        ("", "", "2026-12-24T14:00:00+01:00", "2026-12-24T15:00:00Z", TimeWish(window=WINDOW)),
        (
            "",
            "",
            "2026-12-24T14:00",
            "2026-12-24 16:00:00",
            TimeWish(date="2026-12-24T14:00/2026-12-24 16:00:00"),
        ),
        ("24/12/2026", "", "14:00", "16:00", TimeWish(date="24/12/2026", time="14:00 - 16:00")),
        ("", "", "2 pm", "4 pm", TimeWish(time="2 pm - 4 pm")),
    ],
)
def test_the_chosen_time_is_handed_over(
    date: str, time: str, after: str, before: str, expected: TimeWish | None
) -> None:
    """Instants make a window; what has no offset is handed over as texts, to be read by the wall clock."""
    body = {"date": date, "time": time, "after": after, "before": before}
    names = ("date", "time") if date and not after else ("after", "before") if after and not date else body

    found = read_one(body, **{name: name for name in names}).wish

    assert (expected is None) == (found is None)
    if expected is not None and found is not None:
        assert (expected.window, expected.date, expected.time) == (found.window, found.date, found.time)
        assert ", ".join(names) == found.path


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"after": "2026-12-24T14:00:00+01:00", "before": ""},
            "fields.before: before is empty, though the other",
        ),
        ({"after": "", "before": "16:00"}, "fields.after: after is empty"),
        ({"after": "2026-12-24T14:00:00+01:00", "before": "16:00"}, "fields.before: before has no offset"),
        ({"after": "14:00", "before": "2026-12-24T14:00:00+01:00"}, "fields.after: after has no offset"),
        (
            {"after": "2026-12-24T14:00:00Z", "before": "2026-12-24T14:00:00Z"},
            "fields.before: before should be later",
        ),
        (
            {"after": "14:00", "before": "16:00", "time": "evening"},
            "fields.time: time is given besides after and",
        ),
    ],
)
def test_half_a_window_is_refused(body: dict[str, Any], message: str) -> None:
    """A window that cannot be meant is never guessed."""
    with pytest.raises(UnmappableOrder) as caught:
        read(body, **{name: name for name in body})

    assert str(caught.value).startswith(message)
