"""The connection's ``[fields]``: where in a sender's body our own words stand, and the order made of them.

Forms are read by these alone; for shops they replace what the source has read. :data:`FIELDS` is the list of
names, for the checks and for docs/senders.md. Pure; values are never quoted in a message.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from bridge.document import kind
from bridge.errors import UnmappableOrder
from bridge.fields import expressions
from bridge.fields.parts import (
    ADDRESS_PARTS,
    COORDINATES,
    WISH_NAMES,
    read_chosen_time,
    read_items,
    read_weight,
)
from bridge.fields.recipient import read_address, read_name, read_phones
from bridge.fields.values import Values
from bridge.model import Ignored, Order, PostalAddress, Stop
from bridge.reasons import Reason
from bridge.text import shown_key

__all__ = ["FIELDS", "KEY_FIELDS", "Field", "apply_fields", "check_fields"]


class Field(NamedTuple):
    """One name under ``[fields]``: the type its expression should give, and what it means."""

    kind: str
    meaning: str


FIELDS: Mapping[str, Field] = {
    "order_id": Field(
        "text", "the sender's lasting key of the order; forms only: the same key, the same delivery"
    ),
    "order_name": Field("text", 'what people call the order ("#1042")'),
    "updated_at": Field("moment", "when the order got into this state; older ones are dropped"),
    "created_at": Field("moment", "when the order was made"),
    "cancelled": Field("true or false", "true: no delivery is wanted, one made before is cancelled"),
    "paid": Field("true or false", 'for orders.on = "paid"'),
    "address": Field(
        "text or object",
        "the whole address as one text, or an object with the parts below, as programs and people call them",
    ),
    "line1": Field("text", "street and house number"),
    "line2": Field("text", "floor, flat, building"),
    "house_number": Field("text", "the house number, where it stands apart from the street"),
    "postcode": Field("text", "postcode"),
    "city": Field("text", "town; where all orders are from one: city = \"'Paris'\""),
    "district": Field("text", "part of the town"),
    "state": Field("text", "state or province; written where there is no postcode"),
    "country": Field("text", 'the country\'s name, or its code ("FR", "FRA")'),
    "country_code": Field("text", "the country's code, where the name is given too"),
    "latitude": Field("number", "in degrees; together with longitude"),
    "longitude": Field("number", "in degrees; together with latitude"),
    "name": Field("text or object", "who receives it; of an object first and last are taken"),
    "company": Field("text", "the recipient's company"),
    "phone": Field("text or list", "phone numbers, the best one first"),
    "email": Field("text", "the buyer's address for mails; read for key_fields alone, and not kept"),
    "note": Field("text", "what the courier should know"),
    "date": Field("text", "the chosen day, as customers write it; it may hold the time too"),
    "time": Field("text", 'the chosen time ("14:00 - 16:00")'),
    "after": Field("moment or text", "when the chosen window begins; together with before"),
    "before": Field("moment or text", "when the chosen window ends; together with after"),
    "items": Field(
        "text or list", "what is carried: texts, or objects {title, quantity, sku, variant, weight_grams}"
    ),
    "packages": Field(
        "text, list or object", "names of parcels.packages: one, several, or an object name: number"
    ),
    "weight_grams": Field("number", "the weight of everything, in grams"),
    "weight_kg": Field("number", "the weight of everything, in kilograms"),
    "tags": Field("text or list", "tags of the order; a text is split at its commas"),
    "shipping_method": Field("text or list", "for orders.shipping_methods"),
    "pickup_location": Field("text or list", "the sender's keys of the places it leaves from"),
    "dropoffs": Field(
        "list of objects",
        "further stops, each an object with names of this table from address to note, items or packages; "
        "where the order has no address of its own, the first is the order's",
    ),
}

KEY_FIELDS = "key_fields"  # the setting of every source whose orders have no id of their own: the forms
_STOP = ("address", *ADDRESS_PARTS, *COORDINATES, "name", "company", "phone", "note", "items", "packages")
# What :attr:`bridge.model.Order.paths` calls them.
_PATHS = {
    **{f"address.{name}": name for name in ADDRESS_PARTS},
    "address.coordinates": "latitude",
    "name": "order_name",
    "recipient_name": "name",
    "company": "company",
    "phones": "phone",
    "note": "note",
    "items": "items",
    "tags": "tags",
    "shipping_methods": "shipping_method",
    "pickup_locations": "pickup_location",
    "weight_override_grams": "weight_grams",
    "dropoffs": "dropoffs",
}
_MOST_STOPS = 50


# --- when the connection is written -------------------------------------------------------------


def check_fields(given: Mapping[str, str], *, identifies: bool) -> list[tuple[str, str]]:
    """Return what is wrong as (name, sentence); the names are known. ``identifies``: the source is a form."""
    problems = [(name, wrong) for name, text in given.items() if (wrong := expressions.problem_of(text))]
    if "order_id" in given and not identifies:
        problems.append(("order_id", "a shop's orders have an id of their own, remove the line"))
    for first, second in (("after", "before"), COORDINATES):
        for name, other in ((first, second), (second, first)):
            if name in given and other not in given:
                problems.append((name, f"goes together with {other}, which is missing"))
    for name, other in (("after", "time"), ("weight_kg", "weight_grams")):
        if name in given and other in given:
            problems.append((name, f"says the same as {other}, remove one of them"))
    return problems


# --- the order --------------------------------------------------------------------------------------


def apply_fields(order: Order, values: Values, *, cancelled: bool = False) -> Order | Ignored:
    """Replace what the fields name; ``Ignored("cancelled")`` when they, or the sender, say so.

    A cancellation gets through whatever else is missing from its body.

    Raises:
        UnmappableOrder: a field has the wrong type or is missing; names it.

    """
    if cancelled or values.flag("cancelled"):
        for read in (_named, _dated):
            with suppress(UnmappableOrder):
                order = read(order, values)
        return Ignored.because(
            Reason.CANCELLED,
            order_id=order.order_id,
            order_name=order.name,
            updated_at=order.updated_at,
        )
    order = _dated(_named(order, values), values)
    own = _stop(values, _own_stop(order))
    paths = _paths(values)
    further = order.dropoffs
    if "dropoffs" in values:
        further = _stops(values)
        if further and own.address == PostalAddress():
            first, further = further[0], further[1:]
            paths |= {ours: f"{first.path}.{name}" for ours, name in _PATHS.items()}
            own = _with_defaults(first, own)
    return replace(
        order,
        address=own.address,
        recipient_name=own.recipient_name,
        company=own.company,
        phones=own.phones,
        note=own.note,
        items=own.items,
        dropoffs=further,
        problems=(*own.problems, *(problem for stop in further for problem in stop.problems)),
        paid=values.flag("paid") if "paid" in values else order.paid,
        tags=_tags(values) if "tags" in values else order.tags,
        shipping_methods=_texts(values, "shipping_method", order.shipping_methods),
        pickup_locations=_texts(values, "pickup_location", order.pickup_locations),
        wish=read_chosen_time(values) if any(name in values for name in WISH_NAMES) else order.wish,
        weight_override_grams=read_weight(values, order.weight_override_grams),
        paths={**order.paths, **paths},
    )


def _named(order: Order, values: Values) -> Order:
    return replace(order, name=values.text("order_name") or order.name)


def _dated(order: Order, values: Values) -> Order:
    updated_at = values.moment("updated_at") or order.updated_at
    otherwise = updated_at if order.created_at == order.updated_at else order.created_at
    return replace(order, updated_at=updated_at, created_at=values.moment("created_at") or otherwise)


def _paths(values: Values) -> dict[str, str]:
    """Return where the sender has the fields that are named; a whole address stands for its parts."""
    found = {ours: values.where(name) for ours, name in _PATHS.items() if name in values}
    if "weight_kg" in values:
        found["weight_override_grams"] = values.where("weight_kg")
    if "address" in values:
        parts = {ours: values.where("address") for ours, name in _PATHS.items() if name in ADDRESS_PARTS}
        found = {**parts, **found}
    return found


def _texts(values: Values, name: str, otherwise: tuple[str, ...]) -> tuple[str, ...]:
    return values.texts(name) if name in values else otherwise


def _tags(values: Values) -> tuple[str, ...]:
    tags = (tag.strip() for text in values.texts("tags") for tag in text.split(","))
    return tuple(dict.fromkeys(tag for tag in tags if tag))


# --- stops --------------------------------------------------------------------------------------


def _own_stop(order: Order) -> Stop:
    return Stop(
        problems=order.problems,
        address=order.address,
        recipient_name=order.recipient_name,
        company=order.company,
        phones=order.phones,
        note=order.note,
        items=order.items,
    )


def _stop(values: Values, otherwise: Stop) -> Stop:
    """Return a stop with what the values name, and for the rest what it was otherwise."""
    where = read_address(values, otherwise.address)
    return replace(
        otherwise,
        address=where.address,
        problems=(*otherwise.problems, *where.problems),
        recipient_name=read_name(values, otherwise.recipient_name),
        company=values.text("company") if "company" in values else otherwise.company,
        phones=read_phones(values, otherwise.phones),
        note=values.text("note", "\n") if "note" in values else otherwise.note,
        items=read_items(values, otherwise.items),
    )


def _stops(values: Values) -> tuple[Stop, ...]:
    found = values.raw("dropoffs")
    if found is None or found == "":
        return ()
    stops = found if isinstance(found, list) else [found]
    if len(stops) > _MOST_STOPS:
        raise values.refuse("dropoffs", f"should be at most {_MOST_STOPS} stops, but is {len(stops)}")
    return tuple(_further_stop(values, index, stop) for index, stop in enumerate(stops))


def _further_stop(values: Values, index: int, stop: object) -> Stop:
    if not isinstance(stop, Mapping):
        raise values.refuse("dropoffs", f"should be objects, but [{index}] is {kind(stop)}")
    unknown = [str(name) for name in stop if name not in _STOP]
    if unknown:
        names = ", ".join(map(shown_key, unknown[:5]))
        raise values.refuse("dropoffs", f"has at [{index}] the unknown {names}; known are {', '.join(_STOP)}")
    path = f"dropoffs[{index}]"
    return _stop(Values(stop, own={path: stop}), Stop(PostalAddress(), path=path))


def _with_defaults(stop: Stop, order: Stop) -> Stop:
    """Return the stop; what it does not say of the recipient is what the order says."""
    return replace(
        stop,
        recipient_name=stop.recipient_name or order.recipient_name,
        company=stop.company or order.company,
        phones=stop.phones or order.phones,
        note=stop.note or order.note,
        items=stop.items or order.items,
    )
