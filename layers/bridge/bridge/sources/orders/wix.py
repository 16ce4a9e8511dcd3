"""Wix's order in our words: what needs no delivery, and what the others say. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.document import Fields
from bridge.errors import UnmappableOrder
from bridge.model import Ignored, Order, OrderItem, PostalAddress, TimeWindow, TimeWish, Written
from bridge.reasons import Reason
from bridge.sources.shared import writings as texts
from bridge.sources.shared.collection import read_way
from bridge.sources.shared.people import full_name, phones_of

_LARGEST_QUANTITY = 100_000
_GRAMS = {"KG": 1000.0, "LB": 453.59237}
_LARGEST_WEIGHT_GRAMS = 1_000_000  # of one piece: a tonne
_NOT_CARRIED = frozenset({"DIGITAL", "GIFT_CARD", "SERVICE"})
_PAID = frozenset({"PAID", "PARTIALLY_REFUNDED"})
_DESTINATION = "shippingInfo.logistics.shippingDestination"
_PATHS = {
    "address.line1": f"{_DESTINATION}.address.addressLine",
    "address.line2": f"{_DESTINATION}.address.addressLine2",
    "address.postcode": f"{_DESTINATION}.address.postalCode",
    "address.city": f"{_DESTINATION}.address.city",
    "phones": f"{_DESTINATION}.contactDetails.phone",
}


def read(order: Fields, topic: str, settings: Mapping[str, str]) -> Order | Ignored:
    """Read the whole order, or say why it needs no delivery; as the source's ``parse``."""
    items: tuple[OrderItem, ...] = ()
    reason = _finished(order, topic)
    if reason is None:
        items = _items(order)
        reason = _undeliverable(order, items)
    if reason is not None:
        return Ignored.because(
            reason,
            order_id=order.optional_text("id"),
            order_name=_name(order),
            updated_at=order.optional_moment("updatedDate"),
        )
    return _order(order, items, settings)


def _finished(order: Fields, topic: str) -> Reason | None:
    """Say why the order as a whole needs no delivery, judging by its states alone."""
    status = order.text("status")
    if status == "CANCELED" or topic == "wix.ecom.v1.order_canceled":
        return Reason.CANCELLED
    if order.text("fulfillmentStatus") == "FULFILLED":
        return Reason.ALREADY_FULFILLED
    if order.text("paymentStatus") == "FULLY_REFUNDED":
        return Reason.REFUNDED
    if status == "INITIALIZED":  # its payment is still under way
        return Reason.NOT_APPROVED
    return None


def _undeliverable(order: Fields, items: tuple[OrderItem, ...]) -> Reason | None:
    if not items:
        return Reason.NOTHING_TO_SHIP
    logistics = order.optional_child("shippingInfo").optional_child("logistics")
    if logistics.child("pickupDetails") is not None:
        return Reason.LOCAL_PICKUP
    if order.child("shippingInfo") is None:
        return Reason.NOTHING_TO_SHIP
    title = order.optional_child("shippingInfo").optional_text("title")
    methods = [("", title)] if title else []
    return Reason.LOCAL_PICKUP if read_way(_written(order), methods=methods).collected else None


def _name(order: Fields) -> str:
    number = order.values.get("number")
    if isinstance(number, int) and not isinstance(number, bool):
        return f"#{number}"
    text = order.optional_text("number")
    return f"#{text}" if text else ""


def _order(order: Fields, items: tuple[OrderItem, ...], settings: Mapping[str, str]) -> Order:
    shipping = order.optional_child("shippingInfo")
    destination = shipping.optional_child("logistics").child("shippingDestination")
    if destination is None:
        raise UnmappableOrder(_DESTINATION, "is missing")
    contact = destination.optional_child("contactDetails")
    updated_at = order.moment("updatedDate")
    holders = [
        contact,
        order.optional_child("billingInfo").optional_child("contactDetails"),
        order.optional_child("recipientInfo").optional_child("contactDetails"),
    ]
    branch = order.optional_child("businessLocation").optional_text("id")
    written = _written(order)
    notes = (order.optional_text("buyerNote"), *texts.notes(written, settings.get("note_label", "")))
    title = shipping.optional_text("title")
    return Order(
        order_id=order.text("id"),
        name=_name(order) or f"#{order.text('id')}",
        updated_at=updated_at,
        created_at=order.optional_moment("createdDate") or updated_at,
        address=_address(destination),
        recipient_name=next(filter(None, (full_name(one, "firstName", "lastName") for one in holders)), ""),
        company=contact.optional_text("company"),
        phones=tuple(phones_of((holder, "phone") for holder in holders)),
        note="\n".join(dict.fromkeys(note for note in notes if note)),
        items=items,
        shipping_methods=(title,) if title else (),
        paid=order.text("paymentStatus") in _PAID,
        wish=_slot(shipping.optional_child("logistics")),
        writings=texts.writings(written, settings),
        pickup_locations=(branch,) if branch else (),
        paths=_PATHS,
    )


