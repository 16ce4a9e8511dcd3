"""BigCommerce's order in our words: what needs no delivery, and what the others say. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime

from bridge.document import Fields
from bridge.model import Ignored, Order, OrderItem, PostalAddress, Stop, Writings, Written
from bridge.reasons import Reason
from bridge.sources.shared import writings as texts
from bridge.sources.shared.base import Options
from bridge.sources.shared.collection import read_way
from bridge.sources.shared.people import full_name, phones_of
from bridge.sources.shared.weights import grams_per_unit, weight_grams

_LARGEST_QUANTITY = 10_000
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# What the order statuses mean: https://developer.bigcommerce.com/docs/rest-management/orders/order-status .
# 8, "Awaiting Pickup": "packaged and is awaiting customer pickup from a seller-specified location".
_ENDED = {4: Reason.REFUNDED, 5: Reason.CANCELLED, 6: Reason.DECLINED, 8: Reason.LOCAL_PICKUP}
_FULFILLED = frozenset({2, 10})
_INCOMPLETE = frozenset({0, 1})
_ON_HOLD = frozenset({12, 13})
_PAYMENT_CONFIRMED = frozenset({3, 8, 9, 11, 14})  # 11 by its words, the others come after it
_PAID = frozenset({"captured", "paid", "partially refunded"})


def read(order: Fields, order_id: str, options: Options) -> Order | Ignored:
    """Read the whole order, or say why it needs no delivery; as the source's ``parse``."""
    stops: list[Stop] = []
    reason = _finished(order)
    if reason is None:
        reason, stops = _to_carry(order, options)
    if reason is not None:
        return Ignored.because(
            reason,
            order_id=order_id,
            order_name=f"#{order_id}",
            updated_at=_optional_moment(order, "date_modified"),
        )
    return _order(order, order_id, stops, options)


def _status(order: Fields) -> int:
    status = order.count("status_id", at_most=1000)
    if status is None:
        raise order.refuse("status_id", "is missing")
    return status


def _finished(order: Fields) -> Reason | None:
    status = _status(order)
    if status in _ENDED:
        return _ENDED[status]
    if status in _FULFILLED:
        return Reason.ALREADY_FULFILLED
    if order.flag("is_deleted", default=False):
        return Reason.ARCHIVED
    if status in _INCOMPLETE:
        return Reason.INCOMPLETE
    return Reason.ON_HOLD if status in _ON_HOLD else None


def _to_carry(order: Fields, options: Options) -> tuple[Reason | None, list[Stop]]:
    """Return a stop for each shipping consignment with something to carry, or why there is none."""
    ordered = [one for one in _shipping(order) if _lines(one)]
    if not ordered:
        picked_up = order.optional_child("consignments").optional_children("pickups")
        return (Reason.LOCAL_PICKUP if picked_up else Reason.NOTHING_TO_SHIP), []
    wanted = [one for one in ordered if not _is_collected(order, one)]
    if not wanted:
        return Reason.LOCAL_PICKUP, []
    grams = grams_per_unit(options)
    stops = [stop for one in wanted if (stop := _stop(order, one, grams, options.settings)).items]
    return (None, stops) if stops else (Reason.ALREADY_FULFILLED, [])


def _is_collected(order: Fields, shipping: Fields) -> bool:
    methods = [("", method)] if (method := shipping.optional_text("shipping_method")) else []
    return read_way(_written(order, shipping), methods=methods).collected


def _order(order: Fields, order_id: str, stops: Sequence[Stop], options: Options) -> Order:
    first = stops[0]
    updated_at = _moment(order, "date_modified")
    return Order(
        order_id=order_id,
        name=f"#{order_id}",
        updated_at=updated_at,
        created_at=_optional_moment(order, "date_created") or updated_at,
        address=first.address,
        recipient_name=first.recipient_name,
        company=first.company,
        phones=first.phones,
        note=first.note,
        items=first.items,
        shipping_methods=_shipping_methods(order),
        paid=_status(order) in _PAYMENT_CONFIRMED or order.text("payment_status") in _PAID,
        writings=_writings(order, stops, options.settings),
        dropoffs=tuple(stops[1:]),
        paths={
            "address.line1": f"{first.path}.street_1",
            "address.line2": f"{first.path}.street_2",
            "address.postcode": f"{first.path}.zip",
            "address.city": f"{first.path}.city",
        },
    )


def _shipping(order: Fields) -> list[Fields]:
    """Return the shipping consignments, which are there even for an order that is not shipped."""
    consignments = order.child("consignments")
    if consignments is None:
        raise order.refuse("consignments", "is missing")
    return consignments.children("shipping")


