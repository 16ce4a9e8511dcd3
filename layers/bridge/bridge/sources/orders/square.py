"""Square's order in our words: what needs no delivery, and what the others say. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from bridge.document import Fields
from bridge.errors import (
    InvalidConnection,
    UnmappableOrder,
)
from bridge.model import Ignored, Order, OrderItem, PostalAddress, Stop, TimeWindow, TimeWish, Written
from bridge.reasons import Reason
from bridge.sources.shared import writings as texts
from bridge.sources.shared.base import Options
from bridge.sources.shared.collection import read_way

_DEFAULT_WINDOW_MINUTES = 60
# RFC 3339, appendix A. Years and months have no fixed length; no delivery window is that long.
_DURATION = re.compile(
    r"P(?:(\d{1,3})W)?(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})(?:\.\d+)?S)?)?", re.ASCII
)
_LONGEST_WINDOW = timedelta(days=31)
_QUANTITY = re.compile(r"(\d{1,5})(?:\.0+)?", re.ASCII)
# What became of an order none of whose fulfillments is open; of several states the first counts.
_ENDED = {
    "COMPLETED": Reason.ALREADY_FULFILLED,
    "FAILED": Reason.REJECTED,
    "CANCELED": Reason.CANCELLED,
}
_COURIER_TYPES = {"DELIVERY": "delivery_details", "SHIPMENT": "shipment_details"}


def read(order: Fields, order_id: str, options: Options) -> Order | Ignored:
    """Read the whole order, or say why it needs no delivery; as the source's ``parse``."""
    fulfillments = order.children("fulfillments")
    reason = _finished(order, fulfillments)
    stops: list[Stop] = []
    wish: TimeWish | None = None
    if reason is None:
        wanted = [one for one in fulfillments if _is_wanted(order, one)]
        stops = [stop for one in wanted if (stop := _stop(order, one)).items]
        wish = _wish(wanted, options)
        reason = None if stops else Reason.NOTHING_TO_SHIP
    if reason is not None:
        return Ignored.because(
            reason,
            order_id=order_id,
            order_name=_name(order),
            updated_at=order.optional_moment("updated_at"),
        )
    return _order(order, order_id, stops, wish, options.settings)


def _finished(order: Fields, fulfillments: Sequence[Fields]) -> Reason | None:
    """Say why the order needs no delivery, judging by its states alone.

    States: https://developer.squareup.com/reference/square/objects/OrderState and …/FulfillmentState .
    """
    if order.text("state") == "CANCELED":
        return Reason.CANCELLED
    if order.text("state") == "DRAFT":
        return Reason.DRAFT
    if _all_returned(order):
        return Reason.REFUNDED
    if any(_is_wanted(order, one) for one in fulfillments):
        return None
    couriers = [one for one in fulfillments if one.text("type") in _COURIER_TYPES]
    states = {one.text("state") for one in couriers}
    if any(_is_managed(one) for one in couriers):
        return Reason.MANAGED_DELIVERY
    for state, reason in _ENDED.items():
        if state in states:
            return reason
    return Reason.LOCAL_PICKUP if fulfillments else Reason.NOTHING_TO_SHIP


def _all_returned(order: Fields) -> bool:
    """Tell whether all of the money went back, which leaves a fulfillment as it was.

    ``net_amounts`` are what is left after returns and refunds, ``refunds`` the money that went back:
    https://developer.squareup.com/reference/square/objects/Order .
    """
    total = _amount(order.optional_child("total_money"))
    refunds = order.optional_children("refunds")
    given = sum(
        _amount(one.optional_child("amount_money"))
        for one in refunds
        if one.optional_text("status") not in ("REJECTED", "FAILED")
    )
    net = order.optional_child("net_amounts").optional_child("total_money")
    returned = bool(refunds) or bool(order.optional_children("returns"))
    return (0 < total <= given) or (total > 0 and returned and "amount" in net.values and _amount(net) == 0)


def _amount(money: Fields) -> int:
    return money.optional_count("amount", at_most=10**12)


