"""Orders of each shop, parsed by its source, and what of them is the buyer's choice of time."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.support import source_calls

from bridge import sources
from bridge.model import Ignored, Order
from bridge.planning.choice import with_choice
from bridge.planning.trace import Trace
from bridge.schedule.chosen_time import Choice, Reading, read_choice
from bridge.sources import Options

EVENTS = Path(__file__).parents[2] / "events" / "webhooks"
PARIS = Reading(ZoneInfo("Europe/Paris"), "FR")
_FILES = {
    "shopify": ("order-typical.json", "orders/create", ()),
    "woocommerce": ("order-created.json", "order.created", ()),
    "bigcommerce": ("api/order-250.json", "store/order/created", ()),
    "squarespace": ("api/order-created.json", "order.create", ()),
    "square": ("api/order-delivery.json", "order.created", ("order",)),
    "wix": ("order-approved.json", "wix.ecom.v1.order_approved", ()),
    "adobe-commerce": ("order-new.json", "observer.sales_order_save_commit_after", ()),
}
_OPTIONS = {"squarespace": {"weight_unit": "kg"}, "bigcommerce": {"weight_unit": "kg"}}


def document(shop: str) -> dict[str, Any]:
    """Return the body of a shop's order, as its source's ``parse`` gets it, with no choice of time in it."""
    name, _, path = _FILES[shop]
    body: dict[str, Any] = json.loads((EVENTS / shop / name).read_text(encoding="utf-8"))
    for key in path:
        body = body[key]
    body = copy.deepcopy(body)
    if shop == "squarespace":
        body["formSubmission"] = []
    if shop == "bigcommerce":
        body["consignments"]["shipping"][0]["form_fields"] = []
    if shop == "square":
        body["fulfillments"][0]["delivery_details"].pop("deliver_at", None)
    return body


def parse(
    shop: str, body: Mapping[str, object], settings: Mapping[str, str] | None = None
) -> Order | Ignored:
    """Parse a shop's order."""
    options = Options(settings={**_OPTIONS.get(shop, {}), **(settings or {})})
    source = sources.get(shop)
    return source_calls.parse(source, json.dumps(body).encode(), _FILES[shop][1], options)


def parsed(shop: str, body: Mapping[str, object], settings: Mapping[str, str] | None = None) -> Order:
    """Parse what must become an order."""
    found = parse(shop, body, settings)
    assert isinstance(found, Order), found
    return found


def choice(order: Order, reading: Reading = PARIS) -> str:
    """Write the choice that an order makes: "2026-11-27 16:00-18:00", "2026-11-27", or "" for none.

    Raises:
        UnmappableOrder: it is parked.

    """
    wish = with_choice(order, reading).wish
    found = read_choice(wish, reading, ordered_at=order.created_at) if wish is not None else None
    return shown(found, reading) if found is not None else ""


def shown(found: Choice, reading: Reading = PARIS) -> str:
    """Write a choice."""
    if found.window is not None:
        begin, end = (one.astimezone(reading.timezone) for one in (found.window.after, found.window.before))
        return f"{begin:%Y-%m-%d %H:%M}-{end:%H:%M}"
    day = f"{found.day}" if found.day is not None else ""
    if found.hours is None:
        return day
    ends = (
        "" if one is None else f"{one // 60 % 24:02}:{one % 60:02}"
        for one in (found.hours.begins, found.hours.ends)
    )
    return f"{day} {'-'.join(ends)}".strip()


def explained(order: Order, reading: Reading = PARIS) -> list[str]:
    """Return the lines that ``bridge map --explain`` prints of an order's names."""
    trace = Trace()
    with_choice(order, reading, trace)
    return [f"{rule.name}: {rule.decision}" for rule in trace.rules]
