"""Routes about deliveries: creating, reading, changing, cancelling, prices and quotes."""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask import Blueprint, Response, request

from bridge_laptop.sandbox import deliveries, listing, wire
from bridge_laptop.sandbox.pricing import calculation, price_of, tax_in
from bridge_laptop.sandbox.problems import NotFound
from bridge_laptop.sandbox.state import Delivery, Quote, Task
from bridge_laptop.sandbox.web import JSON_LD, answer, base_url, caller, query, read_body, world

routes = Blueprint("deliveries", __name__)


def _delivery_of_caller(delivery_id: int) -> Delivery:
    asking = caller("deliveries")
    delivery = world().deliveries.get(delivery_id)
    if delivery is None:
        raise NotFound
    asking.must_own(delivery.store)
    return delivery


def _written(delivery: Delivery, status: int = 200) -> Response:
    return answer(wire.with_context(wire.delivery(world(), delivery, base_url()), "Delivery"), status)


@routes.post("/api/deliveries")
def create_delivery() -> Response:
    """Create a delivery; JSON-LD is the only form it takes."""
    with world().lock:
        asking = caller("deliveries")
        return _written(deliveries.create(world(), asking.store, read_body(JSON_LD)), 201)


@routes.get("/api/deliveries/<int:delivery_id>")
def read_delivery(delivery_id: int) -> Response:
    """Show a delivery of the caller's store."""
    with world().lock:
        return _written(_delivery_of_caller(delivery_id))


@routes.put("/api/deliveries/<int:delivery_id>")
def change_delivery(delivery_id: int) -> Response:
    """Change what the body names."""
    with world().lock:
        delivery = _delivery_of_caller(delivery_id)
        return _written(deliveries.change(world(), delivery.store, delivery, read_body()))


@routes.delete("/api/deliveries/<int:delivery_id>")
def cancel_delivery(delivery_id: int) -> Response:
    """Cancel a delivery that no courier has yet."""
    with world().lock:
        deliveries.cancel(world(), _delivery_of_caller(delivery_id))
        return Response(status=204)


@routes.post("/api/deliveries/assert")
def assert_delivery() -> Response:
    """Say whether a delivery would be possible; nothing is kept."""
    with world().lock:
        asking = caller("deliveries")
        draft = deliveries.draft(world(), asking.store, read_body())
        deliveries.check(draft, feasible=True, world=world())
        return answer({"@context": "/api/contexts/Delivery", "@type": "http://schema.org/ParcelDelivery"})


@routes.post("/api/retail_prices/calculate")
def calculate_price() -> Response:
    """Show what a delivery would cost."""
    with world().lock:
        asking, seed = caller("deliveries"), world().seed
        draft = deliveries.draft(world(), asking.store, read_body())
        now = world().clock.now()
        amount = price_of(draft, seed, now)
        tax, included = tax_in(amount, seed), request.args.get("tax", "included") == "included"
        shown = amount if included else amount - tax
        number = uuid.uuid4()
        return answer(
            {
                "@context": "/api/contexts/RetailPrice",
                "@id": f"/api/retail_prices/{number}",
                "@type": "RetailPrice",
                "items": [{"@type": "OrderItem", "total": amount, "adjustments": []}],
                "calculation": calculation(draft, seed, now),
                "amount": shown,
                "currency": seed.instance.currency_code.upper(),
                "tax": {"amount": tax, "included": included},
            }
        )


@routes.post("/api/deliveries/quotes")
def create_quote() -> Response:
    """Offer a price that can be confirmed."""
    with world().lock:
        asking, body, now = caller("deliveries"), read_body(), world().clock.now()
        draft = deliveries.draft(world(), asking.store, body)
        amount = price_of(draft, world().seed, now)
        number = world().next_id("quote")
        quote = Quote(number, asking.store, amount, now + timedelta(days=1), body)
        world().quotes[number] = quote
        return answer(wire.quote(world(), quote), 201)


@routes.put("/api/deliveries/quotes/<int:quote_id>/confirm")
def confirm_quote(quote_id: int) -> Response:
    """Make a delivery of an offer: each time it is asked, even a second time or when it has expired."""
    with world().lock:
        asking = caller("deliveries")
        quote = world().quotes.get(quote_id)
        if quote is None:
            raise NotFound
        asking.must_own(quote.store)
        draft = deliveries.draft(world(), quote.store, quote.payload)
        quote.delivery = deliveries.commit(world(), draft, total=quote.amount).id
        return answer(wire.quote(world(), quote))


@routes.get("/api/stores/<int:store_id>/deliveries")
def list_deliveries(store_id: int) -> Response:
    """List the deliveries of the caller's store."""
    with world().lock:
        asking = caller("deliveries")
        if store_id not in world().seed.stores:
            raise NotFound
        asking.must_own(store_id)
        return answer(listing.list_deliveries(world(), asking.store, query(), base_url()))


@routes.get("/api/tasks/<int:task_id>")
def read_task(task_id: int) -> Response:
    """Show one stop."""
    with world().lock:
        task, delivery = _task_of_caller(task_id)
        return answer(wire.task(world(), delivery, task))


@routes.get("/api/tasks/<int:task_id>/events")
def read_task_events(task_id: int) -> Response:
    """Show what happened to one stop."""
    with world().lock:
        task, _ = _task_of_caller(task_id)
        return answer(wire.task_events(task))


def _task_of_caller(task_id: int) -> tuple[Task, Delivery]:
    asking = caller("tasks", "deliveries")
    task = world().tasks.get(task_id)
    if task is None:
        raise NotFound
    delivery = world().deliveries[task.delivery]
    asking.must_own(delivery.store)
    return task, delivery


@routes.get("/api/orders/<int:order_id>")
def read_order(order_id: int) -> Response:
    """Show the price of a delivery."""
    with world().lock:
        asking = caller("deliveries", "orders")
        order = world().orders.get(order_id)
        if order is None:
            raise NotFound
        delivery = next(
            each for each in world().deliveries.values() if each.order and each.order.id == order_id
        )
        asking.must_own(delivery.store)
        return answer(wire.with_context(wire.order(order), "Order"))
