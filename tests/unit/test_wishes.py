"""Reading what customers chose, as pickers, plugins and forms write it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import UnmappableOrder
from bridge.model import TimeWindow, TimeWish
from bridge.schedule.chosen_time import KNOWN_LANGUAGES, Choice, Hours, Reading, parse_day_part, read_wish

PARIS = ZoneInfo("Europe/Paris")
NEW_YORK = ZoneInfo("America/New_York")
ORDERED_AT = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)  # Monday, 10:15 in Paris
FRANCE = Reading(PARIS, "FR")
CHRISTMAS_EVE = date(2026, 12, 24)  # a Thursday
TWO_TO_FOUR = Hours(14 * 60, 16 * 60)


def read(
    date_text: str = "",
    time_text: str = "",
    reading: Reading = FRANCE,
    ordered_at: datetime = ORDERED_AT,
) -> Choice | None:
    """Read a wish of these texts."""
    return read_wish(
        TimeWish(date=date_text, time=time_text, path="note_attributes"), reading, ordered_at=ordered_at
    )


def in_country(country: str, **more: object) -> Reading:
    """Return how the customers of a country write."""
    return Reading(PARIS, country, **more)  # type: ignore[arg-type]


def problem(date_text: str = "", time_text: str = "", reading: Reading = FRANCE) -> str:
    """Read what must not be readable; return what is said of it."""
    with pytest.raises(UnmappableOrder) as caught:
        read(date_text, time_text, reading)
    return str(caught.value)


# --- dates --------------------------------------------------------------------------------------


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


# --- times --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "14:00 - 16:00",
        "14:00-16:00",
        "14:00 – 16:00",  # what a word processor makes of it
        "14:00:00 - 16:00:00",
        "14.00 - 16.00 Uhr",
        "14h-16h",
        "14h00 à 16h00",
        "14 h à 16 h",
        "14-16h",
        "de 14h à 16h",
        "entre 14h et 16h",
        "Entre 14 h 00 et 16 h 00",
        "zwischen 14 und 16 Uhr",
        "von 14 bis 16 Uhr",
        "14:00 Uhr bis 16:00 Uhr",
        "tussen 14:00 en 16:00 uur",
        "14u-16u",
        "de las 14:00 a las 16:00",
        "dalle 14:00 alle 16:00",
        "das 14h às 16h",
        "kl. 14-16",
        "2 pm - 4 pm",
        "2 - 4 pm",
        "2pm-4pm",
        "2:00 PM – 4:00 PM",
        "2:00\u202fPM - 4:00\u202fPM",  # as browsers write it
        "2:00 PM - 4:00PM",
        "2 p.m. to 4 p.m.",
        "between 2 pm and 4 pm",
        "14:00 PM - 16:00 PM",
        "14:00/16:00",
        "2026-12-24T14:00/2026-12-24T16:00",
        "2026-12-24 14:00/2026-12-24 16:00",
        "2026-12-24T14:00:00/16:00:00",
        "Slot 14:00-16:00 (4,90 €)",
    ],
)
def test_a_range_of_times_is_read(text: str) -> None:
    """With the date known, a range is read in the ways it is written, whatever stands beside it."""
    assert Choice(day=CHRISTMAS_EVE, hours=TWO_TO_FOUR) == read("2026-12-24", text)


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        ("10 - 2 pm", 600, 840),
        ("9 am - 5", 540, 1020),
        ("11 pm - 1", 1380, 1500),
        ("12 pm - 1 pm", 720, 780),
        ("12 am - 1 am", 0, 60),
        ("8:30 - 9:15", 510, 555),
        ("14h30 à 16h", 870, 960),
        ("22:00 - 01:00", 1320, 1500),
        ("22:00 - 00:00", 1320, 1440),
        ("22:00 - 24:00", 1320, 1440),
        ("00:00 - 24:00", 0, 1440),
        ("20:00 - 08:00", 1200, 1920),
        ("14:00", 840, None),
        ("14h", 840, None),
        ("2 pm", 840, None),
        ("12:00 AM", None, None),
        ("à partir de 14h", 840, None),
        ("ab 14 Uhr", 840, None),
        ("at 2pm", 840, None),
        ("14:00 - 14:00", 840, None),
        ("avant 14h", None, 840),
        ("bis 16 Uhr", None, 960),
        ("before 2 pm", None, 840),
        ("jusqu’à 18h30", None, 1110),
        ("antes de las 14:00", None, 840),
    ],
)
def test_times_are_read_as_written(text: str, begins: int | None, ends: int | None) -> None:
    """A night ends on the next day; one time alone begins the window, or ends it with a word that says so."""
    hours = None if begins is None and ends is None else Hours(begins, ends)

    assert Choice(day=CHRISTMAS_EVE, hours=hours) == read("2026-12-24", text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("16:00 - 14:00", "ends before it begins"),
        ("24:00 - 02:00", "begins at 24:00"),
        ("24:00", "begins at 24:00"),
        ("25:00", "no clock shows"),
        ("24:30", "no clock shows"),
        ("14:60", "no time of day that we can read"),
        ("13:00 am", "a time after noon marked as one before noon"),
        ("10:00-12:00, 14:00-16:00", "several ranges of day"),
        ("14:00 16:00", "several times of day"),
        ("2-4", "no time of day that we can read"),
        ("from 2 to 4", "no time of day that we can read"),
        ("morning", "explained in schedule.day_parts"),
        ("vers 14h", "words besides its time that we cannot read"),
        ("9 a.m. to noon", "words besides its time that we cannot read"),
        ("2026-12-24T14:00:00Z/2026-12-24T13:00:00Z", "ends before it begins or is longer than a day"),
        ("2026-12-24T14:00:00Z/2026-12-26T13:00:00Z", "ends before it begins or is longer than a day"),
        ("2026-12-24T14:00:00Z/2026-12-24T16:00:00", "an offset at one end alone"),
    ],
)
def test_a_time_that_is_no_time_or_two_is_refused(text: str, said: str) -> None:
    """What could be guessed wrongly is refused with what would be right."""
    message = problem("2026-12-24", text)

    assert message.startswith("note_attributes: ")
    assert said in message


def test_words_beside_a_range_count_where_there_is_no_other_date() -> None:
    """They may name a day: "Tomorrow 9-12" must not become today."""
    assert "words besides its time" in problem("", "Tomorrow 9am-12pm")
    assert Choice(hours=Hours(540, 720)) == read("", "9am-12pm")


# --- date and time together ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date_text", "time_text"),
    [
        ("24/12/2026 14:00-16:00", ""),
        ("", "24/12/2026 14:00-16:00"),
        ("2026-12-24 14:00-16:00", ""),  # CoopCycle's own plugin
        ("jeudi 24 décembre 2026 de 14h à 16h", ""),
        ("Le jeudi 24 décembre 2026 entre 14h et 16h", ""),
        ("Thursday, December 24, 2026, 2:00 PM - 4:00 PM", ""),
        ("14h-16h, jeudi 24 décembre", ""),
        ("2026-12-24T00:00:00", "14:00 - 16:00"),
        ("2026-12-24 14:00-16:00", "14h-16h"),
        ("2026-12-24", "24/12/2026 14:00-16:00"),
    ],
)
def test_date_and_time_may_share_a_text(date_text: str, time_text: str) -> None:
    """Either text may hold both, and the same may be said twice."""
    assert Choice(day=CHRISTMAS_EVE, hours=TWO_TO_FOUR) == read(date_text, time_text)


@pytest.mark.parametrize(
    ("date_text", "time_text", "said"),
    [
        ("2026-12-24", "25/12/2026 14:00-16:00", "two different dates"),
        ("2026-12-24 10:00", "14:00-16:00", "two different times of day"),
        ("2026-12-24T13:00:00Z/2026-12-24T15:00:00Z", "16:00-18:00", "says the time twice"),
        ("December 12 - 2:00 pm", "", "no date that we can read"),
    ],
)
def test_texts_that_contradict_each_other_are_refused(date_text: str, time_text: str, said: str) -> None:
    """Neither of the two is taken for the right one."""
    assert said in problem(date_text, time_text)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("2026-12-24T14:00:00+01:00", Hours(840, None)),
        ("2026-12-24T13:00:00Z", Hours(840, None)),
        ("2026-12-24T13:00:00.000Z", Hours(840, None)),
        ("2026-12-24T08:00:00-0500", Hours(840, None)),
        ("2026-12-24 13:00:00Z", Hours(840, None)),
        ("2026-12-24T14:00", Hours(840, None)),
        ("2026-12-24 14:00", Hours(840, None)),
    ],
)
def test_a_moment_is_put_into_the_time_zone(text: str, hours: Hours) -> None:
    """With an offset it is a moment, without one it is local."""
    assert Choice(day=CHRISTMAS_EVE, hours=hours) == read(text)


def test_an_interval_of_moments_is_a_window() -> None:
    """ISO 8601 with offsets needs no time zone."""
    expected = TimeWindow(
        datetime(2026, 12, 24, 13, 0, tzinfo=UTC), datetime(2026, 12, 24, 15, 0, tzinfo=UTC)
    )

    assert Choice(window=expected) == read("2026-12-24T13:00:00Z/2026-12-24T15:00:00Z")
    assert Choice(window=expected) == read("2026-12-24T14:00:00+01:00/2026-12-24T16:00:00+01:00")


def test_instants_of_the_sender_are_taken_as_they_are() -> None:
    """A sender that has instants leaves nothing to read."""
    window = TimeWindow(ORDERED_AT, ORDERED_AT + timedelta(hours=2))

    assert Choice(window=window) == read_wish(TimeWish(window=window), FRANCE, ordered_at=ORDERED_AT)


@pytest.mark.parametrize("blank", ["", "  ", "\u00a0", "\t\n"])
def test_blank_texts_are_no_choice(blank: str) -> None:
    """Nothing chosen is nothing wished."""
    assert read(blank, blank) is None


# --- parts of the day ---------------------------------------------------------------------------

PARTS = in_country(
    "FR",
    day_parts={
        "matin": "09:00-12:00",
        "fin de matinée": "11:00-12:00",
        "soir": "18:00-22:00",
        "nuit": "22:00-02:00",
        "peu importe": "any",
        "vers 14h": "13:30-14:30",
    },
)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("matin", Hours(540, 720)),
        ("MATIN", Hours(540, 720)),
        ("le matin", Hours(540, 720)),
        ("Fin de matinée", Hours(660, 720)),
        ("fin de matine\u0301e", Hours(660, 720)),
        ("nuit", Hours(1320, 1560)),
        ("Peu importe", None),
        ("vers 14h", Hours(810, 870)),
        ("matin 10h-11h", Hours(600, 660)),  # a range says more than a name
    ],
)
def test_a_part_of_the_day_is_what_the_connection_says(text: str, hours: Hours | None) -> None:
    """Names are found without regard to capitals and to how an accent is written."""
    assert Choice(day=CHRISTMAS_EVE, hours=hours) == read("2026-12-24", text, PARTS)


def test_a_part_of_the_day_may_stand_with_the_date() -> None:
    """Date and name may share a text."""
    assert Choice(day=CHRISTMAS_EVE, hours=Hours(540, 720)) == read("jeudi 24 décembre, matin", "", PARTS)


def test_a_name_is_a_whole_word() -> None:
    """A soirée is not "soir"."""
    assert "no time of day" in problem("2026-12-24", "soirée", PARTS)


@pytest.mark.parametrize("text", ["9-12", "9h-12h", "09:00", "09:00-09:00", "12:00-09:00", "09:60-12:00", ""])
def test_a_wrong_setting_of_a_part_is_refused(text: str) -> None:
    """The setting has one form."""
    with pytest.raises(ValueError, match=r"\w"):
        parse_day_part(text)


# --- what costs and what is hostile ---------------------------------------------------------------


def test_numbers_alone_never_load_the_library_for_words() -> None:
    """A date in numbers costs nothing at a cold start."""
    code = (
        "import sys\n"
        "from datetime import UTC, datetime\n"
        "from zoneinfo import ZoneInfo\n"
        "from bridge.model import TimeWish\n"
        "from bridge.schedule.chosen_time import Reading, read_wish\n"
        "wish = TimeWish(date='24/12/2026', time='14:00 - 16:00')\n"
        "read_wish(wish, Reading(ZoneInfo('UTC'), 'FR'), ordered_at=datetime.now(UTC))\n"
        "sys.exit('dateparser' in sys.modules)\n"
    )

    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode


@settings(max_examples=300, deadline=None)
@given(
    st.text(max_size=60) | st.from_regex(r"[0-9a-zéû:./ T+Z-]{1,40}", fullmatch=True),
    st.text(max_size=60) | st.from_regex(r"[0-9hapm:./ -]{1,30}", fullmatch=True),
    st.sampled_from(["FR", "DE", "US", "CA", "JP", ""]),
)
def test_hostile_texts_are_read_or_refused(date_text: str, time_text: str, country: str) -> None:
    """Whatever a customer writes, nothing but UnmappableOrder is raised."""
    try:
        choice = read(date_text, time_text, in_country(country))
    except UnmappableOrder:
        return

    assert choice is None or choice != Choice()


@settings(max_examples=100, deadline=None)
@given(
    st.dates(date(2026, 11, 24), date(2027, 11, 1)),
    st.integers(0, 23 * 60),
    st.integers(15, 300),
    st.sampled_from(
        [
            ("FR", "{day:02}/{month:02}/{year}", "{:02}:{:02} - {:02}:{:02}"),
            ("US", "{month:02}/{day:02}/{year}", "{:02}:{:02}-{:02}:{:02}"),
            ("DE", "{day}.{month}.{year}", "{}:{:02} bis {}:{:02} Uhr"),
            ("FR", "{year}-{month:02}-{day:02}", "{}h{:02} à {}h{:02}"),
        ]
    ),
)
def test_what_is_written_is_what_is_read(
    day: date, begins: int, length: int, style: tuple[str, str, str]
) -> None:
    """Any day and any times come back by the same wall clock, in every style."""
    country, date_style, time_style = style
    ends = begins + length
    date_text = date_style.format(day=day.day, month=day.month, year=day.year)
    time_text = time_style.format(*divmod(begins, 60), *divmod(ends % 1440, 60))

    assert Choice(day=day, hours=Hours(begins, ends)) == read(date_text, time_text, in_country(country))