def _stop(order: Fields, shipping: Fields, grams: Decimal | None, settings: Mapping[str, str]) -> Stop:
    bill = order.optional_child("billing_address")
    notes = (
        order.optional_text("customer_message"),
        *texts.notes(_written(order, shipping), settings.get("note_label", "")),
    )
    return Stop(
        address=PostalAddress(
            line1=shipping.text("street_1"),
            line2=shipping.optional_text("street_2"),
            postcode=shipping.text("zip"),
            city=shipping.text("city"),
            country=shipping.optional_text("country"),
            country_code=shipping.optional_text("country_iso2").upper(),
            state=shipping.optional_text("state"),
        ),
        recipient_name=full_name(shipping, "first_name", "last_name")
        or full_name(bill, "first_name", "last_name"),
        company=shipping.optional_text("company"),
        phones=tuple(phones_of([(shipping, "phone"), (bill, "phone")])),
        note="\n".join(dict.fromkeys(note for note in notes if note)),
        items=_items(shipping, grams),
        path=shipping.path,
    )


def _lines(shipping: Fields) -> list[tuple[Fields, int]]:
    """Return the lines that a courier might carry, with what was not refunded: no downloads, no vouchers."""
    return [
        (line, quantity)
        for line in shipping.children("line_items")
        if line.text("type") not in {"digital", "giftcertificate"} and (quantity := _quantity(line)) > 0
    ]


def _items(shipping: Fields, grams: Decimal | None) -> tuple[OrderItem, ...]:
    """Return what is still to be carried; what was handed out already is not."""
    return tuple(
        OrderItem(
            title=line.optional_text("name"),
            quantity=left,
            sku=line.optional_text("sku"),
            variant=", ".join(
                value
                for option in line.optional_children("product_options")
                if option.optional_text("type") != "File Upload"
                and (value := option.optional_text("display_value"))
            ),
            weight_grams=weight_grams(line.values.get("weight"), grams),
        )
        for line, quantity in _lines(shipping)
        if (left := quantity - line.optional_count("quantity_shipped", at_most=_LARGEST_QUANTITY)) > 0
    )


def _quantity(line: Fields) -> int:
    quantity = line.count("quantity", at_most=_LARGEST_QUANTITY)
    if quantity is None:
        raise line.refuse("quantity", "is missing")
    return quantity - line.optional_count("quantity_refunded", at_most=quantity)


def _shipping_methods(order: Fields) -> tuple[str, ...]:
    methods = (shipping.optional_text("shipping_method") for shipping in _shipping(order))
    return tuple(dict.fromkeys(method for method in methods if method))


def _moment(fields: Fields, key: str) -> datetime:
    if not fields.text(key):
        raise fields.refuse(key, "is missing")
    moment = _optional_moment(fields, key)
    if moment is None:
        raise fields.refuse(key, 'should be a date such as "Mon, 11 Mar 2019 15:17:25 +0000"')
    return moment


def _optional_moment(fields: Fields, key: str) -> datetime | None:
    """Return a date and time of RFC 2822, in UTC where it names no offset, as all of BigCommerce's are."""
    try:
        moment = parsedate_to_datetime(fields.optional_text(key)[:64])
        moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC) if 2000 <= moment.year <= 2200 else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _writings(order: Fields, stops: Sequence[Stop], settings: Mapping[str, str]) -> Writings:
    """Return what the forms and options of all consignments say; two that name two days are parked."""
    paths = {stop.path for stop in stops}
    entries = [entry for one in _shipping(order) if one.path in paths for entry in _written(order, one)]
    return texts.writings(entries, settings)


def _options(line: Fields) -> list[texts.Pair]:
    options = texts.named(line.optional_children("product_options"), "display_name", "display_value")
    return [*options, *_event(line)]


def _written(order: Fields, shipping: Fields) -> tuple[Written, ...]:
    """Return the answers of the address's form, the products' options and the bill's form, and the method."""
    lines = texts.of_lines(shipping.optional_children("line_items"), _options)
    own = texts.named(shipping.optional_children("form_fields"), "name", "value")
    bill = texts.named(
        order.optional_child("billing_address").optional_children("form_fields"), "name", "value"
    )
    title = texts.titles([(shipping.optional_text("shipping_method"), shipping.path_of("shipping_method"))])
    return (*texts.written(own), *lines, *texts.written(bill), *title)


def _event(line: Fields) -> list[texts.Pair]:
    """Return the day for which a product was ordered ("scheduled delivery"), as a date."""
    match = _ISO_DATE.match(line.optional_text("event_date"))
    moment = _optional_moment(line, "event_date")
    if match is None and moment is None:
        return []
    day = match[0] if match else f"{moment:%Y-%m-%d}"
    return [texts.Pair("delivery date", day, line.path_of("event_date"))]
