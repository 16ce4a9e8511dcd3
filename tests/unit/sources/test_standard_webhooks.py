"""The source of any Standard Webhooks sender: which order, and what the connection's fields find of it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from tests.support import samples, source_calls

from bridge import sources
from bridge.connections.parse import parse_connection
from bridge.errors import InvalidConnection, MalformedWebhook, UnmappableOrder
from bridge.model import Coordinates, Ignored, Order, OrderItem, PostalAddress, TimeWindow, TimeWish
from bridge.sources import Options, Payload, Push, Webhook

standard_webhooks = sources.get("standard-webhooks")

COMPLETE = samples.load("standard-webhooks")
OPTIONS = COMPLETE.connection.options
CREATED = (samples.FOLDER / "standard-webhooks/order-created.json").read_bytes()
PARIS_WINTER = timezone(timedelta(hours=1))


def identify(
    body: object, headers: dict[str, str] | None = None, options: Options = OPTIONS
) -> Webhook | Ignored:
    """Identify a push."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return standard_webhooks.identify(Push(raw, headers or {}, source_calls.RECEIVED_AT), options)


def parse(fields: dict[str, str], data: object = None, **more: Any) -> Order | Ignored:
    """Parse a body under some fields alone; the order's id is in it."""
    body = {"type": "order.created", "data": data, "key": "o1", **more}
    options = Options(fields={"order_id": "key", **fields})
    return standard_webhooks.parse(
        Payload(json.dumps(body).encode(), "order", source_calls.RECEIVED_AT), options
    )


def parsed(fields: dict[str, str], data: object = None, **more: Any) -> Order:
    """Parse what must become an order."""
    found = parse(fields, data, **more)
    assert isinstance(found, Order)
    return found


# --- which order ----------------------------------------------------------------------------------


def test_an_order_is_identified_as_the_specification_structures_it() -> None:
    """Without fields the id is that of the data, and the push's that of the header."""
    found = identify(CREATED, {"webhook-id": "msg_1", "webhook-timestamp": "1", "webhook-signature": "x"})

    assert Webhook("order", "msg_1", "ord_01J9ZC5T7P") == found


def test_svixs_id_is_the_pushs_too() -> None:
    """Both families of headers name the push."""
    found = identify(CREATED, {"svix-id": "msg_2", "svix-timestamp": "1", "svix-signature": "x"})

    assert isinstance(found, Webhook)
    assert found.webhook_id == "msg_2"


@pytest.mark.parametrize(
    ("value", "order_id"),
    [
        ("A-1", "A-1"),
        (727, "727"),
        (10**30, str(10**30)),
        (" A-1 ", "A-1"),
        ("Nr. 1", hashlib.sha256(b"Nr. 1").hexdigest()),
        ("ü" * 200, hashlib.sha256(("ü" * 200).encode()).hexdigest()),
    ],
)
def test_a_key_of_any_kind_is_a_lasting_one(value: object, order_id: str) -> None:
    """Numbers are written out, and what is long or not plain ASCII becomes a digest."""
    found = identify({"type": "order.created", "data": {"id": value}})

    assert isinstance(found, Webhook)
    assert order_id == found.order_id


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty_body"),
        (b"[]", "not_an_object"),
        (b"[{}, {}]", "not_an_object"),
    ],
)
def test_an_unreadable_body_has_one_way_to_fail(body: object, reason: str) -> None:
    """Signed but unreadable is MalformedWebhook with a reason from a closed set."""
    with pytest.raises(MalformedWebhook) as caught:
        identify(body)

    assert reason == caught.value.reason


def test_types_that_are_no_orders_are_ignored() -> None:
    """Where the connection names the types of orders, the sender's other news lead to nothing."""
    assert Ignored("topic") == identify({"type": "contact.created", "data": {"id": "1"}})
    assert isinstance(identify({"type": "order.cancelled", "data": {"id": "1"}}), Webhook)
    assert isinstance(identify({"type": "contact.created", "data": {"id": "1"}}, options=Options()), Webhook)


# --- the order ------------------------------------------------------------------------------------


