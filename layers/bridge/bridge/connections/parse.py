"""A connection: one shop joined to one CoopCycle store. The model and its checks; knows no AWS.

The same TOML text is the file under ``connections/`` and the parameter in SSM, and
:func:`parse_connection` is the only reader of it. Secrets are apart (:class:`Secrets`) and never
stand in that text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bridge import sources
from bridge.connections.model import Connection, DispatchTags, OrderFilter, Parcels, Pickup
from bridge.connections.toml_table import TomlTable
from bridge.errors import InvalidConnection
from bridge.fields.fields import FIELDS, KEY_FIELDS, check_fields
from bridge.http_hosts import is_encrypted_or_local
from bridge.model import Coordinates, is_saved_address
from bridge.schedule import opening_hours
from bridge.schedule.opening_hours import Schedule

# --- reading the text -----------------------------------------------------------------------------

_CONNECTION_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SECRET_KEY = re.compile(
    r"(.*_)?(secrets?|passwords?|passwd|tokens?|credentials?|(api|private|access)_?keys?|client_?id)(_.*)?"
)
_SECRET_VALUE = re.compile(r"(shpss|shpat|shpca|whsec|ck|cs)_[A-Za-z0-9+/=_-]{16,}")
_TAG_SLUG = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")
# Tables whose keys are the shop's own words; of the last one the values are tables of ours again.
_FREE_TABLES = (
    "parcels.packages",
    "parcels.packages_by_type",
    "parcels.packages_by_tag",
    "delivery.tags_from",
)
_LOCATIONS = "pickup.locations"
_LARGEST_WEIGHT_GRAMS = 1_000_000  # a tonne
_MISTAKEN_COUNTRIES = {"UK": "GB", "EL": "GR"}


def is_connection_id(text: str) -> bool:
    """Tell whether ``text`` may name a connection: lower-case letters, digits and hyphens, at most 63."""
    return _CONNECTION_ID.fullmatch(text) is not None


def parse_connection(connection_id: str, text: str) -> Connection:
    """Read and check the TOML text of a connection.

    Raises:
        InvalidConnection: with every problem at once, each "key: what is wrong, what would be right".
    """
    problems: list[str] = []
    if not is_connection_id(connection_id):
        problems.append(
            "connection_id: the file's name must be lower-case letters, digits and hyphens, at most 63, "
            "such as acme-flowers.toml"
        )
    try:
        values = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidConnection([*problems, f"file: not TOML, {error}"]) from error
    problems += _secrets_in(values)
    connection = _read_connection(connection_id, TomlTable(values, "", problems))
    if problems:
        raise InvalidConnection(problems)
    return connection


def _secrets_in(values: Mapping[str, object], prefix: str = "") -> list[str]:
    """Find what must not stand in a file, by its key or by the senders' well-known beginnings of secrets."""
    problems: list[str] = []
    for key, value in values.items():
        path = f"{prefix}{key}"
        if path in _FREE_TABLES:
            continue
        free = prefix == f"{_LOCATIONS}."
        if (_names_a_secret(key) and not free) or (isinstance(value, str) and _SECRET_VALUE.fullmatch(value)):
            problems.append(
                f"{path}: looks like a secret, which never stands in the file; remove it and let "
                "`bridge connections apply` take it from the environment or a prompt"
            )
        elif isinstance(value, dict):
            problems += _secrets_in(value, f"{path}.")
    return problems


def _names_a_secret(key: str) -> bool:
    return _SECRET_KEY.fullmatch(key.lower().replace("-", "_")) is not None


def _refuse_the_rest(table: TomlTable) -> None:
    """Report unknown keys; what :func:`_secrets_in` has reported is not said twice."""
    table.refuse_the_rest(but=[key for key in table.keys() if _names_a_secret(key)])  # noqa: SIM118 - no dict


def _read_connection(connection_id: str, top: TomlTable) -> Connection:
    source = _read_source(top)
    timezone, country = _read_timezone(top), _read_country(top)
    coopcycle = top.table("coopcycle")
    url, scope = _read_url(coopcycle), coopcycle.text("scope", "tasks deliveries")
    _refuse_the_rest(coopcycle)
    pickup, locations, unknown_location = _read_pickups(top.table("pickup"))
    connection = Connection(
        connection_id=connection_id,
        source=source,
        coopcycle_url=url,
        scope=scope,
        timezone=timezone,
        country=country,
        pickup=pickup,
        locations=locations,
        unknown_location=unknown_location,
        schedule=_read_schedule(top),
        orders=_read_orders(top.table("orders"), source, [pickup, *locations.values()]),
        parcels=_read_parcels(top.table("parcels")),
        tags=_read_tags(top.table("delivery")),
        options=sources.Options(fields=_read_fields(top, source), settings=_read_sender(top, source)),
    )
    _refuse_the_rest(top)
    return connection


