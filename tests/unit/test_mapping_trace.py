"""Where each value of a delivery comes from."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.support import source_calls
from tests.support.mapped_orders import (
    DROPOFF_WINDOW,
    NEIGHBOUR,
    NORTH,
    ORDER,
    PICKUP_WINDOW,
    SAMPLES,
    SHOP,
    SOUTH,
    mapped,
)

from bridge import sources
from bridge.connections.model import DispatchTags
from bridge.coopcycle.payload import delivery_body
from bridge.model import (
    Order,
    PostalAddress,
    TimeWish,
)
from bridge.operator.body_fields import fields_of
from bridge.planning.choose_windows import ChosenBy, ChosenWindows
from bridge.planning.mapping import map_order
from bridge.planning.trace import Origin, Trace
from bridge.schedule.opening_hours import Schedule
from bridge.schedule.windows import Windows

shopify = sources.get("shopify")


RICH = replace(
    SHOP,
    locations={"north": NORTH, "south": SOUTH},
    parcels=replace(SHOP.parcels, default_package="S", default_weight_grams=100),
    tags=DispatchTags(("fleurs",), {"vip": "express"}),
)


@pytest.mark.parametrize("sample", [sample for sample, _, _ in SAMPLES])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"pickup_locations": ("north", "elsewhere"), "tags": ("VIP",)},
        {"dropoffs": (NEIGHBOUR, replace(NEIGHBOUR, items=(), path=""))},
        {"address": PostalAddress(line2="3e", iri="/api/addresses/7"), "weight_override_grams": 5},
    ],
)
def test_every_value_of_the_body_has_an_origin(
    webhook_body: Callable[[str], bytes], sample: str, changes: dict[str, object]
) -> None:
    """Nothing is sent of which nobody can say where it came from."""
    order = source_calls.parse(shopify, webhook_body(f"shopify/{sample}.json"), "orders/updated")
    assert isinstance(order, Order)
    trace = Trace()

    body = delivery_body(mapped(replace(order, **changes), RICH, trace))  # type: ignore[arg-type]

    told = dict(fields_of(body))
    assert len(told) > 10
    assert [] == [path for path, field in told.items() if not trace.origins.get(field)]


def test_an_origin_names_the_senders_own_field(webhook_body: Callable[[str], bytes]) -> None:
    """The path is that of the value taken, also where one of several could have been."""
    document = json.loads(webhook_body("shopify/order-typical.json"))
    document["shipping_address"]["phone"] = None
    order = source_calls.parse(shopify, json.dumps(document).encode(), "orders/create")
    assert isinstance(order, Order)
    trace = Trace()

    mapped(order, SHOP, trace)

    assert [Origin("order", "billing_address.phone", "in E.164")] == trace.origins["dropoffs[0].telephone"]
    assert [Origin("setting", "pickup.phone", "in E.164")] == trace.origins["pickups[0].telephone"]


@pytest.mark.parametrize(
    ("chosen_by", "schedule", "expected"),
    [
        (ChosenBy.SCHEDULE, SHOP.schedule, Origin("setting", "schedule", "the next window after the order")),
        (ChosenBy.SCHEDULE, Schedule(), Origin("default", "the bridge's: always open")),
        (
            ChosenBy.TIME_SLOT,
            SHOP.schedule,
            Origin("setting", "schedule.window", "CoopCycle's next time slot"),
        ),
        (ChosenBy.EARLIER, SHOP.schedule, Origin("default", "fixed earlier for this order, and kept")),
        (
            ChosenBy.CUSTOMER,
            SHOP.schedule,
            Origin("order", "note_attributes", "the buyer's choice, as it was planned"),
        ),
    ],
)
def test_a_window_has_an_origin(chosen_by: ChosenBy, schedule: Schedule, expected: Origin) -> None:
    """Who chose it says so: the schedule, CoopCycle, an earlier plan, or the buyer at this place."""
    trace = Trace()
    order = replace(ORDER, wish=TimeWish(date="2026-11-24", path="note_attributes"))
    chosen = ChosenWindows(Windows(PICKUP_WINDOW, DROPOFF_WINDOW), chosen_by)

    map_order(order, replace(SHOP, schedule=schedule), chosen, country="FR", trace=trace)

    assert [expected] == trace.origins["dropoffs[0].window"] == trace.origins["pickups[0].window"]
