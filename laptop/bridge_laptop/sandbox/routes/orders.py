"""Orders: what a delivery costs, once it is made. That one can be read by its store is a belief."""

from __future__ import annotations

from flask import Blueprint, Response

from bridge_laptop.sandbox.http.errors import NotFound
from bridge_laptop.sandbox.http.json_ld import Body, answer, with_context
from bridge_laptop.sandbox.http.request import caller, instance
from bridge_laptop.sandbox.instance.model import Order

routes = Blueprint("orders", __name__)


@routes.get("/api/orders/<int:order_id>")
def read_order(order_id: int) -> Response:
    """Show the order of a delivery of the caller's store."""
    asking = caller("deliveries", "orders")
    for delivery in instance().deliveries.values():
        if delivery.order and delivery.order.id == order_id:
            asking.must_own(delivery.store)
            return answer(with_context(order_json(delivery.order), "Order"))
    raise NotFound


def order_json(order: Order) -> Body:
    """Write the order of a delivery."""
    return {
        "@id": f"/api/orders/{order.id}",
        "@type": "http://schema.org/Order",
        "number": order.number,
        "total": order.total,
        "taxTotal": order.tax_total,
        "paymentGateway": "stripe",
    }
