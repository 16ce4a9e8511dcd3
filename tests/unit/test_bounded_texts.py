"""Whatever people write fits into CoopCycle's columns, and what does not is read by the courier elsewhere."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.connections.model import Connection, Pickup
from bridge.coopcycle.payload import delivery_body
from bridge.model import COLUMN_LENGTH, Delivery, Order, PostalAddress
from bridge.operator.dry_run import OfflineInstance
from bridge.planning.plan import plan
from bridge.planning.text import fit, fit_address

NOW = datetime(2026, 11, 23, 9, 15, tzinfo=UTC)
SHOP = Connection("acme", "shopify", "https://acme.coopcycle.org", timezone="Europe/Paris", country="FR")
ORDER = Order(
    order_id="7",
    name="#1007",
    updated_at=NOW,
    created_at=NOW,
    address=PostalAddress("48 Rue de Rivoli", "", "75004", "Paris", "France", "FR"),
)


def texts(name: str) -> st.SearchStrategy[str]:
    """Return texts of words that occur nowhere else, up to 1,800 characters."""
    sizes = st.tuples(st.integers(1, 60), st.integers(0, 22))
    return sizes.map(lambda size: " ".join(f"{name}ж{number}{'é' * size[1]}東" for number in range(size[0])))


def broken(text: str) -> str:
    """Return a text in two lines."""
    words = text.split()
    return " ".join(words[: len(words) // 2]) + "\n" + " ".join(words[len(words) // 2 :])


def mapped(order: Order, connection: Connection = SHOP) -> Delivery:
    """Plan an order that becomes a delivery."""
    delivery = plan(order, connection, OfflineInstance(), now=NOW)
    assert isinstance(delivery, Delivery)
    return delivery


def lost(text: str, told: str) -> list[str]:
    """Return the words of a text that are not told, neither whole nor in two pieces."""
    return [
        word
        for word in text.split()
        if word not in told and not any(word[:i] in told and word[i:] in told for i in range(1, len(word)))
    ]


@settings(max_examples=60, deadline=None)
@given(
    company=texts("c"),
    recipient=texts("r"),
    line1=texts("l") | texts("l").map(broken),
    line2=texts("m") | texts("m").map(broken),
    city=texts("t"),
)
def test_nothing_of_a_recipient_is_lost(
    company: str, recipient: str, line1: str, line2: str, city: str
) -> None:
    """Street, company and contact have 255 characters (recorded: create_addresses); the rest is described."""
    address = replace(ORDER.address, line1=f"48 Rue {line1}", line2=line2, city=city)

    delivery = mapped(replace(ORDER, company=company, recipient_name=recipient, address=address))

    task = delivery.dropoff
    for text in (task.street_address or "", task.company, task.contact_name):
        assert 0 < len(text) <= COLUMN_LENGTH
    assert len(task.description) <= 5000
    assert "75004" in (task.street_address or "") or len(city) > COLUMN_LENGTH // 4
    told = json.dumps(delivery_body(delivery)["dropoff"], ensure_ascii=False)
    shortened = len(f"{company}{recipient}{line1}{line2}{city}") > 4500
    if not shortened:
        assert [] == lost(f"{company} {recipient} {line1} {line2} {city}", told)


@settings(max_examples=40, deadline=None)
@given(address=texts("a"), company=texts("c"), contact=texts("k"), saved=st.booleans())
def test_nothing_of_a_pickup_is_lost(address: str, company: str, contact: str, saved: bool) -> None:
    """What the columns of the connection's own address have no room for stands in the comments."""
    place = Pickup("/api/addresses/3" if saved else address, company=company, contact_name=contact)

    delivery = mapped(ORDER, replace(SHOP, pickup=place))

    task = delivery.pickup
    for text in (task.street_address or "", task.company, task.contact_name):
        assert len(text) <= COLUMN_LENGTH
    told = json.dumps(delivery_body(delivery)["pickup"], ensure_ascii=False)
    if len(f"{address}{company}{contact}") < 4500:
        assert [] == lost(f"{company} {contact}" + ("" if saved else f" {address}"), told)


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("", 5, ("", "")),
        ("abcde", 5, ("abcde", "")),
        ("  ab   cd ", 5, ("ab cd", "")),
        ("ab cde", 5, ("ab", "cde")),
        ("ab cd ef", 5, ("ab cd", "ef")),
        ("abcdefgh", 5, ("abcde", "fgh")),
    ],
)
def test_a_text_is_cut_between_words(text: str, length: int, expected: tuple[str, str]) -> None:
    """Unless one word alone is longer."""
    assert expected == fit(text, length)


def test_the_town_stays_where_a_geocoder_looks() -> None:
    """Of an address that is too long the middle goes, for without a town it is found anywhere."""
    street = "12 rue de la Longue Litanie " + "des Noms " * 40

    kept, rest = fit_address(f"{street.strip()}, 75011 Paris, France", 255)

    assert len(kept) <= 255
    assert kept.startswith("12 rue de la Longue Litanie")
    assert kept.endswith(", 75011 Paris, France")
    assert street.split() == [*kept.removesuffix(", 75011 Paris, France").split(), *rest.split()]


def test_a_long_note_ends_with_a_mark() -> None:
    """The courier sees that there is more."""
    comments = mapped(replace(ORDER, note="Sonner " * 1000)).dropoff.comments

    assert comments.endswith("Sonner …")
