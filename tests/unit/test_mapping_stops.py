"""Several pickups and dropoffs in one delivery."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.mapped_orders import (
    DROPOFF_WINDOW,
    NEIGHBOUR,
    NORTH,
    ORDER,
    PICKUP_WINDOW,
    SHOP,
    SOUTH,
    TWO_PLACES,
    map_it,
    mapped,
)

from bridge.connections.model import OrderFilter, Pickup
from bridge.errors import UnmappableOrder
from bridge.model import (
    Delivery,
    Ignored,
    Package,
    PostalAddress,
    Task,
)


@pytest.mark.parametrize(
    ("keys", "addresses"),
    [
        ((), [SHOP.pickup.address]),
        (("north",), [NORTH.address]),
        (("south", "north", "south"), [SOUTH.address, NORTH.address]),
        (("elsewhere",), [SHOP.pickup.address]),
        (("north", "elsewhere", "nowhere"), [NORTH.address, SHOP.pickup.address]),
    ],
)
def test_goods_are_collected_where_they_are(keys: tuple[str, ...], addresses: list[str]) -> None:
    """Each place that the order names is a pickup, once; one that is unknown is the connection's own."""
    delivery = mapped(replace(ORDER, pickup_locations=keys), TWO_PLACES)

    assert addresses == [task.street_address for task in delivery.pickups]
    assert {PICKUP_WINDOW} == {task.window for task in delivery.pickups}


def test_a_place_has_its_own_words() -> None:
    """Nothing of the connection's usual pickup goes along to another place."""
    delivery = mapped(replace(ORDER, pickup_locations=("north",)), TWO_PLACES)

    expected = Task(
        window=PICKUP_WINDOW,
        street_address="1 rue du Nord, 75018 Paris",
        company="Acme Nord",
        contact_name="Ali",
        telephone="+33806123456",
        comments="#1007\nSonner",
    )
    assert expected == delivery.pickup


def test_the_stores_own_address_is_the_first_pickup() -> None:
    """CoopCycle knows it for the first task alone."""
    connection = replace(TWO_PLACES, pickup=Pickup())

    delivery = mapped(replace(ORDER, pickup_locations=("north", "elsewhere")), connection)

    assert [None, NORTH.address] == [task.street_address for task in delivery.pickups]


@pytest.mark.parametrize(
    ("keys", "field"), [((), "pickup_locations"), (("north", "elsewhere"), "pickup_locations[1]")]
)
def test_an_unknown_place_is_refused_where_the_connection_wants_it(keys: tuple[str, ...], field: str) -> None:
    """A courier sent to the wrong shop is worse than an order to look at."""
    connection = replace(TWO_PLACES, unknown_location="refuse")

    with pytest.raises(UnmappableOrder) as caught:
        map_it(replace(ORDER, pickup_locations=keys), connection)

    assert field == caught.value.field


def test_an_order_for_two_people_is_one_delivery() -> None:
    """Each stop has its own items, note and phone; the last is CoopCycle's dropoff; one window for all."""
    delivery = mapped(replace(ORDER, dropoffs=(NEIGHBOUR,)))

    expected = Task(
        window=DROPOFF_WINDOW,
        street_address="5 Rue Charlot, 75003 Paris, France",
        company="Galerie",
        contact_name="Jo Petit",
        telephone="+33123456789",
        description="Interphone 3",
        comments="#1007\n2 × Vase\nInterphone 3",
        weight_grams=800,
        packages=(Package("M", 2),),
    )
    assert expected == delivery.dropoff
    assert ["48 Rue de Rivoli, 75004 Paris, France"] == [
        task.street_address for task in delivery.earlier_dropoffs
    ]
    assert DROPOFF_WINDOW == delivery.earlier_dropoffs[0].window


def test_a_stop_that_lacks_something_is_named() -> None:
    """The further stops are checked as the first one is."""
    broken = replace(NEIGHBOUR, address=PostalAddress("5 Rue Charlot"))

    with pytest.raises(UnmappableOrder) as caught:
        map_it(replace(ORDER, dropoffs=(broken,)))

    assert "recipients[0].address.city" == caught.value.field


def test_stops_on_both_sides_of_a_zone_are_for_a_person() -> None:
    """All inside is a delivery, all outside is ignored, half and half is neither."""
    order = replace(ORDER, dropoffs=(NEIGHBOUR,))

    with pytest.raises(UnmappableOrder, match=r"outside orders\.postcodes, but another stop") as caught:
        map_it(order, replace(SHOP, orders=OrderFilter(postcodes=("75004",))))
    outside = map_it(order, replace(SHOP, orders=OrderFilter(postcodes=("69*",))))

    assert "recipients[0].address.postcode" == caught.value.field
    assert isinstance(outside, Ignored)
    assert isinstance(map_it(order, replace(SHOP, orders=OrderFilter(postcodes=("75*",)))), Delivery)
