"""What the sandbox starts from, and what a reset brings back.

A seed is one JSON object. `seed.json` beside this module is the default: the stores of CoopCycle's own
test fixtures. Its members:

`instance`
    `country` (two letters, also the region of phone numbers), `locale`, `timezone`, `currency_code`,
    `latlng` (centre of the city, "lat,lng"), `brand_name`, `phone_number`, `administrator_email`,
    `tax_rate` (0.2 is 20 %), `pages_by_query` (false: any query value that is no array breaks the list of
    a store's deliveries with a 500, as CoopCycle's order filter does; true: `page` and `itemsPerPage`
    work), `webhook_pauses_seconds` (the waits before each further try of an outgoing webhook; those of
    `seed.json` are recorded: outgoing_webhooks, "the first of two always answers 500").
`places`
    Known addresses: `match` (a part of the street, any case) and `latLng`. Other streets get coordinates
    near the centre, always the same for the same text.
`couriers`
    User names; the first one is taken by default when a courier is assigned.
`people`
    Who may use the routes about tasks that are not for OAuth clients: `bearer` (a plain word instead of a
    token), `username`, `role` ("dispatcher" or "courier").
`tags`
    `slug`, `name`, `color`. A tag that is not listed is ignored on a task.
`addresses`
    `id`, `streetAddress`, `latLng`, and optionally `postalCode`, `addressLocality`, `name`, `telephone`.
`time_slots`
    `id`, `name`, `interval` ("2 days"), `working_days_only`, `opening_hours` ("Mo-Sa 10:00-11:00"),
    optionally `prior_notice` ("2 hours").
`package_sets`
    By name, lists of `name`, `volume`, `short_code`.
`pricing`
    By name, lists of rules `expression`, `price` (cents, tax included) and optionally `name`; the first
    match counts. The expressions known are those of `instance/pricing.py`.
`stores`
    `id`, `name`, `address`, and optionally `addresses`, `pricing`, `time_slot`, `time_slots`,
    `package_set`, `default_courier`, `tags`, `check_expression`, `document`, `cash_on_delivery`,
    `weight_required`, `packages_required`.
`clients`
    OAuth clients: `id`, `secret`, `name`, `store`, `scopes`, and optionally `active`.
`webhooks`
    Subscriptions that exist from the start: `client`, `event`, `url`, `secret`.

An unknown member is an error, and so is a name that stands for nothing: a misspelt seed must not pass for a
working one.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROLES = ("dispatcher", "courier")
DEFAULT_SEED = Path(__file__).with_name("seed.json")


@dataclass(frozen=True, kw_only=True)
class Instance:
    """The settings of the CoopCycle instance."""

    country: str
    locale: str
    timezone: str
    currency_code: str
    latlng: str
    brand_name: str
    phone_number: str
    administrator_email: str
    tax_rate: float
    pages_by_query: bool = False
    webhook_pauses_seconds: tuple[float, ...] = (1.5, 2.2, 4.2, 0.2, 1.2, 2.2, 4.2)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of every wall clock of the instance."""
        return ZoneInfo(self.timezone)

    @property
    def centre(self) -> tuple[float, float]:
        """Latitude and longitude of the city's centre."""
        latitude, longitude = self.latlng.split(",")
        return float(latitude), float(longitude)


@dataclass(frozen=True, kw_only=True)
class Tag:
    """A label that dispatchers put on tasks."""

    slug: str
    name: str
    color: str


@dataclass(frozen=True, kw_only=True)
class Package:
    """A kind of parcel a store may announce."""

    name: str
    volume: float
    short_code: str


@dataclass(frozen=True, kw_only=True)
class PricingRule:
    """A price, and the condition under which it applies."""

    expression: str
    price: int
    name: str | None = None


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody of the co-operative: a dispatcher, or a courier."""

    bearer: str
    username: str
    role: str

    def __post_init__(self) -> None:
        """Refuse a role that there is not."""
        if self.role not in ROLES:
            raise TypeError(f"a person's role is one of {', '.join(ROLES)}, not {self.role!r}")


@dataclass(frozen=True, kw_only=True)
class TimeSlot:
    """Opening hours cut into windows a buyer can choose from."""

    id: int
    name: str
    interval: str
    opening_hours: tuple[str, ...]
    working_days_only: bool = True
    prior_notice: str | None = None


@dataclass(frozen=True, kw_only=True)
class Store:
    """A merchant of the co-operative."""

    id: int
    name: str
    address: int
    addresses: tuple[int, ...] = ()
    pricing: str | None = None
    time_slot: int | None = None
    time_slots: tuple[int, ...] = ()
    package_set: str | None = None
    default_courier: str | None = None
    tags: tuple[str, ...] = ()
    check_expression: str | None = None
    document: str | None = None
    cash_on_delivery: bool = False
    weight_required: bool = False
    packages_required: bool = False

    @property
    def iri(self) -> str:
        """The store's address in the API."""
        return f"/api/stores/{self.id}"


@dataclass(frozen=True, kw_only=True)
class Client:
    """An API app: the OAuth client of one store."""

    id: str
    secret: str
    name: str
    store: int
    scopes: tuple[str, ...] = ("deliveries",)
    active: bool = True