def _is_collected(order: Fields, fulfillment: Fields) -> bool:
    """Tell whether a shipment is none: the plugin for WooCommerce sends local pickups as SHIPMENT.

    https://github.com/woocommerce/woocommerce-square/issues/503 . Nothing in the fulfillment tells them
    apart but what the seller's program writes as the carrier or the kind of shipping, and the order's own
    metadata.
    """
    details = fulfillment.optional_child(_COURIER_TYPES[fulfillment.text("type")])
    named = [text for key in ("carrier", "shipping_type") if (text := details.optional_text(key))]
    return read_way(_written(order), methods=[("", text) for text in named]).collected


def _is_wanted(order: Fields, fulfillment: Fields) -> bool:
    """Tell whether a courier of ours is to carry it; a state we do not know counts as open."""
    return (
        fulfillment.text("type") in _COURIER_TYPES
        and fulfillment.text("state") not in {"COMPLETED", "CANCELED", "FAILED"}
        and not _is_managed(fulfillment)
        and not _is_collected(order, fulfillment)
    )


def _is_managed(fulfillment: Fields) -> bool:
    return fulfillment.optional_child("delivery_details").flag("managed_delivery", default=False)


def _written(order: Fields) -> tuple[Written, ...]:
    """Return the metadata that the seller's program has put on the order."""
    return texts.written(texts.members(order.optional_child("metadata")))


def _order(
    order: Fields,
    order_id: str,
    stops: Sequence[Stop],
    wish: TimeWish | None,
    settings: Mapping[str, str],
) -> Order:
    written = _written(order)
    first = stops[0]
    updated_at = order.moment("updated_at")
    location = order.optional_text("location_id")
    return Order(
        order_id=order_id,
        name=_name(order),
        updated_at=updated_at,
        created_at=order.optional_moment("created_at") or updated_at,
        address=first.address,
        recipient_name=first.recipient_name,
        phones=first.phones,
        note="\n".join(
            dict.fromkeys([first.note, *texts.notes(written, settings.get("note_label", ""))])
        ).strip(),
        items=first.items,
        paid=_is_paid(order),
        wish=wish,
        writings=texts.writings(written, settings),
        pickup_locations=(location,) if location else (),
        dropoffs=tuple(stops[1:]),
        paths={
            "address.line1": f"{first.path}.address_line_1",
            "address.line2": f"{first.path}.address_line_2",
            "address.postcode": f"{first.path}.postal_code",
            "address.city": f"{first.path}.locality",
        },
    )


def _name(order: Fields) -> str:
    """Return what people call the order; the ids are for want of a better name."""
    return (
        order.optional_text("ticket_name") or order.optional_text("reference_id") or order.optional_text("id")
    )


def _is_paid(order: Fields) -> bool:
    """Tell whether nothing is due any more; "completed orders are fully paid", says OrderState."""
    if order.text("state") == "COMPLETED":
        return True
    due = order.optional_child("net_amount_due_money").values.get("amount")
    if isinstance(due, int) and not isinstance(due, bool):
        return due <= 0
    return bool(order.optional_children("tenders"))


def _stop(order: Fields, fulfillment: Fields) -> Stop:
    details = fulfillment.optional_child(_COURIER_TYPES[fulfillment.text("type")])
    recipient = details.child("recipient") or Fields({}, details.path_of("recipient"))
    address = recipient.child("address") or Fields({}, recipient.path_of("address"))
    phone = recipient.optional_text("phone_number")
    return Stop(
        address=_address(address),
        recipient_name=recipient.optional_text("display_name") or _address_name(address),
        phones=(phone,) if phone else (),
        note=_note(details),
        items=_items(order, fulfillment),
        path=address.path,
    )


def _address(address: Fields) -> PostalAddress:
    """Read an address: https://developer.squareup.com/docs/build-basics/working-with-addresses ."""
    more = (address.optional_text("address_line_2"), address.optional_text("address_line_3"))
    return PostalAddress(
        line1=address.text("address_line_1"),
        line2=", ".join(line for line in more if line),
        postcode=address.text("postal_code"),
        city=address.text("locality"),
        country_code=address.optional_text("country").upper(),
        state=address.optional_text("administrative_district_level_1"),
    )


