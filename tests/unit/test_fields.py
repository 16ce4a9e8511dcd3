"""The connection's ``[fields]``: expressions into a body, what they give, what is said otherwise."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import source_calls

from bridge import sources
from bridge.connections.parse import parse_connection
from bridge.errors import InvalidConnection, UnmappableOrder
from bridge.fields.fields import FIELDS, apply_fields
from bridge.fields.values import Values
from bridge.model import (
    Coordinates,
    Delivery,
    Ignored,
    Order,
    OrderItem,
    PostalAddress,
    Stop,
    TimeWindow,
    TimeWish,
)
from bridge.operator.dry_run import OfflineInstance
from bridge.planning.plan import plan
from bridge.sources import Options, Payload

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TYPICAL = (Path(__file__).parents[2] / "events/webhooks/shopify/order-typical.json").read_bytes()
EMPTY = Order(order_id="7", name="Order 7", updated_at=AT, created_at=AT, address=PostalAddress())
BODY: dict[str, Any] = {
    "id": 1042,
    "answers": {
        "address": "48 rue de Rivoli, 75004 Paris",
        "who": "Camille Moreau",
        "tel": ["0612345678", 33140200000],
        "note": None,
        "blank": "  ",
        "wanted": "non",
        "zip": 75004,
        "kilos": "2,5",
    },
    "stops": [
        {"where": "1 rue A, 75001 Paris", "who": "Ana"},
        {"where": "2 rue B, 75002 Paris", "who": "Bo"},
    ],
}


def read(body: dict[str, Any] | None = None, order: Order = EMPTY, **expressions: str) -> Order | Ignored:
    """Apply expressions to a body."""
    return apply_fields(order, Values(BODY if body is None else body, expressions))


def read_one(body: dict[str, Any] | None = None, **expressions: str) -> Order:
    """Apply expressions of which an order must come."""
    found = read(body, **expressions)
    assert isinstance(found, Order)
    return found


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


# --- the chosen time ------------------------------------------------------------------------------

WINDOW = TimeWindow(datetime(2026, 12, 24, 13, tzinfo=UTC), datetime(2026, 12, 24, 15, tzinfo=UTC))


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


# --- the order as a whole -------------------------------------------------------------------------


def test_a_cancelled_order_is_retracted_whatever_else_is_odd() -> None:
    """An order that says it is cancelled needs no address and no items."""
    found = read(cancelled="answers.wanted == 'non'", address="stops", order_name="'#7'")

    assert Ignored("cancelled", retracts=True, order_id="7", order_name="#7", updated_at=AT) == found


def test_a_cancellation_gets_through_whatever_its_body_lacks() -> None:
    """Senders often say no more of a cancelled order than its id."""
    expressions = {"order_name": "number", "updated_at": "changed", "address": "street", "cancelled": "gone"}

    found = apply_fields(EMPTY, Values({"gone": True}, expressions))
    said_by_sender = apply_fields(EMPTY, Values({}, {"order_name": "number"}), cancelled=True)

    assert Ignored("cancelled", retracts=True, order_id="7", order_name="Order 7", updated_at=AT) == found
    assert found == said_by_sender


def test_an_expression_that_is_none_is_the_connections_fault() -> None:
    """One that was put in force unchecked is named all the same."""
    with pytest.raises(InvalidConnection, match=r"^fields\.note: a\. is no JMESPath expression"):
        read(note="a.")


def test_several_stops_come_from_one_list() -> None:
    """Without an address of its own the order goes to the first stop; who receives is said per stop."""
    found = read_one(dropoffs="stops[].{address: where, name: who}", phone="answers.tel[0]")

    assert PostalAddress("1 rue A", "", "75001", "Paris") == found.address
    assert ("Ana", ("0612345678",)) == (found.recipient_name, found.phones)
    assert found.dropoffs == (
        Stop(PostalAddress("2 rue B", "", "75002", "Paris"), recipient_name="Bo", path="dropoffs[1]"),
    )
    assert "dropoffs[0].line1" == found.paths["address.line1"]


def test_further_stops_leave_an_own_address_alone() -> None:
    """With an address of its own every stop of the list is a further one."""
    found = read_one(address="answers.address", dropoffs="stops[1:].{address: where}")

    assert "48 rue de Rivoli" == found.address.line1
    assert [stop.address.line1 for stop in found.dropoffs] == ["2 rue B"]


def test_too_many_stops_and_items_are_refused() -> None:
    """A list without end is no delivery."""
    with pytest.raises(UnmappableOrder, match="should be at most 50 stops, but is 51"):
        read({"stops": [{"line1": "x"}] * 51}, dropoffs="stops")
    with pytest.raises(UnmappableOrder, match="should be at most 500 items, but is 501"):
        read({"items": ["x"] * 501}, items="items")


def test_packages_decide_alone() -> None:
    """Where packages are named, the items are shown to the courier but are none by their own SKU."""
    order = Order("7", "7", AT, AT, PostalAddress(), items=(OrderItem("Bouquet", 2, sku="BQT-L"),))

    found = read(order=order, packages="'XL'")

    assert isinstance(found, Order)
    assert (OrderItem("Bouquet", 2), OrderItem("XL", 1, sku="XL")) == found.items


def test_a_shops_order_is_read_by_its_source_and_changed_by_the_fields() -> None:
    """What the fields name is replaced, everything else stays as the shop has it."""
    payload = Payload(TYPICAL, "orders/create", AT)
    before = sources.get("shopify").parse(payload, Options())
    options = Options(fields={"note": "note_attributes[0].value || ''", "name": "'Reception'"})

    found = source_calls.read_order("shopify", payload, options)

    assert isinstance(found, Order)
    assert isinstance(before, Order)
    assert "Reception" == found.recipient_name
    assert (before.address, before.phones, before.items) == (found.address, found.phones, found.items)
    assert found.paths["recipient_name"] == "'Reception'"
    assert found.paths["address.line1"] == "shipping_address.address1"


def test_coordinates_of_another_address_do_not_stay() -> None:
    """Where the fields say another street, the shop's own geocoding is that of the wrong place."""
    order = Order("7", "7", AT, AT, PostalAddress("1 rue A", coordinates=Coordinates(48.8, 2.3)))

    found = read(order=order, line1="'2 rue B'")

    assert isinstance(found, Order)
    assert found.address.coordinates is None


