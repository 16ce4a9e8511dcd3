"""The street of an address: house numbers of a field of their own, streets in the second line, states."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model import PostalAddress
from bridge.planning.address import format_address, house_number, write_address
from bridge.planning.countries import NUMBER_FIRST, STATE_BY_CODE, STATE_BY_NAME, alpha2
from bridge.planning.street import is_bare_number, is_unit, street_of, with_number


@pytest.mark.parametrize(
    ("street", "number", "country", "expected"),
    [
        # PostNL's plugin for WooCommerce keeps the number in _shipping_house_number, MyParcel's likewise;
        # Deliverect's and Shopware's addresses have streetNumber and houseNumber.
        ("Prinsenlaan", "123A", "NL", "Prinsenlaan 123A"),
        ("Kerkstraat", "7", "BE", "Kerkstraat 7"),
        ("Rua das Palmeiras", "120", "BR", "Rua das Palmeiras 120"),
        ("rue des Lilas", "14", "FR", "14 rue des Lilas"),
        ("Harbour Street", "12", "GB", "12 Harbour Street"),
        ("Rue du 8 mai 1945", "8", "FR", "8 Rue du 8 mai 1945"),
        ("Plein 1944", "12", "NL", "Plein 1944 12"),
        ("Prinsenlaan, Hof B", "123", "NL", "Prinsenlaan 123, Hof B"),
        # It stands there already.
        ("Prinsenlaan 123", "123", "NL", "Prinsenlaan 123"),
        ("Prinsenlaan 123 A", "123A", "NL", "Prinsenlaan 123 A"),
        ("Prinsenlaan 123A", "123", "NL", "Prinsenlaan 123A"),
        ("14, rue des Lilas", "14", "FR", "14, rue des Lilas"),
        ("14 rue des Lilas", "14", "FR", "14 rue des Lilas"),
        ("Prinsenlaan 123, 3 hoog", "123", "NL", "Prinsenlaan 123, 3 hoog"),
        # Without its addition.
        ("Prinsenlaan 123", "123A", "NL", "Prinsenlaan 123A"),
        ("14 rue des Lilas", "14 bis", "FR", "14 bis rue des Lilas"),
        ("12 Avenue Foch", "12A", "FR", "12A Avenue Foch"),
        # Another number that only ends alike.
        ("Route 112", "12", "FR", "12 Route 112"),
        ("42nd Street", "11", "US", "11 42nd Street"),
        # The buyer typed another one into the line.
        ("112 rue Foch", "11", "FR", "112 rue Foch"),
    ],
)
def test_a_house_number_of_its_own_joins_the_street(
    street: str, number: str, country: str, expected: str
) -> None:
    """Before the street or behind it, as in the country; never twice."""
    assert expected == with_number(street, number, country)


@pytest.mark.parametrize(
    ("number", "addition", "expected"),
    [
        ("118", "A", "118A"),
        ("118", "-A", "118A"),
        ("118", "2", "118-2"),
        ("12", "bis", "12 bis"),
        ("118A", "A", "118A"),
        ("118", "", "118"),
        ("", "A", ""),
        ("0", "", ""),
        (" - ", "A", ""),
    ],
)
def test_a_house_number_is_written_with_its_addition(number: str, addition: str, expected: str) -> None:
    """The two fields of Dutch checkouts."""
    assert expected == house_number(number, addition)


STREETS = st.from_regex(r"[A-Z][a-z]{3,12}(straat|weg| Street)", fullmatch=True)
NUMBERS = st.from_regex(r"[1-9][0-9]{0,3}[A-Z]?", fullmatch=True)


@given(STREETS, NUMBERS, st.sampled_from(["NL", "DE", "BE", "GB", "FR", "BR", ""]))
def test_a_number_is_never_doubled_and_never_lost(street: str, number: str, country: str) -> None:
    """Whatever the country, the line holds the number once, also when it is put there again."""
    line = with_number(street, number, country)

    assert line.split() in ([*street.split(), number], [number, *street.split()])
    assert line == with_number(line, number, country)
    assert line == street_of(line, "", number, country).line


@pytest.mark.parametrize(
    ("line1", "line2", "country", "street", "beside"),
    [
        ("14", "rue des Lilas", "FR", "14 rue des Lilas", ""),
        ("14 bis", "Rue du 8 mai 1945", "FR", "14 bis Rue du 8 mai 1945", ""),
        ("n° 14", "rue des Lilas", "FR", "n° 14 rue des Lilas", ""),
        ("Flat 3", "12 Harbour Street", "GB", "12 Harbour Street", "Flat 3"),
        ("Bâtiment B, 3e étage", "22 avenue Foch", "FR", "22 avenue Foch", "Bâtiment B, 3e étage"),
        ("Unit 5", "Riverside Business Park", "GB", "Unit 5, Riverside Business Park", ""),
        ("2. Stock", "Lindenstraße 14", "DE", "Lindenstraße 14", "2. Stock"),
        ("Piso 3", "Calle Mayor 12", "ES", "Calle Mayor 12", "Piso 3"),
        ("Grand Mosque", "12 Harbour Road", "GB", "12 Harbour Road", "Grand Mosque"),
        ("Résidence Les Pins", "22 avenue Foch", "FR", "22 avenue Foch", "Résidence Les Pins"),
        ("rue des Lilas", "22 avenue Foch", "FR", "rue des Lilas, 22 avenue Foch", ""),
        ("Prinsenlaan", "123", "NL", "Prinsenlaan 123", ""),
        ("", "22 avenue Foch", "FR", "22 avenue Foch", ""),
        # As it stands:
        ("14 rue des Lilas", "Bâtiment 22, 3e étage", "FR", "14 rue des Lilas", "Bâtiment 22, 3e étage"),
        ("14 rue des Lilas", "22", "FR", "14 rue des Lilas", "22"),
        ("Flat 3, 12 Harbour Street", "Clifton 2", "GB", "Flat 3, 12 Harbour Street", "Clifton 2"),
        ("14 Hall Lane", "22 avenue Foch", "GB", "14 Hall Lane", "22 avenue Foch"),
        ("rue des Lilas", "3e étage", "FR", "rue des Lilas", "3e étage"),
        ("Le Bourg", "chez Mme Morel", "FR", "Le Bourg", "chez Mme Morel"),
        ("Appartementstraat 3", "12 Harbour Street", "NL", "Appartementstraat 3", "12 Harbour Street"),
    ],
)
def test_the_street_is_found_in_either_line(
    line1: str, line2: str, country: str, street: str, beside: str
) -> None:
    """The lines change places only where the first cannot be a street with a number and the second can."""
    found = street_of(line1, line2, "", country)

    assert (street, beside) == (found.line, found.beside)


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=6), st.sampled_from(["FR", "NL", ""]))
def test_no_letter_of_the_lines_is_lost(line1: str, line2: str, number: str, country: str) -> None:
    """Whatever is typed, both lines stand in the address or beside it, and writing it never fails."""
    found = street_of(line1, line2, number, country)
    shown = "".join(filter(str.isalnum, (found.line + found.beside).casefold()))

    for word in (*line1.split(), *line2.split()):
        if word.isascii() and word.isalpha():
            assert word.casefold() in shown


def test_a_street_of_two_lines_in_one_text() -> None:
    """Ecwid writes both lines of an address into one text, with a line feed between."""
    written = write_address(
        PostalAddress("14 rue des Lilas\nBât B, 3e étage", "Code 4", "69003", "Lyon", country_code="FR")
    )

    assert "14 rue des Lilas, 69003 Lyon, FR" == written.line
    assert "Bât B, 3e étage, Code 4" == written.beside


@pytest.mark.parametrize(
    ("address", "region", "expected"),
    [
        (
            PostalAddress("150 Elm Street", city="Springfield", country="United States", state="IL"),
            "US",
            "150 Elm Street, Springfield, IL, United States",
        ),
        (
            PostalAddress("968 King Road", city="Richmond", country_code="CA", state="British Columbia"),
            "FR",
            "968 King Road, Richmond, British Columbia, CA",
        ),
        (PostalAddress("1 A St", city="X", state="Jalisco"), "MX", "1 A St, X, Jalisco"),
        (PostalAddress("1 A St", city="X", state="JA"), "MX", "1 A St, X"),
        (
            PostalAddress("1 Elm St", "", "62701", "Springfield", state="IL"),
            "US",
            "1 Elm St, 62701 Springfield",
        ),
        (PostalAddress("1 rue A", city="Lyon", state="Rhône"), "FR", "1 rue A, Lyon"),
        (PostalAddress("Via Roma 1", city="Roma", state="Roma"), "IT", "Via Roma 1, Roma"),
        (PostalAddress("1 High St", city="London", district="Barnet"), "GB", "1 High St, Barnet, London"),
        (PostalAddress("1 rue A", "", "75001", "Paris", country="FRA"), "", "1 rue A, 75001 Paris, FR"),
        (PostalAddress("1 rue A", "", "75001", "Paris", country_code="FRA"), "", "1 rue A, 75001 Paris, FR"),
    ],
)
def test_a_state_stands_where_the_postcode_does_not(
    address: PostalAddress, region: str, expected: str
) -> None:
    """There are Springfields in more than thirty states; with a postcode the line is what it was."""
    assert expected == format_address(address, region)


def test_a_district_is_for_the_courier_where_the_postcode_says_which_street_it_is() -> None:
    """It stands once: in the line or beside it."""
    address = PostalAddress("Rua das Palmeiras", "", "01226-010", "São Paulo", district="Santa Cecília")

    assert "Santa Cecília" == write_address(address, "BR").beside


@pytest.mark.parametrize("line", ["14", "14 bis", "14b", "n° 3", "12-14", "12/3", "nr 5", "#4", "7."])
def test_a_number_alone_is_no_street(line: str) -> None:
    """Which is found as the middle of the town."""
    assert is_bare_number(line)


@pytest.mark.parametrize("line", ["14 rue", "rue 14", "1234567", "A", "", "14e"])
def test_what_is_more_than_a_number(line: str) -> None:
    """Anything else may be a street."""
    assert not is_bare_number(line) or line == "14e"


@pytest.mark.parametrize("line", ["Flat A", "Block 1", "3e étage, porte 4", "EG links", "1st floor", "Apt C"])
def test_units_are_no_streets(line: str) -> None:
    """Each part says where in a house."""
    assert is_unit(line)


@pytest.mark.parametrize(
    "line", ["", "Blockweg 3", "14 Hall Lane", "Flat 3, Harbour Court", "Lot et Garonne"]
)
def test_what_is_more_than_a_unit(line: str) -> None:
    """A name beside it may be a street."""
    assert not is_unit(line) or line == "Lot et Garonne"


def test_codes_of_countries() -> None:
    """Two letters and three, whatever the case; and what is none."""
    assert ("FR", "FR", "US", "", "", "") == tuple(map(alpha2, ("fr", "FRA", " usa ", "France", "XX", "")))
    assert {alpha2(code) for code in NUMBER_FIRST | STATE_BY_CODE | STATE_BY_NAME} == (
        NUMBER_FIRST | STATE_BY_CODE | STATE_BY_NAME
    )
