"""An order's address in CoopCycle's terms: one line for the geocoder, a saved address, coordinates."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.support import source_calls
from tests.support.mapped_orders import HERE, ORDER, SHOP, map_it, mapped

from bridge import sources
from bridge.addresses.address import format_address
from bridge.connections.model import OrderFilter, Pickup
from bridge.errors import UnmappableOrder
from bridge.model import (
    Coordinates,
    Order,
    PostalAddress,
)

shopify = sources.get("shopify")


# --- the address --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "field"),
    [
        (PostalAddress(), "shipping_address.address1"),
        (PostalAddress(line1=" \x00\n", postcode="75004", city="Paris"), "shipping_address.address1"),
        (PostalAddress(line1="-", postcode="75004", city="Paris"), "shipping_address.address1"),
        (PostalAddress(line1="48 Rue de Rivoli", country="France"), "address.city"),
    ],
)
def test_an_address_that_cannot_be_found_is_refused_by_name(address: PostalAddress, field: str) -> None:
    """The field is named in the sender's terms where the source gave them, else in ours."""
    with pytest.raises(UnmappableOrder) as caught:
        map_it(replace(ORDER, address=address))

    assert field == caught.value.field


def test_a_redacted_address_names_the_field_in_the_shops_terms(webhook_body: Callable[[str], bytes]) -> None:
    """An address whose parts Shopify withheld is an order to look at, and not a local pickup."""
    document = json.loads(webhook_body("shopify/order-typical.json"))
    document["shipping_address"] = dict.fromkeys(document["shipping_address"])
    order = source_calls.parse(shopify, json.dumps(document).encode(), "orders/create")

    assert isinstance(order, Order)
    with pytest.raises(UnmappableOrder) as caught:
        map_it(order)

    assert caught.value.field == "shipping_address.address1"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (("48 Rue de Rivoli", "75004", "Paris", "France"), "48 Rue de Rivoli, 75004 Paris, France"),
        (("48 Rue de Rivoli", "", "Paris", "France"), "48 Rue de Rivoli, Paris, France"),
        (("48 Rue de Rivoli", "75004", "", "France"), "48 Rue de Rivoli, 75004, France"),
        (("48 Rue de Rivoli", "75004", "Paris", ""), "48 Rue de Rivoli, 75004 Paris"),
        (
            ("48 Rue de Rivoli, 75004 Paris", "75004", "Paris", "France"),
            "48 Rue de Rivoli, 75004 Paris, France",
        ),
        (
            ("48 Rue de Rivoli 75004 Paris", "75004", "Paris", "France"),
            "48 Rue de Rivoli, 75004 Paris, France",
        ),
        (
            ("48 Rue de Rivoli, 75004 PARIS, FRANCE", "75004", "Paris", "France"),
            "48 Rue de Rivoli, 75004 Paris, France",
        ),
        (
            ("48 Rue de Rivoli 75004 Paris France", "75004", "Paris", "France"),
            "48 Rue de Rivoli, 75004 Paris, France",
        ),
        (("48 Rue de Rivoli, Paris", "75004", "Paris", "France"), "48 Rue de Rivoli, 75004 Paris, France"),
        (("48 Rue de Rivoli,", "75004", "Paris", "France"), "48 Rue de Rivoli, 75004 Paris, France"),
        (("25 Rue de Paris", "75004", "Paris", "France"), "25 Rue de Paris, 75004 Paris, France"),
        (
            ("Bât. B, 25 Rue de Paris", "93100", "Montreuil", "France"),
            "Bât. B, 25 Rue de Paris, 93100 Montreuil, France",
        ),
        (("75004 Paris", "75004", "Paris", "France"), "75004 Paris, 75004 Paris, France"),
        (
            ("Oranienstraße 25", "10999", "Berlin", "Deutschland"),
            "Oranienstraße 25, 10999 Berlin, Deutschland",
        ),
        (
            ("10 Downing Street", "SW1A 2AA", "London", "United Kingdom"),
            "10 Downing Street, SW1A 2AA London, United Kingdom",
        ),
        (("  48\tRue  de\vRivoli ", "75004", " Paris", "France"), "48 Rue de Rivoli, 75004 Paris, France"),
    ],
)
def test_an_address_is_one_line_for_the_geocoder(address: tuple[str, str, str, str], expected: str) -> None:
    """Number and street, postcode and town, country; what the first line says already is not repeated."""
    line1, postcode, city, country = address

    assert expected == format_address(PostalAddress(line1, "", postcode, city, country))


def test_the_country_code_stands_in_for_the_countrys_name() -> None:
    """A sender that gives only a code still says which country."""
    address = PostalAddress("Rue du Midi 1", "", "1000", "Bruxelles", "", "BE")

    assert format_address(address) == "Rue du Midi 1, 1000 Bruxelles, BE"


# --- saved addresses and coordinates ------------------------------------------------------------


def test_a_saved_address_goes_by_its_name() -> None:
    """It has its own contact on CoopCycle, so whom to ask for and the floor stand in the comments."""
    address = PostalAddress(line2="3e étage", iri="/api/addresses/7")
    order = replace(ORDER, address=address, company="Acme", phones=("01 23 45 67 89",))

    task = mapped(order, replace(SHOP, orders=OrderFilter(postcodes=("75*",)))).dropoff

    assert ("/api/addresses/7", None) == (task.address_iri, task.street_address)
    assert "#1007\nAcme, Camille Moreau, +33123456789\n3e étage\n1 × Bouquet" == task.comments


@pytest.mark.parametrize("iri", ["/api/stores/1", "/api/addresses/7/../1", "https://x/api/addresses/7", "7"])
def test_what_is_no_saved_address_is_refused(iri: str) -> None:
    """Nothing but the IRI of an address is ever sent as one."""
    with pytest.raises(UnmappableOrder) as caught:
        map_it(replace(ORDER, address=PostalAddress(iri=iri)))

    assert "address.iri" == caught.value.field


def test_a_pickup_at_a_saved_address() -> None:
    """What the connection says of the people there goes into the comments."""
    connection = replace(SHOP, pickup=Pickup("/api/addresses/3", "Cour", "Acme", "Anne", "09 12 34 56 78"))

    task = mapped(ORDER, connection).pickup

    assert ("/api/addresses/3", None) == (task.address_iri, task.street_address)
    assert "#1007\nAcme, Anne, +33912345678\nCour" == task.comments


@pytest.mark.parametrize(
    ("given", "mode", "sent"),
    [
        (HERE, "use", HERE),
        (HERE, "ignore", None),
        (Coordinates(0, 0), "use", None),
        (Coordinates(48.86, 2.35), "use", None),
        (Coordinates(43.2965, 5.3698), "use", None),
    ],
)
def test_coordinates_are_sent_when_they_can_be_believed(
    given: Coordinates, mode: str, sent: Coordinates | None
) -> None:
    """CoopCycle rides to coordinates without a look at the address, which is sent in any case."""
    connection = replace(
        SHOP, pickup=replace(SHOP.pickup, coordinates=HERE), orders=OrderFilter(coordinates=mode)
    )

    task = mapped(replace(ORDER, address=replace(ORDER.address, coordinates=given)), connection).dropoff

    assert sent == task.coordinates
    assert "48 Rue de Rivoli, 75004 Paris, France" == task.street_address
