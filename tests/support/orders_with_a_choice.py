"""Orders of shops in which the buyer chose a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from tests.support import shop_orders

from bridge.schedule.chosen_time import Reading

FRIDAY = "2026-11-27"
SLOT = "2026-11-27 16:00-18:00"
HOURS = "16:00 - 18:00"
COUNTRIES = {
    "FR": "Europe/Paris",
    "DE": "Europe/Berlin",
    "ES": "Europe/Madrid",
    "IT": "Europe/Rome",
    "PT": "Europe/Lisbon",
    "NL": "Europe/Amsterdam",
    "DK": "Europe/Copenhagen",
    "NO": "Europe/Oslo",
    "SE": "Europe/Stockholm",
    "FI": "Europe/Helsinki",
    "PL": "Europe/Warsaw",
    "GB": "Europe/London",
    "US": "America/New_York",
    "AR": "America/Argentina/Buenos_Aires",
}


def reading(country: str) -> Reading:
    """Return how the customers of a country write."""
    return Reading(ZoneInfo(COUNTRIES[country]), country)


def shopify(
    attributes: Mapping[str, object] | None = None,
    *,
    lines: tuple[Mapping[str, object], ...] = (),
    title: str = "",
    tags: str = "",
) -> dict[str, Any]:
    """Return a Shopify order with attributes, properties of its lines, a shipping title and tags."""
    body = shop_orders.document("shopify")
    body["note_attributes"] = [{"name": name, "value": value} for name, value in (attributes or {}).items()]
    goods = body["line_items"][0]
    body["line_items"] = [
        {**goods, "properties": [{"name": name, "value": value} for name, value in line.items()]}
        for line in (lines or ({},))
    ]
    body["tags"] = tags
    if title:
        body["shipping_lines"] = [{"title": title, "code": title}]
    return body


def woocommerce(
    meta: Mapping[str, object] | None = None, *, line: Mapping[str, object] | None = None, title: str = ""
) -> dict[str, Any]:
    """Return a WooCommerce order with meta data of its own and of its first line."""
    body = shop_orders.document("woocommerce")
    body["meta_data"] = [{"id": 1, "key": key, "value": value} for key, value in (meta or {}).items()]
    body["line_items"][0]["meta_data"] = [{"key": key, "value": value} for key, value in (line or {}).items()]
    if title:
        body["shipping_lines"][0]["method_title"] = title
    return body


def read(shop: str, body: Mapping[str, object], country: str = "FR", **settings: str) -> str:
    """Return the choice that an order makes."""
    return shop_orders.choice(shop_orders.parsed(shop, body, settings), reading(country))
