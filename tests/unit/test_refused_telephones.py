"""Telephones that CoopCycle refuses, and texts that its columns are too short for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.support.deliveries import with_dropoff

from bridge.coopcycle import payload
from bridge.coopcycle.payload import delivery_body
from bridge.errors import CoopCycleRejected, Violation

CALLED = with_dropoff(telephone="+33612345678", comments="#1042", company="Librairie")


@pytest.mark.parametrize(
    ("paths", "refused"),
    [
        (["items[1].task.address.telephone"], True),
        (["items[0].task.address.telephone", "items[1].task.address.telephone"], True),
        (["items[1].task.address.telephone", "items"], False),
        (["items[0].task.doneBefore"], False),
        ([], False),
    ],
)
def test_refusal_of_nothing_but_telephones(paths: list[str], refused: bool) -> None:
    """Such a 400 has made nothing (recorded: phones); any other violation is one a person must see."""
    error = CoopCycleRejected(400, [Violation(path, "<text>") for path in paths])

    assert refused == error.names_only_telephones


def test_refused_telephone_in_words() -> None:
    """The number goes from the address into the comments of the task that was named, and no other."""
    body = delivery_body(replace(CALLED, pickup=replace(CALLED.dropoff, comments="")))

    found = payload.without_telephones(body, [Violation("items[1].task.address.telephone", "<text>")])

    assert body["pickup"] == found["pickup"]
    before, after = task_of(body, "dropoff"), task_of(found, "dropoff")
    assert f"{before['comments']}\nPhone as given: +33612345678" == after["comments"]
    assert {**before, "comments": "", "address": ""} == {**after, "comments": "", "address": ""}
    assert {key: value for key, value in address_of(before).items() if key != "telephone"} == address_of(
        after
    )


@pytest.mark.parametrize("path", ["items[7].task.address.telephone", "pickup.address.telephone"])
def test_refused_telephone_of_an_unknown_task(path: str) -> None:
    """Where it cannot be told whose number is meant, all are written out."""
    several = replace(CALLED, earlier_dropoffs=(CALLED.dropoff,))

    found = payload.without_telephones(delivery_body(several), [Violation(path, "<text>")])

    tasks = found["tasks"]
    assert isinstance(tasks, list)
    assert "telephone" not in json.dumps(tasks)
    assert [False, True, True] == ["Phone as given" in task.get("comments", "") for task in tasks]


def test_refused_telephone_of_one_of_several_stops() -> None:
    """Items are counted as the tasks were sent, the pickup being item 0."""
    several = replace(CALLED, earlier_dropoffs=(CALLED.dropoff,))

    found = payload.without_telephones(
        delivery_body(several), [Violation("items[2].task.address.telephone", "<text>")]
    )

    tasks = found["tasks"]
    assert isinstance(tasks, list)
    assert [False, True, False] == ["telephone" in task.get("address", {}) for task in tasks]


def task_of(body: Mapping[str, object], name: str) -> dict[str, Any]:
    """Return a task of a body."""
    task = body[name]
    assert isinstance(task, dict)
    return task


def address_of(task: Mapping[str, Any]) -> dict[str, Any]:
    """Return a task's address as an object."""
    address = task["address"]
    assert isinstance(address, dict)
    return address


@pytest.mark.parametrize("field", ["street_address", "company", "contact_name"])
def test_text_longer_than_its_column(field: str) -> None:
    """CoopCycle answers 500 for ever to one character more (recorded: create_addresses)."""
    fits = replace(CALLED, dropoff=replace(CALLED.dropoff, **{field: "é" * 255}))
    too_long = replace(CALLED, dropoff=replace(CALLED.dropoff, **{field: "é" * 256}))

    assert delivery_body(fits)
    with pytest.raises(ValueError, match=rf"dropoff\.{field}: must have at most 255 characters"):
        delivery_body(too_long)
