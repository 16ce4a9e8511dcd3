"""What a delivery needs of an order, each refused with the field that lacks it. Pure."""

from __future__ import annotations

from functools import partial

from bridge.connections.model import Connection
from bridge.errors import UnmappableOrder
from bridge.model import Order, PostalAddress, is_saved_address
from bridge.planning.address import write_address
from bridge.planning.street import is_bare_number, is_unit
from bridge.planning.text import clean


def check_order(order: Order, connection: Connection, country: str) -> None:
    """Refuse an order that is ours, for the connection's filters let it through, and cannot be delivered.

    ``country`` is that of an address which names none.

    Raises:
        UnmappableOrder: the order lacks something; names it in the sender's terms.

    """
    for problem in order.problems:
        raise UnmappableOrder(problem.field, problem.sentence)
    _check_locations(order, connection)
    for index, stop in enumerate(order.stops):
        _check_address(order, index, stop.address, country)


def _check_locations(order: Order, connection: Connection) -> None:
    if connection.unknown_location != "refuse":
        return
    if not order.pickup_locations:
        raise UnmappableOrder(
            order.path_of("pickup_locations"),
            "is missing, and pickup.unknown_location refuses an order that names no place",
        )
    for index, key in enumerate(order.pickup_locations):
        if key not in connection.locations:
            raise UnmappableOrder(
                order.path_of(f"pickup_locations[{index}]"),
                "names a place that pickup.locations of the connection does not know; add it there",
            )


def _check_address(order: Order, index: int, address: PostalAddress, country: str) -> None:
    path_of = partial(order.path_of, stop=index)
    if address.iri:
        if not is_saved_address(address.iri):
            raise UnmappableOrder(
                path_of("address.iri"), 'should be a saved address, such as "/api/addresses/7"'
            )
        return
    street = write_address(address, country).street
    if not any(character.isalnum() for character in street):
        raise UnmappableOrder(path_of("address.line1"), "is missing; a delivery needs a street address")
    if is_bare_number(street) or is_unit(street):
        raise UnmappableOrder(
            path_of("address.line1"),
            "names no street: it holds a number, a flat or a building alone, which would be found as the "
            "middle of the town; the street belongs there",
        )
    if not (clean(address.postcode) or clean(address.city)):
        raise UnmappableOrder(
            path_of("address.city"), "is missing; without a town the street would be found anywhere"
        )
