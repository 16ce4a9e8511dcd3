"""Who receives an order and where, as a form or an address object says it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.address_objects import read

from bridge.addresses.address import write_address
from bridge.model import Coordinates


def test_coordinates_stand_in_many_places() -> None:
    """Beside the parts, or in an object of their own."""
    parts = {"street": "Weg 1", "zip": "1", "city": "B"}
    expected = Coordinates(48.85, 2.35)

    for place in ({"lat": 48.85, "lng": "2.35"}, {"location": {"latitude": 48.85, "lon": 2.35}}):
        assert expected == read({"address": {**parts, **place}}).address.coordinates


def test_name_and_phone_may_stand_in_the_address() -> None:
    """Where nothing else names them."""
    address = {
        "street": "Weg 1",
        "zip": "1",
        "city": "B",
        "firstName": "Lea",
        "Last Name": "Morel",
        "phone": "06",
    }

    order = read({"address": address})
    named = read({"address": address, "name": "Ana", "Phone Number": "07"})

    assert ("Lea Morel", ("06",)) == (order.recipient_name, order.phones)
    assert ("Ana", ("07",)) == (named.recipient_name, named.phones)


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (
            {"Street": "Lindenstraße", "House number": "14", "Zip code": "10969", "City": "Berlin"},
            "Lindenstraße 14, 10969 Berlin",
        ),
        (
            {"Adresse": "14 rue des Lilas", "Code postal": "69003", "Ville": "Lyon"},
            "14 rue des Lilas, 69003 Lyon",
        ),
        ({"Full Address": "14 rue des Lilas, 69003 Lyon"}, "14 rue des Lilas, 69003 Lyon"),
        (
            {"LINE1": "14 rue des Lilas", "Postcode": "69003", "number": "1042", "CITY": "Lyon"},
            "14 rue des Lilas, 69003 Lyon",
        ),
    ],
)
def test_a_form_is_read_by_the_names_of_its_fields(body: dict[str, Any], line: str) -> None:
    """A form whose fields are called as in an address needs no setting; "number" alone may be anything."""
    assert line == write_address(read(body).address).line


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"First Name": "Lea", "Last Name": "Morel"}, "Lea Morel"),
        ({"Nom": "Morel", "Prénom": "Lea"}, "Lea Morel"),
        ({"Vorname": "Lea", "Nachname": "Morel", "name": ""}, "Lea Morel"),
        ({"Nom": "Lea Morel"}, "Lea Morel"),
        ({"fullName": {"first": "Lea", "last": "Morel"}}, "Lea Morel"),
        ({"name": {"Full Name": "Lea Morel"}}, "Lea Morel"),
        ({"name": "Lea Morel", "First Name": "Ana"}, "Lea Morel"),
    ],
)
def test_a_name_in_one_field_or_in_two(body: dict[str, Any], name: str) -> None:
    """Webflow documents "First Name" and "Last Name"; Jotform's own names are fullName and phoneNumber."""
    assert name == read({**body, "address": "1 rue A, 75001 Paris"}).recipient_name


def test_an_address_object_may_hold_a_part_of_the_address_alone() -> None:
    """The street stands elsewhere, and the connection says where."""
    order = read({"address": {"zip": "69003", "city": "Lyon"}, "s": "14 rue des Lilas"}, line1="s")

    assert ((), "14 rue des Lilas", "69003") == (order.problems, order.address.line1, order.address.postcode)


def test_a_huge_list_is_bounded_before_any_work() -> None:
    """Of phone numbers each costs the reader some time, of texts each is kept."""
    order = read(
        {"address": {"street": "x"}, "phone": [f"06{n:08}" for n in range(300_000)], "note": ["a"] * 300_000}
    )

    assert 10 == len(order.phones)
    assert len(order.note) < 1000
