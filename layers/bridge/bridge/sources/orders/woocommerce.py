"""WooCommerce's order in our words: what needs no delivery, and what the others say. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, DecimalException

from bridge.document import Fields, parse_rfc3339
from bridge.model import Ignored, Order, OrderItem, PostalAddress, Written
from bridge.reasons import Reason
from bridge.sources.shared import writings as texts
from bridge.sources.shared.base import Options
from bridge.sources.shared.collection import read_way
from bridge.sources.shared.people import full_name, phones_of

_LARGEST_QUANTITY = 10_000
# https://woocommerce.com/document/managing-orders/order-statuses/ : what stops a delivery, and why.
_ENDED = {
    "pending": Reason.AWAITING_PAYMENT,
    "on-hold": Reason.ON_HOLD,
    "failed": Reason.PAYMENT_FAILED,
    "cancelled": Reason.CANCELLED,
    "refunded": Reason.REFUNDED,
    "trash": Reason.DELETED,
}
_FINAL = frozenset({Reason.CANCELLED, Reason.REFUNDED, Reason.DELETED})
# Where buyers order by themselves, goods that are shipped always have a way of shipping, and virtual ones
# may have an address all the same (in the block checkout); orders of the admin and the REST API need
# neither.
_CHECKOUTS = frozenset({"checkout", "store-api"})
_DRAFTS = frozenset({"checkout-draft", "auto-draft", "draft", "new"})
# A line that is a part of another line, in a bundle, a composite or a set: woocommerce-ios's recorded orders
# (order-with-bundled-line-items, order-with-composite-product); the meta keys of YITH's and WPC's bundles.
_PART_OF = (
    "bundled_by",
    "composite_parent",
    "mnm_child_of",
    "_bundled_by",
    "_composite_parent",
    "_mnm_container",
)
_PART_META = frozenset(
    {"_bundled_by", "_composite_parent", "_mnm_container", "_woosb_parent_id", "_bundled_item_id"}
)
# A house number in a field of its own: PostNL, MyParcel, and Brazil's checkout (``shipping.number``).
_NUMBER_KEYS = ("house_number", "street_number", "housenumber", "number", "address_number")
_MORE_KEYS = ("entrance", "staircase", "floor", "door", "apartment")
_SUFFIX_KEYS = ("house_number_suffix", "house_number_addition", "number_suffix", "housenumber_suffix")


def read(order: Fields, order_id: str, options: Options) -> Order | Ignored:
    """Read the whole order, or say why it needs no delivery; as the source's ``parse``."""
    reason, retracts = _reason(order, options)
    if reason is not None:
        updated_at = state_moment(order)
        if updated_at and reason not in _FINAL:
            # Times are whole seconds, and an order is often pending and paid in the same one; whichever
            # comes last, the state that is delivered wins.
            updated_at -= timedelta(microseconds=1)
        return Ignored(
            reason,
            retracts=retracts,
            order_id=order_id,
            order_name=_name(order, order_id),
            updated_at=updated_at,
        )
    return _order(order, order_id, options)


def state_moment(order: Fields) -> datetime | None:
    """Return when the order got into this state; ``None`` where the body does not tell."""
    return _optional_moment(order, "date_modified_gmt")


def _reason(order: Fields, options: Options) -> tuple[Reason | None, bool]:
    """Say why an order needs no delivery, and whether one made earlier must go."""
    status = order.text("status")
    if not status:
        raise order.refuse("status", "is missing")
    wanted = {text.strip() for text in options.settings.get("statuses", "processing").split(",")}
    if status not in wanted:
        if status in _ENDED:
            return _ENDED[status], True
        if status == "completed":
            return Reason.ALREADY_FULFILLED, False
        return (Reason.DRAFT if status in _DRAFTS else Reason.STATUS), False
    if _all_returned(order):
        return Reason.REFUNDED, True
    if any(entry.name == "coopcycle_delivery" and entry.value for entry in _order_meta(order)):
        return Reason.COOPCYCLE_PLUGIN, False
    return _undeliverable(order)