def test_an_order_is_read_whole() -> None:
    """Every field of the sample's connection finds its value."""
    found = standard_webhooks.parse(Payload(CREATED, "order", source_calls.RECEIVED_AT), OPTIONS)

    assert found == Order(
        order_id="ord_01J9ZC5T7P",
        name="B-1042",
        updated_at=datetime(2026, 11, 23, 9, 0, 0, 344522, tzinfo=UTC),
        created_at=datetime(2026, 11, 23, 9, 0, 0, 344522, tzinfo=UTC),
        address=PostalAddress("48 Rue de Rivoli", "3e étage gauche", "75004", "Paris", country_code="FR"),
        recipient_name="Camille Moreau",
        phones=("+33612345678",),
        note="Code 48B12",
        items=(
            OrderItem("Bouquet de saison", 1, sku="BQT-L", weight_grams=900),
            OrderItem("Carte manuscrite", 2, sku="CARD", weight_grams=10),
        ),
        paid=True,
        wish=TimeWish(
            window=TimeWindow(
                datetime(2026, 11, 24, 14, tzinfo=PARIS_WINTER),
                datetime(2026, 11, 24, 16, tzinfo=PARIS_WINTER),
            ),
            path="data.slot.from, data.slot.to",
        ),
    )


@pytest.mark.parametrize(
    ("fields", "more"),
    [
        ({"cancelled": "state == 'off'"}, {"state": "off"}),
        ({"cancelled": "cancelled_at || ''"}, {"cancelled_at": "2026-11-23T09:00:00Z"}),
        ({"cancelled": "off"}, {"off": True}),
        ({"cancelled": "off"}, {"off": 1}),
    ],
)
def test_a_field_can_say_that_an_order_is_cancelled(fields: dict[str, str], more: dict[str, object]) -> None:
    """What the expression finds retracts the delivery when it is true."""
    found = parse(fields, **more)

    assert isinstance(found, Ignored)
    assert ("cancelled", True, "o1") == (found.reason, found.retracts, found.order_id)


@pytest.mark.parametrize("value", [None, False, "", " ", "false", "No", "0", 0, [], {}])
def test_what_is_not_true_cancels_nothing(value: object) -> None:
    """Senders say no in many ways."""
    assert isinstance(parse({"cancelled": "off"}, off=value), Order)


def test_an_order_without_a_time_is_of_when_it_came() -> None:
    """A sender that tells no time of its states is taken as fast."""
    assert source_calls.RECEIVED_AT == parsed({}).updated_at


@pytest.mark.parametrize("value", ["2023-11-14T22:13:20Z", 1_700_000_000, 1_700_000_000.0])
def test_a_time_may_be_unix_seconds(value: object) -> None:
    """Both forms say an instant."""
    assert datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC) == parsed({}, timestamp=value).updated_at


@pytest.mark.parametrize(
    ("line", "city"),
    [
        ("48 Rue de Rivoli, 75004 Paris", "Paris"),
        ("48 Rue de Rivoli 75004 Paris", "Paris"),
        ("48 Rue de Rivoli", ""),
    ],
)
def test_an_address_in_one_text_has_its_town_in_it(line: str, city: str) -> None:
    """Without postcode or comma nobody can tell the town from the street, and the mapping asks for it."""
    found = parsed({"address": "data"}, line).address

    assert ("48 Rue de Rivoli", city) == (found.line1, found.city)


def test_an_address_in_one_text_is_sent_as_it_stands() -> None:
    """The town is not said twice."""
    connection = parse_connection(
        "one-text",
        'source = "standard-webhooks"\ntimezone = "Europe/Paris"\ncountry = "FR"\n'
        '[coopcycle]\nurl = "https://acme.coopcycle.org"\n'
        "[fields]\naddress = \"join(', ', [street, town])\"\n",
    )
    body = {"data": {"id": "1"}, "street": "48 Rue de Rivoli", "town": "75004 Paris"}
    order = standard_webhooks.parse(
        Payload(json.dumps(body).encode(), "order", source_calls.RECEIVED_AT), connection.options
    )
    assert isinstance(order, Order)

    found = samples.SourceSamples("", connection, {}, {}, (), samples.FakeShop({})).outcome_of_order(order)

    assert found.body is not None
    assert "48 Rue de Rivoli, 75004 Paris" in json.dumps(found.body)
    assert json.dumps(found.body).count("75004") == 1


@pytest.mark.parametrize(
    ("data", "coordinates"),
    [
        ([48.8566, 2.3522], Coordinates(48.8566, 2.3522)),
        (["48.8566", "2.3522"], Coordinates(48.8566, 2.3522)),
        ([0, 0], None),
        ([None, 2], None),
    ],
)
def test_a_place_is_read_when_it_is_one(data: object, coordinates: Coordinates | None) -> None:
    """Numbers or texts of numbers, on earth."""
    assert coordinates == parsed({"latitude": "data[0]", "longitude": "data[1]"}, data).address.coordinates


