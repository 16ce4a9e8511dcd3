"""The list of a store's deliveries: its filters, its order, its pages, and its traps.

Two things are as CoopCycle has them and not as one would wish: a date in a filter goes to the database as it
is, where an offset is dropped and the rest is compared with the instance's wall clock; and a query value that
is no array (`page=2`) ends in a 500, unless the seed says that the instance has that mended.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from operator import ge, gt, le, lt
from urllib.parse import urlencode

from bridge_laptop.sandbox import wire
from bridge_laptop.sandbox.problems import ServerFault
from bridge_laptop.sandbox.seed import Store
from bridge_laptop.sandbox.state import Delivery, World

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

Query = Sequence[tuple[str, str]]


def list_deliveries(world: World, store: Store, query: Query, base_url: str) -> wire.Body:
    """Return one page of a store's deliveries.

    Raises:
        ServerFault: a query value is no array, or a date is none.

    """
    if not world.seed.instance.pages_by_query and any("[" not in name for name, _ in query):
        raise ServerFault
    found = [each for each in world.deliveries.values() if each.store.id == store.id]
    for name, value in query:
        if filtered := _FILTER.match(name):
            found = [each for each in found if _passes(each, filtered, value)]
    for name, value in reversed(query):
        if (ordered := _ORDER.match(name)) and value.lower() in {"asc", "desc"}:
            found.sort(key=_sort_key(ordered[1]), reverse=value.lower() == "desc")
    page, per_page = _page(query)
    shown = found[(page - 1) * per_page : page * per_page]
    iri = f"{store.iri}/deliveries"
    members = [wire.delivery(world, each, base_url) for each in shown]
    return wire.collection(
        "Delivery", iri, members, len(found), **_hydra(iri, query, page, max(1, -(-len(found) // per_page)))
    )


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


def _page(query: Query) -> tuple[int, int]:
    values = dict(query)
    try:
        page, per_page = int(values.get("page", 1)), int(values.get("itemsPerPage", PER_PAGE))
    except ValueError:
        page, per_page = 1, PER_PAGE
    return max(1, page), min(max(1, per_page), 100)


def _hydra(iri: str, query: Query, page: int, last: int) -> dict[str, object]:
    rest = [(name, value) for name, value in query if name != "page"]

    def link(number: int) -> str:
        return f"{iri}?{urlencode([*rest, ('page', str(number))])}"

    view: dict[str, object] = {"@id": f"{iri}?{urlencode(query)}" if query else iri}
    view["@type"] = "hydra:PartialCollectionView"
    if last > 1:
        view |= {"@id": link(page), "hydra:first": link(1), "hydra:last": link(last)}
        if page < last:
            view["hydra:next"] = link(page + 1)
    return {
        "hydra:view": view,
        "hydra:search": {
            "@type": "hydra:IriTemplate",
            "hydra:template": f"{iri}{{?order[createdAt],order[dropoff.before]}}",
            "hydra:variableRepresentation": "BasicRepresentation",
            "hydra:mapping": [],
        },
    }
