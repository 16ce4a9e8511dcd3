"""A delivery in CoopCycle's wire names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.support.deliveries import minimal, window, with_dropoff

from bridge.coopcycle import answers, payload
from bridge.model import Coordinates, Delivery, Package, Task, TimeWindow


def test_whole_delivery_in_wire_names() -> None:
    """Every value of the model stands under CoopCycle's own name, windows in UTC with Z."""
    delivery = Delivery(
        bridge_ref="acme/1001",
        pickup=Task(
            window(9),
            street_address="12 rue des Fleurs, 75011 Paris",
            contact_name="Chloé",
            comments="Entrée par la cour",
        ),
        dropoff=Task(
            window(11),
            street_address="48 Rue de Rivoli, 75004 Paris, France",
            coordinates=Coordinates(48.857, 2.353),
            company="Librairie",
            contact_name="Zoë Ünal",
            telephone="+33612345678",
            description="3e étage",
            comments="#1042",
            weight_grams=2500,
            packages=(Package("XL", 2),),
            tags=("fragile",),
        ),
    )

    body = payload.delivery_body(delivery)

    expected = {
        "pickup": {
            "address": {"streetAddress": "12 rue des Fleurs, 75011 Paris", "contactName": "Chloé"},
            "after": "2026-11-23T08:00:00Z",
            "before": "2026-11-23T10:00:00Z",
            "comments": "Entrée par la cour",
        },
        "dropoff": {
            "address": {
                "streetAddress": "48 Rue de Rivoli, 75004 Paris, France",
                "latLng": [48.857, 2.353],
                "name": "Librairie",
                "contactName": "Zoë Ünal",
                "telephone": "+33612345678",
                "description": "3e étage",
            },
            "after": "2026-11-23T10:00:00Z",
            "before": "2026-11-23T12:00:00Z",
            "comments": "#1042",
            "weight": 2500,
            "packages": [{"type": "XL", "quantity": 2}],
            "tags": ["fragile"],
            "metadata": {"bridge_ref": "acme/1001"},
        },
    }
    assert expected == body


def test_least_delivery_leaves_out_what_is_empty() -> None:
    """A pickup at the store's own address has a window and no address; nothing empty is sent."""
    body = payload.delivery_body(minimal())

    expected = {
        "pickup": {"after": "2026-11-23T08:00:00Z", "before": "2026-11-23T10:00:00Z"},
        "dropoff": {
            "address": {"streetAddress": "48 Rue de Rivoli, 75004 Paris"},
            "after": "2026-11-23T10:00:00Z",
            "before": "2026-11-23T12:00:00Z",
            "metadata": {"bridge_ref": "acme/1001"},
        },
    }
    assert expected == body


def test_equator_and_meridian_are_coordinates() -> None:
    """Zero is a latitude and a longitude like any other."""
    body = payload.delivery_body(with_dropoff(coordinates=Coordinates(0, 0)))

    assert body["dropoff"]["address"]["latLng"] == [0.0, 0.0]  # type: ignore[index]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"street_address": None}, "dropoff.street_address"),
        ({"weight_grams": 2.5}, "dropoff.weight_grams"),
        ({"weight_grams": -1}, "dropoff.weight_grams"),
        ({"weight_grams": True}, "dropoff.weight_grams"),
        ({"telephone": "0612345678"}, "dropoff.telephone"),
        ({"coordinates": Coordinates(float("nan"), 2)}, "dropoff.coordinates"),
        ({"coordinates": Coordinates(2, 181)}, "dropoff.coordinates"),
        ({"packages": (Package("XL", 0),)}, "dropoff.packages"),
        ({"packages": (Package("", 1),)}, "dropoff.packages"),
    ],
)
def test_value_that_coopcycle_would_misread(changes: dict[str, object], field: str) -> None:
    """A value CoopCycle refuses, ignores or answers with 500 is never sent, and the field is named."""
    with pytest.raises(ValueError, match=field) as caught:
        payload.delivery_body(with_dropoff(**changes))

    assert "0612345678" not in str(caught.value)


def test_missing_reference() -> None:
    """Without our reference a delivery of unknown outcome could not be found again."""
    with pytest.raises(ValueError, match="bridge_ref"):
        payload.delivery_body(replace(minimal(), bridge_ref=""))


def test_fingerprint_of_the_same_delivery() -> None:
    """Another order of keys, or the same instant in another zone, is the same delivery."""
    body = payload.delivery_body(minimal())
    in_utc = TimeWindow(datetime(2026, 11, 23, 10, tzinfo=UTC), datetime(2026, 11, 23, 12, tzinfo=UTC))

    assert payload.fingerprint(body) == payload.fingerprint(dict(reversed(body.items())))
    assert payload.fingerprint(body) == payload.fingerprint(
        payload.delivery_body(with_dropoff(window=in_utc))
    )


