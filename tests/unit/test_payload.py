from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from bridge.coopcycle import payload
from bridge.coopcycle.payload import delivery_body
from bridge.errors import CoopCycleRejected, Violation
from bridge.model import Coordinates, Delivery, Package, Receipt, Task, TimeWindow

PARIS = timezone(timedelta(hours=1))


def window(hour: int) -> TimeWindow:
    """Two hours of 23 November 2026, in Paris."""
    return TimeWindow(
        datetime(2026, 11, 23, hour, tzinfo=PARIS), datetime(2026, 11, 23, hour + 2, tzinfo=PARIS)
    )


def minimal() -> Delivery:
    """Return the least that is a delivery."""
    return Delivery(
        bridge_ref="acme/1001",
        pickup=Task(window(9)),
        dropoff=Task(window(11), street_address="48 Rue de Rivoli, 75004 Paris"),
    )


def with_dropoff(**changes: object) -> Delivery:
    """Return the least, with a dropoff of these values."""
    delivery = minimal()
    return replace(delivery, dropoff=replace(delivery.dropoff, **changes))  # type: ignore[arg-type]


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

    assert live == payload.parse_receipt(held(*tasks)).is_live


# --- answers ----------------------------------------------------------------------------------------


def task(number: int, kind: str, **changes: object) -> dict[str, object]:
    """Return a task as the answer of a delivery holds it."""
    return {
        "@id": f"/api/tasks/{number}",
        "@type": "Task",
        "id": number,
        "type": kind,
        "status": "TODO",
        "createdAt": "2026-11-23T09:00:00+01:00",
        "metadata": [],
        **changes,
    }


def answer(**changes: object) -> dict[str, object]:
    """Return a delivery as CoopCycle answers it."""
    pickup = task(1, "PICKUP")
    dropoff = task(2, "DROPOFF", metadata={"bridge_ref": "acme/1001", "zero_waste": False})
    return {
        "@context": "/api/contexts/Delivery",
        "@id": "/api/deliveries/42",
        "@type": "http://schema.org/ParcelDelivery",
        "id": 42,
        "pickup": pickup,
        "dropoff": dropoff,
        "tasks": [pickup, dropoff],
        "trackingUrl": "https://acme.coopcycle.org/fr/pub/d/Xy",
        **changes,
    }


def test_receipt_of_a_delivery() -> None:
    """A delivery's answer becomes a receipt; tasks that stand twice in it count once."""
    receipt = payload.parse_receipt(answer())

    expected = Receipt(
        delivery_iri="/api/deliveries/42",
        tracking_url="https://acme.coopcycle.org/fr/pub/d/Xy",
        bridge_ref="acme/1001",
        statuses=("TODO", "TODO"),
        assigned=False,
    )
    assert expected == receipt
    assert datetime(2026, 11, 23, 9, tzinfo=PARIS) == receipt.created_at


def test_receipt_from_tasks_alone() -> None:
    """An answer with tasks and neither pickup nor dropoff tells as much."""
    whole = answer()
    del whole["pickup"], whole["dropoff"]

    assert payload.parse_receipt(answer()) == payload.parse_receipt(whole)


@pytest.mark.parametrize(
    "shown",
    [
        {"status": "DOING"},
        {"status": "DONE"},
        {"status": "FAILED"},
        {"isAssigned": True},
        {"assignedTo": "sarah"},
    ],
)
def test_assigned(shown: dict[str, object]) -> None:
    """A task that is under way, or names its courier, makes the delivery an assigned one."""
    assert payload.parse_receipt(answer(pickup=task(1, "PICKUP", **shown))).assigned


def test_cancelled_is_not_assigned() -> None:
    """A cancelled delivery has no courier."""
    cancelled = [
        task(1, "PICKUP", status="CANCELLED"),
        task(2, "DROPOFF", status="CANCELLED", assignedTo=None),
    ]
    receipt = payload.parse_receipt(answer(pickup=None, dropoff=None, tasks=cancelled))

    assert receipt.statuses == ("CANCELLED", "CANCELLED")
    assert not receipt.assigned


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        {},
        answer(**{"@id": None}),
        answer(**{"@id": "/api/stores/1"}),
        answer(**{"@id": "https://elsewhere.example/api/deliveries/1"}),
        answer(**{"@id": "/api/deliveries/../me"}),
        answer(pickup=None, dropoff=None, tasks=[]),
    ],
)
def test_not_a_delivery(body: object) -> None:
    """What is no delivery is never taken for the receipt of one."""
    with pytest.raises(ValueError, match="not a"):
        payload.parse_receipt(body)


@pytest.mark.parametrize(
    "broken", [{"createdAt": "yesterday"}, {"createdAt": 3}, {"metadata": "k=v"}, {"status": 1}]
)
def test_receipt_in_spite_of_a_broken_detail(broken: dict[str, object]) -> None:
    """A delivery that exists is not lost for a detail that cannot be read."""
    assert (
        payload.parse_receipt(answer(pickup=task(1, "PICKUP", **broken))).delivery_iri == "/api/deliveries/42"
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"hydra:member": {}, "hydra:totalItems": 0},
        {"hydra:member": [{"@id": "/api/me"}], "hydra:totalItems": 1},
        {"hydra:member": []},
        {"hydra:member": [], "hydra:totalItems": "0"},
    ],
)
def test_not_a_collection(body: object) -> None:
    """A listing that is not wholly understood is no listing: a delivery could hide in the rest."""
    with pytest.raises(ValueError, match="not a"):
        payload.parse_listing(body)


def test_violations() -> None:
    """A ConstraintViolationList gives its property paths, in the message too."""
    body = {
        "@type": "ConstraintViolationList",
        "hydra:description": "items[0].task.doneBefore: Cette valeur ne doit pas être vide.",
        "violations": [
            {"propertyPath": "items[0].task.doneBefore", "message": "Cette valeur ne doit pas être vide."},
            "nonsense",
            {"message": 3},
        ],
    }

    error = payload.parse_error(400, json.dumps(body).encode())

    assert error.status == 400
    violation = Violation("items[0].task.doneBefore", "Cette valeur ne doit pas être vide.")
    assert (violation, Violation("", "")) == error.violations
    assert str(error) == "CoopCycle answered 400 for items[0].task.doneBefore"


@pytest.mark.parametrize(
    ("body", "description"),
    [
        (
            b'{"@type":"hydra:Error","hydra:description":"Tasks have already been assigned"}',
            "Tasks have already been assigned",
        ),
        (b'{"title":"x","detail":"Not Found"}', "Not Found"),
        (b"<html>gateway</html>", ""),
        (b"", ""),
        (b"\xff\xfe", ""),
        (b"[" * 100_000, ""),
        (b'{"violations": {}}', ""),
    ],
)
def test_error_of_any_form(body: bytes, description: str) -> None:
    """Whatever the body, the status is told; a foreign text stays out of the message."""
    error = payload.parse_error(404, body)

    assert (404, description) == (error.status, error.description)
    assert str(error) == "CoopCycle answered 404"


# --- telephones that CoopCycle refuses ----------------------------------------------------------------


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
