"""Shopify's order in our words: what needs no delivery, and what the others say. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.document import LARGEST_ID, Fields
from bridge.errors import UnmappableOrder
from bridge.model import Coordinates, Ignored, Order, OrderItem, PostalAddress, Written
from bridge.reasons import Reason
from bridge.sources.shared import writings as texts
from bridge.sources.shared.collection import read_way
from bridge.sources.shared.people import full_name, phones_of

_LARGEST_QUANTITY = 10_000
_LARGEST_WEIGHT_GRAMS = 1_000_000  # of one piece: a tonne
# "authorized" counts as paid: the money is reserved, and shops that capture by hand do so when they
# fulfil, that is after the courier was to come. "partially_paid" and "pending" do not.
_PAID = frozenset({"paid", "partially_refunded", "authorized"})
_MONEY_RETURNED = frozenset({"refunded", "voided"})
_PATHS = {
    "order_id": "id",
    "name": "name",
    "updated_at": "updated_at",
    "created_at": "created_at",
    "address": "shipping_address",
    "address.line1": "shipping_address.address1",
    "address.line2": "shipping_address.address2",
    "address.postcode": "shipping_address.zip",
    "address.city": "shipping_address.city",
    "address.country": "shipping_address.country",
    "address.country_code": "shipping_address.country_code",
    "address.coordinates": "shipping_address.latitude, longitude",
    "recipient_name": "shipping_address.name",
    "company": "shipping_address.company",
    "phones": "shipping_address.phone",
    "note": "note",
    "items": "line_items",
    "items.sku": "line_items[].sku",
    "items.quantity": "line_items[].current_quantity",
    "items.weight_grams": "line_items[].grams",
    "shipping_methods": "shipping_lines",
    "paid": "financial_status",
    "tags": "tags",
    "pickup_locations": "note_attributes, location_id",
}


def read(order: Fields, order_id: str, topic: str, settings: Mapping[str, str]) -> Order | Ignored:
    """Read the whole order, or say why it needs no delivery; as the source's ``parse``."""
    items: tuple[OrderItem, ...] = ()
    reason = _finished(order, topic)
    if reason is None:
        reason, items = _to_carry(order)
    if reason is not None:
        return Ignored.because(
            reason,
            order_id=order_id,
            order_name=order.optional_text("name"),
            updated_at=order.optional_moment("updated_at"),
        )
    return _order(order, order_id, items, settings)


def _finished(order: Fields, topic: str) -> Reason | None:
    """Say why the order as a whole needs no delivery, judging by its states alone.

    The order of the questions matters: the admin's test notification is cancelled too, and an order that
    was fulfilled and refunded later has nothing left to retract.
    """
    if order.flag("test", default=False):
        return Reason.TEST_ORDER
    if topic == "orders/cancelled" or order.text("cancelled_at"):
        return Reason.CANCELLED
    if order.text("fulfillment_status") == "fulfilled":
        return Reason.ALREADY_FULFILLED
    if order.text("financial_status") in _MONEY_RETURNED:
        return Reason.REFUNDED
    return None


def _to_carry(order: Fields) -> tuple[Reason | None, tuple[OrderItem, ...]]:
    """Return what a courier carries, or why there is nothing to carry or nowhere to carry it to."""
    lines = _shippable(order)
    if not lines:
        return Reason.NOTHING_TO_SHIP, ()
    methods = [(line.optional_text("code"), line.optional_text("title")) for line in _shipping_lines(order)]
    way = read_way(_written(order), methods=methods, tags=_tags(order))
    if way.collected or order.child("shipping_address") is None:
        return Reason.LOCAL_PICKUP, ()
    items = tuple(
        _item(line, quantity)
        for number, line, ordered in lines
        if number not in way.collected_lines and (quantity := min(ordered, _left(line))) > 0
    )
    return (None, items) if items else (Reason.ALREADY_FULFILLED, ())


def _order(order: Fields, order_id: str, items: tuple[OrderItem, ...], settings: Mapping[str, str]) -> Order:
    address = order.child("shipping_address")
    if address is None:
        raise UnmappableOrder("shipping_address", "is missing")
    updated_at = order.moment("updated_at")
    phones = _phones(order)
    written = _written(order)
    notes = (order.optional_text("note"), *texts.notes(written, settings.get("note_label", "")))
    return Order(
        order_id=order_id,
        name=order.optional_text("name") or f"#{order_id}",
        updated_at=updated_at,
        created_at=order.optional_moment("created_at") or updated_at,
        address=_address(address),
        recipient_name=_recipient_name(order),
        company=address.optional_text("company"),
        phones=tuple(phones),
        note="\n".join(dict.fromkeys(note for note in notes if note)),
        items=items,
        shipping_methods=_shipping_methods(order),
        paid=order.text("financial_status") in _PAID,
        tags=_tags(order),
        pickup_locations=_pickup_locations(order),
        paths=_paths(order, address, phones),
        writings=texts.writings(written, settings),
    )


def _tags(order: Fields) -> tuple[str, ...]:
    """Return the merchant's tags, which Shopify writes as one text with commas.

    https://shopify.dev/docs/api/admin-rest/latest/resources/order#resource-object
    """
    return tuple(tag for tag in (part.strip() for part in order.optional_text("tags").split(",")) if tag)