def _read_source(top: TomlTable) -> str:
    source = top.text("source")
    known = ", ".join(sources.NAMES)
    if "source" not in top:
        top.problem("source", 'missing, name the kind of shop, such as source = "shopify"')
    elif source and source not in sources.NAMES:
        near = get_close_matches(source.lower(), sources.NAMES, 1, 0.6)
        right = f"did you mean {near[0]}?" if near else f"known: {known}"
        top.problem("source", f'"{source}" is not a source we know, {right}')
    return source


def _read_timezone(top: TomlTable) -> str | None:
    name = top.text("timezone")
    if not name:
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder, such as "Europe"
        near = get_close_matches(name, sorted(available_timezones()), 1, 0.6)
        right = f"did you mean {near[0]}?" if near else 'write an IANA name such as "Europe/Paris"'
        top.problem("timezone", f'"{name}" is not a time zone, {right}')
    return name


def _read_country(top: TomlTable) -> str | None:
    country = top.text("country")
    if not country:
        return None
    if country in _MISTAKEN_COUNTRIES:
        top.problem("country", f'"{country}" is not an ISO code, write "{_MISTAKEN_COUNTRIES[country]}"')
    elif not re.fullmatch(r"[A-Z]{2}", country):
        top.problem("country", f'"{country}" is not a country, write two capital letters such as "FR"')
    return country


def _read_url(coopcycle: TomlTable) -> str:
    """Read the instance's address; the texts never quote it, for it may hold a password."""
    text = coopcycle.text("url")
    if not text:
        if "url" not in coopcycle:
            coopcycle.problem(
                "url", 'missing, the address of the instance, such as "https://acme.coopcycle.org"'
            )
        return ""
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:  # a port that is no number, half an IPv6 address
        host = None
    if not host or re.search(r"\s", text) or url.scheme not in ("http", "https"):
        coopcycle.problem("url", 'not an address, write it such as "https://acme.coopcycle.org"')
        return ""
    if url.username is not None or url.password is not None:
        coopcycle.problem("url", "must hold no user or password, `bridge connections apply` asks for them")
    if url.path not in ("", "/") or url.query or url.fragment:
        coopcycle.problem("url", "must be the instance alone, without path or query")
    if not is_encrypted_or_local(url):
        coopcycle.problem("url", "must begin with https://, plain http is for 127.0.0.1 alone")
    return f"{url.scheme}://{url.netloc}"


def _read_pickups(table: TomlTable) -> tuple[Pickup, dict[str, Pickup], str]:
    """Read where couriers collect: by default, and at each place that the sender has a key for."""
    pickup = _read_pickup(table)
    unknown = table.choice("unknown_location", ("default", "refuse"))
    tables, locations = table.table("locations"), {}
    for key in tables.keys():  # noqa: SIM118 - no dict
        place = tables.table(key)
        locations[key] = _read_pickup(place)
        if place.keys() and "address" not in place:
            place.problem("address", 'missing, where it is, such as "12 rue des Fleurs, 75011 Paris"')
        _refuse_the_rest(place)
    if unknown == "refuse" and not locations:
        table.problem("unknown_location", "refuses every place, name those there are under pickup.locations")
    _refuse_the_rest(table)
    return pickup, locations, unknown


def _read_pickup(table: TomlTable) -> Pickup:
    pickup = Pickup(
        address=table.text("address"),
        comments=table.text("comments"),
        company=table.text("company"),
        contact_name=table.text("contact_name"),
        phone=table.text("phone"),
        coordinates=_read_coordinates(table),
    )
    if pickup.address.startswith("/") and not is_saved_address(pickup.address):
        table.problem(
            "address", 'is not an address that CoopCycle has saved, write it such as "/api/addresses/7"'
        )
    return pickup


def _read_coordinates(table: TomlTable) -> Coordinates | None:
    latitude = table.number("latitude", example="48.8566")
    longitude = table.number("longitude", example="2.3522")
    for key, value, limit, other in (
        ("latitude", latitude, 90, "longitude"),
        ("longitude", longitude, 180, "latitude"),
    ):
        if value is not None and abs(value) > limit:
            table.problem(key, f"{value:g} should be between -{limit} and {limit}")
        if key in table and other not in table:
            table.problem(other, f"missing, {key} alone is no place")
    return Coordinates(latitude, longitude) if latitude is not None and longitude is not None else None


