"""What CoopCycle answers, as plain values. Pure: no HTTP, no clock.

Source of every name: the recordings, and ``features/*.feature`` of coopcycle/coopcycle-web.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bridge.coopcycle.payload import REFERENCE_KEY
from bridge.errors import CoopCycleRejected, Violation
from bridge.model import Listing, PlacedTask, Receipt, TimeWindow
from bridge.text import clean, printable

_IRI = re.compile(r"/api/[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")
_UNDER_WAY = frozenset({"DOING", "DONE", "FAILED"})  # only a task that a courier has gets there
_TEXT_LIMIT = 500  # characters of a foreign text that are kept
_VIOLATIONS_LIMIT = 50


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose credentials these are; ``store`` is the IRI of the store, ``None`` for an app of none."""

    store: str | None
    name: str = ""


@dataclass(frozen=True, slots=True)
class InstanceSettings:
    """What an instance says of itself: ISO 3166-1 alpha-2 country in upper case, IANA time zone."""

    country: str
    timezone: str


def is_iri(value: object) -> bool:
    """Tell whether a value is a plain path below ``/api/``, fit to be joined to an instance's address."""
    return isinstance(value, str) and _IRI.fullmatch(value) is not None


def parse_receipt(body: object) -> Receipt:
    """Return the receipt that a delivery in JSON-LD amounts to.

    ``assigned`` is what the answer shows: a task under way, or one that names its courier. CoopCycle
    serialises ``isAssigned`` in its ``task`` group only, so a delivery's own answer may stay silent
    about a courier who has not set out yet; the refusal of ``DELETE`` is what counts then.

    Raises:
        ValueError: this is not a delivery.

    """
    delivery = parse_object(body)
    iri = delivery.get("@id")
    tasks = list(_tasks(delivery))
    if not is_iri(iri) or not str(iri).startswith("/api/deliveries/") or not tasks:
        raise ValueError("not a delivery: no @id of a delivery, or no tasks")
    statuses = tuple(_line(task.get("status")) for task in tasks)
    created = [moment for moment in map(_created_at, [delivery, *tasks]) if moment is not None]
    return Receipt(
        delivery_iri=str(iri),
        tracking_url=_link(delivery.get("trackingUrl")),
        bridge_ref=next((ref for ref in map(_reference, tasks) if ref), ""),
        statuses=tuple(status for status in statuses if status),
        assigned=any(_is_assigned(task) for task in tasks),
        created_at=min(created, default=None),
        tasks=tuple(_placed(task) for task in tasks),
    )


def _placed(task: Mapping[str, object]) -> PlacedTask:
    address = task.get("address")
    place = address if isinstance(address, Mapping) else {}
    comments = task.get("comments")
    try:
        window = TimeWindow.parse(_text(task.get("after")), _text(task.get("before")))
    except ValueError:
        window = None
    return PlacedTask(
        _text(task.get("@id")),
        _text(task.get("type")),
        _text(task.get("status")),
        window,
        comments if isinstance(comments, str) else "",
        _text(place.get("streetAddress")),
        _text(place.get("@id")),
    )


def parse_listing(body: object) -> Listing:
    """Return a page of deliveries.

    Raises:
        ValueError: not a collection, or a member that is not a delivery.

    """
    collection = parse_object(body)
    members = collection.get("hydra:member", collection.get("member"))
    total = collection.get("hydra:totalItems", collection.get("totalItems"))
    if not (isinstance(members, list) and isinstance(total, int) and not isinstance(total, bool)):
        raise ValueError("not a collection: no hydra:member or totalItems")
    return Listing(tuple(parse_receipt(member) for member in members), total)


def parse_choices(body: object) -> list[TimeWindow]:
    """Return the windows that a time slot offers, the earliest first.

    Each is one text "2020-04-02T10:00:00Z/2020-04-02T12:00:00Z": ``features/time_slots.feature``.

    Raises:
        ValueError: not the choices of a time slot.

    """
    choices = parse_object(body).get("choices")
    if not isinstance(choices, list):
        raise ValueError("not the choices of a time slot")
    windows = []
    for choice in choices:
        after, slash, before = _text(parse_object(choice).get("value")).partition("/")
        if not slash:
            raise ValueError("not a choice of a time slot")
        windows.append(TimeWindow(datetime.fromisoformat(after), datetime.fromisoformat(before)))
    return sorted(windows, key=lambda window: (window.after, window.before))


def parse_identity(body: object) -> Identity:
    """Return whose credentials these are.

    Raises:
        ValueError: the answer does not say it.

    """
    if not isinstance(body, dict):
        raise ValueError("not an identity")
    store = body.get("store")
    iri = store.get("@id") if isinstance(store, dict) else store
    if iri is not None and not is_iri(iri):
        raise ValueError("not the IRI of a store")
    name = body.get("name")
    return Identity(store=iri, name=name if isinstance(name, str) else "")


