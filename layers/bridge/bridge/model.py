"""The words of the domain as plain values: order, window, delivery, receipt.

Pure: no AWS, no HTTP, no clock. Units are in the names (grams), datetimes are aware, phone numbers
in a :class:`Task` are E.164. What CoopCycle calls these things on the wire is known to
:mod:`bridge.coopcycle` alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from bridge.reasons import Reason

# Characters of a street, company or contact: one more is answered 500 for ever (recorded: create_addresses).
COLUMN_LENGTH = 255

_SAVED_ADDRESS = re.compile(r"/api/addresses/[0-9]{1,18}", re.ASCII)


def is_saved_address(iri: str) -> bool:
    """Tell whether a text is the IRI of an address that is saved on CoopCycle: "/api/addresses/7"."""
    return _SAVED_ADDRESS.fullmatch(iri) is not None


def _require_aware(name: str, value: datetime) -> None:
    if value.tzinfo is None or value.utcoffset() is None:
        raise ValueError(f"{name} must be a datetime with a time zone")


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """From ``after`` to ``before``, both aware; ``after`` is earlier.

    Raises:
        ValueError: a naive datetime, or ``after`` not before ``before``.

    """

    after: datetime
    before: datetime

    @classmethod
    def parse(cls, after: str, before: str) -> TimeWindow:
        """Read both ends in ISO 8601 with offsets.

        Raises:
            ValueError: they are not, or no window lies between them.

        """
        return cls(datetime.fromisoformat(after), datetime.fromisoformat(before))

    def __post_init__(self) -> None:
        _require_aware("after", self.after)
        _require_aware("before", self.before)
        if self.after >= self.before:
            raise ValueError("a window must begin before it ends")


@dataclass(frozen=True, slots=True)
class Coordinates:
    """WGS 84, in degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """An address as a buyer typed it; every part may be empty.

    ``house_number`` is one that the sender keeps apart from the street ("118 A"); in ``line1`` it need not be
    missing. How the parts become what a geocoder and a courier read: :mod:`bridge.addresses.address`.
    """

    line1: str = ""
    line2: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""  # the country's name in the order's language: "France"
    country_code: str = ""  # ISO 3166-1 alpha-2, upper case
    house_number: str = ""
    district: str = ""  # of the town: a neighbourhood, "Santa Cecília"
    state: str = ""  # or province: its code or its name, as the sender has it
    coordinates: Coordinates | None = None
    iri: str = ""  # "/api/addresses/7": one that the store has saved on CoopCycle


