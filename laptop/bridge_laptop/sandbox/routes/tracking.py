"""The page that a delivery's `trackingUrl` leads to; CoopCycle's has a map, this one has the stops."""

from __future__ import annotations

from html import escape

from flask import Blueprint, Response

from bridge_laptop.sandbox.http.errors import NotFound
from bridge_laptop.sandbox.http.request import instance
from bridge_laptop.sandbox.instance.model import Delivery

routes = Blueprint("tracking", __name__)


@routes.get("/<locale>/pub/d/<code>")
def track(locale: str, code: str) -> Response:
    """Show anybody who has the link how far a delivery is."""
    for delivery in instance().deliveries.values():
        if delivery.tracking_code == code:
            return Response(_page(locale, delivery), content_type="text/html; charset=UTF-8")
    raise NotFound


def _page(locale: str, delivery: Delivery) -> str:
    stops = "".join(
        f"<li>{escape(task.type)}: {escape((task.address and task.address.street) or '')}, {task.status}</li>"
        for task in delivery.tasks
    )
    title = f"{escape(delivery.store.name)} #{delivery.id}"
    return (
        f'<!DOCTYPE html><html lang="{escape(locale)}"><head><meta charset="utf-8">'
        f"<title>{title}</title></head><body><h1>{title}</h1><ol>{stops}</ol></body></html>"
    )