def _pickup_locations(order: Fields) -> tuple[str, ...]:
    """Return the keys of the places the goods leave from, where the body says so at all.

    The delivery location chosen with Zapiet (https://docs.zapiet.com/guides/note-attributes), else the
    location of the point of sale that took the order. Which location Shopify assigns to an order of the web
    shop stands only in its fulfilment orders, which no order webhook holds.
    """
    chosen = (
        attribute.optional_text("value")
        for attribute in order.optional_children("note_attributes")
        if attribute.optional_text("name").casefold() == "delivery-location-id"
    )
    sold_at = order.optional_count("location_id", at_most=LARGEST_ID)
    keys = tuple(dict.fromkeys(key for key in chosen if key))
    return keys or ((str(sold_at),) if sold_at else ())


def _paths(order: Fields, address: Fields, phones: Mapping[str, str]) -> dict[str, str]:
    """Return where the fields of this order stand, also where one of several places was taken."""
    paths = {**_PATHS, **{f"phones[{index}]": path for index, path in enumerate(phones.values())}}
    if not order.optional_text("name"):
        paths["name"] = "id"
    if not address.optional_text("name"):
        paths["recipient_name"] = "shipping_address.first_name, last_name"
    return paths


def _address(address: Fields) -> PostalAddress:
    return PostalAddress(
        line1=address.text("address1"),
        line2=address.optional_text("address2"),
        postcode=address.text("zip"),
        city=address.text("city"),
        country=address.optional_text("country"),
        country_code=address.optional_text("country_code").upper(),
        state=address.optional_text("province_code") or address.optional_text("province"),
        coordinates=_coordinates(address),
    )


def _coordinates(address: Fields) -> Coordinates | None:
    """Return Shopify's own geocoding, which is null in most ``orders/create``; 0, 0 is nowhere."""
    latitude, longitude = address.optional_number("latitude"), address.optional_number("longitude")
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return None
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return Coordinates(latitude, longitude)


def _recipient_name(order: Fields) -> str:
    """Return whom to ask for: the address's name, else the bill's or the account's."""
    address = order.optional_child("shipping_address")
    for holder in (address, order.optional_child("billing_address"), order.optional_child("customer")):
        if name := full_name(holder, "first_name", "last_name", whole="name"):
            return name
    return ""


def _phones(order: Fields) -> dict[str, str]:
    """Return the phones as typed with their paths: the recipient's, the rate's, then the buyer's, each once.

    A delivery rate that asks for a phone keeps it in its line: ``shipping_lines[].phone``.
    """
    customer = order.optional_child("customer")
    return phones_of(
        (holder, "phone")
        for holder in (
            order.optional_child("shipping_address"),
            *_shipping_lines(order),
            order,
            customer,
            order.optional_child("billing_address"),
            customer.optional_child("default_address"),
        )
    )


def _shippable(order: Fields) -> list[tuple[int, Fields, int]]:
    """Return the lines a courier might carry, each with its number from 1 and its quantity after edits."""
    return [
        (number, line, quantity)
        for number, line in enumerate(order.children("line_items"), 1)
        if line.flag("requires_shipping", default=True)
        and not line.flag("gift_card", default=False)
        and (quantity := _quantity(line)) > 0
    ]


def _quantity(line: Fields) -> int:
    quantity = line.count("current_quantity", at_most=_LARGEST_QUANTITY)
    if quantity is None:
        quantity = line.count("quantity", at_most=_LARGEST_QUANTITY)
    if quantity is None:
        raise line.refuse("current_quantity", "is missing")
    return quantity


def _left(line: Fields) -> int:
    """Return how many were not handed out yet, of https://shopify.dev/docs/api/admin-rest order's lines."""
    if line.optional_text("fulfillment_status") == "fulfilled":
        return 0
    left = line.count("fulfillable_quantity", at_most=_LARGEST_QUANTITY)
    partly = line.optional_text("fulfillment_status") == "partial"
    return left if left is not None and (left > 0 or partly) else _LARGEST_QUANTITY


def _item(line: Fields, quantity: int) -> OrderItem:
    return OrderItem(
        title=line.optional_text("title") or line.optional_text("name"),
        quantity=quantity,
        sku=line.optional_text("sku"),
        variant=line.optional_text("variant_title"),
        weight_grams=line.optional_count("grams", at_most=_LARGEST_WEIGHT_GRAMS),
    )


def _properties(line: Fields) -> list[texts.Pair]:
    """Return what the buyer chose for a line, unless it was taken off the order."""
    taken_off = line.values.get("current_quantity") == 0
    return [] if taken_off else texts.named(line.optional_children("properties"), "name", "value")


def _written(order: Fields) -> tuple[Written, ...]:
    """Return the order's attributes and its lines' properties, its shipping titles and its tags."""
    lines = texts.of_lines(order.optional_children("line_items"), _properties)
    attributes = texts.written(texts.named(order.optional_children("note_attributes"), "name", "value"))
    titles = texts.titles(
        (line.optional_text(key), line.path_of(key))
        for line in _shipping_lines(order)
        for key in ("title", "code")
    )
    return (*attributes, *lines, *titles, *texts.tags(_tags(order), "tags"))


def _shipping_methods(order: Fields) -> tuple[str, ...]:
    """Return the titles and codes of the shipping lines that were not removed by an edit."""
    names = (line.optional_text(key) for line in _shipping_lines(order) for key in ("title", "code"))
    return tuple(dict.fromkeys(name for name in names if name))


def _shipping_lines(order: Fields) -> list[Fields]:
    return [
        line
        for line in order.optional_children("shipping_lines")
        if line.values.get("is_removed") is not True
    ]
