"""Which phone number CoopCycle is sent, and what the courier reads of the others."""

from __future__ import annotations

import pytest

from bridge.planning.phone import Telephone, read_telephone


@pytest.mark.parametrize(
    ("phone", "region", "expected"),
    [
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("06.12.34.56.78", "FR", "+33612345678"),
        ("0033 6 12 34 56 78", "FR", "+33612345678"),
        ("33612345678", "FR", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "FR", "+33612345678"),
        ("+33 1 23 45 67 89", "BE", "+33123456789"),
        ("0470 12 34 56", "BE", "+32470123456"),
        ("٠١ ٢٣ ٤٥ ٦٧ ٨٩", "FR", "+33123456789"),
        ("tel:+33612345678", "FR", "+33612345678"),
        # these CoopCycle took (recorded: phones)
        ("+4930901820", "FR", "+4930901820"),
        ("+34612345678", "FR", "+34612345678"),
        ("+12025550123", "FR", "+12025550123"),
    ],
)
def test_a_valid_number_is_sent_in_e164(phone: str, region: str, expected: str) -> None:
    """However people write it; nothing is left to be said in words."""
    assert Telephone(expected) == read_telephone((phone,), region)


@pytest.mark.parametrize(
    "phone",
    [
        # these CoopCycle refused (recorded: phones)
        "+33639981234",
        "+447700900123",
        "+33000000000",
        "0000000000",
        "+999123456789",
        "+336123456789",
        "+33 6 CALL ME",
        "112",
        "3631",
        # and what people type to get past a required field
        "555-555-SHIP",
        "call me",
        "0",
        "+",
        "+33",
        "12345",
        "06 12 34 56 78 90",
        "9" * 30,
        "N/A",
    ],
)
def test_what_is_no_valid_number_is_shown_as_typed(phone: str) -> None:
    """CoopCycle would refuse the whole delivery for it."""
    assert Telephone(words=f"Phone as given: {phone}") == read_telephone((phone,), "FR")


@pytest.mark.parametrize(
    "phone",
    [
        "0612345678 / 0698765432",
        "06 12 34 56 78 (after 6 pm)",
        "06 12 34 56 78 ext. 12",
        "mobile: 06 12 34 56 78, code 4",
    ],
)
def test_what_stands_beside_a_number_is_not_lost(phone: str) -> None:
    """CoopCycle refuses such a text whole (recorded: phones), E.164 has room for the number alone."""
    assert Telephone("+33612345678", words=f"Phone as given: {phone}") == read_telephone((phone,), "FR")


@pytest.mark.parametrize(
    ("phones", "expected"),
    [
        ((), Telephone()),
        (("", "  "), Telephone()),
        (("0000000000", "06 12 34 56 78"), Telephone("+33612345678", 1, "Phone as given: 0000000000")),
        (("06 12 34 56 78", "12"), Telephone("+33612345678", 0, "Phone as given: 12")),
        (("12", "34", "12"), Telephone(words="Phone as given: 12, 34")),
        (("n/a", "06 12 34 56 78"), Telephone("+33612345678", 1)),
        (("first?", "second?"), Telephone(words="Phone as given: first?")),
        (("none", "12"), Telephone(words="Phone as given: 12")),
        (("06 12 34 56 78", "01 23 45 67 89"), Telephone("+33612345678")),
    ],
)
def test_the_first_valid_one_of_several_is_taken(phones: tuple[str, ...], expected: Telephone) -> None:
    """Other digits are shown as typed; a second valid number may be another person's and is not."""
    assert expected == read_telephone(phones, "FR")


def test_nobody_can_make_a_phone_long_or_many() -> None:
    """Ten candidates are looked at, three shown, forty characters each."""
    assert f"Phone as given: {'x' * 40}" == read_telephone(("x" * 1_000_000,), "FR").words
    many = read_telephone([str(number) for number in range(100_000)], "FR")
    assert Telephone(words="Phone as given: 0, 1, 2") == many
    assert Telephone(words="Phone as given: 0, 1, 2") == read_telephone(
        [*(str(number) for number in range(10)), "06 12 34 56 78"], "FR"
    )


def test_an_unknown_region_is_the_fallback() -> None:
    """An address may name a country that libphonenumber does not know."""
    assert "+33612345678" == read_telephone(("06 12 34 56 78",), "XX", fallback="FR").number
