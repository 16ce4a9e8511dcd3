"""Square's orders: what is read of one, what needs no delivery, and what is named when it is wrong."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support import source_calls
from tests.support.of_square import ORDER, ORDER_ID, SAMPLES, square

from bridge.errors import (
    InvalidConnection,
    MalformedWebhook,
    UnmappableOrder,
)
from bridge.model import Ignored, Order, OrderItem, PostalAddress, TimeWindow, TimeWish
from bridge.sources import Options


def order(**changes: object) -> dict[str, Any]:
    """Return a valid order with some fields changed."""
    return {**copy.deepcopy(ORDER), **changes}


def fulfillment(details: dict[str, object] | None = None, **changes: object) -> dict[str, Any]:
    """Return a valid delivery fulfillment with some fields, and some of its details, changed."""
    one = {**copy.deepcopy(ORDER["fulfillments"][0]), **changes}
    one["delivery_details"].update(details or {})
    return one


def parse(
    topic: str = "order.updated", options: Options = source_calls.NO_OPTIONS, **changes: object
) -> Order | Ignored:
    """Parse the fetched order with some fields changed."""
    return source_calls.parse(square, json.dumps(order(**changes)).encode(), topic, options)


def parsed(**changes: object) -> Order:
    """Parse an order that becomes a delivery."""
    found = parse(**changes)
    assert isinstance(found, Order)
    return found


def test_a_delivery_is_read_whole() -> None:
    """Every field we use is filled from a complete order."""
    found = square.parse(SAMPLES.fetch(square, "order-created.json", "order.created"), SAMPLES.options)

    assert found == Order(
        order_id=ORDER_ID,
        name="1042",
        updated_at=datetime(2026, 11, 23, 9, 12, 31, 482000, tzinfo=UTC),
        created_at=datetime(2026, 11, 23, 9, 12, 8, 129000, tzinfo=UTC),
        address=PostalAddress("48 Rue de Rivoli", "3e étage gauche", "75004", "Paris", country_code="FR"),
        recipient_name="Camille Moreau",
        phones=("+33612345678",),
        note="Code 48B12",
        items=(OrderItem("Bouquet de saison", 1, variant="Grand"), OrderItem("Carte manuscrite", 1)),
        paid=True,
        wish=TimeWish(
            window=TimeWindow(
                datetime(2026, 11, 24, 14, 0, tzinfo=UTC), datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
            ),
            path=f"{DETAILS}.deliver_at",
        ),
        pickup_locations=("FPYCBCHYMXFK1",),
    )


def test_a_shipment_carries_only_its_entries() -> None:
    """A fulfillment with an entry list delivers the lines it names, and a shipment asks for no window."""
    found = square.parse(SAMPLES.fetch(square, "order-shipment.json", "order.updated"), SAMPLES.options)

    assert isinstance(found, Order)
    assert (OrderItem("Bouquet de saison", 1, variant="Grand"),) == found.items
    assert found.note == "Interphone Moreau"
    assert found.wish is None


def test_the_update_brings_the_new_time_and_remarks() -> None:
    """A changed time and a wish for no contact reach the courier."""
    found = square.parse(SAMPLES.fetch(square, "order-updated.json", "order.updated"), SAMPLES.options)

    assert isinstance(found, Order)
    assert found.note == "No-contact delivery\nCode 48B12"
    assert found.wish is not None
    assert found.wish.window is not None
    assert datetime(2026, 11, 24, 17, 0, tzinfo=UTC) == found.wish.window.after


DETAILS = "fulfillments[0].delivery_details"
PICKUP = {"uid": "p", "type": "PICKUP", "state": "PROPOSED", "pickup_details": {}}
GIFT_CARD = {"uid": "g", "name": "Carte cadeau", "quantity": "1", "item_type": "GIFT_CARD"}


@pytest.mark.parametrize(
    ("changes", "reason", "retracts"),
    [
        ({"state": "CANCELED"}, "cancelled", True),
        ({"state": "DRAFT"}, "draft", False),
        ({"fulfillments": []}, "nothing_to_ship", True),
        ({"fulfillments": None}, "nothing_to_ship", True),
        ({"fulfillments": [PICKUP]}, "local_pickup", True),
        ({"fulfillments": [{**PICKUP, "type": "IN_STORE"}]}, "local_pickup", True),
        ({"fulfillments": [fulfillment(state="CANCELED")]}, "cancelled", True),
        ({"fulfillments": [fulfillment(state="FAILED")]}, "rejected", True),
        (
            {"fulfillments": [fulfillment(state="COMPLETED")], "state": "COMPLETED"},
            "already_fulfilled",
            False,
        ),
        (
            {"fulfillments": [fulfillment(state="COMPLETED"), fulfillment(state="CANCELED")]},
            "already_fulfilled",
            False,
        ),
        ({"fulfillments": [fulfillment({"managed_delivery": True})]}, "managed_delivery", True),
        (
            {"fulfillments": [fulfillment({"managed_delivery": True, "recipient": None})]},
            "managed_delivery",
            True,
        ),
        ({"line_items": [GIFT_CARD]}, "nothing_to_ship", True),
        ({"line_items": []}, "nothing_to_ship", True),
    ],
)
def test_an_order_that_needs_no_delivery_is_ignored(
    changes: dict[str, object], reason: str, retracts: bool
) -> None:
    """A cancelled, rejected or picked-up order retracts its delivery, a finished one does not."""
    found = parse(**changes)

    assert isinstance(found, Ignored)
    assert (reason, retracts, ORDER_ID) == (found.reason, found.retracts, found.order_id)
    assert datetime(2026, 11, 23, 9, 12, 31, 482000, tzinfo=UTC) == found.updated_at


@pytest.mark.parametrize("state", ["PROPOSED", "RESERVED", "PREPARED", "SOMETHING_NEW"])
def test_an_open_fulfillment_is_delivered(state: str) -> None:
    """A state we do not know counts as open: a delivery too many is seen, one too few is not."""
    assert isinstance(parse(fulfillments=[fulfillment(state=state)]), Order)


def test_a_cancelled_fulfillment_beside_an_open_one_is_left_out() -> None:
    """When a delivery was cancelled and made anew, the new one counts."""
    other = {"recipient": {"address": {"address_line_1": "1 Rue Neuve", "postal_code": "75002"}}}

    found = parsed(fulfillments=[fulfillment(state="CANCELED"), fulfillment(other), PICKUP])

    assert found.address.line1 == "1 Rue Neuve"
    assert found.dropoffs == ()
    assert found.paths["address.postcode"] == "fulfillments[1].delivery_details.recipient.address.postal_code"


def test_several_deliveries_at_one_time_are_several_dropoffs() -> None:
    """Sellers can split an order on Square Online; each part has its address and its items."""
    second = fulfillment(
        {"recipient": {"display_name": "Voisin", "address": {"address_line_1": "1 Rue Neuve"}}},
        line_item_application="ENTRY_LIST",
        entries=[{"line_item_uid": "LqlGWyzLqlGWyz2", "quantity": "1"}],
    )

    found = parsed(fulfillments=[fulfillment(), second])

    assert [stop.address.line1 for stop in found.dropoffs] == ["1 Rue Neuve"]
    assert found.dropoffs[0].recipient_name == "Voisin"
    assert (OrderItem("Carte manuscrite", 1),) == found.dropoffs[0].items


def test_several_deliveries_at_several_times_are_refused() -> None:
    """One delivery on CoopCycle has one window per stop; an order that needs two is a person's matter."""
    later = fulfillment({"deliver_at": "2026-11-25T14:00:00Z"})

    with pytest.raises(UnmappableOrder, match=r"^fulfillments: "):
        parse(fulfillments=[fulfillment(), later])


