"""Addresses that stand in one text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.fields.postal_text import split_address
from bridge.model import PostalAddress


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("48 rue de Rivoli, 75004 Paris", PostalAddress("48 rue de Rivoli", "", "75004", "Paris")),
        (
            "Bâtiment C, 48 rue de Rivoli\n75004 Paris\nFrance",
            PostalAddress("Bâtiment C, 48 rue de Rivoli", "", "75004", "Paris", "France"),
        ),
        ("48 rue de Rivoli 75004 Paris", PostalAddress("48 rue de Rivoli", "", "75004", "Paris")),
        ("48 rue de Rivoli, Paris", PostalAddress("48 rue de Rivoli", city="Paris")),
        ("Damrak 1, 1012 LG Amsterdam", PostalAddress("Damrak 1", "", "1012 LG", "Amsterdam")),
        ("Damrak 1, 1012LG Amsterdam", PostalAddress("Damrak 1", "", "1012LG", "Amsterdam")),
        ("ul. Złota 44, 00-120 Warszawa", PostalAddress("ul. Złota 44", "", "00-120", "Warszawa")),
        ("Rua Augusta 2, 1100-053 Lisboa", PostalAddress("Rua Augusta 2", "", "1100-053", "Lisboa")),
        ("Drottninggatan 5, 111 51 Stockholm", PostalAddress("Drottninggatan 5", "", "111 51", "Stockholm")),
        ("Hauptstr. 1, D-10115 Berlin", PostalAddress("Hauptstr. 1", "", "D-10115", "Berlin")),
        ("10 Downing St, London SW1A 2AA", PostalAddress("10 Downing St", "", "SW1A 2AA", "London")),
        (
            "Flat 2, 10 High St, London, SW1A 2AA",
            PostalAddress("Flat 2, 10 High St", "", "SW1A 2AA", "London"),
        ),
        ("Flat 2, 10 High St, SW1A 2AA", PostalAddress("Flat 2, 10 High St", "", "SW1A 2AA")),
        ("1 Main St, Portland, OR 97201, USA", PostalAddress("1 Main St", "", "OR 97201", "Portland", "USA")),
        # As OpenCage's address-formatting writes them (testcases/countries).
        (
            "Cerrito 1250, Retiro, C1010AAZ Buenos Aires, Argentina",
            PostalAddress("Cerrito 1250, Retiro", "", "C1010AAZ", "Buenos Aires", "Argentina"),
        ),
        (
            "223 William Street, Melbourne VIC 3000, Australia",
            PostalAddress("223 William Street", "", "VIC 3000", "Melbourne", "Australia"),
        ),
        (
            "Avenida Ricardo Lyon 920, 7500000 Providencia",
            PostalAddress("Avenida Ricardo Lyon 920", "", "7500000", "Providencia"),
        ),
        (
            "Avenida de los Cerros (Circunvalar) 33, Chapinero, 110231 Bogota",
            PostalAddress("Avenida de los Cerros (Circunvalar) 33, Chapinero", "", "110231", "Bogota"),
        ),
        (
            "Rua Rio de Janeiro, Belo Horizonte - MG, 30170-011",
            PostalAddress("Rua Rio de Janeiro", "", "30170-011", "Belo Horizonte - MG"),
        ),
        ("Jan Erasmusstraat 14, Willemstad", PostalAddress("Jan Erasmusstraat 14", city="Willemstad")),
        (
            "64 Melbourne Road, London, E10, United Kingdom",
            PostalAddress("64 Melbourne Road", "", "E10", "London", "United Kingdom"),
        ),
        (
            "Willoughby House, Moor Lane, London, EC2Y 9DP",
            PostalAddress("Willoughby House, Moor Lane", "", "EC2Y 9DP", "London"),
        ),
        # Towns that end in a number, and other places for a postcode.
        (
            "14 rue des Lilas\n69003 LYON CEDEX 03",
            PostalAddress("14 rue des Lilas", "", "69003", "LYON CEDEX 03"),
        ),
        ("Vodičkova 1, 110 00 Praha 1", PostalAddress("Vodičkova 1", "", "110 00", "Praha 1")),
        (
            "12 Pearse Street, Dublin 2, D02 X285",
            PostalAddress("12 Pearse Street", "", "D02 X285", "Dublin 2"),
        ),
        ("12 Pearse Street, Dublin 2", PostalAddress("12 Pearse Street", city="Dublin 2")),
        ("12 Brunswick St, Fitzroy VIC 3065", PostalAddress("12 Brunswick St", "", "VIC 3065", "Fitzroy")),
        (
            "Av. Corrientes 1234, Piso 3, C1043AAZ CABA",
            PostalAddress("Av. Corrientes 1234, Piso 3", "", "C1043AAZ", "CABA"),
        ),
        ("1 Queen Street, Auckland 1010", PostalAddress("1 Queen Street", "", "1010", "Auckland")),
        (
            "7 Marine Drive, Mumbai - 400001, India",
            PostalAddress("7 Marine Drive", "", "400001", "Mumbai", "India"),
        ),
        ("12 Laugavegur, 101 Reykjavík", PostalAddress("12 Laugavegur", "", "101", "Reykjavík")),
        ("1 Main St, Portland OR 97201", PostalAddress("1 Main St", "", "OR 97201", "Portland")),
        ("10 Downing St London SW1A 2AA", PostalAddress("10 Downing St London", "", "SW1A 2AA")),
        ("5 Hoe Street, London E17", PostalAddress("5 Hoe Street", "", "E17", "London")),
        (
            "350 W Georgia St, Vancouver, BC V6B 6B1",
            PostalAddress("350 W Georgia St", "", "BC V6B 6B1", "Vancouver"),
        ),
        # What only looks like a town with a number.
        (
            "Flat B, 1234 Elm Street, Springfield",
            PostalAddress("Flat B, 1234 Elm Street", city="Springfield"),
        ),
        ("Av. Corrientes 1234, Piso 3", PostalAddress("Av. Corrientes 1234, Piso 3")),
        ("Piso 3, Corrientes 1234", PostalAddress("Piso 3, Corrientes 1234")),
        ("12 Main Street, PO Box 1234", PostalAddress("12 Main Street, PO Box 1234")),
        ("Bât B, 101 rue Foch", PostalAddress("Bât B, 101 rue Foch")),
        ("Calle Mayor 5, Casa 12", PostalAddress("Calle Mayor 5, Casa 12")),
        ("48 rue de Rivoli", PostalAddress("48 rue de Rivoli")),
        ("Calle 5, Nr. 2000", PostalAddress("Calle 5, Nr. 2000")),
        (" , \n", PostalAddress()),
        ("", PostalAddress()),
    ],
)
def test_an_address_in_one_text_is_taken_apart(text: str, expected: PostalAddress) -> None:
    """Postcode and town are found where people write them; what is unclear stays in the first line."""
    assert expected == split_address(text)


@given(st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_no_letter_of_an_address_is_lost(text: str) -> None:
    """Whatever is typed, the parts hold the same words."""
    found = split_address(text)
    words = " ".join([found.line1, found.postcode, found.city, found.country])

    assert sorted(words.replace(",", " ").split()) == sorted(
        word for word in text.replace(",", " ").replace(";", " ").split()
    )


@given(
    street=st.sampled_from(["14 rue des Lilas", "Lindenstraße 14", "12 Harbour Street", "Calle Mayor 5"]),
    postcode=st.sampled_from(
        ["75004", "1015 CV", "00-950", "1100-053", "111 51", "C1043AAZ", "01226-010", "110231"]
    ),
    town=st.sampled_from(["Paris", "São Paulo", "Lyon Cedex 03", "Praha 1", "s-Gravenhage", "St. Gallen"]),
    separator=st.sampled_from([", ", "\n", ";", ",\r\n", " ,  "]),
    country=st.sampled_from(["", "France", "Česko"]),
)
def test_any_order_of_lines_and_separators(
    street: str, postcode: str, town: str, separator: str, country: str
) -> None:
    """Street, then postcode and town, then perhaps a country, however they are separated."""
    text = separator.join(filter(None, [street, f"{postcode} {town}", country]))

    assert PostalAddress(street, "", postcode, town, country) == split_address(text)
