"""What CoopCycle answers, read: receipts, listings, violations, errors."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from tests.support.deliveries import PARIS, task

from bridge.coopcycle import answers
from bridge.errors import Violation
from bridge.model import Receipt


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
    receipt = answers.parse_receipt(answer())

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

    assert answers.parse_receipt(answer()) == answers.parse_receipt(whole)


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
    assert answers.parse_receipt(answer(pickup=task(1, "PICKUP", **shown))).assigned


def test_cancelled_is_not_assigned() -> None:
    """A cancelled delivery has no courier."""
    cancelled = [
        task(1, "PICKUP", status="CANCELLED"),
        task(2, "DROPOFF", status="CANCELLED", assignedTo=None),
    ]
    receipt = answers.parse_receipt(answer(pickup=None, dropoff=None, tasks=cancelled))

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
        answers.parse_receipt(body)


@pytest.mark.parametrize(
    "broken", [{"createdAt": "yesterday"}, {"createdAt": 3}, {"metadata": "k=v"}, {"status": 1}]
)
def test_receipt_in_spite_of_a_broken_detail(broken: dict[str, object]) -> None:
    """A delivery that exists is not lost for a detail that cannot be read."""
    assert (
        answers.parse_receipt(answer(pickup=task(1, "PICKUP", **broken))).delivery_iri == "/api/deliveries/42"
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
        answers.parse_listing(body)


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

    error = answers.parse_error(400, json.dumps(body).encode())

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
    error = answers.parse_error(404, body)

    assert (404, description) == (error.status, error.description)
    assert str(error) == "CoopCycle answered 404"


STEERING = "\x1b[2J\x9b31m\u202e\n"


def test_no_text_of_an_instance_steers_a_terminal() -> None:
    """Property paths stand in parked sentences and logs, statuses in `orders show --live`."""
    violation = {"propertyPath": f"dropoff{STEERING}.address", "message": STEERING}
    body = json.dumps({"violations": [violation], "hydra:description": STEERING}).encode()

    refusal = answers.parse_error(400, body)
    receipt = answers.parse_receipt(answer(pickup=task(1, "PICKUP", status=f"TODO{STEERING}")))

    shown = (str(refusal), refusal.description, refusal.violations[0].message, *receipt.statuses)
    assert "dropoff [2J 31m .address" in str(refusal)
    assert [] == [text for text in shown if set(text) & set("\x1b\x9b\u202e\n")]


@pytest.mark.parametrize(
    ("told", "is_link"),
    [
        ("https://acme.coopcycle.org/fr/pub/d/Xy", True),
        ("http://127.0.0.1:3001/fr/pub/d/Xy", True),
        ("javascript:alert(1)", False),
        ("data:text/html,<script>alert(1)</script>", False),
        ("//evil.example", False),
        ("https://user@evil.example/", False),
        ("https://acme.coopcycle.org/\x1b[2J", False),
        ("https://acme.coopcycle.org/a b", False),
        ("https://[", False),
        ("https:///d/Xy", False),
        (7, False),
    ],
)
def test_a_tracking_link_is_the_address_of_a_page(told: object, is_link: bool) -> None:
    """The page for dispatchers links to it, and customers get it: anything else is no link."""
    assert answers.parse_receipt(answer(trackingUrl=told)).tracking_url == (told if is_link else "")