def _address_name(address: Fields) -> str:
    parts = (address.optional_text("first_name"), address.optional_text("last_name"))
    return " ".join(part for part in parts if part)


def _note(details: Fields) -> str:
    """Return what the buyer asks of the courier; the seller's own note comes after it."""
    lines = [details.optional_text(key) for key in ("dropoff_notes", "note", "shipping_note")]
    if details.values.get("is_no_contact_delivery") is True:
        lines.insert(0, "No-contact delivery")
    return "\n".join(line for line in lines if line)


def _items(order: Fields, fulfillment: Fields) -> tuple[OrderItem, ...]:
    """Return the lines that this fulfillment carries: all of them, or those of its entry list."""
    lines = [line for line in order.children("line_items") if line.text("item_type") != "GIFT_CARD"]
    if fulfillment.text("line_item_application") != "ENTRY_LIST":
        return tuple(item for line in lines if (item := _item(line, line)) is not None)
    by_uid = {line.text("uid"): line for line in lines}
    return tuple(
        item
        for entry in fulfillment.children("entries")
        if (line := by_uid.get(entry.text("line_item_uid"))) is not None
        and (item := _item(line, entry)) is not None
    )


def _item(line: Fields, counted: Fields) -> OrderItem | None:
    """Make an item; ``counted`` holds the quantity: a text, a count or (with a unit) a measurement."""
    quantity = counted.text("quantity")
    title, variant = line.optional_text("name"), line.optional_text("variation_name")
    if line.values.get("quantity_unit") is not None:
        measured = ", ".join(part for part in (variant, quantity) if part)
        return OrderItem(title=title, quantity=1, variant=measured)
    match = _QUANTITY.fullmatch(quantity)
    if match is None:
        raise counted.refuse("quantity", 'should be a number of pieces, such as "2"')
    if int(match[1]) == 0:
        return None
    return OrderItem(title=title, quantity=int(match[1]), variant=variant)


def _wish(fulfillments: Sequence[Fields], options: Options) -> TimeWish | None:
    """Return the time all deliveries ask for; ``None`` for "as soon as possible" and for shipments."""
    wishes = [_wish_of(one, options) for one in fulfillments]
    if len({wish.window if wish is not None else None for wish in wishes}) > 1:
        raise UnmappableOrder(
            "fulfillments", "ask for deliveries at different times; make one order for each of them"
        )
    return wishes[0]


def _wish_of(fulfillment: Fields, options: Options) -> TimeWish | None:
    details = fulfillment.optional_child("delivery_details")
    if fulfillment.text("type") != "DELIVERY" or details.text("schedule_type") == "ASAP":
        return None
    if not details.text("deliver_at"):
        return None
    after = details.moment("deliver_at")
    length = _duration(details, "delivery_window_duration") or _default_window(options)
    return TimeWish(window=TimeWindow(after, after + length), path=details.path_of("deliver_at"))


def _duration(details: Fields, key: str) -> timedelta | None:
    text = details.text(key)
    if not text:
        return None
    match = _DURATION.fullmatch(text)
    if match is None:
        raise details.refuse(key, 'should be a duration of weeks, days, hours and minutes, such as "PT30M"')
    weeks, days, hours, minutes, seconds = (int(group or 0) for group in match.groups())
    length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    if length > _LONGEST_WINDOW:
        raise details.refuse(key, "should be at most 31 days")
    return length or None


def _default_window(options: Options) -> timedelta:
    text = options.settings.get("window_minutes", "").strip() or str(_DEFAULT_WINDOW_MINUTES)
    if not re.fullmatch(r"[1-9]\d{0,3}", text, re.ASCII):
        raise InvalidConnection(['sender.window_minutes: must be a number of minutes, such as "60"'])
    return timedelta(minutes=int(text))
