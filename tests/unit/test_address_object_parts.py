"""Parts of an address object: any spelling of a known name is read, an unknown one is named."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.address_objects import read, shown

from bridge.fields.address_names import ONLY_IN_AN_ADDRESS, PART_NAMES, UNIT_NAMES
from bridge.fields.names import fold_name, words_of_name
from bridge.fields.postal_object import read_address_object

CASED = (
    str.upper,
    str.lower,
    str.title,
    lambda name: name.replace("1", "_1").replace("2", " 2"),
    lambda name: "-".join(name),
    lambda name: f" {name} ",
    lambda name: f"shipping_{name}",
)


REACHES = {
    "line1": "line",
    "postcode": "line",
    "city": "line",
    "line2": "beside",
    "line3": "beside",
    "house_number": "line",
    "district": "beside",
}


@given(data=st.data(), part=st.sampled_from(sorted(REACHES)), write=st.sampled_from(CASED))
def test_any_spelling_of_a_known_name_reaches_the_address(data: Any, part: str, write: Any) -> None:
    """Capitals, blanks, signs and prefixes make no difference to any name of the table."""
    whole = {"line1": "Wegstraat", "postcode": "1000 AA", "city": "Dorp"}
    name = data.draw(st.sampled_from(PART_NAMES[part]))
    value = data.draw(
        st.from_regex(r"[5-9]{2}" if part == "house_number" else r"Xy[a-z]{3,6}zz", fullmatch=True)
    )
    whole.pop(part, None)

    line, beside = shown({**{f"shipping {key}": text for key, text in whole.items()}, write(name): value})

    assert value in {"line": line, "beside": beside}[REACHES[part]]


@given(st.sampled_from(sorted(UNIT_NAMES)), st.from_regex(r"[1-9][0-9]?[A-Z]?", fullmatch=True))
def test_any_unit_reaches_the_courier(name: str, value: str) -> None:
    """A bare value with the word for it."""
    _, beside = shown({"street": "Weg 1", "zip": "10969", "city": "Berlin", name: value})

    assert value in beside.split()


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=12) | st.integers() | st.none(), max_size=6))
def test_any_object_is_an_address_or_a_problem(address: dict[str, Any]) -> None:
    """Nothing is silent: without a street the order has a problem, whatever the keys are."""
    order = read({"address": address})

    assert order.problems or order.address.line1 or not address


@pytest.mark.parametrize(
    ("address", "field", "message"),
    [
        (
            {"street": "Keizersgracht", "houseNum2": "118", "zip": "1015 CV", "city": "Amsterdam"},
            "address",
            "has houseNum2, which looks like a part of the address and is not read; write under [fields] "
            'what it is, such as line2 = "address.houseNum2"',
        ),
        (
            {"where": "14 rue des Lilas", "who": "Lea"},
            "address",
            "is an object without a street that we know; it has: where, who; name its parts one by one",
        ),
        (
            {"city": "Lyon", "zip": "69003"},
            "address",
            "is an object without a street that we know; it has: city, zip",
        ),
        ({}, "address", "it has: nothing"),
    ],
)
def test_what_is_not_read_is_named(address: dict[str, Any], field: str, message: str) -> None:
    """The sentence has the keys, never a value, and what to write."""
    (problem,) = read({"address": address}).problems

    assert field == problem.field
    assert message in problem.sentence
    assert "Keizersgracht" not in problem.sentence


@pytest.mark.parametrize(
    "more",
    [
        {"address_id": 7, "address_type": "home", "address_validated": True, "address_name": "Home"},
        {
            "phone_country_code": "+33",
            "email_address": "a@example.org",
            "ip_address": "::1",
            "customer_number": "7",
        },
        {
            "billing_house_nr": "4",
            "postal_opt_in": "yes",
            "created_at": "2026-11-24",
            "code": "X",
            "note": "b",
        },
        {"houseNum2": "", "floor_2": None, "doors": [], "building": {}},
        {"company": "Acme", "vat_number": "FR1", "number": 1042, "accuracy": "street"},
    ],
)
def test_what_is_no_part_of_the_address_stops_nothing(more: dict[str, Any]) -> None:
    """Ids, types, phones, mails and another address stand beside many an address."""
    plain = {"street": "14 rue des Lilas", "zip": "69003", "city": "Lyon"}

    assert shown({**plain, **more}) == shown(plain)


def test_a_key_that_an_expression_mentions_is_read() -> None:
    """The cure that the sentence names."""
    body = {"address": {"street": "Weg 1", "houseNum2": "Hof", "zip": "10969", "city": "Berlin"}}

    order = read(body, line2="address.houseNum2")

    assert ((), "Hof") == (order.problems, order.address.line2)


def test_names_are_compared_without_capitals_accents_and_signs() -> None:
    """And a key of megabytes is no name."""
    assert fold_name("Zip / Postal_Code") == fold_name("zipPostalCode") == "zippostalcode"
    assert "telephone" == fold_name("Téléphone")
    assert ["house", "num", "2"] == words_of_name("houseNum2")
    assert ("", []) == (fold_name("x" * 4_000_000), words_of_name("x" * 4_000_000))


def test_the_tables_agree() -> None:
    """A name means one part, and what is special in a form is in the table at all."""
    names = [name for names in PART_NAMES.values() for name in names] + list(UNIT_NAMES)

    assert len(names) == len(set(names))
    assert set(names) >= ONLY_IN_AN_ADDRESS
    assert names == [fold_name(name) for name in names]


def test_a_huge_object_is_read_in_bounds() -> None:
    """Keys beyond the first thousand are not looked at."""
    huge = {f"key{index}": index for index in range(200_000)}

    assert not read_address_object({**huge, "street": "x"}).parts
