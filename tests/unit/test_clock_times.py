"""Reading times of the day, and parts of the day, as customers and pickers write them."""

from __future__ import annotations

import pytest
from tests.support.chosen_times import CHRISTMAS_EVE, TWO_TO_FOUR, in_country, problem, read

from bridge.schedule.chosen_time import Choice, Hours, parse_day_part

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
