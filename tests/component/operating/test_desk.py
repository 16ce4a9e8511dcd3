"""The page's desk: what a list, the counts and the pictures cost, and what they show."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import boto3
import pytest
from tests.component.conftest import Bridge
from tests.component.operating.test_order_index import START, record
from tests.support.order_records import table

from bridge.console.desk import Desk, Needs
from bridge.console.order_rows import Wish
from bridge.console.values import Standing
from bridge.dispatching.record import ParkedMessage, State
from bridge.operator.deployment import on_this_machine

NOW = START + timedelta(hours=2)


@pytest.fixture
def desk(bridge: Bridge) -> Desk:
    """The bridge as the page has it."""
    deployment = on_this_machine("dev", boto3.client, bridge.names, webhook_url="http://127.0.0.1/webhooks/")
    return Desk(deployment, lambda: NOW)


def parked_message(number: int) -> ParkedMessage:
    """Return what is parked of an order."""
    return ParkedMessage(
        message_id=f"m{number}",
        code="unmappable_order",
        sentence="shipping_address.address1: missing",
        property_paths=(),
        parked_at=START,
        topic="orders/create",
        received_at=START,
        updated_at=None,
        text="",
    )


@pytest.mark.parametrize("stored", [30, 90])
def test_a_list_asks_as_much_of_a_small_table_as_of_a_large_one(
    bridge: Bridge, desk: Desk, stored: int
) -> None:
    """One query for the newest, two for what needs something, one look at the orders that are shown."""
    for number in range(stored):
        table(bridge).save(record(number, number))
    desk.connection_ids()
    asked: Counter[str] = Counter()

    def count(model: Any, **_: Any) -> None:
        asked[model.name] += 1

    desk.deployment.orders._dynamodb.meta.events.register("before-call.dynamodb", count)

    listing = desk.listing(Wish(since=START, connection_id="acme", limit=25))

    assert (25, stored) == (len(listing.rows), listing.matching)
    assert f"#{stored - 1}" == listing.rows[0].name
    assert {"Query": 3, "BatchGetItem": 1} == asked


def test_what_needs_somebody_is_shown_since_whenever(bridge: Bridge, desk: Desk) -> None:
    """Today's list has last week's parked order, too, and the counts say how many there are."""
    table(bridge).save(record(1, -10_000, state=State.REJECTED, parked=(parked_message(1),)))
    table(bridge).save(record(2, -10_000, waiting_for="coopcycle_unavailable"))
    table(bridge).save(record(3, -10_000))
    table(bridge).save(record(4, 5))

    listing = desk.listing(Wish(since=START))

    assert ["#4", "#1", "#2"] == [row.name for row in listing.rows][:1] + sorted(
        row.name for row in listing.rows[1:]
    )
    assert {Standing.CREATED: 1, Standing.PARKED: 1, Standing.WAITING: 1} == listing.counts
    assert 1 == listing.need_a_person
    assert Needs(waiting=1, parked=1) == desk.needs()


@pytest.mark.parametrize("text", ["#1042", "1042", "104", "001042"])
def test_an_order_of_any_day_is_found(bridge: Bridge, desk: Desk, text: str) -> None:
    """By its name, the beginning of it, or its id."""
    table(bridge).save(record(1042, -100_000))
    table(bridge).save(record(7, 5))

    assert ["#1042"] == [row.name for row in desk.listing(Wish(since=START, text=text)).rows]


def test_an_order_is_found_by_its_street(bridge: Bridge, desk: Desk) -> None:
    """Among the newest ones: what a caller says when he knows no number."""
    sent = '{"dropoff": {"address": {"streetAddress": "48 Rue de Rivoli, 75004 Paris"}}}'
    table(bridge).save(record(7, 5, sent=sent))
    table(bridge).save(record(8, 6))

    assert ["#7"] == [row.name for row in desk.listing(Wish(since=START, text="rivoli")).rows]


def test_a_connection_tells_its_last_order_and_what_waits(bridge: Bridge, desk: Desk) -> None:
    """Without reading the table."""
    table(bridge).save(record(1, 1, delivery_iri="/api/deliveries/1"))
    table(bridge).save(record(2, 2, state=State.CREATING, waiting_for="coopcycle_unavailable"))

    (state,) = desk.connections("http://127.0.0.1/webhooks/")

    assert state.last_order is not None
    assert state.last_delivery is not None
    assert ("#2", "#1", 1) == (state.last_order.name, state.last_delivery.name, state.waiting)


def test_stories_of_the_last_day(bridge: Bridge, desk: Desk) -> None:
    """What the pictures are made of."""
    table(bridge).save(record(1, 1))
    table(bridge).save(record(2, -10_000))

    assert ["#1"] == [row.name for row, _, _ in desk.stories(START)]
    assert desk.is_empty(["acme"]) is False
