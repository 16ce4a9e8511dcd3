"""A connection as values: one shop joined to one CoopCycle store, and its secrets.

:func:`bridge.connections.parse.parse_connection` makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge import sources
from bridge.model import Coordinates
from bridge.schedule.opening_hours import Schedule


@dataclass(frozen=True, slots=True)
class Pickup:
    """A place where the courier collects.

    ``address`` empty means the store's own address on CoopCycle, "/api/addresses/7" one that is saved there.
    """

    address: str = ""
    comments: str = ""
    company: str = ""
    contact_name: str = ""
    phone: str = ""
    coordinates: Coordinates | None = None


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders become deliveries. Empty tuples let everything through.

    ``shipping_methods`` and ``postcodes`` are shell-style patterns ("750*"), compared without regard to case.
    ``on`` is "created" or "paid": with "paid" an unpaid order waits until a later webhook says paid.
    ``topics`` narrows the source's own list of topics that lead to work.
    ``within_km`` is the distance from the pickup's coordinates, as the crow flies; ``None`` asks nothing.
    ``coordinates`` is "use" or "ignore": whether the sender's coordinates go to CoopCycle.
    ``if_infeasible`` is "park" or "ignore": what becomes of an order that CoopCycle's rules do not allow.
    """

    shipping_methods: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    on: str = "created"
    topics: tuple[str, ...] = ()
    within_km: float | None = None
    coordinates: str = "use"
    check_feasibility: bool = False
    if_infeasible: str = "park"


@dataclass(frozen=True, slots=True)
class Parcels:
    """What the courier carries, in CoopCycle's terms.

    The package of an item is looked up by its SKU, then by its product type, then by its tags, in the order
    of ``by_tag``; ``default_package`` is one for a stop none of whose items has a package.
    ``default_weight_grams`` is the weight of a stop for which the sender gives none; 0 leaves it open.
    """

    by_sku: Mapping[str, str] = field(default_factory=dict)
    by_type: Mapping[str, str] = field(default_factory=dict)
    by_tag: Mapping[str, str] = field(default_factory=dict)
    default_package: str = ""
    default_weight_grams: int = 0


@dataclass(frozen=True, slots=True)
class DispatchTags:
    """Tags for the dispatcher, by CoopCycle's slugs: ``always``, and by patterns of the order's own tags."""

    always: tuple[str, ...] = ()
    by_order_tag: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Connection:
    """The settings of one connection, checked. ``timezone`` and ``country`` ``None``: the instance's own."""

    connection_id: str
    source: str
    coopcycle_url: str  # without a final slash
    scope: str = "tasks deliveries"
    timezone: str | None = None  # IANA name
    country: str | None = None  # ISO 3166-1 alpha-2
    pickup: Pickup = field(default_factory=Pickup)
    locations: Mapping[str, Pickup] = field(default_factory=dict)  # the sender's key of a place -> the place
    unknown_location: str = "default"  # or "refuse": a key that is not among them
    schedule: Schedule = field(default_factory=Schedule)
    orders: OrderFilter = field(default_factory=OrderFilter)
    parcels: Parcels = field(default_factory=Parcels)
    tags: DispatchTags = field(default_factory=DispatchTags)
    options: sources.Options = field(default_factory=sources.Options)  # [fields] and [sender]

    @property
    def shop_domain(self) -> str:
        """The shop's domain at its sender, in lower case; empty where the connection does not say it."""
        return self.options.settings.get("shop_domain", "").strip().lower()


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets of one connection; none is ever shown.

    ``webhook`` holds the current secret and, while it is rotated, the previous one.
    """

    webhook: tuple[str, ...] = field(default=(), repr=False)
    client_id: str = field(default="", repr=False)
    client_secret: str = field(default="", repr=False)
    status: str = field(default="", repr=False)
    shop_token: str = field(default="", repr=False)