def _undeliverable(order: Fields) -> tuple[Reason | None, bool]:
    if not _items(order):
        return Reason.NOTHING_TO_SHIP, True
    lines = order.children("shipping_lines")
    if not lines and not _has_address(order.optional_child("shipping")):
        # Virtual goods, or a body that says little: nothing is undone for it.
        return Reason.NOTHING_TO_SHIP, False
    if not lines and order.optional_text("created_via") in _CHECKOUTS:
        raise order.refuse(
            "shipping_lines",
            "are none, though the order has an address: virtual goods, or a way of shipping that was taken "
            "off? "
            "Add one to the order if a courier is to come, else complete or cancel it",
        )
    methods = [(line.text("method_id"), line.optional_text("method_title")) for line in lines]
    if read_way(_written(order), methods=methods).collected:
        return Reason.LOCAL_PICKUP, True
    return None, False


def _has_address(holder: Fields) -> bool:
    values = (holder.values.get(key) for key in ("address_1", "address_2", "city", "postcode"))
    return any(value is not None and value != "" for value in values)


def _all_returned(order: Fields) -> bool:
    """Tell whether the refunds, negative amounts, make up the total: a shop may keep a status of its own."""
    total = _money(order.values.get("total"))
    returned = [_money(refund.values.get("total")) for refund in order.optional_children("refunds")]
    return total > 0 and sum(abs(amount) for amount in returned) >= total


def _money(value: object) -> Decimal:
    try:
        amount = Decimal(value[:40]) if isinstance(value, str) else Decimal(0)
    except DecimalException:
        return Decimal(0)
    return amount if amount.is_finite() else Decimal(0)


def _order(order: Fields, order_id: str, options: Options) -> Order:
    shipping = order.child("shipping")
    if shipping is None:
        raise order.refuse("shipping", "is missing")
    updated_at = _moment(order, "date_modified_gmt")
    billing = order.optional_child("billing")
    # A checkout copies the bill's address; orders of the admin, the REST API and express checkouts do not.
    holder = shipping if _has_address(shipping) or not _has_address(billing) else billing
    phones = phones_of([(holder, "phone"), (shipping, "phone"), (billing, "phone")])
    written = _written(order)
    notes = (
        order.optional_text("customer_note"),
        *texts.notes(written, options.settings.get("note_meta", "")),
    )
    return Order(
        order_id=order_id,
        name=_name(order, order_id),
        updated_at=updated_at,
        created_at=_optional_moment(order, "date_created_gmt") or updated_at,
        address=_address(order, holder),
        recipient_name=full_name(holder, "first_name", "last_name")
        or full_name(billing, "first_name", "last_name"),
        company=holder.optional_text("company"),
        phones=tuple(phones),
        note="\n".join(dict.fromkeys(note for note in notes if note)),
        items=_items(order),
        shipping_methods=_shipping_methods(order),
        # Not the status: an order to be paid on delivery is being processed too.
        paid=bool(order.text("date_paid_gmt")),
        writings=texts.writings(written, options.settings, kind="meta"),
        paths={
            "address.line1": holder.path_of("address_1"),
            "address.line2": holder.path_of("address_2"),
            "address.postcode": holder.path_of("postcode"),
            "address.city": holder.path_of("city"),
        },
    )


def _address(order: Fields, holder: Fields) -> PostalAddress:
    number = " ".join(filter(None, (_part(order, holder, _NUMBER_KEYS), _part(order, holder, _SUFFIX_KEYS))))
    more = (holder.optional_text("address_2"), *(_part(order, holder, [key]) for key in _MORE_KEYS))
    return PostalAddress(
        line1=holder.text("address_1"),
        line2=", ".join(dict.fromkeys(part for part in more if part)),
        postcode=holder.text("postcode"),
        city=holder.text("city"),
        country_code=holder.optional_text("country").upper(),
        house_number=number,
        district=_part(order, holder, ["neighborhood"]),
        state=holder.optional_text("state"),
    )


