"""Which orders become deliveries: the connection's filters, asked before anything an order lacks. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bridge.connections.model import Connection, Pickup
from bridge.errors import UnmappableOrder
from bridge.model import Coordinates, Ignored, Order, Stop
from bridge.planning.distance import distance_km, is_place
from bridge.planning.trace import Trace
from bridge.reasons import Reason
from bridge.text import any_match


def select(order: Order, connection: Connection, pickups: Sequence[Pickup], trace: Trace) -> Ignored | None:
    """Say why the connection wants no delivery of this order; ``None`` when it wants one.

    ``shipping_method``, ``postcode`` and ``distance`` retract an existing delivery (the order was changed and
    others carry it now), ``unpaid`` does not. An address that CoopCycle has saved is inside every zone, and
    so is one without coordinates where the distance counts. Of several stops all must be inside, or none.

    Raises:
        UnmappableOrder: a postcode decides and there is none, or some stops are inside and others are not.

    """
    wanted = connection.orders
    if wanted.shipping_methods and not _is_carried_by_us(order, wanted.shipping_methods, trace):
        return _ignored(order, Reason.SHIPPING_METHOD)
    if wanted.postcodes and not _is_within_postcodes(order, wanted.postcodes, trace):
        return _ignored(order, Reason.POSTCODE)
    if wanted.within_km is not None:
        near = _nearness(_origins(connection, pickups), wanted.within_km, trace)
        if not _zone(order, "address.coordinates", "orders.within_km", near):
            return _ignored(order, Reason.DISTANCE)
    if wanted.on == "paid":
        trace.rule("orders.on", "paid" if order.paid else "not paid yet")
        if not order.paid:
            return _ignored(order, Reason.UNPAID)
    return None


def _is_carried_by_us(order: Order, patterns: Sequence[str], trace: Trace) -> bool:
    fits = any_match(order.shipping_methods, patterns)
    trace.rule("orders.shipping_methods", "fits" if fits else "does not fit")
    return fits


def _is_within_postcodes(order: Order, patterns: Sequence[str], trace: Trace) -> bool:
    inside = _zone(order, "address.postcode", "orders.postcodes", _postcode_fits(order, patterns))
    trace.rule("orders.postcodes", "inside" if inside else "outside")
    return inside


def _ignored(order: Order, reason: Reason) -> Ignored:
    return Ignored.because(
        reason,
        order_id=order.order_id,
        order_name=order.name,
        updated_at=order.updated_at,
    )


def _zone(order: Order, field: str, setting: str, inside: Callable[[int, Stop], bool]) -> bool:
    """Tell whether the order lies in a zone.

    Raises:
        UnmappableOrder: part of it does.

    """
    verdicts = [bool(stop.address.iri) or inside(index, stop) for index, stop in enumerate(order.stops)]
    if any(verdicts) and not all(verdicts):
        outside = verdicts.index(False)
        raise UnmappableOrder(
            order.path_of(field, stop=outside),
            f"is outside {setting}, but another stop of the order is inside; make two orders of it",
        )
    return verdicts[0]


def _postcode_fits(order: Order, patterns: Sequence[str]) -> Callable[[int, Stop], bool]:
    squeezed = [_squeeze(pattern) for pattern in patterns]

    def inside(index: int, stop: Stop) -> bool:
        postcode = _squeeze(stop.address.postcode)
        if not postcode:
            raise UnmappableOrder(
                order.path_of("address.postcode", stop=index),
                "is missing, and orders.postcodes decides by it",
            )
        return any_match([postcode], squeezed)

    return inside


def _squeeze(postcode: str) -> str:
    """Take the blanks out, which people set as they like: "SW1A 1AA"."""
    return "".join(postcode.split())


def _origins(connection: Connection, pickups: Sequence[Pickup]) -> list[Coordinates]:
    """Return where the order's goods leave from, as far as that is known; else where goods usually do."""
    own = [pickup.coordinates for pickup in pickups if pickup.coordinates is not None]
    usual = connection.pickup.coordinates
    return own or ([usual] if usual is not None else [])


def _nearness(origins: Sequence[Coordinates], within_km: float, trace: Trace) -> Callable[[int, Stop], bool]:
    def inside(index: int, stop: Stop) -> bool:
        del index
        place = stop.address.coordinates
        if place is None or not is_place(place) or not origins:
            trace.rule("orders.within_km", "no coordinates to measure with, so the order is let through")
            return True
        distance = min(distance_km(origin, place) for origin in origins)
        near = distance <= within_km
        trace.rule("orders.within_km", f"{distance:.1f} km, {'inside' if near else 'outside'}")
        return near

    return inside
