"""A connection: one shop joined to one CoopCycle store. The model and its checks; knows no AWS.

The same TOML text is the file under ``connections/`` and the parameter in SSM, and
:func:`parse_connection` is the only reader of it. Secrets are apart (:class:`Secrets`) and never
stand in that text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bridge import schedule as schedules
from bridge import sources
from bridge.errors import InvalidConnection
from bridge.schedule import Schedule
from bridge.toml_table import TomlTable


@dataclass(frozen=True, slots=True)
class Pickup:
    """Where the courier collects. ``address`` empty means the store's own address on CoopCycle."""

    address: str = ""
    comments: str = ""
    company: str = ""
    contact_name: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders become deliveries. Empty tuples let everything through.

    ``shipping_methods`` and ``postcodes`` are shell-style patterns ("750*"), compared without regard to case.
    ``on`` is "created" or "paid": with "paid" an unpaid order waits until a later webhook says paid.
    ``topics`` narrows the source's own list of topics that lead to work.
    """

    shipping_methods: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    on: str = "created"
    topics: tuple[str, ...] = ()


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
    schedule: Schedule = field(default_factory=Schedule)
    orders: OrderFilter = field(default_factory=OrderFilter)
    packages: Mapping[str, str] = field(default_factory=dict)  # SKU -> package name on CoopCycle
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


# --- reading the text -----------------------------------------------------------------------------

_CONNECTION_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_SECRET_KEY = re.compile(
    r"(.*_)?(secrets?|passwords?|passwd|tokens?|credentials?|(api|private|access)_?keys?|client_?id)(_.*)?"
)
_SECRET_VALUE = re.compile(r"(shpss|shpat|shpca|whsec|ck|cs)_[A-Za-z0-9+/=_-]{16,}")
_LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
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
        if path == "parcels.packages":  # its keys are the shop's own SKUs
            continue
        if _names_a_secret(key) or (isinstance(value, str) and _SECRET_VALUE.fullmatch(value)):
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
    connection = Connection(
        connection_id=connection_id,
        source=source,
        coopcycle_url=url,
        scope=scope,
        timezone=timezone,
        country=country,
        pickup=_read_pickup(top.table("pickup")),
        schedule=_read_schedule(top),
        orders=_read_orders(top.table("orders"), source),
        packages=_read_packages(top.table("parcels")),
        options=sources.Options(settings=_read_sender(top, source)),
    )
    if "fields" in top:
        top.table("fields")
        top.problem("fields", f"not supported by source {source or '(none)'}, remove the table")
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
    if url.scheme == "http" and host not in _LOCAL_HOSTS:
        coopcycle.problem("url", "must begin with https://, plain http is for 127.0.0.1 alone")
    return f"{url.scheme}://{url.netloc}"


def _read_pickup(table: TomlTable) -> Pickup:
    pickup = Pickup(
        address=table.text("address"),
        comments=table.text("comments"),
        company=table.text("company"),
        contact_name=table.text("contact_name"),
        phone=table.text("phone"),
    )
    _refuse_the_rest(table)
    return pickup


def _read_schedule(top: TomlTable) -> Schedule:
    table, default = top.table("schedule"), Schedule()
    schedule = Schedule(
        opening_hours=table.texts("opening_hours"),
        closed_on=table.dates("closed_on"),
        preparation_minutes=table.whole_number("preparation_minutes", default.preparation_minutes),
        pickup_minutes=table.whole_number("pickup_minutes", default.pickup_minutes),
        window_minutes=table.whole_number("window_minutes", default.window_minutes),
    )
    _refuse_the_rest(table)
    for problem in schedules.check(schedule):
        key, _, sentence = problem.partition(": ")
        top.problem(key, sentence)
    return schedule


def _read_orders(table: TomlTable, source: str) -> OrderFilter:
    orders = OrderFilter(
        shipping_methods=table.texts("shipping_methods"),
        postcodes=table.texts("postcodes"),
        on=table.text("on", "created"),
        topics=table.texts("topics"),
    )
    if orders.on not in ("created", "paid"):
        table.problem("on", f'"{orders.on}" is unknown, write "created" or "paid"')
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
    settings = {key: table.text(key) for key in known if key in table}
    _refuse_the_rest(table)
    return settings


def _read_packages(table: TomlTable) -> dict[str, str]:
    packages = table.names("packages")
    _refuse_the_rest(table)
    return packages