@dataclass(frozen=True)
class Seed:
    """All of it, read and checked."""

    instance: Instance
    places: tuple[tuple[str, float, float], ...]
    couriers: tuple[str, ...]
    people: dict[str, Person]
    tags: dict[str, Tag]
    addresses: tuple[dict[str, Any], ...]
    time_slots: dict[int, TimeSlot]
    package_sets: dict[str, dict[str, Package]]
    pricing: dict[str, tuple[PricingRule, ...]]
    stores: dict[int, Store]
    clients: dict[str, Client]
    webhooks: tuple[dict[str, Any], ...]

    def packages_of(self, store: Store) -> dict[str, Package]:
        """Return the kinds of parcel of a store, by name."""
        return self.package_sets.get(store.package_set or "", {})

    def app_number(self, client: Client) -> int:
        """Return the number CoopCycle would have given this API app."""
        return list(self.clients).index(client.id) + 1

    def rule_set_number(self, store: Store) -> int | None:
        """Return the number CoopCycle would have given the store's price list."""
        return list(self.pricing).index(store.pricing) + 1 if store.pricing in self.pricing else None

    def rule_number(self, store: Store, rule: PricingRule) -> int:
        """Return the number CoopCycle would have given a rule of the store's price list."""
        before = list(self.pricing)[: (self.rule_set_number(store) or 1) - 1]
        own = self.pricing[store.pricing or ""]
        return sum(len(self.pricing[name]) for name in before) + own.index(rule) + 1


SeedSource = str | Path | Mapping[str, Any] | None


def load_seed(source: SeedSource = None) -> Seed:
    """Read a seed from a file, from an object already parsed, or take the default.

    Raises:
        ValueError: a member is unknown, missing or of the wrong kind, or names what is not there.

    """
    raw = dict(source) if isinstance(source, Mapping) else _read_file(source)
    unknown = raw.keys() - Seed.__dataclass_fields__.keys()
    if unknown:
        raise ValueError(f"the seed has unknown members: {', '.join(sorted(unknown))}")
    try:
        seed = _parse(raw)
    except (KeyError, TypeError) as wrong:
        raise ValueError(f"the seed is not readable: {wrong}") from wrong
    missing = list(_missing(seed))
    if missing:
        raise ValueError(f"the seed names what it does not have: {'; '.join(missing)}")
    return seed


def with_apps(apps: Mapping[str, str]) -> dict[str, Any]:
    """Return the default seed with an API app, and a store like Acme, for each further client id.

    So that a connection of one's own delivers at the first try: on a real instance somebody makes its app.
    """
    raw = _read_file(None)
    acme = next(each for each in raw["stores"] if each["name"] == "Acme")
    scopes = next(each["scopes"] for each in raw["clients"] if each["store"] == acme["id"])
    known = {each["id"] for each in raw["clients"]}
    number = max(each["id"] for each in raw["stores"])
    for client_id in sorted(apps.keys() - known):
        number += 1
        raw["stores"].append({**acme, "id": number, "name": client_id})
        app = {
            "id": client_id,
            "secret": apps[client_id],
            "name": client_id,
            "store": number,
            "scopes": scopes,
        }
        raw["clients"].append(app)
    return raw


def _missing(seed: Seed) -> Iterator[str]:
    """Yield each name that stands for nothing."""
    addresses = {each["id"] for each in seed.addresses}
    for store in seed.stores.values():
        named: list[tuple[str, object, Container[object]]] = [
            ("address", store.address, addresses),
            ("pricing", store.pricing, seed.pricing),
            ("time_slot", store.time_slot, seed.time_slots),
            ("package_set", store.package_set, seed.package_sets),
            *(("addresses", each, addresses) for each in store.addresses),
            *(("time_slots", each, seed.time_slots) for each in store.time_slots),
            *(("tags", each, seed.tags) for each in store.tags),
        ]
        for member, name, known in named:
            if name is not None and name not in known:
                yield f"{member} {name!r} of store {store.name}"
    for client in seed.clients.values():
        if client.store not in seed.stores:
            yield f"store {client.store} of client {client.id}"
    for webhook in seed.webhooks:
        if webhook["client"] not in seed.clients:
            yield f"client {webhook['client']!r} of a webhook"


def _read_file(source: str | Path | None) -> dict[str, Any]:
    parsed = json.loads(Path(source or DEFAULT_SEED).read_text(encoding="utf-8"))
    if not isinstance(parsed, dict):
        raise ValueError("the seed must be a JSON object")
    return parsed


def _parse(raw: dict[str, Any]) -> Seed:
    package_sets = {
        name: {each["name"]: Package(**each) for each in packages}
        for name, packages in raw.get("package_sets", {}).items()
    }
    pricing = {
        name: tuple(PricingRule(**rule) for rule in rules) for name, rules in raw.get("pricing", {}).items()
    }
    return Seed(
        instance=Instance(**_frozen(raw["instance"])),
        places=tuple((each["match"].lower(), *each["latLng"]) for each in raw.get("places", [])),
        couriers=tuple(raw.get("couriers", [])),
        people={each["bearer"]: Person(**each) for each in raw.get("people", [])},
        tags={each["slug"]: Tag(**each) for each in raw.get("tags", [])},
        addresses=tuple(raw.get("addresses", [])),
        time_slots={each["id"]: TimeSlot(**_frozen(each)) for each in raw.get("time_slots", [])},
        package_sets=package_sets,
        pricing=pricing,
        stores={each["id"]: Store(**_frozen(each)) for each in raw["stores"]},
        clients={each["id"]: Client(**_frozen(each)) for each in raw["clients"]},
        webhooks=tuple(raw.get("webhooks", [])),
    )


def _frozen(members: dict[str, Any]) -> dict[str, Any]:
    """Turn lists into tuples, so that a seed cannot be changed by the requests it serves."""
    return {name: tuple(each) if isinstance(each, list) else each for name, each in members.items()}
