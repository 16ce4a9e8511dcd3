"""From an order and its windows to the delivery we ask CoopCycle for. Pure: no clock, no AWS, no wire names.

Each value is made by a small function that also says what it was made of
(:class:`bridge.planning.trace.Traced`).
"""

from __future__ import annotations

from collections.abc import Sequence

from bridge.connections.model import Connection, Pickup
from bridge.model import (
    COLUMN_LENGTH,
    Coordinates,
    Delivery,
    Order,
    PostalAddress,
    Stop,
    Task,
    TimeWindow,
    is_saved_address,
)
from bridge.planning.address import WrittenAddress, write_address
from bridge.planning.choose_windows import ChosenBy, ChosenWindows
from bridge.planning.courier_texts import comments_of, contact_line, description_of, lines_of
from bridge.planning.distance import doubt
from bridge.planning.parcels import packages_of, tags_of, weight_of
from bridge.planning.phone import Telephone, read_telephone
from bridge.planning.text import LINE_LENGTH, clean, clean_lines, fit, fit_address
from bridge.planning.trace import OrderParts, Origin, Rule, TaskTrace, Trace, Traced, default, setting
from bridge.schedule.opening_hours import Schedule

_WINDOW_RULES = {
    ChosenBy.SCHEDULE: "the schedule's next",
    ChosenBy.TIME_SLOT: "CoopCycle's next time slot",
    ChosenBy.CUSTOMER: "the customer's choice",
    ChosenBy.EARLIER: "planned before",
}
_LOOKED_FOR = "CoopCycle looks for the address"


def map_order(
    order: Order, connection: Connection, chosen: ChosenWindows, *, country: str, trace: Trace
) -> Delivery:
    """Make the delivery for an order that is ours and complete.

    All pickups share one window, as do all dropoffs. ``country`` is the region of phone numbers where the
    address names none; ``trace`` collects where everything came from.
    """
    trace.rule("window", _WINDOW_RULES[chosen.chosen_by])
    tasks = _Tasks(order, connection, chosen, country, trace)
    pickups = [tasks.pickup(index, *place) for index, place in enumerate(pickup_places(order, connection))]
    dropoffs = [tasks.dropoff(index, stop) for index, stop in enumerate(order.stops)]
    return Delivery(
        bridge_ref=f"{connection.connection_id}/{order.order_id}",
        pickup=pickups[0],
        dropoff=dropoffs[-1],
        further_pickups=tuple(pickups[1:]),
        earlier_dropoffs=tuple(dropoffs[:-1]),
    )


def pickup_places(order: Order, connection: Connection) -> list[tuple[Pickup, str]]:
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