@pytest.mark.parametrize(
    ("details", "before"),
    [
        ({"delivery_window_duration": "PT30M"}, datetime(2026, 11, 24, 14, 30, tzinfo=UTC)),
        ({"delivery_window_duration": "PT1H30M"}, datetime(2026, 11, 24, 15, 30, tzinfo=UTC)),
        ({"delivery_window_duration": "P1D"}, datetime(2026, 11, 25, 14, 0, tzinfo=UTC)),
        ({"delivery_window_duration": "P1W3D"}, datetime(2026, 12, 4, 14, 0, tzinfo=UTC)),
        ({"delivery_window_duration": "PT0S"}, datetime(2026, 11, 24, 15, 0, tzinfo=UTC)),
        ({"delivery_window_duration": None}, datetime(2026, 11, 24, 15, 0, tzinfo=UTC)),
        ({"schedule_type": None, "delivery_window_duration": ""}, datetime(2026, 11, 24, 15, 0, tzinfo=UTC)),
    ],
)
def test_the_window_begins_at_deliver_at(details: dict[str, object], before: datetime) -> None:
    """Deliver_at is the beginning of the period, and the duration its length; an hour where there is none."""
    found = parsed(fulfillments=[fulfillment(details)])

    assert found.wish is not None
    assert TimeWindow(datetime(2026, 11, 24, 14, 0, tzinfo=UTC), before) == found.wish.window


def test_the_length_of_an_open_window_is_a_setting() -> None:
    """Where Square gives only the beginning, the connection may say how long couriers have."""
    options = Options(settings={"window_minutes": "90"})

    found = parse(options=options, fulfillments=[fulfillment({"delivery_window_duration": None})])

    assert isinstance(found, Order)
    assert found.wish is not None
    assert found.wish.window is not None
    assert datetime(2026, 11, 24, 15, 30, tzinfo=UTC) == found.wish.window.before