def test_fingerprint_of_a_change() -> None:
    """Any change in what would be sent changes the fingerprint."""
    body = payload.delivery_body(minimal())

    assert payload.fingerprint(body) != payload.fingerprint(payload.delivery_body(with_dropoff(comments="!")))


def test_body_of_a_feasibility_check() -> None:
    """The route /api/deliveries/assert would stumble over a metadata object."""
    body = payload.delivery_body(minimal())

    asked = payload.assert_body(body)

    assert "metadata" not in asked["dropoff"]  # type: ignore[operator]
    assert body["pickup"] == asked["pickup"]


def three_stops() -> Delivery:
    """Return a delivery with a pickup and two dropoffs."""
    return replace(
        minimal(),
        earlier_dropoffs=(Task(window(11), street_address="5 Rue Charlot, 75003 Paris", weight_grams=300),),
    )


def test_several_stops_are_tasks() -> None:
    """Each says its type, and our reference stands on every dropoff."""
    delivery = replace(
        three_stops(), further_pickups=(Task(window(9), address_iri="/api/addresses/7", comments="#1"),)
    )

    body = payload.delivery_body(delivery)

    early = {"after": "2026-11-23T08:00:00Z", "before": "2026-11-23T10:00:00Z"}
    late = {"after": "2026-11-23T10:00:00Z", "before": "2026-11-23T12:00:00Z"}
    reference = {"metadata": {"bridge_ref": "acme/1001"}}
    expected = {
        "tasks": [
            {"type": "pickup", **early},
            {"type": "pickup", "address": "/api/addresses/7", "comments": "#1", **early},
            {
                "type": "dropoff",
                "address": {"streetAddress": "5 Rue Charlot, 75003 Paris"},
                "weight": 300,
                **late,
                **reference,
            },
            {
                "type": "dropoff",
                "address": {"streetAddress": "48 Rue de Rivoli, 75004 Paris"},
                **late,
                **reference,
            },
        ]
    }
    assert expected == body


@pytest.mark.parametrize(
    ("delivery", "field"),
    [
        (replace(three_stops(), further_pickups=(Task(window(9)),)), r"pickups\[1\]\.street_address"),
        (replace(three_stops(), earlier_dropoffs=(Task(window(9)),)), r"dropoffs\[0\]\.street_address"),
        (with_dropoff(address_iri="/api/stores/1"), r"dropoff\.address_iri"),
    ],
)
def test_stop_without_a_place(delivery: Delivery, field: str) -> None:
    """CoopCycle puts the store's address in for the first pickup only; elsewhere it answers 500."""
    with pytest.raises(ValueError, match=field):
        payload.delivery_body(delivery)


def test_feasibility_of_several_stops() -> None:
    """The older reader gets tasks without metadata too."""
    asked = payload.assert_body(payload.delivery_body(three_stops()))

    tasks = asked["tasks"]
    assert isinstance(tasks, list)
    assert [False] * 3 == ["metadata" in task for task in tasks]
    assert "dropoff" == tasks[2]["type"]


def held(*tasks: tuple[int, str, str, str]) -> dict[str, object]:
    """Return a delivery as GET answers it: number, type, street and status of each task."""
    listed = [
        {
            "@id": f"/api/tasks/{number}",
            "id": number,
            "type": kind,
            "status": status,
            "address": {"@id": f"/api/addresses/{number}", "streetAddress": street},
        }
        for number, kind, street, status in tasks
    ]
    return {
        "@id": "/api/deliveries/42",
        "tasks": listed,
        "pickup": listed[0],
        "dropoff": next(task for task in reversed(listed) if task["type"] == "DROPOFF"),
    }


@pytest.mark.parametrize(
    ("statuses", "live"),
    [
        (("TODO", "TODO", "TODO"), True),
        (("TODO", "CANCELLED", "TODO"), True),
        (("DONE", "TODO", "CANCELLED"), True),
        (("TODO", "CANCELLED", "CANCELLED"), False),
        (("CANCELLED", "TODO", "TODO"), False),
        (("CANCELLED", "CANCELLED", "CANCELLED"), False),
    ],
)
def test_delivery_lives_while_something_is_brought(statuses: tuple[str, str, str], live: bool) -> None:
    """One stop less is still a delivery; without any pickup or any dropoff it is none."""
    kinds = ("PICKUP", "DROPOFF", "DROPOFF")
    tasks = [(i, kind, "a", status) for i, (kind, status) in enumerate(zip(kinds, statuses, strict=True), 1)]

    assert live == answers.parse_receipt(held(*tasks)).is_live