class _Tasks:
    """Makes the tasks of one order."""

    def __init__(
        self, order: Order, connection: Connection, chosen: ChosenWindows, country: str, trace: Trace
    ) -> None:
        self._order = order
        self._connection = connection
        self._chosen = chosen
        self._country = country
        self._trace = trace

    def pickup(self, index: int, place: Pickup, key: str) -> Task:
        """Make the pickup at a place of the connection, which stands there under ``key``."""
        keep = self._begin(f"pickups[{index}]", setting(key))
        address = setting(f"{key}.address")
        saved = is_saved_address(place.address)
        phone = read_telephone((place.phone,) if place.phone else (), self._country)
        street, *cut = fit_address("" if saved else clean(place.address), COLUMN_LENGTH)
        company, more_company = fit(place.company, COLUMN_LENGTH)
        contact_name, more_contact = fit(place.contact_name, COLUMN_LENGTH)
        contact = "" if street else contact_line(company, contact_name, phone.number)
        cut += [more_company, more_contact]
        return Task(
            window=keep("window", self._window(self._chosen.windows.pickup)),
            street_address=keep("street_address", Traced(street or None, (address,))),
            address_iri=keep("address_iri", Traced(place.address if saved else "", (address,))),
            coordinates=keep(
                "coordinates", Traced(None if saved else place.coordinates, (setting(f"{key}.latitude"),))
            ),
            company=keep("company", Traced(company, (setting(f"{key}.company"),))),
            contact_name=keep("contact_name", Traced(contact_name, (setting(f"{key}.contact_name"),))),
            telephone=keep("telephone", _pickup_telephone(phone, key)),
            comments=keep("comments", self._pickup_comments(place, key, contact, cut, phone.words)),
            tags=keep("tags", tags_of(self._order.tags, self._connection.tags, OrderParts(self._order))),
        )

    def dropoff(self, index: int, stop: Stop) -> Task:
        """Make the dropoff at a stop of the order."""
        order, address, parts = self._order, stop.address, OrderParts(self._order, index)
        keep = self._begin(f"dropoffs[{index}]", parts("address"))
        phone = read_telephone(stop.phones, address.country_code or self._country, fallback=self._country)
        telephone = keep("telephone", _telephone(phone, stop, parts))
        written = write_address(address, self._country)
        street, *cut = fit_address(written.line, COLUMN_LENGTH)
        company, more_company = fit(stop.company, COLUMN_LENGTH)
        contact_name, more_contact = fit(stop.recipient_name, COLUMN_LENGTH)
        cut += [more_company, more_contact]
        description = keep("description", description_of(stop, written, cut, parts))
        told = (contact_line(company, contact_name, telephone), description) if address.iri else ()
        return Task(
            window=keep("window", self._window(self._chosen.windows.dropoff)),
            street_address=None if address.iri else keep("street_address", _street(street, written, parts)),
            address_iri=keep("address_iri", _saved_address(address.iri, parts)),
            coordinates=None if address.iri else keep("coordinates", self._coordinates(address, parts)),
            company=keep("company", Traced(company, (parts("company"),))),
            contact_name=keep("contact_name", Traced(contact_name, (parts("recipient_name"),))),
            telephone=telephone,
            description=description,
            comments=keep(
                "comments",
                comments_of(
                    order,
                    stop,
                    told=told,
                    remarks=self._chosen.remarks,
                    phone_words=phone.words,
                    parts=parts,
                ),
            ),
            weight_grams=keep("weight_grams", self._weight(stop, parts)),
            packages=keep("packages", packages_of(stop.items, self._connection.parcels, parts)),
            tags=keep("tags", tags_of(order.tags, self._connection.tags, OrderParts(order))),
        )

    # --- the values -----------------------------------------------------------------------------

    def _begin(self, name: str, kind: Origin) -> TaskTrace:
        """Return what keeps the origins of a task; those of its kind and its reference are there already."""
        keep = self._trace.task(name)
        keep("kind", Traced(None, (kind,)))
        reference = (setting("connection_id", "the name of its file"), OrderParts(self._order)("order_id"))
        keep("bridge_ref", Traced(None, reference))
        return keep

    def _window(self, window: TimeWindow) -> Traced[TimeWindow]:
        """Say who chose a window."""
        match self._chosen.chosen_by:
            case ChosenBy.CUSTOMER:
                origin = OrderParts(self._order)("wish", "the buyer's choice, as it was planned")
            case ChosenBy.EARLIER:
                origin = default("fixed earlier for this order, and kept")
            case ChosenBy.TIME_SLOT:
                origin = setting("schedule.window", "CoopCycle's next time slot")
            case ChosenBy.SCHEDULE if self._connection.schedule == Schedule():
                origin = default("the bridge's: always open")
            case ChosenBy.SCHEDULE:
                origin = setting("schedule", "the next window after the order")
        return Traced(window, (origin,))

    def _pickup_comments(
        self, place: Pickup, key: str, contact: str, cut: Sequence[str], phone_words: str
    ) -> Traced[str]:
        rests = [f"…{rest}" for rest in cut if rest]
        text = lines_of(
            [clean(self._order.name, LINE_LENGTH), contact, clean_lines(place.comments), *rests, phone_words]
        )
        origins = [OrderParts(self._order)("name")]
        if place.comments or contact or rests or phone_words:
            origins.append(setting(f"{key}.comments" if place.comments else key))
        return Traced(text, tuple(origins))

    def _coordinates(self, address: PostalAddress, parts: OrderParts) -> Traced[Coordinates | None]:
        """Return the coordinates if they may be sent: CoopCycle takes them without a look at the address."""
        if address.coordinates is None:
            return Traced(None)
        if self._connection.orders.coordinates == "ignore":
            return Traced(None, (), (Rule("orders.coordinates", f"ignored: {_LOOKED_FOR}"),))
        reason = doubt(address.coordinates, self._connection.pickup.coordinates)
        if reason:
            return Traced(None, (), (Rule("coordinates", f"not sent, {reason}: {_LOOKED_FOR}"),))
        return Traced(address.coordinates, (parts("address.coordinates"),))

    def _weight(self, stop: Stop, parts: OrderParts) -> Traced[int]:
        """Return the weight of a stop; where the sender gives one for everything, it is that of the first."""
        override = self._order.weight_override_grams
        if override and parts.stop > 0:
            return Traced(0)
        return weight_of(stop.items, override, self._connection.parcels, parts)


def _pickup_telephone(phone: Telephone, key: str) -> Traced[str | None]:
    origins = (setting(f"{key}.phone", "in E.164"),) if phone.number is not None else ()
    return Traced(phone.number, origins)


def _telephone(phone: Telephone, stop: Stop, parts: OrderParts) -> Traced[str | None]:
    if not stop.phones:
        return Traced(None)
    used = f"phones[{phone.used}]"
    read = "a number in E.164" if phone.number else "no valid number, shown as typed"
    rule = Rule("phone", f"{parts.path_of(used)}: {read}")
    origins = (parts(used, "in E.164"),) if phone.number is not None else ()
    return Traced(phone.number, origins, (rule,))


def _street(street: str, written: WrittenAddress, parts: OrderParts) -> Traced[str | None]:
    return Traced(street, tuple(parts(f"address.{field}") for field in written.fields))


def _saved_address(iri: str, parts: OrderParts) -> Traced[str]:
    return Traced(iri, (parts("address.iri"),) if iri else ())
