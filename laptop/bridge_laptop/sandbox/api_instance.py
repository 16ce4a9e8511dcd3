"""Routes about the instance itself: settings, tokens, who a token is, and webhook subscriptions."""

from __future__ import annotations

import hashlib
import json

from flask import Blueprint, Response, request

from bridge_laptop.sandbox import oauth, wire
from bridge_laptop.sandbox.outbound import EVENTS
from bridge_laptop.sandbox.problems import Forbidden, Invalid, NotFound, Violation
from bridge_laptop.sandbox.state import Webhook
from bridge_laptop.sandbox.web import JSON, answer, caller, read_body, world

routes = Blueprint("instance", __name__)

_NO_SUCH_CHOICE = "8e179f1b-97aa-4560-a02f-2a8b42e49df7"


@routes.post("/oauth2/token")
def token() -> Response:
    """Issue a token for client credentials."""
    with world().lock:
        told = oauth.grant(world(), request.form, request.headers.get("Authorization"))
    response = answer(told.body, told.status, JSON)
    response.headers.update(told.headers)
    return response


@routes.get("/api/settings")
def settings() -> Response:
    """Show the instance's settings to anybody, as plain JSON."""
    instance = world().seed.instance
    told = {
        "country": instance.country,
        "locale": instance.locale,
        "timezone": instance.timezone,
        "split_terms_and_conditions_and_privacy_policy": False,
        "brand_name": instance.brand_name,
        "stripe_publishable_key": "pk_1234567890",
        "payment_gateway": "stripe",
        "mercadopago_publishable_key": None,
        "google_api_key": None,
        "latlng": instance.latlng,
        "currency_code": instance.currency_code,
        "administrator_email": instance.administrator_email,
        "guest_checkout_enabled": None,
        "phone_number": instance.phone_number,
        "average_preparation_time": 15,
        "average_shipping_time": 15,
    }
    if request.args.get("format") == "hash":
        return answer(hashlib.sha1(json.dumps(told).encode()).hexdigest(), type_=JSON)  # noqa: S324 - a fingerprint, as there
    return answer(told, type_=JSON)


@routes.get("/api/me")
def me() -> Response:
    """Show which store a token stands for."""
    with world().lock:
        return answer(wire.api_app(world(), caller().client))


@routes.post("/api/webhooks")
def subscribe() -> Response:
    """Subscribe to an event. The address is not checked, and a second subscription is a second webhook."""
    with world().lock:
        asking, body = caller(), read_body()
        event, url = body.get("event"), body.get("url")
        if event not in EVENTS:
            raise Invalid(
                Violation("event", "Cette valeur doit être l'un des choix proposés.", _NO_SUCH_CHOICE)
            )
        webhook = world().subscribe(asking.client.id, event, str(url))
        return answer(wire.webhook(webhook, with_secret=True), 201)


@routes.get("/api/webhooks/<int:webhook_id>")
def read_webhook(webhook_id: int) -> Response:
    """Show a subscription, without its secret."""
    with world().lock:
        return answer(wire.webhook(_own_webhook(webhook_id)))


@routes.delete("/api/webhooks/<int:webhook_id>")
def unsubscribe(webhook_id: int) -> Response:
    """End a subscription."""
    with world().lock:
        del world().webhooks[_own_webhook(webhook_id).id]
        return Response(status=204)


def _own_webhook(webhook_id: int) -> Webhook:
    asking = caller()
    webhook = world().webhooks.get(webhook_id)
    if webhook is None:
        raise NotFound
    if webhook.client != asking.client.id:
        raise Forbidden
    return webhook
