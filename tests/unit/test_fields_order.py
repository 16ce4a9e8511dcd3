"""An order that ``[fields]`` read whole, or change after its source has read it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support import source_calls
from tests.support.field_bodies import AT, EMPTY, read, read_one

from bridge import sources
from bridge.connections.parse import parse_connection
from bridge.errors import InvalidConnection, UnmappableOrder
from bridge.fields.fields import apply_fields
from bridge.fields.values import Values
from bridge.model import (
    Coordinates,
    Delivery,
    Ignored,
    Order,
    OrderItem,
    PostalAddress,
    Stop,
)
from bridge.operator.dry_run import OfflineInstance
from bridge.planning.plan import plan
from bridge.sources import Options, Payload

TYPICAL = (Path(__file__).parents[2] / "events/webhooks/shopify/order-typical.json").read_bytes()


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
