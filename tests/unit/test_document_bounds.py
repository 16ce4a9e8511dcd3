"""A sender's document is bounded where it is read: its texts, and how much stands in it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from bridge.document import LONGEST_TEXT, MOST_MEMBERS, MOST_VALUES, load_object
from bridge.errors import MalformedWebhook, UnmappableOrder
from bridge.fields.expressions import search
from bridge.sources.shared.form_bodies import load_json_object

LONG = "a\n" * LONGEST_TEXT


def test_texts_are_cut_wherever_they_stand() -> None:
    """In lists and objects alike; short ones, numbers and names stay as they are."""
    document = {"note": LONG, "lines": [LONG, "short", 7, {"deep": [{"text": LONG}]}], "empty": []}

    for found in (
        load_object(json.dumps(document).encode()),
        load_json_object(json.dumps(document).encode()),
    ):
        cut = LONG[:LONGEST_TEXT]
        assert found == {"note": cut, "lines": [cut, "short", 7, {"deep": [{"text": cut}]}], "empty": []}


def test_a_text_of_the_allowed_length_is_whole() -> None:
    """The bound itself is no cut."""
    text = "x" * LONGEST_TEXT

    assert load_object(json.dumps({"note": text}).encode()) == {"note": text}


def test_a_document_in_a_text_is_whole() -> None:
    """A sender that wraps one document into another: the wrapped one is cut when it is read itself."""
    inner = json.dumps({"note": LONG})

    outer = load_object(json.dumps({"data": inner, "note": LONG}).encode(), whole="data")

    assert outer == {"data": inner, "note": LONG[:LONGEST_TEXT]}


@pytest.mark.parametrize("one", [0, [], {}, [[]], {"a": 1, "b": 2}], ids=str)
def test_more_than_any_order_holds_is_refused(one: object) -> None:
    """Counted before anything of it is made: what is refused costs no room."""
    few, many = ([[one] * 1000] * count for count in (MOST_VALUES // 8000, MOST_VALUES // 1000 + 1))

    assert load_object(json.dumps({"lines": few}).encode()) == {"lines": few}
    with pytest.raises(MalformedWebhook) as caught:
        load_object(json.dumps({"lines": many}).encode())
    assert caught.value.reason == "too_many_values"


@pytest.mark.parametrize(
    "make", [lambda count: ["x"] * count, lambda count: {str(number): 1 for number in range(count)}]
)
def test_a_list_or_an_object_without_end_is_refused(make: Callable[[int], object]) -> None:
    """Wherever it stands: an expression of the connection's would go through all of it."""
    allowed = {"order": [{"lines": make(MOST_MEMBERS)}]}

    assert load_object(json.dumps(allowed).encode()) == allowed
    with pytest.raises(MalformedWebhook) as caught:
        load_object(json.dumps({"order": [{"lines": make(MOST_MEMBERS + 1)}]}).encode())
    assert caught.value.reason == "too_many_values"


def test_an_expression_makes_no_list_that_a_document_may_not_have() -> None:
    """Lists in a list are each short enough; flattened they are not, and the order is parked."""
    half: list[object] = [{"name": "Tulips"}] * (MOST_MEMBERS // 2)

    found = search("lines[].name", {"lines": [half, half]}, field="fields.items")

    assert found == ["Tulips"] * MOST_MEMBERS
    with pytest.raises(UnmappableOrder, match=r"lines\[\]\.name finds more than 20000 things") as caught:
        search("lines[].name", {"lines": [half, half, half]}, field="fields.items")
    assert caught.value.field == "fields.items"
