"""Whatever a valid order says, CoopCycle takes the body that is made of it.

Two ways to an order of any values: the parsed one with other values in it, and the sender's own body with
other texts in it. The body goes to CoopCycle's sandbox over a real socket.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.support import samples
from tests.support.samples import Outcome, SourceSamples

from bridge.coopcycle.payload import encode
from bridge.errors import MalformedWebhook, ShopUnavailable, UnmappableOrder
from bridge.model import Coordinates, Order, OrderItem, PostalAddress
from bridge.sources import Webhook
from bridge_laptop.sandbox.instance.geocoding import UNKNOWN_PLACES

ALL = samples.load_all()
each_source = pytest.mark.parametrize("complete", ALL.values(), ids=ALL)
# The sandbox is kept from one example to the next: a delivery more or less changes nothing here.
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

TEXT = st.text(max_size=60)
LONG = st.builds(lambda text, times: text * times, TEXT, st.integers(1, 20))  # longer than any column
STREET = st.builds("{} rue {}{}".format, st.integers(1, 999), st.text(min_size=1, max_size=40), LONG)
ITEM = st.builds(
    OrderItem,
    title=TEXT,
    quantity=st.integers(1, 10_000),
    sku=TEXT,
    variant=TEXT,
    weight_grams=st.integers(0, 1_000_000),
)
ADDRESS = st.builds(
    PostalAddress,
    line1=STREET,
    line2=LONG,
    postcode=st.from_regex(r"[0-9]{5}", fullmatch=True),
    city=TEXT,
    country=TEXT,
    country_code=st.sampled_from(("", "FR", "BE", "DE", "GB", "ZZ")),
    coordinates=st.none() | st.builds(Coordinates, st.floats(-90, 90), st.floats(-180, 180)),
)
PHONE = TEXT | st.from_regex(r"(\+33|0)[0-9]{9}( ?x ?[0-9]{1,4})?", fullmatch=True)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "name": TEXT,
        "address": ADDRESS,
        "recipient_name": LONG,
        "company": LONG,
        "phones": st.lists(PHONE, max_size=3).map(tuple),
        "note": st.text(max_size=3000),
        "items": st.lists(ITEM, max_size=5).map(tuple),
    },
)


def parsed(complete: SourceSamples) -> Order:
    """Return the order of the source's first delivery."""
    push = complete.push(complete.deliveries[0])
    webhook = complete.source.identify(push, complete.connection.options)
    assert isinstance(webhook, Webhook)
    payload = complete.source.fetch(
        samples.payload_of(push, webhook), complete.connection.options, complete.shop
    )
    order = complete.source.parse(payload, complete.connection.options)
    assert isinstance(order, Order)
    return order


def accepted(acme: Any, body: dict[str, object] | None) -> None:
    """Expect CoopCycle to make a delivery of a body."""
    answer = acme.send("POST", "/api/deliveries", data=encode(body or {}))

    assert answer.status_code == 201, answer.text
    assert references(body)
    assert references(body) <= references(answer.json())


def references(value: object) -> set[str]:
    """Return our references in a body or an answer, wherever they stand."""
    return set(_values(value, "bridge_ref"))


def streets(value: object) -> list[str]:
    """Return the addresses in a body, wherever they stand."""
    return list(_values(value, "streetAddress"))


def is_found(street: str) -> bool:
    """Tell whether a geocoder finds an address; Hypothesis draws the words, too, by which it does not."""
    return any(map(str.isalpha, street)) and not any(word in street.lower() for word in UNKNOWN_PLACES)


def _values(value: object, wanted: str) -> Iterator[str]:
    if isinstance(value, list):
        for inner in value:
            yield from _values(inner, wanted)
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == wanted and isinstance(inner, str):
                yield inner
            yield from _values(inner, wanted)


def places_of_texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Give the way to each text in a document."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places_of_texts(inner, (*path, key))
    elif isinstance(value, str):
        yield path


def put(document: Any, path: tuple[str | int, ...], text: str) -> None:
    """Write a text into a document."""
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = text


@each_source
def test_an_order_of_any_values_is_accepted(complete: SourceSamples, acme: Any) -> None:
    """Names, notes, phones, items and addresses of any kind make a body that CoopCycle takes."""
    order = parsed(complete)

    @few
    @given(changes=CHANGES)
    def run(changes: dict[str, Any]) -> None:
        outcome = complete.outcome_of_order(replace(order, **changes))

        assert outcome.text == "delivery"
        assert outcome.body is not None
        assume(all(map(is_found, streets(outcome.body))))
        accepted(acme, outcome.body)

    run()


@each_source
def test_a_senders_body_of_any_texts_is_accepted(complete: SourceSamples, acme: Any) -> None:
    """Whatever stands in the texts of an order: if a delivery comes of it, CoopCycle takes it."""
    push = complete.push(complete.deliveries[0])
    webhook = complete.source.identify(push, complete.connection.options)
    assert isinstance(webhook, Webhook)
    payload = samples.payload_of(push, webhook)
    fetched = complete.source.fetch(payload, complete.connection.options, complete.shop)
    try:
        document = json.loads(fetched.body)
    except ValueError:
        pytest.skip("not a JSON body")
    places = list(places_of_texts(document))

    @few
    @given(data=st.data())
    def run(data: st.DataObject) -> None:
        changed = json.loads(fetched.body)
        for path in data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=8, unique=True)):
            put(changed, path, data.draw(TEXT | st.sampled_from(("0612345678", "75011", "12 rue X"))))
        outcome = Outcome("")
        with contextlib.suppress(UnmappableOrder, MalformedWebhook, ShopUnavailable):
            outcome = complete.outcome_of_fetched(replace(fetched, body=json.dumps(changed).encode()))
        assume(outcome.body)
        assume(all(map(is_found, streets(outcome.body))))

        accepted(acme, outcome.body)

    run()
