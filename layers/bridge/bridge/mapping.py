"""From an order to the delivery we ask CoopCycle for. Pure: no clock, no AWS, no wire names.

The filters of the connection come first, then what the order lacks: an order that is not ours to
deliver is never parked for a bad address.
"""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import phonenumbers

from bridge.connection import Connection, OrderFilter, Pickup
from bridge.errors import UnmappableOrder
from bridge.model import Delivery, Ignored, Order, OrderItem, Package, PostalAddress, Task
from bridge.schedule import Windows, next_windows

COMMENTS_LENGTH = 2000  # of all comments of a task, in characters
_NOTE_LENGTH = 1000
_TEXT_LENGTH = 250
_PHONE_LENGTH = 40
_LARGEST_WEIGHT_GRAMS = 2**31 - 1  # CoopCycle's column is an integer of 32 bits

# Control characters but tab and line feed, the marks that turn the reading direction of all that
# follows, half surrogate pairs (no UTF-8 for them), and the byte order mark.
_UNWANTED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_LINE_ENDS = re.compile("\r\n|\r|\u2028|\u2029|\x85")


def map_order(
    order: Order,
    connection: Connection,
    *,
    now: datetime,
    timezone: ZoneInfo,
    country: str,
    windows: Windows | None = None,
    remarks: tuple[str, ...] = (),
) -> Delivery | Ignored:
    """Make the delivery for an order, or say why the connection wants none.

    ``windows`` are those planned for this order; without them the schedule gives the next ones after
    ``now``. ``remarks`` are sentences for the courier, added to the dropoff's comments. ``country`` is the
    region of phone numbers where the address names none.
    Ignored: ``shipping_method`` and ``postcode`` retract an existing delivery (the order was changed and
    others carry it now), ``unpaid`` does not.

    Raises:
        UnmappableOrder: the address lacks something; names it in the sender's terms.
        InvalidConnection: the schedule is wrong or never open.

    """
    ignored = _filter(order, connection.orders)
    if ignored is not None:
        return ignored
    street_address = _street_address(order)
    fixed = windows if windows is not None else next_windows(connection.schedule, now=now, timezone=timezone)
    return Delivery(
        bridge_ref=f"{connection.connection_id}/{order.order_id}",
        pickup=_pickup(order, connection.pickup, fixed, country),
        dropoff=_dropoff(order, connection, fixed, street_address, country, remarks),
    )


def _pickup(order: Order, pickup: Pickup, windows: Windows, country: str) -> Task:
    telephone, remark = _telephone((pickup.phone,) if pickup.phone else (), country)
    return Task(
        window=windows.pickup,
        street_address=clean(pickup.address) or None,
        company=clean(pickup.company),
        contact_name=clean(pickup.contact_name),
        telephone=telephone,
        comments=_lines([clean(order.name), clean_lines(pickup.comments), remark]),
    )


def _dropoff(
    order: Order,
    connection: Connection,
    windows: Windows,
    street_address: str,
    country: str,
    remarks: tuple[str, ...],
) -> Task:
    telephone, remark = _telephone(order.phones, order.address.country_code or country, fallback=country)
    return Task(
        window=windows.dropoff,
        street_address=street_address,
        coordinates=order.address.coordinates,
        company=clean(order.company),
        contact_name=clean(order.recipient_name),
        telephone=telephone,
        description=clean(order.address.line2),
        comments=_comments(order, (*remarks, remark)),
        weight_grams=min(order.weight_grams, _LARGEST_WEIGHT_GRAMS),
        packages=_packages(order.items, connection.packages),
    )


# --- which orders -------------------------------------------------------------------------------


def _filter(order: Order, wanted: OrderFilter) -> Ignored | None:
    if wanted.shipping_methods and not _any_match(order.shipping_methods, wanted.shipping_methods):
        return _ignored(order, "shipping_method", retracts=True)
    if wanted.postcodes:
        postcode = _squeeze(order.address.postcode)
        if not postcode:
            raise _lacks(order, "address.postcode", "is missing, and orders.postcodes decides by it")
        if not _any_match([postcode], [_squeeze(pattern) for pattern in wanted.postcodes]):
            return _ignored(order, "postcode", retracts=True)
    if wanted.on == "paid" and not order.paid:
        return _ignored(order, "unpaid", retracts=False)
    return None


def _ignored(order: Order, reason: str, *, retracts: bool) -> Ignored:
    return Ignored(
        reason,
        retracts=retracts,
        order_id=order.order_id,
        order_name=order.name,
        updated_at=order.updated_at,
    )


def _any_match(texts: Iterable[str], patterns: Sequence[str]) -> bool:
    folded = [_fold(pattern) for pattern in patterns]
    return any(fnmatch.fnmatchcase(_fold(text), pattern) for text in texts for pattern in folded)


def _fold(text: str) -> str:
    """Make "é" typed as one character and as two, capitals and blanks compare equal."""
    return unicodedata.normalize("NFC", " ".join(text.split())).casefold()


def _squeeze(postcode: str) -> str:
    """Take the blanks out, which people set as they like: "SW1A 1AA"."""
    return "".join(postcode.split())