def test_without_fields_a_shop_is_left_alone() -> None:
    """No table, no change."""
    payload = Payload(TYPICAL, "orders/create", AT)

    assert sources.get("shopify").parse(payload, Options()) == source_calls.read_order("shopify", payload)


def test_what_the_mapping_misses_is_named_as_in_the_connection() -> None:
    """A form without a town is refused with the expression that should have found it."""
    connection = parse_connection(
        "acme", 'source = "shopify"\n[coopcycle]\nurl = "https://acme.coopcycle.org"\n'
    )
    order = read_one(line1="answers.who", city="answers.blank")

    with pytest.raises(UnmappableOrder) as caught:
        plan(order, replace(connection, timezone="Europe/Paris", country="FR"), OfflineInstance(), now=AT)

    assert "answers.blank" == caught.value.field


def test_an_order_of_fields_alone_becomes_a_delivery() -> None:
    """What the expressions find is enough for the mapping."""
    connection = parse_connection(
        "acme", 'source = "shopify"\n[coopcycle]\nurl = "https://acme.coopcycle.org"\n'
    )
    order = read_one(address="answers.address", name="answers.who", phone="answers.tel")

    found = plan(order, replace(connection, timezone="Europe/Paris", country="FR"), OfflineInstance(), now=AT)

    assert isinstance(found, Delivery)
    assert "48 rue de Rivoli, 75004 Paris" == found.dropoff.street_address
    assert ("Camille Moreau", "+33612345678") == (found.dropoff.contact_name, found.dropoff.telephone)


# --- when the connection is written ---------------------------------------------------------------


