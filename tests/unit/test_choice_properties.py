"""What holds for every label, every spelling of a date and every order with them."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.any_json import any_json

from bridge.errors import UnmappableOrder
from bridge.model import Writings, Written
from bridge.schedule.candidates import LONGEST_TEXT, MOST_ENTRIES, candidates_of
from bridge.schedule.chosen_time import KNOWN_LANGUAGES, Choice, Reading, read_choice
from bridge.schedule.find_chosen_time import find_chosen_time
from bridge.schedule.vocabulary import NO_TIME, phrases, weekdays

ORDERED_AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
ORDERED_ON = ORDERED_AT.date()
FRANCE = Reading(ZoneInfo("Europe/Paris"), "FR")

DATE_LABELS = sorted(
    phrases(
        "Delivery Date, delivery_date, _deliveryDate, Preferred delivery day, Day of delivery, "
        "Shipping-Date, Date de livraison, Jour de livraison souhaité, Lieferdatum, Liefertag, "
        "Wunschtermin der Lieferung, Fecha de entrega, Día de entrega, Data di consegna, Giorno di "
        "consegna, Data de entrega, Bezorgdatum, Leverdatum, Leveringsdato, Leveringsdag, Leveransdatum, "
        "Leveransdag, Toimituspäivä, Data dostawy, Dzień dostawy, Data de lliurament, Datum doručení, "
        "Szállítás dátuma, Data livrării, Дата доставки, pi_system_delivery_date, _shipday_delivery_date, "
        "byconsolewooodt_delivery_date, jckwds_date_ymd"
    )
)
UNRELATED_LABELS = sorted(
    phrases(
        "Date of birth, Date de naissance, Geburtsdatum, Fecha de nacimiento, Data di nascita, "
        "Geboortedatum, Fødselsdato, Födelsedatum, Syntymäpäivä, Data urodzenia, Payment date, Date de "
        "paiement, due_date, Zahlungsdatum, Invoice date, Date de facture, Rechnungsdatum, Fecha de "
        "factura, Fakturadatum, Warranty until, Garantie bis, Date de garantie, consent_date, "
        "gdpr_consent_time, Campaign start date, _wc_order_attribution_session_start_time, date_created, "
        "date_modified, Expiry date, Valid until date"
    )
)
_AHEAD = st.integers(0, 300).map(lambda days: ORDERED_ON + timedelta(days=days))
_WRITTEN = (
    lambda day: day.isoformat(),
    lambda day: f"{day:%d.%m.%Y}",
    lambda day: f"{day:%d/%m/%Y}",
    lambda day: f"{day:%Y/%m/%d}",
    lambda day: f"{day:%Y%m%d}",
    lambda day: f"{day.day} {day:%B %Y}",
    lambda day: f"{day:%A}, {day.day} {day:%B %Y}",
    lambda day: str(int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())),
)


def choose(*entries: Written, wordpress: bool = True) -> Choice | None:
    """Return the choice that names and values make.

    Raises:
        UnmappableOrder: it is parked.

    """
    writings = Writings(entries, date_setting="sender.date_meta", clocks_in_utc=wordpress)
    wish = find_chosen_time(writings, FRANCE, ordered_at=ORDERED_AT).wish
    return read_choice(wish, FRANCE, ordered_at=ORDERED_AT) if wish is not None else None


@given(
    st.sampled_from(DATE_LABELS),
    _AHEAD,
    st.sampled_from(_WRITTEN),
    st.sampled_from(["order", "line", "question"]),
)
@settings(max_examples=400, deadline=None)
def test_a_label_with_a_readable_day_gives_that_day_or_parks(
    label: str, day: date, write: object, place: str
) -> None:
    """Never the schedule's next window, as if nothing were said."""
    assert callable(write)
    try:
        found = choose(Written(label, write(day), label, place, 1))
    except UnmappableOrder:
        return

    assert found is not None
    assert day == found.day


@given(
    st.sampled_from(UNRELATED_LABELS),
    _AHEAD,
    st.sampled_from(_WRITTEN),
    st.sampled_from(["order", "line", "question"]),
)
@settings(max_examples=300, deadline=None)
def test_an_unrelated_day_is_neither_read_nor_parked(
    label: str, day: date, write: object, place: str
) -> None:
    """Whatever day it is, and however it is written."""
    assert callable(write)

    assert choose(Written(label, write(day), label, place, 1)) is None


