"""Which orders are ours: ways of shipping, postcodes, payment, distance."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.mapped_orders import HERE, NOW, ORDER, SHOP, TWO_PLACES, map_it

from bridge.connections.model import OrderFilter
from bridge.errors import UnmappableOrder
from bridge.model import (
    Coordinates,
    Delivery,
    Ignored,
    PostalAddress,
)


@pytest.mark.parametrize(
    ("patterns", "methods", "ignored"),
    [
        ((), (), False),
        ((), ("Colissimo",), False),
        (("Livraison à vélo*",), ("Livraison à vélo (2 h)",), False),
        (("livraison À VÉLO",), ("Livraison à  vélo ",), False),
        (("Livraison à vélo",), ("Livraison a\u0300 ve\u0301lo",), False),
        (("Colissimo", "bike"), ("Courier", "BIKE"), False),
        (("Livraison à vélo*",), ("Colissimo",), True),
        (("Livraison à vélo",), ("Livraison à vélo (2 h)",), True),
        (("Livraison à vélo*",), (), True),
    ],
)
def test_only_wanted_shipping_methods_are_delivered(
    patterns: tuple[str, ...], methods: tuple[str, ...], ignored: bool
) -> None:
    """Patterns meet titles and codes without regard to case; a change to another method retracts."""
    connection = replace(SHOP, orders=OrderFilter(shipping_methods=patterns))

    found = map_it(replace(ORDER, shipping_methods=methods), connection)

    expected = Ignored("shipping_method", retracts=True, order_id="7", order_name="#1007", updated_at=NOW)
    assert (found == expected) if ignored else isinstance(found, Delivery)


@pytest.mark.parametrize(
    ("patterns", "postcode", "ignored"),
    [
        (("750*", "93100"), "75004", False),
        (("750*", "93100"), "93100", False),
        (("750*",), "75 004", False),
        (("sw1a*",), "SW1A 1AA", False),
        (("SW1A 1??",), "sw1a1aa", False),
        (("750*", "93100"), "93101", True),
        (("750*",), "92750", True),
    ],
)
def test_only_wanted_postcodes_are_delivered(patterns: tuple[str, ...], postcode: str, ignored: bool) -> None:
    """An order for elsewhere is ignored, and retracted if it was moved there later."""
    connection = replace(SHOP, orders=OrderFilter(postcodes=patterns))

    found = map_it(replace(ORDER, address=replace(ORDER.address, postcode=postcode)), connection)

    expected = Ignored("postcode", retracts=True, order_id="7", order_name="#1007", updated_at=NOW)
    assert (found == expected) if ignored else isinstance(found, Delivery)


def test_a_missing_postcode_is_no_reason_to_drop_an_order() -> None:
    """Where the postcode decides and there is none, a person has to look."""
    connection = replace(SHOP, orders=OrderFilter(postcodes=("750*",)))

    with pytest.raises(UnmappableOrder) as caught:
        map_it(replace(ORDER, address=replace(ORDER.address, postcode=" ")), connection)

    assert caught.value.field == "shipping_address.zip"


@pytest.mark.parametrize(
    ("on", "paid", "ignored"),
    [("created", False, False), ("created", True, False), ("paid", True, False), ("paid", False, True)],
)
def test_an_unpaid_order_waits_where_payment_counts(on: str, paid: bool, ignored: bool) -> None:
    """Unpaid is ignored without retracting: a later webhook says paid."""
    found = map_it(replace(ORDER, paid=paid), replace(SHOP, orders=OrderFilter(on=on)))

    expected = Ignored("unpaid", retracts=False, order_id="7", order_name="#1007", updated_at=NOW)
    assert (found == expected) if ignored else isinstance(found, Delivery)


def test_an_order_that_others_carry_is_not_parked_for_its_address() -> None:
    """The filters come before the checks."""
    connection = replace(SHOP, orders=OrderFilter(shipping_methods=("vélo",)))

    found = map_it(replace(ORDER, address=PostalAddress()), connection)

    assert isinstance(found, Ignored)


@pytest.mark.parametrize(
    ("place", "within_km", "keys", "ignored"),
    [
        (Coordinates(48.8700, 2.3601), 2, (), False),  # 1.6 km
        (Coordinates(48.8700, 2.3601), 1.5, (), True),
        (Coordinates(48.8300, 2.3557), 1, (), True),
        (Coordinates(48.8300, 2.3557), 1, ("south",), False),  # 0.2 km from there
        (Coordinates(48.8700, 2.3601), 2, ("north",), False),  # of which no coordinates are known
        (Coordinates(43.2965, 5.3698), 8, (), True),
        (Coordinates(0, 0), 1, (), False),
        (None, 1, (), False),
    ],
)
def test_only_orders_nearby_are_delivered(
    place: Coordinates | None, within_km: float, keys: tuple[str, ...], ignored: bool
) -> None:
    """The distance counts from where the goods are; an order without coordinates is let through."""
    connection = replace(
        TWO_PLACES,
        pickup=replace(SHOP.pickup, coordinates=HERE),
        orders=OrderFilter(within_km=within_km),
    )
    order = replace(ORDER, address=replace(ORDER.address, coordinates=place), pickup_locations=keys)

    found = map_it(order, connection)

    expected = Ignored("distance", retracts=True, order_id="7", order_name="#1007", updated_at=NOW)
    assert (found == expected) if ignored else isinstance(found, Delivery)