def problems_of(fields: str, source: str = "shopify", sender: str = "") -> tuple[str, ...]:
    """Return what is said about a connection with these fields."""
    text = f'source = "{source}"\n[coopcycle]\nurl = "https://acme.coopcycle.org"\n{sender}\n[fields]\n{fields}\n'
    try:
        parse_connection("acme", text)
    except InvalidConnection as error:
        return error.problems
    return ()


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ('adress = "a"', "fields.adress: unknown key, did you mean address?"),
        ('note = ""', "fields.note: is empty, leave the line out instead"),
        ("note = 1", "fields.note: must be a text in quotes"),
        (
            'note = "a..b"',
            "fields.note: a..b is no JMESPath expression: character 3 is not expected, where .b begins",
        ),
        (
            'note = "a b"',
            "fields.note: a b is no JMESPath expression: character 3 is not expected, where b begins",
        ),
        (
            "note = \"join(', ', [a\"",
            "fields.note: join(', ', [a is no JMESPath expression: it ends too early",
        ),
        (
            'note = "a.$b"',
            "fields.note: a.$b is no JMESPath expression: character 3 cannot be read (Unknown token $)",
        ),
        (
            'note = "jion(a, b)"',
            "fields.note: jion(a, b) calls jion(), which JMESPath does not have; it has: abs,",
        ),
        (
            "note = \"a[?upper(b) == 'X']\"",
            "fields.note: a[?upper(b) == 'X'] calls upper(), which JMESPath does",
        ),
        ('note = "join(a)"', "fields.note: join(a) gives join() 1 arguments, it wants 2"),
        ('note = "merge()"', "fields.note: merge() gives merge() 0 arguments, it wants at least 1"),
        (f'note = "{"a." * 600}a"', "fields.note: is longer than 1000 characters"),
        (f'note = "{"[" * 900}"', "fields.note: "),
        ('order_id = "id"', "fields.order_id: a shop's orders have an id of their own, remove the line"),
        ('after = "a"', "fields.after: goes together with before, which is missing"),
        ('longitude = "a"', "fields.longitude: goes together with latitude, which is missing"),
        ('weight_kg = "a"\nweight_grams = "b"', "fields.weight_kg: says the same as weight_grams"),
        ('after = "a"\nbefore = "b"\ntime = "c"', "fields.after: says the same as time, remove one of them"),
    ],
)
def test_a_wrong_field_is_found_when_the_connection_is_checked(fields: str, problem: str) -> None:
    """Names, expressions and pairs are checked before an order depends on them."""
    (found,) = problems_of(fields)

    assert found.startswith(problem)


def test_right_fields_stand_in_the_connection() -> None:
    """Expressions come through untouched, and those of slices and literals are no functions."""
    text = (
        'source = "shopify"\n[coopcycle]\nurl = "https://acme.coopcycle.org"\n[fields]\n'
        "note = \"a[0:2] || merge(a, b) | join(', ', @)\"\n"
    )

    assert {"note": "a[0:2] || merge(a, b) | join(', ', @)"} == parse_connection("acme", text).options.fields


def test_every_field_is_explained() -> None:
    """The table in docs/senders.md is made of the same list as the checks."""
    assert all(one.kind and one.meaning for one in FIELDS.values())


# --- anything at all ------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(sorted(FIELDS)), value=JSON)
def test_any_value_in_any_field_is_read_or_refused(name: str, value: object) -> None:
    """Whatever a body holds, the answer is an order, ignored or an error that names the field."""
    values = Values({"x": value}, {name: "x"} if name != "order_id" else {}, {"answers": {name: value}})

    with contextlib.suppress(UnmappableOrder):
        found = apply_fields(EMPTY, values)

        assert isinstance(found, Order | Ignored)
        if isinstance(found, Order):
            assert found.updated_at.tzinfo is not None


@settings(max_examples=200, deadline=None)
@given(
    body=st.dictionaries(st.sampled_from(["a", "b", "c"]), JSON, max_size=3),
    expression=st.sampled_from(
        [
            "a > b",
            "a[0:1]",
            "sort(a)",
            "sort_by(a, &b)",
            "max_by(a, &b)",
            "join(',', a)",
            "sum(a)",
            "avg(a)",
            "to_number(a)",
            "to_string(a)",
            "ceil(a)",
            "reverse(a)",
            "a.b[?c > `1`]",
            "map(&b, a)",
            "keys(a)",
            "contains(a, b)",
            "starts_with(a, b)",
            "merge(a, b)",
            "not_null(a, b)",
            "length(a)",
            "min(a)",
        ]
    ),
)
def test_any_body_and_function_raise_our_errors_only(body: dict[str, object], expression: str) -> None:
    """What jmespath raises for odd bodies never gets out."""
    with contextlib.suppress(UnmappableOrder):
        read(body, note=expression)


def test_a_body_of_absurd_nesting_is_refused() -> None:
    """Depth is no way to stop the function."""
    deep: Any = json.loads("[" * 900 + "]" * 900)
    with contextlib.suppress(UnmappableOrder):
        read({"a": deep}, note="to_string(a)")
    with pytest.raises(UnmappableOrder, match="finds nothing"):
        read({"a": deep}, note="b")


def test_times_with_another_offset_are_the_same_instant() -> None:
    """Windows are compared as instants."""
    zone = timezone(timedelta(hours=1))
    body = {"a": datetime(2026, 12, 24, 14, tzinfo=zone).isoformat(), "b": "2026-12-24T15:00:00Z"}

    found = read_one(body, after="a", before="b").wish

    assert found is not None
    assert WINDOW == found.window
