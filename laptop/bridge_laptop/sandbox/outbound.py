"""CoopCycle's own webhooks: what the instance sends out when a courier acts.

The body is signed as it is sent, with slashes escaped as PHP does, and carries no id and no time. All
subscriptions of an event are served by one message: the first that fails ends the round, and the next try
starts again with the first. After the last wait the message is lost.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from dataclasses import dataclass

import requests

from bridge_laptop.sandbox.state import Delivery, Webhook, World

EVENTS = (
    "delivery.assigned",
    "delivery.started",
    "delivery.picked",
    "delivery.in_transit",
    "delivery.completed",
    "delivery.failed",
    "order.created",
)
_TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Sent:
    """One try to reach a subscriber."""

    event: str
    object: str
    url: str
    status: int | None


def encode(object_iri: str, event: str) -> bytes:
    """Return the exact bytes that are signed and sent."""
    body = {"data": {"object": object_iri, "event": event}}
    return json.dumps(body, separators=(",", ":")).replace("/", "\\/").encode()


def sign(body: bytes, secret: str) -> str:
    """Return the signature of a body; the key is the text of the secret, not what it encodes."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class Outbox:
    """Sends events from threads of their own, so that no request waits for a subscriber."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._halt = threading.Event()
        self.sent: list[Sent] = []

    def halt(self) -> None:
        """Drop what is still to be tried again, and forget what was sent."""
        self._halt.set()
        self._halt = threading.Event()
        self.sent = []

    def fire(self, event: str, delivery: Delivery) -> None:
        """Tell the subscribers of the delivery's store."""
        clients = {each.id for each in self._world.seed.clients.values() if each.store == delivery.store.id}
        subscribers = [
            each for each in self._world.webhooks.values() if each.event == event and each.client in clients
        ]
        if subscribers:
            waits = self._world.seed.instance.webhook_retry_seconds
            arguments = (event, delivery.iri, subscribers, waits, self._halt, self.sent)
            threading.Thread(target=_deliver, args=arguments, daemon=True, name=event).start()


def _deliver(
    event: str,
    object_iri: str,
    subscribers: list[Webhook],
    waits: tuple[float, ...],
    halt: threading.Event,
    sent: list[Sent],
) -> None:
    body = encode(object_iri, event)
    for wait in (0, *waits):
        if halt.wait(wait):
            return
        if all(_reached(each, body, object_iri, sent) for each in subscribers):
            return


def _reached(subscriber: Webhook, body: bytes, object_iri: str, sent: list[Sent]) -> bool:
    headers = {"Content-Type": "application/json", "X-CoopCycle-Signature": sign(body, subscriber.secret)}
    status: int | None = None
    try:
        with requests.post(
            subscriber.url, data=body, headers=headers, timeout=_TIMEOUT_SECONDS, allow_redirects=False
        ) as response:
            status = response.status_code
    except requests.RequestException:
        status = None
    sent.append(Sent(subscriber.event, object_iri, subscriber.url, status))
    return status is not None and 200 <= status < 300