# --- the address --------------------------------------------------------------------------------


def _lacks(order: Order, field: str, message: str) -> UnmappableOrder:
    return UnmappableOrder(order.paths.get(field, field), message)


def _street_address(order: Order) -> str:
    address = order.address
    if not any(character.isalnum() for character in address.line1):
        raise _lacks(order, "address.line1", "is missing; a delivery needs a street address")
    if not (clean(address.postcode) or clean(address.city)):
        raise _lacks(order, "address.city", "is missing; without a town the street would be found anywhere")
    return format_address(address)


def format_address(address: PostalAddress) -> str:
    """Write an address in one line for a geocoder: "48 Rue de Rivoli, 75004 Paris, France".

    Buyers often type town or country into the first line as well; what stands there is not said twice.
    """
    line1, postcode, city = clean(address.line1), clean(address.postcode), clean(address.city)
    country = clean(address.country) or clean(address.country_code)
    town = f"{postcode} {city}".strip()
    endings = {_fold(text) for text in (town, f"{city} {postcode}", postcode, city, country) if text}
    parts = [part for part in (part.strip() for part in line1.split(",")) if part]
    while len(parts) > 1 and _fold(parts[-1]) in endings:
        parts.pop()
    if parts and postcode and city:
        parts[-1] = _without_ending(parts[-1], (f"{town} {country}", town, f"{city} {postcode}"))
    return ", ".join(part for part in (*parts, town, country) if part)


def _without_ending(street: str, endings: Sequence[str]) -> str:
    """Take "75004 Paris" off "48 Rue de Rivoli 75004 Paris"; "Paris" alone may belong to the street."""
    for ending in endings:
        words, last = street.split(), ending.split()
        if len(words) > len(last) and [_fold(word) for word in words[-len(last) :]] == [
            _fold(word) for word in last
        ]:
            return " ".join(words[: -len(last)])
    return street


# --- the phone ----------------------------------------------------------------------------------


def _telephone(phones: Sequence[str], region: str, *, fallback: str = "") -> tuple[str | None, str]:
    """Return the first usable number in E.164, and a remark with what E.164 cannot hold.

    Usable is what has the length of a number of its country: CoopCycle asks for no more, and ranges newer
    than our tables are real. CoopCycle refuses the whole delivery for a number it cannot read, so such a
    number goes into the comments, as does one with an extension. A wrong number never stops a delivery.
    """
    known = region if region in phonenumbers.SUPPORTED_REGIONS else (fallback or region)
    for phone in phones:
        try:
            number = phonenumbers.parse(phone, known)
        except phonenumbers.NumberParseException:
            continue
        reason = phonenumbers.is_possible_number_with_reason(number)
        if reason == phonenumbers.ValidationResult.IS_POSSIBLE:
            e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            return e164, _as_given(phone) if number.extension else ""
    return None, _as_given(phones[0]) if phones else ""


def _as_given(phone: str) -> str:
    shown = clean(phone, _PHONE_LENGTH)
    return f"Phone as given: {shown}" if shown else ""


# --- parcels and texts --------------------------------------------------------------------------


def _packages(items: Iterable[OrderItem], names: Mapping[str, str]) -> tuple[Package, ...]:
    quantities: dict[str, int] = {}
    for item in items:
        if item.sku in names:
            name = names[item.sku]
            quantities[name] = quantities.get(name, 0) + item.quantity
    return tuple(Package(name, quantity) for name, quantity in quantities.items())


def _comments(order: Order, remarks: Sequence[str]) -> str:
    """Write for the courier: the order's name, what is carried, the note, remarks such as an unusable phone.

    When it gets too long the list of items is cut, since the note may say how to get in.
    """
    name = clean(order.name)
    tail = [clean_lines(order.note, _NOTE_LENGTH), *remarks]
    room = COMMENTS_LENGTH - len(_lines([name, *tail])) - len("\n… and 9999999 more\n")
    items: list[str] = []
    for index, item in enumerate(order.items):
        line = _item_line(item)
        if len(line) + 1 > room:
            items.append(f"… and {len(order.items) - index} more")
            break
        room -= len(line) + 1
        items.append(line)
    return _lines([name, *items, *tail])


def _item_line(item: OrderItem) -> str:
    title = clean(item.title, _TEXT_LENGTH) or clean(item.sku) or "?"
    variant = clean(item.variant, _TEXT_LENGTH)
    return f"{item.quantity} × {title}" + (f" ({variant})" if variant else "")


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(line for line in lines if line)[:COMMENTS_LENGTH]


def clean(text: str, length: int = _TEXT_LENGTH) -> str:
    """Return a text fit for one line: no control characters, single blanks, at most ``length`` long."""
    return " ".join(_UNWANTED.sub(" ", text).split())[:length].rstrip()


def clean_lines(text: str, length: int = COMMENTS_LENGTH) -> str:
    """Return a text of several lines without control characters and empty lines, at most ``length`` long."""
    lines = (clean(line, length) for line in _LINE_ENDS.sub("\n", text).split("\n"))
    return "\n".join(line for line in lines if line)[:length].rstrip()
