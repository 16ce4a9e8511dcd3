"""Price offers that can be confirmed. Recorded: feasibility_and_price."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response

from bridge_laptop.sandbox.http.errors import NotFound
from bridge_laptop.sandbox.http.json_ld import answer, time_of, with_context
from bridge_laptop.sandbox.http.request import caller, instance, read_body
from bridge_laptop.sandbox.instance import create_and_change
from bridge_laptop.sandbox.instance.model import Quote
from bridge_laptop.sandbox.routes.prices import draft_of, price_or_refusal

routes = Blueprint("quotes", __name__)


@routes.post("/api/deliveries/quotes")
def create_quote() -> Response:
    """Offer a price for a day."""
    asking, body = caller("deliveries"), read_body()
    amount = price_or_refusal(draft_of(asking.store, body))
    expires_at = instance().clock.now() + timedelta(days=1)
    quote = Quote(instance().next_id("quote"), asking.store, amount, expires_at, body)
    instance().quotes[quote.id] = quote
    iri = f"/api/delivery_quotes/{quote.id}"
    offer = {
        "@id": iri,
        "@type": "DeliveryQuote",
        "amount": amount,
        "expiresAt": time_of(expires_at),
        "currency": instance().seed.instance.currency_code,
    }
    return answer(with_context(offer, "DeliveryQuote"), 201, location=iri)


@routes.put("/api/deliveries/quotes/<int:quote_id>/confirm")
def confirm_quote(quote_id: int) -> Response:
    """Make a delivery of an offer, each time anew; the metadata it was asked with are lost.

    That an expired offer is taken too is a belief.
    """
    asking = caller("deliveries")
    quote = instance().quotes.get(quote_id)
    if quote is None:
        raise NotFound
    asking.must_own(quote.store)
    draft = create_and_change.draft(instance(), quote.store, quote.payload)
    for task in draft.tasks:
        task.metadata = {}
    delivery = create_and_change.commit(instance(), draft, quoted=quote.amount)
    confirmed = {
        "@id": f"/api/deliveries/quotes/{quote.id}/confirm",
        "@type": "DeliveryQuote",
        "delivery": delivery.iri,
    }
    return answer(with_context(confirmed, "DeliveryQuote"))