@given(_AHEAD, _AHEAD, st.sampled_from(DATE_LABELS), st.sampled_from(DATE_LABELS))
@settings(max_examples=200, deadline=None)
def test_two_lines_agree_or_park(first: date, second: date, label: str, other: str) -> None:
    """One of two days is never chosen for both."""
    entries = (
        Written(label, first.isoformat(), "a", "line", 1),
        Written(other, second.isoformat(), "b", "line", 2),
    )
    try:
        found = choose(*entries)
    except UnmappableOrder:
        assert first != second
        return

    assert found is not None
    assert first == second == found.day


@given(st.sampled_from(DATE_LABELS), _AHEAD, st.integers(7, 20), st.integers(1, 3))
@settings(max_examples=200, deadline=None)
def test_hours_beside_a_day_are_never_dropped(label: str, day: date, begins: int, length: int) -> None:
    """As texts, as an object, as two keys and as Unix times in UTC: the same hours."""
    ends = begins + length
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    chosen = Written(label, day.isoformat(), "day")
    for entries in (
        [Written("Delivery Time", f"{begins}:00 - {ends}:00", "t")],
        [Written("_delivery_time_frame", {"time_from": f"{begins}:00", "time_to": f"{ends}:00"}, "t")],
        [
            Written("delivery_slot_start", f"{begins}:00", "t"),
            Written("delivery_slot_end", f"{ends}:00", "u"),
        ],
        [Written("delivery_time", [f"{begins}:00", f"{ends}:00"], "t")],
        [
            Written("slot_from", midnight + begins * 3600, "t"),
            Written("slot_to", str(midnight + ends * 3600), "u"),
        ],
    ):
        found = choose(chosen, *entries)
        assert found is not None
        assert found.hours is not None, entries
        assert (day, begins * 60, ends * 60) == (found.day, found.hours.begins, found.hours.ends), entries


@given(
    st.sampled_from(sorted(NO_TIME)),
    st.sampled_from([str.upper, str.title, str]),
    st.sampled_from(["", ".", "!"]),
)
def test_as_soon_as_possible_is_no_time_in_any_language(phrase: str, write: object, mark: str) -> None:
    """The day stays; nobody has to explain the words."""
    assert callable(write)

    found = choose(
        Written("Delivery Date", "2026-11-27", "d"), Written("Delivery Time", write(phrase) + mark, "t")
    )

    assert Choice(day=date(2026, 11, 27)) == found


_JSON = any_json(texts=st.text(max_size=60))
_NAMES = st.text(max_size=60) | st.sampled_from(
    [*DATE_LABELS, *UNRELATED_LABELS, "_BirdChimeSlotId", "title"]
)
_PLACES = st.sampled_from(["order", "line", "method", "tag", "question"])


@given(
    st.lists(st.builds(Written, _NAMES, _JSON, st.text(max_size=40), _PLACES, st.integers(0, 3)), max_size=8),
    st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_any_names_and_values_are_read_or_parked(entries: list[Written], wordpress: bool) -> None:
    """Nothing that a sender writes makes another error."""
    with contextlib.suppress(UnmappableOrder):
        choose(*entries, wordpress=wordpress)


def test_work_is_bounded() -> None:
    """Of an order of a megabyte of names and values a few are looked at, and of each a few characters."""
    deep: object = "2026-11-27"
    for _ in range(500):
        deep = {"date": [deep] * 3}
    wide: object = "2026-11-27"
    for _ in range(3):
        wide = {f"date {number}": wide for number in range(50)}
    many = [Written("Delivery Date", [*range(10**5)], "x"), Written("delivery", wide, "x")]
    flood = [Written("Delivery Date", f"{number} " * 5000, "x", "line", number) for number in range(5000)]

    for entries in ([Written("Delivery Date", deep, "x")], many, flood):
        found, passed = candidates_of(Writings(tuple(entries)))
        assert len(found) + len(passed) <= MOST_ENTRIES
        assert all(len(one.text) <= LONGEST_TEXT + 1 for one in found)
    with pytest.raises(UnmappableOrder, match="others may be the time"):
        choose(*flood)


def test_the_tables_weekdays_are_those_of_the_library_that_reads_dates() -> None:
    """A name that dateparser knows as another weekday would be read in two ways."""
    import dateparser

    for language in sorted(KNOWN_LANGUAGES):
        for name, number in weekdays((language,)).items():
            if len(name) < 4 or "-" in name:
                continue
            found = dateparser.parse(name, languages=[language])
            assert found is None or found.weekday() == number, (language, name)