def _slot(logistics: Fields) -> TimeWish | None:
    """Return the slot that the buyer chose, which is two instants.

    Raises:
        UnmappableOrder: it has one end alone, or ends before it begins.

    """
    slot = logistics.optional_child("deliveryTimeSlot")
    if not slot.text("from") and not slot.text("to"):
        return None
    after, before = slot.moment("from"), slot.moment("to")
    if after >= before:
        raise slot.refuse("to", "should be after the slot's beginning")
    return TimeWish(window=TimeWindow(after, before), path=slot.path)


def _written(order: Fields) -> tuple[Written, ...]:
    """Return the checkout's custom fields, the lines' options and texts, and the titles of shipping."""
    fields = texts.written(texts.named(order.optional_children("customFields"), "title", "value"))
    lines = texts.of_lines(order.optional_children("lineItems"), _of_line)
    shipping = order.optional_child("shippingInfo")
    delay = shipping.optional_child("logistics")
    titles = texts.titles(
        [
            (shipping.optional_text("title"), shipping.path_of("title")),
            (delay.optional_text("deliveryTime"), delay.path_of("deliveryTime")),
        ]
    )
    return (*fields, *lines, *titles)


def _of_line(line: Fields) -> list[texts.Pair]:
    options = line.optional_child("catalogReference").optional_child("options")
    described = [
        texts.Pair(
            one.optional_child("name").optional_text("original"),
            one.optional_child("plainText").optional_text("original"),
            one.path,
        )
        for one in line.optional_children("descriptionLines")
    ]
    return [
        *texts.members(options.optional_child("options")),
        *texts.members(options.optional_child("customTextFields")),
        *described,
    ]


def _address(destination: Fields) -> PostalAddress:
    """Read the address: its line as "addressLine", in other copies of the documentation "addressLine1"."""
    address = destination.child("address") or Fields({}, destination.path_of("address"))
    street = address.optional_child("streetAddress")
    parts = (street.optional_text("number"), street.optional_text("name"))
    line = address.text("addressLine") or address.text("addressLine1")
    return PostalAddress(
        line1=line or " ".join(part for part in parts if part),
        line2=address.optional_text("addressLine2"),
        postcode=address.text("postalCode"),
        city=address.text("city"),
        country_code=address.optional_text("country").upper(),
        state=address.optional_text("subdivision").rpartition("-")[2],  # ISO 3166-2: "US-NY"
    )


def _items(order: Fields) -> tuple[OrderItem, ...]:
    grams = _GRAMS.get(order.optional_text("weightUnit"), 0.0)
    return tuple(
        _item(line, quantity, grams)
        for line in order.children("lineItems")
        if line.optional_child("itemType").optional_text("preset") not in _NOT_CARRIED
        and (quantity := _quantity(line)) > 0
    )


def _quantity(line: Fields) -> int:
    quantity = line.count("quantity", at_most=_LARGEST_QUANTITY)
    if quantity is None:
        raise line.refuse("quantity", "is missing")
    return quantity


def _item(line: Fields, quantity: int, grams: float) -> OrderItem:
    physical = line.optional_child("physicalProperties")
    weight = (physical.optional_number("weight") or 0.0) * grams
    return OrderItem(
        title=line.optional_child("productName").optional_text("original"),
        quantity=quantity,
        sku=physical.optional_text("sku"),
        weight_grams=round(weight) if 0 <= weight <= _LARGEST_WEIGHT_GRAMS else 0,
    )
