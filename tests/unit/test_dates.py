"""Reading dates as customers, pickers and forms write them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from tests.support.chosen_times import CHRISTMAS_EVE, in_country, problem, read

from bridge.schedule.chosen_time import KNOWN_LANGUAGES, Choice, Reading

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("country", "text"),
    [
        ("FR", "2026-12-24"),
        ("US", "2026-12-24"),
        ("FR", "2026/12/24"),
        ("FR", "24/12/2026"),
        ("FR", "24-12-2026"),
        ("FR", "24/12/26"),
        ("US", "12/24/2026"),
        ("US", "12/24/26"),
        ("US", "24.12.2026"),  # with dots the day comes first everywhere
        ("DE", "24.12.2026"),
        ("CZ", "24. 12. 2026"),
        ("CA", "24/12/2026"),  # there is no month 24
        ("FR", "24/12"),
        ("DE", "24.12."),
        ("FR", "Thu, 24 December 2026"),
        ("US", "Thursday, December 24th, 2026"),
        ("US", "Dec 24"),
        ("FR", "24 décembre 2026"),
        ("FR", "24 decembre 2026"),
        ("FR", "jeudi 24 décembre"),
        ("FR", "Le JEUDI 24 DÉCEMBRE 2026"),
        ("FR", "jeu. 24 déc. 2026"),
        ("FR", "jeudi 24/12/2026"),
        ("DE", "24. Dezember 2026"),
        ("AT", "Donnerstag, den 24. Dezember"),
        ("CH", "Do, 24.12.2026"),
        ("BE", "do 24 dec. 2026"),
        ("NL", "donderdag 24 december 2026"),
        ("ES", "jueves, 24 de diciembre de 2026"),
        ("IT", "giovedì 24 dicembre 2026"),
        ("PT", "quinta-feira, 24 de dezembro de 2026"),
        ("PL", "czwartek, 24 grudnia 2026"),
        ("CZ", "čtvrtek 24. prosince 2026"),
        ("DK", "torsdag den 24. december 2026"),
        ("SE", "torsdag 24 december 2026"),
        ("FR", "2026-12-24T00:00"),
        ("FR", "2026-12-24 00:00:00"),
        ("FR", "2026-12-23T23:00:00.000Z"),  # midnight in Paris, as JavaScript writes it
        ("FR", "2026-12-24T00:00:00+01:00"),
    ],
)
def test_a_date_is_read_as_the_country_writes_it(country: str, text: str) -> None:
    """Numbers go by the country, words by its languages and English; midnight alone says no time."""
    assert Choice(day=CHRISTMAS_EVE) == read(text, reading=in_country(country))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("05/06/2027", date(2027, 6, 5)),
        ("3 mars", date(2027, 3, 3)),  # the next one
        ("01/11", date(2026, 11, 1)),  # three weeks ago: this year's
        ("22/10", date(2027, 10, 22)),  # more than a month ago: the next one
        ("samedi 5 décembre", date(2026, 12, 5)),
        ("demain", date(2026, 11, 24)),
        ("aujourd’hui", date(2026, 11, 23)),
        ("Tomorrow", date(2026, 11, 24)),
        ("après-demain", date(2026, 11, 25)),
        ("29 février 2028", date(2028, 2, 29)),
    ],
)
def test_what_a_date_leaves_open_is_counted_from_the_order(text: str, expected: date) -> None:
    """A missing year and words like tomorrow are reckoned from the day of the order."""
    assert Choice(day=expected) == read(text)


def test_the_day_of_the_order_is_that_of_its_time_zone() -> None:
    """At eleven in the evening in New York it is tomorrow already in UTC."""
    late = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)

    assert Choice(day=date(2026, 11, 24)) == read(
        "tomorrow", reading=Reading(NEW_YORK, "US"), ordered_at=late
    )


@pytest.mark.parametrize(
    ("country", "text", "said"),
    [
        ("FR", "12/24/2026", "none in the order day-month-year"),
        ("US", "24/12/2026", "none in the order month-day-year"),
        ("CA", "05/06/2026", "cannot be told apart"),
        ("", "05/06/2026", "cannot be told apart"),
        ("FR", "24-12-26", "a year of two digits"),
        ("FR", "31/11/2026", "in no calendar"),
        ("FR", "2026-02-29", "in no calendar"),
        ("FR", "9999-12-31", "in no calendar"),
        ("FR", "24/12/1926", "in no calendar"),
        ("FR", "vendredi 24 décembre 2026", "a weekday that its date is not"),
        ("FR", "mercredi 24 décembre", "a weekday that its date is not"),
        ("FR", "Friday 24/12/2026", "a weekday that its date is not"),
        ("FR", "29 février", "a day that its month has not"),
        (
            "FR",
            "24. Dezember 2026",
            "languages of the connection (fr, en; others are named in schedule.languages)",
        ),
        ("FR", "Donnerstag 24/12/2026", "no weekday in the languages of the connection (fr, en)"),
        ("FR", "24/12/2026 ou 25/12/2026", "several dates"),
        ("FR", "24/12/2026 et 3 parts", "more than a date and a time"),
        ("FR", "jeudi", "no date that we can read"),
        ("FR", "décembre 2026", "no date that we can read"),
        ("FR", "24", "no date that we can read"),
        ("FR", "20261224", "no date that we can read"),
        ("FR", "2026-12-24T00:00:00Z", "midnight UTC, which may be a bare date or a moment"),
        ("FR", "2026-12-24T25:00:00Z", "in no calendar"),
        ("FR", "x" * 201, "longer than the 200 characters"),
        ("FR", "24 " + "décembre " * 15, "no date that we can read"),
    ],
)
def test_a_date_that_is_no_date_or_two_is_refused(country: str, text: str, said: str) -> None:
    """The error names where the text stood and what would be right, and does not quote it."""
    message = problem(text, reading=in_country(country))

    assert message.startswith("note_attributes: ")
    assert said in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Saturday 12/05/2026", date(2026, 12, 5)), ("Tuesday 12/05/2026", date(2026, 5, 12))],
)
def test_a_weekday_settles_the_order_of_numbers(text: str, expected: date) -> None:
    """Where both orders are in use, the weekday tells which of them this is."""
    assert Choice(day=expected) == read(text, reading=in_country("CA"))


def test_the_connection_may_say_the_order_of_numbers() -> None:
    """An American date picker in a French shop is read rightly once the connection says so."""
    american = in_country("FR", date_order="month-day-year")

    assert Choice(day=date(2026, 12, 5)) == read("12/05/2026", reading=american)
    assert Choice(day=CHRISTMAS_EVE) == read("12.24.2026", reading=american)


def test_languages_of_the_connection_replace_those_of_the_country() -> None:
    """A German shop in France writes German dates; English is always understood."""
    german = in_country("FR", languages=("de",))

    assert Choice(day=CHRISTMAS_EVE) == read("24. Dezember 2026", reading=german)
    assert Choice(day=CHRISTMAS_EVE) == read("24 December 2026", reading=german)
    assert "(de, en;" in problem("24 décembre 2026", reading=german)


def test_a_month_that_differs_between_languages_is_refused() -> None:
    """The word listopad is October in Croatian and November in Polish."""
    both = in_country("HR", languages=("hr", "pl"))

    assert "different dates in different languages" in problem("5 listopad 2026", reading=both)
    assert Choice(day=date(2026, 10, 5)) == read("5 listopad 2026", reading=in_country("HR"))


def test_the_languages_a_connection_may_name_are_those_that_can_be_read() -> None:
    """The list in the code is dateparser's."""
    from dateparser.data.languages_info import language_order

    assert {language for language in language_order if len(language) == 2} == KNOWN_LANGUAGES
