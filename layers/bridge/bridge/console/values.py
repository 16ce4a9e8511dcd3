"""What the page shows, as values: rows of orders, the story of one, groups of parked ones, connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from bridge.model import TimeWindow

_NEED_A_PERSON = ("credentials_rejected", "coopcycle_blocked")  # though the bridge tries on by itself


class Standing(StrEnum):
    """Where an order stands, in a dispatcher's eyes; each has a word, a symbol and a colour."""

    PARKED = "parked"
    WAITING = "waiting"
    CREATED = "created"
    ON_THE_WAY = "way"
    DELIVERED = "delivered"
    FAILED = "failed"  # the courier could not deliver it
    TOO_LATE = "toolate"  # cancelled by the shop when a courier had it
    CANCELLED = "cancelled"
    DISCARDED = "discarded"  # by a dispatcher, or closed as done by hand
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why an order waits, and until when as far as is known."""

    code: str
    status: int | None  # that CoopCycle answered
    next_try_at: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an order goes; personal."""

    name: str = ""
    street: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One order in a list."""

    connection_id: str
    order_id: str
    name: str  # "#1042"
    standing: Standing
    reason: str  # a code; empty where there is none
    by: str  # who discarded it
    came_at: datetime
    changed_at: datetime
    zone: ZoneInfo
    window: TimeWindow | None = None
    delivery_iri: str = ""
    tracking_url: str = ""
    waiting: Waiting | None = None
    place: Place = field(default=Place(), repr=False)

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody has to do something, so that it goes on or ends well."""
        if self.waiting is not None:
            return self.waiting.code in _NEED_A_PERSON
        return self.standing in (Standing.PARKED, Standing.TOO_LATE, Standing.FAILED)

    @property
    def key(self) -> str:
        """The order's address in the page: connection and id."""
        return f"{self.connection_id}/{self.order_id}"


@dataclass(frozen=True, slots=True)
class Listing:
    """The newest orders, and how many there are in each standing.

    ``is_whole`` is false where there were more than could be counted at once.
    """

    rows: tuple[Row, ...]
    counts: Mapping[Standing, int]
    matching: int  # rows that match, shown or not
    need_a_person: int
    is_whole: bool = True

    @property
    def total(self) -> int:
        """How many orders there are, whatever the filter."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened to an order."""

    at: datetime
    outcome: str
    topic: str
    reason: str


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a delivery: where it came from, and what CoopCycle was sent; personal."""

    name: str  # "dropoff.address.telephone"
    origins: tuple[tuple[str, str, str], ...]  # kind (order, setting, default), where, value there
    sent: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something of an order is parked; ``sentence`` is the bridge's own, in English."""

    message_id: str
    reason: str
    sentence: str
    property_paths: tuple[str, ...]
    parked_at: datetime


@dataclass(frozen=True, slots=True)
class Story:
    """All that is known of one order."""

    row: Row
    happened: tuple[Happened, ...]
    troubles: tuple[Trouble, ...]
    fields: tuple[Field, ...] = field(repr=False)
    why_no_fields: str = ""  # a code
    exists: bool = False  # CoopCycle holds a delivery, as far as we know
    can_replay: bool = False
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ParkedOrder:
    """One parked message of an order."""

    row: Row
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class Group:
    """What is parked for one reason."""

    reason: str
    orders: tuple[ParkedOrder, ...]


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """How a connection is."""

    connection_id: str
    source: str  # "Shopify"
    coopcycle_url: str
    problems: tuple[str, ...]  # of its settings and secrets, in English
    is_rotating: bool
    last_order: Row | None
    last_delivery: Row | None
    waiting: int
    parked: int
    webhook_url: str


@dataclass(frozen=True, slots=True)
class Task:
    """One task of a delivery, as CoopCycle shows it."""

    kind: str  # PICKUP, DROPOFF
    status: str  # DOING, DONE and so on, as CoopCycle spells it


@dataclass(frozen=True, slots=True)
class Live:
    """What CoopCycle answered about a delivery."""

    tasks: tuple[Task, ...]
    asked_at: datetime

    @property
    def standing(self) -> Standing:
        """Where the delivery stands on CoopCycle."""
        statuses = [task.status for task in self.tasks]
        dropoffs = [task.status for task in self.tasks if task.kind == "DROPOFF"]
        if statuses and all(status == "CANCELLED" for status in statuses):
            return Standing.CANCELLED
        if "FAILED" in statuses:
            return Standing.FAILED
        if dropoffs and all(status == "DONE" for status in dropoffs):
            return Standing.DELIVERED
        return Standing.ON_THE_WAY if {"DOING", "DONE"} & set(statuses) else Standing.CREATED


@dataclass(frozen=True, slots=True)
class Health:
    """How an instance answers, through a connection's credentials."""

    url: str
    answers: bool
    seconds: float  # how long the answer took
    credentials: bool | None  # accepted, refused, or not known
    asked_at: datetime
    down_since: datetime | None = None

    @property
    def host(self) -> str:
        """The instance as people call it."""
        return self.url.partition("//")[2]