@dataclass(frozen=True, slots=True)
class TimeWish:
    """The customer's choice of time: ``window`` where the sender has instants, else the texts as written.

    ``date`` is such as "2026-12-24" or "24 décembre 2026", ``time`` such as "14:00 - 16:00" or "2 pm - 4
    pm"; either may hold both. They are local to the connection's time zone; ``path`` is where they stood. A
    window without offsets is an interval of ISO 8601 in ``date``: "2026-12-24T14:00/2026-12-24T16:00".
    ``problem`` is a sentence that follows ``path`` and parks the order: something looks like a choice and
    must not be guessed.
    """

    window: TimeWindow | None = None
    date: str = ""
    time: str = ""
    path: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A name and a value that the sender's body has beside the fields we know: perhaps a choice of time.

    ``value`` is as sent: a text, a number, a list or an object. ``place`` is "order", "line" (of goods),
    "method" (the title of a way of shipping), "tag" or "question" (one that a form itself calls a date);
    ``holder`` tells two lines apart.
    """

    name: str
    value: object
    path: str
    place: str = "order"
    holder: int = 0


@dataclass(frozen=True, slots=True)
class Writings:
    """All of an order in which the buyer's choice of time may stand, and what the connection says of it.

    ``date_name`` and ``time_name`` are the names that the connection gives, ``date_setting`` and
    ``time_setting`` the keys where it does. ``clocks_in_utc``: Unix seconds are the shop's wall clock read in
    UTC, as WordPress keeps them.
    """

    entries: tuple[Written, ...] = ()
    date_name: str = ""
    time_name: str = ""
    date_setting: str = ""
    time_setting: str = ""
    clocks_in_utc: bool = False


@dataclass(frozen=True, slots=True)
class OrderItem:
    """One line of an order that a courier carries."""

    title: str
    quantity: int
    sku: str = ""
    variant: str = ""
    weight_grams: int = 0  # of one piece
    product_type: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an order cannot be delivered as it was read, though every part of it could be.

    ``field`` is in the sender's terms, ``sentence`` says what is wrong and what would be right. An order that
    the connection's filters leave out is never stopped by one.
    """

    field: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Stop:
    """One more place that an order's delivery goes to, besides :attr:`Order.address`."""

    address: PostalAddress
    recipient_name: str = ""
    company: str = ""
    phones: tuple[str, ...] = ()
    note: str = ""
    items: tuple[OrderItem, ...] = ()
    path: str = ""  # where it stood in the sender's body, for messages
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """A buyer's purchase in our neutral form, whatever the source.

    ``order_id`` is the sender's lasting key, ``name`` what people call it ("#1042"), ``updated_at`` the
    sender's own time of this state of the order (aware). ``phones`` are candidates as typed, best first. An
    order of which no delivery is wanted any more is no ``Order`` but :class:`Ignored`.
    """

    order_id: str
    name: str
    updated_at: datetime
    created_at: datetime
    address: PostalAddress
    recipient_name: str = ""
    company: str = ""
    phones: tuple[str, ...] = ()
    note: str = ""
    items: tuple[OrderItem, ...] = ()
    shipping_methods: tuple[str, ...] = ()
    paid: bool = False
    tags: tuple[str, ...] = ()
    wish: TimeWish | None = None
    writings: Writings = field(default=Writings(), compare=False, repr=False)  # where a wish may stand else
    pickup_locations: tuple[str, ...] = ()  # the sender's keys of the places the goods leave from
    dropoffs: tuple[Stop, ...] = ()  # further ones, in the order of the sender
    weight_override_grams: int | None = None  # where the sender gives one weight for everything
    problems: tuple[Problem, ...] = ()
    # Where the sender has a field of ours, for messages: {"address.postcode": "shipping_address.zip"}.
    paths: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        _require_aware("updated_at", self.updated_at)
        _require_aware("created_at", self.created_at)

    @property
    def stops(self) -> tuple[Stop, ...]:
        """Every place it goes to: its own address first, then the further ones."""
        own = Stop(
            address=self.address,
            recipient_name=self.recipient_name,
            company=self.company,
            phones=self.phones,
            note=self.note,
            items=self.items,
        )
        return (own, *self.dropoffs)

    def path_of(self, field: str, *, stop: int = 0) -> str:
        """Return where the sender has a field of a stop, in the sender's terms where the source gave them."""
        if stop:
            own = self.dropoffs[stop - 1].path
            ours = f"dropoffs[{stop - 1}].{field}"
            return self.paths.get(ours, f"{own}.{field}" if own else ours)
        if field == "wish" and self.wish is not None and self.wish.path:
            return self.wish.path
        whole = field.partition("[")[0]  # "phones" of "phones[1]"
        return self.paths.get(field) or self.paths.get(whole) or field


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing is to be done for this webhook.

    ``retracts`` is true when the order must not (or no longer) have a delivery: cancelled, or nothing
    left to ship. An existing delivery is then cancelled. It is false when the webhook says nothing of
    that kind (a topic we do not follow, an order still unpaid).
    """

    reason: Reason
    retracts: bool = False
    order_id: str | None = None
    order_name: str = ""
    updated_at: datetime | None = None

    @classmethod
    def because(
        cls, reason: Reason, *, order_id: str | None, order_name: str, updated_at: datetime | None
    ) -> Self:
        """Pass an order over, which retracts its delivery where the reason says so."""
        return cls(reason, reason.retracts, order_id, order_name, updated_at)


@dataclass(frozen=True, slots=True)
class Package:
    """A package of the store's own set on CoopCycle, by its name there."""

    name: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Task:
    """One stop of a delivery.

    ``street_address`` is one line fit for geocoding ("48 Rue de Rivoli, 75004 Paris, France"); ``None`` in a
    pickup means the store's own address on CoopCycle. It, ``company`` and ``contact_name`` have at most
    :data:`COLUMN_LENGTH` characters. ``telephone`` is a valid number in E.164, or ``None``.
    """

    window: TimeWindow
    street_address: str | None = None
    address_iri: str = ""  # "/api/addresses/7": saved on CoopCycle, with its own company, contact and phone
    coordinates: Coordinates | None = None
    company: str = ""
    contact_name: str = ""
    telephone: str | None = None
    description: str = ""  # of the address: floor, door code
    comments: str = ""  # for the courier
    weight_grams: int = 0
    packages: tuple[Package, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """What we ask CoopCycle for: a pickup, a dropoff, perhaps stops between them, and our reference.

    As on CoopCycle, ``pickup`` is the first of all tasks and ``dropoff`` the last.
    """

    bridge_ref: str  # "<connection_id>/<order_id>"
    pickup: Task
    dropoff: Task
    further_pickups: tuple[Task, ...] = ()
    earlier_dropoffs: tuple[Task, ...] = ()

    @property
    def pickups(self) -> tuple[Task, ...]:
        """All pickups, in their order."""
        return (self.pickup, *self.further_pickups)

    @property
    def dropoffs(self) -> tuple[Task, ...]:
        """All dropoffs, in their order."""
        return (*self.earlier_dropoffs, self.dropoff)


@dataclass(frozen=True, slots=True)
class PlacedTask:
    """A task as CoopCycle holds it."""

    iri: str  # "/api/tasks/7"
    kind: str  # PICKUP or DROPOFF
    status: str  # as in Receipt.statuses
    window: TimeWindow | None = None  # None where CoopCycle holds one without length
    comments: str = ""
    street_address: str = ""
    address_iri: str = ""  # "/api/addresses/7"

    @property
    def number(self) -> int:
        """Its id in a body; 0 when it has none."""
        tail = self.iri.rsplit("/", 1)[-1]
        return int(tail) if tail.isascii() and tail.isdecimal() else 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """CoopCycle's answer: where the delivery is, and how to follow it."""

    delivery_iri: str  # "/api/deliveries/42"
    tracking_url: str = ""
    bridge_ref: str = ""  # as CoopCycle holds it, empty when it holds none
    statuses: tuple[str, ...] = ()  # of the tasks: TODO, DOING, DONE, FAILED, CANCELLED
    assigned: bool = False
    created_at: datetime | None = field(default=None, compare=False)
    tasks: tuple[PlacedTask, ...] = field(default=(), compare=False)  # in CoopCycle's order

    @property
    def is_live(self) -> bool:
        """Whether it was not cancelled: a stop less than was sent may be, all pickups or dropoffs may not."""
        if not self.tasks:
            return "CANCELLED" not in self.statuses
        return all(
            any(task.kind == kind and task.status != "CANCELLED" for task in self.tasks)
            for kind in {task.kind for task in self.tasks}
        )


@dataclass(frozen=True, slots=True)
class Listing:
    """The first page of a store's deliveries, at most thirty; ``total`` is how many there are in all.

    As ``hydra:totalItems`` says (recorded: listing). The next page cannot be had: ``page`` is answered 500.
    """

    members: tuple[Receipt, ...]
    total: int

    @property
    def is_whole(self) -> bool:
        """Whether the page holds everything that was asked for."""
        return len(self.members) >= self.total
