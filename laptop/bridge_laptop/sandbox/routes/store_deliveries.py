"""The list of a store's deliveries: its filters, its order, its pages, and its traps. Recorded: listing.

Two things are as CoopCycle has them and not as one would wish: a date in a filter goes to the database as it
is, where an offset is dropped and the rest is compared with the instance's wall clock; and a query value that
is no array (`page=2`) ends in a 500, unless the seed says that the instance has that mended.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from operator import ge, gt, le, lt
from urllib.parse import quote, urlencode

from flask import Blueprint, Response

from bridge_laptop.sandbox.http.errors import ServerFault
from bridge_laptop.sandbox.http.json_ld import Body, answer, collection, search
from bridge_laptop.sandbox.http.request import caller, instance, query
from bridge_laptop.sandbox.instance.model import Delivery
from bridge_laptop.sandbox.routes.deliveries import delivery_json

routes = Blueprint("store_deliveries", __name__)

PER_PAGE = 30
_FILTER = re.compile(r"^(pickup|dropoff)\.(after|before)\[(strictly_)?(after|before)\]$")
_ORDER = re.compile(r"^order\[(createdAt|dropoff\.before)\]$")
_WALL_CLOCK = re.compile(r"^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?")
_COMPARE: dict[tuple[bool, str], Callable[[datetime, datetime], bool]] = {
    (False, "after"): ge,
    (False, "before"): le,
    (True, "after"): gt,
    (True, "before"): lt,
}
_VARIABLES = [  # as it lists them, the last but one twice
    "order[createdAt]",
    "dropoff.before",
    "pickup.before",
    "pickup.after",
    "dropoff.before",
    "dropoff.after",
]

Query = Sequence[tuple[str, str]]


@routes.get("/api/stores/<int:store_id>/deliveries")
def list_deliveries(store_id: int) -> Response:
    """List the deliveries of the caller's store; one that is not there is another's too."""
    asking, asked = caller("deliveries"), query()
    asking.must_own(store_id)
    if not instance().seed.instance.pages_by_query and any("[" not in name for name, _ in asked):
        raise ServerFault
    found = _selected(asking.store.id, asked)
    page, per_page = _page(asked)
    shown = found[(page - 1) * per_page : page * per_page]
    iri = f"{asking.store.iri}/deliveries"
    view = _view(iri, asked, page, max(1, -(-len(found) // per_page)))
    members = [delivery_json(each) for each in shown]
    parts = {"hydra:view": view} if asked or "hydra:next" in view else {}
    parts["hydra:search"] = search(iri, _VARIABLES)
    return answer(collection("Delivery", iri, members, len(found), **parts))


def _selected(store: int, asked: Query) -> list[Delivery]:
    """Filter and sort; nothing said, the oldest number comes first."""
    found = [each for each in instance().deliveries.values() if each.store.id == store]
    for name, value in asked:
        if filtered := _FILTER.match(name):
            found = [each for each in found if _passes(each, filtered, value)]
    for name, value in reversed(asked):
        if (ordered := _ORDER.match(name)) and value.lower() in {"asc", "desc"}:
            found.sort(key=_sort_key(ordered[1]), reverse=value.lower() == "desc")
    return found


def _passes(delivery: Delivery, filtered: re.Match[str], value: str) -> bool:
    limit = _wall_clock(value)
    compare = _COMPARE[bool(filtered[3]), filtered[4]]
    times = [
        task.before if filtered[2] == "before" else task.after
        for task in delivery.tasks
        if task.type.lower() == filtered[1]
    ]
    return any(moment is not None and compare(moment.replace(tzinfo=None), limit) for moment in times)


def _wall_clock(value: str) -> datetime:
    found = _WALL_CLOCK.match(value)
    if not found:
        raise ServerFault
    try:
        return datetime(*(int(part or 0) for part in found.groups()))  # type: ignore[arg-type] # noqa: DTZ001 - a wall clock
    except ValueError as wrong:
        raise ServerFault from wrong


def _sort_key(name: str) -> Callable[[Delivery], tuple[str, int]]:
    def key(delivery: Delivery) -> tuple[str, int]:
        dropoff = delivery.dropoff
        moment = delivery.created_at if name == "createdAt" else dropoff.before if dropoff else None
        return (moment.replace(tzinfo=None).isoformat() if moment else "", delivery.id)

    return key


def _page(asked: Query) -> tuple[int, int]:
    values = dict(asked)
    try:
        page, per_page = int(values.get("page", 1)), int(values.get("itemsPerPage", PER_PAGE))
    except ValueError:
        page, per_page = 1, PER_PAGE
    return max(1, page), min(max(1, per_page), 100)


def _view(iri: str, asked: Query, page: int, last: int) -> Body:
    """Write which part of the list this is; what was asked stands in every link, but for the page."""
    rest = [(name, value) for name, value in asked if name.partition("[")[0] != "page"]

    def link(number: int | None = None) -> str:
        parts = [*rest, ("page", str(number))] if number else rest
        return f"{iri}?{urlencode(parts, quote_via=quote, safe='')}" if parts else iri

    view: Body = {"@id": link(page if last > 1 else None), "@type": "hydra:PartialCollectionView"}
    if last > 1:
        view |= {"hydra:first": link(1), "hydra:last": link(last)}
        if page > 1:
            view["hydra:previous"] = link(page - 1)
        if page < last:
            view["hydra:next"] = link(page + 1)
    return view