def _read_schedule(top: TomlTable) -> Schedule:
    table, default = top.table("schedule"), Schedule()
    schedule = Schedule(
        opening_hours=table.texts("opening_hours"),
        closed_on=table.dates("closed_on"),
        preparation_minutes=table.whole_number("preparation_minutes", default.preparation_minutes),
        pickup_minutes=table.whole_number("pickup_minutes", default.pickup_minutes),
        window_minutes=table.whole_number("window_minutes", default.window_minutes),
        window=table.text("window", default.window),
        languages=table.texts("languages"),
        date_order=table.text("date_order"),
        day_parts=table.names("day_parts"),
    )
    _refuse_the_rest(table)
    for problem in opening_hours.problems_of(schedule):
        key, _, sentence = problem.partition(": ")
        top.problem(key, sentence)
    return schedule


def _read_orders(table: TomlTable, source: str, pickups: Sequence[Pickup]) -> OrderFilter:
    orders = OrderFilter(
        shipping_methods=table.texts("shipping_methods"),
        postcodes=table.texts("postcodes"),
        on=table.choice("on", ("created", "paid")),
        topics=table.texts("topics"),
        within_km=table.number("within_km", example="8"),
        coordinates=table.choice("coordinates", ("use", "ignore")),
        check_feasibility=table.flag("check_feasibility"),
        if_infeasible=table.choice("if_infeasible", ("park", "ignore")),
    )
    if orders.within_km is not None and orders.within_km <= 0:
        table.problem("within_km", f"{orders.within_km:g} should be more than 0")
    elif orders.within_km is not None and not any(pickup.coordinates for pickup in pickups):
        table.problem("within_km", "from where? write latitude and longitude under [pickup]")
    if "if_infeasible" in table and not orders.check_feasibility:
        table.problem("if_infeasible", "nothing asks CoopCycle, write check_feasibility = true as well")
    if source in sources.NAMES:
        topics = sources.get(source).TOPICS
        known = ", ".join(sorted(topics))
        for topic in orders.topics:
            if topic not in topics:
                table.problem("topics", f'"{topic}" is no topic of {source} that we follow, known: {known}')
    _refuse_the_rest(table)
    return orders


def _read_sender(top: TomlTable, source: str) -> dict[str, str]:
    """Read the source's own settings; each is a text, and each key must be known to the source."""
    table = top.table("sender")
    known = sources.get(source).SETTINGS if source in sources.NAMES else {}
    settings = {key: text for key in known if (text := table.text(key))}
    for name in settings.get(KEY_FIELDS, "").replace(",", " ").split():
        if name not in FIELDS:
            near = get_close_matches(name, FIELDS, 1, 0.6)
            right = f"did you mean {near[0]}?" if near else "name fields of the table [fields]"
            table.problem(KEY_FIELDS, f'"{name}" is no field, {right}')
    if source in sources.NAMES:
        for key, problem in sources.get(source).problems_of(settings):
            table.problem(key, problem)
    _refuse_the_rest(table)
    return settings


def _read_fields(top: TomlTable, source: str) -> dict[str, str]:
    """Read the expressions into the sender's body; each must be a name of ours, and compile."""
    table = top.table("fields")
    expressions = {name: text for name in FIELDS if (text := table.text(name))}
    is_form = source in sources.NAMES and KEY_FIELDS in sources.get(source).SETTINGS
    for name, sentence in check_fields(expressions, identifies=is_form):
        table.problem(name, sentence)
    _refuse_the_rest(table)
    return expressions


def _read_parcels(table: TomlTable) -> Parcels:
    parcels = Parcels(
        by_sku=table.names("packages"),
        by_type=table.names("packages_by_type"),
        by_tag=table.names("packages_by_tag"),
        default_package=table.text("default_package"),
        default_weight_grams=table.whole_number("default_weight_grams", 0),
    )
    if not 0 <= parcels.default_weight_grams <= _LARGEST_WEIGHT_GRAMS:
        table.problem(
            "default_weight_grams",
            f"{parcels.default_weight_grams} should be between 0 and {_LARGEST_WEIGHT_GRAMS}",
        )
    _refuse_the_rest(table)
    return parcels


def _read_tags(table: TomlTable) -> DispatchTags:
    tags = DispatchTags(always=table.texts("tags"), by_order_tag=table.names("tags_from"))
    for key, slugs in (("tags", tags.always), ("tags_from", tuple(tags.by_order_tag.values()))):
        for slug in slugs:
            if not _TAG_SLUG.fullmatch(slug):
                table.problem(
                    key, f'"{slug}" is no slug of a tag on CoopCycle, write it such as "very-urgent"'
                )
    _refuse_the_rest(table)
    return tags