@pytest.mark.parametrize("minutes", ["0", "-5", "1h", "99999", "1.5"])
def test_a_wrong_length_of_the_window_is_named(minutes: str) -> None:
    """A setting that is no number of minutes is the connection's fault, not the order's."""
    with pytest.raises(InvalidConnection, match=r"^sender\.window_minutes: "):
        parse(
            options=Options(settings={"window_minutes": minutes}),
            fulfillments=[fulfillment({"delivery_window_duration": None})],
        )


@pytest.mark.parametrize("details", [{"schedule_type": "ASAP"}, {"deliver_at": None}])
def test_as_soon_as_possible_is_left_to_the_schedule(details: dict[str, object]) -> None:
    """An ASAP delivery names no time that the buyer chose."""
    assert parsed(fulfillments=[fulfillment(details)]).wish is None


@pytest.mark.parametrize(
    ("changes", "paid"),
    [
        ({}, True),
        ({"net_amount_due_money": {"amount": 4150, "currency": "EUR"}}, False),
        ({"net_amount_due_money": {"amount": 4150, "currency": "EUR"}, "state": "COMPLETED"}, True),
        ({"net_amount_due_money": None}, True),
        ({"net_amount_due_money": None, "tenders": None}, False),
        ({"net_amount_due_money": {"amount": True}, "tenders": []}, False),
    ],
)
def test_an_order_is_paid_when_nothing_is_due(changes: dict[str, object], paid: bool) -> None:
    """Square tells of an order before it is paid; what is due decides, else whether anything was tendered."""
    assert paid == parsed(**changes).paid


def test_a_measured_line_is_one_piece() -> None:
    """2.25 kg of flour is one thing to carry, and the quantity is said."""
    line = {"uid": "m", "name": "Farine", "quantity": "2.25", "quantity_unit": {"precision": 2}}

    assert (OrderItem("Farine", 1, variant="2.25"),) == parsed(line_items=[line]).items


def test_a_line_without_pieces_is_left_out() -> None:
    """Square keeps lines of quantity 0 until the order is paid."""
    lines = [{"uid": "a", "name": "A", "quantity": "0"}, {"uid": "b", "name": "B", "quantity": "2.0"}]

    assert (OrderItem("B", 2),) == parsed(line_items=lines).items


def test_a_missing_address_is_handed_over_empty() -> None:
    """A delivery without details is no pickup; the mapping refuses its empty address by name."""
    found = parsed(fulfillments=[fulfillment({"recipient": None})])

    assert PostalAddress() == found.address
    assert found.paths["address.line1"] == f"{DETAILS}.recipient.address.address_line_1"


def test_names_fall_back_to_what_there_is() -> None:
    """Without a ticket's name the reference, then the id; a recipient's name may be in the address."""
    recipient = {"address": {"address_line_1": "1 Rue", "first_name": "Camille", "last_name": "Moreau"}}

    found = parsed(
        ticket_name=None, reference_id="my-1", fulfillments=[fulfillment({"recipient": recipient})]
    )
    bare = parsed(ticket_name=None)

    assert (found.name, found.recipient_name) == ("my-1", "Camille Moreau")
    assert ORDER_ID == bare.name


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"updated_at": None}, "updated_at"),
        ({"updated_at": "yesterday"}, "updated_at"),
        ({"state": 5}, "state"),
        ({"fulfillments": {}}, "fulfillments"),
        ({"fulfillments": ["x"]}, "fulfillments[0]"),
        ({"fulfillments": [fulfillment(type=5)]}, "fulfillments[0].type"),
        ({"fulfillments": [fulfillment({"recipient": 5})]}, f"{DETAILS}.recipient"),
        (
            {"fulfillments": [fulfillment({"recipient": {"address": {"postal_code": 75004}}})]},
            f"{DETAILS}.recipient.address.postal_code",
        ),
        (
            {"fulfillments": [fulfillment({"deliver_at": "soon"})]},
            f"{DETAILS}.deliver_at",
        ),
        (
            {"fulfillments": [fulfillment({"delivery_window_duration": "P1Y"})]},
            f"{DETAILS}.delivery_window_duration",
        ),
        (
            {"fulfillments": [fulfillment({"delivery_window_duration": "P32D"})]},
            f"{DETAILS}.delivery_window_duration",
        ),
        ({"line_items": [{"quantity": "two"}]}, "line_items[0].quantity"),
        ({"line_items": [{"quantity": 2}]}, "line_items[0].quantity"),
        ({"line_items": [{}]}, "line_items[0].quantity"),
    ],
)
def test_a_needed_field_of_the_wrong_form_is_named(changes: dict[str, object], field: str) -> None:
    """The error names the field as Square does."""
    with pytest.raises(UnmappableOrder) as caught:
        parse(**changes)

    assert field == caught.value.field


@pytest.mark.parametrize("order_id", [None, "", "a/b"])
def test_an_order_without_a_usable_id_is_malformed(order_id: object) -> None:
    """Only a fetched order is parsed."""
    with pytest.raises(MalformedWebhook):
        parse(id=order_id)