def parse_settings(body: object) -> InstanceSettings:
    """Return what an instance says of itself.

    Raises:
        ValueError: no country, or no time zone that there is.

    """
    if not isinstance(body, dict):
        raise ValueError("not settings")
    texts = {key: value for key, value in body.items() if isinstance(value, str)}
    country = texts.get("country", "").upper()
    if len(country) != 2 or not (country.isascii() and country.isalpha()):
        raise ValueError("no country")
    timezone = texts.get("timezone", "")
    zone_of(timezone)
    return InstanceSettings(country, timezone)


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone of an IANA name.

    Raises:
        ValueError: there is none of that name.

    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError) as error:  # a KeyError; a folder of the database
        raise ValueError("no such time zone") from error


def is_own_error(status: int, body: bytes) -> bool:
    """Tell whether CoopCycle itself answered this: a firewall's or proxy's page is no word of its.

    Its errors are a ``hydra:Error`` or ``ConstraintViolationList`` in JSON-LD, and ``{"code", "message"}``
    where the bearer is refused (recorded: create_refusals, token, refused_access); in plain JSON a problem
    document of RFC 7807.
    """
    try:
        error = parse_object(json.loads(body))
    except (ValueError, RecursionError):
        return False
    return (
        any(word in _text(error.get("@type")) for word in ("Error", "ConstraintViolation"))
        or isinstance(error.get("violations"), list)
        or (error.get("code") == status and "message" in error)
        or {"title", "detail"} <= error.keys()
    )


def parse_error(status: int, body: bytes) -> CoopCycleRejected:
    """Return the refusal that an error body amounts to; a body of any other kind gives the status alone.

    Reads ``hydra:Error``, ``ConstraintViolationList`` and RFC 7807 problem documents.
    """
    try:
        error = parse_object(json.loads(body))
    except (ValueError, RecursionError):
        return CoopCycleRejected(status)
    violations = error.get("violations")
    found = [
        Violation(_line(entry.get("propertyPath")), _line(entry.get("message")))
        for entry in (violations if isinstance(violations, list) else [])[:_VIOLATIONS_LIMIT]
        if isinstance(entry, dict)
    ]
    description = next(
        (
            text
            for key in ("hydra:description", "description", "detail", "message")
            if (text := _line(error.get(key)))
        ),
        "",
    )
    return CoopCycleRejected(status, found, description)


def parse_object(value: object) -> dict[str, object]:
    """Return a JSON object as it is.

    Raises:
        ValueError: it is something else.

    """
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _text(value: object) -> str:
    return printable(value[:_TEXT_LIMIT]) if isinstance(value, str) else ""


def _line(value: object) -> str:
    return clean(value, _TEXT_LIMIT) if isinstance(value, str) else ""


def _link(value: object) -> str:
    """Return the address of a page, fit for a link that people are given; "" when it is anything else."""
    text = _text(value)
    try:
        parts = urlsplit(text)
        is_page = parts.scheme in ("https", "http") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return ""
    return text if is_page and not re.search(r"[\s\ufffd]", text) else ""


def _tasks(delivery: dict[str, object]) -> Iterator[dict[str, object]]:
    """Yield each task once, in the order of ``tasks``; ``pickup`` and ``dropoff`` say more of theirs."""
    listed = delivery.get("tasks")
    named = [
        {"type": kind, **task}
        for kind, task in (("PICKUP", delivery.get("pickup")), ("DROPOFF", delivery.get("dropoff")))
        if isinstance(task, dict)
    ]
    by_iri = {iri: task for task in named if (iri := _text(task.get("@id")))}
    seen: set[str] = set()
    for task in [*(listed if isinstance(listed, list) else []), *named]:
        if not isinstance(task, dict):
            continue
        iri = _text(task.get("@id"))
        if iri and iri in seen:
            continue
        seen.add(iri)
        yield {"type": "", **by_iri.get(iri, task)}


def _is_assigned(task: dict[str, object]) -> bool:
    return task.get("status") in _UNDER_WAY or task.get("isAssigned") is True or bool(task.get("assignedTo"))


def _reference(task: dict[str, object]) -> str:
    metadata = task.get("metadata")  # an empty one is [] on the wire
    return _text(metadata.get(REFERENCE_KEY)) if isinstance(metadata, dict) else ""


def _created_at(value: dict[str, object]) -> datetime | None:
    try:
        moment = datetime.fromisoformat(_text(value.get("createdAt")))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
