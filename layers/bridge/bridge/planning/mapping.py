"""From an order to the delivery we ask CoopCycle for. Pure: no clock, no AWS, no wire names.

The filters of the connection come first, then what the order lacks: an order that is not ours to
deliver is never parked for a bad address.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import phonenumbers

from bridge.connections.model import Connection, Pickup
from bridge.errors import UnmappableOrder
from bridge.model import (
    Coordinates,
    Delivery,
    Ignored,
    Order,
    OrderItem,
    PostalAddress,
    Stop,
    Task,
    TimeWindow,
    is_saved_address,
)
from bridge.planning.address import format_address, way_in, write_address
from bridge.planning.distance import doubt
from bridge.planning.filters import select
from bridge.planning.parcels import packages_of, tags_of, weight_of
from bridge.planning.street import is_bare_number, is_unit
from bridge.planning.text import COMMENTS_LENGTH, LINE_LENGTH, clean, clean_lines, fold
from bridge.planning.trace import FieldTrace, Trace
from bridge.schedule.opening_hours import Schedule
from bridge.schedule.windows import Windows, next_windows

__all__ = ["COMMENTS_LENGTH", "clean", "clean_lines", "format_address", "map_order"]

_NOTE_LENGTH = 1000
_PHONE_LENGTH = 40


def map_order(
    order: Order,
    connection: Connection,
    *,
    now: datetime,
    timezone: ZoneInfo,
    country: str,
    windows: Windows | None = None,
    remarks: tuple[str, ...] = (),
    trace: Trace | None = None,
) -> Delivery | Ignored:
    """Make the delivery for an order, or say why the connection wants none.

    ``windows`` are those fixed earlier for this order and are kept; without them the schedule gives the
    next ones after ``now``. All pickups share one window, as do all dropoffs. ``country`` is the region of
    phone numbers where the address names none, ``remarks`` are lines for the courier at each dropoff;
    ``trace`` collects where everything came from. What is ignored: :func:`bridge.planning.filters.select`.

    Raises:
        UnmappableOrder: the order lacks something; names it in the sender's terms.
        InvalidConnection: the schedule is wrong or never open.

    """
    trace = trace if trace is not None else Trace()
    places = _places(order, connection)
    ignored = select(order, connection, [place for place, _ in places], trace)
    if ignored is not None:
        return ignored
    for problem in order.problems:
        raise UnmappableOrder(problem.field, problem.sentence)
    _check_locations(order, connection)
    for index, stop in enumerate(order.stops):
        _check_address(order, index, stop.address, country)
    fixed = windows if windows is not None else next_windows(connection.schedule, now=now, timezone=timezone)
    tasks = _Tasks(
        order, connection, country, trace, remarks, connection.schedule if windows is None else None
    )
    pickups = [tasks.pickup(index, *place, fixed.pickup) for index, place in enumerate(places)]
    dropoffs = [tasks.dropoff(index, stop, fixed.dropoff) for index, stop in enumerate(order.stops)]
    return Delivery(
        bridge_ref=f"{connection.connection_id}/{order.order_id}",
        pickup=pickups[0],
        dropoff=dropoffs[-1],
        further_pickups=tuple(pickups[1:]),
        earlier_dropoffs=tuple(dropoffs[:-1]),
    )


# --- where it leaves from -----------------------------------------------------------------------


def _places(order: Order, connection: Connection) -> list[tuple[Pickup, str]]:
    """Return the places to collect at, each once, with the key they stand under in the connection.

    One at the store's own address comes first: CoopCycle puts that in for the first pickup alone.
    """
    found: dict[Pickup, str] = {}
    for key in order.pickup_locations:
        place = connection.locations.get(key)
        if place is not None:
            found.setdefault(place, f'pickup.locations."{key}"')
        else:
            found.setdefault(connection.pickup, "pickup")
    if not found:
        found[connection.pickup] = "pickup"
    return sorted(found.items(), key=lambda item: bool(item[0].address))


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


# --- the address --------------------------------------------------------------------------------


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


# --- the tasks ----------------------------------------------------------------------------------


class _Tasks:
    """Makes the tasks of one order, and writes down where their values come from.

    ``schedule`` is what chose the windows, ``None`` when they were given.
    """

    def __init__(
        self,
        order: Order,
        connection: Connection,
        country: str,
        trace: Trace,
        remarks: Sequence[str],
        schedule: Schedule | None,
    ) -> None:
        self._order = order
        self._connection = connection
        self._country = country
        self._trace = trace
        self._remarks = [clean(remark) for remark in remarks]
        self._schedule = schedule
        trace.rule("window", "planned before" if schedule is None else "the schedule's next")

    def _notes(self, task: str, field: str, stop: int = 0) -> FieldTrace:
        return FieldTrace(self._trace, f"{task}.{field}", partial(self._order.path_of, stop=stop))

    def pickup(self, index: int, place: Pickup, key: str, window: TimeWindow) -> Task:
        """Make the pickup at a place of the connection, which stands there under ``key``."""
        task = f"pickups[{index}]"
        self._note_common(task)
        self._notes(task, "kind").setting(key)
        telephone, remark, _ = _telephone((place.phone,) if place.phone else (), self._country)
        if telephone is not None:
            self._notes(task, "telephone").setting(f"{key}.phone", "in E.164")
        for field, name in (
            ("street_address", "address"),
            ("address_iri", "address"),
            ("coordinates", "latitude"),
            ("company", "company"),
            ("contact_name", "contact_name"),
        ):
            self._notes(task, field).setting(f"{key}.{name}")
        saved = is_saved_address(place.address)
        company, contact_name = clean(place.company), clean(place.contact_name)
        contact = "" if place.address and not saved else _contact(company, contact_name, telephone)
        comments = self._notes(task, "comments")
        comments.order("name")
        if place.comments or contact or remark:
            comments.setting(f"{key}.comments" if place.comments else key)
        return Task(
            window=window,
            street_address=None if saved else (clean(place.address) or None),
            address_iri=place.address if saved else "",
            coordinates=None if saved else place.coordinates,
            company=company,
            contact_name=contact_name,
            telephone=telephone,
            comments=_lines([clean(self._order.name), contact, clean_lines(place.comments), remark]),
            tags=tags_of(self._order.tags, self._connection.tags, self._notes(task, "tags")),
        )

    def dropoff(self, index: int, stop: Stop, window: TimeWindow) -> Task:
        """Make the dropoff at a stop of the order."""
        task = f"dropoffs[{index}]"
        self._note_common(task)
        self._notes(task, "kind", index).order("address")
        address = stop.address
        telephone, remark, used = _telephone(
            stop.phones, address.country_code or self._country, fallback=self._country
        )
        if telephone is not None:
            self._notes(task, "telephone", index).order(f"phones[{used}]", "in E.164")
        if stop.phones:
            read = "a number in E.164" if telephone else "no number to dial, shown as typed"
            self._trace.rule("phone", f"{self._order.path_of(f'phones[{used}]', stop=index)}: {read}")
        description = self._description(task, index, stop)
        company, contact_name = clean(stop.company), clean(stop.recipient_name)
        self._notes(task, "company", index).order("company")
        self._notes(task, "contact_name", index).order("recipient_name")
        told = []  # what a saved address has no room for
        if address.iri:
            self._notes(task, "address_iri", index).order("address.iri")
            told = [_contact(company, contact_name, telephone), description]
        return Task(
            window=window,
            street_address=None if address.iri else self._street(task, index, address),
            address_iri=address.iri,
            coordinates=None if address.iri else self._coordinates(task, index, address.coordinates),
            company=company,
            contact_name=contact_name,
            telephone=telephone,
            description=description,
            comments=self._comments(task, index, stop, told, remark),
            weight_grams=self._weight(task, index, stop),
            packages=packages_of(stop.items, self._connection.parcels, self._notes(task, "packages", index)),
            tags=tags_of(self._order.tags, self._connection.tags, self._notes(task, "tags")),
        )

    def _note_common(self, task: str) -> None:
        window, reference = self._notes(task, "window"), self._notes(task, "bridge_ref")
        if self._schedule is None and self._order.wish is not None:
            window.order("wish", "the buyer's choice, as it was planned")
        elif self._schedule is None:
            window.default("fixed earlier for this order, and kept")
        elif self._schedule == Schedule():
            window.default("the bridge's: always open")
        else:
            window.setting("schedule", "the next window after the order")
        reference.setting("connection_id", "the name of its file")
        reference.order("order_id")

    def _street(self, task: str, index: int, address: PostalAddress) -> str:
        notes = self._notes(task, "street_address", index)
        written = write_address(address, self._country)
        for field in written.fields:
            notes.order(f"address.{field}")
        return written.line

    def _coordinates(self, task: str, index: int, coordinates: Coordinates | None) -> Coordinates | None:
        """Return the coordinates if they may be sent: CoopCycle takes them without a look at the address."""
        if coordinates is None:
            return None
        notes = self._notes(task, "coordinates", index)
        if self._connection.orders.coordinates == "ignore":
            notes.rule("orders.coordinates", "ignored: CoopCycle looks for the address")
            return None
        reason = doubt(coordinates, self._connection.pickup.coordinates)
        if reason:
            notes.rule("coordinates", f"not sent, {reason}: CoopCycle looks for the address")
            return None
        notes.order("address.coordinates")
        return coordinates

    def _weight(self, task: str, index: int, stop: Stop) -> int:
        """Return the weight of a stop; where the sender gives one for everything, it is that of the first."""
        override = self._order.weight_override_grams
        if override and index > 0:
            return 0
        notes = self._notes(task, "weight_grams", index)
        return weight_of(stop.items, override, self._connection.parcels, notes)

    def _description(self, task: str, index: int, stop: Stop) -> str:
        """Write what couriers look for beside the address: its second line, and the way in by the note."""
        notes = self._notes(task, "description", index)
        written = write_address(stop.address, self._country)
        parts = [written.beside]
        for field in written.beside_fields:
            notes.order(f"address.{field}")
        for hint in way_in(stop.note):
            if fold(hint) not in fold(" ".join(parts)):
                parts.append(clean(hint))
                notes.order("note", "the sentences that say how to get in")
        return clean("; ".join(part for part in parts if part))

    def _comments(self, task: str, index: int, stop: Stop, told: Sequence[str], remark: str) -> str:
        """Write for the courier: the order's name, what is carried, the note, the phone if it is no number.

        When it gets too long the list of items is cut, since the note may say how to get in.
        """
        notes = self._notes(task, "comments", index)
        name = clean(self._order.name)
        FieldTrace(self._trace, notes.to, self._order.path_of).order("name")
        for field, there in (("company", told), ("recipient_name", told), ("items", stop.items)):
            if there:
                notes.order(field)
        if stop.note:
            notes.order("note")
        if self._remarks:
            notes.order("wish", "a remark on the chosen time")
        if remark:
            notes.order("phones", "as typed, for it is more or less than a number")
        head = [name, *told]
        tail = [clean_lines(stop.note, _NOTE_LENGTH), *self._remarks, remark]
        room = COMMENTS_LENGTH - len(_lines([*head, *tail])) - len("\n… and 9999999 more\n")
        items: list[str] = []
        for number, item in enumerate(stop.items):
            line = _item_line(item)
            if len(line) + 1 > room:
                items.append(f"… and {len(stop.items) - number} more")
                break
            room -= len(line) + 1
            items.append(line)
        return _lines([*head, *items, *tail])


# --- the phone ----------------------------------------------------------------------------------


def _telephone(phones: Sequence[str], region: str, *, fallback: str = "") -> tuple[str | None, str, int]:
    """Return the first usable number in E.164, a remark with what E.164 cannot hold, and which one it was.

    Usable is what has the length of a number of its country: CoopCycle asks for no more, and ranges newer
    than our tables are real. CoopCycle refuses the whole delivery for a number it cannot read, so such a
    number goes into the comments, as does one with an extension. A wrong number never stops a delivery.
    """
    known = region if region in phonenumbers.SUPPORTED_REGIONS else (fallback or region)
    for index, phone in enumerate(phones):
        try:
            number = phonenumbers.parse(phone, known)
        except phonenumbers.NumberParseException:
            continue
        reason = phonenumbers.is_possible_number_with_reason(number)
        if reason == phonenumbers.ValidationResult.IS_POSSIBLE:
            e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            return e164, _as_given(phone) if number.extension else "", index
    return None, _as_given(phones[0]) if phones else "", 0


def _as_given(phone: str) -> str:
    shown = clean(phone, _PHONE_LENGTH)
    return f"Phone as given: {shown}" if shown else ""


# --- texts --------------------------------------------------------------------------------------


def _contact(company: str, contact_name: str, telephone: str | None) -> str:
    """Write whom to ask for in one line, for an address that cannot hold it."""
    return ", ".join(part for part in (company, contact_name, telephone) if part)


def _item_line(item: OrderItem) -> str:
    title = clean(item.title, LINE_LENGTH) or clean(item.sku) or "?"
    variant = clean(item.variant, LINE_LENGTH)
    return f"{item.quantity} × {title}" + (f" ({variant})" if variant else "")


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(line for line in lines if line)[:COMMENTS_LENGTH]
