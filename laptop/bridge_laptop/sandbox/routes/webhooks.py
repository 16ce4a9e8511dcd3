"""Registrations of outgoing webhooks. Recorded: webhooks. What is sent: `instance/outgoing_webhooks.py`."""

from __future__ import annotations

from flask import Blueprint, Response

from bridge_laptop.sandbox.http.errors import Forbidden, Invalid, NotFound, ServerFault, Violation
from bridge_laptop.sandbox.http.json_ld import Body, answer, nothing, with_context
from bridge_laptop.sandbox.http.request import caller, instance, read_body
from bridge_laptop.sandbox.instance.model import Webhook
from bridge_laptop.sandbox.instance.outgoing_webhooks import EVENTS
from bridge_laptop.sandbox.instance.task_input import member

routes = Blueprint("webhooks", __name__)

_NO_SUCH_CHOICE = "8e179f1b-97aa-4560-a02f-2a8b42e49df7"


@routes.post("/api/webhooks")
def subscribe() -> Response:
    """Subscribe to an event. Any text passes for an address; a second subscription is a second webhook."""
    asking, body = caller(), read_body()
    event, url = member(body, "event", "string"), member(body, "url", "string")
    if event not in EVENTS:
        raise Invalid(Violation("event", "Cette valeur doit être l'un des choix proposés.", _NO_SUCH_CHOICE))
    if url is None:
        raise ServerFault
    webhook = instance().subscribe(asking.client.id, event, url)
    written = {**_webhook_json(webhook), "secret": webhook.secret}  # shown this once
    return answer(with_context(written, "Webhook"), 201, location=written["@id"])


@routes.get("/api/webhooks/<int:webhook_id>")
def read_webhook(webhook_id: int) -> Response:
    """Show a subscription, without its secret."""
    return answer(with_context(_webhook_json(_own_webhook(webhook_id)), "Webhook"))


@routes.delete("/api/webhooks/<int:webhook_id>")
def unsubscribe(webhook_id: int) -> Response:
    """End a subscription."""
    del instance().webhooks[_own_webhook(webhook_id).id]
    return nothing()


def _own_webhook(webhook_id: int) -> Webhook:
    asking = caller()
    webhook = instance().webhooks.get(webhook_id)
    if webhook is None:
        raise NotFound
    if webhook.client != asking.client.id:
        raise Forbidden
    return webhook


def _webhook_json(webhook: Webhook) -> Body:
    return {
        "@id": f"/api/webhooks/{webhook.id}",
        "@type": "Webhook",
        "url": webhook.url,
        "event": webhook.event,
    }