@pytest.mark.parametrize(
    ("fields", "data", "wish"),
    [
        ({"date": "data.d"}, {"d": "24/12"}, TimeWish(date="24/12", path="data.d")),
        ({"time": "data.t"}, {"t": "14-16h"}, TimeWish(time="14-16h", path="data.t")),
        ({"date": "data.d", "time": "data.t"}, {"d": "", "t": None}, None),
        ({"after": "data.a", "before": "data.b"}, {"a": None, "b": ""}, None),
    ],
)
def test_the_texts_of_a_choice_are_handed_over(
    fields: dict[str, str], data: object, wish: TimeWish | None
) -> None:
    """What they mean is for others; where they stood is kept."""
    assert wish == parsed(fields, data).wish


@pytest.mark.parametrize(
    ("value", "items"),
    [
        (None, ()),
        ("Bouquet", (OrderItem("Bouquet", 1),)),
        (["Bouquet", " ", "Carte"], (OrderItem("Bouquet", 1), OrderItem("Carte", 1))),
        ([{"title": "X"}, {"title": "Y", "quantity": 0}], (OrderItem("X", 1),)),
    ],
)
def test_items_are_texts_or_objects(value: object, items: tuple[OrderItem, ...]) -> None:
    """An item without a quantity is one, and of none there is nothing to carry."""
    assert items == parsed({"items": "data"}, value).items


@pytest.mark.parametrize(
    ("fields", "data", "field"),
    [
        ({"address": "data.a"}, {}, "address"),
        ({"address": "join(', ', [data.a, data.b])"}, {"a": "x"}, "address"),
        ({"name": "data"}, {}, "name"),
        ({"updated_at": "data"}, "yesterday", "updated_at"),
        ({"updated_at": "data"}, 5, "updated_at"),
        ({"updated_at": "data"}, 1e300, "updated_at"),
        ({"updated_at": "data"}, True, "updated_at"),
        ({"after": "data[0]", "before": "data[1]"}, ["2026-11-24T10:00:00Z"], "before"),
        ({"after": "data[0]", "before": "data[1]"}, [None, "2026-11-24T10:00:00Z"], "after"),
        ({"after": "data", "before": "data"}, "2026-11-24T10:00:00Z", "before"),
        ({"latitude": "data[0]", "longitude": "data[1]"}, [91, 2], "latitude"),
        ({"latitude": "data[0]", "longitude": "data[1]"}, ["NaN", 2], "latitude"),
        ({"items": "data"}, [True], "items"),
        ({"items": "data"}, [{"title": "x", "quantity": "some"}], "items"),
    ],
)
def test_a_field_of_the_wrong_form_is_named_with_its_expression(
    fields: dict[str, str], data: object, field: str
) -> None:
    """The error says which field, and where in the sender's body the connection looked."""
    with pytest.raises(UnmappableOrder) as caught:
        parse(fields, data)

    assert f"fields.{field}" == caught.value.field
    assert fields[field] in str(caught.value)


# --- the connection -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('order_id = "data."', r"fields\.order_id: data\. is no JMESPath expression: it ends too early"),
        (f'note = "{"a." * 600}a"', r"fields\.note: is longer than 1000 characters"),
        (f'note = "{"[" * 900}"', r"fields\.note: is no JMESPath expression"),
        ('adress = "data"', r"fields\.adress: unknown key, did you mean address\?"),
        ("note = 5", r"fields\.note: must be a text"),
    ],
)
def test_a_wrong_expression_is_found_when_the_connection_is_checked(line: str, problem: str) -> None:
    """Not only when the first order comes."""
    text = (
        f'source = "standard-webhooks"\n[coopcycle]\nurl = "https://acme.coopcycle.org"\n[fields]\n{line}\n'
    )

    with pytest.raises(InvalidConnection, match=problem):
        parse_connection("acme", text)


def test_a_wrong_expression_is_the_connections_fault_later_too() -> None:
    """An expression that was put in force in another way is named all the same."""
    with pytest.raises(InvalidConnection, match=r"^fields\.note: data\. is no JMESPath expression"):
        parse({"note": "data."})