def _part(order: Fields, holder: Fields, keys: Sequence[str]) -> str:
    """Return a part of an address that plugins keep apart, in the address or in the order's meta data."""
    metas = {f"_{holder.path}_{key}" for key in keys} | {f"{holder.path}_{key}" for key in keys}
    found = [holder.values.get(key) for key in keys]
    found += [entry.value for entry in _order_meta(order) if entry.name in metas]
    texts = (str(value).strip() for value in found if isinstance(value, str | int) and value is not True)
    return next((text for text in texts if text), "")


def _name(order: Fields, order_id: str) -> str:
    """Return the number people see, which a plugin may have made, with WooCommerce's hash sign."""
    number = order.optional_text("number") or order_id
    return number if number.startswith("#") else f"#{number}"


def _moment(order: Fields, key: str) -> datetime:
    """Read a date and time "as GMT", which is UTC written without saying so."""
    text = order.text(key)
    if not text:
        raise order.refuse(key, 'is missing; set the webhook\'s API version to "WP REST API Integration v3"')
    try:
        return _as_gmt(text)
    except ValueError as exc:
        raise order.refuse(key, 'should be a date and time such as "2026-11-23T09:12:09"') from exc


def _optional_moment(order: Fields, key: str) -> datetime | None:
    try:
        return _as_gmt(order.optional_text(key))
    except ValueError:
        return None


def _as_gmt(text: str) -> datetime:
    try:
        return parse_rfc3339(f"{text}Z")
    except ValueError:
        return parse_rfc3339(text)


def _meta(holder: Fields) -> list[texts.Pair]:
    return texts.named(holder.optional_children("meta_data"), "key", "value")


def _order_meta(order: Fields) -> tuple[Written, ...]:
    """Return the order's own meta data, the last of several of a key; plugins put any JSON there."""
    last = {entry.optional_text("key"): entry for entry in order.optional_children("meta_data")}
    return texts.written(
        texts.Pair(key, entry.values.get("value"), f"{entry.path_of('value')} {key}")
        for key, entry in last.items()
    )


def _written(order: Fields) -> tuple[Written, ...]:
    """Return the meta data of the order, of its ways of shipping and its lines, and the shipping titles."""
    ways = order.optional_children("shipping_lines")
    lines = texts.of_lines(order.optional_children("line_items"), _meta)
    of_ways = [entry for way in ways for entry in texts.written(_meta(way))]
    titles = texts.titles((way.optional_text("method_title"), way.path_of("method_title")) for way in ways)
    return (*_order_meta(order), *of_ways, *lines, *titles)


def _items(order: Fields) -> tuple[OrderItem, ...]:
    """Return the lines; a bundle counts as a whole, without its parts."""
    lines = [(line, _quantity(line)) for line in order.children("line_items") if not _is_part(line)]
    return tuple(
        OrderItem(
            title=line.optional_text("name"),  # with the variation: "Bouquet - Grand"
            quantity=quantity,
            sku=line.optional_text("sku"),
        )
        for line, quantity in lines
        if quantity
    )


def _is_part(line: Fields) -> bool:
    if any(line.values.get(key) not in (None, "", 0, "0", [], False) for key in _PART_OF):
        return True
    return any(
        entry.optional_text("key") in _PART_META and entry.values.get("value") not in (None, "", 0, "0")
        for entry in line.optional_children("meta_data")
    )


def _quantity(line: Fields) -> int:
    """Return how many pieces; plugins sell by weight, and half a kilo is one thing to carry."""
    quantity = line.optional_number("quantity")
    if quantity is None or not 0 <= quantity <= _LARGEST_QUANTITY:
        raise line.refuse("quantity", f"should be a number between 0 and {_LARGEST_QUANTITY}")
    return math.ceil(quantity)


def _shipping_methods(order: Fields) -> tuple[str, ...]:
    """Return titles, method ids, and ids with their instance, which tells two flat rates apart."""
    names: list[str] = []
    for line in order.children("shipping_lines"):
        title, method, instance = (
            line.optional_text(key) for key in ("method_title", "method_id", "instance_id")
        )
        names += [title, method, f"{method}:{instance}" if method and instance else ""]
    return tuple(dict.fromkeys(name for name in names if name))
