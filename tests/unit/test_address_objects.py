"""Addresses in objects: whatever the sender calls their parts, each one is read."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.address_objects import shown


@pytest.mark.parametrize(
    ("address", "line", "beside"),
    [
        # Medusa's and WooCommerce's own.
        (
            {
                "address_1": "14 rue des Lilas",
                "address_2": "Bât B",
                "postal_code": "69003",
                "city": "Lyon",
                "country_code": "fr",
            },
            "14 rue des Lilas, 69003 Lyon, FR",
            "Bât B",
        ),
        # Saleor: https://docs.saleor.io , Address of the storefront API.
        (
            {
                "streetAddress1": "14 rue des Lilas",
                "streetAddress2": "Bât B",
                "postalCode": "69003",
                "city": "Lyon",
                "country": {"code": "FR", "country": "France"},
            },
            "14 rue des Lilas, 69003 Lyon, France",
            "Bât B",
        ),
        # Vendure.
        (
            {
                "streetLine1": "14 rue des Lilas",
                "streetLine2": "3e étage",
                "postalCode": "69003",
                "city": "Lyon",
                "country": "France",
                "countryCode": "FR",
            },
            "14 rue des Lilas, 69003 Lyon, France",
            "3e étage",
        ),
        # commercetools.
        (
            {
                "streetName": "Lindenstraße",
                "streetNumber": "14",
                "additionalAddressInfo": "Hinterhaus",
                "postalCode": "10969",
                "city": "Berlin",
                "country": "DE",
            },
            "Lindenstraße 14, 10969 Berlin, DE",
            "Hinterhaus",
        ),
        # Shopware.
        (
            {
                "street": "Lindenstraße 14",
                "zipcode": "10969",
                "city": "Berlin",
                "additionalAddressLine1": "Hinterhaus",
                "additionalAddressLine2": None,
            },
            "Lindenstraße 14, 10969 Berlin",
            "Hinterhaus",
        ),
        # Shippo, ShipStation, EasyPost.
        (
            {
                "street1": "12 Harbour Street",
                "street2": "Flat 3",
                "zip": "BS1 4QA",
                "city": "Bristol",
                "country": "GBR",
            },
            "12 Harbour Street, BS1 4QA Bristol, GB",
            "Flat 3",
        ),
        # MyParcel: https://developer.myparcel.nl , recipient.
        (
            {
                "cc": "NL",
                "street": "Keizersgracht",
                "number": "118",
                "number_suffix": "A",
                "postal_code": "1015 CV",
                "city": "Amsterdam",
            },
            "Keizersgracht 118A, 1015 CV Amsterdam, NL",
            "",
        ),
        # Deliverect.
        (
            {
                "street": "rue des Lilas",
                "streetNumber": "14",
                "postalCode": "69003",
                "city": "Lyon",
                "extraAddressInfo": "Bât B",
            },
            "rue des Lilas 14, 69003 Lyon",
            "Bât B",
        ),
        # Bringg: https://developers.bringg.com/reference-link/order-created .
        (
            {
                "address": "14 rue des Lilas",
                "address_second_line": "Code 4",
                "zipcode": "69003",
                "city": "Lyon",
            },
            "14 rue des Lilas, 69003 Lyon",
            "Code 4",
        ),
        # Uber Direct writes street_address as a list; Magento its street.
        (
            {
                "street_address": ["14 rue des Lilas", "Bât B"],
                "zip_code": "69003",
                "city": "Lyon",
                "country": "FR",
            },
            "14 rue des Lilas, 69003 Lyon, FR",
            "Bât B",
        ),
        # Magento.
        (
            {
                "street": ["150 Elm Street"],
                "city": "Springfield",
                "countryId": "US",
                "region": {"region": "Illinois", "region_code": "IL", "region_id": 23},
            },
            "150 Elm Street, Springfield, Illinois, US",
            "",
        ),
        # A house, a flat, a floor …, each apart (Allegro, Danish and Spanish forms).
        (
            {
                "street": "rue des Lilas",
                "house": "14",
                "flat": "12B",
                "floor": 3,
                "staircase": "A",
                "zip": 69003,
                "city": "Lyon",
                "countryCode": "FR",
            },
            "14 rue des Lilas, 69003 Lyon, FR",
            "staircase A, floor 3, flat 12B",
        ),
        (
            {
                "street": "12 Harbour Street",
                "apartment": "Penthouse",
                "buildingName": "Harbour Court",
                "postcode": "BS1 4QA",
                "town": "Bristol",
            },
            "12 Harbour Street, BS1 4QA Bristol",
            "Harbour Court, Penthouse",
        ),
        # Brazil's checkouts.
        (
            {
                "address_1": "Rua das Palmeiras",
                "number": "120",
                "neighborhood": "Santa Cecília",
                "city": "São Paulo",
                "state": "SP",
                "postcode": "01226-010",
                "country": "BR",
            },
            "Rua das Palmeiras 120, 01226-010 São Paulo, BR",
            "Santa Cecília",
        ),
        # An empty known name hides no full one; Ecwid writes both lines into one text.
        (
            {"line1": "14 rue des Lilas\nBât B", "postal": None, "zip": "69003", "city": " ", "town": "Lyon"},
            "14 rue des Lilas, 69003 Lyon",
            "Bât B",
        ),
        # Prefixes: those of the goods' own address, and never those of another one.
        (
            {
                "physical_address_1": "14 rue des Lilas",
                "physical_postcode": "69003",
                "physical_city": "Lyon",
                "postal_address_1": "BP 7",
                "postal_city": "Paris",
                "billing_street": "1 rue A",
            },
            "14 rue des Lilas, 69003 Lyon",
            "",
        ),
        (
            {
                "street": "1 rue A",
                "zip": "75001",
                "city": "Paris",
                "shipping_street": "14 rue des Lilas",
                "shipping_zip": "69003",
                "shipping_city": "Lyon",
            },
            "14 rue des Lilas, 69003 Lyon",
            "",
        ),
        # In one text, beside a list of parts or alone.
        (
            {"formatted_address": "14 rue des Lilas, 69003 Lyon, France"},
            "14 rue des Lilas, 69003 Lyon, France",
            "",
        ),
        (
            {"address": "14 rue des Lilas, 69003 Lyon", "country": "FR"},
            "14 rue des Lilas, 69003 Lyon, FR",
            "",
        ),
        # A customer, whose address stands in him.
        (
            {
                "id": 7,
                "email": "a@example.org",
                "address": {"street": "14 rue des Lilas", "zip": "69003", "city": "Lyon"},
            },
            "14 rue des Lilas, 69003 Lyon",
            "",
        ),
        # As people call them.
        (
            {
                "Rue": "rue des Lilas",
                "Numéro": 14,
                "Complément d'adresse": "Bât B",
                "Code postal": "69003",
                "Ville": "Lyon",
                "Pays": "France",
            },
            "rue des Lilas 14, 69003 Lyon, France",
            "Bât B",
        ),
        (
            {"Straße": "Lindenstraße", "Hausnummer": "14", "PLZ": 10969, "Ort": "Berlin"},
            "Lindenstraße 14, 10969 Berlin",
            "",
        ),
        (
            {
                "Straat": "Prinsenlaan",
                "Huisnummer": "123",
                "Toevoeging": "bis",
                "Postcode": "3512 AB",
                "Woonplaats": "Utrecht",
            },
            "Prinsenlaan 123 bis, 3512 AB Utrecht",
            "",
        ),
    ],
)
def test_each_programs_address_is_read(address: dict[str, Any], line: str, beside: str) -> None:
    """Every part reaches the geocoder or the courier, none of them twice."""
    assert (line, beside) == shown(address)
